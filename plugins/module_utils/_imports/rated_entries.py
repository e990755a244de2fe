# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Rated points as the ledger's rows (design/imports.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from .._core.categories import category_of, is_flow
from .._core.money import ROUNDING, exact_sum, format_exact, to_nano
from .._core.periods import Window, moment_of
from .._core.tags import UNKNOWN_TAGS
from .._ledger import entries, entry_keys, entry_rows, feed_changes, feeds
from .._ledger.entry_rows import EntryRow
from .._ledger.series import CostSeries, EntryKey
from .._openstack.rating.answers import RatedPoint
from .rated_window import entry_length_s, entry_window

_NANO = Decimal("1e-9")
#: Stands for the begin of a row that is completed for each hour.
_ANY_TIME = moment_of(0)


@dataclass(frozen=True)
class Feeding:
    """What the entries of a feed have in common, and how they are made.

    currency_option: the option that names the currency. resources: what is known of them, by ID.
    flow_metrics: those whose run rate is a mean, None for those of the table. rating_regions: as a Feed's.
    """

    key: feeds.FeedKey
    auth_url: str
    cloud: str | None
    project_name: str
    currency: str
    currency_option: str
    collect_period_s: int
    layout: feeds.ImportLayout
    metric_categories: Mapping[str, str]
    resources: Mapping[str, feed_changes.FeedResource]
    flow_metrics: Collection[str] | None = None
    rating_regions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RatedRows:
    """What the points of a unit come to: rows for the ledger, and what they say about the feed.

    run_rates: what the newest period cost, by category and tag set, without flows. Of all points so far:
    categories, tag_keys and unknown, the resources whose tags are not known.
    """

    rows: Sequence[EntryRow]
    run_rates: tuple[feeds.RunRate, ...]
    categories: frozenset[str]
    tag_keys: frozenset[str]
    unknown: frozenset[str]


@dataclass(frozen=True, eq=False)
class _Kind:
    """What all entries of one metric and resource have in common: their series by unit, their key, and their
    label's number; None for a flow.
    """

    series: dict[str | None, CostSeries]
    key: EntryKey
    label: int | None


#: Metric and resource.
_Of: TypeAlias = "tuple[str, str | None]"
#: Category and tags: what run rates are split by.
_Label: TypeAlias = "tuple[str, tuple[tuple[str, str], ...]]"


class RowMaker:
    """Makes rows of a feed's points.

    What is the same in every hour is made once: there are millions of points.
    """

    def __init__(self, feeding: Feeding) -> None:
        self._feeding = feeding
        self._by_resource = feeding.layout.grouping == feeds.BY_RESOURCE
        self._length_s = entry_length_s(feeding.layout, feeding.collect_period_s)
        by_day = feeding.layout.resolution == feeds.DAY
        self._moment_length = entry_keys.TO_THE_DAY if by_day else entry_keys.TO_THE_SECOND
        self._kinds: dict[_Of, _Kind] = {}
        self._labels: dict[_Label, int] = {}
        self._categories: set[str] = set()
        self._tag_keys: set[str] = set()
        self._unknown: set[str] = set()

    def rows_of(self, points: Sequence[RatedPoint], newest: datetime) -> RatedRows:
        """One row per metric, resource and hour or day: points of one metric and resource are summed first
        (design/imports.md#an-hour-is-replaced-whole).

        newest: begin of the period whose cost is the run rate.
        """
        groups: dict[int, dict[_Kind, RatedPoint | list[RatedPoint]]] = {}
        rates: dict[int, int] = defaultdict(int)
        kinds, by_resource = self._kinds, self._by_resource
        of_period: dict[_Kind, RatedPoint | list[RatedPoint]] = {}
        window, is_newest = None, False
        for point in points:
            # The points of a period come one after the other, and share its window.
            if point.window is not window:
                window = point.window
                of_period = groups.setdefault(self._begin(window.begin), {})
                is_newest = window.begin == newest
            of = (point.type, point.resource_id if by_resource else None)
            kind = kinds.get(of) or self._made(of)
            before = of_period.setdefault(kind, point)
            if before is not point:
                of_period[kind] = [*before, point] if isinstance(before, list) else [before, point]
            if is_newest and kind.label is not None:
                rates[kind.label] += _nano(point.amount)
        labels = list(self._labels) if rates else []
        told_rates = sorted((labels[number], amount_nano) for number, amount_nano in rates.items())
        return RatedRows(
            rows=[
                _row(begin, kind, of_kind)
                for begin, of_period in groups.items()
                for kind, of_kind in of_period.items()
            ],
            run_rates=tuple(feeds.RunRate(*label, amount_nano) for label, amount_nano in told_rates),
            categories=frozenset(self._categories),
            tag_keys=frozenset(self._tag_keys),
            unknown=frozenset(self._unknown),
        )

    def _begin(self, moment: datetime) -> int:
        """The begin of the entry's period that a rated period belongs to."""
        window = entry_window(moment, self._feeding.layout, self._feeding.collect_period_s)
        return int(window.begin.timestamp())

    def _made(self, of: _Of) -> _Kind:
        feeding, (metric, resource_id) = self._feeding, of
        known = None if resource_id is None else feeding.resources.get(resource_id)
        category, tags = label = category_of(metric, feeding.metric_categories), self._tags(resource_id)
        self._categories.add(category)
        self._tag_keys.update(name for name, _value in tags)
        if tags == _UNKNOWN:
            self._unknown.add(str(resource_id))
        entry = entries.Entry(
            source=feeding.key.source,
            key="",
            charge_category="usage",
            category=category,
            period=Window(_ANY_TIME, _ANY_TIME + timedelta(seconds=self._length_s)),
            amount_nano=0,
            currency=feeding.currency,
            cloud=feeding.cloud,
            region=feeding.key.region,
            project_id=feeding.key.project_id,
            project_name=feeding.project_name,
            metric=metric,
            resource_id=resource_id,
            resource_name=None if known is None else known.name,
            resource_type=None if known is None else known.type,
            tags=dict(tags),
        )
        series = entry_rows.row_of(entries.columns(entry)).series
        stem = f"/{metric}" if resource_id is None else f"/{metric}/{resource_id}"
        key = EntryKey(entry.source, stem, self._moment_length)
        number = None
        if not is_flow(metric, feeding.flow_metrics):
            number = self._labels.setdefault(label, len(self._labels))
        kind = self._kinds[of] = _Kind({None: series}, key, number)
        return kind

    def _tags(self, resource_id: str | None) -> tuple[tuple[str, str], ...]:
        """The tags of a point's resource.

        What belongs to the project as a whole, as stored objects do, has none.
        """
        feeding = self._feeding
        if not feeding.layout.tagged or resource_id is None or resource_id == feeding.key.project_id:
            return ()
        known = feeding.resources.get(resource_id)
        return _UNKNOWN if known is None else known.tags


_UNKNOWN = tuple(UNKNOWN_TAGS.items())


def _row(begin: int, kind: _Kind, of_kind: RatedPoint | list[RatedPoint]) -> EntryRow:
    if isinstance(of_kind, list):
        amount, quantity = (
            exact_sum(parts) for parts in ([one.amount for one in of_kind], [one.quantity for one in of_kind])
        )
        unit = of_kind[0].unit
    else:
        amount, quantity, unit = of_kind.amount, of_kind.quantity, of_kind.unit
    series = kind.series.get(unit)
    if series is None:
        series = kind.series[unit] = kind.series[None]._replace(unit=unit)
    return EntryRow(series, kind.key, begin, _quantity(quantity), _nano(amount))


@lru_cache(maxsize=4096)
def _nano(amount: Decimal) -> int:
    return to_nano(amount, "imported amount")


@lru_cache(maxsize=4096)
def _quantity(quantity: Decimal) -> str:
    """To 9 decimals: the noise of the cloud's floats would make every replay a correction."""
    return format_exact(ROUNDING.quantize(quantity, _NANO))
