# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_ledger_archive
short_description: Archive closed months of the ledger to Parquet, and restore them
version_added: 0.1.0
description:
  - Moves the entries of months that are over from the ledger to files of Parquet. All totals stay in the
    ledger, so budgets, gates, and sums by category, project, region, tag and time go on with the same
    numbers.
  - What needs the entries themselves fails while they are archived, and names the month and the file. This
    is so for sums by resource or metric, lists, exports, sums as of an earlier moment, and for what would
    write or correct an entry of that month. M(finops.cloud.cost_site) shows resources of every month, so it
    fails as long as one is archived.
  - A month is archived as a whole, once its file was read back and found to be right. A run that was killed
    loses nothing, and the next one with the same options goes on.
  - A month can be archived once nothing needs its entries. Every feed that is not retired has to be rated 40
    days beyond it, as imports read so much again. No budget may divide shared costs of it in its current
    period.
  - On PostgreSQL only logins of C(finops_owner) archive and restore.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
    details:
      - Reads the ledger, and the files where O(state=restored). Writes nothing, and tells what would become
        of each month.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - V(archived) writes the entries of each month to a file and removes them from the ledger.
      - V(restored) writes them back as they were. The file stays.
    type: str
    required: true
    choices: [archived, restored]
  months:
    description: The months of UTC, such as V(2026-01).
    type: list
    elements: str
  before:
    description: A month of UTC, such as V(2026-01). All months before it are archived or restored.
    type: str
  folder:
    description:
      - Folder of the files, on the host that runs the module. A new one is readable by its owner only.
      - Required if O(state=archived). With O(state=restored) it says where the files lie now. Defaults to
        where they were written.
      - Keep these files as long as the ledger, and back them up with it.
    type: path
requirements:
  - pyarrow >= 17
seealso:
  - module: finops.cloud.cost_ledger
  - module: finops.cloud.cost_export
"""

EXAMPLES = r"""
- name: Archive what is older than this year
  finops.cloud.cost_ledger_archive:
    state: archived
    before: 2026-01
    folder: /srv/archive

- name: Restore a month to look at its resources
  finops.cloud.cost_ledger_archive:
    state: restored
    months: [2025-12]
  register: restored

- name: Show what was restored
  ansible.builtin.debug:
    msg: "{{ restored.months | sum(attribute='row_count') }} rows are back"
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
months:
  description: What became of each month, in the order of O(months), or of time with O(before).
  returned: always, if the ledger could be read
  type: list
  elements: dict
  contains:
    outcome:
      description: V(archived) or V(restored) for a month that changed, also if a run before was killed in
        between. V(unchanged) for one that was so already, or that is not archived. V(empty) for one without
        entries.
      type: str
      returned: always
      sample: archived
    month:
      description: The month of UTC.
      type: str
      returned: always
      sample: 2026-01
    state:
      description: V(archived), V(restoring) if a run that restores it was killed, or V(restored). Null for a
        month that is not archived.
      type: str
      returned: always
      sample: archived
    file:
      description: The file of its entries. Null for a month that is not archived.
      type: str
      returned: always
      sample: /srv/archive/entries-2026-01-90f1cb0c0f6a41f2.parquet
    sha256:
      description: SHA-256 of the file, in hexadecimal. Null for a month that is not archived.
      type: str
      returned: always
      sample: 90f1cb0c0f6a41f25a8a96d3b2ae1ee74d4d9a4b8b7b7e0b8bd7b6f7a5a1c0de
    size_bytes:
      description: Size of the file in bytes. Null for a month that is not archived.
      type: int
      returned: always
      sample: 81920
    row_count:
      description: Number of rows of its entries, reversals included.
      type: int
      returned: always
      sample: 15888
    entry_count:
      description: Number of its valid entries. Null for a month that is not archived.
      type: int
      returned: always
      sample: 15880
    archived_at:
      description: When it was archived, in UTC. Null for a month that is not archived.
      type: str
      returned: always
      sample: "2026-04-01T05:00:03Z"
    archived_by:
      description: Who archived it, as login on PostgreSQL, user and host. Null for a month that is
        not archived.
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
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._core.writer import recorded_by
from ..module_utils._export.closed_months import month_of
from ..module_utils._export.ledger_archive import ArchiveTask, archive, restore
from ..module_utils._imports.entry_writer import Signature


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            "state": {"type": "str", "required": True, "choices": ["archived", "restored"]},
            "months": {"type": "list", "elements": "str"},
            "before": {"type": "str"},
            "folder": {"type": "path"},
        },
        required_if=[("state", "archived", ["folder"])],
        required_one_of=[("months", "before")],
        mutually_exclusive=[("months", "before")],
        supports_check_mode=True,
    )
    params = module.params

    def work() -> dict[str, Any]:
        task = ArchiveTask(
            months=params["months"] and [month_of(one, "months") for one in params["months"]],
            before=None if params["before"] is None else month_of(params["before"], "before").begin,
            folder=None if params["folder"] is None else Path(params["folder"]),
            signature=Signature(datetime.now(UTC), recorded_by()),
            check_mode=module.check_mode,
        )
        what = archive if params["state"] == "archived" else restore
        return what(arguments.ledger_options(params), task)

    run(module, work, "ledger", "pyarrow")


if __name__ == "__main__":
    main()
