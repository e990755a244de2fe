# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: python -m sandbox_cloud start | stop | fault | clock | latency | requests.

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

DEFAULT_SCENARIO = Path(__file__).parent.parent / "scenarios" / "default.yml"


def main() -> int:
    """Run one command; 0, or 2 after one sentence on stderr."""
    arguments = _parser().parse_args()
    try:
        from sandbox_cloud import process
        from sandbox_cloud.scenario import ScenarioError

        try:
            told = _run(process, arguments)
        except (process.SandboxError, ScenarioError) as problem:
            print(problem, file=sys.stderr)
            return 2
    except ImportError as error:
        needed = Path(__file__).parent.parent / "requirements.txt"
        print(
            f"{sys.executable} misses {error.name}; install what {needed} lists, or set sandbox_python.",
            file=sys.stderr,
        )
        return 2
    if told is not None:
        print(json.dumps(told))
    return 0


def _run(process: Any, arguments: argparse.Namespace) -> Any:
    directory = arguments.directory.resolve()
    if arguments.command in ("start", "serve"):
        options = process.Options(
            directory,
            arguments.scenario.absolute(),
            arguments.port,
            arguments.latency_ms,
            arguments.servers,
            arguments.rated_points,
            arguments.began,
        )
        return process.start(options) if arguments.command == "start" else process.serve(options)
    if arguments.command == "stop":
        return process.stop(directory)
    if arguments.command == "fault":
        if arguments.set is None:
            there_were = bool(process.call(directory, "GET", "/sandbox/faults"))
            return {"faults": process.call(directory, "DELETE", "/sandbox/faults"), "changed": there_were}
        try:
            fault = json.loads(arguments.set)
        except ValueError as error:
            raise process.SandboxError(f"--set takes a JSON object, not {arguments.set!r}") from error
        return {"faults": process.call(directory, "POST", "/sandbox/faults", fault), "changed": True}
    if arguments.command == "clock":
        told = process.call(directory, "POST", "/sandbox/clock", {"advance_hours": arguments.advance_hours})
        return {**told, "changed": arguments.advance_hours > 0}
    if arguments.command == "latency":
        return process.call(directory, "POST", "/sandbox/latency", {"latency_ms": arguments.latency_ms})
    return process.call(directory, "DELETE" if arguments.reset else "GET", "/sandbox/requests")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox_cloud", description="An OpenStack cloud in one process on loopback."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in (
        ("start", "start it, unless it runs in that directory"),
        ("serve", "be it, in the foreground"),
        ("stop", "end it"),
        ("fault", "add a fault, or clear all"),
        ("clock", "move its clock forward"),
        ("latency", "let every answer wait"),
        ("requests", "tell what it was asked"),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument(
            "--directory", type=Path, required=True, help="where its state, its log and clouds.yaml are"
        )
        if name in ("start", "serve"):
            command.add_argument("--scenario", type=Path, default=DEFAULT_SCENARIO, help="what is in it")
            command.add_argument("--port", type=int, default=0, help="0: a free one")
            command.add_argument("--latency-ms", type=float, default=0)
            command.add_argument(
                "--servers", type=int, help="so many generated servers instead of the scenario's"
            )
            command.add_argument(
                "--rated-points",
                type=int,
                help="so many generated servers that the history has that many points",
            )
            command.add_argument(
                "--began", type=_moment, help="what its clock shows at first, ISO 8601 with an offset"
            )
        elif name == "fault":
            command.add_argument("--set", help="the fault as JSON; without it all faults are cleared")
        elif name == "clock":
            command.add_argument("--advance-hours", type=float, default=0)
        elif name == "latency":
            command.add_argument("--latency-ms", type=float, required=True)
        elif name == "requests":
            command.add_argument("--reset", action="store_true", help="forget them after telling")
    return parser


if __name__ == "__main__":
    sys.exit(main())
