# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report in every format: hostile names arrive and do nothing, templates of the user stand before ours."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._export.render import (
    format_change,
    format_money,
    render,
)
from ansible_collections.finops.cloud.plugins.module_utils._export.report import Results, report

from .ledgers import HOSTILE, read_back
from .reports import NOW, budget, everything

NAMES = [name for name in HOSTILE if name]


def told(name: str = "web-1", **results: Any) -> dict[str, Any]:
    return report(
        Results(**{**everything(name, "Europe/Zurich"), **results}),
        f"Report {name}",
        ZoneInfo("Europe/Zurich"),
        NOW,
    )


@cache
def ordinary(file_format: str) -> str:
    """The report with ordinary names."""
    return render(file_format, told())


class Page(HTMLParser):
    """The elements and the texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_arrive_and_do_nothing(name: str) -> None:
    result = told(name)
    page = Page(render("html", result))
    assert name.replace("\r", "\\r").replace("\u202e", "\\u202e") in page.text
    plain = Page(ordinary("html"))
    assert [tag for tag, _attributes in page.elements] == [tag for tag, _attributes in plain.elements]
    assert [set(attributes) for _tag, attributes in page.elements] == [
        set(attributes) for _tag, attributes in plain.elements
    ]

    assert json.loads(render("json", result)) == result

    table = list(csv.reader(io.StringIO(render("csv", result), newline="")))
    assert name in [read_back(row[1]) for row in table]
    assert not [
        cell
        for row in table
        for place, cell in enumerate(row)
        if place not in (3, 5) and re.match(r"\s*[=+\-@]", cell)
    ]

    markdown = render("md", result)
    assert markdown.count("\n") == ordinary("md").count("\n")
    assert not re.search(r"(?<!\\)<", markdown)
    shown = re.sub(r"\\([^\w\s])", r"\1", unescape(markdown)).replace("\u200b", "")
    assert " ".join(name.split()).replace("\u202e", "\\u202e") in shown


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    elements = Page(ordinary("html")).elements
    tags = {tag for tag, _attributes in elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use"}
    for _tag, attributes in elements:
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("src", "srcset", "xlink:href", "action")
        ]
        assert (attributes.get("href") or "#").startswith("#")
    text = ordinary("html")
    assert not re.search(r"url\(|@import|javascript:|https?://", text)


def test_what_is_not_known_stands_at_the_top_of_page_and_markdown() -> None:
    for file_format in ("html", "md"):
        text = render(file_format, told())
        assert (
            text.index("This report is not complete") < text.index("dark: is not known") < text.index("2.50")
        )
        assert "This report is not complete" not in render(file_format, told(budgets=None))


def test_amounts_have_their_currency_and_say_what_of_tax() -> None:
    text = ordinary("html")
    assert "CHF\u00a012.50" in text
    assert "tax: excluded" in text
    assert format_money("1234567.005", "CHF") == "CHF\u00a01\u202f234\u202f567.00"
    assert format_money("-0.001", "CHF") == "CHF\u00a00.00"
    assert format_money("-7.5", "JPY") == "JPY\u00a0\u22128"
    assert format_money(None, "CHF") == "not known"


@pytest.mark.parametrize(
    ("currencies", "expected"),
    [
        (("JPY", "KRW", "CLP", "ISK", "VND"), "2"),
        (("BHD", "JOD", "KWD", "OMR", "TND"), "1.750"),
        (("CHF", "ICU"), "1.75"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(currencies: tuple[str, ...], expected: str) -> None:
    assert [format_money("1.75", one) for one in currencies] == [
        f"{one}\u00a0{expected}" for one in currencies
    ]


def test_a_budget_that_takes_tax_otherwise_than_the_report_says_so() -> None:
    both = {"budgets": [budget("gross", tax="included"), budget("net")], "alerts": [], "reservations": []}
    markdown, html = (render(file_format, told(budgets=both)) for file_format in ("md", "html"))
    assert "| gross (tax: included) | allow |" in markdown and "| net | allow |" in markdown
    assert html.count(", tax: included.") == 1


@pytest.mark.parametrize(
    ("forced", "verdicts", "state"),
    [
        (False, [], "held"),
        (True, ["deny", "unknown"], "held, forced (deny, unknown)"),
        (True, None, "held, forced"),
    ],
)
def test_a_forced_reservation_says_what_it_passed(
    forced: bool, verdicts: list[str] | None, state: str
) -> None:
    (row,) = everything()["budgets"]["reservations"]
    listed = [{**row, "forced": forced, "forced_verdicts": verdicts}]
    budgets = {**everything()["budgets"], "reservations": listed}
    markdown, html = (render(file_format, told(budgets=budgets)) for file_format in ("md", "html"))
    assert f"| {state} |" in markdown
    assert f"<td>{state}</td>" in html


def test_a_change_has_its_sign_in_front() -> None:
    assert format_change("7", "CHF") == "+CHF\u00a07.00"
    assert format_change("-1234.5", "CHF") == "\u2212CHF\u00a01\u202f234.50"
    assert format_change("-0.004", "CHF") == format_change("0", "CHF") == "CHF\u00a00.00"
    assert format_change(None, "CHF") == "not known"


def test_a_report_of_nothing_but_a_cost_is_whole() -> None:
    nothing = dict.fromkeys(("before", "recent", "budgets", "usage", "quota"))
    for file_format in ("html", "md", "csv", "json"):
        assert "12.5" in render(file_format, told(**nothing))


def test_templates_of_the_user_stand_before_ours_and_may_extend_them(tmp_path: Path) -> None:
    (tmp_path / "report.html.j2").write_text(
        '{% extends "finops/report.html.j2" %}{% block foot %}{{ report.title }}{% endblock %}'
    )
    (tmp_path / "style.css.j2").write_text("h1 { color: teal }")
    text = render("html", told("<b>"), [str(tmp_path)])
    assert "<footer>Report &lt;b&gt;</footer>" in text
    assert "h1 { color: teal }" in text
    (tmp_path / "report.md.j2").write_text("{{ report.totla }}")
    with pytest.raises(InvalidOption, match="^templates: report.md.j2 cannot be rendered: .*totla"):
        render("md", told(), [str(tmp_path)])
    (tmp_path / "report.md.j2").write_text("{% if %}")
    with pytest.raises(
        InvalidOption, match="^templates: report.md.j2 cannot be rendered: Expected an expression"
    ):
        render("md", told(), [str(tmp_path)])


@pytest.mark.parametrize(
    ("end", "day"),
    [
        # Midnight in Zurich, in winter and in summer: the day before is the last one.
        ("2026-11-30T23:00:00Z", "30 Nov 2026"),
        ("2026-09-30T22:00:00Z", "30 Sep 2026"),
        ("2026-11-30T23:00:01Z", "1 Dec 2026"),
        ("2026-11-30T11:00:00Z", "30 Nov 2026"),
    ],
)
def test_a_window_is_shown_up_to_its_last_day(tmp_path: Path, end: str, day: str) -> None:
    (tmp_path / "report.md.j2").write_text(f"{{{{ until('{end}') }}}}")
    report = {**told(), "timezone": "Europe/Zurich"}
    assert render("md", report, [str(tmp_path)]) == day
