# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a unit costs, learned from what the project's own resources were rated at: ordinary users cannot read
a cloud's price rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction

from .._core.money import format_exact
from .._core.periods import Window
from .._openstack.rating.answers import RatedPoint
from .._openstack.rating.api import V1, Rating
from .shapes import NAMED, Shape, ShapeKind

#: How much of what was rated last is looked at, and in how many collect periods in a row, up to its newest, a
#: rate has to be the same.
LOOK_BACK = timedelta(hours=24)
MINIMUM_FRAMES = 3
#: The v2 API has floats: behind these digits is their noise.
_DIGITS = Context(prec=12)


@dataclass
class _Seen:
    """What was seen of a shape: the newest period's rate by unit and collect period, and for how many periods
    in a row.
    """

    begin: datetime
    rate: Decimal
    unit: str | None
    frames: int = 1
    other_rate: Decimal | None = None

    def add(self, begin: datetime, rate: Decimal, unit: str | None) -> None:
        """Take one more point, in order of time."""
        if begin > self.begin:
            same = rate == self.rate and self.other_rate is None and unit == self.unit
            self.frames = self.frames + 1 if same else 1
            self.begin, self.rate, self.unit, self.other_rate = begin, rate, unit, None
        elif rate != self.rate or unit != self.unit:
            self.other_rate = rate


@dataclass(frozen=True)
class Observed:
    """What was seen, and the names of the metrics that it was seen under. rated_through
    None: nothing is rated.
    """

    seen: Mapping[Shape, _Seen]
    kinds: Mapping[str, ShapeKind]
    metrics: frozenset[str]
    rated_through: datetime | None

    def rate(self, shapes: Iterable[Shape]) -> Fraction | str:
        """The rate of a unit by collect period, of a shape by any of its names; why it is not known where it
        is not.
        """
        for shape in shapes:
            if shape in self.seen:
                return self._judged(shape, self.seen[shape])
        return "the project has had none of it rated lately"

    def _judged(self, shape: Shape, seen: _Seen) -> Fraction | str:
        units = self.kinds[shape.kind].units
        if seen.unit is None or seen.unit.casefold() not in units:
            return f"it is rated by '{seen.unit}', which is not one of {', '.join(sorted(units))}"
        if seen.other_rate is not None:
            two = f"{format_exact(seen.rate)} and {format_exact(seen.other_rate)}"
            return f"it is rated differently, at {two}, in one period"
        if seen.frames < MINIMUM_FRAMES:
            return f"its rate was seen in {seen.frames} rated periods only, and {MINIMUM_FRAMES} are needed"
        if seen.rate <= 0:
            return f"it was rated at {format_exact(seen.rate)}, which is not a price"
        return Fraction(seen.rate)


def read_observed(rating: Rating, now: datetime, kinds: Mapping[str, ShapeKind]) -> Observed:
    """What the project's resources were rated at in the 24 hours before the end of the newest rated period.

    Requests: one for the newest rated periods, one a day of points and 5000 of them, and with the v1 API,
    which has no units in its points, one for those. Raises CloudError, InvalidOption.
    """
    newest = rating.recent_periods(now).rated_through
    if newest is None:
        return Observed({}, kinds, frozenset(), None)
    units: Mapping[str, str] = {}
    if rating.version == V1:
        units = {metric.name: metric.unit for metric in rating.metrics()}
    by_metric = {metric: kind for kind in kinds.values() for metric in kind.metrics}
    seen: dict[Shape, _Seen] = {}
    metrics = set()
    for point in rating.points(Window(newest - LOOK_BACK, newest)):
        metrics.add(point.type)
        kind = by_metric.get(point.type)
        if kind is not None and point.quantity > 0:
            _see(seen, kind, point, point.unit or units.get(point.type))
    return Observed(seen, kinds, frozenset(metrics), newest)


def _see(seen: dict[Shape, _Seen], kind: ShapeKind, point: RatedPoint, unit: str | None) -> None:
    rate = _DIGITS.divide(point.amount, point.quantity)
    names = {point.metadata[key] for key in kind.keys if point.metadata.get(key)}
    if not names and kind.name not in NAMED:
        names = {""}
    for name in names:
        shape = Shape(kind.name, str(name))
        if shape in seen:
            seen[shape].add(point.window.begin, rate, unit)
        else:
            seen[shape] = _Seen(point.window.begin, rate, unit)
