# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Usage of a project by the `openstack` command: six lists, servers and flavors joined by name."""

from __future__ import annotations

from .commands import asked, tell


def main() -> None:
    flavors = {one["Name"]: one for one in asked("flavor", "list")}
    of_servers = [flavors[one["Flavor"]] for one in asked("server", "list", "--long")]
    volumes = asked("volume", "list")
    tell(
        {
            "servers": len(of_servers),
            "vcpus": sum(one["VCPUs"] for one in of_servers),
            "ram_mb": sum(one["RAM"] for one in of_servers),
            "volumes": len(volumes),
            "volume_gb": sum(one["Size"] for one in volumes),
            "floating_ips": len(asked("floating", "ip", "list")),
            "routers": len(asked("router", "list")),
            "security_groups": len(asked("security", "group", "list")),
        }
    )


if __name__ == "__main__":
    main()
