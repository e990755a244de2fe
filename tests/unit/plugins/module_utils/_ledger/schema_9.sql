-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger of schema 9, as `sqlite3 ledger.db .dump` writes it.
BEGIN TRANSACTION;
CREATE TABLE act (
            id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            resource_type TEXT NOT NULL,
            resource_id TEXT NOT NULL,
            resource_name TEXT,
            region TEXT,
            project_id TEXT,
            project_name TEXT,
            schedule TEXT,
            edge_at BIGINT,
            alert_id TEXT,
            saves_nano_per_hour BIGINT,
            currency TEXT,
            undoes BIGINT,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (undoes),
            CONSTRAINT one_asked_for_it CHECK ((schedule IS NULL) <> (alert_id IS NULL)),
            CONSTRAINT saving_is_not_negative CHECK (saves_nano_per_hour >= 0),
            FOREIGN KEY(undoes) REFERENCES act (id),
            FOREIGN KEY(alert_id) REFERENCES alert (id)
        );
INSERT INTO "act" VALUES(1,'stop','server','s-1',NULL,NULL,NULL,NULL,'mon-fri 07:00-19:00',NULL,NULL,NULL,NULL,NULL,1790812800,'ci');
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
CREATE TABLE alert_acknowledged (
            alert_id TEXT NOT NULL,
            consumer TEXT NOT NULL,
            acknowledged_at BIGINT NOT NULL,
            acknowledged_by TEXT NOT NULL,
            PRIMARY KEY (alert_id, consumer),
            FOREIGN KEY(alert_id) REFERENCES alert (id)
        );
CREATE TABLE bill (
            id INTEGER NOT NULL,
            source TEXT NOT NULL,
            account TEXT NOT NULL,
            "key" TEXT NOT NULL,
            period_begin BIGINT,
            period_end BIGINT,
            first_begin BIGINT NOT NULL,
            last_begin BIGINT NOT NULL,
            PRIMARY KEY (id)
        );
INSERT INTO "bill" VALUES(1,'aws','','a',NULL,NULL,1790812800,1790812800);
CREATE TABLE bill_part (
            id INTEGER NOT NULL,
            bill_id BIGINT NOT NULL,
            content TEXT NOT NULL,
            row_count BIGINT NOT NULL,
            totals TEXT NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(bill_id) REFERENCES bill (id)
        );
INSERT INTO "bill_part" VALUES(1,1,'1',1,'{"USD": "42"}');
CREATE TABLE budget (
            name TEXT NOT NULL,
            limit_nano TEXT NOT NULL,
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
            regions TEXT DEFAULT '[]' NOT NULL,
            tags TEXT NOT NULL,
            untagged TEXT DEFAULT 'unknown' NOT NULL,
            tax TEXT DEFAULT 'excluded' NOT NULL,
            thresholds TEXT NOT NULL,
            PRIMARY KEY (name)
        );
CREATE TABLE currency_rate (
            id INTEGER NOT NULL,
            currency TEXT NOT NULL,
            icu_per_unit TEXT,
            valid_from BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id)
        );
CREATE TABLE delivery (
            recorded_at BIGINT NOT NULL,
            source TEXT NOT NULL,
            after_id BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            effective_at BIGINT,
            PRIMARY KEY (recorded_at)
        );
INSERT INTO "delivery" VALUES(1795995805924027,'aws',13,'ci',1795995806282354);
INSERT INTO "delivery" VALUES(1795995806513036,'aws',14,'killed',NULL);
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
INSERT INTO "dimension_set" VALUES(1,'2d1b7485de56ca6dddf648bf46105d1b59a6bf3db349ed472bd48aaddab83493','usage','compute','infomaniak','dc4-a','p1','shop','ICU','{"team":"web"}');
INSERT INTO "dimension_set" VALUES(2,'1488ed73bdeb1957d8424807a16dcf2e7a974979545f5142cfaecc40860d69cb','usage','compute',NULL,NULL,NULL,NULL,'CHF','{}');
INSERT INTO "dimension_set" VALUES(3,'93b46b4bda694a360fbf3b5534a227daa5121b414ae57f66a6162c7d7f58fd66','credit','other',NULL,NULL,NULL,NULL,'CHF','{}');
INSERT INTO "dimension_set" VALUES(4,'d7d7ae058201855586ba6ff583a28b954dd3bdebc172041c9412b310c4994090','purchase','support',NULL,NULL,NULL,NULL,'CHF','{}');
INSERT INTO "dimension_set" VALUES(5,'e847ce565f93376762b8c324739760cc4838ede9a9f1692ab3e5cd4e8dbb80ac','usage','storage',NULL,NULL,NULL,NULL,'USD','{}');
CREATE TABLE entry_key (
            id INTEGER NOT NULL,
            source TEXT NOT NULL,
            stem TEXT NOT NULL,
            moment_length INTEGER NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (source, stem, moment_length),
            CONSTRAINT whole_below_zero CHECK ((id < 0) = (moment_length = 0) AND id <> 0)
        );
INSERT INTO "entry_key" VALUES(-4,'aws','bill/9/y/1/0',0);
INSERT INTO "entry_key" VALUES(-3,'aws','bill/1/x/1/0',0);
INSERT INTO "entry_key" VALUES(-2,'manual','gone',0);
INSERT INTO "entry_key" VALUES(-1,'manual','2026-10-03/Müller''s invoice',0);
INSERT INTO "entry_key" VALUES(1,'cloudkitty dc4-a p1','/instance/i-1',20);
INSERT INTO "entry_key" VALUES(2,'cloudkitty dc4-a p1','/instance/i-2',20);
INSERT INTO "entry_key" VALUES(3,'vergeos https://v t1','/ram/vm-1',10);
CREATE TABLE entry_row (
            id INTEGER NOT NULL,
            period_begin BIGINT NOT NULL,
            amount_nano BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            reverses BIGINT,
            series_id INTEGER NOT NULL,
            key_id INTEGER NOT NULL,
            version INTEGER NOT NULL,
            quantity TEXT,
            PRIMARY KEY (id),
            FOREIGN KEY(reverses) REFERENCES entry_row (id),
            FOREIGN KEY(series_id) REFERENCES series (id),
            FOREIGN KEY(key_id) REFERENCES entry_key (id)
        );
INSERT INTO "entry_row" VALUES(1,1790812800,1000,1795995804850853,NULL,1,1,1,'1');
INSERT INTO "entry_row" VALUES(2,1790812800,1000,1795995804850853,NULL,2,2,1,'1');
INSERT INTO "entry_row" VALUES(3,1790816400,1001,1795995804850853,NULL,1,1,1,'1');
INSERT INTO "entry_row" VALUES(4,1790816400,1001,1795995804850853,NULL,2,2,1,'1');
INSERT INTO "entry_row" VALUES(5,1790820000,1002,1795995804850853,NULL,1,1,1,'1');
INSERT INTO "entry_row" VALUES(6,1790820000,1002,1795995804850853,NULL,2,2,1,'1');
INSERT INTO "entry_row" VALUES(7,1790816400,-1001,1795995805176346,3,1,1,2,'1');
INSERT INTO "entry_row" VALUES(8,1790816400,5000,1795995805176346,NULL,1,1,2,'1');
INSERT INTO "entry_row" VALUES(9,1790823600,1003,1795995805176346,NULL,3,1,1,'1');
INSERT INTO "entry_row" VALUES(10,1790899200,7,1795995805342370,NULL,4,3,1,'4.5');
INSERT INTO "entry_row" VALUES(11,1790899200,1000000000,1795995805546478,NULL,5,-1,1,NULL);
INSERT INTO "entry_row" VALUES(12,1790899200,-5,1795995805546478,NULL,6,-2,1,NULL);
INSERT INTO "entry_row" VALUES(13,1790899200,5,1795995805713883,12,6,-2,2,NULL);
INSERT INTO "entry_row" VALUES(14,1790812800,42,1795995805924027,NULL,7,-3,1,NULL);
INSERT INTO "entry_row" VALUES(15,1790812800,43,1795995806513036,NULL,8,-4,1,NULL);
CREATE TABLE feed (
            id INTEGER NOT NULL,
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
            flow_hours INTEGER,
            flow_metrics TEXT,
            retired_at BIGINT,
            retired_by TEXT,
            retired_reason TEXT,
            rating_regions TEXT DEFAULT '{}' NOT NULL,
            empty TEXT DEFAULT '[]' NOT NULL,
            unrated TEXT DEFAULT '[]' NOT NULL,
            revision INTEGER NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (region, project_id)
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
CREATE TABLE feed_rate (
            feed_id BIGINT NOT NULL,
            category TEXT NOT NULL,
            tags TEXT NOT NULL,
            amount_nano TEXT NOT NULL,
            hours INTEGER NOT NULL,
            is_flow BOOLEAN NOT NULL,
            PRIMARY KEY (feed_id, category, tags, is_flow),
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
CREATE TABLE feed_window (
            feed_id BIGINT NOT NULL,
            "begin" BIGINT NOT NULL,
            "end" BIGINT NOT NULL,
            resolution TEXT NOT NULL,
            grouping TEXT NOT NULL,
            tagged BOOLEAN NOT NULL,
            PRIMARY KEY (feed_id, "begin"),
            FOREIGN KEY(feed_id) REFERENCES feed (id)
        );
CREATE TABLE hold (
            id INTEGER NOT NULL,
            name TEXT NOT NULL,
            generation INTEGER NOT NULL,
            state TEXT NOT NULL,
            settled_by TEXT NOT NULL,
            held_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            ttl_s BIGINT NOT NULL,
            committed_at BIGINT,
            forced_verdicts TEXT,
            settled BOOLEAN NOT NULL,
            recorded_by TEXT NOT NULL,
            lines_sha256 TEXT,
            plan_sha256 TEXT,
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
            hourly BOOLEAN NOT NULL,
            "at" BIGINT,
            "until" BIGINT,
            region TEXT,
            name TEXT,
            metric TEXT,
            PRIMARY KEY (hold_id, stage, number),
            CONSTRAINT amount_is_not_negative CHECK (amount_nano >= 0),
            FOREIGN KEY(hold_id) REFERENCES hold (id)
        );
CREATE TABLE ledger_clock (
            recorded_at BIGINT NOT NULL
        );
INSERT INTO "ledger_clock" VALUES(1795995806513036);
CREATE TABLE ledger_schema (
            version INTEGER NOT NULL
        );
INSERT INTO "ledger_schema" VALUES(9);
CREATE TABLE limit_override (
            budget TEXT NOT NULL,
            period_id TEXT NOT NULL,
            reservation TEXT NOT NULL,
            amount_nano TEXT NOT NULL,
            reason TEXT NOT NULL,
            approved_by TEXT NOT NULL,
            until BIGINT NOT NULL,
            login TEXT,
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
CREATE TABLE owner_policy (
            version BIGINT NOT NULL,
            content TEXT,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (version)
        );
CREATE TABLE recording (
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (recorded_at)
        ) WITHOUT ROWID;
INSERT INTO "recording" VALUES(1795995804850853,'ci');
INSERT INTO "recording" VALUES(1795995805176346,'ada@laptop');
INSERT INTO "recording" VALUES(1795995805342370,'ci');
INSERT INTO "recording" VALUES(1795995805546478,'ci');
INSERT INTO "recording" VALUES(1795995805713883,'eve@desk');
INSERT INTO "recording" VALUES(1795995805924027,'ci');
INSERT INTO "recording" VALUES(1795995806513036,'killed');
CREATE TABLE roll_up (
            bucket_s INTEGER NOT NULL,
            bucket_begin BIGINT NOT NULL,
            dimension_set_id BIGINT NOT NULL,
            amount_whole BIGINT NOT NULL,
            amount_rest_nano BIGINT NOT NULL,
            entry_count BIGINT NOT NULL,
            PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        ) WITHOUT ROWID;
INSERT INTO "roll_up" VALUES(900,1790812800,1,0,2000,2);
INSERT INTO "roll_up" VALUES(900,1790816400,1,0,6001,2);
INSERT INTO "roll_up" VALUES(900,1790820000,1,0,2004,2);
INSERT INTO "roll_up" VALUES(900,1790823600,1,0,1003,1);
INSERT INTO "roll_up" VALUES(900,1790899200,2,0,7,1);
INSERT INTO "roll_up" VALUES(900,1790899200,3,-1,1000000000,0);
INSERT INTO "roll_up" VALUES(900,1790899200,4,1,0,1);
INSERT INTO "roll_up" VALUES(10800,1790812800,1,0,10005,6);
INSERT INTO "roll_up" VALUES(10800,1790823600,1,0,1003,1);
INSERT INTO "roll_up" VALUES(10800,1790899200,2,0,7,1);
INSERT INTO "roll_up" VALUES(10800,1790899200,3,-1,1000000000,0);
INSERT INTO "roll_up" VALUES(10800,1790899200,4,1,0,1);
INSERT INTO "roll_up" VALUES(86400,1790812800,1,0,11008,7);
INSERT INTO "roll_up" VALUES(86400,1790899200,2,0,7,1);
INSERT INTO "roll_up" VALUES(86400,1790899200,3,-1,1000000000,0);
INSERT INTO "roll_up" VALUES(86400,1790899200,4,1,0,1);
INSERT INTO "roll_up" VALUES(691200,1790208000,1,0,11008,7);
INSERT INTO "roll_up" VALUES(691200,1790899200,2,0,7,1);
INSERT INTO "roll_up" VALUES(691200,1790899200,3,-1,1000000000,0);
INSERT INTO "roll_up" VALUES(691200,1790899200,4,1,0,1);
CREATE TABLE roll_up_waiting (
            bucket_s INTEGER NOT NULL,
            bucket_begin BIGINT NOT NULL,
            dimension_set_id BIGINT NOT NULL,
            amount_whole BIGINT NOT NULL,
            amount_rest_nano BIGINT NOT NULL,
            entry_count BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id, recorded_at),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        ) WITHOUT ROWID;
INSERT INTO "roll_up_waiting" VALUES(900,1790812800,5,0,42,1,1795995805924027);
INSERT INTO "roll_up_waiting" VALUES(900,1790812800,5,0,43,1,1795995806513036);
INSERT INTO "roll_up_waiting" VALUES(10800,1790812800,5,0,42,1,1795995805924027);
INSERT INTO "roll_up_waiting" VALUES(10800,1790812800,5,0,43,1,1795995806513036);
INSERT INTO "roll_up_waiting" VALUES(86400,1790812800,5,0,42,1,1795995805924027);
INSERT INTO "roll_up_waiting" VALUES(86400,1790812800,5,0,43,1,1795995806513036);
INSERT INTO "roll_up_waiting" VALUES(691200,1790208000,5,0,42,1,1795995805924027);
INSERT INTO "roll_up_waiting" VALUES(691200,1790208000,5,0,43,1,1795995806513036);
CREATE TABLE series (
            id INTEGER NOT NULL,
            fingerprint BLOB NOT NULL,
            dimension_set_id BIGINT NOT NULL,
            length_s BIGINT NOT NULL,
            metric TEXT,
            resource_id TEXT,
            resource_name TEXT,
            resource_type TEXT,
            unit TEXT,
            description TEXT,
            PRIMARY KEY (id),
            UNIQUE (fingerprint),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        );
INSERT INTO "series" VALUES(1,X'DBD22FF30232E2C9C88D4D08E720C728',1,3600,'instance','i-1','web-1','server','instance',NULL);
INSERT INTO "series" VALUES(2,X'DCEED3B94D90FE3B6D7256B22717E090',1,3600,'instance','i-2','web-1','server','instance',NULL);
INSERT INTO "series" VALUES(3,X'D56C5B8D2CDBEA618264934B876F73A9',1,3600,'instance','i-1','web-renamed','server','instance',NULL);
INSERT INTO "series" VALUES(4,X'F1DFED99F749DDF6AAAC1EB478B24566',2,86400,NULL,NULL,NULL,NULL,'GB',NULL);
INSERT INTO "series" VALUES(5,X'154C60FC2EBE1735F6D24E3A35BDBD38',4,0,NULL,NULL,NULL,NULL,NULL,'Müller''s invoice');
INSERT INTO "series" VALUES(6,X'E2D291E87C202AF464CCB533A2080E31',3,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "series" VALUES(7,X'604E8235D4E00D1F74C22DCDAB7D0D76',5,3600,NULL,NULL,NULL,NULL,NULL,'gp3');
INSERT INTO "series" VALUES(8,X'0AC0CF2B996AA3C1C94937AE62BDECDA',5,0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE tag (
            dimension_set_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (dimension_set_id, name),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        );
INSERT INTO "tag" VALUES(1,'team','web');
CREATE TABLE usage_record (
            id INTEGER NOT NULL,
            source TEXT NOT NULL,
            system TEXT NOT NULL,
            region TEXT,
            project_id TEXT,
            project_name TEXT,
            "key" BIGINT,
            created BIGINT NOT NULL,
            content TEXT NOT NULL,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id)
        );
CREATE INDEX hold_counting ON hold (state, settled, expires_at);
CREATE INDEX ix_alert_fired_at ON alert (fired_at);
CREATE INDEX usage_record_by_time ON usage_record (created);
CREATE UNIQUE INDEX usage_record_once ON usage_record (source, system, "key");
CREATE INDEX bill_by_source ON bill (source, account, "key");
CREATE INDEX bill_part_of ON bill_part (bill_id);
CREATE INDEX act_of_resource ON act (resource_type, resource_id, recorded_at);
CREATE UNIQUE INDEX entry_row_by_time ON entry_row (period_begin, key_id, (CASE WHEN reverses IS NULL THEN version ELSE -version END));
CREATE UNIQUE INDEX entry_row_of_whole_key ON entry_row (key_id, (CASE WHEN reverses IS NULL THEN version ELSE -version END)) WHERE key_id < 0;
CREATE UNIQUE INDEX entry_row_reversed ON entry_row (reverses) WHERE reverses IS NOT NULL;
CREATE VIEW entry AS
SELECT entry_row.id AS id, entry_key.source AS source,
    CASE WHEN entry_key.moment_length = 0 THEN entry_key.stem
        ELSE substr((replace(datetime(period_begin, 'unixepoch'), ' ', 'T') || 'Z'), 1, entry_key.moment_length) || entry_key.stem END AS "key",
    entry_row.version AS version, entry_row.reverses AS reverses,
    series.dimension_set_id AS dimension_set_id, series.metric AS metric, series.resource_id AS resource_id,
    series.resource_name AS resource_name, series.resource_type AS resource_type,
    entry_row.period_begin AS period_begin, entry_row.period_begin + series.length_s AS period_end,
    entry_row.quantity AS quantity, series.unit AS unit, entry_row.amount_nano AS amount_nano,
    series.description AS description, entry_row.recorded_at AS recorded_at,
    recording.recorded_by AS recorded_by
FROM entry_row
LEFT JOIN series ON series.id = entry_row.series_id
LEFT JOIN entry_key ON entry_key.id = entry_row.key_id
LEFT JOIN recording ON recording.recorded_at = entry_row.recorded_at;
COMMIT;
