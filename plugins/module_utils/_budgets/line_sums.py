# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The difference of two lists of lines (design/reservations.md#the-life-of-a-hold)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from .._core.money import EXACT, Money
from .._ledger.holds import HoldLine

#: Lines of one kind differ in their amount only.
_Kind: TypeAlias = "tuple[str, str | None, str | None, tuple[tuple[str, str], ...], str]"


def growth(before: Sequence[HoldLine], after: Sequence[HoldLine]) -> tuple[HoldLine, ...]:
    """The amounts by which the second list exceeds the first, for each category, project, tags,
    period and currency.
    """
    return _compared(before, after, lambda old, new: EXACT.subtract(new, old))


def common(before: Sequence[HoldLine], after: Sequence[HoldLine]) -> tuple[HoldLine, ...]:
    """The amounts that both lists have."""
    return _compared(before, after, min)


def _compared(
    before: Sequence[HoldLine], after: Sequence[HoldLine], compare: Callable[[Decimal, Decimal], Decimal]
) -> tuple[HoldLine, ...]:
    old = _by_kind(before)
    lines = []
    for kind, line in _by_kind(after).items():
        amount = compare(old[kind].money.amount if kind in old else Decimal(0), line.money.amount)
        if amount > 0:
            lines.append(replace(line, money=Money(amount, line.money.currency)))
    return tuple(lines)


def _by_kind(lines: Sequence[HoldLine]) -> dict[_Kind, HoldLine]:
    summed: dict[_Kind, HoldLine] = {}
    for line in lines:
        kind = (line.money.currency, line.category, line.project, line.tags, line.period)
        known = summed[kind].money.amount if kind in summed else Decimal(0)
        summed[kind] = replace(line, money=Money(EXACT.add(known, line.money.amount), line.money.currency))
    return summed
