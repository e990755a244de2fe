# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud of a test's own: its rating, and as much of other services as says what the project has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.completeness import CloudIdentity
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Answer, Service

from .fake_rating import OWNER, FakeRating


@dataclass
class Project:
    """A project of one region, whose rating and servers a test changes as time goes by."""

    rating: FakeRating
    servers: dict[str, dict[str, str]] = field(default_factory=dict)
    region: str = "r"
    #: Region -> URL of its rating service; none for this region alone.
    urls: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def identity(self) -> CloudIdentity:
        return CloudIdentity("c", "http://c", self.region, OWNER, "shop")

    def service_urls(self, name: str) -> dict[str, str]:
        return self.urls if name == "rating" and self.urls else {self.region: "http://cloud/rating"}

    def offers(self, name: str) -> bool:
        return name in ("rating", "compute")

    def service(self, name: str) -> Service:
        if name == "rating":
            return self.rating
        return _Nova("compute", "http://nova", OWNER, None, project=self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Nova(Service):
    project: Project = None  # type: ignore[assignment]

    def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
        self.project.asked.append(path)
        used = len(self.project.servers)
        rows = {name: {"limit": 9, "in_use": used, "reserved": 0} for name in ("instances", "cores", "ram")}
        return Answer({"quota_set": rows}, {}, 200)

    def bodies(
        self, reading: str, path: str, key: str, query: Any = None, microversion: str | None = None
    ) -> Iterator[Any]:
        self.project.asked.append(path)
        yield {"servers": list(map(_server, self.project.servers.items()))}


def _server(named: tuple[str, dict[str, str]]) -> dict[str, Any]:
    server_id, metadata = named
    moment = "2026-11-01T00:00:00Z"
    told = {"id": server_id, "name": f"name of {server_id}", "status": "ACTIVE", "metadata": metadata}
    return {**told, "image": "", "flavor": {}, "addresses": {}, "created": moment, "updated": moment}


def ids(rows: Iterable[Any]) -> list[str]:
    """The resources of rows, in order."""
    return sorted(row["resource_id"] for row in rows)
