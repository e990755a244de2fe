# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of a cost_reservation task, and the combinations that it refuses (design/reservations.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import format_exact, to_nano
from .._ledger.holds import BY_ENTRY, BY_IMPORT, COMMITTED, HELD, RELEASED, HoldLine
from .request import parse_line, parse_lines, refuse_too_large, without_nothing

#: A commit writes an entry a day of a running line: nobody means more than ten years of them.
_LONGEST = timedelta(days=3653)
#: The most hours of an entry, which is of one UTC day.
_HOURS_OF_DAY = 24


@dataclass(frozen=True)
class ReservationTask:
    """The options of a cost_reservation task as written; None for an omitted one.

    amount, with currency, category, project, region and tags, is a shorthand for one line. budget: the budget
    that must cover every line. plan_sha256: of the plan that the lines were estimated from. removals: what is
    taken away.
    """

    name: str
    state: str
    amount: str | None = None
    currency: str | None = None
    category: str | None = None
    project: str | None = None
    region: str | None = None
    tags: Mapping[str, Any] | None = None
    lines: Sequence[Mapping[str, Any]] | None = None
    settled_by: str | None = None
    budget: str | None = None
    ttl: str | None = None
    extend: bool = False
    for_period: str | None = None
    occurred_at: str | None = None
    plan_sha256: str | None = None
    removals: Sequence[Mapping[str, Any]] | None = None
    on_exceeded: str = "fail"
    on_unknown: str = "fail"


def check_task(task: ReservationTask) -> None:
    """Raise InvalidOption for options that do not go together."""
    if not task.name.strip():
        raise InvalidOption(
            "name", "is empty; give the hold a name that stays, such as the pipeline's number."
        )
    if task.state == HELD and task.settled_by not in (BY_ENTRY, BY_IMPORT):
        raise InvalidOption("settled_by", "is required to hold a cost; set `entry` or `import`.")
    if task.lines is not None and not task.lines:
        raise InvalidOption("lines", "is empty; name at least one line to hold.")
    if task.state == RELEASED and (task.amount is not None or task.lines is not None):
        raise InvalidOption("amount", "and `lines` have no effect on a release, which frees the whole hold.")
    if task.occurred_at is not None and task.state != COMMITTED:
        raise InvalidOption("occurred_at", "has no effect unless `state` is `committed`.")
    for option in ("for_period", "plan_sha256", "removals"):
        if getattr(task, option) is not None and task.state != HELD:
            raise InvalidOption(option, "has no effect unless `state` is `held`.")


def task_lines(task: ReservationTask) -> tuple[HoldLine, ...]:
    """The lines to hold or to commit as the task gives them, before defaults of moments. Raises
    InvalidOption.
    """
    if task.lines is not None:
        lines = parse_lines([{"currency": task.currency, **without_nothing(row)} for row in task.lines])
    else:
        named = ("amount", "currency", "category", "project", "region", "tags")
        lines = (parse_line({name: getattr(task, name) for name in named}),)
    refuse_too_large(lines)
    return lines


def task_removals(task: ReservationTask) -> tuple[HoldLine, ...]:
    """What the task takes away. Raises InvalidOption."""
    rows = [{"currency": task.currency, **without_nothing(row)} for row in task.removals or ()]
    removals = parse_lines(rows, "removals")
    refuse_too_large(removals, "removals")
    return removals


def fingerprint(task: ReservationTask, lines: Sequence[HoldLine], removed: Sequence[HoldLine] = ()) -> str:
    """The SHA-256 of what the task asks to hold, in whatever order its lines stand: by it a rerun knows that
    it asks for the same (design/reservations.md#holding-again). removed: what offsets the lines.
    """
    asked = [task.settled_by, task.for_period, _rows(lines), *([_rows(removed)] if removed else [])]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _rows(lines: Sequence[HoldLine]) -> list[str]:
    return sorted(json.dumps(_given(line), sort_keys=True) for line in lines)


def _given(line: HoldLine) -> dict[str, Any]:
    return {
        **vars(line),
        "money": [format_exact(line.money.amount), line.money.currency],
        "hours": None if line.hours is None else format_exact(line.hours),
        **{name: _seconds(getattr(line, name)) for name in ("at", "until")},
    }


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def refuse_lines_without_entry(settled_by: str | None, lines: Sequence[HoldLine], now: datetime) -> None:
    """Raise InvalidOption for a line that cannot become entries: one without a category, and a running one
    that has no end or a far one, or costs more in a day than a row can hold.
    """
    if settled_by != BY_ENTRY:
        return
    for index, line in enumerate(lines):
        if line.category is None:
            raise InvalidOption("category", f"is needed in line {index + 1}: its entry is recorded under it.")
        if line.hourly and (line.until is None or line.until - now > _LONGEST):
            raise InvalidOption(
                f"lines[{index}].until",
                "or `hours`, of at most ten years, is required with `settled_by: entry`: its entries are"
                " recorded until then.",
            )
        if line.hourly:
            _refuse_large_day(line, index)


def _refuse_large_day(line: HoldLine, index: int) -> None:
    """Raise InvalidOption for a running line whose entry of a day no row of the ledger can hold."""
    try:
        to_nano(line.money.amount * _HOURS_OF_DAY, f"lines[{index}].hourly")
    except InvalidOption as error:
        raise InvalidOption(
            f"lines[{index}].hourly",
            f"{format_exact(line.money.amount)} is too much for `settled_by: entry`: its entry of a day of"
            f" {_HOURS_OF_DAY} hours is more than a ledger row can hold (9.2e9).",
        ) from error
