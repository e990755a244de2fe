# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Against a model that keeps lists: in whatever order things happen, the gate
says what the model says (design/gate.md, design/reservations.md).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import Imported, RunRate
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .desk import Desk
from .snapshots import UNIT, feed

#: The budgets, and the category that each of them covers. Entries feed the one of storage, the cloud the two
#: others.
CATEGORY = {"servers": "compute", "disks": "storage", "all": None}
SETTLED_BY = {"compute": "import", "storage": "entry"}
HOUR = timedelta(hours=1)
amounts = st.integers(1, 60)
names = st.sampled_from(["one", "two", "three"])
categories = st.sampled_from(["compute", "storage"])


@dataclass
class Held:
    """What the model knows of a reservation."""

    category: str
    held: int
    state: str
    ttl: timedelta
    expires_at: datetime
    committed: int = 0
    committed_at: datetime | None = None


def month(moment: datetime) -> tuple[int, int]:
    return moment.year, moment.month


class Reservations(RuleBasedStateMachine):
    """Everything that can happen to a ledger with three budgets. All amounts are whole ICU."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.desk = Desk(
            LedgerOptions(f"sqlite:///{self._directory.name}/ledger.db"),
            datetime(2026, 11, 29, 20, tzinfo=UTC),
        )
        self.limits: dict[str, int] = {}
        #: When, category, amount.
        self.spent: list[tuple[datetime, str, int]] = []
        self.holds: list[tuple[str, Held]] = []
        self.rated_through = self.desk.now
        self.run_rate = 0
        #: What a budget may stand at although it is beyond its limit: nobody asked before that was spent.
        self.excused: dict[str, int] = {}

    def teardown(self) -> None:
        self._directory.cleanup()

    # What the model says.

    def newest(self, name: str) -> Held | None:
        return next((held for held_name, held in reversed(self.holds) if held_name == name), None)

    def counts(self, held: Held) -> int:
        # Whichever month it was held in: what is not settled is still to come.
        now = self.desk.now
        if held.state == "held" and now < held.expires_at:
            return held.held
        if held.state != "committed" or held.category != "compute" or held.committed_at is None:
            return 0
        return held.committed if self.rated_through < held.committed_at + HOUR else 0

    def covers(self, budget: str, category: str) -> bool:
        return CATEGORY[budget] in (None, category)

    def sums(self, budget: str) -> tuple[int, int, int]:
        """Spent, accrued and reserved of the budget's present month."""
        now = self.desk.now
        spent = sum(
            amount
            for at, category, amount in self.spent
            if month(at) == month(now) and self.covers(budget, category)
        )
        accrued = 0
        if self.covers(budget, "compute"):
            begin = max(self.rated_through, now.replace(day=1, hour=0, minute=0))
            # Hours that began: also the one that has only just.
            accrued = self.run_rate * max(-(-(now - begin) // HOUR), 0)
        reserved = sum(self.counts(held) for _name, held in self.holds if self.covers(budget, held.category))
        return spent, accrued, reserved

    def is_stale(self, budget: str) -> bool:
        return budget != "disks" and self.desk.now - self.rated_through > 6 * HOUR

    def verdict(self, category: str, amount: int) -> str:
        said = []
        for budget, limit in self.limits.items():
            if self.covers(budget, category):
                fits = sum(self.sums(budget)) + amount <= limit
                said.append(("unknown" if self.is_stale(budget) else "allow") if fits else "deny")
        return next((worst for worst in ("deny", "unknown", "allow") if worst in said), "unknown")

    def excuse(self) -> None:
        self.excused = {budget: sum(self.sums(budget)) for budget in self.limits}

    # What happens.

    @initialize(limit=st.integers(0, 100))
    def begin(self, limit: int) -> None:
        self.desk.define("all", str(2 * limit), fed_by="cloud", basis="actual")
        self.limits["all"] = 2 * limit
        self.rate(0, 0)

    @rule(budget=st.sampled_from(["servers", "disks"]), limit=st.integers(0, 100))
    def define(self, budget: str, limit: int) -> None:
        same = self.limits.get(budget) == limit
        fed_by = "entries" if budget == "disks" else "cloud"
        more = {"basis": "actual", "fed_by": fed_by, "scope": {"categories": [CATEGORY[budget]]}}
        assert self.desk.define(budget, str(limit), **more)["changed"] is not same
        self.limits[budget] = limit
        self.excuse()

    @rule(category=categories, amount=amounts)
    def record(self, category: str, amount: int) -> None:
        self.desk.record(str(amount), category)
        self.spent.append((self.desk.now, category, amount))
        self.excuse()

    @rule(minutes=st.sampled_from([1, 30, 60, 61, 120, 420, 1500]))
    def wait(self, minutes: int) -> None:
        self.desk.later(minutes=minutes)
        self.excuse()

    @rule(cost=st.integers(0, 5), run_rate=st.integers(0, 3))
    def rate(self, cost: int, run_rate: int) -> None:
        """The cloud rates all full hours that are over; the cost of them is told in the newest."""
        through = self.desk.now.replace(minute=0)
        if through > self.rated_through and cost:
            self.desk.record(str(cost), "compute", through - HOUR)
            self.spent.append((through - HOUR, "compute", cost))
        self.rated_through, self.run_rate = max(through, self.rated_through), run_rate
        known = feed(
            self.rated_through,
            run_rates=(RunRate("compute", (), run_rate * UNIT),),
            categories=frozenset({"compute", "storage"}),
            imported=(Imported(Window(datetime(2026, 10, 1, tzinfo=UTC), self.rated_through)),),
        )
        self.desk.feed(known)
        self.excuse()

    @rule(category=categories, amount=amounts)
    def ask(self, category: str, amount: int) -> None:
        said = self.desk.budget(spend=str(amount), currency="ICU", category=category)
        assert said["verdict"] == self.verdict(category, amount)
        assert said["changed"] is False

    @rule(name=names, category=categories, amount=amounts, ttl=st.sampled_from([1, 3]))
    def hold(self, name: str, category: str, amount: int, ttl: int) -> None:
        now, before = self.desk.now, self.newest(name)
        arguments = {
            "name": name,
            "category": category,
            "settled_by": SETTLED_BY[category],
            "ttl": f"{ttl}h",
        }
        alive = before if before is not None and before.state == "held" and now < before.expires_at else None
        if before is not None and self.is_the_same(before, alive, category, amount, ttl * HOUR):
            said = self.desk.hold(str(amount), **arguments)
            assert (said["changed"], said["reservation"]["state"]) == (False, before.state)
            return
        expected = self.verdict_without(alive, category, amount)
        said = self.desk.hold(str(amount), **arguments)
        assert said["verdict"] == expected
        if expected != "allow":
            assert not said["changed"]
            return
        if alive is not None:
            alive.category, alive.held = category, amount
            alive.ttl = alive.expires_at - now
        else:
            self.holds.append((name, Held(category, amount, "held", ttl * HOUR, now + ttl * HOUR)))
        for budget, limit in self.limits.items():
            if self.covers(budget, category):
                assert sum(self.sums(budget)) <= limit

    def is_the_same(
        self, before: Held, alive: Held | None, category: str, amount: int, ttl: timedelta
    ) -> bool:
        """Whether that is held already, or committed by this very run."""
        if (before.category, before.held) != (category, amount):
            return False
        if alive is not None:
            return True
        if before.state != "committed" or before.committed_at is None:
            return False
        return self.desk.now < before.committed_at + min(ttl, before.ttl)

    def verdict_without(self, alive: Held | None, category: str, amount: int) -> str:
        """The verdict as if the open hold were not there."""
        if alive is None:
            return self.verdict(category, amount)
        alive.state = "set aside"
        verdict = self.verdict(category, amount)
        alive.state = "held"
        return verdict

    @rule(name=names, amount=st.none() | amounts)
    def commit(self, name: str, amount: int | None) -> None:
        before = self.newest(name)
        if before is None or before.state == "released":
            with pytest.raises(InvalidOption, match="never held|was released"):
                self.desk.commit(None if amount is None else str(amount), name)
            return
        told = amount or (before.committed if before.state == "committed" else before.held)
        said = self.desk.commit(None if amount is None else str(amount), name)
        assert said["changed"] is (before.state != "committed" or told != before.committed)
        assert said["over_hold"] is (told > before.held)
        assert said["expired"] is ((before.committed_at or self.desk.now) >= before.expires_at)
        first = before.committed_at is None
        at = before.committed_at or self.desk.now
        if before.category == "storage":
            if not first:
                self.spent.remove((at, before.category, before.committed))
            self.spent.append((at, before.category, told))
        before.state, before.committed, before.committed_at = "committed", told, at
        if told > before.held or said["expired"] or not first:
            self.excuse()
        beyond = {budget for budget, limit in self.limits.items() if sum(self.sums(budget)) > limit}
        assert {one["budget"] for one in said["exceeded"]} == {
            budget for budget in beyond if self.covers(budget, before.category)
        }

    @rule(name=names)
    def release(self, name: str) -> None:
        before = self.newest(name)
        if before is None or before.state == "committed":
            with pytest.raises(InvalidOption, match="never held|is committed"):
                self.desk.release(name)
            return
        assert self.desk.release(name)["changed"] is (before.state == "held")
        before.state = "released"

    # What is always so.

    @invariant()
    def nothing_is_counted_twice_or_left_out(self) -> None:
        for row in self.desk.stati():
            budget = row["name"]
            known = row if not self.is_stale(budget) else {**row["at_least"], "reserved": row["reserved"]}
            assert tuple(int(known[name]) for name in ("spent", "accrued", "reserved")) == self.sums(budget)

    @invariant()
    def no_limit_is_passed_but_by_what_nobody_asked_for(self) -> None:
        for budget, limit in self.limits.items():
            assert sum(self.sums(budget)) <= max(limit, self.excused.get(budget, 0))


Reservations.TestCase.settings = settings(max_examples=15, stateful_step_count=25)
TestReservations = Reservations.TestCase
