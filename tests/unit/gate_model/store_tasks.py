# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the machine does, done by the collection's tasks in one ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets as gate
from ansible_collections.finops.cloud.plugins.module_utils._budgets import overrides, policy_task
from ansible_collections.finops.cloud.plugins.module_utils._budgets import reservations as reserved
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import exact_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso, moment_of
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._imports import retiring, run
from ansible_collections.finops.cloud.plugins.module_utils._imports.entry_writer import Signature
from ansible_collections.finops.cloud.plugins.module_utils._imports.rated_entries import Feeding
from ansible_collections.finops.cloud.plugins.module_utils._imports.rated_window import Unit
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    entries,
    feed_changes,
    feeds,
    sql,
    transaction,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.watch import unwatched
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.answers import RatedPoint

from .model import BudgetModel, EntryModel, FeedModel, Hours, LineModel, OverrideModel, moment
from .reservations import Asked

Result = dict[str, Any]
WHO = "tester"
_READ_USED = "SELECT budget, period_id, reservation, generation FROM override_use"


@dataclass(frozen=True)
class StoreTasks:
    """The result of a task that is refused has only `refused`, the sentence."""

    options: sql.LedgerOptions
    set_clock: Callable[[Hours], None]
    rates: Rates

    def define(self, one: BudgetModel, now: Hours) -> None:
        period: dict[str, Any] = {"period": one.period}
        if one.span is not None:
            period |= {"begin": iso(moment(one.span[0])), "end": iso(moment(one.span[1]))}
        scope = {
            "categories": sorted(one.categories), "projects": sorted(one.projects),
            "regions": sorted(one.regions), "tags": dict(one.tags),
        }  # fmt: skip
        task = gate.BudgetTask(
            name=one.name, limit=str(decimal(one.limit)), currency=one.currency, fed_by=one.fed_by,
            basis=one.basis, scope=scope, max_staleness=f"{one.max_staleness}h", untagged=one.untagged,
            tax=one.tax, thresholds=[], **period,
        )  # fmt: skip
        gate.apply(self.options, task, self.rates, moment(now), False, WHO)

    def import_(self, feed: FeedModel, begin: Hours, new: Sequence[EntryModel], now: Hours) -> None:
        """As from a cloud that has rated these entries of the hours from begin on, and no others."""
        asked = Window(moment(begin), moment(feed.rated_through))
        source = HandMadeSource(feed, new, asked)
        run.run_import(source, asked, self.options, Signature(moment(now), WHO), False, unwatched)

    def let_removals_offset(self, offsets: bool, now: Hours) -> None:
        """All else is as it is without a policy."""
        task = policy_task.PolicyTask(
            allow_on_unknown_warn=True,
            allow_on_exceeded_warn=True,
            allow_own_rates=True,
            offset_removals=offsets,
        )
        policy_task.apply(self.options, task, moment(now), False, WHO)

    def enter(self, one: EntryModel, key: str, now: Hours) -> None:
        entry = entries.Entry(
            source="test", key=key, charge_category="tax" if one.is_tax else "usage",
            category=str(one.place.category), period=Window(moment(one.at), moment(one.at)),
            amount_nano=nano(one.amount), currency=one.currency, region=one.place.region,
            project_id=one.place.project, tags=dict(one.place.tags),
        )  # fmt: skip
        with sql.writing(self.options) as ledger:
            entries.write(ledger.connection, entry, moment(now), WHO)

    def retire(self, project: str, region: str, now: Hours) -> Result:
        signature = Signature(moment(now), WHO)
        try:
            return retiring.retire(self.options, project, region, "gone", signature, False)
        except InvalidOption as error:
            return {"refused": str(error)}

    def ask(self, request: Sequence[LineModel], now: Hours) -> Result:
        task = gate.BudgetTask(lines=[row_of(line) for line in request])
        return gate.apply(self.options, task, self.rates, moment(now), True, WHO)

    def hold(self, asked: Asked, now: Hours, check_mode: bool = False) -> Result:
        task = reserved.ReservationTask(
            name=asked.name, state="held", lines=[row_of(line) for line in asked.lines if not line.removes],
            removals=[removal_of(line) for line in asked.lines if line.removes],
            settled_by=asked.settled_by, ttl=f"{asked.ttl}h",
            on_exceeded="warn" if asked.warns_exceeded else "fail",
            on_unknown="warn" if asked.warns_unknown else "fail",
        )  # fmt: skip
        return self._reserve(task, now, check_mode)

    def end(self, name: str, state: str, now: Hours) -> Result:
        """Commit or release."""
        return self._reserve(reserved.ReservationTask(name=name, state=state), now, False)

    def _reserve(self, task: reserved.ReservationTask, now: Hours, check_mode: bool) -> Result:
        try:
            return reserved.apply(self.options, task, self.rates, moment(now), check_mode, WHO)
        except InvalidOption as error:
            return {"refused": str(error)}

    def override(self, one: OverrideModel, state: str, now: Hours) -> Result:
        task = overrides.OverrideTask(
            budget=one.budget, reservation=one.reservation, state=state, amount=str(decimal(one.amount)),
            reason="launch", approved_by="Ada", until=iso(moment(one.until)),
            for_period=iso(moment(one.span[0])),
        )  # fmt: skip
        try:
            return overrides.apply(self.options, task, moment(now), False, WHO)
        except InvalidOption as error:
            return {"refused": str(error)}

    def used(self) -> set[tuple[str, str, str, int]]:
        """Budget, begin of the period, reservation and generation of what was used up."""
        with sql.reading(self.options) as ledger:
            rows = transaction.read(ledger.connection, _READ_USED)
            return {
                (budget, period_id.partition("/")[2], reservation, generation)
                for budget, period_id, reservation, generation in rows
            }

    def status(self, now: Hours) -> Result:
        return status(self.options, None, self.rates, moment(now))


@dataclass(frozen=True)
class HandMadeSource:
    """A Source and its Delivery: what a cloud would say of a window, written as one unit."""

    feed: FeedModel
    costs: Sequence[EntryModel]
    asked: Window

    @property
    def feeding(self) -> Feeding:
        return Feeding(
            key=feeds.FeedKey(self.feed.region, self.feed.project), auth_url="https://cloud/v3",
            cloud="cloud", project_name=self.feed.project, currency=self.feed.currency,
            currency_option="rating_currency", collect_period_s=3600, layout=feeds.ImportLayout(),
            metric_categories={}, resources={},
        )  # fmt: skip

    def window(self, asked: Window, _feed: feeds.Feed | None) -> Window:
        return asked

    def read(self, _window: Window, _stored: Any, _now: Any) -> HandMadeSource:
        return self

    @property
    def units(self) -> Sequence[Unit]:
        begin, end = (int(at.timestamp()) for at in (self.asked.begin, self.asked.end))
        rated = frozenset(moment(one.at) for one in self.costs)
        empty = frozenset(map(moment_of, range(begin, end, 3600))) - rated
        return [Unit(self.asked, rated, empty, exact_sum(decimal(one.amount) for one in self.costs))]

    @property
    def wanted(self) -> Sequence[Unit]:
        return self.units

    @property
    def withdrawn(self) -> Sequence[Any]:
        return ()

    @property
    def resources(self) -> Mapping[str, feed_changes.FeedResource]:
        return {
            f"{one.feed} {one.metric}": feed_changes.FeedResource("server", "server", one.place.tags)
            for one in self.costs
        }

    def points(self) -> Iterator[tuple[Unit, Sequence[RatedPoint]]]:
        in_time = sorted(self.costs, key=lambda one: one.at)
        points = []
        for at, each in groupby(in_time, key=lambda one: one.at):
            hour = Window(moment(at), moment(at + 1))
            points += [
                RatedPoint(
                    hour, str(one.metric), f"{one.feed} {one.metric}", decimal(one.terabytes), "TB",
                    decimal(one.amount), {},
                )
                for one in each
            ]  # fmt: skip
        yield self.units[0], points

    def traffic_unit(self) -> str | None:
        return "TB"

    def holes(self, _feed: feeds.Feed | None) -> Sequence[Any]:
        return ()

    def to_result(self, *_about: Any) -> Result:
        return {}


def decimal(amount: Fraction) -> Decimal:
    found = Decimal(amount.numerator) / amount.denominator
    assert Fraction(found) == amount
    return found


def nano(amount: Fraction) -> int:
    found = amount * 10**9
    assert found.denominator == 1
    return int(found)


def removal_of(line: LineModel) -> dict[str, Any]:
    return {name: value for name, value in row_of(line).items() if name not in ("amount", "at", "metric")}


def row_of(line: LineModel) -> dict[str, Any]:
    row: dict[str, Any] = {
        "currency": line.currency, "category": line.place.category, "project": line.place.project,
        "region": line.place.region, "tags": dict(line.place.tags), "metric": line.metric,
    }  # fmt: skip
    amount = str(decimal(line.amount))
    if not line.is_running:
        return {**row, "amount": amount, "at": None if line.at is None else iso(moment(line.at))}
    return {**row, "hourly": amount, "until": None if line.until is None else iso(moment(line.until))}
