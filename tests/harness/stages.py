# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one stage of a tier runs, and what it says when it passed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from xml.etree import ElementTree

from checkout import BUILD, TREE, Stop
from environment import clean_environment
from side_by_side import side_by_side
from supply import CONSTRAINTS, faults_of_supply
from supply import FILES as SUPPLY_FILES

TAIL_LINES = 150
ALL_UNITS = ("tests/unit",)
#: Those that have Ansible run something, or use its library.
UNITS_WITH_ANSIBLE = tuple(
    f"tests/unit/{folder}"
    for folder in (
        *(f"plugins/{kind}" for kind in ("action", "callback", "filter", "modules", "test")),
        *(f"plugins/module_utils/{room}" for room in ("_ansible", "_core")),
        "examples",
        "extensions",
        "pages",
        "roles",
        "secret_scan",
    )
)
#: Those that need nothing that has to be brought, and not long.
USUAL_UNITS = "not heavy and not outside and not openstack"
ON_ALL_CORES = ("--numprocesses=logical", "--dist=worksteal")
#: Of these the report's summary repeats the last ones, as often no more than the end of a CI's output is
#: kept.
SUMMARY_LINES, SUMMARY_CHARACTERS = 12, 240
#: Commands that run side by side write and print one after the other.
TELLING = Lock()
#: The alias by which ansible-test brings along the role that chooses the cloud.
ANY_CLOUD = "needs/target/setup_cloud"
#: The sanity tests that take longest.
LONG_SANITY_TESTS = ("pylint", "validate-modules", "import")
PIP_AUDIT = ("pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner=off", "-r", CONSTRAINTS)
BENCHMARKS = "ansible_collections.finops.cloud.tests.benchmarks"
#: Where imports are found.
SOURCES = (
    BUILD,
    *(TREE / part for part in ("tests/harness", "tests/openstack", "tests/unit", "roles/sandbox/files")),
)


@dataclass(frozen=True)
class Workbench:
    """The Python with which a tier runs (such as '3.11'), its virtual environment and where its logs go."""

    environment: Path
    python: str
    logs: Path

    def run(
        self, stage: str, *command: str, folder: Path = TREE, variables: Mapping[str, str] | None = None
    ) -> str:
        """Run a command of the virtual environment, its output into the stage's log, and return that output.

        variables overrule those of the clean environment. Raises Stop when the command fails, after the end
        of its output has been printed.
        """
        tool = self.environment / "bin" / command[0]
        log = self.logs / f"{stage}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        ended = subprocess.run(
            [str(tool), *command[1:]],
            check=False,
            cwd=folder,
            env=clean_environment(self.environment) | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        with TELLING:
            with log.open("a", encoding="utf-8") as stream:
                stream.write(f"$ {' '.join(command)}\n{ended.stdout}\n")
            if ended.returncode:
                print("\n".join(ended.stdout.splitlines()[-TAIL_LINES:]), flush=True)
        if ended.returncode:
            last = [line[:SUMMARY_CHARACTERS] for line in ended.stdout.splitlines() if line.strip()][
                -SUMMARY_LINES:
            ]
            told = "".join(f"\n    | {line}" for line in last)
            raise Stop(f"{command[0]} ended with {ended.returncode}; the whole output is in {log}{told}")
        return ended.stdout


def lint(bench: Workbench) -> str:
    """Run every linter, also after one has failed. Raises Stop naming those that failed."""
    scripts = sorted(str(path.relative_to(TREE)) for path in shell_scripts())
    commands = {
        # The slowest.
        "ansible-lint": ("ansible-lint", "--offline", "--strict", "--nocolor"),
        "ruff": ("ruff", "check", "."),
        "ruff format": ("ruff", "format", "--check", "."),
        "mypy": ("mypy", "-p", "ansible_collections.finops.cloud.plugins.module_utils"),
        "mypy of the sandbox": ("mypy", "-p", "sandbox_cloud"),
        "mypy of the harness": ("mypy", "tests/harness"),
        "mypy of the mutation": ("mypy", "-p", "ansible_collections.finops.cloud.tests.mutation"),
        "mypy of the supply": ("mypy", "tests/supply"),
        "mypy of the benchmarks": ("mypy", "--follow-imports", "silent", "-p", BENCHMARKS),
        "mypy of the test bed": ("mypy", "--exclude", "drivers", "tests/openstack"),
        "bandit": ("bandit", "--quiet", "--configfile", "pyproject.toml", "-r", "plugins", "extensions"),
        # Whether every file says whose it is and under which licence.
        "REUSE": ("reuse", "lint", "--lines"),
        # Whether everything is pinned with hashes; what is vulnerable only a service knows: make audit.
        "pip-audit": (*PIP_AUDIT, "--dry-run"),
        "CycloneDX": ("python", "tests/supply/valid_bill.py"),
        "shellcheck": ("shellcheck", *scripts),
        "yamllint": ("yamllint", "--strict", "."),
        "antsibull-changelog": ("antsibull-changelog", "lint"),
        "antsibull-docs": ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "."),
    }
    sources = ":".join(map(str, SOURCES))
    stopped = side_by_side(
        {
            # mypy's cache is a database, which two of them must not write to at once.
            name: partial(
                bench.run,
                "lint",
                *command,
                variables={"MYPYPATH": sources, "MYPY_CACHE_DIR": str(BUILD / "cache" / name)},
            )
            for name, command in commands.items()
        }
    )
    for name, reason in stopped.items():
        print(f"lint: {name}: {reason}", flush=True)
    failed = list(stopped)
    if requirements(TREE / "requirements.txt") != requirements(TREE / "meta" / "ee-requirements.txt"):
        print("lint: requirements.txt and meta/ee-requirements.txt list different packages", flush=True)
        failed.append("requirements")
    faults = faults_of_supply({name: (TREE / name).read_text(encoding="utf-8") for name in SUPPLY_FILES})
    for fault in faults:
        print(f"lint: supply: {fault}; make supply writes it anew", flush=True)
    failed += ["supply"] if faults else []
    if failed:
        raise Stop(f"{', '.join(failed)} found faults")
    return f"{len(commands)} linters: {', '.join(commands)}"


def audit(bench: Workbench) -> str:
    """Ask an advisory service what of the pinned packages is known to be vulnerable. Raises Stop where
    something is, or the service does not know a package.
    """
    bench.run("audit", *PIP_AUDIT, "--strict")
    return f"nothing that {CONSTRAINTS} pins is known to be vulnerable"


def shell_scripts() -> list[Path]:
    """Return the tree's files that a shell runs: by their name or by their first line."""
    files = [
        path for path in TREE.rglob("*") if path.is_file() and ".git" not in path.relative_to(TREE).parts
    ]
    first_lines = (b"#!/bin/sh", b"#!/bin/bash", b"#!/usr/bin/env bash")
    return [path for path in files if path.suffix == ".sh" or path.read_bytes().startswith(first_lines)]


def requirements(path: Path) -> list[str]:
    """Return the packages that a requirement file lists, its comments left out."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sorted(line for line in lines if line and not line.startswith("#"))


def units(bench: Workbench) -> str:
    """Run the unit tests but those that need long or more.

    Each worker has sandboxes and a PostgreSQL of its own. The variable T names some of them, as pytest does.
    """
    chosen = os.environ.get("T", "").split()
    return run_pytest(bench, "units", USUAL_UNITS, *ON_ALL_CORES, paths=chosen or ALL_UNITS)


def units_with_ansible(bench: Workbench) -> str:
    """Run the unit tests of modules, other plugins, roles and pages, all of which Ansible runs."""
    return run_pytest(bench, "units-with-ansible", USUAL_UNITS, *ON_ALL_CORES, paths=UNITS_WITH_ANSIBLE)


def heavy(bench: Workbench) -> str:
    """Run the unit tests that take long: many processes, many kills; and every property with all of its
    examples. None shares anything with another.
    """
    options = ("--hypothesis-profile=full", "--numprocesses=logical", "--dist=load")
    return run_pytest(bench, "heavy", "heavy or (hypothesis and not outside)", *options)


def run_pytest(
    bench: Workbench,
    stage: str,
    marked: str,
    *options: str,
    variables: Mapping[str, str] | None = None,
    paths: Sequence[str] = ALL_UNITS,
) -> str:
    """Run unit tests by their marker.

    A skipped or expected failure counts as a fault: a test of this project runs or is red.
    """
    report = bench.logs / f"{stage}.xml"
    command = ("python", "-m", "pytest", "-m", marked, *options, f"--junitxml={report}", *paths)
    bench.run(stage, *command, variables={"PYTHONPATH": str(BUILD), **(variables or {})})
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    counts = [(int(suite.get("tests", 0)), int(suite.get("skipped", 0))) for suite in suites]
    ran, skipped = (sum(column) for column in zip(*counts, strict=True))
    if skipped or not ran:
        raise Stop(
            f"{ran} unit tests, {skipped} of them skipped: there must be some, and none may be skipped"
        )
    return f"{ran} tests"


def sanity(bench: Workbench, long_tests: Sequence[str] = LONG_SANITY_TESTS) -> str:
    """Run ansible-test's sanity tests with the tier's Python, those that take longest beside the others.

    long_tests: which of the longest; the others of them are left out.
    """
    jobs = {
        **{name: ("--test", name) for name in long_tests},
        "others": tuple(part for name in LONG_SANITY_TESTS for part in ("--skip-test", name)),
    }
    outputs: list[str] = []
    stopped = side_by_side(
        {
            name: partial(run_sanity, bench, f"sanity-{name}", options, outputs)
            for name, options in jobs.items()
        }
    )
    if stopped:
        raise Stop("; ".join(f"{name}: {reason}" for name, reason in sorted(stopped.items())))
    output = "\n".join(outputs)
    ran = set(re.findall(r'^Running sanity test "([^"]+)"', output, re.MULTILINE))
    skipped = set(re.findall(r'^WARNING: Skipping sanity test "?([\w-]+)', output, re.MULTILINE)) - ran
    if not ran.issuperset(long_tests):
        raise Stop(f"ansible-test ran only {', '.join(sorted(ran)) or 'no sanity test'}")
    return f"{len(ran)} sanity tests" + (f", without {', '.join(sorted(skipped))}" if skipped else "")


def sanity_of_the_core(bench: Workbench) -> str:
    """Run the sanity tests but pylint, which `make matrix` runs on every core."""
    return sanity(bench, [test for test in LONG_SANITY_TESTS if test != "pylint"])


def run_sanity(bench: Workbench, stage: str, options: Sequence[str], outputs: list[str]) -> None:
    """Run some of the sanity tests and add what they print to outputs. Raises Stop
    where one finds a fault.
    """
    command = ("ansible-test", "sanity", "--local", "--python", bench.python, "--color", "no")
    outputs.append(bench.run(stage, *command, *options))


def integration(bench: Workbench) -> str:
    """Run every integration target, on sandboxes."""
    return run_side_by_side(bench, integration_targets())


def integration_of_the_rest(bench: Workbench) -> str:
    """Run the integration targets that a tier has not run against a real OpenStack."""
    return run_side_by_side(bench, sorted(set(integration_targets()) - set(cloud_targets())))


def integration_targets() -> list[str]:
    """Return the names of the integration targets, without the roles that they share.

    Raises Stop where there are none.
    """
    folder = TREE / "tests" / "integration" / "targets"
    targets = [path.name for path in folder.glob("*") if path.is_dir() and not path.name.startswith("setup_")]
    if not targets:
        raise Stop("there is no integration target below tests/integration/targets")
    return targets


def cloud_targets() -> list[str]:
    """Return the integration targets whose cases hold for any cloud that has what the
    default scenario has.
    """
    folder = TREE / "tests" / "integration" / "targets"
    found = [path.parent.name for path in folder.glob("*/aliases") if ANY_CLOUD in path.read_text().split()]
    if not found:
        raise Stop(f"no integration target has {ANY_CLOUD} in its aliases")
    return sorted(found)


def run_side_by_side(bench: Workbench, targets: list[str]) -> str:
    """Run integration targets on all cores, the longest first.

    Raises Stop naming those that failed or were left out.
    """
    folder = TREE / "tests" / "integration" / "targets"
    # What says most takes longest; each target has a sandbox and a ledger of its own.
    longest_first = sorted(
        targets, key=lambda name: -sum(path.stat().st_size for path in (folder / name).rglob("*.yml"))
    )
    failed = side_by_side(
        {name: partial(run_targets, bench, f"integration-{name}", [name]) for name in longest_first}
    )
    if failed:
        raise Stop("; ".join(f"{name}: {reason}" for name, reason in sorted(failed.items())))
    return f"{len(targets)} targets: {', '.join(sorted(targets))}"


def run_targets(bench: Workbench, stage: str, targets: Sequence[str]) -> None:
    """Run integration targets. Raises Stop when one of them fails or was left out."""
    command = ("ansible-test", "integration", "--local", "--python", bench.python, "--color", "no", *targets)
    output = bench.run(stage, *command)
    left_out = set(targets) - set(re.findall(r"^Running (\S+) integration test", output, re.MULTILINE))
    if left_out:
        raise Stop(f"ansible-test left out {', '.join(sorted(left_out))}")
