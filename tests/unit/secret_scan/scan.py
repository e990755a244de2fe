# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that can be found again in whatever spelling a run shows them."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: What every kind of quoting spells differently: of URLs, JSON, Python, YAML, XML, shells and libpq.
_QUOTED = "/\"'<&%+ \\"
#: What the sandbox gives to whoever logs in.
_ISSUED_TOKEN = re.compile(rb"(?:sandbox|unscoped|access)-[\w-]{32}")
_START_OF_A_TOKEN = {"a token that the sandbox issued": b"sandbox-", "an unscoped token": b"unscoped-"}


@dataclass(frozen=True)
class Secret:
    """core: its middle of letters and digits, which no quoting changes. text: what the user gives."""

    core: str
    text: str


def new_secret(name: str) -> Secret:
    core = f"{name}{secrets.token_hex(12)}"
    return Secret(core, f"a{_QUOTED}{core}{_QUOTED}z")


def inside_base64(content: bytes) -> set[bytes]:
    """How the content shows in the base64 of any text that has it in it, wherever it stands there."""
    found = set()
    for before in range(3):
        # Of the first and the last character not all bits are the content's.
        first, last = (0, 2, 3)[before], (before + len(content)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            found.add(encode(bytes(before) + content)[first:last])
    return found


def shown(content: bytes, known: Iterable[Secret]) -> set[str]:
    """Which secrets stand in the content, by name and spelling; a warning is broken into lines anywhere."""
    whole = b"".join(content.split())
    plain = {one.core: one.core.encode() for one in known}
    found = {name for name, core in plain.items() if core in whole}
    if _ISSUED_TOKEN.search(whole):
        found.add("a token that the sandbox issued")
    encoded = {**plain, **_START_OF_A_TOKEN}
    return found | {
        f"{name}, in base64"
        for name, core in encoded.items()
        if any(spelling in whole for spelling in inside_base64(core))
    }


def shown_by(texts: Mapping[str, bytes], known: Iterable[Secret]) -> dict[str, set[str]]:
    """What of the texts shows which secrets."""
    known = tuple(known)
    found = {name: shown(text, known) for name, text in texts.items()}
    return {name: secrets for name, secrets in found.items() if secrets}


def files_below(folder: Path) -> dict[str, bytes]:
    """Each file below the folder by its path there, its name among its content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        name: name.encode() + b"\n" + path.read_bytes()
        for path in files
        if (name := str(path.relative_to(folder)))
    }
