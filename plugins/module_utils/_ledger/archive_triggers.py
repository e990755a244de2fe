# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What PostgreSQL checks and does of archived months (design/ledger.md#archived-months). entry_triggers.py
says how functions are written.
"""

# ruff: noqa: S608 (what is put together here is all our own)
from __future__ import annotations

from .archived_months import ARCHIVED, RESTORED, RESTORING
from .archiving import DROP
from .commit_clock import NOW
from .entry_triggers import REFUSE

#: Name -> arguments, type, language with its properties, and body.
ARCHIVE_FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    # Who archives, and when, is told by the server; what was recorded of it stays. The rows that it says are
    # in the file, and those that are written back, are in the ledger as many as it says.
    "finops_keep_archived_month": (
        "", "trigger", "plpgsql",
        f"""
        DECLARE
            there bigint;
            asked archived_month := NEW;
        BEGIN
            IF NOT finops_may('finops_owner') THEN
                {REFUSE}'only a login of finops_owner archives and restores';
            END IF;
            IF TG_OP = 'INSERT' THEN
                NEW.id := nextval(pg_get_serial_sequence('{{schema}}.archived_month', 'id'));
                NEW.state := '{ARCHIVED}';
                NEW.archived_at := {NOW};
                NEW.archived_by := finops_signed(NEW.archived_by);
                NEW.restored_at := NULL;
                NEW.restored_by := NULL;
            ELSE
                NEW := OLD;
                NEW.state := asked.state;
                IF (OLD.state, NEW.state) NOT IN (('{ARCHIVED}', '{RESTORING}'),
                    ('{RESTORING}', '{ARCHIVED}'), ('{RESTORING}', '{RESTORED}'))
                THEN
                    {REFUSE}'an archived month is restored, and nothing else: ' || OLD.month;
                END IF;
                IF NEW.state <> '{RESTORED}' THEN
                    RETURN NEW;
                END IF;
                NEW.restored_at := {NOW};
                NEW.restored_by := finops_signed(asked.restored_by);
                DELETE FROM archived_key WHERE archived_id = NEW.id;
            END IF;
            -- Who writes entries changes the clock: they are seen here, or see this. It is changed here, too:
            -- a transaction that sees an earlier moment, and not this, cannot change it any more.
            UPDATE ledger_clock SET recorded_at = recorded_at + 1;
            SELECT count(*) INTO there FROM entry_row
                WHERE period_begin >= NEW.month_begin AND period_begin < NEW.month_end;
            IF there <> NEW.row_count OR NEW.month_end * 1000000 > {NOW} THEN
                {REFUSE}'a month that is archived or restored is over and has all its entries: ' || NEW.month;
            END IF;
            RETURN NEW;
        END""",
    ),
    # Removes some of the rows of an archived month; how many.
    "finops_drop_archived": (
        "of_month bigint, at_most bigint", "bigint", "plpgsql",
        f"""
        DECLARE
            dropped archived_month;
            removed bigint;
        BEGIN
            IF NOT finops_may('finops_owner') THEN
                {REFUSE}'only a login of finops_owner archives and restores';
            END IF;
            SELECT * INTO dropped FROM archived_month WHERE id = of_month AND state = '{ARCHIVED}' FOR UPDATE;
            IF NOT FOUND THEN
                RETURN 0;
            END IF;
            {DROP.format(first="dropped.month_begin", behind_last="dropped.month_end", at_most="at_most")};
            GET DIAGNOSTICS removed = ROW_COUNT;
            RETURN removed;
        END""",
    ),
}  # fmt: skip
