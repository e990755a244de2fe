# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same playbooks on a real OpenStack, which `make test-openstack` brings: planned, really run, and
planned again (design/playbooks.md).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from openstack.config.loader import OpenStackConfig
from openstack.connection import Connection

from .ansible_runs import lines_shown
from .priced_playbooks import (
    CASES,
    ELSEWHERE,
    HERE,
    PLAYBOOKS,
    passage,
    planned_made_and_planned_again,
)

pytestmark = pytest.mark.openstack

#: What changes a cloud, as the services log it of whoever logs in from outside: a quote is a question, and so
#: is a token.
CHANGE = re.compile(
    r"(POST|PUT|PATCH|DELETE) (?!/v3/auth/tokens|/v1/rating/quote)\S+ \[.*?\] (finops|openstacksdk)"
)


@dataclass(frozen=True)
class RealCloud:
    """The real OpenStack under the name that the playbooks log in to."""

    directory: Path
    logs: Path

    def changes(self) -> list[str]:
        """What it was asked to change since it was started."""
        return [
            line
            for log in sorted(self.logs.glob("*.requests"))
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
            if CHANGE.match(line)
        ]


@pytest.fixture
def real(tmp_path: Path) -> RealCloud:
    known = yaml.safe_load(Path(os.environ["OPENSTACK_CLOUDS"]).read_text())["clouds"]
    clouds = {"sandbox": known["openstack"], "sandbox-other": known["openstack-other"]}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": clouds}))
    return RealCloud(tmp_path, Path(os.environ["OPENSTACK_LOGS"]))


def connection(cloud: str) -> Connection:
    """A login of openstacksdk to a cloud of the real OpenStack, under a name by which the services' logs know
    it from the modules.
    """
    known = OpenStackConfig(config_files=[os.environ["OPENSTACK_CLOUDS"]], app_name="the-test")
    return Connection(config=known.get_one(cloud))


@pytest.fixture
def second_region(real: RealCloud) -> None:
    """The region dc4-a. It has one service, the Cinder of the first: a second one would take the longest to
    bring up, and what the estimate does not ask need not be another one.
    """
    identity = connection("openstack-admin").identity
    identity.create_region(id="dc4-a")
    file = real.directory / "clouds.yaml"
    known = yaml.safe_load(file.read_text())
    known["clouds"]["sandbox"]["regions"] = [known["clouds"]["sandbox"]["region_name"], "dc4-a"]
    file.write_text(yaml.safe_dump(known))
    (cinder,) = identity.services(type="block-storage")
    for one in list(identity.endpoints(service_id=cinder.id)):
        identity.create_endpoint(
            service_id=cinder.id, interface=one.interface, url=one.url, region_id="dc4-a"
        )


@pytest.mark.parametrize("name", CASES)
def test_what_is_planned_is_made_and_then_nothing_changes(name: str, real: RealCloud, tmp_path: Path) -> None:
    before = real.changes()
    planned_made_and_planned_again(name, real, tmp_path, lambda: real.changes()[len(before) :])


def test_what_is_made_in_another_cloud_or_region_stays_unknown(
    real: RealCloud, tmp_path: Path, second_region: None
) -> None:
    before = real.changes()
    planned, made, again = passage(
        PLAYBOOKS / "two_clouds.yml", real, tmp_path, lambda: real.changes()[len(before) :]
    )
    assert lines_shown(planned) == [*ELSEWHERE, HERE]
    for cloud in ("openstack", "openstack-other"):
        assert [one.size for one in connection(cloud).block_storage.volumes(name="copied")] == [10]
    # Nobody has asked whether it is there, so that it does not agree; what was asked has no difference.
    assert (made["receipt"]["agrees"], made["receipt"]["differences"]) == (False, [])
    assert made["known"]["monthly"]["ICU"] == "36.5"
    assert lines_shown(again) == ELSEWHERE
