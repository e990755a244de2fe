# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What dashboards read of a ledger on PostgreSQL (design/ledger.md#views): moments as timestamptz, amounts as
exact NUMERIC, tags as JSONB. Only what counts is in them. What they tell and how their columns are called
stays when the tables change.
"""

from __future__ import annotations

from .archived_months import OUT, out
from .in_force import counts, recorded_at
from .roll_up import BUCKETS_S
from .transaction import Transaction, define

_DIMENSIONS = (
    "charge_category, category, cloud, region, project_id, project_name, currency, tags::jsonb AS tags"
)
_BUCKETS = "bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count"
_SHORTEST = f"bucket_s = {BUCKETS_S[-1]}"
# ruff: noqa: S608 (what is put together here is all our own)
#: Name of a view -> what it selects.
_VIEWS = {
    # The sums of quarters of an hour: with these, a day or month of any zone.
    "dashboard_costs": f"""
        SELECT to_timestamp(bucket_begin) AS begins_at, bucket_begin AS begin_s, {_DIMENSIONS},
            amount_whole + amount_rest_nano * 0.000000001 AS amount, entry_count
        FROM (
            SELECT {_BUCKETS} FROM roll_up WHERE {_SHORTEST}
            UNION ALL SELECT {_BUCKETS} FROM roll_up_waiting WHERE {_SHORTEST} AND {counts()}
        ) AS bucket JOIN dimension_set ON dimension_set.id = bucket.dimension_set_id""",
    # Each cost as it is valid now.
    "dashboard_entries": f"""
        SELECT source, "key", version, metric, resource_id, resource_name, resource_type,
            to_timestamp(period_begin) AS begins_at, to_timestamp(period_end) AS ends_at,
            period_begin AS begin_s, {_DIMENSIONS}, quantity, unit, amount_nano * 0.000000001 AS amount,
            description, to_timestamp({recorded_at("entry")} / 1000000.0) AS recorded_at, recorded_by
        FROM entry JOIN dimension_set ON dimension_set.id = entry.dimension_set_id
        WHERE reverses IS NULL AND {counts("entry")} AND NOT {out("period_begin")} AND NOT EXISTS (
            SELECT FROM entry_row AS reversal WHERE reversal.reverses = entry.id AND {counts("reversal")}
        )""",
    # Those of which dashboard_entries has nothing.
    "dashboard_archived_months": f"""
        SELECT month, to_timestamp(month_begin) AS begins_at, to_timestamp(month_end) AS ends_at, row_count,
            entry_count, to_timestamp(archived_at / 1000000.0) AS archived_at
        FROM archived_month WHERE {OUT}""",
    "dashboard_budgets": """
        SELECT name, limit_nano * 0.000000001 AS limit_amount, currency, period, timezone, fed_by, basis, tax,
            categories::jsonb AS categories, projects::jsonb AS projects, regions::jsonb AS regions,
            tags::jsonb AS tags, thresholds::jsonb AS thresholds
        FROM budget""",
    "dashboard_alerts": """
        SELECT id, budget, basis, threshold::numeric AS threshold,
            to_timestamp(period_begin) AS period_begins_at, to_timestamp(period_end) AS period_ends_at,
            amount::numeric AS amount, limit_amount::numeric AS limit_amount, currency, at_least, message,
            to_timestamp(fired_at) AS fired_at, to_timestamp(rearmed_at) AS rearmed_at
        FROM alert""",
    "dashboard_feeds": """
        SELECT told_by, cloud, region, project_id, project_name, currency,
            to_timestamp(rated_through) AS rated_through, retired, to_timestamp(retired_at) AS retired_at
        FROM feed""",
    # valid_until: NULL of the newest.
    "dashboard_rates": """
        SELECT currency, icu_per_unit::numeric AS icu_per_unit, to_timestamp(valid_from) AS valid_from,
            to_timestamp(lead(valid_from) OVER (PARTITION BY currency ORDER BY valid_from)) AS valid_until
        FROM (
            SELECT DISTINCT ON (currency, valid_from) currency, valid_from, icu_per_unit
            FROM currency_rate ORDER BY currency, valid_from, id DESC
        ) AS newest WHERE icu_per_unit IS NOT NULL""",
}
VIEW_NAMES = tuple(_VIEWS)


def remove(transaction: Transaction) -> None:
    """Remove the views of an older ledger: no column that a view reads can be changed."""
    if transaction.on_postgresql:
        define(transaction, f"DROP VIEW IF EXISTS {', '.join(VIEW_NAMES)}")


def make(transaction: Transaction) -> None:
    """Make the views. SQLite has none: dashboards do not read it."""
    if not transaction.on_postgresql:
        return
    for name, selection in _VIEWS.items():
        define(transaction, f"CREATE VIEW {name} AS {selection.strip()}")
