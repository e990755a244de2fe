# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the project may use, what of it is used, and what is left (rules R1, R2 and R5 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud import (
    block_storage,
    compute,
    load_balancer,
    network,
    object_storage,
)
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import (
    Cloud,
    Reader,
    raise_errors,
    read_all,
)
from ansible_collections.finops.cloud.plugins.module_utils._cloud.quota import Quota


@dataclass(frozen=True)
class QuotaOptions:
    """services: those named by the user, empty for whatever the catalog offers. on_error: fail or warn."""

    services: tuple[str, ...]
    on_error: str


def read_quotas(cloud: Cloud, options: QuotaOptions) -> dict[str, Any]:
    """The result of infomaniak_quota_info: services, complete, and quotas.<service>.<name>. One request per service.

    Raises CloudError for what was not read, unless on_error is warn: then the service's quotas are null and complete is false.
    """
    wanted = {name: reader for name, reader in _READERS.items() if not options.services or name in options.services}
    readings = read_all(cloud, {name: (name, reader) for name, reader in wanted.items()}, options.services)
    if options.on_error == "fail":
        raise_errors(readings.errors)
    return {
        "services": {name: status.as_result() for name, status in readings.services.items()},
        "complete": readings.complete,
        "quotas": {name: None if rows is None else _by_name(rows) for name, rows in readings.values.items()},
    }


def _by_name(rows: Iterable[Quota]) -> dict[str, dict[str, Any]]:
    return {row.name: _headroom(row) for row in sorted(rows, key=lambda row: row.name)}


def _headroom(row: Quota) -> dict[str, Any]:
    """One quota of a result. free is limit - used - reserved and may be negative.

    It and utilization are null where no limit or no use is known; of a limit of 0 no part can be told.
    """
    free = utilization = None
    if row.limit is not None and row.taken is not None:
        free = row.limit - row.taken
        utilization = round(row.taken / row.limit, 6) if row.limit else None
    return {
        "limit": row.limit,
        "used": row.used,
        "reserved": row.reserved,
        "free": free,
        "utilization": utilization,
        "unlimited": row.limit is None,
    }


_READERS: dict[str, Reader] = {
    "compute": compute.quotas,
    "block_storage": block_storage.quotas,
    "network": network.quotas,
    "object_storage": object_storage.quotas,
    "load_balancer": load_balancer.quotas,
}
SERVICES = tuple(_READERS)
