# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever names a region or a project gets the result of several, be it one: a playbook that loops over its
parts need not ask how many there are (design/reading-a-cloud.md#identity).
"""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.projects import open_projects

from ....conftest import Sandbox

PROJECT, REGION = "PCP-DEMO001", "dc3-a"


@pytest.mark.parametrize(
    ("regions", "projects", "several"),
    [
        ((), (), False),
        ((REGION,), (), True),
        ((), (PROJECT,), True),
        ((REGION,), (PROJECT,), True),
        ((REGION, REGION), (PROJECT, PROJECT), True),
    ],
)
def test_one_that_is_named_is_told_like_several(
    running: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    regions: tuple[str, ...],
    projects: tuple[str, ...],
    several: bool,
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])
    logins = open_projects(ConnectionOptions(cloud="sandbox"), regions, projects)
    assert logins.several is several
    (login,) = logins.all
    told = {"region": REGION, "project_id": running.project_id, "project_name": PROJECT}
    assert (login.to_result(), login.name) == (told, f"{PROJECT} in {REGION}")
    assert logins.to_result() == login.opened.identity.to_result()
    assert logins.secrets and logins.secrets == login.opened.secrets
    assert logins.service_at(running.catalog["rating"]) == "rating"
    assert logins.service_at("http://elsewhere.example/rating") is None
