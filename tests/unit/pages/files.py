# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that the reader of a page has: other providers' bills, plans, and folders to write to."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_record import (
    PlaybookRecord,
    TaskPlace,
    TaskRun,
)

UNITS = Path(__file__).parents[1]
BILLS = UNITS / "plugins" / "module_utils" / "_imports" / "bills"
FOCUS = (UNITS / "plugins" / "modules" / "focus.csv").read_text(encoding="utf-8")
PLAN = UNITS / "plugins" / "module_utils" / "_estimate" / "plans" / "three_tier.json"
#: The tables of a data center, as docs/bills.md, docs/import.md and the module describe them.
OF_THE_MONTH = 'Datum,Betrag,Kostenstelle\n03.11.2026,"1.200,50",web\nTotal,"1.200,50",\n'
INVOICES = 'Invoice,Date,Net,Cost center\nR-1,03.11.2026,"1200,50",web\n'
INVOICES_OF_THE_MODULE = "Invoice,Date,Net,Cost center\nR-1,2026-11-03,1200.50,web\n"
WRITTEN_TO = (
    "srv/finance", "srv/lake", "srv/reports/2026-10", "srv/reports/today", "srv/statements", "srv/cost",
    "var/lib/finops", "var/lib/node_exporter/textfile",
)  # fmt: skip


def write(folder: Path, page: str) -> None:
    """What a page expects below its folder."""
    bills = folder / "srv" / "bills"
    for name in WRITTEN_TO:
        (folder / name).mkdir(parents=True)
    _text(bills / "aws" / "2026-11" / "part-1.csv", FOCUS)
    _text(bills / "focus-2026-10.csv", FOCUS.replace("2026-11", "2026-10"))
    azure = bills / "azure" / "20261101-20261130" / "202611200400"
    _text(azure / "part-1.csv", FOCUS)
    _text(azure / "manifest.json", json.dumps({"blobs": [{"blobName": "costs/202611200400/part-1.csv"}]}))
    (bills / "gcp" / "2026-11").mkdir(parents=True)
    shutil.copy(BILLS / "gcp.jsonl", bills / "gcp" / "2026-11" / "000000000000.jsonl")
    day = bills / "oci" / "2026" / "11" / "03"
    day.mkdir(parents=True)
    (day / "0001.csv.gz").write_bytes(gzip.compress(FOCUS.encode()))
    _text(bills / "colocation-2026-11.csv", OF_THE_MONTH)
    of_the_module = page.startswith("plugins/")
    _text(bills / "colocation.csv", INVOICES_OF_THE_MODULE if of_the_module else INVOICES)
    _text(folder / "srv" / "reports" / "today" / "digest.md", "the digest")


def write_plans(folder: Path) -> None:
    """The plans of Terraform and of a playbook, where the reader's playbook is."""
    (folder / ".terraform").mkdir()
    plan = PLAN.read_text(encoding="utf-8")
    _text(folder / "plan.json", plan)
    for name in ("tfplan", "deployment/tfplan"):
        _text(folder / name, f"PK\n{plan}")
    (folder / "deployment" / ".terraform").mkdir()
    _text(folder / "costs.json", json.dumps(_playbook_plan()))


def _playbook_plan() -> dict[str, Any]:
    """What the callback writes of a playbook that makes one server."""
    record = PlaybookRecord(True)
    server = {"name": "web-3", "flavor": "a2-ram4-disk20-perf1", "network": "front", "auto_ip": False}
    task = TaskPlace("Make it", "openstack.cloud.server", "site.yml:7")
    record.passed(TaskRun(task, "localhost", server, "production", None, False, False))
    told: dict[str, Any] = record.to_result()
    return told


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
