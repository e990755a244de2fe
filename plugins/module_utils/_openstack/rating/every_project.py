# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What CloudKitty has rated of every project of a region, asked once for all of them
(design/imports.md#every-project). Only an operator gets more than its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain

from ..._core.errors import InvalidOption, Malformed, NotFound
from ..._core.money import exact_sum
from ..._core.periods import Window
from ..connection import Service
from .answers import RatedFrame, RatedPeriods, RatedPoint, RatedSum
from .api import Rating
from .fields import Row, number, period_of
from .v2 import POINTS_PER_REQUEST, CutSums, RatingV2, point_of, read_ahead

_NEEDS_V2 = "all needs CloudKitty's v2 API with whole sums; import each project with a login of its own."


@dataclass(frozen=True)
class _Points:
    """The points of a window by project, those of a period together and in order. broken: of a project that
    has a point that is not what the API promises.
    """

    window: Window
    found: dict[str, list[list[RatedPoint]]]
    broken: dict[str, Malformed]


class EveryProject:
    """A window of all projects: the periods of each, and the points of a part of it once they are asked for.

    Requests: one per 5000 periods of projects, and one per 5000 points. Raises CloudError; InvalidOption
    where the cloud has no v2 API, or a storage whose sums may be cut.
    """

    def __init__(self, service: Service, collect_period_s: int, window: Window, shared: Window) -> None:
        """shared: the part whose points are read once for all; those of the rest each project asks for."""
        self._service, self.collect_period_s = service, collect_period_s
        self._v2 = RatingV2(service, collect_period_s, of_every_project=True)
        self._services: dict[str, Service] = {}
        self._points: _Points | None = None
        self._shared = shared
        self.window = window
        self.amounts = self._amounts()

    def rating(self, project_id: str) -> Rating:
        """The rating of one of them: what was read for all, and what it asks by itself."""
        service = self.service_of(project_id)
        return Rating(service, self.collect_period_s, _OfProject(self, project_id, service))

    def service_of(self, project_id: str) -> Service:
        """The service, asked about that project."""
        if project_id not in self._services:
            self._services[project_id] = replace(self._service, project_id=project_id)
        return self._services[project_id]

    def periods_of(self, project_id: str, window: Window) -> RatedPeriods:
        """What a project cost in each collect period of a part of the window."""
        amounts = dict(sorted(self.amounts.get(project_id, {}).items()))
        return RatedPeriods(self.window, amounts, self.collect_period_s).within(window)

    def points_of(self, project_id: str, window: Window) -> list[list[RatedPoint]] | None:
        """Its points in a part of the window; None where they are not read for all.

        Raises Malformed where one of them is not what the API promises.
        """
        shared = self._shared
        if window.begin < shared.begin or window.end > shared.end:
            return None
        if self._points is None:
            self._points = self._read(shared)
        if project_id in self._points.broken:
            raise self._points.broken[project_id]
        found = self._points.found.get(project_id, [])
        return [points for points in found if window.contains(points[0].window.begin)]

    def _amounts(self) -> dict[str, dict[datetime, Decimal]]:
        reading, service = "the rated periods of all projects", self._service
        # One period more: of a window of one period, a sum that may be cut looks as any other.
        asked = Window(self.window.begin - timedelta(seconds=self.collect_period_s), self.window.end)
        found: dict[str, dict[datetime, Decimal]] = defaultdict(dict)
        try:
            for row in self._v2.summary(reading, asked, "project_id", "time", limit=POINTS_PER_REQUEST):
                begin = self._v2.period_in(asked, reading, row).begin
                if self.window.contains(begin):
                    owner = service.member(reading, row, "project_id", str)
                    found[owner][begin] = number(service, reading, row, "rate")
        except (CutSums, NotFound) as error:
            raise InvalidOption("projects", _NEEDS_V2) from error
        return dict(found)

    def _read(self, window: Window) -> _Points:
        reading, service = "the rated points of all projects", self._service
        by_period: dict[datetime, dict[str, list[RatedPoint]]] = {}
        broken: dict[str, Malformed] = {}
        for _part, frames in read_ahead(self._v2.pages(window)):
            for frame in frames:
                period = period_of(
                    service, reading, service.member(reading, frame, "period", dict), self.collect_period_s
                )
                of_period = by_period.setdefault(period.begin, defaultdict(list))
                for kind, rows in frame["usage"].items():
                    for row in rows:
                        self._take(reading, period, kind, row, of_period, broken)
        found: dict[str, list[list[RatedPoint]]] = defaultdict(list)
        for begin in sorted(by_period):
            for owner, points in by_period.pop(begin).items():
                found[owner].append(points)
        return _Points(window, dict(found), broken)

    def _take(
        self,
        reading: str,
        period: Window,
        kind: str,
        row: Row,
        of_period: dict[str, list[RatedPoint]],
        broken: dict[str, Malformed],
    ) -> None:
        service = self._service
        owner = service.member(reading, service.member(reading, row, "groupby", dict), "project_id", str)
        try:
            of_period[owner].append(point_of(self.service_of(owner), reading, period, kind, row))
        except Malformed as error:
            broken[owner] = error


@dataclass(frozen=True)
class _OfProject:
    """The questions of RatingVersion about one project: of what was read for all, else asked by itself."""

    every: EveryProject
    project_id: str
    service: Service
    version: str = "v2"
    has_own_sums: bool = True

    @property
    def _alone(self) -> RatingV2:
        return RatingV2(self.service, self.every.collect_period_s)

    def own_sum(self, periods: RatedPeriods) -> Decimal:
        """The periods' own: each is a sum of the cloud's. No request."""
        return exact_sum(periods.amounts.values())

    def summary_by_type(self, window: Window) -> list[RatedSum]:
        """As RatingV2."""
        return self._alone.summary_by_type(window)

    def summary_by_resource(self, window: Window) -> list[tuple[str, RatedSum]]:
        """As RatingV2."""
        return self._alone.summary_by_resource(window)

    def periods(self, window: Window) -> RatedPeriods:
        """No request within the window that was read for all."""
        return self.every.periods_of(self.project_id, window)

    def recent_periods(self, now: datetime, wanted: int, /) -> RatedPeriods:
        """As RatingV2."""
        return self._alone.recent_periods(now, wanted)

    def frames_of_type(self, window: Window, kind: str) -> list[RatedFrame]:
        """As RatingV2."""
        return self._alone.frames_of_type(window, kind)

    def points_by_period(self, window: Window) -> Iterator[list[RatedPoint]]:
        """No request within the part whose points were read for all."""
        found = self.every.points_of(self.project_id, window)
        return self._alone.points_by_period(window) if found is None else iter(found)

    def points(self, window: Window) -> Iterator[RatedPoint]:
        """points_by_period(), one after the other."""
        return chain.from_iterable(self.points_by_period(window))
