# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that holds what leaves the collection to other people's programs: a validator, a browser, a
rulebook engine, Prometheus, and Grafana's schema.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from checkout import BUILD, ROOT, Stop
from environment import OUTSIDE, clean_environment, find_python, virtual_environment
from stages import Workbench, run_pytest

#: What all of the programs have wheels for.
PYTHON = "3.11"
#: What a test needs, what it is called where it is installed, and the Debian package that has it.
PROGRAMS = {
    "CHROMIUM": (("chromium", "chromium-browser", "google-chrome"), "chromium"),
    "JAVA": (("java",), "openjdk-17-jre-headless"),
    "PROMTOOL": (("promtool",), "prometheus"),
}
#: The package that has collections, and where that of OpenStack is in it.
ANSIBLE, OPENSTACK = "ansible==14.5.0", "ansible_collections/openstack/cloud/"
NODE = BUILD / "node"


def outside(bench: Workbench) -> str:
    """Bring the programs, and run the tests marked `outside`. Raises Stop where one cannot be had."""
    place = virtual_environment(".venv-outside", find_python(PYTHON), OUTSIDE)
    found = {name: program(*wanted) for name, wanted in PROGRAMS.items()}
    modules = node_modules()
    tools = {
        "AXE": str(modules / "axe-core" / "axe.min.js"),
        "NODE_MODULES": str(modules),
        "OPENSTACK_COLLECTIONS": str(openstack_collections(bench)),
    }
    variables = {"OUTSIDE": str(place / "bin"), **tools, **found}
    return run_pytest(bench, "outside", "outside", variables=variables)


def openstack_collections(bench: Workbench) -> Path:
    """A path for collections with openstack.cloud, which comes with the package `ansible`. Raises Stop."""
    folder = BUILD / "openstack_collections" / ANSIBLE
    if not (folder / "ansible_collections" / "openstack" / "cloud").is_dir():
        with tempfile.TemporaryDirectory() as wheels:
            # It is for newer Pythons than the oldest of ours; of what it has only one collection is taken.
            newest = ("--no-deps", "--only-binary=:all:", "--python-version", "3.13")
            wanted = (*newest, "--dest", wheels, ANSIBLE)
            bench.run("outside", "pip", "download", "--quiet", *wanted)
            (wheel,) = Path(wheels).glob("ansible-*.whl")
            with zipfile.ZipFile(wheel) as packed:
                names = [name for name in packed.namelist() if name.startswith(OPENSTACK)]
                packed.extractall(folder, names)
    return folder


def program(names: tuple[str, ...], package: str) -> str:
    """Where a program is; as root it is installed from Debian where it is missing.

    Raises Stop where it cannot be had.
    """
    if not any(map(shutil.which, names)) and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (("update",), ("install", "--yes", "--no-install-recommends", package)):
            environment = clean_environment() | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(
                ["apt-get", "--quiet", *command], check=False, env=environment, stdout=subprocess.DEVNULL
            )
    for name in names:
        if place := shutil.which(name):
            return place
    raise Stop(f"{names[0]} is not on PATH: install it (Debian and Ubuntu: {package}).")


def node_modules() -> Path:
    """The folder of what package.json lists, as npm installs it. Raises Stop where that cannot be had."""
    wanted = ROOT / "tests" / "outside" / "package.json"
    packages = json.loads(wanted.read_text())["dependencies"]
    modules, copied = NODE / "node_modules", NODE / "package.json"

    def complete() -> bool:
        return all((modules / name / "package.json").is_file() for name in packages)

    if complete() and copied.read_bytes() == wanted.read_bytes():
        return modules
    if not shutil.which("npm"):
        raise Stop("npm is not on PATH: install it (Debian and Ubuntu: npm).")
    NODE.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(wanted, copied)
    # The user's npm settings say where the registry is.
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(NODE)]
    if subprocess.run(npm, check=False, cwd=NODE).returncode or not complete():
        listed = ", ".join(f"{name} {version}" for name, version in packages.items())
        raise Stop(f"npm could not install {listed}; its message is above.")
    return modules
