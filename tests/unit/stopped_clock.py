# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock that stands still unless a test moves it: whoever sleeps by it wakes at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core import deadline


@dataclass
class StoppedClock:
    """Seconds since it was made, and how long was slept by it."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def a_second_each(self, rows: Iterable[Any]) -> None:
        """Take a second for each row."""
        for _row in rows:
            self.now += 1

    def deadline(self, limit_seconds: float) -> deadline.Deadline:
        """The deadline of a task that begins now, by this clock."""
        return deadline.begin(limit_seconds, self, self.sleep)
