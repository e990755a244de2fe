# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Recording costs in a program, and their sums (design/ledger.md#from-python)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import uuid4

from .._core.errors import InvalidOption
from .._core.money import ROUNDING, from_nano, parse_currency
from .._core.periods import Calendar, Window, now_utc, period_at, zone_named
from .._core.rates import Rates
from .._imports.manual import CostRecord, entry_of
from .._ledger.entries import Entry as CostEntry
from .._ledger.totals import Total
from .guarded import guarded
from .stores import CostStore, InMemoryCostStore, aware, window_of


class CostCategory(StrEnum):
    """The category of a cost."""

    LLM_INFERENCE = "llm_inference"
    LLM_EMBEDDING = "llm_embedding"
    COMPUTE = "compute"
    STORAGE = "storage"
    NETWORK = "network"
    API_CALLS = "api_calls"
    OTHER = "other"


class BudgetPeriod(StrEnum):
    """The length of a period, which begins by the calendar of a time zone."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True)
class CostSummary:
    """The sums of costs from start (inclusive) to end (exclusive), in one currency.

    by_tag: a tag's name -> its value -> amount. A cost without a resource or tag is in the total only.
    """

    start: datetime
    end: datetime
    currency: str
    total: Decimal
    entry_count: int
    by_category: Mapping[str, Decimal]
    by_resource: Mapping[str, Decimal]
    by_tag: Mapping[str, Mapping[str, Decimal]]


@guarded
class CostTracker:
    """Records costs and sums them up.

    store: an InMemoryCostStore by default. currency: the currency of sums, and of amounts that name no other.
    Costs in another currency are converted at the rate that was valid when they occurred. timezone: the zone
    in which periods begin. source: the source of the recorded costs. clock: returns the time in UTC; budgets
    in PostgreSQL use the clock of the database. rates: for a store that holds none, or whose policy allows
    own ones.
    """

    def __init__(
        self,
        store: CostStore | None = None,
        *,
        currency: str,
        timezone: str = "UTC",
        source: str = "python",
        rates: Rates | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.store = InMemoryCostStore() if store is None else store
        self.currency = parse_currency(currency, "currency")
        self.timezone = zone_named(timezone, "timezone").key
        self.source = source
        self.rates = Rates() if rates is None else rates
        self.clock = clock

    def record(  # noqa: PLR0913 - each is named where it is given
        self,
        amount: Decimal | int | str,
        category: str,
        *,
        currency: str | None = None,
        description: str | None = None,
        resource_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        quantity: Decimal | int | str | None = None,
        unit: str | None = None,
        charge_category: str = "usage",
        occurred_at: datetime | None = None,
        key: str | None = None,
    ) -> CostEntry:
        """Record one cost and return it as it is kept.

        category: a CostCategory. amount: exact, no float; negative only with charge_category credit or
        adjustment. key: identifies the cost for ever. To record it again changes nothing; other content
        corrects it. Without a key each call records a new cost. occurred_at: with a time zone; defaults to
        the moment recorded under that key, else to now.

        Raises InvalidOption, and LedgerError if the cost was not recorded.
        """
        cost = CostRecord(
            key=uuid4().hex if key is None else key,
            source=self.source,
            amount=amount,
            currency=currency or self.currency,
            category=category,
            charge_category=charge_category,
            occurred_at=None if occurred_at is None else aware(occurred_at, "occurred_at"),
            resource_id=resource_id,
            quantity=quantity,
            unit=unit,
            tags=tags or {},
            description=description,
        )
        before = None
        if key is not None and occurred_at is None:
            before = self.store.get_entry(self.source, key)
        entry = entry_of(cost, None if before is None else before.period, self.clock())
        self.store.save_entry(entry)
        return entry

    def get_summary(
        self, period: str | None = None, start: datetime | None = None, end: datetime | None = None
    ) -> CostSummary:
        """The cost of the current period (a BudgetPeriod), or from start to end, which defaults to now.

        Raises InvalidOption, LedgerError, and UnknownAmount if a rate is missing.
        """
        window = self._asked(period, start, end)
        found = self._totals(window, ("category", "resource", "tags"))
        by_category: dict[str, Decimal] = {}
        by_resource: dict[str, Decimal] = {}
        by_tag: dict[str, dict[str, Decimal]] = {}
        for total, amount in found:
            _add(by_category, total.keys["category"], amount)
            _add(by_resource, total.keys["resource"], amount)
            for name, value in json.loads(total.keys["tags"] or "{}").items():
                _add(by_tag.setdefault(name, {}), value, amount)
        return CostSummary(
            start=window.begin,
            end=window.end,
            currency=self.currency,
            total=_sum(amount for _total, amount in found),
            entry_count=sum(total.entry_count for total, _amount in found),
            by_category=by_category,
            by_resource=by_resource,
            by_tag=by_tag,
        )

    def get_total(self, period: str, category: str | None = None) -> Decimal:
        """The cost of the current period (a BudgetPeriod), in all or in one category.

        Raises the same as get_summary().
        """
        found = self._totals(self._asked(period, None, None), ("category",))
        return _sum(
            amount for total, amount in found if category is None or total.keys["category"] == category
        )

    def _totals(self, window: Window, by: Sequence[str]) -> list[tuple[Total, Decimal]]:
        """The sums with their amounts in the tracker's currency, each at the rate of its time."""
        rates = self.store.rates_in_force(self.rates)
        return [
            (
                total,
                rates.convert(from_nano(total.amount_nano), total.currency, self.currency, segment.begin),
            )
            for segment in rates.segments(window)
            for total in self.store.get_totals(segment.begin, segment.end, by)
        ]

    def _asked(self, period: str | None, start: datetime | None, end: datetime | None) -> Window:
        now = self.clock()
        if (period is None) == (start is None) or (end is not None and start is None):
            raise InvalidOption(
                "period", "or `start` is required, not both; `end` has no effect without `start`."
            )
        if start is not None:
            return window_of(start, now if end is None else end)
        if period not in tuple(BudgetPeriod):
            raise InvalidOption(
                "period", f"'{period}' is not a period; use one of {', '.join(BudgetPeriod)}."
            )
        window = period_at(Calendar(str(period), self.timezone), now)
        if window is None:
            raise ValueError(f"a {period} calendar has a period for every moment, not for {now}")
        return window


def _add(sums: dict[str, Decimal], key: str | None, amount: Decimal) -> None:
    if key is not None:
        sums[key] = ROUNDING.add(sums.get(key, Decimal(0)), amount)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = ROUNDING.add(total, amount)
    return total
