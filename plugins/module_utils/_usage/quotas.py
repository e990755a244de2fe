# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the project may use, what of it is used, and what is left (design/reading-a-cloud.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from .._core.completeness import ABSENT
from .._core.errors import DENIED, UNKNOWN, Refused
from .._openstack import (
    block_storage,
    compute,
    database,
    dns,
    key_manager,
    load_balancer,
    network,
    object_storage,
    shared_file_system,
)
from .._openstack.connection import Cloud, Reader, Readings, raise_errors, read_all
from .._openstack.quota import Quota
from .._openstack.quota_names import our_name, service_of
from .headroom import Quotas, at_least, judge, refusal, refuse_unknown_names, to_result
from .quota_packs import NEVER_COMPARED, Pack, recognize, smallest_pack

_LOAD_BALANCERS = "load_balancers"


@dataclass(frozen=True)
class QuotaOptions:
    """What is asked.

    services: those named by the user, empty for whatever the catalog offers. on_error: fail or warn.
    count_load_balancers: one request more for what Octavia does not report. required: amounts by quota, None
    where nothing is asked. packs: the lowest first. warn_at: the part of a limit from which on a quota is
    listed, None for no list.
    """

    services: tuple[str, ...]
    on_error: str
    count_load_balancers: bool
    required: Mapping[str, int] | None
    fail_on_shortfall: bool
    packs: tuple[Pack, ...]
    warn_at: Decimal | None


def read_quotas(cloud: Cloud, options: QuotaOptions) -> dict[str, Any]:
    """The result of infomaniak_quota_info.

    One request per service, and one more where load balancers are counted.

    Raises CloudError for what was not read, unless on_error is warn: then the service's quotas are null and
    complete is false. Raises InvalidOption for an unknown quota, and Refused, if the user wants
    that, where the required does not fit.
    """
    readings = _read(cloud, options)
    if options.on_error == "fail":
        raise_errors(readings.errors)
    quotas = _by_our_names(readings.values)
    for pack in options.packs:
        named = pack.limits.keys() - NEVER_COMPARED
        # A pack may well know volume types that this cloud has not.
        refuse_unknown_names(
            (name for name in named if service_of(name) is None), quotas, f"packs.{pack.level}"
        )
    result = {
        "services": {name: status.to_result() for name, status in readings.services.items()},
        "complete": readings.complete,
        "quotas": {
            service: None if rows is None else {name: to_result(row) for name, row in rows.items()}
            for service, rows in quotas.items()
        },
        "pack": recognize(options.packs, quotas),
        "above": None if options.warn_at is None else at_least(quotas, options.warn_at),
        **dict.fromkeys(("fits", "shortfalls", "unknown", "smallest_pack")),
        "warnings": [
            f"{service} reports {row.below_zero} {name} in use, which counts as 0; ask the cloud's operator"
            " to correct the counter."
            for service, rows in quotas.items()
            for name, row in (rows or {}).items()
            if row.below_zero is not None
        ],
    }
    if options.required is None:
        return result
    refuse_unknown_names(options.required, quotas, "required")
    headroom = judge(quotas, options.required)
    there = {service: rows for service, rows in quotas.items() if readings.services[service].status != ABSENT}
    smallest = smallest_pack(options.packs, there, options.required)
    result |= {**headroom.to_result(), "smallest_pack": smallest}
    if options.fail_on_shortfall and headroom.fits is not True:
        raise Refused(refusal(headroom, smallest), result, UNKNOWN if headroom.fits is None else DENIED)
    return result


def _read(cloud: Cloud, options: QuotaOptions) -> Readings:
    """The services that were asked for, those of what is required among them: these have to be there
    (design/reading-a-cloud.md#unknown-is-not-zero).
    """
    required = options.required or {}
    needed = {service for name in required if (service := service_of(name)) is not None}
    wanted = {
        service: (service, reader)
        for service, reader in _READERS.items()
        if not options.services or service in options.services or service in needed
    }
    if "load_balancer" in wanted and (options.count_load_balancers or _LOAD_BALANCERS in required):
        wanted[_LOAD_BALANCERS] = ("load_balancer", load_balancer.load_balancer_count)
    return read_all(cloud, wanted, sorted({*options.services, *needed}))


def _by_our_names(values: Mapping[str, Any]) -> Quotas:
    """The rows of each service by our names, in their order.

    Load balancers, where they were counted, are in use; Octavia reserves none.
    """
    named: dict[str, dict[str, Quota] | None] = {
        service: None if values[service] is None else _named(service, values[service])
        for service in _READERS
        if service in values
    }
    balancers, count = named.get("load_balancer"), values.get(_LOAD_BALANCERS)
    if balancers and _LOAD_BALANCERS in balancers and count is not None:
        balancers[_LOAD_BALANCERS] = replace(balancers[_LOAD_BALANCERS], used=count, reserved=0)
    return named


def _named(service: str, rows: Iterable[Quota]) -> dict[str, Quota]:
    renamed = (replace(row, name=our_name(service, row.name)) for row in rows)
    return {row.name: row for row in sorted(renamed, key=lambda row: row.name)}


_READERS: dict[str, Reader] = {
    "compute": compute.quotas,
    "block_storage": block_storage.quotas,
    "network": network.quotas,
    "object_storage": object_storage.quotas,
    "load_balancer": load_balancer.quotas,
    "shared_file_system": shared_file_system.quotas,
    "dns": dns.quotas,
    "key_manager": key_manager.quotas,
    "database": database.quotas,
}
SERVICES = tuple(_READERS)
