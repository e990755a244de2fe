# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make bench` runs: jobs done with the collection and with what a user would take instead.

SIZE is quick or full, JOB the jobs to run in place of all, N their sizes in place of those of SIZE.
"""

from __future__ import annotations

import os
import subprocess
import sys

from checkout import BUILD, ROOT, TREE, copy_checkout
from environment import BENCHMARKS, clean_environment, prepare_home, virtual_environment
from outside import openstack_collections
from stages import Workbench

PROGRAM = "ansible_collections.finops.cloud.tests.benchmarks"


def bench() -> bool:
    """Run the jobs, their output shown as it comes, and write the pages; tell whether all were right."""
    copy_checkout()
    prepare_home()
    environment = virtual_environment(".venv-benchmarks", sys.executable, BENCHMARKS)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    collections = openstack_collections(Workbench(environment, version, BUILD / "logs" / "bench"))
    size = os.environ.get("SIZE") or "quick"
    command = [str(environment / "bin" / "python"), "-m", PROGRAM, "--size", size]
    command += ["--collections", str(collections), "--pages", str(ROOT / "docs")]
    command += ["--results", str(BUILD / "benchmarks"), *os.environ.get("JOB", "").split()]
    if sizes := os.environ.get("N", "").split():
        command += ["--sizes", *sizes]
    variables = clean_environment(environment) | {"PYTHONPATH": str(BUILD)}
    return subprocess.run(command, check=False, cwd=TREE, env=variables).returncode == 0
