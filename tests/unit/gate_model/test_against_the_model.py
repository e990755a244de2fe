# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In whatever order things happen, the gate on both stores says what the model says, across midnight and the
year's end, in two regions and three currencies (design/gate.md, design/reservations.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets as gate
from ansible_collections.finops.cloud.plugins.module_utils._budgets import reservations as reserved
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, feed_changes, feeds, sql
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from . import reservations as promises
from .model import (
    BudgetModel,
    EntryModel,
    FeedModel,
    Hours,
    Ledger,
    LineModel,
    Place,
    judged,
    moment,
    period_sum,
    verdicts,
)
from .model import (
    decision as model_decision,
)

# The evening of 30 December 2026: the year ends a day later.
BEGIN = Fraction(363 * 24 + 20)
NEW_YEAR = Fraction(365 * 24)
#: ICU per unit, and from which hour on. A dollar has no rate.
RATES = {"CHF": [(Fraction(-10000), 50)], "EUR": [(Fraction(-10000), 55), (NEW_YEAR + 30, 60)]}
ROWS = [
    {"currency": currency, "icu_per_unit": str(value), "valid_from": iso(moment(since))}
    for currency, each in RATES.items()
    for since, value in each
]
CURRENCIES = ("ICU", "CHF", "EUR")


#: Ledgers, each with what sets its clock.
Stores = list[tuple[sql.LedgerOptions, Callable[[Hours], None]]]


def rate(currency: str, at: Hours) -> Fraction | None:
    if currency == "ICU":
        return Fraction(1)
    return next((Fraction(value) for since, value in reversed(RATES.get(currency, [])) if since <= at), None)


POOL = (
    BudgetModel("all", Fraction(0), "ICU", "daily", "cloud", "period_end", max_staleness=48),
    BudgetModel(
        "calls", Fraction(0), "ICU", "daily", "entries", "actual", categories=frozenset({"llm_inference"}),
    ),
    BudgetModel("days", Fraction(0), "CHF", "daily", "cloud", "actual", categories=frozenset({"compute"})),
    BudgetModel(
        "web", Fraction(0), "EUR", "yearly", "cloud", "period_end", tags=(("team", "web"),),
        projects=frozenset({"p1"}), max_staleness=48,
    ),
    BudgetModel(
        "here", Fraction(0), "ICU", "monthly", "cloud", "actual",
        projects=frozenset({"p1"}), regions=frozenset({"r1"}),
    ),
    BudgetModel(
        "launch", Fraction(0), "CHF", "custom", "cloud", "actual", span=(NEW_YEAR, NEW_YEAR + 48),
        categories=frozenset({"compute"}),
    ),
    BudgetModel(
        "bots", Fraction(0), "EUR", "yearly", "entries", "actual",
        categories=frozenset({"llm_inference"}), tags=(("team", "web"),),
    ),
)  # fmt: skip

amounts = st.integers(1, 400).map(lambda quarters: Fraction(quarters, 4))
limits = st.sampled_from([0, 50, 1000, 5000, 20000, 100000, 100000]).map(Fraction)
currencies = st.sampled_from([*CURRENCIES * 4, "USD"])
places = st.builds(
    Place,
    st.sampled_from(["compute", "compute", "storage", "llm_inference", "llm_inference", None]),
    st.sampled_from(["p1", "p1", "p1", "p2", "p3", None]),
    st.sampled_from(["r1", "r1", "r1", "r2", None]),
    st.sampled_from([(("team", "web"),), (("team", "web"),), (("team", "db"),), ()]),
)
names = st.sampled_from(["one", "two"])
halves = st.integers(0, 120).map(lambda number: Fraction(number, 2))


@st.composite
def lines(draw: st.DrawFn) -> tuple[LineModel, ...]:
    """Moments are hours from now, until placed."""
    found = []
    for _line in range(draw(st.integers(1, 2))):
        amount, currency, place = draw(amounts), draw(currencies), draw(places)
        if draw(st.booleans()):
            until = draw(st.sampled_from([None, 1, 3, 40, 70, 90, 130]))
            end = None if until is None else Fraction(until, 2)
            found.append(LineModel(amount / 200, currency, place, is_running=True, until=end))
        else:
            found.append(LineModel(amount, currency, place, at=draw(st.none() | st.none() | halves)))
    return tuple(found)


class GateMachine(RuleBasedStateMachine):
    """Each operation on the model, in a file and in a database."""

    def __init__(self, stores: Stores) -> None:
        super().__init__()
        self.stores = stores
        self.ledger = Ledger(rate)
        self.now = BEGIN
        self.count = 0
        self.rates = parse_rates(ROWS, confirmed=True)
        self.tick_to(BEGIN)

    # What happens.

    @initialize(
        given=st.lists(limits, min_size=len(POOL), max_size=len(POOL)),
        wanted=st.sets(st.sampled_from(range(2, len(POOL)))),
        lax=st.booleans(),
    )
    def begin(self, given: list[Fraction], wanted: set[int], lax: bool) -> None:
        for number in sorted({0, 1, *wanted}):
            one = replace(POOL[number], limit=given[number])
            self.define(replace(one, untagged="outside") if lax and one.tags else one)
        for project, region in (("p1", "r1"), ("p1", "r2"), ("p2", "r1")):
            self.bring(project, region, Fraction(1), BEGIN)

    @rule(number=st.integers(0, 6), limit=limits, tax=st.sampled_from(["excluded", "included"]))
    def redefine(self, number: int, limit: Fraction, tax: str) -> None:
        known = self.ledger.budgets[number % len(self.ledger.budgets)]
        self.define(replace(known, limit=limit, tax=tax))

    @rule(project=st.sampled_from(["p1", "p2"]), region=st.sampled_from(["r1", "r2"]), amount=amounts)
    def import_(self, project: str, region: str, amount: Fraction) -> None:
        self.bring(project, region, amount / 20, Fraction(int(self.now)))

    @rule(
        ahead=st.integers(-40, 400), amount=amounts, currency=currencies, place=places, is_tax=st.booleans()
    )
    def enter(self, ahead: int, amount: Fraction, currency: str, place: Place, is_tax: bool) -> None:
        place = replace(place, category=place.category or "storage")
        self.ledger.entries.append(EntryModel(self.now + ahead, amount, currency, place, is_tax))
        self.write_entries(self.ledger.entries[-1:], "test")
        self.compare()

    @rule(wanted=lines(), name=names, by_import=st.booleans(), warns=st.tuples(st.booleans(), st.booleans()))
    def hold(
        self, wanted: tuple[LineModel, ...], name: str, by_import: bool, warns: tuple[bool, bool]
    ) -> None:
        self.take(
            promises.Asked(name, self.placed(wanted), "import" if by_import else "entry", Fraction(3), *warns)
        )

    @rule(wanted=lines(), name=names, by_import=st.booleans(), later=st.sampled_from([0, 1, 5]))
    def hold_and_commit(self, wanted: tuple[LineModel, ...], name: str, by_import: bool, later: int) -> None:
        """As a pipeline does: it holds whatever the gate says, deploys, and commits."""
        settled_by = "import" if by_import else "entry"
        self.take(promises.Asked(name, self.placed(wanted), settled_by, Fraction(3), True, True))
        if later:
            self.tick(Fraction(later, 2), imports=later > 1)
        self.commit(name)

    @rule(name=names, warns=st.tuples(st.booleans(), st.booleans()))
    def hold_the_same(self, name: str, warns: tuple[bool, bool]) -> None:
        known = promises.newest(self.ledger, name)
        if (
            known is not None
            and all(line.at is None or line.at >= self.now for line in known.first_lines)
            and all(line.until is None or line.until > self.now for line in known.first_lines)
        ):
            self.take(promises.Asked(name, known.first_lines, known.settled_by, Fraction(3), *warns))

    @rule(name=names)
    def commit(self, name: str) -> None:
        done = promises.commit(self.ledger, name, self.now)
        for options, _set_clock in self.stores:
            assert self.reserve(options, done, name=name, state="committed") is not None or not done
        self.compare()

    @rule(name=names)
    def release(self, name: str) -> None:
        done = promises.release(self.ledger, name, self.now)
        for options, _set_clock in self.stores:
            assert (self.reserve(options, done, name=name, state="released") is not None) == done
        self.compare()

    @rule(wanted=lines())
    def ask(self, wanted: tuple[LineModel, ...]) -> None:
        request = self.placed(wanted)
        said = verdicts(self.ledger, request, self.now)
        for options, _set_clock in self.stores:
            task = gate.BudgetTask(lines=[row_of(line) for line in request])
            found = gate.apply(options, task, self.rates, moment(self.now), True, "tester")
            verdicts_found = {row["name"]: row["verdict"] for row in found["budgets"]}
            assert verdicts_found == {name: verdict for name, verdict in said.items() if name}, found[
                "reasons"
            ]
            assert found["verdict"] == model_decision(self.ledger, request, self.now), found["reasons"]

    @rule(
        ahead=st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(4), Fraction(9), Fraction(26)]),
        imports=st.sampled_from([True, True, False]),
    )
    def tick(self, ahead: Fraction, imports: bool) -> None:
        self.tick_to(self.now + ahead)
        for feed in self.ledger.feeds if imports else ():
            self.bring(feed.project, feed.region, feed.rates[0][1], Fraction(int(self.now)))
        self.compare()

    # How it is done.

    def tick_to(self, now: Hours) -> None:
        self.now = now
        for _options, set_clock in self.stores:
            set_clock(now)

    def placed(self, wanted: tuple[LineModel, ...]) -> tuple[LineModel, ...]:
        return tuple(
            replace(
                line,
                at=None if line.at is None else self.now + line.at,
                until=None if line.until is None else self.now + line.until,
            )
            for line in wanted
        )

    def define(self, one: BudgetModel) -> None:
        self.ledger.budgets = [known for known in self.ledger.budgets if known.name != one.name] + [one]
        self.ledger.budgets.sort(key=lambda known: known.name)
        period: dict[str, Any] = {"period": one.period}
        if one.span is not None:
            period |= {"begin": iso(moment(one.span[0])), "end": iso(moment(one.span[1]))}
        scope = {
            "categories": sorted(one.categories), "projects": sorted(one.projects),
            "regions": sorted(one.regions), "tags": dict(one.tags),
        }  # fmt: skip
        task = gate.BudgetTask(
            name=one.name, limit=str(one.limit), currency=one.currency, fed_by=one.fed_by, basis=one.basis,
            scope=scope, max_staleness=f"{one.max_staleness}h", untagged=one.untagged, tax=one.tax,
            thresholds=[], **period,
        )  # fmt: skip
        for options, _set_clock in self.stores:
            gate.apply(options, task, self.rates, moment(self.now), False, "tester")

    def bring(self, project: str, region: str, amount: Fraction, through: Hours) -> None:
        """An import up to that hour: an entry for each hour since the last one, which is the run rate."""
        known = next(
            (one for one in self.ledger.feeds if (one.project, one.region) == (project, region)), None
        )
        since = through - 24 if known is None else known.rated_through
        place = Place("compute", project, region, (("team", "web"),) if region == "r1" else ())
        # The cost of project p1 is known since long ago, that of p2 since a day.
        first = since if project == "p2" else Fraction(-10000)
        begin = first if known is None else known.begin
        new = FeedModel(project, region, "ICU", begin, max(through, since), ((place, amount),))
        if known is not None and through <= since:
            return
        self.ledger.feeds = [one for one in self.ledger.feeds if one != known] + [new]
        hourly = [EntryModel(since + hour, amount, "ICU", place) for hour in range(int(through - since))]
        self.ledger.entries += hourly
        self.write_entries(hourly, f"feed {project} {region}")
        feed = feeds.Feed(
            key=feeds.FeedKey(region, project),
            auth_url="https://cloud/v3", cloud="cloud", project_name=project,
            currency="ICU", collect_period_s=3600, rated_through=moment(new.rated_through),
            run_rates=(feeds.RunRate("compute", place.tags, nano(amount)),),
            imported=(feeds.Imported(Window(moment(begin), moment(new.rated_through))),),
            categories=frozenset({"compute"}), tag_keys=frozenset({"team"}),
        )  # fmt: skip
        for options, _set_clock in self.stores:
            with sql.writing(options) as ledger:
                feed_changes.save(ledger.connection, feed, feeds.find(ledger.connection, feed.key))
        self.compare()

    def write_entries(self, new: list[EntryModel], source: str) -> None:
        written = []
        for one in new:
            self.count += 1
            written.append(
                entries.Entry(
                    source=source, key=str(self.count), charge_category="tax" if one.is_tax else "usage",
                    category=str(one.place.category), period=Window(moment(one.at), moment(one.at)),
                    amount_nano=nano(one.amount), currency=one.currency, region=one.place.region,
                    project_id=one.place.project, tags=dict(one.place.tags),
                )
            )  # fmt: skip
        for options, _set_clock in self.stores:
            with sql.writing(options) as ledger:
                entries.write_all(ledger.connection, written, moment(self.now), "tester")

    def take(self, asked: promises.Asked) -> None:
        said = promises.hold(self.ledger, asked, self.now)
        for options, _set_clock in self.stores:
            found = self.reserve(
                options, said != promises.REFUSED, name=asked.name, state="held",
                lines=[row_of(line) for line in asked.lines], settled_by=asked.settled_by, ttl="3h",
                on_exceeded="warn" if asked.warns_exceeded else "fail",
                on_unknown="warn" if asked.warns_unknown else "fail",
            )  # fmt: skip
            if found is None:
                assert said == promises.REFUSED
            else:
                assert found["verdict"] == said, found["reasons"]
        self.compare()

    def reserve(self, options: sql.LedgerOptions, is_taken: bool, **task: Any) -> dict[str, Any] | None:
        """The result; None where it is refused."""
        try:
            return reserved.apply(
                options, reserved.ReservationTask(**task), self.rates, moment(self.now), False, "tester"
            )
        except InvalidOption:
            if is_taken:
                raise
            return None

    def compare(self) -> None:
        """Every budget has the amounts and the verdict of the model, in all periods that are judged."""
        for options, _set_clock in self.stores:
            rows = {
                row["name"]: row for row in status(options, None, self.rates, moment(self.now))["budgets"]
            }
            assert list(rows) == [budget.name for budget in self.ledger.budgets]
            for budget in self.ledger.budgets:
                row = rows[budget.name]
                spans = judged(self.ledger, budget, (), self.now)
                sums = [period_sum(self.ledger, budget, (), span, self.now) for span in spans]
                shown = [row, row["next_period"], *row["later_periods"]]
                by_begin = {one["period_start"]: one for one in shown if one and one["period_start"]}
                for one in sums:
                    told = by_begin[iso(moment(one.span[0]))]
                    if not one.problems:
                        amounts = {name: rounded(amount) for name, amount in one.amounts.items()}
                        assert {name: told[name] for name in amounts} == amounts, (budget.name, told)
                worst = max(
                    (one.verdict for one in sums), key=("allow", "unknown", "deny").index, default="ended"
                )
                assert row["verdict"] == worst, (budget.name, row["reason"], [one.problems for one in sums])


def nano(amount: Fraction) -> int:
    found = amount * 10**9
    assert found.denominator == 1
    return int(found)


def rounded(amount: Fraction) -> str:
    """As results show it."""
    millionths = round(amount * 10**6)
    text = format(Decimal(millionths).scaleb(-6), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def row_of(line: LineModel) -> dict[str, Any]:
    row: dict[str, Any] = {
        "currency": line.currency, "category": line.place.category, "project": line.place.project,
        "region": line.place.region, "tags": dict(line.place.tags),
    }  # fmt: skip
    amount = str(Decimal(line.amount.numerator) / line.amount.denominator)
    if not line.is_running:
        return {**row, "amount": amount, "at": None if line.at is None else iso(moment(line.at))}
    return {**row, "hourly": amount, "until": None if line.until is None else iso(moment(line.until))}


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
    """So many runs of fifty operations, the same ones for a part whenever this is run."""
    run_state_machine_as_test(
        seed(part)(lambda: GateMachine(make())),
        settings=settings(
            max_examples=examples, stateful_step_count=50, deadline=None, database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )  # fmt: skip


def test_500_operations_are_as_in_the_model(make_stores: Callable[[], Stores]) -> None:
    replayed(make_stores, 10, 0)


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(1, 5))
def test_10000_operations_are_as_in_the_model(part: int, make_stores: Callable[[], Stores]) -> None:
    replayed(make_stores, 50, part)
