# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cost site: its pages lead to each other, ask for nothing, are short and harmless whatever names are in
them, and a closed month stays as it was (design/reports.md#a-site, design/reports.md#closed-months).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._export.site import write_site
from ansible_collections.finops.cloud.plugins.module_utils._export.site_keys import PageKey
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    alerts,
    budgets,
    entries,
    feed_changes,
    feeds,
    sql,
)

from .ledgers import HOSTILE
from .quarters import (
    BEGIN,
    NOW,
    PROJECTS,
    budget,
    feed,
    folder,
    ledger_of_quarter,
    question,
    usage,
)
from .quarters import quarter as quarter_entries

LONGEST_PAGE = 300_000
LATER = NOW + timedelta(hours=1)
NAMES = ["<img src=x onerror=alert(1)>", "a \"quoted\" 'name'", "rtl \u202e mark", "x" * 200, *HOSTILE[:8]]


class SitePage(HTMLParser):
    """The elements, links and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.inside: dict[str, str] = {}
        self._tag = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._tag = tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._tag in ("style", "script"):
            self.inside[self._tag] = self.inside.get(self._tag, "") + data

    def handle_endtag(self, _tag: str) -> None:
        self._tag = ""

    @property
    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.elements if tag == "a"]


def pages(root: Path) -> Iterator[tuple[Path, SitePage]]:
    for path in sorted(root.rglob("*.html")):
        yield path, SitePage(path.read_text(encoding="utf-8"))


def put(ledger: sql.LedgerOptions, *costs: entries.Entry, now: datetime = LATER) -> None:
    with sql.writing(ledger) as opened:
        entries.write_all(opened.connection, list(costs), now, "test")


def written(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def record(root: Path, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / f"{path}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(name="quarter", scope="module")
def site_of_a_quarter(tmp_path_factory: pytest.TempPathFactory) -> tuple[sql.LedgerOptions, Path]:
    place = tmp_path_factory.mktemp("quarter")
    ledger = ledger_of_quarter(place)
    write_site(ledger, question(), folder(place / "site"), "Cost", [])
    return ledger, place / "site"


def copied(quarter: tuple[sql.LedgerOptions, Path], place: Path) -> tuple[sql.LedgerOptions, Path]:
    """The ledger and the site again, to be changed."""
    shutil.copytree(quarter[1].parent, place, dirs_exist_ok=True)
    return sql.LedgerOptions(f"sqlite:///{place}/ledger.db"), place / "site"


def test_every_page_is_reached_from_the_first_and_leads_back(quarter: tuple[Any, Path]) -> None:
    _ledger, root = quarter
    found = dict(pages(root))
    assert len(found) == 39
    reached, ahead = set(), [root / "index.html"]
    while ahead:
        path = ahead.pop()
        reached.add(path)
        page = found[path]
        here = [link for link in page.links if not link.startswith("#")]
        targets = [(path.parent / link).resolve() for link in here]
        assert all(target.is_file() for target in targets)
        if path != root / "index.html":
            assert root / "index.html" in targets
        ahead += [target for target in targets if target.suffix == ".html" and target not in reached]
    assert reached == set(found)
    month = found[root / "2026-10" / f"{PageKey('team', 'shop').path}.html"]
    assert "../index.html" in month.links  # The month.
    assert f"../../{PageKey('team', 'shop').path}.html" in month.links  # All months of the team.


def test_a_page_allows_its_own_style_and_script_and_nothing_else(quarter: tuple[Any, Path]) -> None:
    for _path, page in pages(quarter[1]):
        policy = next(
            one["content"]
            for tag, one in page.elements
            if tag == "meta" and "content" in one and one.get("http-equiv") == "Content-Security-Policy"
        )
        hashes = {
            tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            for tag, text in page.inside.items()
        }
        assert policy == (
            f"default-src 'none'; style-src 'sha256-{hashes['style']}';"
            f" script-src 'sha256-{hashes['script']}'; base-uri 'none'; form-action 'none'"
        )
        for tag, attributes in page.elements:
            assert tag not in ("link", "img", "iframe", "object", "base", "form")
            assert not any(name == "style" or name.startswith("on") or name == "src" for name in attributes)
        assert not [link for link in page.links if re.match("[a-z]+:|//", link)]


def test_a_page_is_short_whatever_is_in_it(tmp_path: Path) -> None:
    ledger = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    day = datetime(2026, 11, 10, tzinfo=UTC)
    put(
        ledger,
        *(
            usage(PROJECTS[0], number, day, number + 1, f"{number % 12}<{'&' * 190}>",
                  resource_name=f"{number} " + "\u202e<&\"" * 60, resource_id=f"many-{number}")
            for number in range(500)
        ),
    )  # fmt: skip
    with sql.writing(ledger) as opened:
        for number in range(60):
            scope = {"tags": (("team", "shop"),)} if number % 2 else {}
            budgets.save(opened.connection, budget(f"{number} {'<&>' * 60}", str(number + 1), **scope))
    root = tmp_path / "site"
    write_site(ledger, question(), folder(root), "Cost", [])
    sizes = {path: path.stat().st_size for path in root.rglob("*.html")}
    assert max(sizes.values()) < LONGEST_PAGE
    project = PageKey("project", "p-prod").path
    parts = sorted(root.glob(f"{project}*.html"))
    rows = [one for path in parts for one in re.findall(r"name\">(\d+) ", path.read_text())]
    # Each resource has its row on one of the pages.
    assert {int(number) for number in rows} >= set(range(500))
    first = SitePage((root / f"{project}.html").read_text())
    further = {path.name for path in parts} - {Path(f"{project}.html").name}
    assert further and set(first.links) >= further


@pytest.mark.parametrize(
    "name", [*NAMES[:4], *(pytest.param(one, marks=pytest.mark.heavy) for one in NAMES[4:])]
)
def test_names_arrive_and_do_nothing(tmp_path: Path, name: str) -> None:
    def site(name: str, place: str) -> list[SitePage]:
        (tmp_path / place).mkdir()
        options = sql.LedgerOptions(f"sqlite:///{tmp_path}/{place}/ledger.db")
        day = datetime(2026, 11, 9, tzinfo=UTC)
        put(options, usage(("p1", name), 0, day, 10**9, name, resource_name=name, metric=name))
        with sql.writing(options) as opened:
            budgets.save(opened.connection, budget(name or "-", "5"))
        root = tmp_path / place / "site"
        write_site(options, question(), folder(root), f"Cost of {name}", [])
        return [page for _path, page in pages(root)]

    hostile, plain = site(name, "hostile"), site("web-1", "plain")
    shown = name.replace("\u202e", "\\u202e")
    assert all(any(shown in text for text in page.text) for page in hostile if name.strip() == name)
    for one, other in zip(hostile, plain, strict=True):
        assert [tag for tag, _attributes in one.elements] == [tag for tag, _attributes in other.elements]
        assert one.inside == other.inside


def test_a_closed_month_stays_byte_for_byte(quarter: tuple[Any, Path], tmp_path: Path) -> None:
    ledger, root = copied(quarter, tmp_path)
    before = written(root)
    style = tmp_path / "look"
    style.mkdir()
    (style / "site.css.j2").write_text("h1 { color: teal; }")
    # Another look, another title, later: of the archive nothing is written.
    second = write_site(ledger, question(), folder(root, LATER), "Another title", [str(style)])
    after = written(root)
    archive = [name for name in before if name.startswith("2026-")]
    assert len(archive) == 2 * 26 and all(before[name] == after[name] for name in archive)
    assert b"teal" in after["index.html"] and b"teal" not in before["index.html"]
    assert second["pages"] == {"written": 13, "kept": 26, "restated": 0}


def test_what_is_restated_is_marked_with_what_it_was(quarter: tuple[Any, Path], tmp_path: Path) -> None:
    ledger, root = copied(quarter, tmp_path)
    before = written(root)
    # A server of the shop in production cost 1 more on 5 October than was known.
    known = next(one for one in quarter_entries() if one.key == "2026100500/1")
    put(ledger, replace(known, amount_nano=known.amount_nano + 10**9))
    second = write_site(ledger, question(), folder(root, LATER), "Cost", [])
    changed = {name for name, content in written(root).items() if before.get(name) != content}
    team, project = PageKey("team", "shop").path, PageKey("project", "p-prod").path
    archive = {name for name in changed if name.startswith("2026-")}
    assert archive == {
        f"2026-10/{page}.{ending}" for page in ("index", team, project) for ending in ("html", "json")
    }
    assert second["pages"]["restated"] == 3 and len(second["restated"]) == 3
    old, new = (json.loads(one["2026-10/index.json"]) for one in (before, written(root)))
    (told,) = new["restatements"]
    assert (told["old"], told["new"]) == (old["facts"]["cost"], new["facts"]["cost"])
    assert float(told["new"]) - float(told["old"]) == pytest.approx(1)
    text = " ".join(SitePage((root / "2026-10" / "index.html").read_text()).text)
    assert "Restated on 21 Nov 2026, 13:00" in text and "teams: shop" in text
    # A third time nothing has changed; what was said stays.
    third = write_site(ledger, question(), folder(root, LATER), "Cost", [])
    assert third["pages"]["restated"] == 0
    assert record(root, "2026-10/index")["restatements"] == [told]
    assert "restated" in (root / "index.html").read_text()


def test_a_month_says_the_same_on_the_first_and_later(quarter: tuple[Any, Path], tmp_path: Path) -> None:
    ledger, root = quarter
    on_the_first = datetime(2026, 11, 1, 12, tzinfo=UTC)
    write_site(ledger, question(), folder(tmp_path / "site", on_the_first), "Cost", [])
    for path in root.glob("2026-10/**/*.json"):
        name = str(path.relative_to(root).with_suffix(""))
        then, later = record(tmp_path / "site", name), record(root, name)
        assert (then["closed"], then["facts"], then["sha256"]) == (True, later["facts"], later["sha256"])


def text_of(path: Path) -> str:
    return " ".join(" ".join(SitePage(path.read_text()).text).split())


def test_a_page_says_what_has_changed_and_why(quarter: tuple[Any, Path]) -> None:
    facts = record(quarter[1], "index")["facts"]
    moved = {row["name"]: (row["change"], row["why"]) for row in facts["movers"]}
    assert moved["search-node-3"] == ("233", "new")
    assert moved["orders-db-1"] == ("245", "resized")
    assert moved["demo-3"] == ("-19.7", "gone")
    assert moved["shop.example.com"][1] == "price changed"
    assert moved["Tokens of the assistant"] == ("37", "another amount")
    services = {row["service"]: (row["name"], row["why"]) for row in facts["tables"]["services"]}
    assert services["Servers"][0] == "instance"
    assert services["Language models"] == (None, [{"reason": "another amount", "change": "37"}])
    # What the rows have changed by is what the page has.
    assert sum(Decimal(row["change"]) for row in facts["tables"]["teams"]) == pytest.approx(
        Decimal(facts["compared"]["change"]), abs=Decimal("1e-5")
    )
    text = text_of(quarter[1] / "index.html")
    assert "Servers instance" in text and "gpu-train-1 server · east analytics" in text
    assert "Tokens of the assistant Anthropic" in text


def test_a_change_is_not_known_where_a_rate_is_missing(tmp_path: Path) -> None:
    options = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    october, november = (datetime(2026, month, 5, tzinfo=UTC) for month in (10, 11))
    put(
        options,
        usage(PROJECTS[0], 0, october, 3 * 10**9, "shop"),
        usage(PROJECTS[0], 0, november, 5 * 10**9, "shop"),
        usage(PROJECTS[0], 1, november, 5 * 10**9, "search", currency="XAF"),
        usage(PROJECTS[0], 2, november, 5 * 10**9, "data"),
    )
    with sql.writing(options) as opened:
        feed_changes.save(opened.connection, feed(PROJECTS[0]), None)
    write_site(options, question(), folder(tmp_path / "site"), "Cost", [])
    tables = record(tmp_path / "site", "index")["facts"]["tables"]
    assert {row["name"]: row["change"] for row in tables["teams"]} == {
        "shop": "2",
        "data": "5",
        "search": None,
    }
    assert {row["name"]: row["change"] for row in tables["projects"]} == {"production": None}
    assert {row["name"]: row["change"] for row in tables["services"]} == {
        "instance": "2", "ip.floating": "5", "volume.size": None,
    }  # fmt: skip


def test_what_has_no_team_is_a_worklist(quarter: tuple[Any, Path]) -> None:
    facts = record(quarter[1], "index")["facts"]
    worklist = record(quarter[1], "team/none")["facts"]
    assert facts["untagged"]["cost"] == worklist["cost"] == "806.975"
    assert facts["untagged"]["resources"] == len(worklist["tables"]["resources"]) == 8
    text = text_of(quarter[1] / "team" / "none.html")
    assert "web-4 server · east 196.00 24.3 % 1 Sep 2026 (81 d) shop, as all other web-…" in text
    assert "Support, gold Example Support AG 480.00 59.5 % 3 Sep 2026 (79 d) recorded by alice" in text
    # Both tags that the policy requires.
    first = text_of(quarter[1] / "index.html")
    assert re.search(r"Required tags .* team 806\.98 7\.6 % 8 ", first)
    assert re.search(r" environment 10 662\.93 100\.0 % 64 ", first)
    assert "8 to be tagged" in first


def test_a_page_says_what_the_month_will_cost(quarter: tuple[Any, Path]) -> None:
    text = text_of(quarter[1] / "index.html")
    assert "Expected for the month CHF 13 860.83 from CHF 13 693.22 to" in text
    assert "expected: CHF 316.20 to CHF 344.46 a day" in text
    assert "Over by CHF 310.83 since 19 Nov 2026." in text
    # Of a month that is over there is nothing to expect.
    assert "Expected for" not in text_of(quarter[1] / "2026-10" / "index.html")


def test_a_page_of_what_costs_nothing_any_more_says_so(tmp_path: Path) -> None:
    options = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    day = datetime(2026, 10, 5, tzinfo=UTC)
    put(options, usage(PROJECTS[0], 0, day, 10**9, "shop"), usage(PROJECTS[1], 0, day, 10**9, "shop"))
    root = tmp_path / "site"
    write_site(options, question(), folder(root), "Cost", [])
    # It was another team's.
    put(options, *(usage(one, 0, day, 10**9, "search") for one in PROJECTS[:2]))
    result = write_site(options, question(), folder(root, LATER), "Cost", [])
    shop = record(root, f"2026-10/{PageKey('team', 'shop').path}")
    assert (shop["facts"]["cost"], shop["restatements"][0]["old"]) == ("0", "2")
    assert result["pages"]["restated"] == 4
    assert record(root, "2026-10/index")["facts"]["cost"] == "2"


def test_a_month_whose_cost_is_not_known_to_its_end_is_not_closed(tmp_path: Path) -> None:
    options = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    root = tmp_path / "site"
    day = datetime(2026, 10, 5, tzinfo=UTC)
    put(options, usage(PROJECTS[0], 0, day, 10**9, "shop"))
    short = feed(PROJECTS[0], datetime(2026, 10, 31, 23, tzinfo=UTC))
    with sql.writing(options) as opened:
        stored = feed_changes.save(opened.connection, short, None)
    write_site(options, question(), folder(root), "Cost", [])
    assert not record(root, "2026-10/index")["closed"]
    assert "not closed yet" in (root / "2026-10" / "index.html").read_text()
    put(options, usage(PROJECTS[0], 0, day, 2 * 10**9, "shop"))
    rated = datetime(2026, 11, 1, tzinfo=UTC)
    longer = replace(stored, rated_through=rated, imported=(feeds.Imported(Window(BEGIN, rated)),))
    with sql.writing(options) as opened:
        feed_changes.save(opened.connection, longer, stored)
    write_site(options, question(), folder(root, LATER), "Cost", [])
    closed = record(root, "2026-10/index")
    assert closed["closed"] and closed["restatements"] == [] and closed["facts"]["cost"] == "2"


def test_check_mode_writes_nothing_and_a_folder_has_one_site(
    quarter: tuple[Any, Path], tmp_path: Path
) -> None:
    ledger, root = quarter
    planned = write_site(ledger, question(), folder(tmp_path / "new", check_mode=True), "Cost", [])
    assert planned["changed"] and list((tmp_path / "new").iterdir()) == []
    for other, named in (
        (question(currency="EUR"), "currency CHF, not EUR"),
        (question(team="project"), "teams tag:team, not project"),
        (question(zone="Europe/Zurich"), "timezone UTC, not Europe/Zurich"),
    ):
        with pytest.raises(InvalidOption, match=f"^dest: .* has pages with {named}; use a folder for each"):
            write_site(ledger, other, folder(root), "Cost", [])


_FACTS = {
    "kind": "organization", "id": None, "cost": "1", "currency": "CHF", "timezone": "UTC",
    "teams": "tag:team", "tables": {"teams": [{"id": "shop", "name": "shop", "cost": "1"}]},
}  # fmt: skip
_RECORD = {"closed": True, "pages": 1, "sha256": "", "restatements": [], "facts": _FACTS}


@pytest.mark.parametrize(
    "damage",
    [
        {"facts": [1]},
        {"pages": "1"},
        {"restatements": [{"at": "2026-11-02T00:00:00Z"}]},
        {"facts": {}},
        *({"facts": {**_FACTS, name: None}} for name in ("kind", "currency", "tables")),
        {"facts": {**_FACTS, "tables": {"teams": [{"name": "shop"}]}}},
        {"facts": {**_FACTS, "cost": "much"}},
        {"facts": {**_FACTS, "kind": "planet"}},
        {"facts": {**_FACTS, "id": ["shop"]}},
        {"facts": {**_FACTS, "compared": "less"}},
        {"facts": {**_FACTS, "tables": {"teams": [{"id": [], "name": "shop", "cost": "1"}]}}},
        {"restatements": [{"at": "yesterday", "old": "1", "new": "2", "rows": []}]},
        {"restatements": [{"at": "2026-11-02T00:00:00Z", "old": "1", "new": "2", "rows": [1]}]},
        {"restatements": [{"at": "2026-11-02T00:00:00Z", "old": "1", "new": "much", "rows": []}]},
    ],
)
def test_a_damaged_record_is_refused_with_one_sentence(tmp_path: Path, damage: dict[str, Any]) -> None:
    ledger = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    put(ledger, usage(PROJECTS[0], 0, datetime(2026, 11, 9, tzinfo=UTC), 10**9, "shop"))
    root = tmp_path / "site"
    root.mkdir()
    (root / "index.json").write_text(json.dumps(_RECORD))
    write_site(ledger, question(), folder(root), "Cost", [])
    for text in ("[1]", "{", json.dumps({**_RECORD, **damage})):
        (root / "index.json").write_text(text)
        with pytest.raises(InvalidOption, match="^dest: .*index.json' is not the record of a page"):
            write_site(ledger, question(), folder(root), "Cost", [])


def test_a_damaged_record_of_a_page_that_is_no_more_is_refused_too(
    quarter: tuple[Any, Path], tmp_path: Path
) -> None:
    """Such a page is written anew, with a cost of nothing, from its record alone."""
    root = tmp_path / "site"
    write_site(quarter[0], question(), folder(root), "Cost", [])
    (record,) = sorted(root.glob("20*/project/*.json"))[:1]
    said = json.loads(record.read_text())
    gone = record.with_name("gone-0123456789.json")
    gone.write_text(json.dumps({**said, "facts": {**said["facts"], "kind": "planet", "id": "gone"}}))
    with pytest.raises(InvalidOption, match="^dest: .*/gone-0123456789.json' is not the record of a page"):
        write_site(quarter[0], question(), folder(root), "Cost", [])


def test_teams_may_be_categories_or_projects(quarter: tuple[Any, Path], tmp_path: Path) -> None:
    write_site(quarter[0], question("category"), folder(tmp_path / "one"), "Cost", [])
    assert {path.stem.partition("-")[0] for path in (tmp_path / "one" / "team").glob("*.html")} == {
        "compute", "storage", "network", "llm", "other",
    }  # fmt: skip
    write_site(quarter[0], question("project"), folder(tmp_path / "two"), "Cost", [])
    assert not (tmp_path / "two" / "team").exists()
    assert len(list((tmp_path / "two" / "project").glob("*.html"))) == 5


def test_budgets_and_alerts_are_those_of_the_month_s_end(tmp_path: Path) -> None:
    options = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    days = [datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=number) for number in range(45)]
    # 2 a day: the limit of 40 is passed with the 21st day.
    put(options, *(usage(PROJECTS[0], 0, day, 2 * 10**9, "shop") for day in days))
    through = datetime(2026, 11, 15, tzinfo=UTC)
    late = [(datetime(2026, 10, 21, 1, tzinfo=UTC), "in time"), (datetime(2026, 11, 2, tzinfo=UTC), "later")]
    with sql.writing(options) as opened:
        feed_changes.save(opened.connection, feed(PROJECTS[0], through, days[0]), None)
        budgets.save(opened.connection, budget("forty", "40"))
        october = Window(days[0], datetime(2026, 11, 1, tzinfo=UTC))
        for at, message in late:
            key = alerts.AlertKey("forty", "monthly/2026-10-01T00:00:00Z", message, Decimal(1))
            amounts = (Decimal(42), Decimal(40), "CHF", False)
            fired = alerts.Alert(key, 1, october, *amounts, f"forty: {message}", at, "test")
            alerts.save(opened.connection, [fired])
    root = tmp_path / "site"
    write_site(options, question(), folder(root), "Cost", [])
    text = " ".join(" ".join(SitePage((root / "2026-10" / "index.html").read_text()).text).split())
    # 31 days of October are 62.
    assert "Over by CHF 22.00 since 21 Oct 2026." in text
    assert re.search("Alerts forty: in time .* Alerts about this month that came later forty: later", text)
    newest = " ".join(" ".join(SitePage((root / "index.html").read_text()).text).split())
    assert "forty: in time" not in newest and "forty: later" in newest
    assert "Over by" not in newest


def test_only_what_is_known_of_both_months_is_compared(tmp_path: Path) -> None:
    options = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    october, november = (datetime(2026, month, 5, tzinfo=UTC) for month in (10, 11))
    put(
        options,
        usage(PROJECTS[0], 0, october, 3 * 10**9, "shop"),
        usage(PROJECTS[0], 0, november, 5 * 10**9, "shop"),
        usage(PROJECTS[1], 0, november, 50 * 10**9, "search"),
    )
    with sql.writing(options) as opened:
        feed_changes.save(opened.connection, feed(PROJECTS[0]), None)
        # Nothing of staging was imported before November.
        feed_changes.save(opened.connection, feed(PROJECTS[1], since=datetime(2026, 11, 1, tzinfo=UTC)), None)
    root = tmp_path / "site"
    result = write_site(options, question(), folder(root), "Cost", [])
    facts = record(root, "index")["facts"]
    compared = facts["compared"]
    assert (facts["cost"], compared["cost"], compared["before"], compared["change"]) == ("55", "5", "3", "2")
    assert compared["left_out"] == ["staging"]
    assert {row["name"]: row["change"] for row in facts["tables"]["teams"]} == {"shop": "2", "search": None}
    assert record(root, PageKey("project", "p-stage").path)["facts"]["compared"] is None
    assert result["incomplete"] == [
        "1 projects are not compared with the month before, as one of both is not known"
    ]
