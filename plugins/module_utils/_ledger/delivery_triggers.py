# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What PostgreSQL checks and does of deliveries (design/imports.md#whole-or-not-at-all). entry_triggers.py
says how functions are written.
"""

# ruff: noqa: S608 (what is put together here is all our own)
from __future__ import annotations

from .deliveries import MERGE, REMOVE, REMOVE_ENTRIES, REMOVE_SUMS
from .entry_triggers import NOT_OWN, REFUSE
from .postgresql import LOCK_OF_NAMES

_MAY = f"""
            IF NOT finops_may('finops_owner', 'finops_import') THEN
                {REFUSE}'only a login of finops_import writes deliveries';
            END IF;"""


def _named(statement: str) -> str:
    """A statement over the arguments of a function."""
    return statement.format(delivery="of_delivery", at_most="at_most")


#: Name -> arguments, type, language with its properties, and body.
DELIVERY_FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    # What a delivery is called, and since when it counts, is told by the clock alone.
    "finops_keep_delivery": (
        "", "trigger", "plpgsql",
        f"""
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
            IF OLD.effective_at IS NOT NULL OR {NOT_OWN.format(row="OLD")} AND NOT finops_may('finops_owner')
            THEN
                {REFUSE}'a delivery is another login''s, or counts already: ' || OLD.source;
            END IF;
            NEW := OLD;
            SELECT ledger_clock.recorded_at INTO NEW.effective_at FROM ledger_clock;
            RETURN NEW;
        END""",
    ),
    # Removes some of what a delivery wrote that does not count, and in the end the delivery; how much. Not
    # while another session delivers that source: what it goes on to write would count without these.
    "finops_discard_delivery": (
        "of_delivery bigint, at_most bigint", "bigint", "plpgsql",
        f"""
        DECLARE
            removed bigint;
            delivered text;
        BEGIN
            {_MAY}
            SELECT source INTO delivered FROM delivery
                WHERE recorded_at = of_delivery AND effective_at IS NULL FOR UPDATE;
            IF NOT FOUND THEN
                RETURN 0;
            END IF;
            IF NOT pg_try_advisory_xact_lock({LOCK_OF_NAMES}, hashtext(delivered)) THEN
                {REFUSE}'another session delivers this source: ' || delivered;
            END IF;
            {_named(REMOVE_ENTRIES)};
            GET DIAGNOSTICS removed = ROW_COUNT;
            IF removed = 0 THEN
                {_named(REMOVE_SUMS)};
                GET DIAGNOSTICS removed = ROW_COUNT;
            END IF;
            IF removed = 0 THEN
                {_named(REMOVE)};
            END IF;
            RETURN removed;
        END""",
    ),
    # Moves some of the sums of a delivery that counts into the roll-up; how many. One session at a time: two
    # would add the same ones.
    "finops_merge_delivery": (
        "of_delivery bigint, at_most bigint", "bigint", "plpgsql",
        f"""
        DECLARE
            moved bigint;
        BEGIN
            {_MAY}
            PERFORM FROM delivery WHERE recorded_at = of_delivery AND effective_at IS NOT NULL FOR UPDATE;
            IF NOT FOUND THEN
                RETURN 0;
            END IF;
            {_named(MERGE[0])};
            {_named(MERGE[1])};
            GET DIAGNOSTICS moved = ROW_COUNT;
            RETURN moved;
        END""",
    ),
}  # fmt: skip
