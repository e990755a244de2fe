# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Taking a usage record now: of a project of OpenStack, or by the VergeOS system itself
(design/reading-a-cloud.md#unknown-is-not-zero, design/reading-a-cloud.md#round-trips,
design/records.md#taking-a-record).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .._core.completeness import ABSENT, all_known
from .._core.errors import LedgerError, Malformed
from .._core.usage_record import OPENSTACK, Tier, UsageRecord
from .._ledger import sql, usage_records
from .._openstack import block_storage, compute, object_storage
from .._openstack.connection import Cloud, Reader, Readings, raise_errors, read_all
from .._openstack.quota import Quota
from .._vergeos import billing
from .._vergeos.system import System
from .result import BYTES_PER_GB, to_result

#: Status of a server that runs (API reference of Nova, server status).
_RUNNING = "ACTIVE"
_OF_A_TYPE = "gigabytes_"
#: One request each, and pages of servers: who is asked, and which fields of a record come from it.
_READINGS: dict[str, tuple[str, Reader, tuple[str, ...]]] = {
    "servers": (
        "compute",
        lambda nova: list(compute.servers(nova)),
        ("used_cores", "used_ram_mb", "running_machines", "gpus_used", "vgpus_used"),
    ),
    "compute_quotas": ("compute", compute.quotas, ("total_cores", "total_ram_mb")),
    "storage_quotas": (
        "block_storage",
        block_storage.quotas,
        ("tiers", "storage_used_bytes", "storage_total_bytes"),
    ),
    "account": (
        "object_storage",
        object_storage.account,
        ("object_storage_used_bytes", "object_storage_total_bytes"),
    ),
}


def take(
    cloud: Cloud,
    ledger_options: sql.LedgerOptions,
    on_error: str,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
) -> dict[str, Any]:
    """Take a record of the project and store it: 4 requests besides the login, and further pages of servers.

    The result of usage_record.

    Raises CloudError for what was not read, unless on_error is warn: then it is None in the record, and
    named. Raises LedgerError.
    """
    readers = {name: (service, read) for name, (service, read, _fields) in _READINGS.items()}
    readings = read_all(cloud, readers)
    if on_error == "fail":
        raise_errors(readings.errors)
    record = _record(cloud, readings, now)
    return {
        **_kept(ledger_options, record, now, recorded_by, check_mode),
        "services": {name: status.to_result() for name, status in readings.services.items()},
        "complete": record.complete,
    }


def generate(
    system: System, ledger_options: sql.LedgerOptions, now: datetime, recorded_by: str, check_mode: bool
) -> dict[str, Any]:
    """Let the system make a record and store it: 3 requests besides the login. The result of usage_record.

    It checks first that the ledger can be written. In check mode the system makes no record, and
    there is none to tell. Raises CloudError, LedgerError.
    """
    result = {"system": system.to_result()}
    if check_mode:
        return {**result, "changed": True, **_ledger(ledger_options, False), "record": None, "complete": True}
    with sql.writing(ledger_options) as ledger:
        created = ledger.created
    record = billing.generate(system)
    try:
        kept = _kept(ledger_options, record, now, recorded_by, check_mode)
    except LedgerError as error:
        raise LedgerError(
            f"{error} The system has made record {record.key}; vergeos_billing_info returns it."
        ) from error
    return {**result, **kept, "ledger_created": created, "complete": record.complete}


def _kept(
    ledger_options: sql.LedgerOptions, record: UsageRecord, now: datetime, recorded_by: str, check_mode: bool
) -> dict[str, Any]:
    if check_mode:
        return {"changed": True, **_ledger(ledger_options, False), "record": to_result(record)}
    if record.created is None:
        problem = f"record {record.key} does not say when it was created, so that it is of no month"
        raise Malformed("the new record", record.system, problem)
    with sql.writing(ledger_options) as ledger:
        kept, _new = usage_records.add(ledger.connection, record, now, recorded_by)
        return {"changed": True, **_ledger(ledger_options, ledger.created), "record": to_result(kept)}


def _ledger(ledger_options: sql.LedgerOptions, created: bool) -> dict[str, Any]:
    return {"ledger": sql.format_url(ledger_options), "ledger_created": created}


def _record(cloud: Cloud, readings: Readings, now: datetime) -> UsageRecord:
    values = readings.values
    known: dict[str, Any] = {}
    if values["servers"] is not None:
        known |= _of_servers(values["servers"])
    limits: dict[str, Any] = {}
    if values["compute_quotas"] is not None:
        quotas = _by_name(values["compute_quotas"])
        limits |= {"total_cores": _limit(quotas, "cores"), "total_ram_mb": _limit(quotas, "ram")}
    if values["storage_quotas"] is not None:
        quotas = _by_name(values["storage_quotas"])
        known |= {"storage_used_bytes": _bytes(quotas["gigabytes"].used), "tiers": _tiers(quotas)}
        limits["storage_total_bytes"] = _bytes(_limit(quotas, "gigabytes"))
    if values["account"] is not None:
        account: object_storage.Account = values["account"]
        known["object_storage_used_bytes"] = account.total_bytes
        limits["object_storage_total_bytes"] = account.limits.get("x-account-quota-bytes")
    identity = cloud.identity
    return UsageRecord(
        source=OPENSTACK,
        system=identity.auth_url,
        key=None,
        created=now,
        region=identity.region,
        project_id=identity.project_id,
        project_name=identity.project_name,
        unlimited=_unlimited(limits, known.get("tiers", ())),
        unknown=_unknown(readings, {**known, **dict.fromkeys(limits, 0)}),
        **known,
        **limits,
    )


def _of_servers(servers: Sequence[compute.Server]) -> dict[str, int | None]:
    """The resources of all servers, running or not, as quotas count them."""
    sums = {
        "used_cores": all_known(one.vcpus for one in servers),
        "used_ram_mb": all_known(one.ram_mb for one in servers),
        "gpus_used": all_known(one.gpu_count for one in servers),
        "vgpus_used": all_known(one.vgpu_count for one in servers),
    }
    counted: dict[str, int | None] = {
        name: None if known is None else sum(known) for name, known in sums.items()
    }
    return counted | {"running_machines": sum(one.status == _RUNNING for one in servers)}


def _tiers(quotas: Mapping[str, Quota]) -> tuple[Tier, ...]:
    """Every volume type: volumes and snapshots of it together, as Cinder counts them."""
    return tuple(
        Tier(name.removeprefix(_OF_A_TYPE), _bytes(quota.used), _bytes(quota.limit))
        for name, quota in sorted(quotas.items())
        if name.startswith(_OF_A_TYPE)
    )


def _unlimited(limits: Mapping[str, int | None], tiers: Sequence[Tier]) -> tuple[str, ...]:
    named = {
        "total_cores": "cores",
        "total_ram_mb": "ram",
        "storage_total_bytes": "storage",
        "object_storage_total_bytes": "object_storage",
    }
    found = [named[field] for field, limit in limits.items() if limit is None]
    return (*found, *(f"tier:{one.name}" for one in tiers if one.total_bytes is None))


def _unknown(readings: Readings, known: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that are None although the service is there: it was not read, or gave something that cannot
    be added up.
    """
    return tuple(
        field
        for service, _read, fields in _READINGS.values()
        if readings.services[service].status != ABSENT
        for field in fields
        if known.get(field) is None
    )


def _by_name(quotas: Sequence[Quota]) -> dict[str, Quota]:
    return {quota.name: quota for quota in quotas}


def _limit(quotas: Mapping[str, Quota], name: str) -> int | None:
    return quotas[name].limit


def _bytes(gigabytes: int | None) -> int | None:
    return None if gigabytes is None else gigabytes * BYTES_PER_GB
