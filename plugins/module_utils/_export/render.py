# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A report as HTML, Markdown, CSV and JSON, rendered on the controller: `ansible.builtin.template` does not
escape (design/reports.md#rendering).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import from_iso
from . import chart, notation
from .inert_text import inert_line
from .notation import MINUS
from .report_table import format_csv
from .service_names import service_name, type_name
from .template_environment import template_environment

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

HTML, MARKDOWN, CSV, JSON = "html", "md", "csv", "json"
FORMATS = (HTML, MARKDOWN, CSV, JSON)
_TEMPLATES = {HTML: "report.html.j2", MARKDOWN: "report.md.j2"}
#: Currencies without a minor unit, and those of three decimals (ISO 4217).
MINOR_DIGITS = {
    **dict.fromkeys(("JPY", "KRW", "CLP", "ISK", "VND"), 0),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}
_UNKNOWN = "not known"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+.!|~>-])")


def render(file_format: str, report: Mapping[str, Any], user_folders: Sequence[str] = ()) -> str:
    """The report in one of FORMATS.

    user_folders: folders with templates of the user, the first of which wins. Such a template has the name of
    one of ours, and may extend it as `finops/report.html.j2`. Raises InvalidOption for a template that cannot
    be rendered.
    """
    if file_format == JSON:
        return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    if file_format == CSV:
        return format_csv(report)
    return _render_template(file_format, report, user_folders)


def _render_template(file_format: str, report: Mapping[str, Any], user_folders: Sequence[str]) -> str:
    import jinja2

    environment = report_environment(tuple(user_folders), report["timezone"], report["currency"])
    try:
        return environment.get_template(_TEMPLATES[file_format]).render(report=report)
    except jinja2.TemplateError as error:
        template = getattr(error, "name", None) or _TEMPLATES[file_format]
        raise InvalidOption("templates", f"{template} cannot be rendered: {error}") from error
    except OSError as error:
        raise InvalidOption("templates", f"'{error.filename}' cannot be read: {error.strerror}.") from error
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InvalidOption("templates", f"{_TEMPLATES[file_format]} cannot be rendered: {error}") from error


@lru_cache(maxsize=4)
def report_environment(user_folders: tuple[str, ...], timezone: str, currency: str) -> jinja2.Environment:
    """What templates of reports are rendered in, with the filters that print amounts and moments.

    Kept, as it takes longer to compile the templates than to render them.
    """
    environment = template_environment(user_folders)
    zone = ZoneInfo(timezone)
    environment.filters.update(
        money=lambda amount, of=currency: format_money(amount, of),
        change=lambda amount, of=currency: format_change(amount, of),
        percent=format_percent,
        day=lambda moment: notation.format_day(from_iso(moment).astimezone(zone)),
        moment=lambda moment: _moment(from_iso(moment).astimezone(zone)),
        date=lambda day: notation.format_day(datetime.fromisoformat(day)),
        short_day=lambda day: notation.format_short_day(datetime.fromisoformat(day)),
        markdown=escape_markdown,
        words=format_words,
        service=lambda metric: None if metric is None else service_name(metric, ""),
        resource_type=type_name,
        count_of=format_count,
        digits=notation.format_digits,
        figures=notation.format_figures,
    )
    environment.globals.update(chart=chart.bars, until=lambda moment: _last_day(moment, zone))
    return environment


def format_money(amount: str | None, currency: str) -> str:
    """An amount as people read it: CHF 1 234.50, half-even to the minor unit
    (design/money.md#comparison-and-display).
    """
    return (
        f"{currency}\u00a0{notation.format_number(Decimal(amount), minor_digits(currency))}"
        if amount is not None
        else _UNKNOWN
    )


def format_number(amount: str | None, currency: str) -> str:
    """An amount without its currency, where a head names that."""
    return _UNKNOWN if amount is None else notation.format_number(Decimal(amount), minor_digits(currency))


def minor_digits(currency: str) -> int:
    """The decimals of the currency's minor unit."""
    return MINOR_DIGITS.get(currency, 2)


def format_change(amount: str | None, currency: str) -> str:
    """A difference as people read it, with its sign first: +CHF 7.00, \u2212CHF 7.00. No sign
    if it rounds to zero.
    """
    text = format_money(amount, currency)
    if amount is None or not any(digit in text for digit in "123456789"):
        return text
    return MINUS + text.replace(MINUS, "") if MINUS in text else f"+{text}"


def format_percent(part: float | str | None) -> str:
    """A fraction in percent."""
    return _UNKNOWN if part is None else f"{notation.format_digits(f'{float(part) * 100:.1f}')}\u202f%"


def format_count(number: float | None) -> str:
    """A count, in groups of thousands."""
    return _UNKNOWN if number is None else notation.format_digits(number)


def format_words(name: str | None) -> str:
    """A name such as llm_inference or to_come as people write it."""
    return "none" if name is None else str(name).replace("_", " ")


def escape_markdown(value: object) -> Markup:
    """Text on one line that Markdown shows as it is. Neither Markdown nor the HTML made
    from it interprets it. Mentions and links in it are inert.
    """
    from markupsafe import Markup

    text = inert_line(_UNKNOWN if value is None else str(value))
    plain = text.replace("&", "&amp;").replace("<", "&lt;")
    return Markup(_MARKDOWN.sub(r"\\\1", plain))  # noqa: S704 - this is what escapes


def _last_day(moment: str, zone: ZoneInfo) -> str:
    """The last day before a moment, as the end of a window is exclusive."""
    last = datetime.fromtimestamp(from_iso(moment).timestamp() - 1, zone)
    return notation.format_day(last)


def _moment(local: datetime) -> str:
    return f"{notation.format_moment(local)} {local:%Z}"
