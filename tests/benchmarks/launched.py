# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and tells as JSON what it and its children took: PYTHON launched.py OUTPUT ERRORS COMMAND...

A program of its own and small: the kernel counts to a child's peak memory what its parent had when it forked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main(output: str, errors: str, *command: str) -> None:
    """Run the command, its output and errors into files."""
    with Path(output).open("w") as out, Path(errors).open("w") as err:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    told = {
        "status": status,
        "seconds": seconds,
        "own_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
