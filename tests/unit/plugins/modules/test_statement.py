# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements of a month: what each project has to pay, to the cent (design/reports.md#statements)."""

from __future__ import annotations

import csv
import hashlib
import sys
import time
from decimal import ROUND_HALF_EVEN, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from .running import run_module

CENT = Decimal("0.01")
HOSTILE = "<script>alert(1)</script>=cmd|' /C calc'!A0 @everyone https://evil.example.org"


class Page(HTMLParser):
    """The tags of a page and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    (tmp_path / "out").mkdir()
    return tmp_path


def recorded(*entries: dict[str, Any]) -> None:
    told = run_module(
        "cost_entry",
        {
            "entries": [
                {"key": f"k{number}", "occurred_at": "2026-09-15T12:00:00Z", **one}
                for number, one in enumerate(entries)
            ],
            "currency": "CHF",
            "category": "compute",
        },
    )
    assert not told.get("failed"), told["msg"]


def made(folder: Path, **options: Any) -> dict[str, Any]:
    asked = {"month": "2026-09", "dest": str(folder / "out"), "currency": "CHF", "tax_rate": "8.1", **options}
    return run_module("cost_statement", asked)


def rows_of(file: str) -> list[dict[str, str]]:
    with open(file, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_statement_adds_up(ledger: Path) -> None:
    recorded(
        {"amount": "10.005", "project_name": "shop"},
        {"amount": "20.015", "project_name": "shop", "category": "storage"},
        {"amount": "-5.25", "project_name": "shop", "charge_category": "credit"},
        {"amount": "3", "project_name": "lab"},
        {"amount": "7"},
        {"amount": "2.5", "project_name": "shop", "charge_category": "tax"},
        {"amount": "99", "project_name": "shop", "occurred_at": "2026-10-01T00:00:00Z"},
    )
    told = made(ledger, number_prefix="A-")
    assert not told.get("failed"), told["msg"]
    assert told["changed"]
    assert told["without_project"] == {"CHF": "7"}
    assert told["tax_rows_left_out"] == 1
    lab, shop = told["statements"]
    # By hand: 10.00 + 20.02 - 5.25 = 24.77, half to even; 8.1 % of it are 2.00637.
    assert (shop["project_name"], shop["net"], shop["tax"], shop["gross"]) == (
        "shop",
        "24.77",
        "2.01",
        "26.78",
    )
    assert (shop["credits"], shop["exact_net"]) == ("-5.25", "24.77")
    assert (lab["net"], lab["tax"], lab["gross"]) == ("3", "0.24", "3.24")
    assert shop["number"].startswith("A-2026-09-")
    html, table = shop["files"]
    rows = rows_of(table)
    positions = [Decimal(row["amount"]) for row in rows if row["row"] == "position"]
    sums = {row["row"]: Decimal(row["amount"]) for row in rows if row["row"] != "position"}
    assert sum(positions) == sums["net"] == Decimal("24.77")
    assert sums["tax"] == (sums["net"] * Decimal("0.081")).quantize(CENT, ROUND_HALF_EVEN)
    assert sums["net"] + sums["tax"] == sums["gross"]
    assert {row["currency"] for row in rows} == {"CHF"}
    text = " ".join(Page(Path(html).read_text(encoding="utf-8")).text)
    assert all(part in text for part in ("shop", "24.77", "VAT 8.1 %", "26.78", shop["number"], "2026-09"))


def test_the_same_costs_make_the_same_files(ledger: Path) -> None:
    recorded({"amount": "1", "project_name": "shop"})
    first = made(ledger)
    assert not made(ledger)["changed"]
    recorded({"amount": "1", "project_name": "shop"}, {"amount": "1", "project_name": "another"})
    again = made(ledger, projects=["shop"])
    assert [one["number"] for one in again["statements"]] == [one["number"] for one in first["statements"]]


def test_hostile_names_are_text(ledger: Path) -> None:
    recorded({"amount": "1", "project_name": HOSTILE}, {"amount": "2", "project_name": "../../etc/passwd"})
    told = made(ledger, issuer=HOSTILE)
    assert len(told["statements"]) == 2
    for one in told["statements"]:
        html, table = map(Path, one["files"])
        assert html.parent == table.parent == (ledger / "out").resolve()
        page = Page(html.read_text(encoding="utf-8"))
        assert page.tags <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "p", "ul", "li",
                             "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
        assert page.attributes <= {"lang", "charset", "http-equiv", "content", "scope", "class"}
        assert "https://" not in html.read_text(encoding="utf-8")
        numbers = ("amount", "tax_rate")
        texts = [row[name] for row in rows_of(str(table)) for name in row if name not in numbers]
        assert not any(text.startswith(("=", "+", "-", "@")) for text in texts)


def test_no_project_s_name_makes_its_statement_that_of_another(ledger: Path) -> None:
    as_file = hashlib.sha256(b"the shop").hexdigest()[:32]
    recorded({"amount": "5", "project_name": "the shop"}, {"amount": "1", "project_name": as_file})
    told = made(ledger)
    assert len({one["number"] for one in told["statements"]}) == 2
    net = {one["project_name"]: rows_of(one["files"][1])[0]["amount"] for one in told["statements"]}
    assert net == {"the shop": "5.00", as_file: "1.00"}


def test_other_currencies_are_converted_when_they_occurred(ledger: Path) -> None:
    shop = {"project_name": "shop"}
    recorded({"amount": "100", "currency": "ICU", **shop}, {"amount": "1", **shop})
    (one,) = made(ledger)["statements"]
    assert one["net"] == "3"  # 100 ICU are CHF 2.
    recorded({"amount": "100", "currency": "SEK", "project_name": "shop"})
    told = made(ledger)
    assert told["error"]["kind"] == "unknown_amount"
    assert "The statement of shop is unknown" in told["msg"]


def test_a_month_is_local_and_not_final_before_its_end(ledger: Path) -> None:
    recorded(
        {"amount": "1", "project_name": "shop", "occurred_at": "2026-08-31T22:00:00Z"},
        {"amount": "2", "project_name": "shop", "occurred_at": "2026-08-31T21:59:59Z"},
    )
    (one,) = made(ledger, timezone="Europe/Zurich")["statements"]
    assert (one["net"], one["final"], one["reasons"]) == ("1", True, [])
    recorded({"amount": "1", "project_name": "shop", "occurred_at": "2026-08-31T22:00:00Z"})
    told = made(ledger, month="2999-12", projects=["shop"])
    assert told["error"]["option"] == "projects"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"month": "2026-13"}, "month: '2026-13' is not a month such as 2026-11"),
        ({"tax_rate": "101"}, "tax_rate: '101' is not a percentage from 0 to 100"),
        ({"number_prefix": "../"}, "number_prefix: has something else"),
        ({"dest": "/nonexistent/folder"}, "dest: "),
        ({"projects": ["nobody"]}, "projects: 'nobody' has no cost in that month"),
    ],
)
def test_bad_input_is_one_sentence(ledger: Path, options: dict[str, Any], says: str) -> None:
    recorded({"amount": "1", "project_name": "shop"})
    assert made(ledger, **options)["msg"].startswith(says)


def test_check_mode_writes_nothing(ledger: Path) -> None:
    recorded({"amount": "1", "project_name": "shop"})
    told = made(ledger, _ansible_check_mode=True)
    assert told["changed"]
    assert list((ledger / "out").iterdir()) == []


@pytest.mark.parametrize("projects", [30, pytest.param(1000, marks=pytest.mark.heavy)])
def test_many_projects_in_one_run(ledger: Path, projects: int, capsys: Any) -> None:
    recorded(
        *(
            {"key": f"{project}/{row}", "amount": f"{row}.1234567", "project_name": f"PCP-{project:06d}"}
            for project in range(projects)
            for row in range(1, 6)
        )
    )
    begun = time.monotonic()
    told = made(ledger)
    seconds = time.monotonic() - begun
    with capsys.disabled():
        sys.stdout.write(f"\n{projects} statements in {seconds:.1f} s\n" if projects > 100 else "")
    assert len({one["number"] for one in told["statements"]}) == projects
    assert {one["net"] for one in told["statements"]} == {"15.62"}
    assert len(list((ledger / "out").iterdir())) == 2 * projects
