# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What costs are told apart by: category, project, currency, tags and so on. Stored once, referred to by number (rule L4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ansible_collections.finops.cloud.plugins.module_utils._store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Made once: json.dumps makes one for each call with options like these.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
#: The columns that make a set what it is, in the order of its fingerprint.
DIMENSIONS = ("charge_category", "category", "cloud", "region", "project_id", "project_name", "currency", "tags")
_dimensions = itemgetter(*DIMENSIONS)


def canonical_tags(tags: Mapping[str, str]) -> str:
    """The one JSON text of a tag set."""
    return _CANONICAL.encode(dict(tags))


def fingerprint(row: Mapping[str, Any]) -> str:
    """What names a dimension set for ever: SHA-256 over its columns. It is stored, so it changes only with the schema's version."""
    return sha256(json.dumps([row[name] for name in DIMENSIONS]).encode()).hexdigest()


def ids_of(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """The id of each row's dimension set, in the rows' order; sets that are missing are made.

    Writers come one after the other (rule L3), so nobody makes the same set in between.
    """
    # Thousands of rows have few sets: each is fingerprinted once.
    sets = [_dimensions(row) for row in rows]
    rows_of_sets = {one: dict(zip(DIMENSIONS, one, strict=True)) for one in set(sets)}
    fingerprints = {one: fingerprint(row) for one, row in rows_of_sets.items()}
    known = _known(connection, set(fingerprints.values()))
    missing = {name: rows_of_sets[one] for one, name in fingerprints.items() if name not in known}
    if missing:
        _make(connection, missing)
        made = _known(connection, set(missing))
        _make_tags(connection, {made[name]: row for name, row in missing.items()})
        known |= made
    ids = {one: known[name] for one, name in fingerprints.items()}
    return [ids[one] for one in sets]


def _known(connection: Connection, fingerprints: set[str]) -> dict[str, int]:
    from sqlalchemy import select

    table = tables().dimension_set
    statement = select(table.c.fingerprint, table.c.id).where(table.c.fingerprint.in_(sorted(fingerprints)))
    return {row.fingerprint: row.id for row in connection.execute(statement)}


def _make(connection: Connection, missing: Mapping[str, Mapping[str, Any]]) -> None:
    rows = [{"fingerprint": name, **{column: row[column] for column in DIMENSIONS}} for name, row in missing.items()]
    connection.execute(tables().dimension_set.insert(), rows)


def _make_tags(connection: Connection, made: Mapping[int, Mapping[str, Any]]) -> None:
    rows = [
        {"dimension_set_id": number, "name": name, "value": value}
        for number, row in made.items()
        for name, value in json.loads(row["tags"]).items()
    ]
    if rows:
        connection.execute(tables().tag.insert(), rows)
