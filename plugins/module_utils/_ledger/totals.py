# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Sums and lists of what the ledger holds: exact, by anything that entries carry, as of now or of then
(design/ledger.md#append-only, design/ledger.md#roll-up, design/money.md#amounts-in-the-ledger).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from .._core.periods import Window, moment_of
from . import archived_months, in_force, roll_up
from .commit_clock import to_microseconds
from .dimension_sets import DIMENSIONS
from .dimension_sums import NumberedPart, per_set, refuse_archived
from .transaction import Transaction, one_of, read, read_by_name

#: What sums can be grouped by besides `tag:<name>`: those that the roll-up knows, and those for which the
#: entries have to be read.
ROLLED_UP = ("category", "charge_category", "cloud", "region", "project", "project_name")
OF_ENTRIES = ("source", "metric", "resource", "resource_name", "resource_type", "quantity", "unit")
#: What tells every amount apart, in 1e-9, and entries from reversals: for who divides each.
OF_EACH = ("amount", "reversal")
TAG = "tag:"
#: SQL of what sums are grouped by under a name; a project and a resource by its id, else its name.
_PROJECT = "coalesce(dimension_set.project_id, dimension_set.project_name)"
_RESOURCE = "coalesce(resource_id, resource_name)"
#: And of what the entries are read for.
_OF_ROWS = {
    **{name: name for name in OF_ENTRIES},
    "resource": _RESOURCE,
    "amount": "CAST(amount_nano AS TEXT)",
    "reversal": "CASE WHEN reverses IS NULL THEN 'no' ELSE 'yes' END",
}
_KEYS = {
    **{name: f"dimension_set.{name}" for name in DIMENSIONS},
    **{name: f"summed.{name}" for name in (*OF_ENTRIES, *OF_EACH)},
    "project": _PROJECT,
}
#: Summed by dimension set first, of which there are few, then by what was asked for. Where everything was
#: taken back, or moved elsewhere, nothing is.
_GROUPED = """
SELECT {groups}, SUM(summed.whole), SUM(summed.rest_nano), SUM(summed.entry_count)
FROM ({summed}
) AS summed
JOIN dimension_set ON dimension_set.id = summed.dimension_set_id{tags}
WHERE {conditions}
GROUP BY {groups}
HAVING SUM(summed.entry_count) <> 0"""
_TAG_OF_SET = (
    " LEFT JOIN tag AS {alias} ON {alias}.dimension_set_id = dimension_set.id AND {alias}.name = :{alias}"
)
#: First which rows, from the index of time, then these few whole.
_PAGE = """
SELECT {columns}
FROM (
    SELECT entry.id AS chosen_id FROM entry JOIN dimension_set ON dimension_set.id = entry.dimension_set_id
    WHERE {conditions} ORDER BY entry.id LIMIT :page_limit
) AS chosen
JOIN entry ON entry.id = chosen_id
JOIN dimension_set ON dimension_set.id = entry.dimension_set_id
ORDER BY entry.id"""
_FIRST_BUCKET = " UNION ALL ".join(
    f"SELECT * FROM (SELECT bucket_begin FROM {buckets}"  # noqa: S608
    " AND bucket_s = :bucket_s AND entry_count <> 0 ORDER BY bucket_begin LIMIT 1) AS first"
    for buckets in ("roll_up WHERE true", f"roll_up_waiting WHERE {in_force.counts()}")
)
_Values: TypeAlias = dict[str, Any]


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
    transaction: Transaction, selection: Selection, by: Sequence[str] = (), as_of: datetime | None = None
) -> list[Total]:
    """The sums of the selected entries per value of `by` and currency, ordered by them; integer arithmetic in
    the database, so exact.

    by: of ROLLED_UP, OF_ENTRIES, OF_EACH, or tag:<name>. as_of: by what was recorded up to and including that
    moment.
    """
    return by_time(transaction, selection, [selection.window], by, as_of)[0]


def by_time(
    transaction: Transaction,
    selection: Selection,
    windows: Sequence[Window],
    by: Sequence[str] = (),
    as_of: datetime | None = None,
) -> list[list[Total]]:
    """totals() for each of these windows (local days, say), as far as it lies in the
    selection's, with one statement.

    Raises LedgerError where entries have to be read that are archived.
    """
    rows_needed = as_of is not None or any(name in _OF_ROWS for name in by) or bool(_of_entries(selection)[0])
    cut = [_cut(window, selection.window) for window in windows]
    parts = [
        (number, part)
        for number, (begin, end) in enumerate(cut)
        for part in roll_up.parts(begin, end, () if rows_needed else roll_up.BUCKETS_S)
    ]
    found: list[list[Total]] = [[] for _window in windows]
    if not parts:
        return found
    refuse_archived(transaction, parts)
    asked, values = _grouped(transaction, selection, parts, by, as_of)
    for number, *keys, currency, whole, rest_nano, entry_count in read(transaction, asked, values):
        named = dict(zip(by, keys, strict=True))
        found[number].append(Total(named, currency, roll_up.in_nano(whole, rest_nano), int(entry_count)))
    # Not by the database: each sorts text by rules of its own.
    return [sorted(of_window, key=_sort_key) for of_window in found]


def first_begin(transaction: Transaction) -> datetime | None:
    """The begin of the quarter of an hour in which the first cost of all begins; None without one."""
    found = read(transaction, _FIRST_BUCKET, {"bucket_s": roll_up.BUCKETS_S[-1]})
    return moment_of(min(begin for (begin,) in found)) if found else None


def _sort_key(total: Total) -> tuple[Any, ...]:
    return *((value is not None, value or "") for value in total.keys.values()), total.currency


def rows(
    transaction: Transaction,
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
    including that moment. Raises LedgerError where entries of the window are archived.
    """
    archived_months.refuse_window(transaction, selection.window)
    # Here, as sums need nothing of it, and a task compiles what it imports.
    from .entries import STORED, STORED_COLUMNS

    conditions, values = selected(selection, as_of)
    if after is not None:
        conditions += " AND entry.id > :page_after"
        values["page_after"] = after
    if valid_only:
        conditions += f" AND {valid(as_of)}"
    asked = _PAGE.format(columns=STORED_COLUMNS, conditions=conditions)
    return read_by_name(transaction, STORED, asked, {**values, "page_limit": limit})


def selected(selection: Selection, as_of: datetime | None) -> tuple[str, _Values]:
    """The selection's condition on entries joined with their dimension sets, by what was recorded up to then,
    and its values, among which as_of is where it is named.
    """
    begin, end = _seconds(selection.window)
    of_entries, entry_values = _of_entries(selection)
    of_dimensions, dimension_values = _of_dimensions(selection)
    recorded, recorded_values = _recorded_by("entry", as_of)
    in_time = "entry.period_begin >= :first AND entry.period_begin < :behind_last"
    return " AND ".join([in_time, *of_entries, *of_dimensions, *recorded]), {
        "first": begin,
        "behind_last": end,
        **entry_values,
        **dimension_values,
        **recorded_values,
    }


def valid(as_of: datetime | None) -> str:
    """The condition on entries that are no reversal and that none takes back, by what was recorded up to
    then; its values are those of selected().
    """
    recorded, _values = _recorded_by("reversal", as_of)
    taken_back = " AND ".join(["reversal.reverses = entry.id", *recorded])
    reversal = f"SELECT 1 FROM entry_row AS reversal WHERE {taken_back}"  # noqa: S608
    return f"entry.reverses IS NULL AND NOT EXISTS ({reversal})"


def _grouped(
    transaction: Transaction,
    selection: Selection,
    parts: Sequence[NumberedPart],
    by: Sequence[str],
    as_of: datetime | None,
) -> tuple[str, _Values]:
    """A SELECT of the window's number, keys, currency, sum (whole units, rest) and count, and its values."""
    tags = {name: f"tag_{number}" for number, name in enumerate(by) if name.startswith(TAG)}
    keys = [_key(name, tags) for name in by]
    of_entries, entry_values = _of_entries(selection)
    recorded, recorded_values = _recorded_by("", as_of)
    of_dimensions, dimension_values = _of_dimensions(selection)
    entry_keys = [(name, _OF_ROWS[name]) for name in by if name in _OF_ROWS]
    summed = per_set(parts, transaction.on_postgresql, entry_keys, [*of_entries, *recorded])
    return _GROUPED.format(
        groups=", ".join(["summed.window_number", *keys, "dimension_set.currency"]),
        summed=summed,
        tags="".join(_TAG_OF_SET.format(alias=alias) for alias in tags.values()),
        conditions=" AND ".join(of_dimensions) or "1 = 1",
    ), {
        **entry_values,
        **recorded_values,
        **dimension_values,
        **{alias: name.removeprefix(TAG) for name, alias in tags.items()},
    }


def _key(name: str, tags: Mapping[str, str]) -> str:
    """The SQL of what sums are grouped by under that name; KeyError where there is no such group."""
    return f"{tags[name]}.value" if name in tags else _KEYS[name]


def _of_dimensions(selection: Selection) -> tuple[list[str], _Values]:
    """The selection's conditions on dimension sets, and their values."""
    lists = {
        "dimension_set.category": selection.categories,
        "dimension_set.charge_category": selection.charge_categories,
        "dimension_set.cloud": selection.clouds,
        "dimension_set.region": selection.regions,
    }
    conditions, values = _in_lists(lists)
    if selection.projects is not None:
        listed, named = one_of(selection.projects, "project")
        conditions.append(
            f"(dimension_set.project_id IN ({listed}) OR dimension_set.project_name IN ({listed}))"
        )
        values |= named
    for number, (name, value) in enumerate(selection.tags.items()):
        conditions.append(
            f"dimension_set.id IN (SELECT dimension_set_id FROM tag"  # noqa: S608
            f" WHERE name = :tag_name_{number} AND value = :tag_value_{number})"
        )
        values |= {f"tag_name_{number}": name, f"tag_value_{number}": value}
    return conditions, values


def _of_entries(selection: Selection) -> tuple[list[str], _Values]:
    """The selection's conditions on what only the entries know, and their values."""
    # Joined to nothing, as SQLite would otherwise look the sources up, which have the rows of all time, and
    # that for every window.
    conditions, values = _in_lists({"(source || '')": selection.sources, "metric": selection.metrics})
    if selection.resources is not None:
        listed, named = one_of(selection.resources, "resource")
        conditions.append(f"(resource_id IN ({listed}) OR resource_name IN ({listed}))")
        values |= named
    return conditions, values


def _in_lists(lists: Mapping[str, Sequence[str] | None]) -> tuple[list[str], _Values]:
    """The conditions that each of these is one of its list, None for any, and their values."""
    conditions, values = list[str](), _Values()
    for number, (column, wanted) in enumerate(lists.items()):
        if wanted is not None:
            listed, named = one_of(wanted, "".join(filter(str.isalpha, column)) + f"_{number}")
            conditions.append(f"{column} IN ({listed})")
            values |= named
    return conditions, values


def _recorded_by(table: str, as_of: datetime | None) -> tuple[list[str], _Values]:
    counted = in_force.counts(table, then=as_of is not None)
    if as_of is None:
        return [counted], {}
    column = f"{table}.recorded_at" if table else "recorded_at"
    return [f"{column} <= :as_of", counted], {"as_of": to_microseconds(as_of)}


def _cut(window: Window, outer: Window) -> tuple[int, int]:
    """The part of a window that lies in the outer one; the end is not after the begin where there is none."""
    (begin, end), (first, last) = _seconds(window), _seconds(outer)
    return max(begin, first), min(end, last)


def _seconds(window: Window) -> tuple[int, int]:
    return int(window.begin.timestamp()), int(window.end.timestamp())
