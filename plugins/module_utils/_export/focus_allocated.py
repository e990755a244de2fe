# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Charges of shared costs as one row for each who gets a part, as FOCUS has it since 1.3
(design/ledger.md#shared-costs).

A part has the dimensions and unit prices of its charge; costs, quantities and ratios add up to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._core.money import NANO_PER_UNIT
from .._core.periods import moment_of
from .._ledger.allocation import Allocation, Receiver, Split, divided
from . import attos
from .focus import Charge, ChargeKind, Numbers, Times
from .focus_columns import OF_A_KIND

_PLACES = {column.name: place for place, column in enumerate(OF_A_KIND)}
_ATTOS_PER_NANO = attos.ONE // NANO_PER_UNIT
_KEPT = 4_096


class Division:
    """Divides charges. What many charges share is made once."""

    def __init__(self, allocation: Allocation) -> None:
        self._allocation = allocation
        self._splits: dict[ChargeKind, Split | None] = {}
        self._kinds: dict[tuple[ChargeKind, int, tuple[Receiver, ...]], ChargeKind] = {}

    def of(self, keys: Mapping[str, Any], charge: Charge) -> Iterable[Charge]:
        """The charge, or its parts. keys: what its entry is told apart by."""
        kind, _numbers, times, _version, _key = charge
        split = self._split(kind, keys)
        receivers = [] if split is None else self._allocation.receivers(split, moment_of(times.begin))
        return [charge] if split is None or not receivers else self._parts(split, receivers, keys, charge)

    def _split(self, kind: ChargeKind, keys: Mapping[str, Any]) -> Split | None:
        if kind not in self._splits:
            if len(self._splits) >= _KEPT:
                self._splits.clear()
            named = {**keys, "resource": keys["resource_id"] or keys["resource_name"]}
            self._splits[kind] = self._allocation.split_of(named)
        return self._splits[kind]

    def _parts(
        self, split: Split, receivers: Sequence[Receiver], keys: Mapping[str, Any], charge: Charge
    ) -> Iterator[Charge]:
        kind, numbers, times, version, key = charge
        of_each = _divided_numbers(numbers, times, [one.weight for one in receivers])
        for number, (receiver, part) in enumerate(zip(receivers, of_each, strict=True)):
            name = (kind, number, tuple(receivers))
            of_part = self._kinds.get(name)
            if of_part is None:
                if len(self._kinds) >= _KEPT:
                    self._kinds.clear()
                ratio = divided(attos.ONE, [one.weight for one in receivers])[number]
                of_part = self._kinds[name] = _given_to(kind, split, receiver, ratio, keys)
            yield of_part, part, times, version, key


def _given_to(
    kind: ChargeKind, split: Split, receiver: Receiver, ratio: int, keys: Mapping[str, Any]
) -> ChargeKind:
    cells = list(kind.cells)
    said = {
        "AllocatedMethodId": split.name,
        "AllocatedMethodDetails": f'{{"Elements":[{{"AllocatedRatio":{attos.format_attos(ratio)}}}]}}',
        "AllocatedResourceId": receiver.id or receiver.name,
        "AllocatedResourceName": receiver.name or receiver.id,
        "AllocatedTags": split.given_to(keys, receiver)["tags"],
    }
    for name, cell in said.items():
        cells[_PLACES[name]] = cell
    return replace(kind, cells=tuple(cells))


def _divided_numbers(numbers: Numbers, times: Times, weights: Sequence[int]) -> list[Numbers]:
    """The numbers of each part: amounts as the ledger divides them."""
    recorded = [attos.of_nano(part) for part in divided(numbers.recorded // _ATTOS_PER_NANO, weights)]
    billed = recorded if times.icu == times.wanted else divided(numbers.billed, weights)
    priced, consumed = (
        [None] * len(weights) if quantity is None else divided(quantity, weights)
        for quantity in (numbers.pricing_quantity, numbers.consumed_quantity)
    )
    return [
        replace(numbers, recorded=one, billed=paid, pricing_quantity=price, consumed_quantity=use)
        for one, paid, price, use in zip(recorded, billed, priced, consumed, strict=True)
    ]
