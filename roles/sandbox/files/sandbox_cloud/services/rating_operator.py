# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CloudKitty tells an operator only: modules, scopes, tenants, and the rules of hashmap.

Source: cloudkitty/api/v1/controllers, cloudkitty/api/v2/scope and cloudkitty/rating/hash of CloudKitty
2026.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, hashmap, history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import PriceRule, stable_id
from sandbox_cloud.summary import moment

_HASHMAP = "/rating/module_config/hashmap"
#: As much as the API answers at once where no limit is sent.
_SCOPES = 100
_Handler = Callable[[Cloud, web.Request], web.Response]


def v1_routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The routes of v1, each with and without a slash at the end."""
    handlers: dict[str, tuple[_Handler, _Handler]] = {
        "/rating/modules": (_modules, _refused("rating:list_modules")),
        "/rating/modules/{module}": (_module_v1, _refused("rating:get_module")),
        "/report/tenants": (_tenants, _refused("report:list_tenants")),
        **{
            f"{_HASHMAP}/{name}": (handler, _no_module_config)
            for name, handler in (
                ("types", _types),
                ("services", _services),
                ("fields", _fields),
                ("groups", _groups),
                ("mappings", _mappings),
                ("thresholds", _thresholds),
            )
        },
    }
    return [
        *(
            web.get(f"{prefix}/v1{path}{slash}", _for_operator(cloud, *both))
            for path, both in handlers.items()
            for slash in ("", "/")
        ),
        web.get(
            f"{prefix}/v1/rating/module_config/{{rest:.*}}", _for_operator(cloud, _gone, _no_module_config)
        ),
    ]


def v2_routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The routes of v2 but the list of modules, which everybody may read."""
    handlers = {"rating/modules/{module}": _module_v2, "scope": _scopes, "task/reprocesses": _reprocesses}
    return [
        web.get(f"{prefix}/v2/{path}", _for_operator(cloud, handler, _not_authorized))
        for path, handler in handlers.items()
    ]


def modules(cloud: Cloud, hot: str) -> list[dict[str, Any]]:
    """The modules; hot: how the version of the API spells whether one is configured while it runs."""
    rows = (
        ("hashmap", "HashMap rating module.", True, True),
        ("noop", "Dummy test module.", True, False),
        ("pyscripts", "PyScripts rating module.", cloud.scenario.rating.pyscripts, True),
    )
    names = ("module_id", "description", "enabled", hot)
    return [{**dict(zip(names, row, strict=True)), "priority": 1} for row in rows]


def _for_operator(cloud: Cloud, handler: _Handler, otherwise: _Handler) -> Any:
    async def answer(request: web.Request) -> web.Response:
        return (handler if cloud.is_operator(request["identity"]) else otherwise)(cloud, request)

    return answer


def _refused(rule: str) -> _Handler:
    return lambda _cloud, _request: answers.forbidden("rating", rule, "/v1")


def _not_authorized(_cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.body({"message": "You are not authorized to perform this action"}, 403)


def _no_module_config(_cloud: Cloud, _request: web.Request) -> web.Response:
    """Prices are the operator's: reading them is refused, in a style of its own."""
    said = "Policy doesn't allow rating:module_config to be performed."
    return answers.body({"code": 403, "title": "Forbidden", "description": said}, 403)


def _gone(_cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.error("rating", 404, "Not Found", "/v1")


def _modules(cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.body({"modules": modules(cloud, "hot-config")})


def _module_v1(cloud: Cloud, request: web.Request) -> web.Response:
    return _one_module(cloud, request, "hot-config")


def _module_v2(cloud: Cloud, request: web.Request) -> web.Response:
    return _one_module(cloud, request, "hot_config")


def _one_module(cloud: Cloud, request: web.Request, hot: str) -> web.Response:
    name = request.match_info["module"]
    found = [one for one in modules(cloud, hot) if one["module_id"] == name]
    return answers.body(found[0]) if found else answers.error("rating", 404, f"Module '{name}' not found")


def _tenants(cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.body([owner.project_id for owner in cloud.scenario.filled])


def _reprocesses(_cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.body({"results": []})


def _scopes(cloud: Cloud, request: web.Request) -> web.Response:
    """One scope for each project that has resources; the begin of the period that was processed last."""
    offset, limit = (
        int(request.query.get(name, default)) for name, default in (("offset", 0), ("limit", _SCOPES))
    )
    wanted = [part for part in request.query.get("scope_id", "").split(",") if part]
    newest = moment(history.rated_through(cloud) - cloud.scenario.rating.collect_period_s)
    rows = [
        {
            "scope_id": owner.project_id,
            "scope_key": "project_id",
            "fetcher": "keystone",
            "collector": "gnocchi",
            "last_processed_timestamp": _aware(newest),
            "active": True,
            "scope_activation_toggle_date": None,
        }
        for owner in cloud.scenario.filled
        if not wanted or owner.project_id in wanted
    ][offset : offset + limit]
    if not rows:
        return answers.body({"message": "No resource found for provided filters."}, 404)
    return answers.body({"results": rows})


def _types(_cloud: Cloud, _request: web.Request) -> web.Response:
    return answers.body(["flat", "rate"])


def _services(cloud: Cloud, _request: web.Request) -> web.Response:
    rows = [{"service_id": _id("service", name), "name": name} for name in hashmap.rules(cloud.scenario)]
    return answers.body({"services": rows})


def _fields(cloud: Cloud, request: web.Request) -> web.Response:
    """The fields of one service, which has to be named."""
    rows = [
        {"service_id": _id("service", metric), "field_id": _id("field", f"{metric}/{name}"), "name": name}
        for metric, of_metric in hashmap.rules(cloud.scenario).items()
        for name in of_metric.fields
        if _id("service", metric) == request.query.get("service_id")
    ]
    return answers.body({"fields": rows})


def _groups(cloud: Cloud, _request: web.Request) -> web.Response:
    names = sorted({rule.group for _service, _field, rule in _every_rule(cloud)} - {""})
    return answers.body({"groups": [{"group_id": _id("group", name), "name": name} for name in names]})


def _mappings(cloud: Cloud, request: web.Request) -> web.Response:
    return answers.body({"mappings": [row for row in _rows(cloud, request) if "mapping_id" in row]})


def _thresholds(cloud: Cloud, request: web.Request) -> web.Response:
    if not {"service_id", "field_id", "group_id"} & set(request.query):
        said = "You must specify either service_uuid, field_uuid or group_uuid."
        return answers.error("rating", 400, said, "/v1")
    return answers.body({"thresholds": [row for row in _rows(cloud, request) if "threshold_id" in row]})


def _rows(cloud: Cloud, request: web.Request) -> Iterator[dict[str, Any]]:
    """The rules, those of other days too, filtered by what the query names."""
    asked = {
        name: request.query[name] for name in ("service_id", "field_id", "group_id") if name in request.query
    }
    for service, field, rule in _every_rule(cloud):
        row = _row(cloud, service, field, rule)
        if all(row[name] == value for name, value in asked.items()):
            yield row


def _row(cloud: Cloud, service: str, field: str, rule: PriceRule) -> dict[str, Any]:
    named = "/".join((service, field, rule.value, rule.level, rule.group, rule.project, str(rule.from_hours)))
    owners = {owner.project: owner.project_id for owner in cloud.scenario.owners}
    common = {
        "type": rule.type,
        "cost": f"{Decimal(rule.cost):.28f}",
        "service_id": None if field else _id("service", service),
        "field_id": _id("field", f"{service}/{field}") if field else None,
        "group_id": _id("group", rule.group) if rule.group else None,
        "tenant_id": owners[rule.project] if rule.project else None,
    }
    if rule.level:
        return {"threshold_id": _id("threshold", named), "level": f"{Decimal(rule.level):.28f}", **common}
    first = history.first_rated(cloud)
    begin = moment(first) if rule.from_hours is None else hashmap.begin_of(cloud, rule.from_hours)
    end = None if rule.until_hours is None else hashmap.begin_of(cloud, rule.until_hours)
    return {
        "mapping_id": _id("mapping", named),
        "value": rule.value,
        **common,
        "created_at": _naive(begin),
        "start": _naive(begin),
        "end": end and _naive(end),
        "name": _id("name", named).replace("-", ""),
        "description": None,
        "deleted": None,
        "created_by": _id("user", "operator").replace("-", ""),
        "updated_by": None,
        "deleted_by": None,
    }


def _every_rule(cloud: Cloud) -> Iterator[tuple[str, str, PriceRule]]:
    """Each rule with its metric and its field, "" for one of the metric."""
    for metric, of_metric in hashmap.rules(cloud.scenario).items():
        yield from ((metric, "", rule) for rule in of_metric.rules)
        for name, of_field in of_metric.fields.items():
            yield from ((metric, name, rule) for rule in of_field)


def _id(kind: str, name: str) -> str:
    return stable_id(f"hashmap/{kind}", name)


def _naive(when: datetime) -> str:
    return answers.seconds(when).removesuffix("Z")


def _aware(when: datetime) -> str:
    return f"{_naive(when)}+00:00"
