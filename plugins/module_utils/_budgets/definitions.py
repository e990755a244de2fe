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
from .._core.money import format_exact, parse_amount, parse_currency, round_to_nano
from .._core.periods import Calendar, parse_duration
from .._ledger.budgets import BASIS_ACTUAL, BASIS_PERIOD_END, FED_BY_CLOUD, TAX, UNTAGGED, Budget, Scope
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
    parts = {parse_amount(text, "thresholds") for text in given}
    for part in parts:
        if not 0 < part <= _LARGEST_THRESHOLD:
            raise InvalidOption(
                "thresholds",
                f"'{format_exact(part)}' is not a threshold; write a fraction of the limit such as 0.8, at"
                " most 10.",
            )
    return tuple(sorted(parts))


def parse_limit(text: str) -> Decimal:
    """The limit, zero or more. Raises InvalidOption."""
    limit = parse_amount(text, "limit", beside_currency=True)
    if limit < 0:
        raise InvalidOption("limit", f"'{text}' is negative; a limit is zero or more.")
    return limit


def find(stored: Sequence[Budget], name: str) -> Budget | None:
    """The budget of that name; None if there is none."""
    return next((budget for budget in stored if budget.name == name), None)


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


def require(stored: Sequence[Budget], name: str, option: str = "name") -> Budget:
    """The budget of that name.

    Raises InvalidOption that lists the existing budgets: an unknown budget never lets a spend pass.
    """
    budget = find(stored, name)
    if budget is None:
        known = ", ".join(one.name for one in stored) or "none"
        raise InvalidOption(option, f"the ledger has no budget '{name}'; it has {known}.")
    return budget
