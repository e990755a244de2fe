-- Copyright (c) 2026, finops.cloud contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Separation of duty on PostgreSQL (design/gate.md#separation-of-duty). Run this as a superuser in the
-- ledger's database, once the ledger is there, and again after an upgrade:
--   psql -v ON_ERROR_STOP=1 -d finops -f postgresql_roles.sql
-- Then grant the roles to your logins, such as GRANT finops_gate TO pipeline;
--   finops_reader  reads
--   finops_gate    also gates, holds, records costs and usage, and acknowledges alerts
--   finops_import  also imports feeds and bills, and restates what they brought
--   finops_owner   does all of this, sets budgets, overrides and policy, and archives months
-- Nobody changes or removes what was recorded, but for entries of archived months. What triggers of the ledger check besides is in gate.md.
BEGIN;

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['finops_reader', 'finops_gate', 'finops_import', 'finops_owner',
        'finops_sessions']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
    -- The schema of the ledger, wherever it is.
    IF (SELECT count(*) FROM pg_class WHERE relname = 'ledger_clock' AND relkind = 'r') <> 1 THEN
        RAISE EXCEPTION 'this database has no ledger of this version: run a task first that defines a budget,'
            ' records a cost or imports, as the owner of the tables';
    END IF;
    PERFORM set_config('search_path', quote_ident(relnamespace::regnamespace::text) || ', pg_temp', true)
        FROM pg_class WHERE relname = 'ledger_clock' AND relkind = 'r';
END
$$;

GRANT finops_reader TO finops_gate, finops_import;
GRANT finops_gate, finops_import TO finops_owner;

-- Every grant anew: an older version of this file granted more.
DO $$
DECLARE
    ledger text := current_schema();
    -- Which role may what with which table; all else is for reading. A table that is not there is of a later
    -- version.
    granted text[][] := ARRAY[
        ['finops_gate finops_import', 'INSERT (fingerprint, charge_category, category, cloud, region,'
            ' project_id, project_name, currency, tags)', 'dimension_set'],
        ['finops_gate finops_import', 'INSERT (fingerprint, dimension_set_id, length_s, metric, resource_id,'
            ' resource_name, resource_type, unit, description)', 'series'],
        ['finops_gate finops_import', 'INSERT (source, stem, moment_length)', 'entry_key'],
        ['finops_gate finops_import', 'INSERT (recorded_by)', 'recording'],
        ['finops_gate finops_import', 'INSERT (series_id, key_id, version, reverses, period_begin, quantity,'
            ' amount_nano)', 'entry_row'],
        ['finops_import', 'INSERT (recorded_at)', 'entry_row'],
        ['finops_import', 'INSERT (source, recorded_by), UPDATE (effective_at)', 'delivery'],
        ['finops_gate finops_import', 'INSERT', 'usage_record'],
        ['finops_gate finops_import', 'INSERT', 'alert'],
        ['finops_gate', 'INSERT', 'alert_acknowledged'],
        ['finops_gate', 'INSERT, UPDATE', 'hold'],
        ['finops_import', 'UPDATE (settled)', 'hold'],
        ['finops_gate', 'INSERT, DELETE', 'hold_line'],
        ['finops_gate', 'INSERT', 'override_use'],
        ['finops_gate', 'INSERT', 'act'],
        ['finops_import', 'INSERT, UPDATE', 'feed'],
        ['finops_import', 'INSERT, UPDATE, DELETE', 'feed_window'],
        ['finops_import', 'INSERT, UPDATE, DELETE', 'feed_rate'],
        ['finops_import', 'INSERT, UPDATE, DELETE', 'feed_carried'],
        ['finops_import', 'INSERT, UPDATE, DELETE', 'feed_resource'],
        ['finops_import', 'INSERT, UPDATE, DELETE', 'feed_hours'],
        ['finops_import', 'INSERT, UPDATE, DELETE', 'bill'],
        ['finops_import', 'INSERT, DELETE', 'bill_part'],
        ['finops_owner', 'INSERT, UPDATE, DELETE', 'budget'],
        ['finops_owner', 'INSERT, DELETE', 'limit_override'],
        ['finops_owner', 'UPDATE (rearmed_at)', 'alert'],
        ['finops_owner', 'INSERT', 'owner_policy'],
        ['finops_owner', 'INSERT', 'currency_rate'],
        ['finops_owner', 'INSERT, UPDATE (state, restored_at, restored_by)', 'archived_month'],
        ['finops_owner', 'INSERT', 'archived_sum'],
        ['finops_owner', 'INSERT', 'archived_source'],
        ['finops_owner', 'INSERT', 'archived_key'],
        ['finops_owner', 'INSERT (id)', 'entry_row'],
        -- Kept by triggers alone.
        ['', '', 'tag'], ['', '', 'roll_up'], ['', '', 'roll_up_waiting'], ['', '', 'ledger_clock'],
        -- Written by upgrades alone.
        ['', '', 'ledger_schema']
    ];
    role text;
    number integer;
BEGIN
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, finops_reader, finops_gate,'
        ' finops_import, finops_owner', ledger);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM PUBLIC, finops_reader, finops_gate,'
        ' finops_import, finops_owner', ledger);
    -- Who could make functions there could have those of the ledger call them.
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', ledger);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO finops_reader, finops_sessions', ledger);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO finops_reader', ledger);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO finops_gate, finops_import', ledger);
    FOR number IN 1 .. array_length(granted, 1) LOOP
        FOREACH role IN ARRAY string_to_array(granted[number][1], ' ') LOOP
            IF to_regclass(format('%I.%I', ledger, granted[number][3])) IS NOT NULL THEN
                EXECUTE format('GRANT %s ON %I.%I TO %I', granted[number][2], ledger, granted[number][3],
                    role);
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- A delivery's own functions check who calls them, too.
DO $$
DECLARE
    called text;
BEGIN
    FOREACH called IN ARRAY ARRAY['finops_discard_delivery(bigint, bigint)',
        'finops_merge_delivery(bigint, bigint)']
    LOOP
        IF to_regprocedure(called) IS NOT NULL THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO finops_import', called);
        END IF;
    END LOOP;
END
$$;

-- This one, too, and that what it removes was archived.
DO $$
BEGIN
    IF to_regprocedure('finops_drop_archived(bigint, bigint)') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION finops_drop_archived(bigint, bigint) TO finops_owner;
    END IF;
END
$$;

-- Which sessions others wait for, and an end to one. These functions run as a role that sees and ends
-- sessions, and tell and end no others than those that write to this ledger.
GRANT pg_read_all_stats, pg_signal_backend TO finops_sessions;

CREATE OR REPLACE FUNCTION finops_lock_holders()
    RETURNS TABLE (pid integer, login name, application text, since timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT a.pid, a.usename, a.application_name, a.xact_start
    FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
    WHERE l.granted AND l.pid <> pg_backend_pid() AND a.datname = current_database() AND (
        -- The lock of those who write.
        l.locktype = 'advisory' AND (l.classid::bigint, l.objid::bigint, l.objsubid) = (26217, 1852797043, 1)
        OR l.locktype = 'relation' AND l.mode <> 'AccessShareLock' AND l.relation IN (
            SELECT t.oid FROM pg_class AS t
            WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace
        )
    )
    GROUP BY 1, 2, 3, 4
    ORDER BY bool_or(l.locktype = 'advisory') DESC, a.xact_start
$$;

CREATE OR REPLACE FUNCTION finops_end_session(pid integer) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT coalesce(bool_and(pg_terminate_backend(holder.pid)), false)
    FROM finops_lock_holders() AS holder WHERE holder.pid = finops_end_session.pid
$$;

ALTER FUNCTION finops_lock_holders() OWNER TO finops_sessions;
ALTER FUNCTION finops_end_session(integer) OWNER TO finops_sessions;
REVOKE ALL ON FUNCTION finops_lock_holders(), finops_end_session(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finops_lock_holders() TO finops_reader;
-- The owner of the tables waits for the same sessions, and need not be of any role.
DO $$
BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION finops_lock_holders() TO %I',
        (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('ledger_clock')));
END
$$;
GRANT EXECUTE ON FUNCTION finops_end_session(integer) TO finops_owner;

COMMIT;
