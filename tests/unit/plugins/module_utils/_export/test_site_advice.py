# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What could be saved, what was saved, and days above what was expected, on the pages that they are about
(design/reports.md#savings-and-anomalies).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._export.site import write_site
from ansible_collections.finops.cloud.plugins.module_utils._export.site_keys import PageKey
from ansible_collections.finops.cloud.plugins.module_utils._export.told_advice import (
    read_advice,
    sum_by_month,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger import acts, entries, feed_changes, sql

from .advices import anomalies, anomaly, recommendation, savings
from .ledgers import HOSTILE
from .quarters import NOW, PROJECTS, feed, folder, ledger_of_quarter, question, usage

HOUR = timedelta(hours=1)
TABLES = ("savings", "realised", "anomalies")


class Tables(HTMLParser):
    """The cells of each table by the id of its caption, the captions, and all elements of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.rows: dict[str, list[list[str]]] = {}
        self.elements: list[str] = []
        self._table, self._cell = "", False
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        given = dict(attrs)
        if tag == "table":
            self._table = "chart"
        elif tag == "caption":
            self._table = str(given["id"])
        elif tag == "tr":
            self.rows.setdefault(self._table, []).append([])
        elif tag in ("th", "td"):
            self._cell = True
            self.rows[self._table][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[self._table][-1][-1] += data.replace("\u202f", " ").replace("\xa0", " ")

    def body(self, name: str) -> list[list[str]]:
        return self.rows.get(name, [[]])[1:]


def told(*rows: dict[str, Any], flagged: Any = None, currency: str = "CHF", zone: str = "UTC") -> Any:
    return read_advice([savings(*rows)] if rows else None, flagged, currency, ZoneInfo(zone), "")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of the quarter with all three; the day of October is in a month that is over."""
    place = tmp_path_factory.mktemp("advice")
    of_lab: dict[str, str | None] = {"project": "p-lab", "category": "compute"}
    flagged = anomalies(
        anomaly(),
        anomaly("2026-11-19", "12.5", dimensions=of_lab, name="demo-1"),
        anomaly(
            "2026-11-19", "40", dimensions={"tag:team": "shop"}, silenced={"reason": "Load test", "until": ""}
        ),
        anomaly("2026-10-07", "77", dimensions={"project": "p-lab"}),
    )
    rows = (
        recommendation("small", "0.005", team=None),
        recommendation("big", "11.75"),
        recommendation("demo", "5", project="p-lab", team=None, undo_possible=False, kind="stop_idle"),
        recommendation("dark", None, team="search", kind="schedule"),
    )
    write_site(
        ledger_of_quarter(place), question(), folder(place / "site"), "Cost", [], told(*rows, flagged=flagged)
    )
    return place / "site"


def page(root: Path, kind: str = "", name: str | None = None, month: str = ".") -> Tables:
    path = PageKey(kind, name).path if kind else "index"
    return Tables(root / month / f"{path}.html")


def small(place: Path) -> sql.LedgerOptions:
    """A ledger with one cost of the shop."""
    options = sql.LedgerOptions(f"sqlite:///{place}/ledger.db")
    with sql.writing(options) as opened:
        cost = usage(PROJECTS[0], 0, datetime(2026, 11, 9, tzinfo=UTC), 10**9, "shop")
        entries.write_all(opened.connection, [cost], NOW, "test")
    return options


def test_each_page_lists_what_is_about_it_with_its_sum(pages: Path) -> None:
    listed = {row[0]: row[1:] for row in page(pages).body("savings")}
    assert list(listed) == ["bigserver", "demoserver", "smallserver", "darkserver", "Total"]
    assert listed["bigserver"][:4] == ["11.75", "resize to a4-ram8", "medium", "production"]
    assert listed["bigserver"][4] == "openstack server resize p-prod-big"
    assert listed["demoserver"][1:3] == ["stop idle to a4-ram8", "medium, for good"]
    # 11.75 + 5 + 0.005, and what has no price is not in it.
    assert (listed["darkserver"][0], listed["Total"][0]) == ("not known", "16.76")
    assert "1 without a known price" in page(pages).text
    lab = page(pages, "project", "p-lab").body("savings")
    assert [row[:2] for row in lab] == [["demoserver", "5.00"], ["Total", "5.00"]]
    shop = page(pages, "team", "shop").body("savings")
    assert [row[:2] for row in shop] == [["bigserver", "11.75"], ["Total", "11.75"]]
    untagged = page(pages, "team").body("savings")
    assert [row[0] for row in untagged] == ["demoserver", "smallserver", "Total"]
    assert page(pages, "team", "data").body("savings") == [
        ["Nothing is recommended."], ["Total", "0.00", "", "", "", ""],
    ]  # fmt: skip


def test_the_first_figures_say_what_could_be_saved_a_month(pages: Path) -> None:
    text = re.sub(r"\s+", " ", page(pages).text)
    assert '<dt>Could be saved a month</dt><dd class="big">CHF 16.76</dd>' in text.replace("\xa0", " ")
    assert "Could be saved" not in page(pages, month="2026-10").text, "that is of now"
    assert page(pages, month="2026-10").body("savings") == []


def test_days_above_what_was_expected_are_marked_and_listed(pages: Path) -> None:
    first = page(pages)
    assert first.text.count('class="flag" x=') == 2
    assert "2 of them above what was expected" in first.text
    rows = {row[0]: row[1:] for row in first.body("anomalies")}
    assert list(rows) == [
        "all costsover, confidence high", "lab, computeover, confidence high",
        "shopover, confidence high, silenced: Load test",
    ]  # fmt: skip
    assert rows["lab, computeover, confidence high"] == ["12.50", "330.00", "19 Nov 2026", "demo-1 (new)"]
    by_day = {row[0]: row[-1] for row in first.body("chart")}
    assert (by_day["18 Nov 2026"], by_day["17 Nov 2026"]) == ("total", "no")
    assert by_day["19 Nov 2026"] == "project=p-lab category=compute", "what is silenced is not marked"
    lab = page(pages, "project", "p-lab")
    assert [row[0] for row in lab.body("anomalies")] == ["lab, computeover, confidence high"]
    assert lab.text.count('class="flag" x=') == 1
    shop = page(pages, "team", "shop")
    assert len(shop.body("anomalies")) == 1 and 'class="flag" x=' not in shop.text
    for kind, name in (("project", "p-data"), ("team", "search")):
        assert page(pages, kind, name).body("anomalies") == []
    october = page(pages, "project", "p-lab", "2026-10")
    assert [row[1] for row in october.body("anomalies")] == ["77.00"] and 'class="flag" x=' in october.text
    assert page(pages, month="2026-09").body("anomalies") == []


def test_a_site_without_results_has_none_of_it(tmp_path: Path) -> None:
    write_site(ledger_of_quarter(tmp_path), question(), folder(tmp_path / "site"), "Cost", [])
    for path in (tmp_path / "site").rglob("*.html"):
        assert not {*TABLES} & set(Tables(path).rows), path
        assert 'class="flag"' not in path.read_text()


def test_what_acts_have_saved_is_on_the_pages_of_the_month(tmp_path: Path) -> None:
    """A server of CHF 2 an hour is off for ten hours of the tenth, of which it is charged 0.5 each."""
    tenth = datetime(2026, 11, 10, tzinfo=UTC)
    options = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    with sql.writing(options) as opened:
        feed_changes.save(opened.connection, feed(PROJECTS[0]), None)
        entries.write_all(
            opened.connection,
            [
                usage(PROJECTS[0], 0, tenth + hour * HOUR, 5 * 10**8 if 8 <= hour < 18 else 2 * 10**9, "shop",
                      key=f"h{hour}", resource_id="s-1", resource_name="web-1")
                for hour in range(24)
            ],
            NOW,
            "test",
        )  # fmt: skip
        off = acts.Act("stop", acts.SERVER, "s-1", "web-1", "here", "p-prod", "production", schedule="off",
                       saves_nano_per_hour=2 * 10**9, currency="CHF")  # fmt: skip
        acts.add(opened.connection, off, tenth + 8 * HOUR, "ada")
        on = acts.Act("start", acts.SERVER, "s-1", "web-1", "here", "p-prod", schedule="off", undoes=1)
        acts.add(opened.connection, on, tenth + 18 * HOUR, "ada")
    write_site(options, question(), folder(tmp_path / "site"), "Cost", [])
    root = tmp_path / "site"
    assert page(root).body("realised") == [
        ["web-1", "CHF 15.00", "CHF 20.00", "10", "production"], ["Total", "CHF 15.00", "", "", ""],
    ]  # fmt: skip
    for kind, name in (("project", "p-prod"), ("team", "shop")):
        assert page(root, kind, name).body("realised")[0][:2] == ["web-1", "CHF 15.00"]


def test_names_do_nothing_and_pages_stay_short(tmp_path: Path) -> None:
    def site(place: str, names: tuple[str, ...], count: int) -> Path:
        (tmp_path / place).mkdir()
        rows = [
            recommendation(
                names[number % len(names)], str(number), team="shop", resource_id=f"r-{number}",
                commands=[f"openstack server stop {number} {names[0] * 30}"],
            )
            for number in range(count)
        ]  # fmt: skip
        flagged = anomalies(
            *(
                anomaly(f"2026-11-{number % 20 + 1:02}", name=names[number % len(names)],
                        dimensions={"tag:team": names[number % len(names)]})
                for number in range(count)
            )
        )  # fmt: skip
        ledger = small(tmp_path / place)
        write_site(
            ledger, question(), folder(tmp_path / place / "site"), "Cost", [], told(*rows, flagged=flagged)
        )
        return tmp_path / place / "site"

    hostile, plain = site("hostile", HOSTILE[:-1], 24), site("plain", ("web-1",), 24)
    for path in hostile.rglob("*.html"):
        # A name of two lines is one.
        assert Tables(path).elements == Tables(plain / path.relative_to(hostile)).elements, path
    assert "<script>alert" not in page(hostile).text and "\u202e" not in page(hostile).text
    many = site("many", HOSTILE, 900)
    assert max(path.stat().st_size for path in many.rglob("*.html")) < 300_000
    resources = {
        number
        for path in many.glob("index*.html")
        for number in re.findall(r"openstack server stop (\d+) ", path.read_text())
    }
    assert len(resources) == 900, "each is on one of the pages"


@pytest.mark.parametrize(
    ("given", "flagged", "says"),
    [
        ([savings(currency="EUR")], None, "^savings: is in EUR; ask for it in CHF"),
        ([{"currency": "CHF"}], None, "^savings: is not what a module returned: give all of its result"),
        ([{"recommendations": []}], None, "^savings: is not what a module returned"),
        ([{"currency": "CHF", "recommendations": [{"name": "x"}]}], None, "^savings: is not what a module"),
        ([{"currency": "CHF", "recommendations": ["x"]}], None, "^savings: is not what a module returned"),
        (None, anomalies(currency="ICU"), "^anomalies: is in ICU; ask for it in CHF"),
        (None, anomalies(anomaly(zone="Asia/Tokyo")), "^anomalies: has days of another time zone; .* in UTC"),
    ],
)
def test_results_of_another_currency_or_zone_are_refused(given: Any, flagged: Any, says: str) -> None:
    with pytest.raises(InvalidOption, match=says):
        read_advice(given, flagged, "CHF", ZoneInfo("UTC"), "")


def test_what_could_not_be_read_is_said_on_the_first_page(tmp_path: Path) -> None:
    given = [{"failed": True, "msg": "Logging in failed."}, savings(recommendation(), complete=False)]
    told = read_advice(given, {"failed": True, "msg": "No ledger."}, "CHF", ZoneInfo("UTC"), "")
    assert told.anomalies is None and sum_by_month(told.recommendations or ()) == "11.75"
    write_site(small(tmp_path), question(), folder(tmp_path / "site"), "Cost", [], told)
    text = re.sub(r"\s+", " ", page(tmp_path / "site").text)
    assert "3 lists of savings or anomalies are not known, or not wholly" in text
    for sentence in (
        "What could be saved is not known: Logging in failed.",
        "What could be saved is not known wholly in production.",
        "What cost more than expected is not known: No ledger.",
    ):
        assert sentence in text
    assert "lists of savings" not in page(tmp_path / "site", "project", "p-prod").text
