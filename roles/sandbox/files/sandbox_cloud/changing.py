# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients make and remove: the scenario with it, so that counters, quotas and cost agree with it at
once.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud

Row = dict[str, Any]


def change(cloud: Cloud, **fields: Any) -> None:
    """Replace these parts of the scenario, and forget what was rendered of the old one."""
    cloud.scenario = dataclasses.replace(cloud.scenario, **fields)
    cloud.rendered.clear()


def age_h(cloud: Cloud) -> int:
    """How many hours before the cloud began something is made that is made now: none or fewer, rounded so
    that it is not newer than now.
    """
    return math.ceil((cloud.began - cloud.now()) / timedelta(hours=1))


def owner_only(cloud: Cloud, request: web.Request, service: str) -> None:
    """Raise Refused for a project that has nothing here: the sandbox makes things in one only."""
    if not cloud.owns_all(request["identity"]):
        raise answers.Refused(
            answers.forbidden(service, "what only the sandbox's first project makes", request.path)
        )


async def content(request: web.Request, service: str, key: str) -> Row:
    """The object of that name that the client sent. Raises Refused for anything else."""
    try:
        sent = await request.json()
    except ValueError:
        sent = None
    found = sent.get(key) if isinstance(sent, dict) else None
    if not isinstance(found, dict):
        raise answers.Refused(answers.error(service, 400, f"Invalid input: {key!r} is required."))
    return found


def refuse(service: str, status: int, sentence: str) -> answers.Refused:
    """What ends the request with that sentence."""
    return answers.Refused(answers.error(service, status, sentence))


def named(rows: list[Row], key: str, value: object) -> Row | None:
    """The row with that value; None where there is none."""
    return next((row for row in rows if row[key] == value), None)


def one_of(service: str, rows: Callable[[], list[Row]], kind: str, identifier: str) -> Row:
    """The row of that ID. Raises Refused where there is none."""
    found = named(rows(), "id", identifier)
    if found is None:
        raise refuse(service, 404, f"{kind} {identifier} could not be found.")
    return found
