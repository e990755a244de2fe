# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The sets of quotas that Infomaniak sells for a project, by our names; None is unlimited.

Source: Infomaniak's documentation of its public cloud, "Quotas and Accounting", read 2026-11-21; object
storage of 1, 10 and 100 TB.
"""

from __future__ import annotations

from collections.abc import Mapping

#: The lowest first; each row has a limit for each.
LEVELS = ("level1", "level2", "level3")
LIMITS: Mapping[str, tuple[int | None, int | None, int | None]] = {
    "instances": (10, 50, 200),
    "cores": (20, 200, 500),
    "ram_mb": (65536, 1048576, 2097152),
    "key_pairs": (10, 100, 100),
    "server_groups": (10, 20, 100),
    "server_group_members": (10, 100, 200),
    "metadata_items": (128, 128, 128),
    "injected_files": (5, 5, 5),
    "injected_file_content_bytes": (10240, 10240, 10240),
    "injected_file_path_bytes": (255, 255, 255),
    "fixed_ips": (None, None, None),
    "volumes": (20, 100, 500),
    "volumes_CEPH_1_perf1": (None, None, None),
    "gigabytes": (1000, 10000, 50000),
    "gigabytes_CEPH_1_perf1": (None, None, None),
    "per_volume_gigabytes": (None, None, None),
    "snapshots": (10, 50, 100),
    "snapshots_CEPH_1_perf1": (None, None, None),
    "backups": (10, 50, 100),
    "backup_gigabytes": (1000, 5000, 50000),
    "groups": (10, 20, 50),
    "networks": (10, 50, 100),
    "subnets": (10, 50, 100),
    "subnet_pools": (None, None, None),
    "ports": (20, 200, 500),
    "routers": (10, 10, 10),
    "floating_ips": (10, 50, 100),
    "rbac_policies": (10, 10, 10),
    "security_groups": (10, 20, 500),
    "security_group_rules": (100, 200, 1000),
    "object_storage_bytes": (1099511627776, 10995116277760, 109951162777600),
    "max_projects_per_account": (3, 15, 50),
    "max_users_per_project": (3, 15, 50),
}
