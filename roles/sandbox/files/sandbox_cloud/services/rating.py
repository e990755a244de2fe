# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudKitty: the v2 API on InfluxDB storage, and the v1 API; with storage v1 only the latter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.history import Series

DEFAULT_LIMIT = 100
_SUMMARY_OPTIONS = ("groupby", "filters", "begin", "end", "offset", "limit", "custom_fields", "response_format")
_DATAFRAME_OPTIONS = ("filters", "begin", "end", "offset", "limit")
_UNITS = {
    "instance_up": "instance",
    "instance_reserved": "instance",
    "volume.size": "GiB",
    "ip.floating": "ip",
    "loadbalancer": "lb",
}
_METADATA = {
    "instance_up": ["vcpus", "flavor_name"],
    "instance_reserved": ["vcpus", "flavor_name"],
    "volume.size": ["volume_type"],
    "ip.floating": ["state"],
}

Point = tuple[datetime, Series]


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The rating service's routes."""

    async def versions(request: web.Request) -> web.Response:
        told = [("v1", "CURRENT"), ("v2", "EXPERIMENTAL")][: 1 if cloud.scenario.rating.storage == "v1" else 2]
        link = f"{request.url.origin()}{prefix}"
        return answers.body(
            {
                "versions": [
                    {"id": name, "links": [{"href": f"{link}/{name}", "rel": "self"}], "status": status}
                    for name, status in told
                ]
            }
        )

    async def quote(request: web.Request) -> web.Response:
        return _quote(cloud, await request.json())

    v1 = [
        web.get(f"{prefix}/v1/report/summary", _bound(cloud, _v1_summary)),
        web.get(f"{prefix}/v1/report/total", _bound(cloud, _v1_total)),
        web.get(f"{prefix}/v1/storage/dataframes", _bound(cloud, _v1_dataframes)),
        web.get(f"{prefix}/v1/info/metrics", _bound(cloud, _info_metrics)),
        web.post(f"{prefix}/v1/rating/quote", quote),
        web.get(f"{prefix}/v1/rating/module_config/hashmap/{{rest:.*}}", _bound(cloud, _forbidden)),
    ]
    v2 = [
        web.get(f"{prefix}/v2/summary", _bound(cloud, _v2_summary)),
        web.get(f"{prefix}/v2/dataframes", _bound(cloud, _v2_dataframes)),
    ]
    roots = [web.get(prefix, versions), web.get(f"{prefix}/", versions)]
    return [*roots, *v1, *(v2 if cloud.scenario.rating.storage == "v2" else [])]


def _bound(cloud: Cloud, handler: Callable[[Cloud, web.Request], web.Response]) -> Any:
    async def answer(request: web.Request) -> web.Response:
        return handler(cloud, request)

    return answer


def _window(cloud: Cloud, request: web.Request) -> tuple[datetime, datetime]:
    """begin and end, by default this month; naive is UTC. ValueError for what is no date."""
    month = cloud.now().replace(day=1, hour=0, minute=0, second=0)
    begin, end = (_moment(request.query[name]) if name in request.query else None for name in ("begin", "end"))
    return begin or month, end or (month + timedelta(days=32)).replace(day=1)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _known(cloud: Cloud, request: web.Request) -> tuple[Series, ...]:
    """What was rated of the token's project: a filter on another one is overwritten, without a word."""
    return history.series(cloud) if cloud.owns_all(request["identity"]) else ()


def _filters(request: web.Request) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for pair in ",".join(request.query.getall("filters", [])).split(","):
        name, colon, value = pair.partition(":")
        if colon:
            wanted.setdefault(name, set()).add(value)
    return wanted


def _chosen(known: tuple[Series, ...], wanted: dict[str, set[str]]) -> list[Series]:
    def matches(one: Series, name: str, values: set[str]) -> bool:
        of = {"type": one.metric, "id": one.resource_id, **dict(one.metadata)}
        return name == "project_id" or of.get(name) in values

    return [one for one in known if all(matches(one, name, values) for name, values in wanted.items())]


def _refuse_unknown(request: web.Request, known: tuple[str, ...]) -> web.Response | None:
    unknown = {name: [value] for name, value in request.query.items() if name not in known}
    if unknown:
        first = next(iter(unknown))
        return answers.body(
            {"message": f"Invalid data '{unknown}' : extra keys not allowed (path: '['{first}']')"}, 400
        )
    return None


def _paged(request: web.Request) -> tuple[int, int]:
    offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", DEFAULT_LIMIT))
    if offset < 0 or limit < 1:
        raise answers.Refused(
            answers.body({"message": f"Invalid data '{limit}' : not a valid value (path: '['limit']')"}, 400)
        )
    return offset, limit


def _v2_summary(cloud: Cloud, request: web.Request) -> web.Response:
    refused = _refuse_unknown(request, _SUMMARY_OPTIONS)
    if refused is not None:
        return refused
    try:
        window = _window(cloud, request)
    except ValueError:
        return answers.body({"message": "Internal Server Error"}, 500)
    offset, limit = _paged(request)
    groupby = [name for part in request.query.getall("groupby", []) for name in part.split(",") if name]
    wanted = _filters(request)
    filtered = tuple(sorted((name, tuple(sorted(values))) for name, values in wanted.items()))
    key = ("summary", window, tuple(groupby), filtered, history.rated_through(cloud), request["identity"].owner)
    rows = cloud.cached(key, lambda: _summary_rows(cloud, _chosen(_known(cloud, request), wanted), window, groupby))
    columns = ["begin", "end", "qty", "rate", *(name for name in groupby if name != "time")] if rows else []
    chosen = rows[offset : offset + limit]
    if request.query.get("response_format") == "object":
        return answers.body(
            {
                "total": len(rows),
                "results": [dict(zip(columns, row, strict=True)) for row in chosen],
                "format": "object",
            }
        )
    return answers.body({"total": len(rows), "columns": columns, "results": chosen, "format": "table"})


def _summary_rows(
    cloud: Cloud, known: list[Series], window: tuple[datetime, datetime], groupby: list[str]
) -> list[list[Any]]:
    """One row per group; with time one per collect period, empty ones of null for the whole window, as InfluxDB fills them."""
    periods = history.periods(cloud, *window)
    names = [name for name in groupby if name != "time"]
    groups: dict[tuple[str, ...], list[Series]] = {}
    for one in known:
        if _first(cloud, one) < (periods[-1] + history.period(cloud) if periods else window[0]) and periods:
            groups.setdefault(tuple(_group_value(cloud, one, name) for name in names), []).append(one)
    rows = []
    for values, members in sorted(groups.items()):
        spans = _filled(cloud, window) if "time" in groupby else [window]
        for begin, end in spans:
            quantity, rate, found = 0.0, 0.0, False
            for one in members:
                count = _count(cloud, one, periods, begin, end)
                if count:
                    found = True
                    quantity += one.quantity * count
                    rate += one.price * count
            if found or "time" in groupby:
                rows.append(
                    [_offset(begin), _offset(end), quantity if found else None, rate if found else None, *values]
                )
    return rows


def _first(cloud: Cloud, one: Series) -> datetime:
    return history.begins(cloud, one)


def _count(cloud: Cloud, one: Series, periods: list[datetime], begin: datetime, end: datetime) -> int:
    """How many rated periods of the series begin in [begin, end)."""
    if not periods:
        return 0
    step = history.period(cloud)
    first = max(begin, periods[0], _first(cloud, one))
    last = min(end, periods[-1] + step)
    return max(math.ceil((last - periods[0]) / step) - math.ceil((first - periods[0]) / step), 0)


def _filled(cloud: Cloud, window: tuple[datetime, datetime]) -> list[tuple[datetime, datetime]]:
    at, step = history.floor(cloud, window[0]), history.period(cloud)
    spans = []
    while at < window[1]:
        spans.append((at, at + step))
        at += step
    return spans


def _group_value(cloud: Cloud, one: Series, name: str) -> str:
    """type, id and project_id are tags; any other key, metadata too, gives the empty string."""
    return {"type": one.metric, "id": one.resource_id, "project_id": cloud.scenario.project.project_id}.get(name, "")


def _offset(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _points(
    cloud: Cloud, known: list[Series], window: tuple[datetime, datetime], offset: int, limit: int | None
) -> tuple[int, Iterator[Point]]:
    """How many points the window has, and those from offset on: hour by hour, never all at once."""
    periods = history.periods(cloud, *window)
    present = [(begin, [one for one in known if _first(cloud, one) <= begin]) for begin in periods]
    total = sum(len(members) for _begin, members in present)

    def walk() -> Iterator[Point]:
        skipped, left = offset, limit if limit is not None else total
        for begin, members in present:
            if skipped >= len(members):
                skipped -= len(members)
                continue
            for one in members[skipped : skipped + left]:
                yield begin, one
            left -= min(len(members) - skipped, left)
            skipped = 0
            if left <= 0:
                return

    return total, walk()


def _v2_dataframes(cloud: Cloud, request: web.Request) -> web.Response:
    refused = _refuse_unknown(request, _DATAFRAME_OPTIONS)
    if refused is not None:
        return refused
    try:
        window = _window(cloud, request)
    except ValueError:
        return answers.body({"message": "Internal Server Error"}, 500)
    offset, limit = _paged(request)
    key = ("dataframes", request.query_string, window, history.rated_through(cloud), request["identity"].owner)

    def render() -> web.Response | bytes:
        total, points = _points(cloud, _chosen(_known(cloud, request), _filters(request)), window, offset, limit)
        if not total:
            return b""
        frames: dict[datetime, dict[str, list[Any]]] = {}
        for begin, one in points:
            frames.setdefault(begin, {}).setdefault(one.metric, []).append(_v2_point(cloud, begin, one))
        told = [
            {"period": {"begin": _offset(begin), "end": _offset(begin + history.period(cloud))}, "usage": usage}
            for begin, usage in frames.items()
        ]
        return bytes(answers.body({"total": total, "dataframes": told}).body)  # type: ignore[arg-type]

    content = cloud.cached(key, render)
    if not content:
        return answers.body({"message": "No resource found for provided filters."}, 404)
    return web.Response(body=content, content_type="application/json")


def _v2_point(cloud: Cloud, begin: datetime, one: Series) -> dict[str, Any]:
    return {
        "vol": {"unit": one.unit, "qty": one.quantity},
        "rating": {"price": one.price},
        "groupby": _groupby(cloud, begin, one),
        "metadata": dict(one.metadata),
    }


def _groupby(cloud: Cloud, begin: datetime, one: Series) -> dict[str, str]:
    owner = cloud.scenario.project
    return {
        "id": one.resource_id,
        "project_id": owner.project_id,
        "user_id": owner.user_id,
        "week_of_the_year": begin.strftime("%U"),
        "day_of_the_year": str(begin.timetuple().tm_yday),
        "month": str(begin.month),
        "year": str(begin.year),
    }


def _v1_window(cloud: Cloud, request: web.Request) -> tuple[datetime, datetime]:
    try:
        return _window(cloud, request)
    except ValueError as problem:
        value = request.query.get("begin")
        said = f"Invalid input for field/attribute begin. Value: {value!r}. unable to convert to datetime. Error: {problem}"
        raise answers.Refused(answers.error("rating", 400, said, "/v1")) from problem


def _v1_refuse_other(request: web.Request, rule: str) -> None:
    if request.query.get("tenant_id", request["identity"].owner.project_id) != request["identity"].owner.project_id:
        raise answers.Refused(answers.forbidden("rating", rule, "/v1"))


def _v1_summary(cloud: Cloud, request: web.Request) -> web.Response:
    _v1_refuse_other(request, "report:get_summary")
    begin, end = window = _v1_window(cloud, request)
    groupby = [name for name in request.query.get("groupby", "").split(",") if name]
    known = [one for one in _known(cloud, request) if request.query.get("service", one.metric) == one.metric]
    names = ["type"] if "res_type" in groupby else []
    rows = _summary_rows(cloud, known, window, names)
    owner = request["identity"].owner.project_id
    sql = cloud.scenario.rating.storage == "v1"
    told = [
        {
            "begin": answers.seconds(begin).removesuffix("Z"),
            "end": answers.seconds(end).removesuffix("Z"),
            "tenant_id": owner if sql or "tenant_id" in groupby else "ALL",
            "res_type": row[4] if names else "ALL",
            "rate": _text(row[3]),
        }
        for row in rows
    ]
    if not told and sql:
        told = [
            {
                "begin": answers.seconds(begin).removesuffix("Z"),
                "end": answers.seconds(end).removesuffix("Z"),
                "tenant_id": owner,
                "res_type": "ALL",
                "rate": "0",
            }
        ]
    return answers.body({"summary": told})


def _text(rate: float) -> str:
    """Text with five decimals, trailing zeros cut."""
    return f"{rate:.5f}".rstrip("0").rstrip(".")


def _v1_total(cloud: Cloud, request: web.Request) -> web.Response:
    _v1_refuse_other(request, "report:get_total")
    known = [one for one in _known(cloud, request) if request.query.get("service", one.metric) == one.metric]
    rows = _summary_rows(cloud, known, _v1_window(cloud, request), [])
    return answers.body(str(rows[0][3]) if rows else "0")


def _v1_dataframes(cloud: Cloud, request: web.Request) -> web.Response:
    """The whole window at once: InfluxDB storage puts all resources of an hour and type into one frame, SQL each into its own."""
    _v1_refuse_other(request, "storage:list_data_frames")
    window = _v1_window(cloud, request)
    known = [one for one in _known(cloud, request) if request.query.get("resource_type", one.metric) == one.metric]
    _total, points = _points(cloud, known, window, 0, None)
    sql = cloud.scenario.rating.storage == "v1"
    frames: dict[Any, list[Any]] = {}
    for begin, one in points:
        frames.setdefault((begin, one.metric, one.resource_id if sql else ""), []).append(
            _v1_point(cloud, begin, one, sql)
        )
    owner = request["identity"].owner.project_id
    told = [
        {
            "begin": answers.seconds(begin).removesuffix("Z"),
            "end": answers.seconds(begin + history.period(cloud)).removesuffix("Z"),
            "tenant_id": owner,
            "resources": resources,
        }
        for (begin, _metric, _id), resources in frames.items()
    ]
    return answers.body({"dataframes": told})


def _v1_point(cloud: Cloud, begin: datetime, one: Series, sql: bool) -> dict[str, Any]:
    desc = {**dict(one.metadata), **_groupby(cloud, begin, one)}
    if sql:
        desc["tenant_id"] = cloud.scenario.project.project_id
    volume = f"{one.quantity:g}" if sql else str(one.quantity)
    return {"rating": str(one.price), "service": one.metric, "desc": desc, "volume": volume}


def _info_metrics(cloud: Cloud, _request: web.Request) -> web.Response:
    metrics = sorted({one.metric for one in history.series(cloud)})
    return answers.body(
        {
            "metrics": [
                {"metric_id": name, "metadata": _METADATA.get(name, []), "unit": _UNITS.get(name, "GiB")}
                for name in metrics
            ]
        }
    )


def _quote(cloud: Cloud, asked: Any) -> web.Response:
    """The price of one collect period, as a JSON string. Only desc.metadata is looked at, and an unknown service costs "0"."""
    prices, total = cloud.scenario.rating.prices_icu_per_hour, 0.0
    for resource in asked["resources"]:
        metadata = resource.get("desc", {}).get("metadata", {})
        volume = float(resource.get("volume", 1))
        if resource["service"] in ("instance_up", "instance_reserved"):
            total += volume * getattr(prices, resource["service"]).get(metadata.get("flavor_name"), 0.0)
        elif resource["service"] == "volume.size":
            total += volume * prices.volume_gb.get(metadata.get("volume_type"), 0.0)
        elif resource["service"] == "ip.floating":
            total += volume * prices.floating_ip
        elif resource["service"] == "loadbalancer":
            total += volume * prices.load_balancer
    return answers.body(_text(total))


def _forbidden(_cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.forbidden("rating", "rating:module_config", "/v1")
