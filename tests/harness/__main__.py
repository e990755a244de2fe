# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The build's one entry, which the Makefile calls: python3 tests/harness bench | demo | matrix | mutation |
supply | test | test-system | STAGE.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from artifact import artifact
from benchmarks import bench
from checkout import BUILD, ROOT, TREE, Stop, copy_checkout
from docs_site import docs
from environment import (
    SUPPLY,
    clean_environment,
    find_python,
    prepare_home,
    python_version,
    virtual_environment,
)
from installed import installed
from matrix import matrix
from nox_sessions import nox
from outside import outside
from real_cloud import real_openstack
from stages import (
    Workbench,
    audit,
    heavy,
    integration,
    integration_of_the_rest,
    lint,
    sanity,
    sanity_of_the_core,
    units,
    units_with_ansible,
)
from supply import BILL, CONSTRAINTS, GALAXY, REQUIREMENTS, bill_of_materials
from unit_coverage import coverage, mutation

FLOOR = (3, 11)
#: What make mutation takes where SEED and COUNT are not given.
SEED, COUNT = "1", "100"
STAGES: dict[str, Callable[[Workbench], str]] = {
    "lint": lint,
    "artifact": artifact,
    "audit": audit,
    "units": units,
    "units-with-ansible": units_with_ansible,
    "coverage": coverage,
    "docs": docs,
    "heavy": heavy,
    "nox": nox,
    "outside": outside,
    "sanity": sanity,
    "sanity-of-the-core": sanity_of_the_core,
    "integration": integration,
    "integration-of-the-rest": integration_of_the_rest,
    "installed": installed,
    "test-openstack": real_openstack,
}


@dataclass(frozen=True)
class Tier:
    """One make target: its stages and, where it is not the Python that runs this, the Python
    and its environment. Stages with a + between them run at the same time, those with a blank one after
    the other.
    """

    name: str
    stages: tuple[str, ...]
    environment: str = ".venv"
    python: str | None = None


# ansible-core 2.21 does not run on Python 3.11, so the second tier has its own Python
# (design/ansible.md#versions).
SYSTEM = Tier(
    "test-system",
    # The real OpenStack is one command after the other and waits for its services much of the time; what runs
    # beside it has folders of its own.
    ("test-openstack+outside units-with-ansible integration-of-the-rest", "sanity-of-the-core"),
    ".venv-2.21",
    "3.13",
)
TIERS = {
    # What runs where there is only Python and git.
    # `installed` is one command after the other, beside which there is a core to spare, and has folders of
    # its own; `sanity` and `integration` write to the tree that it packs.
    "test": Tier("test", ("lint", "units+installed", "sanity", "integration")),
    "test-system": SYSTEM,
    **{stage: Tier(stage, (stage,)) for stage in STAGES},
}


@contextmanager
def alone() -> Iterator[None]:
    """Keep a second make in the same checkout waiting until the first has ended."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: waiting for another make in this checkout", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_tier(tier: Tier) -> bool:
    """Run the stages of a tier, all of them even after one has failed, print what ran, and
    tell whether all passed.
    """
    report = BUILD / "reports" / f"{tier.name}.txt"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(f"make {tier.name}: FAILED: it did not come to its end\n")
    try:
        bench = workbench(tier)
    except Stop as reason:
        report.write_text(f"make {tier.name}: FAILED: {reason}\n")
        raise
    core = bench.run("versions", "python", "-c", "import ansible.release as r; print(r.__version__)").strip()
    version = python_version(str(bench.environment / "bin" / "python")).partition(" in ")[0]
    lines = [f"make {tier.name}: ansible-core {core}, {version}"]
    passed = [verdict for stages in tier.stages for verdict in run_stages(stages.split("+"), bench, lines)]
    lines.append(
        f"make {tier.name}: {'passed' if all(passed) else 'FAILED'}: {sum(passed)} of {len(passed)} stages"
    )
    report.write_text("\n".join(lines) + "\n")
    print("\n" + "\n".join(lines), flush=True)
    return all(passed)


def run_stages(stages: list[str], bench: Workbench, lines: list[str]) -> list[bool]:
    """Run stages at the same time, add a line for each to lines as they end; tell which passed."""

    def one_after_the_other(some: str) -> list[bool]:
        return [run_stage(stage, bench, lines) for stage in some.split()]

    with ThreadPoolExecutor(max_workers=len(stages)) as pool:
        return [passed for verdicts in pool.map(one_after_the_other, stages) for passed in verdicts]


def run_stage(stage: str, bench: Workbench, lines: list[str]) -> bool:
    """Run one stage, print its one line and add it to lines; tell whether it passed."""
    print(f"{stage}: running", flush=True)
    begin = time.monotonic()
    try:
        verdict, detail = "passed", STAGES[stage](bench)
    except Stop as reason:
        verdict, detail = "FAILED", str(reason)
    line = f"{stage}: {verdict} in {time.monotonic() - begin:.0f} s: {detail}"
    print(line, flush=True)
    lines.append(f"  {line}")
    return verdict == "passed"


def workbench(tier: Tier) -> Workbench:
    """Make ready what a tier needs: its Python, its virtual environment, a HOME and a fresh
    copy of the checkout.
    """
    python = find_python(tier.python) if tier.python else sys.executable
    copy_checkout()
    prepare_home()
    environment = virtual_environment(tier.environment, python)
    logs = BUILD / "logs" / tier.name
    shutil.rmtree(logs, ignore_errors=True)
    version = tier.python or f"{sys.version_info.major}.{sys.version_info.minor}"
    return Workbench(environment, version, logs)


def demo() -> bool:
    """Run the demo playbook, its output shown as it comes; tell whether it ended well."""
    copy_checkout()
    prepare_home()
    environment = virtual_environment(".venv", sys.executable)
    playbook = [str(environment / "bin" / "ansible-playbook"), "finops.cloud.demo"]
    readable = {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
    return (
        subprocess.run(
            playbook, check=False, cwd=TREE, env=clean_environment(environment) | readable
        ).returncode
        == 0
    )


def change_operators() -> bool:
    """Change SEED's COUNT operators of module_utils; tell whether the unit tests noticed enough of them."""
    numbers = {name: os.environ.get(name) or default for name, default in (("SEED", SEED), ("COUNT", COUNT))}
    for name, number in numbers.items():
        if not number.isdecimal():
            raise Stop(f"{name} must be a whole number, not {number!r}.")
    copy_checkout()
    prepare_home()
    environment = virtual_environment(".venv", sys.executable)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return mutation(environment, python, int(numbers["SEED"]), int(numbers["COUNT"]))


def write_supply() -> bool:
    """Resolve requirements.txt anew, and write what pins it and what lists it."""
    environment = virtual_environment(".venv-supply", sys.executable, SUPPLY)
    command = [str(environment / "bin" / "uv"), "pip", "compile", "--quiet", "--upgrade", "--generate-hashes"]
    # One file for every Python from the floor on.
    command += ["--universal", "--python-version", ".".join(map(str, FLOOR))]
    command += ["--output-file", CONSTRAINTS, REQUIREMENTS]
    variables = {**clean_environment(environment), "UV_CUSTOM_COMPILE_COMMAND": "make supply"}
    if subprocess.run(command, check=False, cwd=ROOT, env=variables).returncode:
        raise Stop(f"uv could not resolve {REQUIREMENTS}; its message is above.")
    made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    constraints, galaxy = ((ROOT / name).read_text(encoding="utf-8") for name in (CONSTRAINTS, GALAXY))
    (ROOT / BILL).write_text(bill_of_materials(constraints, galaxy, made), encoding="utf-8")
    print(f"{CONSTRAINTS} and {BILL} are written", flush=True)
    return True


def main(arguments: list[str]) -> int:
    """Run what the one argument names and return the exit status: 0 passed, 1 failed, 2 could not start."""
    if sys.version_info < FLOOR:
        print(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]} ({sys.executable}).",
            file=sys.stderr,
        )
        return 2
    if any(character.isspace() for character in str(ROOT)):
        print(f"The checkout's path must not hold white space: {str(ROOT)!r}.", file=sys.stderr)
        return 2
    commands: dict[str, Callable[[], bool]] = {
        "bench": bench,
        "demo": demo,
        "matrix": matrix,
        "mutation": change_operators,
        "supply": write_supply,
        **{name: partial(run_tier, tier) for name, tier in TIERS.items()},
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"Say one of: {', '.join(commands)}.", file=sys.stderr)
        return 2
    try:
        with alone():
            return 0 if commands[arguments[0]]() else 1
    except Stop as reason:
        print(f"make {arguments[0]}: FAILED: {reason}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"make {arguments[0]}: FAILED: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
