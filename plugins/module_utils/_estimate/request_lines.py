# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What an estimate asks budgets for: running lines by the hour, and one-off ones
(design/estimates.md#what-budgets-are-asked-for).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

from .._core.money import decimal_of, format_exact
from .._core.periods import iso
from .._core.tags import Tags
from .lines import HOURLY, NEXT, THIS, EstimateLine, Periods

Row = dict[str, Any]
#: Category and metric; hours of what runs for so long, moment of what is paid once in the next period; the
#: region and the tags.
_Kind: TypeAlias = "tuple[str, str | None, Fraction | None, datetime | None, str | None, Tags]"

_NANO = Decimal("1e-9")
_UP = Context(prec=50, rounding=ROUND_CEILING)
_DOWN = Context(prec=50, rounding=ROUND_FLOOR)


@dataclass(frozen=True)
class Where:
    """The project and the region that pay."""

    project: str
    region: str | None


def request_lines(
    lines: Sequence[EstimateLine],
    periods: Periods,
    currency: str,
    where: Where,
) -> list[Row]:
    """The known costs as lines for a budget, each rounded up to the ledger's unit.

    A resource counts with what it costs more than before, in each category; what another one saves is no
    one's to spend. What comes and is free is a line of 0 by the hour. Alike lines are added up.
    """
    hourly: dict[_Kind, Fraction] = {}
    once: dict[_Kind, Fraction] = {}
    following = None if periods.next is None else periods.next.begin
    for of_resource in _by_resource(line for line in lines if line.amounts is not None):
        _add(hourly, [(_kind(line), _of(line, HOURLY)) for line in of_resource if not line.once])
        if _is_free(of_resource):
            hourly.setdefault(_kind(of_resource[0]), Fraction(0))
        for basis, at in ((THIS, None), (NEXT, following)):
            _add(once, [(_kind(line, at), _of(line, basis)) for line in of_resource if line.once])

    rest = partial(_rest, currency, where)
    return _running(hourly, _UP, rest) + [
        {
            **_row(category, metric),
            "amount": _format(amount, _UP),
            "at": None if at is None else iso(at),
            **rest(region, tags),
        }
        for (category, metric, _hours, at, region, tags), amount in sorted(once.items(), key=_order)
    ]


def removal_lines(lines: Sequence[EstimateLine], currency: str, where: Where) -> list[Row]:
    """What resources cost less by the hour than before, as lines above 0, each rounded down. What was paid
    once is paid.
    """
    hourly: dict[_Kind, Fraction] = {}
    for of_resource in _by_resource(line for line in lines if line.amounts is not None and not line.once):
        _add(hourly, [(_kind(line), -_of(line, HOURLY)) for line in of_resource])
    found = _running(hourly, _DOWN, partial(_rest, currency, where))
    once = ("amount", "at")
    return [
        {key: value for key, value in row.items() if key not in once} for row in found if row["hourly"] != "0"
    ]


def _rest(currency: str, where: Where, region: str | None, tags: Tags) -> Row:
    place = {"project": where.project, "region": region or where.region}
    return {"currency": currency, **place, "tags": dict(tags)}


def _running(
    hourly: Mapping[_Kind, Fraction], rounding: Context, rest: Callable[[str | None, Tags], Row]
) -> list[Row]:
    return [
        {
            **_row(category, metric),
            "hourly": _format(amount, rounding),
            "hours": None if hours is None else _format(hours, _UP),
            **rest(region, tags),
        }
        for (category, metric, hours, _at, region, tags), amount in sorted(hourly.items(), key=_order)
    ]


def _row(category: str, metric: str | None) -> Row:
    """The keys of every line; null where they do not matter."""
    return {
        **dict.fromkeys(("hourly", "hours", "amount", "at")),
        "category": category,
        "metric": metric,
    }


def _by_resource(lines: Iterable[EstimateLine]) -> list[list[EstimateLine]]:
    """The lines of each resource and category."""
    found: dict[tuple[int, str], list[EstimateLine]] = {}
    for line in lines:
        found.setdefault((line.resource, line.category), []).append(line)
    return list(found.values())


def _add(sums: dict[_Kind, Fraction], costs: Sequence[tuple[_Kind, Fraction]]) -> None:
    """Add what a resource costs more in one category, under the kind of what comes; nothing if it costs
    less.
    """
    if not costs:
        return
    # Most have one: fractions are slow to add.
    total = costs[0][1] if len(costs) == 1 else sum((amount for _kind, amount in costs), Fraction(0))
    if total.numerator > 0:
        kind = next(kind for kind, amount in costs if amount > 0)
        sums[kind] = sums[kind] + total if kind in sums else total


def _is_free(of_resource: Sequence[EstimateLine]) -> bool:
    """Whether something comes, at a price of 0, and nothing of it costs."""
    is_free = all(line.price is not None and not line.price.amount for line in of_resource)
    return is_free and any(line.quantity is None or line.quantity > 0 for line in of_resource)


def _kind(line: EstimateLine, at: datetime | None = None) -> _Kind:
    hours = None if line.once else line.hours
    return line.category, line.metric, hours, at, line.region, line.tags.tags


def _of(line: EstimateLine, basis: str) -> Fraction:
    return line.amounts[basis] if line.amounts is not None else Fraction(0)


def _order(one: tuple[_Kind, Fraction]) -> tuple[str, str, Fraction, str, str, Tags]:
    (category, metric, hours, at, region, tags), _amount = one
    return category, metric or "", hours or Fraction(0), "" if at is None else iso(at), region or "", tags


def _format(amount: Fraction, rounding: Context) -> str:
    return format_exact(rounding.quantize(decimal_of(amount), _NANO))
