# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the triggers of a ledger on PostgreSQL check and keep (design/gate.md#separation-of-duty).

A login owns what it recorded. The owner of the tables, a superuser and logins of finops_owner may do what is
another's too. Functions run as the owner of the tables, and find nothing but the ledger and PostgreSQL's own:
what a session puts into its search_path or into temporary tables changes nothing of them. They hold no
percent sign and no backslash, which drivers and settings of a session could read in another way.
"""

# ruff: noqa: S608 (what is put together here is all our own)
from __future__ import annotations

from .._core.categories import CATEGORIES, CHARGE_CATEGORIES
from . import roll_up
from .commit_clock import NOW
from .holds import COMMITTED, HELD

#: How far a login's clock may be from the server's where it says when something happened.
_CLOCKS_APART_S = 300
#: The first moment of the year 1 and the last of the year 9999: what Python can read.
_FIRST_S, _LAST_S = -62_135_596_800, 253_402_300_799
_NOW_S = "extract(epoch FROM clock_timestamp())::bigint"
#: Which of these rows the login does not own. {row}: an alias of them.
_NOT_OWN = "NOT starts_with({row}.recorded_by, session_user || '/')"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


_REFUSE = "RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = "
_UNLESS_OWNER = "IF finops_may('finops_owner') THEN RETURN NEW; END IF;"
#: Name -> arguments, type, language with its properties, and body.
FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    # Whether the login owns the ledger, or is of one of these roles.
    "finops_may": (
        "VARIADIC wanted text[]", "boolean", "sql STABLE",
        """
        SELECT pg_has_role(session_user,
                (SELECT relowner FROM pg_class WHERE oid = '{schema}.entry'::regclass), 'MEMBER')
            OR EXISTS (SELECT FROM pg_roles WHERE rolname = ANY (wanted)
                AND pg_has_role(session_user, pg_roles.oid, 'MEMBER'))""",
    ),
    # login/client: the login as the server knows it, the rest as the client says it.
    "finops_signed": (
        "client text", "text", "plpgsql STABLE",
        f"""
        BEGIN
            IF strpos(session_user, '/') > 0 THEN
                {_REFUSE}'a login that writes to the ledger has no slash in its name';
            END IF;
            IF starts_with(client, session_user || '/') THEN
                RETURN client;
            END IF;
            RETURN session_user || '/' || coalesce(client, '');
        END""",
    ),
    # What the source of a feed's entries begins with (feeds.py, free_tier_credit.py).
    "finops_of_feed": (
        "source text", "boolean", "sql IMMUTABLE",
        """
        SELECT starts_with(source, 'cloudkitty ') OR starts_with(source, 'vergeos ')
            OR starts_with(source, 'free tier of ')""",
    ),
    # A text as Python's json writes it in ASCII.
    "finops_json": (
        "said text", "text", "plpgsql IMMUTABLE",
        """
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
        END""",
    ),
    # The fingerprint is that of dimension_sets.py: a false one would give later costs another's dimensions.
    "finops_check_dimension_set": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            IF NEW.fingerprint <> encode(sha256(convert_to('[' || concat_ws(', ',
                finops_json(NEW.charge_category), finops_json(NEW.category), finops_json(NEW.cloud),
                finops_json(NEW.region), finops_json(NEW.project_id), finops_json(NEW.project_name),
                finops_json(NEW.currency), finops_json(NEW.tags)) || ']', 'UTF8')), 'hex')
            THEN
                {_REFUSE}'the fingerprint of a dimension set is not that of its columns';
            END IF;
            IF finops_may('finops_owner') THEN
                RETURN NEW;
            END IF;
            NEW.id := nextval(pg_get_serial_sequence('{{schema}}.dimension_set', 'id'));
            IF NEW.charge_category NOT IN ({_listed(CHARGE_CATEGORIES)})
                OR NEW.category NOT IN ({_listed(CATEGORIES)})
                OR NEW.currency !~ '^[A-Z][A-Z][A-Z]$'
                OR coalesce(jsonb_typeof(NEW.tags::jsonb), '') <> 'object'
                OR EXISTS (SELECT FROM jsonb_each(NEW.tags::jsonb) WHERE jsonb_typeof(value) <> 'string')
            THEN
                {_REFUSE}'a dimension set has a category, currency or tags that the ledger does not know';
            END IF;
            RETURN NEW;
        END""",
    ),
    "finops_keep_tags": (
        "", "trigger", "plpgsql",
        """
        BEGIN
            INSERT INTO tag (dimension_set_id, name, value)
            SELECT NEW.id, key, jsonb_each_text.value FROM jsonb_each_text(NEW.tags::jsonb);
            RETURN NULL;
        END""",
    ),
    # Locks the clock until the transaction ends. Of one transaction only the first statement moves it on.
    "finops_advance_clock": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            UPDATE ledger_clock SET recorded_at = greatest(recorded_at + 1, {NOW})
                WHERE xmin::text::bigint <> mod(txid_current(), 4294967296);
            RETURN NULL;
        END""",
    ),
    "finops_sign_entry": (
        "", "trigger", "plpgsql",
        """
        BEGIN
            SELECT ledger_clock.recorded_at INTO NEW.recorded_at FROM ledger_clock;
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            RETURN NEW;
        END""",
    ),
    # Whole statements at once: looked at one by one, entries would take several times as long.
    "finops_keep_entries": (
        "", "trigger",
        # By an index, however little the server knows yet of a table that is being filled.
        "plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off",
        f"""
        DECLARE
            owns boolean := finops_may('finops_owner');
            imports boolean := owns OR finops_may('finops_import');
            named text;
        BEGIN
            SELECT n.key INTO named FROM inserted AS n LEFT JOIN LATERAL (
                    SELECT o.* FROM entry AS o WHERE o.id = n.reverses OFFSET 0
                ) AS o ON o.reverses IS NULL
                AND o.source = n.source AND o.key = n.key AND o.version + 1 = n.version
                AND o.dimension_set_id = n.dimension_set_id AND o.amount_nano = -n.amount_nano
                AND (o.period_begin, o.period_end) = (n.period_begin, n.period_end)
                WHERE n.reverses IS NOT NULL AND o.id IS NULL LIMIT 1;
            IF FOUND THEN
                {_REFUSE}'a reversal takes back no entry as it stands: ' || named;
            END IF;
            SELECT n.key INTO named FROM inserted AS n CROSS JOIN LATERAL (
                    SELECT o.id, o.reverses FROM entry AS o
                    WHERE o.source = n.source AND o.key = n.key OFFSET 0
                ) AS o
                WHERE n.reverses IS NULL AND o.reverses IS NULL AND o.id <> n.id
                AND NOT EXISTS (SELECT FROM entry AS t WHERE t.reverses = o.id) LIMIT 1;
            IF FOUND THEN
                {_REFUSE}'an entry of this source and key is valid already: ' || named;
            END IF;
            IF NOT owns THEN
                SELECT n.key INTO named FROM inserted AS n
                    WHERE finops_of_feed(n.source) AND NOT imports LIMIT 1;
                IF FOUND THEN
                    {_REFUSE}'only a login of finops_import writes entries of a feed: ' || named;
                END IF;
                SELECT n.key INTO named FROM inserted AS n CROSS JOIN LATERAL (
                        SELECT o.source, o.recorded_by FROM entry AS o
                        WHERE o.source = n.source AND o.key = n.key OFFSET 0
                    ) AS o
                    WHERE {_NOT_OWN.format(row="o")} AND NOT finops_of_feed(o.source) LIMIT 1;
                IF FOUND THEN
                    {_REFUSE}'another login recorded this entry, and only it corrects it: ' || named;
                END IF;
                SELECT n.key INTO named FROM inserted AS n
                    JOIN dimension_set AS d ON d.id = n.dimension_set_id
                    WHERE n.reverses IS NULL AND n.amount_nano < 0
                    AND d.charge_category NOT IN ('credit', 'adjustment')
                    OR n.period_begin > n.period_end OR n.period_begin < {_FIRST_S}
                    OR n.period_end > {_LAST_S} LIMIT 1;
                IF FOUND THEN
                    {_REFUSE}'an entry is negative and no credit, or its period is no period: ' || named;
                END IF;
            END IF;
            {roll_up.adding("inserted")};
            RETURN NULL;
        END""",
    ),
    "finops_keep_hold": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            IF TG_OP = 'INSERT' THEN
                NEW.recorded_by := finops_signed(NEW.recorded_by);
                {_UNLESS_OWNER}
                NEW.id := nextval(pg_get_serial_sequence('{{schema}}.hold', 'id'));
                IF NEW.state <> '{HELD}' OR NEW.settled OR NEW.committed_at IS NOT NULL
                    OR abs(NEW.held_at - {_NOW_S}) > {_CLOCKS_APART_S}
                    OR NEW.generation <> 1 + coalesce((SELECT max(o.generation) FROM hold AS o
                        WHERE o.name = NEW.name), 0)
                THEN
                    {_REFUSE}'a new hold is open, of now, and of the next generation: ' || NEW.name;
                END IF;
                IF EXISTS (SELECT FROM hold AS o WHERE o.name = NEW.name AND o.state = '{HELD}'
                    AND o.expires_at > {_NOW_S} AND {_NOT_OWN.format(row="o")})
                THEN
                    {_REFUSE}'another login has an open hold of this name: ' || NEW.name;
                END IF;
                RETURN NEW;
            END IF;
            IF (NEW.id, NEW.name, NEW.generation) <> (OLD.id, OLD.name, OLD.generation) THEN
                {_REFUSE}'a hold keeps its name and generation: ' || OLD.name;
            END IF;
            IF to_jsonb(NEW) - 'settled' = to_jsonb(OLD) - 'settled' THEN
                -- Gates mark whatever hold an import has settled. Only some are believed.
                IF {_NOT_OWN.format(row="OLD")} AND NOT finops_may('finops_owner', 'finops_import') THEN
                    RETURN NULL;
                END IF;
                RETURN NEW;
            END IF;
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            {_UNLESS_OWNER}
            IF {_NOT_OWN.format(row="OLD")} THEN
                {_REFUSE}'another login has this hold, and only it changes it: ' || OLD.name;
            END IF;
            IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
                    (('{HELD}', '{COMMITTED}'), ('{HELD}', 'released'), ('{COMMITTED}', 'released'))
                OR NEW.held_at <> OLD.held_at AND abs(NEW.held_at - {_NOW_S}) > {_CLOCKS_APART_S}
                OR OLD.committed_at IS NOT NULL AND NEW.committed_at IS DISTINCT FROM OLD.committed_at
                OR OLD.committed_at IS NULL AND abs(NEW.committed_at - {_NOW_S}) > {_CLOCKS_APART_S}
            THEN
                {_REFUSE}'a hold is committed or released once, and at that moment: ' || OLD.name;
            END IF;
            RETURN NEW;
        END""",
    ),
    "finops_keep_hold_line": (
        "", "trigger", "plpgsql",
        f"""
        DECLARE
            line hold_line;
        BEGIN
            IF TG_OP = 'DELETE' THEN
                line := OLD;
            ELSE
                line := NEW;
                IF line.amount_nano < 0 THEN
                    {_REFUSE}'a line of a hold is not negative';
                END IF;
            END IF;
            IF NOT finops_may('finops_owner') AND NOT EXISTS (SELECT FROM hold AS o WHERE o.id = line.hold_id
                AND NOT ({_NOT_OWN.format(row="o")}))
            THEN
                {_REFUSE}'another login has this hold, and only it changes its lines';
            END IF;
            RETURN line;
        END""",
    ),
    "finops_keep_some_line": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            IF EXISTS (SELECT FROM hold WHERE id = OLD.hold_id)
                AND NOT EXISTS (SELECT FROM hold_line WHERE hold_id = OLD.hold_id)
            THEN
                {_REFUSE}'a hold keeps a line; release it to free what it holds';
            END IF;
            RETURN NULL;
        END""",
    ),
    "finops_keep_override_use": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            NEW.consumed_at := {_NOW_S};
            {_UNLESS_OWNER}
            IF NOT EXISTS (SELECT FROM limit_override AS o WHERE o.until > {_NOW_S}
                    AND coalesce(o.login, session_user) = session_user
                    AND (o.budget, o.period_id, o.reservation) = (NEW.budget, NEW.period_id, NEW.reservation))
                OR NOT EXISTS (SELECT FROM hold AS o WHERE o.name = NEW.reservation
                    AND o.generation = NEW.generation AND o.state IN ('{HELD}', '{COMMITTED}')
                    AND NOT ({_NOT_OWN.format(row="o")}))
            THEN
                {_REFUSE}'only the login that holds it uses an override for ' || NEW.reservation;
            END IF;
            RETURN NEW;
        END""",
    ),
    # How much of all costs is the budget's is the client's word, as the verdict is, and so is a forecast.
    "finops_keep_alert": (
        "", "trigger", "plpgsql",
        f"""
        DECLARE
            held budget;
            most numeric;
        BEGIN
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            {_UNLESS_OWNER}
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
                OR abs(NEW.fired_at - {_NOW_S}) > {_CLOCKS_APART_S}
                OR NEW.fired_at < NEW.period_begin OR NEW.fired_at >= NEW.period_end
            THEN
                {_REFUSE}'an alert is not one of its budget as it stands: ' || NEW.id;
            END IF;
            IF NEW.limit_amount::numeric * 1000000000 <> held.limit_nano
                OR NEW.amount::numeric + 0.000000001 < NEW.threshold::numeric * NEW.limit_amount::numeric
                OR EXISTS (SELECT FROM alert AS o WHERE (o.budget, o.period_id, o.basis, o.threshold)
                    = (NEW.budget, NEW.period_id, NEW.basis, NEW.threshold)
                    AND (o.rearmed_at IS NULL OR o.round >= NEW.round))
            THEN
                {_REFUSE}'an alert has not reached its threshold, or was fired already: ' || NEW.id;
            END IF;
            IF NEW.basis <> 'actual'
                OR EXISTS (SELECT FROM dimension_set WHERE currency <> held.currency)
            THEN
                RETURN NEW;
            END IF;
            -- No budget has spent more than all there is: entries, and feeds since they were rated.
            SELECT coalesce(sum(greatest(each.nano, 0)), 0) / 1000000000 INTO most FROM (
                SELECT sum(amount_whole::numeric * 1000000000 + amount_rest_nano) AS nano
                FROM roll_up WHERE bucket_s = 900 AND bucket_begin > NEW.period_begin - 900
                AND bucket_begin < NEW.period_end GROUP BY dimension_set_id
            ) AS each;
            SELECT most + coalesce(sum(greatest(r.amount_nano, 0)::numeric / r.hours
                    * (1 + greatest({_NOW_S} - greatest(f.rated_through, NEW.period_begin), 0)
                        / f.collect_period_s + 1)), 0) / 1000000000
                INTO most FROM feed_rate AS r JOIN feed AS f ON f.id = r.feed_id;
            IF NEW.amount::numeric > most + 0.000001 THEN
                {_REFUSE}'an alert tells more than all costs of its period: ' || NEW.id;
            END IF;
            RETURN NEW;
        END""",
    ),
    "finops_sign_acknowledgment": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            NEW.acknowledged_by := finops_signed(NEW.acknowledged_by);
            NEW.acknowledged_at := {_NOW_S};
            RETURN NEW;
        END""",
    ),
    "finops_sign_row": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            NEW.recorded_at := {_NOW_S};
            RETURN NEW;
        END""",
    ),
    "finops_keep_feed": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            NEW.retired_by := CASE WHEN NEW.retired AND (TG_OP = 'INSERT' OR NOT OLD.retired OR NEW.retired_by
                IS DISTINCT FROM OLD.retired_by) THEN finops_signed(NEW.retired_by) ELSE NEW.retired_by END;
            {_UNLESS_OWNER}
            IF NEW.rated_through > {_NOW_S} + {_CLOCKS_APART_S} THEN
                {_REFUSE}'a feed is not rated beyond the present: ' || NEW.project_name;
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.rated_through < OLD.rated_through THEN
                {_REFUSE}'what a feed was rated through is not set back: ' || NEW.project_name;
            END IF;
            RETURN NEW;
        END""",
    ),
}  # fmt: skip
