# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A report's figures as one table: each row has a section, a name and a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from .formulas import defused

_CELLS = ("section", "name", "detail", "amount", "currency", "value", "unit", "note", "project")
_NUMBERS = ("amount", "value")
_OF_A_BUDGET = ("limit", "spent", "accrued", "reserved", "to_come", "left")
Row = dict[str, Any]


def format_csv(report: Mapping[str, Any]) -> str:
    """The figures as CSV. An unknown figure has an empty cell and a note. Names that a spreadsheet would run
    are defused.
    """
    stream = io.StringIO(newline="")
    table = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(_CELLS)
    for row in _figures(report):
        table.writerow([_cell(name, row.get(name)) for name in _CELLS])
    return stream.getvalue()


def _cell(name: str, value: object) -> object:
    return value if value is None or name in _NUMBERS else defused(str(value))


def _figures(report: Mapping[str, Any]) -> Iterator[Row]:
    yield from ({"section": "incomplete", "note": sentence} for sentence in report["incomplete"])
    for row in _amounts(report):
        unknown = {"note": "not known"} if row["amount"] is None else {}
        yield {"currency": report["currency"], **unknown, **row}
    yield from _of_budgets(report)
    for row in (report["realised"] or {}).get("resources", ()):
        named = {"section": "saved", "name": row["resource_name"], "detail": row["resource"]}
        unknown = {"note": "not known"} if row["realised"] is None else {}
        yield {**named, "amount": row["realised"], "currency": row["currency"], **unknown}
    for row in report["quotas"] or ():
        for name in ("limit", "used", "utilization"):
            yield {
                "section": "quota",
                "name": f"{row['service']}.{row['name']}",
                "detail": name,
                "value": row[name],
                "project": row["project_name"],
            }


def _amounts(report: Mapping[str, Any]) -> Iterator[Row]:
    """Rows in the currency of the report."""
    window = f"{report['period_start']}/{report['period_end']}"
    yield {"section": "total", "name": report["title"], "detail": window, "amount": report["total"]}
    if report["previous"]:
        before = report["previous"]
        window = f"{before['period_start']}/{before['period_end']}"
        yield {"section": "previous", "name": "total", "detail": window, "amount": before["total"]}
        yield {"section": "previous", "name": "change", "amount": before["change"]}
    for day in report["days"]:
        partial = {"note": "not complete"} if day["partial"] and day["amount"] is not None else {}
        yield {"section": "day", "name": day["day"], "amount": day["amount"], **partial}
    for section in ("by_category", "by_service", "by_project"):
        for row in report[section]:
            yield {
                "section": section,
                "name": row["name"],
                "detail": row.get("project"),
                "amount": row["amount"],
            }
    for tag, shares in report["by_tag"].items():
        yield from ({"section": f"tag:{tag}", "name": row["name"], "amount": row["amount"]} for row in shares)
    for row in report["resources"]:
        yield {"section": "resource", "name": row["name"], "detail": row["resource"], "amount": row["amount"]}
    for row in report["movers"] or ():
        yield {
            "section": "mover",
            "name": row["name"],
            "detail": f"{row['before']} before",
            "amount": row["change"],
        }
    for row in report["idle"] or ():
        named = {"section": "idle", "name": row["name"], "detail": row["id"], "note": row["reason"]}
        yield {**named, "amount": row["per_month"], "unit": "month", "project": row["project_name"]}
    yield from _of_advice(report)


def _of_advice(report: Mapping[str, Any]) -> Iterator[Row]:
    """Recommendations by what they add to the sum, and days above what was expected."""
    for row in (report["savings"] or {}).get("rows", ()):
        named = {"section": "saving", "name": row["name"], "detail": row["resource_id"]}
        amount = {"amount": row["counted_per_month"], "unit": "month", "project": row["project_name"]}
        yield {**named, **amount, **({} if row["counted_per_month"] is None else {"note": row["do"]})}
    for row in report["anomalies"] or ():
        silenced = {} if row["silenced"] is None else {"note": "silenced"}
        yield {
            "section": "anomaly",
            "name": row["series"],
            "detail": row["first_day"],
            "amount": row["above"],
            **silenced,
        }


def _of_budgets(report: Mapping[str, Any]) -> Iterator[Row]:
    """Rows in the currency of a budget or of a reservation."""
    for row in report["budgets"] or ():
        for name in _OF_A_BUDGET:
            note = row["verdict"] if row[name] is not None else "not known"
            figure = {"detail": name, "amount": row[name], "currency": row["currency"], "note": note}
            yield {"section": "budget", "name": row["name"], **figure}
    for row in report["reservations"] or ():
        for line in row["lines"]:
            yield {"section": "reservation", "name": row["name"], "detail": row["state"], **line}
    for row in report["alerts"] or ():
        figure = {"amount": row["amount"], "currency": row["currency"], "note": row["message"]}
        yield {"section": "alert", "name": row["budget"], "detail": row["id"], **figure}
