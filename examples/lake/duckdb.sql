-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- The lake in DuckDB: duckdb -init duckdb.sql. The names of the tags, the time zone and the folders are
-- yours.
CREATE OR REPLACE VIEW focus AS
SELECT *
FROM read_parquet(
    '/srv/lake/focus/*/*.parquet',
    hive_partitioning = true,
    hive_types = {billing_period: VARCHAR}
);

CREATE OR REPLACE VIEW reported AS
SELECT *
FROM read_parquet(
    '/srv/lake/reported/*/*.parquet',
    hive_partitioning = true,
    hive_types = {billing_period: VARCHAR}
);

CREATE OR REPLACE VIEW costs AS
SELECT
    focus.*,
    CAST(ChargePeriodStart AT TIME ZONE 'UTC' AS DATE) AS charge_day,
    json_extract_string(Tags, '$.team') AS team,
    json_extract_string(Tags, '$.cost_center') AS cost_center
FROM focus;
