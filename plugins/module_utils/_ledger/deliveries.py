# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Entries that are written by many short transactions and count all at once
(design/imports.md#whole-or-not-at-all).

A delivery is named by the moment of the ledger's clock that its entries have as recorded_at. They count from
the moment on that it is put in force, by one short transaction. in_force.py has what readers ask.
"""

from __future__ import annotations

from datetime import datetime

from .._core.errors import LedgerError
from . import commit_clock, entry_rows
from .roll_up import ADD_TO_BUCKET, COLUMNS, INSERT
from .transaction import Transaction, execute, insert, read

_BUCKET = ", ".join(COLUMNS[:3])
_NEWEST_ID = "SELECT coalesce(max(id), 0) FROM entry_row"
_NAMED = "SELECT max(recorded_at) FROM delivery WHERE source = :source AND effective_at IS NULL"
_UNFINISHED = "SELECT recorded_at FROM delivery WHERE source = :source AND effective_at IS NULL"
_PUT_IN_FORCE = "UPDATE delivery SET effective_at = :now WHERE recorded_at = :delivery"
#: Deliveries that count and whose sums are not in the roll-up yet.
_APART = (
    "SELECT DISTINCT recorded_at FROM roll_up_waiting"
    " WHERE recorded_at IN (SELECT recorded_at FROM delivery WHERE effective_at IS NOT NULL)"
)
_SOME_WAITING = (
    f"SELECT {_BUCKET} FROM roll_up_waiting WHERE recorded_at = {{delivery}}"  # noqa: S608
    f" ORDER BY {_BUCKET} LIMIT {{at_most}}"
)
_OF_SOME_WAITING = (
    f" FROM roll_up_waiting WHERE recorded_at = {{delivery}} AND ({_BUCKET}) IN ({_SOME_WAITING})"
)
#: What moves some of a delivery's sums into the roll-up, and what removes some of what a delivery wrote: in
#: braces SQL of its name and of how many rows. The triggers of PostgreSQL have these statements too.
MERGE = (
    f"{INSERT} SELECT {', '.join(COLUMNS)}{_OF_SOME_WAITING} ORDER BY {_BUCKET}{ADD_TO_BUCKET}",
    f"DELETE{_OF_SOME_WAITING}",
)
REMOVE_ENTRIES = (
    "DELETE FROM entry_row WHERE id IN (SELECT id FROM entry_row"
    " WHERE id > (SELECT after_id FROM delivery WHERE delivery.recorded_at = {delivery})"
    " AND recorded_at = {delivery} ORDER BY id LIMIT {at_most})"
)
REMOVE_SUMS = MERGE[1]
REMOVE = "DELETE FROM delivery WHERE recorded_at = {delivery}"
_NAMES = {"delivery": ":delivery", "at_most": ":at_most"}


def begin(transaction: Transaction, source: str, now: datetime, recorded_by: str) -> int:
    """Begin a delivery of a source that has none under way; what its entries have as recorded_at."""
    row = {"source": source, "recorded_by": recorded_by}
    if transaction.on_postgresql:
        # A trigger adds the rest (delivery_triggers.py).
        insert(transaction, "delivery", [row])
        ((name,),) = read(transaction, _NAMED, {"source": source})
        return int(name)
    name = commit_clock.of_transaction(transaction, now)
    ((newest,),) = read(transaction, _NEWEST_ID)
    entry_rows.record(transaction, name, recorded_by)
    insert(transaction, "delivery", [{**row, "recorded_at": name, "after_id": newest}])
    return name


def unfinished(transaction: Transaction, source: str) -> list[int]:
    """The deliveries of a source that do not count: they are being written, or their tasks were killed."""
    return [name for (name,) in read(transaction, _UNFINISHED, {"source": source})]


def discard(transaction: Transaction, delivery: int, at_most: int) -> bool:
    """Remove so many rows of an unfinished delivery; whether there is more of it."""
    asked = {"delivery": delivery, "at_most": at_most}
    if transaction.on_postgresql:
        ((removed,),) = read(transaction, "SELECT finops_discard_delivery(:delivery, :at_most)", asked)
        return bool(removed)
    for statement in (REMOVE_ENTRIES, REMOVE_SUMS):
        if execute(transaction, statement.format(**_NAMES), asked):
            return True
    execute(transaction, REMOVE.format(**_NAMES), {"delivery": delivery})
    return False


def put_in_force(transaction: Transaction, delivery: int, now: datetime) -> None:
    """Have all entries of a delivery count from this transaction's commit on.

    Raises LedgerError for one that another task has removed, as it took this one for dead.
    """
    # On PostgreSQL a trigger says when that is.
    moment = 0 if transaction.on_postgresql else commit_clock.of_transaction(transaction, now)
    if execute(transaction, _PUT_IN_FORCE, {"delivery": delivery, "now": moment}) != 1:
        raise LedgerError("Another run has taken over this import; run it again.")


def apart(transaction: Transaction) -> list[int]:
    """The deliveries that count and have sums beside the roll-up."""
    return [name for (name,) in read(transaction, _APART)]


def merge(transaction: Transaction, delivery: int, at_most: int) -> bool:
    """Move so many sums of a delivery that counts into the roll-up; whether there were any. No sum that
    anybody reads changes.
    """
    asked = {"delivery": delivery, "at_most": at_most}
    if transaction.on_postgresql:
        ((moved,),) = read(transaction, "SELECT finops_merge_delivery(:delivery, :at_most)", asked)
        return bool(moved)
    add, remove = (statement.format(**_NAMES) for statement in MERGE)
    execute(transaction, add, asked)
    return bool(execute(transaction, remove, asked))
