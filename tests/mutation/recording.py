# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin of pytest: records how long each test took and which failed, and runs a list of tests in order."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

#: What a change may take at most: an endless loop must not fill the machine's memory or disk.
MEMORY_BYTES = 8 * 1024**3
FILE_BYTES = 2 * 1024**3
#: Where the functions are that remember what they returned.
PLUGINS = "finops.cloud.plugins."


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options."""
    group = parser.getgroup("recording")
    group.addoption("--record", metavar="FILE", help="gets the seconds of each test and the failed ones")
    group.addoption("--plan", metavar="FILE", help="the tests to run and no others, in order, as a JSON list")
    group.addoption("--measure", metavar="FILE", help="coverage.py's settings for the processes of each test")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record where all reports come together; limit what a plan's tests take."""
    if config.getoption("--record") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recording(Path(config.getoption("--record"))))
    if config.getoption("--plan") and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))


def pytest_collection(session: pytest.Session) -> None:
    """From here on what tests start measures too. A worker of pytest-xdist does already, by pytest-cov."""
    config = session.config
    settings = config.getoption("--measure")
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if settings and runs_tests:
        os.environ["COVERAGE_PROCESS_START"] = settings


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have each test run all lines that it needs, also those that run once a process."""
    if item.config.getoption("--measure"):
        ours = [module for name, module in sys.modules.items() if PLUGINS in name]
        for function in [value for module in ours for value in vars(module).values()]:
            if callable(forget := getattr(function, "cache_clear", None)):
                forget()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what the plan lists, in its order."""
    if not config.getoption("--plan"):
        return
    plan: Sequence[str] = json.loads(Path(config.getoption("--plan")).read_text(encoding="utf-8"))
    rank = {test: number for number, test in enumerate(plan)}
    items[:] = sorted((item for item in items if item.nodeid in rank), key=lambda item: rank[item.nodeid])


class Recording:
    """What has been reported so far."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seconds: dict[str, float] = defaultdict(float)
        self._failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a phase of a test."""
        self._seconds[report.nodeid] += report.duration
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        record = {"seconds": self._seconds, "failed": self._failed}
        self._file.write_text(json.dumps(record), encoding="utf-8")
