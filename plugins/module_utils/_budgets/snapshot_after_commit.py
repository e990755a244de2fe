# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a snapshot would be after the entries of a commit, for check mode, which writes none
(design/reservations.md#check-mode).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .._core.money import Money, from_nano
from .._core.periods import Window
from .._ledger import entries
from .._ledger.budgets import Scope
from .._ledger.holds import HoldLine
from .cost_sums import CostSum, cost_sum_of_entry
from .request import Request
from .settlement import Settlement
from .snapshot import Snapshot


@dataclass(frozen=True)
class EntriesToCome:
    """Entries that a commit would write, and with a negative amount those that it would take back."""

    costs: Sequence[tuple[datetime, CostSum]]

    @property
    def request(self) -> Request:
        """Lines where the entries lie, so that a snapshot is read for the periods that have them."""
        return Request(
            tuple(
                HoldLine(
                    Money(from_nano(cost.amount_nano), cost.currency),
                    cost.category,
                    next(iter(cost.projects), None),
                    tuple(sorted(cost.tags)),
                    region=cost.region,
                    at=at,
                )
                for at, cost in self.costs
            )
        )

    def applied(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with these entries."""

        def costs(window: Window, scope: Scope) -> Sequence[CostSum]:
            return [*snapshot.costs(window, scope), *(cost for at, cost in self.costs if window.contains(at))]

        return replace(
            snapshot,
            costs=costs,
            later=[*snapshot.later, *(one for one in self.costs if one[0] >= snapshot.now)],
        )


def with_entries(settled: Settlement) -> EntriesToCome:
    """What the settlement would do to the ledger's sums."""
    replaced = [(entries.stored(row), -1) for row in settled.replaced]
    wanted = [(entry, 1) for entry in settled.wanted]
    both = [*replaced, *wanted]
    return EntriesToCome([(one.period.begin, cost_sum_of_entry(one, sign)) for one, sign in both])
