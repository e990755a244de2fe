# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_import_file
short_description: Import a bill from FOCUS or other CSV and Parquet files into the ledger
version_added: 0.1.0
description:
  - A task is one delivery of a bill, in one file or many, and records its rows as entries of the ledger. All
    of it is written in one transaction, or nothing.
  - A bill is what O(source), C(BillingAccountId) and the billing period of a FOCUS file name. Other tables
    name it by C(key) in O(columns), else by O(period), else by the time in which their charges begin.
  - The same content again changes nothing, however it is split into files. Other content of a bill that the
    ledger has is refused unless O(delivery) says what it is. Rows that are alike count as often as they stand
    there, and no charge is recognized by its look.
  - A budget with C(fed_by=entries) knows its spend from here and from M(finops.cloud.cost_entry).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
    details:
      - Reads everything that would be read and writes nothing. Returns what would change, by category.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  files:
    description:
      - Paths of the files of the bill on the host where the module runs, folders, or globs such as
        C(/srv/bills/2026-11/*.csv.gz). CSV, CSV in gzip, a zip of one CSV, JSON with one object a line, or
        Parquet.
      - Of a folder with manifests of AWS or Azure, the files that they name are read, and all must be there.
        C(**) stands for folders of any depth.
    type: list
    elements: path
    required: true
  source:
    description: Name of who bills, such as V(aws), under which the ledger keeps the bill.
    type: str
    required: true
  format:
    description:
      - V(focus) is FOCUS, version 1.0 to 1.4, of which C(BilledCost) counts.
      - V(aws_cur) is the Cost and Usage Report of AWS, 2.0 and the legacy one, of which the unblended cost
        counts.
      - V(azure) is the export of actual cost of Azure (EA and MCA), of which the cost in the billing currency
        counts.
      - V(gcp) is the billing export of Google Cloud in BigQuery, standard or detailed, of which the cost
        counts, and each credit of a row as a credit of its own.
      - V(csv) is any other table, described by O(columns) and O(values).
    type: str
    default: focus
    choices: [focus, csv, aws_cur, azure, gcp]
  delivery:
    description:
      - What to do if the ledger has other content of the bill. V(replace) takes the delivery as the whole
        bill anew, and reverses what it no longer has. V(add) takes it as one more part, and skips files that
        the ledger has.
      - Without it such a delivery is refused, with the totals of both.
    type: str
    choices: [replace, add]
  period:
    description:
      - Period of a bill whose files name none, such as V(2026-11), V(2026), V(2026-11-30), or begin and end
        as V(2026-11-01/2026-12-01). Charges may lie outside it.
    type: str
  columns:
    description:
      - Columns of the file by what they hold. Keys are C(key), C(amount), C(currency), C(category),
        C(charge_category), C(occurred_at), C(period_begin), C(period_end), C(cloud), C(region),
        C(project_id), C(project_name), C(metric), C(resource_id), C(resource_name), C(resource_type),
        C(quantity), C(unit), C(description), and C(tags.<name>).
      - Unless O(format=csv), they take precedence over the columns of the format.
    type: dict
    default: {}
  values:
    description: Values that are the same for all rows, by the same keys as O(columns), but C(key).
    type: dict
    default: {}
  categories:
    description:
      - Category of the ledger by service or category of the file. Services take precedence.
      - FOCUS's C(AI and Machine Learning) is C(llm_inference) unless this says otherwise.
    type: dict
    default: {}
  timezone:
    description:
      - IANA time zone of moments without one. Without it they are refused, but for the formats V(aws_cur),
        V(azure) and V(gcp), which write UTC.
    type: str
  date_format:
    description: Format of dates that are not ISO 8601, such as C(%d.%m.%Y).
    type: str
  decimal_comma:
    description: Whether numbers are written like C(1.234,50).
    type: bool
    default: false
  null_values:
    description:
      - Cells that say nothing, beside the empty cell and, unless O(format=csv), V(NULL), V(null), V(\\N) and
        V(None).
    type: list
    elements: str
    default: []
  encoding:
    description: Encoding of CSV files, such as V(latin-1). UTF-8 and UTF-16 are recognized.
    type: str
  skip_footer:
    description: Number of rows at the end of each file that are left out, such as a total.
    type: int
    default: 0
  spread:
    description:
      - Whether a charge for more than a day is booked by the day over its time, exactly. Otherwise it is
        booked where it begins.
    type: bool
    default: false
requirements:
  - pyarrow >= 17, for Parquet
seealso:
  - module: finops.cloud.cost_entry
  - module: finops.cloud.cost_import
"""

EXAMPLES = r"""
- name: Import another cloud's bill of the month, which is delivered anew every day
  finops.cloud.cost_import_file:
    files: [/srv/bills/aws/2026-11]
    source: aws
    delivery: replace
    categories:
      Amazon Bedrock: llm_inference

- name: Import the invoices of the data center
  finops.cloud.cost_import_file:
    files: [/srv/bills/colocation.csv]
    format: csv
    source: colocation
    timezone: Europe/Zurich
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
  sample: {recorded: 18, corrected: 0, reversed: 1, unchanged: 17}
source:
  description: Name under which the ledger keeps the bill.
  returned: success
  type: str
  sample: aws
files:
  description: The files that were read.
  returned: success
  type: list
  elements: str
  sample: [/srv/bills/aws/2026-11/part-1.csv.gz]
bills:
  description: The bills of the delivery.
  returned: success
  type: list
  elements: dict
  contains:
    billing_account:
      description: The account that is billed. Null if the file does not say.
      type: str
      returned: always
      sample: "123456789012"
    key:
      description: The key of the rows. Null if none is mapped.
      type: str
      returned: always
      sample: null
    period_start:
      description: Begin of the billing period, in UTC. Null for a key.
      type: str
      returned: always
      sample: "2026-11-01T00:00:00Z"
    period_end:
      description: End of the billing period (exclusive). Null for a key.
      type: str
      returned: always
      sample: "2026-12-01T00:00:00Z"
    outcome:
      description: V(new), V(unchanged), V(replaced) or V(added).
      type: str
      returned: always
      sample: replaced
    totals:
      description: Sum of the delivery, by currency.
      type: dict
      returned: always
      sample: {USD: "1023.25"}
    totals_before:
      description: Sum that the ledger had, by currency.
      type: dict
      returned: always
      sample: {USD: "998"}
difference:
  description:
    - By how much the ledger changes, by category and currency. In check mode, by how much it would.
  returned: success
  type: dict
  sample: {compute: {USD: "25.25"}}
uncategorized:
  description:
    - The first 100 service categories and services of the file that became C(other). Null if the ledger had
      all of it, so that the rows were not read in full.
  returned: success
  type: list
  elements: dict
  contains:
    service_category:
      description: Category of the file. Null if it has none.
      type: str
      returned: always
      sample: Databases
    service:
      description: Service of the file. Null if it has none.
      type: str
      returned: always
      sample: Amazon RDS
totals:
  description: Sum of the delivery, by currency.
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

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._budgets import alerts
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by
from ..module_utils._imports import bill_files, bill_options


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "files": {"type": "list", "elements": "path", "required": True},
            "source": {"type": "str", "required": True},
            "format": {"type": "str", "default": "focus", "choices": list(bill_options.FORMATS)},
            "delivery": {"type": "str", "choices": [bill_options.REPLACE, bill_options.ADD]},
            "period": {"type": "str"},
            "columns": {"type": "dict", "default": {}},
            "values": {"type": "dict", "default": {}},
            "categories": {"type": "dict", "default": {}},
            "timezone": {"type": "str"},
            "date_format": {"type": "str"},
            "decimal_comma": {"type": "bool", "default": False},
            "null_values": {"type": "list", "elements": "str", "default": []},
            "encoding": {"type": "str"},
            "skip_footer": {"type": "int", "default": 0},
            "spread": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        ledger, now, by = arguments.ledger_options(module.params), now_utc(), recorded_by()
        watch = alerts.watch(arguments.rates(module.params), now, by)
        return bill_files.import_bill(ledger, _options(module.params), now, by, module.check_mode, watch)

    run(module, work, "ledger")


def _options(params: dict[str, Any]) -> bill_options.BillOptions:
    as_they_are = ("source", "delivery", "period", "timezone", "date_format", "decimal_comma", "encoding",
                   "skip_footer", "spread")  # fmt: skip
    of_text = ("columns", "values", "categories")
    return bill_options.BillOptions(
        files=tuple(params["files"]),
        file_format=params["format"],
        null_values=tuple(params["null_values"]),
        **{name: params[name] for name in as_they_are},
        **{name: {str(key): str(value) for key, value in params[name].items()} for name in of_text},
    )


if __name__ == "__main__":
    main()
