# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudKitty's v1 API: numbers as text, no pages, times in UTC that do not say so.

On SQL storage (v1) it answers a little differently than on InfluxDB (v2), as the real one does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby as runs
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, hashmap, history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.history import Series
from sandbox_cloud.services import rating_query
from sandbox_cloud.summary import Window, moment, sums

_OUTGOING = "storage.objects.outgoing.bytes"
_INSTANCE = ["flavor_name", "flavor_id", "vcpus"]
#: What is rated, as the operator's metrics.yml would say it: metric of Gnocchi, name that it is rated under,
#: metadata.
_METRICS: tuple[tuple[str, str, list[str], dict[str, str]], ...] = (
    ("cpu", "instance_up", _INSTANCE, {"aggregation_method": "mean", "resource_type": "instance"}),
    ("vcpus", "instance_reserved", _INSTANCE, {"aggregation_method": "max", "resource_type": "instance"}),
    ("volume.size", "", ["volume_type"], {"aggregation_method": "mean", "resource_type": "volume"}),
    ("ip.floating", "", ["state"], {"aggregation_method": "mean", "resource_type": "network"}),
    ("loadbalancer", "", [], {"aggregation_method": "mean", "resource_type": "loadbalancer"}),
    ("storage.objects.size", "", [], {"aggregation_method": "mean", "resource_type": "swift_account"}),
    (_OUTGOING, "", [], {"aggregation_method": "sum", "resource_type": "swift_account"}),
)
_REFUSED = {"/collector/mappings": "collector:list_mappings"}


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The routes of v1, each with and without a slash at the end, as clients send both."""

    def bound(handler: Callable[[Cloud, web.Request], web.Response]) -> Any:
        async def answer(request: web.Request) -> web.Response:
            return handler(rating_query.place(cloud, request), request)

        return answer

    def refused(rule: str) -> Any:
        async def answer(_request: web.Request) -> web.Response:
            return answers.forbidden("rating", rule, "/v1")

        return answer

    async def quote(request: web.Request) -> web.Response:
        return _quote(rating_query.place(cloud, request), await request.text())

    handlers = {
        "/report/summary": bound(_summary),
        "/report/total": bound(_total),
        "/storage/dataframes": bound(_dataframes),
        "/info/metrics": bound(_metrics),
        "/info/services": bound(_metrics),
        "/info/config": bound(_config),
        **{path: refused(rule) for path, rule in _REFUSED.items()},
    }
    slashes = ("", "/")
    return [
        *(
            web.get(f"{prefix}/v1{path}{slash}", handler)
            for path, handler in handlers.items()
            for slash in slashes
        ),
        *(web.post(f"{prefix}/v1/rating/quote{slash}", quote) for slash in slashes),
    ]


def _window(cloud: Cloud, request: web.Request) -> Window:
    try:
        return rating_query.window(cloud, request)
    except ValueError as problem:
        value = request.query.get("begin")
        said = (
            f"Invalid input for field/attribute begin. Value: {value!r}. unable to convert to datetime."
            f" Error: {problem}"
        )
        raise answers.Refused(answers.error("rating", 400, said, "/v1")) from problem


def _refuse_other(request: web.Request, rule: str) -> None:
    """403 for another project's tenant_id, and for all projects at once."""
    own = request["identity"].owner.project_id
    if request.query.get("tenant_id", own) != own or request.query.get("all_tenants", "").lower() == "true":
        raise answers.Refused(answers.forbidden("rating", rule, "/v1"))


def _known(cloud: Cloud, request: web.Request, name: str) -> list[Series]:
    return [
        one for one in rating_query.known(cloud, request) if request.query.get(name, one.metric) == one.metric
    ]


def _is_sql(cloud: Cloud) -> bool:
    return cloud.scenario.rating.storage == "v1"


def _naive(when: datetime) -> str:
    return answers.seconds(when).removesuffix("Z")


def _plain(number: float) -> str:
    """A number as text without an exponent."""
    return format(Decimal(str(number)), "f")


def _rate(rate: float) -> str:
    """Text with five decimals, trailing zeros cut."""
    return f"{rate:.5f}".rstrip("0").rstrip(".")


def _summary(cloud: Cloud, request: web.Request) -> web.Response:
    _refuse_other(request, "report:get_summary")
    begin, end = window = _window(cloud, request)
    groupby = [name for name in request.query.get("groupby", "").split(",") if name]
    by_type = ["type"] if "res_type" in groupby else []
    _total_rows, rows = sums(cloud, _known(cloud, request, "service"), window, by_type)
    owner, sql = request["identity"].owner.project_id, _is_sql(cloud)
    told = [(row.keys[0] if by_type else "ALL", _rate(row.rate or 0.0)) for row in rows]
    if not told and sql:
        told = [("ALL", "0")]
    tenant = owner if sql or "tenant_id" in groupby else "ALL"
    return answers.body(
        {
            "summary": [
                {
                    "begin": _naive(begin),
                    "end": _naive(end),
                    "tenant_id": tenant,
                    "res_type": kind,
                    "rate": rate,
                }
                for kind, rate in told
            ]
        }
    )


def _total(cloud: Cloud, request: web.Request) -> web.Response:
    _refuse_other(request, "report:get_total")
    _count, rows = sums(cloud, _known(cloud, request, "service"), _window(cloud, request), [])
    return answers.body(str(rows[0].rate) if rows else "0")


def _dataframes(cloud: Cloud, request: web.Request) -> web.Response:
    """The whole window at once: InfluxDB storage puts all resources of an hour and type into one frame, SQL
    each into its own.
    """
    _refuse_other(request, "storage:list_data_frames")
    rated = history.periods(cloud, *_window(cloud, request))
    _count, page = history.points(_known(cloud, request, "resource_type"), rated, 0, None)
    rendered: rating_query.Rendered = cloud.cached("v1 points", lambda: _rendered(cloud))
    frames: list[str] = []
    for begin, members in page:
        end = begin + cloud.scenario.rating.collect_period_s
        owner = request["identity"].owner.project_id
        head = {"begin": _naive(moment(begin)), "end": _naive(moment(end)), "tenant_id": owner}
        dates = json.dumps(history.calendar(begin))[1:-1]
        for group in _framed(cloud, members):
            parts = (rendered[one.project_id, one.metric, one.resource_id] for one in group)
            resources = ", ".join(dates.join(part) for part in parts)
            frames.append(f'{json.dumps(head)[:-1]}, "resources": [{resources}]}}')
    return web.Response(
        body=f'{{"dataframes": [{", ".join(frames)}]}}'.encode(), content_type="application/json"
    )


def _framed(cloud: Cloud, members: Sequence[Series]) -> list[list[Series]]:
    if _is_sql(cloud):
        return [[one] for one in members]
    return [list(of_metric) for _metric, of_metric in runs(members, key=lambda one: one.metric)]


def _rendered(cloud: Cloud) -> rating_query.Rendered:
    """Every series' resource as JSON, before and behind the dates, which are all that differs
    from period to period.
    """
    owner, sql = cloud.scenario.project, _is_sql(cloud)
    found: rating_query.Rendered = {}
    for one in history.series(cloud):
        desc = {
            **dict(one.metadata),
            "id": one.resource_id,
            "project_id": owner.project_id,
            "user_id": owner.user_id,
        }
        resource = {"rating": _plain(one.price), "service": one.metric, "desc": desc}
        tenant = f', "tenant_id": "{owner.project_id}"' if sql else ""
        volume = f"{one.quantity:g}" if sql and one.quantity.is_integer() else _plain(one.quantity)
        found[one.project_id, one.metric, one.resource_id] = (
            f"{json.dumps(resource)[:-2]}, ",
            f'{tenant}}}, "volume": "{volume}"}}',
        )
    return found


def _rated(cloud: Cloud) -> list[tuple[str, str, list[str], dict[str, str]]]:
    """The rows of _METRICS that this cloud has: traffic is one only where there is some."""
    return [row for row in _METRICS if row[0] != _OUTGOING or cloud.scenario.rating.outgoing_gb_per_hour]


def _metrics(cloud: Cloud, _request: web.Request) -> web.Response:
    """What is rated: a metric's name, unit and metadata."""
    return answers.body(
        {
            "metrics": [
                {"metric_id": rated_as or name, "metadata": metadata, "unit": history.UNITS[rated_as or name]}
                for name, rated_as, metadata, _collected in _rated(cloud)
            ]
        }
    )


def _config(cloud: Cloud, _request: web.Request) -> web.Response:
    told: dict[str, dict[str, Any]] = {}
    for name, rated_as, metadata, collected in _rated(cloud):
        told[name] = {
            "unit": history.UNITS[rated_as or name],
            **({"alt_name": rated_as} if rated_as else {}),
            **({"factor": f"1/{history.GB}"} if name.startswith("storage.objects.") else {}),
            "groupby": ["id", "user_id", "project_id"],
            "metadata": metadata,
            **({"mutate": "NUMBOOL"} if rated_as or not name.endswith((".size", ".bytes")) else {}),
            "extra_args": collected,
        }
    return answers.body({"metrics": told})


def _quote(cloud: Cloud, text: str) -> web.Response:
    """The price of one collect period, as a JSON string.

    Of desc only metadata and groupby are looked at, and what has no price is "0". Rules of one project do not
    count.
    """
    try:
        resources = [
            (one["service"], Decimal(str(one.get("volume", 1))), one.get("desc") or {})
            for one in json.loads(text)["resources"]
        ]
        total = sum(
            (
                hashmap.price(
                    cloud, service, volume, {**desc.get("groupby", {}), **desc.get("metadata", {})}, None
                )
                for service, volume, desc in resources
            ),
            Decimal(),
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as problem:
        raise answers.Refused(
            answers.error("rating", 400, f"Unable to parse the resources: {problem}", "/v1")
        ) from problem
    return answers.body(f"{total:.28f}" if total else "0")
