# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In whatever order things happen, the gate on both stores says what the model says, across midnight and the
year's end, in two regions and three currencies (design/gate.md, design/reservations.md, design/imports.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import iso
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from . import imports, reservations
from .model import (
    DENY,
    FREE_TRAFFIC,
    TRAFFIC,
    BudgetModel,
    EntryModel,
    FeedModel,
    Hours,
    Ledger,
    LineModel,
    OverrideModel,
    PeriodModel,
    Place,
    covers,
    judged,
    moment,
    period_at,
    period_sum,
    rested,
    verdicts,
    worst,
)
from .pool import (
    BEGIN,
    POOL,
    ROWS,
    amounts,
    currencies,
    limits,
    lines,
    lines_and_removals,
    names,
    placed,
    places,
    rate,
)
from .store_tasks import Result, StoreTasks

#: Ledgers, each with what sets its clock.
Stores = list[tuple[sql.LedgerOptions, Callable[[Hours], None]]]
Tags = tuple[tuple[str, str], ...]
projects = st.sampled_from(["p1", "p1", "p2", "p2", "p3"])
regions = st.sampled_from(["r1", "r2"])
lets = st.sampled_from([(False, False), (False, False), (True, False), (False, True), (True, True)])
by_import = st.sampled_from([True, True, False])
numbers = st.integers(0, 6)
#: What each operation draws.
DRAWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "hold": {"wanted": lines_and_removals(), "name": names, "by_import": by_import, "warns": lets},
    "hold_and_commit": {
        "wanted": lines_and_removals(), "name": names, "by_import": by_import,
        "later": st.sampled_from([0, 1, 5]),
    },
    "hold_with_an_override": {
        "wanted": lines_and_removals(), "name": names, "by_import": by_import, "number": numbers,
        "short": st.sampled_from([0, 0, 0, -1, 100]),
        "then": st.sampled_from(["take", "take", "replace", "commit", "let"]),
    },
    "hold_the_same": {"name": names, "warns": lets},
    "commit": {"name": names},
    "release": {"name": names},
    "ask": {"wanted": lines()},
    "tick": {
        "ahead": st.sampled_from([*[0.5, 1, 4, 9, 26] * 3, 150]),
        "imports": st.sampled_from([True, True, True, False]),
    },
    "import_": {
        "project": projects, "region": regions, "amount": amounts, "terabytes": st.integers(0, 4),
    },
    "retire": {"project": projects, "region": regions},
    "enter": {
        "ahead": st.integers(-40, 400), "amount": amounts, "currency": currencies, "place": places,
        "is_tax": st.booleans(),
    },
    "redefine": {"number": numbers, "limit": limits, "tax": st.sampled_from(["excluded", "included"])},
    "allow_more": {
        "number": numbers, "name": names, "amount": st.sampled_from([1, 300, 20000]),
        "ahead": st.sampled_from([0, 0, 30]), "until": st.sampled_from([0, 1, 30]),
    },
    "let_removals_offset": {"offsets": st.sampled_from([True, True, False])},
    "take_back": {"number": st.integers(0, 100)},
}  # fmt: skip
WEIGHTS = {
    "hold_and_commit": 6, "hold_with_an_override": 6, "tick": 6, "hold": 4, "hold_the_same": 3, "enter": 2,
    "ask": 2, "commit": 2, "release": 2, "import_": 2, "redefine": 2, "retire": 1, "allow_more": 1,
    "take_back": 1, "let_removals_offset": 1,
}  # fmt: skip
OPERATIONS = [name for name, weight in WEIGHTS.items() for _time in range(weight)]


@dataclass(frozen=True)
class Going:
    """What a feed brings each hour, and how much traffic every third."""

    amount: Fraction = Fraction(1)
    terabytes: int = 1


class GateMachine(RuleBasedStateMachine):
    """Each operation on the model, in a file and in a database."""

    def __init__(self, stores: Stores) -> None:
        super().__init__()
        rates = parse_rates(ROWS, confirmed=True)
        self.stores = [StoreTasks(options, set_clock, rates) for options, set_clock in stores]
        self.ledger = Ledger(rate)
        self.now = BEGIN
        self.count = 0
        self.going: dict[tuple[str, str], Going] = {}
        self.tick_to(BEGIN)

    # What happens.

    @initialize(
        given=st.lists(limits, min_size=len(POOL), max_size=len(POOL)),
        wanted=st.sets(st.sampled_from(range(2, len(POOL)))),
        lax=st.booleans(),
        terabytes=st.integers(0, 3),
    )
    def begin(self, given: list[Fraction], wanted: set[int], lax: bool, terabytes: int) -> None:
        for number in sorted({0, 1, *wanted}):
            one = replace(POOL[number], limit=given[number])
            self.define(replace(one, untagged="outside") if lax and one.tags else one)
        for of in (("p1", "r1"), ("p1", "r2"), ("p2", "r1")):
            self.bring(*of, Going(terabytes=terabytes), BEGIN)

    @rule(operation=st.sampled_from(OPERATIONS), data=st.data())
    def step(self, operation: str, data: st.DataObject) -> None:
        """One operation. They are no rules of their own, of which each run would leave out some."""
        getattr(self, operation)(**data.draw(st.fixed_dictionaries(DRAWN[operation])))
        self.compare()

    def redefine(self, number: int, limit: Fraction, tax: str) -> None:
        known = self.ledger.budgets[number % len(self.ledger.budgets)]
        self.define(replace(known, limit=limit, tax=tax))

    def import_(self, project: str, region: str, amount: Fraction, terabytes: int) -> None:
        self.bring(project, region, Going(amount / 20, terabytes), int(self.now))

    def retire(self, project: str, region: str) -> None:
        done = imports.retire(self.ledger, project, region, self.now)
        for store in self.stores:
            found = store.retire(project, region, self.now)
            assert ("refused" not in found) == done, found

    def let_removals_offset(self, offsets: bool) -> None:
        self.ledger.offsets = offsets
        for store in self.stores:
            store.let_removals_offset(offsets, self.now)

    def enter(self, ahead: int, amount: Fraction, currency: str, place: Place, is_tax: bool) -> None:
        place = replace(place, category=place.category or "storage")
        new = EntryModel(self.now + ahead, amount, currency, place, is_tax)
        self.ledger.entries.append(new)
        self.count += 1
        for store in self.stores:
            store.enter(new, str(self.count), self.now)

    def hold(
        self, wanted: tuple[LineModel, ...], name: str, by_import: bool, warns: tuple[bool, bool]
    ) -> None:
        self.take(self.asked(wanted, name, by_import, *warns))

    def hold_and_commit(self, wanted: tuple[LineModel, ...], name: str, by_import: bool, later: int) -> None:
        """As a pipeline does that deploys whatever the gate says."""
        self.take(self.asked(wanted, name, by_import, True, True))
        if later:
            self.tick(later / 2, imports=later > 1)
        self.commit(name)

    def hold_with_an_override(
        self,
        wanted: tuple[LineModel, ...],
        name: str,
        by_import: bool,
        number: int,
        short: int,
        then: str,
    ) -> None:
        """What a budget denies, its owner allows; by a trifle too little, or by more than is needed. What
        none denies, one does whose limit is a trifle too low.
        """
        asked = self.asked(wanted, name, by_import, False, then == "let")
        if reservations.hold(self.ledger, asked, self.now, taking=False) != DENY:
            self.tighten(number, asked)
        for budget, one in list(self.judged(asked)):
            missing = Fraction(ceil((sum(one.amounts.values()) - budget.limit) * 10**9), 10**9)
            amount = missing + (Fraction(short, 10**9) if short < 0 else short)
            if one.verdict == DENY and amount > 0:
                self.grant(OverrideModel(budget.name, one.span, name, amount, self.now + 2))
        self.take(asked)
        if then == "replace":
            self.take(
                replace(asked, lines=tuple(replace(line, amount=line.amount / 2) for line in asked.lines))
            )
        elif then == "commit":
            self.commit(name)

    def allow_more(self, number: int, name: str, amount: int, ahead: int, until: Hours) -> None:
        budget = self.ledger.budgets[number % len(self.ledger.budgets)]
        span = period_at(budget, self.now + ahead)
        if span is not None:
            self.grant(OverrideModel(budget.name, span, name, Fraction(amount), self.now + until))

    def take_back(self, number: int) -> None:
        if self.ledger.overrides:
            one = self.ledger.overrides[number % len(self.ledger.overrides)]
            done = reservations.take_back(self.ledger, one)
            for store in self.stores:
                found = store.override(one, "absent", self.now)
                assert ("refused" not in found) == done, found

    def hold_the_same(self, name: str, warns: tuple[bool, bool]) -> None:
        known = reservations.newest(self.ledger, name)
        if (
            known is not None
            and all(line.at is None or line.at >= self.now for line in known.first_lines)
            and all(line.until is None or line.until > self.now for line in known.first_lines)
        ):
            self.take(reservations.Asked(name, known.first_lines, known.settled_by, 3, *warns))

    def commit(self, name: str) -> None:
        self.end(name, "committed", reservations.commit(self.ledger, name, self.now))

    def release(self, name: str) -> None:
        self.end(name, "released", reservations.release(self.ledger, name, self.now))

    def ask(self, wanted: tuple[LineModel, ...]) -> None:
        request = placed(wanted, self.now)
        said = verdicts(self.ledger, request, self.now)
        for store in self.stores:
            found = store.ask(request, self.now)
            assert {row["name"]: row["verdict"] for row in found["budgets"]} == {
                name: verdict for name, verdict in said.items() if name
            }, found["reasons"]
            assert found["verdict"] == worst(said.values()), found["reasons"]

    def tick(self, ahead: Hours, imports: bool) -> None:
        self.tick_to(self.now + ahead)
        for feed in self.ledger.feeds if imports else ():
            if feed.retired_at is None:
                of = (feed.project, feed.region)
                self.bring(*of, self.going[of], int(self.now))

    # How it is done.

    def tick_to(self, now: Hours) -> None:
        self.now = now
        for store in self.stores:
            store.set_clock(now)

    def define(self, one: BudgetModel) -> None:
        self.ledger.budgets = [known for known in self.ledger.budgets if known.name != one.name] + [one]
        self.ledger.budgets.sort(key=lambda known: known.name)
        for store in self.stores:
            store.define(one, self.now)

    def bring(self, project: str, region: str, going: Going, through: Hours) -> None:
        """An import of all hours since the last one, up to that one."""
        known = imports.feed_of(self.ledger, project, region)
        since = through - 24 if known is None else known.rated_through
        if known is not None and through <= since:
            return
        # The cost of project p1 is known since the year began, and was nothing at first.
        first, traffic_since = since, since
        if known is None and project == "p1":
            first, traffic_since = 0, through - 180
        feed = FeedModel(project, region, "ICU", first if known is None else known.begin, through)
        tags = (("team", "web"),) if region == "r1" else ()
        new = [
            *costs_of(feed, tags, going, range(int(since), int(through))),
            *traffic_of(feed, tags, going, range(int(traffic_since), int(through))),
        ]
        imports.bring(self.ledger, feed, new)
        self.going[project, region] = going
        for store in self.stores:
            store.import_(feed, first, new, self.now)

    def asked(
        self, wanted: tuple[LineModel, ...], name: str, by_import: bool, *warns: bool
    ) -> reservations.Asked:
        settled_by = "import" if by_import else "entry"
        return reservations.Asked(name, placed(wanted, self.now), settled_by, 3, *warns)

    def judged(self, asked: reservations.Asked) -> Iterable[tuple[BudgetModel, PeriodModel]]:
        """What each budget says of each period, as if nothing of that name were held."""
        others = replace(self.ledger, holds=[one for one in self.ledger.holds if one.name != asked.name])
        added = reservations.added(asked.lines)
        request = asked.lines if self.ledger.offsets else added
        for budget in self.ledger.budgets:
            if any(covers(budget, line.place) is not False for line in added):
                for span in judged(others, budget, request, self.now):
                    yield budget, period_sum(others, budget, request, span, self.now)

    def tighten(self, number: int, asked: reservations.Asked) -> None:
        """Set the limit of a budget that is asked to less than it would need."""
        every = list(self.judged(asked))
        if every:
            budget, one = every[number % len(every)]
            units = ceil(sum(one.amounts.values()) * 10**9) - 1
            if units > 0:
                self.define(replace(budget, limit=Fraction(units, 10**9)))

    def take(self, asked: reservations.Asked) -> None:
        said = reservations.hold(self.ledger, asked, self.now)
        known = reservations.newest(self.ledger, asked.name)
        for store in self.stores:
            found = store.hold(asked, self.now)
            assert ("refused" in found) == (said == reservations.REFUSED), found
            if "refused" not in found:
                assert found["verdict"] == said, found["reasons"]
                if found["gate_passed"]:
                    assert known is not None
                    assert found["reservation"]["forced"] == bool(known.forced)

    def grant(self, one: OverrideModel) -> None:
        done = reservations.grant(self.ledger, one, self.now)
        for store in self.stores:
            found = store.override(one, "present", self.now)
            assert ("refused" not in found) == done, found

    def end(self, name: str, state: str, done: bool) -> None:
        for store in self.stores:
            found = store.end(name, state, self.now)
            assert ("refused" not in found) == done, found

    def compare_overrides(self) -> None:
        """The same were used up, by the same generations."""
        if not self.ledger.overrides:
            return
        used = {
            (one.budget, iso(moment(one.span[0])), one.reservation, one.used_by)
            for one in self.ledger.overrides
            if one.used_by is not None
        }
        for store in self.stores:
            assert store.used() == used, store.used() ^ used

    def compare(self) -> None:
        """Every budget has the amounts and the verdict of the model, in all periods that are judged."""
        self.compare_overrides()
        sums = {
            budget.name: [
                period_sum(self.ledger, budget, (), span, self.now)
                for span in judged(self.ledger, budget, (), self.now)
            ]
            for budget in self.ledger.budgets
        }
        ended = [
            f"{budget.name}: the cost of project {feed.project} in region {feed.region} is known up to"
            for budget in self.ledger.budgets
            for feed in rested(self.ledger, budget, self.now)
        ]
        for store in self.stores:
            told = store.status(self.now)
            assert [row["name"] for row in told["budgets"]] == list(sums)
            for row in told["budgets"]:
                self.compare_budget(row, sums[row["name"]])
            assert [one.partition(" up to")[0] + " up to" for one in told["warnings"]] == ended

    def compare_budget(self, row: Result, sums: list[Any]) -> None:
        shown = [row, row["next_period"], *row["later_periods"]]
        by_begin = {one["period_start"]: one for one in shown if one and one["period_start"]}
        for one in sums:
            told = by_begin[iso(moment(one.span[0]))]
            if not one.problems:
                amounts = {name: rounded(amount) for name, amount in one.amounts.items()}
                assert {name: told[name] for name in amounts} == amounts, (row["name"], told)
        verdict = worst(one.verdict for one in sums) if sums else "ended"
        assert row["verdict"] == verdict, (row["name"], row["reason"], [one.problems for one in sums])


def costs_of(feed: FeedModel, tags: Tags, going: Going, every: Iterable[int]) -> Iterable[EntryModel]:
    """Servers each hour."""
    of = (feed.project, feed.region)
    place = Place("compute", *of, tags)
    for hour in every:
        yield EntryModel(hour, going.amount, "ICU", place, metric="instance", feed=of)


def traffic_of(feed: FeedModel, tags: Tags, going: Going, every: Iterable[int]) -> Iterable[EntryModel]:
    """Traffic that may be free in every third hour, at 2 ICU a terabyte, and other traffic of region r2 in
    every fourth.
    """
    of = (feed.project, feed.region)
    free, other = Place("storage", *of, tags), Place("network", *of, tags)
    size = Fraction(going.terabytes)
    for hour in every:
        if size and hour % 3 == 0:
            yield EntryModel(hour, 2 * size, "ICU", free, False, FREE_TRAFFIC, size, of)
        if feed.region == "r2" and hour % 4 == 1:
            yield EntryModel(hour, Fraction(3, 2), "ICU", other, metric=TRAFFIC, feed=of)


def rounded(amount: Fraction) -> str:
    """As results show it."""
    millionths = round(amount * 10**6)
    text = format(Decimal(millionths).scaleb(-6), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@pytest.fixture
def make_stores(postgresql: dict[str, Any], tmp_path: Path) -> Callable[[], Stores]:
    """New ledgers in a file and in a database, each with what sets its clock."""
    count = iter(range(10**9))

    def make() -> Stores:
        name = f"model_{secrets.token_hex(6)}"
        where = {key: postgresql[key] for key in ("host", "port")}
        with psycopg.connect(
            **where, **postgresql["admin"], dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {postgresql['user']}")
            connection.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
        url = str(postgresql["url"]).rpartition("/")[0] + f"/{name}"

        def set_server(now: Hours) -> None:
            """A function of the database comes before that of the server."""
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute(
                    "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
                    f" AS $$ SELECT timestamptz '{moment(now).isoformat()}' $$".encode()
                )

        in_file = sql.LedgerOptions(f"sqlite:///{tmp_path}/{next(count)}.db")
        return [(in_file, lambda _now: None), (sql.LedgerOptions(url), set_server)]

    return make


def replayed(make: Callable[[], Stores], examples: int, part: int) -> None:
    """So many runs of fifty operations, the same ones for a part whenever this is run. Runs that differ are
    not made shorter, which takes longer than all of them.
    """
    run_state_machine_as_test(
        seed(part)(lambda: GateMachine(make())),
        settings=settings(
            max_examples=examples, stateful_step_count=50, deadline=None, database=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )  # fmt: skip


def test_200_operations_are_as_in_the_model(make_stores: Callable[[], Stores]) -> None:
    replayed(make_stores, 4, 0)


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(1, 21))
def test_10000_operations_are_as_in_the_model(part: int, make_stores: Callable[[], Stores]) -> None:
    """In parts, none of which comes near the time that a test may take on a busy machine."""
    replayed(make_stores, 10, part)
