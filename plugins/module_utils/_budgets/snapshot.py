# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a gate rests on, read once for any number of budgets (design/gate.md#what-counts,
design/reservations.md#never-counted-twice).

What few gates need is imported where it is needed, as in budgets.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from math import gcd
from typing import TYPE_CHECKING

from .._core.categories import is_flow
from .._core.errors import LedgerError
from .._core.money import exact_sum
from .._core.periods import Window, ceil_to, is_far, iso, moment_of
from .._core.rates import Rates
from .._ledger import feeds, holds
from .._ledger.budgets import FED_BY_CLOUD, Budget, Scope
from .._ledger.feeds import Feed
from .._ledger.holds import BY_ENTRY, COMMITTED, HELD, Hold, HoldLine
from .._ledger.later_entries import later_entries
from .asked_periods import asked_periods, asked_until
from .cost_sums import CostSum, columns_of, cost_sum, read_costs
from .request import Request
from .scope import scope_matcher

if TYPE_CHECKING:
    from fractions import Fraction

    from .._ledger.overrides import Override
    from .._ledger.seen_values import SeenValues
    from .._ledger.transaction import Transaction
    from .shared_costs import SharedCosts

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


def _nothing_seen() -> SeenValues:
    from .._ledger.seen_values import SeenValues

    return SeenValues()


def _read_seen(transaction: Transaction) -> SeenValues:
    from .._ledger.seen_values import read_seen

    return read_seen(transaction)


@dataclass(frozen=True)
class Snapshot:
    """What a gate rests on: the moment, the ledger's sums, its feeds, the rates, outstanding holds
    and usable overrides.

    costs: the sums of a window, grouped by the columns that the scope uses, without tax unless the scope
    counts it; KeyError for a window or a scope that was not read. settled: holds that count no more, as
    imported costs have taken their place. projects: ids and names that feeds carry or budgets name; None: not
    read. seen: reads what entries were ever told apart by, while the ledger is open. shared: by name, what
    shared costs change of the budgets that count their parts.
    """

    now: datetime
    costs: Callable[[Window, Scope], Sequence[CostSum]]
    feeds: Sequence[Feed]
    rates: Rates
    outstanding: Sequence[OutstandingHold] = ()
    overrides: Sequence[Override] = ()
    settled: Sequence[Hold] = ()
    projects: frozenset[str] | None = None
    seen: Callable[[], SeenValues] = _nothing_seen
    #: When entries begin behind the next period of a budget, and of which dimensions they are.
    later: Sequence[tuple[datetime, CostSum]] = ()
    shared: Mapping[str, SharedCosts] = field(default_factory=dict)


def read_snapshot(
    transaction: Transaction,
    rates: Rates,
    now: datetime,
    budgets: Sequence[Budget],
    request: Request,
    without: tuple[str, int] | None = None,
    counted: Hold | None = None,
) -> Snapshot:
    """The snapshot for these budgets and that request. It reads all sums with one statement, and another one
    each for what lies ahead, for feeds and for holds.

    without: name and generation of a hold to leave out, as it is the one that is decided; counted: what
    counts in its place.
    """
    known = feeds.read_all(transaction)
    # A running line counts from the begin of a collect period: as one are those that begin in the same one of
    # every feed.
    step_s = gcd(3600, *(feed.collect_period_s for feed in known))
    counting = (*holds.awaiting(transaction), *holds.open_with_removals(transaction, now))
    found = [hold for hold in counting if (hold.name, hold.generation) != without]
    found += [] if counted is None else [counted]
    lines_of = {hold: outstanding_lines(hold, known, now, budgets) for hold in found}
    outstanding = (
        *(
            OutstandingHold((alike.name,), alike.line, alike.held_at, more=alike.hold_count - 1)
            for alike in holds.open_lines(transaction, now, step_s, without)
        ),
        *_added_up([line for each in lines_of.values() for line in each], step_s),
    )
    for one in outstanding:
        if is_far(one.line.at) or is_far(one.line.until):
            raise LedgerError(
                f"A line of the hold '{one.name}' lies beyond the year 9000; release that hold."
            )
    columns = columns_of(budget.scope for budget in budgets)
    ahead = min((asked_until(budget.calendar, now) for budget in budgets), default=now)
    later = [
        (moment_of(begin), cost_sum(dict(zip(columns, values, strict=True)), 0))
        for begin, *values in later_entries(transaction, ahead, columns)
    ]
    if later and is_far(later[-1][0]):
        raise LedgerError(f"An entry of {iso(later[-1][0])} lies beyond the year 9000; take it back.")
    periods = {
        window
        for budget in budgets
        for window in asked_periods(budget, request, now, known, outstanding, later)
    }
    segments = {segment for period in periods for segment in rates.segments(period)}
    return Snapshot(
        now=now,
        costs=read_costs(transaction, sorted(segments, key=lambda one: one.begin), columns),
        feeds=known,
        rates=rates,
        outstanding=outstanding,
        settled=tuple(hold for hold, each in lines_of.items() if not each),
        projects=frozenset(
            name
            for names in (
                *((feed.key.project_id, feed.project_name) for feed in known),
                *(budget.scope.projects for budget in budgets),
            )
            for name in names
        ),
        seen=cache(lambda: _read_seen(transaction)),
        later=later,
        shared=shared_costs(transaction, rates, now, budgets, segments, known),
    )


def shared_costs(
    transaction: Transaction,
    rates: Rates,
    now: datetime,
    budgets: Sequence[Budget],
    windows: Collection[Window],
    feeds: Sequence[Feed],
) -> dict[str, SharedCosts]:
    """What shared costs change of those of these budgets that the policy's splits name: nothing is read for
    others.
    """
    named = {name for row in rates.splits.rows for name in row["budgets"]}
    asking = [budget for budget in budgets if budget.name in named]
    if not asking:
        return {}
    from .shared_costs import read_shared

    return read_shared(transaction, rates, now, asking, sorted(windows, key=lambda one: one.begin), feeds)


def read_known_names(transaction: Transaction, rates: Rates, now: datetime) -> Snapshot:
    """A snapshot without costs and holds, for the warnings of a definition."""
    seen = cache(lambda: _read_seen(transaction))
    return replace(empty_snapshot(rates, now), feeds=feeds.read_all(transaction), seen=seen)


def empty_snapshot(rates: Rates, now: datetime) -> Snapshot:
    """The snapshot of a ledger that does not exist yet."""
    return Snapshot(now, lambda _window, _scope: (), (), rates)


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
    found = []
    for one in lines:
        line, carrying = one.line, carrying_feeds(one.line, known)
        waiting = replace(one, awaits_import=True, is_carried=bool(carrying))
        if line.hourly and line.metric is not None and _is_flow(line.metric, carrying):
            waiting = _of_flow(waiting, hold.committed_at, carrying)
        elif carrying:
            after = hold.committed_at if line.at is None else max(hold.committed_at, line.at)
            rated = all(
                feed.rated_through >= after + timedelta(seconds=feed.collect_period_s) for feed in carrying
            )
            waiting = replace(waiting, is_rated=rated)
        if not waiting.is_rated or is_entry_fed(line, budgets, known):
            found.append(waiting)
    return found


def _added_up(outstanding: Sequence[OutstandingHold], step_s: int) -> tuple[OutstandingHold, ...]:
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
    return [
        feed
        for feed in known
        if not feed.retired
        and (line.project is None or line.project in (feed.key.project_id, feed.project_name))
        and (line.region is None or line.region == feed.key.region)
    ]


def is_entry_fed(line: HoldLine, budgets: Iterable[Budget], known: Sequence[Feed]) -> bool:
    """Whether one of the budgets that cover the line, or may cover it, is fed by entries."""
    return any(
        budget.fed_by != FED_BY_CLOUD and scope_matcher(budget.scope, known).covers_line(line) is not False
        for budget in budgets
    )
