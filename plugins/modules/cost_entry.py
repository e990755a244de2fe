# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_entry
short_description: Record costs in the ledger, correct them, or take them back
version_added: 0.1.0
description:
  - Records a cost under a key, or many in one transaction. The same key with the same content changes
    nothing. With other content the cost is corrected by a reversal of the old row and a new row, so that sums
    are right and nothing is overwritten.
  - With O(state=absent) a cost is taken back by a reversal. It counts no more, and its rows stay visible.
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
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A new key that does not say when is recorded at the moment of the task. That moment is kept when the
        task runs again.
options:
  state:
    description:
      - Whether the cost counts. V(absent) takes it back and requires O(key) and O(source) only. It changes
        nothing if there is no such cost.
    type: str
    default: present
    choices: [present, absent]
  key:
    description:
      - Name of the cost within its O(source), such as the number of the invoice. It identifies the cost for
        ever.
      - O(key) and O(entries) are mutually exclusive, and one of them is required.
    type: str
  source:
    description:
      - Who or what reports the cost. V(reservation) is for what M(finops.cloud.cost_reservation) commits, and
        can only be taken back.
    type: str
    default: manual
  entries:
    description:
      - Several costs, recorded in one transaction. If one is refused, none is recorded. Each is a dictionary
        with a O(key) of its own and any other of the options from O(state) to O(tags).
      - An option that an entry leaves out is taken from beside this list.
    type: list
    elements: dict
  amount:
    description:
      - Amount of the cost, net of VAT. Quote it. Required with O(state=present).
      - It may be negative only with O(charge_category=credit) or O(charge_category=adjustment).
    type: str
  currency:
    description: Currency of the amount, an ISO 4217 code or V(ICU). Required with O(state=present).
    type: str
  category:
    description: Category of the cost. Required with O(state=present).
    type: str
    choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  charge_category:
    description: Kind of charge.
    type: str
    default: usage
    choices: [usage, purchase, credit, adjustment, tax]
  occurred_at:
    description:
      - Moment at which the cost occurred, a date or a date and time in ISO 8601. The cost counts in the
        period that contains it.
      - Without it and O(period_begin), a new cost occurs now, and a recorded cost keeps its time.
      - Mutually exclusive with O(period_begin) and O(period_end).
    type: str
  period_begin:
    description:
      - Begin of the time that the cost is for. The cost counts in the period that contains it. Requires
        O(period_end).
    type: str
  period_end:
    description: End of the time that the cost is for (exclusive). Requires O(period_begin).
    type: str
  timezone:
    description: IANA time zone of dates, and of times without an offset.
    type: str
    default: UTC
  project_id:
    description: ID of the project of the cost. Budgets and sums by project use it.
    type: str
  project_name:
    description: Name of the project of the cost.
    type: str
  cloud:
    description: Name of the cloud or provider that charges it.
    type: str
  region:
    description: Region of the cost.
    type: str
  metric:
    description: What was counted, such as V(storage.objects.size).
    type: str
  resource_id:
    description: ID of the resource.
    type: str
  resource_name:
    description: Name of the resource.
    type: str
  resource_type:
    description: Type of the resource.
    type: str
  quantity:
    description: Quantity that was used. Quote it. Requires O(unit).
    type: str
  unit:
    description: Unit of the O(quantity).
    type: str
  description:
    description: What a reader of the bill should know.
    type: str
  tags:
    description: Names and values by which to find and sum the cost. Budgets with tags in their scope use
      them.
    type: dict
    default: {}
seealso:
  - module: finops.cloud.cost_summary_info
  - module: finops.cloud.cost_budget
"""

EXAMPLES = r"""
- name: Record what the support contract costs
  finops.cloud.cost_entry:
    key: invoice-2026-11-004
    amount: "120.00"
    currency: CHF
    category: other
    charge_category: purchase
    occurred_at: "2026-11-03"
    description: Support contract, November

- name: Record a month's invoices together, all or none
  finops.cloud.cost_entry:
    source: hosting
    currency: EUR
    category: storage
    timezone: Europe/Zurich
    period_begin: "2026-10-01"
    period_end: "2026-11-01"
    entries:
      - {key: "2026-10/backup", amount: "34.80", tags: {team: shop}}
      - {key: "2026-10/archive", amount: "12.10", quantity: "480", unit: GiB}
      - {key: "2026-10/mail", amount: "9.00", category: other}

- name: An invoice was canceled
  finops.cloud.cost_entry:
    key: invoice-2026-11-004
    state: absent
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
outcome:
  description: What happened to the cost of O(key), as C(outcome) in RV(entries).
  returned: success, with O(key)
  type: str
  sample: recorded
entry:
  description: The cost of O(key), as in RV(entries).
  returned: success, with O(key)
  type: dict
  sample: &entry
    source: manual
    key: invoice-2026-11-004
    version: 1
    charge_category: purchase
    category: other
    amount: "120"
    currency: CHF
    occurred_at: "2026-11-03T00:00:00Z"
    period_begin: "2026-11-03T00:00:00Z"
    period_end: "2026-11-03T00:00:00Z"
    cloud: null
    region: null
    project_id: null
    project_name: null
    metric: null
    resource_id: null
    resource_name: null
    resource_type: null
    quantity: null
    unit: null
    description: Support contract, November
    tags: {}
entries:
  description:
    - Every cost in the order of the task, as the ledger has it. A cost that was taken back is shown as it
      was, with nulls if there was none.
    - C(outcome) is C(recorded), C(corrected), C(reversed) or C(unchanged), and in check mode what it would
      be. C(version) is the current version of the key.
  returned: success
  type: list
  elements: dict
  sample:
    - <<: *entry
      outcome: recorded
counts:
  description: Number of costs by outcome.
  returned: success
  type: dict
  contains:
    recorded:
      description: Number of new costs.
      returned: always
      type: int
      sample: 1
    corrected:
      description: Number of costs that were corrected.
      returned: always
      type: int
      sample: 0
    reversed:
      description: Number of costs that were taken back.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: Number of costs that did not change.
      returned: always
      type: int
      sample: 0
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
from ..module_utils._core.categories import CATEGORIES, CHARGE_CATEGORIES
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by
from ..module_utils._imports import manual


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "state": {"type": "str", "default": manual.PRESENT, "choices": [manual.PRESENT, manual.ABSENT]},
            "key": {"type": "str", "no_log": False},
            "source": {"type": "str", "default": "manual"},
            "entries": {"type": "list", "elements": "dict"},
            "amount": {"type": "str"},
            "currency": {"type": "str"},
            "category": {"type": "str", "choices": list(CATEGORIES)},
            "charge_category": {"type": "str", "default": "usage", "choices": list(CHARGE_CATEGORIES)},
            "occurred_at": {"type": "str"},
            "period_begin": {"type": "str"},
            "period_end": {"type": "str"},
            "timezone": {"type": "str", "default": "UTC"},
            "project_id": {"type": "str"},
            "project_name": {"type": "str"},
            "cloud": {"type": "str"},
            "region": {"type": "str"},
            "metric": {"type": "str"},
            "resource_id": {"type": "str"},
            "resource_name": {"type": "str"},
            "resource_type": {"type": "str"},
            "quantity": {"type": "str"},
            "unit": {"type": "str"},
            "description": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
        },
        mutually_exclusive=[
            ("key", "entries"),
            ("occurred_at", "period_begin"),
            ("occurred_at", "period_end"),
        ],
        required_together=[("period_begin", "period_end")],
        required_one_of=[("key", "entries")],
        supports_check_mode=True,
    )

    def write() -> dict[str, Any]:
        given = {name: module.params[name] for name in manual.OPTIONS}
        one = given["key"] is not None
        costs = [manual.CostRecord(**given)] if one else manual.costs_of(module.params["entries"], given)
        options = arguments.ledger_options(module.params)
        now, by = now_utc(), recorded_by()
        watch = alerts.watch(arguments.rates(module.params), now, by)
        result = manual.record(options, costs, now, by, module.check_mode, watch)
        if not one:
            return result
        entry = dict(result["entries"][0])
        return {**result, "outcome": entry.pop("outcome"), "entry": entry}

    run(module, write, "ledger")


if __name__ == "__main__":
    main()
