# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What each resource of a project cost in the newest rated period of its feed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .transaction import Transaction, read

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


@dataclass(frozen=True)
class HourlyCost:
    """amount_nano: in 1e-9 of the currency an hour."""

    amount_nano: int
    currency: str


def newest_hourly_costs(
    transaction: Transaction, project_id: str, region: str | None, category: str
) -> dict[str, HourlyCost]:
    """By the id of the resource, as far as the newest rated period has a cost of it in that category, in one
    currency. Empty without a feed.
    """
    of_project = {"project": project_id, "region": region}
    feeds = read(transaction, _FEED, of_project)
    if not feeds:
        return {}
    ((rated_through, seconds),) = feeds
    wanted = {**of_project, "category": category, "begin": rated_through - seconds, "end": rated_through}
    found: dict[str, HourlyCost] = {}
    several: set[str] = set()
    for resource_id, currency, amount_nano in read(transaction, _COSTS, wanted):
        if resource_id in found:
            several.add(resource_id)
        found[resource_id] = HourlyCost(round(Fraction(int(amount_nano) * 3600, seconds)), currency)
    return {name: cost for name, cost in found.items() if name not in several and cost.amount_nano >= 0}
