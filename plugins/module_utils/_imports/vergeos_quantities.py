# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a VergeOS system used hour by hour, by its billing records, each of which is for a stretch of time
(design/imports.md#vergeos).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from .._core import spans
from .._core.periods import Window
from .._core.spans import HOUR_S
from .._core.usage_record import UsageRecord
from .._vergeos.billing import TIERS

_SECOND = timedelta(seconds=1)
_MB_PER_GB, _BYTES_PER_GB = 1024, 1024**3
#: What a price can be for, by the hour -> the field of a record, how many of its unit are one that is priced,
#: and the category of its cost.
QUANTITIES: dict[str, tuple[str, int, str]] = {
    "cores": ("used_cores", 1, "compute"),
    "ram_gb": ("used_ram_mb", _MB_PER_GB, "compute"),
    "gpus": ("gpus_used", 1, "compute"),
    "vgpus": ("vgpus_used", 1, "compute"),
    **{f"tier_{number}_gb": (f"tier_{number}", _BYTES_PER_GB, "storage") for number in TIERS},
}


@dataclass
class UsedHours:
    """Whole hours of UTC that the records of a window cover, by their begin, and what was used: a quantity
    times hours, exact.

    unknown: hours of which a record does not tell a quantity that is asked for -> the keys of these records.
    partly: hours of which a part is covered and a part is not.
    """

    used: dict[datetime, dict[str, Fraction]] = field(default_factory=dict)
    unknown: dict[datetime, set[int]] = field(default_factory=dict)
    partly: set[datetime] = field(default_factory=set)


def by_hour(records: Iterable[UsageRecord], names: Collection[str], window: Window) -> UsedHours:
    """What was used of these quantities in the hours of the window. records: the newest first.

    A record is for the time from its begin to its end; one that does not say, for the time since the record
    before it, and the first of those for none. Time that several are for is the one's that was created first,
    so that what was reckoned once stays.
    """
    seconds: dict[datetime, int] = defaultdict(int)
    used: dict[datetime, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    unknown: dict[datetime, set[int]] = defaultdict(set)
    taken: tuple[Window, ...] = ()
    for record, span in _spans(records):
        quantities = {name: _quantity(record, name) for name in names}
        for free in spans.subtract(span, taken):
            for hour, part in spans.in_buckets(spans.overlap(free, window), HOUR_S):
                part_s = part.length // _SECOND
                seconds[hour] += part_s
                for name, quantity in quantities.items():
                    if quantity is None:
                        unknown[hour].add(record.key or 0)
                    else:
                        used[hour][name] += quantity * Fraction(part_s, HOUR_S)
        taken = spans.union((*taken, span))
    whole = {hour for hour, covered_s in seconds.items() if covered_s == HOUR_S}
    return UsedHours(
        used={hour: dict(used[hour]) for hour in sorted(whole - unknown.keys())},
        unknown={hour: unknown[hour] for hour in sorted(unknown)},
        partly=set(seconds) - whole,
    )


def _quantity(record: UsageRecord, name: str) -> Fraction | None:
    field_name, unit, _category = QUANTITIES[name]
    number: int | None
    if field_name.startswith("tier_"):
        tier = next((one for one in record.tiers if one.name == field_name.removeprefix("tier_")), None)
        number = None if tier is None else tier.used_bytes
    else:
        number = getattr(record, field_name)
    return None if number is None else Fraction(number, unit)


def _spans(records: Iterable[UsageRecord]) -> Iterator[tuple[UsageRecord, Window]]:
    """Each record and what it is for, the oldest first."""
    before: UsageRecord | None = None
    for record in reversed(list(records)):
        if record.begin is not None and record.end is not None:
            yield record, Window(record.begin, record.end)
        elif before is not None and before.created is not None and record.created is not None:
            yield record, Window(before.created, record.created)
        before = record


def categories(given: Mapping[str, str]) -> dict[str, str]:
    """Metric -> category: what the user gave, else that of what is priced."""
    return {**{metric(name): category for name, (_field, _unit, category) in QUANTITIES.items()}, **given}


def metric(name: str) -> str:
    """What the ledger calls a quantity."""
    return f"vergeos.{name}"
