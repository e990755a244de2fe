# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_import_file
short_description: Import a bill from a FOCUS or CSV file into the ledger
version_added: 0.1.0
description:
  - Reads a bill, a FOCUS file or any other CSV, and records its rows as entries of the ledger. All rows are
    written in one transaction, or none of them.
  - A charge is identified by a hash of everything that tells it from others, but not of its cost. The same
    file twice changes nothing, and a later delivery corrects.
  - A budget with C(fed_by=entries) knows its spend from here and from M(finops.cloud.cost_entry).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._rating.metric_categories
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
    details:
      - Reads everything that would be read and writes nothing. Returns how many entries would be recorded,
        corrected and reversed.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  file:
    description: Path of the bill, CSV in UTF-8, on the host where the module runs.
    type: path
    required: true
  format:
    description:
      - V(focus) is a FOCUS file, version 1.0 or 1.2, of which C(BilledCost) counts.
      - V(csv) is any other file, described by O(columns) and O(values).
    type: str
    default: focus
    choices: [focus, csv]
  columns:
    description:
      - Columns of the file by what they hold. Keys are the options of M(finops.cloud.cost_entry), with tags
        as C(tags.<name>).
      - With O(format=focus) they take precedence over FOCUS's own columns. Without C(key), rows are
        identified by what they say.
    type: dict
    default: {}
  values:
    description: Values that are the same for all rows, by the same keys as O(columns).
    type: dict
    default: {}
  source:
    description: Name under which the ledger keeps the rows. Defaults to O(format).
    type: str
  replaces:
    description:
      - Whether the file is everything there is of its O(source), from its first charge to its last. What the
        ledger has beyond it in that time is reversed. Requires O(source).
    type: bool
    default: false
  timezone:
    description: IANA time zone of local moments in the file.
    type: str
    default: UTC
seealso:
  - module: finops.cloud.cost_entry
  - module: finops.cloud.cost_import
"""

EXAMPLES = r"""
- name: Import another cloud's bill, against the same budgets
  finops.cloud.cost_import_file:
    file: /srv/bills/focus-2026-10.csv
    metric_categories:
      Amazon Bedrock: llm_inference

- name: Import the invoices of the data center
  finops.cloud.cost_import_file:
    file: /srv/bills/colocation.csv
    format: csv
    source: colocation
    columns:
      key: Invoice
      occurred_at: Date
      amount: Net
      tags.team: Cost center
    values:
      currency: CHF
      category: other
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
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
ledger_created:
  description: Whether this task created the ledger.
  returned: success
  type: bool
  sample: false
entries:
  description: How many entries were recorded, corrected, reversed and found unchanged. In check mode, how
    many would be.
  returned: success
  type: dict
  sample: {recorded: 18, corrected: 1, reversed: 0, unchanged: 17}
source:
  description: Name under which the ledger keeps the rows.
  returned: success
  type: str
  sample: focus
period_start:
  description: Begin of the first charge, in UTC. Null for an empty file.
  returned: success
  type: str
  sample: "2026-11-20T04:00:00Z"
period_end:
  description: End of the last charge (exclusive). Null for an empty file.
  returned: success
  type: str
  sample: "2026-11-21T04:00:00Z"
totals:
  description: Sum of the file, by currency.
  returned: success
  type: dict
  sample: {USD: "1023.25"}
alerts:
  description:
    - The alerts that this task triggered, for thresholds that budgets reached for the first time in their
      period, once for C(actual) and once for C(forecast) spend, the highest first. Empty in check mode.
    - C(amount) is what is spent, or expected to be spent by the end of the period. C(at_least) is true if it
      is a lower bound. C(message) is a sentence for people.
  returned: success
  type: list
  elements: dict
  sample:
    - id: production/monthly/2026-10-31T23:00:00Z/actual/0.8
      budget: production
      period: monthly/2026-10-31T23:00:00Z
      period_start: "2026-10-31T23:00:00Z"
      period_end: "2026-11-30T23:00:00Z"
      basis: actual
      threshold: "0.8"
      amount: "406"
      limit: "500"
      currency: CHF
      utilization: 0.812
      at_least: false
      message: "production: 81.2 % of CHF 500 is spent: CHF 406 from 2026-11-01 to 2026-12-01 (Europe/Zurich).
        The threshold is 80 %."
      fired_at: "2026-11-21T05:00:00Z"
      acknowledged_by: []
alerts_unknown:
  description: Why the spend of budgets with thresholds is not wholly known, one sentence each. Only the known
    part triggers alerts.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._budgets import alerts
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by
from ..module_utils._imports import bill_files


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.METRIC_CATEGORIES,
            **arguments.LEDGER,
            **arguments.RATES,
            "file": {"type": "path", "required": True},
            "format": {
                "type": "str",
                "default": bill_files.FOCUS,
                "choices": [bill_files.FOCUS, bill_files.CSV],
            },
            "columns": {"type": "dict", "default": {}},
            "values": {"type": "dict", "default": {}},
            "source": {"type": "str"},
            "replaces": {"type": "bool", "default": False},
            "timezone": {"type": "str", "default": "UTC"},
        },
        required_if=[("replaces", True, ["source"])],
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        ledger, now, by = arguments.ledger_options(module.params), now_utc(), recorded_by()
        watch = alerts.watch(arguments.rates(module.params), now, by)
        return bill_files.import_table(ledger, _options(module.params), now, by, module.check_mode, watch)

    run(module, work, "ledger")


def _options(params: dict[str, Any]) -> bill_files.TableOptions:
    return bill_files.TableOptions(
        path=params["file"],
        file_format=params["format"],
        source=params["source"] or params["format"],
        columns={name: str(column) for name, column in params["columns"].items()},
        values={name: str(value) for name, value in params["values"].items()},
        timezone=params["timezone"],
        categories=cloud_arguments.metric_categories(params),
        replaces=params["replaces"],
    )


if __name__ == "__main__":
    main()
