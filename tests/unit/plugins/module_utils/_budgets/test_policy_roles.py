# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On a real PostgreSQL a pipeline reads the policy and cannot change it
(design/gate.md#separation-of-duty).
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.policy_task import PolicyTask, apply
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute

from .desk import Desk
from .test_on_postgresql import as_role

RATE = {"currency": "CHF", "icu_per_unit": "51", "valid_from": "2021-01-01"}


def define(desk: Desk, **options: Any) -> dict[str, Any]:
    return apply(desk.options, PolicyTask(**options), desk.now, False, "ada@office")


def test_a_pipeline_is_bound_by_the_policy_and_cannot_change_it(
    shared: Desk, postgresql: dict[str, Any]
) -> None:
    shared.define(limit="100")
    define(shared, required_tags=[])
    owner, pipeline = (as_role(shared, postgresql, role) for role in ("finops_owner", "finops_gate"))
    define(owner, required_tags=["team"], rates=[RATE])
    for options in ({"required_tags": []}, {"rates": [{**RATE, "icu_per_unit": "52"}]}, {"state": "absent"}):
        with pytest.raises(LedgerError, match="permission denied"):
            define(pipeline, **options)
    for statement in (
        "UPDATE owner_policy SET content = NULL",
        "DELETE FROM owner_policy",
        "TRUNCATE owner_policy",
        "INSERT INTO owner_policy VALUES (9, NULL, 0, 'ada@office')",
        "UPDATE currency_rate SET icu_per_unit = '5000'",
        "DELETE FROM currency_rate",
    ):
        with pytest.raises(LedgerError, match="permission denied"), writing(pipeline.options) as ledger:
            execute(ledger.connection, statement)
    # The owner adds versions, and changes none.
    for statement in ("UPDATE owner_policy SET content = NULL", "DELETE FROM currency_rate"):
        with pytest.raises(LedgerError, match="permission denied"), writing(owner.options) as ledger:
            execute(ledger.connection, statement)
    with pytest.raises(InvalidOption, match="required_tags"):
        pipeline.hold("1")
    with pytest.raises(InvalidOption, match="allow_on_unknown_warn"):
        pipeline.hold("1", on_unknown="warn")
    assert pipeline.hold("1", tags={"team": "shop"})["policy"]["version"] == 2
