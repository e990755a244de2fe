# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Addresses of services, as users and catalogs write them (design/reading-a-cloud.md#hostile-answers)."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

#: RFC 3986 has none of these in a URL.
_FOREIGN = set(' "<>\\^`{|}')
_USER = re.compile(r"(?<=://)[^/?#]*@")


def is_web_address(text: str) -> bool:
    """Whether a request can be sent to it: an http or https URL with a host and a port that can be."""
    try:
        parts = urlsplit(text)
        has_host = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and has_host and text.isprintable() and not _FOREIGN & set(text)


def without_user(url: str) -> str:
    """The URL as it may be shown: without user and password."""
    return _USER.sub("", url)


def passwords_in(url: str) -> list[str]:
    """The password that the URL has in it, as it is written and as it is meant; empty for none."""
    found = _USER.search(url)
    password = found[0][:-1].partition(":")[2] if found else ""
    return list({password, unquote(password)}) if password else []
