# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which months have their entries in a file and not in the ledger, and refusing what needs those entries
(design/ledger.md#archived-months).

Apart from archiving.py, as whoever reads or writes entries asks this and few tasks archive. Sums that the
roll-up tells need no entries, and are never refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from .._core.errors import LedgerError
from .._core.periods import Window
from .transaction import Transaction, read

ARCHIVED, RESTORING, RESTORED = "archived", "restoring", "restored"
#: SQL of the months whose entries are not in the ledger, or not all of them.
OUT = f"state <> '{RESTORED}'"
_COLUMNS = (
    "id, month, month_begin, month_end, state, file, file_sha256, file_bytes, row_count, entry_count,"
    " last_id, rows_sha256, archived_at, archived_by, restored_at, restored_by"
)
_READ = f"SELECT {_COLUMNS} FROM archived_month"  # noqa: S608
#: How many keys one statement looks up.
_AT_ONCE = 900


class ArchivedMonth(NamedTuple):
    """A month of UTC that was archived: the columns of its row. begin, end: in seconds since the epoch.
    archived_at, restored_at: in microseconds.
    """

    id: int
    month: str
    begin: int
    end: int
    state: str
    file: str
    file_sha256: str
    file_bytes: int
    row_count: int
    entry_count: int
    last_id: int
    rows_sha256: str
    archived_at: int
    archived_by: str
    restored_at: int | None
    restored_by: str | None


def out(column: str) -> str:
    """The condition that a moment, such as the begin of an entry, lies in a month that is archived."""
    return (
        f"EXISTS (SELECT 1 FROM archived_month AS m WHERE m.{OUT}"  # noqa: S608
        f" AND {column} >= m.month_begin AND {column} < m.month_end)"
    )


def read_archived(transaction: Transaction) -> list[ArchivedMonth]:
    """The months whose entries are not in the ledger, in their order; one statement in a transaction."""
    if not transaction.archived:
        found = read(transaction, f"{_READ} WHERE {OUT} ORDER BY month_begin")
        transaction.archived.append([ArchivedMonth._make(row) for row in found])
    months: list[ArchivedMonth] = transaction.archived[0]
    return months


def newest_of(transaction: Transaction, month: str) -> ArchivedMonth | None:
    """How a month was archived last, whether or not it was restored since; None for never."""
    found = read(transaction, f"{_READ} WHERE month = :month ORDER BY id DESC LIMIT 1", {"month": month})
    return ArchivedMonth._make(found[0]) if found else None


def refuse_window(transaction: Transaction, window: Window) -> None:
    """Raise LedgerError where entries that begin in the window are archived."""
    refuse_spans(transaction, [(int(window.begin.timestamp()), int(window.end.timestamp()))])


def refuse_spans(transaction: Transaction, spans: Collection[tuple[int, int]]) -> None:
    """Raise LedgerError where entries that begin in one of these spans, half-open and in seconds, are
    archived.
    """
    if not spans:
        return
    for one in read_archived(transaction):
        if any(begin < one.end and end > one.begin for begin, end in spans):
            raise _needed(one)


def refuse_rows(transaction: Transaction, begins: Iterable[int], key_ids: Iterable[int]) -> None:
    """Raise LedgerError where entries of these begins, in seconds, or of these keys are archived: an entry is
    written only where all others of its month and of its key are known.
    """
    months = read_archived(transaction)
    if not months:
        return
    unique = sorted(set(begins))
    for one in months:
        if any(one.begin <= begin < one.end for begin in unique):
            raise _needed(one)
    whole = sorted({number for number in key_ids if number < 0})
    by_id = {one.id: one for one in months}
    for start in range(0, len(whole), _AT_ONCE):
        listed = ", ".join(map(str, whole[start : start + _AT_ONCE]))
        asked = f"SELECT archived_id FROM archived_key WHERE key_id IN ({listed}) LIMIT 1"  # noqa: S608
        for (archived_id,) in read(transaction, asked):
            raise _needed(by_id[archived_id])


def last_id(transaction: Transaction) -> int:
    """The highest id that an archived entry has; 0 without one."""
    return max((one.last_id for one in read_archived(transaction)), default=0)


def _needed(one: ArchivedMonth) -> LedgerError:
    return LedgerError(
        f"The entries of {one.month} are archived in {one.file} and needed here; restore them first, with"
        f" cost_ledger_archive, state restored and months {one.month}."
    )
