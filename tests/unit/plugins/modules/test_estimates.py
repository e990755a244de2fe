# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an estimate says is what it costs in the end, in few requests; what is unknown stays unknown
(design/estimates.md#what-a-change-costs).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ...conftest import FILES, Sandbox, command
from .conftest import Run
from .running import run_module

PLANS = Path(__file__).parents[1] / "module_utils" / "_estimate" / "plans"
SCENARIO = FILES / "scenarios" / "default.yml"
Options = dict[str, Any]
#: What the sandbox knows the price of, and has had rated.
NEW: list[Options] = [
    {"kind": "instance", "flavor": "a2-ram4-disk20-perf1"},
    {"kind": "instance", "flavor": "a4-ram16-disk80-perf1"},
    {"kind": "stopped_instance", "flavor": "a8-ram32-disk80-perf1"},
    {"kind": "volume", "volume_type": "CEPH_1_perf2", "gb": "70"},
    {"kind": "floating_ip"},
    {"kind": "load_balancer"},
]


@pytest.fixture
def estimate(run: Run) -> Callable[..., dict[str, Any]]:
    """Estimate on the sandbox that nobody changes."""
    return lambda **options: run("cost_estimate_info", {"cloud": "sandbox", **options})


def test_the_three_tier_plan_is_priced_line_by_line_as_by_hand(
    estimate: Callable[..., dict[str, Any]],
) -> None:
    by_hand = yaml.safe_load((PLANS / "three_tier.yml").read_text())
    told = estimate(terraform_plan=str(PLANS / "three_tier.json"), verify_quote=True)
    keys = ("name", "kind", "size", "quantity", "hourly")
    assert [[line[key] for key in keys] for line in told["lines"]] == by_hand["lines"]
    assert {line["price_source"] for line in told["lines"]} == {"observed"}
    assert (told["total"]["hourly"]["ICU"], told["total"]["monthly"]["ICU"]) == (
        by_hand["hourly"],
        by_hand["monthly"],
    )
    hours = Decimal(told["period"]["hours"])
    this = Decimal(by_hand["hourly"]) * hours + Decimal(by_hand["once"])
    assert Decimal(told["total"]["this_period"]["ICU"]) == this
    running = sum(Decimal(line["hourly"]) for line in told["request"] if line["hourly"])
    once = sum(Decimal(line["amount"]) for line in told["request"] if line["amount"])
    # The archive that goes saves 1.5, which is no one's to spend.
    assert (running, once) == (Decimal(by_hand["hourly"]) + Decimal("1.5"), Decimal(by_hand["once"]))
    assert told["required"] == by_hand["required"]
    assert told["complete"]
    assert told["unknown"] == []
    # Its variables hold secrets.
    assert "only-for-the-plan" not in json.dumps(told)


def test_an_estimate_tells_the_period_and_the_one_that_follows(
    estimate: Callable[..., dict[str, Any]],
) -> None:
    told = estimate(resources=NEW[:1], period="yearly", timezone="Europe/Zurich")
    this, following = told["period"], told["following_period"]
    assert this["period_end"] == following["period_start"]
    year = int(following["period_start"][:4]) + 1
    assert following["period_start"] == f"{year - 1}-12-31T23:00:00Z"
    assert following["period_end"] == f"{year}-12-31T23:00:00Z"
    assert Decimal(following["hours"]) == 24 * (date(year + 1, 1, 1) - date(year, 1, 1)).days


def test_nothing_follows_a_custom_period(estimate: Callable[..., dict[str, Any]]) -> None:
    told = estimate(
        resources=NEW[:1], period="custom", begin="2020-01-01T00:00:00Z", end="2100-01-01T00:00:00Z"
    )
    assert told["period"]["period_end"] == "2100-01-01T00:00:00Z"
    assert told["following_period"] is None
    assert set(told["total"]["next_period"].values()) == {"0"}


FOREIGN = "registry.terraform.io/hashicorp/aws"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"after": {"flavor_name": "a99"}, "after_unknown": {}},
            "the cloud has no flavor with flavor_name a99",
        ),
        ({"after": {}, "after_unknown": {"flavor_name": True, "flavor_id": True}}, "is known before apply"),
        ({"provider": FOREIGN}, f"it is of the provider {FOREIGN}"),
    ],
)
def test_one_unknown_leaves_the_total_unknown(
    estimate: Callable[..., dict[str, Any]], tmp_path: Path, change: Options, reason: str
) -> None:
    plan = json.loads((PLANS / "three_tier.json").read_text())
    row = plan["resource_changes"][0]
    row["provider_name"] = change.pop("provider", row["provider_name"])
    row["change"].update(change)
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    told = estimate(terraform_plan=str(tmp_path / "plan.json"))
    assert (told["complete"], told["total"], told["adds_no_cost"]) == (False, None, False)
    ((name, why),) = ((one["name"], one["reason"]) for one in told["unknown"])
    assert name == row["address"]
    assert reason in why
    assert told["known"]["hourly"]["ICU"] == "5.145"  # all of it but this server's 0.35
    assert told["difference"]["added"]["hourly"] is None
    assert told["difference"]["removed"]["hourly"] == "-1.5"


def quotes(sandbox: Sandbox) -> dict[str, int]:
    """How often the cloud was asked since this was asked last, and how often for a quote."""
    journal = sandbox.ask("GET", "/sandbox/requests").body
    sandbox.ask("DELETE", "/sandbox/requests")
    asked = [row for row in journal["log"] if row["path"].endswith("/rating/quote")]
    return {"total": journal["total"], "quotes": len(asked)}


def test_quotes_are_asked_once_for_each_shape_that_nobody_knows(
    estimate: Callable[..., dict[str, Any]], running: Sandbox
) -> None:
    rows = [*NEW, *NEW, {"kind": "volume", "volume_type": "CEPH_1_perf2", "gb": "5", "count": 9}]
    quotes(running)
    quoted = estimate(resources=rows, price_sources=["quote"])
    # Token, flavors, metrics, and the six shapes of thirteen rows.
    assert quotes(running) == {"total": 9, "quotes": 6}
    verified = estimate(resources=rows, verify_quote=True)
    # Token, flavors, newest periods, a day of points, metrics twice; unknown is only what was never rated as
    # such, and one for the total.
    assert quotes(running)["quotes"] <= 2
    assert verified["complete"]
    assert {line["price_source"] for line in quoted["lines"]} == {"quote"}
    assert [line["hourly"] for line in quoted["lines"]] == [line["hourly"] for line in verified["lines"]]


def test_observed_prices_of_a_plan_take_four_requests_and_one_for_each_list_that_it_needs(
    estimate: Callable[..., dict[str, Any]], running: Sandbox, tmp_path: Path
) -> None:
    quotes(running)
    estimate(terraform_plan=str(PLANS / "three_tier.json"))
    # It resizes a server, replaces and removes volumes, and replaces a floating IP.
    assert quotes(running) == {"total": 4 + 3, "quotes": 0}
    plan = json.loads((PLANS / "three_tier.json").read_text())
    made = [row for row in plan["resource_changes"] if row["change"]["actions"] == ["create"]]
    (tmp_path / "plan.json").write_text(json.dumps({**plan, "resource_changes": made}))
    quotes(running)
    estimate(terraform_plan=str(tmp_path / "plan.json"))
    assert quotes(running) == {"total": 4, "quotes": 0}


def test_a_network_that_a_plan_tells_by_its_id_is_looked_up_by_its_name(
    estimate: Callable[..., dict[str, Any]], running: Sandbox, tmp_path: Path
) -> None:
    seen = running.ask("GET", f"{running.catalog['network']}/v2.0/networks").body["networks"]
    ids = {row["name"]: row["id"] for row in seen}

    def port(network: str) -> Options:
        return {
            "address": f"openstack_networking_port_v2.{network}",
            "mode": "managed",
            "type": "openstack_networking_port_v2",
            "provider_name": "registry.terraform.io/terraform-provider-openstack/openstack",
            "change": {"actions": ["create"], "before": None, "after": {"network_id": ids[network]}},
        }

    plan = {"format_version": "1.2", "resource_changes": [port("ext-net1"), port("front")]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    quotes(running)
    told = estimate(terraform_plan=str(tmp_path / "plan.json"), price_list=[ADDRESS])
    assert [(line["kind"], line["hourly"]) for line in told["lines"] if line["kind"]] == [("fixed_ip", "0.5")]
    assert told["required"] == {"ports": 2}
    # Token, flavors, networks, newest periods, a day of points.
    assert quotes(running) == {"total": 5, "quotes": 0}


#: 0.5 ICU an hour at the default rate.
ADDRESS = {
    "kind": "fixed_ip",
    "amount": "0.5",
    "currency": "ICU",
    "valid_from": "2026-01-01",
    "source": "the contract",
}


def test_shares_cost_by_size_and_need_two_quotas(estimate: Callable[..., dict[str, Any]]) -> None:
    price = {"kind": "share", "amount": "0.004", "currency": "ICU", "source": "the contract"}
    shares = {"kind": "share", "gb": "100", "count": 3}
    told = estimate(resources=[shares], price_list=[{**price, "valid_from": "2026-01-01"}])
    # 300 GB at 0.004 an hour each.
    assert [(line["hourly"], line["category"]) for line in told["request"]] == [("1.2", "storage")]
    assert told["required"] == {"shared_file_system.gigabytes": 300, "shares": 3}
    assert "no price is known of share" in estimate(resources=[shares])["unknown"][0]["reason"]


def test_a_quote_of_zero_is_unknown_unless_the_user_lists_it_as_free(
    estimate: Callable[..., dict[str, Any]],
) -> None:
    row = {"kind": "instance", "flavor": "a2-ram4-disk20-perf1"}
    free = {
        "kind": "snapshot",
        "amount": "0",
        "currency": "ICU",
        "valid_from": "2026-01-01",
        "source": "the contract",
    }
    metrics = {"instance": "storage.objects.outgoing.bytes", "snapshot": "volume.size"}
    zero = estimate(resources=[{"kind": "snapshot", "gb": "1"}], metrics=metrics, price_sources=["quote"])
    assert (
        "the cloud quotes 0, which is what it says of all that it has no price for"
        in zero["unknown"][0]["reason"]
    )
    listed = estimate(resources=[{"kind": "snapshot", "gb": "1"}], price_list=[free])
    assert not listed["adds_no_cost"], "what is free is asked for as 0, and leaves a hold"
    assert [(line["hourly"], line["category"]) for line in listed["request"]] == [("0", "storage")]
    unmeasured = estimate(resources=[row], metrics=metrics)
    assert "the cloud rates no metric of that kind" in unmeasured["unknown"][0]["reason"]


def test_sources_are_asked_in_the_order_that_is_asked_for(estimate: Callable[..., dict[str, Any]]) -> None:
    listed = {
        "kind": "floating_ip", "amount": "7.3", "currency": "CHF", "hours": "730",
        "valid_from": "2026-01-01", "source": "contract",
    }  # fmt: skip
    for sources, hourly in (
        (["price_list", "observed"], "0.5"),
        (["observed", "price_list"], "0.2"),
        (["quote"], "0.2"),
    ):
        (line,) = estimate(resources=[{"kind": "floating_ip"}], price_sources=sources, price_list=[listed])[
            "lines"
        ]
        assert (line["price_source"], line["hourly"]) == (sources[0], hourly)


def test_what_has_a_name_costs_by_how_it_differs_from_what_is_there(
    estimate: Callable[..., dict[str, Any]],
) -> None:
    same = estimate(
        resources=[
            {"kind": "instance", "flavor": "a2-ram4-disk20-perf1", "names": ["web-1", "web-2"]},
            {"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "300", "names": ["archive"]},
        ]
    )
    assert same["lines"] == []
    assert same["reduces"]
    assert not same["adds_no_cost"]
    assert same["required"] == {}
    other = estimate(
        resources=[
            {"kind": "instance", "flavor": "a4-ram16-disk80-perf1", "names": ["web-1", "web-9"]},
            {"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "310", "names": ["archive"]},
            {"kind": "volume", "names": ["spare-1"], "state": "absent"},
            {"kind": "instance", "flavor": "a2-ram4-disk20-perf1", "names": ["trial-1"]},
        ]
    )
    told = {
        (line["name"], line["action"], line["hourly"]) for line in other["lines"] if line["unknown"] is None
    }
    assert told == {
        ("web-1", "changed", "1.05"),
        ("web-1", "changed", "-0.35"),
        ("web-9", "added", "1.05"),
        ("archive", "changed", "0.05"),
        ("spare-1", "removed", "-0.05"),
    }
    assert [one["reason"] for one in other["unknown"]] == [
        "server trial-1 is VERIFY_RESIZE, and how that is rated is unknown"
    ]
    assert other["required"]["instances"] == 1
    assert other["required"]["cores"] == 2 + 4


def test_only_what_the_project_has_is_removed(
    estimate: Callable[..., dict[str, Any]], running: Sandbox, tmp_path: Path
) -> None:
    def removed(identifier: str, actions: list[str], after: Options | None) -> dict[str, Any]:
        change = {"actions": actions, "before": {"id": identifier, **DISK}, "after": after}
        plan = {"format_version": "1.2", "resource_changes": [{**OLD, "change": change}]}
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        return estimate(terraform_plan=str(tmp_path / "plan.json"))

    volumes = running.ask("GET", f"{running.catalog['block-storage']}/volumes/detail").body["volumes"]
    (spare,) = [one["id"] for one in volumes if one["name"] == "spare-1"]
    for actions, after in ((["delete"], None), (["update"], DISK), (["update"], {**DISK, "size": 5})):
        told = removed(spare, actions, after)
        assert (told["complete"], told["reduces"], told["request"]) == (True, True, [])
        # 10 GB go, none, and 5.
        gone = {"delete": ["0.05"], "update": [] if after == DISK else ["0.025"]}[actions[0]]
        assert [line["hourly"] for line in told["removals"]] == gone
        assert not told["adds_no_cost"]
    told = removed(spare, ["update"], {**DISK, "size": 12})
    assert ([line["hourly"] for line in told["request"]], told["reduces"]) == (["0.01"], False)
    for actions, after in ((["delete"], None), (["update"], DISK), (["delete", "create"], DISK)):
        told = removed("a5b5c5d5-0000-4000-8000-000000000000", actions, after)
        assert (told["complete"], told["reduces"], told["adds_no_cost"]) == (False, False, False)
        assert told["unknown"][0]["reason"] == "the project has no volume of the ID that the plan tells"


def test_nothing_of_a_priced_kind_adds_no_cost_and_what_is_gone_already_reduces(
    estimate: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    network = {"type": "openstack_networking_network_v2", "change": {"actions": ["create"], "after": {}}}
    plan = {"format_version": "1.2", "resource_changes": [{**OLD, **network}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    told = estimate(terraform_plan=str(tmp_path / "plan.json"))
    assert (told["adds_no_cost"], told["reduces"]) == (True, False)
    told = estimate(resources=[{"kind": "volume", "names": ["gone"], "state": "absent"}])
    assert (told["adds_no_cost"], told["reduces"], told["lines"]) == (False, True, [])


#: As the volume spare-1 is.
DISK: Options = {"size": 10, "volume_type": "CEPH_1_perf1"}
OLD: Options = {
    "address": "openstack_blockstorage_volume_v3.old",
    "mode": "managed",
    "type": "openstack_blockstorage_volume_v3",
    "provider_name": "registry.terraform.io/terraform-provider-openstack/openstack",
}


def test_an_estimate_is_what_it_costs_in_the_end(
    estimate: Callable[..., dict[str, Any]],
    start: Callable[..., Sandbox],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Estimate, create, wait until it is rated, and compare: to the digit, as all prices are known."""
    hours = 30
    expected = estimate(resources=[{**row, "hours": str(hours)} for row in NEW])
    assert expected["complete"]
    scenario = yaml.safe_load(SCENARIO.read_text())
    age = {"created_hours_ago": 0}
    scenario["servers"] += [
        {"name": "new-1", "flavor": NEW[0]["flavor"], "network": "front", **age},
        {"name": "new-2", "flavor": NEW[1]["flavor"], "network": "front", **age},
        {"name": "new-3", "flavor": NEW[2]["flavor"], "network": "front", "status": "SHUTOFF", **age},
    ]
    scenario["volumes"].append({"name": "new-4", "type": "CEPH_1_perf2", "size_gb": 70, **age})
    scenario["floating_ips"].append({"address": "198.51.100.200", "network": "ext-net1", **age})
    scenario["load_balancers"].append({"name": "new-6", "network": "front", **age})
    (tmp_path / "created.yml").write_text(yaml.safe_dump(scenario))
    created = start("--scenario", str(tmp_path / "created.yml"))
    old = {one["resource_id"]: one for one in _by_resource(created, monkeypatch)}
    assert (
        command("clock", "--directory", str(created.directory), "--advance-hours", str(hours + 1)).returncode
        == 0
    )
    new = [one for one in _by_resource(created, monkeypatch) if one["resource_id"] not in old]
    assert len(new) == len(NEW)
    rated = sum(Decimal(one["amount"]) for one in new)
    assert rated == sum(Decimal(line["hourly"]) * hours for line in expected["lines"])
    both = ("this_period", "next_period")
    assert rated == sum(Decimal(expected["total"][basis]["ICU"]) for basis in both)


def _by_resource(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What every resource has cost up to what is rated now."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    # The sandbox's clock is ahead of ours, by which the newest rated hour would be looked for.
    window = {"begin": "2020-01-01", "end": "2100-01-01", "group_by": ["resource"], "rated_through": False}
    cost = run_module("infomaniak_cost_info", {"cloud": "sandbox", **window})
    rows: list[dict[str, Any]] = cost["cost"]["by_resource"]
    return rows


@pytest.mark.parametrize(
    ("fault", "unread"),
    [
        ({"service": "compute", "kind": "status", "status": 500}, "flavors could not be read"),
        ({"service": "rating", "kind": "status", "status": 403}, "the service answered 403"),
    ],
)
def test_what_could_not_be_read_is_unknown_and_no_zero(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: Options, unread: str
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])
    drilled.ask("POST", "/sandbox/faults", fault)
    asked = {"cloud": "sandbox", "resources": NEW[:1], "api_timeout": 2}
    failed = run_module("cost_estimate_info", asked)
    assert failed["failed"]
    assert "the service answered" in failed["msg"]
    assert "lines" not in failed
    partly = run_module("cost_estimate_info", {**asked, "on_error": "warn"})
    assert (partly["complete"], partly["total"]) == (False, None)
    assert unread in partly["unknown"][0]["reason"]
    assert partly["request"] == []


def test_a_quote_that_is_refused_is_an_unknown_line(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])
    drilled.ask(
        "POST",
        "/sandbox/faults",
        {"service": "rating", "kind": "status", "status": 403, "path": "/v1/rating/quote"},
    )
    asked = {
        "cloud": "sandbox",
        "resources": [*NEW[:2], {"kind": "stopped_instance", "flavor": "a2-ram4-disk20-perf1"}],
    }
    told = run_module("cost_estimate_info", asked)
    assert [line["price_source"] for line in told["lines"]] == ["observed", "observed", None]
    assert "quote: Reading a quote from" in told["unknown"][0]["reason"]
    verified = run_module("cost_estimate_info", {**asked, "resources": NEW[:2], "verify_quote": True})
    assert verified["unknown"][0]["name"] == "the quote for everything"


def test_a_quote_for_everything_that_differs_leaves_it_unknown(
    estimate: Callable[..., dict[str, Any]],
) -> None:
    listed = {
        "kind": "floating_ip",
        "amount": "0.3",
        "currency": "ICU",
        "valid_from": "2026-01-01",
        "source": "a guess",
    }
    told = estimate(
        resources=[{"kind": "floating_ip"}],
        price_sources=["price_list"],
        price_list=[listed],
        verify_quote=True,
    )
    assert told["unknown"] == [
        {
            "name": "the quote for everything",
            "reason": "the cloud quotes 0.200000 for a collect period where the lines come to 0.300000",
        }
    ]
