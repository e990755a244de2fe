# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make mutation`: changes random operators in plugins/module_utils and tells which test notices."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from coverage import CoverageData

from .changes import Change, draw, sites
from .covering import Measured, covering_tests, uses
from .trial import Broken, Copy, Outcome, make_copy, red_without_change, try_change

WANTED_PERCENT = 92
COPIES = 2
CHANGED = "plugins/module_utils"
#: How pytest-cov and pytest name a test and its phase.
_PHASE = re.compile(r"(?:\|(?:setup|run|teardown)| \((?:setup|call|teardown)\))$")


def main() -> int:
    """Try the changes: 0 where enough of them are noticed, 1 where not, 2 where that can't be told."""
    options = _parser().parse_args()
    try:
        return 0 if _run(options) else 1
    except Broken as reason:
        print(f"mutation: FAILED: {reason}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="the same changes for the same number")
    parser.add_argument("--count", type=int, required=True, help="how many changes")
    parser.add_argument("--tree", type=Path, required=True, help="the collection")
    parser.add_argument("--data", type=Path, required=True, help="what coverage.py has measured in it")
    parser.add_argument("--record", type=Path, required=True, help="how long its tests took")
    parser.add_argument("--work", type=Path, required=True, help="where copies of it may be made")
    return parser


def _run(options: argparse.Namespace) -> bool:
    measured = read_measured(options.tree, options.data, options.record)
    used = uses(read_files(options.tree, "plugins"), read_files(options.tree, "tests/unit"))
    found = [site for file, text in read_files(options.tree, CHANGED).items() for site in sites(file, text)]
    drawn = draw(found, options.count, options.seed)
    if not drawn:
        raise Broken(f"There is nothing to try: {options.count} of {len(found)} operators.")
    changes = {change: covering_tests(change.site, measured, used) for change in drawn}
    print(f"mutation: seed {options.seed}: {len(changes)} of {len(found)} operators", flush=True)
    copies = [make_copy(options.tree, options.work / str(number)) for number in range(1, COPIES + 1)]
    outcomes = []
    for outcome in _outcomes(changes, copies, measured):
        outcomes.append(outcome)
        print(f"{outcome.change}: {_told(outcome)}", flush=True)
    return _summarize(options, _held_against_original(copies[0], outcomes, measured))


def read_measured(tree: Path, data: Path, record: Path) -> Measured:
    """What a run of all tests has measured. Raises Broken for a test whose time has not been recorded."""
    stored = CoverageData(str(data))
    stored.read()
    seconds: dict[str, float] = json.loads(record.read_text(encoding="utf-8"))["seconds"]
    lines = {
        str(Path(file).relative_to(tree)): {
            line: frozenset(_PHASE.sub("", context) for context in contexts if context)
            for line, contexts in stored.contexts_by_lineno(file).items()
        }
        for file in stored.measured_files()
    }
    covering = {test for of_file in lines.values() for tests in of_file.values() for test in tests}
    unknown = covering - set(seconds)
    if unknown:
        raise Broken(f"Lines are run by tests that have not been recorded: {', '.join(sorted(unknown))}")
    return Measured(lines, seconds)


def read_files(tree: Path, folder: str) -> dict[str, str]:
    """The text of the Python files of a folder by their path in the tree."""
    paths = sorted((tree / folder).rglob("*.py"))
    return {str(path.relative_to(tree)): path.read_text(encoding="utf-8") for path in paths}


def _outcomes(
    changes: Mapping[Change, Sequence[str]],
    copies: Sequence[Copy],
    measured: Measured,
) -> Iterator[Outcome]:
    """Try the changes, one in each copy at a time, and yield what became of them as they end."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def tried(change: Change, tests: Sequence[str]) -> Outcome:
        copy = free.get()
        try:
            return try_change(copy, change, tests, measured.total_seconds(tests))
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        running = [pool.submit(tried, change, tests) for change, tests in changes.items()]
        try:
            for future in as_completed(running):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _held_against_original(copy: Copy, outcomes: Sequence[Outcome], measured: Measured) -> list[Outcome]:
    """The outcomes, where a test that is red without any change has noticed none."""
    noticing = {outcome.noticed_by for outcome in outcomes if outcome.noticed_by is not None}
    tests = measured.fastest_first(noticing & set(measured.seconds))
    red = red_without_change(copy, tests, measured.total_seconds(tests))
    for test in sorted(red):
        print(f"mutation: {test} is red without a change too, so it has noticed none.", flush=True)
    return [
        replace(outcome, noticed_by=None) if outcome.noticed_by in red else outcome for outcome in outcomes
    ]


def _told(outcome: Outcome) -> str:
    if outcome.noticed_by is not None:
        return f"noticed by {outcome.noticed_by}"
    return f"SURVIVED {outcome.tests} tests" if outcome.tests else "SURVIVED: no test runs it"


def _summarize(options: argparse.Namespace, outcomes: Sequence[Outcome]) -> bool:
    """Print the survivors with their lines and the rate; tell whether it is enough."""
    survivors = [outcome for outcome in outcomes if outcome.noticed_by is None]
    for outcome in sorted(survivors, key=lambda one: (one.change.site.file, one.change.site.start)):
        site = outcome.change.site
        text = (options.tree / site.file).read_text(encoding="utf-8")
        print(f"\n{outcome.change}: {_told(outcome)}")
        for sign, version in (("-", text), ("+", outcome.change.apply(text))):
            print(f"    {sign} {version.splitlines()[site.line - 1].strip()}")
    noticed = len(outcomes) - len(survivors)
    enough = noticed * 100 >= WANTED_PERCENT * len(outcomes)
    verdict = f"mutation: {'passed' if enough else 'FAILED'}"
    print(
        f"\n{verdict}: the unit tests notice {noticed} of {len(outcomes)} changes (seed {options.seed});"
        f" at least {WANTED_PERCENT} % are wanted",
        flush=True,
    )
    return enough


if __name__ == "__main__":
    sys.exit(main())
