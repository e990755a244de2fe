-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger of schema 8, as `sqlite3 ledger.db .dump` writes it.
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
INSERT INTO act VALUES(1,'stop','server','s-1',NULL,NULL,NULL,NULL,'mon-fri 07:00-19:00',NULL,NULL,NULL,NULL,NULL,1790812800,'ci');
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
INSERT INTO bill VALUES(1,'aws','','a',NULL,NULL,1790812800,1790812800);
CREATE TABLE bill_part (
            id INTEGER NOT NULL,
            bill_id BIGINT NOT NULL,
            content TEXT NOT NULL,
            row_count BIGINT NOT NULL,
            totals TEXT NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(bill_id) REFERENCES bill (id)
        );
INSERT INTO bill_part VALUES(1,1,'1',1,'{"USD": "42"}');
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
INSERT INTO delivery VALUES(1795995805924027,'aws',13,'ci',1795995806282354);
INSERT INTO delivery VALUES(1795995806513036,'aws',14,'killed',NULL);
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
INSERT INTO dimension_set VALUES(1,'2d1b7485de56ca6dddf648bf46105d1b59a6bf3db349ed472bd48aaddab83493','usage','compute','infomaniak','dc4-a','p1','shop','ICU','{"team":"web"}');
INSERT INTO dimension_set VALUES(2,'1488ed73bdeb1957d8424807a16dcf2e7a974979545f5142cfaecc40860d69cb','usage','compute',NULL,NULL,NULL,NULL,'CHF','{}');
INSERT INTO dimension_set VALUES(3,'93b46b4bda694a360fbf3b5534a227daa5121b414ae57f66a6162c7d7f58fd66','credit','other',NULL,NULL,NULL,NULL,'CHF','{}');
INSERT INTO dimension_set VALUES(4,'d7d7ae058201855586ba6ff583a28b954dd3bdebc172041c9412b310c4994090','purchase','support',NULL,NULL,NULL,NULL,'CHF','{}');
INSERT INTO dimension_set VALUES(5,'e847ce565f93376762b8c324739760cc4838ede9a9f1692ab3e5cd4e8dbb80ac','usage','storage',NULL,NULL,NULL,NULL,'USD','{}');
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
INSERT INTO entry VALUES(1,'cloudkitty dc4-a p1','2026-10-01T00:00:00Z/instance/i-1',1,NULL,1,'instance','i-1','web-1','server',1790812800,1790816400,'1','instance',1000,NULL,1795995804850853,'ci');
INSERT INTO entry VALUES(2,'cloudkitty dc4-a p1','2026-10-01T00:00:00Z/instance/i-2',1,NULL,1,'instance','i-2','web-1','server',1790812800,1790816400,'1','instance',1000,NULL,1795995804850853,'ci');
INSERT INTO entry VALUES(3,'cloudkitty dc4-a p1','2026-10-01T01:00:00Z/instance/i-1',1,NULL,1,'instance','i-1','web-1','server',1790816400,1790820000,'1','instance',1001,NULL,1795995804850853,'ci');
INSERT INTO entry VALUES(4,'cloudkitty dc4-a p1','2026-10-01T01:00:00Z/instance/i-2',1,NULL,1,'instance','i-2','web-1','server',1790816400,1790820000,'1','instance',1001,NULL,1795995804850853,'ci');
INSERT INTO entry VALUES(5,'cloudkitty dc4-a p1','2026-10-01T02:00:00Z/instance/i-1',1,NULL,1,'instance','i-1','web-1','server',1790820000,1790823600,'1','instance',1002,NULL,1795995804850853,'ci');
INSERT INTO entry VALUES(6,'cloudkitty dc4-a p1','2026-10-01T02:00:00Z/instance/i-2',1,NULL,1,'instance','i-2','web-1','server',1790820000,1790823600,'1','instance',1002,NULL,1795995804850853,'ci');
INSERT INTO entry VALUES(7,'cloudkitty dc4-a p1','2026-10-01T01:00:00Z/instance/i-1',2,3,1,'instance','i-1','web-1','server',1790816400,1790820000,'1','instance',-1001,NULL,1795995805176346,'ada@laptop');
INSERT INTO entry VALUES(8,'cloudkitty dc4-a p1','2026-10-01T01:00:00Z/instance/i-1',2,NULL,1,'instance','i-1','web-1','server',1790816400,1790820000,'1','instance',5000,NULL,1795995805176346,'ada@laptop');
INSERT INTO entry VALUES(9,'cloudkitty dc4-a p1','2026-10-01T03:00:00Z/instance/i-1',1,NULL,1,'instance','i-1','web-renamed','server',1790823600,1790827200,'1','instance',1003,NULL,1795995805176346,'ada@laptop');
INSERT INTO entry VALUES(10,'vergeos https://v t1','2026-10-02/ram/vm-1',1,NULL,2,NULL,NULL,NULL,NULL,1790899200,1790985600,'4.5','GB',7,NULL,1795995805342370,'ci');
INSERT INTO entry VALUES(11,'manual','2026-10-03/Müller''s invoice',1,NULL,4,NULL,NULL,NULL,NULL,1790899200,1790899200,NULL,NULL,1000000000,'Müller''s invoice',1795995805546478,'ci');
INSERT INTO entry VALUES(12,'manual','gone',1,NULL,3,NULL,NULL,NULL,NULL,1790899200,1790899200,NULL,NULL,-5,NULL,1795995805546478,'ci');
INSERT INTO entry VALUES(13,'manual','gone',2,12,3,NULL,NULL,NULL,NULL,1790899200,1790899200,NULL,NULL,5,NULL,1795995805713883,'eve@desk');
INSERT INTO entry VALUES(14,'aws','bill/1/x/1/0',1,NULL,5,NULL,NULL,NULL,NULL,1790812800,1790816400,NULL,NULL,42,'gp3',1795995805924027,'ci');
INSERT INTO entry VALUES(15,'aws','bill/9/y/1/0',1,NULL,5,NULL,NULL,NULL,NULL,1790812800,1790812800,NULL,NULL,43,NULL,1795995806513036,'killed');
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
INSERT INTO ledger_clock VALUES(1795995806513036);
CREATE TABLE ledger_schema (
            version INTEGER NOT NULL
        );
INSERT INTO ledger_schema VALUES(8);
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
INSERT INTO roll_up VALUES(900,1790812800,1,0,2000,2);
INSERT INTO roll_up VALUES(900,1790816400,1,0,6001,2);
INSERT INTO roll_up VALUES(900,1790820000,1,0,2004,2);
INSERT INTO roll_up VALUES(900,1790823600,1,0,1003,1);
INSERT INTO roll_up VALUES(900,1790899200,2,0,7,1);
INSERT INTO roll_up VALUES(900,1790899200,3,-1,1000000000,0);
INSERT INTO roll_up VALUES(900,1790899200,4,1,0,1);
INSERT INTO roll_up VALUES(10800,1790812800,1,0,10005,6);
INSERT INTO roll_up VALUES(10800,1790823600,1,0,1003,1);
INSERT INTO roll_up VALUES(10800,1790899200,2,0,7,1);
INSERT INTO roll_up VALUES(10800,1790899200,3,-1,1000000000,0);
INSERT INTO roll_up VALUES(10800,1790899200,4,1,0,1);
INSERT INTO roll_up VALUES(86400,1790812800,1,0,11008,7);
INSERT INTO roll_up VALUES(86400,1790899200,2,0,7,1);
INSERT INTO roll_up VALUES(86400,1790899200,3,-1,1000000000,0);
INSERT INTO roll_up VALUES(86400,1790899200,4,1,0,1);
INSERT INTO roll_up VALUES(691200,1790208000,1,0,11008,7);
INSERT INTO roll_up VALUES(691200,1790899200,2,0,7,1);
INSERT INTO roll_up VALUES(691200,1790899200,3,-1,1000000000,0);
INSERT INTO roll_up VALUES(691200,1790899200,4,1,0,1);
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
INSERT INTO roll_up_waiting VALUES(900,1790812800,5,0,42,1,1795995805924027);
INSERT INTO roll_up_waiting VALUES(900,1790812800,5,0,43,1,1795995806513036);
INSERT INTO roll_up_waiting VALUES(10800,1790812800,5,0,42,1,1795995805924027);
INSERT INTO roll_up_waiting VALUES(10800,1790812800,5,0,43,1,1795995806513036);
INSERT INTO roll_up_waiting VALUES(86400,1790812800,5,0,42,1,1795995805924027);
INSERT INTO roll_up_waiting VALUES(86400,1790812800,5,0,43,1,1795995806513036);
INSERT INTO roll_up_waiting VALUES(691200,1790208000,5,0,42,1,1795995805924027);
INSERT INTO roll_up_waiting VALUES(691200,1790208000,5,0,43,1,1795995806513036);
CREATE TABLE tag (
            dimension_set_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (dimension_set_id, name),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        );
INSERT INTO tag VALUES(1,'team','web');
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
CREATE INDEX entry_by_time ON entry (period_begin, id, dimension_set_id, amount_nano, reverses, recorded_at);
CREATE UNIQUE INDEX entry_once ON entry (source, "key", version, reverses IS NULL);
CREATE UNIQUE INDEX entry_reversed_once ON entry (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX hold_counting ON hold (state, settled, expires_at);
CREATE INDEX ix_alert_fired_at ON alert (fired_at);
CREATE INDEX usage_record_by_time ON usage_record (created);
CREATE UNIQUE INDEX usage_record_once ON usage_record (source, system, "key");
CREATE INDEX bill_by_source ON bill (source, account, "key");
CREATE INDEX bill_part_of ON bill_part (bill_id);
CREATE INDEX act_of_resource ON act (resource_type, resource_id, recorded_at);
COMMIT;
