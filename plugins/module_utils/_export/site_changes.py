# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Why a cost has changed: what of each resource is new, gone, larger, longer or has another price
(design/reports.md#what-has-changed).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite, log
from typing import NamedTuple

from .._core.categories import is_flow
from .._core.money import ROUNDING
from .site_cost import CostLine, LineUse, MonthCost, SiteMoney

NEW, GONE, RESIZED, PRICE = "new", "gone", "resized", "price changed"
#: A price for each unit that has changed may be that of another size, where all with that price had it alone.
EITHER = "resized or price changed"
MORE_HOURS, FEWER_HOURS = "more hours", "fewer hours"
MORE_USE, LESS_USE = "more use", "less use"
#: It has another team now.
TAGGED = "tagged anew"
#: Of what has no quantity, such as a bill.
AMOUNT = "another amount"
#: What is no change of price or use, but noise of a cloud's numbers.
_NOISE = 1e-6
_PRICE_DIGITS = 6
#: A server that is off for a weekend is not gone.
_GONE_S = 3 * 86_400
#: Entries of a longer time say how much was used in it, and not for how long.
_HOUR_S = 3600


class LineChange(NamedTuple):
    """What a line cost in the part of a month, and in what that is compared with; why it has changed."""

    before: Decimal
    now: Decimal
    change: Decimal
    reason: str


def changes_of(month: MonthCost, money: SiteMoney) -> dict[CostLine, LineChange | None]:
    """Of each line that has changed and is known in both parts; None of one with a missing rate."""
    found: dict[CostLine, LineChange | None] = {}
    moves, nothing = _price_moves(month), LineUse()
    resources = tuple({_resource(line) for line in lines} for lines in (month.used_before, month.used))
    for line in {**month.used, **month.used_before}:
        if line.group.project in month.gaps:
            continue
        now, before = month.used.get(line, nothing), month.used_before.get(line, nothing)
        if now.parts == before.parts:
            continue
        amounts = money.amount(now.parts), money.amount(before.parts)
        if amounts[0] is None or amounts[1] is None:
            found[line] = None
            continue
        change = ROUNDING.subtract(amounts[0], amounts[1])
        if change:
            reason = _reason(line, before, now, moves)
            if reason in (NEW, GONE) and all(_resource(line) in known for known in resources):
                reason = TAGGED
            elif change < 0 and line.resource is not None and _is_gone(line, now, month):
                reason = GONE
            found[line] = LineChange(amounts[1], amounts[0], change, reason)
    return found


def _resource(line: CostLine) -> tuple[str | None, ...]:
    """What stays of a line that gets another team."""
    return line.group.project, line.metric, line.resource, line.description


def by_reason(changes: Iterable[LineChange]) -> list[tuple[str, Decimal]]:
    """How much each reason has changed a sum, the largest first."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in changes:
        sums[one.reason] = ROUNDING.add(sums[one.reason], one.change)
    return sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))


def _is_gone(line: CostLine, now: LineUse, month: MonthCost) -> bool:
    """Whether what is there or not, as a server, was not there for days at the end of the part."""
    is_state = line.metric is not None and not is_flow(line.metric)
    return is_state and now.last_end + _GONE_S <= month.part.end.timestamp()


def _reason(line: CostLine, before: LineUse, now: LineUse, moves: Mapping[tuple[str, str], list[str]]) -> str:
    if not before.entry_count:
        return NEW
    if not now.entry_count:
        return GONE
    prices = _price(before), _price(now)
    if line.metric is None or prices[0] is None or prices[1] is None:
        return AMOUNT
    factors = {
        "price": _factor(prices[0][1], prices[1][1]),
        "time": _factor(before.seconds, now.seconds),
        "size": _factor((before.quantity or 0) / before.seconds, (now.quantity or 0) / now.seconds),
    }
    largest = max(factors, key=lambda name: abs(factors[name]))
    if largest == "price":
        return _of_price(_told(prices[0]), _told(prices[1]), moves.get((line.metric, _told(prices[0])), []))
    is_more = factors[largest] > 0
    if largest == "time":
        return MORE_HOURS if is_more else FEWER_HOURS
    if is_flow(line.metric) or before.seconds > before.entry_count * _HOUR_S:
        return MORE_USE if is_more else LESS_USE
    return RESIZED


def _of_price(old: str, new: str, moved_to: list[str]) -> str:
    """What became of a price for each unit. moved_to: what became of the old one, once for each line that
    had it.
    """
    if old in moved_to or len(set(moved_to)) > 1:
        return RESIZED
    return PRICE if moved_to.count(new) > 1 else EITHER


def _price_moves(month: MonthCost) -> dict[tuple[str, str], list[str]]:
    """Of each metric and price for each unit what became of it, for each line that had it."""
    moves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line, before in month.used_before.items():
        old, new = _price(before), _price(month.used.get(line, LineUse()))
        if line.metric is not None and old is not None and new is not None:
            moves[line.metric, _told(old)].append(_told(new))
    return moves


def _price(use: LineUse) -> tuple[str, float] | None:
    """Currency and price of a unit; None where there is no one price, or nothing was used."""
    currencies = {currency for currency, _at in use.parts}
    quantity = use.quantity or 0.0
    if len(currencies) != 1 or use.seconds <= 0 or not isfinite(quantity) or quantity <= 0:
        return None
    price = sum(use.parts.values()) / quantity
    return (currencies.pop(), price) if isfinite(price) and price > 0 else None


def _told(price: tuple[str, float]) -> str:
    """A price as text that is the same in spite of noise."""
    return f"{price[0]} {price[1]:.{_PRICE_DIGITS}g}"


def _factor(before: float, now: float) -> float:
    """How often one is the other, as a logarithm; 0 for noise."""
    found = log(now / before)
    return found if abs(found) > _NOISE else 0.0
