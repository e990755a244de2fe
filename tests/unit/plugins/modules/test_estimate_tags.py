# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tags of an estimate's lines, the budgets that are asked for them, and what an import makes of them
(design/estimates.md#tags), on both stores.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ...conftest import FILES, Sandbox
from .running import run_module
from .test_plans_of_terraform import ADDRESS, BOOT, MADE, SERVER, VOLUME, plan_of

SCENARIO = FILES / "scenarios" / "default.yml"
FLOATING_IP, BALANCER = "openstack_networking_floatingip_v2", "openstack_lb_loadbalancer_v2"
WEB = {"metadata": {"team": "web"}}
BUDGET = {"limit": "100000", "currency": "ICU", "fed_by": "cloud", "period": "yearly"}
Result = dict[str, Any]
Estimate = Callable[..., Result]


@pytest.fixture(params=["sqlite", "postgresql"])
def estimate(
    request: pytest.FixtureRequest, running: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Estimate:
    """Estimate a plan of these rows on the sandbox that nobody changes, with a ledger of either store."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    monkeypatch.setenv("FINOPS_LEDGER", url)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])

    def estimate(*rows: Result, **options: Any) -> Result:
        plan = tmp_path / "plan.json"
        plan.write_text(json.dumps(plan_of(*rows)))
        planned = {"terraform_plan": str(plan)} if rows else {}
        result = run_module(
            "cost_estimate_info", {"cloud": "sandbox", "price_list": [ADDRESS], **planned, **options}
        )
        assert not result.get("failed"), result
        return result

    return estimate


def define(name: str, scope: Result | None = None, **options: Any) -> None:
    defined = run_module("cost_budget", {**BUDGET, "name": name, "scope": scope or {}, **options})
    assert not defined.get("failed"), defined


def asked(result: Result) -> list[tuple[str, str, dict[str, str]]]:
    return [(line["category"], line["hourly"], line["tags"]) for line in result["request"]]


def test_each_resource_asks_the_budgets_of_its_own_tags(estimate: Estimate) -> None:
    """Two servers of the web team are one line of 0.7, as their tags are alike."""
    result = estimate(
        {"type": SERVER, "name": "a", "after": {**MADE, **WEB}},
        {"type": SERVER, "name": "b", "after": {**MADE, **WEB}},
        {"type": SERVER, "name": "c", "after": {**MADE, "metadata": {"team": "db"}}},
        {"type": VOLUME, "after": {"size": 10, "volume_type": "CEPH_1_perf1"}},
        tags={"team": "ours"},
    )
    assert asked(result) == [
        ("compute", "0.35", {"team": "db"}),
        ("compute", "0.7", {"team": "web"}),
        ("storage", "0.05", {"team": "ours"}),
    ]
    assert [line["tags_not_imported"] for line in result["lines"]] == [[], [], [], ["team"]]


def test_rows_of_a_task_have_tags_of_their_own(estimate: Estimate) -> None:
    """web-1 exists with the metadata team: shop, and keeps them."""
    flavor = {"kind": "instance", "flavor": "a4-ram16-disk80-perf1"}
    result = estimate(
        resources=[
            {**flavor, "tags": {"team": "web"}},
            {"kind": "floating_ip"},
            {**flavor, "names": ["web-1"]},
            {"kind": "amount", "amount": "3", "currency": "ICU", "tags": {"team": "db"}},
        ],
        tags={"team": "ours", "stage": "test"},
    )
    told = ("kind", "quantity", "tags", "tags_not_imported")
    lines = [tuple(line[name] for name in told) for line in result["lines"]]
    shop = {"environment": "production", "stage": "test", "team": "shop"}
    assert lines == [
        ("instance", "1", {"stage": "test", "team": "web"}, ["stage"]),
        ("floating_ip", "1", {"stage": "test", "team": "ours"}, ["stage", "team"]),
        ("instance", "1", shop, ["stage"]),
        ("instance", "-1", shop, ["stage"]),
        ("amount", "1", {"stage": "test", "team": "db"}, ["stage", "team"]),
    ]
    assert [line["tags"] for line in result["request"] if line["amount"]] == [{"stage": "test", "team": "db"}]


def test_a_budget_is_named_that_will_not_have_a_cost_after_the_import(estimate: Estimate) -> None:
    """The server carries its tag. Its boot volume and the address without tags do not."""
    define("web", {"tags": {"team": "web"}})
    define("web storage", {"tags": {"team": "web"}, "categories": ["storage"]})
    define("db", {"tags": {"team": "db"}})
    define("all")
    server = {
        "type": SERVER,
        "after": {**MADE, **WEB, "block_device": [{**BOOT, "volume_type": "CEPH_1_perf1"}]},
    }
    plain = {"type": FLOATING_IP, "after": {"pool": "ext-net1"}}
    result = estimate(server, plain, tags={"team": "web"})
    assert result["complete"]
    assert result["lost_costs"] == [
        {"budget": "web", "tags": ["team"], "resources": [f"{SERVER}.one", f"{FLOATING_IP}.one"]},
        {"budget": "web storage", "tags": ["team"], "resources": [f"{SERVER}.one"]},
    ]
    assert result["warnings"][0] == (
        f"The budget web is asked for {SERVER}.one, {FLOATING_IP}.one, and will not have that cost after the"
        " import: in the cloud it has no tag team."
    )
    tagged = {"type": FLOATING_IP, "after": {"pool": "ext-net1", "tags": ["team=web"]}}
    result = estimate({"type": SERVER, "after": {**MADE, **WEB}}, tagged, tags={"team": "web"})
    assert (result["lost_costs"], result["warnings"]) == ([], [])


@pytest.mark.parametrize("untagged", ["unknown", "outside"])
def test_tags_that_are_known_after_apply_shut_the_gate_of_a_budget_by_tags(
    estimate: Estimate, untagged: str
) -> None:
    """Also that of a budget that takes what has no tag as not its own; one by another value is not asked."""
    define("web", {"tags": {"team": "web"}}, untagged=untagged)
    define("all")
    server = {
        "type": SERVER,
        "after": {**MADE, "metadata": {"stage": "test"}},
        "unknown": {"metadata": {"team": True}},
    }
    result = estimate(server, tags={"team": "web"})
    assert result["complete"]
    assert asked(result) == [("compute", "0.35", {"stage": "test", "tag_status": "unknown"})]
    held = run_module(
        "cost_reservation",
        {"name": "deploy", "state": "held", "settled_by": "import", "lines": result["request"]},
    )
    verdicts = {row["name"]: (row["verdict"], row["reason"]) for row in held["budgets"]}
    assert held["failed"]
    assert verdicts["web"][0] == "unknown"
    assert "has no known tag team, which this budget goes by" in verdicts["web"][1]


def test_a_hold_counts_in_the_budgets_of_its_resources_tags(estimate: Estimate) -> None:
    """0.35 an hour for two hours, and for what has passed of the hour in progress, are the web team's.
    Nothing is the other's, whatever the default is.
    """
    for team in ("web", "db"):
        define(team, {"tags": {"team": team}}, fed_by="entries")
    result = estimate({"type": SERVER, "after": {**MADE, **WEB}}, tags={"team": "db"})
    lines = [{**line, "hours": "2"} for line in result["request"]]
    asked = {"name": "deploy", "state": "held", "settled_by": "entry", "lines": lines}
    assert not run_module("cost_reservation", asked).get("failed")
    committed = run_module("cost_reservation", {"name": "deploy", "state": "committed"})
    assert not committed.get("failed")
    status = run_module("cost_budget_info", {})
    spent = {row["name"]: row["spent"] for row in status["budgets"]}
    assert spent in ({"db": "0", "web": "1.05"}, {"db": "0", "web": "0.7"})


WORDS = ["gold", "team=b", "team=a", "note=a=b"]
METADATA = {"team": "web", "note": "a=b"}


def test_an_import_brings_the_tags_that_the_estimate_told(
    start: Callable[..., Sandbox], estimate: Estimate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same resources in a plan and in a cloud; what no resource of either is tagged with is no one's."""
    expected = estimate(
        {"type": SERVER, "after": {**MADE, "metadata": METADATA}},
        {"type": VOLUME, "after": {"size": 10, "volume_type": "CEPH_1_perf1", "metadata": METADATA}},
        {"type": FLOATING_IP, "after": {"pool": "ext-net1", "tags": WORDS}},
        {"type": BALANCER, "after": {"tags": WORDS}, "unknown": {"vip_network_id": True}},
    )
    scenario = yaml.safe_load(SCENARIO.read_text())
    new = {"created_hours_ago": 3}
    scenario["servers"] = [
        {"name": "one", "flavor": MADE["flavor_name"], "network": "front", "metadata": METADATA, **new}
    ]
    scenario["volumes"] = [
        {"name": "one", "type": "CEPH_1_perf1", "size_gb": 10, "metadata": METADATA, **new}
    ]
    scenario["floating_ips"] = [{"address": "198.51.100.9", "network": "ext-net1", "tags": WORDS, **new}]
    scenario["load_balancers"] = [{"name": "one", "network": "front", "tags": WORDS, **new}]
    scenario.update(snapshots=[], backups=[])
    (tmp_path / "tagged.yml").write_text(yaml.safe_dump(scenario))
    cloud = start("--scenario", str(tmp_path / "tagged.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.state["clouds_file"])
    imported = run_module("cost_import", {"cloud": "sandbox", "window": "last_30_days"})
    assert not imported.get("failed"), imported
    listed = run_module(
        "cost_summary_info", {"window": "last_30_days", "timezone": "UTC", "entries": True, "limit": 1000}
    )
    rated = {one["metric"]: one["tags"] for one in listed["entries"]}
    assert rated["instance_up"] == rated["volume.size"] == METADATA
    assert rated["ip.floating"] == rated["loadbalancer"] == {"gold": "true", "team": "b", "note": "a=b"}
    told = {line["metric"]: line["tags"] for line in expected["request"]}
    assert told == {name: rated[name] for name in told} and len(told) == 4
