# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One period of one budget against its limit (design/alerts.md#when-an-alert-fires,
design/imports.md#run-rate, design/gate.md#what-counts, design/gate.md#overrides,
design/money.md#comparison-and-display).

Sums and comparisons are exact; a limit in another currency than the spend is multiplied by its
rate, never divided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from .._core.errors import UnknownAmount
from .._core.money import EXACT, ROUNDING, Money, exact_sum, from_nano
from .._core.periods import Window, ceil_to, period_id
from .._core.rates import DatedAmount, Rates
from .._ledger.budgets import BASIS_PERIOD_END, Budget
from .._ledger.feeds import Feed
from .lines_of_period import HOUR_S, LinesOfPeriod, Netted, reserved_by_holds
from .request import Request
from .scope import feeds_of, scope_matcher
from .snapshot import Snapshot

if TYPE_CHECKING:
    from .._ledger.overrides import Override

ALLOW, DENY, UNKNOWN = "allow", "deny", "unknown"
#: Known amounts are lower bounds, so a deny holds with stale data too: deny beats unknown beats allow
#: (design/gate.md#deny-unknown-allow).
SEVERITY = {ALLOW: 0, UNKNOWN: 1, DENY: 2}

#: Whether a cost of that category, project, tags and region counts.
_Covers = Callable[[str, frozenset[str], frozenset[tuple[str, str]], "str | None"], bool]


class PeriodSum(NamedTuple):
    """One period against its limit, every amount in the budget's currency. to_come: the cost at the run rate
    from now to the period's end.
    """

    window: Window
    limit: Decimal
    spent: Decimal
    accrued: Decimal
    reserved: Decimal
    requested: Decimal
    to_come: Decimal
    verdict: str
    #: The reasons why the amounts are only lower bounds; none if all is known.
    problems: tuple[str, ...]
    #: Whether other currencies can be converted into the budget's; else only amounts in it are known.
    has_rate: bool
    #: Whether reserved and requested are wholly known, which they can be even if the spend is not.
    holds_known: bool
    #: Whether spent, accrued and to_come are wholly known, which they can be even if a line is not.
    costs_known: bool
    #: The override that makes it fit; None if none is needed or none helps.
    override: Override | None
    #: The reasons why spent and accrued are only lower bounds; none if they are wholly known.
    spend_problems: tuple[str, ...]
    #: The thresholds that spent plus accrued have reached.
    reached: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """The amount that is compared with the limit."""
        return ROUNDING.add(ROUNDING.add(self.taken, self.requested), self.to_come)

    @property
    def taken(self) -> Decimal:
        """The amount that is used before the request."""
        return ROUNDING.add(ROUNDING.add(self.spent, self.accrued), self.reserved)

    @property
    def actual(self) -> Decimal:
        """The known spend up to now."""
        return ROUNDING.add(self.spent, self.accrued)

    @property
    def left(self) -> Decimal:
        """The rest of the limit, raised by the override, after all amounts; negative if they do not fit."""
        raised = from_nano(self.override.amount_nano) if self.override else Decimal(0)
        return ROUNDING.subtract(ROUNDING.add(self.limit, raised), self.total)

    @property
    def fullness(self) -> Decimal:
        """The total as a fraction of the limit; infinite for any spend on a limit of zero."""
        if self.limit:
            return ROUNDING.divide(self.total, self.limit)
        return Decimal("Infinity") if self.total > 0 else Decimal(0)


class _Scale:
    """Makes amounts comparable: unchanged if all are in the budget's currency, else multiplied by their rate
    into ICU (design/money.md#comparison-and-display).

    The budget's own currency has the rate that is valid when the period begins, others that of their own
    moment. What comes to 0 at one rate needs none.

    parts: all that will be summed up.
    """

    def __init__(
        self, budget: Budget, window: Window, rates: Rates, parts: Iterable[Iterable[DatedAmount]]
    ) -> None:
        self._own, self._rates = budget.currency, rates
        self.problems: list[str] = []
        self._converts = any(
            currency != self._own
            for each in parts
            for _amount, currency, _moment in rates.netted(each, self._own)
        )
        own = self._rate(self._own, window.begin) if self._converts else Decimal(1)
        self.has_rate = own is not None
        #: The factor of the budget's own currency. Without a rate only amounts in that currency are known.
        self.own = Decimal(1) if own is None else own

    def sum(self, parts: Iterable[DatedAmount]) -> Decimal:
        """The sum in ICU, or in the budget's currency if all parts are. A part without a rate is left out and
        a problem: the sum is then a lower bound.
        """
        return exact_sum(
            EXACT.multiply(amount, self._factor(currency, moment))
            for amount, currency, moment in self._rates.netted(parts, self._own)
        )

    def net(self, parts: Netted) -> Decimal:
        """What is added less what is removed, at least 0."""
        added = self.sum(parts.added)
        return max(EXACT.subtract(added, self.sum(parts.removed)), Decimal(0)) if parts.removed else added

    def _factor(self, currency: str, moment: datetime) -> Decimal:
        if currency == self._own:
            return self.own
        rate = self._rate(currency, moment)
        return rate if rate is not None and self.has_rate else Decimal(0)

    def _rate(self, currency: str, moment: datetime) -> Decimal | None:
        try:
            return self._rates.at(currency, moment)
        except UnknownAmount as error:
            self.problems.append(str(error).rstrip("."))
            return None


class _Parts(NamedTuple):
    """What falls into a period of a budget. All but spent and untagged is times the common multiple, so that
    neither a mean nor a part of an hour needs a division.

    untagged, untagged_running: the cost of resources that the budget would cover if their unknown tags
    matched. problems: why reserved and requested are only lower bounds.
    """

    multiple: int
    spent: list[DatedAmount]
    accrued: list[DatedAmount]
    reserved: list[Netted]
    requested: Netted
    to_come: list[DatedAmount]
    untagged: list[DatedAmount]
    untagged_running: list[DatedAmount]
    problems: list[str]


def period_sum(
    budget: Budget,
    window: Window,
    request: Request,
    snapshot: Snapshot,
    coverage: Sequence[str] = (),
    unsettled: Sequence[str] = (),
) -> PeriodSum:
    """Sum up one period. An unknown part is left out, and a problem says so: the sum is then a lower bound.

    coverage: the reasons of coverage.problems() why the spend is not wholly known. unsettled: why no cost
    will take the place of what was committed.
    """
    parts = _parts(budget, window, request, snapshot)
    netted = [amounts for one in (*parts.reserved, parts.requested) for amounts in (one.added, one.removed)]
    running = (parts.accrued, parts.to_come, parts.untagged, parts.untagged_running)
    scale = _Scale(budget, window, snapshot.rates, (parts.spent, *running, *netted))
    own = EXACT.multiply(scale.own, parts.multiple)
    sums = [
        EXACT.multiply(scale.sum(parts.spent), parts.multiple),
        scale.sum(parts.accrued),
        exact_sum(map(scale.net, parts.reserved)),
        scale.net(parts.requested),
        scale.sum(parts.to_come),
    ]
    untagged = EXACT.multiply(scale.sum(parts.untagged), parts.multiple)
    override = _override(budget, window, snapshot)
    verdict, needed, tag_problems = _judged(
        budget, own, exact_sum(sums), EXACT.add(untagged, scale.sum(parts.untagged_running)), override
    )
    of_lines = (*parts.problems, *scale.problems)
    problems = tuple(dict.fromkeys((*coverage, *unsettled, *of_lines, *tag_problems)))
    spent, accrued, reserved, requested, coming = (ROUNDING.divide(amount, own) for amount in sums)
    return PeriodSum(
        window=window,
        limit=budget.amount,
        spent=spent,
        accrued=accrued,
        reserved=reserved,
        requested=requested,
        to_come=coming,
        verdict=UNKNOWN if verdict == ALLOW and problems else verdict,
        problems=problems,
        has_rate=scale.has_rate,
        holds_known=not of_lines,
        costs_known=not (coverage or unsettled or scale.problems or tag_problems),
        override=override if needed else None,
        spend_problems=tuple(dict.fromkeys((*coverage, *scale.problems))),
        reached=_reached(budget, own, exact_sum(sums[:2])),
    )


def _parts(budget: Budget, window: Window, request: Request, snapshot: Snapshot) -> _Parts:
    covered, now = scope_matcher(budget.scope, snapshot.feeds), snapshot.now
    feeds = feeds_of(budget.scope, snapshot.feeds)
    shares = {hold.share.denominator for hold in snapshot.outstanding}
    shared = snapshot.shared(budget.name)
    given = () if shared is None else shared.run_rates
    divisors = (one.divisor for one in given)
    multiple = lcm(_common_multiple(feeds), HOUR_S * lcm(*shares), *divisors)
    lines = LinesOfPeriod(budget, window, covered, snapshot, multiple)

    def running(covers: _Covers, periods: Callable[[Feed, Window, datetime], int]) -> list[DatedAmount]:
        return [
            part
            for feed in feeds
            for part in _running(feed, covers, snapshot, periods(feed, window, now), multiple)
        ]

    def shared_running(periods: Callable[[Feed, Window, datetime], int]) -> list[DatedAmount]:
        return [
            (from_nano(one.amount_nano(periods(one.feed, window, now), multiple)), one.feed.currency, now)
            for one in given
        ]

    ahead = to_come if budget.basis == BASIS_PERIOD_END else _none_to_come
    # Only a budget that goes by tags looks at all costs once more.
    may_cover = covered.may_cover_cost if covered.tags else None
    return _Parts(
        multiple=multiple,
        spent=_spent(budget, covered.covers_cost, window, snapshot),
        accrued=[*running(covered.covers_cost, _begun), *shared_running(_begun)],
        reserved=reserved_by_holds(snapshot, lines),
        requested=Netted(
            [part for line in request.lines for part in lines.parts(line, now, str(line), False)],
            [part for line in request.removals if request.offsets for part in lines.removed(line, now)],
        ),
        to_come=[*running(covered.covers_cost, ahead), *shared_running(ahead)],
        untagged=_spent(budget, may_cover, window, snapshot) if may_cover else [],
        untagged_running=[*running(may_cover, _begun), *running(may_cover, ahead)] if may_cover else [],
        problems=lines.problems,
    )


def _reached(budget: Budget, own: Decimal, actual: Decimal) -> tuple[Decimal, ...]:
    """The thresholds that the actual spend has reached, compared by multiplication
    (design/money.md#comparison-and-display).

    Any spend is all of a limit of zero.
    """
    if actual <= 0:
        return ()
    if not budget.limit_nano:
        return tuple(threshold for threshold in budget.thresholds if threshold <= 1)
    # Integers, as a threshold times a limit times a rate can have more digits than the exact context keeps.
    spent, whole = actual.as_integer_ratio()
    limit, of_limit = EXACT.multiply(from_nano(budget.limit_nano), own).as_integer_ratio()
    ratios = [(threshold, *threshold.as_integer_ratio()) for threshold in budget.thresholds]
    return tuple(threshold for threshold, part, of in ratios if spent * of * of_limit >= part * limit * whole)


def _judged(
    budget: Budget, own: Decimal, total: Decimal, of_unknown_tags: Decimal, override: Override | None
) -> tuple[str, bool, list[str]]:
    """Deny or allow, whether that needed the override, and the problem of a total that fits only without the
    cost of unknown tags, as it is or by the override (design/imports.md#tags, design/gate.md#overrides).
    """
    raised_nano = budget.limit_nano + (override.amount_nano if override else 0)
    for limit_nano in (budget.limit_nano, raised_nano):
        limit = EXACT.multiply(from_nano(limit_nano), own)
        if total <= limit:
            needed = limit_nano > budget.limit_nano
            if EXACT.add(total, of_unknown_tags) <= limit:
                return ALLOW, needed, []
            amount = Money(ROUNDING.divide(of_unknown_tags, own), budget.currency)
            return ALLOW, needed, [f"{amount} is the cost of resources whose tags are not known"]
    return DENY, False, []


def _override(budget: Budget, window: Window, snapshot: Snapshot) -> Override | None:
    wanted = (budget.name, period_id(budget.calendar, window))
    return next((one for one in snapshot.overrides if (one.budget, one.period_id) == wanted), None)


def _spent(budget: Budget, covers: _Covers, window: Window, snapshot: Snapshot) -> list[DatedAmount]:
    """The spend of each currency in each span between changes of rates."""
    sums_nano: dict[tuple[str, datetime], int] = {}
    for segment in snapshot.rates.segments(window):
        shared = snapshot.shared(budget.name)
        more = () if shared is None else shared.costs(segment)
        for cost in (*snapshot.costs(segment, budget.scope), *more):
            if covers(cost.category, cost.projects, cost.tags, cost.region):
                key = (cost.currency, segment.begin)
                sums_nano[key] = sums_nano.get(key, 0) + cost.amount_nano
    return [(from_nano(amount_nano), *key) for key, amount_nano in sums_nano.items()]


def _common_multiple(feeds: Sequence[Feed]) -> int:
    """What the run rates are multiplied by, so that each is a whole number of 1e-9: a mean of 168 hours may
    have no end as a decimal.
    """
    return lcm(*(rate.hours for feed in feeds for rate in feed.run_rates))


def _running(
    feed: Feed, covers: _Covers, snapshot: Snapshot, periods: int, multiple: int
) -> list[DatedAmount]:
    """The cost of so many collect periods at the run rate, times the common multiple."""
    whose = frozenset({feed.key.project_id, feed.project_name})
    return [
        (from_nano(rate.amount_nano * periods * (multiple // rate.hours)), feed.currency, snapshot.now)
        for rate in feed.run_rates
        if covers(rate.category, whose, frozenset(rate.tags), feed.key.region)
    ]


def _begun(feed: Feed, window: Window, now: datetime) -> int:
    """The number of collect periods that began in [max(rated_through, window's begin), now) and are not rated
    (design/imports.md#run-rate).
    """
    return _beginning_in(max(feed.rated_through, window.begin), min(now, window.end), feed.collect_period_s)


def to_come(feed: Feed, window: Window, now: datetime) -> int:
    """The number of collect periods that begin in [now, window's end) and are not rated."""
    return _beginning_in(max(now, window.begin, feed.rated_through), window.end, feed.collect_period_s)


def _none_to_come(_feed: Feed, _window: Window, _now: datetime) -> int:
    """What basis actual expects."""
    return 0


def _beginning_in(begin: datetime, end: datetime, collect_period_s: int) -> int:
    first, last = (ceil_to(moment, collect_period_s) for moment in (begin, end))
    return max(int((last - first).total_seconds()) // collect_period_s, 0)
