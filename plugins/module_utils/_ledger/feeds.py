# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What was imported, from where, up to when: the ground on which a cloud-fed budget stands
(design/imports.md#feeds, design/imports.md#run-rate, design/gate.md#coverage).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import Any, NamedTuple

from .._core import spans
from .._core.money import ROUNDING, from_nano
from .._core.periods import Window, iso, moment_of
from .transaction import Transaction, read, read_by_name

HOUR, DAY = "hour", "day"
CLOUDKITTY, VERGEOS = "cloudkitty", "vergeos"
BY_RESOURCE, BY_TYPE = "resource", "type"
#: The kinds of what a feed carried.
CATEGORY, TAG = "category", "tag"
#: The columns of a feed.
STORED = (
    "id", "auth_url", "region", "project_id", "told_by", "cloud", "project_name", "currency",
    "collect_period_s", "rated_through", "retired", "retired_at", "retired_by", "retired_reason",
    "credit_due_from", "flow_hours", "flow_metrics", "rating_regions", "empty", "unrated", "revision",
)  # fmt: skip
#: By every region, each found in one step of the index over region and project: there may be thousands of
#: projects.
_OF_PROJECT = (
    " WHERE project_id = :project_id AND region IN (WITH RECURSIVE known(region) AS ("
    "SELECT min(region) FROM feed UNION ALL SELECT (SELECT min(region) FROM feed WHERE region > known.region)"
    " FROM known WHERE known.region IS NOT NULL) SELECT region FROM known)"
)
_READ_FEEDS = f"SELECT {', '.join(STORED)} FROM feed"  # noqa: S608
_READ_WINDOWS = 'SELECT feed_id, "begin", "end", resolution, "grouping", tagged FROM feed_window'
_READ_RATES = "SELECT feed_id, category, tags, amount_nano, hours, is_flow FROM feed_rate"
_READ_CARRIED = "SELECT feed_id, kind, name FROM feed_carried"


class FeedKey(NamedTuple):
    """Which project in which region a feed carries, and where its cost comes from.

    A project's ID is unique among clouds: a cloud that moves, or whose URL is spelled in another way, goes on
    with the same feed (design/imports.md#feeds).
    """

    region: str
    project_id: str
    told_by: str = CLOUDKITTY

    @property
    def source(self) -> str:
        """What the ledger calls the feed's entries: names and URLs of clouds may change, this does not."""
        return " ".join(filter(None, (self.told_by, self.region, self.project_id)))


class RunRate(NamedTuple):
    """What is expected of a collect period in one category and with one tag set (design/imports.md#run-rate):
    the mean of so many rated periods, kept as their sum in 1e-9 and their number, as it may have no end.

    is_flow: of metrics of flow. Those of state have the newest period's cost, hours is 1 then.
    """

    category: str
    tags: tuple[tuple[str, str], ...]
    amount_nano: int
    hours: int = 1
    is_flow: bool = False


class ImportLayout(NamedTuple):
    """How a window was imported: one entry per hour or day, of each resource or of each type; with the tags
    of resources or without.
    """

    resolution: str = HOUR
    grouping: str = BY_RESOURCE
    tagged: bool = True


class Imported(NamedTuple):
    """A window that was imported completely, and its layout."""

    window: Window
    layout: ImportLayout = ImportLayout()


class Retirement(NamedTuple):
    """When a feed was ended, by whom, and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Feed:
    """A feed's state.

    auth_url and cloud: of the login that imported last. rated_through: end of its newest rated period.
    run_rates: what a period is expected to cost. imported: in order, never two for one moment, those that
    touch and have one layout are one. categories and tag_keys: all that it ever carried. retired: it ended
    and brings no more cost. credit_due_from: begin of the first UTC month whose free tier has to be reckoned
    anew, None where all are. flow_hours: how many of the newest rated periods the means of flows are of;
    None until an import ends. flow_metrics: what the last import took for flows, None for those of the table.

    retirement: None also where the ledger does not say it. rating_regions: each region of the project's
    catalog that has a rating service, and the region whose feed brings its cost, which is another one where
    both have one service. empty: what of imported was not rated, as nothing was in use. unrated: what an
    import asked for and the cloud has not rated.
    """

    key: FeedKey
    auth_url: str
    cloud: str | None
    project_name: str
    currency: str
    collect_period_s: int
    rated_through: datetime
    run_rates: tuple[RunRate, ...]
    imported: tuple[Imported, ...]
    categories: frozenset[str] = frozenset()
    tag_keys: frozenset[str] = frozenset()
    retired: bool = False
    credit_due_from: datetime | None = None
    flow_hours: int | None = 0
    flow_metrics: frozenset[str] | None = None
    retirement: Retirement | None = None
    rating_regions: tuple[tuple[str, str], ...] = ()
    empty: tuple[Window, ...] = ()
    unrated: tuple[Window, ...] = ()
    #: Its number in the ledger and how often it was saved; None and 0 where it is not there yet.
    id: int | None = field(default=None, compare=False)
    revision: int = field(default=0, compare=False)

    def serves(self, region: str) -> bool:
        """Whether its cost is that of the region, too: its own, or one with the same rating service."""
        brought_by = dict(self.rating_regions)
        own = self.key.region
        return region == own or (region in brought_by and brought_by[region] == brought_by.get(own))

    def first_hole(self, wanted: Window) -> Window | None:
        """The first part of the wanted window that was not imported; None where it is
        tiled without a hole.
        """
        return spans.first_hole(wanted, [one.window for one in self.imported])

    def holes(self, window: Window) -> Iterator[Window]:
        """The parts of the window that were not imported, up to the end of the newest rated period."""
        rated = spans.from_to(window.begin, min(window.end, self.rated_through))
        yield from spans.subtract(rated, [one.window for one in self.imported])

    def first_untagged(self, wanted: Window) -> Window | None:
        """The first part of the wanted window that was not imported with the tags of its resources."""
        return spans.first_hole(wanted, [one.window for one in self.imported if one.layout.tagged])

    def has_day_around(self, moment: datetime) -> bool:
        """Whether an entry of a whole UTC day begins before the moment and ends behind it."""
        day = spans.bucket(moment, spans.DAY_S)
        return day.begin < moment and any(
            one.layout.resolution == DAY and spans.overlaps(one.window, day) for one in self.imported
        )

    @property
    def run_rate(self) -> Decimal:
        """What a collect period is expected to cost in all, to be shown: a mean is rounded."""
        means = (ROUNDING.divide(from_nano(rate.amount_nano), rate.hours) for rate in self.run_rates)
        return reduce(ROUNDING.add, means, Decimal(0))


def read_all(transaction: Transaction) -> list[Feed]:
    """Every feed of the ledger: four statements, however many there are, and one where there is none."""
    return _read(transaction, read_by_name(transaction, STORED, f"{_READ_FEEDS} ORDER BY id"), "")


def of_project(transaction: Transaction, project_id: str) -> list[Feed]:
    """The feeds of a project: as read_all(), however many other projects there are."""
    statement = f"{_READ_FEEDS}{_OF_PROJECT} ORDER BY id"
    rows = read_by_name(transaction, STORED, statement, {"project_id": project_id})
    return _read(transaction, rows, f" WHERE feed_id IN ({', '.join(str(int(row['id'])) for row in rows)})")


def _read(transaction: Transaction, rows: Sequence[Mapping[str, Any]], where: str) -> list[Feed]:
    """The feeds of these rows. where: which rows of other tables are theirs."""
    if not rows:
        return []
    windows: dict[int, list[Imported]] = defaultdict(list)
    read_windows = f'{_READ_WINDOWS}{where} ORDER BY feed_id, "begin"'
    for feed_id, begin, end, resolution, grouping, tagged in read(transaction, read_windows):
        layout = ImportLayout(resolution, grouping, bool(tagged))
        windows[feed_id].append(Imported(Window(moment_of(begin), moment_of(end)), layout))
    rates: dict[int, list[RunRate]] = defaultdict(list)
    for feed_id, category, tags, nano, hours, is_flow in read(transaction, _READ_RATES + where):
        rate = RunRate(category, tuple(sorted(json.loads(tags).items())), int(nano), hours, bool(is_flow))
        rates[feed_id].append(rate)
    names: dict[tuple[int, str], set[str]] = defaultdict(set)
    for feed_id, kind, name in read(transaction, _READ_CARRIED + where):
        names[(feed_id, kind)].add(name)
    return [
        Feed(
            key=FeedKey(row["region"], row["project_id"], row["told_by"]),
            auth_url=row["auth_url"],
            cloud=row["cloud"],
            project_name=row["project_name"],
            currency=row["currency"],
            collect_period_s=row["collect_period_s"],
            rated_through=moment_of(row["rated_through"]),
            run_rates=in_order(rates[row["id"]]),
            imported=tuple(windows[row["id"]]),
            categories=frozenset(names[(row["id"], CATEGORY)]),
            tag_keys=frozenset(names[(row["id"], TAG)]),
            retired=bool(row["retired"]),
            credit_due_from=None if row["credit_due_from"] is None else moment_of(row["credit_due_from"]),
            flow_hours=row["flow_hours"],
            flow_metrics=_names(row["flow_metrics"]),
            retirement=_retirement(row),
            rating_regions=tuple(sorted(json.loads(row["rating_regions"]).items())),
            empty=_windows(row["empty"]),
            unrated=_windows(row["unrated"]),
            id=row["id"],
            revision=row["revision"],
        )
        for row in rows
    ]


def in_order(rates: Iterable[RunRate]) -> tuple[RunRate, ...]:
    """Run rates in the order in which a feed has them: each database sorts text by rules of its own."""
    return tuple(sorted(rates, key=lambda rate: (rate.is_flow, rate.category, rate.tags)))


def to_result(found: Iterable[Feed], window: Window) -> list[dict[str, Any]]:
    """How far the cost of each imported project is known, and what of the window is not although it is rated,
    as results tell it.
    """
    return [
        {
            "cloud": feed.cloud,
            "region": feed.key.region,
            "project_id": feed.key.project_id,
            "project_name": feed.project_name,
            "rated_through": iso(feed.rated_through),
            "retired": feed.retired,
            "missing": [{"begin": iso(one.begin), "end": iso(one.end)} for one in feed.holes(window)],
        }
        for feed in found
    ]


def find(transaction: Transaction, key: FeedKey) -> Feed | None:
    """The feed of that key, None where nothing was imported yet."""
    return next((feed for feed in of_project(transaction, key.project_id) if feed.key == key), None)


def _retirement(row: Mapping[str, Any]) -> Retirement | None:
    if row["retired_by"] is None:
        return None
    # Who ended a feed by SQL of their own need not have said when or why.
    at = moment_of(row["retired_at"] or row["rated_through"])
    return Retirement(at, row["retired_by"], row["retired_reason"] or "")


def _names(stored: str | None) -> frozenset[str] | None:
    return None if stored is None else frozenset(json.loads(stored))


def _windows(text: str) -> tuple[Window, ...]:
    return tuple(Window(moment_of(begin), moment_of(end)) for begin, end in json.loads(text))


def rating_currencies(transaction: Transaction, project_id: str) -> set[str]:
    """The currencies in which the costs of a project are imported; those of retired feeds left out."""
    statement = "SELECT DISTINCT currency FROM feed WHERE project_id = :project_id AND NOT retired"
    return {currency for (currency,) in read(transaction, statement, {"project_id": project_id})}
