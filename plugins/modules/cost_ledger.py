# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_ledger
short_description: Verify the ledger's stored totals against its entries, and tell its size
version_added: 0.1.0
description:
  - A gate reads totals that the ledger stores beside its entries. This module adds up all entries and
    compares.
  - Fails if a total differs, and returns those that do. Nothing that records or imports makes such a
    difference; somebody changed the database, or it is damaged.
  - Only reads. It reads every entry, so it takes seconds with millions of them. No file of
    M(finops.cloud.cost_ledger_archive) is read.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_ledger
options:
  on_difference:
    description: What to do if a total does not match its entries. V(warn) returns the same and warns.
    type: str
    default: fail
    choices: [fail, warn]
seealso:
  - module: finops.cloud.cost_summary_info
  - module: finops.cloud.cost_ledger_archive
"""

EXAMPLES = r"""
- name: Check the ledger every night
  finops.cloud.cost_ledger:

- name: Report what differs
  finops.cloud.cost_ledger:
    on_difference: warn
  register: checked

- name: Show what has brought most of the rows
  ansible.builtin.debug:
    msg: "{{ checked.sources | sort(attribute='row_count') | last }}"

- name: Show the totals that differ
  ansible.builtin.debug:
    var: checked.differences
"""

RETURN = r"""
error:
  description: Why the task failed, for a playbook to branch on.
  returned: failure
  type: dict
  contains:
    kind:
      description: One of the kinds that the notes list.
      type: str
      returned: always
      sample: invalid_option
    service:
      description: The service that could not be read, such as V(identity), V(rating) or V(vergeos). Null for
        other failures.
      type: str
      returned: always
      sample: null
    option:
      description: The option that is wrong, such as C(lines[0].amount). Null for other failures, and where
        Ansible refuses the options.
      type: str
      returned: always
      sample: spend
    http_status:
      description: HTTP status of the service's answer. Null where there is none.
      type: int
      returned: always
      sample: null
ledger:
  description: The ledger that was used, without any password.
  returned: always, if the ledger could be read
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
schema:
  description: Version of the ledger's tables.
  returned: always, if the ledger could be read
  type: int
  sample: 5
size_bytes:
  description: What the ledger takes on disk, with its indexes.
  returned: always, if the ledger could be read
  type: int
  sample: 2056192
row_count:
  description: Number of rows of entries, reversals and archived ones included.
  returned: always, if the ledger could be read
  type: int
  sample: 15888
newest_entry:
  description: When the newest entry was recorded, in UTC. Null if there is none.
  returned: always, if the ledger could be read
  type: str
  sample: "2026-11-21T05:00:03Z"
sources:
  description: What each source of entries has brought, in the order of their names. An import is one source
    for each project, an import of bills is one for each of its
    O(finops.cloud.cost_import_file#module:source).
  returned: always, if the ledger could be read
  type: list
  elements: dict
  contains:
    source:
      description: The source, such as a feed's or the one that a task gave.
      type: str
      returned: always
      sample: cloudkitty dc3-a b30781c9679b4ede8107bae21990153e
    row_count:
      description: Number of its rows, reversals included.
      type: int
      returned: always
      sample: 15880
    first_begin:
      description: When the period of its first entry begins, in UTC.
      type: str
      returned: always
      sample: "2026-11-01T00:00:00Z"
    last_end:
      description: When the period that ends last does, in UTC.
      type: str
      returned: always
      sample: "2026-11-21T05:00:00Z"
    newest_entry:
      description: When its newest entry was recorded, in UTC.
      type: str
      returned: always
      sample: "2026-11-21T05:00:03Z"
archived_months:
  description: The months whose entries are archived, in their order. RV(row_count) and RV(sources) count
    them by what was recorded with the archive, and totals are compared with that.
  returned: always, if the ledger could be read
  type: list
  elements: dict
  contains:
    month:
      description: The month of UTC.
      type: str
      returned: always
      sample: 2026-01
    state:
      description: V(archived), V(restoring) if a run that restores it was killed, or V(restored).
      type: str
      returned: always
      sample: archived
    file:
      description: The file of its entries.
      type: str
      returned: always
      sample: /srv/archive/entries-2026-01-90f1cb0c0f6a41f2.parquet
    sha256:
      description: SHA-256 of the file, in hexadecimal.
      type: str
      returned: always
      sample: 90f1cb0c0f6a41f25a8a96d3b2ae1ee74d4d9a4b8b7b7e0b8bd7b6f7a5a1c0de
    size_bytes:
      description: Size of the file in bytes.
      type: int
      returned: always
      sample: 81920
    row_count:
      description: Number of rows of its entries, reversals included.
      type: int
      returned: always
      sample: 15888
    entry_count:
      description: Number of its valid entries.
      type: int
      returned: always
      sample: 15880
    archived_at:
      description: When it was archived, in UTC.
      type: str
      returned: always
      sample: "2026-04-01T05:00:03Z"
    archived_by:
      description: Who archived it, as login on PostgreSQL, user and host.
      type: str
      returned: always
      sample: finops@runner
    restored_at:
      description: When it was restored, in UTC. Null if it was not.
      type: str
      returned: always
      sample: null
    restored_by:
      description: Who restored it. Null if nobody did.
      type: str
      returned: always
      sample: null
consistent:
  description: Whether every total matches its entries.
  returned: always, if the ledger could be read
  type: bool
  sample: true
difference_count:
  description: Number of totals that differ.
  returned: always, if the ledger could be read
  type: int
  sample: 0
differences:
  description: The totals that differ, up to 100.
  returned: always, if the ledger could be read
  type: list
  elements: dict
  contains:
    bucket_begin:
      description: Start of the bucket, in UTC.
      type: str
      returned: always
      sample: "2026-11-05T00:00:00Z"
    bucket_seconds:
      description: Length of the bucket in seconds.
      type: int
      returned: always
      sample: 86400
    category:
      description: Category of the entries.
      type: str
      returned: always
      sample: compute
    charge_category:
      description: Charge category of the entries.
      type: str
      returned: always
      sample: usage
    cloud:
      description: Cloud of the entries, null for none.
      type: str
      returned: always
      sample: production
    region:
      description: Region of the entries, null for none.
      type: str
      returned: always
      sample: dc3-a
    project_id:
      description: ID of the entries' project, null for none.
      type: str
      returned: always
      sample: b30781c9679b4ede8107bae21990153e
    project_name:
      description: Name of the entries' project, null for none.
      type: str
      returned: always
      sample: PCP-ABC1234
    tags:
      description: Tags of the entries.
      type: dict
      returned: always
      sample: {team: web}
    currency:
      description: Currency of both amounts.
      type: str
      returned: always
      sample: ICU
    rolled_up:
      description: The total that the ledger stores, which gates read.
      type: str
      returned: always
      sample: "12"
    rolled_up_count:
      description: Number of valid entries that the ledger stores with it.
      type: int
      returned: always
      sample: 3
    amount:
      description: The sum of the entries.
      type: str
      returned: always
      sample: "112"
    entry_count:
      description: Number of valid entries.
      type: int
      returned: always
      sample: 4
"""

from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._core.errors import LedgerError, Refused
from ..module_utils._ledger.comparison import compare


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            "on_difference": {"type": "str", "default": "fail", "choices": ["fail", "warn"]},
        },
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        result = compare(arguments.ledger_options(module.params))
        if not result["consistent"]:
            sentence = (
                f"{result['difference_count']} totals of the ledger {result['ledger']} do not match their"
                " entries; restore a backup, or find out who changed the database."
            )
            if module.params["on_difference"] == "fail":
                raise Refused(sentence, result, LedgerError.kind)
            module.warn(sentence)
        return result

    run(module, work, "ledger")


if __name__ == "__main__":
    main()
