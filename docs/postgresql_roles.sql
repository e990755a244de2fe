-- SPDX-License-Identifier: GPL-3.0-or-later
-- Separation of duty on PostgreSQL (design/gate.md#separation-of-duty). Run this as the
-- owner of the ledger's tables, once they exist, and again after an upgrade:
--   psql -d finops -f postgresql_roles.sql
-- finops_gate is for pipelines that gate, record and import. finops_owner is for whoever sets limits, too.
-- Grant the roles to your logins.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finops_gate') THEN
        CREATE ROLE finops_gate NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'finops_owner') THEN
        CREATE ROLE finops_owner NOLOGIN;
    END IF;
END
$$;

GRANT finops_gate TO finops_owner;

-- Rows of entry and usage_record are only ever added: who may record cannot change or remove them.
GRANT SELECT ON ledger_schema, dimension_set, tag, entry, roll_up, budget, feed, feed_window,
    feed_rate, feed_carried, feed_resource, hold, hold_line, limit_override, override_use,
    feed_hours, alert, alert_acknowledged, usage_record TO finops_gate;
GRANT INSERT ON dimension_set, tag, entry, usage_record TO finops_gate;
GRANT INSERT, UPDATE ON roll_up TO finops_gate;
GRANT INSERT, UPDATE, DELETE ON feed, feed_window, feed_rate, feed_carried, feed_resource TO finops_gate;
GRANT USAGE ON SEQUENCE dimension_set_id_seq, entry_id_seq, feed_id_seq, hold_id_seq, usage_record_id_seq
    TO finops_gate;
GRANT INSERT, UPDATE ON hold TO finops_gate;
GRANT INSERT, DELETE ON hold_line, feed_hours TO finops_gate;
-- An alert that was fired stays, and so does its acknowledgement.
GRANT INSERT ON alert, alert_acknowledged TO finops_gate;
-- An override that was used stays used: nobody changes or removes that row.
GRANT INSERT ON override_use TO finops_gate;

GRANT INSERT, UPDATE, DELETE ON budget TO finops_owner;
GRANT INSERT, DELETE ON limit_override TO finops_owner;
-- Re-arming, which raising a limit does too.
GRANT UPDATE (rearmed_at) ON alert TO finops_owner;

-- The owner's policy and rates are read by everybody; versions and rates are only ever added.
GRANT SELECT ON owner_policy, currency_rate TO finops_gate;
GRANT INSERT ON owner_policy, currency_rate TO finops_owner;
GRANT USAGE ON SEQUENCE currency_rate_id_seq TO finops_owner;
