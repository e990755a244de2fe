# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What holds still promise, until a cost takes its place (design/reservations.md#never-counted-twice)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .._core.categories import is_flow
from .._core.errors import LedgerError
from .._core.money import exact_sum
from .._core.periods import ceil_to
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.feeds import Feed
from .._ledger.holds import BY_ENTRY, COMMITTED, HELD, Hold, HoldLine
from .scope import scope_matcher

if TYPE_CHECKING:
    from fractions import Fraction

#: How many names of holds a sentence shows.
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class OutstandingHold:
    """A line of a hold that still counts, as no cost has taken its place; alike lines of many holds as one,
    with the sum of their amounts.

    names: of the holds, of which there are more that are not named. begins_at: from when on a running line
    counts. awaits_import: it is committed, and an import is to take its place. is_carried: a feed carries its
    project and region. is_rated: an import has taken its place but in the budgets that entries feed. share:
    the part of it that counts: of a flow, such as traffic, the mean of the feed contains more of it with
    every hour. netted: name and generation of a hold that takes something away, whose lines are netted; None
    of others. removes: whether it is what that takes away.
    """

    names: tuple[str, ...]
    line: HoldLine
    begins_at: datetime
    awaits_import: bool = False
    is_carried: bool = True
    is_rated: bool = False
    share: Fraction | int = 1
    more: int = 0
    netted: tuple[str, int] | None = None
    removes: bool = False

    @property
    def name(self) -> str:
        """`deploy`, or `deploy, nightly and 3 more`."""
        shown, more = self.names[:_NAMES_SHOWN], max(len(self.names) - _NAMES_SHOWN, 0) + self.more
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def outstanding_lines(
    hold: Hold, known: Sequence[Feed], now: datetime, budgets: Sequence[Budget] = ()
) -> list[OutstandingHold]:
    """The lines of a hold that count at that moment.

    All lines count until the hold expires. A commit that entries settle has none. Of a commit that an import
    settles, a line counts until every feed of its project has rated one collect period after the commit: from
    then on the run rate contains it (design/reservations.md#never-counted-twice), of a flow more with every
    hour. Longer it counts only in those of the budgets that entries feed.
    """
    netted = (hold.name, hold.generation) if hold.removed else None
    lines = [
        OutstandingHold((hold.name,), line, hold.held_at, netted=netted, removes=removes)
        for removes, each in ((False, hold.lines), (True, hold.removed))
        for line in each
    ]
    if hold.state == HELD and not hold.expired(now):
        return lines
    if hold.state != COMMITTED or hold.settled_by == BY_ENTRY or hold.settled:
        return []
    if hold.committed_at is None:
        raise LedgerError(f"The hold '{hold.name}' is committed at no moment; release it.")
    waiting = [_awaiting(one, hold.committed_at, known) for one in lines]
    return [one for one in waiting if not one.is_rated or is_entry_fed(one.line, budgets, known)]


def _awaiting(one: OutstandingHold, committed_at: datetime, known: Sequence[Feed]) -> OutstandingHold:
    """A line of a commit that awaits an import: whether one comes, and has come. What the feed that was
    retired last had rated before, stays so.
    """
    line, carrying = one.line, carrying_feeds(one.line, known)
    ever = carrying or _retired_last(line, known)
    waiting = replace(one, awaits_import=True)
    if line.hourly and line.metric is not None and _is_flow(line.metric, ever):
        waiting = _of_flow(waiting, committed_at, ever)
    elif ever:
        after = committed_at if line.at is None else max(committed_at, line.at)
        rated = all(feed.rated_through >= after + timedelta(seconds=feed.collect_period_s) for feed in ever)
        waiting = replace(waiting, is_rated=rated)
    if carrying or waiting.is_rated:
        return waiting
    return replace(one, awaits_import=True, is_carried=False)


def added_up(outstanding: Sequence[OutstandingHold], step_s: int) -> tuple[OutstandingHold, ...]:
    """The lines with those as one that differ in their amount, their names and their seconds only: budgets
    look at each of them, and a thousand holds are of few kinds.
    """
    alike: dict[tuple[object, ...], list[OutstandingHold]] = {}
    for one in outstanding:
        line = one.line
        began = int(one.begins_at.timestamp()) // step_s if line.hourly else 0
        key = (
            line.money.currency, line.category, line.project, line.tags, line.region, line.hourly, line.at,
            line.until, began, one.awaits_import, one.is_carried, one.is_rated, one.share, one.netted,
            one.removes,
        )  # fmt: skip
        alike.setdefault(key, []).append(one)
    return tuple(_sum_of(each) for each in alike.values())


def _sum_of(alike: Sequence[OutstandingHold]) -> OutstandingHold:
    first = alike[0]
    if len(alike) == 1:
        return first
    amount = exact_sum(one.line.money.amount for one in alike)
    names = dict.fromkeys(name for one in alike for name in one.names)
    line = replace(first.line, money=replace(first.line.money, amount=amount))
    return replace(first, names=tuple(names), line=line)


def _is_flow(metric: str, carrying: Sequence[Feed]) -> bool:
    """Whether a feed's run rate of the metric is a mean."""
    return any(is_flow(metric, feed.flow_metrics) for feed in carrying)


def _of_flow(waiting: OutstandingHold, committed_at: datetime, carrying: Sequence[Feed]) -> OutstandingHold:
    """A running line of a flow: it counts from the newest rated period on, less the share of the periods
    since the commit in those of the feed's mean; of several feeds by the one that contains least.
    """
    share = max(_not_in_mean(feed, committed_at) for feed in carrying)
    begins_at = max(waiting.begins_at, min(feed.rated_through for feed in carrying))
    return replace(waiting, begins_at=begins_at, share=share, is_rated=not share)


def _not_in_mean(feed: Feed, committed_at: datetime) -> Fraction:
    """1 - n/m: m periods are in the feed's mean, n of them began after the commit."""
    from fractions import Fraction

    if not feed.flow_hours:
        return Fraction(1)
    since = feed.rated_through - ceil_to(committed_at, feed.collect_period_s)
    periods = max(int(since.total_seconds()) // feed.collect_period_s, 0)
    return max(1 - Fraction(periods, feed.flow_hours), Fraction(0))


def carrying_feeds(line: HoldLine, known: Sequence[Feed]) -> list[Feed]:
    """The feeds, not retired, that carry the line's project and region; any where it names none.

    Without a feed no cost ever takes the place of the line.
    """
    return [feed for feed in known if not feed.retired and _carries(feed, line)]


def _retired_last(line: HoldLine, known: Sequence[Feed]) -> list[Feed]:
    """The last of the retired feeds that carried the line, several of one moment, and those of which the
    ledger does not know when.
    """
    ended = [feed for feed in known if feed.retired and _carries(feed, line)]
    latest = max((feed.retirement.at for feed in ended if feed.retirement is not None), default=None)
    return [feed for feed in ended if feed.retirement is None or feed.retirement.at == latest]


def _carries(feed: Feed, line: HoldLine) -> bool:
    return (line.project is None or line.project in (feed.key.project_id, feed.project_name)) and (
        line.region is None or feed.serves(line.region)
    )


def is_entry_fed(line: HoldLine, budgets: Iterable[Budget], known: Sequence[Feed]) -> bool:
    """Whether one of the budgets that cover the line, or may cover it, is fed by entries."""
    return any(
        budget.fed_by != FED_BY_CLOUD and scope_matcher(budget.scope, known).covers_line(line) is not False
        for budget in budgets
    )
