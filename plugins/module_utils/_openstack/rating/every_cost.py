# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What windows cost every project of a region, each question asked once for all of them
(design/reading-a-cloud.md#every-project). Only an operator gets more than its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any, TypeVar

from ..._core.errors import FinopsError, InvalidOption, Malformed, NotFound
from ..._core.money import exact_sum
from ..._core.periods import Window, ceil_to
from ..connection import Service
from .answers import RatedFrame, RatedMetric, RatedPeriods, RatedPoint, RatedSum
from .api import V1, Rating, metrics_of
from .fields import Row, number
from .v2 import LOOK_BACK, POINTS_PER_REQUEST, CutSums, RatingV2

Kept = TypeVar("Kept")

_NEEDS_V2 = (
    "all needs CloudKitty's v2 API with whole sums; name the projects to read each with its own login."
)
#: Of how many of the newest periods each project's are read: while a period is being rated, some projects
#: have it and some do not yet.
_NEWEST_PERIODS = 3


@dataclass(frozen=True)
class _Rows:
    """The rows of an answer by project. broken: of a project that has a row that is not what the API
    promises.
    """

    found: dict[str, list[Any]]
    broken: dict[str, Malformed]

    def of(self, project_id: str) -> list[Any]:
        """A project's rows. Raises Malformed where one of them is broken."""
        if project_id in self.broken:
            raise self.broken[project_id]
        return self.found.get(project_id, [])


@dataclass(frozen=True)
class _NewestPeriods:
    """The newest rated periods by project. behind: the projects that have older ones only."""

    window: Window
    periods: _Rows
    behind: frozenset[str]


class EveryCost:
    """What windows cost all projects of a region. An answer is kept, so each question is asked once.

    Requests: see the questions of _CostOfProject; 5000 rows of all projects are one request. Every question
    raises CloudError; InvalidOption where the cloud has no v2 API, or a storage whose sums may be cut.
    """

    def __init__(
        self, service: Service, rating_api: str, collect_period_s: int, projects: frozenset[str]
    ) -> None:
        """rating_api: as open_rating(). projects: the IDs of all. Raises InvalidOption for v1."""
        if rating_api == V1:
            raise InvalidOption("projects", _NEEDS_V2)
        self._service, self.collect_period_s = service, collect_period_s
        self.v2 = RatingV2(service, collect_period_s, of_every_project=True)
        self._projects = projects
        self._kept: dict[Any, Any] = {}
        self._lock = Lock()

    def rating(self, project_id: str) -> Rating:
        """The rating of one of them."""
        service = replace(self._service, project_id=project_id)
        of_project = _CostOfProject(self, service, project_id)
        return Rating(service, self.collect_period_s, of_project, self._metrics)

    def summed(self, reading: str, window: Window, *groupby: str) -> _Rows:
        """The whole sums of a window, by project and what else they are grouped by."""

        def ask() -> _Rows:
            rows = self.v2.whole_sums(reading, window, "project_id", *groupby, limit=POINTS_PER_REQUEST)
            return self._by_project(reading, rows, lambda row: (row, self.v2.sum_of(reading, row)))

        return self._once((window, groupby), ask)

    def by_time(self, reading: str, window: Window) -> _Rows:
        """The cost of each collect period of a window, by project."""

        def ask() -> _Rows:
            rows = self.v2.summary(reading, window, "project_id", "time", limit=POINTS_PER_REQUEST)
            return self._by_project(reading, rows, lambda row: self._period(reading, window, row))

        return self._once((window, "time"), ask)

    def frames(self, reading: str, window: Window, kind: str) -> _Rows:
        """The cost of one type in each collect period of a window, by project."""

        def ask() -> _Rows:
            groupby = ("project_id", "time", "type")
            rows = self.v2.summary(reading, window, *groupby, kind=kind, limit=POINTS_PER_REQUEST)
            return self._by_project(
                reading,
                rows,
                lambda row: RatedFrame(self.v2.period_in(window, reading, row), self.v2.sum_of(reading, row)),
            )

        return self._once((window, "time", kind), ask)

    def newest(self, now: datetime, wanted: int) -> _NewestPeriods:
        """The newest rated periods of each, so many where more are wanted: one request for those of the cloud
        as a whole, one per 5000 of the projects' own, and where some have none, one for which had any before.
        """
        count = max(wanted, _NEWEST_PERIODS)
        return self._once(("newest", count), lambda: self._newest(now, count))

    def _newest(self, now: datetime, count: int) -> _NewestPeriods:
        reading = "the newest rated periods"
        end = ceil_to(now, self.collect_period_s)
        whole = Window(end - LOOK_BACK, end)
        of_cloud = self.v2.recent_periods(now, 1).rated_through
        if of_cloud is None:
            return _NewestPeriods(whole, _Rows({}, {}), frozenset())
        window = Window(
            max(whole.begin, of_cloud - count * timedelta(seconds=self.collect_period_s)), of_cloud
        )
        rows = self.v2.summary(reading, window, "project_id", "time", limit=POINTS_PER_REQUEST)
        periods = self._by_project(reading, rows, lambda row: self._period(reading, window, row))
        silent = self._projects - periods.found.keys()
        if silent:
            rated = self.v2.summary(reading, whole, "project_id", limit=POINTS_PER_REQUEST)
            silent &= self._by_project(reading, rated, lambda row: row).found.keys()
        return _NewestPeriods(window, periods, silent)

    def _period(self, reading: str, window: Window, row: Row) -> tuple[datetime, Decimal]:
        begin = self.v2.period_in(window, reading, row).begin
        return begin, number(self._service, reading, row, "rate")

    def _by_project(self, reading: str, rows: Iterable[Row], parse: Callable[[Row], Any]) -> _Rows:
        found: dict[str, list[Any]] = defaultdict(list)
        broken: dict[str, Malformed] = {}
        for row in rows:
            owner = self._service.member(reading, row, "project_id", str)
            try:
                found[owner].append(parse(row))
            except Malformed as error:
                broken[owner] = error
        return _Rows(dict(found), broken)

    def _metrics(self, service: Service) -> tuple[RatedMetric, ...]:
        return self._once("metrics", lambda: metrics_of(service))

    def _once(self, question: Any, ask: Callable[[], Kept]) -> Kept:
        """The kept answer; what asking raised, to everybody who asks again."""
        with self._lock:
            if question not in self._kept:
                self._kept[question] = self._asked(ask)
            kept: Kept | FinopsError = self._kept[question]
        if isinstance(kept, FinopsError):
            raise kept
        return kept

    def _asked(self, ask: Callable[[], Kept]) -> Kept | FinopsError:
        try:
            return ask()
        except (CutSums, NotFound):
            return InvalidOption("projects", _NEEDS_V2)
        except FinopsError as error:
            return error


@dataclass
class _CostOfProject:
    """The questions of RatingVersion about one project, of which all but the points are asked for all.

    A project that is behind asks by itself: its windows are nobody else's.
    """

    every: EveryCost
    service: Service
    project_id: str
    version: str = "v2"
    has_own_sums: bool = True
    _behind: bool = False
    _empty: Window | None = None

    @property
    def _alone(self) -> RatingV2:
        return RatingV2(self.service, self.every.collect_period_s)

    def own_sum(self, periods: RatedPeriods) -> Decimal:
        """The periods' own: each is a sum of the cloud's. No request."""
        return exact_sum(periods.amounts.values())

    def summary_by_type(self, window: Window) -> list[RatedSum]:
        """One request per 5000 types of projects."""
        if self._behind:
            return self._alone.summary_by_type(window)
        if self._is_empty(window):
            return []
        rows = self.every.summed("the rating summary of all projects", window, "type")
        return [found for _row, found in rows.of(self.project_id)]

    def summary_by_resource(self, window: Window) -> list[tuple[str, RatedSum]]:
        """One request per 5000 resources of projects."""
        if self._behind:
            return self._alone.summary_by_resource(window)
        reading = "the cost of each resource of all projects"
        rows = self.every.summed(reading, window, "id", "type").of(self.project_id)
        return [(self.service.member(reading, row, "id", str), found) for row, found in rows]

    def periods(self, window: Window) -> RatedPeriods:
        """One request per 5000 periods of projects."""
        if self._behind:
            return self._alone.periods(window)
        if self._is_empty(window):
            return RatedPeriods(window, {}, self.every.collect_period_s)
        rows = self.every.by_time("the rated periods of all projects", window).of(self.project_id)
        return RatedPeriods(window, dict(sorted(rows)), self.every.collect_period_s)

    def recent_periods(self, now: datetime, wanted: int, /) -> RatedPeriods:
        """As EveryCost.newest(); of a project that is behind, one request more."""
        newest = self.every.newest(now, wanted)
        self._behind = self.project_id in newest.behind
        if self._behind:
            return self._alone.recent_periods(now, wanted)
        amounts = dict(sorted(newest.periods.of(self.project_id)))
        end = ceil_to(now, self.every.collect_period_s)
        if not amounts:
            self._empty = Window(end - LOOK_BACK, end)
        return RatedPeriods(self._empty or newest.window, amounts, self.every.collect_period_s)

    def frames_of_type(self, window: Window, kind: str) -> list[RatedFrame]:
        """One request per 5000 periods of projects that have it."""
        if self._behind:
            return self._alone.frames_of_type(window, kind)
        return self.every.frames(f"the rated periods of {kind} of all projects", window, kind).of(
            self.project_id
        )

    def _is_empty(self, window: Window) -> bool:
        """Whether nothing was rated since the window begins: no request tells more."""
        return self._empty is not None and self._empty.begin <= window.begin

    def points_by_period(self, window: Window) -> Iterator[list[RatedPoint]]:
        """As RatingV2: requests of the project's own."""
        return self._alone.points_by_period(window)

    def points(self, window: Window) -> Iterator[RatedPoint]:
        """As RatingV2: requests of the project's own."""
        return self._alone.points(window)
