# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP server: one port, a prefix per service, and what surrounds every answer - tokens,
faults, latency, counting.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.faults import Fault, FaultError, parse
from sandbox_cloud.hostile import hostile
from sandbox_cloud.services import (
    block_storage,
    compute,
    database,
    dns,
    identity,
    identity_provider,
    image,
    key_manager,
    load_balancer,
    metric,
    network,
    object_storage,
    rating,
    shared_file_system,
    vergeos,
)

PREFIXES = {
    "identity": "/identity",
    "compute": "/compute",
    "block_storage": "/volume",
    "network": "/network",
    "object_storage": "/object-store",
    "load_balancer": "/load-balancer",
    "image": "/image",
    "rating": "/rating",
    "metric": "/metric",
    "shared_file_system": "/share",
    "dns": "/dns",
    "key_manager": "/key-manager",
    "database": "/database",
    "vergeos": "/api/v4",
}
_SERVICES = {
    "identity": identity,
    "compute": compute,
    "block_storage": block_storage,
    "network": network,
    "object_storage": object_storage,
    "load_balancer": load_balancer,
    "image": image,
    "rating": rating,
    "metric": metric,
    "shared_file_system": shared_file_system,
    "dns": dns,
    "key_manager": key_manager,
    "database": database,
}
#: What lets nobody in by a token of Keystone: itself, and another system.
_WITHOUT_KEYSTONE = ("identity", "vergeos")
#: A version document: a service's root, or its root and a version, with nothing behind.
_DISCOVERY = re.compile(r"^/?(v\d+(\.\d+)?/?)?$")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(cloud: Cloud) -> web.Application:
    """The whole cloud as one application."""
    prefixes = {**PREFIXES, **cloud.scenario.prefixes}

    @web.middleware
    async def surround(request: web.Request, handler: Handler) -> web.StreamResponse:
        service, path = _service_of(prefixes, request.path)
        if service is None:
            return await handler(request)
        kind = _kind(request, service, path)
        if cloud.latency_seconds:
            await asyncio.sleep(cloud.latency_seconds)
        row = {
            "service": service,
            "method": request.method,
            "path": path,
            "query": request.query_string,
            "microversion": request.headers.get("OpenStack-API-Version"),
        }
        fault = next((one for one in cloud.faults if one.hits(service, request.method, path)), None)
        if fault is not None and fault.kind == "reset":
            cloud.journal.write(kind, {**row, "status": "reset"})
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError
        status = 500
        try:
            answer = await _answer(cloud, request, handler, service, path, kind, fault)
            status = answer.status
            return answer
        finally:
            # A handler that fails is a request as well.
            cloud.journal.write(kind, {**row, "status": status})

    app = web.Application(middlewares=[surround], client_max_size=64 * 1024**2)
    for service, module in _SERVICES.items():
        if service == "identity" or service in cloud.scenario.services:
            app.add_routes(module.routes(cloud, prefixes[service]))
    if cloud.scenario.vergeos is not None:
        app.add_routes(
            vergeos.routes(cloud.scenario.vergeos, cloud.vergeos_rows, cloud.now, PREFIXES["vergeos"])
        )
    app.add_routes(identity_provider.routes(cloud))
    app.add_routes(_control(cloud))
    return app


def _service_of(prefixes: dict[str, str], path: str) -> tuple[str | None, str]:
    for service, prefix in prefixes.items():
        if path == prefix or path.startswith(prefix + "/"):
            return service, path[len(prefix) :]
    return None, path


def _kind(request: web.Request, service: str, path: str) -> str:
    if service == "identity" and request.method == "POST" and path == "/v3/auth/tokens":
        return "token"
    return "discovery" if request.method == "GET" and _DISCOVERY.match(path) else "api"


async def _answer(
    cloud: Cloud,
    request: web.Request,
    handler: Handler,
    service: str,
    path: str,
    kind: str,
    fault: Fault | None,
) -> web.StreamResponse:
    """The service's answer, or what the fault makes of it."""
    if fault is not None and fault.kind in ("redirect", "drip", "bomb", "endless", "echo"):
        return await hostile(cloud, request, service, path, fault)
    if fault is not None:
        broken = await _broken(cloud, request, service, path, fault)
        if broken is not None:
            return broken
    if service not in _WITHOUT_KEYSTONE and kind == "api":
        found = cloud.identity_of(request.headers.get("X-Auth-Token"))
        if found is None:
            return answers.unauthorized(service)
        request["identity"] = found
    try:
        answer = await handler(request)
    except answers.Refused as refused:
        answer = refused.answer
    except web.HTTPException as unknown:
        answer = answers.error(service, unknown.status, path=path)
    if fault is None or not isinstance(answer, web.Response):
        return answer
    if fault.kind == "http-catalog":
        return _in_clear(answer, str(request.url.origin()), cloud.url)
    if fault.kind == "endless_pages":
        return _never_the_last(answer, request)
    return _spoiled(answer, fault)


async def _broken(
    cloud: Cloud, request: web.Request, service: str, path: str, fault: Fault
) -> web.Response | None:
    """The answer of a fault that needs no service; None where the service answers, perhaps late or without
    the token.
    """
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "expired_token":
        cloud.tokens.pop(request.headers.get("X-Auth-Token", ""), None)
    elif fault.kind == "status":
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return answers.error(service, fault.status, path=path, headers=headers)
    elif fault.kind == "empty_404":
        return answers.error(
            service, 404, "No resource found for provided filters." if service == "rating" else None, path
        )
    return None


def _in_clear(answer: web.Response, origin: str, plain: str) -> web.Response:
    """The answer with every URL of this server without encryption."""
    content = answer.body if isinstance(answer.body, bytes) else b""
    kept = {name: answer.headers[name] for name in ("X-Subject-Token",) if name in answer.headers}
    return web.Response(
        status=answer.status,
        body=content.replace(origin.encode(), plain.encode()),
        headers=kept,
        content_type="application/json",
    )


def _never_the_last(answer: web.Response, request: web.Request) -> web.Response:
    """The answer as a page that has another one behind it, of which nobody has seen the URL yet."""
    document = json.loads(answer.body) if isinstance(answer.body, bytes) else None
    if not isinstance(document, dict):
        return answer
    number = request.query.get("page", "0")
    following = request.url.update_query(page=int(number) + 1 if number.isdecimal() else 1)
    lists = [key for key, value in document.items() if isinstance(value, list)]
    links = {f"{key}_links": [{"rel": "next", "href": str(following)}] for key in lists}
    return answers.body({**document, **links, "next": str(following)}, answer.status)


def _spoiled(answer: web.Response, fault: Fault) -> web.Response:
    """The answer with its last element missing, or cut in the middle."""
    content = answer.body
    if not isinstance(content, bytes) or fault.kind not in ("short_page", "malformed"):
        return answer
    if fault.kind == "malformed":
        return web.Response(
            status=200, body=content[: max(len(content) // 2, 1)], content_type="application/json"
        )
    document = json.loads(content)
    lists = [document] if isinstance(document, list) else [document.get("results"), *document.values()]
    rows = next((one for one in lists if isinstance(one, list) and one), [])
    del rows[-1:]
    return answers.body(document, answer.status)


def _control(cloud: Cloud) -> list[web.RouteDef]:
    """The sandbox's own endpoints: not part of any cloud, not counted."""

    async def tell_requests(_request: web.Request) -> web.Response:
        return answers.body(cloud.journal.told())

    async def forget_requests(_request: web.Request) -> web.Response:
        told = cloud.journal.told()
        cloud.journal = type(cloud.journal)()
        return answers.body(told)

    async def tell_faults(_request: web.Request) -> web.Response:
        return answers.body([vars(one) for one in cloud.faults])

    async def add_fault(request: web.Request) -> web.Response:
        try:
            cloud.faults.append(parse(await _json(request)))
        except FaultError as problem:
            return answers.body({"error": str(problem)}, 400)
        return await tell_faults(request)

    async def clear_faults(request: web.Request) -> web.Response:
        cloud.faults.clear()
        return await tell_faults(request)

    async def tell_clock(_request: web.Request) -> web.Response:
        return answers.body(
            {"now": answers.seconds(cloud.now()), "advanced_hours": cloud.advanced / timedelta(hours=1)}
        )

    async def advance_clock(request: web.Request) -> web.Response:
        hours = await _json(request)
        hours = hours.get("advance_hours") if isinstance(hours, dict) else None
        if not isinstance(hours, (int, float)) or isinstance(hours, bool) or hours < 0:
            return answers.body(
                {"error": "advance_hours is a number of hours, zero or more: a clock goes forward"}, 400
            )
        cloud.advanced += timedelta(hours=hours)
        return await tell_clock(request)

    async def set_latency(request: web.Request) -> web.Response:
        asked = await _json(request)
        latency = asked.get("latency_ms") if isinstance(asked, dict) else None
        if not isinstance(latency, (int, float)) or isinstance(latency, bool) or latency < 0:
            return answers.body({"error": "latency_ms is a number of milliseconds, zero or more"}, 400)
        cloud.latency_seconds = latency / 1000
        return answers.body({"latency_ms": latency})

    async def replace_records(request: web.Request) -> web.Response:
        rows = await _json(request)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "$key" in row for row in rows):
            return answers.body({"error": "the records are a list of rows, each with its $key"}, 400)
        cloud.vergeos_rows[:] = rows
        return answers.body({"records": len(rows)})

    return [
        web.put("/sandbox/vergeos/billing", replace_records),
        web.get("/sandbox/requests", tell_requests),
        web.delete("/sandbox/requests", forget_requests),
        web.get("/sandbox/faults", tell_faults),
        web.post("/sandbox/faults", add_fault),
        web.delete("/sandbox/faults", clear_faults),
        web.get("/sandbox/clock", tell_clock),
        web.post("/sandbox/clock", advance_clock),
        web.post("/sandbox/latency", set_latency),
    ]


async def _json(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        return None
