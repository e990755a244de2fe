# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All quotas with use by openstacksdk, service by service."""

from __future__ import annotations

import json

import openstack


def main() -> None:
    connection = openstack.connect()
    project = connection.current_project_id or ""
    compute = connection.compute.get_quota_set(project, usage=True)
    storage = connection.block_storage.get_quota_set(project, usage=True)
    network = connection.network.get_quota(project, details=True)
    load_balancer = connection.load_balancer.get_quota(project)
    account = connection.object_store.get_account_metadata()
    found = {
        "cores": compute.cores,
        "cores used": compute.usage["cores"],
        "gigabytes": storage.gigabytes,
        "gigabytes used": storage.usage["gigabytes"],
        "ports": network.ports["limit"],
        "ports used": network.ports["used"],
        "load balancers": load_balancer.load_balancers,
        "object storage used": account.account_bytes_used,
    }
    print(json.dumps({name: str(value) for name, value in found.items()}))


if __name__ == "__main__":
    main()
