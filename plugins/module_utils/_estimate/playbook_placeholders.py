# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a module of openstack.cloud would have returned of what it would have made
(design/playbooks.md#plan-mode), so that a run that changes nothing goes on behind it.

Source: the modules of openstack.cloud 2.6.0. They take a name wherever they take an ID, so what is planned
has its name for its ID.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .playbook_modules import OPENSTACK

#: Nothing has an address that ends so (RFC 6761).
_ADDRESS = ".planned.invalid"
#: Module -> the key under which it returns what it made.
_RETURNED: Mapping[str, str] = {
    "address_scope": "address_scope", "coe_cluster": "cluster", "coe_cluster_template": "cluster_template",
    "dns_zone": "zone", "floating_ip": "floating_ip", "image": "image", "keypair": "keypair",
    "lb_health_monitor": "health_monitor", "lb_listener": "listener", "lb_member": "member",
    "lb_pool": "pool", "loadbalancer": "loadbalancer", "network": "network", "object": "object",
    "object_container": "container", "port": "port", "port_forwarding": "port_forwarding",
    "recordset": "recordset", "router": "router", "security_group": "security_group",
    "security_group_rule": "security_group_rule", "server": "server", "server_action": "server",
    "server_group": "server_group", "server_metadata": "server", "server_volume": "attachments",
    "stack": "stack", "subnet": "subnet", "subnet_pool": "subnet_pool", "trunk": "trunk",
    "volume": "volume", "volume_backup": "backup", "volume_snapshot": "snapshot",
}  # fmt: skip
#: How a module says that something is not there.
_NOT_THERE = re.compile(r"No \w+ found for \S")
_NO_CHECK_MODE = "does not support check mode"
#: Modules of openstack.cloud 2.6.0 that end with an error of their own in check mode where what they make is
#: there and differs, or is there at all -> what that error says. A real run does not come by there.
_CRASHES: Mapping[str, str] = {
    "subnet": "_build_params() missing 1 required positional argument",
    "volume": "too many values to unpack",
}


def with_placeholder(module: str, arguments: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a task that changed nothing, with what it would have made, or what is there and is not
    told of; as it is where that is told, or where it failed for any other reason than that something else is
    not there yet.

    What is made up has `planned: true`, the result too.
    """
    name = module.removeprefix(OPENSTACK)
    if not module.startswith(OPENSTACK) or name not in _RETURNED:
        return dict(result)
    text = str(result.get("msg", ""))
    is_missing = bool(result.get("failed")) and (bool(_NOT_THERE.match(text)) or _crashed(name, result))
    is_left_out = bool(result.get("skipped")) and _NO_CHECK_MODE in text
    key = _RETURNED[name]
    # In check mode many a module tells nothing of what is there and stays as it is.
    is_ok = not result.get("failed") and not result.get("skipped")
    is_untold = is_ok and (bool(result.get("changed")) or key not in result)
    if not (is_missing or is_left_out or is_untold):
        return dict(result)
    kept = {k: v for k, v in result.items() if k not in ("failed", "skipped", "msg", "exception")}
    if is_missing or is_left_out:
        kept["changed"] = True
    told = kept.get(key)
    if str(arguments.get("state", "present")) == "absent" or (told and not _lacks_id(told)):
        return kept
    # Some modules say what they were asked for, and no more.
    made = {**_placeholder(arguments), **{k: v for k, v in (told or {}).items() if v is not None}}
    value: Any = [made] if name == "server_volume" else made
    return {**kept, key: value, "id": made["id"], "planned": True}


def _crashed(name: str, result: Mapping[str, Any]) -> bool:
    """Whether the module ended with an error that it has in check mode only."""
    told = (str(result.get(key, "")) for key in ("msg", "exception", "module_stderr"))
    return name in _CRASHES and any(_CRASHES[name] in text for text in told)


def _lacks_id(told: Any) -> bool:
    return isinstance(told, Mapping) and not told.get("id")


def _placeholder(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is made: its name, and an address that nobody has."""
    named = next(
        (arguments[key] for key in ("name", "display_name", "server") if arguments.get(key)), "planned"
    )
    name = str(named)
    host = f"{re.sub(r'[^A-Za-z0-9-]+', '-', name).strip('-').lower() or 'one'}{_ADDRESS}"
    address = {"addr": host, "version": 4, "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": ""}
    return {
        "planned": True,
        "id": name,
        "name": name,
        "status": "ACTIVE",
        "access_ipv4": host,
        "private_v4": host,
        "public_v4": host,
        "addresses": {"planned": [address]},
        "fixed_ips": [{"ip_address": host, "subnet_id": "planned"}],
        "floating_ip_address": host,
        "fixed_ip_address": host,
        "vip_address": host,
        "volumes": [],
        "attachments": [],
    }
