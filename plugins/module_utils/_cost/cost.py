# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What has been charged in a window, as infomaniak_cost_info tells it: of one project and region, or of
several and each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._core.completeness import ABSENT, ERROR, FORBIDDEN, OK, ServiceStatus
from .._core.errors import CloudError, FinopsError, UnknownAmount
from .._core.periods import Window, iso
from .._core.rates import ICU
from .._core.rows_file import RowsFile, writing
from .._infomaniak.free_tier import FreeTier
from .._openstack.connection import Readings, Service, raise_errors, read_all
from .._openstack.places import Place, Places
from .free_traffic import Region, read_shared_free_tier
from .options import CostOptions, Row
from .point_rows import PointRows, columns
from .rows import Source, told
from .together import added_tiers, together
from .window_cost import Question, WindowCost, read_window_cost

#: Of several statuses the one that is told.
_WORST_FIRST = (ERROR, FORBIDDEN, ABSENT, OK)
PARALLEL_PLACES = 8
#: What the whole tells of each resource and point, with whose it is, and of the clouds; a part does not tell
#: it again.
_OF_THE_WHOLE = ("by_resource", "by_resource_hour", "by_project", "dataframes", "dest", "points", "metrics")


@dataclass(frozen=True)
class Part:
    """What was read of one place; cost None: it could not be."""

    place: Place
    readings: Readings

    @property
    def cost(self) -> WindowCost | None:
        """What it was there."""
        cost: WindowCost | None = self.readings.values["cost"]
        return cost


@dataclass(frozen=True)
class Reading:
    """Every part, and all of them together; whole None: something could not be read. errors: as a user has to
    know them.
    """

    parts: tuple[Part, ...]
    whole: WindowCost | None
    errors: tuple[FinopsError, ...]


class _Unread(Exception):
    """Leaves the file as it was: half of the points are not those of the window."""


def read_cost(places: Places, options: CostOptions, now: datetime) -> dict[str, Any]:
    """The result of infomaniak_cost_info: total, rows by type and category, and what else was asked for, in
    the asked currency.

    Requests as read_window_cost says for each place, and where several regions of a project share its free
    tier as read_shared_free_tier says. Places are read in parallel; one after the other into a file, which
    has their points in their order. Raises FinopsError for what was not read unless on_error is warn, which
    leaves `cost` null; UnknownAmount, InvalidOption.
    """
    written: RowsFile | None = None
    with suppress(_Unread), _file(options, places) as file:
        reading = _read(places, options, file, now)
        if reading.errors:
            raise _Unread
        written = file
    if options.on_error == "fail":
        raise_errors(reading.errors)
    return _result(places, reading, options, written)


def _file(options: CostOptions, places: Places) -> AbstractContextManager[RowsFile | None]:
    if options.dest is None:
        return nullcontext()
    return writing(options.dest, columns(places.several), options.check_mode, options.attributes)


def _read(places: Places, options: CostOptions, file: RowsFile | None, now: datetime) -> Reading:
    def read(place: Place) -> Part:
        try:
            return _read_place(place, _question(options, place, places.several, file), now)
        except UnknownAmount as error:
            raise UnknownAmount(_named(error, place, places)) from error

    # Into a file one after the other, so that the same points are the same file.
    with ThreadPoolExecutor(max_workers=1 if file else min(len(places.all), PARALLEL_PLACES)) as pool:
        parts = tuple(pool.map(read, places.all))
    errors = tuple(
        FinopsError(_named(one, part.place, places)) if places.several else one
        for part in parts
        for one in part.readings.errors
    )
    costs = [part.cost for part in parts if part.cost is not None]
    if errors or len(costs) < len(parts):
        return Reading(parts, None, errors)
    if not places.several:
        return Reading(parts, costs[0], ())
    try:
        tiers = _tiers(parts, options)
    except CloudError as error:
        return Reading(parts, None, (error,))
    return Reading(parts, together(costs, added_tiers(tiers)), ())


def _read_place(place: Place, question: Question, now: datetime) -> Part:
    if place.error is not None:
        status = FORBIDDEN if place.error.http_status in (401, 403) else ERROR
        told = ServiceStatus(status, place.error.http_status, str(place.error))
        return Part(place, Readings({"cost": None}, {"rating": told}, (place.error,)))

    def read(service: Service) -> WindowCost:
        return read_window_cost(service, question, now)

    return Part(place, read_all(place.opened, {"cost": ("rating", read)}, required=("rating",)))


def _question(
    options: CostOptions, place: Place | None = None, several: bool = False, file: RowsFile | None = None
) -> Question:
    return Question(
        window=options.window,
        named=options.named,
        zone=options.zone,
        rating_api=options.rating_api,
        collect_period_s=options.collect_period_s,
        rows=PointRows(options, place.to_result() if place is not None and several else {}),
        with_rated_through=options.with_rated_through,
        group_by=options.group_by,
        dataframes=options.dataframes,
        file=file,
        with_metrics=options.with_metrics,
        with_previous=options.with_previous,
        with_forecast=options.with_forecast,
        # It is what one provider promises, and this is its currency.
        with_free_tier=options.rating_currency == ICU,
    )


def _named(error: FinopsError, place: Place, places: Places) -> str:
    """The error, with its place where there are several."""
    return f"{place.name}: {error}" if places.several else str(error)


def _tiers(parts: Sequence[Part], options: CostOptions) -> list[FreeTier]:
    """The free tier of each project that has traffic."""
    by_project: dict[str, list[Region]] = {}
    for part in parts:
        if part.cost is not None:
            service, cost = part.place.opened.service("rating"), part.cost
            region = Region(service, cost.api or options.rating_api, cost.rated, cost.metrics, cost.free)
            by_project.setdefault(service.project_id, []).append(region)
    shared = (read_shared_free_tier(regions, options.collect_period_s) for regions in by_project.values())
    return [tier for tier in shared if tier is not None]


def _result(places: Places, reading: Reading, options: CostOptions, file: RowsFile | None) -> dict[str, Any]:
    whole = reading.whole
    window = options.window if whole is None else whole.window
    result = {
        "changed": file is not None and file.changed,
        "services": {"rating": _status(reading, places).to_result()},
        "complete": not reading.errors,
        **_period(window),
        "currency": options.currency,
        "tax": "excluded",
        "cost": None if whole is None else _whole(whole, reading.parts, options, places.several, file),
    }
    if not places.several:
        return result
    return {**result, "cloud": places.to_result(), "parts": [_part(part, options) for part in reading.parts]}


def _whole(
    whole: WindowCost, parts: Sequence[Part], options: CostOptions, several: bool, file: RowsFile | None
) -> Row:
    sources = [_source(part.place, part.cost) for part in parts if part.cost is not None]
    of_file = {
        "dest": None if file is None else str(file.path),
        "points": None if file is None else file.count,
    }
    return {**told(whole, sources, options, several), **of_file}


def _source(place: Place, cost: WindowCost) -> Source:
    identity = place.opened.identity
    return Source(identity.region, identity.project_id, identity.project_name, cost)


def _part(part: Part, options: CostOptions) -> Row:
    """A part of several: whose it is, how reading it went, and what it cost."""
    window = options.window if part.cost is None else part.cost.window
    cost = None
    if part.cost is not None:
        row = told(part.cost, [_source(part.place, part.cost)], options, several=False)
        cost = {key: value for key, value in row.items() if key not in _OF_THE_WHOLE}
    return {
        **part.place.to_result(),
        "services": {name: status.to_result() for name, status in part.readings.services.items()},
        "complete": part.readings.complete,
        **_period(window),
        "cost": cost,
    }


def _period(window: Window | None) -> Row:
    return {
        "period_start": None if window is None else iso(window.begin),
        "period_end": None if window is None else iso(window.end),
    }


def _status(reading: Reading, places: Places) -> ServiceStatus:
    """How reading went; of several parts the worst, with all that is wrong."""
    statuses = [part.readings.services["rating"] for part in reading.parts]
    worst = min(statuses, key=lambda one: _WORST_FIRST.index(one.status))
    if not places.several or not reading.errors:
        return worst
    message = " ".join(str(error).rstrip(".") + "." for error in reading.errors)
    return ServiceStatus(ERROR if worst.status == OK else worst.status, worst.http_status, message)
