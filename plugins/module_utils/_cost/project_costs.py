# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Reading what a window has cost in each project and region that is asked for, and in all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from .._core.completeness import ERROR, FORBIDDEN, ServiceStatus
from .._core.errors import CloudError, FinopsError, UnknownAmount
from .._core.rows_file import RowsFile
from .._infomaniak.free_tier import FreeTier
from .._openstack.connection import Cloud, Readings, read_all
from .._openstack.projects import ProjectLogin, ProjectLogins
from .._openstack.rating.api import Rating, open_rating
from .._openstack.rating.every_cost import EveryCost
from .combined import combined, combined_tiers
from .formatter import PointOutput
from .free_traffic import RegionTraffic, read_shared_free_tier
from .options import CostOptions, Row
from .window_cost import WindowCost, read_window_cost

PARALLEL_PROJECTS = 8


@dataclass(frozen=True)
class ProjectCost:
    """What was read of one project in one region. rating None: it could not be opened."""

    login: ProjectLogin
    rating: Rating | None
    readings: Readings

    @property
    def cost(self) -> WindowCost | None:
        """What the window has cost there; None where it could not be read."""
        cost: WindowCost | None = self.readings.values["cost"]
        return cost

    @property
    def columns(self) -> Row:
        """Whose cost it is, as rows of several projects begin with."""
        return self.login.to_result()


@dataclass(frozen=True)
class CostReading:
    """The cost of each project, and of all of them; whole None: something could not be read.

    errors: as the user reads them. unrated: those of every project that have no last rated hour.
    """

    projects: tuple[ProjectCost, ...]
    whole: WindowCost | None
    errors: tuple[FinopsError, ...]
    unrated: tuple[ProjectLogin, ...] = ()


def read_projects(
    logins: ProjectLogins, options: CostOptions, file: RowsFile | None, now: datetime
) -> CostReading:
    """The cost of the window in each project and region.

    Requests: as read_window_cost says for each, and as read_shared_free_tier says where several regions of a
    project share its free tier; of every project as EveryCost says.

    Projects are read in parallel, but one after the other into a file. Raises UnknownAmount, InvalidOption.
    """
    opened = _every_rating(logins, options) if logins.every else _rating_of(options)

    def read(login: ProjectLogin) -> ProjectCost | None:
        whose = login.to_result() if logins.several else {}
        try:
            return _read_project(login, opened, options, PointOutput(options, whose, file), now)
        except UnknownAmount as error:
            if logins.every and options.window is None:
                return None
            raise UnknownAmount(_named(error, login, logins)) from error

    # Into a file one after the other, so that the same points are the same file.
    with ThreadPoolExecutor(max_workers=1 if file else min(len(logins.all), PARALLEL_PROJECTS)) as pool:
        found = list(zip(logins.all, pool.map(read, logins.all), strict=True))
    projects = tuple(one for _login, one in found if one is not None)
    unrated = tuple(login for login, one in found if one is None)
    if not projects:
        raise UnknownAmount("The cloud has rated nothing of any project lately; there is no last rated hour.")
    errors = tuple(
        FinopsError(_named(one, project.login, logins)) if logins.several else one
        for project in projects
        for one in project.readings.errors
    )
    costs = [project.cost for project in projects if project.cost is not None]
    if errors or len(costs) < len(projects):
        return CostReading(projects, None, errors, unrated)
    if not logins.several:
        return CostReading(projects, costs[0], ())
    try:
        tiers = _tiers(projects)
    except CloudError as error:
        return CostReading(projects, None, (error,), unrated)
    if logins.every:
        # What was never rated of a project says nothing of how far the others are rated.
        costs = [cost for cost in costs if not cost.never_rated] or costs
    return CostReading(projects, combined(costs, combined_tiers(tiers)), (), unrated)


def _rating_of(options: CostOptions) -> Callable[[Cloud], Rating]:
    def opened(cloud: Cloud) -> Rating:
        return open_rating(cloud.service("rating"), options.rating_api, options.collect_period_s)

    return opened


def _every_rating(logins: ProjectLogins, options: CostOptions) -> Callable[[Cloud], Rating]:
    """The rating of each project, whose answers are read for all of its region at once."""
    by_region: dict[str | None, EveryCost] = {}
    projects = frozenset(login.opened.identity.project_id for login in logins.all)
    for login in logins.all:
        cloud = login.opened
        if login.region not in by_region and cloud.offers("rating"):
            api, period_s = options.rating_api, options.collect_period_s
            by_region[login.region] = EveryCost(cloud.service("rating"), api, period_s, projects)

    def opened(cloud: Cloud) -> Rating:
        return by_region[cloud.identity.region].rating(cloud.identity.project_id)

    return opened


def _read_project(
    login: ProjectLogin,
    opened: Callable[[Cloud], Rating],
    options: CostOptions,
    output: PointOutput,
    now: datetime,
) -> ProjectCost:
    if login.error is not None:
        status = FORBIDDEN if login.error.http_status in (401, 403) else ERROR
        refused = ServiceStatus(status, login.error.http_status, str(login.error))
        return ProjectCost(login, None, Readings({"cost": None}, {"rating": refused}, (login.error,)))
    cloud, rating = login.opened, None
    if cloud.offers("rating"):
        rating = opened(cloud)

    def read(_service: object) -> WindowCost | None:
        return None if rating is None else read_window_cost(rating, options, output, now)

    readings = read_all(cloud, {"cost": ("rating", read)}, required=("rating",))
    return ProjectCost(login, rating, readings)


def _named(error: FinopsError, login: ProjectLogin, logins: ProjectLogins) -> str:
    """The error, with the project's name where there are several."""
    return f"{login.name}: {error}" if logins.several else str(error)


def _tiers(projects: Sequence[ProjectCost]) -> list[FreeTier]:
    """The free tier of each project that has traffic."""
    by_project: dict[str, list[RegionTraffic]] = {}
    for project in projects:
        rating, cost = project.rating, project.cost
        if rating is not None and cost is not None:
            region = RegionTraffic(rating, cost.rated, cost.metrics, cost.free)
            by_project.setdefault(rating.project_id, []).append(region)
    shared = (read_shared_free_tier(regions) for regions in by_project.values())
    return [tier for tier in shared if tier is not None]
