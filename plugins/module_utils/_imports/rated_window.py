# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a cloud has rated of a window, held to what the ledger has of it: what has to be read, and what is
missing (design/imports.md#an-hour-is-replaced-whole, design/imports.md#missing-hours).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from .._core import spans
from .._core.errors import Malformed
from .._core.money import EXACT, exact_sum, from_nano
from .._core.periods import Window, iso
from .._core.spans import DAY_S, HOUR_S
from .._ledger import feeds
from .._openstack.rating.answers import RatedPeriods, RatedPoint
from .._openstack.rating.api import Rating
from .._openstack.rating.differences import is_noise

#: How many collect periods a cloud is usually behind: CloudKitty's option collect.wait_periods is 2, and the
#: running one has not ended.
USUAL_LAG_PERIODS = 3
#: A ledger rounds each entry to 1e-9: a thousand of them differ by less than this.
_ROUNDED = Decimal("1e-6")


@dataclass(frozen=True)
class Unit:
    """What is written in one transaction: an hour, or a UTC day where there are entries of days.

    rated: begins of its rated periods. empty: begins of those that are known to have cost nothing. cloud_sum:
    what the rated ones cost.
    """

    window: Window
    rated: frozenset[datetime]
    empty: frozenset[datetime]
    cloud_sum: Decimal

    def covered(self, collect_period_s: int) -> tuple[Window, ...]:
        """The parts of the unit whose cost is known."""
        return spans.of_periods(self.rated | self.empty, collect_period_s)

    def newest(self) -> datetime:
        """Begin of its newest period."""
        return max(self.rated | self.empty)


@dataclass(frozen=True)
class Missing:
    """What the cloud has not rated of a window, up to now. inner: before a rated period. trailing: behind the
    newest one.
    """

    inner: tuple[datetime, ...]
    trailing: tuple[datetime, ...]


def unit_of(
    moment: datetime, layout: feeds.ImportLayout, imported: Sequence[feeds.Imported], collect_period_s: int
) -> Window:
    """The unit that a moment belongs to.

    Where a day was imported as a whole, its one entry covers more than an hour.
    """
    day = spans.bucket(moment, DAY_S)
    as_days = (one.window for one in imported if one.layout.resolution == feeds.DAY)
    if layout.resolution == feeds.DAY or any(spans.overlaps(window, day) for window in as_days):
        return day
    return entry_window(moment, layout, collect_period_s)


def entry_window(moment: datetime, layout: feeds.ImportLayout, collect_period_s: int) -> Window:
    """The period of the entry that a rated period belongs to, which begins then."""
    return spans.bucket(moment, entry_length_s(layout, collect_period_s))


def entry_length_s(layout: feeds.ImportLayout, collect_period_s: int) -> int:
    """The length of the period of an entry, in seconds."""
    return DAY_S if layout.resolution == feeds.DAY else max(HOUR_S, collect_period_s)


def missing_of(periods: RatedPeriods, until: datetime) -> Missing:
    """The periods up to that moment that the cloud has not rated."""
    newest = periods.rated_through
    step = timedelta(seconds=periods.collect_period_s)
    gone = [
        period.begin
        for window in periods.missing_until(until)
        for period in spans.steps(window, step)
        if period.end <= until
    ]
    return Missing(
        tuple(begin for begin in gone if newest is not None and begin < newest),
        tuple(begin for begin in gone if newest is None or begin >= newest),
    )


def units(periods: RatedPeriods, empty: Iterable[datetime], unit: Callable[[datetime], Window]) -> list[Unit]:
    """The units of what is rated and of what is known to be empty, in order."""
    nothing = frozenset(empty)
    found = []
    for window, members in groupby(sorted({*periods.amounts, *nothing}), key=unit):
        begins = frozenset(members)
        rated = begins & periods.amounts.keys()
        found.append(
            Unit(window, rated, begins - rated, exact_sum(periods.amounts[begin] for begin in rated))
        )
    return found


def to_read(
    found: Sequence[Unit], stored: Mapping[datetime, int], covered: Callable[[Unit], bool]
) -> tuple[list[Unit], Decimal]:
    """The units that the ledger does not have as the cloud tells them, and by how much the others differ in
    all: noise (design/reading-a-cloud.md#the-clouds-own-sums).

    stored: begin of an entry -> what those that begin then sum up to. covered: whether a unit was imported in
    the layout that is asked for.
    """
    own = dict.fromkeys((unit.window for unit in found), 0)
    by_begin = sorted(stored.items())
    index = 0
    for unit in found:
        while index < len(by_begin) and by_begin[index][0] < unit.window.end:
            if unit.window.contains(by_begin[index][0]):
                own[unit.window] += by_begin[index][1]
            index += 1
    difference = {unit.window: EXACT.subtract(from_nano(own[unit.window]), unit.cloud_sum) for unit in found}
    wanted = {
        unit.window
        for unit in found
        if not covered(unit) or not is_noise(difference[unit.window], unit.cloud_sum)
    }
    rest = exact_sum(difference[unit.window] for unit in found if unit.window not in wanted)
    if not is_noise(rest, exact_sum(unit.cloud_sum for unit in found)):
        # Each is as good as equal and together they are not: then those that differ at all are read.
        wanted |= {window for window, by in difference.items() if abs(by) > _ROUNDED}
        rest = exact_sum(difference[unit.window] for unit in found if unit.window not in wanted)
    return [unit for unit in found if unit.window in wanted], rest


def with_points(rating: Rating, wanted: Sequence[Unit]) -> Iterator[tuple[Unit, list[RatedPoint]]]:
    """Each unit with the points of its rated periods, in order; units that touch are read as one window.

    Only one unit's points are held, and those of one request. Raises as Rating does; Malformed for points out
    of their order, as the rest of an hour that was taken for whole would take its first part back.
    """
    for run in _runs(wanted):
        if not run[0].rated:
            yield from ((unit, []) for unit in run)
            continue
        stream = rating.points_by_period(Window(run[0].window.begin, run[-1].window.end))
        frame = next(stream, None)
        for unit in run:
            of_unit: list[RatedPoint] = []
            while frame is not None and (begin := frame[0].window.begin) < unit.window.end:
                if begin < unit.window.begin:
                    problem = f"a point of {iso(begin)} came behind later ones"
                    raise Malformed("the rated points", rating.url, problem)
                # What was rated only since the sums were read comes with the next import.
                if begin in unit.rated:
                    of_unit += frame
                frame = next(stream, None)
            yield unit, of_unit


def _runs(wanted: Sequence[Unit]) -> list[list[Unit]]:
    """The units in runs that touch and have rated periods alike."""
    runs: list[list[Unit]] = []
    for unit in wanted:
        before = runs[-1][-1] if runs else None
        touches = before is not None and before.window.end == unit.window.begin
        if before is not None and touches and bool(before.rated) == bool(unit.rated):
            runs[-1].append(unit)
        else:
            runs.append([unit])
    return runs
