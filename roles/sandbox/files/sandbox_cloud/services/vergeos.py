# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VergeOS v4: the system, its billing records, and the action that makes one.

Source: what pyvergeos 1.7 asks and takes.
"""

from __future__ import annotations

import operator
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.scenario import Vergeos
from sandbox_cloud.vergeos_rows import row as new_row

Row = dict[str, Any]
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_CONDITION = re.compile(r"([$\w]+) (eq|ne|gt|ge|lt|le) (?:(\d+)|'((?:[^'\\]|\\.)*)')(?: and |$)")


def routes(system: Vergeos, rows: list[Row], now: Callable[[], datetime], prefix: str) -> list[web.RouteDef]:
    """The system's routes. rows: its records, to which the action adds."""
    known = f"{system.username}:{system.password}".encode()
    logins = {f"Basic {b64encode(known).decode()}", f"Bearer {system.token}"}

    def let_in(request: web.Request) -> None:
        if request.headers.get("Authorization") not in logins:
            raise answers.Refused(answers.unauthorized("vergeos"))

    async def about(request: web.Request) -> web.Response:
        let_in(request)
        told = {"$key": 1, "yb_version": "26.1.8", "os_version": "6.12", "cloud_name": system.cloud_name}
        return answers.body([_projected(told, request)])

    async def listed(request: web.Request) -> web.Response:
        let_in(request)
        chosen = [one for one in rows if _meets(one, request.query.get("filter"))]
        by = request.query.get("sort", "$key")
        chosen.sort(key=lambda one: (one.get(by.lstrip("-")) or 0, one["$key"]), reverse=by.startswith("-"))
        offset, limit = int(request.query.get("offset", 0)), request.query.get("limit")
        chosen = chosen[offset : None if limit is None else offset + int(limit)]
        return answers.body([_projected(one, request) for one in chosen])

    async def one(request: web.Request) -> web.Response:
        let_in(request)
        found = next((one for one in rows if str(one["$key"]) == request.match_info["key"]), None)
        if found is None:
            return answers.error("vergeos", 404, "Row not found")
        return answers.body(_projected(found, request))

    async def act(request: web.Request) -> web.Response:
        let_in(request)
        if await request.json() != {"action": "generate"}:
            return answers.error("vergeos", 422, "Invalid action")
        last = max(rows, key=lambda one: int(one["$key"]), default=None)
        moment = now()
        begin = moment if last is None else datetime.fromtimestamp(last["to"] or last["created"], UTC)
        rows.append(new_row(1 if last is None else int(last["$key"]) + 1, begin, moment))
        return answers.body({"response": {}}, 201)

    return [
        web.get(f"{prefix}/system", about),
        web.get(f"{prefix}/billing", listed),
        web.get(f"{prefix}/billing/{{key}}", one),
        web.post(f"{prefix}/billing_actions", act),
    ]


def _projected(row: Row, request: web.Request) -> Row:
    """The row's fields that are asked for, its key always."""
    fields = request.query.get("fields")
    return (
        row if fields is None else {name: row[name] for name in ("$key", *fields.split(",")) if name in row}
    )


def _meets(row: Row, asked: str | None) -> bool:
    """Whether the row meets all conditions of an OData filter.

    Raises Refused for what is none; a null meets nothing.
    """
    at = 0
    while asked and at < len(asked):
        found = _CONDITION.match(asked, at)
        if found is None:
            raise answers.Refused(answers.error("vergeos", 422, f"Invalid filter: {asked[at:]}"))
        name, comparison, number, quoted = found.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if number is None else int(number)
        if row.get(name) is None or not _COMPARISONS[comparison](row[name], value):
            return False
        at = found.end()
    return True
