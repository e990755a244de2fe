# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Every resource type of the Terraform provider openstack that is free, or of which no price is known
(design/estimates.md#unknown-lines).

Source: the provider's documentation, docs/resources, and its source of 2026-07-16, which has 109 types; five
more are of older versions. planned_parts.py has those that are priced. What is in no table is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

_REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
#: The namespaces that the provider has had, and how Terraform writes one that has none.
_NAMESPACES = ("terraform-provider-openstack", "terraform-providers", "hashicorp", "-")
OPENSTACK = frozenset(f"{registry}/{one}/openstack" for registry in _REGISTRIES for one in _NAMESPACES)
_FREE_OF_HASHICORP = (
    "null", "random", "tls", "local", "time", "archive", "cloudinit", "template", "http", "external",
)  # fmt: skip
#: Providers that make nothing in a cloud, and how their types begin.
_FREE_PROVIDERS = {
    "terraform.io/builtin/terraform": "terraform",
    **{f"{registry}/hashicorp/{name}": name for registry in _REGISTRIES for name in _FREE_OF_HASHICORP},
}


def is_free_provider(provider: str, kind: str) -> bool:
    """Whether a resource is of a provider that makes nothing in a cloud, and of a type of it."""
    name = _FREE_PROVIDERS.get(provider)
    return name is not None and (kind == name or kind.startswith(f"{name}_"))


#: What costs nothing by itself -> the quota that one of it takes. None where there is none, or where no
#: service reports its use, as of key pairs and of what belongs to load balancers: whether one more fits could
#: never be known.
FREE: Mapping[str, str | None] = {
    "openstack_bgpvpn_network_associate_v2": None,
    "openstack_bgpvpn_port_associate_v2": None,
    "openstack_bgpvpn_router_associate_v2": None,
    "openstack_blockstorage_volume_attach_v2": None,
    "openstack_blockstorage_volume_attach_v3": None,
    "openstack_compute_floatingip_associate_v2": None,
    "openstack_compute_keypair_v2": None,
    "openstack_compute_secgroup_v2": "security_groups",
    "openstack_compute_servergroup_v2": "server_groups",
    "openstack_compute_volume_attach_v2": None,
    "openstack_containerinfra_clustertemplate_v1": None,
    "openstack_db_configuration_v1": None,
    "openstack_db_database_v1": None,
    "openstack_db_user_v1": None,
    "openstack_dns_recordset_v2": None,
    "openstack_dns_transfer_accept_v2": None,
    "openstack_dns_transfer_request_v2": None,
    "openstack_dns_zone_share_v2": None,
    "openstack_fw_policy_v2": None,
    "openstack_fw_rule_v2": None,
    "openstack_identity_application_credential_v3": None,
    "openstack_identity_ec2_credential_v3": None,
    "openstack_images_image_access_accept_v2": None,
    "openstack_images_image_access_v2": None,
    "openstack_keymanager_container_v1": None,
    "openstack_lb_l7policy_v2": None,
    "openstack_lb_l7rule_v2": None,
    "openstack_lb_listener_v2": None,
    "openstack_lb_member_v2": None,
    "openstack_lb_members_v2": None,
    "openstack_lb_monitor_v2": None,
    "openstack_lb_pool_v2": None,
    "openstack_networking_address_group_v2": None,
    "openstack_networking_addressscope_v2": None,
    "openstack_networking_floatingip_associate_v2": None,
    "openstack_networking_network_v2": "networks",
    "openstack_networking_port_secgroup_associate_v2": None,
    "openstack_networking_portforwarding_v2": None,
    "openstack_networking_qos_bandwidth_limit_rule_v2": None,
    "openstack_networking_qos_dscp_marking_rule_v2": None,
    "openstack_networking_qos_minimum_bandwidth_rule_v2": None,
    "openstack_networking_qos_policy_v2": None,
    "openstack_networking_rbac_policy_v2": "rbac_policies",
    "openstack_networking_router_interface_v2": None,
    "openstack_networking_router_route_v2": None,
    "openstack_networking_router_routes_v2": None,
    "openstack_networking_router_v2": "routers",
    "openstack_networking_secgroup_rule_v2": "security_group_rules",
    "openstack_networking_secgroup_v2": "security_groups",
    "openstack_networking_subnet_route_v2": None,
    "openstack_networking_subnet_v2": "subnets",
    "openstack_networking_subnetpool_v2": "subnet_pools",
    "openstack_networking_trunk_v2": None,
    "openstack_objectstorage_account_v1": None,
    # A container costs by what is put into it, which is in no plan: resources of the task do.
    "openstack_objectstorage_container_v1": None,
    "openstack_objectstorage_tempurl_v1": None,
    "openstack_sharedfilesystem_securityservice_v2": None,
    "openstack_sharedfilesystem_share_access_v2": None,
    "openstack_sharedfilesystem_sharenetwork_v2": None,
    "openstack_taas_tap_mirror_v2": None,
    "openstack_vpnaas_endpoint_group_v2": None,
    "openstack_vpnaas_ike_policy_v2": None,
    "openstack_vpnaas_ipsec_policy_v2": None,
    "openstack_workflow_cron_trigger_v2": None,
    # Those that administrators of a cloud use.
    "openstack_blockstorage_qos_association_v3": None,
    "openstack_blockstorage_qos_v3": None,
    "openstack_blockstorage_quotaset_v3": None,
    "openstack_blockstorage_volume_type_access_v3": None,
    "openstack_blockstorage_volume_type_v3": None,
    "openstack_compute_aggregate_v2": None,
    "openstack_compute_flavor_access_v2": None,
    "openstack_compute_flavor_v2": None,
    "openstack_compute_quotaset_v2": None,
    "openstack_dns_quota_v2": None,
    "openstack_identity_endpoint_v3": None,
    "openstack_identity_group_v3": None,
    "openstack_identity_inherit_role_assignment_v3": None,
    "openstack_identity_limit_v3": None,
    "openstack_identity_project_v3": None,
    "openstack_identity_registered_limit_v3": None,
    "openstack_identity_role_assignment_v3": None,
    "openstack_identity_role_v3": None,
    "openstack_identity_service_v3": None,
    "openstack_identity_user_membership_v3": None,
    "openstack_identity_user_v3": None,
    "openstack_lb_flavor_v2": None,
    "openstack_lb_flavorprofile_v2": None,
    "openstack_lb_quota_v2": None,
    "openstack_networking_bgp_peer_v2": None,
    "openstack_networking_bgp_speaker_v2": None,
    "openstack_networking_quota_v2": None,
    "openstack_networking_segment_v2": None,
}
_SERVERS = "it makes servers and what they need, and the plan says neither how many nor which"
_SOME = "some clouds charge for it, and the price is not known"
#: What costs, or may cost, and of which no price is known -> why.
UNKNOWN: Mapping[str, str] = {
    "openstack_bgpvpn_v2": _SOME,
    "openstack_containerinfra_cluster_v1": _SERVERS,
    "openstack_containerinfra_nodegroup_v1": _SERVERS,
    "openstack_db_instance_v1": "a database instance has a price of its own, which is not known",
    "openstack_dns_zone_v2": _SOME,
    "openstack_fw_group_v2": _SOME,
    "openstack_keymanager_order_v1": _SOME,
    "openstack_keymanager_secret_v1": _SOME,
    "openstack_orchestration_stack_v1": "what its template makes is not in the plan",
    "openstack_sharedfilesystem_share_v2": "a share has a price of its own, which is not known",
    "openstack_vpnaas_service_v2": _SOME,
    "openstack_vpnaas_site_connection_v2": _SOME,
}
