# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Series of days whose events are known: what was planted is labelled, all else is no event.

Daily costs of half a year: nine weeks of history, and a quarter with an event every two weeks.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

HISTORY, QUARTER = 93, 91
#: Kind of series -> what a day costs in it, before noise.
KINDS: dict[str, Callable[[int, random.Random], float]] = {
    "constant": lambda _day, _rng: 120.0,
    "rhythm": lambda day, _rng: 240.0 if day % 7 < 5 else 72.0,
    "trend": lambda day, _rng: (240.0 if day % 7 < 5 else 72.0) * 1.005**day,
    "sparse": lambda day, rng: rng.uniform(20, 60) if day % 7 in (1, 4) else 0.0,
}
NOISE = {"constant": 0.0, "rhythm": 0.04, "trend": 0.04, "sparse": 0.04}


@dataclass(frozen=True)
class LabelledDays:
    """What each day has cost, None where it is not known; the days of each event, all of one or its first."""

    values: tuple[float | None, ...]
    events: tuple[frozenset[int], ...]


def labelled(kind: str, seed: int) -> LabelledDays:
    """A series of that kind: spikes, runs of three days and one new level, and days that are not known."""
    rng = random.Random(f"{kind}/{seed}")
    values: list[float | None] = []
    for day in range(HISTORY + QUARTER):
        values.append(KINDS[kind](day, rng) * max(1 + rng.gauss(0, NOISE[kind]), 0.0))
    events = []
    for number, first in enumerate(range(HISTORY + 5, HISTORY + QUARTER - 20, 14)):
        begin = first + rng.randrange(4)
        length, factor = ((1, 1.4), (3, 1.5), (1, 2.5))[number % 3]
        days = range(begin, begin + length)
        for day in days:
            before = values[day]
            values[day] = 400.0 * factor if kind == "sparse" else (before or 0.0) * factor
        events.append(frozenset(days))
    raised = HISTORY + QUARTER - 10
    if kind != "sparse":
        values[raised:] = [None if one is None else one * 1.6 for one in values[raised:]]
        # A new level is one event, whose days alarm until it is the level.
        events.append(frozenset(range(raised, len(values))))
    planted = {day for days in events for day in days}
    for _hole in range(6):
        day = rng.randrange(len(values))
        if day not in planted:
            values[day] = None
    return LabelledDays(tuple(values), tuple(events))


def scored(made: LabelledDays, flagged: set[int]) -> tuple[int, int, int]:
    """How many events were found on their first day or the day after, how many there were, and how many days
    of no event were flagged.
    """
    found = sum(bool(flagged & {min(days), min(days) + 1} & days) for days in made.events)
    planted = {day for days in made.events for day in days}
    return found, len(made.events), sum(day >= HISTORY and day not in planted for day in flagged)
