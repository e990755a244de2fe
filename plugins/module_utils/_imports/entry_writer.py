# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Writing entries by their names, or telling in check mode what that would do
(design/ledger.md#append-only).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from .._ledger import archived_months, entries, sql

#: Source and key: what names an entry for ever.
Name: TypeAlias = "tuple[str, str]"


@dataclass(frozen=True)
class Signature:
    """Who writes, and when."""

    now: datetime
    recorded_by: str


def opened(
    options: sql.LedgerOptions, check_mode: bool, creates: bool = True
) -> AbstractContextManager[sql.Ledger] | nullcontext[None]:
    """The ledger in one transaction, in check mode to read only; None is the empty one that would be created.

    creates: false refuses a missing ledger, whose URL must be wrong. Raises LedgerError.
    """
    if check_mode:
        return nullcontext() if creates and not sql.exists(options) else sql.reading(options)
    if not creates:
        with sql.reading(options):
            pass
    return sql.writing(options)


def write(
    ledger: sql.Ledger | None, batch: Sequence[entries.Entry], signature: Signature, check_mode: bool
) -> list[entries.WrittenEntry]:
    """Record each entry, correct the one of its name, or find it unchanged. Raises LedgerError."""
    if ledger is not None and not check_mode:
        return entries.write_all(ledger.connection, batch, signature.now, signature.recorded_by)
    names = [(entry.source, entry.key) for entry in batch]
    if ledger is not None:
        begins = (int(entry.period.begin.timestamp()) for entry in batch)
        archived_months.refuse_rows(ledger.connection, begins, ())
    valid, versions = _stored(ledger, names)
    planned = []
    for name, entry in zip(names, batch, strict=True):
        version, outcome = entries.next_version(valid.get(name), entry)
        # A key that was taken back continues its count.
        planned.append(
            entries.WrittenEntry(outcome, version if name in valid else versions.get(name, 0) + version)
        )
    return planned


def take_back(
    ledger: sql.Ledger | None, names: Sequence[Name], signature: Signature, check_mode: bool
) -> list[entries.WrittenEntry]:
    """Reverse what is valid under each name; unchanged if nothing is. Raises LedgerError."""
    if ledger is not None and not check_mode:
        return [
            entries.take_back(ledger.connection, *name, signature.now, signature.recorded_by)
            for name in names
        ]
    valid, versions = _stored(ledger, names)
    return [
        entries.WrittenEntry(entries.REVERSED, versions[name] + 1)
        if name in valid
        else entries.WrittenEntry(entries.UNCHANGED, versions.get(name, 0))
        for name in names
    ]


def _stored(
    ledger: sql.Ledger | None, names: Sequence[Name]
) -> tuple[dict[Name, dict[str, Any]], Mapping[Name, int]]:
    """The valid row of each name, and the newest version that each ever had."""
    if ledger is None:
        return {}, {}
    return entries.current_all(ledger.connection, names), entries.last_versions(ledger.connection, names)
