# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Writing a delivery into the ledger, in one transaction (design/imports.md#whole-or-not-at-all)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from .._core.money import format_amount, from_nano
from .._core.periods import iso, moment_of
from .._ledger import bills, dimension_sets, entries, entry_rows, roll_up
from .._ledger.bills import Bill
from .._ledger.transaction import Transaction
from .bill_delivery import ADDED, REPLACED, UNCHANGED, Judgment
from .bill_staging import Staging
from .entry_writer import Signature

_BUCKETS_AT_ONCE = 20_000


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
    """What writing would change. transaction: None for an empty ledger. Nothing is written."""
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
    transaction: Transaction, staging: Staging, judged: Sequence[Judgment], source: str, signature: Signature
) -> Difference:
    """Write a delivery; what changed. Rows that the ledger has in a bill that is replaced stay as they are,
    those that it has no more are reversed.
    """
    difference = compare(transaction, staging, judged)
    written = [one for one in judged if one.outcome != UNCHANGED]
    if not written:
        return difference
    for some in staging.dimensions():
        ids = dimension_sets.ids_of(transaction, [dimensions for _number, dimensions in some])
        staging.number_dimensions((number, ids[dimensions]) for number, dimensions in some)
    saved = {one.bill.number: _saved(transaction, one, source) for one in written}
    for one in written:
        # First what is gone: a key has one valid entry.
        gone = staging.gone(one.bill.number) if one.before else []
        for rows in bills.reversals(transaction, gone):
            entries.append(transaction, rows, signature.now, signature.recorded_by)
    rows_of_all = chain.from_iterable(
        staging.new(one.bill.number, source, saved[one.bill.number].key_prefix) for one in written
    )
    entry_rows.append_many(transaction, rows_of_all, signature.now, signature.recorded_by)
    if not transaction.on_postgresql:
        for one in written:
            _add_to_roll_up(transaction, staging, one.bill.number)
    return difference


def _add_to_roll_up(transaction: Transaction, staging: Staging, scope: int) -> None:
    sums = staging.buckets(scope, roll_up.BUCKETS_S[-1])
    while some := list(islice(sums, _BUCKETS_AT_ONCE)):
        roll_up.add(transaction, some)


def _take_in(transaction: Transaction, staging: Staging, one: Judgment) -> None:
    for bill in one.before:
        written = bills.written(transaction, bill)
        if one.bill.is_of(bill):
            staging.compare(one.bill.number, written, bill.key_prefix, adding=one.outcome == ADDED)
        else:
            staging.absorb(one.bill.number, written, bill.id)


def _saved(transaction: Transaction, one: Judgment, source: str) -> Bill:
    """The bill as the ledger keeps it from now on; those that it stands in place of are forgotten."""
    delivered = one.bill.bill(source)
    exact = [bill for bill in one.before if one.bill.is_of(bill)]
    if one.outcome == REPLACED:
        for bill in one.before:
            if bill not in exact[:1]:
                bills.remove(transaction, bill)
    if not exact:
        return bills.save(transaction, delivered)
    before = exact[0]
    delivered = replace(
        delivered,
        id=before.id,
        first_begin=min(before.first_begin, delivered.first_begin),
        last_begin=max(before.last_begin, delivered.last_begin),
    )
    if one.outcome == REPLACED:
        return bills.save(transaction, delivered)
    more = one.bill.stored_parts(without=one.known)
    return bills.save(transaction, replace(delivered, parts=(*before.parts, *more)))


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
