# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What each project has to pay for a month: positions, credits, tax, net and gross, from the ledger
(design/reports.md#statements).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .._core.errors import InvalidOption, UnknownAmount
from .._core.files import FileAttributes
from .._core.money import EXACT, ROUNDING, exact_sum, format_exact, from_nano
from .._core.periods import Window, iso
from .._core.rates import Rates
from .._ledger import feeds, sql, totals
from .._ledger.policy import rates_of
from .._ledger.totals import Selection

#: What a statement is made of; tax comes from its own rate.
CHARGES = ("usage", "purchase", "credit", "adjustment")
_KEYS = ("project", "project_name", "charge_category", "category", "region", "metric")
_PLAIN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_PERCENT = Decimal("0.01")


@dataclass(frozen=True)
class StatementQuestion:
    """What is asked. month: the window, named label, such as 2026-11. tax_rate: in percent. number_prefix:
    how numbers begin. projects: ids or names, None for all. places: decimals of the currency.
    """

    month: Window
    label: str
    currency: str
    places: int
    tax_rate: Decimal
    tax_name: str
    number_prefix: str
    issuer: str
    projects: tuple[str, ...] | None
    rates: Rates
    attributes: FileAttributes


@dataclass(frozen=True)
class Position:
    """A row of a statement: so much of a metric, or of a category where the cost has no metric. exact: before
    it was rounded to amount.
    """

    charge_category: str
    category: str
    metric: str | None
    region: str | None
    amount: Decimal
    exact: Decimal


@dataclass(frozen=True)
class Statement:
    """What one project has to pay. reasons: why it is not final, none where it is."""

    number: str
    project_id: str
    project_name: str
    positions: tuple[Position, ...]
    net: Decimal
    tax: Decimal
    reasons: tuple[str, ...]

    @property
    def gross(self) -> Decimal:
        """Net and tax."""
        return EXACT.add(self.net, self.tax)

    @property
    def credits(self) -> Decimal:
        """What of net is credited."""
        return exact_sum(one.amount for one in self.positions if one.charge_category == "credit")

    @property
    def exact_net(self) -> Decimal:
        """What the positions add up to before each is rounded."""
        return exact_sum(one.exact for one in self.positions)


def statements(
    options: sql.LedgerOptions, question: StatementQuestion, now: datetime
) -> tuple[list[Statement], dict[str, str], int]:
    """The statements by project; by currency what belongs to no project; how many tax rows were left out.

    Raises LedgerError; UnknownAmount where a rate is missing; InvalidOption where a project is named that
    has no cost in the month.
    """
    month, wanted = question.month, question.projects
    with sql.reading(options) as ledger:
        connection = ledger.connection
        rates = rates_of(connection, question.rates)
        segments = rates.segments(month)
        selection = Selection(month, charge_categories=CHARGES, projects=wanted)
        by_segment = totals.by_time(connection, selection, segments, _KEYS)
        taxes = totals.totals(connection, Selection(month, charge_categories=("tax",), projects=wanted))
        known = feeds.read_all(connection)
    parts: dict[str, dict[tuple[str | None, ...], list[tuple[Decimal, str, datetime]]]] = {}
    names: dict[str, str] = {}
    unassigned: dict[str, Decimal] = {}
    for segment, of_segment in zip(segments, by_segment, strict=True):
        for total in of_segment:
            project, name, *keys = total.keys.values()
            amount = from_nano(total.amount_nano)
            if project is None:
                unassigned[total.currency] = EXACT.add(unassigned.get(total.currency, Decimal(0)), amount)
                continue
            names[project] = name or names.get(project, project)
            of_project = parts.setdefault(project, {})
            of_project.setdefault(tuple(keys), []).append((amount, total.currency, segment.begin))
    _refuse_missing(wanted, names)
    open_reasons = _reasons(known, month, now)
    numbers = _numbers(sorted(parts), question)
    found = [
        _statement(numbers[project], project, names[project], of_project, open_reasons, rates, question)
        for project, of_project in sorted(parts.items())
    ]
    without_project = {currency: format_exact(amount) for currency, amount in sorted(unassigned.items())}
    return found, without_project, sum(total.entry_count for total in taxes)


def _statement(
    number: str,
    project: str,
    name: str,
    parts: Mapping[tuple[str | None, ...], list[tuple[Decimal, str, datetime]]],
    reasons: Mapping[str, tuple[str, ...]],
    rates: Rates,
    question: StatementQuestion,
) -> Statement:
    unit = Decimal(1).scaleb(-question.places)
    positions = []
    for (charge, category, region, metric), dated in parts.items():
        exact = _converted(dated, rates, question.currency, name)
        amount = ROUNDING.quantize(exact, unit)
        positions.append(Position(str(charge), str(category), metric, region, amount, exact))
    positions.sort(key=lambda one: (CHARGES.index(one.charge_category), -one.amount, str(one.metric)))
    # The sum of what is shown, so that everybody who adds it up gets the same.
    net = exact_sum(one.amount for one in positions)
    tax = ROUNDING.quantize(EXACT.multiply(net, EXACT.multiply(question.tax_rate, _PERCENT)), unit)
    why = reasons.get(project, reasons[""])
    return Statement(number, project, name, tuple(positions), net, tax, why)


def _converted(
    dated: Sequence[tuple[Decimal, str, datetime]], rates: Rates, wanted: str, name: str
) -> Decimal:
    """The sum in the currency, each part at the rate valid when it occurred. Raises UnknownAmount."""
    total = Decimal(0)
    for amount, currency, moment in rates.netted(dated, wanted, at_one_moment=False):
        try:
            total = ROUNDING.add(total, rates.convert(amount, currency, wanted, moment))
        except UnknownAmount as error:
            raise UnknownAmount(f"The statement of {name} is unknown: {error}") from error
    return total


def _reasons(known: Iterable[feeds.Feed], month: Window, now: datetime) -> dict[str, tuple[str, ...]]:
    """By project why its statement is not final; under "" for a project without a feed."""
    over = [] if month.end <= now else [f"the month ends {iso(month.end)}"]
    found: dict[str, list[str]] = {"": over}
    for feed in known:
        of_project = found.setdefault(feed.key.project_id, list(over))
        if feed.retired:
            continue
        if feed.rated_through < month.end:
            of_project.append(f"{feed.key.region} is rated through {iso(feed.rated_through)} only")
        hole = next(feed.holes(month), None)
        if hole is not None:
            of_project.append(f"{feed.key.region} was not imported from {iso(hole.begin)} on")
    return {project: tuple(reasons) for project, reasons in found.items()}


def _numbers(projects: Sequence[str], question: StatementQuestion) -> dict[str, str]:
    """The number of each project's statement: the same whenever and with whomever it is made. It goes into
    the name of a file, so an ID that is none stands in it as its hash, behind a mark that no ID has: else it
    could be another project's ID.
    """
    return {
        project: f"{question.number_prefix}{question.label}-"
        + (project if _PLAIN_ID.fullmatch(project) else f"_{_hash_of(project)}")
        for project in projects
    }


def _hash_of(project: str) -> str:
    return hashlib.sha256(project.encode()).hexdigest()[:32]


def _refuse_missing(wanted: tuple[str, ...] | None, names: Mapping[str, str]) -> None:
    for one in wanted or ():
        if one not in names and one not in names.values():
            raise InvalidOption("projects", f"'{one}' has no cost in that month, by its name or its ID.")


def statement_to_result(statement: Statement, question: StatementQuestion) -> dict[str, Any]:
    """A statement as a result tells it."""
    return {
        "number": statement.number,
        "project_id": statement.project_id,
        "project_name": statement.project_name,
        "net": format_exact(statement.net),
        "credits": format_exact(statement.credits),
        "tax": format_exact(statement.tax),
        "gross": format_exact(statement.gross),
        "exact_net": format_exact(statement.exact_net),
        "currency": question.currency,
        "positions": len(statement.positions),
        "final": not statement.reasons,
        "reasons": list(statement.reasons),
    }
