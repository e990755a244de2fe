# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The summary of a window's records: averages weighted by time, and peaks, in one pass
(design/records.md#window-and-weight).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from .._core.money import ROUNDING
from .._core.periods import iso
from .._core.usage_record import UsageRecord
from .result import BYTES_PER_GB, MB_PER_GB, exact_percent, rounded

_SECOND = timedelta(seconds=1)
_TIERS = "tiers_gb"
#: Each measure: its name -> the fields of the used and the total amount, and the number of their units in one
#: of the result.
_MEASURES = {
    "cores": ("used_cores", "total_cores", 1),
    "ram_gb": ("used_ram_mb", "total_ram_mb", MB_PER_GB),
    "storage_gb": ("storage_used_bytes", "storage_total_bytes", BYTES_PER_GB),
    "object_storage_gb": ("object_storage_used_bytes", "object_storage_total_bytes", BYTES_PER_GB),
    "gpus": ("gpus_used", "gpus_total", 1),
    "vgpus": ("vgpus_used", "vgpus_total", 1),
}


@dataclass
class _Measure:
    """Running sums of one measure. unit: the number of the records' units in one of the result."""

    unit: int = 1
    newest_total: int | None = None
    seen: bool = False
    used_weight: int = 0
    used_sum: int = 0
    peak_used: int | None = None
    percent_weight: int = 0
    percent_sum: Decimal = Decimal(0)
    peak_percent: Decimal | None = None
    without_used: int = 0
    without_total: int = 0

    def add(self, used: int | None, total: int | None, weight: int) -> None:
        """A record's, the newest first. A weight of 0 counts in peaks only."""
        if not self.seen:
            self.newest_total, self.seen = total, True
        if used is None:
            self.without_used += 1
            return
        self.used_weight += weight
        self.used_sum += weight * used
        self.peak_used = max(self.peak_used or 0, used)
        percent = exact_percent(used, total)
        if percent is None:
            self.without_total += 1
            return
        self.percent_weight += weight
        self.percent_sum = ROUNDING.add(self.percent_sum, ROUNDING.multiply(percent, Decimal(weight)))
        self.peak_percent = percent if self.peak_percent is None else max(self.peak_percent, percent)

    def to_result(self) -> dict[str, Any]:
        """The sums; null without any record that has them."""
        per_unit = Decimal(self.unit)
        return {
            "total": _in_result_unit(self.newest_total, per_unit),
            "average_used": _mean(Decimal(self.used_sum), self.used_weight, per_unit),
            "peak_used": _in_result_unit(self.peak_used, per_unit),
            "average_utilization_percent": _mean(self.percent_sum, self.percent_weight, Decimal(1)),
            "peak_utilization_percent": None if self.peak_percent is None else rounded(self.peak_percent),
            "without_used": self.without_used,
            "without_total": self.without_total,
        }


@dataclass
class _RecordSums:
    """The sums of the records so far."""

    measures: dict[str, _Measure] = field(
        default_factory=lambda: {name: _Measure(unit) for name, (_used, _total, unit) in _MEASURES.items()}
    )
    tiers: dict[str, _Measure] = field(default_factory=dict)
    count: int = 0
    incomplete: int = 0
    weight: int = 0

    def add(self, record: UsageRecord, weight: int) -> None:
        """A record, the newest first."""
        for name, (used, total, _unit) in _MEASURES.items():
            self.measures[name].add(getattr(record, used), getattr(record, total), weight)
        tiers = {one.name: one for one in record.tiers}
        for name in tiers.keys() - self.tiers.keys():
            # Newer records do not have it, which does not mean zero.
            self.tiers[name] = _Measure(BYTES_PER_GB, None, self.count > 0, without_used=self.count)
        for name, measure in self.tiers.items():
            tier = tiers.get(name)
            measure.add(*((None, None) if tier is None else (tier.used_bytes, tier.total_bytes)), weight)
        self.count += 1
        self.incomplete += not record.complete
        self.weight += weight


def summary(records: Iterable[UsageRecord]) -> dict[str, Any]:
    """Count, averages and peaks of records, which come the newest first. It holds one record at a time.

    Without records the count is 0 and the rest null. Totals are those of the newest record. Raises ValueError
    for a record without a creation time.
    """
    sums = _RecordSums()
    newest: UsageRecord | None = None
    record: UsageRecord | None = None
    for record, weight in weighted(records):
        newest = newest or record
        sums.add(record, weight)
    return {
        "record_count": sums.count,
        "incomplete_count": sums.incomplete,
        "weight_seconds": sums.weight,
        "newest": None if newest is None or newest.created is None else iso(newest.created),
        "oldest": None if record is None or record.created is None else iso(record.created),
        **{name: measure.to_result() for name, measure in sums.measures.items()},
        _TIERS: {name: measure.to_result() for name, measure in sorted(sums.tiers.items())},
    }


def weighted(records: Iterable[UsageRecord]) -> Iterator[tuple[UsageRecord, int]]:
    """Each record, the newest first, with the seconds that it counts for
    (design/records.md#window-and-weight).
    """
    newer: UsageRecord | None = None
    waiting: UsageRecord | None = None
    for record in records:
        if waiting is not None:
            yield waiting, _weight(waiting, record, newer)
            newer = waiting
        waiting = record
    if waiting is not None:
        yield waiting, _weight(waiting, None, newer)


def _weight(record: UsageRecord, older: UsageRecord | None, newer: UsageRecord | None) -> int:
    """The length of the record's own window, else the time since the record before. The first record counts
    until the next one; a single one counts 1.
    """
    if record.begin is not None and record.end is not None:
        return (record.end - record.begin) // _SECOND
    if older is not None:
        return _between(older, record)
    return 1 if newer is None else _between(record, newer)


def _between(older: UsageRecord, newer: UsageRecord) -> int:
    if older.created is None or newer.created is None:
        raise ValueError(f"record {older.key} or {newer.key} does not say when it was created")
    return (newer.created - older.created) // _SECOND


def _mean(total: Decimal, weight: int, per_unit: Decimal) -> float | None:
    return (
        None if weight == 0 else rounded(ROUNDING.divide(total, ROUNDING.multiply(Decimal(weight), per_unit)))
    )


def _in_result_unit(number: int | None, per_unit: Decimal) -> float | int | None:
    if number is None or per_unit == 1:
        return number
    return rounded(ROUNDING.divide(Decimal(number), per_unit))
