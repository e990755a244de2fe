# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether a task asks to hold what stands already (design/reservations.md#holding-again)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .._core.errors import InvalidOption
from .._ledger.holds import COMMITTED, FORCIBLE, HELD, Hold
from .._ledger.overrides import current_login
from .policy import WARN
from .reservation_task import ReservationTask
from .sums import ALLOW, UNKNOWN

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction


def stands(
    connection: Transaction,
    before: Hold,
    task: ReservationTask,
    lines_sha256: str,
    now: datetime,
) -> bool:
    """Whether the task asks for an open hold, or for the commit of this very run, of the login that asks.

    before: the newest generation of that name. lines_sha256: of the lines of the task. A commit that was
    forced is of this run only if the task may pass all that it passed, too. Raises InvalidOption for the open
    hold of another login.
    """
    if before.lines_sha256 != lines_sha256 or task.plan_sha256 not in (None, before.plan_sha256):
        return False
    other = _other_login(connection, before)
    if before.state == HELD:
        is_open = not before.expired(now)
        if is_open and other is not None:
            raise InvalidOption(
                "name", f"'{before.name}' is held by login {other}, for which it stays; use another name."
            )
        return is_open
    if before.state != COMMITTED or before.committed_at is None or other is not None:
        return False
    if not _may_pass(task, before):
        return False
    return now < before.committed_at + before.ttl


def taken_by(hold: Hold) -> str:
    """The worst verdict that the hold was taken by; unknown where it was forced and is not known."""
    return UNKNOWN if hold.forced_verdicts is None else (*hold.forced_verdicts, ALLOW)[0]


def format_standing(hold: Hold) -> str:
    """`deploy: these lines are held or committed already.`, and what they were forced against."""
    lines = f"{hold.name}: these lines are held or committed already"
    if hold.forced_verdicts is None:
        return f"{lines}, forced against a verdict that an older version did not record."
    against = " and ".join(hold.forced_verdicts)
    return f"{lines}, forced against the verdict {against}." if against else f"{lines}."


def _may_pass(task: ReservationTask, hold: Hold) -> bool:
    """Whether the task may pass what the hold was forced against; anything, where that is not known."""
    passes = dict(zip(FORCIBLE, (task.on_exceeded == WARN, task.on_unknown == WARN), strict=True))
    return all(passes[one] for one in (FORCIBLE if hold.forced_verdicts is None else hold.forced_verdicts))


def _other_login(connection: Transaction, hold: Hold) -> str | None:
    """The login of PostgreSQL that has the hold, where it is known and another one; None on SQLite."""
    login, slash, _client = hold.recorded_by.partition("/")
    return login if slash and current_login(connection) not in (None, login) else None
