# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What CloudKitty tells an operator only: its modules and its scopes, and how to ask it
(design/reading-a-cloud.md#the-operators-side).

python-cloudkittyclient, which nothing else here uses, knows where each question goes. Its requests are sent
as every other one is: retried, bounded, and with exact numbers in the answers.

Source: python-cloudkittyclient 6.2, cloudkittyclient/v1/rating and cloudkittyclient/v2/scope.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from ..._core.errors import Forbidden, NotFound
from ..connection import Service
from .fields import Row, moment
from .v2 import NOTHING

#: CloudKitty answers 100 scopes where no limit is sent.
SCOPES_PER_REQUEST = 1000


@dataclass(frozen=True)
class RatingModule:
    """A module that rates, the one of the highest priority first. hot_config: whether its rules can be
    changed while it runs.
    """

    name: str
    description: str
    enabled: bool
    hot_config: bool
    priority: int


@dataclass(frozen=True)
class RatingScope:
    """What is rated by itself, as a rule a project. rated_through: the end of its newest period, None before
    its first.
    """

    scope_id: str
    scope_key: str | None
    fetcher: str | None
    collector: str | None
    active: bool
    rated_through: datetime | None


@dataclass(frozen=True)
class _Parsed:
    """An answer, as the client takes it."""

    body: Any

    def json(self) -> Any:
        """Its content, read already."""
        return self.body


@dataclass(frozen=True)
class OperatorRating:
    """CloudKitty of a region, asked by an operator. Every question raises CloudError, of it Forbidden with
    the advice to log in as one.
    """

    service: Service
    collect_period_s: int

    def modules(self) -> tuple[RatingModule, ...]:
        """The modules, by falling priority: GET /v1/rating/modules. One request.

        v1 whatever the version: v2 shows everybody the list, and only v1 is offered with every storage.
        """
        reading, service = "the rating modules", self.service
        body = self.ask(reading, lambda client: client.rating.get_module())
        found = [
            RatingModule(
                name=service.member(reading, row, "module_id", str),
                description=service.optional(reading, row, "description", str) or "",
                enabled=service.member(reading, row, "enabled", bool),
                hot_config=service.member(reading, row, "hot-config", bool),
                priority=service.member(reading, row, "priority", int),
            )
            for row in service.member(reading, body, "modules", list)
        ]
        return tuple(sorted(found, key=lambda one: (-one.priority, one.name)))

    def scopes(self) -> tuple[RatingScope, ...] | None:
        """The scopes: GET /v2/scope, 1000 a request. None where the cloud has the v1 API only."""
        try:
            return tuple(self._scopes())
        except NotFound:
            return None

    def _scopes(self) -> Iterator[RatingScope]:
        reading, service = "the rating scopes", self.service
        offset = 0
        while True:
            page = {"offset": offset, "limit": SCOPES_PER_REQUEST}
            try:
                body = self.ask(reading, partial(_scopes_page, page), "2")
            except NotFound as error:
                if NOTHING in str(error):
                    return
                raise
            rows = service.member(reading, body, "results", list)
            yield from (self._scope(reading, row) for row in rows)
            if len(rows) < SCOPES_PER_REQUEST:
                return
            offset += len(rows)

    def _scope(self, reading: str, row: Row) -> RatingScope:
        service = self.service
        begin = moment(service, reading, row, "last_processed_timestamp")
        return RatingScope(
            scope_id=service.member(reading, row, "scope_id", str),
            scope_key=service.optional(reading, row, "scope_key", str),
            fetcher=service.optional(reading, row, "fetcher", str),
            collector=service.optional(reading, row, "collector", str),
            active=service.member(reading, row, "active", bool),
            # It is the begin of the period that was processed last (cloudkitty/orchestrator.py).
            rated_through=None if begin is None else begin + timedelta(seconds=self.collect_period_s),
        )

    def ask(self, reading: str, question: Callable[[Any], Any], version: str = "1") -> Any:
        """The client's answer to the question, a function of it."""
        client = _client(self.service, reading, version)
        try:
            return question(client)
        except Forbidden as error:
            problem = "only an operator may read it; log in with the role admin"
            raise Forbidden(reading, error.url, problem, error.http_status) from error


def _scopes_page(page: dict[str, int], client: Any) -> Any:
    return client.scope.get_scope_state(**page)


def _client(service: Service, reading: str, version: str) -> Any:
    """A client that sends its requests through the service, whose URL is known. Raises ValueError where it is
    asked to change something.
    """
    import cloudkittyclient.client
    import keystoneauth1.adapter

    class Sending(keystoneauth1.adapter.Adapter):
        """What the client takes for its session."""

        def request(self, url: str, method: str, **_named: Any) -> _Parsed:  # type: ignore[override]
            if method != "GET":
                raise ValueError(f"{method} {url} would change something")
            return _Parsed(service.get(reading, url).body)

    # Its own dictionary of options: the client writes into its default one.
    return cloudkittyclient.client.Client(version, session=Sending(cast(Any, None)), adapter_options={})
