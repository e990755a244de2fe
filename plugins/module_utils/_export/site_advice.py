# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a page of a cost site says of savings and of anomalies: which rows are about it, and their tables
(design/reports.md#savings-and-anomalies).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from .._core.money import EXACT, format_amount
from .._core.periods import Window
from .._cost.realised_savings import realised_in
from .._ledger.totals import TAG, Selection
from .notation import format_day
from .render import format_money, format_number
from .service_names import type_name
from .site_cost import SiteNames
from .site_keys import OF_PROJECT, ORGANIZATION, PageKey, Row, shown_name
from .site_rows import SiteRow, SiteTable
from .told_advice import ToldAdvice, named_resources, sum_by_month, unknown_count, what_to_do

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: Types of cost_savings_info, as resources of costs are called.
_TYPES = {"instance": "compute.instance", "volume": "storage.volume", "floating_ip": "network.floating_ip"}


class PageAdvice(NamedTuple):
    """What is about one page, None where nobody has asked: recommendations, anomalies with a day of the
    page's month, and what acts have saved in the month.
    """

    recommendations: Sequence[Row] | None
    anomalies: Sequence[Row] | None
    realised: Sequence[Row]


def realised_of_month(transaction: Transaction, window: Window) -> list[Row]:
    """What acts on servers have saved in a month, for each of them."""
    rows: list[Row] = realised_in(transaction, Selection(window))["resources"]
    return rows


def advice_of_page(
    told: ToldAdvice, realised: Sequence[Row], key: PageKey, team: str, days: Iterable[str], names: SiteNames
) -> PageAdvice:
    """Of all of it what is about a page. team: what pages of teams are of. days: those of the month."""
    of_month = set(days)
    recommendations, anomalies = told.recommendations, told.anomalies
    return PageAdvice(
        None
        if recommendations is None
        else [row for row in recommendations if _is_advice_of(row, key, team)],
        None
        if anomalies is None
        else [
            row
            for row in anomalies
            if _is_anomaly_of(row["dimensions"], key, team)
            and any(day["day"] in of_month for day in row["days"])
        ],
        [row for row in realised if _is_realised_of(row, key, team, names)],
    )


def _is_advice_of(row: Row, key: PageKey, team: str) -> bool:
    if key.kind == ORGANIZATION:
        return True
    if key.kind == OF_PROJECT:
        return bool(row["project_id"] == key.id)
    return team.startswith(TAG) and (row["tags"] or {}).get(team.removeprefix(TAG)) == key.id


def _is_anomaly_of(dimensions: Mapping[str, str | None], key: PageKey, team: str) -> bool:
    """Whether a series is of the page's costs, or of a part of them."""
    if key.kind == ORGANIZATION:
        return True
    name = "project" if key.kind == OF_PROJECT else team
    return name in dimensions and dimensions[name] == key.id


def _is_realised_of(row: Row, key: PageKey, team: str, names: SiteNames) -> bool:
    if key.kind == ORGANIZATION:
        return True
    if key.kind == OF_PROJECT:
        return bool(row["project_id"] == key.id)
    return team.startswith(TAG) and names.teams.get((row["project_id"], row["resource"])) == key.id


class AdviceTables:
    """Makes the tables of one page. names: of projects. with_project: whether rows say whose they are."""

    def __init__(self, currency: str, names: SiteNames, with_project: bool) -> None:
        self._currency, self._names, self._with_project = currency, names, with_project

    def anomalies(self, advice: PageAdvice) -> list[SiteTable]:
        """The table of anomalies, if there is one."""
        return [self._anomalies(advice.anomalies)] if advice.anomalies else []

    def savings(self, advice: PageAdvice) -> list[SiteTable]:
        """What was saved, if anything was, and the worklist wherever somebody has asked for one."""
        found = []
        if advice.recommendations is not None:
            found.append(self._worklist(advice.recommendations))
        if advice.realised:
            found.append(self._realised(advice.realised))
        return found

    def _worklist(self, rows: Sequence[Row]) -> SiteTable:
        shown = [
            SiteRow(
                shown_name(row["name"] or row["resource_id"]),
                None,
                (
                    format_number(row["counted_per_month"], self._currency),
                    shown_name(what_to_do(row)),
                    f"{row['risk']}{'' if row['undo_possible'] else ', for good'}",
                    *self._project(row["project_id"], row["project_name"]),
                    shown_name("; ".join(row["commands"])),
                ),
                note=_type(row["type"]),
            )
            for row in rows
        ]
        heads = ("Resource", "#Saves a month", "What to do", "~Risk", *self._project_head, "~^How")
        unknown = unknown_count(rows)
        note = "what is counted adds up: each resource counts once; 730 hours a month"
        note += f"; {unknown} without a known price" if unknown else ""
        foot = (self._total(format_number(sum_by_month(rows), self._currency), len(heads) - 2),)
        return SiteTable(
            "savings", "What could be saved", note, heads, shown, len(shown), foot=foot,
            empty="Nothing is recommended.",
        )  # fmt: skip

    def _realised(self, rows: Sequence[Row]) -> SiteTable:
        """Amounts are in the currency in which the servers are rated."""
        shown = [
            SiteRow(
                shown_name(row["resource_name"] or row["resource"]),
                None,
                (
                    format_money(row["realised"], row["currency"]),
                    format_money(row["expected"], row["currency"]),
                    f"{row['hours_off']:.0f}",
                    *self._project(row["project_id"], None),
                ),
                note=(row["problem"] or "").replace("_", " "),
            )
            for row in sorted(rows, key=lambda row: (-Decimal(row["realised"] or 0), row["resource"]))
        ]
        heads = ("Server", "#Saved", "#~Expected", "#~Hours off", *self._project_head)
        foot = [self._total(text, len(heads) - 2) for text in _sums(rows)]
        note = "by schedules, as rated since and not as hoped"
        return SiteTable("realised", "What was saved", note, heads, shown, len(shown), foot=foot)

    def _anomalies(self, rows: Sequence[Row]) -> SiteTable:
        shown = [
            SiteRow(
                shown_name(self._series(row)),
                None,
                (
                    format_number(row["above"], self._currency),
                    format_number(row["actual"], self._currency),
                    _span(row["first_day"], row["last_day"]),
                    shown_name(", ".join(named_resources(row)) or "no resource differs"),
                ),
                note=_state(row),
            )
            for row in rows
        ]
        heads = ("Of", "#Above what was expected", "#~Cost", "Days", "~^Because of")
        note = "days that cost more than expected, marked in the chart"
        return SiteTable("anomalies", "Anomalies", note, heads, shown, len(shown))

    def _series(self, row: Row) -> str:
        """A series by names that people know."""
        parts = []
        for name, value in row["dimensions"].items():
            if name == "project":
                parts.append(self._names.projects.get(value) or value or "no project")
            else:
                parts.append((value or f"without {name.removeprefix(TAG)}").replace("_", " "))
        return ", ".join(parts) or "all costs"

    @property
    def _project_head(self) -> tuple[str, ...]:
        return ("~Project",) if self._with_project else ()

    def _project(self, project: str | None, name: str | None) -> tuple[str, ...]:
        known = name or self._names.projects.get(project) or project or "–"
        return (shown_name(known),) if self._with_project else ()

    def _total(self, text: str, empty: int) -> SiteRow:
        return SiteRow("Total", None, (text, *[""] * empty))


def _sums(rows: Sequence[Row]) -> list[str]:
    """What was saved by currency; not known where that of a server is not."""
    by_currency: dict[str, list[str | None]] = {}
    for row in rows:
        by_currency.setdefault(row["currency"], []).append(row["realised"])
    found = []
    for currency, amounts in sorted(by_currency.items()):
        total: Decimal | None = Decimal(0)
        for amount in amounts:
            total = None if total is None or amount is None else EXACT.add(total, Decimal(amount))
        found.append(format_money(None if total is None else format_amount(total), currency))
    return found


def _type(kind: str) -> str:
    return type_name(_TYPES.get(kind, kind)) or kind


def _state(row: Row) -> str:
    words = f"{row['state'].replace('_', ' ')}, confidence {row['confidence']}"
    silenced = row["silenced"]
    return words if silenced is None else f"{words}, silenced: {shown_name(silenced['reason'])}"


def _span(first: str, last: str) -> str:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    if end - begin < timedelta(days=1):
        return format_day(begin)
    return f"{format_day(begin)} to {format_day(end)}"
