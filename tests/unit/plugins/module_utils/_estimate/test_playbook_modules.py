# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tasks of a playbook may cost something (design/playbooks.md#modules)."""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_modules import (
    FREE,
    UNKNOWN,
    reason_of,
    reason_of_command,
    reason_of_run,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_record import may_cost
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_tasks import PRICED

#: What openstack.cloud 2.6.0 has besides its modules that end in _info.
MODULES = [
    "address_scope", "application_credential", "auth", "baremetal_deploy_template", "baremetal_inspect",
    "baremetal_node", "baremetal_node_action", "baremetal_port", "baremetal_port_group",
    "catalog_service", "coe_cluster", "coe_cluster_template", "compute_flavor", "compute_flavor_access",
    "compute_service", "config", "dns_zone", "endpoint", "federation_idp", "federation_mapping",
    "floating_ip", "group_assignment", "host_aggregate", "identity_domain", "identity_group",
    "identity_role", "identity_user", "image", "keypair", "keystone_federation_protocol",
    "lb_health_monitor", "lb_listener", "lb_member", "lb_pool", "loadbalancer", "network",
    "network_segment", "neutron_rbac_policy", "object", "object_container", "port", "port_forwarding",
    "project", "quota", "recordset", "resource", "resources", "role_assignment", "router",
    "security_group", "security_group_rule", "server", "server_action", "server_group", "server_metadata",
    "server_volume", "share_type", "stack", "subnet", "subnet_pool", "trait", "trunk", "volume",
    "volume_backup", "volume_image_metadata", "volume_manage", "volume_retype", "volume_snapshot",
    "volume_type", "volume_type_access", "volume_type_encryption",
]  # fmt: skip


def test_every_module_of_openstack_is_in_one_table() -> None:
    assert sorted([*PRICED, *FREE, *UNKNOWN]) == sorted(MODULES)


@pytest.mark.parametrize(
    "module",
    [
        "openstack.cloud.server_info", "openstack.cloud.network", "ansible.builtin.copy",
        "community.general.ufw", "amazon.aws.ec2_instance_info", "community.postgresql.postgresql_db", "meta",
    ],
)  # fmt: skip
def test_what_makes_nothing_costs_nothing(module: str) -> None:
    assert reason_of(module) is None
    assert not may_cost(module)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("openstack.cloud.stack", "what the stack's template makes is not in the task"),
        ("openstack.cloud.coe_cluster", "it makes servers"),
        ("openstack.cloud.brand_new", "the module is not known"),
        ("amazon.aws.ec2_instance", "what its module makes is not known"),
        ("kubernetes.core.k8s", "what its module makes is not known"),
        ("community.general.terraform", "what its module makes is not known"),
        ("opentelekomcloud.cloud.rds_instance", "what its module makes is not known"),
        ("my.own.thing", "what its module makes is not known"),
        ("thing", "what its module makes is not known"),
    ],
)
def test_what_may_cost_and_is_not_understood_is_unknown(module: str, says: str) -> None:
    assert says in str(reason_of(module))
    assert may_cost(module)


@pytest.mark.parametrize(
    "text",
    [
        "openstack server create --flavor a1 web", "/usr/bin/openstack server create web",
        "OS_CLOUD=x openstack volume create data", "cd /srv && terraform apply -auto-approve",
        "sudo -E tofu apply", "echo ok; openstack floating ip create ext", "kubectl apply -f lb.yml",
        "openstack server create list", "openstack server set web", "terraform -chdir=x destroy",
        "env OS_CLOUD=x nova boot web", "if true; then openstack stack create x; fi",
        "x=$(openstack server create web -f json)", "heat stack-create x",
    ],
)  # fmt: skip
def test_a_command_that_may_make_something_is_unknown(text: str) -> None:
    assert "and what that makes is not in the task" in str(reason_of_command(text))


@pytest.mark.parametrize(
    "text",
    [
        "openstack server list -f json", "openstack floating ip list", "terraform plan -out x",
        "terraform output -json", "systemctl restart nginx", "cat /etc/heat/heat.conf", "openstack --version",
        "echo openstack", "tar xf openstack.tar", "", "kubectl get pods", "git clone https://x/terraform.git",
    ],
)  # fmt: skip
def test_a_command_that_only_tells_something_costs_nothing(text: str) -> None:
    assert reason_of_command(text) is None


@pytest.mark.parametrize(
    ("module", "arguments", "is_unknown"),
    [
        ("ansible.builtin.uri", {"url": "https://c"}, False),
        ("ansible.builtin.uri", {"url": "https://c", "method": "delete"}, False),
        ("ansible.builtin.uri", {"url": "https://c/servers", "method": "post"}, True),
        ("ansible.builtin.script", {"_raw_params": "deploy.sh"}, True),
        ("ansible.legacy.command", {"argv": ["terraform", "apply"]}, True),
        ("ansible.builtin.shell", {"cmd": "ls"}, False),
    ],
)
def test_requests_and_scripts_that_may_make_something_are_unknown(
    module: str, arguments: dict[str, object], is_unknown: bool
) -> None:
    assert may_cost(module)
    assert (reason_of_run(module, arguments) is not None) is is_unknown
