# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request asks CloudKitty for: whose points, at which prices, of which period, filtered by what.

Both of its APIs ask alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import web

from sandbox_cloud import history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.history import Series
from sandbox_cloud.scenario import priced
from sandbox_cloud.summary import Window

#: Project, metric and resource of a series -> its points as text, before and behind the dates of each period.
Rendered = dict[tuple[str, str, str], tuple[str, str]]


def in_region(region: str) -> str:
    """What the path of the rating service goes on with in one of the other regions."""
    return f"/in/{region}"


def place(cloud: Cloud, request: web.Request) -> Cloud:
    """The cloud as rating sees it where the request goes to: in that region, for the token's project."""
    region = _region(request)
    owner = request["identity"].owner if cloud.owns_all(request["identity"]) else cloud.scenario.project
    scenario = cloud.cached(("priced", owner, region), lambda: priced(cloud.scenario, owner, region))
    rendered = cloud.cached(("rendered", owner, region), dict)
    return dataclasses.replace(cloud, scenario=scenario, rendered=rendered, unpriced_scenario=cloud.scenario)


def _region(request: web.Request) -> str | None:
    segments = request.path.split("/")
    return segments[3] if segments[2] == "in" else None


def window(cloud: Cloud, request: web.Request) -> Window:
    """begin and end, by default this month's and the next one's first; naive is UTC.

    ValueError for what is no date.
    """
    month = cloud.now().replace(day=1, hour=0, minute=0, second=0)
    begin, end = (
        _moment(request.query[name]) if name in request.query else None for name in ("begin", "end")
    )
    return begin or month, end or (month + timedelta(days=32)).replace(day=1)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text).replace(microsecond=0)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def known(cloud: Cloud, request: web.Request) -> tuple[Series, ...]:
    """What was rated of the token's project, whichever one the request asks for; of the
    other one it is nothing. For an operator, of every project.
    """
    if cloud.is_operator(request["identity"]):
        region = _region(request)
        return history.of_every_project(cloud, lambda owner: priced(cloud.unpriced, owner, region))
    return history.series(cloud) if cloud.owns_all(request["identity"]) else ()


def filters(request: web.Request) -> dict[str, set[str]]:
    """Key -> accepted values of filters=key:value,key:value. ValueError for what is no pair."""
    wanted: dict[str, set[str]] = {}
    for pair in ",".join(request.query.getall("filters", [])).split(","):
        if pair.count(":") != 1 and pair:
            raise ValueError(pair)
        if pair:
            name, value = pair.split(":")
            wanted.setdefault(name, set()).add(value)
    return wanted


def chosen(points: Sequence[Series], wanted: dict[str, set[str]], by_operator: bool) -> list[Series]:
    """The series that have one of the values of every key; a filter on the project is the token's own,
    without a word, unless an operator asks.
    """

    def matches(one: Series, name: str, values: set[str]) -> bool:
        of = {"type": one.metric, "id": one.resource_id, "project_id": one.project_id, **dict(one.metadata)}
        return (name == "project_id" and not by_operator) or of.get(name) in values

    if not wanted:
        return list(points)
    return [one for one in points if all(matches(one, name, values) for name, values in wanted.items())]
