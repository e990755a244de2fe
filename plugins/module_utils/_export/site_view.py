# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The facts of a site's page as its template shows them: tables of formatted cells, the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .._core.money import ROUNDING
from .notation import format_month
from .render import format_change, format_count, format_money, format_percent, minor_digits
from .service_names import service_name, type_name
from .site_keys import (
    OF_PROJECT,
    ORGANIZATION,
    PROJECTS,
    RESOURCES,
    SERVICES,
    SUMMED,
    TEAM,
    TEAMS,
    PageKey,
    Row,
    shown_name,
)
from .site_owners import LikelyOwner
from .site_rows import SiteRow, SiteTable

_DEAREST = "the most expensive first"
#: Reasons of one kind that a page lists.
_MOST_REASONS = 20


@dataclass(frozen=True)
class NoticeGroup:
    """What is not known for one reason: how many, and some of the sentences."""

    summary: str
    sentences: Sequence[str]
    more: int


def notice(kinds: Mapping[str, Sequence[str]]) -> list[NoticeGroup]:
    """What is not known, by its kind; none of a kind without a sentence."""
    return [
        NoticeGroup(f"{len(found)} {kind}", found[:_MOST_REASONS], max(len(found) - _MOST_REASONS, 0))
        for kind, found in kinds.items()
        if found
    ]


class Tables:
    """Makes the tables of pages.

    here: from the page to its month's folder, such as `../`. team: how teams are called. context: what a page
    shows besides its facts.
    """

    def __init__(self, here: str, currency: str, team: str, context: Mapping[str, Any]) -> None:
        self._here, self._currency, self._team, self._context = here, currency, team, context

    def of_facts(self, facts: Row) -> list[SiteTable]:
        """The tables of what a page's month has cost."""
        whole, tables = facts["cost"], facts["tables"]
        if self._context["likely"] is not None:
            # The list of what is to be done.
            return [
                self._of_resources(facts, whole),
                *(self._of_groups(name, tables[name], whole) for name in (PROJECTS,)),
                self._of_services(tables[SERVICES], whole),
            ]
        found = [self._of_groups(name, tables[name], whole) for name in (TEAMS, PROJECTS) if name in tables]
        if facts["movers"]:
            found.append(self._of_movers(facts["movers"], facts["kind"] != OF_PROJECT))
        found.append(self._of_services(tables[SERVICES], whole))
        found.append(self._of_resources(facts, whole))
        if self._context["lacking"]:
            found.append(self._of_lacking(self._context["lacking"], whole))
        return found

    def _of_groups(self, name: str, rows: Sequence[Row], whole: str | None) -> SiteTable:
        """Teams or projects."""
        head, without = (self._team, f"without {self._team}") if name == TEAMS else ("project", "no project")
        shown = [
            SiteRow(
                row["name"] or without,
                self._href(name, row),
                (*self._amounts(row, whole), self._why(row)),
                spark=self._context["sparks"].get((name, row["id"]), ""),
            )
            for row in rows
        ]
        heads = (head.capitalize(), "#Cost", "#~Part", "#Change", "~^Why")
        foot = self._foot(rows, whole, 2)
        return SiteTable(name, f"By {head}", _DEAREST, heads, shown, len(shown), foot=foot, sparks="Days")

    def _of_services(self, rows: Sequence[Row], whole: str | None) -> SiteTable:
        shown = [
            SiteRow(
                row["service"] or row["name"] or "",
                None,
                (*self._amounts(row, whole), self._why(row)),
                note=row["name"] or "" if row["service"] else "",
            )
            for row in rows
        ]
        heads = ("Service", "#Cost", "#~Part", "#Change", "~^Why")
        return SiteTable(
            SERVICES, "By service", _DEAREST, heads, shown, len(shown), foot=self._foot(rows, whole, 2)
        )

    def _of_movers(self, rows: Sequence[Row], with_project: bool) -> SiteTable:
        shown = [
            SiteRow(
                row["name"] or "no resource",
                None,
                (
                    *([row["project_name"] or "–"] if with_project else []),
                    self._number(row["before"]),
                    self._number(row["cost"]),
                    self._number(row["change"], signed=True),
                    row["why"],
                ),
                note=_called_by(row, service_name(row["metric"], "") if row["metric"] else None),
            )
            for row in rows
        ]
        heads = ("Resource", *["~Project"] * with_project, "#~Before", "#~Now", "#Change", "Why")
        note = "what has changed most against the same part of the month before"
        return SiteTable("movers", "Movers", note, heads, shown, len(shown))

    def _of_resources(self, facts: Row, whole: str | None) -> SiteTable:
        """Resources: all, the most expensive, or the worklist of those without a team."""
        rows, likely = facts["tables"][RESOURCES], self._context["likely"]
        is_all = RESOURCES in SUMMED[facts["kind"]] or likely is not None
        caption = f"Resources without {self._team}" if likely is not None else "Resources"
        heads = ["Resource", "#Cost", "#~Part", "Since" if likely is not None else "~Since"]
        if likely is not None:
            heads += ["Likely", "~Project"]
        else:
            heads += [f"~{self._team.capitalize()}"] * (TEAMS in facts["tables"] or facts["kind"] == TEAM)
            heads += ["~Project"] * (facts["kind"] != OF_PROJECT)
        shown = []
        for row in rows:
            cells = [self._number(row["cost"]), _percent(row["cost"], whole), self._since(row["since"])]
            if likely is not None:
                cells.append(_owner(likely.get((row["project"], row["id"] or row["description"]))))
            elif len(heads) > 4 and heads[4] != "~Project":
                cells.append(", ".join(row["teams"]) or "–")
            if heads[-1] == "~Project":
                cells.append(row["project_name"] or "–")
            shown.append(SiteRow(row["name"] or "no resource", None, tuple(cells), note=_called_by(row)))
        foot = self._foot(rows, whole, len(heads) - 3) if is_all else ()
        caption = caption if is_all else "Most expensive resources"
        return SiteTable(RESOURCES, caption, _DEAREST, tuple(heads), shown, len(shown), foot=foot)

    def _of_lacking(self, rows: Sequence[Row], whole: str | None) -> SiteTable:
        """The tags that the policy requires, and what is without them."""
        shown = [
            SiteRow(
                row["tag"],
                None,
                (
                    self._number(row["cost"]),
                    _percent(row["cost"], whole),
                    format_count(row["resources"]),
                    "–" if row["change"] is None else self._number(row["change"], signed=True),
                ),
            )
            for row in rows
        ]
        heads = ("Tag", "#Cost without it", "#~Part", "#~Resources", "#Change")
        note = "what the policy requires of every cost"
        return SiteTable("lacking", "Required tags", note, heads, shown, len(shown))

    def _amounts(self, row: Row, whole: str | None) -> tuple[str, str, str]:
        change = "–" if row["change"] is None else self._number(row["change"], signed=True)
        return self._number(row["cost"]), _percent(row["cost"], whole), change

    def _why(self, row: Row) -> str:
        """Why a row has changed, with how much each reason has to do with it."""
        return ", ".join(f"{one['reason']} {self._number(one['change'], signed=True)}" for one in row["why"])

    def _since(self, day: str | None) -> str:
        """Since when a resource has a cost, with its age at the end of the page's time."""
        if day is None:
            return "–"
        age = (self._context["until"].date() - date.fromisoformat(day)).days
        return f"{date.fromisoformat(day):%-d %b %Y} ({max(age, 0)}\u00a0d)"

    def _href(self, name: str, row: Row) -> str | None:
        kinds = {TEAMS: TEAM, PROJECTS: OF_PROJECT}
        return f"{self._here}{PageKey(kinds[name], row['id']).path}.html" if name in kinds else None

    def _foot(self, rows: Sequence[Row], whole: str | None, empty: int) -> list[SiteRow]:
        """The sum, and what rounding each row makes of a difference to it."""
        rest = ("",) * empty
        total = SiteRow("Total", None, (self._number(whole), "", *rest))
        if whole is None or any(row["cost"] is None for row in rows):
            return [total]
        digits = Decimal(1).scaleb(-minor_digits(self._currency))
        rounded = [ROUNDING.quantize(Decimal(row["cost"]), digits) for row in rows]
        off = ROUNDING.quantize(Decimal(whole), digits) - sum(rounded, Decimal(0))
        if not off:
            return [total]
        text = self._number(str(off), signed=True)
        return [SiteRow("Rounding of the rows", None, (text, "", *rest)), total]

    def _number(self, amount: str | None, signed: bool = False) -> str:
        """An amount in the page's currency, which its head names."""
        text = (format_change if signed else format_money)(amount, self._currency)
        return text.replace(f"{self._currency}\u00a0", "")

    def of_months(self, rows: Sequence[Row], whole: str | None) -> SiteTable:
        """What each month has cost, the newest first."""
        shown = [
            SiteRow(month_name(row["month"]), row["href"], (self._number(row["cost"]), row["state"]))
            for row in rows
        ]
        total = SiteRow("Total", None, (self._number(whole), ""))
        heads = ("Month", "#Cost", "State")
        return SiteTable("months", "Months", "the newest first", heads, shown, len(shown), foot=(total,))

    def of_budgets(self, rows: Sequence[Row], moment: Any, tax: str) -> SiteTable:
        """Budgets, the worst first. moment: formats one."""
        shown = []
        for row in rows:
            spent = format_money(row["spent"], row["currency"])
            cells = (
                f"at least {spent}" if row["at_least"] else spent,
                format_money(row["limit"], row["currency"]),
                format_percent(row["used"]),
                _outlook(row, moment) + (f" Tax: {row['tax']}." if row["tax"] != tax else ""),
            )
            shown.append(SiteRow(row["name"], None, cells, spark=_bullet(row["used"])))
        heads = ("Budget", "#~Spent", "#~Limit", "#Used", "^Outlook")
        return SiteTable(
            "budgets", "Budgets", "the worst first", heads, shown, len(shown), sparks="Of the limit"
        )


def _bullet(used: float) -> str:
    """A bar of what is used, of which the limit is at 50 of 60."""
    return f"M0 8H{min(max(used, 0.0) * 50, 60):.1f}"


def _outlook(row: Row, moment: Any) -> str:
    """By how much and since when it is over, when it will be, or what it comes to."""
    currency = row["currency"]
    if row["over_by"] is not None:
        return f"Over by {format_money(row['over_by'], currency)} since {moment(row['over_since'])}."
    if row["runs_out_at"] is not None:
        return f"Over on {moment(row['runs_out_at'])} if it goes on like this."
    if row["reason"] is not None:
        return f"{row['state'].capitalize()}. {row['reason']}"
    if row["expected"] is None:
        return "Within its limit."
    low, high = format_money(row["low"], currency), format_money(row["high"], currency)
    expected = format_money(row["expected"], currency)
    span = f", from {low} to {high}" if low != high else ""
    return f"Within its limit; {expected} expected{span}."


def part_of(cost: str | None, whole: str | None) -> float | None:
    """The fraction of a whole; None of nothing, and of what is not known."""
    if cost is None or whole is None or Decimal(whole) <= 0:
        return None
    return float(ROUNDING.divide(Decimal(cost), Decimal(whole)))


def _percent(cost: str | None, whole: str | None) -> str:
    part = part_of(cost, whole)
    return "–" if part is None else format_percent(part)


def _called_by(row: Row, service: str | None = None) -> str:
    """What a resource is, and by whom it is charged where that is no cloud's metric."""
    kind = type_name(row["type"]) if row["type"] else service
    return " · ".join(filter(None, (kind, row["cloud"])))


def _owner(likely: LikelyOwner | None) -> str:
    if likely is None or likely.team is None:
        return (likely.why if likely else "") or "–"
    return f"{shown_name(likely.team)}, {likely.why}"


def month_name(month: str) -> str:
    """2026-11 as people write it."""
    return format_month(date.fromisoformat(f"{month}-01"))


def called(key_kind: str, name: str | None, team: str) -> tuple[str, str]:
    """What kind of page it is, and its heading."""
    if key_kind == ORGANIZATION:
        return "", ""
    if key_kind == TEAM:
        return ("", f"Without {team}") if name is None else (team.capitalize(), name)
    return ("", "No project") if name is None else ("Project", name)
