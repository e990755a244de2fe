# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Usage records as results, the same for every source (docs/records.md has the table)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import ROUNDING
from .._core.periods import iso
from .._core.usage_record import Tier, UsageRecord, epoch

MB_PER_GB, BYTES_PER_GB = 1024, 1024**3
_PLACES = Decimal("1e-6")
#: Fields that results have as they are.
_ALIKE = (
    "source", "system", "region", "project_id", "project_name", "key", "description", "used_cores",
    "total_cores", "online_cores",
    "phys_total_cpu_percent", "total_nodes", "online_nodes", "running_machines", "used_ram_mb",
    "total_ram_mb", "online_ram_mb",
    "phys_ram_used_bytes", "phys_vram_used_bytes", "gpus_total", "gpus_used", "gpus_idle", "vgpus_total",
    "vgpus_used", "vgpus_idle",
    "workload_datapoints", "storage_datapoints", "complete",
)  # fmt: skip


def to_result(record: UsageRecord) -> dict[str, Any]:
    """A record with all that follows from it: moments twice, sizes in GB too, and how much of what there is
    is in use.
    """
    result: dict[str, Any] = {name: getattr(record, name) for name in _ALIKE}
    for name, moment in {
        "created": record.created,
        "from": record.begin,
        "to": record.end,
        "sent": record.sent,
    }.items():
        result |= {name: _iso(moment), f"{name}_epoch": epoch(moment)}
    for name in ("used_ram", "total_ram", "online_ram"):
        result[f"{name}_gb"] = in_gb(result[f"{name}_mb"], MB_PER_GB)
    for name in ("phys_ram_used", "phys_vram_used"):
        result[f"{name}_gb"] = in_gb(result[f"{name}_bytes"])
    return {
        **result,
        "tiers": [_tier(one) for one in record.tiers],
        **_sizes("total_storage_used", record.storage_used_bytes),
        **_sizes("total_storage_total", record.storage_total_bytes),
        **_sizes("object_storage_used", record.object_storage_used_bytes),
        **_sizes("object_storage_total", record.object_storage_total_bytes),
        "cpu_utilization_percent": percent(record.used_cores, record.total_cores),
        "ram_utilization_percent": percent(record.used_ram_mb, record.total_ram_mb),
        "gpu_utilization_percent": percent(record.gpus_used, record.gpus_total),
        "vgpu_utilization_percent": percent(record.vgpus_used, record.vgpus_total),
        "unlimited": list(record.unlimited),
        "unknown": list(record.unknown),
    }


def chosen(record: UsageRecord, fields: Sequence[str]) -> dict[str, Any]:
    """The named fields of a record and its key; all fields if none is named."""
    result = to_result(record)
    return result if not fields else {name: result[name] for name in dict.fromkeys(("key", *fields))}


def parse_fields(fields: Sequence[str] | None) -> tuple[str, ...]:
    """The option fields. Raises InvalidOption for a name that no record has."""
    for name in fields or ():
        if name not in FIELDS:
            raise InvalidOption(
                "fields", f"'{name}' is not a field of a record; the fields are {', '.join(FIELDS)}."
            )
    return tuple(fields or ())


def in_gb(size: int | None, per_gb: int = BYTES_PER_GB) -> float | None:
    """A size in GB of 1024-based units, to six decimals."""
    return None if size is None else rounded(ROUNDING.divide(Decimal(size), Decimal(per_gb)))


def percent(used: int | None, total: int | None) -> float | None:
    """How much of the total is used; None where either is not known, there is no limit, or nothing is there
    to use (design/records.md#unknown-and-unlimited).
    """
    exact = exact_percent(used, total)
    return None if exact is None else rounded(exact)


def exact_percent(used: int | None, total: int | None) -> Decimal | None:
    """percent() before rounding."""
    if used is None or not total:
        return None
    return ROUNDING.divide(Decimal(100 * used), Decimal(total))


def rounded(number: Decimal) -> float:
    """A number rounded half-even to six decimals."""
    return float(ROUNDING.quantize(number, _PLACES))


def _tier(tier: Tier) -> dict[str, Any]:
    return {"name": tier.name, **_sizes("used", tier.used_bytes), **_sizes("total", tier.total_bytes)}


def _sizes(name: str, size: int | None) -> dict[str, Any]:
    return {f"{name}_bytes": size, f"{name}_gb": in_gb(size)}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


#: The fields of a record, in order.
FIELDS = tuple(to_result(UsageRecord("", "", None, None)))
