# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The tables of what was spent (design/ledger.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table


def dimension_set(metadata: MetaData) -> Table:
    """What costs are told apart by, tags included: entries share few of them, so that sums group by one small
    number.

    fingerprint: of all the other columns; a unique index over them would not hold where one is NULL, nor for
    long tags. tags: canonical JSON.
    """
    from sqlalchemy import BigInteger, Column, Integer, Table, Text

    return Table(
        "dimension_set",
        metadata,
        # SQLite gives row ids only to a column of exactly this type.
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("fingerprint", Text, nullable=False, unique=True),
        Column("charge_category", Text, nullable=False),
        Column("category", Text, nullable=False),
        Column("cloud", Text),
        Column("region", Text),
        Column("project_id", Text),
        Column("project_name", Text),
        Column("currency", Text, nullable=False),
        Column("tags", Text, nullable=False),
    )


def tag(metadata: MetaData) -> Table:
    """The tags of a dimension set once more, one by one: to choose and to group by."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "tag",
        metadata,
        Column(
            "dimension_set_id",
            BigInteger,
            ForeignKey("dimension_set.id"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )


def entry(metadata: MetaData) -> Table:
    """Append-only: a row is never changed. reverses: the id of the row that a negative row takes back."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

    entry = Table(
        "entry",
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("source", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("reverses", BigInteger, ForeignKey("entry.id")),
        Column("dimension_set_id", BigInteger, ForeignKey("dimension_set.id"), nullable=False),
        Column("metric", Text),
        Column("resource_id", Text),
        Column("resource_name", Text),
        Column("resource_type", Text),
        Column("period_begin", BigInteger, nullable=False),
        Column("period_end", BigInteger, nullable=False),
        Column("quantity", Text),
        Column("unit", Text),
        Column("amount_nano", BigInteger, nullable=False),
        Column("description", Text),
        Column("recorded_at", BigInteger, nullable=False),
        Column("recorded_by", Text, nullable=False),
    )
    # One reversal and one new row per version: the first has `reverses`, the second has none.
    Index("entry_once", entry.c.source, entry.c.key, entry.c.version, entry.c.reverses.is_(None), unique=True)
    # Partial, as SQLite would otherwise look a key up among all the rows that reverse nothing. Not on
    # PostgreSQL, which does not, as SQLAlchemy would load that dialect for every table that names it, a
    # quarter of what a task on SQLite loads.
    Index("entry_reversed_once", entry.c.reverses, unique=True, sqlite_where=entry.c.reverses.is_not(None))
    # All that a sum over rows needs, so that it reads the index alone: rows of one time lie anywhere in a
    # large table.
    summed = (
        entry.c.id,
        entry.c.dimension_set_id,
        entry.c.amount_nano,
        entry.c.reverses,
        entry.c.recorded_at,
    )
    Index("entry_by_time", entry.c.period_begin, *summed)
    return entry


def roll_up(metadata: MetaData) -> Table:
    """The entries' sums per bucket of UTC time and dimension set (design/ledger.md#roll-up). entry_count:
    valid entries, a reversal counts -1.
    """
    from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, Table

    return Table(
        "roll_up",
        metadata,
        Column("bucket_s", Integer, primary_key=True, autoincrement=False),
        Column("bucket_begin", BigInteger, primary_key=True, autoincrement=False),
        Column(
            "dimension_set_id",
            BigInteger,
            ForeignKey("dimension_set.id"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("amount_nano", BigInteger, nullable=False),
        Column("entry_count", BigInteger, nullable=False),
        # Beyond 64 bits SQLite's addition goes on as a float, without a word.
        CheckConstraint(
            "amount_nano BETWEEN -9223372036854775807 AND 9223372036854775807", name="amount_fits_in_64_bits"
        ),
        sqlite_with_rowid=False,
    )
