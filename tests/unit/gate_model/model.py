# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second implementation of the gate: pure functions over lists, written from the rules and not from the
code (design/gate.md#requests, design/gate.md#what-counts, design/gate.md#overrides, design/gate.md#removals,
design/reservations.md#never-counted-twice, design/reservations.md#the-life-of-a-hold).

A moment is a number of hours since 2026-01-01 00:00 UTC, in halves and so exact. The collect period is an
hour. All amounts are fractions. Periods are of UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, floor

ALLOW, UNKNOWN, DENY = "allow", "unknown", "deny"
WORSE = (ALLOW, UNKNOWN, DENY)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
Hours = float
#: When, in which currency, how much.
Part = tuple[Hours, str, Fraction]
#: From its first hour to the hour behind its last one.
Span = tuple[Hours, Hours]
#: How many of the newest rated hours the mean of a flow is of.
MEASURED = 168
#: What remains of a promise of which nothing has come yet.
WHOLE = ((-(10**6), Fraction(1)),)
FREE_TRAFFIC, TRAFFIC = "storage.objects.outgoing.bytes", "network.outgoing.bytes"
FLOWS = (FREE_TRAFFIC, TRAFFIC)


def moment(hours: Hours) -> datetime:
    """The hours as everybody else writes them."""
    return EPOCH + timedelta(seconds=int(hours * 3600))


def hours(at: datetime) -> Hours:
    return (at - EPOCH).total_seconds() / 3600


@dataclass(frozen=True)
class Place:
    """What a cost or a line is of; None or a missing key is what it does not say."""

    category: str | None = None
    project: str | None = None
    region: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class BudgetModel:
    name: str
    limit: Fraction
    currency: str
    period: str
    fed_by: str
    basis: str
    #: Of a custom period.
    span: Span | None = None
    categories: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    tags: tuple[tuple[str, str], ...] = ()
    untagged: str = "unknown"
    tax: str = "excluded"
    max_staleness: int = 6


@dataclass(frozen=True)
class EntryModel:
    """metric, terabytes and feed: of what an import brings. A credit is that of the free tier."""

    at: Hours
    amount: Fraction
    currency: str
    place: Place
    is_tax: bool = False
    metric: str | None = None
    terabytes: Fraction = Fraction(0)
    feed: tuple[str, str] | None = None
    is_credit: bool = False


@dataclass(frozen=True)
class LineModel:
    """One-off: at is the moment at which it falls. Running: amount is by the hour, until its end or for
    good. removes: it is what is said to go.
    """

    amount: Fraction
    currency: str
    place: Place
    at: Hours | None = None
    is_running: bool = False
    until: Hours | None = None
    metric: str | None = None
    removes: bool = False


@dataclass(frozen=True)
class FeedModel:
    """What was imported of a project in a region, from begin to rated_through, without a hole. rates: what
    an hour is expected to cost by category and tags. there: of that, what is there.
    """

    project: str
    region: str
    currency: str
    begin: Hours
    rated_through: Hours
    rates: tuple[tuple[Place, Fraction], ...] = ()
    there: tuple[tuple[Place, Fraction], ...] = ()
    retired_at: Hours | None = None

    @property
    def measured(self) -> int:
        """How many hours the means of its flows are of."""
        return min(MEASURED, int(self.rated_through - self.begin))


@dataclass
class HoldModel:
    """One generation."""

    name: str
    lines: tuple[LineModel, ...]
    settled_by: str
    held_at: Hours
    expires_at: Hours
    state: str = "held"
    committed_at: Hours | None = None
    #: As the task wrote them.
    first_lines: tuple[LineModel, ...] = ()
    ttl: int = 2
    #: What it passed of deny and unknown.
    forced: frozenset[str] = frozenset()
    generation: int = 1


@dataclass
class OverrideModel:
    """What raises a budget's limit in one period for one reservation. used_by: the generation that needed
    it.
    """

    budget: str
    span: Span
    reservation: str
    amount: Fraction
    until: Hours
    used_by: int | None = None


@dataclass(frozen=True)
class PromiseModel:
    """A line of a hold that still reserves: what remains of it, from an hour on and times a part. By which
    feed it is told differs: the one that leaves most counts.
    """

    hold: HoldModel
    line: LineModel
    remains: tuple[tuple[Hours, Fraction], ...]


@dataclass
class Ledger:
    """All that a gate rests on. rate: ICU per unit of a currency at a moment, None where there is none.
    offsets: whether what is removed offsets what is added.
    """

    rate: Callable[[str, Hours], Fraction | None]
    budgets: list[BudgetModel] = field(default_factory=list)
    entries: list[EntryModel] = field(default_factory=list)
    feeds: list[FeedModel] = field(default_factory=list)
    holds: list[HoldModel] = field(default_factory=list)
    overrides: list[OverrideModel] = field(default_factory=list)
    offsets: bool = False


# Periods.


def period_at(budget: BudgetModel, at: Hours) -> Span | None:
    """The period that holds the moment; None outside a custom one."""
    if budget.span is not None:
        return budget.span if budget.span[0] <= at < budget.span[1] else None
    day = moment(at).replace(hour=0, minute=0, second=0)
    if budget.period == "daily":
        begin, end = day, day + timedelta(days=1)
    elif budget.period == "monthly":
        begin = day.replace(day=1)
        end = (begin + timedelta(days=32)).replace(day=1)
    else:
        begin, end = day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)
    return hours(begin), hours(end)


def has_ended(budget: BudgetModel, now: Hours) -> bool:
    return budget.span is not None and budget.span[1] <= now


def judged(ledger: Ledger, budget: BudgetModel, request: Sequence[LineModel], now: Hours) -> list[Span]:
    """The current period, the next full one, and every later one in which a one-off line of the request, of a
    counting hold, or an entry lies. Of a custom period that has not begun: what falls into it, if anything.
    """
    if has_ended(budget, now):
        return []
    mine = [line for line in request if covers(budget, line.place) is not False and not line.removes]
    held = [
        one
        for one in counting(ledger, now)
        if covers(budget, one.line.place) is not False and not one.line.removes
    ]
    moments = [line.at if line.at is not None else now for line in mine if not line.is_running]
    moments += [one.line.at for one in held if one.line.at is not None]
    moments += [one.at for one in ledger.entries if one.at > now and counts(budget, one)]
    current = period_at(budget, now)
    found: list[Span] = []
    if current is not None:
        found.append(current)
        following = period_at(budget, current[1])
        found += [] if following is None else [following]
    elif budget.span is not None and (
        any(hours_in(line, now, budget.span) for line in mine if line.is_running)
        or any(promised(one, budget.span, now) for one in held if one.line.is_running)
    ):
        found.append(budget.span)
    later = [period_at(budget, at) for at in moments if at > now]
    return list(dict.fromkeys([*found, *(span for span in later if span is not None)]))


# Scopes.


def covers(budget: BudgetModel, place: Place) -> bool | None:
    """Whether a line is the budget's: outside by any value that it has, else unknown by what it lacks."""
    tags = dict(place.tags)
    pairs: list[tuple[bool, object, Iterable[object]]] = [
        (bool(budget.categories), place.category, budget.categories),
        (bool(budget.projects), place.project, budget.projects),
        (bool(budget.regions), place.region, budget.regions),
        *((True, tags.get(key), (value,)) for key, value in budget.tags),
    ]
    if any(asked and given is not None and given not in wanted for asked, given, wanted in pairs):
        return False
    if budget.untagged == "outside" and any(key not in tags for key, _value in budget.tags):
        return False
    return None if any(asked and given is None for asked, given, _wanted in pairs) else True


def is_of(budget: BudgetModel, place: Place) -> bool:
    """Whether a cost is the budget's: what it lacks puts it outside."""
    return covers(budget, place) is True


def counts(budget: BudgetModel, entry: EntryModel) -> bool:
    return is_of(budget, entry.place) and not (entry.is_tax and budget.tax == "excluded")


def ever_of(ledger: Ledger, budget: BudgetModel) -> list[FeedModel]:
    """Its feeds, retired ones too."""
    return [
        feed
        for feed in ledger.feeds
        if (not budget.projects or feed.project in budget.projects)
        and (not budget.regions or feed.region in budget.regions)
    ]


def feeds_of(ledger: Ledger, budget: BudgetModel) -> list[FeedModel]:
    return [feed for feed in ever_of(ledger, budget) if feed.retired_at is None]


# What falls into a period.


def hours_in(line: LineModel, begins: Hours, span: Span) -> list[int]:
    """The collect periods of a running line in a span: those that begin there from the one in progress when
    the line begins until its end.
    """
    end = span[1] if line.until is None else min(span[1], line.until)
    return list(range(max(floor(begins), ceil(span[0])), ceil(end)))


def starts(begin: Hours, end: Hours) -> int:
    """How many collect periods begin in [begin, end)."""
    return max(ceil(end) - ceil(begin), 0)


def counting(ledger: Ledger, now: Hours) -> list[PromiseModel]:
    """Each line of a hold that still reserves."""
    found = [
        PromiseModel(hold, line, remaining(ledger, hold, line, now))
        for hold in ledger.holds
        for line in hold.lines
    ]
    return [one for one in found if one.remains]


def remaining(
    ledger: Ledger, hold: HoldModel, line: LineModel, now: Hours
) -> tuple[tuple[Hours, Fraction], ...]:
    """All of a line while it is open or awaits an import, and less and less of a flow once it is committed:
    as much as the mean has not seen of it, from the newest rated hour on. Nothing in the end.
    """
    if hold.state == "held":
        return WHOLE if now < hold.expires_at else ()
    if hold.state != "committed" or hold.settled_by != "import" or hold.committed_at is None:
        return ()
    carrying = carriers(ledger, line)
    left = left_of(hold, line, carrying or ended_last(ledger, line))
    return left if carrying or not left else WHOLE


def left_of(
    hold: HoldModel, line: LineModel, carrying: Sequence[FeedModel]
) -> tuple[tuple[Hours, Fraction], ...]:
    """What those feeds leave of a line that was committed."""
    assert hold.committed_at is not None
    if line.is_running and line.metric in FLOWS and carrying:
        parts = [(feed.rated_through, 1 - seen(feed, hold.committed_at)) for feed in carrying]
        return tuple((since, part) for since, part in parts if part)
    taken_over_at = max(hold.committed_at, line.at or hold.committed_at) + 1
    all_rated = bool(carrying) and all(feed.rated_through >= taken_over_at for feed in carrying)
    return () if all_rated else WHOLE


def seen(feed: FeedModel, committed_at: Hours) -> Fraction:
    """Which part of the hours in the feed's means began since then."""
    hours_since = max(int(feed.rated_through) - ceil(committed_at), 0)
    return Fraction(min(hours_since, feed.measured), feed.measured)


def carriers(ledger: Ledger, line: LineModel) -> list[FeedModel]:
    """The feeds of the line's project and region; of what it does not name, all. None that is retired."""
    return [feed for feed in ever_carriers(ledger, line) if feed.retired_at is None]


def ever_carriers(ledger: Ledger, line: LineModel) -> list[FeedModel]:
    return [
        feed
        for feed in ledger.feeds
        if line.place.project in (None, feed.project) and line.place.region in (None, feed.region)
    ]


def ended_last(ledger: Ledger, line: LineModel) -> list[FeedModel]:
    """Of the line's feeds, all retired, the last that was, or several of one moment: what that had taken over
    stays a cost.
    """
    ended = ever_carriers(ledger, line)
    last = max((feed.retired_at or 0 for feed in ended), default=0)
    return [feed for feed in ended if feed.retired_at == last]


def promised(promise: PromiseModel, span: Span, now: Hours) -> list[Part]:
    """What a line of a hold reserves in a span."""
    line, begins = promise.line, promise.hold.held_at
    if not line.is_running:
        return falls(line, begins, span, now)
    found = []
    for since, part in promise.remains:
        inside = [hour for hour in hours_in(line, begins, span) if hour >= since]
        if inside:
            found.append((inside[0], line.currency, line.amount * len(inside) * part))
    return [max(found, key=lambda one: one[2])] if found else []


def falls(line: LineModel, begins: Hours, span: Span, now: Hours | None) -> list[Part]:
    """The moment, currency and amount of a line in a span; nothing if it falls outside. now: of a line that
    is held, which falls into the current period once its own is over.
    """
    if line.is_running:
        inside = hours_in(line, begins, span)
        return [(inside[0], line.currency, line.amount * len(inside))] if inside else []
    at = begins if line.at is None else line.at
    is_over = now is not None and span[0] <= now < span[1] and at < span[0]
    return [(at, line.currency, line.amount)] if span[0] <= at < span[1] or is_over else []


# The verdict.


@dataclass(frozen=True)
class PeriodModel:
    """What is known of each part in the budget's currency, and the verdict."""

    span: Span
    verdict: str
    problems: tuple[str, ...]
    amounts: dict[str, Fraction]


def period_sum(
    ledger: Ledger,
    budget: BudgetModel,
    request: Sequence[LineModel],
    span: Span,
    now: Hours,
    usable: Iterable[OverrideModel] = (),
) -> PeriodModel:
    """Spent, accrued, reserved, requested and, with basis period_end, what is to come, against the limit, and
    what overrides that the asker may use raise it by.
    """
    problems = list(gaps(ledger, budget, span, now))
    reserved, unknown_holds = reserved_in(ledger, budget, span, now)
    requested, unknown_lines = requested_in(budget, request, span, now)
    accrued, to_come = running_in(ledger, budget, span, now)
    parts = {
        "spent": spent_in(ledger, budget, span),
        "accrued": accrued,
        "to_come": to_come if budget.basis == "period_end" else [],
    }
    problems += [*unknown_holds, *unknown_lines]
    amounts = {name: in_currency(ledger, budget, span, each, problems) for name, each in parts.items()}
    believed = removed_in(ledger, budget, request, span, now)
    amounts["reserved"] = sum(
        (
            netted(ledger, budget, span, added, believed.get(of, []), problems)
            for of, added in reserved.items()
        ),
        Fraction(0),
    )
    amounts["requested"] = netted(ledger, budget, span, requested, believed.get(None, []), problems)
    limit = budget.limit + sum(one.amount for one in usable if (one.budget, one.span) == (budget.name, span))
    verdict = DENY if sum(amounts.values()) > limit else UNKNOWN if problems else ALLOW
    return PeriodModel(span, verdict, tuple(problems), amounts)


def spent_in(ledger: Ledger, budget: BudgetModel, span: Span) -> list[Part]:
    return [
        (one.at, one.currency, one.amount)
        for one in ledger.entries
        if span[0] <= one.at < span[1] and counts(budget, one)
    ]


def running_in(ledger: Ledger, budget: BudgetModel, span: Span, now: Hours) -> tuple[list[Part], list[Part]]:
    """What the run rate brings: since the newest rated hour, and from now on."""
    accrued: list[Part] = []
    to_come: list[Part] = []
    for feed in feeds_of(ledger, budget):
        known = max(feed.rated_through, span[0])
        for place, amount in feed.rates:
            if is_of(budget, place):
                accrued.append((now, feed.currency, amount * starts(known, min(now, span[1]))))
                to_come.append((now, feed.currency, amount * starts(max(known, now), span[1])))
    return accrued, to_come


def reserved_in(
    ledger: Ledger, budget: BudgetModel, span: Span, now: Hours
) -> tuple[dict[tuple[str, int], list[Part]], list[str]]:
    """What each hold promises, and why more of it may be the budget's."""
    found: dict[tuple[str, int], list[Part]] = defaultdict(list)
    problems: list[str] = []
    for promise in counting(ledger, now):
        hold, line = promise.hold, promise.line
        if line.removes:
            continue
        whose = covers(budget, line.place)
        inside = promised(promise, span, now) if whose is not False else []
        if inside and whose is None:
            problems.append(f"the hold {hold.name} lacks something")
        elif inside:
            found[hold.name, hold.generation] += inside
        if whose is not False and hold.state == "committed" and not carriers(ledger, line):
            problems.append(f"nothing carries what {hold.name} has committed")
    return found, problems


def requested_in(
    budget: BudgetModel, request: Sequence[LineModel], span: Span, now: Hours
) -> tuple[list[Part], list[str]]:
    """What is asked for, and why more of it may be the budget's."""
    found: list[Part] = []
    problems: list[str] = []
    for line in request:
        inside = [] if line.removes else falls(line, now, span, None)
        whose = covers(budget, line.place)
        if inside and whose is None:
            problems.append("the request lacks something")
        elif whose:
            found += inside
    return found, problems


def removed_in(
    ledger: Ledger, budget: BudgetModel, request: Sequence[LineModel], span: Span, now: Hours
) -> dict[tuple[str, int] | None, list[Part]]:
    """What is believed to go of each hold, and of the request, which is None: by the hour no more than what
    costs in its place, of what nobody before has taken. Commits are before open holds, and these before the
    request.
    """
    left: dict[tuple[str | None, str | None, str | None], Fraction] = defaultdict(Fraction)
    for feed in ledger.feeds:
        for place, amount in feed.there if feed.retired_at is None else ():
            if is_of(budget, place):
                left[place.category, place.project, place.region] += amount
    of_holds = [one for one in counting(ledger, now) if one.line.removes]
    of_holds.sort(key=lambda one: (one.hold.state != "committed", one.hold.name, one.hold.generation))
    every = [((one.hold.name, one.hold.generation), one.line, one.hold.held_at) for one in of_holds]
    found: dict[tuple[str, int] | None, list[Part]] = defaultdict(list)
    for of, line, begins in [*every, *((None, line, now) for line in request if line.removes)]:
        place = line.place
        where = place.category, place.project, place.region
        if covers(budget, place) is True and line.currency == "ICU":
            amount = min(line.amount, left[where])
            left[where] -= amount
            found[of] += falls(replace(line, amount=amount), begins, span, None)
    return found


def netted(
    ledger: Ledger,
    budget: BudgetModel,
    span: Span,
    added: Iterable[Part],
    removed: Iterable[Part],
    problems: list[str],
) -> Fraction:
    """What comes less what goes, in the budget's currency."""
    comes = in_currency(ledger, budget, span, added, problems)
    return max(comes - in_currency(ledger, budget, span, removed, problems), Fraction(0))


def in_currency(
    ledger: Ledger,
    budget: BudgetModel,
    span: Span,
    parts: Iterable[tuple[Hours, str, Fraction]],
    problems: list[str],
) -> Fraction:
    """The parts in the budget's currency, at the limit's rate of the period's begin. Those without a rate are
    left out, and a problem.
    """
    total = Fraction(0)
    foreign: dict[tuple[str, Fraction | None], Fraction] = {}
    for at, currency, amount in parts:
        if currency == budget.currency:
            total += amount
        else:
            key = (currency, ledger.rate(currency, at))
            foreign[key] = foreign.get(key, Fraction(0)) + amount
    own = ledger.rate(budget.currency, span[0])
    for (currency, rate), amount in foreign.items():
        if amount and (rate is None or own is None):
            problems.append(f"no rate for {currency} or {budget.currency}")
        elif amount and rate is not None and own is not None:
            total += amount * rate / own
    return total


def gaps(ledger: Ledger, budget: BudgetModel, span: Span, now: Hours) -> Iterable[str]:
    """Why the spend of a budget that the cloud feeds is not known."""
    if budget.fed_by != "cloud":
        return
    if not feeds_of(ledger, budget):
        yield "no feed carries it, or none any more"
    for project in budget.projects - {feed.project for feed in ledger.feeds}:
        yield f"no feed carries project {project}"
    for region in budget.regions - {feed.region for feed in ledger.feeds}:
        yield f"no feed carries region {region}"
    for feed in ever_of(ledger, budget):
        if feed.begin > span[0] and feed.rated_through > span[0]:
            yield "the begin of the period was never imported"
        if feed.retired_at is None and now - feed.rated_through > budget.max_staleness:
            yield "it is too old"
        if feed.rated_through - now > 5 / 60:
            yield "it is ahead of now"


def rested(ledger: Ledger, budget: BudgetModel, now: Hours) -> list[FeedModel]:
    """The retired feeds that its current period rests on: they ended in it."""
    current = period_at(budget, now)
    if budget.fed_by != "cloud" or current is None:
        return []
    return [
        feed
        for feed in ever_of(ledger, budget)
        if feed.retired_at is not None and feed.retired_at > current[0]
    ]


def verdicts(
    ledger: Ledger, request: Sequence[LineModel], now: Hours, usable: Sequence[OverrideModel] = ()
) -> dict[str, str]:
    """Each budget that is asked, with its verdict; '' is that of lines which no budget covers."""
    found: dict[str, str] = {}
    for budget in ledger.budgets:
        if all(covers(budget, line.place) is False for line in request if not line.removes):
            continue
        spans = judged(ledger, budget, request, now)
        if spans:
            periods = [period_sum(ledger, budget, request, span, now, usable) for span in spans]
            found[budget.name] = max((one.verdict for one in periods), key=WORSE.index)
        else:
            found[budget.name] = "ended"
    for line in request:
        if not line.removes and not any(
            covers(budget, line.place) is not False
            and any(falls(line, now, span, None) for span in judged(ledger, budget, request, now))
            for budget in ledger.budgets
        ):
            found[""] = UNKNOWN
    return found


def worst(said: Iterable[str]) -> str:
    return max((one for one in said if one != "ended"), key=WORSE.index, default=UNKNOWN)


def decision(ledger: Ledger, request: Sequence[LineModel], now: Hours) -> str:
    """The worst verdict of all."""
    return worst(verdicts(ledger, request, now).values())
