# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a ledger on PostgreSQL keeps by itself, whoever writes it: the roll-up, who recorded what and when,
and that no login changes what is another's (design/ledger.md#triggers, design/gate.md#separation-of-duty).
"""

from __future__ import annotations

from .act_triggers import ACT_FUNCTIONS
from .archive_triggers import ARCHIVE_FUNCTIONS
from .delivery_triggers import DELIVERY_FUNCTIONS
from .entry_triggers import ENTRY_FUNCTIONS
from .gate_triggers import GATE_FUNCTIONS
from .transaction import Transaction, define, read, table_names

_FUNCTIONS = {
    **ENTRY_FUNCTIONS,
    **DELIVERY_FUNCTIONS,
    **GATE_FUNCTIONS,
    **ACT_FUNCTIONS,
    **ARCHIVE_FUNCTIONS,
}
_ROW, _STATEMENT = "FOR EACH ROW", "FOR EACH STATEMENT"
#: Table, when its trigger runs, for what, and its function.
_TRIGGERS = (
    ("dimension_set", "BEFORE INSERT", _ROW, "finops_check_dimension_set"),
    ("dimension_set", "AFTER INSERT", _ROW, "finops_keep_tags"),
    ("series", "BEFORE INSERT", _ROW, "finops_keep_series"),
    ("entry_key", "BEFORE INSERT", _ROW, "finops_keep_key"),
    ("recording", "BEFORE INSERT", _STATEMENT, "finops_advance_clock"),
    ("recording", "BEFORE INSERT", _ROW, "finops_sign_recording"),
    ("entry_row", "BEFORE INSERT", _STATEMENT, "finops_begin_recording"),
    ("entry_row", "BEFORE INSERT", _ROW, "finops_sign_entry"),
    ("entry_row", "AFTER INSERT", f"REFERENCING NEW TABLE AS inserted {_STATEMENT}", "finops_keep_entries"),
    (
        "entry_row",
        "AFTER INSERT",
        f"DEFERRABLE INITIALLY DEFERRED {_ROW} WHEN (NEW.key_id < 0 AND NEW.reverses IS NULL)",
        "finops_keep_commit",
    ),
    ("delivery", "BEFORE INSERT OR UPDATE", _STATEMENT, "finops_advance_clock"),
    ("delivery", "BEFORE INSERT OR UPDATE", _ROW, "finops_keep_delivery"),
    ("hold", "BEFORE INSERT OR UPDATE", _ROW, "finops_keep_hold"),
    ("hold", "AFTER INSERT", f"DEFERRABLE INITIALLY DEFERRED {_ROW}", "finops_keep_some_line"),
    ("hold_line", "BEFORE INSERT OR UPDATE OR DELETE", _ROW, "finops_keep_hold_line"),
    ("hold_line", "AFTER DELETE", f"DEFERRABLE INITIALLY DEFERRED {_ROW}", "finops_keep_some_line"),
    ("override_use", "BEFORE INSERT", _ROW, "finops_keep_override_use"),
    ("alert", "BEFORE INSERT", _ROW, "finops_keep_alert"),
    ("alert_acknowledged", "BEFORE INSERT", _ROW, "finops_sign_acknowledgment"),
    ("act", "BEFORE INSERT", _ROW, "finops_keep_act"),
    ("archived_month", "BEFORE INSERT OR UPDATE", _ROW, "finops_keep_archived_month"),
    ("feed", "BEFORE INSERT OR UPDATE", _ROW, "finops_keep_feed"),
    ("feed_rate", "BEFORE INSERT OR UPDATE", _ROW, "finops_keep_feed_rate"),
    *(
        (table, "BEFORE INSERT", _ROW, "finops_sign_row")
        for table in ("limit_override", "usage_record", "owner_policy", "currency_rate")
    ),
)


def remove(transaction: Transaction) -> None:
    """Remove the triggers of an older ledger: they would sign what its upgrade changes."""
    if not transaction.on_postgresql:
        return
    there = table_names(transaction)
    for table, _moment, _scope, function in _TRIGGERS:
        if table in there:
            define(transaction, f"DROP TRIGGER IF EXISTS {function} ON {table}")


def make(transaction: Transaction) -> None:
    """Make the functions and triggers, in place of older ones.

    SQLite has none: whoever may write the file may write all of it.
    """
    if not transaction.on_postgresql:
        return
    ((schema,),) = read(transaction, "SELECT quote_ident(current_schema())")
    for name, (arguments, kind, language, body) in _FUNCTIONS.items():
        define(
            transaction,
            f"CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {kind} LANGUAGE {language}"
            f" SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp AS $finops$"
            f"{body.replace('{schema}', schema)}$finops$",
        )
        define(transaction, f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    there = table_names(transaction)
    for table, moment, scope, function in _TRIGGERS:
        if table in there:
            constraint = "CONSTRAINT " if "DEFERRABLE" in scope else ""
            define(transaction, f"DROP TRIGGER IF EXISTS {function} ON {table}")
            define(
                transaction,
                f"CREATE {constraint}TRIGGER {function} {moment} ON {table} {scope}"
                f" EXECUTE FUNCTION {function}()",
            )
