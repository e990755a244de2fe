# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What has to be read of the project to price the plan of a playbook: only what the plan has kinds of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .._core.completeness import CloudIdentity
from .._openstack import block_storage, compute, image, load_balancer, network
from .._openstack.connection import Reader
from .changes import Flavors
from .planned import existing
from .playbook_changes import Project, kinds_of
from .playbook_plan import PlaybookPlan

#: The kinds of which a name in the project is enough, and what reads them.
_BY_NAME: Mapping[str, tuple[str, str, Reader]] = {
    "load_balancer": (
        "load balancers",
        "load_balancer",
        lambda octavia: list(load_balancer.load_balancers(octavia)),
    ),
    "image": ("images", "image", lambda glance: list(image.images(glance))),
    "snapshot": ("snapshots", "block_storage", lambda cinder: list(block_storage.snapshots(cinder))),
    "backup": ("backups", "block_storage", lambda cinder: list(block_storage.backups(cinder))),
}


def playbook_readers(plan: PlaybookPlan, has_default_type: bool) -> dict[str, tuple[str, Reader]]:
    """Readers by the name of what they read, with their service; one request each, and further pages.

    has_default_type: whether the task names the default volume type.
    """
    kinds = kinds_of(plan)
    found: dict[str, tuple[str, Reader]] = {
        name: (service, reader) for kind, (name, service, reader) in _BY_NAME.items() if kind in kinds
    }
    if "instance" in kinds:
        found["flavors"] = ("compute", compute.flavors)
        found["servers"] = ("compute", lambda nova: list(compute.servers(nova)))
    if "volume" in kinds:
        found["volumes"] = ("block_storage", lambda cinder: list(block_storage.volumes(cinder)))
    if any(line.resource.networks for line in plan.lines):
        found["networks"] = ("network", lambda neutron: list(network.networks(neutron)))
    if not has_default_type and any(
        line.resource.kind == "volume" and not line.resource.size for line in plan.lines
    ):
        found["default volume type"] = ("block_storage", block_storage.default_volume_type)
    return found


def read_project(
    values: Mapping[str, Any],
    flavors: Flavors,
    public: Collection[str],
    default_volume_type: str | None,
    identity: CloudIdentity,
) -> Project:
    """The project by what playbook_readers() have read; what a reader could not read is None in values, and
    counts as not there: estimate.py makes every change unknown then.
    """
    servers = values.get("servers") or ()
    with_address = [server for server in servers if server.floating_ips]
    return Project(
        there=existing(servers, values.get("volumes") or ()),
        names={
            kind: frozenset(row.name for row in values.get(name) or ())
            for kind, (name, _service, _reader) in _BY_NAME.items()
        },
        addressed=frozenset(one for server in with_address for one in (server.name, server.id)),
        flavors=flavors,
        public=public,
        default_volume_type=default_volume_type or values.get("default volume type"),
        cloud=identity.name,
        region=identity.region,
    )
