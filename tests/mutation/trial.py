# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the collection in which changes are tried."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .changes import Change

RECORDING = f"{__package__}.recording"
#: A test that takes longer is ended and counts as red. The longest takes some 10 s on two busy cores.
TEST_LIMIT_S = 60
#: All tests of a change: pytest's own start, and several times as long as without the change.
RUN_LIMIT_S, RUN_LIMIT_FACTOR = 120, 3
#: How long an ended pytest may take to stop the servers of its tests.
STOP_LIMIT_S = 30
#: How pytest ends: all passed, one failed, a test file or a conftest.py can't be imported, nothing to run.
PASSED, FAILED, NOT_COLLECTED, NOT_STARTED, NO_TESTS = 0, 1, 2, 4, 5


class Broken(Exception):
    """What keeps the trials from saying anything, as a sentence."""


@dataclass(frozen=True)
class Outcome:
    """What became of a change. noticed_by: a test, or how else it was noticed; None where it survived."""

    change: Change
    noticed_by: str | None
    tests: int


@dataclass(frozen=True)
class Copy:
    """A copy of the collection below a folder of its own, from which Python imports it."""

    root: Path

    @property
    def tree(self) -> Path:
        """Where the collection lies."""
        return self.root / "ansible_collections" / "finops" / "cloud"

    def variables(self) -> dict[str, str]:
        """The environment of its tests, which write no bytecode: a change's could pass for the original's."""
        places = {"PYTHONPATH": str(self.root), "ANSIBLE_COLLECTIONS_PATH": str(self.root)}
        return dict(os.environ) | places | {"PYTHONDONTWRITEBYTECODE": "1"}

    def pytest(self, *options: str, limit_s: float, variables: Mapping[str, str]) -> tuple[int, str]:
        """Run pytest; how it ended, and what it said. Raises subprocess.TimeoutExpired after stopping it."""
        with tempfile.TemporaryDirectory(prefix="mutation-", ignore_cleanup_errors=True) as folder:
            command = (sys.executable, "-m", "pytest", "-q", f"--basetemp={folder}/tests")
            with subprocess.Popen(
                [*command, *options],
                cwd=self.tree,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            ) as process:
                try:
                    output = process.communicate(timeout=limit_s)[0]
                except subprocess.TimeoutExpired:
                    _stop(process)
                    raise
                return process.returncode, output


def make_copy(tree: Path, root: Path) -> Copy:
    """A fresh copy of the collection, its tests collected once and its bytecode compiled.

    Python takes bytecode for current when the file still has the time and the size that it had. A change can
    keep both, so this bytecode is held against the file's content instead.
    """
    copy = Copy(root)
    shutil.rmtree(root, ignore_errors=True)
    left_out = shutil.ignore_patterns(".git", ".build", ".hypothesis")
    shutil.copytree(tree, copy.tree, symlinks=True, ignore=left_out)
    variables = {name: value for name, value in copy.variables().items() if name != "PYTHONDONTWRITEBYTECODE"}
    ended, output = copy.pytest("--collect-only", "tests/unit", limit_s=RUN_LIMIT_S, variables=variables)
    if ended != PASSED:
        raise Broken(f"The tests can't be collected:\n{output}")
    compiled = ("-m", "compileall", "-q", "-f", "--invalidation-mode", "checked-hash", "plugins")
    subprocess.run([sys.executable, *compiled], check=True, cwd=copy.tree, env=variables)
    return copy


def try_change(copy: Copy, change: Change, tests: Sequence[str], expected_s: float) -> Outcome:
    """Run the tests on the changed copy up to the first that is red, and change the copy back.

    expected_s: how long the tests take without the change. Raises Broken when pytest itself fails.
    """
    if not tests:
        return Outcome(change, None, 0)
    file = copy.tree / change.site.file
    original = file.read_text(encoding="utf-8")
    changed = change.apply(original)
    compile(changed, change.site.file, "exec")
    file.write_text(changed, encoding="utf-8")
    try:
        noticed_by = first_red(copy, tests, expected_s)
    finally:
        file.write_text(original, encoding="utf-8")
    return Outcome(change, noticed_by, len(tests))


def first_red(copy: Copy, tests: Sequence[str], expected_s: float) -> str | None:
    """The first of the tests that is red, or how else they noticed; None where all are green."""
    limit_s = RUN_LIMIT_S + RUN_LIMIT_FACTOR * expected_s
    try:
        ended, output, red = _run(copy, tests, limit_s, "-x")
    except subprocess.TimeoutExpired:
        return f"the limit of {limit_s:.0f} s for {len(tests)} tests"
    if ended in {PASSED, NO_TESTS}:
        return None
    if ended == FAILED:
        return red[0]
    if ended in {NOT_COLLECTED, NOT_STARTED}:
        return "importing the tests"
    if ended < 0:
        return f"the end of Python by {signal.Signals(-ended).name}"
    raise Broken(f"pytest ended with {ended}:\n{output}")


def red_without_change(copy: Copy, tests: Sequence[str], expected_s: float) -> set[str]:
    """Those of the tests that are red on the copy as it is. Raises Broken where that can't be told."""
    if not tests:
        return set()
    try:
        ended, output, red = _run(copy, tests, RUN_LIMIT_S + RUN_LIMIT_FACTOR * expected_s)
    except subprocess.TimeoutExpired:
        raise Broken("Without a change the tests come to no end.") from None
    if ended not in {PASSED, FAILED}:
        raise Broken(f"pytest ended with {ended} without a change:\n{output}")
    return set(red)


def _run(copy: Copy, tests: Sequence[str], limit_s: float, *options: str) -> tuple[int, str, list[str]]:
    """Run the tests in their order: how pytest ended, what it said, and which of them were red."""
    plan, record = copy.root / "plan.json", copy.root / "record.json"
    plan.write_text(json.dumps(list(tests)), encoding="utf-8")
    record.unlink(missing_ok=True)
    ours = ("-p", RECORDING, f"--plan={plan}", f"--record={record}", f"--timeout={TEST_LIMIT_S}")
    files = sorted({test.partition("::")[0] for test in tests})
    ended, output = copy.pytest(*options, *ours, *files, limit_s=limit_s, variables=copy.variables())
    red = json.loads(record.read_text(encoding="utf-8"))["failed"] if ended == FAILED else []
    return ended, output, red


def _stop(process: subprocess.Popen[str]) -> None:
    """Have pytest stop what its tests have started, and end it where it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
