# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that runs the checks which Ansible's collections have in common, by antsibull-nox.toml."""

from __future__ import annotations

import sys

from checkout import BUILD, ROOT
from environment import NOX, virtual_environment
from stages import Workbench

#: ansible-lint is one of make lint's linters already, with the same profile.
SESSIONS = ("lint", "docs-check", "license-check", "extra-checks", "build-import-check")


def nox(bench: Workbench) -> str:
    """Run antsibull-nox's sessions in environments of their own. Raises Stop where one finds a fault."""
    place = virtual_environment(".venv-nox", sys.executable, NOX)
    # The directory of the virtual environments; they are made anew each time, from pip's cache.
    where = ("--envdir", str(BUILD / "nox"))
    Workbench(place, bench.python, bench.logs).run("nox", "nox", *where, "-e", *SESSIONS, folder=ROOT)
    return f"{len(SESSIONS)} sessions: {', '.join(SESSIONS)}"
