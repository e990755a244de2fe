-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tables of a ledger of schema 4 on PostgreSQL, as its first writers made them.
CREATE TABLE ledger_schema (
    version INTEGER NOT NULL
);
CREATE TABLE dimension_set (
    id BIGSERIAL NOT NULL,
    fingerprint TEXT NOT NULL,
    charge_category TEXT NOT NULL,
    category TEXT NOT NULL,
    cloud TEXT,
    region TEXT,
    project_id TEXT,
    project_name TEXT,
    currency TEXT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (fingerprint)
);
CREATE TABLE tag (
    dimension_set_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (dimension_set_id, name),
    FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
);
CREATE TABLE entry (
    id BIGSERIAL NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    reverses BIGINT,
    dimension_set_id BIGINT NOT NULL,
    metric TEXT,
    resource_id TEXT,
    resource_name TEXT,
    resource_type TEXT,
    period_begin BIGINT NOT NULL,
    period_end BIGINT NOT NULL,
    quantity TEXT,
    unit TEXT,
    amount_nano BIGINT NOT NULL,
    description TEXT,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(reverses) REFERENCES entry (id),
    FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
);
CREATE INDEX entry_by_time ON entry (period_begin, id, dimension_set_id, amount_nano, reverses, recorded_at);
CREATE UNIQUE INDEX entry_once ON entry (source, key, version, (reverses IS NULL));
CREATE UNIQUE INDEX entry_reversed_once ON entry (reverses);
CREATE TABLE roll_up (
    bucket_s INTEGER NOT NULL,
    bucket_begin BIGINT NOT NULL,
    dimension_set_id BIGINT NOT NULL,
    amount_nano BIGINT NOT NULL,
    entry_count BIGINT NOT NULL,
    PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id),
    CONSTRAINT amount_fits_in_64_bits CHECK (amount_nano BETWEEN -9223372036854775807 AND 9223372036854775807),
    FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
);
CREATE TABLE budget (
    name TEXT NOT NULL,
    limit_nano BIGINT NOT NULL,
    currency TEXT NOT NULL,
    period TEXT NOT NULL,
    timezone TEXT NOT NULL,
    first_day INTEGER NOT NULL,
    anchor_day INTEGER NOT NULL,
    anchor_month INTEGER NOT NULL,
    period_begin BIGINT,
    period_end BIGINT,
    fed_by TEXT NOT NULL,
    basis TEXT NOT NULL,
    max_staleness_s BIGINT NOT NULL,
    categories TEXT NOT NULL,
    projects TEXT NOT NULL,
    tags TEXT NOT NULL,
    thresholds TEXT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE feed (
    id BIGSERIAL NOT NULL,
    told_by TEXT NOT NULL,
    auth_url TEXT NOT NULL,
    region TEXT NOT NULL,
    project_id TEXT NOT NULL,
    cloud TEXT,
    project_name TEXT NOT NULL,
    currency TEXT NOT NULL,
    collect_period_s INTEGER NOT NULL,
    rated_through BIGINT NOT NULL,
    retired BOOLEAN NOT NULL,
    credit_due_from BIGINT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (auth_url, region, project_id)
);
CREATE TABLE feed_window (
    feed_id BIGINT NOT NULL,
    begin BIGINT NOT NULL,
    "end" BIGINT NOT NULL,
    resolution TEXT NOT NULL,
    grouping TEXT NOT NULL,
    tagged BOOLEAN NOT NULL,
    PRIMARY KEY (feed_id, begin),
    FOREIGN KEY(feed_id) REFERENCES feed (id)
);
CREATE TABLE feed_resource (
    feed_id BIGINT NOT NULL,
    resource_id TEXT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    tags TEXT NOT NULL,
    PRIMARY KEY (feed_id, resource_id),
    FOREIGN KEY(feed_id) REFERENCES feed (id)
);
CREATE TABLE feed_rate (
    feed_id BIGINT NOT NULL,
    category TEXT NOT NULL,
    tags TEXT NOT NULL,
    amount_nano BIGINT NOT NULL,
    PRIMARY KEY (feed_id, category, tags),
    FOREIGN KEY(feed_id) REFERENCES feed (id)
);
CREATE TABLE feed_carried (
    feed_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (feed_id, kind, name),
    FOREIGN KEY(feed_id) REFERENCES feed (id)
);
CREATE TABLE feed_hours (
    feed_id BIGINT NOT NULL,
    category TEXT NOT NULL,
    tags TEXT NOT NULL,
    amounts TEXT NOT NULL,
    PRIMARY KEY (feed_id, category, tags),
    FOREIGN KEY(feed_id) REFERENCES feed (id)
);
CREATE TABLE hold (
    id BIGSERIAL NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    state TEXT NOT NULL,
    settled_by TEXT NOT NULL,
    counts_at BIGINT NOT NULL,
    held_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    committed_at BIGINT,
    forced BOOLEAN NOT NULL,
    settled BOOLEAN NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name, generation)
);
CREATE INDEX hold_counting ON hold (state, settled, expires_at);
CREATE TABLE hold_line (
    hold_id BIGINT NOT NULL,
    stage TEXT NOT NULL,
    number INTEGER NOT NULL,
    amount_nano BIGINT NOT NULL,
    currency TEXT NOT NULL,
    category TEXT,
    project TEXT,
    tags TEXT NOT NULL,
    period TEXT NOT NULL,
    PRIMARY KEY (hold_id, stage, number),
    FOREIGN KEY(hold_id) REFERENCES hold (id)
);
CREATE TABLE limit_override (
    budget TEXT NOT NULL,
    period_id TEXT NOT NULL,
    reservation TEXT NOT NULL,
    amount_nano BIGINT NOT NULL,
    reason TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    until BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (budget, period_id, reservation)
);
CREATE TABLE override_use (
    budget TEXT NOT NULL,
    period_id TEXT NOT NULL,
    reservation TEXT NOT NULL,
    generation INTEGER NOT NULL,
    consumed_at BIGINT NOT NULL,
    PRIMARY KEY (budget, period_id, reservation)
);
CREATE TABLE alert (
    id TEXT NOT NULL,
    budget TEXT NOT NULL,
    period_id TEXT NOT NULL,
    basis TEXT NOT NULL,
    threshold TEXT NOT NULL,
    round INTEGER NOT NULL,
    period_begin BIGINT NOT NULL,
    period_end BIGINT NOT NULL,
    amount TEXT NOT NULL,
    limit_amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    at_least BOOLEAN NOT NULL,
    message TEXT NOT NULL,
    fired_at BIGINT NOT NULL,
    rearmed_at BIGINT,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (budget, period_id, basis, threshold, round)
);
CREATE INDEX ix_alert_fired_at ON alert (fired_at);
CREATE TABLE alert_acknowledged (
    alert_id TEXT NOT NULL,
    consumer TEXT NOT NULL,
    acknowledged_at BIGINT NOT NULL,
    acknowledged_by TEXT NOT NULL,
    PRIMARY KEY (alert_id, consumer),
    FOREIGN KEY(alert_id) REFERENCES alert (id)
);
CREATE TABLE usage_record (
    id BIGSERIAL NOT NULL,
    source TEXT NOT NULL,
    system TEXT NOT NULL,
    region TEXT,
    project_id TEXT,
    project_name TEXT,
    key BIGINT,
    created BIGINT NOT NULL,
    content TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX usage_record_by_time ON usage_record (created);
CREATE UNIQUE INDEX usage_record_once ON usage_record (source, system, key);
