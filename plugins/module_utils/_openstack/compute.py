# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Servers, flavors, quotas and hours of use, as Nova answers.

Source: Compute API reference, https://docs.openstack.org/api-ref/compute/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Context, Decimal
from typing import Any

from .._core.errors import NotFound
from .._core.periods import Window
from .answered_moments import promised_moment_text
from .connection import Service
from .quota import Quota, quota_rows

#: From 2.57 on no nova-network and no personality keys are left in the quotas, which would always read 0.
QUOTA_MICROVERSION = "compute 2.57"
#: From 2.47 on the flavor is embedded as it was at boot; from 2.69 on servers of a dead cell come without
#: one.
SERVER_MICROVERSION = "compute 2.47"
#: Paged from 2.40 on; below, everything after the first page is lost silently.
USAGE_MICROVERSION = "compute 2.40"
#: From 2.61 on flavors come with their extra specs.
FLAVOR_MICROVERSION = "compute 2.61"
PAGE_SIZE = 1000
_USAGE_TOTALS = ("total_hours", "total_vcpus_usage", "total_memory_mb_usage", "total_local_gb_usage")
#: Nova's hours are floats: their last digits say nothing, so a sum may lose them.
_HOURS_CONTEXT = Context(prec=50)
#: What members may have done to their servers.
ACTIONS = {"stop": "os-stop", "start": "os-start", "shelve": "shelve", "unshelve": "unshelve"}
_DEVICE_SPECS = ("pci_passthrough:", "resources:VGPU", "resources:PGPU", "accel:device_profile")
#: Quotas per user or per request, and, of a Nova too old for the microversion, those of nova-network: in_use
#: is always 0 (nova/quota.py), so their use is not known.
_NOT_COUNTED = (
    "key_pairs", "server_group_members", "metadata_items", "injected_files", "injected_file_content_bytes",
    "injected_file_path_bytes", "fixed_ips", "floating_ips", "networks", "security_groups",
    "security_group_rules",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the flavor embedded in it; a number is None where Nova has lost the flavor.

    created, updated: as Nova writes them, ISO 8601 with Z. gpu: whether the flavor asks for a GPU or another
    PCI device, None where the policy hides what it asks for. gpu_count, vgpu_count: how many, every PCI
    device counted as a GPU; None where that is hidden, or said by a profile of accelerators. floating_ips,
    volume_ids: what is attached to the server. task_state: what Nova is doing with it, None for nothing.
    locked: whether it refuses to be changed, None where Nova is too old to say so.
    """

    id: str
    name: str
    status: str
    flavor_name: str | None
    vcpus: int | None
    ram_mb: int | None
    root_gb: int | None
    ephemeral_gb: int | None
    boots_from_volume: bool
    created: str
    updated: str
    metadata: Mapping[str, str]
    gpu: bool | None
    gpu_count: int | None
    vgpu_count: int | None
    floating_ips: tuple[str, ...]
    volume_ids: tuple[str, ...]
    task_state: str | None = None
    locked: bool | None = None

    @property
    def disk_gb(self) -> int | None:
        """Root and ephemeral disk as the flavor says, the way Nova counts local_gb."""
        return None if self.root_gb is None or self.ephemeral_gb is None else self.root_gb + self.ephemeral_gb

    @property
    def allocated_disk_gb(self) -> int | None:
        """What lies on the hypervisor: a server that boots from a volume has no root disk there
        (nova/scheduler/utils.py).
        """
        return self.ephemeral_gb if self.boots_from_volume else self.disk_gb


@dataclass(frozen=True)
class Flavor:
    """A size of server that the project may use."""

    id: str
    name: str
    vcpus: int
    ram_mb: int


@dataclass(frozen=True)
class SizedFlavor(Flavor):
    """A flavor with its disks. extra_specs: what it asks for besides, None where the policy hides it."""

    root_gb: int
    ephemeral_gb: int
    extra_specs: Mapping[str, str] | None


@dataclass(frozen=True)
class ServerHours:
    """What the servers of a period used, deleted ones included: each one's present flavor times the time
    between its launch and its end.

    Power state does not matter to Nova: stopped and shelved servers count. hours: server hours.
    """

    server_count: int
    hours: Decimal
    vcpu_hours: Decimal
    ram_mb_hours: Decimal
    disk_gb_hours: Decimal


def quotas(nova: Service) -> list[Quota]:
    """Limits and use of the project: one GET os-quota-sets/{project}/detail. ram in MB. Raises CloudError."""
    reading = "compute quotas"
    body = nova.get(reading, f"/os-quota-sets/{nova.project_id}/detail", microversion=QUOTA_MICROVERSION).body
    return quota_rows(nova, reading, nova.member(reading, body, "quota_set", dict), "in_use", _NOT_COUNTED)


def servers(nova: Service) -> Iterator[Server]:
    """Every server of the project except deleted ones: GET servers/detail, 1000 a page. Raises CloudError."""
    reading = "servers"
    for row in nova.pages(reading, "/servers/detail", "servers", {"limit": PAGE_SIZE}, SERVER_MICROVERSION):
        yield _server(nova, reading, row)


def is_there(nova: Service, server_id: str) -> bool:
    """Whether the project has that server: GET servers/{id}, where 404 says that it has not.

    A list is no proof: Nova leaves out servers of a cell that is down. Raises CloudError.
    """
    try:
        nova.get("a server", f"/servers/{server_id}")
    except NotFound:
        return False
    return True


def act(nova: Service, server_id: str, action: str) -> None:
    """Have Nova begin one of ACTIONS: POST servers/{id}/action, sent once. It answers before it is done.

    Raises CloudError, with http_status 409 where the state of the server, or its lock, does not allow it.
    """
    nova_name = ACTIONS[action]
    nova.post(f"the answer to {nova_name}", f"/servers/{server_id}/action", {nova_name: None}, once=True)


def set_metadata(nova: Service, server_id: str, metadata: Mapping[str, str]) -> None:
    """Set these keys of a server and leave its others: POST servers/{id}/metadata.

    Nova takes it in ACTIVE, PAUSED, SUSPENDED and SHUTOFF. Raises as act does.
    """
    content = {"metadata": dict(metadata)}
    nova.post("the answer to new metadata", f"/servers/{server_id}/metadata", content, once=True)


def flavors(nova: Service) -> list[Flavor]:
    """The flavors that the project may use: GET flavors/detail, 1000 a page. Raises CloudError."""
    reading = "flavors"
    return [
        Flavor(
            id=nova.member(reading, row, "id", str),
            name=nova.member(reading, row, "name", str),
            vcpus=nova.member(reading, row, "vcpus", int),
            ram_mb=nova.member(reading, row, "ram", int),
        )
        for row in nova.pages(reading, "/flavors/detail", "flavors", {"limit": PAGE_SIZE})
    ]


def sized_flavors(nova: Service) -> list[SizedFlavor]:
    """flavors() with their disks and what they ask for besides. Raises CloudError."""
    reading = "flavors"
    found = []
    for row in nova.pages(reading, "/flavors/detail", "flavors", {"limit": PAGE_SIZE}, FLAVOR_MICROVERSION):
        has_specs = row.get("extra_specs") is not None
        found.append(
            SizedFlavor(
                id=nova.member(reading, row, "id", str),
                name=nova.member(reading, row, "name", str),
                vcpus=nova.member(reading, row, "vcpus", int),
                ram_mb=nova.member(reading, row, "ram", int),
                root_gb=nova.member(reading, row, "disk", int),
                ephemeral_gb=nova.member(reading, row, "OS-FLV-EXT-DATA:ephemeral", int),
                extra_specs=nova.texts_by_name(reading, row, "extra_specs") if has_specs else None,
            )
        )
    return found


def hours(nova: Service, window: Window) -> ServerHours:
    """What was used in the window: GET os-simple-tenant-usage/{project}, all pages of 1000 servers summed.

    Raises CloudError.

    Source: API reference, usage reports; paged only from 2.40 on, moments are naive UTC, and each page has
    its own totals.
    """
    reading = "compute usage"
    begin, end = (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") for moment in (window.begin, window.end)
    )
    query = {"start": begin, "end": end, "limit": PAGE_SIZE}
    path = f"/os-simple-tenant-usage/{nova.project_id}"
    count, totals = 0, dict.fromkeys(_USAGE_TOTALS, Decimal(0))
    for body in nova.bodies(reading, path, "tenant_usage", query, USAGE_MICROVERSION):
        page = nova.member(reading, body, "tenant_usage", dict)
        if not page:
            continue  # nothing was used, or the page after the last full one
        count += len(nova.member(reading, page, "server_usages", list))
        for name in _USAGE_TOTALS:
            totals[name] = _HOURS_CONTEXT.add(totals[name], _number(nova, reading, page, name))
    return ServerHours(count, *(totals[name] for name in _USAGE_TOTALS))


def _number(nova: Service, reading: str, page: dict[str, Any], name: str) -> Decimal:
    if isinstance(page.get(name), int):
        return Decimal(nova.member(reading, page, name, int))
    return nova.member(reading, page, name, Decimal)


def _server(nova: Service, reading: str, row: dict[str, Any]) -> Server:
    flavor: dict[str, Any] = nova.member(reading, row, "flavor", dict)
    number = {
        key: nova.member(reading, flavor, key, int) if flavor else None
        for key in ("vcpus", "ram", "disk", "ephemeral")
    }
    has_specs = flavor.get("extra_specs") is not None
    extra_specs = nova.texts_by_name(reading, flavor, "extra_specs") if has_specs else None
    volumes = nova.optional(reading, row, "os-extended-volumes:volumes_attached", list) or []
    return Server(
        id=nova.member(reading, row, "id", str),
        name=nova.member(reading, row, "name", str),
        status=nova.member(reading, row, "status", str),
        flavor_name=nova.member(reading, flavor, "original_name", str) if flavor else None,
        vcpus=number["vcpus"],
        ram_mb=number["ram"],
        root_gb=number["disk"],
        ephemeral_gb=number["ephemeral"],
        boots_from_volume=not _image(nova, reading, row),
        created=promised_moment_text(nova, reading, row, "created"),
        updated=nova.member(reading, row, "updated", str),
        metadata=nova.texts_by_name(reading, row, "metadata"),
        gpu=_asks_for_device(extra_specs),
        gpu_count=_gpu_count(extra_specs),
        vgpu_count=_vgpu_count(extra_specs),
        floating_ips=_floating_addresses(nova, reading, nova.member(reading, row, "addresses", dict)),
        volume_ids=tuple(nova.member(reading, one, "id", str) for one in volumes),
        task_state=nova.optional(reading, row, "OS-EXT-STS:task_state", str),
        locked=nova.optional(reading, row, "locked", bool),
    )


def _image(nova: Service, reading: str, row: dict[str, Any]) -> bool:
    """Whether the server has an image: it is empty, and not missing, where the server boots from a volume."""
    return row.get("image") != "" and bool(nova.member(reading, row, "image", dict))


def _asks_for_device(extra_specs: dict[str, str] | None) -> bool | None:
    """Whether a flavor asks for a PCI device or a virtual GPU (Nova's guide, extra specs). None: unknown."""
    if extra_specs is None:
        return None
    return any(name.startswith(_DEVICE_SPECS) for name in extra_specs)


def _gpu_count(extra_specs: dict[str, str] | None) -> int | None:
    """How many whole devices: pci_passthrough:alias is `name:count` of one or several, resources:PGPU of a
    request group a number.
    """
    if extra_specs is None or any(name.startswith("accel:device_profile") for name in extra_specs):
        return None
    aliases = extra_specs.get("pci_passthrough:alias")
    counts = [] if aliases is None else [one.rpartition(":")[2] for one in aliases.split(",")]
    return _sum_of_counts([*counts, *_requested(extra_specs, "PGPU")])


def _vgpu_count(extra_specs: dict[str, str] | None) -> int | None:
    return None if extra_specs is None else _sum_of_counts(_requested(extra_specs, "VGPU"))


def _requested(extra_specs: dict[str, str], resource_class: str) -> list[str]:
    """What all request groups ask of a resource class: `resources`, `resources1` or `resources_NAME`."""
    named = (name.partition(":") for name in extra_specs)
    return [
        extra_specs[f"{group}:{asked}"]
        for group, _colon, asked in named
        if asked == resource_class and group.startswith("resources")
    ]


def _sum_of_counts(counts: list[str]) -> int | None:
    numbers = [count.strip() for count in counts]
    return sum(map(int, numbers)) if all(one.isascii() and one.isdigit() for one in numbers) else None


def _floating_addresses(nova: Service, reading: str, networks: dict[str, Any]) -> tuple[str, ...]:
    rows = [address for network in networks for address in nova.member(reading, networks, network, list)]
    return tuple(
        nova.member(reading, row, "addr", str)
        for row in rows
        if nova.optional(reading, row, "OS-EXT-IPS:type", str) == "floating"
    )
