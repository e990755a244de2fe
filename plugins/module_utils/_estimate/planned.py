# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a task plans, row by row, and which of it exists already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import Money, parse_currency, parse_positive_amount
from .changes import ADDED, CHANGED, REMOVED, Change, Flavors, Given
from .line_tags import tags_of_row
from .project_resources import ProjectResources, thing_of
from .shapes import KINDS, Part, Shape

AMOUNT = "amount"
#: What has a name by which it is compared with what exists, and the option that names its size.
SERVERS = ("instance", "stopped_instance")
_SIZE_OPTIONS = {"instance": "flavor", "stopped_instance": "flavor", "volume": "volume_type"}
_NAMED = (*_SIZE_OPTIONS, "floating_ip", "load_balancer")


@dataclass(frozen=True)
class PlannedRow:
    """One row of what is planned: one resource, how many of it or which names; part None for an amount that
    is given.
    """

    label: str
    part: Part | None
    count: int
    names: tuple[str, ...]
    present: bool
    hours: Fraction | None
    period: str
    given: Given | None
    tags: Mapping[str, str] = field(default_factory=dict)


def parse_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[PlannedRow, ...]:
    """The option resources. Raises InvalidOption that names the row."""
    parsed = tuple(_parsed(row, f"resources[{index}]") for index, row in enumerate(rows))
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(parsed):
        named = {(thing_of(row.part.shape.kind), name) for name in row.names} if row.part else set()
        if seen & named:
            kind, name = min(seen & named)
            raise InvalidOption(
                f"resources[{index}].names", f"has the {kind} {name}, which another row has; name it once."
            )
        seen |= named
    return parsed


def _parsed(row: Mapping[str, Any], option: str) -> PlannedRow:
    kind, names, count = row["kind"], tuple(row.get("names") or ()), row.get("count")
    _refuse_foreign(row, option)
    if names and kind not in _NAMED:
        raise InvalidOption(
            f"{option}.names",
            "is for servers, volumes, floating IPs and load balancers, which are compared with those of the"
            " project.",
        )
    if names and count is not None:
        raise InvalidOption(f"{option}.names", "and `count` are mutually exclusive.")
    if len(set(names)) != len(names):
        raise InvalidOption(f"{option}.names", "has a name twice; write each name once.")
    present = row.get("state") != "absent"
    if not present and not names:
        raise InvalidOption(
            f"{option}.names", "is required if `state` is `absent`: it names what is removed."
        )
    if count is not None and count <= 0:
        raise InvalidOption(f"{option}.count", f"{count} is not above zero.")
    hours = row.get("hours")
    given = _given(row, option) if kind == AMOUNT else None
    return PlannedRow(
        label=row.get("name") or option,
        part=None if given else _part(row, option, present),
        count=len(names) or count or 1,
        names=names,
        present=present,
        hours=None if hours is None else Fraction(parse_positive_amount(hours, f"{option}.hours")),
        period=row.get("period") or "this",
        given=given,
        tags=row.get("tags") or {},
    )


def _refuse_foreign(row: Mapping[str, Any], option: str) -> None:
    """Raise InvalidOption for what does not belong to the row's kind, which would not be counted."""
    kind = row["kind"]
    of_kind = {
        "flavor": kind in SERVERS,
        "volume_type": kind == "volume",
        "gb": kind in KINDS and KINDS[kind].unit == "gb",
        **dict.fromkeys(("amount", "currency", "category", "per"), kind == AMOUNT),
        "hours": kind == AMOUNT or KINDS[kind].hourly,
        "period": kind == AMOUNT or not KINDS[kind].hourly,
    }
    for name, belongs in of_kind.items():
        if row.get(name) is not None and not belongs:
            raise InvalidOption(f"{option}.{name}", f"does not belong to {kind}; leave it out.")


def _part(row: Mapping[str, Any], option: str, present: bool) -> Part:
    """One of what the row plans. What is to be absent needs no size: the existing one has it."""
    kind = row["kind"]
    size, name = _SIZE_OPTIONS.get(kind), ""
    if size is not None and present:
        name = row.get(size) or ""
        if not name:
            raise InvalidOption(f"{option}.{size}", f"is needed for {kind}: it says what it costs.")
    if KINDS[kind].unit == "each" or not present:
        return Part(Shape(kind, name), Fraction(1))
    if row.get("gb") is None:
        raise InvalidOption(f"{option}.gb", f"is needed for {kind}: how large it is.")
    return Part(Shape(kind, name), Fraction(parse_positive_amount(row["gb"], f"{option}.gb")))


def _given(row: Mapping[str, Any], option: str) -> Given:
    money = Money(
        parse_positive_amount(row.get("amount") or "", f"{option}.amount", beside_currency=True),
        parse_currency(row.get("currency"), f"{option}.currency"),
    )
    return Given(money, row.get("per") or "once", row.get("category") or "other")


def planned(rows: Iterable[PlannedRow], there: ProjectResources, flavors: Flavors) -> list[Change]:
    """The changes that the rows mean. What exists as it is planned changes nothing."""
    return [change for row in rows for change in _changes(row, there, flavors)]


def _changes(row: PlannedRow, there: ProjectResources, flavors: Flavors) -> list[Change]:
    common: dict[str, Any] = {"hours": row.hours, "period": row.period}
    if row.part is None:
        return [Change(row.label, ADDED, given=row.given, tags=tags_of_row(AMOUNT, row.tags), **common)]
    kind = row.part.shape.kind
    common["tags"] = tags_of_row(kind, row.tags)
    unknown = _unknown_flavor(row, flavors)
    if unknown is not None:
        return [Change(name, ADDED, unknown=unknown, **common) for name in row.names or (row.label,)]
    if not row.names:
        part = Part(row.part.shape, row.part.quantity * row.count, row.count)
        return [Change(row.label, ADDED, after=(part,), **common)]
    found = []
    for name in row.names:
        # What a server or a volume has, it keeps.
        common["tags"] = tags_of_row(kind, {**there.metadata_of(kind, name), **row.tags})
        if there.has(kind, name) and there.find(kind, name) is None:
            # It is there, and its price is not told: it stays, and its removal saves nothing.
            found.append(Change(name, CHANGED if row.present else REMOVED, **common))
        else:
            found.append(_named(row, name, there.find(kind, name), common))
    return found


def _named(row: PlannedRow, name: str, found: Part | str | None, common: dict[str, Any]) -> Change:
    after = (row.part,) if row.present and row.part is not None else ()
    if isinstance(found, str):
        return Change(name, CHANGED if row.present else REMOVED, unknown=found, **common)
    if found is None:
        return Change(name, ADDED if row.present else REMOVED, after=after, **common)
    return Change(name, CHANGED if row.present else REMOVED, before=(found,), after=after, **common)


def _unknown_flavor(row: PlannedRow, flavors: Flavors) -> str | None:
    if row.part is None or not row.present or row.part.shape.kind not in SERVERS:
        return None
    name = row.part.shape.name
    return None if flavors.named(name) else f"the cloud has no flavor {name}"
