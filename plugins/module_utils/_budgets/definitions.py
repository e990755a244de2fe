# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a budget is: from what a task says to a stored definition (design/gate.md#budgets)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from .._core.calendar_options import parse_calendar
from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.money import parse_amount, parse_currency, round_to_nano
from .._core.periods import Calendar, parse_duration
from .._ledger.budgets import BASIS_ACTUAL, BASIS_PERIOD_END, FED_BY_CLOUD, TAX, UNTAGGED, Budget, Scope
from .._ledger.policy import OwnerPolicy
from .budget_task import ABSENT, DEFINES, BudgetTask
from .request import parse_tags

DEFAULT_STALENESS = timedelta(hours=6)
DEFAULT_THRESHOLDS = (Decimal("0.5"), Decimal("0.8"), Decimal("0.9"), Decimal(1))
#: The largest threshold, as a fraction of the limit. Nobody needs a warning at ten times the limit.
_LARGEST_THRESHOLD = 10


@dataclass(frozen=True)
class Definition:
    """A budget as a task writes it. None stands for an omitted option: a stored budget keeps its value, a new
    budget gets the default.
    """

    name: str
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
    state: str = "present"


def defined(task: Definition, before: Budget | None) -> Budget:
    """The budget that the task means: the one that was there, with what the task gives in place of it. A
    currency counts with a limit only.

    Raises InvalidOption for a negative limit, limit or fed_by missing on a new budget, an unknown zone,
    category or choice, thresholds that are no parts of the limit, or a custom period without ends.
    """
    if task.limit is not None:
        limit_nano = round_to_nano(parse_limit(task.limit))
        currency = parse_currency(task.currency, "currency")
    elif before is not None:
        limit_nano, currency = before.limit_nano, before.currency
    else:
        raise InvalidOption("limit", f"is needed: the ledger has no budget '{task.name}' to change.")
    fed_by = task.fed_by or (before.fed_by if before else None)
    if fed_by is None:
        raise InvalidOption(
            "fed_by", f"is needed for the new budget '{task.name}': its spend is known from cloud or entries."
        )
    default_basis = BASIS_PERIOD_END if fed_by == FED_BY_CLOUD else BASIS_ACTUAL
    staleness = parse_duration(task.max_staleness, "max_staleness") if task.max_staleness else None
    return Budget(
        name=task.name,
        limit_nano=limit_nano,
        currency=currency,
        calendar=parse_calendar(vars(task), before.calendar if before else Calendar("monthly")),
        fed_by=fed_by,
        basis=task.basis or (before.basis if before else default_basis),
        max_staleness=staleness or (before.max_staleness if before else DEFAULT_STALENESS),
        scope=_scope(task, before.scope if before else Scope()),
        thresholds=_thresholds(task.thresholds, before.thresholds if before else DEFAULT_THRESHOLDS),
    )


def _scope(task: Definition, before: Scope) -> Scope:
    """The scope as the task writes it, which replaces the one before; an omitted scope stays."""
    before = replace(
        before,
        untagged=_chosen(task.untagged, UNTAGGED, "untagged") or before.untagged,
        tax=_chosen(task.tax, TAX, "tax") or before.tax,
    )
    given = task.scope
    if given is None:
        return before
    for category in given.get("categories") or ():
        if category not in CATEGORIES:
            raise InvalidOption(
                "scope.categories", f"'{category}' is not a category; use one of {', '.join(CATEGORIES)}."
            )
    return replace(
        before,
        categories=_names(given, "categories"),
        projects=_names(given, "projects"),
        regions=_names(given, "regions"),
        tags=parse_tags(given.get("tags")),
    )


def _names(scope: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    names = tuple(sorted(set(scope.get(kind) or ())))
    if any(not name.strip() for name in names):
        raise InvalidOption(f"scope.{kind}", f"has an empty name; write names of {kind}.")
    return names


def _chosen(value: str | None, choices: tuple[str, ...], option: str) -> str | None:
    if value is not None and value not in choices:
        raise InvalidOption(option, f"'{value}' is not a choice; use one of {', '.join(choices)}.")
    return value


def _thresholds(given: Sequence[str] | None, before: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """The thresholds in ascending order; none for an empty list."""
    if given is None:
        return before
    return tuple(sorted({parse_threshold(text, "thresholds") for text in given}))


def parse_threshold(text: str, option: str) -> Decimal:
    """A part of a limit. Raises InvalidOption."""
    try:
        part = parse_amount(text, option)
    except InvalidOption:
        part = Decimal(0)
    if not 0 < part <= _LARGEST_THRESHOLD:
        problem = f"'{text[:40]}' is not a threshold; write a fraction of the limit such as 0.8, at most 10."
        raise InvalidOption(option, problem)
    return part


def parse_limit(text: str) -> Decimal:
    """The limit, zero or more. Raises InvalidOption."""
    limit = parse_amount(text, "limit", beside_currency=True)
    if limit < 0:
        raise InvalidOption("limit", f"'{text}' is negative; a limit is zero or more.")
    return limit


def refuse_lookalike(name: str, stored: Sequence[Budget]) -> None:
    """Raise InvalidOption if another budget's name differs only in case, spaces, hyphens or underscores.

    As one budget, a definition would silently replace the other. As two, people would use the wrong one.
    """
    for other in stored:
        if other.name != name and _flat(other.name) == _flat(name):
            raise InvalidOption(
                "name",
                f"'{name}' looks like the budget '{other.name}'; use that name, or one that people can tell"
                " apart.",
            )


def _flat(name: str) -> str:
    return "".join(name.casefold().replace("_", " ").replace("-", " ").split())


def with_defaults(definition: Definition, policy: OwnerPolicy, is_new: bool) -> Definition:
    """The definition of a budget with the policy's currency beside a limit that names none, and with the
    policy's time zone for a new budget that names none.
    """
    rules = policy.rules
    if rules is None or definition.limit is None:
        return definition
    timezone = rules.timezone if is_new else None
    return replace(
        definition,
        currency=definition.currency or rules.currency,
        timezone=definition.timezone or timezone,
    )


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
        return (_definition(task._asdict()),)
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
