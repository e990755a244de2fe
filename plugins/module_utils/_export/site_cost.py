# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a month has cost, read once for all pages of a cost site: exact parts that any page can add up
(design/reports.md#a-site).

Parts are integers of 1e-9 by currency and by the rate that was valid, as cost_summary_info adds them: a page
converts and rounds its own sum only, so it agrees with a summary of the same selection to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.money import from_nano
from .._core.named_windows import named_window, previous_part
from .._core.periods import Window
from .._core.rates import Rates
from .._core.spans import from_to, overlaps
from .._cost import grouping
from .._cost.ledger_summary import SummaryFormatter
from .._ledger import totals
from .._ledger.dimension_sums import TAX_CHARGE
from .._ledger.feeds import Feed
from .._ledger.totals import Selection, Total

if TYPE_CHECKING:
    from decimal import Decimal

    from .._ledger.transaction import Transaction

#: Currency and the begin of the time in which its rate was one -> amount in 1e-9.
Parts: TypeAlias = dict[tuple[str, datetime], int]
#: A project, and a resource or the description of what has none.
ResourceKey: TypeAlias = tuple["str | None", "str | None"]
#: What the page of a team may be of, besides a tag.
PROJECT, CATEGORY = "project", "category"
#: Days that are read with one statement: what is read is held twice for a moment.
_DAYS_AT_ONCE = 6


class CostGroup(NamedTuple):
    """What costs are told apart by on every page. team: None also where teams are projects."""

    project: str | None
    team: str | None
    category: str


class CostLine(NamedTuple):
    """A resource, or what has a description in place of one, within a group."""

    group: CostGroup
    metric: str | None
    resource: str | None
    description: str | None = None


@dataclass
class LineUse:
    """What a line cost and used in a time: in quantity, None where that is not known, and in entries with the
    sum of their lengths. last_end: of the newest, in seconds since the epoch.
    """

    parts: Parts = field(default_factory=dict)
    quantity: float | None = 0.0
    seconds: int = 0
    entry_count: int = 0
    last_end: int = 0


@dataclass
class LackingTag:
    """What has no value of a tag: its cost in the month, in the part and in what that is compared with, and
    its resources, or descriptions, by project.
    """

    parts: Parts = field(default_factory=dict)
    in_part: Parts = field(default_factory=dict)
    in_before: Parts = field(default_factory=dict)
    resources: set[tuple[str | None, str | None]] = field(default_factory=set)


@dataclass
class MonthCost:
    """A month. part: what of it is compared, None before any of it is known; before: with what.

    days: of the groups, one for each of day_windows. gaps: projects that are not wholly known in part or in
    before, so they are not compared. used, used_before: the lines of part and of before. lacking: of each tag
    that the policy requires the lines without it.
    """

    name: str
    window: Window
    day_windows: tuple[tuple[str, Window], ...]
    part: Window
    before: Window
    days: dict[CostGroup, list[Parts]] = field(default_factory=dict)
    lines: dict[CostLine, Parts] = field(default_factory=dict)
    in_part: dict[CostGroup, Parts] = field(default_factory=dict)
    in_before: dict[CostGroup, Parts] = field(default_factory=dict)
    used: dict[CostLine, LineUse] = field(default_factory=dict)
    used_before: dict[CostLine, LineUse] = field(default_factory=dict)
    lacking: dict[str, LackingTag] = field(default_factory=dict)
    gaps: frozenset[str] = frozenset()
    #: The groups with a tax that was recorded as a cost.
    taxed: set[CostGroup] = field(default_factory=set)


class SiteQuestion(NamedTuple):
    """What a site shows. team: PROJECT, CATEGORY, or tag:<name>."""

    currency: str
    zone: ZoneInfo
    team: str
    rates: Rates


def parse_team(text: str, option: str) -> str:
    """What pages of teams are of. Raises InvalidOption."""
    if text in (PROJECT, CATEGORY) or (text.startswith(totals.TAG) and text != totals.TAG):
        return text
    raise InvalidOption(option, f"'{text}' is not project, category, or tag: and a tag's name.")


@dataclass
class SiteNames:
    """The newest name of each project and resource, by id, and what the months so far say of resources.

    Of a resource, by its project and its id: name and type; since when it has a cost, in seconds since the
    epoch; the newest team that it had; who recorded it; and the cloud or provider that charges it.
    """

    projects: dict[str | None, str | None] = field(default_factory=dict)
    resources: dict[ResourceKey, tuple[str | None, str | None]] = field(default_factory=dict)
    since: dict[ResourceKey, int] = field(default_factory=dict)
    teams: dict[ResourceKey, str] = field(default_factory=dict)
    recorded_by: dict[ResourceKey, str] = field(default_factory=dict)
    clouds: dict[ResourceKey, str | None] = field(default_factory=dict)


def add(into: Parts, parts: Mapping[tuple[str, datetime], int]) -> None:
    """Add parts to others."""
    for key, nano in parts.items():
        into[key] = into.get(key, 0) + nano


def added(several: Iterable[Mapping[tuple[str, datetime], int]]) -> Parts:
    """The sum of parts."""
    found: Parts = {}
    for parts in several:
        add(found, parts)
    return found


class SiteMoney:
    """Parts as amounts in the site's currency. unknown: the rates that were missing."""

    def __init__(self, question: SiteQuestion) -> None:
        self._formatter = SummaryFormatter(question.rates, question.currency)
        self.unknown = self._formatter.unknown

    def amount(self, parts: Mapping[tuple[str, datetime], int]) -> Decimal | None:
        """In the site's currency, each part at its rate; None where a rate is missing."""
        return self._formatter.amount(
            (currency, from_nano(nano), at) for (currency, at), nano in parts.items()
        )


def months(transaction: Transaction, zone: ZoneInfo, now: datetime) -> list[tuple[str, Window]]:
    """The local months from the first one that has a cost to that of now, by name, in order."""
    first = totals.first_begin(transaction)
    begin = now if first is None else min(first, now)
    until = Window(begin, now + timedelta(seconds=1))
    return [
        (name, named_window("current_month", zone, span.begin))
        for name, span in grouping.spans(until, "month", zone)
    ]


def read_month(
    transaction: Transaction,
    question: SiteQuestion,
    month: tuple[str, Window],
    feeds: Sequence[Feed],
    names: SiteNames,
    now: datetime,
) -> MonthCost:
    """A month's costs by day. names: takes the names that it finds."""
    name, window = month
    known = min([window.end, now, *(feed.rated_through for feed in feeds if not feed.retired)])
    part = from_to(window.begin, known)
    before = previous_part("current_month", part, window.length, question.zone)
    found = MonthCost(
        name=name,
        window=window,
        day_windows=tuple(grouping.spans(window, "day", question.zone)),
        part=part,
        before=before,
        gaps=frozenset(feed.key.project_id for feed in feeds if _has_gap(feed, part, before)),
    )
    _read_days(transaction, question, found, names)
    return found


def _has_gap(feed: Feed, part: Window, before: Window) -> bool:
    """Whether a feed does not know all of both parts. A retired one has no cost after its end."""
    windows = [from_to(one.begin, one.end) for one in (part, before)]
    return any(next(feed.holes(one), None) for one in windows) or (
        not feed.retired and any(feed.rated_through < one.end for one in windows)
    )


def _keys(question: SiteQuestion) -> tuple[str, ...]:
    team = (question.team,) if question.team.startswith(totals.TAG) else ()
    return ("project", "project_name", "category", "charge_category", *team)


def _group_of(question: SiteQuestion, total: Total) -> CostGroup:
    keys = total.keys
    category = keys["category"] or ""
    team = {PROJECT: None, CATEGORY: category}.get(question.team, keys.get(question.team))
    return CostGroup(keys["project"], team, category)


def _read_days(transaction: Transaction, question: SiteQuestion, month: MonthCost, names: SiteNames) -> None:
    segments = question.rates.segments(month.window)
    parts = [
        (number, part, next(one.begin for one in segments if one.contains(part.begin)))
        for number, (_name, day) in enumerate(month.day_windows)
        for part in question.rates.segments(day)
    ]
    days: dict[CostGroup, list[Parts]] = defaultdict(lambda: [{} for _day in month.day_windows])
    for first in range(0, len(parts), _DAYS_AT_ONCE):
        chosen = parts[first : first + _DAYS_AT_ONCE]
        windows = [part for _number, part, _at in chosen]
        by_part = totals.by_time(transaction, Selection(month.window), windows, _keys(question))
        for (number, _part, at), of_part in zip(chosen, by_part, strict=True):
            for total in of_part:
                project = total.keys["project"]
                names.projects[project] = total.keys["project_name"] or names.projects.get(project)
                group = _group_of(question, total)
                if total.keys["charge_category"] == TAX_CHARGE:
                    month.taxed.add(group)
                add(days[group][number], {(total.currency, at): total.amount_nano})
    month.days = dict(days)


def is_closed(month: Window, feeds: Sequence[Feed], now: datetime) -> bool:
    """Whether all of a month is known that an import can bring: it is over, and every feed that is not
    retired is rated up to its end.
    """
    return month.end <= now and all(feed.retired or feed.rated_through >= month.end for feed in feeds)


def unknown_days(month: MonthCost, feeds: Sequence[Feed], now: datetime) -> list[bool]:
    """Of each day that has begun whether it is not wholly known: not all feeds have rated it, or a part was
    not imported.
    """
    holes = [hole for feed in feeds for hole in feed.holes(month.window)]
    rated = min((feed.rated_through for feed in feeds if not feed.retired), default=now)
    return [
        day.begin < now and (min(day.end, now) > rated or any(overlaps(hole, day) for hole in holes))
        for _name, day in month.day_windows
    ]
