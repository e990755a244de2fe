# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox's CloudKitty has rated, asked without us and without a peer."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .cloud import Cloud


@dataclass(frozen=True)
class Account:
    """Who logs in, to which project."""

    username: str
    password: str
    project: str

    def to_json(self) -> dict[str, Any]:
        """As Keystone takes it."""
        domain = {"domain": {"name": "Default"}}
        user = {"name": self.username, "password": self.password, **domain}
        identity = {"methods": ["password"], "password": {"user": user}}
        return {"auth": {"identity": identity, "scope": {"project": {"name": self.project, **domain}}}}


#: Of the sandbox.
MEMBER = Account("PCU-DEMO001", "only-for-the-sandbox", "PCP-DEMO001")
OPERATOR = Account("admin", "for-the-operator-of-the-sandbox", "admin")


@dataclass(frozen=True)
class Rated:
    """Of a window: the cost by type, and the number of points."""

    begin: datetime
    end: datetime
    costs: dict[str, Decimal]
    points: int


@dataclass(frozen=True)
class Login:
    """A token, and what its answer said."""

    token: str
    project_id: str
    rating_url: str


def log_in(cloud: Cloud, account: Account = MEMBER) -> Login:
    """Take a token."""
    content = json.dumps(account.to_json()).encode()
    request = urllib.request.Request(
        f"{cloud.auth_url}/auth/tokens", content, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        token, said = answer.headers["X-Subject-Token"], json.load(answer)["token"]
    rating = next(one for one in said["catalog"] if one["type"] == "rating")
    url = next(one["url"] for one in rating["endpoints"] if one["interface"] == "public")
    return Login(token, said["project"]["id"], url.rstrip("/"))


def rated(cloud: Cloud, begin: datetime, end: datetime, account: Account = MEMBER) -> Rated:
    """Ask for it."""
    login = log_in(cloud, account)

    def ask(what: str) -> Any:
        window = f"begin={begin:%Y-%m-%dT%H:%M:%SZ}&end={end:%Y-%m-%dT%H:%M:%SZ}"
        request = urllib.request.Request(
            f"{login.rating_url}/v2/{what}&{window}", headers={"X-Auth-Token": login.token}
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    summary = ask("summary?groupby=type&limit=100")
    columns = summary["columns"]
    rows = [dict(zip(columns, values, strict=True)) for values in summary["results"]]
    # Rates are floats with noise; the sandbox's prices have at most five decimals.
    costs = {one["type"]: Decimal(str(round(one["rate"], 6))) for one in rows}
    return Rated(begin, end, costs, ask("dataframes?limit=1")["total"])
