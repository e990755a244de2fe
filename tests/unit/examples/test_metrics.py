# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules and dashboards ask for metrics that cost_export writes, and the page tells of each of these."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._export import openmetrics

from ..plugins.modules.running import run_module

ROOT = Path(__file__).parents[3]
RULES, DASHBOARDS = ROOT / "examples" / "prometheus", ROOT / "examples" / "grafana"
QUOTA = {"limit": 10, "used": 4, "utilization": 0.4, "unlimited": False}


def expressions(dashboard: Any) -> Iterator[str]:
    """Each query of the panels."""
    return (target["expr"] for panel in dashboard["panels"] for target in panel["targets"])


def named(texts: Iterable[str]) -> set[str]:
    """The metrics in PromQL and in the queries of variables, each currency as chf."""
    spelled = ("$currency", "[a-z]{3}"), ("(.{3})", "[a-z]{3}"), ("[a-z]{3}", "chf")
    text = "\n".join(texts)
    for old, new in spelled:
        text = text.replace(old, new)
    return set(re.findall(r"finops[a-z_:]+", text))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What cost_export has a name for, with amounts in francs."""
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    budget = {"name": "b", "limit": "80", "currency": "CHF", "fed_by": "entries"}
    cost = {"key": "k", "amount": "20", "currency": "CHF", "category": "other", "tags": {"team": "shop"}}
    assert not run_module("cost_budget", budget).get("failed")
    assert not run_module("cost_entry", cost).get("failed")
    summary = run_module("cost_summary_info", {"currency": "CHF", "group_by": ["project", "tag:team"]})
    budgets = run_module("cost_budget_info", {})
    families = [
        openmetrics.of_writing(budgets["evaluated_at"]),
        *openmetrics.of_costs(summary, "UTC"),
        *openmetrics.of_budgets(budgets["budgets"]),
        *openmetrics.of_quotas({"compute": {"cores": QUOTA}}, {"project_name": "p", "region": "r"}),
    ]
    return {"_".join(filter(None, (family.name, family.unit))) for family in families}


def test_rules_and_dashboards_ask_for_what_is_written(written: set[str]) -> None:
    rules = [
        rule
        for group in yaml.safe_load((RULES / "finops_rules.yml").read_text())["groups"]
        for rule in group["rules"]
    ]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    asked = named(rule["expr"] for rule in rules)
    for path in DASHBOARDS.glob("*.json"):
        dashboard = json.loads(path.read_text())
        queries = [one["query"] for one in dashboard["templating"]["list"]]
        of_panels = named([*expressions(dashboard), *queries])
        assert len(of_panels) > 5
        asked |= of_panels
    assert asked <= written | recorded
    assert recorded <= asked | {"finops:category_cost:last_day", "finops:project_cost:last_day"}


def test_the_page_tells_of_every_metric(written: set[str]) -> None:
    page = (ROOT / "docs" / "export.md").read_text()
    assert {name for name in written if f"`{name}" not in page} == set()


def test_the_dashboards_are_what_the_program_writes() -> None:
    for name, text in runpy.run_path(str(DASHBOARDS / "dashboards.py"))["written"]().items():
        assert (DASHBOARDS / name).read_text() == text
