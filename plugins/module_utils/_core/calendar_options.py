# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A calendar of periods as a task writes it (design/periods.md#kinds-of-period)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .errors import InvalidOption
from .periods import WEEKDAYS, Calendar, parse_moment, zone_named


def parse_calendar(task: Mapping[str, Any], before: Calendar) -> Calendar:
    """The calendar that the options mean: period, timezone, first_day, anchor_day,
    anchor_month, begin and end.

    before has what they leave out.

    Raises InvalidOption for an unknown zone, an anchor that is none, and a custom period without ends.
    """
    given: dict[str, Any] = {
        "kind": task.get("period"),
        "zone": task.get("timezone"),
        "anchor_day": _within(task.get("anchor_day"), 31, "anchor_day"),
        "anchor_month": _within(task.get("anchor_month"), 12, "anchor_month"),
        "first_day": WEEKDAYS.index(task["first_day"]) if task.get("first_day") else None,
    }
    calendar = replace(before, **{name: value for name, value in given.items() if value is not None})
    zone = zone_named(calendar.zone, "timezone")
    first, last = task.get("begin"), task.get("end")
    if calendar.kind != "custom":
        if first or last:
            raise InvalidOption("begin", "and `end` have no effect unless `period` is `custom`.")
        return replace(calendar, begin=None, end=None)
    begin = parse_moment(first, zone, "begin") if first else before.begin
    end = parse_moment(last, zone, "end") if last else before.end
    if begin is None or end is None or begin >= end:
        raise InvalidOption("begin", "and `end` are required for a custom period, `begin` before `end`.")
    return replace(calendar, begin=begin, end=end)


def _within(number: int | None, largest: int, option: str) -> int | None:
    if number is not None and not 1 <= number <= largest:
        raise InvalidOption(option, f"{number} is not from 1 to {largest}.")
    return number
