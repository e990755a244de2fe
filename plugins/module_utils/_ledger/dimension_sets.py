# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What costs are told apart by: category, project, currency, tags and so on.

Stored once, referred to by number (design/ledger.md#roll-up).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from .transaction import Transaction, insert, one_of, read

#: How many sets one statement looks up: fewer values than the oldest SQLite allows, which is 999.
_AT_ONCE = 900
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


def ids_of(transaction: Transaction, sets: Iterable[Dimensions]) -> dict[Dimensions, int]:
    """The id of each dimension set; sets that are missing are made.

    Writers come one after the other (design/ledger.md#one-writer-at-a-time), so nobody makes the
    same set in between.
    """
    # Thousands of rows have few sets: each is fingerprinted once.
    fingerprints = {one: fingerprint(one) for one in set(sets)}
    known = _known(transaction, sorted(fingerprints.values()))
    missing = {name: one for one, name in fingerprints.items() if name not in known}
    if missing:
        _make(transaction, missing)
        made = _known(transaction, sorted(missing))
        # On PostgreSQL a trigger keeps them (triggers.py).
        if not transaction.on_postgresql:
            _make_tags(transaction, {made[name]: one for name, one in missing.items()})
        known |= made
    return {one: known[name] for one, name in fingerprints.items()}


def known_ids(transaction: Transaction, sets: Iterable[Dimensions]) -> dict[Dimensions, int]:
    """ids_of() of those sets that are there."""
    fingerprints = {fingerprint(one): one for one in set(sets)}
    known = _known(transaction, sorted(fingerprints))
    return {fingerprints[name]: number for name, number in known.items()}


def _known(transaction: Transaction, fingerprints: Sequence[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for start in range(0, len(fingerprints), _AT_ONCE):
        listed, values = one_of(fingerprints[start : start + _AT_ONCE], "name")
        asked = f"SELECT fingerprint, id FROM dimension_set WHERE fingerprint IN ({listed})"  # noqa: S608
        known |= dict(read(transaction, asked, values))
    return known


def _make(transaction: Transaction, missing: Mapping[str, Dimensions]) -> None:
    rows = [{"fingerprint": name, **one._asdict()} for name, one in missing.items()]
    insert(transaction, "dimension_set", rows)


def _make_tags(transaction: Transaction, made: Mapping[int, Dimensions]) -> None:
    rows = [
        {"dimension_set_id": number, "name": name, "value": value}
        for number, one in made.items()
        for name, value in json.loads(one.tags).items()
    ]
    insert(transaction, "tag", rows)
