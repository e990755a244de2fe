# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The tables of what was imported, from where, up to when (design/imports.md, design/alerts.md#forecast)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table


def feed(metadata: MetaData) -> Table:
    """told_by: cloudkitty or vergeos. retired: it ended and brings no more cost.

    credit_due_from: begin of the first month whose free tier is to be reckoned anew.

    revision: goes up with every change, so that a writer sees with one look whether another one came in
    between.
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


def feed_window(metadata: MetaData) -> Table:
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


def feed_resource(metadata: MetaData) -> Table:
    """What a feed's resources were called and tagged when they were last seen: a deleted one is in no list
    any more (design/imports.md#tags).
    """
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


def feed_rate(metadata: MetaData) -> Table:
    """The cost of the feed's newest rated period, by category and tag set (design/imports.md#run-rate)."""
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "feed_rate",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("category", Text, primary_key=True),
        Column("tags", Text, primary_key=True),
        Column("amount_nano", BigInteger, nullable=False),
    )


def feed_carried(metadata: MetaData) -> Table:
    """Every category and tag key that the feed ever carried (design/gate.md#coverage). kind: category or
    tag.
    """
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "feed_carried",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("name", Text, primary_key=True),
    )


def feed_hours(metadata: MetaData) -> Table:
    """What the feed's newest rated periods cost each, by category and tag set (design/alerts.md#forecast).
    amounts: JSON in 1e-9, oldest first, of every row as many and of the same periods.
    """
    from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

    return Table(
        "feed_hours",
        metadata,
        Column("feed_id", BigInteger, ForeignKey("feed.id"), primary_key=True),
        Column("category", Text, primary_key=True),
        Column("tags", Text, primary_key=True),
        Column("amounts", Text, nullable=False),
    )
