# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Usage of a project by loops over openstacksdk's lists."""

from __future__ import annotations

import json

import openstack


def main() -> None:
    connection = openstack.connect()
    servers = list(connection.compute.servers())
    volumes = list(connection.block_storage.volumes())
    project = connection.current_project_id
    found = {
        "servers": len(servers),
        "vcpus": sum(server.flavor.vcpus for server in servers),
        "ram_mb": sum(server.flavor.ram for server in servers),
        "volumes": len(volumes),
        "volume_gb": sum(volume.size for volume in volumes),
        "floating_ips": len(list(connection.network.ips(project_id=project))),
        "routers": len(list(connection.network.routers(project_id=project))),
        "security_groups": len(list(connection.network.security_groups(project_id=project))),
    }
    print(json.dumps({name: str(value) for name, value in found.items()}))


if __name__ == "__main__":
    main()
