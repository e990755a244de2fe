# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An estimate by the operator's own rules is what the cloud quotes and what it rates
(design/estimates.md#the-operators-rules).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ...conftest import FILES, Sandbox
from .conftest import Run
from .running import run_module

DEFAULT = FILES / "scenarios" / "default.yml"
IN_PROJECT = {"cloud": "sandbox-operator-in-project", "price_sources": ["hashmap"]}
FLAVORS = ("a2-ram4-disk20-perf1", "a2-ram4-disk0-perf1", "a4-ram16-disk80-perf1", "a8-ram32-disk80-perf1")
VOLUME_TYPES = ("CEPH_1_perf1", "CEPH_1_perf2")


@pytest.fixture(scope="module")
def cloud(start_for_all: Callable[..., Sandbox], tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A sandbox with the rules of hashmap.yml."""
    scenario = yaml.safe_load(DEFAULT.read_text())
    rules = yaml.safe_load(Path(__file__).with_name("hashmap.yml").read_text())
    scenario["rating"]["hashmap"] = {"instance_reserved": {"rules": [{"cost": "0.1"}]}, **rules}
    path = tmp_path_factory.mktemp("scenario") / "ruled.yml"
    path.write_text(yaml.safe_dump(scenario))
    return start_for_all("--scenario", str(path))


@pytest.fixture
def ruled(cloud: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """That cloud, and a ledger of its own."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.state["clouds_file"])
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    return cloud


def estimated(*resources: dict[str, Any], **options: Any) -> dict[str, Any]:
    result = run_module("cost_estimate_info", {**IN_PROJECT, "resources": list(resources), **options})
    assert not result.get("failed"), result["msg"]
    return result


def hourly(*resources: dict[str, Any], **options: Any) -> Decimal:
    told = estimated(*resources, **options)
    assert told["complete"], told["unknown"]
    return Decimal(told["total"]["hourly"]["ICU"])


def quoted(sandbox: Sandbox, metric: str, quantity: str, **metadata: str) -> Decimal:
    item = {"service": metric, "volume": quantity, "desc": {"metadata": metadata}}
    return Decimal(sandbox.ask("POST", "/rating/v1/rating/quote", {"resources": [item]}).body)


def test_every_flavor_costs_what_is_quoted(ruled: Sandbox) -> None:
    flavors = yaml.safe_load(DEFAULT.read_text())["flavors"]
    for flavor in FLAVORS[:3]:
        wanted = quoted(ruled, "instance_up", "1", flavor_name=flavor, vcpus=str(flavors[flavor]["vcpus"]))
        assert hourly({"kind": "instance", "flavor": flavor, "count": 3}) == 3 * wanted > 0
    # By hand: of dated rules the one of today, and a rate from 4 CPUs on.
    assert hourly({"kind": "instance", "flavor": "a2-ram4-disk0-perf1"}) == Decimal("0.33")
    assert hourly({"kind": "instance", "flavor": "a4-ram16-disk80-perf1"}) == Decimal("0.02") + Decimal(
        "0.945"
    )


def test_every_size_of_a_volume_costs_what_is_quoted(ruled: Sandbox) -> None:
    """Thresholds go by the size of each: ten volumes of 99 GB reach none that one of 990 GB reaches."""
    for kind in VOLUME_TYPES:
        for size in ("1", "99", "100", "999", "1000", "2500"):
            wanted = quoted(ruled, "volume.size", size, volume_type=kind)
            row = {"kind": "volume", "volume_type": kind, "gb": size}
            assert hourly(row, row) == 2 * wanted
            assert hourly({**row, "count": 4}, verify_quote=False) == 4 * wanted
    ten = hourly({"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "99", "count": 10})
    assert ten == 10 * 99 * Decimal("0.01")
    one = hourly({"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "990"})
    assert one == 990 * Decimal("0.01") + Decimal("0.5")


def test_what_is_removed_saves_what_its_size_costs(ruled: Sandbox) -> None:
    """archive has 300 GB, and so has reached a threshold."""
    change = {"kind": "volume", "names": ["archive"], "state": "absent"}
    assert hourly(change) == -quoted(ruled, "volume.size", "300", volume_type="CEPH_1_perf1")


def test_a_price_of_the_project_is_the_one_that_is_rated(ruled: Sandbox) -> None:
    """Quotes know no project, frames do: the stopped server's flavor costs the project less."""
    flavor, mine = FLAVORS[3], hourly({"kind": "instance", "flavor": FLAVORS[3]})
    assert mine == Decimal("0.02") + Decimal("1.8") * Decimal("0.8")
    assert mine < quoted(ruled, "instance_up", "1", flavor_name=flavor, vcpus="8")


def test_estimates_are_what_was_rated(ruled: Sandbox) -> None:
    """Every rated hour of the project's servers and volumes, point by point."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    asked = f"/rating/v2/dataframes?limit=1000&begin={now - timedelta(hours=3):%FT%TZ}&end={now:%FT%TZ}"
    (frame, *_more) = ruled.ask("GET", asked).body["dataframes"]
    for point in frame["usage"]["instance_up"]:
        row = {"kind": "instance", "flavor": point["metadata"]["flavor_name"]}
        assert hourly(row) == Decimal(str(point["rating"]["price"]))
    for point in frame["usage"]["volume.size"]:
        size, kind = point["vol"]["qty"], point["metadata"]["volume_type"]
        row = {"kind": "volume", "volume_type": kind, "gb": f"{size:g}"}
        assert hourly(row) == Decimal(str(point["rating"]["price"]))


def test_what_the_rules_leave_open_is_unknown(ruled: Sandbox) -> None:
    told = estimated(
        {"kind": "floating_ip"}, {"kind": "object_storage", "gb": "9"}, {"kind": "snapshot", "gb": "1"},
    )  # fmt: skip
    reasons = [one["reason"] for one in told["unknown"]]
    assert "a rule of hashmap goes by its state, which is not known" in reasons[0]
    assert "its price goes by how much the project has in all, which is not known" in reasons[1]
    assert "the cloud rates no metric of that kind" in reasons[2]
    assert told["total"] is None


def test_a_line_tells_where_its_price_is_from(ruled: Sandbox) -> None:
    server, volume = estimated(
        {"kind": "instance", "flavor": FLAVORS[2]},
        {"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "5"},
    )["lines"]
    assert server["price_source"] == volume["price_source"] == "hashmap"
    assert ", which change 20" in server["price_detail"]
    assert volume["price_detail"].endswith(", by size")


def test_requests_do_not_grow_with_what_is_planned(ruled: Sandbox) -> None:
    """Token, flavors, modules, metrics, groups, services; of a metric its fields and two for it and each
    field: 7 for servers with two fields, 5 for volumes with one."""
    rows = [
        *({"kind": "instance", "flavor": flavor, "count": 9} for flavor in FLAVORS),
        *({"kind": "volume", "volume_type": kind, "gb": "5", "count": 9} for kind in VOLUME_TYPES),
    ]
    ruled.ask("DELETE", "/sandbox/requests")
    hourly(*rows)
    asked = ruled.ask("GET", "/sandbox/requests").body
    assert (asked["token"], asked["discovery"], asked["total"]) == (1, 0, 6 + 7 + 5)


def test_another_module_that_rates_makes_it_unknown(
    start: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two.yml").write_text(
        DEFAULT.read_text().replace("  storage: v2", "  storage: v2\n  pyscripts: true")
    )
    monkeypatch.setenv(
        "OS_CLIENT_CONFIG_FILE", start("--scenario", str(tmp_path / "two.yml")).state["clouds_file"]
    )
    told = estimated({"kind": "floating_ip"})
    assert "hashmap: hashmap, pyscripts rates, not hashmap alone" in json.dumps(told["unknown"])


def test_a_member_gets_one_sentence(run: Run) -> None:
    asked = {**IN_PROJECT, "cloud": "sandbox", "resources": [{"kind": "floating_ip"}]}
    told = run("cost_estimate_info", asked)
    assert told["error"]["kind"] == "forbidden"
    assert told["msg"].endswith("only an operator may read it; log in with the role admin")
    # Warned, the line is unknown; and where another source knows the price, it is known.
    told = run("cost_estimate_info", {**asked, "on_error": "warn"})
    assert "only an operator may read it" in told["unknown"][0]["reason"]
    told = run("cost_estimate_info", {**asked, "on_error": "warn", "price_sources": ["hashmap", "quote"]})
    assert told["lines"][0]["price_source"] == "quote"


def test_derived_rules_are_the_sandbox_s_prices(run: Run) -> None:
    """On a cloud whose rules are flat, both sources say the same."""
    rows = [
        *({"kind": "instance", "flavor": flavor} for flavor in FLAVORS),
        *({"kind": "volume", "volume_type": kind, "gb": "7"} for kind in VOLUME_TYPES),
        {"kind": "floating_ip"}, {"kind": "load_balancer"}, {"kind": "object_storage", "gb": "3"},
    ]  # fmt: skip
    told = {
        source: run("cost_estimate_info", {**IN_PROJECT, "resources": rows, "price_sources": [source]})
        for source in ("hashmap", "quote")
    }
    assert told["hashmap"]["complete"]
    assert told["hashmap"]["total"] == told["quote"]["total"]
    verified = run("cost_estimate_info", {**IN_PROJECT, "resources": rows, "verify_quote": True})
    assert verified["complete"], verified["unknown"]
