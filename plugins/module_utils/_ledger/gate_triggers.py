# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the triggers of holds, overrides, alerts and feeds check and keep on PostgreSQL
(design/ledger.md#triggers, design/gate.md#separation-of-duty). entry_triggers.py says how they are written.
"""

# ruff: noqa: S608 (what is put together here is all our own)
from __future__ import annotations

import json
from itertools import combinations

from .._core.categories import CATEGORIES
from . import in_force
from .entry_triggers import FIRST_S, LAST_S, NOT_OWN, REFUSE, listed
from .holds import BY_ENTRY, BY_IMPORT, COMMITTED, ENTRY_SOURCE, FORCIBLE, HELD, REMOVED
from .roll_up import COLUMNS

#: How far a login's clock may be from the server's where it says when something happened.
_CLOCKS_APART_S = 300
#: How long a collect period is: no cloud rates more often or less often.
_SHORTEST_S, _LONGEST_S = 60, 86_400
_NOW_S = "extract(epoch FROM clock_timestamp())::bigint"
#: All that a hold can say of the verdicts that it passed.
_FORCED = listed(tuple(json.dumps(each) for count in range(3) for each in combinations(FORCIBLE, count)))
#: The roll-up, with what deliveries that count have beside it.
_COLUMNS = ", ".join(COLUMNS)
_ROLLED_UP = (
    f"(SELECT {_COLUMNS} FROM roll_up"
    f" UNION ALL SELECT {_COLUMNS} FROM roll_up_waiting WHERE {in_force.counts()})"
)
_UNLESS_OWNER = "IF finops_may('finops_owner') THEN RETURN NEW; END IF;"
#: No login but an owner's says that a hold is settled before it is. What entries settle counts no more.
_UNLESS_SETTLED = f"""
            IF NEW.settled AND NOT OLD.settled AND NOT finops_may('finops_owner')
                AND (NEW.state <> '{COMMITTED}' OR NEW.settled_by = '{BY_IMPORT}'
                    AND NOT finops_is_rated(NEW.id, NEW.committed_at))
            THEN
                {REFUSE}'no import has taken the place of this hold yet: ' || OLD.name;
            END IF;"""
#: Name -> arguments, type, language with its properties, and body.
GATE_FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    # Whether every feed of every line was rated since then, and each line has a feed; where all of them were
    # retired, the one that was last. A gate asks for more.
    "finops_is_rated": (
        "of_hold bigint, since bigint", "boolean", "sql STABLE",
        f"""
        SELECT coalesce(bool_and(coalesce((
                SELECT bool_and(f.rated_through >= since) FROM (
                    SELECT rated_through, rank() OVER (ORDER BY retired, retired_at DESC) AS place FROM feed
                    WHERE coalesce(l.project IN (project_id, project_name), true)
                    AND (coalesce(l.region = region, true)
                        OR rating_regions::jsonb ->> l.region = rating_regions::jsonb ->> region)) AS f
                WHERE f.place = 1), false)), false)
            FROM hold_line AS l WHERE l.hold_id = of_hold AND (l.stage = '{COMMITTED}' OR NOT EXISTS (
                SELECT FROM hold_line AS c WHERE c.hold_id = of_hold AND c.stage = '{COMMITTED}'))""",
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
                    OR NEW.expires_at NOT BETWEEN NEW.held_at AND {LAST_S}
                    OR NEW.expires_at - NEW.held_at <> NEW.ttl_s
                    OR coalesce(NEW.forced_verdicts, '') NOT IN ({_FORCED})
                    OR NEW.settled_by NOT IN ('{BY_ENTRY}', '{BY_IMPORT}')
                    OR NEW.generation <> 1 + coalesce((SELECT max(o.generation) FROM hold AS o
                        WHERE o.name = NEW.name), 0)
                THEN
                    {REFUSE}'a new hold is open, of now, and of the next generation: ' || NEW.name;
                END IF;
                IF EXISTS (SELECT FROM hold AS o WHERE o.name = NEW.name AND o.state = '{HELD}'
                    AND o.expires_at > {_NOW_S} AND {NOT_OWN.format(row="o")})
                THEN
                    {REFUSE}'another login has an open hold of this name: ' || NEW.name;
                END IF;
                RETURN NEW;
            END IF;
            IF (NEW.id, NEW.name, NEW.generation) <> (OLD.id, OLD.name, OLD.generation) THEN
                {REFUSE}'a hold keeps its name and generation: ' || OLD.name;
            END IF;
            IF NEW.settled_by <> OLD.settled_by AND (OLD.state, NEW.state) <> ('{HELD}', '{HELD}') THEN
                {REFUSE}'what settles a hold is said when it is held: ' || OLD.name;
            END IF;
            -- By these a rerun knows that it is the same run.
            -- Running lines count from held_at on.
            IF (NEW.held_at, NEW.expires_at, NEW.ttl_s, NEW.forced_verdicts, NEW.lines_sha256,
                        NEW.plan_sha256)
                    IS DISTINCT FROM
                    (OLD.held_at, OLD.expires_at, OLD.ttl_s, OLD.forced_verdicts, OLD.lines_sha256,
                        OLD.plan_sha256)
                AND (OLD.state, NEW.state) <> ('{HELD}', '{HELD}')
            THEN
                {REFUSE}'the begin, the ttl, the verdicts and the lines of a hold are said when it is held: '
                    || OLD.name;
            END IF;
            IF to_jsonb(NEW) - 'settled' = to_jsonb(OLD) - 'settled' THEN
                -- Gates mark whatever hold an import has settled. Only some are believed.
                IF {NOT_OWN.format(row="OLD")} AND NOT finops_may('finops_owner', 'finops_import') THEN
                    RETURN NULL;
                END IF;
                IF NOT NEW.settled AND {NOT_OWN.format(row="OLD")} AND NOT finops_may('finops_owner') THEN
                    {REFUSE}'another login has this hold, and only it changes it: ' || OLD.name;
                END IF;
                {_UNLESS_SETTLED}
                RETURN NEW;
            END IF;
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            {_UNLESS_OWNER}
            IF {NOT_OWN.format(row="OLD")} THEN
                {REFUSE}'another login has this hold, and only it changes it: ' || OLD.name;
            END IF;
            IF NEW.state = '{HELD}' AND OLD.expires_at < {_NOW_S} - {_CLOCKS_APART_S} THEN
                {REFUSE}'a hold that has expired is held again as a new one: ' || OLD.name;
            END IF;
            IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
                    (('{HELD}', '{COMMITTED}'), ('{HELD}', 'released'), ('{COMMITTED}', 'released'))
                OR NEW.expires_at NOT BETWEEN NEW.held_at AND {LAST_S}
                OR NEW.settled_by NOT IN ('{BY_ENTRY}', '{BY_IMPORT}')
                OR NEW.held_at <> OLD.held_at AND abs(NEW.held_at - {_NOW_S}) > {_CLOCKS_APART_S}
                OR OLD.committed_at IS NOT NULL AND NEW.committed_at IS DISTINCT FROM OLD.committed_at
                OR OLD.committed_at IS NULL AND abs(NEW.committed_at - {_NOW_S}) > {_CLOCKS_APART_S}
                OR NEW.state = '{COMMITTED}' AND NEW.committed_at IS NULL
                OR NEW.forced_verdicts IS DISTINCT FROM OLD.forced_verdicts
                    AND coalesce(NEW.forced_verdicts, '') NOT IN ({_FORCED})
            THEN
                {REFUSE}'a hold is committed or released once, and at that moment: ' || OLD.name;
            END IF;
            IF (NEW.expires_at, NEW.ttl_s) <> (OLD.expires_at, OLD.ttl_s)
                AND (NEW.ttl_s < 1 OR abs(NEW.expires_at - NEW.ttl_s - {_NOW_S}) > {_CLOCKS_APART_S})
            THEN
                {REFUSE}'the ttl of a hold begins when it is given: ' || OLD.name;
            END IF;
            {_UNLESS_SETTLED}
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
                    {REFUSE}'a line of a hold is not negative';
                END IF;
                -- What the client could not read would shut every gate.
                IF line.stage NOT IN ('{HELD}', '{COMMITTED}', '{REMOVED}')
                    OR line.currency !~ '^[A-Z][A-Z][A-Z]$'
                    OR line.category NOT IN ({listed(CATEGORIES)})
                    OR coalesce(jsonb_typeof(line.tags::jsonb), '') <> 'object'
                    OR EXISTS (SELECT FROM jsonb_each(line.tags::jsonb) WHERE jsonb_typeof(value) <> 'string')
                    OR line.at NOT BETWEEN {FIRST_S} AND {LAST_S}
                    OR line.until NOT BETWEEN {FIRST_S} AND {LAST_S}
                THEN
                    {REFUSE}'a line of a hold has what the ledger does not know';
                END IF;
            END IF;
            IF NOT finops_may('finops_owner') AND NOT EXISTS (SELECT FROM hold AS o WHERE o.id = line.hold_id
                AND NOT ({NOT_OWN.format(row="o")}))
            THEN
                {REFUSE}'another login has this hold, and only it changes its lines';
            END IF;
            RETURN line;
        END""",
    ),
    # When the transaction ends: a hold is written before its lines, and lines are written anew.
    "finops_keep_some_line": (
        "", "trigger", "plpgsql",
        f"""
        DECLARE
            of_hold bigint := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ->> 'hold_id'
                ELSE to_jsonb(NEW) ->> 'id' END;
        BEGIN
            IF EXISTS (SELECT FROM hold WHERE id = of_hold)
                AND NOT EXISTS (SELECT FROM hold_line WHERE hold_id = of_hold AND stage = '{HELD}')
            THEN
                {REFUSE}'a hold keeps a line; release it to free what it holds';
            END IF;
            RETURN NULL;
        END""",
    ),
    # When the transaction ends: a commit writes its entries before it says so in the hold.
    "finops_keep_commit": (
        "", "trigger", "plpgsql",
        f"""
        DECLARE
            named text;
        BEGIN
            SELECT stem INTO named FROM entry_key WHERE id = NEW.key_id AND source = '{ENTRY_SOURCE}';
            IF NOT FOUND OR finops_may('finops_owner') THEN
                RETURN NULL;
            END IF;
            IF NOT EXISTS (
                SELECT FROM hold AS o,
                    concat('{ENTRY_SOURCE}/', o.name, '/', o.generation, '/') AS prefix
                WHERE o.state = '{COMMITTED}' AND NOT ({NOT_OWN.format(row="o")})
                AND starts_with(named, prefix)
                AND substr(named, length(prefix) + 1) ~ '^[0-9]+/(once|[-0-9]+T[:0-9]+Z)$')
            THEN
                {REFUSE}'only the commit of a hold of this login writes this entry: ' || named;
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
                    AND o.generation = NEW.generation
                    AND o.generation = (SELECT max(n.generation) FROM hold AS n WHERE n.name = o.name)
                    AND o.state IN ('{HELD}', '{COMMITTED}')
                    AND NOT ({NOT_OWN.format(row="o")}))
            THEN
                {REFUSE}'only the login that holds it uses an override for ' || NEW.reservation;
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
                {REFUSE}'an alert is not one of its budget as it stands: ' || NEW.id;
            END IF;
            IF NEW.limit_amount::numeric * 1000000000 <> held.limit_nano
                OR NEW.amount::numeric + 0.000000001 < NEW.threshold::numeric * NEW.limit_amount::numeric
                OR EXISTS (SELECT FROM alert AS o WHERE (o.budget, o.period_id, o.basis, o.threshold)
                    = (NEW.budget, NEW.period_id, NEW.basis, NEW.threshold)
                    AND (o.rearmed_at IS NULL OR o.round >= NEW.round))
            THEN
                {REFUSE}'an alert has not reached its threshold, or was fired already: ' || NEW.id;
            END IF;
            IF NEW.basis <> 'actual'
                OR EXISTS (SELECT FROM {_ROLLED_UP} AS r JOIN dimension_set AS d ON d.id = r.dimension_set_id
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
                FROM {_ROLLED_UP} AS r WHERE bucket_s = 900 AND bucket_begin > NEW.period_begin - 900
                AND bucket_begin < NEW.period_end GROUP BY dimension_set_id
            ) AS each;
            SELECT most + coalesce(sum(greatest(r.amount_nano, 0)::numeric / r.hours
                    * (1 + greatest({_NOW_S} - greatest(f.rated_through, NEW.period_begin), 0)
                        / f.collect_period_s + 1)), 0) / 1000000000
                INTO most FROM feed_rate AS r JOIN feed AS f ON f.id = r.feed_id;
            IF NEW.amount::numeric > most + 0.000001 THEN
                {REFUSE}'an alert tells more than all costs of its period: ' || NEW.id;
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
            IF NEW.retired AND (TG_OP = 'INSERT' OR NOT OLD.retired
                OR NEW.retired_by IS DISTINCT FROM OLD.retired_by)
            THEN
                NEW.retired_by := finops_signed(NEW.retired_by);
            END IF;
            {_UNLESS_OWNER}
            IF NEW.collect_period_s NOT BETWEEN {_SHORTEST_S} AND {_LONGEST_S} THEN
                {REFUSE}'a collect period is a minute to a day long: ' || NEW.project_name;
            END IF;
            IF TG_OP = 'UPDATE' AND (NEW.id, NEW.told_by, NEW.region, NEW.project_id)
                <> (OLD.id, OLD.told_by, OLD.region, OLD.project_id)
            THEN
                {REFUSE}'a feed keeps its project and region: ' || OLD.project_name;
            END IF;
            IF NEW.rated_through > {_NOW_S} + {_CLOCKS_APART_S} THEN
                {REFUSE}'a feed is not rated beyond the present: ' || NEW.project_name;
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.rated_through < OLD.rated_through THEN
                {REFUSE}'what a feed was rated through is not set back: ' || NEW.project_name;
            END IF;
            RETURN NEW;
        END""",
    ),
    # No import writes less: traffic is free up to what it costs.
    "finops_keep_feed_rate": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            {_UNLESS_OWNER}
            IF NEW.amount_nano < 0 OR NEW.hours < 1 THEN
                {REFUSE}'a run rate is not negative, and of one rated period at least';
            END IF;
            RETURN NEW;
        END""",
    ),
}  # fmt: skip
