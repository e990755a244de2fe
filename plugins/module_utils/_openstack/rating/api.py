# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The questions to CloudKitty of one project and region, whichever version of its API it has.

Source: CloudKitty API reference, https://docs.openstack.org/cloudkitty/latest/api-reference/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Protocol, TypeVar

from ..._core.errors import Malformed, NotFound
from ..._core.money import EXACT, exact_sum, format_exact
from ..._core.periods import Window
from ..connection import Service
from .answers import QuoteItem, RatedFrame, RatedMetric, RatedPeriods, RatedPoint, RatedSum
from .differences import NOISE_OF_SUM, NOISE_OF_SUM_V1, is_noise
from .fields import number
from .v1 import RatingV1
from .v2 import CutSums, RatingV2
from .v2_points import RatingV2Points

AUTO, V1, V2 = "auto", "v1", "v2"
Answer = TypeVar("Answer")


class RatingVersion(Protocol):
    """What each version of the API answers. Windows have the edges of collect periods.

    Every question raises CloudError, and InvalidOption where the cloud's collect period is another one. How
    many requests each takes, the versions say.
    """

    @property
    def version(self) -> str:
        """v1 or v2."""

    @property
    def has_own_sums(self) -> bool:
        """Whether the cloud has sums of its own; else each answer here is a sum of points."""

    def own_sum(self, periods: RatedPeriods) -> Decimal:
        """The cloud's own sum of what these periods cost."""

    def summary_by_type(self, window: Window) -> list[RatedSum]:
        """The cost of the project in the window by type."""

    def summary_by_resource(self, window: Window) -> list[tuple[str, RatedSum]] | None:
        """The cost by resource id and type; None: the version (v1) does not group by resource."""

    def periods(self, window: Window) -> RatedPeriods:
        """The cost of each collect period that begins in the window."""

    def recent_periods(self, now: datetime, wanted: int, /) -> RatedPeriods:
        """The newest rated periods; none in them is unknown, not zero."""

    def frames_of_type(self, window: Window, kind: str) -> list[RatedFrame]:
        """The cost of one type in each collect period that begins in the window."""

    def points_by_period(self, window: Window) -> Iterator[list[RatedPoint]]:
        """Every point that begins in the window, in order of time, period by period; no list is empty.

        Only two requests' points are held at a time.
        """

    def points(self, window: Window) -> Iterator[RatedPoint]:
        """Every point that begins in the window, day after day."""


class Rating:
    """CloudKitty of one project and region. It knows which version of the API answers; see open_rating()."""

    def __init__(
        self,
        service: Service,
        collect_period_s: int,
        answering: RatingVersion | None,
        read_metrics: Callable[[Service], tuple[RatedMetric, ...]] | None = None,
    ) -> None:
        """answering: the version that answers; None where the first question has to find it out.

        read_metrics: answers metrics(), None for metrics_of().
        """
        self._service = service
        self._answering = answering
        self._read_metrics = read_metrics or metrics_of
        self.collect_period_s = collect_period_s

    @property
    def version(self) -> str:
        """The version of the API that answers: v1 or v2; auto before the first answer."""
        return AUTO if self._answering is None else self._answering.version

    @property
    def has_own_sums(self) -> bool:
        """As RatingVersion, after the first answer."""
        return self._answering is None or self._answering.has_own_sums

    @property
    def url(self) -> str:
        """The service's URL, as the catalog has it."""
        return self._service.url

    @property
    def project_id(self) -> str:
        """The project whose cost is read."""
        return self._service.project_id

    def summary_by_type(self, window: Window) -> list[RatedSum]:
        """As RatingVersion."""
        return self._ask(lambda version: version.summary_by_type(window))

    def summary_by_resource(self, window: Window) -> list[tuple[str, RatedSum]] | None:
        """As RatingVersion."""
        return self._ask(lambda version: version.summary_by_resource(window))

    def periods(self, window: Window) -> RatedPeriods:
        """As RatingVersion."""
        return self._ask(lambda version: version.periods(window))

    def recent_periods(self, now: datetime, wanted: int = 1) -> RatedPeriods:
        """As RatingVersion. wanted: how many periods are needed at most."""
        return self._ask(lambda version: version.recent_periods(now, wanted))

    def frames_of_type(self, window: Window, kind: str) -> list[RatedFrame]:
        """As RatingVersion."""
        return self._ask(lambda version: version.frames_of_type(window, kind))

    def points_by_period(self, window: Window) -> Iterator[list[RatedPoint]]:
        """As RatingVersion."""
        return self._stream(lambda version: version.points_by_period(window))

    def points(self, window: Window) -> Iterator[RatedPoint]:
        """As RatingVersion."""
        return self._stream(lambda version: version.points(window))

    def metrics(self) -> tuple[RatedMetric, ...]:
        """As metrics_of()."""
        return self._read_metrics(self._service)

    def quote(self, items: Sequence[QuoteItem]) -> Decimal:
        """The price of all items for one collect period: POST /v1/rating/quote, whatever the version.

        It changes nothing. What has no price adds 0 to it, and rules of one project only do not count.
        Source: CloudKitty API reference, v1, rating; cloudkitty/orchestrator.py. Raises CloudError.
        """
        reading = "a quote"
        resources = [
            # A desc that is not nested like this is ignored, and only rules of the whole metric count.
            {
                "service": item.metric,
                "volume": format(item.quantity, "f"),
                "desc": {"groupby": {}, "metadata": dict(item.metadata)},
            }
            for item in items
        ]
        body = self._service.post(reading, "/v1/rating/quote", {"resources": resources}).body
        return number(self._service, reading, {"quote": body}, "quote")

    def difference(self, reading: str, own: Iterable[Decimal], cloud: Decimal) -> Decimal:
        """Our own sum less the cloud's (design/reading-a-cloud.md#the-clouds-own-sums).

        Raises Malformed where that is more than noise.
        """
        total = exact_sum(own)
        found = EXACT.subtract(total, cloud)
        if not is_noise(found, cloud, NOISE_OF_SUM_V1 if self.version == V1 else NOISE_OF_SUM):
            problem = (
                f"they add up to {format_exact(total)}, but the cloud's own sum is {format_exact(cloud)}"
            )
            raise Malformed(reading, self.url, problem)
        return found

    def difference_of_periods(self, periods: RatedPeriods) -> Decimal | None:
        """What the periods add up to less the cloud's own sum of them; None where it has no sum that can be
        believed. One request with v1, none with v2, whose periods are the cloud's sums.

        Raises Malformed where that is more than noise.
        """
        if not self.has_own_sums:
            return None
        cloud = self._ask(lambda version: version.own_sum(periods))
        return self.difference("the rated periods", periods.amounts.values(), cloud)

    def _ask(self, question: Callable[[RatingVersion], Answer]) -> Answer:
        """The answer of the version that answers; the first question finds out which one that is."""
        if self._answering is None:
            v2 = RatingV2(self._service, self.collect_period_s)
            try:
                return self._unless_cut(v2, question)
            except NotFound:
                if v2.answered:
                    raise
                self._answering = RatingV1(self._service, self.collect_period_s)
        return self._unless_cut(self._answering, question)

    def _unless_cut(self, version: RatingVersion, question: Callable[[RatingVersion], Answer]) -> Answer:
        """The answer of that version; of one whose sums may be cut, the points' own
        (design/reading-a-cloud.md#cut-sums).
        """
        try:
            answer = question(version)
        except CutSums:
            version = RatingV2Points(self._service, self.collect_period_s)
            answer = question(version)
        self._answering = version
        return answer

    def _stream(self, question: Callable[[RatingVersion], Iterator[Answer]]) -> Iterator[Answer]:
        """_ask() for what is read on the way, of which the first part says which version answers."""
        return self._ask(lambda version: _begun(question(version)))


def metrics_of(service: Service) -> tuple[RatedMetric, ...]:
    """What the cloud rates, by name: GET /v1/info/metrics, whatever the version. One request.

    A plain GET rather than python-cloudkittyclient: so it is retried, timed out, counted and reported as
    every other one is, without another library. Raises CloudError.
    """
    reading = "what is rated"
    body = service.get(reading, "/v1/info/metrics").body
    found = [
        RatedMetric(
            name=service.member(reading, row, "metric_id", str),
            unit=service.member(reading, row, "unit", str),
            metadata=service.list_of_texts(reading, row, "metadata"),
        )
        for row in service.member(reading, body, "metrics", list)
    ]
    return tuple(sorted(found, key=lambda metric: metric.name))


def _begun(stream: Iterator[Answer]) -> Iterator[Answer]:
    first = list(islice(stream, 1))
    return chain(first, stream)


def open_rating(service: Service, api: str, collect_period_s: int) -> Rating:
    """Open CloudKitty of a project and region, once. No request.

    api: v1, v2, or auto, which asks v2 and takes a 404 to the first question as "v1 only". A list of versions
    is never asked for. collect_period_s: how long the cloud's collect period is, in seconds.
    """
    versions: dict[str, RatingVersion | None] = {
        AUTO: None,
        V1: RatingV1(service, collect_period_s),
        V2: RatingV2(service, collect_period_s),
    }
    return Rating(service, collect_period_s, versions[api])
