# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A cost site: pages of the organization, its teams and its projects for every month that the ledger knows
(design/reports.md#a-site).

The newest month is at the top and written anew each time; each month before has a folder of its name, of
which the pages stay as they are once the month is closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .._budgets.bill_forecast import bill_forecast
from .._budgets.forecasts import KnownForecast
from .._core.money import format_amount
from .._core.periods import Window
from .._ledger import feeds as ledger_feeds
from .._ledger import sql
from .._ledger.feeds import Feed
from .._ledger.policy import read_policy
from .._ledger.resource_sums import dimension_sets
from .report import FRESH
from .site_advice import PageAdvice, advice_of_page, realised_of_month
from .site_archive import SiteFolder
from .site_budgets import BudgetsOfMonth, is_about, is_exactly, read_budgets
from .site_chart import ChartSubject, a_day_to_come, days_before, site_chart, sparks
from .site_cost import (
    MonthCost,
    Parts,
    ResourceKey,
    SiteMoney,
    SiteNames,
    SiteQuestion,
    add,
    is_closed,
    months,
    read_month,
    unknown_days,
)
from .site_keys import OF_PROJECT, ORGANIZATION, TEAM, PageCosts, PageKey, Row, pages_of, shown_name
from .site_lines import LineReader
from .site_look import SiteLook
from .site_owners import LikelyOwner, Owners
from .site_pages import PageWriter
from .site_tables import difference
from .site_view import notice
from .told_advice import ToldAdvice, days_of

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: Restatements that a task's result lists.
_MOST_TOLD = 10
_NOTHING = PageCosts()


class SiteMonth(NamedTuple):
    """A month and its pages."""

    cost: MonthCost
    pages: Mapping[PageKey, PageCosts]


@dataclass
class _Site:
    """A site while it is written. required: the tags that the policy wants. history: of each page its months,
    the newest last. realised: of each month that was asked for what acts have saved.
    """

    transaction: Transaction
    question: SiteQuestion
    folder: SiteFolder
    look: SiteLook
    feeds: Sequence[Feed]
    required: Sequence[str]
    now: datetime
    told: ToldAdvice
    realised: dict[str, list[Row]] = field(default_factory=dict)
    names: SiteNames = field(default_factory=SiteNames)
    history: dict[PageKey, list[Row]] = field(default_factory=lambda: defaultdict(list))
    sums: dict[PageKey, Parts] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self.money = SiteMoney(self.question)
        self.writer = PageWriter(self.question, self.names, self.money)
        self.lines = LineReader(
            self.transaction, self.question, dimension_sets(self.transaction), self.required, self.names
        )
        self._feeds_of: dict[str, list[Feed]] = defaultdict(list)
        for feed in self.feeds:
            self._feeds_of[feed.key.project_id].append(feed)

    def write(self) -> Row:
        """Write all pages; returns the facts of the first one."""
        before: SiteMonth | None = None
        first: Row = {}
        *earlier, newest = months(self.transaction, self.question.zone, self.now)
        for each in (*earlier, newest):
            cost = read_month(self.transaction, self.question, each, self.feeds, self.names, self.now)
            self.lines.read(cost)
            self.writer.start(cost)
            month = SiteMonth(cost, pages_of(cost, self.writer.has_teams))
            if each == newest:
                first = self._write_newest(month, before)
            else:
                self._write_month(month, before)
            # Of the month before, the days are drawn, and nothing else.
            cost.lines, cost.used, cost.used_before = {}, {}, {}
            before = month
        return first

    def _write_month(self, month: SiteMonth, before: SiteMonth | None) -> None:
        """A month that is over, in a folder of its own."""
        cost = month.cost
        closed = is_closed(cost.window, self.feeds, self.now)
        state = _LazyBudgets(self, cost.window)
        pages = {
            key: costs
            for key, costs in month.pages.items()
            if key.kind == ORGANIZATION or any(group in cost.days for group in costs.groups)
        }
        pages |= dict.fromkeys(self.folder.others(cost.name, pages), _NOTHING)
        unknown = unknown_days(cost, self.feeds, self.now)
        for key, costs in pages.items():
            facts = self.writer.facts(cost, key, costs)

            def render(
                restatements: Sequence[Row], key: PageKey = key, costs: PageCosts = costs, facts: Row = facts
            ) -> Sequence[str]:
                context = self._context(month, before, key, costs, facts, state.read(), unknown)
                return self.look.render(
                    facts, key, {**context, "restatements": restatements, "is_closed": closed}
                )

            path = f"{cost.name}/{key.path}"
            written = self.folder.write(path, facts, closed, render)
            word = "closed" if written.closed else "not closed yet"
            self._remember(
                key, costs, cost, facts, word + (", restated" if written.restatements else ""), path
            )

    def _write_newest(self, month: SiteMonth, before: SiteMonth | None) -> Row:
        """The month of now, at the top, with the months before it."""
        cost = month.cost
        state = read_budgets(self.transaction, cost.window, self.feeds, self.question.rates, self.now)
        unknown = unknown_days(cost, self.feeds, self.now)
        found: Row = {}
        keys = dict.fromkeys((*month.pages, *self.history, *self.folder.others(".", month.pages)))
        forecast = self._forecast()
        for key in keys:
            costs = month.pages.get(key, _NOTHING)
            facts = self.writer.facts(cost, key, costs)
            self._remember(key, costs, cost, facts, "so far", key.path)
            ahead = forecast if key.kind == ORGANIZATION else None
            context = self._context(month, before, key, costs, facts, state, unknown, ahead)
            context["history"] = self._history(key)
            render = partial(self._render, key, facts, context)
            self.folder.write(key.path, {**facts, "history": context["history"]}, False, render)
            found = found or {**facts, "notice": context["notice"]}
        return found

    def _forecast(self) -> Row | None:
        """What the current month will have cost; None without enough data."""
        found = bill_forecast(
            self.transaction, self.question.currency, self.question.zone.key, self.question.rates,
            bool(self.feeds), self.now,
        )  # fmt: skip
        if not isinstance(found, KnownForecast) or not found.enough_data:
            return None
        return {name: format_amount(getattr(found, name)) for name in ("low", "expected", "high")}

    def _advice(self, cost: MonthCost, key: PageKey) -> PageAdvice:
        """What others say of the page. What could be saved is of now, and not of a month that is over."""
        if cost.name not in self.realised:
            self.realised[cost.name] = realised_of_month(self.transaction, cost.window)
        told = self.told
        if not cost.window.contains(self.now):
            told = told._replace(recommendations=None)
        days = [name for name, _window in cost.day_windows]
        return advice_of_page(told, self.realised[cost.name], key, self.question.team, days, self.names)

    def _likely(self, cost: MonthCost, costs: PageCosts) -> dict[ResourceKey, LikelyOwner]:
        """Whose the resources without a team likely are."""
        keys = {(line.group.project, line.resource or line.description) for line in costs.lines}
        owners = Owners(cost.lines, self.names)
        return {key: owners.likely(key) for key in keys}

    def _lacking(self, cost: MonthCost) -> list[Row]:
        """What lacks a tag that the policy requires."""
        is_compared = cost.part.length and cost.in_before
        return [
            {
                "tag": shown_name(tag),
                **self.writer.figures(one.parts),
                "resources": len(one.resources),
                "change": difference(self.money.amount(one.in_part), self.money.amount(one.in_before))
                if is_compared else None,
            }
            for tag, one in cost.lacking.items()
        ]  # fmt: skip

    def _render(
        self, key: PageKey, facts: Row, context: Mapping[str, Any], restatements: Sequence[Row]
    ) -> Sequence[str]:
        return self.look.render(facts, key, {**context, "restatements": restatements})

    def _remember(
        self, key: PageKey, costs: PageCosts, cost: MonthCost, facts: Row, state: str, path: str
    ) -> None:
        figures = {name: facts[name] for name in ("month", "cost", "recorded")}
        self.history[key].append({**figures, "state": state, "path": path})
        for group in costs.groups:
            for parts in cost.days.get(group, ()):
                add(self.sums[key], parts)

    def _history(self, key: PageKey) -> Row:
        return {"months": self.history[key][::-1], **self.writer.figures(self.sums[key])}

    def _context(
        self,
        month: SiteMonth,
        before: SiteMonth | None,
        key: PageKey,
        costs: PageCosts,
        facts: Row,
        state: BudgetsOfMonth,
        unknown: Sequence[bool],
        forecast: Row | None = None,
    ) -> dict[str, Any]:
        """What a page shows besides its facts."""
        name, team, cost = self.writer.name_of(key), self.question.team, month.cost
        raw = self.names.projects.get(key.id) or key.id if key.kind == OF_PROJECT else key.id
        rows = [row for row in state.rows if is_about(row["scope"], key, raw, team)]
        about = {row["id"] for row in rows}
        compared = facts["compared"]
        is_comparable = compared is not None and not compared["left_out"]
        then = days_before(before.cost, before.pages.get(key), self.money) if before and is_comparable else []
        budget, daily = next(
            (
                (budget, (shown_name(budget.name), amount))
                for budget, amount in state.daily
                if budget.currency == self.question.currency and is_exactly(budget, key, raw, team)
            ),
            (None, None),
        )
        ahead = next((row for row in rows if budget is not None and row["id"] == budget.name), None)
        if forecast is None and ahead is not None and ahead["expected"] is not None:
            forecast = {name: ahead[name] for name in ("low", "expected", "high")}
        advice = self._advice(cost, key)
        subject = ChartSubject(
            cost, key, costs, then, self._unknown(key, cost, unknown), daily,
            a_day_to_come(forecast, facts["cost"], cost), days_of(advice.anomalies or ()),
        )  # fmt: skip
        return {
            "name": name,
            "budgets": rows,
            "alerts": [one for one in state.alerts if key.kind == ORGANIZATION or one["budget"] in about],
            "later": [one for one in state.later if key.kind == ORGANIZATION or one["budget"] in about],
            "forecast": forecast,
            "chart": site_chart(subject, self.writer, self.now),
            "sparks": sparks(cost, costs, self.money),
            "likely": self._likely(cost, costs) if (key.kind, key.id) == (TEAM, None) else None,
            "lacking": self._lacking(cost) if key.kind == ORGANIZATION else [],
            "until": min(cost.window.end, self.now),
            "advice": advice,
            "names": self.names,
            "notice": notice(self._notices(key, costs, cost, facts, rows)),
        }

    def _unknown(self, key: PageKey, cost: MonthCost, of_all: Sequence[bool]) -> Sequence[bool]:
        return (
            unknown_days(cost, self._feeds_of[key.id], self.now)
            if key.kind == OF_PROJECT and key.id
            else of_all
        )

    def _notices(
        self, key: PageKey, costs: PageCosts, cost: MonthCost, facts: Row, budgets: Sequence[Row]
    ) -> dict[str, list[str]]:
        """What a page does not know, by why."""
        until = min(cost.window.end, self.now)
        feeds: Sequence[Feed] = self.feeds
        if key.kind != ORGANIZATION:
            whose = dict.fromkeys(group.project or "" for group in costs.groups)
            feeds = [feed for project in whose for feed in self._feeds_of.get(project, ())]
        behind = [feed for feed in feeds if not feed.retired and feed.rated_through < until - FRESH]
        holes = [(feed, hole) for feed in feeds for hole in feed.holes(cost.window)]
        compared = facts["compared"]
        return {
            "projects are known up to a time before the end of the month, or of now": [
                f"{shown_name(feed.project_name)}: {self._local(feed.rated_through)}" for feed in behind
            ],
            "times of projects were never imported": [
                f"{shown_name(feed.project_name)}: {self._local(hole.begin)} to {self._local(hole.end)}"
                for feed, hole in holes
            ],
            "exchange rates are missing": list(facts["unknown"]),
            "lists of savings or anomalies are not known, or not wholly": list(self.told.unread)
            if key.kind == ORGANIZATION
            else [],
            "budgets are not known": [str(row["reason"]) for row in budgets if row["state"] == "not known"],
            "projects are not compared with the month before, as one of both is not known": list(
                compared["left_out"] if compared else ()
            ),
        }

    def _local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.question.zone):%Y-%m-%d %H:%M}"


class _LazyBudgets:
    """The budgets of a month, read when a page of it is written: most runs write none."""

    def __init__(self, site: _Site, window: Window) -> None:
        self._site, self._window = site, window
        self._found: BudgetsOfMonth | None = None

    def read(self) -> BudgetsOfMonth:
        if self._found is None:
            site = self._site
            self._found = read_budgets(
                site.transaction, self._window, site.feeds, site.question.rates, site.now
            )
        return self._found


def write_site(
    options: sql.LedgerOptions,
    question: SiteQuestion,
    folder: SiteFolder,
    title: str,
    templates: Sequence[str],
    told: ToldAdvice | None = None,
) -> dict[str, Any]:
    """Write the pages of a site, all from one state of the ledger. told: what other modules have returned.
    Returns the result of cost_site.

    Raises InvalidOption for templates, files, and a folder that has another site; LedgerError.
    """
    asked = {"currency": question.currency, "timezone": question.zone.key, "teams": question.team}
    folder.refuse_another(asked)
    look = SiteLook(title, question, templates, folder.now)
    with sql.reading(options) as ledger:
        rows = ledger.connection
        policy = read_policy(rows)
        site = _Site(
            rows,
            question._replace(rates=policy.rates_in_force(question.rates)),
            folder,
            look,
            ledger_feeds.read_all(rows),
            policy.rules.required_tags if policy.rules else (),
            folder.now,
            told or ToldAdvice(),
        )
        first = site.write()
    return {
        "changed": folder.changed,
        "index": str(folder.root / "index.html"),
        "total": first["cost"],
        "currency": question.currency,
        "pages": {"written": folder.written, "kept": folder.kept, "restated": len(folder.restated)},
        "restated": folder.restated[:_MOST_TOLD],
        "incomplete": [group.summary for group in first["notice"]],
    }
