# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gnocchi: resources and their search, metrics, measures, aggregates over many
resources, archive policies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import groupby as runs
from itertools import pairwise
from typing import Any
from uuid import UUID

from aiohttp import web

from sandbox_cloud import answers, metering
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.metering import Metric, Resource
from sandbox_cloud.services import metric_query, metric_rows

PAGE_LIMIT = 1000
AGGREGATIONS = ("mean", "sum", "min", "max", "count", "std")
_TITLES = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 415: "Unsupported Media Type"}
_NOT_TOGETHER = "Metrics cannot be aggregated"
_RELATIVE = re.compile(r"-\s*(\d+)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_Answer = Callable[[Cloud, web.Request], web.Response]


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The metric service's routes."""

    def bound(handler: _Answer) -> Any:
        async def answer(request: web.Request) -> web.Response:
            return handler(cloud, request)

        return answer

    async def search(request: web.Request) -> web.Response:
        return _search(cloud, request, await _json(request))

    async def aggregates(request: web.Request) -> web.Response:
        if not await request.text():
            raise _refused(415, "")
        return _aggregates(cloud, request, await _json(request))

    base = f"{prefix}/v1"
    handlers: dict[str, _Answer] = {
        "/resource/{type}": _resources,
        "/resource/{type}/{id}": _resource,
        "/resource/{type}/{id}/metric": _metrics_of,
        "/resource/{type}/{id}/metric/{metric}": _metric,
        "/resource/{type}/{id}/metric/{metric}/measures": _measures,
        "/metric": _metrics,
        "/metric/{metric}": _metric,
        "/metric/{metric}/measures": _measures,
        "/archive_policy": _policies,
        "/archive_policy/{name}": _policy,
        "/resource_type": _types,
        "/capabilities": _capabilities,
        "/status": _status,
    }
    return [
        web.get(prefix, bound(_version)),
        web.get(f"{prefix}/", bound(_version)),
        *(web.get(f"{base}{path}", bound(handler)) for path, handler in handlers.items()),
        web.post(f"{base}/search/resource/{{type}}", search),
        web.post(f"{base}/aggregates", aggregates),
    ]


async def _json(request: web.Request) -> Any:
    text = await request.text()
    try:
        return json.loads(text) if text else {}
    except ValueError as problem:
        raise _refused(400, f"Unable to decode body: {problem}") from problem


def _refused(status: int, description: Any) -> answers.Refused:
    return answers.Refused(
        answers.body({"code": status, "title": _TITLES[status], "description": description}, status)
    )


def _version(_cloud: Cloud, request: web.Request) -> web.Response:
    link = f"{request.url.origin()}{request.path.rstrip('/')}/v1/"
    version = {"status": "CURRENT", "links": [{"rel": "self", "href": link}], "id": "v1.0"}
    return answers.body({"build": "4.7.1", "versions": [version]})


def _own(cloud: Cloud, request: web.Request) -> tuple[Resource, ...]:
    return metering.resources(cloud) if cloud.owns_all(request["identity"]) else ()


def _of_type(some: Sequence[Resource], kind: str) -> list[Resource]:
    if kind not in metering.TYPES:
        raise _refused(404, f"Resource type {kind} does not exist")
    return [one for one in some if kind in ("generic", one.kind)]


def _found(cloud: Cloud, request: web.Request) -> Resource:
    """The resource of the URL; 404 where there is none, 403 where it is another project's."""
    kind, wanted = request.match_info["type"], request.match_info["id"]
    every = _of_type(metering.resources(cloud), kind)
    found = next((one for one in every if wanted in (one.resource_id, one.original_id)), None)
    if found is None:
        raise _refused(404, f"Resource {wanted} does not exist")
    if "metric" in request.match_info and request.match_info["metric"] not in [
        one.name for one in found.metrics
    ]:
        raise _refused(404, f"Metric {request.match_info['metric']} does not exist")
    if not cloud.owns_all(request["identity"]):
        raise _refused(403, "")
    return found


def _found_metric(cloud: Cloud, request: web.Request) -> Metric:
    wanted = request.match_info["metric"]
    if "id" in request.match_info:
        return next(one for one in _found(cloud, request).metrics if one.name == wanted)
    return _by_id(cloud, request, wanted)


def _by_id(cloud: Cloud, request: web.Request, wanted: str) -> Metric:
    known: dict[str, Metric] = cloud.cached(
        "metrics",
        lambda: {metric.metric_id: metric for one in metering.resources(cloud) for metric in one.metrics},
    )
    if wanted not in known:
        raise _refused(404, f"Metric {wanted} does not exist")
    if not cloud.owns_all(request["identity"]):
        raise _refused(403, "")
    return known[wanted]


def _listed(request: web.Request, rows: list[dict[str, Any]]) -> web.Response:
    """A page of at most 1000 in the order that sort asks for, the next one named in a header."""
    limit, marker = request.query.get("limit", ""), request.query.get("marker")
    if limit.isdigit() and int(limit) < 1:
        reason = "value must be at least 1 for dictionary value @ data['limit']"
        raise _refused(400, {"cause": "Argument value error", "reason": reason})
    if marker is not None and marker not in [row["id"] for row in rows]:
        raise _refused(400, f"Invalid pagination: `Invalid marker: `{marker}''")
    for order in reversed(request.query.getall("sort", [])):
        name, _colon, direction = order.partition(":")
        rows = sorted(rows, key=lambda row: str(row.get(name)), reverse=direction.startswith("desc"))
    chosen, following = answers.page("metric", request, rows, PAGE_LIMIT)
    return answers.body(chosen, headers={"Link": f'<{following}>; rel="next"'} if following else {})


def _details(request: web.Request) -> bool:
    return request.query.get("details", "").lower() in ("true", "1", "yes")


def _resources(cloud: Cloud, request: web.Request) -> web.Response:
    kind, details = request.match_info["type"], _details(request)
    return _listed(
        request,
        [
            metric_rows.resource(cloud, one, kind, details=details)
            for one in _of_type(_own(cloud, request), kind)
        ],
    )


def _resource(cloud: Cloud, request: web.Request) -> web.Response:
    return answers.body(metric_rows.resource(cloud, _found(cloud, request), request.match_info["type"]))


def _search(cloud: Cloud, request: web.Request, body: Any) -> web.Response:
    """By a JSON filter in the body, or a sentence in filter=."""
    kind = request.match_info["type"]
    return _listed(request, _matching(cloud, request, kind, request.query.get("filter") or body))


def _matching(cloud: Cloud, request: web.Request, kind: str, wanted: Any) -> list[dict[str, Any]]:
    try:
        wanted = metric_query.parse_filter(wanted) if isinstance(wanted, str) else wanted
        told = {
            one.resource_id: metric_rows.resource(cloud, one, kind)
            for one in _of_type(_own(cloud, request), kind)
        }
        found = [row for row in told.values() if metric_query.matches(row, wanted)]
        if not _details(request):
            return found
        kept = {row["id"] for row in found}
        every = metering.resources(cloud)
        return [
            metric_rows.resource(cloud, one, kind, details=True) for one in every if one.resource_id in kept
        ]
    except metric_query.Unreadable as problem:
        raise _refused(400, {"cause": "Invalid filter", "detail": str(problem)}) from problem


def _metrics(cloud: Cloud, request: web.Request) -> web.Response:
    every = [metric for one in _own(cloud, request) for metric in one.metrics]
    rows = [metric_rows.metric(one) for one in sorted(every, key=lambda one: one.metric_id)]
    for key in ("name", "unit", "id"):
        if key in request.query:
            rows = [row for row in rows if row[key] == request.query[key]]
    return _listed(request, rows)


def _metrics_of(cloud: Cloud, request: web.Request) -> web.Response:
    return answers.body([metric_rows.metric(one) for one in _found(cloud, request).metrics])


def _metric(cloud: Cloud, request: web.Request) -> web.Response:
    return answers.body(metric_rows.metric(_found_metric(cloud, request)))


def _seconds(cloud: Cloud, request: web.Request, name: str) -> int | None:
    """A moment of the request: ISO 8601, naive is UTC, or so long ago as in -30min."""
    text = request.query.get(name)
    if text is None:
        return None
    relative = _RELATIVE.fullmatch(text)
    if relative:
        return int(cloud.now().timestamp()) - int(relative[1]) * _SECONDS[relative[2][0]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise _unusable(name, "Must be a datetime or a timestamp") from problem
    return int((moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp())


def _granularity(request: web.Request, name: str = "granularity") -> float | None:
    try:
        return float(request.query[name]) if name in request.query else None
    except ValueError as problem:
        raise _unusable(name, "Unable to parse timespan") from problem


def _unusable(name: str, reason: str) -> answers.Refused:
    return _refused(400, {"cause": "Argument value error", "detail": name, "reason": reason})


def _measures(cloud: Cloud, request: web.Request) -> web.Response:
    """[timestamp, granularity, value] of each granule; without a granularity those of all of them, one after
    the other.
    """
    metric, aggregation = _found_metric(cloud, request), request.query.get("aggregation", "mean")
    kept = metering.POLICIES[metric.policy].kept_days
    if aggregation not in metering.POLICIES[metric.policy].methods:
        detail = {"metric": metric.metric_id, "aggregation_method": aggregation}
        raise _refused(404, {"cause": "Aggregation method does not exist for this metric", "detail": detail})
    granularity, resample = _granularity(request), _granularity(request, "resample")
    if resample and granularity is None:
        raise _refused(400, "A granularity must be specified to resample")
    if granularity is not None and granularity not in kept:
        said = (
            f"Aggregation method '{aggregation}' at granularity '{granularity}' for metric"
            f" {metric.metric_id} does not exist"
        )
        raise _refused(404, said)
    begin, end = _seconds(cloud, request, "start"), _seconds(cloud, request, "stop")
    rows: list[list[Any]] = []
    for one in kept if granularity is None else (int(granularity),):
        found = metering.measures(cloud, metric, aggregation, one, begin, end)
        if resample:
            found, one = _resampled(found, aggregation, int(resample)), int(resample)  # noqa: PLW2901
        rows += _rows(found, one)
    return answers.body(rows)


def _resampled(found: list[tuple[int, float]], aggregation: str, seconds: int) -> list[tuple[int, float]]:
    """By coarser granules; of a rate Gnocchi takes the changes once more before it does."""
    method = aggregation.removeprefix("rate:")
    if method != aggregation:
        found = [(at, value - before) for (_at, before), (at, value) in pairwise(found)]
    grouped = (
        (at, [value for _at, value in some]) for at, some in runs(found, key=lambda one: one[0] // seconds)
    )
    return [
        (at * seconds, value)
        for at, some in grouped
        if (value := metering.combined(method, some)) is not None
    ]


def _rows(found: Sequence[tuple[int, float]], granularity: int) -> list[list[Any]]:
    return [[datetime.fromtimestamp(at, UTC).isoformat(), float(granularity), value] for at, value in found]


def _aggregates(cloud: Cloud, request: web.Request, body: Any) -> web.Response:
    """Measures of many metrics in one answer, as they are or combined; with groupby one answer for each group
    of resources.
    """
    try:
        operations = metric_query.parse_operations(body.get("operations") if isinstance(body, dict) else None)
        method, wanted = metric_query.aggregated(operations, AGGREGATIONS)
    except metric_query.Unreadable as problem:
        raise _refused(400, {"cause": "Invalid operations", "detail": str(problem)}) from problem
    if "resource_type" not in body:
        some = _of_ids(cloud, request, wanted)
        return answers.body({"measures": _combined(cloud, request, some, method, by_resource=False)})
    rows = _matching(cloud, request, body["resource_type"], body.get("search"))
    names = request.query.getall("groupby", [])
    if not names:
        some = _of_resources(cloud, request, rows, wanted)
        return answers.body({"measures": _combined(cloud, request, some, method, by_resource=True)})
    _refuse_missing(rows, wanted)
    told = []
    for key, group in runs(sorted(rows, key=lambda row: _key(row, names)), key=lambda row: _key(row, names)):
        members = [row for row in group if any(name in row["metrics"] for name, _aggregation in wanted)]
        if members:
            some = _of_resources(cloud, request, members, wanted)
            measures = {"measures": _combined(cloud, request, some, method, by_resource=True)}
            told.append({"group": dict(zip(names, key, strict=True)), "measures": measures})
    return answers.body(told)


def _of_ids(cloud: Cloud, request: web.Request, wanted: list[tuple[str, str]]) -> list[tuple[Metric, str]]:
    """What the ids stand for. Raises Refused where one is no id, or nothing has it."""
    try:
        ids = [str(UUID(metric_id)) for metric_id, _aggregation in wanted]
    except ValueError as problem:
        said = {
            "cause": "Invalid metric references",
            "reason": str(problem),
            "detail": [list(one) for one in wanted],
        }
        raise _refused(400, said) from problem
    known = {metric.metric_id for one in metering.resources(cloud) for metric in one.metrics}
    missing = sorted(set(ids) - known)
    if missing:
        said = {"cause": "Unknown metrics", "reason": "Provided metrics don't exists", "detail": missing}
        raise _refused(404, said)
    return [
        (_by_id(cloud, request, metric_id), how) for metric_id, (_id, how) in zip(ids, wanted, strict=True)
    ]


def _key(row: dict[str, Any], names: list[str]) -> list[str]:
    if not all(name in row for name in names):
        raise _refused(400, "Invalid groupby attribute")
    return [str(row[name]) for name in names]


def _refuse_missing(rows: list[dict[str, Any]], wanted: list[tuple[str, str]]) -> None:
    names = sorted({name for name, _aggregation in wanted})
    if not any(name in row["metrics"] for row in rows for name in names):
        raise _refused(404, f"Metric {names} does not exist")


def _of_resources(
    cloud: Cloud, request: web.Request, rows: list[dict[str, Any]], wanted: list[tuple[str, str]]
) -> list[tuple[Metric, str]]:
    _refuse_missing(rows, wanted)
    return [
        (_by_id(cloud, request, row["metrics"][name]), aggregation)
        for row in rows
        for name, aggregation in wanted
        if name in row["metrics"]
    ]


def _combined(
    cloud: Cloud,
    request: web.Request,
    some: list[tuple[Metric, str]],
    method: str | None,
    *,
    by_resource: bool,
) -> dict[str, Any]:
    """Combined by the method; without one resource -> metric -> aggregation -> measures, or metric ->
    aggregation -> measures.
    """
    policies = [metering.POLICIES[one.policy] for one, _how in some]
    unknown = [[one.metric_id, how] for one, how in some if how not in metering.POLICIES[one.policy].methods]
    if unknown:
        raise _refused(404, {"cause": "Metrics with unknown aggregation", "detail": unknown[:1]})
    granularity = _granularity(request)
    names = [[one.name if by_resource else one.metric_id, how] for one, how in some]
    missing = [
        [*name, granularity]
        for name, policy in zip(names, policies, strict=True)
        if granularity is not None and granularity not in policy.kept_days
    ]
    if missing:
        raise _refused(
            400, {"cause": _NOT_TOGETHER, "reason": "Granularities are missing", "detail": missing}
        )
    shared = [one for one in policies[0].kept_days if all(one in policy.kept_days for policy in policies)]
    if not shared:
        raise _refused(400, {"cause": _NOT_TOGETHER, "reason": "No granularity match", "detail": names})
    begin, end = _seconds(cloud, request, "start"), _seconds(cloud, request, "stop")
    told: dict[str, Any] = {}
    for one in shared if granularity is None else (int(granularity),):
        together: dict[int, list[float]] = {}
        for metric, aggregation in some:
            found = metering.measures(cloud, metric, aggregation, one, begin, end)
            if method is None:
                place = told.setdefault(metric.resource_id, {}) if by_resource else told
                name = metric.name if by_resource else metric.metric_id
                place.setdefault(name, {}).setdefault(aggregation, []).extend(_rows(found, one))
            for at, value in found if method else ():
                together.setdefault(at, []).append(value)
        if method:
            values = [
                (at, metering.combined(method, values) or 0.0) for at, values in sorted(together.items())
            ]
            told.setdefault("aggregated", []).extend(_rows(values, one))
    return told


def _policies(_cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.body([metric_rows.policy(name) for name in metering.POLICIES])


def _policy(_cloud: Cloud, request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in metering.POLICIES:
        raise _refused(404, f"Archive policy {name} does not exist")
    return answers.body(metric_rows.policy(name))


def _types(_cloud: Cloud, _request: web.Request) -> web.Response:
    text = {"type": "string", "required": False, "max_length": 255, "min_length": 0}
    return answers.body(
        [
            {"name": name, "attributes": dict.fromkeys(attributes, text), "state": "active"}
            for name, attributes in metering.TYPES.items()
        ]
    )


def _capabilities(_cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.body({"aggregation_methods": [*AGGREGATIONS, *(f"rate:{name}" for name in AGGREGATIONS)]})


def _status(_cloud: Cloud, _request: web.Request) -> web.Response:
    """The operator's only."""
    raise _refused(403, "")
