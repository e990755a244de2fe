# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The alerts of one jump as one: a cost that passes several thresholds at once fires all of them, and only
the highest says something (design/alerts.md#delivery).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

Alert = Mapping[str, Any]


class AlertJump(NamedTuple):
    """alert: the one with the highest threshold. ids: of all, the highest threshold first."""

    alert: Alert
    ids: tuple[str, ...]


def jumps(alerts: Iterable[Alert]) -> list[AlertJump]:
    """The alerts by budget, period and basis, as cost_budget_info returns them; a jump stands where its first
    alert stood.
    """
    of_budget: dict[tuple[str, str, str], list[Alert]] = {}
    for one in alerts:
        of_budget.setdefault((one["budget"], one["period"], one["basis"]), []).append(one)
    ordered = [
        sorted(each, key=lambda one: Decimal(one["threshold"]), reverse=True) for each in of_budget.values()
    ]
    return [AlertJump(each[0], tuple(one["id"] for one in each)) for each in ordered]
