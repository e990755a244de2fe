# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Costs of an organization over three months, of which some were corrected after they had been reported, in a
ledger and in the two lakes that examples/lake reads.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..plugins.modules.running import run_module

LAKE = Path(__file__).parents[3] / "examples" / "lake"
QUESTIONS = sorted(path.stem for path in (LAKE / "questions").glob("*.sql"))
MONTHS = ("2025-09", "2025-10", "2025-11")
#: What the months that were reported hold; the newest one is still running.
REPORTED = {"begin": "2025-09-01", "end": "2025-11-01"}
WHOLE = {"begin": "2025-09-01", "end": "2025-12-01"}
#: Project, resource, metric, unit, category, currency, tags, and the months in which it is there.
RESOURCES = (
    (
        "shop",
        "web-1",
        "instance",
        "instance",
        "compute",
        "ICU",
        {"team": "shop", "cost_center": "4711"},
        MONTHS,
    ),
    ("shop", "web-2", "instance", "instance", "compute", "ICU", {"team": "shop"}, MONTHS[1:]),
    (
        "shop",
        "data",
        "volume.size",
        "GiB",
        "storage",
        "ICU",
        {"team": 'O\'Neil "é"', "cost_center": ""},
        MONTHS,
    ),
    ("data", "lake", "volume.size", "GiB", "storage", "ICU", {"cost_center": "4711"}, MONTHS),
    ("data", "spark", "instance", "instance", "compute", "EUR", {}, MONTHS),
    (
        "new",
        "model",
        None,
        "tokens",
        "llm_inference",
        "CHF",
        {"team": "ai", "cost_center": "0815"},
        MONTHS[2:],
    ),
    ("gone", "old", "ip.floating", "ip", "network", "ICU", {"team": "shop"}, MONTHS[:1]),
)
ONCE = (("purchase", "1200"), ("credit", "-5.000000001"), ("adjustment", "-0.01"), ("tax", "8.1"))


def costs() -> Iterator[dict[str, Any]]:
    """Each hour that something has cost: the first and last of months and days are among them."""
    draw = random.Random(31)
    for project, resource, metric, unit, category, currency, tags, months in RESOURCES:
        for month in months:
            for hour in ("01T00", "01T23", "02T00", "15T11", "30T23"):
                yield {
                    "key": f"{resource}/{month}-{hour}",
                    "occurred_at": f"{month}-{hour}:00:00Z",
                    "amount": str(Decimal(draw.randrange(1, 10**10)).scaleb(-9)),
                    "quantity": str(draw.randrange(1, 40)),
                    "project_id": f"id-of-{project}",
                    "project_name": project,
                    "resource_name": resource,
                    "resource_id": f"id-of-{resource}",
                    "metric": metric,
                    "unit": unit,
                    "category": category,
                    "currency": currency,
                    "tags": tags,
                }
    for month in MONTHS:
        for kind, amount in ONCE:
            yield {
                "key": f"{kind}/{month}",
                "occurred_at": f"{month}-28T12:00:00Z",
                "charge_category": kind,
                "amount": amount,
                "currency": "CHF",
                "category": "other",
            }


#: What was corrected after the report: an hour is dearer by 1, another one no longer there.
DEARER, REMOVED = "web-1/2025-10-15T11", "old/2025-09-02T00"


def ran(module: str, options: dict[str, Any]) -> dict[str, Any]:
    """The result of a module that has to succeed."""
    result = run_module(module, options)
    assert not result.get("failed"), result["msg"]
    return result


def made(folder: Path) -> str:
    """The ledger's URL; the lakes are folder/reported and folder/focus."""
    ledger = f"sqlite:///{folder}/ledger.db"
    written = list(costs())
    ran("cost_entry", {"ledger": ledger, "entries": written})
    exported(ledger, folder / "reported", REPORTED)
    (dearer,) = (cost for cost in written if cost["key"] == DEARER)
    again = {**dearer, "amount": str(Decimal(dearer["amount"]) + 50)}
    ran("cost_entry", {"ledger": ledger, "entries": [again]})
    ran("cost_entry", {"ledger": ledger, "key": REMOVED, "state": "absent"})
    exported(ledger, folder / "focus", WHOLE)
    return ledger


def exported(ledger: str, dest: Path, window: dict[str, str]) -> None:
    options = {"ledger": ledger, "dest": str(dest), "format": "parquet", "currency": "CHF"}
    ran("cost_export", {**options, **window})


def statements(name: str, folder: Path) -> list[str]:
    """What a file of the examples asks, one statement each, of the lakes in that folder."""
    text = (LAKE / f"{name}.sql").read_text().replace("/srv/lake", str(folder))
    bare = re.sub("^--.*\n", "", text, flags=re.MULTILINE)
    return [one.strip() for one in bare.split(";") if one.strip()]
