# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Bringing what a VergeOS system used into the ledger, at the prices of a list (design/imports.md#vergeos):
it tells no cost itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .._core.errors import InvalidOption, UnknownAmount
from .._core.money import NANO_PER_UNIT, ROUNDING, amount_of, display, exact_sum, from_nano
from .._core.periods import Window, ceil_to, iso
from .._ledger import feeds, sql
from .._ledger.watch import Watch, unwatched
from .._openstack.rating.answers import RatedPoint
from .._vergeos import billing
from .._vergeos.connection import System
from .cloudkitty import since_last, told_feed
from .feed_writer import FeedWriter, Signature
from .rated_entries import Feeding
from .rated_window import Unit, joined
from .vergeos_quantities import HOUR_S, QUANTITIES, Hours, by_hour, categories, metric

_HOUR = timedelta(seconds=HOUR_S)
#: A record that does not say what it is for is for the time since the one before it, which may lie before the
#: window.
_LOOK_BACK = timedelta(days=1)
_FORM = feeds.ImportLayout(feeds.HOUR, feeds.BY_TYPE, False)


@dataclass(frozen=True)
class PriceList:
    """What one of a quantity costs for an hour, net of VAT: by the names of QUANTITIES, in one currency."""

    prices: Mapping[str, Decimal]
    currency: str


@dataclass(frozen=True)
class VergeosOptions:
    """asked: None for since the last import. reread: hours that were imported are priced anew, and not only
    those that are new.
    """

    asked: Window | None
    price_list: PriceList
    metric_categories: Mapping[str, str]
    reread: bool = False


def parse_prices(given: Mapping[str, object], currency: str) -> PriceList:
    """The option usage_prices. Raises InvalidOption for what has no price there, or a negative one."""
    if not given:
        raise InvalidOption(
            "usage_prices", f"is empty; it says what an hour costs of one of {', '.join(QUANTITIES)}."
        )
    prices = {}
    for name, price in given.items():
        option = f"usage_prices.{name}"
        if name not in QUANTITIES:
            raise InvalidOption(
                option, f"'{name}' is nothing that is priced; it is one of {', '.join(QUANTITIES)}."
            )
        prices[name] = amount_of(price, option)
        if prices[name] < 0:
            raise InvalidOption(option, f"'{price}' is negative.")
    return PriceList(prices, currency)


def import_usage(
    system: System,
    ledger_options: sql.LedgerOptions,
    options: VergeosOptions,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """The result of cost_import for a VergeOS system: its hours that are new, each in a transaction of its
    own.

    An hour is known when records are for all of it and tell every quantity that has a price; the others are
    holes, up to the newest known one. Raises CloudError, LedgerError, UnknownAmount where nothing is known at
    all, InvalidOption.
    """
    feeding = _feeding(system, options)
    known = _known(ledger_options, feeding.key)
    if known is not None and known.currency != options.price_list.currency:
        raise InvalidOption(
            "currency", f"is {options.price_list.currency}, but this feed is in {known.currency}; use that."
        )
    window = _window(known, options.asked, now)
    found = billing.records(system, window.begin - _LOOK_BACK, ceil_to(now + timedelta(seconds=1), HOUR_S))
    hours = by_hour(found, options.price_list.prices, window)
    if known is None and not hours.used:
        raise UnknownAmount(
            f"{system.url} has no record that tells all that has a price for a whole hour from {iso(window.begin)} to {iso(window.end)};"
            " up to when its cost is known cannot be told."
        )
    points = {hour: _points(hour, used, options.price_list) for hour, used in hours.used.items()}
    wanted = [hour for hour in points if options.reread or not _is_imported(known, hour)]
    with FeedWriter(ledger_options, feeding, known, Signature(now, recorded_by), check_mode) as writer:
        writer.prepare(())
        for hour in wanted:
            cost = exact_sum(point.amount for point in points[hour])
            writer.write(Unit(Window(hour, hour + _HOUR), frozenset({hour}), frozenset(), cost), points[hour])
        watched = writer.finish(watch)
    holes = _holes(writer.feed, window, hours)
    return {
        "changed": writer.feed != known or writer.wrote,
        "system": system.to_result(),
        "ledger": sql.shown(ledger_options),
        "ledger_created": writer.created,
        "entries": writer.counts,
        **told_feed(writer.feed),
        "period_start": iso(window.begin),
        "period_end": iso(max((hour + _HOUR for hour in points), default=window.begin)),
        "imported": display(exact_sum(point.amount for of_hour in points.values() for point in of_hour)),
        "currency": options.price_list.currency,
        "collect_period": HOUR_S,
        "periods": {"rated": len(points), "empty": 0, "read": len(wanted), "missing": len(holes)},
        "holes": [{"begin": iso(one.begin), "end": iso(one.end)} for one in joined(holes, HOUR_S)],
        "rating_behind": bool(holes),
        "incomplete_records": sorted(set().union(*hours.unknown.values())) if hours.unknown else [],
        "complete": True,
        **watched,
    }


def _feeding(system: System, options: VergeosOptions) -> Feeding:
    return Feeding(
        key=feeds.FeedKey(system.url, "", system.host, feeds.VERGEOS),
        cloud=system.cloud_name,
        project_name=system.cloud_name or system.host,
        currency=options.price_list.currency,
        collect_period_s=HOUR_S,
        layout=_FORM,
        metric_categories=categories(options.metric_categories),
        resources={},
    )


def _known(ledger_options: sql.LedgerOptions, key: feeds.FeedKey) -> feeds.Feed | None:
    if not sql.exists(ledger_options):
        return None
    with sql.reading(ledger_options) as ledger:
        return feeds.find(ledger.connection, key)


def _window(known: feeds.Feed | None, asked: Window | None, now: datetime) -> Window:
    """Whole hours. Raises InvalidOption where all of them lie ahead."""
    wanted = asked or Window(since_last(known, now), now)
    if wanted.begin >= now:
        raise InvalidOption("begin", f"{iso(wanted.begin)} is not past; nothing is used yet.")
    begin, end = (ceil_to(moment, HOUR_S) for moment in (wanted.begin, min(wanted.end, now)))
    return Window(begin, max(begin, end))


def _is_imported(known: feeds.Feed | None, hour: datetime) -> bool:
    return known is not None and known.first_hole(Window(hour, hour + _HOUR)) is None


def _points(hour: datetime, used: Mapping[str, Fraction], price_list: PriceList) -> list[RatedPoint]:
    """What an hour cost, rounded once to what the ledger holds; nothing where nothing was used."""
    window = Window(hour, hour + _HOUR)
    return [
        RatedPoint(
            window,
            metric(name),
            None,
            _decimal(quantity),
            f"{name} h",
            _cost(quantity, price_list.prices[name]),
            {},
        )
        for name, quantity in used.items()
        if quantity
    ]


def _cost(quantity: Fraction, price: Decimal) -> Decimal:
    return from_nano(round(quantity * Fraction(price) * NANO_PER_UNIT))


def _decimal(quantity: Fraction) -> Decimal:
    return ROUNDING.divide(Decimal(quantity.numerator), Decimal(quantity.denominator))


def _holes(feed: feeds.Feed | None, window: Window, hours: Hours) -> list[datetime]:
    """The hours of the window that are not imported although a later one is, or a record is for all of it and
    does not tell enough.
    """
    if feed is None:
        return []
    through = max((hour + _HOUR for hour in hours.unknown if hour not in hours.partly), default=window.begin)
    end = max(min(feed.rated_through, window.end), through)
    begin = max(window.begin, feed.imported[0].window.begin) if feed.imported else window.begin
    count = max(0, int((end - begin) / _HOUR))
    every = (begin + number * _HOUR for number in range(count))
    return [hour for hour in every if not _is_imported(feed, hour)]
