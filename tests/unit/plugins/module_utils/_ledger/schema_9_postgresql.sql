-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger of schema 9 on PostgreSQL, as `pg_dump --inserts --no-owner --no-privileges` writes it, with one of its settings.
SET check_function_bodies = false;
CREATE FUNCTION public.finops_advance_clock() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            UPDATE ledger_clock SET recorded_at = greatest(recorded_at + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
                WHERE xmin::text::bigint <> mod(txid_current(), 4294967296);
            RETURN NULL;
        END$$;
CREATE FUNCTION public.finops_begin_recording() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            INSERT INTO recording (recorded_at, recorded_by) VALUES (0, '') ON CONFLICT DO NOTHING;
            RETURN NULL;
        END$$;
CREATE FUNCTION public.finops_check_dimension_set() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
        BEGIN
            IF NEW.fingerprint <> encode(sha256(convert_to('[' || concat_ws(', ',
                finops_json(NEW.charge_category), finops_json(NEW.category), finops_json(NEW.cloud),
                finops_json(NEW.region), finops_json(NEW.project_id), finops_json(NEW.project_name),
                finops_json(NEW.currency), finops_json(NEW.tags)) || ']', 'UTF8')), 'hex')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the fingerprint of a dimension set is not that of its columns';
            END IF;
            IF finops_may('finops_owner') THEN
                RETURN NEW;
            END IF;
            NEW.id := nextval(pg_get_serial_sequence('public.dimension_set', 'id'));
            IF NEW.charge_category NOT IN ('usage', 'purchase', 'credit', 'adjustment', 'tax')
                OR NEW.category NOT IN ('llm_inference', 'llm_embedding', 'compute', 'storage', 'network', 'api_calls', 'other')
                OR NEW.currency !~ '^[A-Z][A-Z][A-Z]$'
                OR coalesce(jsonb_typeof(NEW.tags::jsonb), '') <> 'object'
                OR EXISTS (SELECT FROM jsonb_each(NEW.tags::jsonb) WHERE jsonb_typeof(value) <> 'string')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a dimension set has a category, currency or tags that the ledger does not know';
            END IF;
            RETURN NEW;
        END$_$;
CREATE FUNCTION public.finops_discard_delivery(of_delivery bigint, at_most bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        DECLARE
            removed bigint;
            delivered text;
        BEGIN
            
            IF NOT finops_may('finops_owner', 'finops_import') THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only a login of finops_import writes deliveries';
            END IF;
            SELECT source INTO delivered FROM delivery
                WHERE recorded_at = of_delivery AND effective_at IS NULL FOR UPDATE;
            IF NOT FOUND THEN
                RETURN 0;
            END IF;
            IF NOT pg_try_advisory_xact_lock(1651076204, hashtext(delivered)) THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'another session delivers this source: ' || delivered;
            END IF;
            DELETE FROM entry_row WHERE id IN (SELECT id FROM entry_row WHERE id > (SELECT after_id FROM delivery WHERE delivery.recorded_at = of_delivery) AND recorded_at = of_delivery ORDER BY id LIMIT at_most);
            GET DIAGNOSTICS removed = ROW_COUNT;
            IF removed = 0 THEN
                DELETE FROM roll_up_waiting WHERE recorded_at = of_delivery AND (bucket_s, bucket_begin, dimension_set_id) IN (SELECT bucket_s, bucket_begin, dimension_set_id FROM roll_up_waiting WHERE recorded_at = of_delivery ORDER BY bucket_s, bucket_begin, dimension_set_id LIMIT at_most);
                GET DIAGNOSTICS removed = ROW_COUNT;
            END IF;
            IF removed = 0 THEN
                DELETE FROM delivery WHERE recorded_at = of_delivery;
            END IF;
            RETURN removed;
        END$$;
CREATE FUNCTION public.finops_is_rated(of_hold bigint, since bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        SELECT coalesce(bool_and(coalesce((
                SELECT bool_and(f.rated_through >= since) FROM (
                    SELECT rated_through, rank() OVER (ORDER BY retired, retired_at DESC) AS place FROM feed
                    WHERE coalesce(l.project IN (project_id, project_name), true)
                    AND (coalesce(l.region = region, true)
                        OR rating_regions::jsonb ->> l.region = rating_regions::jsonb ->> region)) AS f
                WHERE f.place = 1), false)), false)
            FROM hold_line AS l WHERE l.hold_id = of_hold AND (l.stage = 'committed' OR NOT EXISTS (
                SELECT FROM hold_line AS c WHERE c.hold_id = of_hold AND c.stage = 'committed'))$$;
CREATE FUNCTION public.finops_json(said text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        DECLARE
            found text := chr(34);
            one text;
            code integer;
        BEGIN
            IF said IS NULL THEN
                RETURN 'null';
            END IF;
            FOREACH one IN ARRAY regexp_split_to_array(said, '') LOOP
                code := ascii(one);
                found := found || CASE
                    WHEN one = '' THEN ''
                    WHEN code IN (34, 92) THEN chr(92) || one
                    WHEN code BETWEEN 32 AND 126 THEN one
                    WHEN code = 8 THEN chr(92) || 'b'
                    WHEN code = 9 THEN chr(92) || 't'
                    WHEN code = 10 THEN chr(92) || 'n'
                    WHEN code = 12 THEN chr(92) || 'f'
                    WHEN code = 13 THEN chr(92) || 'r'
                    WHEN code < 65536 THEN chr(92) || 'u' || lpad(to_hex(code), 4, '0')
                    ELSE chr(92) || 'u' || to_hex(55296 + (code - 65536) / 1024)
                        || chr(92) || 'u' || to_hex(56320 + mod(code - 65536, 1024))
                END;
            END LOOP;
            RETURN found || chr(34);
        END$$;
CREATE FUNCTION public.finops_keep_act() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
        BEGIN
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            NEW.recorded_at := extract(epoch FROM clock_timestamp())::bigint;
            NEW.id := nextval(pg_get_serial_sequence('public.act', 'id'));
            IF NEW.kind NOT IN ('stop', 'start', 'shelve', 'unshelve', 'freeze', 'unfreeze', 'undone_by_hand', 'notify') OR NEW.resource_type NOT IN ('server', 'budget', 'act')
                OR NEW.currency !~ '^[A-Z][A-Z][A-Z]$'
                OR (NEW.saves_nano_per_hour IS NULL) <> (NEW.currency IS NULL)
                OR NEW.edge_at NOT BETWEEN 0 AND NEW.recorded_at + 86400
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'an act has what the ledger does not know: ' || NEW.kind;
            END IF;
            IF (
                NEW.alert_id IS NOT NULL
                OR NEW.resource_type = 'budget'
                OR NEW.kind IN ('freeze', 'unfreeze', 'notify')
            ) AND NOT finops_may('finops_owner')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only a login of finops_owner acts for a budget: ' || NEW.kind;
            END IF;
            IF NEW.undoes IS NOT NULL AND NOT EXISTS (SELECT FROM act AS o WHERE o.id = NEW.undoes
                AND (o.resource_type, o.resource_id) = (NEW.resource_type, NEW.resource_id)
                AND (NEW.kind, o.kind) IN (('start', 'stop'), ('undone_by_hand', 'stop'), ('unshelve', 'shelve'), ('undone_by_hand', 'shelve'), ('unfreeze', 'freeze'), ('undone_by_hand', 'freeze'))
                AND (finops_may('finops_owner') OR NOT (NOT starts_with(o.recorded_by, session_user || '/'))))
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only the login of an act undoes it, at the same resource: ' || NEW.resource_id;
            END IF;
            RETURN NEW;
        END$_$;
CREATE FUNCTION public.finops_keep_alert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
        DECLARE
            held budget;
            most numeric;
        BEGIN
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            IF finops_may('finops_owner') THEN RETURN NEW; END IF;
            SELECT * INTO held FROM budget WHERE name = NEW.budget;
            IF NOT FOUND OR NEW.rearmed_at IS NOT NULL
                OR NEW.basis NOT IN ('actual', 'forecast') OR NEW.currency <> held.currency
                OR NOT jsonb_exists(held.thresholds::jsonb, NEW.threshold)
                OR NEW.amount !~ '^-?[0-9]+([.][0-9]+)?$' OR NEW.limit_amount !~ '^[0-9]+([.][0-9]+)?$'
                OR NEW.period_id <> held.period || '/'
                    || to_char(to_timestamp(NEW.period_begin) AT TIME ZONE 'UTC',
                        'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                OR NEW.id <> NEW.budget || '/' || NEW.period_id || '/' || NEW.basis || '/' || NEW.threshold
                    || (CASE WHEN NEW.round > 1 THEN '#' || NEW.round ELSE '' END)
                OR abs(NEW.fired_at - extract(epoch FROM clock_timestamp())::bigint) > 300
                OR NEW.fired_at < NEW.period_begin OR NEW.fired_at >= NEW.period_end
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'an alert is not one of its budget as it stands: ' || NEW.id;
            END IF;
            IF NEW.limit_amount::numeric * 1000000000 <> held.limit_nano
                OR NEW.amount::numeric + 0.000000001 < NEW.threshold::numeric * NEW.limit_amount::numeric
                OR EXISTS (SELECT FROM alert AS o WHERE (o.budget, o.period_id, o.basis, o.threshold)
                    = (NEW.budget, NEW.period_id, NEW.basis, NEW.threshold)
                    AND (o.rearmed_at IS NULL OR o.round >= NEW.round))
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'an alert has not reached its threshold, or was fired already: ' || NEW.id;
            END IF;
            IF NEW.basis <> 'actual'
                OR EXISTS (SELECT FROM (SELECT bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count FROM roll_up UNION ALL SELECT bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count FROM roll_up_waiting WHERE recorded_at NOT IN (SELECT recorded_at FROM delivery WHERE effective_at IS NULL)) AS r JOIN dimension_set AS d ON d.id = r.dimension_set_id
                    WHERE r.bucket_s = 900 AND r.bucket_begin > NEW.period_begin - 900
                    AND r.bucket_begin < NEW.period_end AND r.entry_count <> 0
                    AND d.currency <> held.currency)
                OR EXISTS (SELECT FROM feed AS f JOIN feed_rate AS r ON r.feed_id = f.id
                    WHERE f.currency <> held.currency)
            THEN
                RETURN NEW;
            END IF;
            -- No budget has spent more than all there is: entries, and feeds since they were rated.
            SELECT coalesce(sum(greatest(each.nano, 0)), 0) / 1000000000 INTO most FROM (
                SELECT sum(amount_whole::numeric * 1000000000 + amount_rest_nano) AS nano
                FROM (SELECT bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count FROM roll_up UNION ALL SELECT bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count FROM roll_up_waiting WHERE recorded_at NOT IN (SELECT recorded_at FROM delivery WHERE effective_at IS NULL)) AS r WHERE bucket_s = 900 AND bucket_begin > NEW.period_begin - 900
                AND bucket_begin < NEW.period_end GROUP BY dimension_set_id
            ) AS each;
            SELECT most + coalesce(sum(greatest(r.amount_nano, 0)::numeric / r.hours
                    * (1 + greatest(extract(epoch FROM clock_timestamp())::bigint - greatest(f.rated_through, NEW.period_begin), 0)
                        / f.collect_period_s + 1)), 0) / 1000000000
                INTO most FROM feed_rate AS r JOIN feed AS f ON f.id = r.feed_id;
            IF NEW.amount::numeric > most + 0.000001 THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'an alert tells more than all costs of its period: ' || NEW.id;
            END IF;
            RETURN NEW;
        END$_$;
CREATE FUNCTION public.finops_keep_commit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
        DECLARE
            named text;
        BEGIN
            SELECT stem INTO named FROM entry_key WHERE id = NEW.key_id AND source = 'reservation';
            IF NOT FOUND OR finops_may('finops_owner') THEN
                RETURN NULL;
            END IF;
            IF NOT EXISTS (
                SELECT FROM hold AS o,
                    concat('reservation/', o.name, '/', o.generation, '/') AS prefix
                WHERE o.state = 'committed' AND NOT (NOT starts_with(o.recorded_by, session_user || '/'))
                AND starts_with(named, prefix)
                AND substr(named, length(prefix) + 1) ~ '^[0-9]+/(once|[-0-9]+T[:0-9]+Z)$')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only the commit of a hold of this login writes this entry: ' || named;
            END IF;
            RETURN NULL;
        END$_$;
CREATE FUNCTION public.finops_keep_delivery() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                SELECT ledger_clock.recorded_at INTO NEW.recorded_at FROM ledger_clock;
                SELECT coalesce(max(entry_row.id), 0) INTO NEW.after_id FROM entry_row;
                NEW.recorded_by := finops_signed(NEW.recorded_by);
                INSERT INTO recording (recorded_at, recorded_by) VALUES (NEW.recorded_at, NEW.recorded_by)
                    ON CONFLICT DO NOTHING;
                NEW.effective_at := NULL;
                RETURN NEW;
            END IF;
            IF OLD.effective_at IS NOT NULL OR NOT starts_with(OLD.recorded_by, session_user || '/') AND NOT finops_may('finops_owner')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a delivery is another login''s, or counts already: ' || OLD.source;
            END IF;
            NEW := OLD;
            SELECT ledger_clock.recorded_at INTO NEW.effective_at FROM ledger_clock;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_keep_entries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
        DECLARE
            owns boolean := finops_may('finops_owner');
            imports boolean := owns OR finops_may('finops_import');
            named text;
            waiting bigint;
        BEGIN
            SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                LEFT JOIN LATERAL (
                    SELECT o.* FROM entry_row AS o WHERE o.id = n.reverses OFFSET 0
                ) AS o ON o.reverses IS NULL
                AND o.key_id = n.key_id AND o.version + 1 = n.version
                AND o.series_id = n.series_id AND o.amount_nano = -n.amount_nano
                AND o.period_begin = n.period_begin
                WHERE n.reverses IS NOT NULL AND o.id IS NULL LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a reversal takes back no entry as it stands: ' || named;
            END IF;
            SELECT k.stem INTO named FROM inserted AS n CROSS JOIN LATERAL (
                    SELECT o.id, o.reverses FROM entry_row AS o
                    WHERE o.key_id = n.key_id AND o.period_begin = n.period_begin OFFSET 0
                ) AS o JOIN entry_key AS k ON k.id = n.key_id
                WHERE n.key_id > 0 AND n.reverses IS NULL AND o.reverses IS NULL AND o.id <> n.id AND NOT EXISTS (SELECT FROM entry_row AS t WHERE t.reverses = o.id) LIMIT 1;
            IF NOT FOUND THEN
                SELECT k.stem INTO named FROM inserted AS n CROSS JOIN LATERAL (
                        SELECT o.id, o.reverses FROM entry_row AS o
                        WHERE o.key_id < 0 AND o.key_id = n.key_id OFFSET 0
                    ) AS o JOIN entry_key AS k ON k.id = n.key_id
                    WHERE n.key_id < 0 AND n.reverses IS NULL AND o.reverses IS NULL AND o.id <> n.id AND NOT EXISTS (SELECT FROM entry_row AS t WHERE t.reverses = o.id) LIMIT 1;
            END IF;
            IF FOUND THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'an entry of this source and key is valid already: ' || named;
            END IF;
            SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                WHERE k.moment_length = 10 AND mod(n.period_begin, 86400) <> 0 LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the period of an entry does not begin when its key says: ' || named;
            END IF;
            IF NOT imports THEN
                SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                    WHERE finops_of_feed(k.source) OR finops_of_bill(k.stem) LIMIT 1;
                IF FOUND THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only a login of finops_import writes entries of a feed or a bill: ' || named;
                END IF;
            END IF;
            IF NOT owns THEN
                SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                    CROSS JOIN LATERAL (
                        SELECT r.recorded_by FROM entry_row AS o
                        JOIN recording AS r ON r.recorded_at = o.recorded_at
                        WHERE o.key_id < 0 AND o.key_id = n.key_id OFFSET 0
                    ) AS o
                    WHERE n.key_id < 0 AND NOT finops_of_feed(k.source) AND NOT finops_of_bill(k.stem)
                    AND NOT starts_with(o.recorded_by, session_user || '/') LIMIT 1;
                IF FOUND THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'another login recorded this entry, and only it corrects it: ' || named;
                END IF;
                SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                    JOIN series AS s ON s.id = n.series_id
                    JOIN dimension_set AS d ON d.id = s.dimension_set_id
                    WHERE n.reverses IS NULL AND n.amount_nano < 0
                    AND d.charge_category NOT IN ('credit', 'adjustment')
                    AND NOT (d.charge_category = 'tax' AND finops_of_bill(k.stem))
                    OR s.length_s < 0 OR n.period_begin < -86400
                    OR n.period_begin > 221877014399 - s.length_s
                    OR n.quantity !~ '^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$' LIMIT 1;
                IF FOUND THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'an entry is negative and no credit, its period is no period, or its quantity no'
                        ' number: ' || named;
                END IF;
            END IF;
            FOR waiting IN SELECT DISTINCT n.recorded_at FROM inserted AS n
                WHERE n.recorded_at IN (SELECT recorded_at FROM delivery WHERE effective_at IS NULL)
            LOOP
                INSERT INTO roll_up_waiting (bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count, recorded_at) SELECT *, waiting FROM (
SELECT bucket.column1 AS bucket_s,
    (shortest_begin + 69120000000) / bucket.column1 * bucket.column1 - 69120000000 AS bucket_begin,
    dimension_set_id, SUM(whole) AS amount_whole, SUM(rest_nano) AS amount_rest_nano,
    SUM(shortest.entry_count) AS entry_count
FROM (
    SELECT (period_begin + 69120000000) / 900 * 900 - 69120000000 AS shortest_begin,
        dimension_set_id, SUM(amount_nano / 1000000000) AS whole, SUM(amount_nano - amount_nano / 1000000000 * 1000000000) AS rest_nano,
        SUM(CASE WHEN reverses IS NULL THEN 1 ELSE -1 END) AS entry_count
    FROM (SELECT n.*, series.dimension_set_id FROM inserted AS n JOIN series ON series.id = n.series_id WHERE n.recorded_at = waiting) AS of_delivery
    GROUP BY 1, 2
) AS shortest
CROSS JOIN (VALUES (691200), (86400), (10800), (900)) AS bucket
GROUP BY 1, 2, 3) AS added WHERE 1 = 1 ORDER BY 1, 2, 3 ON CONFLICT (bucket_s, bucket_begin, dimension_set_id, recorded_at) DO UPDATE SET amount_whole = roll_up_waiting.amount_whole + excluded.amount_whole, amount_rest_nano = roll_up_waiting.amount_rest_nano + excluded.amount_rest_nano, entry_count = roll_up_waiting.entry_count + excluded.entry_count;
            END LOOP;
            INSERT INTO roll_up (bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count) SELECT * FROM (
SELECT bucket.column1 AS bucket_s,
    (shortest_begin + 69120000000) / bucket.column1 * bucket.column1 - 69120000000 AS bucket_begin,
    dimension_set_id, SUM(whole) AS amount_whole, SUM(rest_nano) AS amount_rest_nano,
    SUM(shortest.entry_count) AS entry_count
FROM (
    SELECT (period_begin + 69120000000) / 900 * 900 - 69120000000 AS shortest_begin,
        dimension_set_id, SUM(amount_nano / 1000000000) AS whole, SUM(amount_nano - amount_nano / 1000000000 * 1000000000) AS rest_nano,
        SUM(CASE WHEN reverses IS NULL THEN 1 ELSE -1 END) AS entry_count
    FROM (SELECT n.*, series.dimension_set_id FROM inserted AS n JOIN series ON series.id = n.series_id WHERE n.recorded_at NOT IN (SELECT recorded_at FROM delivery WHERE effective_at IS NULL)) AS counted
    GROUP BY 1, 2
) AS shortest
CROSS JOIN (VALUES (691200), (86400), (10800), (900)) AS bucket
GROUP BY 1, 2, 3) AS added WHERE 1 = 1 ORDER BY 1, 2, 3 ON CONFLICT (bucket_s, bucket_begin, dimension_set_id) DO UPDATE SET amount_whole = roll_up.amount_whole + excluded.amount_whole, amount_rest_nano = roll_up.amount_rest_nano + excluded.amount_rest_nano, entry_count = roll_up.entry_count + excluded.entry_count;
            RETURN NULL;
        END$_$;
CREATE FUNCTION public.finops_keep_feed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            IF NEW.retired AND (TG_OP = 'INSERT' OR NOT OLD.retired
                OR NEW.retired_by IS DISTINCT FROM OLD.retired_by)
            THEN
                NEW.retired_by := finops_signed(NEW.retired_by);
            END IF;
            IF finops_may('finops_owner') THEN RETURN NEW; END IF;
            IF NEW.collect_period_s NOT BETWEEN 60 AND 86400 THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a collect period is a minute to a day long: ' || NEW.project_name;
            END IF;
            IF TG_OP = 'UPDATE' AND (NEW.id, NEW.told_by, NEW.region, NEW.project_id)
                <> (OLD.id, OLD.told_by, OLD.region, OLD.project_id)
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a feed keeps its project and region: ' || OLD.project_name;
            END IF;
            IF NEW.rated_through > extract(epoch FROM clock_timestamp())::bigint + 300 THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a feed is not rated beyond the present: ' || NEW.project_name;
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.rated_through < OLD.rated_through THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'what a feed was rated through is not set back: ' || NEW.project_name;
            END IF;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_keep_feed_rate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            IF finops_may('finops_owner') THEN RETURN NEW; END IF;
            IF NEW.amount_nano < 0 OR NEW.hours < 1 THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a run rate is not negative, and of one rated period at least';
            END IF;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_keep_hold() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                NEW.recorded_by := finops_signed(NEW.recorded_by);
                IF finops_may('finops_owner') THEN RETURN NEW; END IF;
                NEW.id := nextval(pg_get_serial_sequence('public.hold', 'id'));
                IF NEW.state <> 'held' OR NEW.settled OR NEW.committed_at IS NOT NULL
                    OR abs(NEW.held_at - extract(epoch FROM clock_timestamp())::bigint) > 300
                    OR NEW.expires_at NOT BETWEEN NEW.held_at AND 221877014399
                    OR NEW.expires_at - NEW.held_at <> NEW.ttl_s
                    OR coalesce(NEW.forced_verdicts, '') NOT IN ('[]', '["deny"]', '["unknown"]', '["deny", "unknown"]')
                    OR NEW.settled_by NOT IN ('entry', 'import')
                    OR NEW.generation <> 1 + coalesce((SELECT max(o.generation) FROM hold AS o
                        WHERE o.name = NEW.name), 0)
                THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a new hold is open, of now, and of the next generation: ' || NEW.name;
                END IF;
                IF EXISTS (SELECT FROM hold AS o WHERE o.name = NEW.name AND o.state = 'held'
                    AND o.expires_at > extract(epoch FROM clock_timestamp())::bigint AND NOT starts_with(o.recorded_by, session_user || '/'))
                THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'another login has an open hold of this name: ' || NEW.name;
                END IF;
                RETURN NEW;
            END IF;
            IF (NEW.id, NEW.name, NEW.generation) <> (OLD.id, OLD.name, OLD.generation) THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a hold keeps its name and generation: ' || OLD.name;
            END IF;
            IF NEW.settled_by <> OLD.settled_by AND (OLD.state, NEW.state) <> ('held', 'held') THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'what settles a hold is said when it is held: ' || OLD.name;
            END IF;
            -- By these a rerun knows that it is the same run.
            -- Running lines count from held_at on.
            IF (NEW.held_at, NEW.expires_at, NEW.ttl_s, NEW.forced_verdicts, NEW.lines_sha256,
                        NEW.plan_sha256)
                    IS DISTINCT FROM
                    (OLD.held_at, OLD.expires_at, OLD.ttl_s, OLD.forced_verdicts, OLD.lines_sha256,
                        OLD.plan_sha256)
                AND (OLD.state, NEW.state) <> ('held', 'held')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the begin, the ttl, the verdicts and the lines of a hold are said when it is held: '
                    || OLD.name;
            END IF;
            IF to_jsonb(NEW) - 'settled' = to_jsonb(OLD) - 'settled' THEN
                -- Gates mark whatever hold an import has settled. Only some are believed.
                IF NOT starts_with(OLD.recorded_by, session_user || '/') AND NOT finops_may('finops_owner', 'finops_import') THEN
                    RETURN NULL;
                END IF;
                IF NOT NEW.settled AND NOT starts_with(OLD.recorded_by, session_user || '/') AND NOT finops_may('finops_owner') THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'another login has this hold, and only it changes it: ' || OLD.name;
                END IF;
                
            IF NEW.settled AND NOT OLD.settled AND NOT finops_may('finops_owner')
                AND (NEW.state <> 'committed' OR NEW.settled_by = 'import'
                    AND NOT finops_is_rated(NEW.id, NEW.committed_at))
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'no import has taken the place of this hold yet: ' || OLD.name;
            END IF;
                RETURN NEW;
            END IF;
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            IF finops_may('finops_owner') THEN RETURN NEW; END IF;
            IF NOT starts_with(OLD.recorded_by, session_user || '/') THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'another login has this hold, and only it changes it: ' || OLD.name;
            END IF;
            IF NEW.state = 'held' AND OLD.expires_at < extract(epoch FROM clock_timestamp())::bigint - 300 THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a hold that has expired is held again as a new one: ' || OLD.name;
            END IF;
            IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
                    (('held', 'committed'), ('held', 'released'), ('committed', 'released'))
                OR NEW.expires_at NOT BETWEEN NEW.held_at AND 221877014399
                OR NEW.settled_by NOT IN ('entry', 'import')
                OR NEW.held_at <> OLD.held_at AND abs(NEW.held_at - extract(epoch FROM clock_timestamp())::bigint) > 300
                OR OLD.committed_at IS NOT NULL AND NEW.committed_at IS DISTINCT FROM OLD.committed_at
                OR OLD.committed_at IS NULL AND abs(NEW.committed_at - extract(epoch FROM clock_timestamp())::bigint) > 300
                OR NEW.state = 'committed' AND NEW.committed_at IS NULL
                OR NEW.forced_verdicts IS DISTINCT FROM OLD.forced_verdicts
                    AND coalesce(NEW.forced_verdicts, '') NOT IN ('[]', '["deny"]', '["unknown"]', '["deny", "unknown"]')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a hold is committed or released once, and at that moment: ' || OLD.name;
            END IF;
            IF (NEW.expires_at, NEW.ttl_s) <> (OLD.expires_at, OLD.ttl_s)
                AND (NEW.ttl_s < 1 OR abs(NEW.expires_at - NEW.ttl_s - extract(epoch FROM clock_timestamp())::bigint) > 300)
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the ttl of a hold begins when it is given: ' || OLD.name;
            END IF;
            
            IF NEW.settled AND NOT OLD.settled AND NOT finops_may('finops_owner')
                AND (NEW.state <> 'committed' OR NEW.settled_by = 'import'
                    AND NOT finops_is_rated(NEW.id, NEW.committed_at))
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'no import has taken the place of this hold yet: ' || OLD.name;
            END IF;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_keep_hold_line() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $_$
        DECLARE
            line hold_line;
        BEGIN
            IF TG_OP = 'DELETE' THEN
                line := OLD;
            ELSE
                line := NEW;
                IF line.amount_nano < 0 THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a line of a hold is not negative';
                END IF;
                -- What the client could not read would shut every gate.
                IF line.stage NOT IN ('held', 'committed', 'removed')
                    OR line.currency !~ '^[A-Z][A-Z][A-Z]$'
                    OR line.category NOT IN ('llm_inference', 'llm_embedding', 'compute', 'storage', 'network', 'api_calls', 'other')
                    OR coalesce(jsonb_typeof(line.tags::jsonb), '') <> 'object'
                    OR EXISTS (SELECT FROM jsonb_each(line.tags::jsonb) WHERE jsonb_typeof(value) <> 'string')
                    OR line.at NOT BETWEEN -86400 AND 221877014399
                    OR line.until NOT BETWEEN -86400 AND 221877014399
                THEN
                    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a line of a hold has what the ledger does not know';
                END IF;
            END IF;
            IF NOT finops_may('finops_owner') AND NOT EXISTS (SELECT FROM hold AS o WHERE o.id = line.hold_id
                AND NOT (NOT starts_with(o.recorded_by, session_user || '/')))
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'another login has this hold, and only it changes its lines';
            END IF;
            RETURN line;
        END$_$;
CREATE FUNCTION public.finops_keep_key() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        DECLARE
            source text := NEW.source;
        BEGIN
            IF NEW.moment_length = 0 THEN
                NEW.id := (SELECT coalesce(min(id), 0) FROM entry_key WHERE id < 0) - 1;
            ELSE
                NEW.id := (SELECT coalesce(max(id), 0) FROM entry_key WHERE id > 0) + 1;
            END IF;
            IF (starts_with(source, 'cloudkitty ') OR starts_with(source, 'vergeos ')) AND NEW.moment_length = 0 AND NEW.stem ~ '^[0-9]{4}-[0-9][0-9]-[0-9][0-9](T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z)?/'
                OR NEW.moment_length NOT IN (0, 10, 20)
                OR NEW.moment_length <> 0 AND NOT ((starts_with(source, 'cloudkitty ') OR starts_with(source, 'vergeos ')) AND starts_with(NEW.stem, '/'))
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a key holds the begin of its period where it is one of a feed: ' || NEW.stem;
            END IF;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_keep_override_use() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            NEW.consumed_at := extract(epoch FROM clock_timestamp())::bigint;
            IF finops_may('finops_owner') THEN RETURN NEW; END IF;
            IF NOT EXISTS (SELECT FROM limit_override AS o WHERE o.until > extract(epoch FROM clock_timestamp())::bigint
                    AND coalesce(o.login, session_user) = session_user
                    AND (o.budget, o.period_id, o.reservation) = (NEW.budget, NEW.period_id, NEW.reservation))
                OR NOT EXISTS (SELECT FROM hold AS o WHERE o.name = NEW.reservation
                    AND o.generation = NEW.generation
                    AND o.generation = (SELECT max(n.generation) FROM hold AS n WHERE n.name = o.name)
                    AND o.state IN ('held', 'committed')
                    AND NOT (NOT starts_with(o.recorded_by, session_user || '/')))
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only the login that holds it uses an override for ' || NEW.reservation;
            END IF;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_keep_series() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            NEW.id := 1 + (SELECT coalesce(max(id), 0) FROM series);
            IF NEW.fingerprint <> substr(sha256(convert_to(NEW.dimension_set_id || '/' || NEW.length_s || '/' || coalesce(length(NEW.metric) || ':' || NEW.metric, '-') || coalesce(length(NEW.resource_id) || ':' || NEW.resource_id, '-') || coalesce(length(NEW.resource_name) || ':' || NEW.resource_name, '-') || coalesce(length(NEW.resource_type) || ':' || NEW.resource_type, '-') || coalesce(length(NEW.unit) || ':' || NEW.unit, '-') || coalesce(length(NEW.description) || ':' || NEW.description, '-'), 'UTF8')), 1, 16) THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'the fingerprint of a series is not that of its columns';
            END IF;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_keep_some_line() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        DECLARE
            of_hold bigint := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ->> 'hold_id'
                ELSE to_jsonb(NEW) ->> 'id' END;
        BEGIN
            IF EXISTS (SELECT FROM hold WHERE id = of_hold)
                AND NOT EXISTS (SELECT FROM hold_line WHERE hold_id = of_hold AND stage = 'held')
            THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a hold keeps a line; release it to free what it holds';
            END IF;
            RETURN NULL;
        END$$;
CREATE FUNCTION public.finops_keep_tags() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            INSERT INTO tag (dimension_set_id, name, value)
            SELECT NEW.id, key, jsonb_each_text.value FROM jsonb_each_text(NEW.tags::jsonb);
            RETURN NULL;
        END$$;
CREATE FUNCTION public.finops_may(VARIADIC wanted text[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        SELECT pg_has_role(session_user,
                (SELECT relowner FROM pg_class WHERE oid = 'public.entry_row'::regclass), 'MEMBER')
            OR EXISTS (SELECT FROM pg_roles WHERE rolname = ANY (wanted)
                AND pg_has_role(session_user, pg_roles.oid, 'MEMBER'))$$;
CREATE FUNCTION public.finops_merge_delivery(of_delivery bigint, at_most bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        DECLARE
            moved bigint;
        BEGIN
            
            IF NOT finops_may('finops_owner', 'finops_import') THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'only a login of finops_import writes deliveries';
            END IF;
            PERFORM FROM delivery WHERE recorded_at = of_delivery AND effective_at IS NOT NULL FOR UPDATE;
            IF NOT FOUND THEN
                RETURN 0;
            END IF;
            INSERT INTO roll_up (bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count) SELECT bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count FROM roll_up_waiting WHERE recorded_at = of_delivery AND (bucket_s, bucket_begin, dimension_set_id) IN (SELECT bucket_s, bucket_begin, dimension_set_id FROM roll_up_waiting WHERE recorded_at = of_delivery ORDER BY bucket_s, bucket_begin, dimension_set_id LIMIT at_most) ORDER BY bucket_s, bucket_begin, dimension_set_id ON CONFLICT (bucket_s, bucket_begin, dimension_set_id) DO UPDATE SET amount_whole = roll_up.amount_whole + excluded.amount_whole, amount_rest_nano = roll_up.amount_rest_nano + excluded.amount_rest_nano, entry_count = roll_up.entry_count + excluded.entry_count;
            DELETE FROM roll_up_waiting WHERE recorded_at = of_delivery AND (bucket_s, bucket_begin, dimension_set_id) IN (SELECT bucket_s, bucket_begin, dimension_set_id FROM roll_up_waiting WHERE recorded_at = of_delivery ORDER BY bucket_s, bucket_begin, dimension_set_id LIMIT at_most);
            GET DIAGNOSTICS moved = ROW_COUNT;
            RETURN moved;
        END$$;
CREATE FUNCTION public.finops_of_bill(key text) RETURNS boolean
    LANGUAGE sql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$SELECT starts_with(key, 'bill/')$$;
CREATE FUNCTION public.finops_of_feed(source text) RETURNS boolean
    LANGUAGE sql IMMUTABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        SELECT starts_with(source, 'cloudkitty ') OR starts_with(source, 'vergeos ') OR starts_with(source, 'free tier of ')$$;
CREATE FUNCTION public.finops_sign_acknowledgment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            NEW.acknowledged_by := finops_signed(NEW.acknowledged_by);
            NEW.acknowledged_at := extract(epoch FROM clock_timestamp())::bigint;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_sign_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            IF NEW.recorded_at IS NULL OR NOT EXISTS (
                SELECT FROM delivery AS d JOIN entry_key AS k ON k.id = NEW.key_id AND k.source = d.source
                WHERE d.recorded_at = NEW.recorded_at AND d.effective_at IS NULL
                AND NEW.key_id < 0 AND finops_of_bill(k.stem) AND NOT NOT starts_with(d.recorded_by, session_user || '/'))
            THEN
                SELECT ledger_clock.recorded_at INTO NEW.recorded_at FROM ledger_clock;
            END IF;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_sign_recording() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            SELECT ledger_clock.recorded_at INTO NEW.recorded_at FROM ledger_clock;
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_sign_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            NEW.recorded_at := extract(epoch FROM clock_timestamp())::bigint;
            RETURN NEW;
        END$$;
CREATE FUNCTION public.finops_signed(client text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
        BEGIN
            IF strpos(session_user, '/') > 0 THEN
                RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a login that writes to the ledger has no slash in its name';
            END IF;
            IF starts_with(client, session_user || '/') THEN
                RETURN client;
            END IF;
            RETURN session_user || '/' || coalesce(client, '');
        END$$;
CREATE TABLE public.act (
    id bigint NOT NULL,
    kind text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    resource_name text,
    region text,
    project_id text,
    project_name text,
    schedule text,
    edge_at bigint,
    alert_id text,
    saves_nano_per_hour bigint,
    currency text,
    undoes bigint,
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL,
    CONSTRAINT one_asked_for_it CHECK (((schedule IS NULL) <> (alert_id IS NULL))),
    CONSTRAINT saving_is_not_negative CHECK ((saves_nano_per_hour >= 0))
);
CREATE SEQUENCE public.act_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.act_id_seq OWNED BY public.act.id;
CREATE TABLE public.alert (
    id text NOT NULL,
    budget text NOT NULL,
    period_id text NOT NULL,
    basis text NOT NULL,
    threshold text NOT NULL,
    round integer NOT NULL,
    period_begin bigint NOT NULL,
    period_end bigint NOT NULL,
    amount text NOT NULL,
    limit_amount text NOT NULL,
    currency text NOT NULL,
    at_least boolean NOT NULL,
    message text NOT NULL,
    fired_at bigint NOT NULL,
    rearmed_at bigint,
    recorded_by text NOT NULL
);
CREATE TABLE public.alert_acknowledged (
    alert_id text NOT NULL,
    consumer text NOT NULL,
    acknowledged_at bigint NOT NULL,
    acknowledged_by text NOT NULL
);
CREATE TABLE public.bill (
    id bigint NOT NULL,
    source text NOT NULL,
    account text NOT NULL,
    key text NOT NULL,
    period_begin bigint,
    period_end bigint,
    first_begin bigint NOT NULL,
    last_begin bigint NOT NULL
);
CREATE SEQUENCE public.bill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.bill_id_seq OWNED BY public.bill.id;
CREATE TABLE public.bill_part (
    id bigint NOT NULL,
    bill_id bigint NOT NULL,
    content text NOT NULL,
    row_count bigint NOT NULL,
    totals text NOT NULL
);
CREATE SEQUENCE public.bill_part_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.bill_part_id_seq OWNED BY public.bill_part.id;
CREATE TABLE public.budget (
    name text NOT NULL,
    limit_nano numeric NOT NULL,
    currency text NOT NULL,
    period text NOT NULL,
    timezone text NOT NULL,
    first_day integer NOT NULL,
    anchor_day integer NOT NULL,
    anchor_month integer NOT NULL,
    period_begin bigint,
    period_end bigint,
    fed_by text NOT NULL,
    basis text NOT NULL,
    max_staleness_s bigint NOT NULL,
    categories text NOT NULL,
    projects text NOT NULL,
    regions text DEFAULT '[]'::text NOT NULL,
    tags text NOT NULL,
    untagged text DEFAULT 'unknown'::text NOT NULL,
    tax text DEFAULT 'excluded'::text NOT NULL,
    thresholds text NOT NULL
);
CREATE TABLE public.currency_rate (
    id bigint NOT NULL,
    currency text NOT NULL,
    icu_per_unit text,
    valid_from bigint NOT NULL,
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL
);
CREATE SEQUENCE public.currency_rate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.currency_rate_id_seq OWNED BY public.currency_rate.id;
CREATE VIEW public.dashboard_alerts AS
 SELECT id,
    budget,
    basis,
    (threshold)::numeric AS threshold,
    to_timestamp((period_begin)::double precision) AS period_begins_at,
    to_timestamp((period_end)::double precision) AS period_ends_at,
    (amount)::numeric AS amount,
    (limit_amount)::numeric AS limit_amount,
    currency,
    at_least,
    message,
    to_timestamp((fired_at)::double precision) AS fired_at,
    to_timestamp((rearmed_at)::double precision) AS rearmed_at
   FROM public.alert;
CREATE VIEW public.dashboard_budgets AS
 SELECT name,
    (limit_nano * 0.000000001) AS limit_amount,
    currency,
    period,
    timezone,
    fed_by,
    basis,
    tax,
    (categories)::jsonb AS categories,
    (projects)::jsonb AS projects,
    (regions)::jsonb AS regions,
    (tags)::jsonb AS tags,
    (thresholds)::jsonb AS thresholds
   FROM public.budget;
CREATE TABLE public.delivery (
    recorded_at bigint NOT NULL,
    source text NOT NULL,
    after_id bigint NOT NULL,
    recorded_by text NOT NULL,
    effective_at bigint
);
CREATE TABLE public.dimension_set (
    id bigint NOT NULL,
    fingerprint text NOT NULL,
    charge_category text NOT NULL,
    category text NOT NULL,
    cloud text,
    region text,
    project_id text,
    project_name text,
    currency text NOT NULL,
    tags text NOT NULL
);
CREATE TABLE public.roll_up (
    bucket_s integer NOT NULL,
    bucket_begin bigint NOT NULL,
    dimension_set_id bigint NOT NULL,
    amount_whole bigint NOT NULL,
    amount_rest_nano bigint NOT NULL,
    entry_count bigint NOT NULL
);
CREATE TABLE public.roll_up_waiting (
    bucket_s integer NOT NULL,
    bucket_begin bigint NOT NULL,
    dimension_set_id bigint NOT NULL,
    amount_whole bigint NOT NULL,
    amount_rest_nano bigint NOT NULL,
    entry_count bigint NOT NULL,
    recorded_at bigint NOT NULL
);
CREATE VIEW public.dashboard_costs AS
 SELECT to_timestamp((bucket.bucket_begin)::double precision) AS begins_at,
    bucket.bucket_begin AS begin_s,
    dimension_set.charge_category,
    dimension_set.category,
    dimension_set.cloud,
    dimension_set.region,
    dimension_set.project_id,
    dimension_set.project_name,
    dimension_set.currency,
    (dimension_set.tags)::jsonb AS tags,
    ((bucket.amount_whole)::numeric + ((bucket.amount_rest_nano)::numeric * 0.000000001)) AS amount,
    bucket.entry_count
   FROM (( SELECT roll_up.bucket_begin,
            roll_up.dimension_set_id,
            roll_up.amount_whole,
            roll_up.amount_rest_nano,
            roll_up.entry_count
           FROM public.roll_up
          WHERE (roll_up.bucket_s = 900)
        UNION ALL
         SELECT roll_up_waiting.bucket_begin,
            roll_up_waiting.dimension_set_id,
            roll_up_waiting.amount_whole,
            roll_up_waiting.amount_rest_nano,
            roll_up_waiting.entry_count
           FROM public.roll_up_waiting
          WHERE ((roll_up_waiting.bucket_s = 900) AND (NOT (roll_up_waiting.recorded_at IN ( SELECT delivery.recorded_at
                   FROM public.delivery
                  WHERE (delivery.effective_at IS NULL)))))) bucket
     JOIN public.dimension_set ON ((dimension_set.id = bucket.dimension_set_id)));
CREATE TABLE public.entry_key (
    id integer NOT NULL,
    source text NOT NULL,
    stem text NOT NULL,
    moment_length integer NOT NULL,
    CONSTRAINT whole_below_zero CHECK ((((id < 0) = (moment_length = 0)) AND (id <> 0)))
);
CREATE TABLE public.entry_row (
    id bigint NOT NULL,
    period_begin bigint NOT NULL,
    amount_nano bigint NOT NULL,
    recorded_at bigint NOT NULL,
    reverses bigint,
    series_id integer NOT NULL,
    key_id integer NOT NULL,
    version integer NOT NULL,
    quantity text
);
CREATE TABLE public.recording (
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL
);
CREATE TABLE public.series (
    id integer NOT NULL,
    fingerprint bytea NOT NULL,
    dimension_set_id bigint NOT NULL,
    length_s bigint NOT NULL,
    metric text,
    resource_id text,
    resource_name text,
    resource_type text,
    unit text,
    description text
);
CREATE VIEW public.entry AS
 SELECT entry_row.id,
    entry_key.source,
        CASE
            WHEN (entry_key.moment_length = 0) THEN entry_key.stem
            ELSE (substr(to_char((to_timestamp((entry_row.period_begin)::double precision) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text), 1, entry_key.moment_length) || entry_key.stem)
        END AS key,
    entry_row.version,
    entry_row.reverses,
    series.dimension_set_id,
    series.metric,
    series.resource_id,
    series.resource_name,
    series.resource_type,
    entry_row.period_begin,
    (entry_row.period_begin + series.length_s) AS period_end,
    entry_row.quantity,
    series.unit,
    entry_row.amount_nano,
    series.description,
    entry_row.recorded_at,
    recording.recorded_by
   FROM (((public.entry_row
     LEFT JOIN public.series ON ((series.id = entry_row.series_id)))
     LEFT JOIN public.entry_key ON ((entry_key.id = entry_row.key_id)))
     LEFT JOIN public.recording ON ((recording.recorded_at = entry_row.recorded_at)));
CREATE VIEW public.dashboard_entries AS
 SELECT entry.source,
    entry.key,
    entry.version,
    entry.metric,
    entry.resource_id,
    entry.resource_name,
    entry.resource_type,
    to_timestamp((entry.period_begin)::double precision) AS begins_at,
    to_timestamp((entry.period_end)::double precision) AS ends_at,
    entry.period_begin AS begin_s,
    dimension_set.charge_category,
    dimension_set.category,
    dimension_set.cloud,
    dimension_set.region,
    dimension_set.project_id,
    dimension_set.project_name,
    dimension_set.currency,
    (dimension_set.tags)::jsonb AS tags,
    entry.quantity,
    entry.unit,
    ((entry.amount_nano)::numeric * 0.000000001) AS amount,
    entry.description,
    to_timestamp((((COALESCE(( SELECT delivery.effective_at
           FROM public.delivery
          WHERE (delivery.recorded_at = entry.recorded_at)), entry.recorded_at))::numeric / 1000000.0))::double precision) AS recorded_at,
    entry.recorded_by
   FROM (public.entry
     JOIN public.dimension_set ON ((dimension_set.id = entry.dimension_set_id)))
  WHERE ((entry.reverses IS NULL) AND (NOT (entry.recorded_at IN ( SELECT delivery.recorded_at
           FROM public.delivery
          WHERE (delivery.effective_at IS NULL)))) AND (NOT (EXISTS ( SELECT
           FROM public.entry_row reversal
          WHERE ((reversal.reverses = entry.id) AND (NOT (reversal.recorded_at IN ( SELECT delivery.recorded_at
                   FROM public.delivery
                  WHERE (delivery.effective_at IS NULL)))))))));
CREATE TABLE public.feed (
    id bigint NOT NULL,
    told_by text NOT NULL,
    auth_url text NOT NULL,
    region text NOT NULL,
    project_id text NOT NULL,
    cloud text,
    project_name text NOT NULL,
    currency text NOT NULL,
    collect_period_s integer NOT NULL,
    rated_through bigint NOT NULL,
    retired boolean NOT NULL,
    credit_due_from bigint,
    flow_hours integer,
    flow_metrics text,
    retired_at bigint,
    retired_by text,
    retired_reason text,
    rating_regions text DEFAULT '{}'::text NOT NULL,
    empty text DEFAULT '[]'::text NOT NULL,
    unrated text DEFAULT '[]'::text NOT NULL,
    revision integer NOT NULL
);
CREATE VIEW public.dashboard_feeds AS
 SELECT told_by,
    cloud,
    region,
    project_id,
    project_name,
    currency,
    to_timestamp((rated_through)::double precision) AS rated_through,
    retired,
    to_timestamp((retired_at)::double precision) AS retired_at
   FROM public.feed;
CREATE VIEW public.dashboard_rates AS
 SELECT currency,
    (icu_per_unit)::numeric AS icu_per_unit,
    to_timestamp((valid_from)::double precision) AS valid_from,
    to_timestamp((lead(valid_from) OVER (PARTITION BY currency ORDER BY newest.valid_from))::double precision) AS valid_until
   FROM ( SELECT DISTINCT ON (currency_rate.currency, currency_rate.valid_from) currency_rate.currency,
            currency_rate.valid_from,
            currency_rate.icu_per_unit
           FROM public.currency_rate
          ORDER BY currency_rate.currency, currency_rate.valid_from, currency_rate.id DESC) newest
  WHERE (icu_per_unit IS NOT NULL);
CREATE SEQUENCE public.dimension_set_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.dimension_set_id_seq OWNED BY public.dimension_set.id;
CREATE SEQUENCE public.entry_row_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.entry_row_id_seq OWNED BY public.entry_row.id;
CREATE TABLE public.feed_carried (
    feed_id bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL
);
CREATE TABLE public.feed_hours (
    feed_id bigint NOT NULL,
    category text NOT NULL,
    tags text NOT NULL,
    amounts text NOT NULL
);
CREATE SEQUENCE public.feed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.feed_id_seq OWNED BY public.feed.id;
CREATE TABLE public.feed_rate (
    feed_id bigint NOT NULL,
    category text NOT NULL,
    tags text NOT NULL,
    amount_nano numeric NOT NULL,
    hours integer NOT NULL,
    is_flow boolean NOT NULL
);
CREATE TABLE public.feed_resource (
    feed_id bigint NOT NULL,
    resource_id text NOT NULL,
    type text NOT NULL,
    name text NOT NULL,
    tags text NOT NULL
);
CREATE TABLE public.feed_window (
    feed_id bigint NOT NULL,
    begin bigint NOT NULL,
    "end" bigint NOT NULL,
    resolution text NOT NULL,
    "grouping" text NOT NULL,
    tagged boolean NOT NULL
);
CREATE TABLE public.hold (
    id bigint NOT NULL,
    name text NOT NULL,
    generation integer NOT NULL,
    state text NOT NULL,
    settled_by text NOT NULL,
    held_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ttl_s bigint NOT NULL,
    committed_at bigint,
    forced_verdicts text,
    settled boolean NOT NULL,
    recorded_by text NOT NULL,
    lines_sha256 text,
    plan_sha256 text
);
CREATE SEQUENCE public.hold_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hold_id_seq OWNED BY public.hold.id;
CREATE TABLE public.hold_line (
    hold_id bigint NOT NULL,
    stage text NOT NULL,
    number integer NOT NULL,
    amount_nano bigint NOT NULL,
    currency text NOT NULL,
    category text,
    project text,
    tags text NOT NULL,
    hourly boolean NOT NULL,
    at bigint,
    until bigint,
    region text,
    name text,
    metric text,
    CONSTRAINT amount_is_not_negative CHECK ((amount_nano >= 0))
);
CREATE TABLE public.ledger_clock (
    recorded_at bigint NOT NULL
);
CREATE TABLE public.ledger_schema (
    version integer NOT NULL
);
CREATE TABLE public.limit_override (
    budget text NOT NULL,
    period_id text NOT NULL,
    reservation text NOT NULL,
    amount_nano numeric NOT NULL,
    reason text NOT NULL,
    approved_by text NOT NULL,
    until bigint NOT NULL,
    login text,
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL
);
CREATE TABLE public.override_use (
    budget text NOT NULL,
    period_id text NOT NULL,
    reservation text NOT NULL,
    generation integer NOT NULL,
    consumed_at bigint NOT NULL
);
CREATE TABLE public.owner_policy (
    version bigint NOT NULL,
    content text,
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL
);
CREATE TABLE public.tag (
    dimension_set_id bigint NOT NULL,
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.usage_record (
    id bigint NOT NULL,
    source text NOT NULL,
    system text NOT NULL,
    region text,
    project_id text,
    project_name text,
    key bigint,
    created bigint NOT NULL,
    content text NOT NULL,
    recorded_at bigint NOT NULL,
    recorded_by text NOT NULL
);
CREATE SEQUENCE public.usage_record_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.usage_record_id_seq OWNED BY public.usage_record.id;
ALTER TABLE ONLY public.act ALTER COLUMN id SET DEFAULT nextval('public.act_id_seq'::regclass);
ALTER TABLE ONLY public.bill ALTER COLUMN id SET DEFAULT nextval('public.bill_id_seq'::regclass);
ALTER TABLE ONLY public.bill_part ALTER COLUMN id SET DEFAULT nextval('public.bill_part_id_seq'::regclass);
ALTER TABLE ONLY public.currency_rate ALTER COLUMN id SET DEFAULT nextval('public.currency_rate_id_seq'::regclass);
ALTER TABLE ONLY public.dimension_set ALTER COLUMN id SET DEFAULT nextval('public.dimension_set_id_seq'::regclass);
ALTER TABLE ONLY public.entry_row ALTER COLUMN id SET DEFAULT nextval('public.entry_row_id_seq'::regclass);
ALTER TABLE ONLY public.feed ALTER COLUMN id SET DEFAULT nextval('public.feed_id_seq'::regclass);
ALTER TABLE ONLY public.hold ALTER COLUMN id SET DEFAULT nextval('public.hold_id_seq'::regclass);
ALTER TABLE ONLY public.usage_record ALTER COLUMN id SET DEFAULT nextval('public.usage_record_id_seq'::regclass);
INSERT INTO public.act VALUES (2, 'stop', 'server', 's-1', NULL, NULL, NULL, NULL, 'mon-fri 07:00-19:00', NULL, NULL, NULL, NULL, NULL, 1795995856, 'finops/ci');
INSERT INTO public.bill VALUES (1, 'aws', '', 'a', NULL, NULL, 1790812800, 1790812800);
INSERT INTO public.bill_part VALUES (1, 1, '1', 1, '{"USD": "42"}');
INSERT INTO public.delivery VALUES (1795995854565150, 'aws', 13, 'finops/ci', 1795995855176737);
INSERT INTO public.delivery VALUES (1795995855346836, 'aws', 14, 'finops/killed', NULL);
INSERT INTO public.dimension_set VALUES (1, '2d1b7485de56ca6dddf648bf46105d1b59a6bf3db349ed472bd48aaddab83493', 'usage', 'compute', 'infomaniak', 'dc4-a', 'p1', 'shop', 'ICU', '{"team":"web"}');
INSERT INTO public.dimension_set VALUES (2, '1488ed73bdeb1957d8424807a16dcf2e7a974979545f5142cfaecc40860d69cb', 'usage', 'compute', NULL, NULL, NULL, NULL, 'CHF', '{}');
INSERT INTO public.dimension_set VALUES (3, '93b46b4bda694a360fbf3b5534a227daa5121b414ae57f66a6162c7d7f58fd66', 'credit', 'other', NULL, NULL, NULL, NULL, 'CHF', '{}');
INSERT INTO public.dimension_set VALUES (4, 'd7d7ae058201855586ba6ff583a28b954dd3bdebc172041c9412b310c4994090', 'purchase', 'support', NULL, NULL, NULL, NULL, 'CHF', '{}');
INSERT INTO public.dimension_set VALUES (5, 'e847ce565f93376762b8c324739760cc4838ede9a9f1692ab3e5cd4e8dbb80ac', 'usage', 'storage', NULL, NULL, NULL, NULL, 'USD', '{}');
INSERT INTO public.entry_key VALUES (-1, 'manual', '2026-10-03/Müller''s invoice', 0);
INSERT INTO public.entry_key VALUES (-2, 'manual', 'gone', 0);
INSERT INTO public.entry_key VALUES (-3, 'aws', 'bill/1/x/1/0', 0);
INSERT INTO public.entry_key VALUES (-4, 'aws', 'bill/9/y/1/0', 0);
INSERT INTO public.entry_key VALUES (1, 'cloudkitty dc4-a p1', '/instance/i-1', 20);
INSERT INTO public.entry_key VALUES (2, 'cloudkitty dc4-a p1', '/instance/i-2', 20);
INSERT INTO public.entry_key VALUES (3, 'vergeos https://v t1', '/ram/vm-1', 10);
INSERT INTO public.entry_row VALUES (1, 1790812800, 1000, 1795995851733802, NULL, 1, 1, 1, '1');
INSERT INTO public.entry_row VALUES (2, 1790812800, 1000, 1795995851733802, NULL, 2, 2, 1, '1');
INSERT INTO public.entry_row VALUES (3, 1790816400, 1001, 1795995851733802, NULL, 1, 1, 1, '1');
INSERT INTO public.entry_row VALUES (4, 1790816400, 1001, 1795995851733802, NULL, 2, 2, 1, '1');
INSERT INTO public.entry_row VALUES (5, 1790820000, 1002, 1795995851733802, NULL, 1, 1, 1, '1');
INSERT INTO public.entry_row VALUES (6, 1790820000, 1002, 1795995851733802, NULL, 2, 2, 1, '1');
INSERT INTO public.entry_row VALUES (7, 1790816400, -1001, 1795995853168055, 3, 1, 1, 2, '1');
INSERT INTO public.entry_row VALUES (8, 1790816400, 5000, 1795995853168055, NULL, 1, 1, 2, '1');
INSERT INTO public.entry_row VALUES (9, 1790823600, 1003, 1795995853168055, NULL, 3, 1, 1, '1');
INSERT INTO public.entry_row VALUES (10, 1790899200, 7, 1795995853541489, NULL, 4, 3, 1, '4.5');
INSERT INTO public.entry_row VALUES (11, 1790899200, 1000000000, 1795995853915111, NULL, 5, -1, 1, NULL);
INSERT INTO public.entry_row VALUES (12, 1790899200, -5, 1795995853915111, NULL, 6, -2, 1, NULL);
INSERT INTO public.entry_row VALUES (13, 1790899200, 5, 1795995854239675, 12, 6, -2, 2, NULL);
INSERT INTO public.entry_row VALUES (14, 1790812800, 42, 1795995854565150, NULL, 7, -3, 1, NULL);
INSERT INTO public.entry_row VALUES (15, 1790812800, 43, 1795995855346836, NULL, 8, -4, 1, NULL);
INSERT INTO public.ledger_clock VALUES (1795995855528039);
INSERT INTO public.ledger_schema VALUES (9);
INSERT INTO public.recording VALUES (1795995851733802, 'finops/ci');
INSERT INTO public.recording VALUES (1795995853168055, 'finops/ada@laptop');
INSERT INTO public.recording VALUES (1795995853541489, 'finops/ci');
INSERT INTO public.recording VALUES (1795995853915111, 'finops/ci');
INSERT INTO public.recording VALUES (1795995854239675, 'finops/eve@desk');
INSERT INTO public.recording VALUES (1795995854565150, 'finops/ci');
INSERT INTO public.recording VALUES (1795995855346836, 'finops/killed');
INSERT INTO public.roll_up VALUES (900, 1790812800, 1, 0, 2000, 2);
INSERT INTO public.roll_up VALUES (900, 1790820000, 1, 0, 2004, 2);
INSERT INTO public.roll_up VALUES (900, 1790816400, 1, 0, 6001, 2);
INSERT INTO public.roll_up VALUES (900, 1790823600, 1, 0, 1003, 1);
INSERT INTO public.roll_up VALUES (10800, 1790812800, 1, 0, 10005, 6);
INSERT INTO public.roll_up VALUES (10800, 1790823600, 1, 0, 1003, 1);
INSERT INTO public.roll_up VALUES (86400, 1790812800, 1, 0, 11008, 7);
INSERT INTO public.roll_up VALUES (691200, 1790208000, 1, 0, 11008, 7);
INSERT INTO public.roll_up VALUES (900, 1790899200, 2, 0, 7, 1);
INSERT INTO public.roll_up VALUES (10800, 1790899200, 2, 0, 7, 1);
INSERT INTO public.roll_up VALUES (86400, 1790899200, 2, 0, 7, 1);
INSERT INTO public.roll_up VALUES (691200, 1790899200, 2, 0, 7, 1);
INSERT INTO public.roll_up VALUES (900, 1790899200, 4, 1, 0, 1);
INSERT INTO public.roll_up VALUES (10800, 1790899200, 4, 1, 0, 1);
INSERT INTO public.roll_up VALUES (86400, 1790899200, 4, 1, 0, 1);
INSERT INTO public.roll_up VALUES (691200, 1790899200, 4, 1, 0, 1);
INSERT INTO public.roll_up VALUES (900, 1790899200, 3, 0, 0, 0);
INSERT INTO public.roll_up VALUES (10800, 1790899200, 3, 0, 0, 0);
INSERT INTO public.roll_up VALUES (86400, 1790899200, 3, 0, 0, 0);
INSERT INTO public.roll_up VALUES (691200, 1790899200, 3, 0, 0, 0);
INSERT INTO public.roll_up_waiting VALUES (900, 1790812800, 5, 0, 42, 1, 1795995854565150);
INSERT INTO public.roll_up_waiting VALUES (10800, 1790812800, 5, 0, 42, 1, 1795995854565150);
INSERT INTO public.roll_up_waiting VALUES (86400, 1790812800, 5, 0, 42, 1, 1795995854565150);
INSERT INTO public.roll_up_waiting VALUES (691200, 1790208000, 5, 0, 42, 1, 1795995854565150);
INSERT INTO public.roll_up_waiting VALUES (900, 1790812800, 5, 0, 43, 1, 1795995855346836);
INSERT INTO public.roll_up_waiting VALUES (10800, 1790812800, 5, 0, 43, 1, 1795995855346836);
INSERT INTO public.roll_up_waiting VALUES (86400, 1790812800, 5, 0, 43, 1, 1795995855346836);
INSERT INTO public.roll_up_waiting VALUES (691200, 1790208000, 5, 0, 43, 1, 1795995855346836);
INSERT INTO public.series VALUES (1, '\xdbd22ff30232e2c9c88d4d08e720c728', 1, 3600, 'instance', 'i-1', 'web-1', 'server', 'instance', NULL);
INSERT INTO public.series VALUES (2, '\xdceed3b94d90fe3b6d7256b22717e090', 1, 3600, 'instance', 'i-2', 'web-1', 'server', 'instance', NULL);
INSERT INTO public.series VALUES (3, '\xd56c5b8d2cdbea618264934b876f73a9', 1, 3600, 'instance', 'i-1', 'web-renamed', 'server', 'instance', NULL);
INSERT INTO public.series VALUES (4, '\xf1dfed99f749ddf6aaac1eb478b24566', 2, 86400, NULL, NULL, NULL, NULL, 'GB', NULL);
INSERT INTO public.series VALUES (5, '\x154c60fc2ebe1735f6d24e3a35bdbd38', 4, 0, NULL, NULL, NULL, NULL, NULL, 'Müller''s invoice');
INSERT INTO public.series VALUES (6, '\xe2d291e87c202af464ccb533a2080e31', 3, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.series VALUES (7, '\x604e8235d4e00d1f74c22dcdab7d0d76', 5, 3600, NULL, NULL, NULL, NULL, NULL, 'gp3');
INSERT INTO public.series VALUES (8, '\x0ac0cf2b996aa3c1c94937ae62bdecda', 5, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.tag VALUES (1, 'team', 'web');
SELECT pg_catalog.setval('public.act_id_seq', 2, true);
SELECT pg_catalog.setval('public.bill_id_seq', 1, true);
SELECT pg_catalog.setval('public.bill_part_id_seq', 1, true);
SELECT pg_catalog.setval('public.currency_rate_id_seq', 1, false);
SELECT pg_catalog.setval('public.dimension_set_id_seq', 5, true);
SELECT pg_catalog.setval('public.entry_row_id_seq', 15, true);
SELECT pg_catalog.setval('public.feed_id_seq', 1, false);
SELECT pg_catalog.setval('public.hold_id_seq', 1, false);
SELECT pg_catalog.setval('public.usage_record_id_seq', 1, false);
ALTER TABLE ONLY public.act
    ADD CONSTRAINT act_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.act
    ADD CONSTRAINT act_undoes_key UNIQUE (undoes);
ALTER TABLE ONLY public.alert_acknowledged
    ADD CONSTRAINT alert_acknowledged_pkey PRIMARY KEY (alert_id, consumer);
ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_budget_period_id_basis_threshold_round_key UNIQUE (budget, period_id, basis, threshold, round);
ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.bill_part
    ADD CONSTRAINT bill_part_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.bill
    ADD CONSTRAINT bill_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.currency_rate
    ADD CONSTRAINT currency_rate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (recorded_at);
ALTER TABLE ONLY public.dimension_set
    ADD CONSTRAINT dimension_set_fingerprint_key UNIQUE (fingerprint);
ALTER TABLE ONLY public.dimension_set
    ADD CONSTRAINT dimension_set_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entry_key
    ADD CONSTRAINT entry_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.entry_key
    ADD CONSTRAINT entry_key_source_stem_moment_length_key UNIQUE (source, stem, moment_length);
ALTER TABLE ONLY public.entry_row
    ADD CONSTRAINT entry_row_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feed_carried
    ADD CONSTRAINT feed_carried_pkey PRIMARY KEY (feed_id, kind, name);
ALTER TABLE ONLY public.feed_hours
    ADD CONSTRAINT feed_hours_pkey PRIMARY KEY (feed_id, category, tags);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.feed_rate
    ADD CONSTRAINT feed_rate_pkey PRIMARY KEY (feed_id, category, tags, is_flow);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_region_project_id_key UNIQUE (region, project_id);
ALTER TABLE ONLY public.feed_resource
    ADD CONSTRAINT feed_resource_pkey PRIMARY KEY (feed_id, resource_id);
ALTER TABLE ONLY public.feed_window
    ADD CONSTRAINT feed_window_pkey PRIMARY KEY (feed_id, begin);
ALTER TABLE ONLY public.hold_line
    ADD CONSTRAINT hold_line_pkey PRIMARY KEY (hold_id, stage, number);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT hold_name_generation_key UNIQUE (name, generation);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.limit_override
    ADD CONSTRAINT limit_override_pkey PRIMARY KEY (budget, period_id, reservation);
ALTER TABLE ONLY public.override_use
    ADD CONSTRAINT override_use_pkey PRIMARY KEY (budget, period_id, reservation);
ALTER TABLE ONLY public.owner_policy
    ADD CONSTRAINT owner_policy_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.recording
    ADD CONSTRAINT recording_pkey PRIMARY KEY (recorded_at);
ALTER TABLE ONLY public.roll_up
    ADD CONSTRAINT roll_up_pkey PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id);
ALTER TABLE ONLY public.roll_up_waiting
    ADD CONSTRAINT roll_up_waiting_pkey PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id, recorded_at);
ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_fingerprint_key UNIQUE (fingerprint);
ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_pkey PRIMARY KEY (dimension_set_id, name);
ALTER TABLE ONLY public.usage_record
    ADD CONSTRAINT usage_record_pkey PRIMARY KEY (id);
CREATE INDEX act_of_resource ON public.act USING btree (resource_type, resource_id, recorded_at);
CREATE INDEX bill_by_source ON public.bill USING btree (source, account, key);
CREATE INDEX bill_part_of ON public.bill_part USING btree (bill_id);
CREATE UNIQUE INDEX entry_row_by_time ON public.entry_row USING btree (period_begin, key_id, (
CASE
    WHEN (reverses IS NULL) THEN version
    ELSE (- version)
END));
CREATE UNIQUE INDEX entry_row_of_whole_key ON public.entry_row USING btree (key_id, (
CASE
    WHEN (reverses IS NULL) THEN version
    ELSE (- version)
END)) WHERE (key_id < 0);
CREATE UNIQUE INDEX entry_row_reversed ON public.entry_row USING btree (reverses) WHERE (reverses IS NOT NULL);
CREATE INDEX hold_counting ON public.hold USING btree (state, settled, expires_at);
CREATE INDEX ix_alert_fired_at ON public.alert USING btree (fired_at);
CREATE INDEX usage_record_by_time ON public.usage_record USING btree (created);
CREATE UNIQUE INDEX usage_record_once ON public.usage_record USING btree (source, system, key);
CREATE TRIGGER finops_advance_clock BEFORE INSERT OR UPDATE ON public.delivery FOR EACH STATEMENT EXECUTE FUNCTION public.finops_advance_clock();
CREATE TRIGGER finops_advance_clock BEFORE INSERT ON public.recording FOR EACH STATEMENT EXECUTE FUNCTION public.finops_advance_clock();
CREATE TRIGGER finops_begin_recording BEFORE INSERT ON public.entry_row FOR EACH STATEMENT EXECUTE FUNCTION public.finops_begin_recording();
CREATE TRIGGER finops_check_dimension_set BEFORE INSERT ON public.dimension_set FOR EACH ROW EXECUTE FUNCTION public.finops_check_dimension_set();
CREATE TRIGGER finops_keep_act BEFORE INSERT ON public.act FOR EACH ROW EXECUTE FUNCTION public.finops_keep_act();
CREATE TRIGGER finops_keep_alert BEFORE INSERT ON public.alert FOR EACH ROW EXECUTE FUNCTION public.finops_keep_alert();
CREATE CONSTRAINT TRIGGER finops_keep_commit AFTER INSERT ON public.entry_row DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.key_id < 0) AND (new.reverses IS NULL))) EXECUTE FUNCTION public.finops_keep_commit();
CREATE TRIGGER finops_keep_delivery BEFORE INSERT OR UPDATE ON public.delivery FOR EACH ROW EXECUTE FUNCTION public.finops_keep_delivery();
CREATE TRIGGER finops_keep_entries AFTER INSERT ON public.entry_row REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION public.finops_keep_entries();
CREATE TRIGGER finops_keep_feed BEFORE INSERT OR UPDATE ON public.feed FOR EACH ROW EXECUTE FUNCTION public.finops_keep_feed();
CREATE TRIGGER finops_keep_feed_rate BEFORE INSERT OR UPDATE ON public.feed_rate FOR EACH ROW EXECUTE FUNCTION public.finops_keep_feed_rate();
CREATE TRIGGER finops_keep_hold BEFORE INSERT OR UPDATE ON public.hold FOR EACH ROW EXECUTE FUNCTION public.finops_keep_hold();
CREATE TRIGGER finops_keep_hold_line BEFORE INSERT OR DELETE OR UPDATE ON public.hold_line FOR EACH ROW EXECUTE FUNCTION public.finops_keep_hold_line();
CREATE TRIGGER finops_keep_key BEFORE INSERT ON public.entry_key FOR EACH ROW EXECUTE FUNCTION public.finops_keep_key();
CREATE TRIGGER finops_keep_override_use BEFORE INSERT ON public.override_use FOR EACH ROW EXECUTE FUNCTION public.finops_keep_override_use();
CREATE TRIGGER finops_keep_series BEFORE INSERT ON public.series FOR EACH ROW EXECUTE FUNCTION public.finops_keep_series();
CREATE CONSTRAINT TRIGGER finops_keep_some_line AFTER INSERT ON public.hold DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.finops_keep_some_line();
CREATE CONSTRAINT TRIGGER finops_keep_some_line AFTER DELETE ON public.hold_line DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.finops_keep_some_line();
CREATE TRIGGER finops_keep_tags AFTER INSERT ON public.dimension_set FOR EACH ROW EXECUTE FUNCTION public.finops_keep_tags();
CREATE TRIGGER finops_sign_acknowledgment BEFORE INSERT ON public.alert_acknowledged FOR EACH ROW EXECUTE FUNCTION public.finops_sign_acknowledgment();
CREATE TRIGGER finops_sign_entry BEFORE INSERT ON public.entry_row FOR EACH ROW EXECUTE FUNCTION public.finops_sign_entry();
CREATE TRIGGER finops_sign_recording BEFORE INSERT ON public.recording FOR EACH ROW EXECUTE FUNCTION public.finops_sign_recording();
CREATE TRIGGER finops_sign_row BEFORE INSERT ON public.currency_rate FOR EACH ROW EXECUTE FUNCTION public.finops_sign_row();
CREATE TRIGGER finops_sign_row BEFORE INSERT ON public.limit_override FOR EACH ROW EXECUTE FUNCTION public.finops_sign_row();
CREATE TRIGGER finops_sign_row BEFORE INSERT ON public.owner_policy FOR EACH ROW EXECUTE FUNCTION public.finops_sign_row();
CREATE TRIGGER finops_sign_row BEFORE INSERT ON public.usage_record FOR EACH ROW EXECUTE FUNCTION public.finops_sign_row();
ALTER TABLE ONLY public.act
    ADD CONSTRAINT act_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alert(id);
ALTER TABLE ONLY public.act
    ADD CONSTRAINT act_undoes_fkey FOREIGN KEY (undoes) REFERENCES public.act(id);
ALTER TABLE ONLY public.alert_acknowledged
    ADD CONSTRAINT alert_acknowledged_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES public.alert(id);
ALTER TABLE ONLY public.bill_part
    ADD CONSTRAINT bill_part_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES public.bill(id);
ALTER TABLE ONLY public.entry_row
    ADD CONSTRAINT entry_row_key_id_fkey FOREIGN KEY (key_id) REFERENCES public.entry_key(id);
ALTER TABLE ONLY public.entry_row
    ADD CONSTRAINT entry_row_reverses_fkey FOREIGN KEY (reverses) REFERENCES public.entry_row(id);
ALTER TABLE ONLY public.entry_row
    ADD CONSTRAINT entry_row_series_id_fkey FOREIGN KEY (series_id) REFERENCES public.series(id);
ALTER TABLE ONLY public.feed_carried
    ADD CONSTRAINT feed_carried_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.feed_hours
    ADD CONSTRAINT feed_hours_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.feed_rate
    ADD CONSTRAINT feed_rate_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.feed_resource
    ADD CONSTRAINT feed_resource_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.feed_window
    ADD CONSTRAINT feed_window_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.feed(id);
ALTER TABLE ONLY public.hold_line
    ADD CONSTRAINT hold_line_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.hold(id);
ALTER TABLE ONLY public.roll_up
    ADD CONSTRAINT roll_up_dimension_set_id_fkey FOREIGN KEY (dimension_set_id) REFERENCES public.dimension_set(id);
ALTER TABLE ONLY public.roll_up_waiting
    ADD CONSTRAINT roll_up_waiting_dimension_set_id_fkey FOREIGN KEY (dimension_set_id) REFERENCES public.dimension_set(id);
ALTER TABLE ONLY public.series
    ADD CONSTRAINT series_dimension_set_id_fkey FOREIGN KEY (dimension_set_id) REFERENCES public.dimension_set(id);
ALTER TABLE ONLY public.tag
    ADD CONSTRAINT tag_dimension_set_id_fkey FOREIGN KEY (dimension_set_id) REFERENCES public.dimension_set(id);
