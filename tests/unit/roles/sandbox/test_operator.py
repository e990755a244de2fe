# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox tells its operator what a real CloudKitty tells one, and nobody else."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from ...conftest import Answer, Sandbox, ask, log_in
from ...shape import Shape, differences

CAPTURES = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[2] / "captures" / "operator").glob("*.json"))
}
HASHMAP = "/rating/v1/rating/module_config/hashmap"


def as_operator(sandbox: Sandbox, path: str) -> Answer:
    password = "for-the-operator-of-the-sandbox"
    token = log_in(sandbox.state, "admin", "admin", password).headers["X-Subject-Token"]
    return ask("GET", sandbox.state["url"] + path, None, {"X-Auth-Token": token})


@pytest.mark.parametrize("name", CAPTURES)
def test_an_operator_is_answered_as_a_real_one(running: Sandbox, name: str) -> None:
    capture = CAPTURES[name]
    real, ours = capture["response"], as_operator(running, "/rating" + capture["path"])
    assert ours.status == real["status"]
    assert differences(Shape().see(real["body"] or None), Shape().see(ours.body)) == []


@pytest.mark.parametrize("name", CAPTURES)
def test_nobody_else_is(running: Sandbox, name: str) -> None:
    assert running.ask("GET", "/rating" + CAPTURES[name]["path"]).status == 403


def test_rules_are_those_that_quotes_go_by(running: Sandbox) -> None:
    services = as_operator(running, f"{HASHMAP}/services").body["services"]
    of = {row["name"]: row["service_id"] for row in services}
    (field,) = as_operator(running, f"{HASHMAP}/fields?service_id={of['volume.size']}").body["fields"]
    assert field["name"] == "volume_type"
    rules = as_operator(running, f"{HASHMAP}/mappings?field_id={field['field_id']}").body["mappings"]
    cost = {rule["value"]: Decimal(rule["cost"]) for rule in rules}
    item = {"service": "volume.size", "volume": "7", "desc": {"metadata": {"volume_type": "CEPH_1_perf2"}}}
    quoted = running.ask("POST", "/rating/v1/rating/quote", {"resources": [item]}).body
    assert Decimal(quoted) == 7 * cost["CEPH_1_perf2"] == Decimal("0.0595")


def test_thresholds_are_told_of_what_is_named_only(running: Sandbox) -> None:
    """So does CloudKitty: of no service, field or group it answers 400."""
    assert as_operator(running, f"{HASHMAP}/thresholds").status == 400
    assert as_operator(running, f"{HASHMAP}/thresholds?service_id=x").body == {"thresholds": []}
