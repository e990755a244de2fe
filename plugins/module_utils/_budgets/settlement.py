# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The entries that a commit writes (design/reservations.md#never-counted-twice)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .._core.money import to_nano
from .._core.periods import Calendar, Window, moment_of, next_period, period_at
from .._core.spans import cut
from .._ledger import entries, hold_changes, holds
from .._ledger.budgets import Budget
from .._ledger.feeds import Feed
from .._ledger.holds import Hold, HoldLine
from .asked_periods import collect_period_s, rated_in
from .scope import scope_matcher

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

SOURCE = holds.ENTRY_SOURCE


@dataclass(frozen=True)
class Settlement:
    """The entries of a commit, and the stored rows that they take the place of.

    signature: when and by whom.
    """

    wanted: Sequence[entries.Entry]
    replaced: Sequence[dict[str, Any]]
    signature: tuple[datetime, str]

    @property
    def changes(self) -> bool:
        """Whether the ledger's entries change."""
        stored = {row["key"]: row for row in self.replaced}
        outcomes = [entries.next_version(stored.get(one.key), one)[1] for one in self.wanted]
        return bool(self._dropped()) or any(outcome != entries.UNCHANGED for outcome in outcomes)

    def _dropped(self) -> list[str]:
        return sorted({row["key"] for row in self.replaced} - {one.key for one in self.wanted})

    def write(self, transaction: Transaction) -> None:
        """Record what was committed, and correct an earlier commit."""
        entries.write_all(transaction, self.wanted, *self.signature)
        for key in self._dropped():
            entries.take_back(transaction, SOURCE, key, *self.signature)


def settlement(
    connection: Transaction,
    before: Hold,
    after: Hold,
    occurred_at: datetime | None,
    stored: Sequence[Budget],
    known: Sequence[Feed],
    signature: tuple[datetime, str],
) -> Settlement:
    """What a commit that entries settle writes: one entry of a one-off line, and of a running line one a UTC
    day, cut where a period of a budget in its scope begins.

    occurred_at: when one-off lines were spent; None for the recorded moment, else for the later of the commit
    and the line's own. known: the feeds, which know a project's ID by its name.
    """
    replaced = []
    if before.committed:
        keys = hold_changes.entry_keys(connection, before.name, before.generation)
        found = entries.current_all(connection, [(SOURCE, key) for key in keys])
        replaced = list(found.values())
    recorded = {row["key"]: entries.period_of(row).begin for row in replaced}
    wanted: list[entries.Entry] = []
    for index, line in enumerate(after.committed):
        key = f"{hold_changes.entry_prefix(after.name, after.generation)}{index + 1}"
        if line.hourly:
            budgets = _in_scope(line, stored, known)
            wanted += _by_day(key, line, after.held_at, budgets, known)
            continue
        old = before.committed[index] if index < len(before.committed) else None
        stays = recorded.get(f"{key}/once") if old is not None and old.at == line.at else None
        moment = occurred_at or stays or max(filter(None, (after.committed_at, line.at)))
        nano = to_nano(line.money.amount, "amount")
        wanted.append(_entry(f"{key}/once", line, Window(moment, moment), nano, known))
    return Settlement(wanted, replaced, signature)


def _in_scope(line: HoldLine, stored: Iterable[Budget], known: Sequence[Feed]) -> list[Budget]:
    return [budget for budget in stored if scope_matcher(budget.scope, known).covers_line(line) is not False]


def _by_day(
    key: str, line: HoldLine, begins_at: datetime, budgets: Sequence[Budget], known: Sequence[Feed]
) -> list[entries.Entry]:
    """The entries of a running line with an end, each dated at its first collect period."""
    if line.until is None:
        raise ValueError(f"{key} runs for good")
    period_s = max((collect_period_s(budget, known) for budget in budgets), default=3600)
    begin = moment_of(int(begins_at.timestamp()) // period_s * period_s)
    whole = Window(begin, line.until)
    edges = set(_midnights(whole)).union(*(_edges(budget.calendar, whole) for budget in budgets))
    hourly_nano, seconds, written_nano = to_nano(line.money.amount, "hourly"), 0, 0
    found = []
    for part in cut(whole, sorted(edges)):
        first, in_part = rated_in(line, begins_at, part, period_s)
        if not in_part:
            continue
        seconds += in_part
        # Rounded as a whole, so that the entries add up to what was held.
        total_nano = round(Fraction(hourly_nano * seconds, 3600))
        period = Window(moment_of(first), moment_of(first + in_part))
        name = f"{key}/{period.begin:%Y-%m-%dT%H:%M:%SZ}"
        found.append(_entry(name, line, period, total_nano - written_nano, known))
        written_nano = total_nano
    return found


def _midnights(window: Window) -> Iterable[datetime]:
    midnight = datetime.combine(window.begin.date(), time(), UTC) + timedelta(days=1)
    while midnight < window.end:
        yield midnight
        midnight += timedelta(days=1)


def _edges(calendar: Calendar, window: Window) -> Iterable[datetime]:
    """Where a period of the calendar begins or ends within the window."""
    if calendar.begin is not None and calendar.end is not None:
        yield from (edge for edge in (calendar.begin, calendar.end) if window.contains(edge))
        return
    period = period_at(calendar, window.begin)
    while period is not None and period.end < window.end:
        yield period.end
        period = next_period(calendar, period)


def _entry(
    key: str, line: HoldLine, period: Window, amount_nano: int, known: Sequence[Feed]
) -> entries.Entry:
    named = {feed.project_name: feed.key.project_id for feed in known if feed.project_name == line.project}
    return entries.Entry(
        source=SOURCE,
        key=key,
        charge_category="usage",
        category=str(line.category),
        period=period,
        amount_nano=amount_nano,
        currency=line.money.currency,
        region=line.region,
        project_id=named.get(line.project, line.project) if line.project else None,
        metric=line.metric,
        tags=dict(line.tags),
        description=line.name,
    )
