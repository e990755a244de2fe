# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a day is expected to cost, by the days before it, and whether it costs too much
(design/savings.md#what-a-day-is-expected-to-cost).

Floats, as all of it is an estimate: what a day did cost stays exact elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

#: How many days tell the rhythm of the week, the level, and how much days scatter.
RHYTHM_DAYS, LEVEL_DAYS, SCATTER_DAYS = 56, 7, 28
#: How many days before the first judged one are looked at, so that what is made of it does not hang on when
#: it is asked for: the scatter of 28 days, the rhythm of 56 before each, and the 3 days around each of these.
HISTORY_DAYS = SCATTER_DAYS + RHYTHM_DAYS + 2 * (LEVEL_DAYS // 2)
#: A level is a median of the newest 7 known days of the last 14, of 5 at least.
_LEVEL_REACH_DAYS, _FEWEST_OF_LEVEL = 14, 5
#: So many days have to be known, and so many of them to be compared with what was expected of them.
LEARNING_DAYS, _FEWEST_RESIDUALS = 14, 7
#: A standard deviation by a median absolute deviation, where days scatter as most do.
_OF_DEVIATION = 1.4826
#: The least that days are taken to scatter, as part of what is expected: those of a constant series do not.
_LEAST_SCATTER = 0.03
#: A day of at most this part of the dearest one is near nothing; with a quarter of such days a series is
#: sparse.
_NEAR_NOTHING, _SPARSE_PART, _SPARSE_FACTOR = 0.01, 0.25, 1.5

JUDGED, SPARSE, LEARNING, UNKNOWN = "judged", "sparse", "learning", "unknown"


@dataclass(frozen=True)
class AnomalyRule:
    """When a day is an anomaly: its distance from what was expected as a multiple of how much days scatter,
    as a part of what was expected, and in money. All three have to be reached.
    """

    score: float
    part: float
    amount: float


@dataclass(frozen=True)
class DayJudgement:
    """What was made of a day. state: of the four above. expected, score: None where there is none, of a
    sparse series the score. level: what an average day is expected to cost. known_days: before it.
    """

    state: str
    expected: float | None = None
    score: float | None = None
    level: float | None = None
    known_days: int = 0
    flagged: bool = False


def judged_days(values: Sequence[float | None], rule: AnomalyRule) -> list[DayJudgement]:
    """Each of these successive days, judged by those before it alone.

    values: what each has cost, None where that is not known. Before its first cost a series is not there yet.
    """
    begin = next((day for day, value in enumerate(values) if value), len(values))
    known = [None if day < begin else value for day, value in enumerate(values)]
    ratios = [_ratio(known, day) for day in range(len(known))]
    factors: dict[int, float] = {}
    residuals: list[float | None] = []
    found: list[DayJudgement] = []
    known_days = 0
    for day, value in enumerate(known):
        _move_factors(factors, ratios, day)
        expected, level = _expected(known, factors, day)
        if value is None:
            found.append(DayJudgement(UNKNOWN, known_days=known_days))
        else:
            recent = _recent(known, found, day)
            scattered = [one for one in residuals[-SCATTER_DAYS:] if one is not None]
            sparse = len(recent) >= LEARNING_DAYS and _is_sparse(recent)
            one = _judged_sparse(value, recent, rule) if sparse else _judged(value, expected, scattered, rule)
            if one.state == JUDGED and known_days < LEARNING_DAYS:
                one = DayJudgement(LEARNING)
            found.append(replace(one, known_days=known_days, level=level if one.state == JUDGED else None))
            known_days += 1
        residuals.append(None if value is None or expected is None else value - expected)
    return found


def _ratio(known: Sequence[float | None], day: int) -> float | None:
    """What the day cost by the mean of the 7 around it; None where one of them is not known, and for a day of
    credits, which is below zero: no day of the week is expected to be.
    """
    around = LEVEL_DAYS // 2
    if day < around or day + around >= len(known):
        return None
    some = [value for value in known[day - around : day + around + 1] if value is not None]
    value, total = known[day], sum(some)
    if len(some) < LEVEL_DAYS or value is None or value < 0 or total <= 0:
        return None
    return value * LEVEL_DAYS / total


def _move_factors(factors: dict[int, float], ratios: Sequence[float | None], day: int) -> None:
    """Have the factors be those of a day: by weekday what it costs in an average week as part of an average
    day, as far as the 56 days before tell.

    A ratio counts when the 3 days behind its own are over. From a day to the next one only the weekday
    changes of which a ratio comes, and its oldest goes.
    """
    newest = day - 1 - LEVEL_DAYS // 2
    if newest < 0:
        return
    some = [ratios[before] for before in range(newest, max(newest - RHYTHM_DAYS, -1), -7)]
    told = [one for one in some if one is not None]
    factors.pop(newest % 7, None)
    if told:
        factors[newest % 7] = median(told)


def _expected(
    known: Sequence[float | None], factors: Mapping[int, float], day: int
) -> tuple[float | None, float | None]:
    """What the day is expected to cost, and an average day: the level times the part of the day's weekday."""
    levels = []
    for before in range(day - 1, max(day - 1 - _LEVEL_REACH_DAYS, -1), -1):
        value, factor = known[before], factors.get(before % 7)
        if value is not None and factor:
            levels.append(value / factor)
    if len(levels) < _FEWEST_OF_LEVEL or day % 7 not in factors:
        return None, None
    level = median(levels[:LEVEL_DAYS])
    return level * factors[day % 7], level


def _judged(
    value: float, expected: float | None, scattered: Sequence[float], rule: AnomalyRule
) -> DayJudgement:
    """A day by what was expected of it. scattered: by how much the days before were off."""
    if expected is None or len(scattered) < _FEWEST_RESIDUALS:
        return DayJudgement(LEARNING)
    middle = median(scattered)
    scatter = _OF_DEVIATION * median(abs(one - middle) for one in scattered)
    above = value - expected
    scale = max(scatter, _LEAST_SCATTER * expected)
    score = above / scale if scale > 0 else 0.0
    flagged = score >= rule.score and above >= rule.part * expected and above >= rule.amount
    return DayJudgement(JUDGED, expected, score, flagged=flagged)


def _recent(known: Sequence[float | None], found: Sequence[DayJudgement], day: int) -> list[float]:
    """What the 28 days before cost, as far as it is known. Days that were flagged are left out while they are
    few: a sparse series would be held to the last event for a month.
    """
    before = range(max(day - SCATTER_DAYS, 0), day)
    usual = [value for one in before if (value := known[one]) is not None and not found[one].flagged]
    every = [value for one in before if (value := known[one]) is not None]
    return usual if len(every) - len(usual) < _FEWEST_OF_LEVEL else every


def _is_sparse(recent: Sequence[float]) -> bool:
    """Whether a quarter of the days cost next to nothing: of such a series most days say little of others."""
    near_nothing = sum(one <= _NEAR_NOTHING * max(recent) for one in recent)
    return near_nothing >= _SPARSE_PART * len(recent)


def _judged_sparse(value: float, recent: Sequence[float], rule: AnomalyRule) -> DayJudgement:
    """A day of a sparse series is held to the dearest of the days before it."""
    dearest = max(recent)
    flagged = value > _SPARSE_FACTOR * dearest and value - dearest >= rule.amount
    return DayJudgement(SPARSE, dearest, flagged=flagged)
