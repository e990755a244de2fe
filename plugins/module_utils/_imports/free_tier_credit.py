# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The free tier as credits in the ledger: one per feed and UTC month, calculated again after each import
(design/money.md#free-tier).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._core.money import ROUNDING, from_nano, to_nano
from .._core.periods import Window, moment_of
from .._infomaniak import free_tier
from .._ledger import entries, feed_changes, feeds, sql, totals
from .entry_writer import Signature

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

_PAGE = 1000


@dataclass(frozen=True)
class Credit:
    """What is free of a feed's traffic in the UTC month that begins then; amount None: unknown, so that
    nothing was credited.
    """

    key: feeds.FeedKey
    month: datetime
    amount: Decimal | None


def credit_source(key: feeds.FeedKey) -> str:
    """What the ledger calls the credits of a feed: not as its usage, which an import makes exactly what the
    cloud has rated.
    """
    return f"free tier of {key.source}"


def credit(
    ledger_options: sql.LedgerOptions,
    traffic_unit: Callable[[], str | None],
    known: feeds.Feed,
    signature: Signature,
) -> tuple[bool, list[Credit]]:
    """Calculate what is due for every feed of the project, which share the tier.

    Returns whether an entry changed, and the credits.

    traffic_unit: called if the entries do not name the unit of the traffic. Raises what
    it raises; LedgerError.
    """
    now = signature.now
    if known.credit_due_from is None:
        return False, []
    with sql.reading(ledger_options) as ledger:
        first = next(traffic_rows(ledger.connection, known.key, _rest_of(known.credit_due_from, now)), None)
    unit = None
    if first is not None and first["unit"] is None:
        unit = traffic_unit()
    with sql.writing(ledger_options) as ledger:
        connection = ledger.connection
        of_project = feeds.of_project(connection, known.key.project_id)
        due = min(
            feed.credit_due_from or known.credit_due_from for feed in of_project if feed.key == known.key
        )
        found = [
            one
            for month in months(_rest_of(due, now))
            for one in _credits(connection, of_project, month, unit)
        ]
        changed = [_write(connection, one, of_project, signature) for one in found]
        for feed in of_project:
            if feed.key == known.key:
                feed_changes.save(connection, replace(feed, credit_due_from=None), feed)
    return any(changed), [one for one in found if one.key == known.key]


def _rest_of(begin: datetime, now: datetime) -> Window:
    return Window(begin, _after(free_tier.month_begin(max(begin, now))))


def months(window: Window) -> Iterator[Window]:
    """The UTC months that the window lies in."""
    begin = free_tier.month_begin(window.begin)
    while begin < window.end:
        yield Window(begin, _after(begin))
        begin = _after(begin)


def _after(month: datetime) -> datetime:
    return free_tier.month_begin(month + timedelta(days=31))


def traffic_rows(connection: Transaction, key: feeds.FeedKey, window: Window) -> Iterator[dict[str, Any]]:
    """The valid entries of the feed's traffic in the window."""
    selection = totals.Selection(window, sources=(key.source,), metrics=(free_tier.METRIC,))
    after: int | None = None
    while True:
        page = totals.rows(connection, selection, _PAGE, after, valid_only=True)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]["id"]


def _credits(
    connection: Transaction, of_project: Sequence[feeds.Feed], month: Window, unit: str | None
) -> Iterator[Credit]:
    """The credit of each feed in the month: the first bytes in time order are free, those of equal times in
    the feeds' order.
    """
    rows = [(feed.key, row) for feed in of_project for row in traffic_rows(connection, feed.key, month)]
    for feed in of_project:
        traffic = [
            free_tier.Traffic(
                begin=moment_of(row["period_begin"]),
                size_bytes=_bytes_of(row, unit),
                amount=from_nano(row["amount_nano"]),
                asked=key == feed.key,
            )
            for key, row in rows
        ]
        yield Credit(feed.key, month.begin, free_tier.credit_of(traffic))


def _bytes_of(row: dict[str, Any], unit: str | None) -> Decimal | None:
    """How much traffic an entry is. unit: of entries that name none."""
    size = free_tier.bytes_in(row["unit"] or unit)
    return (
        None if size is None or row["quantity"] is None else ROUNDING.multiply(Decimal(row["quantity"]), size)
    )


def _write(
    connection: Transaction, one: Credit, of_project: Sequence[feeds.Feed], signature: Signature
) -> bool:
    """Record or correct the credit, or take it back where there is none; whether that changed an entry."""
    feed = next(feed for feed in of_project if feed.key == one.key)
    source, key = credit_source(one.key), f"{free_tier.METRIC}/{one.month:%Y-%m}"
    amount_nano = to_nano(one.amount or Decimal(0), "credit")
    if not amount_nano:
        return (
            entries.take_back(connection, source, key, signature.now, signature.recorded_by).outcome
            != entries.UNCHANGED
        )
    usage = next(traffic_rows(connection, one.key, Window(one.month, _after(one.month))))
    entry = entries.Entry(
        source=source,
        key=key,
        charge_category="credit",
        category=usage["category"],
        period=Window(one.month, _after(one.month)),
        amount_nano=-amount_nano,
        currency=feed.currency,
        cloud=feed.cloud,
        region=feed.key.region,
        project_id=feed.key.project_id,
        project_name=feed.project_name,
        metric=free_tier.METRIC,
        description="the first 10 TB of the month are free",
    )
    return entries.write(connection, entry, signature.now, signature.recorded_by).outcome != entries.UNCHANGED
