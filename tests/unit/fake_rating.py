# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CloudKitty of a test's own points, for figures that no sandbox has: as much of its two APIs as the
collection asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.completeness import CloudIdentity
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import CloudError, NotFound
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Answer, Service
from ansible_collections.finops.cloud.plugins.module_utils._openstack.projects import ProjectLogin

OWNER = "b30781c9679b4ede8107bae21990153e"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Rated:
    """One point: the hour that begins then, what, how much of it, for how much."""

    begin: datetime
    type: str
    quantity: str
    amount: str
    resource: str = "one"
    metadata: tuple[tuple[str, str], ...] = ()
    owner: str = OWNER


def rating_of(
    points: Iterable[Rated], storage: str = "v2", units: dict[str, str] | None = None
) -> FakeRating:
    """A service that has rated these points. storage v1: no v2 API; loki: v2 as it is on Loki."""
    ordered = sorted(points, key=lambda one: (one.begin, one.type))
    return FakeRating(
        "rating", "http://cloud/rating", OWNER, None, points=ordered, storage=storage, units=units or {}
    )  # type: ignore[arg-type]


@dataclass(frozen=True)
class FakeCloud:
    """As much of a Cloud as reading its rating takes."""

    identity: CloudIdentity
    rating: FakeRating

    def offers(self, name: str) -> bool:
        return name == "rating"

    def service(self, name: str) -> FakeRating:
        return {"rating": self.rating}[name]


def login_of(rating: FakeRating, region: str = "r", project: str = "shop") -> ProjectLogin:
    """The place that the service rates."""
    identity = CloudIdentity("c", "http://c", region, rating.project_id, project)
    return ProjectLogin(region, project, FakeCloud(identity, rating), None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class FakeRating(Service):
    """The service; asked keeps every request's path and query."""

    points: list[Rated] = field(default_factory=list)
    storage: str = "v2"
    units: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: Added to each sum by type that the cloud makes, as if its database had lost or invented something.
    wrong_by: str = "0"
    #: Whether it has the check of CloudKitty 2026.1; without it a large limit fails in Loki: nothing comes.
    loki_refuses: bool = True
    #: A path that answers 500.
    broken: str = ""

    def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
        self.asked.append((path, dict(query or {})))
        if path.startswith("/v2/") and self.storage == "v1":
            raise NotFound(reading, self.url, "the service answered 404", 404)
        if path == self.broken:
            raise CloudError(reading, self.url, "the service answered 500", 500)
        answered = {
            "/v2/summary": self._summary,
            "/v2/dataframes": self._dataframes,
            "/v1/report/summary": self._v1_summary,
            "/v1/storage/dataframes": self._v1_dataframes,
            "/v1/info/metrics": self._metrics,
        }[path](reading, query or {})
        return Answer(json.loads(json.dumps(answered), parse_float=Decimal), {}, 200)

    def _within(self, query: dict[str, Any]) -> list[Rated]:
        begin, end = (datetime.fromisoformat(query[name]).astimezone(UTC) for name in ("begin", "end"))
        wanted = dict(pair.split(":") for pair in query.get("filters", "").split(",") if pair)
        kind = wanted.get("type", query.get("resource_type"))
        owner = wanted.get("project_id", query.get("tenant_id"))
        return [
            one
            for one in self.points
            if begin <= one.begin < end and kind in (None, one.type) and owner in (None, one.owner)
        ]

    def _of_loki(self, query: dict[str, Any]) -> list[Rated]:
        """The newest `limit` points of every seven days, by the end of their periods; it takes no offset
        (cloudkitty/storage/v2/loki/client.py).
        """
        begin, end = (datetime.fromisoformat(query[name]).astimezone(UTC) for name in ("begin", "end"))
        found: list[Rated] = []
        while begin < end:
            shard = min(begin + timedelta(days=7), end)
            asked = {**query, "begin": (begin - HOUR).isoformat(), "end": (shard - HOUR).isoformat()}
            found += self._within(asked)[-query["limit"] :]
            begin = shard
        return found

    def _summary(self, reading: str, query: dict[str, Any]) -> Any:
        keys = query["groupby"]
        if self.storage == "loki" and query["limit"] > 5000:
            if not self.loki_refuses:
                return {"total": 0, "columns": [], "results": []}
            sentence = f"the service answered 400 (Limit {query['limit']} exceeds ... for Loki storage.)"
            raise CloudError(reading, self.url, sentence, 400)
        found = self._of_loki(query) if self.storage == "loki" else self._within(query)

        def key(one: Rated) -> tuple[str, ...]:
            of = {"time": one.begin.isoformat(), "type": one.type, "id": one.resource}
            if self.storage == "loki":
                del of["time"]
            return tuple(of.get(name, "") for name in keys)

        rows = []
        for values, members in groupby(sorted(found, key=key), key=key):
            of = list(members)
            named = dict(zip(keys, values, strict=True))
            time = named.pop("time", "")
            begin = datetime.fromisoformat(time) if time else None
            span = (
                [query["begin"], query["end"]]
                if begin is None
                else [begin.isoformat(), (begin + HOUR).isoformat()]
            )
            rate = sum(float(one.amount) for one in of) + float(self.wrong_by if keys == ["type"] else 0)
            rows.append([*span, sum(float(one.quantity) for one in of), rate, *named.values()])
        page = rows[query["offset"] : query["offset"] + query["limit"]]
        columns = ["begin", "end", "qty", "rate", *(name for name in keys if name != "time")]
        return {"total": len(rows), "columns": columns if rows else [], "results": page}

    def _dataframes(self, reading: str, query: dict[str, Any]) -> Any:
        found = self._of_loki(query) if self.storage == "loki" else self._within(query)
        if not found:
            raise NotFound(
                reading, self.url, "the service answered 404 (No resource found for provided filters.)", 404
            )
        frames = []
        whole = self.storage == "loki"
        page = found if whole else found[query["offset"] : query["offset"] + query["limit"]]
        for begin, members in groupby(page, key=lambda one: one.begin):
            usage: dict[str, list[Any]] = {}
            for one in members:
                point = {
                    "vol": {"unit": self.units.get(one.type, "u"), "qty": float(one.quantity)},
                    "rating": {"price": float(one.amount)},
                    "groupby": {"id": one.resource, "project_id": one.owner},
                    "metadata": dict(one.metadata),
                }
                usage.setdefault(one.type, []).append(point)
            period = {"begin": begin.isoformat(), "end": (begin + HOUR).isoformat()}
            frames.append({"period": period, "usage": usage})
        return {"total": len(found), "dataframes": frames}

    def _v1_summary(self, reading: str, query: dict[str, Any]) -> Any:
        def kind(one: Rated) -> str:
            return one.type

        return {
            "summary": [
                {
                    "res_type": name,
                    "rate": f"{sum(float(one.amount) for one in members) + float(self.wrong_by):.5f}",
                }
                for name, members in groupby(sorted(self._within(query), key=kind), key=kind)
            ]
        }

    def _v1_dataframes(self, reading: str, query: dict[str, Any]) -> Any:
        return {
            "dataframes": [
                {
                    "begin": one.begin.replace(tzinfo=None).isoformat(),
                    "end": (one.begin + HOUR).replace(tzinfo=None).isoformat(),
                    "resources": [
                        {
                            "service": one.type,
                            "volume": one.quantity,
                            "rating": one.amount,
                            "desc": {"id": one.resource, "project_id": one.owner, **dict(one.metadata)},
                        }
                    ],
                }
                for one in self._within(query)
            ]
        }

    def _metrics(self, reading: str, query: dict[str, Any]) -> Any:
        return {
            "metrics": [
                {"metric_id": name, "unit": unit, "metadata": []} for name, unit in self.units.items()
            ]
        }
