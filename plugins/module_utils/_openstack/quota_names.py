# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One name for every quota: whole words, plural for what is counted, the unit where it is no count.

docs/quotas.md shows the same table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QuotaName:
    """How one quota is called.

    name: ours. service: ours, too. api: in the service's answer. command_line: by `openstack quota show
    --usage`, None where it does not show it. pack: in the provider's table of packs, None where it has no
    such row. of_each: what the limit holds for one by one, so that nothing adds up against it; None where the
    project's use counts.
    """

    name: str
    service: str
    api: str
    command_line: str | None
    pack: str | None
    of_each: str | None = None


@dataclass(frozen=True)
class QuotaFamily:
    """Quotas of one volume type or storage policy each: its name follows the prefix, as the service
    writes it.
    """

    prefix: str
    service: str
    api_prefix: str


#: Sources, read 2026-11-21: API references of Nova, Cinder, Neutron, Octavia, Manila, Designate, Barbican and
#: Trove; Swift's middleware account_quotas; python-openstackclient 9.0, openstackclient/common/quota.py;
#: Infomaniak's documentation "Quotas and Accounting".
QUOTA_NAMES = (
    QuotaName("instances", "compute", "instances", "instances", "instances"),
    QuotaName("cores", "compute", "cores", "cores", "cores"),
    QuotaName("ram_mb", "compute", "ram", "ram", "ram"),
    QuotaName("key_pairs", "compute", "key_pairs", "key-pairs", "key_pairs"),
    QuotaName("server_groups", "compute", "server_groups", "server-groups", "server_groups"),
    QuotaName("server_group_members", "compute", "server_group_members", "server-group-members",
              "server_group_members", "server group"),
    QuotaName("metadata_items", "compute", "metadata_items", "properties", "properties", "server"),
    QuotaName("injected_files", "compute", "injected_files", "injected-files", "injected_files", "request"),
    QuotaName("injected_file_content_bytes", "compute", "injected_file_content_bytes", "injected-file-size",
              "injected_file_size", "file"),
    QuotaName("injected_file_path_bytes", "compute", "injected_file_path_bytes", "injected-path-size",
              "injected_path_size", "file"),
    QuotaName("fixed_ips", "compute", "fixed_ips", "fixed_ips", "fixed_ips"),
    QuotaName("volumes", "block_storage", "volumes", "volumes", "volumes"),
    QuotaName("gigabytes", "block_storage", "gigabytes", "gigabytes", "gigabytes"),
    QuotaName("per_volume_gigabytes", "block_storage", "per_volume_gigabytes", "per-volume-gigabytes",
              "per_volume_gigabytes", "volume"),
    QuotaName("snapshots", "block_storage", "snapshots", "snapshots", "snapshots"),
    QuotaName("backups", "block_storage", "backups", "backups", "backups"),
    QuotaName("backup_gigabytes", "block_storage", "backup_gigabytes", "backup-gigabytes",
              "backup_gigabytes"),
    QuotaName("groups", "block_storage", "groups", "groups", "groups"),
    QuotaName("networks", "network", "network", "networks", "networks"),
    QuotaName("subnets", "network", "subnet", "subnets", "subnets"),
    QuotaName("subnet_pools", "network", "subnetpool", "subnet_pools", "subnet_pools"),
    QuotaName("ports", "network", "port", "ports", "ports"),
    QuotaName("routers", "network", "router", "routers", "routers"),
    QuotaName("floating_ips", "network", "floatingip", "floating-ips", "floating_ips"),
    QuotaName("rbac_policies", "network", "rbac_policy", "rbac_policies", "rbac_policies"),
    QuotaName("security_groups", "network", "security_group", "secgroups", "secgroups"),
    QuotaName("security_group_rules", "network", "security_group_rule", "secgroup-rules", "secgroup_rules"),
    QuotaName("object_storage_bytes", "object_storage", "x-account-quota-bytes", None,
              "object_storage_bytes"),
    QuotaName("object_storage_objects", "object_storage", "x-account-quota-count", None, None),
    QuotaName("load_balancers", "load_balancer", "load_balancer", None, None),
    QuotaName("listeners", "load_balancer", "listener", None, None),
    QuotaName("pools", "load_balancer", "pool", None, None),
    QuotaName("members", "load_balancer", "member", None, None),
    QuotaName("health_monitors", "load_balancer", "health_monitor", None, None),
    QuotaName("l7_policies", "load_balancer", "l7policy", None, None),
    QuotaName("l7_rules", "load_balancer", "l7rule", None, None),
    QuotaName("shares", "shared_file_system", "shares", None, None),
    QuotaName("per_share_gigabytes", "shared_file_system", "per_share_gigabytes", None, None, "share"),
    QuotaName("snapshot_gigabytes", "shared_file_system", "snapshot_gigabytes", None, None),
    QuotaName("share_networks", "shared_file_system", "share_networks", None, None),
    QuotaName("share_groups", "shared_file_system", "share_groups", None, None),
    QuotaName("share_group_snapshots", "shared_file_system", "share_group_snapshots", None, None),
    QuotaName("share_replicas", "shared_file_system", "share_replicas", None, None),
    QuotaName("replica_gigabytes", "shared_file_system", "replica_gigabytes", None, None),
    QuotaName("encryption_keys", "shared_file_system", "encryption_keys", None, None),
    QuotaName("zones", "dns", "zones", None, None),
    QuotaName("zone_recordsets", "dns", "zone_recordsets", None, None, "zone"),
    QuotaName("zone_records", "dns", "zone_records", None, None, "zone"),
    QuotaName("recordset_records", "dns", "recordset_records", None, None, "recordset"),
    QuotaName("api_export_size", "dns", "api_export_size", None, None, "export"),
    QuotaName("secrets", "key_manager", "secrets", None, None),
    QuotaName("orders", "key_manager", "orders", None, None),
    QuotaName("containers", "key_manager", "containers", None, None),
    QuotaName("consumers", "key_manager", "consumers", None, None),
    QuotaName("cas", "key_manager", "cas", None, None),
)  # fmt: skip
#: The command line and the packs call those of volume types as we do, and know none of storage policies.
QUOTA_FAMILIES = (
    QuotaFamily("volumes_", "block_storage", "volumes_"),
    QuotaFamily("gigabytes_", "block_storage", "gigabytes_"),
    QuotaFamily("snapshots_", "block_storage", "snapshots_"),
    QuotaFamily("object_storage_bytes_", "object_storage", "x-account-quota-bytes-policy-"),
    QuotaFamily("object_storage_objects_", "object_storage", "x-account-quota-count-policy-"),
)
#: Whose own name is another service's, or too much like one: they keep it in their service's quotas, and
#: whoever requires them writes the service in front of it.
QUALIFIED_NAMES = (
    "shared_file_system.gigabytes", "shared_file_system.snapshots", "shared_file_system.backups",
    "shared_file_system.backup_gigabytes", "database.instances", "database.volumes", "database.backups",
    "database.ram",
)  # fmt: skip

_BY_API = {(row.service, row.api): row for row in QUOTA_NAMES}
BY_NAME = {row.name: row for row in QUOTA_NAMES}


def our_name(service: str, api: str) -> str:
    """Our name of what a service calls `api`; its own name where the table has none."""
    if (service, api) in _BY_API:
        return _BY_API[service, api].name
    for family in QUOTA_FAMILIES:
        if family.service == service and api.startswith(family.api_prefix):
            return family.prefix + api.removeprefix(family.api_prefix)
    return api


def service_of(name: str) -> str | None:
    """The service that a name of ours belongs to; None for one that only an answer could know."""
    if name in BY_NAME:
        return BY_NAME[name].service
    if name in QUALIFIED_NAMES:
        return name.partition(".")[0]
    return next((family.service for family in QUOTA_FAMILIES if name.startswith(family.prefix)), None)


def required_name(service: str, name: str) -> str | None:
    """What whoever requires a quota calls it, of the name that it has among its service's; None where that is
    the name of another service's quota.
    """
    qualified = f"{service}.{name}"
    if qualified in QUALIFIED_NAMES:
        return qualified
    return name if service_of(name) in (service, None) else None
