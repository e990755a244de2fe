# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`result is finops.cloud.within_budget`: what a gate or a status said, for templates.

Whatever it did not say is not within.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleTemplateError

_WRONG = "'finops.cloud.within_budget' cannot test"


def within_budget(said: Any) -> bool:
    """Whether all that was asked is allowed, by a registered result of a budget's module or by one row of its
    `budgets`.

    Only the verdict `allow` is within: neither `deny` nor `unknown`, whether the run may go on
    with it or not, nor `ended`. Raises AnsibleTemplateError for what has no verdict at all,
    such as a skipped task.
    """
    if not isinstance(said, Mapping):
        raise AnsibleTemplateError(
            f"{_WRONG} a {type(said).__name__}; write a registered result, or one row of its budgets."
        )
    if "verdict" in said:
        # A row has no more than its verdict; a gate's result has to agree with it.
        is_row = "budgets" not in said and "gate_passed" not in said
        return said["verdict"] == "allow" and (is_row or said.get("gate_passed") is True)
    rows = said.get("budgets")
    if not isinstance(rows, list):
        raise AnsibleTemplateError(f"{_WRONG} a result without a verdict; {_without_verdict(said)}.")
    # A custom budget outside of its period covers no spend: it neither helps nor stands in the way.
    verdicts = [row.get("verdict") if isinstance(row, Mapping) else None for row in rows]
    return {verdict for verdict in verdicts if verdict != "ended"} == {"allow"}


def _without_verdict(said: Mapping[str, Any]) -> str:
    if said.get("skipped"):
        return "its task was skipped"
    if said.get("failed"):
        return f"its task failed: {said.get('msg')}"
    return (
        "write the result of cost_budget with a spend, of cost_reservation or of cost_budget_info, or one row"
        " of its budgets"
    )


class TestModule:
    """What Ansible looks for."""

    def tests(self) -> dict[str, Callable[[Any], bool]]:
        """The tests by name."""
        return {"within_budget": within_budget}
