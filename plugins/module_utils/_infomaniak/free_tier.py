# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What of the traffic out of object storage is free: the first 10^13 bytes of each UTC month
(design/money.md#free-tier).

Source: Infomaniak's documentation of its public cloud's billing, read 2026-11-21: CloudKitty's amounts are
before the free 10 TB of storage.objects.outgoing.bytes. It does not say for whom the tier counts; we take it
as the project's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .._core.completeness import all_known
from .._core.money import EXACT, ROUNDING, exact_sum
from .._core.periods import Window

METRIC = "storage.objects.outgoing.bytes"
SCOPE = "project"
FREE_BYTES = Decimal(10) ** 13
#: A unit as operators write it, in small letters -> bytes. `Gib` is Infomaniak's way to write GiB.
_BYTES = {
    "b": 1,
    "byte": 1,
    "bytes": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", start=1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", start=1)},
}


@dataclass(frozen=True)
class Traffic:
    """What went out in one collect period: size_bytes, None where the cloud does not say
    it, and its gross cost.

    asked: whether the period is in the window, not only before it in the same month.
    """

    begin: datetime
    size_bytes: Decimal | None
    amount: Decimal
    asked: bool


_NO_SIZE = "The cloud does not say how much went out in one of the rated periods; the free tier is not known."


@dataclass(frozen=True)
class FreeTier:
    """What of the window's traffic is free. amount: its gross cost, in the cloud's rating currency.

    unit: as the cloud names it, None where that is not known. used_bytes and credit None: unknown, and reason
    says why. traffic: by period, since the month began in which the window begins; None where it was not
    needed.
    """

    unit: str | None
    amount: Decimal
    used_bytes: Decimal | None
    credit: Decimal | None
    traffic: tuple[Traffic, ...] | None = None
    reason: str | None = None


def unknown_tier(unit: str | None, amount: Decimal, reason: str | None = None) -> FreeTier:
    """The tier of which only the gross cost is known. reason: None where it is the unit."""
    if reason is None:
        named = (
            "The cloud does not say what its traffic is counted in"
            if unit is None
            else (f"The cloud counts its traffic in '{unit}', which is no unit of bytes that is known")
        )
        reason = f"{named}; the free tier is not known."
    return FreeTier(unit, amount, None, None, reason=reason)


def bytes_in(unit: str | None) -> int | None:
    """How many bytes the unit is; None for one that is not known."""
    return None if unit is None else _BYTES.get(unit.lower())


def month_begin(moment: datetime) -> datetime:
    """The first moment of the moment's UTC month."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def all_free(window: Window, quantity: Decimal | None, unit_bytes: int) -> bool:
    """Whether the window's sum alone says that all of it is free: it begins with a month and its traffic
    stays within one free tier.
    """
    begins_with_month = window.begin == month_begin(window.begin)
    return (
        begins_with_month and quantity is not None and ROUNDING.multiply(quantity, unit_bytes) <= FREE_BYTES
    )


def traffic_of(
    rated: Iterable[tuple[datetime, Decimal | None, Decimal]], window: Window, unit_bytes: int
) -> list[Traffic]:
    """The metric's rated periods in bytes.

    rated: begin, quantity (None where the cloud does not say it) and cost of each period, from the first
    moment of the month in which the window begins.
    """
    return [
        Traffic(
            begin=begin,
            size_bytes=None if quantity is None else ROUNDING.multiply(quantity, unit_bytes),
            amount=amount,
            asked=window.contains(begin),
        )
        for begin, quantity, amount in rated
    ]


def tier_of(unit: str | None, amount: Decimal, traffic: Sequence[Traffic]) -> FreeTier:
    """What is free of traffic with that gross cost."""
    sizes = all_known(one.size_bytes for one in traffic if one.asked)
    credit = credit_of(traffic)
    return FreeTier(
        unit=unit,
        amount=amount,
        used_bytes=None if sizes is None else exact_sum(sizes),
        credit=credit,
        traffic=tuple(traffic),
        reason=_NO_SIZE if credit is None else None,
    )


def credit_of(traffic: Iterable[Traffic]) -> Decimal | None:
    """What of the asked traffic is free, in money: in each UTC month the first bytes in time order, the
    straddling frame pro rata.

    None where it is not known how much went out in some period: anything later could be free or not.
    """
    used: dict[datetime, Decimal] = {}
    credit = Decimal(0)
    for one in sorted(traffic, key=lambda one: one.begin):
        if one.size_bytes is None:
            return None
        month = month_begin(one.begin)
        left = max(ROUNDING.subtract(FREE_BYTES, used.get(month, Decimal(0))), Decimal(0))
        used[month] = ROUNDING.add(used.get(month, Decimal(0)), one.size_bytes)
        if one.asked and one.size_bytes > 0:
            credit = EXACT.add(credit, _share(one.amount, left, one.size_bytes))
    return credit


def _share(amount: Decimal, left: Decimal, size: Decimal) -> Decimal:
    """The part of a frame's cost that is free, to the ledger's nine decimals where the frame straddles the
    tier's end.
    """
    if size <= left:
        return amount
    part = ROUNDING.divide(ROUNDING.multiply(amount, left), size)
    return ROUNDING.quantize(part, Decimal("1e-9"))
