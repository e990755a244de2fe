# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the module of a task may cost (design/playbooks.md#modules).

Source: the modules of openstack.cloud 2.6.0, of which each is in one table here or in playbook_tasks.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

OPENSTACK = "openstack.cloud."
#: Modules of openstack.cloud that make nothing that costs. All that end in _info are free too.
FREE = frozenset(
    {
        "address_scope", "application_credential", "auth", "baremetal_deploy_template", "baremetal_port",
        "baremetal_port_group", "catalog_service", "coe_cluster_template", "compute_flavor",
        "compute_flavor_access", "compute_service", "config", "endpoint", "federation_idp",
        "federation_mapping", "group_assignment", "host_aggregate", "identity_domain", "identity_group",
        "identity_role", "identity_user", "keypair", "keystone_federation_protocol", "lb_health_monitor",
        "lb_listener", "lb_member", "lb_pool", "network", "network_segment", "neutron_rbac_policy",
        "object_container", "port_forwarding", "project", "quota", "recordset", "resources",
        "role_assignment", "router", "security_group", "security_group_rule", "server_group",
        "server_metadata", "server_volume", "share_type", "subnet", "subnet_pool", "trait", "trunk",
        "volume_image_metadata", "volume_type", "volume_type_access", "volume_type_encryption",
    }
)  # fmt: skip
#: Modules of openstack.cloud that make what costs, of which a task does not say enough -> why.
UNKNOWN: Mapping[str, str] = {
    "baremetal_inspect": "how a bare metal node is rated is unknown",
    "baremetal_node": "how a bare metal node is rated is unknown",
    "baremetal_node_action": "how a bare metal node is rated is unknown",
    "coe_cluster": "it makes servers and what they need, and does not say how many nor which",
    "dns_zone": "some clouds charge for it, and the price is not known",
    "resource": "its attributes are for a service of its own, and are not looked at",
    "stack": "what the stack's template makes is not in the task",
    "volume_manage": "the size of the volume that it takes over is unknown",
}
#: Collections whose modules set up hosts and programs. What those of any other collection make is unknown.
_FREE_COLLECTIONS = frozenset(
    {
        "ansible.builtin", "ansible.legacy", "ansible.netcommon", "ansible.posix", "ansible.utils",
        "ansible.windows", "community.crypto", "community.docker", "community.general", "community.grafana",
        "community.hashi_vault", "community.mongodb", "community.mysql", "community.postgresql",
        "community.rabbitmq", "community.sops", "community.windows", "community.zabbix", "containers.podman",
        "finops.cloud",
    }
)  # fmt: skip
#: Of community.general, how the names of modules begin that make things at other providers.
_SPENDING_PREFIXES = (
    "alicloud", "ali_", "cloud_init_data", "heroku_", "linode", "memset_", "one_", "oneandone_", "packet_",
    "profitbricks", "pubnub_", "rax", "scaleway_", "spotinst_", "terraform", "webfaction_",
)  # fmt: skip
#: What Ansible itself does, such as meta: flush_handlers.
_META = "meta"
_REQUEST, _SCRIPT = "uri", "script"
#: Methods that make nothing.
_HARMLESS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS"})
_COMMANDS = frozenset({"command", "expect", "raw", "script", "shell"})
#: Programs that make things that cost, of which a command does not tell the price.
_PROGRAMS = frozenset(
    {
        "aws", "az", "cinder", "doctl", "eksctl", "gcloud", "glance", "hcloud", "heat", "helm", "kubectl",
        "linode-cli", "magnum", "manila", "neutron", "nova", "oci", "octavia", "openstack", "packer",
        "pulumi", "swift", "terraform", "terragrunt", "tofu", "trove", "vagrant",
    }
)  # fmt: skip
#: Words by which those programs only tell something.
_READS = frozenset(
    {
        "--help", "--version", "-version", "describe", "fmt", "get", "help", "list", "output", "plan",
        "show", "stat", "status", "validate", "version",
    }
)  # fmt: skip
_CHANGES = re.compile(
    r"add|apply|boot|create|delete|deploy|destroy|import|install|migrate|rebuild|remove|resize|restore|run"
    r"|scale|set|start|unset|unshelve|up|update|upgrade|upload"
)
_BETWEEN_COMMANDS = re.compile(r"&&|\|\||[;|&\n()`]|\$\(")
#: What may stand before a program.
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")
_BEFORE_PROGRAM = frozenset({"sudo", "env", "exec", "nohup", "time", "timeout", "then", "do", "if", "!"})


def short_name(module: str) -> str:
    """The name of a module of openstack.cloud or of Ansible itself, without its collection; of others as it
    is.
    """
    for prefix in (OPENSTACK, "ansible.builtin.", "ansible.legacy."):
        if module.startswith(prefix):
            return module.removeprefix(prefix)
    return module


def is_command(module: str) -> bool:
    """Whether the module runs a command, or sends a request, that is in the task."""
    return not module.startswith(OPENSTACK) and short_name(module) in _COMMANDS | {_REQUEST}


def reason_of(module: str) -> str | None:
    """Why it is unknown what the module costs; None for one that makes nothing that costs.

    module: its full name. A command is for reason_of_run(), what is priced for playbook_tasks.py.
    """
    collection, _dot, name = module.rpartition(".")
    if module.startswith(OPENSTACK):
        if name in FREE or name.endswith("_info"):
            return None
        return UNKNOWN.get(name, "the module is not known")
    if name.endswith(("_info", "_facts")) or module == _META:
        return None
    if collection not in _FREE_COLLECTIONS or (
        collection == "community.general" and name.startswith(_SPENDING_PREFIXES)
    ):
        return "what its module makes is not known"
    return None


def reason_of_run(module: str, arguments: Mapping[str, Any]) -> str | None:
    """Why it is unknown what a task makes that runs a command or sends a request; None where that makes
    nothing that costs. The arguments are looked at, and nothing of them is told.
    """
    name = short_name(module)
    if name == _REQUEST:
        changes = str(arguments.get("method", "GET")).strip().upper() not in _HARMLESS
        return "it changes something by HTTP, and what that makes is not known" if changes else None
    if name == _SCRIPT:
        return "what its script makes is not in the task"
    parts = [arguments.get(key) for key in ("_raw_params", "cmd", "argv", "command")]
    return reason_of_command(
        " ".join(" ".join(map(str, one)) if isinstance(one, list) else str(one) for one in parts if one)
    )


def reason_of_command(text: str) -> str | None:
    """Why it is unknown what a command costs: the program that it runs; None where that is none of those
    that make what costs, or one that only tells.
    """
    for part in _BETWEEN_COMMANDS.split(text):
        words = [word.strip("'\"") for word in part.split()]
        programs = [word.rsplit("/", 1)[-1] for word in words[: _first_argument(words)]]
        program = next((name for name in programs if name in _PROGRAMS), None)
        if program is not None and not _only_reads(words):
            return f"it runs {program}, and what that makes is not in the task"
    return None


def _first_argument(words: list[str]) -> int:
    """How many words may be the program: those up to the first that is neither an assignment nor what stands
    before a program.
    """
    for number, word in enumerate(words):
        name = word.rsplit("/", 1)[-1]
        if not (
            _ASSIGNMENT.fullmatch(word) or name in _BEFORE_PROGRAM or name.startswith("-") or name.isdigit()
        ):
            return number + 1
    return len(words)


def _only_reads(words: list[str]) -> bool:
    """Whether the first of the words that is a verb only tells something: `openstack server list`."""
    verbs = (word for word in words[1:] if word in _READS or _CHANGES.fullmatch(word))
    return next(verbs, "") in _READS
