-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger as schema 1 had it: corrected, taken back, in two currencies, with a budget and a feed.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE feed (
	id INTEGER NOT NULL,
	auth_url TEXT NOT NULL,
	region TEXT NOT NULL,
	project_id TEXT NOT NULL,
	cloud TEXT,
	project_name TEXT NOT NULL,
	currency TEXT NOT NULL,
	collect_period_s INTEGER NOT NULL,
	rated_through BIGINT NOT NULL,
	run_rate_nano BIGINT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (auth_url, region, project_id)
);
INSERT INTO feed VALUES(1,'https://x/identity/v3','dc4-a','p1','infomaniak','shop','ICU',3600,1795262400,5);
CREATE TABLE ledger_schema (
	version INTEGER NOT NULL
);
INSERT INTO ledger_schema VALUES(1);
CREATE TABLE entry (
	id INTEGER NOT NULL,
	source TEXT NOT NULL,
	"key" TEXT NOT NULL,
	version INTEGER NOT NULL,
	reverses BIGINT,
	charge_category TEXT NOT NULL,
	category TEXT NOT NULL,
	cloud TEXT,
	region TEXT,
	project_id TEXT,
	project_name TEXT,
	metric TEXT,
	resource_id TEXT,
	resource_name TEXT,
	resource_type TEXT,
	period_begin BIGINT NOT NULL,
	period_end BIGINT NOT NULL,
	quantity TEXT,
	unit TEXT,
	amount_nano BIGINT NOT NULL,
	currency TEXT NOT NULL,
	tags TEXT NOT NULL,
	description TEXT,
	recorded_at BIGINT NOT NULL,
	recorded_by TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (reverses),
	FOREIGN KEY(reverses) REFERENCES entry (id)
);
INSERT INTO entry VALUES(1,'manual','a',1,NULL,'usage','compute','infomaniak','dc4-a','p1','shop','instance','r1','vm','compute.instance',1793491200,1793494800,'1','instance',1000,'ICU','{"env":"prod","team":"web"}',NULL,1795262400,'anna@laptop');
INSERT INTO entry VALUES(2,'manual','a',2,1,'usage','compute','infomaniak','dc4-a','p1','shop','instance','r1','vm','compute.instance',1793491200,1793494800,'1','instance',-1000,'ICU','{"env":"prod","team":"web"}',NULL,1795266000,'anna@laptop');
INSERT INTO entry VALUES(3,'manual','a',2,NULL,'usage','compute','infomaniak','dc4-a','p1','shop','instance','r1','vm','compute.instance',1793491200,1793494800,'1','instance',2500,'ICU','{"env":"prod","team":"web"}',NULL,1795266000,'anna@laptop');
INSERT INTO entry VALUES(4,'manual','b',1,NULL,'usage','storage',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1793599200,1793602800,NULL,NULL,700,'ICU','{}','Müller''s invoice',1795262400,'ci@runner');
INSERT INTO entry VALUES(5,'manual','c',1,NULL,'credit','compute',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1793602800,1793606400,NULL,NULL,-50,'CHF','{}',NULL,1795262400,'ci@runner');
INSERT INTO entry VALUES(6,'manual','b',2,4,'usage','storage',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1793599200,1793602800,NULL,NULL,-700,'ICU','{}','Müller''s invoice',1795269600,'ci@runner');
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
	PRIMARY KEY (name)
);
INSERT INTO budget VALUES('prod',1000000000000,'ICU','monthly','Europe/Zurich',0,1,1,NULL,NULL,'cloud','period_end',21600);
CREATE TABLE feed_window (
	feed_id BIGINT NOT NULL,
	"begin" BIGINT NOT NULL,
	"end" BIGINT NOT NULL,
	PRIMARY KEY (feed_id, "begin"),
	FOREIGN KEY(feed_id) REFERENCES feed (id)
);
INSERT INTO feed_window VALUES(1,1795176000,1795262400);
CREATE UNIQUE INDEX entry_once ON entry (source, "key", version, reverses IS NULL);
CREATE INDEX entry_by_time ON entry (period_begin, currency);
COMMIT;
