# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What carries the difference between two days, resource by resource, and what changed about each
(design/savings.md#what-changed).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from .._core.categories import is_flow
from .._core.money import EXACT, ROUNDING, format_exact, from_nano
from .._core.periods import Window
from .._cost.ledger_summary import SummaryFormatter
from .._ledger import totals
from .._ledger.totals import Selection, Total
from .day_costs import Part, SeriesKey, dated_totals

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: What can have changed about a resource, in the order in which sums of it are told.
CHANGES = ("new", "gone", "resized", "hours", "price", "size_or_price", "traffic")
#: So many resources are told for each anomaly; the sums by change are of all.
MOST_RESOURCES = 10
_OF_RESOURCES = (
    "project", "category", "region", "metric", "resource", "resource_name", "resource_type", "quantity",
    "unit",
)  # fmt: skip
#: A price per unit of imported amounts has noise behind so many digits.
_SAME_PRICE = Decimal("1e-6")
#: Metric, resource, its name and type, and unit.
_Of: TypeAlias = "tuple[str | None, str | None, str | None, str | None, str | None]"


@dataclass
class _Usage:
    """What one resource had of one metric on a day: quantity None where an entry says none. entries: of the
    hours that it was there for.
    """

    parts: list[Part] = field(default_factory=list)
    quantity: Decimal | None = Decimal(0)
    entries: int = 0

    def add(self, total: Total, moment: datetime) -> None:
        """More of it: entries of one quantity."""
        self.parts.append((total.currency, from_nano(total.amount_nano), moment))
        self.entries += total.entry_count
        quantity = total.keys["quantity"]
        if self.quantity is not None:
            more = None if quantity is None else EXACT.multiply(Decimal(quantity), Decimal(total.entry_count))
            self.quantity = None if more is None else EXACT.add(self.quantity, more)


@dataclass(frozen=True)
class ResourceDifference:
    """How much more one resource cost under one metric than on the day that it is compared with; None where
    no rate says so. change: of CHANGES.
    """

    metric: str | None
    resource: str | None
    name: str | None
    type: str | None
    before: Decimal
    after: Decimal
    change: str
    quantity_before: Decimal | None
    quantity_after: Decimal | None
    unit: str | None

    @property
    def amount(self) -> Decimal:
        """By how much."""
        return EXACT.subtract(self.after, self.before)

    def to_result(self) -> dict[str, Any]:
        """One of an anomaly's resources."""
        quantities = [self.quantity_before, self.quantity_after]
        before, after = (None if one is None else format_exact(one) for one in quantities)
        return {
            "resource": self.resource,
            "name": self.name,
            "type": self.type,
            "metric": self.metric,
            "change": self.change,
            "before": format_exact(self.before),
            "after": format_exact(self.after),
            "difference": format_exact(self.amount),
            "quantity_before": before,
            "quantity_after": after,
            "unit": self.unit,
        }


class ResourceDays:
    """What every resource had on some days, read by one statement for all anomalies."""

    def __init__(
        self,
        connection: Transaction,
        selection: Selection,
        windows: Sequence[Window],
        tags: Sequence[str],
        formatter: SummaryFormatter,
    ) -> None:
        """windows: the days. tags: names of tags that series are of, with tag: before them."""
        by = (*_OF_RESOURCES, *tags)
        sums = dated_totals(connection, selection, windows, by, formatter.rates) if windows else []
        self._formatter = formatter
        self._by_window = dict(zip(windows, sums, strict=True))

    def explained(
        self, key: SeriesKey, window: Window, reference: Window, flow_metrics: Collection[str] | None
    ) -> dict[str, Any]:
        """What changed in the series, as an anomaly's row tells it. Arguments: those of differences()."""
        every = self.differences(key, window, reference, flow_metrics)
        return {
            "changes": _sums_by_change(every),
            "resources": [one.to_result() for one in every[:MOST_RESOURCES]],
            "resource_count": len(every),
        }

    def differences(
        self, key: SeriesKey, window: Window, reference: Window, flow_metrics: Collection[str] | None
    ) -> list[ResourceDifference]:
        """By how much each resource of the series cost more in the window, the largest difference first.

        flow_metrics: None for those of the table. Both windows are among those that were read.
        """
        before, after = self._usages(key, reference), self._usages(key, window)
        formatter = self._formatter
        prices = _price_changes(before, after, formatter)
        found = []
        for of in before.keys() | after.keys():
            old, new = before.get(of, _Usage()), after.get(of, _Usage())
            amounts = [formatter.amount(one.parts) for one in (old, new)]
            if amounts[0] is None or amounts[1] is None or amounts[0] == amounts[1]:
                continue
            metric, resource, name, kind, unit = of
            change = _change(old, new, is_flow(metric or "", flow_metrics), prices.get(of))
            found.append(
                ResourceDifference(
                    metric, resource, name, kind, amounts[0], amounts[1], change, old.quantity, new.quantity,
                    unit,
                )
            )  # fmt: skip
        return sorted(found, key=lambda one: (-abs(one.amount), one.metric or "", one.resource or ""))

    def _usages(self, key: SeriesKey, window: Window) -> dict[_Of, _Usage]:
        found: dict[_Of, _Usage] = {}
        for total, moment in self._by_window[window]:
            if key.has(total.keys):
                found.setdefault(_of(total.keys), _Usage()).add(total, moment)
        return found


def _of(keys: Mapping[str, str | None]) -> _Of:
    return keys["metric"], keys["resource"], keys["resource_name"], keys["resource_type"], keys["unit"]


def _sums_by_change(differences: Iterable[ResourceDifference]) -> dict[str, str]:
    """What each kind of change comes to; those that there are."""
    sums: dict[str, Decimal] = {}
    for one in differences:
        sums[one.change] = EXACT.add(sums.get(one.change, Decimal(0)), one.amount)
    return {change: format_exact(sums[change]) for change in CHANGES if change in sums}


def _unit_price(usage: _Usage, formatter: SummaryFormatter) -> Decimal | None:
    amount = formatter.amount(usage.parts)
    return ROUNDING.divide(amount, usage.quantity) if amount and usage.quantity else None


def _price_changes(
    before: Mapping[_Of, _Usage], after: Mapping[_Of, _Usage], formatter: SummaryFormatter
) -> dict[_Of, str]:
    """Of the resources whose unit has another price: whether the price changed, or what it is paid for.

    A cloud tells no flavor: where others of the metric had the same price before and all have the same new
    one, the price changed; where some kept it, this resource was resized; without others either may be.
    """
    prices = {
        of: (_unit_price(before[of], formatter), _unit_price(after[of], formatter))
        for of in before.keys() & after.keys()
    }
    known = {of: (old, new) for of, (old, new) in prices.items() if old is not None and new is not None}
    found = {}
    for of, (old, new) in known.items():
        if _is_same(old, new):
            continue
        others = [
            pair
            for other, pair in known.items()
            if other[0] == of[0] and other != of and _is_same(pair[0], old)
        ]
        moved = [_is_same(pair[1], new) for pair in others]
        found[of] = "size_or_price" if not moved else "price" if all(moved) else "resized"
    return found


def _is_same(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= _SAME_PRICE * max(abs(one), abs(other))


def _change(old: _Usage, new: _Usage, of_flow: bool, price_change: str | None) -> str:
    if not old.entries or not new.entries:
        return "gone" if not new.entries else "new"
    if of_flow and price_change is None:
        return "traffic"
    if price_change is not None and old.quantity == new.quantity:
        return price_change
    if old.quantity is None or new.quantity is None:
        return "size_or_price"
    sizes = [ROUNDING.divide(one.quantity or Decimal(0), Decimal(one.entries)) for one in (old, new)]
    if not _is_same(*sizes):
        return "resized"
    return price_change or "hours"


def tags_of(kinds: Iterable[str]) -> list[str]:
    """The tags among kinds of series."""
    return [kind for kind in kinds if kind.startswith(totals.TAG)]
