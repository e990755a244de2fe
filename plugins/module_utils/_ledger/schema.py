# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's tables, the same on every database (design/ledger.md, design/money.md#amounts-in-the-ledger).

Moments are seconds since the epoch in UTC, amounts integers of 1e-9 units: both compare and sum exactly on
every database.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table


#: Goes up by one with every change of the tables; the ledger carries the number it was written with.
SCHEMA_VERSION = 4
#: The table that carries it: by it a ledger is known.
LEDGER_SCHEMA = "ledger_schema"


@dataclass(frozen=True)
class Tables:
    """The tables by name, and the metadata that creates them."""

    metadata: MetaData
    ledger_schema: Table
    dimension_set: Table
    tag: Table
    entry: Table
    roll_up: Table
    budget: Table
    feed: Table
    feed_window: Table
    feed_resource: Table
    feed_rate: Table
    feed_carried: Table
    feed_hours: Table
    hold: Table
    hold_line: Table
    limit_override: Table
    override_use: Table
    alert: Table
    alert_acknowledged: Table
    usage_record: Table


@cache
def tables() -> Tables:
    """Built on first use, so that a Python without SQLAlchemy can import this file
    (design/ansible.md#third-party-libraries).
    """
    from sqlalchemy import MetaData

    from . import schema_budgets, schema_costs, schema_feeds, schema_records

    metadata = MetaData()
    return Tables(
        metadata,
        ledger_schema=_ledger_schema(metadata),
        dimension_set=schema_costs.dimension_set(metadata),
        tag=schema_costs.tag(metadata),
        entry=schema_costs.entry(metadata),
        roll_up=schema_costs.roll_up(metadata),
        budget=schema_budgets.budget(metadata),
        feed=schema_feeds.feed(metadata),
        feed_window=schema_feeds.feed_window(metadata),
        feed_resource=schema_feeds.feed_resource(metadata),
        feed_rate=schema_feeds.feed_rate(metadata),
        feed_carried=schema_feeds.feed_carried(metadata),
        feed_hours=schema_feeds.feed_hours(metadata),
        hold=schema_budgets.hold(metadata),
        hold_line=schema_budgets.hold_line(metadata),
        limit_override=schema_budgets.limit_override(metadata),
        override_use=schema_budgets.override_use(metadata),
        alert=schema_budgets.alert(metadata),
        alert_acknowledged=schema_budgets.alert_acknowledged(metadata),
        usage_record=schema_records.usage_record(metadata),
    )


def _ledger_schema(metadata: MetaData) -> Table:
    from sqlalchemy import Column, Integer, Table

    return Table(LEDGER_SCHEMA, metadata, Column("version", Integer, nullable=False))
