# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared files in the zip of a module: compiled once, and otherwise as Python imports them itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[5]
PACKAGE = "ansible_collections/finops/cloud/plugins/module_utils"
#: Imports rates as a module does, and tells how often which file of the zip was compiled.
PROGRAM = """
import collections, json, linecache, sys
compiled = collections.Counter()
def hook(event, arguments):
    if event == "compile" and str(arguments[1]).startswith(sys.argv[1]):
        compiled[arguments[1].removeprefix(sys.argv[1] + "/")] += 1
sys.addaudithook(hook)
sys.path.insert(0, sys.argv[1])
from ansible_collections.finops.cloud.plugins.module_utils import _ansible
from ansible_collections.finops.cloud.plugins.module_utils._core import rates
try:
    from ansible_collections.finops.cloud.plugins.module_utils._core import nothing
except ImportError as error:
    missing = str(error).partition(" (")[0]
spec, file = rates.__spec__, rates.__file__
line = linecache.getline(file, 1, vars(rates))
told = [file, spec.origin, spec.cached, spec.has_location, str(spec.loader), rates.__package__, line, missing]
print(json.dumps({"compiled": compiled, "told": told}))
"""
#: Collects once more at its end, and tells how many objects that looked at.
ENDING = """
import atexit, gc
looked_at = lambda: print(len(gc.get_objects()))
atexit.register(looked_at)
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.finops.cloud.plugins.module_utils import _ansible
"""


def imported(folder: Path, *, finds: bool) -> dict[str, Any]:
    """What PROGRAM tells of a zip with or without the finder."""
    told: dict[str, Any] = json.loads(run(PROGRAM, packed(folder, finds=finds)))
    return told


def run(program: str, archive: Path) -> bytes:
    """What a program prints that is given the zip."""
    return subprocess.run(
        [sys.executable, "-I", "-c", program, str(archive)], check=True, stdout=subprocess.PIPE
    ).stdout


def packed(folder: Path, *, finds: bool) -> Path:
    """A zip of shared files, with or without the finder."""
    archive = folder / "payload.zip"
    with ZipFile(archive, "w") as payload:
        parts = PACKAGE.split("/")
        for depth in range(1, len(parts) + 1):
            payload.writestr("/".join([*parts[:depth], "__init__.py"]), "")
        payload.writestr(f"{PACKAGE}/_core/__init__.py", "")
        for path in (ROOT / "plugins" / "module_utils" / "_core").glob("*.py"):
            payload.write(path, f"{PACKAGE}/_core/{path.name}")
        finder = (ROOT / "plugins" / "module_utils" / "_ansible" / "__init__.py").read_text()
        payload.writestr(f"{PACKAGE}/_ansible/__init__.py", finder if finds else "")
    return archive


@pytest.mark.parametrize(("finds", "times"), [(True, 1), (False, 2)])
def test_a_shared_file_is_compiled_once(tmp_path: Path, finds: bool, times: int) -> None:
    compiled = imported(tmp_path, finds=finds)["compiled"]
    shared = {name: count for name, count in compiled.items() if not name.endswith("__init__.py")}
    assert f"{PACKAGE}/_core/money.py" in shared
    assert set(shared.values()) == {times}


def test_all_else_is_as_python_has_it(tmp_path: Path) -> None:
    assert imported(tmp_path, finds=True)["told"] == imported(tmp_path, finds=False)["told"]


@pytest.mark.parametrize("finds", [True, False])
def test_a_module_that_ends_looks_for_no_cycles(tmp_path: Path, finds: bool) -> None:
    looked_at = int(run(ENDING, packed(tmp_path, finds=finds)))
    assert looked_at < 100 if finds else looked_at > 1_000


def test_nothing_is_found_beside_the_zip() -> None:
    program = (
        "import sys; before = list(sys.meta_path)\n"
        "from ansible_collections.finops.cloud.plugins.module_utils import _ansible\n"
        "sys.exit(sys.meta_path != before)"
    )
    folder = ROOT.parents[2]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=folder)
