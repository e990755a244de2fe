# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The tables of what may be spent and what is promised, and of what was told of it (design/gate.md#budgets,
design/gate.md#overrides, design/reservations.md, design/alerts.md#when-an-alert-fires,
design/alerts.md#delivery).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table


def budget(metadata: MetaData) -> Table:
    """What may be spent per period (design/gate.md#budgets). categories, projects, tags and thresholds:
    JSON.
    """
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


def hold(metadata: MetaData) -> Table:
    """Money promised to a name; each time that the name is used anew is a generation
    (design/reservations.md).
    """
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


def hold_line(metadata: MetaData) -> Table:
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


def limit_override(metadata: MetaData) -> Table:
    """A limit raised once, for one reservation in one period (design/gate.md#overrides)."""
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


def override_use(metadata: MetaData) -> Table:
    """Which generation of its reservation used an override up.

    Apart, so that who may only add rows cannot undo it (design/gate.md#separation-of-duty).
    """
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


def alert(metadata: MetaData) -> Table:
    """A threshold that was reached (design/alerts.md#when-an-alert-fires).

    As long as it is not re-armed it is the mark that keeps the next one from being fired.

    round: goes up with every re-arming in one period. amount and limit_amount: exact text, in the currency,
    as they were.
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


def alert_acknowledged(metadata: MetaData) -> Table:
    """Which alerts a consumer took care of (design/alerts.md#delivery)."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "alert_acknowledged",
        metadata,
        Column("alert_id", Text, ForeignKey("alert.id"), primary_key=True),
        Column("consumer", Text, primary_key=True),
        Column("acknowledged_at", BigInteger, nullable=False),
        Column("acknowledged_by", Text, nullable=False),
    )
