# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Warnings of names that no cost ever had, which may be misspelled
(design/gate.md#values-that-were-never-seen).

Near ones are only suggested: nothing is matched by likeness.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.holds import HoldLine
from .scope import CarriedValues, ever_feeds_of
from .snapshot import Snapshot

#: How alike two names are that one may stand for the other, and how many are suggested.
_LIKENESS, _SUGGESTED = 0.75, 3


def unknown_scope_values(budget: Budget, snapshot: Snapshot) -> list[str]:
    """One sentence for each value of the budget's scope that no cost of the ledger ever had.

    Of a budget that entries feed only for a value that has near ones: its first cost may be still to come.
    Those of a project or region too, as coverage.problems() names the others.
    """
    seen, feeds, carried = snapshot.seen(), snapshot.feeds, CarriedValues(snapshot.feeds)
    tags = {key: set(values) for key, values in seen.tags.items()}
    for key in (key for feed in feeds for key in feed.tag_keys):
        tags.setdefault(key, set())
    for key, value in carried.tags:
        tags.setdefault(key, set()).add(value)
    categories = seen.categories | carried.categories
    projects = seen.projects | carried.projects
    regions = seen.regions | carried.regions
    carrying = ever_feeds_of(budget.scope, feeds) if budget.fed_by == FED_BY_CLOUD else []
    is_tagged = any(one.layout.tagged for feed in carrying for one in feed.imported)
    found = [
        *_unseen("category", budget.scope.categories if carrying else (), categories, always=True),
        *_unseen("project", budget.scope.projects, projects, always=False),
        *_unseen("region", budget.scope.regions, regions, always=False),
    ]
    for key, value in budget.scope.tags:
        if key in tags:
            found += _unseen(f"tag {key}", (value,), tags[key], always=is_tagged)
        else:
            found += _unseen("tag key", (key,), tags, always=is_tagged)
    return [f"{budget.name}: no cost has had {sentence}" for sentence in found]


def _unseen(kind: str, values: Iterable[str], seen: Collection[str], always: bool) -> list[str]:
    sentences = []
    for value in values:
        if value in seen:
            continue
        near = _near(value, seen)
        if near:
            sentences.append(f"the {kind} {value} so far; the ledger knows {' and '.join(near)}.")
        elif always:
            sentences.append(f"the {kind} {value} so far, so nothing of it is spent.")
    return sentences


def unknown_projects(lines: Sequence[HoldLine], snapshot: Snapshot) -> list[str]:
    """One sentence for each project of a request that no feed carries and no budget names."""
    known = snapshot.projects
    sentences = []
    for name in dict.fromkeys(line.project for line in lines):
        if known is not None and name is not None and name not in known:
            near = _near(name, known)
            known_ones = f"; known are {' and '.join(near)}" if near else ""
            sentences.append(f"No feed and no budget knows the project {name}{known_ones}.")
    return sentences


def _near(value: str, seen: Collection[str]) -> list[str]:
    """The names that look like the value, whatever their case, the nearest first."""
    if not seen:
        return []
    # Here, as most gates compare no names.
    from difflib import get_close_matches

    by_look: dict[str, list[str]] = {}
    for name in sorted(seen):
        by_look.setdefault(name.casefold(), []).append(name)
    looks = get_close_matches(value.casefold(), by_look, _SUGGESTED, _LIKENESS)
    return [name for look in looks for name in by_look[look]][:_SUGGESTED]
