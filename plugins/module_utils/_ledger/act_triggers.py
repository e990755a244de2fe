# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What PostgreSQL checks of acts (design/ledger.md#acts). entry_triggers.py says how functions are
written.
"""

from __future__ import annotations

from .acts import BUDGET, KINDS, OF_BUDGETS, RESOURCE_TYPES, UNDOING
from .entry_triggers import NOT_OWN, REFUSE, listed

#: Which kind ends which, as SQL compares them.
_ENDS = ", ".join(f"('{ending}', '{ended}')" for ended, endings in UNDOING.items() for ending in endings)
#: How far a clock of a client may be ahead of the server's, in seconds.
_CLOCKS_DIFFER_S = 86400
#: Name -> arguments, type, language with its properties, and body.
ACT_FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    # What is done for a budget is the owner's to ask for; what a schedule does, its login signs.
    "finops_keep_act": (
        "", "trigger", "plpgsql",
        f"""
        BEGIN
            NEW.recorded_by := finops_signed(NEW.recorded_by);
            NEW.recorded_at := extract(epoch FROM clock_timestamp())::bigint;
            NEW.id := nextval(pg_get_serial_sequence('{{schema}}.act', 'id'));
            IF NEW.kind NOT IN ({listed(KINDS)}) OR NEW.resource_type NOT IN ({listed(RESOURCE_TYPES)})
                OR NEW.currency !~ '^[A-Z][A-Z][A-Z]$'
                OR (NEW.saves_nano_per_hour IS NULL) <> (NEW.currency IS NULL)
                OR NEW.edge_at NOT BETWEEN 0 AND NEW.recorded_at + {_CLOCKS_DIFFER_S}
            THEN
                {REFUSE}'an act has what the ledger does not know: ' || NEW.kind;
            END IF;
            IF (
                NEW.alert_id IS NOT NULL
                OR NEW.resource_type = '{BUDGET}'
                OR NEW.kind IN ({listed(OF_BUDGETS)})
            ) AND NOT finops_may('finops_owner')
            THEN
                {REFUSE}'only a login of finops_owner acts for a budget: ' || NEW.kind;
            END IF;
            IF NEW.undoes IS NOT NULL AND NOT EXISTS (SELECT FROM act AS o WHERE o.id = NEW.undoes
                AND (o.resource_type, o.resource_id) = (NEW.resource_type, NEW.resource_id)
                AND (NEW.kind, o.kind) IN ({_ENDS})
                AND (finops_may('finops_owner') OR NOT ({NOT_OWN.format(row="o")})))
            THEN
                {REFUSE}'only the login of an act undoes it, at the same resource: ' || NEW.resource_id;
            END IF;
            RETURN NEW;
        END""",
    ),
}  # fmt: skip
