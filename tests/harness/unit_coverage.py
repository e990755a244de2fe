# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests under coverage.py: how much of plugins/ they run, and which test runs which line."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tomllib
from pathlib import Path

from checkout import BUILD, TREE, Stop, checkout_files
from coverage_table import WANTED_PERCENT, Lines, by_room, faults, reasons_by_file
from environment import clean_environment
from stages import ON_ALL_CORES, USUAL_UNITS, Workbench, run_pytest

#: Why the unit tests leave so much of a file: its path in the collection, and a sentence.
REASONS = "tests/coverage_reasons.toml"
FOLDER = BUILD / "coverage"
DATA, RECORD, SETTINGS, MEASURED = (FOLDER / name for name in ("data", "record.json", "settings", "measured"))
#: Nothing that is measured depends on these.
ONLOOKERS = (REASONS, "tests/harness/")
PACKAGE = "ansible_collections.finops.cloud.tests.mutation"
#: A process that a test starts measures for the test that pytest names in its environment.
SETTINGS_TEXT = f"""\
[run]
source = {TREE / "plugins"}
data_file = {DATA}
parallel = true
concurrency = thread
patch = _exit
context = ${{PYTEST_CURRENT_TEST-}}
disable_warnings = no-data-collected, module-not-imported
[report]
include_namespace_packages = true
exclude_also = if TYPE_CHECKING:
"""


def coverage(bench: Workbench) -> str:
    """Run the unit tests, print what of plugins/ they run, and hold the files below 90 % to their reasons.

    Raises Stop when a file below has no reason or one above has one.
    """
    tests = measure(bench)
    report = FOLDER / "report.json"
    where = (f"--rcfile={SETTINGS}", f"--data-file={DATA}", "-o", str(report))
    bench.run("coverage", "coverage", "json", *where)
    measured = json.loads(report.read_text(encoding="utf-8"))["files"]
    files = {
        str(Path(TREE, file).relative_to(TREE)): Lines(
            one["summary"]["covered_lines"], one["summary"]["num_statements"]
        )
        for file, one in measured.items()
    }
    reasons = read_reasons()
    for room, lines in by_room(files).items():
        print(f"coverage: {room}: {lines}")
    explained = reasons_by_file(files, reasons)
    for file in sorted(file for file, lines in files.items() if not lines.enough):
        reason = explained.get(file, "NO REASON")
        print(f"coverage: below {WANTED_PERCENT} %: {file}: {files[file]}: {reason}")
    wrong = faults(files, reasons)
    if wrong:
        raise Stop("".join((f"{REASONS} does not fit", *(f"\n    | {fault}" for fault in wrong))))
    return f"{tests}, plugins/ {sum(files.values(), Lines(0, 0))}"


def measure(bench: Workbench) -> str:
    """Run the unit tests under coverage.py, keep what they ran in FOLDER, and return how many they are."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    SETTINGS.write_text(SETTINGS_TEXT, encoding="utf-8")
    options = (
        *ON_ALL_CORES,
        *("--cov", f"--cov-config={SETTINGS}", "--cov-context=test", "--cov-report="),
        *("-p", f"{PACKAGE}.recording", f"--record={RECORD}", f"--measure={SETTINGS}"),
    )
    tests = run_pytest(bench, "coverage", USUAL_UNITS, *options)
    MEASURED.write_text(fingerprint(), encoding="utf-8")
    return tests


def mutation(environment: Path, python: str, seed: int, count: int) -> bool:
    """Try count changes, their outcomes shown as they come; tell whether the unit tests noticed enough.

    Measures first where this tree has not been measured.
    """
    if not MEASURED.is_file() or MEASURED.read_text(encoding="utf-8") != fingerprint():
        print("mutation: running the unit tests to learn which test runs which line", flush=True)
        measure(Workbench(environment, python, BUILD / "logs" / "mutation"))
    options = [f"--seed={seed}", f"--count={count}", f"--tree={TREE}", f"--data={DATA}", f"--record={RECORD}"]
    command = [str(environment / "bin" / "python"), "-m", PACKAGE, *options, f"--work={BUILD / 'mutation'}"]
    variables = clean_environment(environment) | {"PYTHONPATH": str(BUILD)}
    ended = subprocess.run(command, check=False, cwd=TREE, env=variables).returncode
    if ended not in {0, 1}:
        raise Stop(f"{PACKAGE} ended with {ended}; what it says is above.")
    return ended == 0


def read_reasons() -> dict[str, str]:
    """The table of reasons."""
    try:
        table = tomllib.loads((TREE / REASONS).read_text(encoding="utf-8"))
    except (FileNotFoundError, tomllib.TOMLDecodeError) as error:
        raise Stop(f"{REASONS} can't be read: {error}") from None
    return {file: str(reason).strip() for file, reason in table.items()}


def fingerprint() -> str:
    """What a measurement depends on, as one hash: all files of the checkout but those that only look on."""
    digest = hashlib.sha256(SETTINGS_TEXT.encode())
    for name in sorted(name for name in checkout_files() if not name.startswith(ONLOOKERS)):
        digest.update(f"{name}\n".encode())
        digest.update((TREE / name).read_bytes())
    return digest.hexdigest()
