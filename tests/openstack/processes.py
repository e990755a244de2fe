# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a program in the background and ending exactly that one, known by its process id and when it
began.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from places import DATA, HOST, LOGS, RUNNING, BedError

TERM_SECONDS = 8
KILL_SECONDS = 10


def start(name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
    """Start a program as the leader of a session of its own, its output into LOGS/name.log.

    Nothing where it runs.
    """
    if runs(name):
        return
    for folder in (RUNNING, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    with (LOGS / f"{name}.log").open("ab") as log:
        started = subprocess.Popen(
            list(command),
            cwd=DATA,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (RUNNING / name).write_text(f"{started.pid} {_began(started.pid)}")


def runs(name: str) -> bool:
    """Whether the program that was started under that name is still there."""
    return _pid(name) is not None


def names() -> list[str]:
    """What was started and not stopped, whether it still runs or not."""
    return sorted(path.name for path in RUNNING.glob("*"))


def stop(some: Iterable[str]) -> None:
    """End the programs, all at once: asked first, killed with their session where they don't listen."""
    pids = {name: pid for name in some if (pid := _pid(name)) is not None}
    for pid in pids.values():
        _signal(os.kill, pid, signal.SIGTERM)
    _wait_until_gone(pids, TERM_SECONDS)
    for name, pid in pids.items():
        if runs(name):
            _signal(os.killpg, pid, signal.SIGKILL)
    _wait_until_gone(pids, KILL_SECONDS)
    left = [f"{name} ({pid})" for name, pid in pids.items() if runs(name)]
    if left:
        raise BedError(f"these do not end: {', '.join(left)}")
    for name in some:
        (RUNNING / name).unlink(missing_ok=True)


def _signal(send: Callable[[int, int], None], pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        send(pid, number)


def _wait_until_gone(some: Iterable[str], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(runs(name) for name in some):
        time.sleep(0.1)


def _pid(name: str) -> int | None:
    """The process id of what was started, None where it is gone: another program may have got the number
    since.
    """
    try:
        pid, began = (RUNNING / name).read_text().split()
    except FileNotFoundError:
        return None
    return int(pid) if began != "gone" and _began(int(pid)) == began else None


def _began(pid: int) -> str:
    """When a process began, in ticks since the machine did; "gone" for none, and for one that has ended
    (proc(5)).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    return "gone" if fields[0] in "ZX" else fields[19]


def require_free(ports: Mapping[str, int]) -> None:
    """Raise BedError where something else listens already."""
    for name, port in ports.items():
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((HOST, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise BedError(
                        f"port {port}, for {name}, is taken by another program; end it first"
                    ) from error
                raise


def wait_for_port(name: str, port: int, seconds: float = 90) -> None:
    """Wait until it listens. Raises BedError when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return
        except OSError:
            _require(name)
            time.sleep(0.2)
    raise BedError(f"{name} does not listen on port {port} after {seconds:.0f} s; see {LOGS / name}.log")


def wait_for_answer(name: str, url: str, seconds: float = 120) -> None:
    """Wait until it answers HTTP with anything but a failure.

    Raises BedError when it ends or takes too long.
    """
    deadline = time.monotonic() + seconds
    said = "nothing"
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
            said = str(error)
        except OSError as error:
            said = str(error)
        _require(name)
        time.sleep(0.3)
    raise BedError(f"{name} does not answer at {url} after {seconds:.0f} s: {said}; see {LOGS / name}.log")


def _require(name: str) -> None:
    if not runs(name):
        log = LOGS / f"{name}.log"
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
        raise BedError(f"{name} has ended; the end of {log}:\n" + "\n".join(last))
