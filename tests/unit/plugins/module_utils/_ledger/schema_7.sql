-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger of schema 7, as `sqlite3 ledger.db .dump` writes it.
BEGIN TRANSACTION;
CREATE TABLE ledger_schema (
            version INTEGER NOT NULL
        );
INSERT INTO ledger_schema VALUES(7);
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
INSERT INTO dimension_set VALUES(1,'1cd6c4e0fa86d6231c2e94b32dffae5b1a4b1ec26a489436ebf17bca26d7b468','usage','compute',NULL,NULL,NULL,NULL,'USD','{"team":"data"}');
INSERT INTO dimension_set VALUES(2,'5916b347c7caa3a9de68bf24f92eb58f0f2a84131b2c9b1f6b6ca6216d39c640','usage','compute',NULL,NULL,NULL,NULL,'USD','{"team":"web"}');
INSERT INTO dimension_set VALUES(3,'607d7630eebe66ce6b3f03d94b0feb8e4b503f8c2e39f6bc47cc1d22337a304a','usage','llm_inference',NULL,NULL,NULL,NULL,'USD','{"team":"web"}');
CREATE TABLE tag (
            dimension_set_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (dimension_set_id, name),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        );
INSERT INTO tag VALUES(1,'team','data');
INSERT INTO tag VALUES(2,'team','web');
INSERT INTO tag VALUES(3,'team','web');
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
INSERT INTO entry VALUES(1,'aws','bill/1/3c25e9c3bc3f4fefe484d955cd5ab799/1/0',1,NULL,2,NULL,NULL,NULL,NULL,1790812800,1790812800,NULL,NULL,1500000000,NULL,1795973408987285,'ci');
INSERT INTO entry VALUES(2,'aws','bill/2/d8a06495da7b52112414034e5be82070/1/0',1,NULL,1,NULL,NULL,NULL,NULL,1790899200,1790899200,NULL,NULL,2250000000,NULL,1795973408987285,'ci');
INSERT INTO entry VALUES(3,'aws','bill/2/d8a06495da7b52112414034e5be82070/1/0',2,2,1,NULL,NULL,NULL,NULL,1790899200,1790899200,NULL,NULL,-2250000000,NULL,1795973411306538,'ci');
INSERT INTO entry VALUES(4,'aws','bill/2/52aadcc80483cb590057475f62b25bd6/1/0',1,NULL,1,NULL,NULL,NULL,NULL,1790899200,1790899200,NULL,NULL,2500000000,NULL,1795973411306538,'ci');
INSERT INTO entry VALUES(5,'manual','calls',1,NULL,3,NULL,NULL,NULL,NULL,1795973415,1795973415,NULL,NULL,60000000000,NULL,1795973415716371,'ci');
CREATE TABLE ledger_clock (
            recorded_at BIGINT NOT NULL
        );
INSERT INTO ledger_clock VALUES(1795973415716371);
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
INSERT INTO roll_up VALUES(900,1790812800,2,1,500000000,1);
INSERT INTO roll_up VALUES(900,1790899200,1,1,1500000000,1);
INSERT INTO roll_up VALUES(900,1795973400,3,60,0,1);
INSERT INTO roll_up VALUES(10800,1790812800,2,1,500000000,1);
INSERT INTO roll_up VALUES(10800,1790899200,1,1,1500000000,1);
INSERT INTO roll_up VALUES(10800,1795964400,3,60,0,1);
INSERT INTO roll_up VALUES(86400,1790812800,2,1,500000000,1);
INSERT INTO roll_up VALUES(86400,1790899200,1,1,1500000000,1);
INSERT INTO roll_up VALUES(86400,1795910400,3,60,0,1);
INSERT INTO roll_up VALUES(691200,1790208000,2,1,500000000,1);
INSERT INTO roll_up VALUES(691200,1790899200,1,1,1500000000,1);
INSERT INTO roll_up VALUES(691200,1795737600,3,60,0,1);
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
INSERT INTO budget VALUES('prod','100000000000','USD','monthly','UTC',0,1,1,NULL,NULL,'entries','actual',21600,'[]','[]','[]','{"team": "web"}','unknown','excluded','["0.5"]');
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
            amount_nano TEXT NOT NULL,
            hours INTEGER NOT NULL,
            is_flow BOOLEAN NOT NULL,
            PRIMARY KEY (feed_id, category, tags, is_flow),
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
INSERT INTO hold VALUES(1,'deploy',1,'held','entry',1795973413,1795984213,10800,NULL,'[]',0,'ci','863987ec6d3c6b9f88825a59f69573ce6ef5ea49d9bcc7850a49c80309879cef',NULL);
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
INSERT INTO hold_line VALUES(1,'held',0,5000000000,'USD','compute',NULL,'{"team": "web"}',0,1795973413,NULL,NULL,NULL,NULL);
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
INSERT INTO alert VALUES('prod/monthly/2026-11-01T00:00:00Z/actual/0.5','prod','monthly/2026-11-01T00:00:00Z','actual','0.5',1,1793491200,1796083200,'60','100','USD',0,'prod: 60 % of USD 100 is spent: USD 60 from 2026-11-01 to 2026-12-01 (UTC). The threshold is 50 %.',1795973415,NULL,'ci');
CREATE TABLE alert_acknowledged (
            alert_id TEXT NOT NULL,
            consumer TEXT NOT NULL,
            acknowledged_at BIGINT NOT NULL,
            acknowledged_by TEXT NOT NULL,
            PRIMARY KEY (alert_id, consumer),
            FOREIGN KEY(alert_id) REFERENCES alert (id)
        );
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
INSERT INTO bill VALUES(1,'aws','','1',NULL,NULL,1790812800,1790812800);
INSERT INTO bill VALUES(2,'aws','','2',NULL,NULL,1790899200,1790899200);
CREATE TABLE delivery (
            recorded_at BIGINT NOT NULL,
            source TEXT NOT NULL,
            after_id BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            effective_at BIGINT,
            PRIMARY KEY (recorded_at)
        );
INSERT INTO delivery VALUES(1795973408987285,'aws',0,'ci',1795973409023582);
INSERT INTO delivery VALUES(1795973411306538,'aws',2,'ci',1795973411323703);
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
CREATE TABLE bill_part (
            id INTEGER NOT NULL,
            bill_id BIGINT NOT NULL,
            content TEXT NOT NULL,
            row_count BIGINT NOT NULL,
            totals TEXT NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(bill_id) REFERENCES bill (id)
        );
INSERT INTO bill_part VALUES(1,1,'3c25e9c3bc3f4fefe484d955cd5ab799',1,'{"USD": "1500000000"}');
INSERT INTO bill_part VALUES(2,2,'52aadcc80483cb590057475f62b25bd6',1,'{"USD": "2500000000"}');
CREATE TABLE owner_policy (
            version BIGINT NOT NULL,
            content TEXT,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (version)
        );
INSERT INTO owner_policy VALUES(1,'{"allow_assume_free": false, "allow_on_exceeded_warn": false, "allow_on_unknown_warn": false, "allow_own_prices": false, "allow_own_rates": false, "currency": null, "free_types": [], "offset_removals": false, "price_sources": null, "required_tags": ["team"], "timezone": null}',1795973404,'ci');
CREATE TABLE currency_rate (
            id INTEGER NOT NULL,
            currency TEXT NOT NULL,
            icu_per_unit TEXT,
            valid_from BIGINT NOT NULL,
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
COMMIT;
