# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public Python face (design/ledger.md#from-python).

Two stores that behave alike, and a gate that does not open on what it does not know.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, FloatOperation, Inexact, Rounded, Subnormal, localcontext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import CostRecord, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
from ansible_collections.finops.cloud.plugins.module_utils.cost_management import (
    BudgetManager,
    BudgetPeriod,
    CostCategory,
    CostStore,
    CostTracker,
    FinopsError,
    InMemoryCostStore,
    InvalidOption,
    LedgerError,
    SqlCostStore,
    UnknownAmount,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LLM, EMBEDDING, COMPUTE = CostCategory.LLM_INFERENCE, CostCategory.LLM_EMBEDDING, CostCategory.COMPUTE


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CostStore:
    return (
        InMemoryCostStore() if request.param == "memory" else SqlCostStore(f"sqlite:///{tmp_path}/ledger.db")
    )


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tracker(store: CostStore, clock: Clock) -> CostTracker:
    return CostTracker(store, currency="CHF", clock=clock)


@pytest.fixture
def simple(clock: Clock) -> CostTracker:
    """For what is refused before any store is asked."""
    return CostTracker(currency="CHF", clock=clock)


def test_sums_are_exact(tracker: CostTracker) -> None:
    for _call in range(10):
        tracker.record("0.1", LLM)
    assert tracker.get_total(BudgetPeriod.DAILY) == Decimal(1)


#: What a program may have set for its own arithmetic, and what must not reach ours.
CALLERS = {
    "precise to 5 digits": Context(prec=5),
    "rounding up": Context(prec=3, rounding="ROUND_UP"),
    "trapping all": Context(prec=4, traps=[Inexact, Rounded, Subnormal, FloatOperation]),
}


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS)
def test_a_callers_decimal_context_changes_no_number(tracker: CostTracker, caller: Context) -> None:
    manager = BudgetManager(tracker)
    with localcontext(caller):
        manager.create("all", "1000000.000000003", BudgetPeriod.MONTHLY)
        tracker.record("123456.789012345", LLM, tags={"team": "a"})
        tracker.record(Decimal("876543.210987655"), COMPUTE, currency="CHF")
        tracker.record("0.000000001", LLM)
        total, summary = tracker.get_total(BudgetPeriod.MONTHLY), tracker.get_summary(BudgetPeriod.MONTHLY)
        fits, too_much = manager.can_spend("0.000000002"), manager.can_spend("0.000000003")
        utilization, (row,) = manager.get_utilization("all"), manager.check_budgets()
    assert total == summary.total == Decimal("1000000.000000001")
    assert summary.by_category[LLM] == Decimal("123456.789012346")
    assert (fits, too_much) == (True, False)
    assert utilization == 1.0
    assert (row["spent"], row["remaining"]) == ("1000000", "0")


def test_a_callers_decimal_context_is_its_own_again_afterwards(tracker: CostTracker) -> None:
    with localcontext(Context(prec=5)) as own:
        tracker.record("123456.789", LLM)
        assert own.prec == 5 and +Decimal("1.23456789") == Decimal("1.2346")


def test_a_program_says_how_its_budget_takes_tax_and_lines_without_a_tag(tracker: CostTracker) -> None:
    manager = BudgetManager(tracker)
    manager.create("net", "100", BudgetPeriod.MONTHLY, tags={"team": "a"}, untagged="outside")
    manager.create("gross", "100", BudgetPeriod.MONTHLY, tax="included")
    tracker.record("90", LLM, tags={"team": "a"})
    tracker.record("7.29", LLM, tags={"team": "a"}, charge_category="tax")
    assert {row["name"]: row["spent"] for row in manager.check_budgets()} == {"net": "90", "gross": "97.29"}
    assert [row["name"] for row in manager.get_verdict("1")["budgets"]] == ["gross"]
    strict = manager.create("strict", "100", BudgetPeriod.MONTHLY, tags={"team": "b"})
    assert strict.scope.untagged == "unknown"
    assert manager.get_verdict("1")["verdict"] == "unknown"


def test_a_summary_tells_by_category_resource_and_tag(tracker: CostTracker) -> None:
    tracker.record("1.50", LLM, resource_id="model-a", tags={"team": "shop", "stage": "test"})
    tracker.record(2, LLM, resource_id="model-b", tags={"team": "web"})
    tracker.record(Decimal("0.25"), COMPUTE)
    tracker.record("100", COMPUTE, occurred_at=NOW - timedelta(days=40))
    summary = tracker.get_summary(BudgetPeriod.MONTHLY)
    assert (summary.total, summary.currency, summary.entry_count) == (Decimal("3.75"), "CHF", 3)
    assert summary.by_category == {"llm_inference": Decimal("3.5"), "compute": Decimal("0.25")}
    assert summary.by_resource == {"model-a": Decimal("1.5"), "model-b": Decimal(2)}
    assert summary.by_tag == {
        "team": {"shop": Decimal("1.5"), "web": Decimal(2)},
        "stage": {"test": Decimal("1.5")},
    }
    assert (summary.start, summary.end) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert tracker.get_total(BudgetPeriod.MONTHLY, COMPUTE) == Decimal("0.25")


def test_an_entry_on_the_edge_belongs_to_one_period(tracker: CostTracker, clock: Clock) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    tracker.record("1", LLM, occurred_at=midnight)
    assert tracker.get_summary(start=midnight - timedelta(days=1), end=midnight).total == 0
    assert tracker.get_summary(start=midnight, end=midnight + timedelta(seconds=1)).total == 1


def test_an_aware_moment_of_any_zone_is_taken_and_a_naive_one_is_not(tracker: CostTracker) -> None:
    entry = tracker.record("1", LLM, occurred_at=datetime(2026, 11, 21, 1, tzinfo=ZoneInfo("Europe/Zurich")))
    assert entry.occurred_at == datetime(2026, 11, 21, tzinfo=UTC)
    naive = datetime(2026, 11, 21)  # noqa: DTZ001 - that is what is refused
    with pytest.raises(InvalidOption, match="^occurred_at: .* has no time zone"):
        tracker.record("1", LLM, occurred_at=naive)
    with pytest.raises(InvalidOption, match="^start: .* has no time zone"):
        tracker.get_summary(start=naive)


def test_a_key_is_recorded_once_and_keeps_its_time(tracker: CostTracker, clock: Clock) -> None:
    first = tracker.record("1", LLM, key="call-1")
    clock.now += timedelta(hours=3)
    assert tracker.record("1", LLM, key="call-1") == first
    corrected = tracker.record("1.5", LLM, key="call-1")
    assert corrected.occurred_at == NOW and corrected.amount == Decimal("1.5")
    assert tracker.get_summary(BudgetPeriod.DAILY).entry_count == 1
    assert tracker.get_total(BudgetPeriod.DAILY) == Decimal("1.5")


def test_trackers_of_one_store_do_not_collide(store: CostStore, clock: Clock) -> None:
    trackers = [CostTracker(store, currency="CHF", clock=clock) for _one in range(2)]
    for tracker in trackers:
        tracker.record("1", LLM)
        tracker.record("1", LLM)
    assert trackers[0].get_total(BudgetPeriod.DAILY) == 4


def test_threads_lose_nothing(tracker: CostTracker) -> None:
    def work(_thread: int) -> None:
        for _call in range(10):
            tracker.record("0.01", LLM)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert tracker.get_summary(BudgetPeriod.DAILY).entry_count == 80
    assert tracker.get_total(BudgetPeriod.DAILY) == Decimal("0.8")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"amount": 0.1}, "amount: is a float"),
        ({"amount": float("nan")}, "amount: is a float"),
        ({"amount": "NaN"}, "amount: 'NaN' is not an amount"),
        ({"amount": Decimal("Infinity")}, "amount: 'Infinity' is not an amount"),
        ({"amount": "-1"}, "amount: '-1' is negative; only a credit"),
        ({"category": "food"}, "category: 'food' is unknown; use one of"),
        ({"currency": "Fr."}, "currency: 'Fr.' is not a currency code"),
        ({"key": " "}, "key: is empty"),
        ({"tags": {"team": None}}, "tags: 'team' must have a text value"),
    ],
)
def test_what_is_no_cost_is_refused(simple: CostTracker, options: dict[str, Any], says: str) -> None:
    simple.record("1", LLM)
    with pytest.raises(InvalidOption, match=f"^{says}"):
        simple.record(**{"amount": "1", "category": LLM, **options})
    assert simple.get_total(BudgetPeriod.DAILY) == 1


def test_a_refund_is_a_credit(tracker: CostTracker) -> None:
    tracker.record("5", LLM)
    tracker.record("-2", LLM, charge_category="credit")
    assert tracker.get_total(BudgetPeriod.DAILY) == 3


def test_currencies_are_converted_or_unknown(tracker: CostTracker) -> None:
    tracker.record("1", LLM)
    tracker.record("50", LLM, currency="ICU")
    assert tracker.get_total(BudgetPeriod.DAILY) == 2
    tracker.record("1", LLM, currency="USD")
    with pytest.raises(UnknownAmount, match="No rate says how many ICU one USD was"):
        tracker.get_total(BudgetPeriod.DAILY)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"period": "daily", "start": NOW},
        {"period": "fortnightly"},
        {"end": NOW},
        {"start": NOW, "end": NOW - timedelta(1)},
    ],
)
def test_what_is_no_time_is_refused(simple: CostTracker, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption, match=r"^(period|end): "):
        simple.get_summary(**asked)


# What cost-tracking libraries have been seen to get wrong at the gate, each by its own test.


@pytest.fixture
def manager(tracker: CostTracker) -> BudgetManager:
    tracker.record("0", LLM, occurred_at=NOW - timedelta(days=400))
    return BudgetManager(tracker)


def test_an_unknown_budget_refuses(manager: BudgetManager) -> None:
    manager.create("all", "100", BudgetPeriod.DAILY)
    for ask in (
        lambda: manager.can_spend("1", budget="typo"),
        lambda: manager.get_budget("typo"),
        lambda: manager.get_utilization("typo"),
    ):
        with pytest.raises(InvalidOption, match="no budget 'typo'; it has all"):
            ask()


def test_without_any_budget_nothing_may_be_spent(manager: BudgetManager) -> None:
    assert manager.can_spend("1") is False
    assert manager.get_verdict("1")["verdict"] == "unknown"


@pytest.mark.parametrize("amount", [float("nan"), "NaN", "-5", "0", 1.0, Decimal("Infinity")])
def test_what_is_no_amount_is_refused(simple: CostTracker, amount: Any) -> None:
    manager = BudgetManager(simple)
    manager.create("all", "100", BudgetPeriod.DAILY)
    with pytest.raises(InvalidOption, match="^amount: "):
        manager.can_spend(amount)


def test_the_exact_remainder_may_be_spent(tracker: CostTracker, manager: BudgetManager) -> None:
    manager.create("all", "100", BudgetPeriod.DAILY)
    tracker.record("90", LLM)
    assert manager.can_spend("10", LLM)
    assert not manager.can_spend("10.000000001", LLM)
    assert manager.get_utilization("all") == 0.9


def test_what_lies_in_a_later_period_is_judged_there(tracker: CostTracker, manager: BudgetManager) -> None:
    manager.create("all", "100", BudgetPeriod.DAILY)
    tracker.record("150", LLM, occurred_at=NOW + timedelta(days=40))
    assert not manager.can_spend("1", LLM)


def test_a_budget_counts_and_covers_what_is_in_its_scope(
    tracker: CostTracker, manager: BudgetManager
) -> None:
    manager.create("team a", "10", BudgetPeriod.DAILY, tags={"team": "a"})
    manager.create("network", "5", BudgetPeriod.DAILY, category=CostCategory.NETWORK)
    tracker.record("100", LLM, tags={"team": "b"})
    tracker.record("4", LLM, tags={"team": "a"})
    assert manager.get_utilization("team a") == 0.4
    assert manager.can_spend("6", LLM, tags={"team": "a"})
    assert not manager.can_spend("6.01", LLM, tags={"team": "a"})
    # No budget covers it; and without a category the network's cannot know.
    assert not manager.can_spend("1", COMPUTE, tags={"team": "b"})
    assert not manager.can_spend("1", tags={"team": "a"})
    assert "has no category, which this budget goes by" in str(
        manager.get_verdict("1", tags={"team": "a"})["reasons"]
    )


def test_names_that_look_alike_are_refused_and_the_same_again_is_not(manager: BudgetManager) -> None:
    budget = manager.create("Daily LLM", "5", BudgetPeriod.DAILY)
    assert manager.create("Daily LLM", "5.00", BudgetPeriod.DAILY) == budget
    with pytest.raises(InvalidOption, match="looks like the budget 'Daily LLM'"):
        manager.create("daily_llm", "500", BudgetPeriod.DAILY)
    with pytest.raises(InvalidOption, match="there is a different budget 'Daily LLM'"):
        manager.create("Daily LLM", "500", BudgetPeriod.DAILY)
    assert [(one.name, one.amount) for one in manager.list_budgets()] == [("Daily LLM", Decimal(5))]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": " "}, "name: is empty"),
        ({"amount": 5.0}, "amount: is a float"),
        ({"amount": "-1"}, "limit: '-1' is negative"),
        ({"period": "monthly-ish"}, "period: 'monthly-ish' is not a period"),
        ({"category": "food"}, "scope.categories: 'food' is not a category"),
        ({"currency": "francs"}, "currency: 'francs' is not a currency code"),
    ],
)
def test_what_is_no_budget_is_refused(simple: CostTracker, options: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOption, match=f"^{says}"):
        BudgetManager(simple).create(**{"name": "b", "amount": "1", "period": "daily", **options})


def test_a_budget_of_nothing_that_is_spent_says_so(tracker: CostTracker, manager: BudgetManager) -> None:
    manager.create("none", "0", BudgetPeriod.DAILY)
    tracker.record("5", LLM)
    row = manager.check_budgets()[0]
    assert (row["name"], row["verdict"], row["spent"], row["utilization"]) == ("none", "deny", "5", 1.0)
    assert manager.get_utilization("none") == 1.0


def test_a_new_period_begins_by_itself(tracker: CostTracker, manager: BudgetManager, clock: Clock) -> None:
    manager.create("all", "1", BudgetPeriod.HOURLY)
    tracker.record("1", LLM)
    assert not manager.can_spend("0.01", LLM)
    clock.now += timedelta(hours=1)
    assert manager.can_spend("1", LLM)


def test_a_missing_ledger_is_an_error_and_no_zero(tmp_path: Path, clock: Clock) -> None:
    tracker = CostTracker(SqlCostStore(f"sqlite:///{tmp_path}/no.db"), currency="CHF", clock=clock)
    for ask in (
        lambda: tracker.get_total(BudgetPeriod.DAILY),
        lambda: BudgetManager(tracker).can_spend("1"),
        lambda: BudgetManager(tracker).check_budgets(),
    ):
        with pytest.raises(LedgerError, match="does not exist"):
            ask()
    tracker.record("1", LLM, key="k")
    assert tracker.get_total(BudgetPeriod.DAILY) == 1


def test_a_ledger_in_postgresql_is_one_too(postgresql_url: str) -> None:
    """By the real clock, as a budget there goes by the database's."""
    tracker = CostTracker(SqlCostStore(postgresql_url), currency="CHF")
    manager = BudgetManager(tracker)
    manager.create("llm", "10", BudgetPeriod.YEARLY, category=LLM, tags={"team": "a"})
    entry = tracker.record("9", LLM, tags={"team": "a"}, quantity=3, unit="calls", key="k")
    tracker.record("50", LLM, currency="ICU", tags={"team": "b"})
    assert tracker.store.get_entry("python", "k") == entry
    assert entry in tracker.store.get_entries(
        entry.occurred_at, entry.occurred_at + timedelta(seconds=1), LLM
    )
    assert tracker.get_summary(BudgetPeriod.YEARLY).by_tag == {"team": {"a": Decimal(9), "b": Decimal(1)}}
    assert manager.can_spend("1", LLM, tags={"team": "a"}) and not manager.can_spend(
        "1.1", LLM, tags={"team": "a"}
    )
    assert manager.get_utilization("llm") == 0.9


def test_more_entries_than_are_read_at_once_are_all_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    costs = [
        CostRecord(str(number), "bulk", amount="1", currency="CHF", category=LLM) for number in range(2001)
    ]
    record(LedgerOptions(url), costs, NOW, "me@here", check_mode=False)
    found = SqlCostStore(url).get_entries(NOW, NOW + timedelta(seconds=1))
    assert {entry.key for entry in found} == {cost.key for cost in costs} and len(found) == 2001


def test_nothing_here_needs_ansible_and_memory_needs_no_database() -> None:
    program = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("ansible", "psycopg", "openstack", "keystoneauth1"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
from ansible_collections.finops.cloud.plugins.module_utils.cost_management import BudgetManager, CostTracker
tracker = CostTracker(currency="CHF")
manager = BudgetManager(tracker)
manager.create("all", "1", "daily")
tracker.record("0.5", "llm_inference")
print(manager.can_spend("0.5", "llm_inference"), manager.can_spend("0.51", "llm_inference"))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("True False\n", "")


@dataclass
class Model:
    """What both stores should say, in the plainest way: costs by key, and budgets by name, all in francs."""

    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    budgets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def spent(self, budget: dict[str, Any], now: datetime) -> Decimal:
        return sum(
            (
                one["amount"]
                for one in self.costs.values()
                if _same_period(one["at"], now, budget) and _covers(budget, one) is True
            ),
            Decimal(0),
        )

    def can_spend(self, request: dict[str, Any], now: datetime) -> bool:
        said = [(_covers(budget, request), budget) for budget in self.budgets.values()]
        touched = [(covers, budget) for covers, budget in said if covers is not False]
        return bool(touched) and all(
            covers is True and self.spent(budget, now) + request["amount"] <= budget["limit"]
            for covers, budget in touched
        )


def _same_period(moment: datetime, now: datetime, budget: dict[str, Any]) -> bool:
    names = {"hourly": "%Y-%m-%dT%H", "daily": "%Y-%m-%d", "monthly": "%Y-%m"}
    name = names[budget["period"]]
    return moment.strftime(name) == now.strftime(name)


def _covers(budget: dict[str, Any], one: dict[str, Any]) -> bool | None:
    """Whether the budget covers a cost or a request; None if what the one lacks decides that."""
    if any(one["tags"].get(key, value) != value for key, value in budget["tags"].items()):
        return False
    if None not in (budget["category"], one["category"]) and budget["category"] != one["category"]:
        return False
    lacks_category = budget["category"] is not None and one["category"] is None
    return None if lacks_category or budget["tags"].keys() - one["tags"].keys() else True


amounts = st.integers(1, 8).map(lambda quarters: Decimal(quarters) / 4)
tags = st.sampled_from([{}, {"team": "a"}, {"team": "b"}, {"team": "a", "stage": "test"}])
categories = st.sampled_from([LLM, EMBEDDING])
steps = st.one_of(
    st.tuples(
        st.just("record"),
        st.fixed_dictionaries(
            {
                "amount": amounts,
                "category": categories,
                "tags": tags,
                "key": st.sampled_from([None, None, "k1", "k2"]),
                "hours_ago": st.sampled_from([None, 0, 1, 30, 900]),
                "in_icu": st.booleans(),
            }
        ),
    ),
    st.tuples(
        st.just("create"),
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["one", "two", "three"]),
                "limit": st.integers(0, 5).map(Decimal),
                "period": st.sampled_from(["hourly", "daily", "monthly"]),
                "category": st.sampled_from([None, None, LLM, EMBEDDING]),
                "tags": tags,
            }
        ),
    ),
    st.tuples(
        st.just("ask"),
        st.fixed_dictionaries(
            {"amount": amounts, "category": st.one_of(st.none(), categories), "tags": tags}
        ),
    ),
    st.tuples(st.just("tick"), st.fixed_dictionaries({"hours": st.sampled_from([1, 10, 24, 700])})),
)


@settings(max_examples=20)
@given(st.lists(steps, max_size=25))
def test_two_stores_behave_as_one_plain_model(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, dict[str, Any]]]
) -> None:
    clock, model = Clock(), Model()
    stores: list[CostStore] = [
        InMemoryCostStore(),
        SqlCostStore(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db"),
    ]
    both = [CostTracker(store, currency="CHF", clock=clock) for store in stores]
    managers = [BudgetManager(tracker) for tracker in both]
    for tracker in both:
        tracker.record("0", LLM, key="first", occurred_at=NOW - timedelta(days=4000))
    for number, (kind, step) in enumerate(done):
        if kind == "tick":
            clock.now += timedelta(hours=step["hours"])
        elif kind == "record":
            _record(both, model, step, clock.now, number)
        elif kind == "create":
            _create(managers, model, step)
        else:
            told = [manager.get_verdict(**step) for manager in managers]
            assert told[0] == told[1]
            assert told[0]["gate_passed"] == model.can_spend(step, clock.now)
    assert [manager.check_budgets() for manager in managers[:1]] == [
        manager.check_budgets() for manager in managers[1:]
    ]
    for period in ("hourly", "daily", "monthly"):
        first, second = (tracker.get_summary(period) for tracker in both)
        assert first == second
        assert first.total == model.spent({"period": period, "category": None, "tags": {}}, clock.now)
    begin, end = NOW - timedelta(days=5000), NOW + timedelta(days=5000)
    lists = [[_told(entry) for entry in store.get_entries(begin, end)] for store in stores]
    assert sorted(lists[0]) == sorted(lists[1]) and len(lists[0]) == len(model.costs) + 1
    assert [row[0] for row in lists[0]] == sorted(row[0] for row in lists[0])


def _told(entry: Any) -> tuple[Any, ...]:
    return entry.occurred_at, entry.amount, entry.currency, entry.category, sorted(entry.tags.items())


def _record(both: list[CostTracker], model: Model, step: dict[str, Any], now: datetime, number: int) -> None:
    key, ago = step["key"], step["hours_ago"]
    at = None if ago is None else now - timedelta(hours=ago)
    written = (
        {"amount": step["amount"] * 50, "currency": "ICU"} if step["in_icu"] else {"amount": step["amount"]}
    )
    for tracker in both:
        tracker.record(**written, category=step["category"], tags=step["tags"], key=key, occurred_at=at)
    name = key or f"call {number}"
    stands = model.costs[name]["at"] if name in model.costs else now
    model.costs[name] = {**step, "at": stands if at is None else at}


def _create(managers: list[BudgetManager], model: Model, step: dict[str, Any]) -> None:
    told = {name: step[name] for name in ("name", "period", "category", "tags")}
    same = step["name"] not in model.budgets or model.budgets[step["name"]] == step
    for manager in managers:
        if same:
            assert manager.create(amount=step["limit"], **told).amount == step["limit"]
        else:
            with pytest.raises(FinopsError, match="there is a different budget"):
                manager.create(amount=step["limit"], **told)
    model.budgets.setdefault(step["name"], step)


class Diary(CostStore):
    """A store of somebody else, with no more than has to be there."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.budgets: list[Any] = []

    def save_entry(self, entry: Any) -> str:
        self.kept.append(entry)
        return "recorded"

    def get_entry(self, source: str, key: str) -> Any:
        return next((entry for entry in self.kept if (entry.source, entry.key) == (source, key)), None)

    def get_entries(self, start: datetime, end: datetime, category: str | None = None) -> list[Any]:
        return [
            entry
            for entry in self.kept
            if start <= entry.occurred_at < end and category in (None, entry.category)
        ]

    def add_budget(self, budget: Any) -> None:
        self.budgets.append(budget)

    def get_budgets(self) -> list[Any]:
        return self.budgets


def test_a_store_of_ones_own_is_gated_on(clock: Clock) -> None:
    tracker = CostTracker(Diary(), currency="CHF", clock=clock)
    manager = BudgetManager(tracker)
    manager.create("all", "2", BudgetPeriod.DAILY)
    tracker.record("1.5", LLM, tags={"team": "a"})
    assert manager.can_spend("0.5", LLM) and not manager.can_spend("0.51", LLM)
    assert tracker.get_summary(BudgetPeriod.DAILY).by_tag == {"team": {"a": Decimal("1.5")}}
