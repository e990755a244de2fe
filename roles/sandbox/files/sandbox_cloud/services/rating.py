# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudKitty: the v2 API on InfluxDB storage or on Loki, and the v1 API; with storage v1 every URL of v2 is
404.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import groupby as runs
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.history import Series
from sandbox_cloud.services import rating_loki, rating_operator, rating_query, rating_v1
from sandbox_cloud.summary import Sum, Window, columns, moment, sums

DEFAULT_LIMIT = 100
_SUMMARY_OPTIONS = (
    "groupby",
    "filters",
    "begin",
    "end",
    "offset",
    "limit",
    "custom_fields",
    "response_format",
)
_DATAFRAME_OPTIONS = ("filters", "begin", "end", "offset", "limit")
_CUSTOM_FIELD = re.compile(r"\s*SUM\((qty|price)\)\s+AS\s+(\w+)\s*", re.IGNORECASE)
_NOT_FOUND = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please check your"
    " spelling and"
    " try again.</p>\n"
)
#: A column's name -> how a row of the summary fills it.
_Columns = dict[str, Callable[[Sum], Any]]


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The rating service's routes, those of every region."""
    regions = (rating_query.in_region(region) for region in cloud.scenario.other_regions)
    return [route for behind in ("", *regions) for route in _routes(cloud, prefix + behind)]


def _routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    async def versions(request: web.Request) -> web.Response:
        told = [("v1", "CURRENT"), ("v2", "EXPERIMENTAL")][
            : 1 if cloud.scenario.rating.storage == "v1" else 2
        ]
        link = f"{request.url.origin()}{prefix}"
        return answers.body(
            {
                "versions": [
                    {"id": name, "links": [{"href": f"{link}/{name}", "rel": "self"}], "status": status}
                    for name, status in told
                ]
            }
        )

    async def summary(request: web.Request) -> web.Response:
        return _summary(rating_query.place(cloud, request), request)

    async def dataframes(request: web.Request) -> web.Response:
        return _dataframes(rating_query.place(cloud, request), request)

    async def modules(_request: web.Request) -> web.Response:
        return answers.body({"modules": rating_operator.modules(cloud, "hot_config")})

    async def forbidden(_request: web.Request) -> web.Response:
        return answers.body({"message": "You are not authorized to perform this action"}, 403)

    async def unknown(_request: web.Request) -> web.Response:
        return web.Response(status=404, text=_NOT_FOUND, content_type="text/html", charset="utf-8")

    v2 = [
        web.get(f"{prefix}/v2/summary", summary),
        web.get(f"{prefix}/v2/dataframes", dataframes),
        web.post(f"{prefix}/v2/dataframes", forbidden),
        web.get(f"{prefix}/v2/rating/modules", modules),
        *rating_operator.v2_routes(cloud, prefix),
    ]
    roots = [web.get(prefix, versions), web.get(f"{prefix}/", versions)]
    rest = [web.route("*", f"{prefix}/v2{{rest:(/.*)?}}", unknown)]
    return [
        *roots,
        *rating_operator.v1_routes(cloud, prefix),
        *rating_v1.routes(cloud, prefix),
        *([] if cloud.scenario.rating.storage == "v1" else v2),
        *rest,
    ]


def _invalid(value: Any, problem: str, key: str) -> answers.Refused:
    """The answer to a parameter that the API's schema does not take."""
    return answers.Refused(
        answers.body({"message": f"Invalid data '{value}' : {problem} (path: '['{key}']')"}, 400)
    )


def _failed() -> answers.Refused:
    """The answer to what the schema takes and the code behind it does not: a bad date,
    an unescaped + in one.
    """
    return answers.Refused(answers.body({"message": "Internal Server Error"}, 500))


def _refuse_unknown(request: web.Request, known: tuple[str, ...]) -> None:
    unknown = {name: request.query.getall(name) for name in request.query if name not in known}
    if unknown:
        raise _invalid(unknown, "extra keys not allowed", next(iter(unknown)))


def _paged(cloud: Cloud, request: web.Request) -> tuple[int, int]:
    """offset and limit, 100 by default; Loki refuses a large one."""
    found = []
    for name, default, least in (("offset", 0, 0), ("limit", DEFAULT_LIMIT, 1)):
        text = request.query.get(name, str(default))
        if not (text.isascii() and text.isdecimal()) or int(text) < least:
            raise _invalid(text, "not a valid value", name)
        found.append(int(text))
    if _on_loki(cloud) and found[1] > rating_loki.MOST:
        sentence = (
            f"Limit {found[1]} exceeds maximum allowed limit of {rating_loki.MOST} for Loki storage. Please"
            " reduce the limit parameter."
        )
        raise answers.Refused(answers.body({"message": sentence}, 400))
    return found[0], found[1]


def _on_loki(cloud: Cloud) -> bool:
    return cloud.scenario.rating.storage == "loki"


def _window(cloud: Cloud, request: web.Request) -> Window:
    try:
        return rating_query.window(cloud, request)
    except ValueError as problem:
        raise _failed() from problem


def _chosen(cloud: Cloud, request: web.Request) -> list[Series]:
    try:
        wanted = rating_query.filters(request)
    except ValueError as problem:
        raise _invalid(problem, "not a valid value", "filters") from problem
    by_operator = cloud.is_operator(request["identity"])
    return rating_query.chosen(rating_query.known(cloud, request), wanted, by_operator)


def _summary(cloud: Cloud, request: web.Request) -> web.Response:
    _refuse_unknown(request, _SUMMARY_OPTIONS)
    form = request.query.get("response_format", "table")
    if form not in ("table", "object"):
        raise _failed()
    window, (offset, limit) = _window(cloud, request), _paged(cloud, request)
    groupby = [name for part in request.query.getall("groupby", []) for name in part.split(",") if name]
    if _on_loki(cloud):
        rows = rating_loki.sums(cloud, _chosen(cloud, request), window, groupby, limit)
        total, told = len(rows), _columns(request, tuple(groupby))
    else:
        total, rows = sums(cloud, _chosen(cloud, request), window, groupby, offset, limit)
        told = _columns(request, columns(groupby))
    results = [[value(row) for value in told.values()] for row in rows]
    if form == "object":
        named = [dict(zip(told, row, strict=True)) for row in results]
        return answers.body({"total": total, "results": named, "format": form})
    return answers.body(
        {"total": total, "columns": list(told) if total else [], "results": results, "format": form}
    )


def _columns(request: web.Request, keys: tuple[str, ...]) -> _Columns:
    """begin, end, the numbers and the group keys. custom_fields replaces the numbers; only sums are
    understood here.
    """
    numbers: _Columns = {"qty": lambda row: row.quantity, "rate": lambda row: row.rate}
    if "custom_fields" in request.query:
        fields = [_CUSTOM_FIELD.fullmatch(field) for field in request.query["custom_fields"].split(",")]
        if None in fields:
            raise _failed()
        of = {"qty": numbers["qty"], "price": numbers["rate"]}
        numbers = {field[2]: of[field[1].lower()] for field in fields if field}
    return {
        "begin": lambda row: _offset(row.begin),
        "end": lambda row: _offset(row.end),
        **numbers,
        **{name: _key(number) for number, name in enumerate(keys)},
    }


def _key(number: int) -> Callable[[Sum], Any]:
    return lambda row: row.keys[number]


def _offset(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _dataframes(cloud: Cloud, request: web.Request) -> web.Response:
    """Points nested by period and type. The limit cuts points, so that an hour may go on in the next page."""
    _refuse_unknown(request, _DATAFRAME_OPTIONS)
    window, (offset, limit) = _window(cloud, request), _paged(cloud, request)
    chosen = _chosen(cloud, request)
    page: Iterable[rating_loki.Page]
    if _on_loki(cloud):
        total, page = rating_loki.points(cloud, chosen, window, limit)
    else:
        total, page = history.points(chosen, history.periods(cloud, *window), offset, limit)
    if not total:
        return answers.body({"message": "No resource found for provided filters."}, 404)
    rendered: rating_query.Rendered = cloud.cached("v2 points", dict)
    frames = [_frame(cloud, rendered, begin, members) for begin, members in page]
    content = f'{{"total": {total}, "dataframes": [{", ".join(frames)}]}}'
    return web.Response(body=content.encode(), content_type="application/json")


def _frame(cloud: Cloud, rendered: rating_query.Rendered, begin: int, members: list[Series]) -> str:
    """A period's frame as text."""
    dates = json.dumps(history.calendar(begin))[1:-1]
    usage = ", ".join(
        f'"{metric}": [{", ".join(dates.join(_rendered(cloud, rendered, one)) for one in of_metric)}]'
        for metric, of_metric in runs(members, key=lambda one: one.metric)
    )
    end = begin + cloud.scenario.rating.collect_period_s
    period = json.dumps({"begin": _offset(moment(begin)), "end": _offset(moment(end))})
    return f'{{"period": {period}, "usage": {{{usage}}}}}'


def _rendered(cloud: Cloud, rendered: rating_query.Rendered, one: Series) -> tuple[str, str]:
    """A series' point as JSON, before and behind the dates, which are all that differs from period to period.

    Made on first use: a page is then put together from ready text, however many points the history has.
    """
    key = (one.project_id, one.metric, one.resource_id)
    if key not in rendered:
        user_id = cloud.scenario.project.user_id
        groupby = {"id": one.resource_id, "project_id": one.project_id, "user_id": user_id}
        point = {
            "vol": {"unit": one.unit, "qty": one.quantity},
            "rating": {"price": one.price},
            "groupby": groupby,
        }
        metadata = json.dumps(dict(one.metadata))
        rendered[key] = (f"{json.dumps(point)[:-2]}, ", f'}}, "metadata": {metadata}}}')
    return rendered[key]
