# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Days that cost too much, beside statsmodels' robust seasonal decomposition on the same labelled series
(design/savings.md#what-a-day-is-expected-to-cost).
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._savings.expectation import (
    AnomalyRule,
    judged_days,
)

from ..plugins.module_utils._savings.labelled_days import KINDS, QUARTER, LabelledDays, labelled, scored

pytestmark = pytest.mark.outside

PROGRAM = Path(__file__).parents[2] / "outside" / "anomalies.py"
RULE = AnomalyRule(score=3.5, part=0.15, amount=1.0)
SERIES = 4


def by_statsmodels(made: list[LabelledDays]) -> list[set[int]]:
    python = Path(os.environ["OUTSIDE"]) / "python"
    asked = json.dumps([one.values for one in made])
    told = subprocess.run([python, PROGRAM], input=asked, capture_output=True, text=True, check=True)
    return [set(days) for days in json.loads(told.stdout)]


def by_ours(made: list[LabelledDays]) -> list[set[int]]:
    return [{day for day, one in enumerate(judged_days(each.values, RULE)) if one.flagged} for each in made]


def figures(made: list[LabelledDays], flagged: list[set[int]]) -> tuple[float, float]:
    """Which part of the events is found within a day, and false alarms of a series in 30 days."""
    rows = [scored(each, days) for each, days in zip(made, flagged, strict=True)]
    recall = sum(found for found, _events, _false in rows) / sum(events for _found, events, _false in rows)
    return recall, sum(false for _found, _events, false in rows) / (len(made) * QUARTER / 30)


@pytest.mark.parametrize("kind", KINDS)
def test_ours_finds_as_much_with_fewer_false_alarms(kind: str) -> None:
    made = [labelled(kind, 1000 + seed) for seed in range(SERIES)]
    ours, theirs = figures(made, by_ours(made)), figures(made, by_statsmodels(made))
    assert ours[0] >= 0.95 and ours[1] <= 1
    assert ours[0] >= theirs[0] - 0.05 and ours[1] <= theirs[1] + 0.1
