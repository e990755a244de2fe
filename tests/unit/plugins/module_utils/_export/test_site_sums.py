# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of any ledger every page of a site has the cost that cost_summary_info has of the same selection, to the
last digit; a page is the sum of its rows, and the first page the sum of all (design/reports.md#a-site).

A site of a thousand projects fits into 200 MB.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.money import exact_sum, format_amount
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, from_iso
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._cost.ledger_summary import (
    SummaryQuestion,
    summarize,
)
from ansible_collections.finops.cloud.plugins.module_utils._export.site import write_site
from ansible_collections.finops.cloud.plugins.module_utils._export.site_cost import SiteQuestion
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .quarters import NOW, folder

ZONE = ZoneInfo("Europe/Zurich")
#: The rate of the franc changes in the middle of October.
RATES = parse_rates(
    [
        {"currency": "CHF", "icu_per_unit": "50", "valid_from": "2021-01-01"},
        {"currency": "CHF", "icu_per_unit": "47.3", "valid_from": "2026-10-14T07:00:00Z"},
    ],
    confirmed=False,
)
SUMMED = {"organization": ("teams", "projects", "services"), "team": ("projects", "services"),
          "project": ("teams", "services", "resources")}  # fmt: skip
costs = st.fixed_dictionaries(
    {
        "hours": st.integers(-1200, 0),
        "nano": st.integers(-(10**13), 10**15),
        "currency": st.sampled_from(["CHF", "EUR", "ICU"]),
        "category": st.sampled_from(["compute", "storage", "llm_inference"]),
        "project": st.sampled_from([None, "p1", "P1", "p2", "p3"]),
        "team": st.sampled_from([None, "shop", "Shop", "search"]),
        "metric": st.sampled_from([None, "instance", "volume.size"]),
        "resource": st.sampled_from([None, "r1", "r2", "r3"]),
        "charge": st.sampled_from(["usage", "usage", "tax"]),
    }
)


def entry_of(number: int, one: dict[str, Any]) -> entries.Entry:
    begin = NOW.replace(minute=0) + timedelta(hours=one["hours"])
    return entries.Entry(
        source="manual",
        key=str(number),
        charge_category=one["charge"],
        category=one["category"],
        period=Window(begin, begin + timedelta(hours=1)),
        amount_nano=one["nano"],
        currency=one["currency"],
        project_id=one["project"],
        metric=one["metric"],
        resource_id=one["resource"],
        tags={} if one["team"] is None else {"team": one["team"]},
    )


def summary_of(ledger: sql.LedgerOptions, facts: dict[str, Any], team: str) -> dict[str, Any] | None:
    """What cost_summary_info has of a page's selection; None where no selection names it, as of costs without
    a project.
    """
    window = Window(from_iso(facts["period_start"]), from_iso(facts["period_end"]))
    if facts["kind"] == "organization":
        selection = Selection(window)
    elif facts["id"] is None:
        return None
    elif facts["kind"] == "project":
        selection = Selection(window, projects=(facts["id"],))
    elif team == "category":
        selection = Selection(window, categories=(facts["id"],))
    else:
        selection = Selection(window, tags={"team": facts["id"]})
    return summarize(ledger, SummaryQuestion(selection, None, ZONE, RATES, "CHF"), NOW)


def added(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
    found: dict[str, list[Decimal]] = defaultdict(list)
    for row in rows:
        for currency, amount in row["recorded"].items():
            found[currency].append(Decimal(amount))
    sums = {currency: exact_sum(amounts) for currency, amounts in found.items()}
    return {currency: amount for currency, amount in sums.items() if amount}


def check(given_costs: list[dict[str, Any]], team: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        ledger = sql.LedgerOptions(f"sqlite:///{place}/ledger.db")
        with sql.writing(ledger) as opened:
            every = [entry_of(number, one) for number, one in enumerate(given_costs)]
            entries.write_all(opened.connection, every, NOW, "test")
        root = Path(place) / "site"
        write_site(ledger, SiteQuestion("CHF", ZONE, team, RATES), folder(root), "Cost", [])
        by_month: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for path in root.rglob("*.json"):
            facts = json.loads(path.read_text())["facts"]
            by_month[facts["month"], facts["kind"]].append(facts)
            told = summary_of(ledger, facts, team)
            if told is not None:
                assert facts["cost"] == told["cost"]["total"]
                assert facts["tax"] == told["tax"]
                # As recorded, results have six decimals, and the record of a page has all.
                recorded = {currency: format_amount(amount) for currency, amount in added([facts]).items()}
                assert {currency: amount for currency, amount in recorded.items() if amount != "0"} == {
                    one["currency"]: one["amount"] for one in told["cost"]["totals"] if one["amount"] != "0"
                }
            for table in (*SUMMED[facts["kind"]], "days"):
                if table == "days" or table in facts["tables"]:
                    rows = facts["days"] if table == "days" else facts["tables"][table]
                    assert added(rows) == added([facts]), (path.name, table)
        for (month, kind), each in by_month.items():
            # The whole of a month is the sum of its pages, of the organization, of teams, and of projects.
            assert added(each) == added(by_month[month, "organization"]), kind
        newest = json.loads((root / "index.json").read_text())["facts"]
        whole = [
            facts for (_month, kind), each in by_month.items() if kind == "organization" for facts in each
        ]
        assert added([newest["history"]]) == added(whole)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(costs, max_size=14), st.sampled_from(["tag:team", "project", "category"]))
def test_every_page_is_what_a_summary_says(given_costs: list[dict[str, Any]], team: str) -> None:
    check(given_costs, team)


@pytest.mark.heavy
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(costs, max_size=40), st.sampled_from(["tag:team", "project", "category"]))
def test_every_page_of_many_ledgers_is_what_a_summary_says(
    given_costs: list[dict[str, Any]], team: str
) -> None:
    check(given_costs, team)


@pytest.mark.heavy
def test_a_thousand_projects_fit_into_200_mb(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "ansible_collections.finops.cloud.tests.benchmarks.site"]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    with capsys.disabled():
        sys.stdout.write(f"\n{ended.stdout}")
