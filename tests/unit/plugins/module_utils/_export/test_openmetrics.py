# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics by a real parser: names, units and labels as they were meant, and nothing told that is not
known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._cost.ledger_summary import SummaryQuestion
from ansible_collections.finops.cloud.plugins.module_utils._export import openmetrics, textfile
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_as_node_exporter

from ...modules.running import run_module
from .ledgers import HOSTILE, NOW, WHOLE, entry, every_kind, ledger


def families(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(family: Any, label: str) -> dict[str | None, float]:
    return {sample.labels.get(label): sample.value for sample in family.samples}


def written(folder: Path, costs: list[Any]) -> dict[str, Any]:
    question = SummaryQuestion(WHOLE, None, ZoneInfo("UTC"), Rates(), "CHF", group_by=("project",))
    options = ledger(folder, costs)
    result = textfile.write(
        options, textfile.MetricsTarget(str(folder / "finops.prom"), question), NOW, check_mode=False
    )
    text = (folder / "finops.prom").read_text(encoding="utf-8")
    told = families(text)
    # The collector reads the older format, of which this is one too.
    assert {family.name for family in parse_as_node_exporter(text)} == set(told)
    assert sum(len(family.samples) for family in told.values()) == result["row_count"]
    return told


def test_costs_are_told_with_their_unit_and_by_category(tmp_path: Path) -> None:
    told = written(tmp_path, every_kind())
    whole = told["finops_cost_chf"]
    assert (whole.type, whole.unit) == ("gauge", "chf")
    by_category = values(told["finops_category_cost_chf"], "category")
    assert set(by_category) == {
        "llm_inference",
        "llm_embedding",
        "compute",
        "storage",
        "network",
        "api_calls",
        "other",
    }
    assert whole.samples[0].value == pytest.approx(sum(by_category.values()))
    by_project = values(told["finops_project_cost_chf"], "project_name")
    assert set(by_project) == {"PCP-ABC1234", None}
    assert (tmp_path / "finops.prom").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", [name for name in HOSTILE if name], ids=range(len(HOSTILE) - 1))
def test_hostile_labels_arrive(tmp_path: Path, name: str) -> None:
    costs = [entry("k", datetime(2026, 10, 1, tzinfo=NOW.tzinfo), project_name=name)]
    told = values(written(tmp_path, costs)["finops_project_cost_chf"], "project_name")
    # A carriage return ends a line for some readers: it is the one character that becomes another.
    assert list(told) == [name.replace("\r", " ")]


def test_budgets_are_told_in_their_currency_and_the_unknown_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    for options in (
        {"name": "known", "limit": "80", "currency": "EUR", "fed_by": "entries"},
        {"name": "unknown", "limit": "9", "currency": "CHF", "fed_by": "cloud"},
    ):
        assert not run_module("cost_budget", options).get("failed")
    cost = {"key": "k", "amount": "20", "currency": "EUR", "category": "other"}
    assert not run_module("cost_entry", cost).get("failed")
    options = {"dest": str(tmp_path / "b.prom"), "format": "openmetrics", "currency": "CHF"}
    result = run_module("cost_export", options)
    told = families((tmp_path / "b.prom").read_text())
    assert values(told["finops_budget_known"], "budget") == {"known": 1, "unknown": 0}
    assert values(told["finops_budget_limit_eur"], "budget") == {"known": 80}
    assert values(told["finops_budget_spent_eur"], "budget") == {"known": 20}
    assert values(told["finops_budget_utilization_ratio"], "budget") == {"known": 0.25}
    assert "finops_budget_spent_chf" not in told
    assert values(told["finops_budget_limit_chf"], "budget") == {"unknown": 9}
    assert len(result["unknown"]) == 1


def test_an_invoice_of_midnight_is_in_the_month_of_its_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    first = datetime.now(ZoneInfo("Europe/Zurich")).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    zurich = {"timezone": "Europe/Zurich"}
    scope = {"tags": {"team": "a"}}
    budget = {"name": "b", "limit": "80", "currency": "CHF", "fed_by": "entries", "scope": scope}
    assert not run_module("cost_budget", {**budget, **zurich}).get("failed")
    # Of the same zone as all that have one; an hour is the same in each.
    hourly = {"name": "h", "limit": "8", "currency": "CHF", "fed_by": "entries", "period": "hourly"}
    assert not run_module("cost_budget", hourly).get("failed")
    invoice = {"amount": "20", "currency": "CHF", "category": "other", "tags": {"team": "a"}, **zurich}
    for day in (first - timedelta(hours=1), first):
        wall = f"{day:%Y-%m-%dT%H:%M:%S}"
        assert not run_module("cost_entry", {"key": wall, "occurred_at": wall, **invoice}).get("failed")

    def exported(**more: Any) -> dict[str, Any]:
        options = {"dest": str(tmp_path / "b.prom"), "format": "openmetrics", "currency": "CHF", **more}
        result = run_module("cost_export", options)
        assert not result.get("failed"), result["msg"]
        return {"timezone": result["timezone"], **families((tmp_path / "b.prom").read_text())}

    told = exported(group_by=["tag:team"])
    assert told["timezone"] == "Europe/Zurich"
    assert told["finops_cost_chf"].samples[0].value == 20
    assert values(told["finops_budget_spent_chf"], "budget")["b"] == 20
    (tagged,) = told["finops_tag_cost_chf"].samples
    assert (tagged.labels, tagged.value) == ({"tag": "team", "value": "a"}, 20)
    (covered,) = told["finops_budget_tag"].samples
    assert covered.labels == {"budget": "b", "tag": "team", "value": "a"}
    midnight = {"Europe/Zurich": first.timestamp()}
    assert values(told["finops_cost_window_start_timestamp_seconds"], "timezone") == midnight
    assert values(told["finops_budget_period_start_timestamp_seconds"], "budget")["b"] == first.timestamp()
    assert told["finops_written_timestamp_seconds"].samples[0].value > first.timestamp()
    # With another budget in another zone nobody's month is that of all.
    assert not run_module("cost_budget", {**budget, "name": "utc", "timezone": "UTC"}).get("failed")
    assert exported()["timezone"] == "UTC"
    assert exported(**zurich)["timezone"] == "Europe/Zurich"
    assert not run_module("cost_policy", zurich).get("failed")
    assert exported()["timezone"] == "Europe/Zurich"


def test_a_retired_feed_is_not_behind() -> None:
    feed = {"cloud": "c", "region": "r", "project_id": "p", "project_name": "n"}
    rated = {"rated_through": "2026-11-01T00:00:00Z"}
    cost = {"total": "1", "currency": "CHF", "by_category": [], "by_project": [], "by_tag": {}}
    summary = {
        "cost": cost,
        "period_start": "2026-11-01T00:00:00Z",
        "period_end": "2026-12-01T00:00:00Z",
        "feeds": [{**feed, **rated, "retired": False}, {**feed, **rated, "project_id": "q", "retired": True}],
    }
    told = families(openmetrics.format_families(openmetrics.of_costs(summary, "UTC")))
    assert set(values(told["finops_feed_rated_through_timestamp_seconds"], "project_id")) == {"p"}


def test_quotas_tell_no_limit_where_there_is_none() -> None:
    row = {"limit": 10, "used": 4, "reserved": 1, "free": 5, "utilization": 0.5, "unlimited": False}
    quotas = {
        "compute": {"cores": row, "instances": {**row, "limit": -1, "utilization": None, "unlimited": True}},
        "network": None,
    }
    told = families(
        openmetrics.format_families(openmetrics.of_quotas(quotas, {"project_name": "P", "region": "dc3-a"}))
    )
    assert values(told["finops_quota_limit"], "quota") == {"cores": 10}
    assert values(told["finops_quota_used"], "quota") == {"cores": 4, "instances": 4}
    assert values(told["finops_quota_utilization_ratio"], "quota") == {"cores": 0.5}


def test_a_name_that_node_exporter_does_not_read_is_refused(tmp_path: Path) -> None:
    question = SummaryQuestion(WHOLE, None, ZoneInfo("UTC"), Rates(), "CHF", group_by=("project",))
    with pytest.raises(InvalidOption, match="^dest: .* its name must end in .prom"):
        textfile.write(
            ledger(tmp_path, every_kind()),
            textfile.MetricsTarget(str(tmp_path / "a.txt"), question),
            NOW,
            False,
        )
