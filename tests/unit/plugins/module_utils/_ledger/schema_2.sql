-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger of schema 2, as `sqlite3 ledger.db .dump` writes it.
BEGIN TRANSACTION;
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
INSERT INTO "budget" VALUES('prod',100000000000,'CHF','monthly','Europe/Zurich',0,1,1,NULL,NULL,'cloud','period_end',21600,'[]','[]','{}','["0.5", "0.8", "0.9", "1"]');
CREATE TABLE dimension_set (
	id INTEGER NOT NULL, 
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
INSERT INTO "dimension_set" VALUES(1,'af6899b0216bb4f7bb7e802c58229f890dcad8ab6add8788ed45b7dc389b477c','usage','compute',NULL,NULL,'p1',NULL,'ICU','{"team":"web"}');
CREATE TABLE entry (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
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
INSERT INTO "entry" VALUES(1,'manual','a',1,NULL,1,NULL,NULL,NULL,NULL,1793595600,1793599200,NULL,NULL,2500,NULL,1793599200,'me');
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
	tags_imported BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (auth_url, region, project_id)
);
INSERT INTO "feed" VALUES(1,'https://cloud/v3','r','p1','prod','shop','ICU',3600,1793599200,0);
CREATE TABLE feed_carried (
	feed_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (feed_id, kind, name), 
	FOREIGN KEY(feed_id) REFERENCES feed (id)
);
INSERT INTO "feed_carried" VALUES(1,'category','compute');
CREATE TABLE feed_rate (
	feed_id BIGINT NOT NULL, 
	category TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	amount_nano BIGINT NOT NULL, 
	PRIMARY KEY (feed_id, category, tags), 
	FOREIGN KEY(feed_id) REFERENCES feed (id)
);
INSERT INTO "feed_rate" VALUES(1,'compute','{}',2500);
CREATE TABLE feed_window (
	feed_id BIGINT NOT NULL, 
	"begin" BIGINT NOT NULL, 
	"end" BIGINT NOT NULL, 
	PRIMARY KEY (feed_id, "begin"), 
	FOREIGN KEY(feed_id) REFERENCES feed (id)
);
INSERT INTO "feed_window" VALUES(1,1793512800,1793599200);
CREATE TABLE hold (
	id INTEGER NOT NULL, 
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
CREATE TABLE ledger_schema (
	version INTEGER NOT NULL
);
INSERT INTO "ledger_schema" VALUES(2);
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
CREATE TABLE roll_up (
	bucket_s INTEGER NOT NULL, 
	bucket_begin BIGINT NOT NULL, 
	dimension_set_id BIGINT NOT NULL, 
	amount_nano BIGINT NOT NULL, 
	entry_count BIGINT NOT NULL, 
	PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id), 
	CONSTRAINT amount_fits_in_64_bits CHECK (amount_nano BETWEEN -9223372036854775807 AND 9223372036854775807), 
	FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
)
 WITHOUT ROWID

;
INSERT INTO "roll_up" VALUES(900,1793595600,1,2500,1);
INSERT INTO "roll_up" VALUES(10800,1793588400,1,2500,1);
INSERT INTO "roll_up" VALUES(86400,1793577600,1,2500,1);
INSERT INTO "roll_up" VALUES(691200,1792972800,1,2500,1);
CREATE TABLE tag (
	dimension_set_id BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (dimension_set_id, name), 
	FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
);
INSERT INTO "tag" VALUES(1,'team','web');
CREATE INDEX hold_counting ON hold (state, settled, expires_at);
CREATE UNIQUE INDEX entry_reversed_once ON entry (reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX entry_once ON entry (source, "key", version, reverses IS NULL);
CREATE INDEX entry_by_time ON entry (period_begin, id, dimension_set_id, amount_nano, reverses, recorded_at);
COMMIT;
