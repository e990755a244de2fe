# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_budget_info
short_description: How budgets stand
version_added: 0.1.0
description:
  - Tells of all budgets of a ledger, or of some, what is spent, running, reserved and left in their current period and in the next one,
    and whether they are within their limits now.
  - Opens the ledger for reading only. A ledger that is missing is an error, and so is a budget that there is not.
  - What is not wholly known is null, and C(reason) says why.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_ledger
options:
  names:
    description: Names of the budgets. All of them where it is not given; an empty list is an error.
    type: list
    elements: str
seealso:
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_reservation
  - plugin: finops.cloud.within_budget
    plugin_type: test
"""

EXAMPLES = r"""
- name: How do the budgets stand?
  finops.cloud.cost_budget_info:
  register: status

- name: One line per budget
  ansible.builtin.debug:
    var: status.summary

- name: Stop what only runs at night as soon as the budget is gone, or nobody knows whether it is
  ansible.builtin.include_tasks: stop_night_jobs.yml
  when: status is not finops.cloud.within_budget
"""

RETURN = r"""
ledger:
  description: The ledger that was read, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
evaluated_at:
  description: The moment for which all of this was told, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
tax:
  description: Always C(excluded), as amounts are net of VAT.
  returned: success
  type: str
  sample: excluded
summary:
  description:
    - A table for people, one line per budget, the worst first. The limit less all that follows it is what is left.
    - What is known only in part is a bound, such as C(>=12.00). Nothing of it is known where it says C(?).
  returned: success
  type: list
  elements: str
  sample:
    - "budget      verdict  period from       limit   spent  accrued  reserved  to come  requested    left  why"
    - "production  allow    2026-11-01   CHF 500.00  101.20     0.50     40.00    57.10       0.00  301.20  fits"
budgets:
  description:
    - The budgets by name, or in the order of O(names), with their definitions, and with the amounts of the current period in their own
      currency. All of them are null for one whose custom period does not hold the moment; its C(verdict) is C(ended).
    - C(verdict) is C(allow) within the limit, equality included, C(deny) beyond it, and C(unknown) where not all that counts is known.
    - C(accrued) is what runs since C(rated_through), C(to_come) what will run until the period's end, both at the rate of the newest
      rated period; C(reserved) is what is held and no cost yet. C(remaining) is the limit less spent, accrued and reserved;
      C(utilization) the part of the limit that these are; C(left) is C(remaining) less C(to_come).
    - Where the amounts are not wholly known they are null, and C(at_least) has what is known of them.
    - C(requested) and C(override) belong to M(finops.cloud.cost_budget), which returns rows of the same shape; here they are C(0) and null.
    - C(next_period) has the same amounts of the following period.
  returned: success
  type: list
  elements: dict
  sample:
    - name: production
      verdict: allow
      reason: "production: is within its limit: limit CHF 500 from 2026-11-01 to 2026-12-01 (Europe/Zurich), spent 101.2, accrued 0.5,
        reserved 40, to come 57.1, 301.2 left."
      limit: "500"
      currency: CHF
      period: monthly
      timezone: Europe/Zurich
      first_day: monday
      anchor_day: 1
      anchor_month: 1
      begin: null
      end: null
      fed_by: cloud
      basis: period_end
      max_staleness: 21600s
      scope: {categories: [], projects: [], tags: {}}
      thresholds: ["0.5", "0.8", "0.9", "1"]
      rated_through: "2026-11-21T04:00:00Z"
      period_start: "2026-10-31T23:00:00Z"
      period_end: "2026-11-30T23:00:00Z"
      resets_at: "2026-11-30T23:00:00Z"
      spent: "101.2"
      accrued: "0.5"
      reserved: "40"
      requested: "0"
      to_come: "57.1"
      remaining: "358.3"
      utilization: 0.2834
      left: "301.2"
      at_least: null
      override: null
      next_period:
        period_start: "2026-11-30T23:00:00Z"
        period_end: "2026-12-31T23:00:00Z"
        resets_at: "2026-12-31T23:00:00Z"
        spent: "0"
        accrued: "0"
        reserved: "0"
        requested: "0"
        to_come: "181.4"
        remaining: "500"
        utilization: 0.0
        left: "318.6"
        at_least: null
        override: null
      later_periods: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import run
from ansible_collections.finops.cloud.plugins.module_utils._budget.budgets import status
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "names": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )

    def read() -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        return status(ledger, module.params["names"], arguments.rates(module.params), now_utc())

    run(module, read, "sqlalchemy")


if __name__ == "__main__":
    main()
