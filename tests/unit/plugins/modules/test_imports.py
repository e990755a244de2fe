# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task of the ledger is about as quick as ping because it loads nothing that it does not need
(design/ansible.md#third-party-libraries).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

#: Runs a module and tells at its end, on stderr, what it has imported.
RUN = """
import atexit, importlib, json, sys
from ansible.module_utils.testing import patch_module_args
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
with patch_module_args(json.loads(sys.argv[2])):
    importlib.import_module("ansible_collections.finops.cloud.plugins.modules." + sys.argv[1]).main()
"""
#: Loading openstacksdk alone takes longer than all of ping (and PyYAML comes with it).
CLOUDS = {"openstack", "keystoneauth1", "cloudkittyclient", "os_service_types", "requests", "yaml"}
#: A third of what a task on SQLite would load.
POSTGRESQL = {"psycopg"}
BUDGET = {"name": "team", "limit": "100", "currency": "CHF", "fed_by": "entries", "spend": "1"}
HOLD = {
    "name": "deploy",
    "state": "held",
    "amount": "1",
    "currency": "CHF",
    "category": "other",
    "settled_by": "entry",
}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("cost_budget", BUDGET),
        ("cost_budget", {"spend": "1", "currency": "CHF"}),
        ("cost_budget_info", {}),
        ("usage_record_info", {}),
        ("cost_reservation", HOLD),
        ("cost_entry", {"key": "k", "amount": "1", "currency": "CHF", "category": "other"}),
    ],
)
def test_no_library_of_a_cloud_or_of_another_database_is_imported(
    tmp_path: Path, module: str, options: dict[str, Any]
) -> None:
    ledger = {"ledger": f"sqlite:///{tmp_path}/ledger.db"}
    for name, asked in (("cost_budget", BUDGET), (module, options)):
        ended = subprocess.run(
            [sys.executable, "-c", RUN, name, json.dumps({**ledger, **asked})],
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ),
        )
        assert not json.loads(ended.stdout).get("failed")
    imported = set(json.loads(ended.stderr.splitlines()[-1]))
    assert "sqlite3" in imported
    assert imported & (CLOUDS | POSTGRESQL) == set()
