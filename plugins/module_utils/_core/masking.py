# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a server said, as it may be shown: short, on one line, without control characters and without the
login's secrets (design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from .visible_text import shortened, visible_line

LONGEST_TEXT = 200
MASK = "********"
#: Entries of `auth` that are secret, by the end of their names.
_SECRET = re.compile(r"(password|secret|token|passcode|code|otp|otp_key)$")
#: Headers that carry a secret, whoever sends them.
_HEADERS = ("X-Auth-Token", "X-Subject-Token", "X-Service-Token", "Authorization")
#: A shorter text is part of many words.
_SHORTEST = 3


class Secrets:
    """The secrets of one login: its credentials, and each token that it gets and sends."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    @property
    def values(self) -> frozenset[str]:
        """Every secret so far, in every spelling."""
        return frozenset(self._values)

    def remember_credentials(self, auth: Mapping[str, Any]) -> None:
        """What is secret in an `auth` dictionary."""
        for name, value in auth.items():
            if _SECRET.search(name) and isinstance(value, str):
                self.remember(value)

    def remember(self, value: str) -> None:
        """One more secret, in every spelling that a server may send it back in."""
        if len(value) >= _SHORTEST and value not in self._values:
            spellings = (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])
            self._values |= {*spellings, base64.b64encode(value.encode()).decode()}

    def remember_headers(self, headers: Mapping[str, Any]) -> None:
        """The tokens of a request or a response."""
        for name in _HEADERS:
            value = headers.get(name)
            if value:
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                self.remember(text.partition(" ")[2] if name == "Authorization" else text)

    def masked(self, text: str) -> str:
        """The text with a mask for each secret in it, the longest first."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def format_line(self, text: str) -> str:
        """The text as a message may have it: masked, on one line, at most 200 characters long, with control
        characters and marks of direction written out.
        """
        return shortened(visible_line(self.masked(text)), LONGEST_TEXT)
