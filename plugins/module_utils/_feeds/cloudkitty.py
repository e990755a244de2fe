# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Bringing what CloudKitty has rated into the ledger (rules F1 and F3 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud import rating
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._core.completeness import OK, ServiceStatus
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.money import (
    ROUNDING,
    display,
    exact_sum,
    from_nano,
    plain,
    to_nano,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, ceil_to, iso
from ansible_collections.finops.cloud.plugins.module_utils._pricing.metric_categories import category_of
from ansible_collections.finops.cloud.plugins.module_utils._store import entries, feed_hours, feeds, sql
from ansible_collections.finops.cloud.plugins.module_utils._store.watch import Watch, unwatched

#: An import reads this much again of what it has, for hours that the cloud rated late or anew.
OVERLAP = timedelta(days=1)


@dataclass(frozen=True)
class ImportOptions:
    """begin: None for where the last import ended, less a day; a first one begins with the previous month."""

    begin: datetime | None
    rating_api: str
    rating_currency: str
    collect_period_s: int
    metric_categories: Mapping[str, str]


@dataclass(frozen=True)
class Reading:
    """One project's rated periods in a window that ends with the newest of them."""

    key: feeds.FeedKey
    cloud: str | None
    project_name: str
    window: Window
    frames: tuple[rating.RatedFrame, ...]


def import_cost(
    cloud: Cloud,
    ledger_options: sql.LedgerOptions,
    options: ImportOptions,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """The result of cost_import: read the cloud first, then write in one transaction, so that no lock waits for a network.

    watch: looks at what was written, in the same transaction. In check mode the ledger is only read, and a missing one counts as empty.
    Raises CloudError, LedgerError, UnknownAmount, InvalidOption.
    """
    key = feed_key(cloud)
    known = None
    if sql.exists(ledger_options):
        with sql.reading(ledger_options) as ledger:
            known = feeds.find(ledger.connection, key)
    _refuse_other_resolution(known, options)
    reading = read_feed(cloud, first_begin(known, options, now), options, now)
    moved = _moved_on(known, reading, options)
    if check_mode:
        told = _told_import(reading, moved, options)
        return {"changed": moved != known, **told, "ledger": sql.shown(ledger_options), **watch(None, None)}
    with sql.writing(ledger_options) as ledger:
        return {
            **import_reading(ledger, reading, options, now, recorded_by),
            "ledger": ledger.url,
            "ledger_created": ledger.created,
            **watch(ledger, None),
        }


def feed_key(cloud: Cloud) -> feeds.FeedKey:
    """Which feed a login reads: names in clouds.yaml may change, these three don't."""
    return feeds.FeedKey(cloud.identity.auth_url, cloud.identity.region or "", cloud.identity.project_id)


def first_begin(known: feeds.Feed | None, options: ImportOptions, now: datetime) -> datetime:
    """Where an import begins, on the edge of a collect period. Raises InvalidOption for a begin that is not past."""
    if options.begin is not None and options.begin >= now:
        raise InvalidOption("begin", f"{iso(options.begin)} is not past; nothing is rated yet.")
    if options.begin is not None:
        begin = options.begin
    elif known is not None:
        begin = known.rated_through - OVERLAP
    else:
        begin = (now.replace(day=1, hour=0, minute=0, second=0) - timedelta(days=1)).replace(day=1)
    return ceil_to(begin, options.collect_period_s)


def read_feed(cloud: Cloud, begin: datetime, options: ImportOptions, now: datetime) -> Reading:
    """What the cloud has rated since begin. Raises CloudError; UnknownAmount where that is nothing.

    Requests: one per 1000 rows of type and period (v1 API: one per day).
    """
    service = cloud.service("rating")
    asked = Window(begin, ceil_to(now, options.collect_period_s))
    found = tuple(rating.frames(service, options.rating_api, asked, options.collect_period_s))
    if not found:
        raise UnknownAmount(
            f"{service.url} has rated nothing of project {cloud.identity.project_name} from {iso(asked.begin)} to {iso(asked.end)};"
            " up to when its cost is known cannot be told."
        )
    window = Window(begin, max(frame.window.end for frame in found))
    return Reading(feed_key(cloud), cloud.identity.name, cloud.identity.project_name, window, found)


def import_reading(
    ledger: sql.Ledger, reading: Reading, options: ImportOptions, now: datetime, recorded_by: str
) -> dict[str, Any]:
    """Make the ledger's rows of the window those that the cloud told, and move the feed on, in the ledger's one transaction."""
    known = feeds.find(ledger.connection, reading.key)
    _refuse_other_resolution(known, options)
    source = f"cloudkitty {reading.key.auth_url} {reading.key.region} {reading.key.project_id}"
    wanted = _entries(reading, options, source)
    counts = entries.replace(ledger.connection, source, reading.window, wanted, now, recorded_by)
    feed = _moved_on(known, reading, options)
    if feed != known:
        feeds.save(ledger.connection, feed)
    feed_hours.keep(ledger.connection, feed, (source,))
    written = any(count for outcome, count in counts.items() if outcome != entries.UNCHANGED)
    return {"changed": feed != known or written, "entries": counts, **_told_import(reading, feed, options)}


def _told_import(reading: Reading, feed: feeds.Feed, options: ImportOptions) -> dict[str, Any]:
    return {
        "period_start": iso(reading.window.begin),
        "period_end": iso(reading.window.end),
        "imported": display(exact_sum(frame.cost.amount for frame in reading.frames)),
        "currency": options.rating_currency,
        "rated_through": iso(feed.rated_through),
        "run_rate": display(from_nano(feed.run_rate_nano)),
        "collect_period": options.collect_period_s,
        "complete": True,
        "services": {"rating": ServiceStatus(OK, 200, None).as_result()},
    }


def _refuse_other_resolution(known: feeds.Feed | None, options: ImportOptions) -> None:
    """One feed has one currency and one collect period: mixing them would add apples to hours."""
    if known is None:
        return
    if known.currency != options.rating_currency:
        raise InvalidOption(
            "rating_currency",
            f"is {options.rating_currency}, but this feed was imported in {known.currency}; use that.",
        )
    if known.collect_period_s != options.collect_period_s:
        raise InvalidOption(
            "collect_period",
            f"is {options.collect_period_s} s, but this feed was imported in periods of {known.collect_period_s} s; use that.",
        )


def _entries(reading: Reading, options: ImportOptions, source: str) -> Iterable[entries.Entry]:
    """One entry per metric and period: frames of one metric and period are summed first (rule F1)."""
    amounts: dict[tuple[str, Window], list[Decimal]] = {}
    quantities: dict[tuple[str, Window], list[Decimal]] = {}
    for frame in reading.frames:
        at = (frame.cost.type, frame.window)
        amounts.setdefault(at, []).append(frame.cost.amount)
        if frame.cost.quantity is not None:
            quantities.setdefault(at, []).append(frame.cost.quantity)
    for (metric, period), parts in amounts.items():
        yield entries.Entry(
            source=source,
            key=f"{metric}/{iso(period.begin)}",
            charge_category="usage",
            category=category_of(metric, options.metric_categories),
            period=period,
            amount_nano=to_nano(exact_sum(parts), "imported amount"),
            currency=options.rating_currency,
            cloud=reading.cloud,
            region=reading.key.region,
            project_id=reading.key.project_id,
            project_name=reading.project_name,
            metric=metric,
            quantity=_told(exact_sum(quantities[(metric, period)])) if (metric, period) in quantities else None,
        )


def _told(quantity: Decimal) -> str:
    """To 9 decimals: the noise of the cloud's floats would make every replay a correction."""
    return plain(ROUNDING.quantize(quantity, Decimal("1e-9")))


def _moved_on(known: feeds.Feed | None, reading: Reading, options: ImportOptions) -> feeds.Feed:
    if known is not None and known.rated_through > reading.window.end:
        raise UnknownAmount(
            f"The cloud now tells cost only up to {iso(reading.window.end)}, although it was known up to {iso(known.rated_through)};"
            " nothing was imported."
        )
    return feeds.Feed(
        key=reading.key,
        cloud=reading.cloud,
        project_name=reading.project_name,
        currency=options.rating_currency,
        collect_period_s=options.collect_period_s,
        rated_through=reading.window.end,
        run_rates=_run_rates(reading, options),
        windows=feeds.merged(known.windows if known else (), reading.window),
        categories=(known.categories if known else frozenset())
        | {category_of(frame.cost.type, options.metric_categories) for frame in reading.frames},
    )


def _run_rates(reading: Reading, options: ImportOptions) -> tuple[feeds.RunRate, ...]:
    """What the newest rated period cost, by category (rule F3)."""
    newest: dict[str, list[Decimal]] = {}
    for frame in reading.frames:
        if frame.window.end == reading.window.end:
            newest.setdefault(category_of(frame.cost.type, options.metric_categories), []).append(frame.cost.amount)
    return tuple(
        feeds.RunRate(category, (), to_nano(exact_sum(parts), "run rate")) for category, parts in sorted(newest.items())
    )
