-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- The lake in Spark: spark-sql -i spark.sql. Run it again after an export, so that Spark finds new files. The
-- names of the tags, the time zone and the folders are yours.
SET TIME ZONE 'UTC';

CREATE TABLE IF NOT EXISTS focus USING parquet LOCATION '/srv/lake/focus';
MSCK REPAIR TABLE focus SYNC PARTITIONS;
REFRESH TABLE focus;

CREATE TABLE IF NOT EXISTS reported USING parquet LOCATION '/srv/lake/reported';
MSCK REPAIR TABLE reported SYNC PARTITIONS;
REFRESH TABLE reported;

CREATE OR REPLACE VIEW costs AS
SELECT
    focus.*,
    CAST(ChargePeriodStart AS DATE) AS charge_day,
    get_json_object(Tags, '$.team') AS team,
    get_json_object(Tags, '$.cost_center') AS cost_center
FROM focus;
