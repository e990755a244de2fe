# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""When entries were recorded, in the order in which they were committed (design/ledger.md#as-of).

In microseconds since the epoch. All entries of one transaction have one moment, later than that of every
transaction that was committed before, whatever the clock says. A transaction that writes entries locks the
clock until it ends, so none that began later is committed before it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from .transaction import Transaction, execute, read

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ADVANCE = "UPDATE ledger_clock SET recorded_at = max(recorded_at + 1, :now)"
_START = "INSERT INTO ledger_clock (recorded_at) SELECT"
#: SQL of the server's clock on PostgreSQL.
NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_READ = "SELECT recorded_at FROM ledger_clock"


def start(transaction: Transaction) -> None:
    """Set the clock of a ledger that has none: to now, and behind its newest entry."""
    if transaction.on_postgresql:
        execute(transaction, f"{_START} greatest(coalesce(max(recorded_at), 0) + 1, {NOW}) FROM entry_row")
    else:
        now = {"now": time.time_ns() // 1_000}
        execute(transaction, f"{_START} max(coalesce(max(recorded_at), 0) + 1, :now) FROM entry_row", now)


def of_transaction(transaction: Transaction, now: datetime) -> int:
    """The moment of the entries that this transaction writes, not before now, which is when its task began.

    On SQLite only: PostgreSQL gives entries its own (triggers.py).
    """
    if not transaction.recorded_at:
        moment = max(time.time_ns() // 1_000, to_microseconds(now))
        execute(transaction, _ADVANCE, {"now": moment})
        transaction.recorded_at.append(_read(transaction))
    return transaction.recorded_at[0]


def newest(transaction: Transaction) -> datetime:
    """The moment of the newest entries. What is recorded from now on is later, so what was known at that
    moment, or at one before, stays the same for ever.
    """
    return from_microseconds(_read(transaction))


def to_microseconds(moment: datetime) -> int:
    """A moment as the ledger keeps it."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The moment behind to_microseconds()."""
    return _EPOCH + microseconds * _MICROSECOND


def _read(transaction: Transaction) -> int:
    ((recorded_at,),) = read(transaction, _READ)
    return int(recorded_at)
