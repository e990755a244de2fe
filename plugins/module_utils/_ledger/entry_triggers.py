# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the triggers of entries check and keep on PostgreSQL, and what all triggers ask
(design/ledger.md#triggers, design/gate.md#separation-of-duty).

A login owns what it recorded. The owner of the tables, a superuser and logins of finops_owner may do what is
another's too. Functions run as the owner of the tables, and find nothing but the ledger and PostgreSQL's own:
what a session puts into its search_path or into temporary tables changes nothing of them. They hold no
percent sign and no backslash, which drivers and settings of a session could read in another way.
"""

# ruff: noqa: S608 (what is put together here is all our own)
from __future__ import annotations

from .._core.categories import CATEGORIES, CHARGE_CATEGORIES
from . import in_force, roll_up
from .archived_months import OUT, RESTORING
from .commit_clock import NOW
from .entry_keys import DAY_S, OF_FEEDS, TO_THE_DAY, TO_THE_SECOND
from .series import fingerprint_on_postgresql

#: The moments that modules take, those of the years 1970 to 9000 in any time zone (_core/periods.py): a gate
#: can tell the periods on both sides of them.
FIRST_S, LAST_S = -86_400, 221_877_014_399
#: Which of these rows the login does not own. {row}: an alias of them.
NOT_OWN = "NOT starts_with({row}.recorded_by, session_user || '/')"


def listed(names: tuple[str, ...]) -> str:
    """What stands in the brackets of IN for these words."""
    return ", ".join(f"'{name}'" for name in names)


#: The rows of a statement with the dimension sets of their series, those that count at once and those of a
#: delivery that will.
_WITH_SETS = "inserted AS n JOIN series ON series.id = n.series_id"
_COUNTED = f"(SELECT n.*, series.dimension_set_id FROM {_WITH_SETS} WHERE {in_force.counts('n')}) AS counted"
_OF_DELIVERY = (
    f"(SELECT n.*, series.dimension_set_id FROM {_WITH_SETS} WHERE n.recorded_at = waiting) AS of_delivery"
)
#: Whether the keys of a source hold moments.
_HAS_MOMENTS = " OR ".join(f"starts_with(source, '{start}')" for start in OF_FEEDS)
#: How a key begins that holds its moment.
_BEGINS_WITH_A_MOMENT = "^[0-9]{4}-[0-9][0-9]-[0-9][0-9](T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z)?/"
#: Whether a row of the statement stands beside another one that is valid.
_ANOTHER_VALID = (
    "n.reverses IS NULL AND o.reverses IS NULL AND o.id <> n.id"
    " AND NOT EXISTS (SELECT FROM entry_row AS t WHERE t.reverses = o.id)"
)
#: Whether a row is written back to a month, by its owner and with its own id: no new one is so low.
_RESTORED = (
    f"m.state = '{RESTORING}' AND {{row}}.period_begin >= m.month_begin"
    " AND {row}.period_begin < m.month_end"
)
#: What begins the refusal of a statement; a text of SQL follows.
REFUSE = "RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = "
#: Name -> arguments, type, language with its properties, and body.
ENTRY_FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    # Whether the login owns the ledger, or is of one of these roles.
    "finops_may": (
        "VARIADIC wanted text[]", "boolean", "sql STABLE",
        """
        SELECT pg_has_role(session_user,
                (SELECT relowner FROM pg_class WHERE oid = '{schema}.entry_row'::regclass), 'MEMBER')
            OR EXISTS (SELECT FROM pg_roles WHERE rolname = ANY (wanted)
                AND pg_has_role(session_user, pg_roles.oid, 'MEMBER'))""",
    ),
    # login/client: the login as the server knows it, the rest as the client says it.
    "finops_signed": (
        "client text", "text", "plpgsql STABLE",
        f"""
        BEGIN
            IF strpos(session_user, '/') > 0 THEN
                {REFUSE}'a login that writes to the ledger has no slash in its name';
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
        f"""
        SELECT {_HAS_MOMENTS} OR starts_with(source, 'free tier of ')""",
    ),
    # What the keys of a bill's entries begin with (bills.py).
    "finops_of_bill": (
        "key text", "boolean", "sql IMMUTABLE",
        "SELECT starts_with(key, 'bill/')",
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
                {REFUSE}'the fingerprint of a dimension set is not that of its columns';
            END IF;
            IF finops_may('finops_owner') THEN
                RETURN NEW;
            END IF;
            NEW.id := nextval(pg_get_serial_sequence('{{schema}}.dimension_set', 'id'));
            IF NEW.charge_category NOT IN ({listed(CHARGE_CATEGORIES)})
                OR NEW.category NOT IN ({listed(CATEGORIES)})
                OR NEW.currency !~ '^[A-Z][A-Z][A-Z]$'
                OR coalesce(jsonb_typeof(NEW.tags::jsonb), '') <> 'object'
                OR EXISTS (SELECT FROM jsonb_each(NEW.tags::jsonb) WHERE jsonb_typeof(value) <> 'string')
            THEN
                {REFUSE}'a dimension set has a category, currency or tags that the ledger does not know';
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
    # What a cost is of stays for ever: nobody may have it say anything else than its fingerprint.
    "finops_keep_series": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            NEW.id := 1 + (SELECT coalesce(max(id), 0) FROM series);
            IF NEW.fingerprint <> {fingerprint_on_postgresql("NEW.length_s", "NEW.")} THEN
                {REFUSE}'the fingerprint of a series is not that of its columns';
            END IF;
            RETURN NEW;
        END""",
    ),
    # No two keys are one text: only those of feeds hold a moment, and of these all that begin with one.
    "finops_keep_key": (
        "", "trigger", "plpgsql",
        f"""
        DECLARE
            source text := NEW.source;
        BEGIN
            IF NEW.moment_length = 0 THEN
                NEW.id := (SELECT coalesce(min(id), 0) FROM entry_key WHERE id < 0) - 1;
            ELSE
                NEW.id := (SELECT coalesce(max(id), 0) FROM entry_key WHERE id > 0) + 1;
            END IF;
            IF ({_HAS_MOMENTS}) AND NEW.moment_length = 0 AND NEW.stem ~ '{_BEGINS_WITH_A_MOMENT}'
                OR NEW.moment_length NOT IN (0, {TO_THE_DAY}, {TO_THE_SECOND})
                OR NEW.moment_length <> 0 AND NOT (({_HAS_MOMENTS}) AND starts_with(NEW.stem, '/'))
            THEN
                {REFUSE}'a key holds the begin of its period where it is one of a feed: ' || NEW.stem;
            END IF;
            RETURN NEW;
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
    # Who records in this transaction, once: the first says it.
    "finops_sign_recording": (
        "", "trigger", "plpgsql",
        """
        BEGIN
            SELECT ledger_clock.recorded_at INTO NEW.recorded_at FROM ledger_clock;
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            RETURN NEW;
        END""",
    ),
    "finops_begin_recording": (
        "", "trigger", "plpgsql",
        """
        BEGIN
            INSERT INTO recording (recorded_at, recorded_by) VALUES (0, '') ON CONFLICT DO NOTHING;
            RETURN NULL;
        END""",
    ),
    # Of a delivery of this login that does not count yet entries have the moment of the delivery.
    "finops_sign_entry": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            IF NEW.recorded_at IS NOT NULL AND NEW.id <= (
                SELECT m.last_id FROM archived_month AS m WHERE {_RESTORED.format(row="NEW")}
            ) THEN
                -- Those of an owner; of others finops_keep_entries refuses the statement.
                RETURN NEW;
            END IF;
            IF NEW.recorded_at IS NULL OR NOT EXISTS (
                SELECT FROM delivery AS d JOIN entry_key AS k ON k.id = NEW.key_id AND k.source = d.source
                WHERE d.recorded_at = NEW.recorded_at AND d.effective_at IS NULL
                AND NEW.key_id < 0 AND finops_of_bill(k.stem) AND NOT {NOT_OWN.format(row="d")})
            THEN
                SELECT ledger_clock.recorded_at INTO NEW.recorded_at FROM ledger_clock;
            END IF;
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
            waiting bigint;
        BEGIN
            SELECT m.month INTO named FROM archived_month AS m, (
                    SELECT min(n.period_begin) AS first, max(n.period_begin) AS last FROM inserted AS n
                ) AS begins
                WHERE m.{OUT} AND begins.first < m.month_end AND begins.last >= m.month_begin LIMIT 1;
            IF FOUND THEN
                IF owns AND NOT EXISTS (SELECT FROM inserted AS n WHERE NOT EXISTS (
                        SELECT FROM archived_month AS m
                        WHERE {_RESTORED.format(row="n")} AND n.id <= m.last_id
                        AND n.recorded_at NOT IN ({in_force.UNFINISHED})))
                THEN
                    RETURN NULL;
                END IF;
                SELECT m.month INTO named FROM archived_month AS m WHERE m.{OUT} AND EXISTS (
                    SELECT FROM inserted AS n
                    WHERE n.period_begin >= m.month_begin AND n.period_begin < m.month_end) LIMIT 1;
                IF FOUND THEN
                    {REFUSE}'the entries of this month are archived; restore them first: ' || named;
                END IF;
            END IF;
            SELECT k.stem INTO named FROM inserted AS n JOIN archived_key AS a ON a.key_id = n.key_id
                JOIN entry_key AS k ON k.id = n.key_id WHERE n.key_id < 0 LIMIT 1;
            IF FOUND THEN
                {REFUSE}'entries of this key are archived; restore them first: ' || named;
            END IF;
            SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                LEFT JOIN LATERAL (
                    SELECT o.* FROM entry_row AS o WHERE o.id = n.reverses OFFSET 0
                ) AS o ON o.reverses IS NULL
                AND o.key_id = n.key_id AND o.version + 1 = n.version
                AND o.series_id = n.series_id AND o.amount_nano = -n.amount_nano
                AND o.period_begin = n.period_begin
                WHERE n.reverses IS NOT NULL AND o.id IS NULL LIMIT 1;
            IF FOUND THEN
                {REFUSE}'a reversal takes back no entry as it stands: ' || named;
            END IF;
            SELECT k.stem INTO named FROM inserted AS n CROSS JOIN LATERAL (
                    SELECT o.id, o.reverses FROM entry_row AS o
                    WHERE o.key_id = n.key_id AND o.period_begin = n.period_begin OFFSET 0
                ) AS o JOIN entry_key AS k ON k.id = n.key_id
                WHERE n.key_id > 0 AND {_ANOTHER_VALID} LIMIT 1;
            IF NOT FOUND THEN
                SELECT k.stem INTO named FROM inserted AS n CROSS JOIN LATERAL (
                        SELECT o.id, o.reverses FROM entry_row AS o
                        WHERE o.key_id < 0 AND o.key_id = n.key_id OFFSET 0
                    ) AS o JOIN entry_key AS k ON k.id = n.key_id
                    WHERE n.key_id < 0 AND {_ANOTHER_VALID} LIMIT 1;
            END IF;
            IF FOUND THEN
                {REFUSE}'an entry of this source and key is valid already: ' || named;
            END IF;
            SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                WHERE k.moment_length = {TO_THE_DAY} AND mod(n.period_begin, {DAY_S}) <> 0 LIMIT 1;
            IF FOUND THEN
                {REFUSE}'the period of an entry does not begin when its key says: ' || named;
            END IF;
            IF NOT imports THEN
                SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                    WHERE finops_of_feed(k.source) OR finops_of_bill(k.stem) LIMIT 1;
                IF FOUND THEN
                    {REFUSE}'only a login of finops_import writes entries of a feed or a bill: ' || named;
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
                    AND {NOT_OWN.format(row="o")} LIMIT 1;
                IF FOUND THEN
                    {REFUSE}'another login recorded this entry, and only it corrects it: ' || named;
                END IF;
                SELECT k.stem INTO named FROM inserted AS n JOIN entry_key AS k ON k.id = n.key_id
                    JOIN series AS s ON s.id = n.series_id
                    JOIN dimension_set AS d ON d.id = s.dimension_set_id
                    WHERE n.reverses IS NULL AND n.amount_nano < 0
                    AND d.charge_category NOT IN ('credit', 'adjustment')
                    AND NOT (d.charge_category = 'tax' AND finops_of_bill(k.stem))
                    OR s.length_s < 0 OR n.period_begin < {FIRST_S}
                    OR n.period_begin > {LAST_S} - s.length_s
                    OR n.quantity !~ '^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$' LIMIT 1;
                IF FOUND THEN
                    {REFUSE}'an entry is negative and no credit, its period is no period, or its quantity no'
                        ' number: ' || named;
                END IF;
            END IF;
            FOR waiting IN SELECT DISTINCT n.recorded_at FROM inserted AS n
                WHERE n.recorded_at IN ({in_force.UNFINISHED})
            LOOP
                {roll_up.adding(_OF_DELIVERY, "waiting")};
            END LOOP;
            {roll_up.adding(_COUNTED)};
            RETURN NULL;
        END""",
    ),
}  # fmt: skip
