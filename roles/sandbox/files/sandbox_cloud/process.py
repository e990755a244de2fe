# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and stopping the cloud as a process of its own, known by the files in one directory."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox_cloud.scenario import Scenario, load, scaled

if TYPE_CHECKING:
    from aiohttp import web

    from sandbox_cloud.cloud import Cloud

START_SECONDS = 30
STOP_SECONDS = 10


class SandboxError(Exception):
    """The sandbox cannot do that; str() is the sentence."""


@dataclass(frozen=True)
class Options:
    """What a sandbox is started with. began: what its clock shows at first, now where it is None."""

    directory: Path
    scenario: Path
    port: int = 0
    latency_ms: float = 0
    servers: int | None = None
    rated_points: int | None = None
    began: datetime | None = None


def start(options: Options) -> dict[str, Any]:
    """Start the cloud and wait until it listens.

    Running already: its state, changed false. Raises SandboxError, ScenarioError.
    """
    running = state(options.directory)
    if running is not None:
        return {**running, "changed": False}
    load(options.scenario)
    options.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _state_file(options.directory).unlink(missing_ok=True)
    log = options.directory / "sandbox.log"
    command = [sys.executable, "-m", "sandbox_cloud", "serve", *_arguments(options)]
    # The package is found where this file lies, and leaves no compiled files there: a collection may be
    # read-only.
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=environment,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        running = state(options.directory)
        if running is not None:
            return {**running, "changed": True}
        if server.poll() is not None:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no word"]
            raise SandboxError(f"the sandbox ended before it listened: {last[0]}; see {log}")
        time.sleep(0.05)
    server.kill()
    raise SandboxError(f"the sandbox did not listen within {START_SECONDS} s; see {log}")


def _arguments(options: Options) -> list[str]:
    given = {
        "--directory": options.directory,
        "--scenario": options.scenario,
        "--port": options.port,
        "--latency-ms": options.latency_ms,
        "--servers": options.servers,
        "--rated-points": options.rated_points,
        "--began": options.began and options.began.isoformat(),
    }
    return [str(part) for name, value in given.items() if value is not None for part in (name, value)]


def stop(directory: Path) -> dict[str, Any]:
    """End exactly that process. Not running: changed false. Raises SandboxError where it does not end."""
    running = state(directory)
    if running is None:
        return {"changed": False}
    os.kill(running["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if not _lives(running["pid"], directory):
            return {"changed": True}
        time.sleep(0.05)
    raise SandboxError(f"the sandbox with the process id {running['pid']} does not end")


def state(directory: Path) -> dict[str, Any] | None:
    """What the running sandbox of that directory wrote down; None where none runs: a process that has its id
    by chance is not it.
    """
    try:
        told: dict[str, Any] = json.loads(_state_file(directory).read_text(encoding="utf-8"))
        return told if _lives(told["pid"], directory) else None
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _lives(pid: int, directory: Path) -> bool:
    """Whether this directory's sandbox has that process id, and not another one that got it later.

    An ended one that nobody has collected has no command line any more.
    """
    try:
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        if not Path("/proc/self/cmdline").is_file():
            return True
        words = command.read_bytes().split(b"\0")
        return b"sandbox_cloud" in words and os.fsencode(directory) in words
    except (ProcessLookupError, PermissionError, FileNotFoundError):
        return False


def call(directory: Path, method: str, path: str, content: Any = None) -> Any:
    """Ask the running sandbox. Raises SandboxError where none runs, or it refuses."""
    running = state(directory)
    if running is None:
        raise SandboxError(f"no sandbox runs in {directory}; start one first")
    request = urllib.request.Request(
        running["url"] + path,
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SandboxError(json.load(error)["error"]) from error
    except OSError as error:
        raise SandboxError(f"the sandbox in {directory} does not answer: {error}") from error


def serve(options: Options) -> None:
    """Be the cloud until a TERM or INT comes. Raises ScenarioError."""
    # Only here: asking a running sandbox for a fault or its clock need not load the HTTP framework.
    from sandbox_cloud.cloud import Cloud

    scenario = scaled(load(options.scenario), options.servers, options.rated_points)
    now = datetime.now(UTC).replace(microsecond=0)
    began = options.began or now
    cloud = Cloud(scenario, latency_seconds=options.latency_ms / 1000, began=began, advanced=began - now)
    asyncio.run(_serve(cloud, options))


async def _serve(cloud: Cloud, options: Options) -> None:
    from aiohttp import web

    from sandbox_cloud.server import application

    runner = web.AppRunner(application(cloud), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", options.port)
    await site.start()
    port = runner.addresses[0][1]
    cloud.url = f"http://127.0.0.1:{port}"
    vergeos = await _serve_vergeos(cloud, runner, options.directory)
    _write_state(cloud, options, port, vergeos)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, done.set)
    await done.wait()
    _state_file(options.directory).unlink(missing_ok=True)
    await runner.cleanup()


async def _serve_vergeos(cloud: Cloud, runner: web.AppRunner, directory: Path) -> dict[str, str]:
    """Listen with TLS as well, which VergeOS's clients insist on; how to reach it there, nothing where the
    scenario has none.
    """
    system = cloud.scenario.vergeos
    if system is None:
        return {}
    from aiohttp import web

    from sandbox_cloud.certificate import server_context

    before = set(runner.addresses)
    certificate = directory / "vergeos.pem"
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(certificate)).start()
    (port,) = {address[1] for address in set(runner.addresses) - before}
    login = {"username": system.username, "password": system.password, "token": system.token}
    return {"host": f"127.0.0.1:{port}", "ca_cert": str(certificate), **login}


def _write_state(cloud: Cloud, options: Options, port: int, vergeos: dict[str, str]) -> None:
    """clouds.yaml first: whoever sees the state may use it."""
    clouds = options.directory / "clouds.yaml"
    _write_private(clouds, yaml.safe_dump({"clouds": _clouds(cloud.scenario, cloud.url)}, sort_keys=False))
    told = {
        "pid": os.getpid(),
        "port": port,
        "url": cloud.url,
        "auth_url": f"{cloud.url}/identity/v3",
        "clouds_file": str(clouds),
        "scenario": str(options.scenario),
        "vergeos": vergeos,
    }
    _write_private(_state_file(options.directory), json.dumps(told))


def _write_private(path: Path, content: str) -> None:
    new = path.with_suffix(".new")
    with os.fdopen(
        os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as stream:
        stream.write(content)
    new.replace(path)


def _clouds(scenario: Scenario, url: str) -> dict[str, Any]:
    """The clouds that clouds.yaml knows: the project's member, another project's, an application credential,
    and the operator where there is one.
    """

    def entry(auth: dict[str, str], **more: str) -> dict[str, Any]:
        return {"region_name": scenario.region, "auth": {"auth_url": f"{url}/identity", **auth}, **more}

    def member(owner: Any) -> dict[str, str]:
        named = {"username": owner.user, "password": owner.password, "project_name": owner.project}
        return {**named, "user_domain_name": "Default", "project_domain_name": "Default"}

    credential = scenario.application_credential
    application = {
        "application_credential_id": credential.id,
        "application_credential_secret": credential.secret,
    }
    operator, own = scenario.operator, scenario.project.project
    operators = (
        {}
        if operator is None
        else {
            "sandbox-operator": entry(member(operator)),
            "sandbox-operator-in-project": entry({**member(operator), "project_name": own}),
        }
    )
    return {
        "sandbox": entry(member(scenario.project)),
        "sandbox-other": entry(member(scenario.other)),
        "sandbox-app": entry(application, auth_type="v3applicationcredential"),
        **operators,
    }


def _state_file(directory: Path) -> Path:
    return directory / "sandbox.json"
