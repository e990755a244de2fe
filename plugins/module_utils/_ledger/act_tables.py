# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The table of acts, as tables.py has the others. Rows are only ever added."""

from __future__ import annotations

ACT_TABLES = {
    # What was done to save money or to hold a budget (design/ledger.md#acts). kind: one of acts.py.
    # resource_type: server, budget for what is done to a whole budget, or act for a notice of one. schedule:
    # what asked for it, in its own words, or the alert that did. edge_at: the moment of the schedule that it
    # is for.
    # saves_nano_per_hour: what it was expected to save, NULL where that is not known. undoes: the earlier act
    # that this one ends; an act is undone by one other.
    "act": (
        """
        CREATE TABLE act (
            id {id} NOT NULL,
            kind TEXT NOT NULL,
            resource_type TEXT NOT NULL,
            resource_id TEXT NOT NULL,
            resource_name TEXT,
            region TEXT,
            project_id TEXT,
            project_name TEXT,
            schedule TEXT,
            edge_at BIGINT,
            alert_id TEXT,
            saves_nano_per_hour BIGINT,
            currency TEXT,
            undoes BIGINT,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (undoes),
            CONSTRAINT one_asked_for_it CHECK ((schedule IS NULL) <> (alert_id IS NULL)),
            CONSTRAINT saving_is_not_negative CHECK (saves_nano_per_hour >= 0),
            FOREIGN KEY(undoes) REFERENCES act (id),
            FOREIGN KEY(alert_id) REFERENCES alert (id)
        )""",
        "CREATE INDEX act_of_resource ON act (resource_type, resource_id, recorded_at)",
    ),
}
