# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of a cost_reservation task, and the combinations that it refuses (design/reservations.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidOption
from .._ledger.holds import BY_ENTRY, COMMITTED, NEXT, RELEASED, HoldLine
from .request import in_ledger_units, parse_line, parse_lines, without_nothing


@dataclass(frozen=True)
class ReservationTask:
    """The options of a cost_reservation task as written; None for an omitted one.

    amount, with currency, category, project and tags, is a shorthand for one line. budget: the budget that
    must cover every line.
    """

    name: str
    state: str
    amount: str | None = None
    currency: str | None = None
    category: str | None = None
    project: str | None = None
    tags: Mapping[str, Any] | None = None
    lines: Sequence[Mapping[str, Any]] | None = None
    settled_by: str | None = None
    budget: str | None = None
    ttl: str | None = None
    extend: bool = False
    reuse: bool = False
    for_period: str | None = None
    occurred_at: str | None = None
    on_exceeded: str = "fail"
    on_unknown: str = "fail"


def check_task(task: ReservationTask) -> None:
    """Raise InvalidOption for options that do not go together."""
    if not task.name.strip():
        raise InvalidOption(
            "name", "is empty; give the hold a name that stays, such as the pipeline's number."
        )
    if task.lines is not None and not task.lines:
        raise InvalidOption("lines", "is empty; name at least one line to hold.")
    if task.state == RELEASED and (task.amount is not None or task.lines is not None):
        raise InvalidOption("amount", "and `lines` have no effect on a release, which frees the whole hold.")
    if task.occurred_at is not None and task.state != COMMITTED:
        raise InvalidOption("occurred_at", "has no effect unless `state` is `committed`.")


def task_lines(task: ReservationTask) -> tuple[HoldLine, ...]:
    """The lines to hold or to commit, in the ledger's units. Raises InvalidOption."""
    if task.lines is not None:
        return in_ledger_units(
            parse_lines([{"currency": task.currency, **without_nothing(row)} for row in task.lines])
        )
    named = {name: getattr(task, name) for name in ("amount", "currency", "category", "project", "tags")}
    return in_ledger_units((parse_line(named),))


def refuse_lines_without_entry(settled_by: str | None, lines: Sequence[HoldLine]) -> None:
    """Raise InvalidOption for a line that cannot become an entry: one without a category, or one
    for the next period.
    """
    if settled_by != BY_ENTRY:
        return
    for index, line in enumerate(lines):
        if line.category is None:
            raise InvalidOption("category", f"is needed in line {index + 1}: its entry is recorded under it.")
        if line.period == NEXT:
            raise InvalidOption(
                "lines",
                f"line {index + 1} is of the next period, for which no entry is written; use `for_period`.",
            )
