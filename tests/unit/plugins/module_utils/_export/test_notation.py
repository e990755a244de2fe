# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers and dates as people of several countries read them, and as programs always do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.report_locales import LOCALES
from ansible_collections.finops.cloud.plugins.module_utils._export import notation, site
from ansible_collections.finops.cloud.plugins.module_utils._export.render import format_change, render
from ansible_collections.finops.cloud.plugins.module_utils._export.verdict_markdown import format_markdown

from .quarters import folder, ledger_of_quarter, question
from .reports import summary
from .test_render import told
from .test_verdict_comment import NOTHING, line, shown, verdict

#: Locale -> an amount, a day, a change, the month.
WRITTEN = {
    "international": ("1\u202f234.50", "21 Nov 2026", "\u2212CHF\u00a01\u202f234.50", "November 2026"),
    "swiss": ("1\u2019234.50", "21.11.2026", "\u2212CHF\u00a01\u2019234.50", "11.2026"),
    "german": ("1.234,50", "21.11.2026", "\u2212CHF\u00a01.234,50", "11.2026"),
    "french": ("1\u202f234,50", "21/11/2026", "\u2212CHF\u00a01\u202f234,50", "11/2026"),
    "english": ("1,234.50", "21 Nov 2026", "\u2212CHF\u00a01,234.50", "November 2026"),
}
CASES = pytest.mark.parametrize("locale", WRITTEN)


@CASES
def test_numbers_and_dates(locale: str) -> None:
    assert set(WRITTEN) == set(LOCALES)
    amount, day, change, month = WRITTEN[locale]
    with notation.written_in(locale):
        assert notation.format_number(Decimal("1234.495"), 2) == amount
        assert notation.format_day(date(2026, 11, 21)) == day
        assert notation.format_moment(datetime(2026, 11, 21, 5, 7, tzinfo=UTC)) == f"{day}, 05:07"
        assert notation.format_month(date(2026, 11, 1)) == month
        assert format_change("-1234.5", "CHF") == change
        # All digits stay.
        assert notation.format_digits("1234.500000001") == amount + "0000001"
    # Only meanwhile.
    assert notation.format_day(date(2026, 11, 21)) == "21 Nov 2026"


@CASES
def test_a_report_and_what_programs_read_of_it(locale: str) -> None:
    content = told(summary={**summary(), "cost": {**summary()["cost"], "total": "1234.5"}})
    before = {form: render(form, content) for form in ("csv", "json")}
    with notation.written_in(locale):
        assert {form: render(form, content) for form in ("csv", "json")} == before
        amount, day, *_rest = WRITTEN[locale]
        assert f"CHF\u00a0{amount}" in render("md", content)
        assert day in render("md", content)
        assert f"CHF\u00a0{amount}" in render("html", content)
        assert day in render("html", content)


def test_a_comment() -> None:
    one = verdict(line("web", 0, 1234.5, "added"))
    one["estimate"]["difference"] |= {"net": {**NOTHING, "hourly": "1234.0567"}}
    assert "CHF 1 234.50" in shown(format_markdown(one))
    with notation.written_in("german"):
        text = shown(format_markdown(one))
    assert "CHF 1.234,50" in text
    assert "| 1.234,0567 |" in text
    assert "1 234" not in text


def test_a_site(tmp_path: Path) -> None:
    with notation.written_in("swiss"):
        site.write_site(ledger_of_quarter(tmp_path), question(), folder(tmp_path / "site"), "Cost", [])
    page = (tmp_path / "site" / "index.html").read_text()
    assert "11.2026" in page
    assert "November" not in page
    assert "\u202f" not in page.replace("\u202f%", "")


def test_a_locale_that_is_none() -> None:
    with (
        pytest.raises(InvalidOption, match="^locale: 'de' is unknown; use one of international"),
        notation.written_in("de"),
    ):
        pass


ALERT = (
    "web 2026-11-01: at least 81.2 % of CHF 12500 is spent: CHF 10150.123456 from 2026-11-01 to 2026-12-01"
    " (Europe/Zurich). The threshold is 80 %."
)


def test_an_alert_has_all_its_digits_in_one_notation() -> None:
    with notation.written_in("german"):
        said = notation.format_figures(ALERT, "web 2026-11-01")
    assert said == (
        "web 2026-11-01: at least 81,2 % of CHF 12.500 is spent: CHF 10.150,123456 from 01.11.2026 to"
        " 01.12.2026 (Europe/Zurich). The threshold is 80 %."
    )


def test_what_is_no_figure_of_an_alert_stays() -> None:
    sentence = "team 7: the cost from 2026-11-01T05:00:00Z on is not known; see entry 12345."
    with notation.written_in("swiss"):
        assert notation.format_figures(sentence, "team 7") == sentence
