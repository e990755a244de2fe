# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On a running cloud: one login, no discovery, what is asked again and what is not
(design/reading-a-cloud.md).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._ansible.cloud_arguments import INFOMANIAK
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    Forbidden,
    InvalidOption,
    LoginFailed,
    Malformed,
    Unavailable,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack import block_storage, compute, network
from ansible_collections.finops.cloud.plugins.module_utils._openstack.auth_types import without_discovery
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud, read_all
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import (
    ConnectionOptions,
    resolve,
)

from ....conftest import Sandbox

Start = Callable[..., Sandbox]


def asked(sandbox: Sandbox) -> dict[str, int]:
    told = sandbox.ask("GET", "/sandbox/requests").body
    return {kind: told[kind] for kind in ("token", "discovery", "api")}


def fault(sandbox: Sandbox, **row: Any) -> None:
    assert sandbox.ask("POST", "/sandbox/faults", row).status == 200


def test_a_login_is_one_request_and_a_reading_one_more(drilled: Sandbox, cloud: Callable[..., Cloud]) -> None:
    nova = cloud().service("compute")
    assert {quota.name: quota.limit for quota in compute.quotas(nova)}["cores"] == 64
    assert asked(drilled) == {"token": 1, "discovery": 0, "api": 1}


def test_an_expired_token_is_renewed_once_for_all_that_find_it_expired(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    opened = cloud()
    fault(drilled, service="network", kind="expired_token")
    readings = read_all(
        opened,
        {
            "quotas": ("network", network.quotas),
            "floating_ips": ("network", lambda neutron: list(network.floating_ips(neutron))),
            "servers": ("compute", lambda nova: list(compute.servers(nova))),
            "volumes": ("block_storage", lambda cinder: list(block_storage.volumes(cinder))),
        },
    )
    assert readings.errors == ()
    assert asked(drilled)["token"] == 2


def test_a_refusal_behind_a_fresh_token_is_final(drilled: Sandbox, cloud: Callable[..., Cloud]) -> None:
    fault(drilled, service="compute", kind="status", status=401)
    with pytest.raises(Forbidden, match="compute quotas .* answered 401"):
        compute.quotas(cloud().service("compute"))
    assert asked(drilled) == {"token": 2, "discovery": 0, "api": 2}


@pytest.mark.parametrize("status", [403, 404, 400, 413, 500])
def test_what_would_not_get_better_is_not_asked_again(
    drilled: Sandbox, cloud: Callable[..., Cloud], status: int
) -> None:
    fault(drilled, service="compute", kind="status", status=status)
    with pytest.raises(Exception, match=f"answered {status}"):
        compute.quotas(cloud().service("compute"))
    assert asked(drilled)["api"] == 1


@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "reset"},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 504},
        {"kind": "status", "status": 429, "retry_after": 0},
        {"kind": "status", "status": 413, "retry_after": 0},
    ],
)
def test_what_may_get_better_is_asked_again(
    drilled: Sandbox, cloud: Callable[..., Cloud], kind: dict[str, Any]
) -> None:
    fault(drilled, service="compute", times=2, **kind)
    assert compute.quotas(cloud().service("compute"))
    assert asked(drilled)["api"] == 3


def test_an_answer_that_would_come_too_late_is_not_waited_for(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    fault(drilled, service="compute", kind="status", status=503, retry_after=3600)
    with pytest.raises(Unavailable, match="answered 503"):
        compute.quotas(cloud().service("compute"))
    assert asked(drilled)["api"] == 1


def test_a_cut_or_short_answer_is_malformed(drilled: Sandbox, cloud: Callable[..., Cloud]) -> None:
    fault(drilled, service="compute", kind="malformed")
    with pytest.raises(Malformed, match="not the JSON that the API promises"):
        list(compute.servers(cloud().service("compute")))


def test_every_page_is_read(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = start("--servers", "2500")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    sandbox.ask("DELETE", "/sandbox/requests")
    opened = Cloud(ConnectionOptions(cloud="sandbox"))
    assert len({server.id for server in compute.servers(opened.service("compute"))}) == 2500
    assert sum(volume.size_gb for volume in block_storage.volumes(opened.service("block_storage"))) == 25_000
    assert asked(sandbox) == {"token": 1, "discovery": 0, "api": 6}


def test_an_old_cloud_is_asked_once_more_at_what_it_knows(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = (Path(__file__).parents[5] / "roles/sandbox/files/scenarios/default.yml").read_text()
    (tmp_path / "old.yml").write_text(default + 'newest_compute_microversion: "2.38"\n')
    sandbox = start("--scenario", str(tmp_path / "old.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    sandbox.ask("DELETE", "/sandbox/requests")
    nova = Cloud(ConnectionOptions(cloud="sandbox")).service("compute")
    assert {quota.name: quota.used for quota in compute.quotas(nova)}["cores"] == 20
    assert asked(sandbox) == {"token": 1, "discovery": 0, "api": 2}
    # Its servers tell only a flavor's id: what they have is not told, and not zero.
    with pytest.raises(Malformed, match="no vcpus"):
        list(compute.servers(nova))


def test_another_project_s_token_reads_another_project(drilled: Sandbox, cloud: Callable[..., Cloud]) -> None:
    assert cloud(cloud="sandbox-other").identity.project_name == "PCP-OTHER99"
    assert cloud(cloud="sandbox-app").identity.project_id == drilled.project_id


def test_a_login_that_stays_unavailable_is_one_sentence(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    fault(drilled, service="identity", kind="status", status=503)
    with pytest.raises(LoginFailed, match="^Reading a token from .* answered 503"):
        cloud(api_timeout=1)


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        (
            {"auth_type": "password", "auth_url": "https://c/identity"},
            ("v3password", "https://c/identity/v3"),
        ),
        ({"auth_url": "https://c:5000/"}, ("v3password", "https://c:5000/v3")),
        ({"auth_type": "token", "auth_url": "https://c/v3"}, ("v3token", "https://c/v3")),
        ({"auth_type": "v3oidcpassword", "auth_url": "https://c/v3/"}, ("v3oidcpassword", "https://c/v3")),
        (
            {"auth_url": "https://c", "application_credential_id": "x"},
            ("v3applicationcredential", "https://c/v3"),
        ),
    ],
)
def test_a_login_takes_the_form_that_needs_no_discovery(
    given: dict[str, str], becomes: tuple[str, str]
) -> None:
    kind = given.pop("auth_type", None)
    prepared = without_discovery({"auth": dict(given), **({"auth_type": kind} if kind else {})})
    assert (prepared["auth_type"], prepared["auth"]["auth_url"]) == becomes


def test_infomaniak_s_variables_stand_in_where_nothing_else_says_who(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    options = ConnectionOptions(provider=INFOMANIAK)
    variables = {"INFOMANIAK_APP_CREDENTIAL_ID": "id", "INFOMANIAK_APP_CREDENTIAL_SECRET": "s"}
    assert resolve(options, variables).auth_url == "https://api.pub1.infomaniak.cloud/identity/v3"
    other = {**variables, "INFOMANIAK_APP_CREDENTIAL_AUTH_URL": "https://api.pub2.infomaniak.cloud/identity"}
    assert resolve(options, other).auth_url == "https://api.pub2.infomaniak.cloud/identity/v3"
    with pytest.raises(InvalidOption, match="INFOMANIAK_APP_CREDENTIAL_SECRET"):
        resolve(options, {"INFOMANIAK_APP_CREDENTIAL_ID": "id"})
    with pytest.raises(InvalidOption, match="no auth_url given"):
        resolve(options, {})
    with pytest.raises(InvalidOption, match="no auth_url given"):
        resolve(ConnectionOptions(), variables)


def test_a_service_that_only_refuses_is_forbidden_and_one_that_breaks_is_an_error(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    fault(drilled, service="network", kind="status", status=403)
    fault(drilled, service="compute", kind="status", status=403, path="servers")
    fault(drilled, service="compute", kind="status", status=500, path="os-quota-sets")
    readings = read_all(
        cloud(),
        {
            "quotas": ("network", network.quotas),
            "servers": ("compute", lambda nova: list(compute.servers(nova))),
            "compute_quotas": ("compute", compute.quotas),
            "volumes": ("block_storage", lambda cinder: len(list(block_storage.volumes(cinder)))),
        },
    )
    assert {name: status.status for name, status in readings.services.items()} == {
        "network": "forbidden",
        "compute": "error",
        "block_storage": "ok",
    }
    assert readings.services["network"].http_status == 403
    assert "no role in the project that may read it" in str(readings.services["network"].message)


def test_each_service_that_answered_is_ok_by_its_status(cloud: Callable[..., Cloud]) -> None:
    readings = read_all(
        cloud(),
        {
            "quotas": ("network", network.quotas),
            "servers": ("compute", lambda nova: list(compute.servers(nova))),
            "volumes": ("block_storage", lambda cinder: list(block_storage.volumes(cinder))),
        },
    )
    assert readings.complete
    assert {name: status.to_result() for name, status in readings.services.items()} == {
        name: {"status": "ok", "http_status": 200, "message": None}
        for name in ("network", "compute", "block_storage")
    }
