# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On a real PostgreSQL: who gates cannot raise the limit, and the server's clock tells what
has expired (design/gate.md#separation-of-duty, design/reservations.md#the-life-of-a-hold).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute

from tests.unit.asked_ledger import parts_of, with_parts

from .desk import Desk

ROLES = Path(__file__).parents[5] / "docs" / "postgresql_roles.sql"


def as_role(desk: Desk, postgresql: dict[str, Any], role: str) -> Desk:
    """The same ledger for a login of that role."""
    url = str(desk.options.url)
    login = f"login_{role}"
    with psycopg.connect(**parts_of(url), **postgresql["admin"], autocommit=True) as connection:
        connection.execute(ROLES.read_text())
        connection.execute(f"DROP ROLE IF EXISTS {login}")
        connection.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'geheim'")
        connection.execute(f"GRANT {role} TO {login}")
    own = with_parts(url, username=login, password="geheim")
    return Desk(replace(desk.options, url=own), desk.now)


def test_who_gates_uses_an_override_up_and_can_neither_make_nor_undo_one(
    shared: Desk, postgresql: dict[str, Any]
) -> None:
    shared.define(limit="100")
    pipeline = as_role(shared, postgresql, "finops_gate")
    raised = {
        "budget": "team", "reservation": "deploy", "amount": "50", "reason": "why", "approved_by": "me",
        "until": "2999-01-01",
    }  # fmt: skip
    with pytest.raises(LedgerError, match="permission denied"):
        pipeline.budget(name="team", limit="500", currency="ICU")
    with pytest.raises(LedgerError, match="permission denied"):
        pipeline.override(**raised)
    assert not pipeline.hold("150")["gate_passed"]
    controller = as_role(shared, postgresql, "finops_owner")
    assert controller.override(**raised)["changed"]
    assert pipeline.hold("150")["gate_passed"]
    assert pipeline.commit("150")["exceeded"] == []
    for statement in (
        "DELETE FROM override_use",
        "UPDATE override_use SET generation = 2",
        "UPDATE limit_override SET amount_nano = 1000000000000000",
    ):
        with pytest.raises(LedgerError, match="permission denied"), writing(pipeline.options) as ledger:
            execute(ledger.connection, statement)


def test_the_servers_clock_tells_what_has_expired(shared: Desk) -> None:
    """A host whose clock is a day ahead neither lets go of what others hold nor holds for a day more."""
    shared.define(limit="100")
    shared.hold("60", ttl="1h")
    ahead = Desk(shared.options, shared.now + timedelta(days=1))
    assert not ahead.hold("41", name="other")["gate_passed"]
    assert ahead.hold("40", name="other", ttl="1h")["gate_passed"]
    assert ahead.stands() == ("0", "100")
    assert ahead.status()["period_start"] == shared.status()["period_start"]


def test_who_gates_fires_and_acknowledges_and_cannot_undo_either(
    shared: Desk, postgresql: dict[str, Any]
) -> None:
    shared.define(limit="100")
    pipeline, owner = (as_role(shared, postgresql, role) for role in ("finops_gate", "finops_owner"))
    ids = [alert["id"] for alert in pipeline.spend("85")["alerts"]]
    assert len(ids) == 2
    pipeline.record("10")
    asked = pipeline.budget(spend="1", currency="ICU", category="compute")
    assert [alert["threshold"] for alert in asked["alerts"]] == ["0.9"]
    assert pipeline.alert(consumer="mail", ids=ids)["changed"]
    for statement in (
        "DELETE FROM alert",
        "UPDATE alert SET rearmed_at = 1",
        "DELETE FROM alert_acknowledged",
    ):
        with pytest.raises(LedgerError, match="permission denied"), writing(pipeline.options) as ledger:
            execute(ledger.connection, statement)
    with pytest.raises(LedgerError, match="permission denied"):
        pipeline.alert(budget="team", state="rearmed")
    assert len(owner.alert(budget="team", state="rearmed")["rearmed"]) == 3
    assert owner.define(limit="1000", thresholds=["0.05"])["alerts"][0]["threshold"] == "0.05"
