# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What cost_savings_info and cost_anomaly_info have returned, as rows that reports and sites show
(design/reports.md#savings-and-anomalies).

Amounts are those of the results; the sum of a list is that of its rows, which count each resource once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.money import EXACT, format_amount
from .._core.periods import from_iso

Row = dict[str, Any]
Result = Mapping[str, Any]
_OF_ADVICE = (
    "resource_id", "name", "type", "kind", "project_id", "project_name", "tags", "current", "recommended",
    "saving_per_month", "counted_per_month", "why_unknown", "effort", "risk", "undo_possible", "commands",
)  # fmt: skip
_OF_ANOMALY = (
    "id", "series", "dimensions", "state", "first_day", "last_day", "days", "actual", "expected", "above",
    "confidence", "changes", "resources", "silenced",
)  # fmt: skip
_COLUMNS = {"recommendations": _OF_ADVICE, "anomalies": _OF_ANOMALY}
#: The resources of an anomaly that are named.
_NAMED = 3


class ToldAdvice(NamedTuple):
    """recommendations, anomalies: None where nobody has asked. unread: why something is not known."""

    recommendations: Sequence[Row] | None = None
    anomalies: Sequence[Row] | None = None
    unread: Sequence[str] = ()


def read_advice(
    savings: Sequence[Result] | None,
    anomalies: Result | None,
    currency: str,
    zone: ZoneInfo,
    option: str,
) -> ToldAdvice:
    """The rows of results, those that add most to the sum first. option: names both in an error.

    Raises InvalidOption for what is no such result, and for another currency or other days than the page's.
    """
    unread: list[str] = []
    recommendations, flagged = None, None
    if savings is not None:
        read = _readable(savings, "recommendations", f"{option}savings", currency, unread)
        found = [
            {**_recommendation(row), "cloud": (one.get("cloud") or {}).get("name")}
            for one in read
            for row in one["recommendations"]
        ]
        # What nobody could read is not nothing.
        recommendations = sorted(found, key=_most_first) if read else None
        unread += [
            f"What could be saved is not known wholly in {(one.get('cloud') or {}).get('project_name')}."
            for one in read
            if not one.get("complete", True)
        ]
    if anomalies is not None:
        where = f"{option}anomalies"
        for one in _readable([anomalies], "anomalies", where, currency, unread):
            flagged = [{name: row[name] for name in _OF_ANOMALY} for row in one["anomalies"]]
            _refuse_other_days(flagged, zone, where)
    return ToldAdvice(recommendations, flagged, unread)


def _readable(
    results: Sequence[Result], key: str, option: str, currency: str, unread: list[str]
) -> list[Result]:
    """The results that have not failed; why the others are not known goes to unread."""
    read = []
    for one in results:
        if one.get("failed") or one.get("msg"):
            unread.append(
                f"{'What could be saved' if key == 'recommendations' else 'What cost more than expected'} is"
                f" not known: {one.get('msg') or 'its task failed'}"
            )
        elif not _is_result(one, key):
            raise InvalidOption(
                option, f"is not what a module returned: give all of its result, with `currency` and `{key}`."
            )
        elif one["currency"] != currency:
            raise InvalidOption(option, f"is in {one['currency']}; ask for it in {currency}.")
        else:
            read.append(one)
    return read


def _is_result(one: Result, key: str) -> bool:
    """Whether it has a currency, and rows with all that is shown of them."""
    rows = one.get(key)
    return (
        isinstance(one.get("currency"), str)
        and isinstance(rows, list)
        and all(isinstance(row, Mapping) and row.keys() >= set(_COLUMNS[key]) for row in rows)
    )


def _recommendation(row: Result) -> Row:
    return {name: row[name] for name in _OF_ADVICE}


def _most_first(row: Row) -> tuple[Decimal, str, str]:
    return -Decimal(row["counted_per_month"] or 0), row["name"] or "", row["kind"]


def _refuse_other_days(rows: Iterable[Row], zone: ZoneInfo, option: str) -> None:
    """Days of another zone are not those of the page."""
    for row in rows:
        for day in row["days"]:
            if from_iso(day["begin"]).astimezone(zone).time() != time():
                raise InvalidOption(option, f"has days of another time zone; ask for it in {zone.key}.")


def sum_by_month(rows: Iterable[Row]) -> str:
    """What the recommendations with a known price save together, each resource once."""
    total = Decimal(0)
    for row in rows:
        total = EXACT.add(total, Decimal(row["counted_per_month"] or 0))
    return format_amount(total)


def summed(rows: Sequence[Row]) -> Row:
    """What a list of recommendations comes to."""
    return {"amount": sum_by_month(rows), "count": len(rows), "unknown": unknown_count(rows)}


def unknown_count(rows: Iterable[Row]) -> int:
    """How many of them have no known price."""
    return sum(row["saving_per_month"] is None for row in rows)


def days_of(rows: Iterable[Row]) -> dict[str, list[str]]:
    """The series that are above what was expected by day, without those that somebody has silenced."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["silenced"] is None:
            for day in row["days"]:
                found.setdefault(day["day"], []).append(row["series"])
    return found


def named_resources(row: Row) -> list[str]:
    """The resources that carry most of an anomaly, each with what changed about it."""
    return [
        f"{one['name'] or one['resource']} ({one['change'].replace('_', ' ')})"
        for one in row["resources"][:_NAMED]
    ]


def what_to_do(row: Row) -> str:
    """A recommendation in words, such as `resize to a4-ram8`."""
    words = row["kind"].replace("_", " ")
    return words if row["recommended"] is None else f"{words} to {row['recommended']}"
