# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which budgets are asked for a cost that they will not have once an import brings it, as the resource does
not carry the tags of its line (design/estimates.md#tags).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.visible_text import visible_line
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.feeds import Feed
from .._ledger.holds import HoldLine
from .scope import scope_matcher

#: How many names a sentence shows.
_NAMES_SHOWN = 5


@dataclass(frozen=True)
class PlannedTags:
    """A line of an estimate. not_imported: the keys of its tags that its cost will not have."""

    name: str
    line: HoldLine
    not_imported: frozenset[str]


@dataclass(frozen=True)
class LostCost:
    """A budget, the keys of its tags that are missing, and the names of the resources whose cost it loses."""

    budget: str
    tags: tuple[str, ...]
    resources: tuple[str, ...]

    def __str__(self) -> str:
        shown, more = self.resources[:_NAMES_SHOWN], len(self.resources) - _NAMES_SHOWN
        named = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
        tags = f"tag{'s' if len(self.tags) > 1 else ''} {', '.join(self.tags)}"
        return visible_line(
            f"The budget {self.budget} is asked for {named}, and will not have that cost after the import: in"
            f" the cloud it has no {tags}."
        )

    def to_result(self) -> dict[str, Any]:
        """Its row of a result."""
        return {"budget": self.budget, "tags": list(self.tags), "resources": list(self.resources)}


def lost_costs(
    planned: Iterable[PlannedTags], budgets: Iterable[Budget], known: Sequence[Feed]
) -> list[LostCost]:
    """One for each budget by tags that the cloud feeds and that loses a cost."""
    # Thousands of lines are of few kinds.
    alike: dict[tuple[HoldLine, frozenset[str]], dict[str, None]] = {}
    for one in planned:
        if one.not_imported:
            alike.setdefault((one.line, one.not_imported), {})[one.name] = None
    found = []
    for budget in budgets:
        if budget.scope.tags and budget.fed_by == FED_BY_CLOUD:
            covered, keys = scope_matcher(budget.scope, known), {key for key, _value in budget.scope.tags}
            lost = [
                (keys & missing, names)
                for (line, missing), names in alike.items()
                if keys & missing and covered.covers_line(line)
            ]
            tags = sorted({key for missing, _names in lost for key in missing})
            names = dict.fromkeys(name for _missing, each in lost for name in each)
            found += [LostCost(budget.name, tuple(tags), tuple(names))] if names else []
    return found
