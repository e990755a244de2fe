# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a small VergeOS system has recorded of itself, a row an hour, in the words of its own API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

GIB = 1024**3
_HOUR = timedelta(hours=1)


def hourly_rows(now: datetime, hours: int) -> list[dict[str, Any]]:
    """The rows of so many whole hours up to now, the oldest first."""
    last = now.replace(minute=0, second=0, microsecond=0)
    begins = (last - _HOUR * back for back in range(hours, 0, -1))
    return [row(number, begin, begin + _HOUR) for number, begin in enumerate(begins, 1)]


def row(key: int, begin: datetime, end: datetime) -> dict[str, Any]:
    """A row of that time: two nodes, tiers 1 and 3 of six, and a load that goes up and down with its key."""
    tiers = {1: (500 + key % 10, 2000), 3: (1200, 8000)}
    stored: dict[str, int] = {}
    for tier in range(6):
        used, total = tiers.get(tier, (0, 0))
        stored |= {f"tier_{tier}_used": used * GIB, f"tier_{tier}_total": total * GIB}
    return {
        "$key": key,
        "created": int(end.timestamp()),
        "from": int(begin.timestamp()),
        "to": int(end.timestamp()),
        "sent": 0,
        "description": f"Billing report {key}",
        "used_cores": 16 + key % 8,
        "total_cores": 64,
        "online_cores": 64,
        "total_nodes": 2,
        "online_nodes": 2,
        "running_machines": 9 + key % 3,
        "used_ram": 65536 + 1024 * (key % 4),
        "total_ram": 262144,
        "online_ram": 262144,
        "phys_ram_used": 80 * GIB,
        "phys_vram_used": 16 * GIB,
        "phys_total_cpu": 20 + key % 8,
        **stored,
        "gpus_total": 2,
        "gpus": 1,
        "gpus_idle": 1,
        "vgpus_total": 8,
        "vgpus": 3,
        "vgpus_idle": 5,
        "workload_datapoints": 60,
        "storage_datapoints": 12,
    }
