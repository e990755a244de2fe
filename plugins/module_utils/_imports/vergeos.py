# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""VergeOS as a source: what a system used, at the prices of a list, as it has no costs of its own
(design/imports.md#vergeos).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .._core import spans
from .._core.errors import InvalidOption, UnknownAmount
from .._core.money import NANO_PER_UNIT, ROUNDING, amount_of, exact_sum, from_nano
from .._core.periods import Window, ceil_to, iso
from .._core.spans import HOUR_S
from .._ledger import feed_changes, feeds, sql
from .._ledger.watch import Watch, unwatched
from .._openstack.rating.answers import RatedPoint
from .._vergeos import billing
from .._vergeos.system import System
from .entry_writer import Signature
from .free_tier_credit import Credit
from .rated_entries import Feeding
from .rated_window import Unit
from .run import run_import
from .source import Stored
from .vergeos_quantities import QUANTITIES, UsedHours, by_hour, categories, metric

_HOUR = timedelta(seconds=HOUR_S)
#: A record that does not say what it is for is for the time since the one before it, which may lie before the
#: window.
_LOOK_BACK = timedelta(days=1)
_LAYOUT = feeds.ImportLayout(feeds.HOUR, feeds.BY_TYPE, False)


@dataclass(frozen=True)
class UsagePrices:
    """What one of a quantity costs for an hour, net of VAT: by the names of QUANTITIES, in one currency."""

    prices: Mapping[str, Decimal]
    currency: str


@dataclass(frozen=True)
class UsageImportOptions:
    """asked: None for since the last import. reread: price imported hours again, not only new ones."""

    asked: Window | None
    usage_prices: UsagePrices
    metric_categories: Mapping[str, str]
    reread: bool = False


def parse_prices(given: Mapping[str, object], currency: str) -> UsagePrices:
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
                option, f"'{name}' is not a quantity that has a price; use one of {', '.join(QUANTITIES)}."
            )
        prices[name] = amount_of(price, option)
        if prices[name] < 0:
            raise InvalidOption(option, f"'{price}' is negative.")
    return UsagePrices(prices, currency)


def import_usage(
    system: System,
    ledger_options: sql.LedgerOptions,
    options: UsageImportOptions,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """The result of cost_import_vergeos: run_import() for a VergeOS system. Raises as that does."""
    signature = Signature(now, recorded_by)
    return run_import(Vergeos(system, options), options.asked, ledger_options, signature, check_mode, watch)


@dataclass(frozen=True)
class Vergeos:
    """A Source: the billing records of a system."""

    system: System
    options: UsageImportOptions

    @property
    def feeding(self) -> Feeding:
        """The feed of the system: it is one project."""
        return Feeding(
            key=feeds.FeedKey("", self.system.host, feeds.VERGEOS),
            auth_url=self.system.url,
            cloud=self.system.cloud_name,
            project_name=self.system.cloud_name or self.system.host,
            currency=self.options.usage_prices.currency,
            currency_option="currency",
            collect_period_s=HOUR_S,
            layout=_LAYOUT,
            metric_categories=categories(self.options.metric_categories),
            resources={},
        )

    def window(self, asked: Window, _feed: feeds.Feed | None) -> Window:
        """The window itself: every unit is an hour."""
        return asked

    def read(self, window: Window, stored: Stored, now: datetime) -> VergeosDelivery:
        """The hours of the window whose records have every quantity that has a price.

        Raises CloudError, UnknownAmount.
        """
        until = ceil_to(now + timedelta(seconds=1), HOUR_S)
        records = billing.records(self.system, window.begin - _LOOK_BACK, until)
        hours = by_hour(records, self.options.usage_prices.prices, window)
        if stored.feed is None and not hours.used:
            raise UnknownAmount(
                f"{self.system.url} has no record that tells all that has a price for a whole hour from"
                f" {iso(window.begin)} to {iso(window.end)}, so the cost is unknown."
            )
        points = {hour: _points(hour, used, self.options.usage_prices) for hour, used in hours.used.items()}
        units = [_unit(hour, of_hour) for hour, of_hour in points.items()]
        wanted = [unit for unit in units if self.options.reread or not _is_imported(stored.feed, unit.window)]
        return VergeosDelivery(self.system, window, hours, points, units, wanted)


@dataclass(frozen=True)
class VergeosDelivery:
    """A Delivery: the hours of a window. points_of: what each hour cost, by its begin."""

    system: System
    window: Window
    hours: UsedHours
    points_of: Mapping[datetime, Sequence[RatedPoint]]
    units: Sequence[Unit]
    wanted: Sequence[Unit]

    @property
    def withdrawn(self) -> Collection[datetime]:
        """None: an hour that was imported stays, even if its records are gone."""
        return ()

    @property
    def resources(self) -> Mapping[str, feed_changes.FeedResource]:
        """None: records are about the whole system."""
        return {}

    def points(self) -> Iterator[tuple[Unit, Sequence[RatedPoint]]]:
        """Each hour with what it cost."""
        return ((unit, self.points_of[unit.window.begin]) for unit in self.wanted)

    def traffic_unit(self) -> str | None:
        """None: records do not count traffic."""
        return None

    def holes(self, feed: feeds.Feed | None) -> Sequence[datetime]:
        """The hours of the window that are not imported although a later one is, or although a record covers
        them, which then lacks a quantity.
        """
        if feed is None:
            return []
        unknown = (hour for hour in self.hours.unknown if hour not in self.hours.partly)
        through = max((hour + _HOUR for hour in unknown), default=self.window.begin)
        end = max(min(feed.rated_through, self.window.end), through)
        begin = self.window.begin
        if feed.imported:
            begin = max(begin, feed.imported[0].window.begin)
        every = spans.steps(spans.from_to(begin, end), _HOUR)
        return [hour.begin for hour in every if not _is_imported(feed, hour)]

    def to_result(self, _unknown_tags: Collection[str], _free: Sequence[Credit]) -> dict[str, Any]:
        """The system, and the records that lack a quantity that has a price."""
        incomplete = set[int]().union(*self.hours.unknown.values())
        return {"system": self.system.to_result(), "incomplete_records": sorted(incomplete)}


def _unit(hour: datetime, points: Sequence[RatedPoint]) -> Unit:
    cost = exact_sum(point.amount for point in points)
    return Unit(Window(hour, hour + _HOUR), frozenset({hour}), frozenset(), cost)


def _is_imported(feed: feeds.Feed | None, hour: Window) -> bool:
    return feed is not None and feed.first_hole(hour) is None


def _points(hour: datetime, used: Mapping[str, Fraction], usage_prices: UsagePrices) -> list[RatedPoint]:
    """What an hour cost, rounded once to what the ledger holds; nothing where nothing was used."""
    window = Window(hour, hour + _HOUR)
    return [
        RatedPoint(
            window,
            metric(name),
            None,
            _decimal(quantity),
            f"{name} h",
            _cost(quantity, usage_prices.prices[name]),
            {},
        )
        for name, quantity in used.items()
        if quantity
    ]


def _cost(quantity: Fraction, price: Decimal) -> Decimal:
    return from_nano(round(quantity * Fraction(price) * NANO_PER_UNIT))


def _decimal(quantity: Fraction) -> Decimal:
    return ROUNDING.divide(Decimal(quantity.numerator), Decimal(quantity.denominator))
