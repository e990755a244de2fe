# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: where the ledger is."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - URL of the ledger, such as V(sqlite:////var/lib/finops/ledger.db) or
        V(postgresql+psycopg://finops@db.example.com/finops).
      - Defaults to E(FINOPS_LEDGER), or else to C(finops/ledger.db) in E(XDG_DATA_HOME) or C(~/.local/share).
      - A new file is readable by its owner only. A file on a network file system is refused, and
        so is one that another user of the host could have put there.
      - Give the password of a PostgreSQL role in O(ledger_password) rather than in the URL. Results show the
        URL without it.
    type: str
  ledger_password:
    description:
      - Password of the PostgreSQL role. Not logged, while Ansible prints the C(environment) of a task with
        C(-vvv). Not used for SQLite.
      - Defaults to the one in the URL, or else to what libpq finds in E(PGPASSWORD) or C(~/.pgpass).
    type: str
  ledger_timeout:
    description: Time in seconds to wait while another run writes to the ledger, and for a server to answer.
      The error names the session that is writing.
    type: int
    default: 30
requirements:
  - psycopg >= 3.1, for a ledger in PostgreSQL
notes:
  - A budget that several machines gate on needs one ledger that they share, in PostgreSQL.
  - On SQLite whoever may record costs may change limits too. On PostgreSQL roles can keep the two apart.
"""

    SELECTION = r"""
options:
  categories:
    description: Only costs of these categories.
    type: list
    elements: str
    choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  charge_categories:
    description: Only charges of these kinds.
    type: list
    elements: str
    choices: [usage, purchase, credit, adjustment, tax]
  clouds:
    description: Only costs of these clouds.
    type: list
    elements: str
  regions:
    description: Only costs of these regions.
    type: list
    elements: str
  projects:
    description: Only costs of these projects, by ID or name.
    type: list
    elements: str
  sources:
    description: Only costs of these sources.
    type: list
    elements: str
  metrics:
    description: Only costs of these metrics.
    type: list
    elements: str
  resources:
    description: Only costs of these resources, by ID or name.
    type: list
    elements: str
  tags:
    description: Only costs that have all of these tags.
    type: dict
    default: {}
"""
