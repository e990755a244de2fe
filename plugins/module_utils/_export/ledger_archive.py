# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Archiving closed months of the ledger to Parquet, and restoring them (design/ledger.md#archived-months).

A month is written to a file, which is read back and compared, before one transaction records it as archived
and begins to remove its entries. Whatever is killed, all entries are in the ledger or in that file, and the
next run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from .._core.errors import InvalidOption, LedgerError
from .._core.files import new_file, open_place, refusing
from .._core.trusted_paths import folder_of, make_private_folders, resolve
from .._imports.entry_writer import Signature
from .._ledger import archived_months, archiving, contents, sql
from .._ledger.archived_months import ARCHIVED, RESTORED, RESTORING, ArchivedMonth
from .._ledger.slices import Slices
from .._ledger.transaction import Transaction
from . import entry_parquet
from .closed_months import Month, months_before, refuse_open

#: What runs of this module wait for each other by.
_ALONE = "archived months"
_MODE = 0o600
UNCHANGED, EMPTY = "unchanged", "empty"


@dataclass(frozen=True)
class ArchiveTask:
    """What a task asks for. months: None for all that end before another one, whose begin is before, in
    seconds. folder: where files are written, or lie; None for where they were written.
    """

    months: Sequence[Month] | None
    before: int | None
    folder: Path | None
    signature: Signature
    check_mode: bool

    @property
    def option(self) -> str:
        """The option that names the months."""
        return "before" if self.months is None else "months"


@dataclass(frozen=True)
class _Plan:
    """What a task does. months: those that it is about, in their order. known: of these, those that are
    archived. todo: names of those that change.
    """

    url: str
    months: Sequence[Month]
    known: Mapping[str, ArchivedMonth]
    todo: frozenset[str]


def archive(options: sql.LedgerOptions, task: ArchiveTask) -> dict[str, Any]:
    """Archive months; the result of the module. Those without entries stay as they are.

    Raises InvalidOption for a month that something still needs entries of, before anything is written;
    LedgerError.
    """
    _folder(task)
    if task.check_mode:
        with sql.reading(options) as ledger:
            plan = _to_archive(ledger, task)
            new = [one for one in plan.months if one.name not in plan.known]
            planned = {one.name: _planned(ledger.connection, one) for one in new}
        return _told(plan, planned, ARCHIVED, EMPTY)
    with _opened(options) as slices:
        with sql.reading(options) as ledger:
            plan = _to_archive(ledger, task)
        done = {
            month.name: contents.archive_to_result(
                _finish(slices, plan.known[month.name], task)
                if month.name in plan.known
                else _archive(options, slices, month, task)
            )
            for month in plan.months
            if month.name in plan.todo
        }
        return _told(plan, done, ARCHIVED, EMPTY)


def restore(options: sql.LedgerOptions, task: ArchiveTask) -> dict[str, Any]:
    """Write the entries of archived months back; the result of the module. Months that are not archived stay
    as they are.

    Raises LedgerError where a file is missing or is not the one that was written, before anything is changed.
    """
    if task.check_mode:
        with sql.reading(options) as ledger:
            return _told(_to_restore(ledger, task), {}, RESTORED, UNCHANGED)
    with _opened(options) as slices:
        with sql.reading(options) as ledger:
            plan = _to_restore(ledger, task)
        done = {
            name: contents.archive_to_result(_restore(options, slices, one, task))
            for name, one in plan.known.items()
        }
        return _told(plan, done, RESTORED, UNCHANGED)


@contextmanager
def _opened(options: sql.LedgerOptions) -> Iterator[Slices]:
    """Short transactions of the only run that archives or restores."""
    with ExitStack() as opened:
        slices = Slices(opened.enter_context(sql.session(options, create=False)))
        slices.check = opened.enter_context(sql.alone(options, _ALONE))
        with slices.open():
            # An older ledger is of the present schema from here on.
            pass
        yield slices


def _to_archive(ledger: sql.Ledger, task: ArchiveTask) -> _Plan:
    connection = ledger.connection
    archived = {one.month: one for one in archived_months.read_archived(connection)}
    months = list(dict.fromkeys(task.months or ()))
    if task.before is not None:
        found = [*months_before(connection, task.before), *(_month(one) for one in archived.values())]
        months = sorted({one for one in found if one.end <= task.before}, key=lambda one: one.begin)
    with_entries = [
        one for one in months if archiving.first_begin(connection, one.begin, one.end) is not None
    ]
    for one in with_entries:
        if one.name not in archived:
            refuse_open(connection, one, task.signature.now, task.option)
    known = {one.name: archived[one.name] for one in months if one.name in archived}
    unfinished = {name for name, one in known.items() if one.state == RESTORING}
    return _Plan(ledger.url, months, known, frozenset(unfinished.union(one.name for one in with_entries)))


def _to_restore(ledger: sql.Ledger, task: ArchiveTask) -> _Plan:
    archived = archived_months.read_archived(ledger.connection)
    months = list(dict.fromkeys(task.months or ()))
    if task.before is not None:
        months = [_month(one) for one in archived if one.end <= task.before]
    names = {one.name for one in months}
    known = {one.month: one for one in archived if one.month in names}
    for one in known.values():
        with _verified(_place(one, task.folder), one):
            pass
    return _Plan(ledger.url, months, known, frozenset(known))


def _archive(options: sql.LedgerOptions, slices: Slices, month: Month, task: ArchiveTask) -> ArchivedMonth:
    with sql.reading(options) as ledger:
        # A bill that was begun since counts later than its file would say.
        refuse_open(ledger.connection, month, task.signature.now, task.option)
        found, sums = _write_file(ledger.connection, month, task)
    with _verified(Path(found.file), found) as stream:
        digest = entry_parquet.RowsDigest()
        for rows in entry_parquet.read(stream, found.file):
            digest.add(rows)
    if digest.text() != found.rows_sha256:
        raise LedgerError(f"{found.file} does not hold what was written; no entry was removed.")
    with slices.open() as transaction:
        # What was written since the file was read, and who needs the month now.
        refuse_open(transaction, month, task.signature.now, task.option)
        if archiving.count(transaction, month.begin, month.end) != (found.row_count, found.last_id):
            raise LedgerError(f"Another task wrote entries of {month.name} meanwhile; run it again.")
        recorded = archiving.record(transaction, found, sums, task.signature.recorded_by, task.signature.now)
        archiving.drop(transaction, recorded, slices.rows)
    slices.repeat(partial(_drop, recorded))
    return recorded


def _write_file(
    connection: Transaction, month: Month, task: ArchiveTask
) -> tuple[ArchivedMonth, archiving.MonthSums]:
    """Put the entries of a month into their file; the month as it is to be recorded, and its sums.

    Raises LedgerError where the ledger's totals are not those of its entries.
    """
    sums, digest = archiving.MonthSums(), entry_parquet.RowsDigest()
    folder = _folder(task)

    def counted() -> Iterator[list[Sequence[Any]]]:
        for rows in entry_parquet.batches(archiving.rows(connection, month.begin, month.end)):
            sums.add(rows)
            digest.add(rows)
            yield rows

    with refusing("folder", folder):
        make_private_folders(folder)
        with new_file(folder / f"entries-{month.name}.parquet") as new:
            entry_parquet.write(new.stream, month.name, counted())
            _refuse_other_totals(connection, month, sums)
            new.stream.flush()
            sha256, size = entry_parquet.file_digest(new.stream)
            # Nobody else's file has this name, and a run that was killed wrote the same one.
            place = folder / f"entries-{month.name}-{sha256[:16]}.parquet"
            new.replace(place, _MODE)
        with folder_of(place) as handle:
            _keep_name(handle)
    return ArchivedMonth(
        id=0, month=month.name, begin=month.begin, end=month.end, state=ARCHIVED, file=str(place),
        file_sha256=sha256, file_bytes=size, row_count=sums.row_count, entry_count=sums.entry_count,
        last_id=sums.last_id, rows_sha256=digest.text(), archived_at=0,
        archived_by="", restored_at=None, restored_by=None,
    ), sums  # fmt: skip


def _keep_name(folder: int) -> None:
    """Have a folder's new name on the disk: the ledger is to say that it is there."""
    handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_other_totals(connection: Transaction, month: Month, sums: archiving.MonthSums) -> None:
    """Raise LedgerError where the roll-up differs: without entries nobody could tell which is right."""
    added = {place: found for place, found in sums.sums.items() if found != [0, 0]}
    if any(kept != added for kept in archiving.kept_days(connection, month.begin, month.end)):
        raise LedgerError(
            f"The ledger's totals of {month.name} do not match its entries, so it cannot be archived; see"
            " which with cost_ledger."
        )


def _finish(slices: Slices, one: ArchivedMonth, task: ArchiveTask) -> ArchivedMonth:
    """Remove what is left of a month whose run was killed, or that was being restored."""
    moved = _place(one, task.folder)
    try:
        place = moved if moved.exists() else Path(one.file)
    except OSError as error:
        raise InvalidOption("folder", f"'{moved}' cannot be read: {error.strerror}.") from error
    with _verified(place, one):
        if one.state == RESTORING:
            with slices.open() as transaction:
                archiving.set_restoring(transaction, one, restoring=False)
        slices.repeat(partial(_drop, one))
    return one._replace(state=ARCHIVED)


def _drop(one: ArchivedMonth, transaction: Transaction, at_most: int) -> bool:
    return archiving.drop(transaction, one, at_most)


def _restore(
    options: sql.LedgerOptions, slices: Slices, one: ArchivedMonth, task: ArchiveTask
) -> ArchivedMonth:
    place = _place(one, task.folder)
    with _verified(place, one) as stream:
        with slices.open() as transaction:
            if one.state != RESTORING:
                archiving.set_restoring(transaction, one, restoring=True)
            some_are_there, _highest = archiving.count(transaction, one.begin, one.end)
        for rows in entry_parquet.read(stream, str(place)):
            slices.write(rows, partial(_write_back, bool(some_are_there)))
    with sql.reading(options) as ledger:
        digest = entry_parquet.RowsDigest()
        for rows in entry_parquet.batches(archiving.rows(ledger.connection, one.begin, one.end)):
            digest.add(rows)
    if digest.text() != one.rows_sha256:
        raise LedgerError(
            f"What was written back of {one.month} is not what was archived; archive it again, and find out"
            " who changed the database."
        )
    with slices.open() as transaction:
        if archiving.count(transaction, one.begin, one.end) != (one.row_count, one.last_id):
            raise LedgerError(f"Another task wrote entries of {one.month} meanwhile; run it again.")
        return archiving.finish_restoring(transaction, one, task.signature.recorded_by, task.signature.now)


def _write_back(some_are_there: bool, transaction: Transaction, rows: Sequence[Sequence[Any]]) -> None:
    archiving.write_back(transaction, rows, some_are_there)


@contextmanager
def _verified(place: Path, one: ArchivedMonth) -> Iterator[IO[bytes]]:
    """The file of a month, open. Raises LedgerError unless it is the one that was recorded, to the byte."""
    try:
        stream = open_place(resolve(place))
    except OSError as error:
        raise LedgerError(
            f"The archive {place} of {one.month} cannot be read: {error.strerror}; put it back, or name"
            " where it lies in folder."
        ) from error
    with stream:
        if entry_parquet.file_digest(stream) != (one.file_sha256, one.file_bytes):
            raise LedgerError(
                f"The archive {place} of {one.month} is not the file that was written, whose SHA-256 is"
                f" {one.file_sha256}; restore it from a backup."
            )
        yield stream


def _place(one: ArchivedMonth, folder: Path | None) -> Path:
    return Path(one.file) if folder is None else folder / Path(one.file).name


def _folder(task: ArchiveTask) -> Path:
    if task.folder is None:
        raise InvalidOption("folder", "is missing; name the folder for the files of archived months.")
    with refusing("folder", task.folder):
        return resolve(task.folder)


def _month(one: ArchivedMonth) -> Month:
    return Month(one.month, one.begin, one.end)


def _planned(connection: Transaction, month: Month) -> dict[str, Any]:
    """What is known of a month before it is archived."""
    rows, _highest = archiving.count(connection, month.begin, month.end)
    return {"month": month.name, "row_count": rows}


def _told(plan: _Plan, done: Mapping[str, Mapping[str, Any]], outcome: str, otherwise: str) -> dict[str, Any]:
    """The result. done: what is told of months, by name; of others what the ledger says. otherwise: the
    outcome of a month of which nothing is archived.
    """
    nothing = {**dict.fromkeys(contents.OF_ARCHIVE), "row_count": 0}
    months = []
    for month in plan.months:
        known = plan.known.get(month.name)
        told = {} if known is None else contents.archive_to_result(known)
        what = otherwise if known is None else UNCHANGED
        if month.name in plan.todo:
            told, what = {**told, **done.get(month.name, {})}, outcome
        months.append({**nothing, "month": month.name, **told, "outcome": what})
    return {"changed": bool(plan.todo), "ledger": plan.url, "months": months}
