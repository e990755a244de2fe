# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that runs against a real OpenStack on loopback (tests/openstack): brought up, compared with,
taken down.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checkout import BUILD, ROOT, TREE, Stop
from environment import OPENSTACK, clean_environment, find_python, virtual_environment
from outside import openstack_collections
from stages import Workbench, cloud_targets, run_pytest, run_targets

BED = ROOT / "tests" / "openstack"
PLACE = BUILD / "openstack"
FILLED = PLACE / "data" / "filled.json"
CONFIGURATION = TREE / "tests" / "integration" / "integration_config.yml"
#: What tests/openstack/requirements.txt was resolved for.
SERVICES_PYTHON = "3.11"
MEMBER, READER = "openstack", "openstack-reader"
#: Has its own ideas of who logs in.
NOT_AS_READER = ("connection",)
#: A role asks a cloud for nothing that its modules do not ask for.
ROLE = "_role"


def real_openstack(bench: Workbench) -> str:
    """Run the targets that need no sandbox as member, those of modules as reader too, the oracles, the drift
    test and playbooks of openstack.cloud on a real OpenStack.
    """
    environment = virtual_environment(".venv-openstack", find_python(SERVICES_PYTHON), OPENSTACK)
    python = str(environment / "bin" / "python")
    targets = cloud_targets()
    as_reader = [one for one in targets if one not in NOT_AS_READER and not one.endswith(ROLE)]
    with bed(python, environment):
        for cloud, some in ((MEMBER, targets), (READER, as_reader)):
            print(f"openstack: {len(some)} targets as {cloud}", flush=True)
            with configuration(cloud):
                run_targets(bench, "openstack", some)
        compared = bench.run(
            "openstack",
            "python",
            str(BED / "oracles.py"),
            str(PLACE / "clouds.yaml"),
            str(PLACE / "oracles"),
            python,
        )
        print(compared, flush=True)
        scenario = ROOT / "roles" / "sandbox" / "files" / "scenarios" / "default.yml"
        places = (PLACE / "logs", FILLED, scenario, PLACE / "drift")
        drift = bench.run("openstack", "python", str(BED / "drift.py"), *map(str, places))
        print(drift, flush=True)
        made = run_playbooks(bench)
    last_lines = [output.strip().splitlines()[-1] for output in (compared, drift)]
    compared_with = f"{len(targets)} targets as member, {len(as_reader)} as reader; {'; '.join(last_lines)}"
    return f"{compared_with}; {made} really run"


def run_playbooks(bench: Workbench) -> str:
    """Run playbooks of openstack.cloud and return how many. They change the project: whoever brings the test
    bed up next fills it anew.
    """
    FILLED.unlink()
    places = {"OPENSTACK_CLOUDS": str(PLACE / "clouds.yaml"), "OPENSTACK_LOGS": str(PLACE / "logs")}
    variables = places | {"OPENSTACK_COLLECTIONS": str(openstack_collections(bench))}
    ran = run_pytest(bench, "openstack", "openstack", variables=variables, paths=("tests/unit/outside",))
    return ran.replace("tests", "playbooks")


@contextmanager
def bed(python: str, environment: Path) -> Iterator[None]:
    """Have the test bed up. Raises Stop where it does not come up; it is taken down in any case."""

    def command(name: str) -> int:
        return subprocess.run(
            [python, str(BED), name], check=False, env=clean_environment(environment)
        ).returncode

    try:
        if command("up"):
            raise Stop(
                f"the real OpenStack did not come up, why is said above; its logs are in {PLACE / 'logs'}"
            )
        yield
    finally:
        if command("down"):
            raise Stop("the real OpenStack did not go down, why is said above")


@contextmanager
def configuration(cloud: str) -> Iterator[None]:
    """Tell the targets that there is a real OpenStack, and as whom to log in to it."""
    told = {
        "cloud": cloud,
        "clouds_file": str(PLACE / "clouds.yaml"),
        "auth_url": "http://127.0.0.1:25000/v3",
        "logs": str(PLACE / "logs"),
        "asked": str(BED / "asked.py"),
    }
    CONFIGURATION.write_text(json.dumps({"openstack": told}))
    try:
        yield
    finally:
        CONFIGURATION.unlink()
