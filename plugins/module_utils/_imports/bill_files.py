# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Bills of other clouds, of which a task is one delivery (design/imports.md#a-bill-is-a-delivery)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import format_amount, from_nano
from .._ledger import bills, entries, sql
from .._ledger.bills import Bill
from .._ledger.slices import Slices
from .._ledger.watch import Watch, unwatched
from . import bill_delivery, bill_paths, bill_staging, bill_tables, bill_writer, entry_writer
from .bill_delivery import UNCHANGED, DeliveredBill, DeliveredPart, Judgment
from .bill_options import REPLACE, BillOptions
from .bill_rows import BillScope, RowReader
from .bill_staging import Staging
from .bill_writer import Difference
from .entry_writer import Signature

_OTHERS_SHOWN = 100
#: A column of a row, which InvalidOption names without saying of which row.
_OF_A_ROW = "column "


@dataclass
class _Read:
    """What was read of the files so far. other: service category and service of what became other."""

    bills: dict[BillScope, DeliveredBill] = field(default_factory=dict)
    other: set[tuple[str, str]] = field(default_factory=set)

    def bill(self, scope: BillScope) -> DeliveredBill:
        """The bill of a scope."""
        found = self.bills.get(scope)
        if found is None:
            found = self.bills[scope] = DeliveredBill(scope, len(self.bills))
        return found


def import_bill(
    ledger_options: sql.LedgerOptions,
    options: BillOptions,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """The result of cost_import_file: all of the delivery counts, or nothing of it.

    Raises InvalidOption naming file, row and column for what cannot be read, and `delivery` where the ledger
    has another content; MissingLibrary; LedgerError.
    """
    options.check()
    paths = bill_paths.find(options.files)
    signature = Signature(now, recorded_by)
    known = _known(ledger_options, options, paths, check_mode)
    if known is not None:
        with entry_writer.opened(ledger_options, check_mode) as ledger:
            watched = watch(None if check_mode else ledger, None, ())
        difference = Difference()
        difference.counts[entries.UNCHANGED] = sum(one.bill.row_count for one in known)
        return {
            **_result(ledger_options, options, paths, known, difference),
            "ledger_created": False,
            **watched,
        }
    with bill_staging.opened() as staging:
        read = _staged(paths, options, staging)
        if not read.bills and options.delivery == REPLACE:
            raise InvalidOption("files", "have no rows, so that they name no bill to replace.")
        if check_mode:
            with entry_writer.opened(ledger_options, check_mode) as ledger:
                judged, difference = _compared(ledger, options, staging, read)
            created, watched = False, watch(None, None)
        else:
            judged, difference, created, watched = _delivered(
                ledger_options, options, staging, read, signature, watch
            )
        return {
            **_result(ledger_options, options, paths, judged, difference, read),
            "ledger_created": created,
            **watched,
        }


def _delivered(
    ledger_options: sql.LedgerOptions,
    options: BillOptions,
    staging: Staging,
    read: _Read,
    signature: Signature,
    watch: Watch,
) -> tuple[list[Judgment], Difference, bool, Mapping[str, Any]]:
    """Write the delivery, of which all counts at once. No other task delivers this source meanwhile, so what
    is compared stays as it is.
    """
    source = options.source
    with ExitStack() as opened:
        slices = Slices(opened.enter_context(sql.session(ledger_options)))
        opened.enter_context(bill_writer.alone(slices, ledger_options, source))
        # To read only: nobody waits for that.
        with sql.reading(ledger_options) as ledger:
            judged, difference = _compared(ledger, options, staging, read)
        changes = any(one.outcome != UNCHANGED for one in judged)
        delivered = bill_writer.write(slices, staging, judged, source, signature) if changes else None
        with slices.ledger() as ledger:
            if delivered is not None:
                bill_writer.put_in_force(ledger.connection, delivered, judged)
            watched = watch(ledger, None, staging.kinds(source))
        bill_writer.merge(slices)
        return judged, difference, slices.created, watched


def _compared(
    ledger: sql.Ledger | None, options: BillOptions, staging: Staging, read: _Read
) -> tuple[list[Judgment], Difference]:
    """What becomes of each bill, and what that changes. ledger: None for an empty one."""
    connection = None if ledger is None else ledger.connection
    stored = [] if connection is None else bills.read_all(connection, options.source)
    judged = bill_delivery.judge(read.bills.values(), stored, options.delivery)
    return judged, bill_writer.compare(connection, staging, judged)


def _known(
    ledger_options: sql.LedgerOptions, options: BillOptions, paths: Sequence[Path], check_mode: bool
) -> list[Judgment] | None:
    """The delivery's bills where the ledger has all of them as they are, by the hashes of the rows alone;
    None where it has not.
    """
    if not sql.exists(ledger_options):
        return None
    with entry_writer.opened(ledger_options, check_mode) as ledger:
        stored = [] if ledger is None else bills.read_all(ledger.connection, options.source)
    if not stored:
        return None
    read = _Read()

    def count(part: int, reader: RowReader, row: Sequence[str]) -> None:
        _count(read.bill(reader.scope(reader.full(row))).part(part), reader.digest(row))

    _for_each_row(paths, options, read, count)
    by_name: dict[tuple[str, str], list[Bill]] = {}
    for bill in stored:
        by_name.setdefault((bill.account, bill.key), []).append(bill)
    judged = [
        _known_bill(one, by_name.get(one.scope[:2], ()), options.delivery) for one in read.bills.values()
    ]
    found = [one for one in judged if one is not None]
    return found if found and len(found) == len(judged) else None


def _known_bill(one: DeliveredBill, stored: Sequence[Bill], delivery: str | None) -> Judgment | None:
    """The bill of the ledger with this content, as it is there. stored: those of its account and key."""
    for bill in stored:
        same_period = one.scope.begin is None or (bill.period_begin, bill.period_end) == one.scope[2:]
        if same_period and bill_delivery.is_known(one, [bill], delivery):
            if bill.period_begin is not None and bill.period_end is not None:
                one.first_begin, one.last_begin = bill.period_begin, bill.period_end - 1
            _take_totals(one, bill)
            return Judgment(one, UNCHANGED, [bill])
    return None


def _take_totals(one: DeliveredBill, bill: Bill) -> None:
    """Give the files, whose amounts were not read, the sums of the files with their contents: of the whole
    bill where it is split in another way.
    """
    totals = {part.content: part.totals for part in bill.parts}
    if all(part.content in totals for part in one.parts.values()):
        for part in one.parts.values():
            part.totals.update(totals[part.content])
    else:
        next(iter(one.parts.values())).totals.update(bills.totals_of(bill.parts))


def _count(part: DeliveredPart, digest: bytes) -> None:
    part.row_count += 1
    part.content += int.from_bytes(digest, "big")


def _staged(paths: Sequence[Path], options: BillOptions, staging: Staging) -> _Read:
    """Read all files into the staging."""
    read = _Read()

    def stage(part: int, reader: RowReader, row: Sequence[str]) -> None:
        full, digest = reader.full(row), reader.digest(row)
        bill, charge = read.bill(reader.scope(full)), reader.charge(full)
        of_part = bill.part(part)
        _count(of_part, digest)
        of_part.totals[charge.dimensions.currency] += charge.amount_nano
        begin, end = charge.begin, charge.end
        if bill.first_begin is None or begin < bill.first_begin:
            bill.first_begin = begin
        last = end if options.spread else begin
        if bill.last_begin is None or last > bill.last_begin:
            bill.last_begin = last
        piece = staging.add(bill.number, part, digest, charge, options.spread)
        for credit in reader.credits(full, charge):
            of_part.totals[credit.dimensions.currency] += credit.amount_nano
            piece = staging.add(bill.number, part, digest, credit, options.spread, piece)

    _for_each_row(paths, options, read, stage)
    staging.seal()
    return read


def _for_each_row(
    paths: Sequence[Path],
    options: BillOptions,
    read: _Read,
    take: Callable[[int, RowReader, Sequence[str]], None],
) -> None:
    """Hand every row of the files to take, with the number of its file. What is wrong in a row says where."""
    for part, path in enumerate(paths):
        with bill_tables.opened(path, options.form, options.columns_asked) as table:
            reader = RowReader(path.name, table.columns, options, read.other)
            for number, row in table.rows:
                try:
                    take(part, reader, row)
                except InvalidOption as error:
                    raise _of_row(error, table.position(number)) from error


def _of_row(error: InvalidOption, position: str) -> InvalidOption:
    if error.option == "files" and error.problem.startswith(_OF_A_ROW):
        return InvalidOption("files", f"{position}, {error.problem}")
    return InvalidOption(error.option or "files", f"{position}: {error.problem}")


def _result(
    ledger_options: sql.LedgerOptions,
    options: BillOptions,
    paths: Sequence[Path],
    judged: Sequence[Judgment],
    difference: Difference,
    read: _Read | None = None,
) -> dict[str, Any]:
    totals: Counter[str] = Counter()
    for one in judged:
        totals.update(one.bill.totals)
    return {
        "changed": any(one.outcome != UNCHANGED for one in judged),
        "ledger": sql.format_url(ledger_options),
        "entries": difference.counts,
        "difference": difference.to_result(),
        "source": options.source,
        "files": [str(path) for path in paths],
        "bills": [bill_writer.to_result(one) for one in judged],
        "uncategorized": None if read is None else _uncategorized(read),
        "totals": {currency: format_amount(from_nano(nano)) for currency, nano in sorted(totals.items())},
    }


def _uncategorized(read: _Read) -> list[dict[str, str | None]]:
    """What became other, by category and service of the file."""
    return [
        {"service_category": category or None, "service": service or None}
        for category, service in sorted(read.other)[:_OTHERS_SHOWN]
    ]
