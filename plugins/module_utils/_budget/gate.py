# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""May it be spent? One verdict per budget, and the worst of them counts (rules G3 to G5, F3 and M4 of docs/rules.md).

Sums and comparisons are exact; a limit in another currency than the spend is multiplied by its rate, never divided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.finops.cloud.plugins.module_utils._core.errors import UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.money import (
    EXACT,
    ROUNDING,
    Money,
    display,
    exact_sum,
    from_nano,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import (
    Window,
    ceil_to,
    iso,
    next_period,
    period_at,
)
from ansible_collections.finops.cloud.plugins.module_utils._pricing.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._store.budgets import BASIS_PERIOD_END, FED_BY_CLOUD, Budget
from ansible_collections.finops.cloud.plugins.module_utils._store.feeds import Feed, first_hole

ALLOW, DENY, UNKNOWN = "allow", "deny", "unknown"
#: A custom budget outside its period, which is asked nothing (rule P2).
ENDED = "ended"
#: What is known is a lower bound, so a deny stands on stale data: deny beats unknown beats allow (rule G5).
_SEVERITY = {ALLOW: 0, UNKNOWN: 1, DENY: 2}

#: The ledger's sums in a window: currency -> 1e-9 units.
Sums = Callable[[Window], Mapping[str, int]]


@dataclass(frozen=True)
class Ground:
    """What a gate stands on: the moment, the ledger's sums and feeds, and the rates."""

    now: datetime
    sums: Sums
    feeds: Sequence[Feed]
    rates: Rates


@dataclass(frozen=True)
class PeriodSum:
    """One period against its limit, every amount in the budget's currency. to_come: the run rate from now to the period's end."""

    window: Window
    limit: Decimal
    spent: Decimal
    accrued: Decimal
    reserved: Decimal
    requested: Decimal
    to_come: Decimal
    verdict: str
    #: Why the amounts are only a lower bound; nothing where all is known.
    problems: tuple[str, ...]
    #: Whether what is known can be told in the budget's currency at all.
    has_rate: bool

    @property
    def total(self) -> Decimal:
        """What is compared with the limit."""
        return ROUNDING.add(ROUNDING.add(self.taken, self.requested), self.to_come)

    @property
    def taken(self) -> Decimal:
        """What is gone before the request."""
        return ROUNDING.add(ROUNDING.add(self.spent, self.accrued), self.reserved)


@dataclass(frozen=True)
class BudgetVerdict:
    """What one budget says to a request."""

    budget: Budget
    verdict: str
    reason: str
    current: PeriodSum | None
    following: PeriodSum | None
    rated_through: datetime | None


def evaluate(budget: Budget, request: Money, ground: Ground) -> BudgetVerdict:
    """The budget's verdict on a spend now: its current period, and the next one where the run rate counts (rule G3).

    Outside a custom period the budget says ended: it covers no spend then (rule P2).
    """
    rated_through = min((feed.rated_through for feed in ground.feeds), default=None)
    window = period_at(budget.calendar, ground.now)
    if window is None:
        reason = f"{budget.name}: covers no spend now, as its period does not hold {iso(ground.now)}."
        return BudgetVerdict(budget, ENDED, reason, None, None, rated_through)
    current = _period_sum(budget, window, request, ground, _coverage(budget, window, ground))
    following_window = next_period(budget.calendar, window) if budget.basis == BASIS_PERIOD_END else None
    following = None
    if following_window is not None:
        # Without ground the run rate is not known either.
        blind = () if ground.feeds or budget.fed_by != FED_BY_CLOUD else current.problems
        following = _period_sum(budget, following_window, Money(Decimal(0), budget.currency), ground, blind)
    worst = current if following is None or _SEVERITY[current.verdict] >= _SEVERITY[following.verdict] else following
    return BudgetVerdict(budget, worst.verdict, _reason(budget, request, worst), current, following, rated_through)


def decide(
    budgets: Sequence[Budget],
    request: Money,
    ground: Ground,
    on_exceeded: str,
    on_unknown: str,
    named: str | None = None,
) -> dict[str, Any]:
    """The gate's result, the same keys whether it passes or not.

    named: the budget that the spend must be in; it is unknown outside of its period. on_exceeded and on_unknown: fail, or warn to
    let a deny or an unknown pass with its verdict kept. A spend that no budget covers is unknown (rule G2).
    """
    verdicts = [evaluate(budget, request, ground) for budget in budgets]
    asked = [one for one in verdicts if one.verdict != ENDED]
    nobody = [one.reason for one in verdicts if one.verdict == ENDED and one.budget.name == named]
    if not asked and not nobody:
        nobody = [f"{request} cannot be decided: no budget of the ledger covers it now."]
    said = [(one.verdict, one.reason) for one in asked] + [(UNKNOWN, reason) for reason in nobody]
    said.sort(key=lambda one: -_SEVERITY[one[0]])
    stop = {ALLOW: False, DENY: on_exceeded == "fail", UNKNOWN: on_unknown == "fail"}
    return {
        "verdict": said[0][0],
        "gate_passed": not any(stop[verdict] for verdict, _why in said),
        "reasons": [reason for _verdict, reason in said],
        "spend": display(request.amount),
        "currency": request.currency,
        "evaluated_at": iso(ground.now),
        "tax": "excluded",
        "budgets": [as_result(one) for one in verdicts],
    }


def _coverage(budget: Budget, window: Window, ground: Ground) -> tuple[str, ...]:
    """Why the spend of a cloud-fed budget is not known up to now; nothing where it is (rule G4)."""
    if budget.fed_by != FED_BY_CLOUD:
        return ()
    if not ground.feeds:
        return ("it is fed by the cloud, but no cost was ever imported into this ledger; run cost_import first",)
    problems = []
    for feed in ground.feeds:
        begin = ceil_to(window.begin, feed.collect_period_s)
        hole = first_hole(feed.windows, Window(begin, max(begin, feed.rated_through)))
        if hole is not None:
            problems.append(
                f"the cost of project {feed.project_name} from {iso(hole.begin)} to {iso(hole.end)} was never imported"
            )
        if ground.now - feed.rated_through > budget.max_staleness:
            hours = budget.max_staleness / timedelta(hours=1)
            problems.append(
                f"the cost of project {feed.project_name} is known only up to {iso(feed.rated_through)}, more than {hours:g} h ago"
            )
    return tuple(problems)


class _Scale:
    """Makes amounts comparable: times one where all share the budget's currency, else times the rate, in ICU (rule M4).

    The budget's own currency is taken at the rate valid when the period begins, others at that of their own moment.
    """

    def __init__(self, budget: Budget, window: Window, rates: Rates, currencies: set[str]) -> None:
        self._own, self._begin, self._rates = budget.currency, window.begin, rates
        self._converts = bool(currencies - {budget.currency})

    def factor(self, currency: str, moment: datetime) -> Decimal:
        """Raises UnknownAmount where no rate was valid."""
        if not self._converts:
            return Decimal(1)
        return self._rates.at(currency, self._begin if currency == self._own else moment)


def _period_sum(budget: Budget, window: Window, request: Money, ground: Ground, problems: tuple[str, ...]) -> PeriodSum:
    """Sum up one period. What cannot be converted is left out of the lower bound and named as a problem."""
    segments = [(segment, ground.sums(segment)) for segment in ground.rates.segments(window)]
    used = {feed.currency for feed in ground.feeds} | {currency for _segment, sums in segments for currency in sums}
    scale = _Scale(budget, window, ground.rates, used | ({request.currency} if request.amount else set()))
    unknown = list(problems)

    def scaled(amount: Decimal, currency: str, moment: datetime) -> Decimal:
        try:
            return EXACT.multiply(amount, scale.factor(currency, moment))
        except UnknownAmount as error:
            unknown.append(str(error).rstrip("."))
            return Decimal(0)

    own = scaled(Decimal(1), budget.currency, window.begin)
    limit = EXACT.multiply(from_nano(budget.limit_nano), own)
    spent = exact_sum(
        scaled(from_nano(nano), currency, segment.begin)
        for segment, sums in segments
        for currency, nano in sums.items()
    )
    accrued = exact_sum(
        scaled(_run_rate(feed, _periods_begun(feed, window, ground.now)), feed.currency, ground.now)
        for feed in ground.feeds
    )
    to_come = Decimal(0)
    if budget.basis == BASIS_PERIOD_END:
        to_come = exact_sum(
            scaled(_run_rate(feed, _periods_to_come(feed, window, ground.now)), feed.currency, ground.now)
            for feed in ground.feeds
        )
    requested = scaled(request.amount, request.currency, ground.now)
    verdict = ALLOW
    if own and exact_sum((spent, accrued, requested, to_come)) > limit:
        verdict = DENY
    elif unknown:
        verdict = UNKNOWN

    def told(amount: Decimal) -> Decimal:
        return ROUNDING.divide(amount, own) if own else Decimal(0)

    return PeriodSum(
        window=window,
        limit=from_nano(budget.limit_nano),
        spent=told(spent),
        accrued=told(accrued),
        reserved=Decimal(0),
        requested=told(requested),
        to_come=told(to_come),
        verdict=verdict,
        problems=tuple(dict.fromkeys(unknown)),
        has_rate=bool(own),
    )


def _run_rate(feed: Feed, periods: int) -> Decimal:
    return EXACT.multiply(from_nano(feed.run_rate_nano), Decimal(periods))


def _periods_begun(feed: Feed, window: Window, now: datetime) -> int:
    """Collect periods that began in [max(rated_through, window's begin), now) and are not rated yet (rule F3)."""
    return _beginning_in(max(feed.rated_through, window.begin), min(now, window.end), feed.collect_period_s)


def _periods_to_come(feed: Feed, window: Window, now: datetime) -> int:
    """Collect periods that begin in [now, window's end), rated ones left out."""
    return _beginning_in(max(now, window.begin, feed.rated_through), window.end, feed.collect_period_s)


def _beginning_in(begin: datetime, end: datetime, collect_period_s: int) -> int:
    first, last = (ceil_to(moment, collect_period_s) for moment in (begin, end))
    return max(int((last - first).total_seconds()) // collect_period_s, 0)


def _reason(budget: Budget, request: Money, period: PeriodSum) -> str:
    """One sentence that a person understands at once."""
    span = _span(period.window, budget.calendar.zone)
    if period.verdict == UNKNOWN:
        known = (
            f" At least {display(period.taken)} of {budget.currency} {display(period.limit)} are gone."
            if period.taken
            else ""
        )
        return f"{budget.name}: {request} cannot be decided: {'; '.join(period.problems)}.{known}"
    parts = [f"spent {'at least ' if period.problems else ''}{display(period.spent)}"]
    for name, amount in (
        ("accrued", period.accrued),
        ("reserved", period.reserved),
        ("to come", period.to_come),
        ("requested", period.requested),
    ):
        if amount:
            parts.append(f"{name} {display(amount)}")
    figures = f"limit {budget.currency} {display(period.limit)} {span}, {', '.join(parts)}"
    left = ROUNDING.subtract(period.limit, period.total)
    if period.verdict == DENY:
        return f"{budget.name}: {request} does not fit: {figures}, that is {display(-left)} too much."
    return f"{budget.name}: {request} fits: {figures}, {display(left)} left."


def _span(window: Window, zone: str) -> str:
    """`from 2026-11-01 to 2026-12-01 (Europe/Zurich)`: local days where the period has such ends, else moments in UTC."""
    ends = [moment.astimezone(ZoneInfo(zone)) for moment in (window.begin, window.end)]
    if all((moment.hour, moment.minute, moment.second) == (0, 0, 0) for moment in ends):
        return f"from {ends[0]:%Y-%m-%d} to {ends[1]:%Y-%m-%d} ({zone})"
    return f"from {iso(window.begin)} to {iso(window.end)}"


def as_result(verdict: BudgetVerdict) -> dict[str, Any]:
    """One row of `budgets`: every amount in the budget's currency."""
    current, following = verdict.current, verdict.following
    return {
        "name": verdict.budget.name,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "fed_by": verdict.budget.fed_by,
        "basis": verdict.budget.basis,
        "currency": verdict.budget.currency,
        "rated_through": None if verdict.rated_through is None else iso(verdict.rated_through),
        "limit": display(from_nano(verdict.budget.limit_nano)),
        **_period_result(current),
        "next_period": None if following is None else _period_result(following),
    }


def _period_result(period: PeriodSum | None) -> dict[str, Any]:
    """The period's amounts; null where they are not wholly known, with what is known of them in at_least (rule R1)."""
    if period is None:
        return dict.fromkeys(_PERIOD_KEYS)
    amounts = {
        "spent": display(period.spent),
        "accrued": display(period.accrued),
        "to_come": display(period.to_come),
        "remaining": display(ROUNDING.subtract(period.limit, period.taken)),
        "utilization": float(round(ROUNDING.divide(period.taken, period.limit), 6)) if period.limit else None,
    }
    known = {"spent": amounts["spent"], "accrued": amounts["accrued"], "to_come": amounts["to_come"]}
    return {
        "period_start": iso(period.window.begin),
        "period_end": iso(period.window.end),
        "resets_at": iso(period.window.end),
        "reserved": display(period.reserved),
        "requested": display(period.requested),
        **(dict.fromkeys(amounts) if period.problems else amounts),
        "at_least": known if period.problems and period.has_rate else None,
    }


_PERIOD_KEYS = (
    "period_start", "period_end", "resets_at", "reserved", "requested", "spent", "accrued", "to_come", "remaining", "utilization",
    "at_least",
)  # fmt: skip
