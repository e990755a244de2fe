# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the running cloud: its clock, its tokens, its faults, and what it was asked."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox_cloud.faults import Fault
from sandbox_cloud.scenario import Owner, Scenario
from sandbox_cloud.vergeos_rows import hourly_rows

TOKEN_LIFETIME = timedelta(hours=1)
LOGGED_REQUESTS = 2000


@dataclass(frozen=True)
class Identity:
    """Whose token a request carries."""

    owner: Owner
    expires_at: datetime


@dataclass
class Journal:
    """What the cloud was asked: counted by kind (token, discovery, api) and by
    service, the newest in full.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    services: Counter[str] = field(default_factory=Counter)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOGGED_REQUESTS))

    def write(self, kind: str, row: dict[str, Any]) -> None:
        """Count a request."""
        self.kinds[kind] += 1
        self.services[row["service"]] += 1
        self.log.append({"kind": kind, **row})

    def told(self) -> dict[str, Any]:
        """What the endpoint tells."""
        counts = {kind: self.kinds[kind] for kind in ("token", "discovery", "api")}
        return {
            **counts,
            "total": sum(counts.values()),
            "by_service": dict(self.services),
            "log": list(self.log),
        }


@dataclass
class Cloud:
    """One running cloud."""

    scenario: Scenario
    url: str = ""
    latency_seconds: float = 0.0
    journal: Journal = field(default_factory=Journal)
    faults: list[Fault] = field(default_factory=list)
    tokens: dict[str, Identity] = field(default_factory=dict)
    #: Tokens for no project, which federation gives at first: good for a token for one, and for no service.
    unscoped: dict[str, Identity] = field(default_factory=dict)
    #: What the identity provider gave out.
    access_tokens: set[str] = field(default_factory=set)
    advanced: timedelta = timedelta()
    #: What was rendered once and is asked again: large pages of rated points, sums.
    rendered: dict[Any, Any] = field(default_factory=dict)
    #: What clients made that nothing else is computed from, as rows by the path of their list, and how many.
    made: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    made_count: int = 0
    #: The moment that created_hours_ago counts back from: a moved clock makes everything older.
    began: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    #: The records of the VergeOS system, which grow when it is asked to make one.
    vergeos_rows: list[dict[str, Any]] = field(default_factory=list)

    #: The scenario before it was priced for a project and a region.
    unpriced_scenario: Scenario | None = None

    @property
    def unpriced(self) -> Scenario:
        """The scenario as the file has it."""
        return self.unpriced_scenario or self.scenario

    def __post_init__(self) -> None:
        if self.scenario.vergeos is not None:
            self.vergeos_rows = hourly_rows(self.began, self.scenario.vergeos.hours)

    def cached(self, key: Any, make: Callable[[], Any]) -> Any:
        """What make gives, made on first use."""
        if key not in self.rendered:
            self.rendered[key] = make()
        return self.rendered[key]

    def now(self) -> datetime:
        """The cloud's clock."""
        return datetime.now(UTC).replace(microsecond=0) + self.advanced

    def created(self, hours_ago: int) -> datetime:
        """When something was created that the scenario says is so many hours old."""
        return self.began - timedelta(hours=hours_ago)

    def issue_token(self, owner: Owner) -> tuple[str, Identity]:
        """A new token for the owner's project."""
        token = f"sandbox-{secrets.token_urlsafe(24)}"
        self.tokens[token] = Identity(owner, self.now() + TOKEN_LIFETIME)
        return token, self.tokens[token]

    def issue_unscoped(self, owner: Owner) -> tuple[str, Identity]:
        """A new token of that user for no project."""
        token = f"unscoped-{secrets.token_urlsafe(24)}"
        self.unscoped[token] = Identity(owner, self.now() + TOKEN_LIFETIME)
        return token, self.unscoped[token]

    def identity_of(self, token: str | None) -> Identity | None:
        """Whose token it is; None for an unknown or expired one."""
        found = self.tokens.get(token or "")
        return found if found and found.expires_at > self.now() else None

    def is_operator(self, identity: Identity) -> bool:
        """Whether the token has the role admin."""
        operator = self.scenario.operator
        return operator is not None and identity.owner.user == operator.user

    def of_every_project(
        self, identity: Identity, rows: list[dict[str, Any]], *owner: str
    ) -> list[dict[str, Any]]:
        """The rows once for each project that is filled, which an operator sees. owner: the keys that say
        whose a row is.
        """
        if not self.is_operator(identity):
            return rows
        ids = [one.project_id for one in self.scenario.filled]
        return [{**row, **dict.fromkeys(owner, of)} for of in ids for row in rows]

    def owns_all(self, identity: Identity) -> bool:
        """Whether the token is for a project that has what the scenario describes; the other one is empty."""
        scenario = self.scenario
        return identity.owner.project in (scenario.project.project, *scenario.further_projects)
