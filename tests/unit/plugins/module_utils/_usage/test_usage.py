# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Usage of projects of any size on a running cloud: every page is counted, and how many requests that takes
(design/reading-a-cloud.md#round-trips).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._core.completeness import (
    CloudIdentity,
    ServiceStatus,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, Malformed
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, now_utc
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import (
    Cloud,
    Readings,
    Service,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._usage.resources import Filter
from ansible_collections.finops.cloud.plugins.module_utils._usage.usage import (
    UsageOptions,
    _result,
    read_usage,
)
from ansible_collections.finops.cloud.plugins.module_utils._usage.usage_readings import READINGS, UsageValues

from ....conftest import FILES, Sandbox

Start = Callable[..., Sandbox]


def read(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[dict[str, Any], int]:
    """What the service says, and how many requests it made, the login among them."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    sandbox.ask("DELETE", "/sandbox/requests")
    region = (options.get("regions") or ("dc3-a",))[0]
    told = read_usage(
        Cloud(ConnectionOptions(cloud="sandbox", region_name=region)),
        UsageOptions(**{"services": (), "detail": "summary", "on_error": "fail", **options}),
        now_utc(),
    )
    asked = sandbox.ask("GET", "/sandbox/requests").body
    assert (asked["token"], asked["discovery"]) == (1, 0)
    return told, asked["total"]


@pytest.mark.parametrize(
    ("servers", "totals", "summary", "resources", "with_hours"),
    [
        (1, 6, 8, 10, 9),
        (100, 6, 8, 10, 9),
        # Two more pages of servers and of volumes each; the hours add three.
        (2500, 6, 12, 14, 15),
    ],
)
def test_requests_grow_by_the_page_and_all_pages_count(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    servers: int,
    totals: int,
    summary: int,
    resources: int,
    with_hours: int,
) -> None:
    sandbox = start("--servers", str(servers))
    assert read(sandbox, monkeypatch, detail="totals")[1] == totals
    assert read(sandbox, monkeypatch)[1] == summary
    listed, asked = read(sandbox, monkeypatch, detail="resources")
    assert asked == resources
    kinds = [row["type"] for row in listed["resources"]]
    assert (kinds.count("compute.instance"), kinds.count("storage.volume")) == (servers, servers)
    now = now_utc()
    told, asked = read(sandbox, monkeypatch, period=Window(now - timedelta(hours=10), now))
    assert asked == with_hours
    used = told["usage"]["compute"]
    # Every generated server has the first flavor, 2 vCPUs, 4096 MB and 20 GB, and is older than the period.
    assert (used["instance_count"], used["period_server_count"]) == (servers, servers)
    assert used["server_hours"] == pytest.approx(servers * 10)
    assert used["vcpu_hours"] == pytest.approx(servers * 20)
    assert used["ram_mb_hours"] == pytest.approx(servers * 40960)
    assert used["disk_gb_hours"] == pytest.approx(servers * 200)


def test_a_period_in_which_nothing_ran_is_zero_and_not_unknown(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = now_utc() - timedelta(days=900)
    told, _asked = read(
        running, monkeypatch, period=Window(before, before + timedelta(days=1)), services=("compute",)
    )
    assert (told["usage"]["compute"]["period_server_count"], told["usage"]["compute"]["vcpu_hours"]) == (
        0,
        0.0,
    )


def test_usage_that_is_no_number_is_refused(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    now = now_utc()
    drilled.ask(
        "POST",
        "/sandbox/faults",
        {"service": "compute", "kind": "malformed", "path": "os-simple-tenant-usage"},
    )
    with pytest.raises(Malformed, match="Reading compute usage from"):
        read(drilled, monkeypatch, period=Window(now - timedelta(hours=1), now))


def test_regions_are_told_apart_and_summed_with_one_login(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The sandbox's second region shows the same resources once more."""
    scenario = (FILES / "scenarios" / "default.yml").read_text()
    (tmp_path / "two.yml").write_text(
        scenario.replace("region: dc3-a", "region: dc3-a\nother_regions: [dc4-a]")
    )
    sandbox = start("--scenario", str(tmp_path / "two.yml"))
    told, asked = read(sandbox, monkeypatch, regions=("dc3-a", "dc4-a"), detail="resources", idle=True)
    assert asked == 19
    assert told["usage"]["compute"]["instance_count"] == 12
    assert told["usage"]["compute"]["by_status"] == {"ACTIVE": 8, "SHUTOFF": 2, "VERIFY_RESIZE": 2}
    assert told["usage"]["storage"]["by_type"]["CEPH_1_perf2"] == {"count": 4, "size_gb": 500}
    assert told["usage"]["compute"]["counted_from"] == "servers"
    assert {name: one["usage"]["compute"]["instance_count"] for name, one in told["regions"].items()} == {
        "dc3-a": 6,
        "dc4-a": 6,
    }
    assert {row["region"] for row in told["resources"]} == {"dc3-a", "dc4-a"}
    assert told["cloud"]["region"] is None
    with pytest.raises(InvalidOption, match=r"^regions: .* has no region mars; it offers dc3-a, dc4-a\.$"):
        read(sandbox, monkeypatch, regions=("dc3-a", "mars"))


SHARES = [
    {"name": "home", "type": "nfs", "size_gb": 10, "metadata": {"team": "shop"}},
    {"name": "scratch", "type": "nfs", "size_gb": 20},
    {"name": "models", "type": "cephfs", "size_gb": 300, "metadata": {"team": "data"}},
]


def test_shares_are_counted_and_listed_for_a_request_where_there_are_shared_file_systems(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scenario = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    services = ["compute", "block_storage", "network", "object_storage", "load_balancer", "image"]
    scenario |= {"services": [*services, "shared_file_system"], "shares": SHARES}
    scenario["quotas"]["shared_file_system"] = {"shares": 50, "gigabytes": 1000}
    (tmp_path / "shares.yml").write_text(yaml.safe_dump(scenario))
    sandbox = start("--scenario", str(tmp_path / "shares.yml"))
    totals, asked = read(sandbox, monkeypatch, detail="totals")
    assert asked == 7
    known = {"share_count": 3, "total_size_gb": 330}
    assert totals["usage"]["shared_file_system"] == {**known, "by_status": None, "by_type": None}
    told, asked = read(sandbox, monkeypatch)
    assert asked == 9
    assert told["usage"]["shared_file_system"] == {
        **known,
        "by_status": {"available": 3},
        "by_type": {"cephfs": {"count": 1, "size_gb": 300}, "nfs": {"count": 2, "size_gb": 30}},
    }
    listed, asked = read(sandbox, monkeypatch, detail="resources", group_by="team")
    assert asked == 11
    assert listed["usage"]["shared_file_system"] == told["usage"]["shared_file_system"]
    rows = [row for row in listed["resources"] if row["type"] == "storage.share"]
    assert {row["name"]: (row["size"], row["size_unit"], row["kind"]) for row in rows} == {
        "home": (10, "GB", "nfs"),
        "scratch": (20, "GB", "nfs"),
        "models": (300, "GB", "cephfs"),
    }
    assert {row["group"]: (row["share_count"], row["share_gb"]) for row in listed["groups"]} == {
        "shop": (1, 10),
        "data": (1, 300),
        None: (1, 20),
    }


def test_a_cloud_without_shared_file_systems_has_no_number_of_shares_and_knows_its_groups(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, asked = read(running, monkeypatch, detail="resources", group_by="team")
    assert (asked, told["services"]["shared_file_system"]["status"]) == (10, "absent")
    assert set(told["usage"]["shared_file_system"].values()) == {None}
    # The balancer hangs on a network, which is never listed; nothing that was not read could name its group.
    assert [row["load_balancer_count"] for row in told["groups"]] == [0, 0, 1]
    assert [row["share_count"] for row in told["groups"]] == [None] * 3


@pytest.mark.parametrize(
    ("named", "status", "count"),
    [((), "ok", 3), (("load_balancer",), "absent", None), (("network",), "ok", 3)],
)
def test_a_service_that_one_region_lacks_adds_nothing_unless_the_user_named_it(
    named: tuple[str, ...], status: str, count: int | None
) -> None:
    wanted = {"load_balancers": READINGS["totals"]["load_balancers"]}
    regions = [
        Readings(
            {"load_balancers": UsageValues({"load_balancer_count": 3})},
            {"load_balancer": ServiceStatus("ok", 200)},
            (),
        ),
        Readings({"load_balancers": None}, {"load_balancer": ServiceStatus("absent")}, ()),
    ]
    for order in (regions, regions[::-1]):
        told = _result(wanted, order, UsageOptions(services=named, detail="totals", on_error="warn"))
        assert told["services"]["load_balancer"]["status"] == status
        assert told["usage"]["network"]["load_balancer_count"] == count


class _Glance(Service):
    """An image service whose project has these images."""

    def bodies(self, *_asked: Any, **_more: Any) -> Any:
        for name, tags in (("base", ["team=shop", "golden"]), ("scratch", [])):
            yield {
                "images": [
                    {"id": name, "name": name, "status": "active", "size": 5, "tags": tags}
                    | {"created_at": "2026-11-01T00:00:00Z"}
                ]
            }


def test_an_image_is_found_and_grouped_by_its_tags() -> None:
    cloud: Any = SimpleNamespace(
        identity=CloudIdentity("c", "http://c", "r", "p1", "shop"),
        offers=lambda name: name == "image",
        service=lambda name: {"image": _Glance("image", "http://glance", "p1", None)}[name],
        absent=None,
    )
    options = UsageOptions(("image",), "resources", "fail", group_by="team")
    told = read_usage(cloud, options, now_utc())
    assert {row["name"]: row["metadata"] for row in told["resources"]} == {
        "base": {"team": "shop", "golden": ""},
        "scratch": {},
    }
    assert [(row["group"], row["image_count"], row["image_bytes"]) for row in told["groups"]] == [
        ("shop", 1, 5),
        (None, 1, 5),
    ]
    of_shop = UsageOptions(("image",), "resources", "fail", filter=Filter(metadata={"team": "shop"}))
    assert [row["name"] for row in read_usage(cloud, of_shop, now_utc())["resources"]] == ["base"]


def test_groups_tell_no_zero_for_what_was_not_read(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    drilled.ask("POST", "/sandbox/faults", {"service": "block_storage", "kind": "status", "status": 500})
    told, _asked = read(drilled, monkeypatch, detail="resources", group_by="team", on_error="warn")
    for group in told["groups"]:
        assert [group[name] for name in ("volume_count", "snapshot_gb", "backup_count")] == [None] * 3
    assert [group["instance_count"] for group in told["groups"]] == [4, 2, 0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"idle": True}, "^idle: is about the list of resources; set detail to resources, not summary"),
        ({"group_by": "team", "detail": "totals"}, "^group_by: is about .*, not totals"),
        ({"filter": Filter(name="web-*")}, "^name: is about"),
        ({"filter": Filter(types=("storage.volume",))}, "^types: is about"),
        ({"filter": Filter(metadata={"a": "b"})}, "^metadata: is about"),
        ({"dest": Path("somewhere.csv")}, "^dest: is about"),
        ({"services": ("image",)}, "^services: has image, which is read for the list of resources"),
    ],
)
def test_what_the_detail_has_no_resources_for_is_refused(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidOption, match=says):
        read(running, monkeypatch, **options)
