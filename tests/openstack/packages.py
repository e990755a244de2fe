# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that come from the distribution: there already, installed where we may, or named."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from places import LOGS, BedError

#: Program -> the package that has it, by the name that Debian and Ubuntu give it.
PROGRAMS = {
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "rabbitmq-server": "rabbitmq-server",
    "epmd": "rabbitmq-server",
    "influxd": "influxdb",
    "memcached": "memcached",
}
FOLDERS = ("/usr/sbin", "/usr/lib/rabbitmq/bin", "/sbin")
POLICY = Path("/usr/sbin/policy-rc.d")


def program(name: str) -> str | None:
    """Where a program lies, None where it is not installed."""
    # /usr/sbin/rabbitmq-server changes to a user of its own; the one below lib is the program itself.
    first = "/usr/lib/rabbitmq/bin:" if name.startswith("rabbitmq") else ""
    return shutil.which(name, path=first + os.pathsep.join((os.environ.get("PATH", ""), *FOLDERS)))


def require() -> None:
    """Have every program. Raises BedError saying what to install where we can't."""
    missing = sorted({package for name, package in PROGRAMS.items() if program(name) is None})
    if not missing:
        return
    wanted = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise BedError(f"these are missing, and there is no apt-get to install them with: {wanted}")
    if os.geteuid() != 0:
        raise BedError(f"these are missing, and only root can install them: sudo apt-get install {wanted}")
    print(f"openstack: installing {wanted}", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    with nothing_started(), (LOGS / "apt.log").open("ab") as log:
        for arguments in (("update",), ("install", "--yes", "--no-install-recommends", *missing)):
            command = ["apt-get", "--quiet", *arguments]
            variables = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            if subprocess.run(command, check=False, stdout=log, stderr=log, env=variables).returncode:
                raise BedError(f"{' '.join(command)} failed; see {LOGS / 'apt.log'}")
    still = sorted(name for name in PROGRAMS if program(name) is None)
    if still:
        raise BedError(f"after apt-get install {wanted} these are still missing: {', '.join(still)}")


@contextmanager
def nothing_started() -> Iterator[None]:
    """Keep packages from starting what they bring: the bed starts its own (Debian's policy-rc.d)."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
