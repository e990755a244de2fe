# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The table of usage records (design/records.md#taking-a-record)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table


def usage_record(metadata: MetaData) -> Table:
    """What a project or a system used at one moment (design/records.md#taking-a-record): rows are only ever
    added.

    key: its number in its system, NULL where that has none and the id is its number.
    """
    from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

    table = Table(
        "usage_record",
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("source", Text, nullable=False),
        Column("system", Text, nullable=False),
        Column("region", Text),
        Column("project_id", Text),
        Column("project_name", Text),
        Column("key", BigInteger),
        Column("created", BigInteger, nullable=False),
        Column("content", Text, nullable=False),
        Column("recorded_at", BigInteger, nullable=False),
        Column("recorded_by", Text, nullable=False),
    )
    Index("usage_record_once", table.c.source, table.c.system, table.c.key, unique=True)
    Index("usage_record_by_time", table.c.created)
    return table
