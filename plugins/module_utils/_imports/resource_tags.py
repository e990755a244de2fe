# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the resources of a project are called and tagged with: rated frames do not say
(design/imports.md#tags).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from .._core.errors import CloudError, SeveralErrors
from .._ledger.feed_changes import FeedResource
from .._openstack import block_storage, compute, load_balancer, network, shared_file_system
from .._openstack.connection import Cloud, Reader, Service, raise_errors, read_all
from .._openstack.every_resource import READERS as READERS_OF_ALL
from .._openstack.every_resource import OwnedResource
from .._openstack.resource_types import FLOATING_IP, INSTANCE, LOAD_BALANCER, SHARE, TAGS_OF, VOLUME


def read_resources(cloud: Cloud) -> dict[str, FeedResource]:
    """Every server, volume, floating IP, load balancer and share of the project by its id: one list per
    service, side by side.

    A service that the catalog lacks has none. Raises CloudError: tags that were not read are not "none".
    """
    readings = read_all(cloud, {service: (service, reader) for service, reader in _READERS.items()})
    raise_errors(readings.errors)
    return {
        resource_id: one for found in readings.values.values() for resource_id, one in (found or {}).items()
    }


class EveryResource:
    """read_resources() of every project, for an operator: the lists of all projects, once they are needed."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._found: dict[str, dict[str, FeedResource]] | None = None
        self._error: CloudError | SeveralErrors | None = None

    def of(self, project_id: str) -> dict[str, FeedResource]:
        """A project's resources by their IDs. Raises as read_resources()."""
        if self._error is not None:
            raise self._error
        if self._found is None:
            try:
                self._found = self._read()
            except (CloudError, SeveralErrors) as error:
                self._error = error
                raise
        return self._found.get(project_id, {})

    def _read(self) -> dict[str, dict[str, FeedResource]]:
        readings = read_all(
            self._cloud, {name: (name, _listed(read)) for name, read in READERS_OF_ALL.items()}
        )
        raise_errors(readings.errors)
        found: dict[str, dict[str, FeedResource]] = {}
        for one in chain.from_iterable(rows or () for rows in readings.values.values()):
            found.setdefault(one.project_id, {})[one.id] = _resource(one.type, one.name, one.said)
        return found


def _listed(read: Callable[[Service], Iterable[OwnedResource]]) -> Reader:
    """The whole list, so that it is read beside the others."""
    return lambda service: list(read(service))


def _servers(nova: Service) -> dict[str, FeedResource]:
    return {one.id: _resource(INSTANCE, one.name, one.metadata) for one in compute.servers(nova)}


def _volumes(cinder: Service) -> dict[str, FeedResource]:
    return {one.id: _resource(VOLUME, one.name, one.metadata) for one in block_storage.volumes(cinder)}


def _floating_ips(neutron: Service) -> dict[str, FeedResource]:
    found = network.floating_ips(neutron)
    return {one.id: _resource(FLOATING_IP, one.address, one.tags) for one in found}


def _load_balancers(octavia: Service) -> dict[str, FeedResource]:
    found = load_balancer.load_balancers(octavia)
    return {one.id: _resource(LOAD_BALANCER, one.name, one.tags) for one in found}


def _shares(manila: Service) -> dict[str, FeedResource]:
    found = shared_file_system.shares(manila)
    return {one.id: _resource(SHARE, one.name, one.metadata) for one in found}


_READERS: dict[str, Reader] = {
    "compute": _servers,
    "block_storage": _volumes,
    "network": _floating_ips,
    "load_balancer": _load_balancers,
    "shared_file_system": _shares,
}


def _resource(kind: str, name: str, said: Mapping[str, str] | Iterable[str]) -> FeedResource:
    return FeedResource(kind, name, TAGS_OF[kind](said))
