# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""CloudKitty as a source: what it has rated of one project in one region (design/imports.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .._core import spans
from .._core.completeness import OK, CloudIdentity, ServiceStatus
from .._core.errors import UnknownAmount
from .._core.money import EXACT, format_amount, format_exact
from .._core.periods import Window, ceil_to, iso
from .._infomaniak import free_tier
from .._ledger import feed_changes, feeds, sql
from .._ledger.watch import Watch, unwatched
from .._openstack.connection import Cloud
from .._openstack.rating.answers import RatedPeriods, RatedPoint
from .._openstack.rating.api import Rating, open_rating
from .entry_writer import Signature
from .free_tier_credit import Credit
from .in_use import uses_nothing
from .rated_entries import Feeding
from .rated_window import USUAL_LAG_PERIODS, Unit, missing_of, to_read, unit_of, units, with_points
from .resource_tags import EveryResource, read_resources
from .run import run_import
from .source import Stored


@dataclass(frozen=True)
class ImportOptions:
    """asked: None for since the last import; a first one begins with the previous month. reread: also hours
    whose sum is the same. flow_metrics: None for those of the table.

    empty_until: the project had nothing that costs before, None where nobody said so.
    """

    asked: Window | None
    rating_api: str
    rating_currency: str
    collect_period_s: int
    metric_categories: Mapping[str, str]
    layout: feeds.ImportLayout
    reread: bool = False
    flow_metrics: Collection[str] | None = None
    empty_until: datetime | None = None


def import_cost(
    cloud: Cloud,
    ledger_options: sql.LedgerOptions,
    options: ImportOptions,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """The result of cost_import: run_import() for CloudKitty. Raises as that does."""
    signature = Signature(now, recorded_by)
    return run_import(CloudKitty(cloud, options), options.asked, ledger_options, signature, check_mode, watch)


@dataclass(frozen=True)
class OfEvery:
    """One of all projects, which an operator's login reads: whose it is, its part of what was rated,
    rating_regions() of the login, whose catalog is everybody's, and the resources of all.
    """

    identity: CloudIdentity
    rating: Rating
    rating_regions: tuple[tuple[str, str], ...]
    resources: EveryResource


@dataclass(frozen=True)
class CloudKitty:
    """A Source: the rating service of a project's cloud. of_every: of another project than the
    login's own.
    """

    cloud: Cloud
    options: ImportOptions
    of_every: OfEvery | None = None

    @property
    def feeding(self) -> Feeding:
        """The feed of the project and region."""
        identity = self._identity
        return Feeding(
            key=feeds.FeedKey(identity.region or "", identity.project_id),
            auth_url=identity.auth_url,
            cloud=identity.name,
            project_name=identity.project_name,
            currency=self.options.rating_currency,
            currency_option="rating_currency",
            collect_period_s=self.options.collect_period_s,
            layout=self.options.layout,
            metric_categories=self.options.metric_categories,
            resources={},
            flow_metrics=self.options.flow_metrics,
            rating_regions=self._rating_regions,
        )

    def window(self, asked: Window, feed: feeds.Feed | None) -> Window:
        """The window with all of every unit that it cuts: a unit is written as a whole."""
        first = self._unit(asked.begin, feed)
        last = self._unit(max(asked.begin, asked.end - timedelta(seconds=1)), feed)
        return spans.hull((asked, first, last))

    def read(self, window: Window, stored: Stored, now: datetime) -> CloudKittyDelivery:
        """The sums of the window's periods, and what has to be read for them.

        Requests: the sums, with v1 the cloud's own of the window; the use of every service if periods are
        missing; the lists of resources if tags are imported and anything is to be read. Raises CloudError,
        UnknownAmount.
        """
        options = self.options
        rating = self.of_every.rating if self.of_every else self._opened()
        periods = rating.periods(window)
        off_by = rating.difference_of_periods(periods)
        known, holes = self._judge(periods, stored, now)
        if stored.feed is None and not known:
            raise UnknownAmount(
                f"{rating.url} has rated nothing of project {self._identity.project_name} from"
                f" {iso(window.begin)} to {iso(window.end)}, so the cost is unknown."
            )
        wanted, unread_noise = to_read(known, stored.sums, lambda unit: self._is_covered(unit, stored.feed))
        resources: Mapping[str, feed_changes.FeedResource] = {}
        if options.layout.tagged and any(unit.rated for unit in wanted):
            resources = {**stored.resources, **self._read_resources()}
        noise = None if off_by is None else EXACT.add(off_by, unread_noise)
        imported_in = sorted({there for _region, there in self._rating_regions})
        return CloudKittyDelivery(rating, options, known, wanted, holes, resources, noise, imported_in)

    @property
    def _identity(self) -> CloudIdentity:
        return self.of_every.identity if self.of_every else self.cloud.identity

    @property
    def _rating_regions(self) -> tuple[tuple[str, str], ...]:
        return self.of_every.rating_regions if self.of_every else rating_regions(self.cloud)

    def _read_resources(self) -> dict[str, feed_changes.FeedResource]:
        if self.of_every:
            return self.of_every.resources.of(self._identity.project_id)
        return read_resources(self.cloud)

    def _opened(self) -> Rating:
        options = self.options
        return open_rating(self.cloud.service("rating"), options.rating_api, options.collect_period_s)

    def _unit(self, moment: datetime, feed: feeds.Feed | None) -> Window:
        imported = feed.imported if feed else ()
        return unit_of(moment, self.options.layout, imported, self.options.collect_period_s)

    def _judge(
        self, periods: RatedPeriods, stored: Stored, now: datetime
    ) -> tuple[list[Unit], list[datetime]]:
        """The units of the periods that are rated or known to cost nothing, and the begins of those that are
        missing although the project uses something (design/imports.md#missing-hours).
        """
        collect_period_s, empty_until = self.options.collect_period_s, self.options.empty_until
        period = timedelta(seconds=collect_period_s)

        def unit(moment: datetime) -> Window:
            return self._unit(moment, stored.feed)

        missing = missing_of(periods, ceil_to(now + timedelta(seconds=1), collect_period_s) - period)
        costly = {unit(begin) for begin, amount_nano in stored.sums.items() if amount_nano}

        def is_known(begin: datetime) -> bool:
            """Whether it was found empty when it was new, or lies before the project had anything."""
            if empty_until is not None and begin + period <= empty_until:
                return True
            was_covered = (
                stored.feed is not None and stored.feed.first_hole(Window(begin, begin + period)) is None
            )
            return was_covered and unit(begin) not in costly

        empty = {begin for begin in (*missing.inner, *missing.trailing) if is_known(begin)}
        inner, trailing = (
            [begin for begin in begins if begin not in empty] for begins in (missing.inner, missing.trailing)
        )
        holes = [*inner, *(trailing if len(trailing) > USUAL_LAG_PERIODS else ())]
        # What another project uses is told to its own login only.
        if holes and not self.of_every and uses_nothing(self.cloud):
            empty |= {*inner, *trailing}
            holes = []
        return units(periods, empty, unit), holes

    def _is_covered(self, unit: Unit, feed: feeds.Feed | None) -> bool:
        """Whether all that is known of the unit was imported, in the layout that is asked for."""
        if feed is None or self.options.reread:
            return False
        alike = [one.window for one in feed.imported if one.layout == self.options.layout]
        return all(
            any(spans.covers(window, part) for window in alike)
            for part in unit.covered(self.options.collect_period_s)
        )


@dataclass
class CloudKittyDelivery:
    """A Delivery: the units of a window, whose points are read as they are written.

    withdrawn: begins of the periods that are not rated although the project uses something. noise: what the
    points and the ledger differ from the cloud's own sums in all, so far; None where it has none to believe.
    """

    rating: Rating
    options: ImportOptions
    units: Sequence[Unit]
    wanted: Sequence[Unit]
    withdrawn: Sequence[datetime]
    resources: Mapping[str, feed_changes.FeedResource]
    noise: Decimal | None
    #: The regions whose feeds together bring the cost of the whole project.
    rating_regions: Sequence[str]

    def points(self) -> Iterator[tuple[Unit, Sequence[RatedPoint]]]:
        """The points of each unit. Raises Malformed for some that do not add up to the cloud's own sum."""
        for unit, points in with_points(self.rating, self.wanted):
            amounts = (point.amount for point in points)
            of_unit = self.rating.difference("the rated points", amounts, unit.cloud_sum)
            self.noise = None if self.noise is None else EXACT.add(self.noise, of_unit)
            yield unit, points

    def traffic_unit(self) -> str | None:
        """One request."""
        return next((one.unit for one in self.rating.metrics() if one.name == free_tier.METRIC), None)

    def holes(self, _feed: feeds.Feed | None) -> Sequence[datetime]:
        """What the cloud lacks, the ledger lacks too."""
        return self.withdrawn

    def to_result(self, unknown_tags: Collection[str], free: Sequence[Credit]) -> dict[str, Any]:
        """The layout, the noise, the tags and the free tier."""
        layout = self.options.layout
        return {
            "resolution": layout.resolution,
            "group_by": layout.grouping,
            "tags_imported": layout.tagged,
            "cloud_difference": None if self.noise is None else format_exact(self.noise),
            "rating_regions": list(self.rating_regions),
            "unknown_tags": sorted(unknown_tags),
            "free_tier": {
                "scope": free_tier.SCOPE,
                # Null if it is unknown how much traffic went out, so that nothing was credited.
                "credits": {
                    f"{one.month:%Y-%m}": None if one.amount is None else format_amount(one.amount)
                    for one in free
                },
            },
            "services": {"rating": ServiceStatus(OK, 200, None).to_result()},
        }


def rating_regions(cloud: Cloud) -> tuple[tuple[str, str], ...]:
    """Each region of the catalog that has a rating service, and the region whose feed brings its cost: of
    those with one URL the login's own, else the first by name. No request.
    """
    own = cloud.identity.region
    urls = sorted(cloud.service_urls("rating").items(), key=lambda one: (one[0] != own, one))
    brought_by: dict[str, str] = {}
    for region, url in urls:
        brought_by.setdefault(url, region)
    return tuple(sorted((region, brought_by[url]) for region, url in urls))
