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

from .priced_playbooks import CASES, planned_made_and_planned_again

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
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"sandbox": known["openstack"]}}))
    return RealCloud(tmp_path, Path(os.environ["OPENSTACK_LOGS"]))


@pytest.mark.parametrize("name", CASES)
def test_what_is_planned_is_made_and_then_nothing_changes(name: str, real: RealCloud, tmp_path: Path) -> None:
    before = real.changes()
    planned_made_and_planned_again(name, real, tmp_path, lambda: real.changes()[len(before) :])
