# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manila, Designate, Barbican and Trove: answers of the form that their API references show, and the lists
of a running cloud that has them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import CloudError, Malformed
from ansible_collections.finops.cloud.plugins.module_utils._openstack import (
    database,
    dns,
    key_manager,
    shared_file_system,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import (
    Answer,
    Cloud,
    Login,
    Service,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.quota import Quota

from ....conftest import FILES, Sandbox

Start = Callable[..., Sandbox]


class Answering(Service):
    """A service that gives one answer after the other, and remembers what it was asked."""

    bodies_left: list[Any]
    asked: list[tuple[str, Any, str | None]]

    def __init__(self, *bodies: Any) -> None:
        super().__init__("any", "https://cloud.example", "a-project", Login(None))
        object.__setattr__(self, "bodies_left", list(bodies))
        object.__setattr__(self, "asked", [])

    def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
        self.asked.append((path, query, microversion))
        return Answer(self.bodies_left.pop(0), {}, 200)


def row(limit: int, in_use: int, reserved: int = 0) -> dict[str, int]:
    return {"limit": limit, "in_use": in_use, "reserved": reserved}


def share(share_id: str, **more: Any) -> dict[str, Any]:
    moment = "2026-09-16T18:19:50.000000"
    told = {"id": share_id, "name": None, "status": "available", "size": 3, "share_type_name": "default"}
    return {**told, "created_at": moment, "metadata": {"team": "shop"}, **more}


def test_manila_tells_limit_and_use_of_all_but_the_size_of_one_share() -> None:
    rows = {"shares": row(50, 3, 1), "gigabytes": row(-1, 40), "per_share_gigabytes": row(10, 0)}
    manila = Answering({"quota_set": {"id": "a-project", **rows}})
    assert shared_file_system.quotas(manila) == [
        Quota("shares", 50, 3, 1),
        Quota("gigabytes", None, 40, 0),
        Quota("per_share_gigabytes", 10, None, None),
    ]
    assert manila.asked == [("/quota-sets/a-project/detail", None, "shared-file-system 2.90")]


def test_trove_tells_limit_and_use_in_a_list() -> None:
    rows = [{"resource": "instances", **row(15, 5)}, {"resource": "ram", **row(-1, 8192, 4096)}]
    trove = Answering({"quotas": rows})
    assert database.quotas(trove) == [Quota("instances", 15, 5, 0), Quota("ram", None, 8192, 4096)]
    assert trove.asked == [("/mgmt/quotas/a-project", None, None)]


def test_designate_and_barbican_tell_limits_alone() -> None:
    designate = Answering({"zones": 10, "zone_recordsets": 500, "api_export_size": -1})
    assert dns.quotas(designate) == [
        Quota("zones", 10, None, None),
        Quota("zone_recordsets", 500, None, None),
        Quota("api_export_size", None, None, None),
    ]
    assert designate.asked == [("/quotas/a-project", None, None)]
    barbican = Answering({"quotas": {"secrets": 0, "consumers": -1}})
    assert key_manager.quotas(barbican) == [
        Quota("secrets", 0, None, None),
        Quota("consumers", None, None, None),
    ]


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (shared_file_system.quotas, {"quota_set": {"shares": {"limit": 5, "in_use": 1}}}),
        (shared_file_system.quotas, {"quota_set": {"shares": None}}),
        (database.quotas, {"quotas": {"instances": 5}}),
        (database.quotas, {"quotas": [{"resource": "instances", "limit": 5, "in_use": 1}]}),
        (database.quotas, {"quotas": [row(5, 1)]}),
        (dns.quotas, {"zones": "10"}),
        (dns.quotas, [10]),
        (key_manager.quotas, {"secrets": 10}),
        (key_manager.quotas, {"quotas": {"secrets": True}}),
    ],
)
def test_what_is_no_quota_is_malformed(read: Callable[[Service], Any], body: Any) -> None:
    with pytest.raises(Malformed):
        read(Answering(body))


def test_shares_are_paged_by_offset_until_all_came() -> None:
    manila = Answering(
        {
            "shares": [share("a"), share("b")],
            "count": 3,
            "shares_links": [{"rel": "next", "href": "?marker=b"}],
        },
        {"shares": [share("c", size=None, share_type_name=None)], "count": 3},
    )
    found = list(shared_file_system.shares(manila))
    assert [(one.id, one.size_gb, one.share_type, one.name) for one in found] == [
        ("a", 3, "default", ""),
        ("b", 3, "default", ""),
        ("c", None, None, ""),
    ]
    assert [query["offset"] for _path, query, _version in manila.asked] == [0, 2]
    assert not list(shared_file_system.shares(Answering({"shares": [], "count": 0})))


@pytest.mark.parametrize(
    "bodies",
    [
        # Cut, a page that comes again, more than promised, and no count.
        ({"shares": [share("a")], "count": 2}, {"shares": [], "count": 2}),
        ({"shares": [share("a")], "count": 2}, {"shares": [share("a")], "count": 2}),
        ({"shares": [share("a"), share("b")], "count": 1},),
        ({"shares": [share("a")]},),
    ],
)
def test_other_than_the_promised_shares_are_malformed(bodies: tuple[Any, ...]) -> None:
    with pytest.raises(Malformed):
        list(shared_file_system.shares(Answering(*bodies)))


def cloud_with(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Sandbox:
    scenario = {**yaml.safe_load((FILES / "scenarios" / "default.yml").read_text()), **changes}
    limits = {"shares": 5000, "gigabytes": 9000, "share_groups": 50, "backups": 10, "encryption_keys": 7}
    scenario["quotas"]["shared_file_system"] = limits
    (tmp_path / "shares.yml").write_text(yaml.safe_dump(scenario))
    sandbox = start("--scenario", str(tmp_path / "shares.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    return sandbox


@pytest.mark.parametrize(
    ("newest", "requests", "names"),
    [
        ("2.95", 1, {"shares", "gigabytes", "share_groups", "backups", "encryption_keys"}),
        ("2.89", 2, {"shares", "gigabytes", "share_groups", "backups"}),
        ("2.78", 2, {"shares", "gigabytes", "share_groups"}),
    ],
)
def test_an_older_manila_tells_what_it_has(
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    newest: str,
    requests: int,
    names: set[str],
) -> None:
    changes = {"services": ["shared_file_system"], "newest_share_microversion": newest}
    sandbox = cloud_with(start, tmp_path, monkeypatch, **changes)
    manila = Cloud(ConnectionOptions(cloud="sandbox")).service("shared_file_system")
    sandbox.ask("DELETE", "/sandbox/requests")
    assert {one.name for one in shared_file_system.quotas(manila)} == names
    assert sandbox.ask("GET", "/sandbox/requests").body["total"] == requests


def test_a_thousand_shares_and_one_more_are_two_pages(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [{"name": f"share-{number}", "type": "nfs", "size_gb": 2} for number in range(1001)]
    sandbox = cloud_with(start, tmp_path, monkeypatch, services=["shared_file_system"], shares=many)
    manila = Cloud(ConnectionOptions(cloud="sandbox")).service("shared_file_system")
    sandbox.ask("DELETE", "/sandbox/requests")
    found = list(shared_file_system.shares(manila))
    assert len({one.id for one in found}) == 1001
    assert sandbox.ask("GET", "/sandbox/requests").body["total"] == 2


def test_a_manila_that_knows_no_detail_is_an_error_and_not_empty(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"services": ["shared_file_system"], "newest_share_microversion": "2.24"}
    cloud_with(start, tmp_path, monkeypatch, **changes)
    manila = Cloud(ConnectionOptions(cloud="sandbox")).service("shared_file_system")
    with pytest.raises(CloudError, match="the service answered 404"):
        shared_file_system.quotas(manila)
