# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How people read numbers and dates (design/reports.md#numbers-and-dates). What programs read, CSV and JSON,
is never written with this.

Which notation is meant is set once, around all that is rendered, and not handed on by everything that formats
an amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .._core.errors import InvalidOption
from .._core.money import ROUNDING
from .._core.report_locales import DEFAULT_LOCALE, LOCALES

MINUS = "\u2212"


@dataclass(frozen=True)
class Notation:
    """groups: what stands between thousands. point: what stands before decimals. day, short_day and month:
    as strftime() takes them; no month has a name but in English, as the words of a report are English.
    """

    groups: str
    point: str
    day: str
    short_day: str
    month: str


_NAMED_MONTHS = ("%-d %b %Y", "%-d %b", "%B %Y")
_DOTTED = ("%d.%m.%Y", "%d.%m.", "%m.%Y")
#: A day, what stands behind a currency, and what stands before a percent sign.
_FIGURE = re.compile(
    r"(?P<day>\b\d{4}-\d\d-\d\d\b)(?!T)|(?<=\b[A-Z]{3} )\d+(?:\.\d+)?|\b\d+(?:\.\d+)?(?= %)", re.ASCII
)
#: A narrow space that is no break between thousands (ISO 80000-1).
_SPACE = "\u202f"
#: Of each of LOCALES.
_NOTATIONS = {
    "international": Notation(_SPACE, ".", *_NAMED_MONTHS),
    # An apostrophe as print has it: the other one is escaped in HTML and Markdown.
    "swiss": Notation("\u2019", ".", *_DOTTED),
    "german": Notation(".", ",", *_DOTTED),
    "french": Notation(_SPACE, ",", "%d/%m/%Y", "%d/%m", "%m/%Y"),
    "english": Notation(",", ".", *_NAMED_MONTHS),
}
_in_use: ContextVar[Notation] = ContextVar("notation", default=_NOTATIONS[DEFAULT_LOCALE])


@contextmanager
def written_in(locale: str | None) -> Iterator[None]:
    """All that is formatted meanwhile has the notation of this locale; None: of the default one.

    Raises InvalidOption for a locale that is not one of LOCALES.
    """
    name = locale or DEFAULT_LOCALE
    if name not in _NOTATIONS:
        raise InvalidOption("locale", f"'{name}' is unknown; use one of {', '.join(LOCALES)}.")
    token = _in_use.set(_NOTATIONS[name])
    try:
        yield
    finally:
        _in_use.reset(token)


def format_number(number: Decimal, places: int) -> str:
    """A number rounded half to even, in groups of thousands."""
    rounded = ROUNDING.quantize(number, Decimal(1).scaleb(-places)) + 0
    return _spelled(f"{rounded:,.{places}f}")


def format_digits(number: str | float) -> str:
    """A number with all the digits that it is written with, in groups of thousands."""
    return _spelled(f"{Decimal(str(number)):,f}")


def format_day(day: date) -> str:
    """21 Nov 2026, 21.11.2026 or 21/11/2026."""
    return day.strftime(_in_use.get().day)


def format_short_day(day: date) -> str:
    """The same without its year."""
    return day.strftime(_in_use.get().short_day)


def format_month(day: date) -> str:
    """The month of a day: November 2026, 11.2026 or 11/2026."""
    return day.strftime(_in_use.get().month)


def format_moment(local: datetime) -> str:
    """A day and a time of the wall clock."""
    return f"{format_day(local)}, {local:%H:%M}"


def format_figures(sentence: str, subject: str) -> str:
    """A sentence of an alert with its amounts, percentages and days in the notation, all digits kept. What it
    is about, a name that stands first, is left alone.
    """
    head = f"{subject}: "
    about, said = (head, sentence.removeprefix(head)) if sentence.startswith(head) else ("", sentence)
    return about + _FIGURE.sub(_figure, said)


def _figure(found: re.Match[str]) -> str:
    text = found[0]
    return format_day(date.fromisoformat(text)) if found["day"] else format_digits(text)


def _spelled(text: str) -> str:
    """A number as Python writes it, in the notation that is in use."""
    in_use = _in_use.get()
    return text.translate({ord(","): in_use.groups, ord("."): in_use.point, ord("-"): MINUS})
