# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What shared costs add to budgets that count their parts, and take from them
(design/ledger.md#shared-costs).

Imported only where the policy names such a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .._core.rates import Rates
from .._ledger.allocation import Allocation, Move, Split
from .._ledger.budgets import TAX_INCLUDED, Budget
from .._ledger.dimension_sets import canonical_tags
from .._ledger.dimension_sums import IS_TAX, TAX_CHARGE
from .cost_sums import CostSum, cost_sum
from .scope import ScopeMatcher, scope_matcher

if TYPE_CHECKING:
    from .._core.periods import Window
    from .._ledger.feeds import Feed, RunRate
    from .._ledger.transaction import Transaction

#: The run rate's part of a budget is told in these, rounded up: so many are 1.
SHARE_UNITS = 1_000_000


@dataclass(frozen=True)
class SharedRunRate:
    """A run rate of which a budget counts more, or less, than its scope says: by so many millionths."""

    feed: Feed
    rate: RunRate
    units: int

    @property
    def divisor(self) -> int:
        """A multiple of it makes amount_nano() exact."""
        return self.rate.hours * SHARE_UNITS

    def amount_nano(self, periods: int, multiple: int) -> int:
        """What so many collect periods add in 1e-9, times the multiple."""
        return self.rate.amount_nano * self.units * periods * (multiple // self.divisor)


@dataclass(frozen=True)
class SharedCosts:
    """Of one budget: what is given and taken by window, and of run rates; the feeds that this rests on, and
    why it is not wholly known.
    """

    costs: Callable[[Window], Sequence[CostSum]]
    run_rates: Sequence[SharedRunRate] = ()
    feeds: Sequence[Feed] = ()
    problems: tuple[str, ...] = ()


def read_shared(
    transaction: Transaction,
    rates: Rates,
    now: datetime,
    budget: Budget,
    windows: Sequence[Window],
    feeds: Sequence[Feed],
) -> SharedCosts:
    """What shared costs change of a budget that the policy's splits name."""
    names = {row["name"] for row in rates.splits.rows if budget.name in row["budgets"]}
    allocation = Allocation(transaction, rates, names=names)
    counts_tax = budget.scope.tax == TAX_INCLUDED
    costs = {
        window: [one for one in map(_cost, moves) if counts_tax or not one.is_tax]
        for window, moves in zip(windows, allocation.moves(windows), strict=True)
    }
    covered = scope_matcher(budget.scope, feeds)
    shared = [
        (feed, rate, split)
        for feed in feeds
        if not feed.retired
        for rate in feed.run_rates
        if (split := allocation.split_of(_keys(feed, rate))) is not None
    ]
    run_rates = [
        SharedRunRate(feed, rate, units)
        for feed, rate, split in shared
        if (units := _units(allocation, split, _keys(feed, rate), covered, now))
    ]
    return SharedCosts(
        costs.__getitem__,
        run_rates,
        tuple(dict.fromkeys(feed for feed, _rate, _split in shared)),
        tuple(sentence.rstrip(".") for sentence in allocation.problems),
    )


def _cost(move: Move) -> CostSum:
    keys = {**move.keys, "currency": move.currency, IS_TAX: move.keys["charge_category"] == TAX_CHARGE}
    return cost_sum(keys, move.amount_nano)


def _keys(feed: Feed, rate: RunRate) -> dict[str, Any]:
    """A run rate as an entry that is to come."""
    return {
        "charge_category": "usage",
        "category": rate.category,
        "cloud": feed.cloud,
        "region": feed.key.region,
        "project_id": feed.key.project_id,
        "project_name": feed.project_name,
        "tags": canonical_tags(dict(rate.tags)),
        "source": feed.key.source,
    }


def _units(
    allocation: Allocation, split: Split, keys: Mapping[str, Any], covered: ScopeMatcher, now: datetime
) -> int:
    """By how many millionths of a run rate a budget counts more than its scope says, by the parts of this
    month; rounded up, so that no gate is opened by it.
    """
    receivers = allocation.receivers(split, now)
    whole = sum(one.weight for one in receivers)
    if not whole:
        return 0
    given = sum(one.weight for one in receivers if _covers(covered, split.given_to(keys, one)))
    share = Fraction(given, whole) - int(_covers(covered, keys))
    return -(-share.numerator * SHARE_UNITS // share.denominator)


def _covers(covered: ScopeMatcher, keys: Mapping[str, Any]) -> bool:
    one = cost_sum({**keys, "currency": ""}, 0)
    return covered.covers_cost(one.category, one.projects, one.tags, one.region)
