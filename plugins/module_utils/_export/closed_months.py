# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which months of UTC nobody needs entries of any more (design/ledger.md#archived-months)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from .._core.errors import InvalidOption
from .._core.periods import iso, moment_of, period_at
from .._core.rates import Rates
from .._imports.feed_writer import LOOK_BACK
from .._ledger import archiving, budgets, feeds, policy, roll_up
from .._ledger.transaction import Transaction

_A_MONTH, _NOTHING = timedelta(days=32), timedelta()
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)

#: The years whose moments modules take (_core/periods.py).
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


class Month(NamedTuple):
    """A month of UTC, such as 2026-01; begin and end in seconds since the epoch, half-open."""

    name: str
    begin: int
    end: int


def month_of(text: str, option: str) -> Month:
    """The month that a text names. Raises InvalidOption naming the option."""
    found = _MONTH.fullmatch(text)
    if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise InvalidOption(option, f"'{text}' is not a month such as 2026-01.")
    return _month(datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC))


def months_before(connection: Transaction, end: int) -> Iterator[Month]:
    """The months with entries that end at or before a moment, in seconds, in their order."""
    first = archiving.first_begin(connection, -(2**62), end)
    while first is not None:
        month = _month(moment_of(first))
        if month.end > end:
            return
        yield month
        first = archiving.first_begin(connection, month.end, end)


def refuse_open(connection: Transaction, month: Month, now: datetime, option: str) -> None:
    """Raise InvalidOption where something can still need the entries of a month: it is not over, an import
    could read it again, a bill is being written, or a budget judges a period by them.
    """
    reason = (
        _not_over(month, now)
        or _of_bills(connection, month)
        or _of_feeds(feeds.read_all(connection), month)
        or _of_budgets(connection, month, now)
    )
    if reason is not None:
        raise InvalidOption(option, f"{month.name} cannot be archived yet: {reason}.")


def _not_over(month: Month, now: datetime) -> str | None:
    end = moment_of(month.end)
    return None if end <= now else f"it is not over before {iso(end)}"


def _of_bills(connection: Transaction, month: Month) -> str | None:
    source = archiving.unfinished_source(connection, month.begin, month.end)
    return None if source is None else f"a bill of {source} is being imported, or its import was killed"


def _of_feeds(known: Sequence[feeds.Feed], month: Month) -> str | None:
    """Why an import could still write entries of the month: it reads again what was not rated or empty."""
    end = moment_of(month.end)
    for feed in known:
        if feed.retired:
            continue
        named = f"the feed of {feed.project_name} in {feed.key.region}"
        if feed.rated_through < end + LOOK_BACK:
            return (
                f"{named} is rated through {iso(feed.rated_through)} only, and imports read the last"
                f" {LOOK_BACK.days} days again; it can be once the feed is rated through"
                f" {iso(end + LOOK_BACK)}"
            )
        if feed.credit_due_from is not None and feed.credit_due_from < end:
            return f"{named} has a credit of the free tier to be calculated; run cost_import first"
    return None


def _of_budgets(connection: Transaction, month: Month, now: datetime) -> str | None:
    """Why a gate would read entries of the month, and not only totals."""
    owner_policy = policy.read_policy(connection)
    split = policy.split_rules(owner_policy.rules)
    counting = {name for row in split.rows for name in row["budgets"]}
    rates = Rates(recorded=owner_policy.recorded())
    current = ((budget, period_at(budget.calendar, now)) for budget in budgets.read_all(connection))
    for budget, period in current:
        # Shared costs are divided by what the whole local month of the period's begin has cost.
        before = _A_MONTH if budget.name in counting else _NOTHING
        if period is None or period.begin - before >= moment_of(month.end):
            continue
        until = f"the period of budget {budget.name} that began {iso(period.begin)}"
        if budget.name in counting:
            return f"{until} counts shared costs of it, which are divided entry by entry"
        reason = _of_edges([part.begin for part in rates.segments(period)], month)
        if reason is not None:
            return f"{until} {reason}"
    return None


def _of_edges(edges: Sequence[datetime], month: Month) -> str | None:
    """Why a sum of a period that is cut there, where it begins and where a rate does, is none of totals."""
    for edge in edges:
        at = int(edge.timestamp())
        if month.begin <= at < month.end and at % roll_up.BUCKETS_S[-1]:
            begins = "begins" if edge == edges[0] else f"has a rate from {iso(edge)} on, which is"
            return f"{begins} within a quarter of an hour of it"
    return None


def _month(moment: datetime) -> Month:
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return Month(f"{first:%Y-%m}", int(first.timestamp()), int(following.timestamp()))
