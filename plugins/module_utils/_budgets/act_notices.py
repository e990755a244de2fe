# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Acts on budgets that somebody is to be told of: due until the ledger has that they were
(design/budget-actions.md#notices).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .._core.periods import iso
from .._ledger import acts
from .._ledger.acts import ACT, BUDGET, NOTIFY, Act

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: An older act is no news.
_NEWS = timedelta(days=7)


def due_notices(transaction: Transaction, now: datetime, reasons: Mapping[int, str]) -> list[dict[str, Any]]:
    """The acts on budgets that nobody was told of, the oldest first. reasons: of acts of this run."""
    told = {act.resource_id for act in acts.every(transaction, ACT)}
    return [
        {
            "act": act.number,
            "budget": act.resource_id,
            "action": act.kind,
            "reason": reasons.get(act.number or 0),
            "alert": act.alert_id,
            "at": iso(act.recorded_at or now),
        }
        for act in acts.every(transaction, BUDGET)
        if str(act.number) not in told and now - (act.recorded_at or now) < _NEWS
    ]


def to_notify(transaction: Transaction, numbers: Sequence[int]) -> list[Act]:
    """The acts on budgets of these numbers that are not recorded as told yet. Raises InvalidOption for a
    number that is none of them.
    """
    known = {act.number: act for act in acts.every(transaction, BUDGET)}
    for position, number in enumerate(numbers):
        if number not in known:
            raise InvalidOption(f"notified[{position}]", f"the ledger has no act {number} on a budget.")
    told = {act.resource_id for act in acts.every(transaction, ACT)}
    return [known[number] for number in dict.fromkeys(numbers) if str(number) not in told]


def record_notified(transaction: Transaction, told: Iterable[Act], now: datetime, recorded_by: str) -> None:
    """A row for each act that somebody was told of."""
    for act in told:
        notice = Act(
            NOTIFY, ACT, str(act.number), act.resource_name, schedule=act.schedule, alert_id=act.alert_id
        )
        acts.add(transaction, notice, now, recorded_by)
