# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Writing a delivery into the ledger by short transactions, of which the last one has it count
(design/imports.md#whole-or-not-at-all).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

from .._core.money import format_amount, from_nano
from .._core.periods import iso, moment_of
from .._ledger import archived_months, bills, deliveries, dimension_sets, entries, entry_rows, roll_up, sql
from .._ledger.bills import Bill, BillPart
from .._ledger.dimension_sets import Dimensions
from .._ledger.entry_rows import ChargeRow
from .._ledger.slices import Slices
from .._ledger.sql import LedgerOptions
from .._ledger.transaction import Transaction
from .bill_delivery import ADDED, REPLACED, UNCHANGED, Judgment
from .bill_staging import Staging
from .entry_writer import Signature


@dataclass(frozen=True)
class Delivered:
    """A delivery that does not count yet, and what writes it. bills: by the number of the delivered bill."""

    delivery: int
    source: str
    signature: Signature
    bills: dict[int, Bill] = field(default_factory=dict)

    def begin(self, transaction: Transaction, judged: Sequence[Judgment]) -> None:
        """Have a bill for each that is delivered."""
        for one in judged:
            self.bills[one.bill.number] = _begun(transaction, one, self.source)

    def reverse(self, transaction: Transaction, ids: Sequence[int]) -> None:
        """Take entries back."""
        for rows in entries.reversals(transaction, ids):
            entries.append_of_delivery(transaction, rows, self.delivery)

    def record(self, transaction: Transaction, rows: Sequence[ChargeRow]) -> None:
        """Insert entries, without their sums."""
        entry_rows.append_charges(transaction, rows, self.delivery)

    def roll_up(self, transaction: Transaction, sums: Sequence[tuple[int, int, int, int]]) -> None:
        """Add the sums of entries, where no trigger does it."""
        roll_up.add(transaction, sums, self.delivery)


@dataclass
class Difference:
    """What writing changes: outcome -> entries, and category -> currency -> 1e-9 units."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(entries.OUTCOMES, 0))
    sums: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, category: str, currency: str, amount_nano: int) -> None:
        """So much more of a category."""
        self.sums.setdefault(category, Counter())[currency] += amount_nano

    def to_result(self) -> dict[str, dict[str, str]]:
        """The difference by category and currency; what stays as it is is left out."""
        told = {
            category: {
                currency: format_amount(from_nano(nano)) for currency, nano in sorted(of_one.items()) if nano
            }
            for category, of_one in sorted(self.sums.items())
        }
        return {category: sums for category, sums in told.items() if sums}


def compare(transaction: Transaction | None, staging: Staging, judged: Sequence[Judgment]) -> Difference:
    """What writing would change. transaction: None for an empty ledger. Nothing is written.

    Raises LedgerError where a bill that changes begins, or ends, or lies around entries that are archived.
    """
    staging.forget_written()
    difference = Difference()
    for one in judged:
        number = one.bill.number
        if one.outcome == UNCHANGED:
            difference.counts[entries.UNCHANGED] += one.bill.row_count
            continue
        for part in one.known:
            staging.skip(number, part)
            difference.counts[entries.UNCHANGED] += one.bill.parts[part].row_count
        if transaction is not None:
            archived_months.refuse_spans(transaction, [one.bill.hull])
            _take_in(transaction, staging, one)
        new = 0
        for dimensions, amount_nano, count in staging.sums_of_new(number):
            difference.add(dimensions.category, dimensions.currency, amount_nano)
            new += count
        gone = 0
        for category, currency, amount_nano, count in staging.sums_of_gone(number) if one.before else ():
            difference.add(category, currency, -amount_nano)
            gone += count
        difference.counts[entries.RECORDED] += new
        difference.counts[entries.REVERSED] += gone
        difference.counts[entries.UNCHANGED] += staging.count_valid(number) - gone
    return difference


def write(
    slices: Slices, staging: Staging, judged: Sequence[Judgment], source: str, signature: Signature
) -> Delivered:
    """Write what compare() found, where nobody counts it yet. Rows that the ledger has in a bill that is
    replaced stay as they are, those that it has no more are reversed.
    """
    changed = [one for one in judged if one.outcome != UNCHANGED]
    with slices.open() as transaction:
        named = deliveries.begin(transaction, source, signature.now, signature.recorded_by)
    delivered = Delivered(named, source, signature)
    slices.write(changed, delivered.begin)
    slices.write(chain.from_iterable(staging.dimensions()), partial(_number, staging))
    for one in changed:
        # First what is gone: a key has one valid entry.
        slices.write(staging.gone(one.bill.number) if one.before else [], delivered.reverse)
    for one in changed:
        number = one.bill.number
        slices.write(staging.new(number, source, delivered.bills[number].key_prefix), delivered.record)
        if not slices.on_postgresql:
            slices.write(staging.buckets(number, roll_up.BUCKETS_S[-1]), delivered.roll_up)
    return delivered


def put_in_force(transaction: Transaction, delivered: Delivered, judged: Sequence[Judgment]) -> None:
    """Have all of a delivery count, in the place of what it replaces."""
    parts: list[tuple[int, BillPart]] = []
    for one in judged:
        if one.outcome != UNCHANGED:
            parts += _completed(transaction, one, delivered.source, delivered.bills[one.bill.number])
    bills.save_parts(transaction, parts)
    deliveries.put_in_force(transaction, delivered.delivery, delivered.signature.now)


@contextmanager
def alone(slices: Slices, options: LedgerOptions, source: str) -> Iterator[None]:
    """Be the only task that delivers a source, of which no other delivery is under way: what tasks wrote that
    were killed before it counted is removed, and what they did not end is ended.
    """
    cleaned = False
    while True:
        with sql.alone(options, source) as slices.check:
            with slices.open() as transaction:
                left = deliveries.unfinished(transaction, source)
                if cleaned and not left:
                    bills.forget_empty(transaction, source)
            if not left:
                merge(slices)
                yield
                return
        # Nobody delivered the source, so these are of tasks that are dead. It may be delivered meanwhile:
        # PostgreSQL then removes nothing of it.
        slices.check = _unchecked
        for one in left:
            slices.repeat(partial(_discard, one))
        cleaned = True


def _unchecked() -> None:
    """What needs no lock."""


def merge(slices: Slices) -> None:
    """Move the sums of deliveries that count into the roll-up."""
    with slices.open() as transaction:
        apart = deliveries.apart(transaction)
    for one in apart:
        slices.repeat(partial(_merge, one))


def _number(staging: Staging, transaction: Transaction, some: Sequence[tuple[int, Dimensions]]) -> None:
    ids = dimension_sets.ids_of(transaction, [dimensions for _number, dimensions in some])
    staging.number_dimensions((number, ids[dimensions]) for number, dimensions in some)


def _discard(delivery: int, transaction: Transaction, at_most: int) -> bool:
    return deliveries.discard(transaction, delivery, at_most)


def _merge(delivery: int, transaction: Transaction, at_most: int) -> bool:
    return deliveries.merge(transaction, delivery, at_most)


def _take_in(transaction: Transaction, staging: Staging, one: Judgment) -> None:
    for bill in one.before:
        written = bills.written(transaction, bill)
        if one.bill.is_of(bill):
            staging.compare(one.bill.number, written, bill.key_prefix, adding=one.outcome == ADDED)
        else:
            staging.absorb(one.bill.number, written, bill.id)


def _begun(transaction: Transaction, one: Judgment, source: str) -> Bill:
    """The bill that entries are written for: the one that the ledger has, or a new one without its files."""
    exact = [bill for bill in one.before if one.bill.is_of(bill)]
    return exact[0] if exact else bills.begin(transaction, one.bill.bill(source))


def _completed(
    transaction: Transaction, one: Judgment, source: str, begun: Bill
) -> list[tuple[int, BillPart]]:
    """Give a bill its time; the files that it gets. Those bills that it stands in place of are forgotten."""
    delivered = one.bill.bill(source)
    if one.outcome == REPLACED:
        for bill in one.before:
            if bill.id == begun.id:
                bills.forget_parts(transaction, bill)
            else:
                bills.remove(transaction, bill)
    first = min(begun.first_begin, delivered.first_begin)
    last = max(begun.last_begin, delivered.last_begin)
    if (first, last) != (begun.first_begin, begun.last_begin):
        bills.widen(transaction, begun, first, last)
    without = one.known if one.outcome == ADDED else ()
    return [(begun.id, part) for part in one.bill.stored_parts(without)]


def to_result(one: Judgment) -> dict[str, Any]:
    """What became of a bill, as the task's result tells it."""
    begin, end = one.bill.window or (None, None)
    before = bills.totals_of(part for bill in one.before for part in bill.parts)
    return {
        "billing_account": one.bill.scope.account or None,
        "key": one.bill.scope.key or None,
        "period_start": None if begin is None else iso(moment_of(begin)),
        "period_end": None if end is None else iso(moment_of(end)),
        "outcome": one.outcome,
        "totals": _told(one.bill.totals),
        "totals_before": _told(before),
    }


def _told(totals: Mapping[str, int]) -> dict[str, str]:
    return {currency: format_amount(from_nano(nano)) for currency, nano in sorted(totals.items())}
