# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether a task asks to hold what stands already (design/reservations.md#holding-again)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .._core.errors import InvalidOption
from .._ledger.holds import COMMITTED, HELD, Hold
from .._ledger.overrides import current_login
from .policy import WARN
from .reservation_task import ReservationTask

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
    forced is of this run only if the task may pass what is not allowed, too. Raises InvalidOption for the
    open hold of another login.
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
    if before.forced and WARN not in (task.on_exceeded, task.on_unknown):
        return False
    return now < before.committed_at + before.ttl


def _other_login(connection: Transaction, hold: Hold) -> str | None:
    """The login of PostgreSQL that has the hold, where it is known and another one; None on SQLite."""
    login, slash, _client = hold.recorded_by.partition("/")
    return login if slash and current_login(connection) not in (None, login) else None
