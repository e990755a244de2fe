# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether a commit is larger than what was held (design/reservations.md#the-life-of-a-hold)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from .._core.money import exact_sum
from .._ledger.holds import HoldLine

#: Lines of one kind are added up.
_Kind: TypeAlias = "tuple[str, str | None, str | None, str | None, tuple[tuple[str, str], ...]]"


def exceeds(held: Sequence[HoldLine], committed: Sequence[HoldLine]) -> bool:
    """Whether any category, project, region, tags and currency costs more as committed than as held: once, or
    by the hour at any time.
    """
    known, found = _by_kind(held), _by_kind(committed)
    return any(_is_more(known.get(kind, []), lines) for kind, lines in found.items())


def _is_more(held: Sequence[HoldLine], committed: Sequence[HoldLine]) -> bool:
    if _once(committed) > _once(held):
        return True
    # What runs grows at no time, so it is most at the begin, and after each end of what was held.
    ends = [None, *(line.until for line in held if line.until is not None)]
    return any(_hourly_after(end, committed) > _hourly_after(end, held) for end in ends)


def _once(lines: Iterable[HoldLine]) -> Decimal:
    return exact_sum(line.money.amount for line in lines if not line.hourly)


def _hourly_after(moment: datetime | None, lines: Iterable[HoldLine]) -> Decimal:
    """What an hour costs from the moment on; None for the begin."""
    return exact_sum(
        line.money.amount
        for line in lines
        if line.hourly and (moment is None or line.until is None or line.until > moment)
    )


def _by_kind(lines: Sequence[HoldLine]) -> dict[_Kind, list[HoldLine]]:
    found: dict[_Kind, list[HoldLine]] = {}
    for line in lines:
        kind = (line.money.currency, line.category, line.project, line.region, line.tags)
        found.setdefault(kind, []).append(line)
    return found
