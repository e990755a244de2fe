# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the resources of a project are called and tagged with: rated frames do not say
(design/imports.md#tags).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .._ledger.feed_changes import FeedResource
from .._openstack import block_storage, compute, load_balancer, network
from .._openstack.connection import Cloud, Reader, Service, raise_errors, read_all
from .._openstack.resource_types import FLOATING_IP, INSTANCE, LOAD_BALANCER, VOLUME

#: What a word that stands alone, as Neutron and Octavia take them, is worth. Source: FOCUS 1.2, column Tags.
_WORD = "true"


def read_resources(cloud: Cloud) -> dict[str, FeedResource]:
    """Every server, volume, floating IP and load balancer of the project by its id: one list per service,
    side by side.

    A service that the catalog lacks has none. Raises CloudError: tags that were not read are not "none".
    """
    readings = read_all(cloud, {service: (service, reader) for service, reader in _READERS.items()})
    raise_errors(readings.errors)
    return {
        resource_id: one for found in readings.values.values() for resource_id, one in (found or {}).items()
    }


def _servers(nova: Service) -> dict[str, FeedResource]:
    return {one.id: FeedResource(INSTANCE, one.name, _pairs(one.metadata)) for one in compute.servers(nova)}


def _volumes(cinder: Service) -> dict[str, FeedResource]:
    return {
        one.id: FeedResource(VOLUME, one.name, _pairs(one.metadata)) for one in block_storage.volumes(cinder)
    }


def _floating_ips(neutron: Service) -> dict[str, FeedResource]:
    return {
        one.id: FeedResource(FLOATING_IP, one.address, _words(one.tags))
        for one in network.floating_ips(neutron)
    }


def _load_balancers(octavia: Service) -> dict[str, FeedResource]:
    found = load_balancer.load_balancers(octavia)
    return {one.id: FeedResource(LOAD_BALANCER, one.name, _words(one.tags)) for one in found}


_READERS: dict[str, Reader] = {
    "compute": _servers,
    "block_storage": _volumes,
    "network": _floating_ips,
    "load_balancer": _load_balancers,
}


def _pairs(metadata: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(name), str(value)) for name, value in metadata.items()))


def _words(tags: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """`team=shop` is a name and a value; any other word is a name."""
    parts = (word.partition("=") for word in tags)
    return _pairs({name: value if equals else _WORD for name, equals, value in parts if name})
