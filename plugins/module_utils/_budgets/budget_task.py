# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of a cost_budget task: what it defines, and what it asks for (design/gate.md#budgets,
design/gate.md#requests).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import parse_currency
from .definitions import Definition, parse_limit
from .request import Request, parse_line, parse_lines, without_nothing

PRESENT, ABSENT = STATES = ("present", "absent")
#: What defines a budget, of a task or of a row of its `budgets`; `currency` goes with `limit` or a spend.
DEFINES = (
    "limit", "period", "timezone", "first_day", "anchor_day", "anchor_month", "begin", "end",
    "fed_by", "basis", "max_staleness", "scope", "untagged", "tax", "thresholds",
)  # fmt: skip
_OF_A_SPEND = ("category", "project", "region", "tags")


@dataclass(frozen=True)
class BudgetTask:
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
        """Whether the task's own options define or remove a budget."""
        return self.state == ABSENT or any(getattr(self, option) is not None for option in DEFINES)


def refuse_changed_gate(task: BudgetTask, definitions: Sequence[Definition]) -> None:
    """Raise InvalidOption if a gate removes a budget or changes a part of one, which it would then be asked
    by: a play's defaults or an option that is meant for the request would open it.
    """
    for index, one in enumerate(definitions):
        if one.limit is None:
            option = "limit" if task.budgets is None else f"budgets[{index}].limit"
            raise InvalidOption(
                option,
                "is required to define a budget beside `spend` or `lines`; change a part in another task.",
            )


def lacks_currency(definitions: Sequence[Definition]) -> bool:
    """Whether one of them has a limit without a currency, which the policy then has to have."""
    return any(one.limit is not None and one.currency is None for one in definitions)


def refuse_without_currency(task: BudgetTask, definitions: Sequence[Definition]) -> None:
    """Raise InvalidOption for a limit without a currency: where there is no ledger, no policy has one."""
    for index, one in enumerate(definitions):
        if one.limit is not None and one.currency is None:
            parse_currency(None, "currency" if task.budgets is None else f"budgets[{index}].currency")


def parse_definitions(task: BudgetTask) -> tuple[Definition, ...]:
    """What the task defines or removes. Raises InvalidOption for a budget without a name, one that is named
    twice, and a limit that is none: before a ledger is opened, and so perhaps made.
    """
    if task.budgets is None:
        return (_definition(vars(task)),) if task.defines else ()
    if not task.budgets:
        raise InvalidOption("budgets", "is empty; name at least one budget.")
    found: list[Definition] = []
    for index, row in enumerate(task.budgets):
        try:
            found.append(_definition(row))
        except InvalidOption as error:
            raise error.within(f"budgets[{index}]") from error
        if any(found[-1].name == other.name for other in found[:-1]):
            raise InvalidOption(
                f"budgets[{index}].name", f"'{found[-1].name}' is defined twice in this task."
            )
    return tuple(found)


def _definition(row: Mapping[str, Any]) -> Definition:
    given: dict[str, Any] = {field: row[field] for field in Definition.__dataclass_fields__ if field in row}
    one = Definition(**given)
    if not (one.name or "").strip():
        raise InvalidOption("name", "is needed to define or remove a budget.")
    if one.state == ABSENT:
        beside = [option for option in DEFINES if getattr(one, option) is not None]
        if beside:
            raise InvalidOption("state", f"`absent` removes a budget; leave `{beside[0]}` out.")
    if one.limit is not None:
        parse_limit(one.limit)
        if one.currency is not None:
            parse_currency(one.currency, "currency")
    return one


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
