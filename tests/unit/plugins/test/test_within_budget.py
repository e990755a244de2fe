# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`is finops.cloud.within_budget` says yes only to what was allowed
(design/reading-a-cloud.md#unknown-is-not-zero, design/gate.md#deny-unknown-allow).
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleTemplateError
from ansible_collections.finops.cloud.plugins.test.within_budget import TestModule

within_budget = TestModule().tests()["within_budget"]


def row(verdict: Any) -> dict[str, Any]:
    return {"name": "team", "verdict": verdict}


def gate(verdict: str, **more: Any) -> dict[str, Any]:
    return {"changed": False, "verdict": verdict, "gate_passed": True, "budgets": [row(verdict)], **more}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (gate("allow"), True),
        (gate("deny"), False),
        (gate("unknown"), False),
        (gate("deny", gate_passed=False, failed=True), False),
        (gate("allow", gate_passed=False), False),
        ({"verdict": "allow", "budgets": []}, False),
        (row("allow"), True),
        (row("deny"), False),
        (row("unknown"), False),
        (row("ended"), False),
        (row(None), False),
        (row(True), False),
        ({"budgets": [row("allow"), row("allow")]}, True),
        ({"budgets": [row("allow"), row("ended")]}, True),
        ({"budgets": [row("allow"), row("deny")]}, False),
        ({"budgets": [row("allow"), row("unknown")]}, False),
        ({"budgets": [row("allow"), {"name": "team"}]}, False),
        ({"budgets": [row("allow"), None]}, False),
        ({"budgets": [row("ended")]}, False),
        ({"budgets": []}, False),
    ],
)
def test_only_allow_is_within(said: dict[str, Any], expected: bool) -> None:
    assert within_budget(said) is expected


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"changed": False, "skipped": True}, "its task was skipped"),
        ({"failed": True, "msg": "spend: 'NaN' is not an amount"}, "spend: 'NaN' is not an amount"),
        ({}, "write the result of cost_budget"),
        ({"budgets": None}, "write the result of cost_budget"),
        ({"budgets": "allow"}, "write the result of cost_budget"),
        ("42.50", "a str; write a registered result"),
        (None, "a NoneType; write"),
        ([row("allow")], "a list; write"),
        (True, "a bool; write"),
    ],
)
def test_what_has_no_verdict_is_an_error(said: Any, says: str) -> None:
    with pytest.raises(AnsibleTemplateError, match=says):
        within_budget(said)
