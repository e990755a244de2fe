# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's tables, the same on every database (rules L1 to L4 and M2 of docs/rules.md).

Moments are seconds since the epoch in UTC, amounts integers of 1e-9 units: both compare and sum exactly on every database.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ansible_collections.finops.cloud.plugins.module_utils._store.schema_records import usage_record

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
    """Built on first use, so that a Python without SQLAlchemy can import this file (rule W2)."""
    from sqlalchemy import MetaData

    metadata = MetaData()
    return Tables(
        metadata,
        ledger_schema=_ledger_schema(metadata),
        dimension_set=_dimension_set(metadata),
        tag=_tag(metadata),
        entry=_entry(metadata),
        roll_up=_roll_up(metadata),
        budget=_budget(metadata),
        feed=_feed(metadata),
        feed_window=_feed_window(metadata),
        feed_resource=_feed_resource(metadata),
        feed_rate=_feed_rate(metadata),
        feed_carried=_feed_carried(metadata),
        feed_hours=_feed_hours(metadata),
        hold=_hold(metadata),
        hold_line=_hold_line(metadata),
        limit_override=_limit_override(metadata),
        override_use=_override_use(metadata),
        alert=_alert(metadata),
        alert_acknowledged=_alert_acknowledged(metadata),
        usage_record=usage_record(metadata),
    )


def _ledger_schema(metadata: MetaData) -> Table:
    from sqlalchemy import Column, Integer, Table

    return Table(LEDGER_SCHEMA, metadata, Column("version", Integer, nullable=False))


def _dimension_set(metadata: MetaData) -> Table:
    """What costs are told apart by, tags included: entries share few of them, so that sums group by one small number.

    fingerprint: of all the other columns; a unique index over them would not hold where one is NULL, nor for long tags.
    tags: canonical JSON.
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


def _tag(metadata: MetaData) -> Table:
    """The tags of a dimension set once more, one by one: to choose and to group by."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "tag",
        metadata,
        Column("dimension_set_id", BigInteger, ForeignKey("dimension_set.id"), primary_key=True, autoincrement=False),
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )


def _entry(metadata: MetaData) -> Table:
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
    # Partial, as SQLite would otherwise look a key up among all the rows that reverse nothing. Not on PostgreSQL, which does not, as
    # SQLAlchemy would load that dialect for every table that names it, a quarter of what a task on SQLite loads.
    Index("entry_reversed_once", entry.c.reverses, unique=True, sqlite_where=entry.c.reverses.is_not(None))
    # All that a sum over rows needs, so that it reads the index alone: rows of one time lie anywhere in a large table.
    summed = (entry.c.id, entry.c.dimension_set_id, entry.c.amount_nano, entry.c.reverses, entry.c.recorded_at)
    Index("entry_by_time", entry.c.period_begin, *summed)
    return entry


def _roll_up(metadata: MetaData) -> Table:
    """The entries' sums per bucket of UTC time and dimension set (rule L4). entry_count: valid entries, a reversal counts -1."""
    from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, Table

    return Table(
        "roll_up",
        metadata,
        Column("bucket_s", Integer, primary_key=True, autoincrement=False),
        Column("bucket_begin", BigInteger, primary_key=True, autoincrement=False),
        Column("dimension_set_id", BigInteger, ForeignKey("dimension_set.id"), primary_key=True, autoincrement=False),
        Column("amount_nano", BigInteger, nullable=False),
        Column("entry_count", BigInteger, nullable=False),
        # Beyond 64 bits SQLite's addition goes on as a float, without a word.
        CheckConstraint(
            "amount_nano BETWEEN -9223372036854775807 AND 9223372036854775807", name="amount_fits_in_64_bits"
        ),
        sqlite_with_rowid=False,
    )


def _budget(metadata: MetaData) -> Table:
    from sqlalchemy import BigInteger, Column, Integer, Table, Text

    return Table(
        "budget",
        metadata,
        Column("name", Text, primary_key=True),
        Column("limit_nano", BigInteger, nullable=False),
        Column("currency", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("timezone", Text, nullable=False),
        Column("first_day", Integer, nullable=False),
        Column("anchor_day", Integer, nullable=False),
        Column("anchor_month", Integer, nullable=False),
        Column("period_begin", BigInteger),
        Column("period_end", BigInteger),
        Column("fed_by", Text, nullable=False),
        Column("basis", Text, nullable=False),
        Column("max_staleness_s", BigInteger, nullable=False),
        Column("categories", Text, nullable=False),
        Column("projects", Text, nullable=False),
        Column("tags", Text, nullable=False),
        Column("thresholds", Text, nullable=False),
    )


def _feed(metadata: MetaData) -> Table:
    """told_by: cloudkitty or vergeos. retired: it ended and brings no more cost.

    credit_due_from: begin of the first month whose free tier is to be reckoned anew.

    revision: goes up with every change, so that a writer sees with one look whether another one came in between.
    """
    from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, UniqueConstraint

    return Table(
        "feed",
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("told_by", Text, nullable=False),
        Column("auth_url", Text, nullable=False),
        Column("region", Text, nullable=False),
        Column("project_id", Text, nullable=False),
        Column("cloud", Text),
        Column("project_name", Text, nullable=False),
        Column("currency", Text, nullable=False),
        Column("collect_period_s", Integer, nullable=False),
        Column("rated_through", BigInteger, nullable=False),
        Column("retired", Boolean, nullable=False),
        Column("credit_due_from", BigInteger),
        Column("revision", Integer, nullable=False),
        UniqueConstraint("auth_url", "region", "project_id"),
    )


def _feed_window(metadata: MetaData) -> Table:
    """What was imported completely, and in which form; windows of one feed and form that touch are one row."""
    from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Table, Text

    return Table(
        "feed_window",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("begin", BigInteger, primary_key=True),
        Column("end", BigInteger, nullable=False),
        Column("resolution", Text, nullable=False),
        Column("grouping", Text, nullable=False),
        Column("tagged", Boolean, nullable=False),
    )


def _feed_resource(metadata: MetaData) -> Table:
    """What a feed's resources were called and tagged when they were last seen: a deleted one is in no list any more (rule F2)."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "feed_resource",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("resource_id", Text, primary_key=True),
        Column("type", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("tags", Text, nullable=False),
    )


def _feed_rate(metadata: MetaData) -> Table:
    """The cost of the feed's newest rated period, by category and tag set (rule F3)."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "feed_rate",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("category", Text, primary_key=True),
        Column("tags", Text, primary_key=True),
        Column("amount_nano", BigInteger, nullable=False),
    )


def _feed_carried(metadata: MetaData) -> Table:
    """Every category and tag key that the feed ever carried (rule G4). kind: category or tag."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "feed_carried",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("name", Text, primary_key=True),
    )


def _feed_hours(metadata: MetaData) -> Table:
    """What the feed's newest rated periods cost each, by category and tag set (rule A3). amounts: JSON in 1e-9, oldest first, of every row
    as many and of the same periods."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "feed_hours",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("category", Text, primary_key=True),
        Column("tags", Text, primary_key=True),
        Column("amounts", Text, nullable=False),
    )


def _hold(metadata: MetaData) -> Table:
    """Money promised to a name; each time that the name is used anew is a generation (rules H1 to H3)."""
    from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

    hold = Table(
        "hold",
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("name", Text, nullable=False),
        Column("generation", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("settled_by", Text, nullable=False),
        Column("counts_at", BigInteger, nullable=False),
        Column("held_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("committed_at", BigInteger),
        Column("forced", Boolean, nullable=False),
        Column("settled", Boolean, nullable=False),
        Column("recorded_by", Text, nullable=False),
        UniqueConstraint("name", "generation"),
    )
    # A gate reads those that can still count, however many there were.
    Index("hold_counting", hold.c.state, hold.c.settled, hold.c.expires_at)
    return hold


def _hold_line(metadata: MetaData) -> Table:
    """What a hold is made of. stage: held or committed; a commit's lines stand beside those that were held."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

    return Table(
        "hold_line",
        metadata,
        Column("hold_id", BigInteger, ForeignKey("hold.id"), primary_key=True),
        Column("stage", Text, primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("amount_nano", BigInteger, nullable=False),
        Column("currency", Text, nullable=False),
        Column("category", Text),
        Column("project", Text),
        Column("tags", Text, nullable=False),
        Column("period", Text, nullable=False),
    )


def _limit_override(metadata: MetaData) -> Table:
    """A limit raised once, for one reservation in one period (rule G6)."""
    from sqlalchemy import BigInteger, Column, Table, Text

    return Table(
        "limit_override",
        metadata,
        Column("budget", Text, primary_key=True),
        Column("period_id", Text, primary_key=True),
        Column("reservation", Text, primary_key=True),
        Column("amount_nano", BigInteger, nullable=False),
        Column("reason", Text, nullable=False),
        Column("approved_by", Text, nullable=False),
        Column("until", BigInteger, nullable=False),
        Column("recorded_at", BigInteger, nullable=False),
        Column("recorded_by", Text, nullable=False),
    )


def _override_use(metadata: MetaData) -> Table:
    """Which generation of its reservation used an override up. Apart, so that who may only add rows cannot undo it (rule G7)."""
    from sqlalchemy import BigInteger, Column, Integer, Table, Text

    return Table(
        "override_use",
        metadata,
        Column("budget", Text, primary_key=True),
        Column("period_id", Text, primary_key=True),
        Column("reservation", Text, primary_key=True),
        Column("generation", Integer, nullable=False),
        Column("consumed_at", BigInteger, nullable=False),
    )


def _alert(metadata: MetaData) -> Table:
    """A threshold that was reached (rule A1). As long as it is not re-armed it is the mark that keeps the next one from being fired.

    round: goes up with every re-arming in one period. amount and limit_amount: exact text, in the currency, as they were.
    """
    from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, UniqueConstraint

    return Table(
        "alert",
        metadata,
        Column("id", Text, primary_key=True),
        Column("budget", Text, nullable=False),
        Column("period_id", Text, nullable=False),
        Column("basis", Text, nullable=False),
        Column("threshold", Text, nullable=False),
        Column("round", Integer, nullable=False),
        Column("period_begin", BigInteger, nullable=False),
        Column("period_end", BigInteger, nullable=False),
        Column("amount", Text, nullable=False),
        Column("limit_amount", Text, nullable=False),
        Column("currency", Text, nullable=False),
        Column("at_least", Boolean, nullable=False),
        Column("message", Text, nullable=False),
        Column("fired_at", BigInteger, nullable=False, index=True),
        Column("rearmed_at", BigInteger),
        Column("recorded_by", Text, nullable=False),
        UniqueConstraint("budget", "period_id", "basis", "threshold", "round"),
    )


def _alert_acknowledged(metadata: MetaData) -> Table:
    """Which alerts a consumer took care of (rule A2)."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "alert_acknowledged",
        metadata,
        Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
        Column("consumer", Text, primary_key=True),
        Column("acknowledged_at", BigInteger, nullable=False),
        Column("acknowledged_by", Text, nullable=False),
    )
