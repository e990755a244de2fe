# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real cloud was asked by the collection since this was run the last time: PYTHON asked.py LOGS.

Prints the counts that the sandbox tells of itself. Others ask too, the services each other first of all: ours
are known by their user agent.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

#: Method, path, microversion, user agent.
LINE = re.compile(r"(?P<method>\S+) (?P<path>\S+) \[(?P<microversion>.*?)\] finops\.cloud\b")
#: A version document: a service's root, or its root and a version, with nothing behind.
DISCOVERY = re.compile(r"/?(v\d+(\.\d+)?/?)?$")


def main(logs: Path) -> None:
    """Read on from where the last run ended, and print one JSON document."""
    marks = logs / "asked.json"
    ends: dict[str, int] = json.loads(marks.read_text()) if marks.is_file() else {}
    found = []
    for log in sorted(logs.glob("*.requests")):
        content = log.read_bytes()
        lines = content[ends.get(log.name, 0) :].decode(errors="replace").splitlines()
        found += [request for line in lines if (request := LINE.match(line))]
        ends[log.name] = len(content)
    marks.write_text(json.dumps(ends))
    kinds = Counter(_kind(request) for request in found)
    counts = {kind: kinds[kind] for kind in ("token", "discovery", "api")}
    print(json.dumps({**counts, "total": len(found), "log": [request[0] for request in found]}))


def _kind(request: re.Match[str]) -> str:
    if (request["method"], request["path"]) == ("POST", "/v3/auth/tokens"):
        return "token"
    return "discovery" if request["method"] == "GET" and DISCOVERY.match(request["path"]) else "api"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
