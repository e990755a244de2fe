# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several projects and regions: one login for each project, and none to a project that was not asked for
(design/reading-a-cloud.md#identity, design/reading-a-cloud.md#login).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LoginFailed
from ansible_collections.finops.cloud.plugins.module_utils._openstack.auth_types import scoped_to
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import (
    ConnectionOptions,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.projects import (
    ProjectLogins,
    open_projects,
)

from ....conftest import FILES, Sandbox, log_in

Start = Callable[..., Sandbox]


@pytest.fixture
def sandbox(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """A cloud of two regions, whose user may log in to two projects."""
    scenario = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    scenario |= {"other_regions": ["dc4-a"], "further_projects": ["PCP-DEMO002"]}
    (tmp_path / "more.yml").write_text(yaml.safe_dump(scenario))
    sandbox = start("--scenario", str(tmp_path / "more.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    sandbox.ask("DELETE", "/sandbox/requests")
    return sandbox


def opened(regions: tuple[str, ...] = (), projects: tuple[str, ...] = (), **options: Any) -> ProjectLogins:
    return open_projects(
        ConnectionOptions(**{"cloud": "sandbox", "api_timeout": 5, **options}), regions, projects
    )


def asked(sandbox: Sandbox) -> tuple[int, int]:
    """Tokens, and requests in all."""
    told = sandbox.ask("DELETE", "/sandbox/requests").body
    return told["token"], told["total"]


def names(places: ProjectLogins) -> list[tuple[str, str | None]]:
    return [(place.project, place.region) for place in places.all]


def test_each_project_is_one_login_whatever_the_number_of_regions(sandbox: Sandbox) -> None:
    places = opened(("dc3-a", "dc4-a"), ("PCP-DEMO001", "PCP-DEMO002"), region_name="dc3-a")
    assert asked(sandbox) == (2, 2)
    assert names(places) == [
        ("PCP-DEMO001", "dc3-a"),
        ("PCP-DEMO001", "dc4-a"),
        ("PCP-DEMO002", "dc3-a"),
        ("PCP-DEMO002", "dc4-a"),
    ]
    assert len({place.opened.service("rating").url for place in places.all}) == 2
    assert len({place.opened.identity.project_id for place in places.all}) == 2
    told = places.to_result()
    assert (told["name"], told["region"], told["project_id"], told["project_name"]) == (
        "sandbox",
        None,
        None,
        None,
    )


def test_without_names_it_is_the_login_s_own(sandbox: Sandbox) -> None:
    places = opened()
    assert asked(sandbox) == (1, 1)
    assert (names(places), places.several) == ([("PCP-DEMO001", "dc3-a")], False)
    assert places.to_result() == places.all[0].opened.identity.to_result()


def test_a_project_goes_by_its_id_and_counts_once(sandbox: Sandbox) -> None:
    by_name = opened(projects=("PCP-DEMO002", "PCP-DEMO002"))
    project_id = by_name.all[0].opened.identity.project_id
    assert names(by_name) == [("PCP-DEMO002", "dc3-a")]
    assert names(opened(projects=(project_id,))) == [("PCP-DEMO002", "dc3-a")]
    with pytest.raises(
        InvalidOption, match=r"^projects: names project PCP-DEMO002 twice, by its name and by its ID\.$"
    ):
        opened(projects=("PCP-DEMO002", project_id))


def test_the_project_of_the_credentials_gives_way_however_it_is_named(sandbox: Sandbox) -> None:
    """With project_id in clouds.yaml beside a project_name, keystoneauth would take the ID: the wrong
    project, without a word.
    """
    clouds = Path(sandbox.state["clouds_file"])
    content = yaml.safe_load(clouds.read_text())
    auth = content["clouds"]["sandbox"]["auth"]
    del auth["project_name"]
    auth["project_id"] = sandbox.project_id
    clouds.write_text(yaml.safe_dump(content))
    assert names(opened(projects=("PCP-DEMO002",))) == [("PCP-DEMO002", "dc3-a")]
    assert names(opened()) == [("PCP-DEMO001", "dc3-a")]


def test_a_token_is_taken_to_another_project(sandbox: Sandbox) -> None:
    token = log_in(sandbox.state).headers["X-Subject-Token"]
    auth = {"auth_url": sandbox.state["auth_url"], "token": token, "project_name": "PCP-DEMO001"}
    places = opened(
        projects=("PCP-DEMO001", "PCP-DEMO002"), cloud=None, auth=auth, auth_type="token", region_name="dc4-a"
    )
    assert names(places) == [("PCP-DEMO001", "dc4-a"), ("PCP-DEMO002", "dc4-a")]


def test_an_application_credential_is_refused_before_anything_is_asked(sandbox: Sandbox) -> None:
    with pytest.raises(
        InvalidOption, match="^projects: an application credential is bound to one project; log in with"
    ):
        opened(projects=("PCP-DEMO001",), cloud="sandbox-app")
    assert asked(sandbox) == (0, 0)


def test_a_token_for_another_project_than_was_asked_for_is_refused(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some kinds of login take no notice of a project."""
    monkeypatch.setattr(
        "ansible_collections.finops.cloud.plugins.module_utils._openstack.login.scoped_to",
        lambda config, _project: config,
    )
    with pytest.raises(
        LoginFailed, match=r"a token for project PCP-DEMO002 .* it is for project PCP-DEMO001, whatever"
    ):
        Cloud(ConnectionOptions(cloud="sandbox", project="PCP-DEMO002"))


@pytest.mark.parametrize("gone", [0, 1])
def test_a_refused_login_is_its_place_s_error_whichever_comes_first(sandbox: Sandbox, gone: int) -> None:
    wanted = ["PCP-DEMO002"]
    wanted.insert(gone, "PCP-OTHER99")
    places = opened(("dc3-a", "dc4-a"), tuple(wanted))
    assert asked(sandbox) == (2, 2)
    for place in places.all:
        assert (place.cloud is None) == (place.project == "PCP-OTHER99")
    errors = {str(place.error) for place in places.all if place.error}
    assert len(errors) == 1
    assert "Reading a token for project PCP-OTHER99 from" in errors.pop()
    assert places.to_result()["project_id"] is None
    with pytest.raises(LoginFailed, match="PCP-OTHER99"):
        opened(projects=("PCP-OTHER99",))


def test_a_region_that_is_not_there_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidOption, match=r"^regions: .* has no region mars; it offers dc3-a, dc4-a\.$"):
        opened(("dc3-a", "mars"))


@pytest.mark.parametrize(
    ("project", "key"),
    [
        ("PCP-ABC1234", "project_name"),
        ("b30781c9679b4ede8107bae21990153e", "project_id"),
        ("b30781c9-679b-4ede-8107-bae21990153e", "project_id"),
        ("B30781C9679B4EDE8107BAE21990153E", "project_name"),
        ("default", "project_name"),
    ],
)
def test_what_looks_like_an_id_is_one(project: str, key: str) -> None:
    assert scoped_to({"auth": {"project_id": "x", "project_name": "y"}}, project) == {"auth": {key: project}}
