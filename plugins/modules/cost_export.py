# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_export
short_description: Export costs as FOCUS files, or costs, budgets and quotas as OpenMetrics
version_added: 0.1.0
description:
  - Writes costs as FOCUS, the FinOps Open Cost and Usage Specification, either as CSV or as Parquet with a
    folder for each billing month. They come from the ledger, or directly from a cloud's CloudKitty.
  - Each charge has its amount in the billing currency, at the rate that was valid when it occurred, and its
    amount as rated or recorded. With FOCUS 1.2, ICU is the pricing currency. A corrected charge is exported
    as it is valid now.
  - With O(format=openmetrics) it writes a file for the textfile collector of Prometheus' node_exporter.
  - Rows are streamed, so a million of them take no more memory than a thousand. Each file is replaced in one
    step when it is complete.
  - Changes nothing but O(dest).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._rating
  - finops.cloud._rating.metric_categories
  - finops.cloud._ledger
  - finops.cloud._ledger.selection
  - finops.cloud._rating.rates
  - finops.cloud._files
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_cloud_and_ledger
attributes:
  check_mode:
    support: full
    details:
      - Reads all that would be read, and returns whether the existing file differs.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The same costs make the same file, by the same release of pyarrow where it is Parquet. With
        O(format=openmetrics) it is written in any case, as its time of modification tells the collector how
        old it is.
options:
  dest:
    description:
      - Path of what is written. With O(format=csv) a file whose name ends in C(.csv), with O(format=parquet)
        the folder that gets C(billing_period=2026-11/focus-2026-11-01.parquet) and so on, and with
        O(format=openmetrics) a file whose name ends in C(.prom).
      - The parent folder has to exist. Only the owner can read what is written, except for C(.prom), which
        node_exporter has to read.
    type: path
    required: true
  format:
    description:
      - V(csv) and V(parquet) are FOCUS. V(parquet) requires pyarrow and a window of whole days in
        O(timezone). It has a file for each day in a folder for each billing month, and replaces those files
        of the window whose content has changed. Others are left alone.
      - V(openmetrics) has the cost of the window by category and project and with O(group_by) by tag, the
        state of the budgets, and with O(quotas) the use of quotas.
    type: str
    default: csv
    choices: [csv, parquet, openmetrics]
  focus_version:
    description: Version of FOCUS to write. V(1.0) and V(1.1) have no columns for the pricing currency. V(1.4)
      has C(ServiceProviderName) in place of C(ProviderName) and C(PublisherName), V(1.3) has all three.
    type: str
    default: "1.2"
    choices: ["1.2", "1.0", "1.1", "1.3", "1.4"]
  read_from:
    description:
      - Whether FOCUS is written from the V(ledger), or from what the V(cloud) has rated of the project of the
        login. The latter needs no ledger.
      - Options that select entries, such as O(categories) and O(as_of), require V(ledger).
    type: str
    default: ledger
    choices: [ledger, cloud]
  currency:
    description: Billing currency, an ISO 4217 code such as V(CHF). A missing rate is an error.
    type: str
    required: true
  window:
    description: A named window, in O(timezone). Mutually exclusive with O(begin). Defaults to
      V(current_month).
    type: str
    choices: [today, yesterday, previous_week, current_month, previous_month, last_30_days]
  begin:
    description: Begin of the window, a date or a date and time in ISO 8601. Local to O(timezone) unless an
      offset is written.
    type: str
  end:
    description: End of the window (exclusive). Defaults to now. Requires O(begin).
    type: str
  timezone:
    description:
      - IANA time zone in which dates and billing months begin. Defaults to V(UTC). All days of a folder of
        Parquet have the same one.
      - With O(format=openmetrics) it defaults to the time zone in which the periods of all budgets begin, or
        else to that of the policy, so that a cost is in the same month as for the budgets.
    type: str
  as_of:
    description: A date, or a date and time, in the past. Only what was recorded until then, up to the end of
      that second, counts. Defaults to now.
    type: str
  allocated:
    description:
      - Whether a shared cost is written as one row for each who gets a part of it by
        O(finops.cloud.cost_policy#module:cost_allocation), with the columns C(AllocatedMethodId),
        C(AllocatedMethodDetails), C(AllocatedResourceId), C(AllocatedResourceName) and C(AllocatedTags).
      - Requires O(focus_version=1.3) or O(focus_version=1.4), and O(read_from=ledger).
    type: bool
    default: false
  provider:
    description: Who sells and bills, for C(ProviderName), C(ServiceProviderName), and, unless other options
      say otherwise, C(PublisherName), C(HostProviderName) and C(InvoiceIssuerName). Defaults to the name of
      the cloud.
    type: str
  publisher:
    description: Who made what is sold, for C(PublisherName). Defaults to O(provider).
    type: str
  host_provider:
    description: On whose infrastructure it runs, for C(HostProviderName). Defaults to O(provider).
    type: str
  invoice_issuer:
    description: Who sends the invoice, for C(InvoiceIssuerName). Defaults to O(provider).
    type: str
  invoice_id:
    description: Number of the invoice that all charges of the file are on, for C(InvoiceId) since FOCUS 1.2.
    type: str
  by_source:
    description:
      - Whose the charges of a source of the ledger are, in place of what these options say. Keys are sources,
        and values dictionaries with any of O(provider), O(publisher), O(host_provider), O(invoice_issuer),
        O(billing_account_id), O(billing_account_name) and O(invoice_id).
    type: dict
    default: {}
  billing_account_id:
    description:
      - Account that is billed, which no API of OpenStack reports. Defaults to the name of the cloud, or else
        to the source of the entry.
    type: str
  billing_account_name:
    description: Name of that account. Defaults to O(billing_account_id).
    type: str
  defuse_formulas:
    description:
      - Whether to write an apostrophe before names in CSV that a spreadsheet would run as formulas, such as
        V(=1+1).
      - To read a name back, remove one apostrophe if what follows begins with C(=), C(+), C(-), C(@), a tab
        or a line end, or with more apostrophes or blanks and then one of these. Numbers, times and words of
        FOCUS are never changed. Parquet has names as they are.
    type: bool
    default: true
  import_tags:
    description:
      - With O(read_from=cloud), whether to export names, types and tags of resources. This takes one list per
        service. A resource that is gone has the tag C(tag_status=unknown). Ignored with O(read_from=ledger).
    type: bool
    default: true
  quotas:
    description: Whether to include quotas, for which the module logs in to the cloud. Requires
      O(format=openmetrics).
    type: bool
    default: false
  group_by:
    description: Tags by whose values the cost is exported too, as C(tag:) and the tag's name. Requires
      O(format=openmetrics).
    type: list
    elements: str
    default: []
requirements:
  - pyarrow >= 17, for Parquet
seealso:
  - module: finops.cloud.cost_import
  - module: finops.cloud.cost_summary_info
  - name: FOCUS
    description: The specification.
    link: https://focus.finops.org/
"""

EXAMPLES = r"""
- name: October for the finance department
  finops.cloud.cost_export:
    dest: /srv/finance/focus-2026-10.csv
    begin: "2026-10-01"
    end: "2026-11-01"
    timezone: Europe/Zurich
    currency: CHF
    provider: Infomaniak
    billing_account_id: "1234567"

- name: November in FOCUS 1.4, with two invoices
  finops.cloud.cost_export:
    dest: /srv/finance/focus-2026-11.csv
    focus_version: "1.4"
    begin: "2026-11-01"
    end: "2026-12-01"
    currency: CHF
    provider: Infomaniak
    invoice_id: "2026-11-4711"
    by_source:
      aws: {provider: AWS, billing_account_id: "111122223333", invoice_id: EUINV26-1234}

- name: This year as Parquet, days that have not changed are left alone
  finops.cloud.cost_export:
    dest: /srv/lake/focus
    format: parquet
    begin: "2026-01-01"
    end: "2027-01-01"
    currency: CHF

- name: Last month straight from the cloud, without any ledger
  finops.cloud.cost_export:
    cloud: production
    read_from: cloud
    dest: /srv/finance/previous.csv
    window: previous_month
    currency: EUR

- name: Metrics for Prometheus
  finops.cloud.cost_export:
    cloud: production
    dest: /var/lib/node_exporter/textfile/finops.prom
    format: openmetrics
    currency: CHF
    group_by: ["tag:team"]
    quotas: true
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
dest:
  description: Path of what was written. In check mode, of what would be.
  returned: success
  type: str
  sample: /srv/finance/focus-2026-10.csv
files:
  description: The files of the window, whether they have changed or not. C(billing_period) is the month of a
    partition, or null without partitions.
  returned: success
  type: list
  elements: dict
  sample:
    - path: /srv/lake/focus/billing_period=2026-10/focus-2026-10-01.parquet
      billing_period: 2026-10
      rows: 81203
row_count:
  description: Number of charges or samples.
  returned: success
  type: int
  sample: 81203
period_start:
  description: Begin of the window in UTC.
  returned: success
  type: str
  sample: "2026-09-30T22:00:00Z"
period_end:
  description: End of the window in UTC (exclusive).
  returned: success
  type: str
  sample: "2026-10-31T23:00:00Z"
billed:
  description: The exact sum of the charges in RV(currency).
  returned: success with O(format=csv) or O(format=parquet)
  type: str
  sample: "412.300000012"
currency:
  description: Billing currency.
  returned: success
  type: str
  sample: CHF
totals:
  description: Exact sums by currency, as rated or recorded.
  returned: success with O(format=csv) or O(format=parquet)
  type: list
  elements: dict
  sample:
    - amount: "20615.0000006"
      currency: ICU
tax:
  description: C(excluded), as amounts are net of VAT. C(included) if a tax that was recorded as a cost is
    among them.
  returned: success
  type: str
  sample: excluded
ledger:
  description: The ledger that was read, without any password.
  returned: success with O(read_from=ledger)
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
as_of_final:
  description: Whether no later entry can change what O(as_of) exports. False, with a warning, where O(as_of)
    is later than the newest entry, as a task can still be writing. Null without O(as_of).
  returned: success with O(read_from=ledger) and O(format=csv) or O(format=parquet)
  type: bool
  sample: true
undivided:
  description: Why shared costs could not be divided, which are in the file as they were recorded. Empty
    without O(allocated).
  returned: success with O(read_from=ledger) and O(format=csv) or O(format=parquet)
  type: list
  elements: str
  sample: []
feeds:
  description:
    - How far the cost of each imported project is known.
    - C(missing) lists the parts of the window, up to C(rated_through), that were never imported, each with
      C(begin) and C(end).
  returned: success with O(read_from=ledger)
  type: list
  elements: dict
  sample:
    - cloud: production
      region: dc3-a
      project_id: b30781c9679b4ede8107bae21990153e
      project_name: PCP-ABC1234
      rated_through: "2026-11-21T04:00:00Z"
      retired: false
      missing: []
unknown:
  description: What is missing because it is unknown, one sentence each. Empty if everything is known.
  returned: success with O(format=openmetrics)
  type: list
  elements: str
  sample: []
timezone:
  description: Time zone of the window.
  returned: success with O(format=openmetrics)
  type: str
  sample: Europe/Zurich
rated_through:
  description: The end of the newest rated period.
  returned: success with O(read_from=cloud)
  type: str
  sample: "2026-11-21T04:00:00Z"
fully_rated:
  description: Whether the window is rated up to its end.
  returned: success with O(read_from=cloud)
  type: bool
  sample: true
holes:
  description: Past periods that the cloud has not rated. Their cost is unknown and not in the file.
  returned: success with O(read_from=cloud)
  type: list
  elements: dict
  sample: []
cloud_difference:
  description: Difference between the charges and the cloud's own sums, which are floats. Null where the
    cloud's storage has no sums that can be believed, such as Loki.
  returned: success with O(read_from=cloud)
  type: str
  sample: "0"
complete:
  description: Whether everything was read.
  returned: success with O(read_from=cloud)
  type: bool
  sample: true
cloud:
  description: The cloud, region and project of the login, as in its token.
  returned: success with O(read_from=cloud) or O(quotas)
  type: dict
  sample:
    name: production
    auth_url: https://api.pub1.infomaniak.cloud/identity/v3
    region: dc3-a
    project_id: b30781c9679b4ede8107bae21990153e
    project_name: PCP-ABC1234
collected_at:
  description: When the cloud was read, in UTC.
  returned: success with O(read_from=cloud) or O(quotas)
  type: str
  sample: "2026-11-21T05:00:00Z"
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments, window_arguments
from ..module_utils._ansible.export_arguments import EXPORT, ExportTask
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._export import export, textfile
from ..module_utils._openstack.connection import Cloud


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.RATING,
            **cloud_arguments.METRIC_CATEGORIES,
            **arguments.LEDGER,
            **window_arguments.SELECTION,
            **arguments.RATES,
            **window_arguments.WINDOW,
            **EXPORT,
        },
        mutually_exclusive=[("window", "begin")],
        required_by={"end": "begin"},
        supports_check_mode=True,
    )
    params, check_mode = module.params, module.check_mode
    as_metrics = params["format"] == textfile.OPENMETRICS
    libraries = {"csv": (), "parquet": ("pyarrow",), "openmetrics": ()}[params["format"]]

    def of_cloud(cloud: Cloud, now: datetime) -> dict[str, Any]:
        task = ExportTask(params, now)
        if as_metrics:
            return textfile.write(task.ledger(), task.metrics(), now, check_mode, cloud)
        return _with_warnings(module, export.from_cloud(cloud, task.rated(), task.target(), now, check_mode))

    def of_ledger() -> dict[str, Any]:
        task = ExportTask(params)
        if as_metrics:
            return textfile.write(task.ledger(), task.metrics(), task.now, check_mode)
        result = export.from_ledger(task.ledger(), task.selection(), task.target(), task.as_of(), check_mode)
        window_arguments.warn_if_not_final(module, result)
        for sentence in result["undivided"]:
            module.warn(sentence)
        return result

    if params["read_from"] == "cloud" or params["quotas"]:
        run_on_cloud(module, of_cloud, *libraries, "ledger")
    else:
        run(module, of_ledger, "ledger", *libraries)


def _with_warnings(module: FinopsModule, result: dict[str, Any]) -> dict[str, Any]:
    if not result["fully_rated"]:
        module.warn(
            f"The window is rated up to {result['rated_through']} only."
            f" {result['dest']} does not have what came later."
        )
    if result["holes"]:
        module.warn(
            f"{len(result['holes'])} parts of the window are not rated,"
            f" the first from {result['holes'][0]['begin']}."
        )
    return result


if __name__ == "__main__":
    main()
