# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What costs are told apart by: category, project, currency, tags and so on.

Stored once, referred to by number (design/ledger.md#roll-up).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Made once: json.dumps makes one for each call with options like these.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Dimensions(NamedTuple):
    """The columns that make a set what it is, in the order of its fingerprint. tags: canonical JSON."""

    charge_category: str
    category: str
    cloud: str | None
    region: str | None
    project_id: str | None
    project_name: str | None
    currency: str
    tags: str


DIMENSIONS = Dimensions._fields


def canonical_tags(tags: Mapping[str, str]) -> str:
    """The one JSON text of a tag set."""
    return _CANONICAL.encode(dict(tags))


def fingerprint(dimensions: Dimensions) -> str:
    """What names a dimension set for ever: SHA-256 over its columns.

    It is stored, so it changes only with the schema's version.
    """
    return sha256(json.dumps(dimensions).encode()).hexdigest()


def ids_of(connection: Connection, sets: Iterable[Dimensions]) -> dict[Dimensions, int]:
    """The id of each dimension set; sets that are missing are made.

    Writers come one after the other (design/ledger.md#one-writer-at-a-time), so nobody makes the same set in
    between.
    """
    # Thousands of rows have few sets: each is fingerprinted once.
    fingerprints = {one: fingerprint(one) for one in set(sets)}
    known = _known(connection, set(fingerprints.values()))
    missing = {name: one for one, name in fingerprints.items() if name not in known}
    if missing:
        _make(connection, missing)
        made = _known(connection, set(missing))
        _make_tags(connection, {made[name]: one for name, one in missing.items()})
        known |= made
    return {one: known[name] for one, name in fingerprints.items()}


def _known(connection: Connection, fingerprints: set[str]) -> dict[str, int]:
    from sqlalchemy import select

    table = tables().dimension_set
    statement = select(table.c.fingerprint, table.c.id).where(table.c.fingerprint.in_(sorted(fingerprints)))
    return {row.fingerprint: row.id for row in connection.execute(statement)}


def _make(connection: Connection, missing: Mapping[str, Dimensions]) -> None:
    rows = [{"fingerprint": name, **one._asdict()} for name, one in missing.items()]
    connection.execute(tables().dimension_set.insert(), rows)


def _make_tags(connection: Connection, made: Mapping[int, Dimensions]) -> None:
    rows = [
        {"dimension_set_id": number, "name": name, "value": value}
        for number, one in made.items()
        for name, value in json.loads(one.tags).items()
    ]
    if rows:
        connection.execute(tables().tag.insert(), rows)
