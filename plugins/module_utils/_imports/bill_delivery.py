# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a delivery is to the bills that the ledger has: new, the same, another part, or in place of one
(design/imports.md#a-bill-is-a-delivery).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .._core.errors import InvalidOption
from .._core.money import format_amount, from_nano
from .._core.periods import iso, moment_of
from .._ledger.bills import Bill, BillPart, totals_of
from .bill_options import ADD, REPLACE
from .bill_rows import BillScope

NEW, UNCHANGED, REPLACED, ADDED = "new", "unchanged", "replaced", "added"
_SHOWN_REFUSALS = 5


@dataclass
class DeliveredPart:
    """What one file says of a bill, as BillPart."""

    content: int = 0
    row_count: int = 0
    totals: Counter[str] = field(default_factory=Counter)


@dataclass
class DeliveredBill:
    """What the delivery's files say of one bill. parts: by the number of the file. first_begin, last_begin:
    between them its charges begin.
    """

    scope: BillScope
    number: int
    parts: dict[int, DeliveredPart] = field(default_factory=dict)
    first_begin: int | None = None
    last_begin: int | None = None

    def part(self, number: int) -> DeliveredPart:
        """The part that a file has."""
        found = self.parts.get(number)
        if found is None:
            found = self.parts[number] = DeliveredPart()
        return found

    @property
    def totals(self) -> dict[str, int]:
        """Its sums: currency -> 1e-9 units."""
        return totals_of(self.stored_parts())

    @property
    def row_count(self) -> int:
        """How many rows it has in the delivery."""
        return sum(part.row_count for part in self.parts.values())

    def stored_parts(self, without: Collection[int] = ()) -> tuple[BillPart, ...]:
        """Its files as the ledger keeps them. without: numbers of files."""
        return tuple(
            BillPart(part.content, part.row_count, dict(part.totals))
            for number, part in self.parts.items()
            if number not in without
        )

    @property
    def window(self) -> tuple[int, int] | None:
        """The time that it covers, from begin to end; None of a key. It is that in which its charges begin
        where no billing period is named.
        """
        if self.scope.key:
            return None
        if self.scope.begin is not None and self.scope.end is not None:
            return self.scope.begin, self.scope.end
        return self.hull

    @property
    def hull(self) -> tuple[int, int]:
        """The time in which its charges begin, half-open."""
        return self.first_begin or 0, (self.last_begin or 0) + 1

    def covers(self, bill: Bill) -> bool:
        """Whether that bill is of the same key, or of the same account and a time that overlaps."""
        if (bill.account, bill.key) != (self.scope.account, self.scope.key):
            return False
        if self.window is None or bill.period_begin is None or bill.period_end is None:
            return self.window is None and bill.period_begin is None
        return bill.period_begin < self.window[1] and self.window[0] < bill.period_end

    def is_of(self, bill: Bill) -> bool:
        """Whether that bill is of exactly this key, or this account and time."""
        window = None if bill.period_begin is None else (bill.period_begin, bill.period_end)
        return self.covers(bill) and window == self.window

    def bill(self, source: str) -> Bill:
        """What the ledger keeps of it where it has nothing yet."""
        begin, end = self.window or (None, None)
        return Bill(
            source=source,
            account=self.scope.account,
            key=self.scope.key,
            period_begin=begin,
            period_end=end,
            first_begin=self.first_begin or 0,
            last_begin=self.last_begin or 0,
            parts=self.stored_parts(),
        )


@dataclass(frozen=True)
class Judgment:
    """What becomes of a delivered bill. before: the bills of the ledger that it adds to or stands in place
    of. known: the numbers of the files that the ledger has already, which are left out.
    """

    bill: DeliveredBill
    outcome: str
    before: Sequence[Bill] = ()
    known: Sequence[int] = ()


def judge(delivered: Iterable[DeliveredBill], stored: Iterable[Bill], delivery: str | None) -> list[Judgment]:
    """What becomes of each bill of the delivery. stored: the bills of its source.

    Raises InvalidOption, with both totals, where the ledger has another content and delivery is None, and
    where a bill that is replaced reaches beyond the delivery.
    """
    by_name: dict[tuple[str, str], list[Bill]] = {}
    for bill in stored:
        by_name.setdefault((bill.account, bill.key), []).append(bill)
    refused: list[str] = []
    judged: list[Judgment] = []
    for one in delivered:
        covered = [bill for bill in by_name.get((one.scope.account, one.scope.key), ()) if one.covers(bill)]
        if not covered:
            judged.append(Judgment(one, NEW))
        elif is_known(one, covered, delivery):
            judged.append(Judgment(one, UNCHANGED, covered))
        elif delivery is None:
            refused.append(_other_content(one, covered))
        elif delivery == ADD:
            # An exact bill goes on; what overlaps only stays as it is.
            exact = [bill for bill in covered if one.is_of(bill)]
            judged.append(Judgment(one, ADDED, exact, _known_files(one, covered)))
        else:
            beyond = [bill for bill in covered if not _lies_within(bill, one)]
            if beyond:
                refused.append(_reaches_beyond(one, beyond[0]))
            judged.append(Judgment(one, REPLACED, covered))
    if refused:
        more = f" And {len(refused) - _SHOWN_REFUSALS} more." if len(refused) > _SHOWN_REFUSALS else ""
        raise InvalidOption("delivery", " ".join(refused[:_SHOWN_REFUSALS]) + more)
    return judged


def is_known(one: DeliveredBill, covered: Sequence[Bill], delivery: str | None) -> bool:
    """Whether the ledger has this content: all of it however it is split into files, or, unless the delivery
    is the whole bill, files of it.
    """
    stored = [part for bill in covered for part in bill.parts]
    whole = (sum(part.row_count for part in stored), sum(part.content for part in stored))
    if whole == (one.row_count, sum(part.content for part in one.parts.values())):
        return True
    return delivery != REPLACE and len(_known_files(one, covered)) == len(one.parts)


def _known_files(one: DeliveredBill, covered: Sequence[Bill]) -> list[int]:
    """The files of the delivery that the ledger has, each as often as it has them."""
    there = Counter(part.content for bill in covered for part in bill.parts)
    known: list[int] = []
    for number, part in one.parts.items():
        if there[part.content]:
            there[part.content] -= 1
            known.append(number)
    return known


def _lies_within(bill: Bill, one: DeliveredBill) -> bool:
    if one.window is None or bill.period_begin is None or bill.period_end is None:
        return True
    return one.window[0] <= bill.period_begin and bill.period_end <= one.window[1]


def _other_content(one: DeliveredBill, covered: Sequence[Bill]) -> str:
    stored = [part for bill in covered for part in bill.parts]
    count = sum(part.row_count for part in stored)
    alike = (totals_of(stored), count) == (one.totals, one.row_count)
    why = "; a cell or an option by which rows are read differs" if alike else ""
    return (
        f"{format_bill(one)} is in the ledger with {format_totals(totals_of(stored))} in {_rows(count)}, and"
        f" the delivery has {format_totals(one.totals)} in {_rows(one.row_count)}{why}; set {REPLACE} if the"
        f" delivery is the whole bill anew, or {ADD} if it is one more part."
    )


def _reaches_beyond(one: DeliveredBill, bill: Bill) -> str:
    begin, end = bill.period_begin or 0, bill.period_end or 0
    return (
        f"{format_bill(one)} would replace a bill of {iso(moment_of(begin))} to {iso(moment_of(end))}, which"
        " reaches beyond it; name the `period` of both deliveries alike."
    )


def format_bill(one: DeliveredBill) -> str:
    """A bill, for a sentence."""
    if one.scope.key:
        return f"Key {one.scope.key[:80]}"
    begin, end = one.window or (0, 0)
    of_account = f" of account {one.scope.account[:80]}" if one.scope.account else ""
    return f"The bill{of_account} of {iso(moment_of(begin))} to {iso(moment_of(end))}"


def format_totals(totals: Mapping[str, int]) -> str:
    """Sums by currency, for a sentence."""
    said = [f"{currency} {format_amount(from_nano(nano))}" for currency, nano in sorted(totals.items())]
    return " and ".join(said) or "nothing"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
