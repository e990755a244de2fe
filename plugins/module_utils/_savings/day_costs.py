# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What each day has cost, by series, from the ledger; a day that is not known whole is None
(design/savings.md#series, design/reading-a-cloud.md#unknown-is-not-zero).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from .._core import spans
from .._core.errors import InvalidOption
from .._core.money import from_nano
from .._core.periods import Window, at_local
from .._core.rates import Rates
from .._cost.ledger_summary import SummaryFormatter
from .._ledger import totals
from .._ledger.feeds import Feed
from .._ledger.totals import Selection, Total

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: What days are summed by -> the columns that tell series apart. One statement brings those of the roll-up,
#: another one each metric and each tag.
SERIES: Mapping[str, tuple[str, ...]] = {
    "total": (),
    "project": ("project",),
    "category": ("category",),
    "project_category": ("project", "category"),
    "region": ("region",),
    "metric": ("metric",),
}
_ROLLED_UP = ("project", "category", "region")
#: What costs as time goes by: purchases, credits and corrections have no rhythm.
CHARGES = ("usage",)
#: A part of an amount: currency, amount, and the moment whose rate converts it.
Part: TypeAlias = tuple[str, Decimal, datetime]


@dataclass(frozen=True)
class SeriesKey:
    """Which series: what it is summed by, and the value of each column (None: of what has none)."""

    kind: str
    values: tuple[tuple[str, str | None], ...]

    @property
    def name(self) -> str:
        """What users call it: total, project=shop, project=shop category=compute, tag:team=web."""
        return " ".join(f"{column}={value or ''}" for column, value in self.values) or self.kind

    def has(self, row: Mapping[str, str | None]) -> bool:
        """Whether a cost with these columns is in the series."""
        return all(row[column] == value for column, value in self.values)


def refuse_unknown_series(kinds: Sequence[str], option: str) -> None:
    """Raise InvalidOption for what days cannot be summed by, and for none."""
    for kind in kinds:
        if kind not in SERIES and not (kind.startswith(totals.TAG) and kind != totals.TAG):
            known = ", ".join(SERIES)
            raise InvalidOption(option, f"'{kind}' is not one of {known}, or tag: and a tag's name.")
    if not kinds:
        raise InvalidOption(option, "is empty, so nothing would be looked at; name one, such as total.")


def columns_of(kind: str) -> tuple[str, ...]:
    """The columns that tell the series of a kind apart."""
    return SERIES.get(kind, (kind,))


def local_days(first: date, count: int, zone: ZoneInfo) -> list[Window]:
    """So many local days from the first on."""
    edges = [at_local(first + timedelta(days=number), time(), zone) for number in range(count + 1)]
    return [Window(begin, end) for begin, end in pairwise(edges)]


def dated_totals(
    connection: Transaction, selection: Selection, windows: Sequence[Window], by: Sequence[str], rates: Rates
) -> list[list[tuple[Total, datetime]]]:
    """The sums of each window by these columns, each with the moment whose rate converts it; one statement.

    A window in which a rate begins is summed before and after it.
    """
    parts = [(number, part) for number, window in enumerate(windows) for part in rates.segments(window)]
    found: list[list[tuple[Total, datetime]]] = [[] for _window in windows]
    by_part = totals.by_time(connection, selection, [part for _number, part in parts], by)
    for (number, part), of_part in zip(parts, by_part, strict=True):
        found[number] += [(total, part.begin) for total in of_part]
    return found


def read_day_costs(
    connection: Transaction,
    selection: Selection,
    windows: Sequence[Window],
    kinds: Sequence[str],
    feeds: Iterable[Feed],
    formatter: SummaryFormatter,
) -> dict[SeriesKey, list[Decimal | None]]:
    """What these windows, one a day, have cost by series of these kinds, in the formatter's currency; None
    where that is not known.

    Not known is what a feed of the series has not rated or not imported, and what no rate converts. One
    statement for all of the roll-up, and one for metric and for each tag.
    """
    parts: dict[SeriesKey, dict[int, list[Part]]] = {}
    for columns, some in _queries(kinds).items():
        sums = dated_totals(connection, selection, windows, columns, formatter.rates)
        for day, of_day in enumerate(sums):
            for total, moment in of_day:
                part = (total.currency, from_nano(total.amount_nano), moment)
                for kind in some:
                    values = tuple((column, total.keys[column]) for column in columns_of(kind))
                    parts.setdefault(SeriesKey(kind, values), {}).setdefault(day, []).append(part)
    known_feeds = [feed for feed in feeds if _is_selected(feed, selection)]
    amounts = {}
    for key, by_day in parts.items():
        unknown = _unknown_days(key, windows, known_feeds)
        amounts[key] = [
            None if day in unknown else formatter.amount(by_day.get(day, ())) for day in range(len(windows))
        ]
    return amounts


def _queries(kinds: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    """The columns of each statement, and the kinds of series that it brings."""
    queries: dict[tuple[str, ...], list[str]] = {}
    for kind in dict.fromkeys(kinds):
        columns = columns_of(kind)
        queries.setdefault(_ROLLED_UP if {*columns} <= {*_ROLLED_UP} else columns, []).append(kind)
    return queries


def _is_selected(feed: Feed, selection: Selection) -> bool:
    return (
        (selection.projects is None or bool({feed.key.project_id, feed.project_name} & {*selection.projects}))
        and (selection.regions is None or feed.key.region in selection.regions)
        and (selection.categories is None or bool(feed.categories & {*selection.categories}))
    )


def _unknown_days(key: SeriesKey, windows: Sequence[Window], feeds: Collection[Feed]) -> set[int]:
    """The days of which a feed that brings cost of the series is not rated or not imported whole."""
    whole = spans.hull(windows)
    missing = [window for feed in feeds if _brings(feed, key) for window in _missing(feed, key, whole)]
    return {day for day, window in enumerate(windows) if any(spans.overlaps(window, one) for one in missing)}


def _brings(feed: Feed, key: SeriesKey) -> bool:
    """Whether the feed can have cost of the series. Which metrics it has is not known."""
    wanted = dict(key.values)
    tags = {column.removeprefix(totals.TAG) for column in wanted if column.startswith(totals.TAG)}
    return (
        wanted.get("project", feed.key.project_id) == feed.key.project_id
        and wanted.get("region", feed.key.region) == feed.key.region
        and ("category" not in wanted or wanted["category"] in feed.categories)
        and (not tags or None in wanted.values() or bool(tags & feed.tag_keys))
    )


def _missing(feed: Feed, key: SeriesKey, whole: Window) -> Iterable[Window]:
    """What is not known of the feed: what was not imported, for a tag with tags, and what is not rated yet.
    One that is retired has no cost behind its end.
    """
    tagged_only = any(column.startswith(totals.TAG) for column, _value in key.values)
    imported = [one.window for one in feed.imported if one.layout.tagged or not tagged_only]
    rated = spans.from_to(whole.begin, min(whole.end, feed.rated_through))
    yield from spans.subtract(rated, imported)
    if not feed.retired:
        yield spans.from_to(max(whole.begin, feed.rated_through), whole.end)
