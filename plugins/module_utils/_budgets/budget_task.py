# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of a cost_budget task: what it defines, and what it asks for (design/gate.md#budgets,
design/gate.md#requests).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .request import Request, parse_line, parse_lines, without_nothing

PRESENT, ABSENT = STATES = ("present", "absent")
#: What defines a budget, of a task or of a row of its `budgets`; `currency` goes with `limit` or a spend.
DEFINES = (
    "limit", "period", "timezone", "first_day", "anchor_day", "anchor_month", "begin", "end",
    "fed_by", "basis", "max_staleness", "scope", "untagged", "tax", "thresholds",
)  # fmt: skip
_OF_A_SPEND = ("category", "project", "region", "tags")


class BudgetTask(NamedTuple):
    """What a cost_budget task says, as written; None for what it leaves out.

    budgets: rows with the options of a definition each, in place of the one that the task's own options are.
    """

    name: str | None = None
    state: str = PRESENT
    limit: str | None = None
    currency: str | None = None
    period: str | None = None
    timezone: str | None = None
    first_day: str | None = None
    anchor_day: int | None = None
    anchor_month: int | None = None
    begin: str | None = None
    end: str | None = None
    fed_by: str | None = None
    basis: str | None = None
    max_staleness: str | None = None
    scope: Mapping[str, Any] | None = None
    untagged: str | None = None
    tax: str | None = None
    thresholds: Sequence[str] | None = None
    budgets: Sequence[Mapping[str, Any]] | None = None
    spend: str | None = None
    category: str | None = None
    project: str | None = None
    region: str | None = None
    tags: Mapping[str, Any] | None = None
    lines: Sequence[Mapping[str, Any]] | None = None
    for_period: str | None = None
    on_exceeded: str = "fail"
    on_unknown: str = "fail"

    @property
    def gates(self) -> bool:
        """Whether something is to be spent."""
        return self.spend is not None or self.lines is not None

    @property
    def defines(self) -> bool:
        """Whether budgets are defined or removed, by the task's own options or by the rows of `budgets`."""
        return (
            self.budgets is not None
            or self.state == ABSENT
            or any(getattr(self, option) is not None for option in DEFINES)
        )


def parse_request(task: BudgetTask) -> Request | None:
    """What the task asks to spend, None if it asks for nothing. Raises InvalidOption."""
    if task.lines is not None:
        return Request(
            parse_lines([{"currency": task.currency, **without_nothing(row)} for row in task.lines])
        )
    if task.spend is not None:
        named = {name: getattr(task, name) for name in ("spend", "currency", *_OF_A_SPEND)}
        return Request((parse_line(named, amount="spend"),))
    return None
