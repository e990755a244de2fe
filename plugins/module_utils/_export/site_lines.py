# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What each resource of a month has cost and used, and what lacks a tag, for the pages of a cost site
(design/reports.md#what-has-changed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from .._core.periods import Window
from .._core.spans import from_to
from .._ledger import totals
from .._ledger.dimension_sums import TAX_CHARGE
from .._ledger.resource_sums import DimensionSet, ResourceSum, resource_sums
from .site_cost import (
    CATEGORY,
    CostGroup,
    CostLine,
    LackingTag,
    LineUse,
    MonthCost,
    SiteNames,
    SiteQuestion,
    add,
)

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction


class LineReader(NamedTuple):
    """Reads the lines of months. sets: all of the ledger. required: the tags that every cost has to have."""

    transaction: Transaction
    question: SiteQuestion
    sets: Mapping[int, DimensionSet]
    required: Sequence[str]
    names: SiteNames

    def read(self, month: MonthCost) -> None:
        """Fill a month's lines, and the groups of what is compared."""
        month.lacking = {tag: LackingTag() for tag in self.required}
        rest = from_to(month.part.end, month.window.end)
        for window in (month.part, rest):
            for line, found, at in self._sums(window):
                parts = {(self._set(found).dimensions.currency, at): found.amount_nano}
                add(month.lines.setdefault(line, {}), parts)
                self._remember(line, found)
                for lacking in self._lacking(month, found):
                    add(lacking.parts, parts)
                    lacking.resources.add((line.group.project, line.resource or line.description))
                    if window is month.part:
                        add(lacking.in_part, parts)
                if window is month.part:
                    _use(month.used, line, found, parts)
        for line, found, at in self._sums(month.before):
            parts = {(self._set(found).dimensions.currency, at): found.amount_nano}
            _use(month.used_before, line, found, parts)
            for lacking in self._lacking(month, found):
                add(lacking.in_before, parts)
        for used, groups in ((month.used, month.in_part), (month.used_before, month.in_before)):
            for line, use in used.items():
                add(groups.setdefault(line.group, {}), use.parts)

    def _sums(self, window: Window) -> Iterator[tuple[CostLine, ResourceSum, datetime]]:
        """The sums of a window, each with the begin of the time in which its rate was one."""
        if not window.length:
            return
        for segment in self.question.rates.segments(window):
            for found in resource_sums(self.transaction, segment):
                group = self._group(found)
                yield CostLine(group, found.metric, found.resource, found.description), found, segment.begin

    def _set(self, found: ResourceSum) -> DimensionSet:
        return self.sets[found.dimension_set_id]

    def _group(self, found: ResourceSum) -> CostGroup:
        dimensions, tags = self._set(found)
        team = tags.get(self.question.team.removeprefix(totals.TAG))
        if not self.question.team.startswith(totals.TAG):
            team = dimensions.category if self.question.team == CATEGORY else None
        return CostGroup(dimensions.project_id or dimensions.project_name, team, dimensions.category)

    def _lacking(self, month: MonthCost, found: ResourceSum) -> Iterator[LackingTag]:
        dimensions, tags = self._set(found)
        if dimensions.charge_category != TAX_CHARGE:
            yield from (month.lacking[tag] for tag in self.required if tag not in tags)

    def _remember(self, line: CostLine, found: ResourceSum) -> None:
        """What is said of a resource that has a cost now."""
        names, key = self.names, (line.group.project, line.resource or line.description)
        name, kind = names.resources.get(key, (None, None))
        names.resources[key] = (found.resource_name or name, found.resource_type or kind)
        names.since[key] = min(names.since.get(key, found.first_begin), found.first_begin)
        names.recorded_by[key] = found.recorded_by
        names.clouds[key] = self._set(found).dimensions.cloud
        if line.group.team is not None:
            names.teams[key] = line.group.team


def _use(
    into: dict[CostLine, LineUse],
    line: CostLine,
    found: ResourceSum,
    parts: Mapping[tuple[str, datetime], int],
) -> None:
    use = into.setdefault(line, LineUse())
    add(use.parts, parts)
    known = use.quantity is not None and found.quantity is not None
    use.quantity = (use.quantity or 0.0) + (found.quantity or 0.0) if known else None
    use.seconds += found.seconds
    use.entry_count += found.entry_count
    use.last_end = max(use.last_end, found.last_end)
