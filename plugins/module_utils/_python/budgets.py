# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Budgets of a program, asked as cost_budget asks them (design/ledger.md#from-python)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from .._budgets import verdict
from .._budgets.definitions import Definition, defined
from .._budgets.known_budgets import require
from .._budgets.request import Request, parse_line
from .._budgets.results import verdict_to_result
from .._core.errors import InvalidOption
from .._core.money import amount_of, format_exact
from .._ledger.budgets import FED_BY_ENTRIES, Budget
from .guarded import guarded
from .stores import SnapshotFor
from .tracker import BudgetPeriod, CostTracker


@guarded
class BudgetManager:
    """Budgets, their status, and whether an amount may still be spent: what cost_budget does, for a program.

    Budgets and amounts are in the tracker's currency and zone unless they name others.
    """

    def __init__(self, tracker: CostTracker) -> None:
        self._tracker = tracker

    def create(
        self,
        name: str,
        amount: Decimal | int | str,
        period: str,
        *,
        currency: str | None = None,
        category: str | None = None,
        tags: Mapping[str, str] | None = None,
        untagged: str | None = None,
        tax: str | None = None,
    ) -> Budget:
        """Define a budget per period (a BudgetPeriod) for all costs, or for those of a category and with all
        of these tags.

        untagged: a request that lacks the key of one of the tags is `unknown` (the default) or `outside`.
        tax: costs of the charge category tax are `excluded` (the default) or `included`. To define it again
        changes nothing. Raises InvalidOption for a wrong value, and for a name that another budget has or
        nearly has.
        """
        if not name.strip():
            raise InvalidOption("name", "is empty; give the budget a name.")
        if period not in tuple(BudgetPeriod):
            raise InvalidOption(
                "period", f"'{period}' is not a period; use one of {', '.join(BudgetPeriod)}."
            )
        scope = {"categories": [] if category is None else [str(category)], "tags": tags}
        limit, zone = format_exact(amount_of(amount, "amount")), self._tracker.timezone
        definition = Definition(
            name,
            limit,
            currency or self._tracker.currency,
            str(period),
            zone,
            fed_by=FED_BY_ENTRIES,
            scope=scope,
            untagged=untagged,
            tax=tax,
        )
        budget = defined(definition, None)
        self._tracker.store.add_budget(budget)
        return budget

    def get_budget(self, name: str) -> Budget:
        """The budget of that name. Raises InvalidOption if there is none."""
        return require(self.list_budgets(), name)

    def list_budgets(self) -> list[Budget]:
        """Every budget of the store, by name."""
        return self._tracker.store.get_budgets()

    def check_budgets(self) -> list[dict[str, Any]]:
        """The status of every budget, as in the result of cost_budget_info: amounts are
        text, None if unknown.
        """
        with self._deciding() as (stored, snapshot_for):
            snapshot = snapshot_for(Request())
            return [verdict_to_result(verdict.evaluate(budget, Request(), snapshot)) for budget in stored]

    def get_utilization(self, name: str) -> float | None:
        """The used fraction of the limit, 1.0 for all of it and for any spend on a limit of zero; None if it
        is unknown.
        """
        with self._deciding() as (stored, snapshot_for):
            row = verdict_to_result(
                verdict.evaluate(require(stored, name), Request(), snapshot_for(Request()))
            )
        utilization: float | None = row["utilization"]
        return utilization

    def can_spend(
        self,
        amount: Decimal | int | str,
        category: str | None = None,
        *,
        currency: str | None = None,
        tags: Mapping[str, str] | None = None,
        budget: str | None = None,
    ) -> bool:
        """Whether every budget that covers such a cost has room for it, up to and including the limit.

        Also false if that is unknown: no budget covers the cost, a rate is missing, or the cost lacks the
        category or the key of a tag that a budget goes by. budget: one that must cover it. Raises
        InvalidOption for an unknown budget and for an amount that is not above zero.
        """
        return bool(
            self.get_verdict(amount, category, currency=currency, tags=tags, budget=budget)["gate_passed"]
        )

    def get_verdict(
        self,
        amount: Decimal | int | str,
        category: str | None = None,
        *,
        currency: str | None = None,
        tags: Mapping[str, str] | None = None,
        budget: str | None = None,
    ) -> dict[str, Any]:
        """The decision of can_spend() with its reasons: verdict (allow, deny or unknown), gate_passed,
        reasons, and a row for each budget.
        """
        row = {
            "amount": format_exact(amount_of(amount, "amount")),
            "currency": currency or self._tracker.currency,
            "category": None if category is None else str(category),
            "tags": tags,
        }
        request = Request((parse_line(row),))
        with self._deciding() as (stored, snapshot_for):
            if budget is not None:
                require(stored, budget)
            return verdict.decide(stored, request, snapshot_for(request), "fail", "fail", budget)

    def _deciding(self) -> AbstractContextManager[tuple[list[Budget], SnapshotFor]]:
        return self._tracker.store.deciding(self._tracker.rates, self._tracker.clock())
