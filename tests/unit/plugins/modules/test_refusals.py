# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes no sense is refused by one sentence that names the option, tells nothing as read and changes
nothing.
"""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Run

CASES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("refusals.yml").read_text())
#: What a module tells when it has read or decided something.
TOLD = {
    "budgets",
    "cost",
    "entries",
    "imported",
    "lines",
    "metrics",
    "quotas",
    "record",
    "records",
    "reservation",
    "summary",
    "usage",
    "verdict",
}
PASSWORD = "geheim"


@pytest.mark.parametrize(
    ("module", "options", "says", "kind"),
    [
        (module, row["options"], row["says"], row.get("kind", "invalid_option"))
        for module, case in CASES.items()
        for row in case["refused"]
    ],
)
def test_is_refused_by_one_sentence(
    run: Run, ledger_file: Path, module: str, options: dict[str, Any], says: str, kind: str
) -> None:
    for step in CASES[module].get("before", []):
        for earlier, given in step.items():
            assert not run(earlier, given).get("failed")
    before = content(ledger_file)
    result = run(module, CASES[module].get("given", {}) | options)
    assert result["failed"]
    assert re.search(says, result["msg"]), result["msg"]
    # A sentence of ours about an option begins with it.
    ours = re.match(r"([a-z][^: ]*(?: \(key [^)]*\))?): ", result["msg"])
    assert result["error"]["kind"] == kind
    assert result["error"]["option"] == (ours[1] if ours else None)
    assert not TOLD & set(result)
    assert "Traceback" not in json.dumps(result)
    assert PASSWORD not in result["msg"]
    assert content(ledger_file) == before


def content(ledger_file: Path) -> list[str] | None:
    """Return all that a ledger holds as SQL; None where there is none."""
    if not ledger_file.exists():
        return None
    connection = sqlite3.connect(ledger_file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
