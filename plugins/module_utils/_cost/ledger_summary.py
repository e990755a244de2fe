# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The result of cost_summary_info: what something has cost, from the ledger (design/ledger.md#append-only,
design/money.md, design/periods.md#named-windows).

cost.py answers the same question from the cloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption, UnknownAmount
from .._core.money import ROUNDING, exact_sum, format_amount, from_nano
from .._core.named_windows import previous_part
from .._core.periods import iso
from .._core.rates import Rates
from .._core.spans import from_to
from .._ledger import commit_clock, entry_result, feeds, sql, totals
from .._ledger.allocation import Allocation, by_time
from .._ledger.policy import rates_of
from .._ledger.totals import Selection, Total
from . import grouping

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

Row = dict[str, Any]

#: What rows can be grouped by -> the column that tells groups apart, then columns that label them.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "category": ("category",),
    "charge_category": ("charge_category",),
    "project": ("project", "project_name"),
    "cloud": ("cloud",),
    "region": ("region",),
    "source": ("source",),
    "metric": ("metric",),
    "resource": ("resource", "resource_name", "resource_type"),
}
TIMES = ("day", "week", "month")
#: Always in the result, as they cost next to nothing.
_ALWAYS = ("category", "charge_category")
_TAX = "tax"
_TAG_NAMED = re.compile(re.escape(totals.TAG) + ".+", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """Which entries are listed: so many, after the marker that the page before ended with; reversals and
    corrected ones with history.
    """

    limit: int
    marker: str | None = None
    history: bool = False


@dataclass(frozen=True)
class SummaryQuestion:
    """What is asked. named: the window's name, None where it was given by begin and end. currency None: each
    currency for itself.

    as_of: by what was recorded up to then, None for all. group_by: of GROUPS, TIMES or tag:<name>. allocated:
    shared costs are those of who gets them (design/ledger.md#shared-costs), by allocation while it is read.
    """

    selection: Selection
    named: str | None
    zone: ZoneInfo
    rates: Rates
    currency: str | None = None
    as_of: datetime | None = None
    group_by: tuple[str, ...] = ()
    with_previous: bool = False
    page: Page | None = None
    allocated: bool = False
    allocation: Allocation | None = None


@dataclass
class _Sum:
    """The cost of several entries: parts of one currency and one rate each."""

    parts: list[tuple[str, Decimal, datetime]] = field(default_factory=list)
    entry_count: int = 0
    labels: tuple[str | None, ...] = ()

    def add(self, total: Total, moment: datetime) -> None:
        """One more part, at the rates of that moment."""
        self.parts.append((total.currency, from_nano(total.amount_nano), moment))
        self.entry_count += total.entry_count


class SummaryFormatter:
    """Formats sums in one currency, or each currency for itself, and keeps what it could not convert."""

    def __init__(self, rates: Rates, currency: str | None) -> None:
        self.rates, self.currency = rates, currency
        self.unknown: dict[str, None] = {}

    def amount(self, parts: Iterable[tuple[str, Decimal, datetime]]) -> Decimal | None:
        """The parts in the currency asked for, each at the rate valid when it occurred; None where a rate is
        missing (design/money.md#rates).
        """
        total = Decimal(0)
        known = True
        dated = [(amount, currency, moment) for currency, amount, moment in parts]
        wanted = self.currency or (dated[0][1] if dated else "")
        for amount, currency, moment in self.rates.netted(dated, wanted, at_one_moment=False):
            try:
                converted = self.rates.convert(amount, currency, wanted, moment)
            except UnknownAmount as error:
                self.unknown[str(error)] = None
                known = False
            else:
                total = ROUNDING.add(total, converted)
        return total if known else None

    def rows(self, sums: Iterable[tuple[Row, _Sum]]) -> list[Row]:
        """The sums with what names them: one row each in the currency asked for, else one per currency."""
        return [row for names, one in sums for row in self._rows(names, one)]

    def _rows(self, names: Row, one: _Sum) -> list[Row]:
        if self.currency is None:
            return [{**names, **row} for row in format_per_currency(one.parts)]
        amount = self.amount(one.parts)
        return [
            {**names, "amount": None if amount is None else format_amount(amount), "currency": self.currency}
        ]


def format_per_currency(parts: Iterable[tuple[str, Decimal, datetime]]) -> list[Row]:
    """Amount and currency of every currency, exact, by its code."""
    amounts: dict[str, list[Decimal]] = {}
    for currency, amount, _moment in parts:
        amounts.setdefault(currency, []).append(amount)
    return [
        {"amount": format_amount(exact_sum(of_currency)), "currency": currency}
        for currency, of_currency in sorted(amounts.items())
    ]


def summarize(options: sql.LedgerOptions, question: SummaryQuestion, now: datetime) -> dict[str, Any]:
    """The result of cost_summary_info.

    `unknown` names every rate that is missing; amounts that need it are None, never zero.

    Raises InvalidOption for an unknown group or marker; LedgerError for a ledger that cannot be read, whose
    costs are not zero.
    """
    _check(question)
    with sql.reading(options) as ledger:
        connection, window = ledger.connection, question.selection.window
        question = replace(question, rates=rates_of(connection, question.rates, question.as_of))
        formatter = SummaryFormatter(question.rates, question.currency)
        if question.allocated:
            allocation = Allocation(connection, question.rates, question.as_of)
            question = replace(question, allocation=allocation)
        result = {
            "ledger": ledger.url,
            "period_start": iso(window.begin),
            "period_end": iso(window.end),
            "as_of": None if question.as_of is None else iso(question.as_of),
            "as_of_final": question.as_of and question.as_of <= commit_clock.newest(connection),
            "feeds": feeds.to_result(feeds.read_all(connection), window) if question.as_of is None else None,
            "cost": _cost(connection, question, formatter, now),
            **_entries(connection, question),
        }
    undivided = () if question.allocation is None else question.allocation.problems
    return {**result, "unknown": [*formatter.unknown, *undivided], "tax": _tax(result["cost"])}


def _check(question: SummaryQuestion) -> None:
    for name in question.group_by:
        if name not in GROUPS and name not in TIMES and not _TAG_NAMED.fullmatch(name):
            known = ", ".join((*GROUPS, *TIMES))
            raise InvalidOption(
                "group_by", f"'{name}' is not a group; use one of {known}, or tag: and a tag's name."
            )
    page = question.page
    if page is not None and page.limit < 1:
        raise InvalidOption("limit", f"{page.limit} is not above zero.")
    if page is not None and page.marker is not None and not (page.marker.isascii() and page.marker.isdigit()):
        raise InvalidOption(
            "marker", f"'{page.marker[:40]}' is not a marker; use next_marker of the previous page."
        )


def _tax(cost: Row) -> str:
    """Amounts are net of VAT (design/money.md#net-amounts), unless a tax was recorded
    as a cost of its own.
    """
    return (
        "included"
        if any(row["charge_category"] == _TAX for row in cost["by_charge_category"])
        else "excluded"
    )


def _cost(
    connection: Transaction, question: SummaryQuestion, formatter: SummaryFormatter, now: datetime
) -> Row:
    whole = _whole(connection, question, question.selection)
    asked = set(question.group_by) | set(_ALWAYS)
    result: Row = {
        **_total(whole, formatter),
        "entry_count": whole.entry_count,
        **{
            f"by_{name}": _group(connection, question, formatter, name) if name in asked else None
            for name in GROUPS
        },
        **{
            f"by_{name}": _times(connection, question, formatter, name) if name in asked else None
            for name in TIMES
        },
        "by_tag": {
            name.removeprefix(totals.TAG): _tag(connection, question, formatter, name)
            for name in question.group_by
            if name.startswith(totals.TAG)
        },
    }
    return {
        **result,
        "previous": _previous(connection, question, formatter, now) if question.with_previous else None,
    }


def _total(whole: _Sum, formatter: SummaryFormatter) -> Row:
    """total and its currency: that asked for, else the only one there is; totals has
    each as it was recorded.
    """
    each = format_per_currency(whole.parts)
    currency = formatter.currency or (each[0]["currency"] if len(each) == 1 else None)
    amount = formatter.amount(whole.parts) if currency else None
    return {"total": None if amount is None else format_amount(amount), "currency": currency, "totals": each}


def _whole(connection: Transaction, question: SummaryQuestion, selection: Selection) -> _Sum:
    return _sums(connection, question, selection, ()).get((), _Sum())


def _sums(
    connection: Transaction, question: SummaryQuestion, selection: Selection, by: tuple[str, ...]
) -> dict[tuple[str | None, ...], _Sum]:
    """The sums by the first of `by`; what else it names are labels, of which the last one counts."""
    segments = question.rates.segments(selection.window)
    found: dict[tuple[str | None, ...], _Sum] = {}
    by_segment = by_time(question.allocation, connection, selection, segments, by, question.as_of)
    for segment, of_segment in zip(segments, by_segment, strict=True):
        for total in of_segment:
            keys = tuple(total.keys.values())
            one = found.setdefault(keys[:1], _Sum())
            one.add(total, segment.begin)
            one.labels = tuple(new or old for new, old in zip(keys[1:], one.labels or keys[1:], strict=True))
    return found


def _dearest(rows: list[Row]) -> list[Row]:
    """Dearest first; without a currency asked for each currency for itself. What is unknown comes last."""
    currencies = sorted({row["currency"] for row in rows})
    return sorted(
        rows,
        key=lambda row: (
            row["amount"] is None,
            currencies.index(row["currency"]),
            -Decimal(row["amount"] or 0),
        ),
    )


def _group(
    connection: Transaction, question: SummaryQuestion, formatter: SummaryFormatter, name: str
) -> list[Row]:
    by = GROUPS[name]
    sums = _sums(connection, question, question.selection, by)
    named = ((dict(zip(by, (*key, *one.labels), strict=True)), one) for key, one in sums.items())
    return _dearest(formatter.rows(named))


def _tag(
    connection: Transaction, question: SummaryQuestion, formatter: SummaryFormatter, name: str
) -> list[Row]:
    sums = _sums(connection, question, question.selection, (name,))
    return _dearest(formatter.rows(({"value": key[0]}, one) for key, one in sums.items()))


def _times(
    connection: Transaction, question: SummaryQuestion, formatter: SummaryFormatter, unit: str
) -> list[Row]:
    """Local days, ISO weeks or months in order, as far as they are in the window; one without
    an entry has no row.
    """
    window, rates = question.selection.window, question.rates
    spans = list(grouping.spans(window, unit, question.zone))
    parts = [(number, part) for number, (_name, span) in enumerate(spans) for part in rates.segments(span)]
    windows = [part for _number, part in parts]
    by_part = by_time(question.allocation, connection, question.selection, windows, (), question.as_of)
    found: dict[int, _Sum] = {}
    for (number, part), of_part in zip(parts, by_part, strict=True):
        for total in of_part:
            found.setdefault(number, _Sum()).add(total, part.begin)
    return formatter.rows(
        ({unit: name, "begin": iso(span.begin), "end": iso(span.end)}, found[number])
        for number, (name, span) in enumerate(spans)
        if number in found
    )


def _previous(
    connection: Transaction, question: SummaryQuestion, formatter: SummaryFormatter, now: datetime
) -> Row:
    """The same elapsed part of the period before, and by how much it has changed; null where there is no one
    currency for it, or nothing of the window is known yet (design/periods.md#the-period-before).
    """
    window = question.selection.window
    part = from_to(window.begin, min(window.end, _known_until(connection, question, now)))
    before = previous_part(question.named, part, window.length, question.zone)
    ours, theirs = (
        _whole(connection, question, replace(question.selection, window=one)) for one in (part, before)
    )
    currencies = {currency for one in (ours, theirs) for currency, _amount, _moment in one.parts}
    comparable = bool(part.length) and (formatter.currency is not None or len(currencies) == 1)
    amounts = [formatter.amount(one.parts) if comparable else None for one in (ours, theirs)]
    now_amount, then_amount = amounts
    change = None if now_amount is None or then_amount is None else ROUNDING.subtract(now_amount, then_amount)
    return {
        "period_start": iso(before.begin),
        "period_end": iso(before.end),
        "compared_start": iso(part.begin),
        "compared_end": iso(part.end),
        "compared_total": None if now_amount is None else format_amount(now_amount),
        "total": None if then_amount is None else format_amount(then_amount),
        "currency": formatter.currency or (min(currencies) if comparable else None),
        "change": None if change is None else format_amount(change),
        "relative_change": format_amount(ROUNDING.divide(change, then_amount))
        if change is not None and then_amount
        else None,
    }


def _known_until(connection: Transaction, question: SummaryQuestion, now: datetime) -> datetime:
    """The moment up to which the cost of the selection is known: the oldest rated_through of its feeds that
    are not retired, now without one.
    """
    selection = question.selection
    rated = [
        feed.rated_through
        for feed in feeds.read_all(connection)
        if not feed.retired
        and (selection.projects is None or {feed.key.project_id, feed.project_name} & {*selection.projects})
        and (selection.clouds is None or feed.cloud in selection.clouds)
        and (selection.regions is None or feed.key.region in selection.regions)
        and (selection.sources is None or feed.key.source in selection.sources)
        and (selection.categories is None or feed.categories & {*selection.categories})
    ]
    return min([now, *rated])


def _entries(connection: Transaction, question: SummaryQuestion) -> Row:
    """The page of entries that was asked for, and the marker to go on with; null where there is no more, or
    none was asked for.
    """
    page = question.page
    if page is None:
        return {"entries": None, "next_marker": None}
    after = None if page.marker is None else int(page.marker)
    # One more than asked for says whether there is another page.
    found = totals.rows(
        connection, question.selection, page.limit + 1, after, question.as_of, valid_only=not page.history
    )
    listed = found[: page.limit]
    return {
        "entries": [_entry(row) for row in listed],
        "next_marker": str(listed[-1]["id"]) if len(found) > page.limit else None,
    }


def _entry(row: Mapping[str, Any]) -> Row:
    return {
        **entry_result.to_result(row),
        "version": row["version"],
        "reversal": row["reverses"] is not None,
        "recorded_at": iso(commit_clock.from_microseconds(row["recorded_at"])),
        "recorded_by": row["recorded_by"],
    }
