# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Rated points as the ledger's rows (rules F1 to F3 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from ansible_collections.finops.cloud.plugins.module_utils._cloud.rated_points import RatedPoint
from ansible_collections.finops.cloud.plugins.module_utils._core.money import ROUNDING, exact_sum, plain, to_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso, moment_of
from ansible_collections.finops.cloud.plugins.module_utils._feeds.rated_window import entry_window
from ansible_collections.finops.cloud.plugins.module_utils._pricing.metric_categories import category_of
from ansible_collections.finops.cloud.plugins.module_utils._store import entries, feeds

Row = dict[str, Any]
_NANO = Decimal("1e-9")
#: Stands for a moment where a row is made that is completed for each hour.
_ANY_TIME = Window(moment_of(0), moment_of(0))


@dataclass(frozen=True)
class Feeding:
    """What the entries of a feed have in common, and how they are made. resources: what is known of them, by id."""

    key: feeds.FeedKey
    cloud: str | None
    project_name: str
    currency: str
    collect_period_s: int
    form: feeds.Form
    metric_categories: Mapping[str, str]
    resources: Mapping[str, feeds.Resource]


@dataclass(frozen=True)
class RatedRows:
    """What the points of a unit come to: rows for the ledger, and what they tell of the feed.

    run_rates: what the newest period cost, by category and tag set. unknown: the resources whose tags are not known.
    """

    rows: Sequence[Row]
    run_rates: tuple[feeds.RunRate, ...]
    categories: frozenset[str]
    tag_keys: frozenset[str]
    unknown: frozenset[str]


class _Kind(NamedTuple):
    """What all entries of one metric and resource have in common: their columns, and what tells their run rate."""

    columns: Row
    category: str
    tags: tuple[tuple[str, str], ...]


class _Place(NamedTuple):
    """The entry of a period: the columns of its time, and how its key begins."""

    begin: int
    end: int
    key: str


#: Metric and resource.
_Of: TypeAlias = "tuple[str, str | None]"


class RowMaker:
    """Makes rows of a feed's points. What is the same in every hour is put together once: there are millions of points."""

    def __init__(self, feeding: Feeding) -> None:
        self._feeding = feeding
        self._by_resource = feeding.form.grouping == feeds.BY_RESOURCE
        self._kinds: dict[_Of, _Kind] = {}

    def rows_of(self, points: Sequence[RatedPoint], newest: datetime) -> RatedRows:
        """One row per metric, resource and hour or day: points of one metric and resource are summed first (rule F1).

        newest: begin of the period that the run rate is told of.
        """
        groups: dict[_Place, dict[_Of, RatedPoint | list[RatedPoint]]] = {}
        rates: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
        of_place: dict[_Of, RatedPoint | list[RatedPoint]] = {}
        window, is_newest = None, False
        for point in points:
            # The points of a period come one after the other, and share its window.
            if point.window is not window:
                window = point.window
                of_place = groups.setdefault(self._place(window.begin), {})
                is_newest = window.begin == newest
            of = (point.type, point.resource_id if self._by_resource else None)
            before = of_place.setdefault(of, point)
            if before is not point:
                of_place[of] = [*before, point] if isinstance(before, list) else [before, point]
            if is_newest:
                kind = self._kind(of)
                rate = (kind.category, kind.tags)
                rates[rate] = rates.get(rate, 0) + _nano(point.amount)
        kinds = {of: self._kind(of) for of_place in groups.values() for of in of_place}
        return RatedRows(
            rows=[
                _row(place, of, kinds[of], told) for place, of_place in groups.items() for of, told in of_place.items()
            ],
            run_rates=tuple(feeds.RunRate(*name, amount_nano) for name, amount_nano in sorted(rates.items())),
            categories=frozenset(kind.category for kind in kinds.values()),
            tag_keys=frozenset(name for kind in kinds.values() for name, _value in kind.tags),
            unknown=frozenset(str(of[1]) for of, kind in kinds.items() if kind.tags == _UNKNOWN),
        )

    def _place(self, begin: datetime) -> _Place:
        """The entry that a period belongs to. Its key begins with the time, so that an import writes at the end of the index."""
        form = self._feeding.form
        window = entry_window(begin, form, self._feeding.collect_period_s)
        told = iso(window.begin)[: 10 if form.resolution == feeds.DAY else None]
        return _Place(int(window.begin.timestamp()), int(window.end.timestamp()), told)

    def _kind(self, of: _Of) -> _Kind:
        found = self._kinds.get(of)
        if found is None:
            found = self._kinds[of] = self._made(of)
        return found

    def _made(self, of: _Of) -> _Kind:
        feeding, (metric, resource_id) = self._feeding, of
        known = None if resource_id is None else feeding.resources.get(resource_id)
        category, tags = category_of(metric, feeding.metric_categories), self._tags(resource_id)
        entry = entries.Entry(
            source=feeding.key.source,
            key="",
            charge_category="usage",
            category=category,
            period=_ANY_TIME,
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
        return _Kind(entries.columns(entry), category, tags)

    def _tags(self, resource_id: str | None) -> tuple[tuple[str, str], ...]:
        """The tags of a point's resource. What belongs to the project as a whole, as stored objects do, has none."""
        feeding = self._feeding
        if not feeding.form.tagged or resource_id is None or resource_id == feeding.key.project_id:
            return ()
        known = feeding.resources.get(resource_id)
        return _UNKNOWN if known is None else known.tags


_UNKNOWN = tuple(feeds.UNKNOWN_TAGS.items())


def _row(place: _Place, of: _Of, kind: _Kind, told: RatedPoint | list[RatedPoint]) -> Row:
    metric, resource_id = of
    by_resource = resource_id is not None
    if isinstance(told, list):
        amount, quantity = (
            exact_sum(parts) for parts in ([one.amount for one in told], [one.quantity for one in told])
        )
        unit = told[0].unit
    else:
        amount, quantity, unit = told.amount, told.quantity, told.unit
    return {
        **kind.columns,
        "key": f"{place.key}/{metric}/{resource_id}" if by_resource else f"{place.key}/{metric}",
        "period_begin": place.begin,
        "period_end": place.end,
        "amount_nano": _nano(amount),
        "quantity": _told(quantity),
        "unit": unit,
    }


@lru_cache(maxsize=4096)
def _nano(amount: Decimal) -> int:
    return to_nano(amount, "imported amount")


@lru_cache(maxsize=4096)
def _told(quantity: Decimal) -> str:
    """To 9 decimals: the noise of the cloud's floats would make every replay a correction."""
    return plain(ROUNDING.quantize(quantity, _NANO))
