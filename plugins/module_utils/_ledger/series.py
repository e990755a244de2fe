# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What entries have in common, told once: what a cost is of, and a key without its moment
(design/ledger.md#layout).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from . import dimension_sets
from .dimension_sets import Dimensions
from .transaction import Transaction, copy_tuples, insert_tuples, one_of, read

#: How many one statement looks up: with the source fewer values than the oldest SQLite allows, which is 999.
_AT_ONCE = 900
#: How many ids a session remembers.
_REMEMBERED = 200_000
#: SQL of the next ids of keys that stand whole and of the others.
_FREE_KEY_IDS = (
    "SELECT (SELECT coalesce(min(id), 0) FROM entry_key WHERE id < 0) - 1,"
    " (SELECT coalesce(max(id), 0) FROM entry_key WHERE id > 0) + 1"
)


class CostSeries(NamedTuple):
    """What a cost is of. length_s: of the period of each entry."""

    dimensions: Dimensions
    length_s: int
    metric: str | None = None
    resource_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    unit: str | None = None
    description: str | None = None


class NumberedSeries(NamedTuple):
    """A series whose dimension set is told by number: the columns of the table, in the order of the
    fingerprint.
    """

    dimension_set_id: int
    length_s: int
    metric: str | None
    resource_id: str | None
    resource_name: str | None
    resource_type: str | None
    unit: str | None
    description: str | None

    @property
    def fingerprint(self) -> bytes:
        """What names it for ever: half of the SHA-256 over its columns, each with its length before it.
        PostgreSQL checks it (entry_triggers.py).
        """
        number, length_s, *texts = self
        told = [f"{number}/{length_s}/", *("-" if one is None else f"{len(one)}:{one}" for one in texts)]
        return sha256("".join(told).encode()).digest()[:16]


def fingerprint_on_postgresql(length_s: str, row: str = "") -> str:
    """SQL of NumberedSeries.fingerprint. length_s: SQL of that column. row: what stands before the others."""
    texts = (
        f"coalesce(length({row}{name}) || ':' || {row}{name}, '-')" for name in NumberedSeries._fields[2:]
    )
    told = f"{row}dimension_set_id || '/' || {length_s} || '/' || {' || '.join(texts)}"
    return f"substr(sha256(convert_to({told}, 'UTF8')), 1, 16)"


class EntryKey(NamedTuple):
    """A key without its moment. moment_length: how many characters of the begin of an entry's period, as
    2026-11-21T05:00:00Z, stand before the stem; 0 of a key that stands whole.
    """

    source: str
    stem: str
    moment_length: int = 0


class Placed(NamedTuple):
    """The ids of a series and of its dimension set."""

    series_id: int
    dimension_set_id: int


def series_ids(
    transaction: Transaction, wanted: Iterable[CostSeries], make: bool = True
) -> dict[CostSeries, Placed]:
    """The ids of each series; those that are missing are made, or left out.

    Writers come one after the other (design/ledger.md#one-writer-at-a-time), so nobody makes the same one in
    between.
    """
    remembered = _remembered(transaction)
    unique = set(wanted)
    found = {one: remembered[one] for one in unique if one in remembered}
    others = unique - found.keys()
    if not others:
        return found
    sets = {one.dimensions for one in others}
    numbers = (dimension_sets.ids_of if make else dimension_sets.known_ids)(transaction, sets)
    numbered = {
        one: NumberedSeries(numbers[one.dimensions], *one[1:]) for one in others if one.dimensions in numbers
    }
    ids = numbered_ids(transaction, numbered.values(), make)
    placed = {
        one: Placed(ids[columns], columns.dimension_set_id)
        for one, columns in numbered.items()
        if columns in ids
    }
    remembered.update(placed)
    return found | placed


def numbered_ids(
    transaction: Transaction, wanted: Iterable[NumberedSeries], make: bool = True
) -> dict[NumberedSeries, int]:
    """series_ids() of series whose dimension sets have a number."""
    remembered = _remembered(transaction)
    unique = set(wanted)
    found = {one: remembered[one] for one in unique if one in remembered}
    names = {one.fingerprint: one for one in unique - found.keys()}
    known = _known_series(transaction, sorted(names))
    missing = [(name, *one) for name, one in names.items() if name not in known] if make else []
    if missing:
        _insert(transaction, "series", ("fingerprint", *NumberedSeries._fields), missing)
        known |= _known_series(transaction, sorted(name for name, *_columns in missing))
    looked_up = {names[name]: number for name, number in known.items()}
    remembered.update(looked_up)
    return found | looked_up


def key_ids(transaction: Transaction, wanted: Iterable[EntryKey], make: bool = True) -> dict[EntryKey, int]:
    """The id of each key, below zero of those that stand whole; those that are missing are made, or left
    out.
    """
    remembered = _remembered(transaction)
    unique = set(wanted)
    found = {one: remembered[one] for one in unique if one in remembered}
    others = unique - found.keys()
    if not others:
        return found
    known = _known_keys(transaction, others)
    missing = sorted(others - known.keys()) if make else []
    if missing:
        known |= _made_keys(transaction, missing)
    remembered.update(known)
    return found | known


def _remembered(transaction: Transaction) -> dict[Any, Any]:
    remembered = transaction.remembered
    if len(remembered) > _REMEMBERED:
        remembered.clear()
    return remembered


def _known_series(transaction: Transaction, fingerprints: Sequence[bytes]) -> dict[bytes, int]:
    known: dict[bytes, int] = {}
    for start in range(0, len(fingerprints), _AT_ONCE):
        listed, values = one_of(fingerprints[start : start + _AT_ONCE], "name")
        asked = f"SELECT fingerprint, id FROM series WHERE fingerprint IN ({listed})"  # noqa: S608
        known |= {bytes(name): number for name, number in read(transaction, asked, values)}
    return known


def _known_keys(transaction: Transaction, wanted: Collection[EntryKey]) -> dict[EntryKey, int]:
    alike: dict[tuple[str, int], list[str]] = {}
    for one in wanted:
        alike.setdefault((one.source, one.moment_length), []).append(one.stem)
    known: dict[EntryKey, int] = {}
    for (source, moment_length), stems in alike.items():
        for start in range(0, len(stems), _AT_ONCE):
            listed, values = one_of(stems[start : start + _AT_ONCE], "stem")
            asked = (
                "SELECT stem, id FROM entry_key WHERE source = :source"  # noqa: S608
                f" AND stem IN ({listed}) AND moment_length = {moment_length}"
            )
            for stem, number in read(transaction, asked, {**values, "source": source}):
                known[EntryKey(source, stem, moment_length)] = number
    return known


def _made_keys(transaction: Transaction, missing: Sequence[EntryKey]) -> dict[EntryKey, int]:
    if transaction.on_postgresql:
        # A trigger numbers them (entry_triggers.py).
        copy_tuples(transaction, "entry_key", EntryKey._fields, missing)
        return _known_keys(transaction, missing)
    ((lowest, highest),) = read(transaction, _FREE_KEY_IDS)
    made: dict[EntryKey, int] = {}
    for one in missing:
        if one.moment_length:
            made[one] = highest
            highest += 1
        else:
            made[one] = lowest
            lowest -= 1
    rows = [(number, *one) for one, number in made.items()]
    insert_tuples(transaction, "entry_key", ("id", *EntryKey._fields), rows)
    return made


def _insert(
    transaction: Transaction, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows: on PostgreSQL by one statement, as triggers run once for each."""
    (copy_tuples if transaction.on_postgresql else insert_tuples)(transaction, table, columns, rows)
