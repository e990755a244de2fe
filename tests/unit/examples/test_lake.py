# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions of examples/lake, by DuckDB: their answers are the ledger's, to the last digit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export.focus_columns import VERSIONS, columns_of

from .organization import DEARER, LAKE, MONTHS, QUESTIONS, REMOVED, costs, made, ran, statements

Rows: TypeAlias = list[dict[str, Any]]
Sums: TypeAlias = dict[tuple[Any, ...], Decimal]


def answers(folder: Path) -> dict[str, Rows]:
    """The answer of DuckDB to each question."""
    with duckdb.connect() as connection:
        for statement in statements("duckdb", folder):
            connection.execute(statement)
        found = {}
        for name in QUESTIONS:
            (question,) = statements(f"questions/{name}", folder)
            answer = connection.execute(question)
            columns = [one[0] for one in answer.description]
            found[name] = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
    return found


@pytest.fixture(scope="module")
def organization(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Rows]]:
    """The ledger's URL, and what DuckDB answers of its lakes."""
    folder = tmp_path_factory.mktemp("organization")
    return made(folder), answers(folder)


def worth(cost: dict[str, Any]) -> Decimal:
    """A cost in francs: 50 ICU are one, and 55.5 ICU a euro."""
    return (
        Decimal(cost["amount"]) * {"ICU": Decimal("0.02"), "EUR": Decimal("1.11"), "CHF": 1}[cost["currency"]]
    )


def kept() -> Rows:
    """The costs as they are after the corrections."""
    dearer = {DEARER: Decimal(50)}
    return [
        {**cost, "amount": str(Decimal(cost["amount"]) + dearer.get(cost["key"], 0))}
        for cost in costs()
        if cost["key"] != REMOVED
    ]


def month(cost: dict[str, Any]) -> str:
    return str(cost["occurred_at"][:7])


def kind(cost: dict[str, Any]) -> str:
    return str(cost.get("charge_category", "usage"))


def tag(cost: dict[str, Any], name: str) -> str | None:
    return None if name not in cost.get("tags", {}) else str(cost["tags"][name])


def summed(chosen: Iterable[dict[str, Any]], of: Callable[[dict[str, Any]], tuple[Any, ...]]) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for cost in chosen:
        sums[of(cost)] += worth(cost)
    return sums


def told(rows: Rows, *columns: str) -> Sums:
    """By the other columns what the last one says, which is there once for each."""
    *by, value = columns
    sums = {tuple(row[column] for column in by): row[value] for row in rows}
    assert len(sums) == len(rows) > 1
    return sums


def test_there_are_ten_and_the_page_lists_them() -> None:
    page = (LAKE / "README.md").read_text()
    assert re.findall(r"\(questions/(\w+)\.sql\)", page) == sorted(QUESTIONS, key=page.index)
    assert len(QUESTIONS) == 10


def test_sums_are_those_of_the_costs(organization: tuple[str, dict[str, Rows]]) -> None:
    answer, every = organization[1], kept()
    assert told(answer["cost_by_month_and_team"], "billing_period", "team", "cost") == summed(
        every, lambda cost: (month(cost), tag(cost, "team"))
    )
    assert told(
        answer["showback_by_cost_center"], "billing_period", "cost_center", "project", "cost"
    ) == summed(every, lambda cost: (month(cost), tag(cost, "cost_center"), cost.get("project_name")))
    assert told(answer["untagged_share"], "billing_period", "untagged") == summed(
        (cost for cost in every if tag(cost, "team") is None), lambda cost: (month(cost),)
    )
    assert told(answer["currency_split"], "billing_period", "x_RecordedCurrency", "cost") == summed(
        every, lambda cost: (month(cost), cost["currency"])
    )
    by_day = {
        (str(day),): cost
        for (day,), cost in told(answer["forecast_basis_by_day"], "charge_day", "cost").items()
    }
    assert by_day == summed(
        (cost for cost in every if kind(cost) == "usage"), lambda cost: (cost["occurred_at"][:10],)
    )
    largest = told(answer["largest_resources"], "ResourceId", "cost")
    newest = (cost for cost in every if month(cost) == MONTHS[-1] and "resource_id" in cost)
    assert largest == summed(newest, lambda cost: (cost["resource_id"],))
    assert list(largest.values()) == sorted(largest.values(), reverse=True)


def test_kinds_of_charges_add_up(organization: tuple[str, dict[str, Rows]]) -> None:
    rows = organization[1]["commitments_and_credits"]
    expected = summed(kept(), lambda cost: (month(cost), kind(cost)))
    for row in rows:
        kinds = {"usage": "used", "purchase": "purchased", "credit": "credited", "adjustment": "adjusted"}
        parts = {one: row[column] for one, column in {**kinds, "tax": "tax"}.items()}
        assert parts == {one: expected[row["billing_period"], one] for one in parts}
        assert row["net"] == sum(row[column] for column in kinds.values())
    assert [row["billing_period"] for row in rows] == list(MONTHS)


def test_a_unit_has_the_price_of_its_charges(organization: tuple[str, dict[str, Rows]]) -> None:
    rows = {(row["billing_period"], row["SkuId"]): row for row in organization[1]["unit_price_by_sku"]}
    for of_month in MONTHS:
        of_ip = [cost for cost in kept() if cost.get("metric") == "volume.size" and month(cost) == of_month]
        row = rows[of_month, "volume.size"]
        assert (row["cost"], row["quantity"]) == (
            sum(map(worth, of_ip)),
            sum(int(cost["quantity"]) for cost in of_ip),
        )
        prices = [float(worth(cost)) / int(cost["quantity"]) for cost in of_ip]
        assert [float(row["lowest_price"]), float(row["highest_price"])] == pytest.approx(
            [min(prices), max(prices)]
        )
        assert row["average_price"] == pytest.approx(float(row["cost"]) / float(row["quantity"]))


def test_projects_that_are_new_or_gone_have_changed(organization: tuple[str, dict[str, Rows]]) -> None:
    rows = organization[1]["month_over_month_by_project"]
    expected = summed(kept(), lambda cost: (month(cost), cost.get("project_id")))
    before = dict(zip(MONTHS[1:], MONTHS, strict=False))
    for row in rows:
        now, then = (
            (one, row["SubAccountId"]) for one in (row["billing_period"], before[row["billing_period"]])
        )
        assert (row["cost"], row["cost_before"]) == (expected.get(now, 0), expected.get(then, 0))
        assert row["change"] == row["cost"] - row["cost_before"]
    assert Counter((row["billing_period"], row["project"]) for row in rows) == Counter(
        [(one, name) for one in MONTHS[1:] for name in (None, "shop", "data")]
        + [(MONTHS[1], "gone"), (MONTHS[2], "new")]
    )


def test_what_was_restated_is_the_difference_to_the_report(organization: tuple[str, dict[str, Rows]]) -> None:
    removed = next(worth(cost) for cost in costs() if cost["key"] == REMOVED)
    answer = told(organization[1]["restated_since"], "billing_period", "project", "restated")
    assert answer == {(MONTHS[1], "shop"): Decimal(1), (MONTHS[0], "gone"): -removed}


def test_they_say_what_cost_summary_info_says(organization: tuple[str, dict[str, Rows]]) -> None:
    ledger, answer = organization
    asked = {"ledger": ledger, "begin": f"{MONTHS[0]}-01", "end": "2025-12-01", "group_by": ["month"]}
    by_month = {
        row["month"]: row["amount"]
        for row in ran("cost_summary_info", {**asked, "currency": "CHF"})["cost"]["by_month"]
    }
    assert by_month == {row["billing_period"]: in_result(row["cost"]) for row in answer["untagged_share"]}
    window = {
        "ledger": ledger,
        "begin": f"{MONTHS[1]}-01",
        "end": f"{MONTHS[2]}-01",
        "group_by": ["tag:team", "tag:cost_center", "project"],
    }
    cost = ran("cost_summary_info", {**window, "currency": "CHF"})["cost"]

    def of_month(question: str, column: str, value: str = "cost") -> dict[Any, str]:
        rows = (row for row in answer[question] if row["billing_period"] == MONTHS[1])
        sums = defaultdict[Any, Decimal](Decimal)
        for row in rows:
            sums[row[column]] += row[value]
        return {key: in_result(amount) for key, amount in sums.items() if amount}

    def of_ledger(rows: Rows, column: str) -> dict[Any, str]:
        return {row[column]: row["amount"] for row in rows}

    assert of_month("month_over_month_by_project", "project") == of_ledger(cost["by_project"], "project_name")
    assert of_month("currency_split", "x_RecordedCurrency", "recorded") == of_ledger(
        cost["totals"], "currency"
    )
    assert of_month("cost_by_month_and_team", "team") == of_ledger(cost["by_tag"]["team"], "value")
    assert of_month("showback_by_cost_center", "cost_center") == of_ledger(
        cost["by_tag"]["cost_center"], "value"
    )


def in_result(amount: Decimal) -> str:
    """An amount as results have it: six decimals, and no zeros behind them."""
    return f"{round(amount, 6).normalize():f}"


def test_trino_gets_the_columns_that_are_written(tmp_path: Path) -> None:
    """No test runs Trino: this one holds its table to the file, and its view to the names of DuckDB's."""
    made(tmp_path)
    (file,) = (tmp_path / "focus").glob("*/focus-2025-09-01.parquet")
    written = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
    spelled = {"DECIMAL(38,18)": "DECIMAL(38, 18)", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP(3)"}
    trino = (LAKE / "trino.sql").read_text()
    columns = re.findall(r"^    (\w+) ([A-Z]+(?:\(.*\))?),?$", trino.partition("WITH")[0], re.MULTILINE)
    types = {name: spelled.get(kind, kind) for name, kind, *_rest in written if name != "billing_period"}
    assert dict(columns) == {**types, "billing_period": "VARCHAR"}
    assert [name for name, _kind in columns] == [*types, "billing_period"]


def test_questions_need_no_column_that_a_version_lacks() -> None:
    asked = {
        name
        for path in LAKE.rglob("*.sql")
        if path.name != "trino.sql"
        for name in re.findall(
            r"\b(?:x_)?[A-Z][a-z]+(?:[A-Z][a-z]+)*\b", re.sub("--.*", "", path.read_text())
        )
    }
    assert len(asked - {"Usage", "Purchase", "Credit", "Adjustment", "Tax"}) > 10
    for version in VERSIONS:
        known = {column.name for column in columns_of(version)}
        assert asked - {"Usage", "Purchase", "Credit", "Adjustment", "Tax"} <= known
