# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers in the manner of each service: errors, versions, pages and times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

_UNAUTHORIZED = "The request you have made requires authentication."
_SWIFT_PAGE = (
    "<html><h1>Unauthorized</h1><p>This server could not verify that you are authorized to access the"
    " document you"
    " requested.</p></html>"
)
_NOVA_NAMES = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    406: "computeFault",
    413: "overLimit",
    429: "overLimit",
}
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    404: "The resource could not be found.",
    429: "Too many requests.",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Refused(Exception):
    """Ends a request early with this answer."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def body(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        status=status, body=json.dumps(content).encode(), content_type="application/json", headers=headers
    )


def unauthorized(service: str) -> web.Response:
    """401 without a valid token."""
    if service == "vergeos":
        return body({"err": "Login required"}, 401)
    if service == "object_storage":
        return web.Response(status=401, text=_SWIFT_PAGE, content_type="text/html", charset="utf-8")
    if service == "image":
        sentence = (
            "This server could not verify that you are authorized to access the document you requested."
            " Either you supplied the"
            " wrong credentials (e.g., bad password), or your browser does not understand how to supply the"
            " credentials"
            " required.<br /><br />\n\n\n"
        )
        return body({"message": sentence, "code": "401 Unauthorized", "title": "Unauthorized"}, 401)
    return body({"error": {"code": 401, "title": "Unauthorized", "message": _UNAUTHORIZED}}, 401)


def error(
    service: str,
    status: int,
    sentence: str | None = None,
    path: str = "",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """An error in the service's own style."""
    if status == 401:
        return unauthorized(service)
    said = sentence or _REASONS.get(status, "The request failed.")
    if service == "object_storage":
        return web.Response(
            status=status, text=f"<html><h1>{said}</h1></html>", content_type="text/html", headers=headers
        )
    title = _REASONS.get(status, said)
    nova = {_NOVA_NAMES.get(status, "computeFault"): {"code": status, "message": said}}
    pecan = {"faultcode": "Client" if status < 500 else "Server", "faultstring": said, "debuginfo": None}
    styles: dict[str, Any] = {
        "compute": nova,
        "block_storage": nova,
        "shared_file_system": nova,
        "database": nova,
        "dns": {"code": status, "type": title.lower().replace(" ", "_"), "message": said},
        "key_manager": {"code": status, "title": title, "description": said},
        "network": {"NeutronError": {"type": f"HTTP{status}", "message": said, "detail": ""}},
        "load_balancer": pecan,
        "rating": pecan if path.startswith("/v1") else {"message": said},
        "metric": {"code": status, "title": title, "description": said},
        "image": {"message": said, "code": str(status), "title": said},
        "vergeos": {"err": said},
        "identity": {"error": {"code": status, "title": title, "message": said}},
    }
    return body(styles[service], status, headers)


def forbidden(
    service: str, rule: str, path: str = "", headers: Mapping[str, str] | None = None
) -> web.Response:
    """403 by the policy of that name."""
    return error(service, 403, f"Policy doesn't allow {rule} to be performed.", path, headers)


_BEFORE = "sandbox_before"


def page(
    service: str, request: web.Request, rows: Sequence[dict[str, Any]], limit: int | None
) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of the page that marker and limit ask for, and the URL of the next page.

    limit: the largest page of the service, None for none. A full page always has a next one, as Nova, Cinder
    and Neutron do. Raises Refused for a limit that is no number and for a marker that no row has: an empty
    page would look like the end.
    """
    size = asked_limit(service, request, limit)
    ids, before = [row["id"] for row in rows], int(request.query.get(_BEFORE, "0"))
    # The same ID stands for a resource of each project: after how many rows its marker is looked for.
    start = before + after_marker(service, ids[before:], request.query.get("marker"))
    chosen = list(rows[start:] if size is None else rows[start : start + size])
    if size is None or len(chosen) < size or not chosen:
        return chosen, None
    query = [(name, value) for name, value in request.query.items() if name not in ("marker", _BEFORE)]
    query.append(("marker", chosen[-1]["id"]))
    last = start + len(chosen) - 1
    if chosen[-1]["id"] in ids[:last]:
        query.append((_BEFORE, str(last)))
    return chosen, f"{request.url.origin()}{request.path}?{urlencode(query)}"


def asked_limit(service: str, request: web.Request, largest: int | None) -> int | None:
    """How many rows the request's limit asks for, at most the largest page.

    Raises Refused for what is no number.
    """
    text = request.query.get("limit")
    if text is None:
        return largest
    if not (text.isascii() and text.isdigit()):
        raise Refused(error(service, 400, f"limit is an integer of 0 or more, not {text!r}."))
    asked = int(text)
    if service == "network" and asked == 0:
        return None
    return asked if largest is None else min(asked, largest)


def after_marker(service: str, ids: Sequence[str], marker: str | None) -> int:
    """The position behind the marker.

    Raises Refused for one that is not in the list: 404 of Cinder and Neutron, 400 of others.
    """
    if marker is None:
        return 0
    if marker not in ids:
        status = 404 if service in ("block_storage", "network") else 400
        raise Refused(error(service, status, f"marker [{marker}] not found"))
    return ids.index(marker) + 1


def listed(key: str, rows: list[dict[str, Any]], following: str | None) -> dict[str, Any]:
    """A list as Nova, Cinder and Neutron write it, with its link."""
    links = {f"{key}_links": [{"rel": "next", "href": following}]} if following else {}
    return {key: rows, **links}


def seconds(moment: datetime) -> str:
    """2026-11-21T00:39:13Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def microseconds(moment: datetime) -> str:
    """2026-11-21T00:39:13.000000, which is UTC without saying so."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def microversion(request: web.Request, name: str, latest: tuple[int, int]) -> tuple[int, int] | None:
    """The microversion of the header, None where none is asked for.

    Raises Refused for one that is no version.
    """
    asked = request.headers.get("OpenStack-API-Version", "")
    service, _space, number = asked.partition(" ")
    if service != name:
        number = request.headers.get("X-OpenStack-Nova-API-Version", "") if name == "compute" else ""
    if number == "latest":
        return latest
    if not number:
        return None
    major, _dot, minor = number.partition(".")
    if not (major.isdigit() and minor.isdigit()):
        sentence = f"API Version String {number} is of invalid format. Must be of format MajorNum.MinorNum."
        raise Refused(error("compute" if name == "compute" else "block_storage", 400, sentence))
    return int(major), int(minor)
