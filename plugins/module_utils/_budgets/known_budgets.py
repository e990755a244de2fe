# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The budgets of a ledger by their names."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.errors import InvalidOption
from .._ledger.budgets import Budget


def find(stored: Sequence[Budget], name: str) -> Budget | None:
    """The budget of that name; None if there is none."""
    return next((budget for budget in stored if budget.name == name), None)


def require(stored: Sequence[Budget], name: str, option: str = "name") -> Budget:
    """The budget of that name.

    Raises InvalidOption that lists the existing budgets: an unknown budget never lets a spend pass.
    """
    budget = find(stored, name)
    if budget is None:
        known = ", ".join(one.name for one in stored) or "none"
        raise InvalidOption(option, f"the ledger has no budget '{name}'; it has {known}.")
    return budget
