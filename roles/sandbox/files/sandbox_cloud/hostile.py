# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that a service never gives, and an attacker may."""

from __future__ import annotations

import asyncio
import gzip

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.faults import Fault

#: 16 MB of spaces in 16 kB, and how often it is sent: 1.6 GB.
_SPACES = 16 * 1024**2
_MEMBERS = 100


async def hostile(
    cloud: Cloud, request: web.Request, service: str, path: str, fault: Fault
) -> web.StreamResponse:
    """The answer of a redirect, drip, bomb, endless or echo fault."""
    if fault.kind == "redirect":
        return web.Response(status=fault.status, headers={"Location": fault.location})
    if fault.kind == "echo":
        return await _echo(cloud, request, service, path, fault)
    headers = {"Content-Type": "application/json"}
    if fault.kind == "bomb":
        headers["Content-Encoding"] = "gzip"
    answer = web.StreamResponse(headers=headers)
    await answer.prepare(request)
    if fault.kind == "bomb":
        member = gzip.compress(b" " * _SPACES)
        for _number in range(_MEMBERS):
            await answer.write(member)
        await answer.write_eof()
        return answer
    # Until the client has enough of it: a write fails, or the handler is canceled.
    while True:
        await answer.write(b" " if fault.kind == "drip" else b" " * 65536)
        await asyncio.sleep((fault.seconds or 1) if fault.kind == "drip" else 0)


async def _echo(cloud: Cloud, request: web.Request, service: str, path: str, fault: Fault) -> web.Response:
    """An error that has in it whatever secret the request had, and the password of its user, which is in the
    body of a login.
    """
    token = request.headers.get("X-Auth-Token") or request.headers.get("Authorization", "")
    asked = await request.text()
    passwords = {"identity": ""}
    if cloud.scenario.vergeos is not None:
        passwords["vergeos"] = cloud.scenario.vergeos.password
    password = passwords.get(service, cloud.scenario.project.password)
    said = f"no \x1b[31m{token}\r\nfor {password} {asked}"
    return answers.error(service, fault.status, said, path)
