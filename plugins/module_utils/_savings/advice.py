# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A recommendation: what it saves by the month, how sure that is, and what does it
(design/savings.md#recommendations).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from typing import Any

from .._core.money import decimal_of, format_amount

#: Hours of a month, as clouds reckon.
MONTH_H = 730
DELETE_UNATTACHED, RELEASE_ADDRESS, DELETE_OLD_SNAPSHOT = (
    "delete_unattached", "release_address", "delete_old_snapshot",
)  # fmt: skip
CHANGE_VOLUME_TYPE = "change_volume_type"
STOP_IDLE, RESIZE, SCHEDULE = "stop_idle", "resize", "schedule"
#: Of several for one resource the first counts; a schedule counts on what a resize leaves.
KINDS = (
    DELETE_UNATTACHED, RELEASE_ADDRESS, DELETE_OLD_SNAPSHOT, CHANGE_VOLUME_TYPE, STOP_IDLE, RESIZE, SCHEDULE,
)  # fmt: skip
#: Metadata, or a tag, by which the owner of a resource says that nothing is to be advised for it.
IGNORE_KEY, IGNORE = "finops_savings", "ignore"
IGNORED = f"ignored: its owner asks for no advice by `{IGNORE_KEY}: {IGNORE}`."


@dataclass(frozen=True)
class Nature:
    """What doing it means. effort: low or medium. risk: low, medium, high or unknown."""

    effort: str
    risk: str
    restart_needed: bool
    undo_possible: bool


@dataclass(frozen=True)
class Advice:
    """One recommendation. now, after: what the resource costs by the hour in the currency of the result, None
    where that is unknown, which why says. left_after_resize: of a schedule, what it saves beside a resize.
    counted: what it adds to the sum by the hour. commands: of OpenStack's command line, in words.
    """

    kind: str
    resource_id: str
    name: str
    type: str
    current: str | None
    recommended: str | None
    nature: Nature
    now: Fraction | None
    after: Fraction | None
    why: str | None
    price_source: str | None
    confidence: str
    reasons: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    task: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    hours_measured: int | None = None
    left_after_resize: Fraction | None = None
    counted: Fraction | None = None
    overlaps: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same whenever it is asked for."""
        return sha256(f"{self.kind}/{self.resource_id}".encode()).hexdigest()[:16]

    @property
    def saving(self) -> Fraction | None:
        """By the hour; None where a price is unknown."""
        return None if self.now is None or self.after is None else self.now - self.after

    def to_result(self, project: Mapping[str, str], team_tag: str) -> dict[str, Any]:
        """One row of the result."""
        return {
            "id": self.id,
            "kind": self.kind,
            "resource_id": self.resource_id,
            "name": self.name,
            "type": self.type,
            **project,
            "team": self.tags.get(team_tag),
            "tags": dict(self.tags),
            "current": self.current,
            "recommended": self.recommended,
            "cost_per_month": _by_month(self.now),
            "cost_after_per_month": _by_month(self.after),
            "saving_per_month": _by_month(self.saving),
            "counted_per_month": _by_month(self.counted),
            "why_unknown": self.why,
            "price_source": self.price_source,
            "effort": self.nature.effort,
            "risk": self.nature.risk,
            "restart_needed": self.nature.restart_needed,
            "undo_possible": self.nature.undo_possible,
            "confidence": self.confidence,
            "reasons": list(self.reasons),
            "hours_measured": self.hours_measured,
            "overlaps": list(self.overlaps),
            "commands": [shlex.join(words) for words in self.commands],
            "task": dict(self.task),
        }


def is_ignored(metadata: Mapping[str, str]) -> bool:
    """Whether the owner of a resource wants no advice for it."""
    return metadata.get(IGNORE_KEY, "").strip().lower() == IGNORE


def counted_once(found: Iterable[Advice]) -> list[Advice]:
    """The recommendations with what each adds to the sum: of several for one resource the first of KINDS
    counts, and a schedule on what a resize leaves.
    """
    by_resource: dict[str, list[Advice]] = {}
    for one in sorted(found, key=lambda one: KINDS.index(one.kind)):
        by_resource.setdefault(one.resource_id, []).append(one)
    rows = []
    for some in by_resource.values():
        for number, one in enumerate(some):
            counted = one.saving if number == 0 else Fraction(0)
            if number and one.kind == SCHEDULE and some[0].kind == RESIZE:
                counted = one.left_after_resize
            others = tuple(other.id for other in some if other is not one)
            rows.append(replace(one, counted=counted, overlaps=others))
    return rows


def _by_month(hourly: Fraction | None) -> str | None:
    return None if hourly is None else format_amount(decimal_of(hourly * MONTH_H))


def total_by_month(advice: Sequence[Advice]) -> str | None:
    """What all of it saves whose saving is known, each resource once; None where there is some and no saving
    is known.
    """
    if advice and all(one.saving is None for one in advice):
        return None
    return format_amount(
        decimal_of(MONTH_H * sum((one.counted or Fraction(0) for one in advice), Fraction(0)))
    )
