# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that installs the built artifact into an empty path, and runs all of it from there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from artifact import build
from checkout import BUILD, TREE, Stop
from stages import Workbench
from supply import BILL, CONSTRAINTS


def installed(bench: Workbench) -> str:
    """Build the artefact, install it into an empty path, and run every module and the demo from there
    (design/ansible.md#third-party-libraries).
    """
    place = BUILD / "installed"
    shutil.rmtree(place, ignore_errors=True)
    collections, artefacts, playbooks = place / "collections", place / "artefacts", place / "playbooks"
    only = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
    artefact = build(bench, "installed", artefacts)
    install = ("ansible-galaxy", "collection", "install", str(artefact), "--offline", "--no-deps")
    bench.run("installed", *install, "-p", str(collections), variables=only)
    # Outside of the tree: a playbook that lies inside a collection runs with that collection at hand.
    if not (TREE / "tests" / "installed" / "every_module.yml").is_file():
        raise Stop("tests/installed/every_module.yml is missing")
    shutil.copytree(TREE / "tests" / "installed", playbooks)
    modules = {
        path.stem for path in (collections / "ansible_collections/finops/cloud/plugins/modules").glob("*.py")
    }
    called = set(
        re.findall(r"finops\.cloud\.(\w+):", (playbooks / "every_module.yml").read_text(encoding="utf-8"))
    )
    if modules - called:
        raise Stop(f"tests/installed/every_module.yml does not run {', '.join(sorted(modules - called))}")
    for playbook in ("every_module.yml", "finops.cloud.demo"):
        bench.run("installed", "ansible-playbook", playbook, folder=playbooks, variables=only)
    alone = run_without_libraries(bench, place / "ansible_alone", playbooks, only)
    shipped = collections / "ansible_collections" / "finops" / "cloud"
    if not (shipped / BILL).is_file():
        raise Stop(f"the artefact does not have {BILL}")
    # Every hash is asked for, and what is not pinned is an error.
    by_hash = ("pip", "install", "--quiet", "--dry-run", "--require-hashes", "-r", str(shipped / CONSTRAINTS))
    alone.run("installed", *by_hash)
    return (
        f"{artefact.name}: {len(modules)} modules and the demo, a ledger without any library, and"
        f" {CONSTRAINTS} by its hashes"
    )


def run_without_libraries(
    bench: Workbench, environment: Path, playbooks: Path, variables: Mapping[str, str]
) -> Workbench:
    """Run a ledger on SQLite in a virtual environment that has ansible-core and what that needs, no more.

    Returns that environment.
    """
    (ansible_core,) = (
        line
        for line in bench.run("installed", "pip", "freeze").splitlines()
        if line.startswith("ansible-core==")
    )
    bench.run("installed", "python", "-m", "venv", str(environment))
    alone = Workbench(environment, bench.python, bench.logs)
    alone.run("installed", "pip", "install", ansible_core)
    alone.run("installed", "ansible-playbook", "without_libraries.yml", folder=playbooks, variables=variables)
    return alone
