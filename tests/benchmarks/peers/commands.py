# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `openstack` command as a script calls it: one process a question, its answer read as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("openstack")


def asked(*arguments: str) -> Any:
    """The answer to one command."""
    command = [str(PROGRAM), *arguments, "--format", "json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def tell(found: dict[str, object]) -> None:
    """Print what was found."""
    print(json.dumps({name: str(value) for name, value in found.items()}))
