# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bed by hand: PYTHON tests/openstack up | down | purge. The build calls it too."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "roles" / "sandbox" / "files"))

import bed
from places import PLACE, BedError


def purge() -> None:
    """Take the bed down and forget what is in it."""
    bed.down()
    shutil.rmtree(PLACE, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """Run the one command and return the exit status: 0 done, 1 not, 2 no such command."""
    commands = {"up": bed.up, "down": bed.down, "purge": purge}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"Say one of: {', '.join(commands)}.", file=sys.stderr)
        return 2
    try:
        commands[arguments[0]]()
    except BedError as reason:
        print(f"openstack: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
