# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Sums and lists of what the ledger holds: exact, by anything that entries carry, as of now or of then
(design/ledger.md#append-only, design/ledger.md#roll-up, design/money.md#amounts-in-the-ledger).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._core.periods import Window
from . import roll_up
from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, Connection, FromClause, Select, Subquery

#: What sums can be grouped by besides `tag:<name>`: those that the roll-up knows, and those for which the
#: entries have to be read.
ROLLED_UP = ("category", "charge_category", "cloud", "region", "project", "project_name")
OF_ENTRIES = ("source", "metric", "resource", "resource_name", "resource_type")
TAG = "tag:"


@dataclass(frozen=True)
class Selection:
    """Which entries are meant: those that begin in the window and meet every condition.

    None: any; of a list, one has to match.

    projects and resources are ids or names; tags have to match all.
    """

    window: Window
    categories: tuple[str, ...] | None = None
    charge_categories: tuple[str, ...] | None = None
    clouds: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] | None = None
    metrics: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Total:
    """A sum in 1e-9 of the currency, for one value of each key that was asked for (None: entries without it),
    over so many entries.
    """

    keys: dict[str, str | None]
    currency: str
    amount_nano: int
    entry_count: int


def totals(
    connection: Connection, selection: Selection, by: Sequence[str] = (), as_of: datetime | None = None
) -> list[Total]:
    """The sums of the selected entries per value of `by` and currency, ordered by them; integer arithmetic in
    the database, so exact.

    by: of ROLLED_UP, OF_ENTRIES, or tag:<name>. as_of: by what was recorded up to and including that moment.
    """
    return by_time(connection, selection, [selection.window], by, as_of)[0]


def by_time(
    connection: Connection,
    selection: Selection,
    windows: Sequence[Window],
    by: Sequence[str] = (),
    as_of: datetime | None = None,
) -> list[list[Total]]:
    """totals() for each of these windows (local days, say), as far as it lies in the selection's, with one
    statement.
    """
    rows_needed = as_of is not None or any(name in OF_ENTRIES for name in by) or bool(_of_entries(selection))
    cut = [_cut(window, selection.window) for window in windows]
    parts = [
        (number, part)
        for number, (begin, end) in enumerate(cut)
        for part in roll_up.parts(begin, end, () if rows_needed else roll_up.BUCKETS_S)
    ]
    found: list[list[Total]] = [[] for _window in windows]
    if not parts:
        return found
    for row in connection.execute(_grouped(selection, parts, by, as_of)):
        number, *values, currency, amount_nano, entry_count = row
        keys = dict(zip(by, values, strict=True))
        found[number].append(Total(keys, currency, int(amount_nano), int(entry_count)))
    # Not by the database: each sorts text by rules of its own.
    return [sorted(of_window, key=_place) for of_window in found]


def _place(total: Total) -> tuple[Any, ...]:
    return *((value is not None, value or "") for value in total.keys.values()), total.currency


def sums(connection: Connection, window: Window) -> dict[str, int]:
    """currency -> sum in 1e-9 units of all entries that begin in the window."""
    return {total.currency: total.amount_nano for total in totals(connection, Selection(window))}


def rows(
    connection: Connection,
    selection: Selection,
    limit: int,
    after: int | None = None,
    as_of: datetime | None = None,
    valid_only: bool = False,
) -> list[dict[str, Any]]:
    """Up to so many stored rows of the selection, in the order in which they were written, those with an id
    above `after` only.

    The next page is after the last row's `id`. `reverses` is None for an entry, the id of the row taken back
    for a reversal. valid_only: neither reversals nor what they took back. as_of: what was recorded up to and
    including that moment.
    """
    # Here, as the sums of a gate need nothing of it, and a task compiles what it imports.
    from sqlalchemy import select

    from .entries import stored_columns

    entry = tables().entry
    # First which rows, from the index of time, then these few whole.
    page = (
        select(entry.c.id)
        .join_from(entry, tables().dimension_set)
        .where(*selected(selection, as_of))
        .order_by(entry.c.id)
        .limit(limit)
    )
    if after is not None:
        page = page.where(entry.c.id > after)
    if valid_only:
        page = page.where(*valid(as_of))
    chosen = page.subquery()
    statement = (
        select(*stored_columns())
        .join_from(entry, tables().dimension_set)
        .join(chosen, chosen.c.id == entry.c.id)
        .order_by(entry.c.id)
    )
    return [row._asdict() for row in connection.execute(statement)]


def selected(selection: Selection, as_of: datetime | None) -> list[ColumnElement[bool]]:
    """The selection's conditions on entries joined with their dimension sets, by what was recorded up to
    then.
    """
    entry = tables().entry
    begin, end = _seconds(selection.window)
    in_time = [entry.c.period_begin >= begin, entry.c.period_begin < end]
    return [*in_time, *_of_entries(selection), *_of_dimensions(selection), *_recorded_by(entry, as_of)]


def valid(as_of: datetime | None) -> list[ColumnElement[bool]]:
    """The conditions on entries that are no reversal and that none takes back, by what was recorded up to
    then.
    """
    from sqlalchemy import exists

    entry, reversal = tables().entry, tables().entry.alias()
    taken_back = exists().where(reversal.c.reverses == entry.c.id, *_recorded_by(reversal, as_of))
    return [entry.c.reverses.is_(None), ~taken_back]


def _grouped(
    selection: Selection, parts: list[tuple[int, roll_up.Part]], by: Sequence[str], as_of: datetime | None
) -> Select[Any]:
    """Window's number, keys, currency, sum and count.

    Summed by dimension set first, of which there are few, then by what was asked for.
    """
    from sqlalchemy import func, select

    summed = _per_set(selection, parts, [name for name in by if name in OF_ENTRIES], as_of)
    dimension_set = tables().dimension_set
    joined: FromClause = summed.join(dimension_set, dimension_set.c.id == summed.c.dimension_set_id)
    keys: list[ColumnElement[Any]] = []
    for name in by:
        if name.startswith(TAG):
            tag = tables().tag.alias()
            at = _all(tag.c.dimension_set_id == dimension_set.c.id, tag.c.name == name.removeprefix(TAG))
            joined = joined.outerjoin(tag, at)
            keys.append(tag.c.value)
        else:
            keys.append(summed.c[name] if name in OF_ENTRIES else _dimension(name))
    groups = [summed.c.number, *keys, dimension_set.c.currency]
    count = func.sum(summed.c.entry_count)
    return (
        select(*groups, func.sum(summed.c.amount_nano), count)
        .select_from(joined)
        .where(*_of_dimensions(selection))
        .group_by(*groups)
        # Where everything was taken back, or moved elsewhere, nothing is.
        .having(count != 0)
    )


def _per_set(
    selection: Selection,
    parts: Sequence[tuple[int, roll_up.Part]],
    entry_keys: Sequence[str],
    as_of: datetime | None,
) -> Subquery:
    """Window's number, dimension set's id, what only entries know, sum and count."""
    from sqlalchemy import func, select, union_all

    in_buckets = [(number, part) for number, part in parts if part.bucket_s != roll_up.NO_BUCKET]
    in_entries = [(number, part) for number, part in parts if part.bucket_s == roll_up.NO_BUCKET]
    sources = [_from_roll_up(_part("of_buckets", in_buckets))] if in_buckets else []
    if in_entries:
        sources.append(_from_entries(_part("of_entries", in_entries), selection, entry_keys, as_of))
    read = (sources[0] if len(sources) == 1 else union_all(*sources)).subquery()
    of_set = [read.c.number, read.c.dimension_set_id, *(read.c[name] for name in entry_keys)]
    small = select(
        *of_set,
        func.sum(read.c.amount_nano).label("amount_nano"),
        func.sum(read.c.entry_count).label("entry_count"),
    )
    return small.group_by(*of_set).subquery()


def _from_roll_up(part: CTE) -> Select[Any]:
    from sqlalchemy import select

    bucket = tables().roll_up
    inside = _all(
        bucket.c.bucket_s == part.c.bucket_s,
        bucket.c.bucket_begin >= part.c.begin,
        bucket.c.bucket_begin < part.c.finish,
    )
    signed = ((bucket.c[name] * part.c.sign).label(name) for name in ("amount_nano", "entry_count"))
    return select(part.c.number, bucket.c.dimension_set_id, *signed).join_from(part, bucket, inside)


def _from_entries(
    part: CTE, selection: Selection, keys: Sequence[str], as_of: datetime | None
) -> Select[Any]:
    from sqlalchemy import case, select

    entry = tables().entry
    inside = _all(entry.c.period_begin >= part.c.begin, entry.c.period_begin < part.c.finish)
    count = case((entry.c.reverses.is_(None), part.c.sign), else_=-part.c.sign).label("entry_count")
    return (
        select(part.c.number, entry.c.dimension_set_id, *(_of_entry(name).label(name) for name in keys))
        .add_columns((entry.c.amount_nano * part.c.sign).label("amount_nano"), count)
        .join_from(part, entry, inside)
        .where(*_of_entries(selection), *_recorded_by(entry, as_of))
    )


def _part(name: str, parts: list[tuple[int, roll_up.Part]]) -> CTE:
    """The parts of the windows as a table; only numbers of our own are in its text.

    VALUES has no limit where UNION has one.
    """
    from sqlalchemy import column, text

    values = ", ".join(str((number, *astuple(part))) for number, part in parts)
    names = ("number", "bucket_s", "begin", "finish", "sign")
    picked = ", ".join(f"column{place} AS {name}" for place, name in enumerate(names, 1))
    query = f"SELECT {picked} FROM (VALUES {values}) AS given"  # noqa: S608
    return text(query).columns(*map(column, names)).cte(name)


def _dimension(name: str) -> ColumnElement[Any]:
    """What entries are grouped by under that name; a project by its id, else its name."""
    from sqlalchemy import func

    columns = tables().dimension_set.c
    return func.coalesce(columns.project_id, columns.project_name) if name == "project" else columns[name]


def _of_entry(name: str) -> ColumnElement[Any]:
    from sqlalchemy import func

    columns = tables().entry.c
    return func.coalesce(columns.resource_id, columns.resource_name) if name == "resource" else columns[name]


def _of_dimensions(selection: Selection) -> list[ColumnElement[bool]]:
    """The selection's conditions on dimension sets."""
    from sqlalchemy import or_, select

    columns, tag = tables().dimension_set.c, tables().tag
    lists = {
        columns.category: selection.categories,
        columns.charge_category: selection.charge_categories,
        columns.cloud: selection.clouds,
        columns.region: selection.regions,
    }
    conditions: list[ColumnElement[bool]] = [
        column.in_(wanted) for column, wanted in lists.items() if wanted is not None
    ]
    if selection.projects is not None:
        conditions.append(
            or_(columns.project_id.in_(selection.projects), columns.project_name.in_(selection.projects))
        )
    for name, value in selection.tags.items():
        having = select(tag.c.dimension_set_id).where(tag.c.name == name, tag.c.value == value)
        conditions.append(columns.id.in_(having))
    return conditions


def _of_entries(selection: Selection) -> list[ColumnElement[bool]]:
    """The selection's conditions on what only the entries know."""
    from sqlalchemy import or_

    columns = tables().entry.c
    # Joined to nothing, as SQLite would otherwise look the sources up, which have the rows of all time, and
    # that for every window.
    lists = {columns.source + "": selection.sources, columns.metric: selection.metrics}
    conditions: list[ColumnElement[bool]] = [
        column.in_(wanted) for column, wanted in lists.items() if wanted is not None
    ]
    if selection.resources is not None:
        wanted = selection.resources
        conditions.append(or_(columns.resource_id.in_(wanted), columns.resource_name.in_(wanted)))
    return conditions


def _recorded_by(entry: FromClause, as_of: datetime | None) -> list[ColumnElement[bool]]:
    return [] if as_of is None else [entry.c.recorded_at <= int(as_of.timestamp())]


def _all(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    from sqlalchemy import and_

    return and_(*conditions)


def _cut(window: Window, outer: Window) -> tuple[int, int]:
    """The part of a window that lies in the outer one; the end is not after the begin where there is none."""
    (begin, end), (first, last) = _seconds(window), _seconds(outer)
    return max(begin, first), min(end, last)


def _seconds(window: Window) -> tuple[int, int]:
    return int(window.begin.timestamp()), int(window.end.timestamp())
