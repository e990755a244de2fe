# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a task of openstack.cloud makes or removes, by its arguments (design/playbooks.md#tasks).

Only the arguments that are named here are looked at, as others hold secrets. Source: the argument
specifications of openstack.cloud 2.6.0; a callback gets arguments as they stand in the task, without the
module's defaults and with its aliases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .playbook_modules import OPENSTACK

PRESENT, ABSENT = "present", "absent"
#: States of a server that an action brings about.
STARTED, STOPPED = "started", "stopped"
#: The state of a volume that gets another type.
RETYPED = "retyped"
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class PlannedResource:
    """What a task plans of one resource.

    kind: of shapes.KINDS. name: by which it is found again; empty for what has none, which comes with the
    resource `parent`, of the kind parent_kind. size: its flavor or volume type; empty for the default or
    where it has none. source: the volume of which it is a copy. networks: on which it gets an address of
    its own; None where the task does not say. size_bytes: of an image or an object. certain: false for what
    is made only where the parent gets no public address otherwise. unknown: why it is unknown what it costs.
    """

    kind: str
    name: str
    state: str = PRESENT
    size: str = ""
    gb: int | None = None
    size_bytes: int | None = None
    count: int = 1
    parent: str = ""
    parent_kind: str = "instance"
    source: str = ""
    networks: tuple[str, ...] | None = ()
    certain: bool = True
    unknown: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def is_priced(module: str) -> bool:
    """Whether resources_of() reads tasks of this module."""
    return module.startswith(OPENSTACK) and module.removeprefix(OPENSTACK) in _READERS


def blank_edged(arguments: Arguments) -> str | None:
    """The first option that names a resource with blanks around the name; None where none does."""
    values = ((option, arguments.get(option)) for option in _NAMES)
    return next((option for option, one in values if isinstance(one, str) and one != one.strip()), None)


_NAMES = ("name", "display_name", "server", "volume")


def resources_of(module: str, arguments: Arguments, file_bytes: int | None = None) -> list[PlannedResource]:
    """What a task of a priced module plans; none where it changes nothing that costs.

    file_bytes: how large the file is that the task uploads, None where that is not known. Arguments of
    another type than the module takes make a resource that is unknown.
    """
    found = list(_READERS[module.removeprefix(OPENSTACK)](arguments))
    if file_bytes is None:
        return found
    return [
        replace(one, size_bytes=file_bytes, unknown="") if one.unknown == _NO_SIZE else one for one in found
    ]


def _server(task: Arguments) -> Iterator[PlannedResource]:
    name = _text(task, "name")
    if _is_absent(task):
        yield PlannedResource("instance", name, ABSENT)
        return
    flavor = _text(task, "flavor")
    networks = _networks(task)
    unknown = "" if flavor else "its flavor is chosen when the playbook runs; name it as flavor"
    tags = _tags(task, "metadata", "meta")
    yield PlannedResource("instance", name, size=flavor, networks=networks, unknown=unknown, tags=tags)
    if _is_on(task, "boot_from_volume") and not _text(task, "boot_volume", "root_volume"):
        size = _number(task, "volume_size")
        yield PlannedResource("volume", "", gb=size, parent=name, unknown=_needs("volume_size", size))
    pools = task.get("floating_ip_pools")
    if pools:
        count = len(pools) if isinstance(pools, list) else 1
        yield PlannedResource("floating_ip", "", count=count, parent=name)
    elif not task.get("floating_ips") and _is_on(task, *_AUTO_IP, default=True):
        yield PlannedResource("floating_ip", "", parent=name, certain=False)


_AUTO_IP = ("auto_ip", "auto_floating_ip", "public_ip")


def _networks(task: Arguments) -> tuple[str, ...] | None:
    """Names and ids of the networks of a server; None where the task names none. One of a port is not among
    them: its address costs with the port.
    """
    nics = task.get("nics") or []
    found = [{"net-name": _text(task, "network")}] if _text(task, "network") else []
    for nic in nics if isinstance(nics, list) else [nics]:
        if isinstance(nic, str):
            found.append(dict(part.split("=", 1) for part in nic.split(",") if "=" in part))
        elif isinstance(nic, dict):
            found.append({str(key).replace("_", "-").strip(): str(value) for key, value in nic.items()})
    named = [one.get("net-name") or one.get("net-id") or "" for one in found]
    return tuple(name for name in named if name) if found else None


def _volume(task: Arguments) -> Iterator[PlannedResource]:
    name = _text(task, "name", "display_name")
    if _is_absent(task):
        yield PlannedResource("volume", name, ABSENT)
        return
    size = _number(task, "size")
    yield PlannedResource(
        "volume",
        name,
        size=_text(task, "volume_type"),
        gb=size,
        unknown=_needs("size", size),
        tags=_tags(task, "metadata"),
    )


def _retyped(task: Arguments) -> Iterator[PlannedResource]:
    yield PlannedResource("volume", _text(task, "volume", "name"), RETYPED, size=_text(task, "new_type"))


def _snapshot(task: Arguments) -> Iterator[PlannedResource]:
    yield _copy("snapshot", task)


def _backup(task: Arguments) -> Iterator[PlannedResource]:
    yield _copy("backup", task)


def _copy(kind: str, task: Arguments) -> PlannedResource:
    source = _text(task, "volume")
    unknown = "" if source or _is_absent(task) else "the volume that it is a copy of is not named"
    return PlannedResource(
        kind, _text(task, "name", "display_name"), _state(task), source=source, unknown=unknown
    )


def _floating_ip(task: Arguments) -> Iterator[PlannedResource]:
    address = _text(task, "floating_ip_address")
    # One that is only detached stays, and one that is named is there already.
    if _is_absent(task) and address and _is_on(task, "purge"):
        yield PlannedResource("floating_ip", address, ABSENT)
    if _is_absent(task) or address:
        return
    server = _text(task, "server")
    yield PlannedResource("floating_ip", "", parent=server, unknown=_reuses(_is_on(task, "reuse")))


def _reuses(reuse: bool) -> str:
    return "it takes a free address of the project, or makes one; leave out reuse" if reuse else ""


def _load_balancer(task: Arguments) -> Iterator[PlannedResource]:
    name = _text(task, "name")
    if _is_absent(task):
        yield PlannedResource("load_balancer", name, ABSENT)
        return
    network = _text(task, "vip_network", "vip_subnet")
    # The address of a port costs with the port.
    networks = (network,) if network else () if _text(task, "vip_port") else None
    yield PlannedResource("load_balancer", name, size=_text(task, "flavor"), networks=networks)
    if _is_on(task, "assign_floating_ip", "auto_public_ip") and not _text(
        task, "floating_ip_address", "public_ip_address"
    ):
        yield PlannedResource("floating_ip", "", parent=name, parent_kind="load_balancer")


_NO_SIZE = (
    "the size of what it uploads is unknown; name its task in assume_free, and its size in resources of the"
    " estimate"
)


def _image(task: Arguments) -> Iterator[PlannedResource]:
    unknown = "" if _is_absent(task) else _NO_SIZE
    yield PlannedResource("image", _text(task, "name"), _state(task), unknown=unknown)


def _object(task: Arguments) -> Iterator[PlannedResource]:
    # What a removed one frees is not counted: the project has no list of objects that could confirm it.
    if not _is_absent(task):
        name = f"{_text(task, 'container')}/{_text(task, 'name')}"
        data = task.get("data")
        size = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else None
        unknown = _NO_SIZE if size is None else ""
        yield PlannedResource("object_storage", name, size_bytes=size, unknown=unknown)


def _port(task: Arguments) -> Iterator[PlannedResource]:
    if _is_absent(task):
        yield PlannedResource("fixed_ip", _text(task, "name"), ABSENT)
        return
    fixed = task.get("fixed_ips")
    count = len(fixed) if isinstance(fixed, list) and fixed else 1
    network = _text(task, "network")
    networks = (network,) if network else None
    yield PlannedResource("fixed_ip", _text(task, "name"), count=count, networks=networks)


_ACTIONS = {
    "start": STARTED,
    "unshelve": STARTED,
    "stop": STOPPED,
    "shelve": STOPPED,
    "shelve_offload": STOPPED,
}
_PAUSES = frozenset({"pause", "unpause", "suspend", "resume"})


def _action(task: Arguments) -> Iterator[PlannedResource]:
    action, name = _text(task, "action"), _text(task, "name", "server")
    if action in _ACTIONS:
        yield PlannedResource("instance", name, _ACTIONS[action])
    elif action in _PAUSES:
        reason = f"how a server is rated after {action} is unknown"
        yield PlannedResource("instance", name, unknown=reason)


_READERS: Mapping[str, Callable[[Arguments], Iterator[PlannedResource]]] = {
    "floating_ip": _floating_ip,
    "image": _image,
    "loadbalancer": _load_balancer,
    "object": _object,
    "port": _port,
    "server": _server,
    "server_action": _action,
    "volume": _volume,
    "volume_backup": _backup,
    "volume_retype": _retyped,
    "volume_snapshot": _snapshot,
}
PRICED = frozenset(_READERS)


def _text(task: Arguments, *names: str) -> str:
    """The first of these options that is given: one option and its aliases."""
    for name in names:
        value = task.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip()
    return ""


def _number(task: Arguments, name: str) -> int | None:
    text = _text(task, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None


#: No size has so many.
_MOST_DIGITS = 10


def _needs(option: str, value: int | None) -> str:
    return "" if value is not None else f"its size is not in the task; name it as {option}"


#: As Ansible reads a bool that stands as text.
_ON = frozenset({"y", "yes", "on", "1", "true", "t", "1.0"})


def _is_on(task: Arguments, *names: str, default: bool = False) -> bool:
    for name in names:
        if task.get(name) is not None:
            return str(task[name]).strip().lower() in _ON
    return default


def _state(task: Arguments) -> str:
    return ABSENT if _text(task, "state") == ABSENT else PRESENT


def _is_absent(task: Arguments) -> bool:
    return _state(task) == ABSENT


def _tags(task: Arguments, *names: str) -> dict[str, str]:
    """Metadata: a dictionary, or text such as a=b,c=d."""
    given: Any = next((task[name] for name in names if task.get(name)), {})
    if isinstance(given, str):
        parts: Sequence[str] = [part for part in given.split(",") if "=" in part]
        given = dict(part.split("=", 1) for part in parts)
    return (
        {str(key).strip(): str(value).strip() for key, value in given.items()}
        if isinstance(given, dict)
        else {}
    )
