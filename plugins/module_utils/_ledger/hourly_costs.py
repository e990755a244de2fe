# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What resources cost in each rated period of their feed: those of a project in the newest one, and those of
acts in all of a window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from .._core.periods import Window, moment_of
from . import archived_months
from .transaction import Transaction, read, stream

#: Behind every moment that an entry begins at.
LATEST_S = 2**62
_FEED = (
    "SELECT rated_through, collect_period_s FROM feed"
    " WHERE project_id = :project AND region = :region AND NOT retired"
)
_COSTS = (
    "SELECT entry.resource_id, dimension_set.currency, sum(entry.amount_nano)"
    " FROM entry JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
    " WHERE entry.period_begin >= :begin AND entry.period_begin < :end AND entry.resource_id IS NOT NULL"
    " AND dimension_set.project_id = :project AND dimension_set.region = :region"
    " AND dimension_set.category = :category AND dimension_set.charge_category = 'usage'"
    " GROUP BY entry.resource_id, dimension_set.currency ORDER BY 1, 2"
)
_ACTED_ON = (
    "SELECT entry.resource_id, entry.period_begin, entry.period_end - entry.period_begin,"
    " dimension_set.currency, sum(entry.amount_nano)"
    " FROM entry JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
    " WHERE entry.period_begin >= :begin AND entry.period_begin < :end"
    " AND entry.resource_id IN (SELECT resource_id FROM act)"
    " AND dimension_set.category = 'compute' AND dimension_set.charge_category = 'usage'"
    " GROUP BY entry.resource_id, entry.period_begin, entry.period_end, dimension_set.currency"
    " ORDER BY 1, 2"
)
_LAST_RATED = (
    "SELECT entry.resource_id, max(entry.period_end)"
    " FROM entry JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
    " WHERE entry.period_begin >= :begin AND entry.resource_id IN (SELECT resource_id FROM act)"
    " AND dimension_set.charge_category = 'usage'"
    " GROUP BY entry.resource_id"
)


@dataclass(frozen=True)
class PeriodCosts:
    """What a resource cost by the begin of a rated period, in 1e-9. seconds: how long these periods are.
    currencies: all in which it cost something; what it cost is no amount where they are several.
    """

    by_begin: dict[datetime, int] = field(default_factory=dict)
    seconds: set[int] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class HourlyCost:
    """amount_nano: in 1e-9 of the currency an hour."""

    amount_nano: int
    currency: str


def newest_hourly_costs(
    transaction: Transaction, project_id: str, region: str | None, category: str
) -> dict[str, HourlyCost]:
    """By the id of the resource, as far as the newest rated period has a cost of it in that category, in one
    currency. Empty without a feed. Raises LedgerError where the entries of that period are archived.
    """
    of_project = {"project": project_id, "region": region}
    feeds = read(transaction, _FEED, of_project)
    if not feeds:
        return {}
    ((rated_through, seconds),) = feeds
    wanted = {**of_project, "category": category, "begin": rated_through - seconds, "end": rated_through}
    archived_months.refuse_spans(transaction, [(wanted["begin"], wanted["end"])])
    found: dict[str, HourlyCost] = {}
    several: set[str] = set()
    for resource_id, currency, amount_nano in read(transaction, _COSTS, wanted):
        if resource_id in found:
            several.add(resource_id)
        found[resource_id] = HourlyCost(round(Fraction(int(amount_nano) * 3600, seconds)), currency)
    return {name: cost for name, cost in found.items() if name not in several and cost.amount_nano >= 0}


def costs_of_acted_on(transaction: Transaction, window: Window) -> dict[str, PeriodCosts]:
    """What the resources of all acts cost as compute in the window, by their id.

    Raises LedgerError where entries of the window are archived.
    """
    archived_months.refuse_window(transaction, window)
    asked = {"begin": int(window.begin.timestamp()), "end": int(window.end.timestamp())}
    found: dict[str, PeriodCosts] = {}
    for resource_id, begin, seconds, currency, amount_nano in stream(transaction, _ACTED_ON, asked):
        costs = found.setdefault(resource_id, PeriodCosts())
        moment = moment_of(begin)
        costs.by_begin[moment] = costs.by_begin.get(moment, 0) + int(amount_nano)
        if amount_nano:
            # What was corrected away left rows whose sum is nothing.
            costs.seconds.add(int(seconds))
            costs.currencies.add(currency)
    return found


def last_rated(transaction: Transaction, begin: datetime) -> dict[str, datetime]:
    """By the id of each resource of an act the end of the newest period in which anything of it was rated.

    Raises LedgerError where entries since that begin are archived.
    """
    archived_months.refuse_spans(transaction, [(int(begin.timestamp()), LATEST_S)])
    rows = read(transaction, _LAST_RATED, {"begin": int(begin.timestamp())})
    return {resource_id: moment_of(end) for resource_id, end in rows}
