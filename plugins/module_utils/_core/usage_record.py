# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A usage record: the use and the totals of a project or a system at one moment, whatever its source
(design/reading-a-cloud.md#unknown-is-not-zero, design/records.md#taking-a-record).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

OPENSTACK, VERGEOS = "openstack", "vergeos"


@dataclass(frozen=True, slots=True)
class Tier:
    """Storage of one kind: a VergeOS tier or a volume type. None: unknown, or no limit; see UsageRecord."""

    name: str
    used_bytes: int | None
    total_bytes: int | None


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """The use at one moment. A number is None if it is unknown or if its source does not have it.

    source: openstack or vergeos. system: the auth URL or the host. key: its number there; None if the ledger
    assigns one. begin and end: the window of the record, None without one. unlimited: totals without a limit
    (cores, ram, storage, tier:<name>, object_storage). unknown: fields that the source should have and could
    not be read.
    """

    source: str
    system: str
    key: int | None
    created: datetime | None
    region: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    sent: datetime | None = None
    description: str | None = None
    used_cores: int | None = None
    total_cores: int | None = None
    online_cores: int | None = None
    phys_total_cpu_percent: int | None = None
    total_nodes: int | None = None
    online_nodes: int | None = None
    running_machines: int | None = None
    used_ram_mb: int | None = None
    total_ram_mb: int | None = None
    online_ram_mb: int | None = None
    phys_ram_used_bytes: int | None = None
    phys_vram_used_bytes: int | None = None
    tiers: tuple[Tier, ...] = ()
    storage_used_bytes: int | None = None
    storage_total_bytes: int | None = None
    object_storage_used_bytes: int | None = None
    object_storage_total_bytes: int | None = None
    gpus_total: int | None = None
    gpus_used: int | None = None
    gpus_idle: int | None = None
    vgpus_total: int | None = None
    vgpus_used: int | None = None
    vgpus_idle: int | None = None
    workload_datapoints: int | None = None
    storage_datapoints: int | None = None
    unlimited: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all was read that the source should have."""
        return not self.unknown


_MOMENTS = ("created", "begin", "end", "sent")
_LISTS = ("unlimited", "unknown")


def epoch(moment: datetime | None) -> int | None:
    """Seconds since the epoch; None for no moment."""
    return None if moment is None else int(moment.timestamp())


def moment(seconds: int | None) -> datetime | None:
    """The moment of so many seconds since the epoch; None for no number."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def as_plain(record: UsageRecord) -> dict[str, Any]:
    """A record as JSON values: moments in seconds since the epoch, tiers as lists of name, used and total."""
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    values |= {name: epoch(values[name]) for name in _MOMENTS}
    return values | {"tiers": [[one.name, one.used_bytes, one.total_bytes] for one in record.tiers]}


def from_plain(values: Mapping[str, Any]) -> UsageRecord:
    """The record behind the values of as_plain()."""
    moments = {name: moment(values[name]) for name in _MOMENTS}
    lists = {name: tuple(values[name]) for name in _LISTS}
    return UsageRecord(
        **{**values, **moments, **lists, "tiers": tuple(Tier(*one) for one in values["tiers"])}
    )
