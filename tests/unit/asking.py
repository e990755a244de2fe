# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request and what came back, whatever its status."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """status, headers and decoded body of a request; body None for none, text where it is no JSON."""

    status: int
    headers: dict[str, str]
    body: Any


def ask(method: str, url: str, content: Any = None, headers: dict[str, str] | None = None) -> Answer:
    request = urllib.request.Request(
        url,
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, dict(answer.headers), _decoded(answer.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), _decoded(error.read()))


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode()
