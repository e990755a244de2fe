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
  - Tells what the current period will come to if it goes on as in the last 168 rated hours, and which alerts were fired.
  - Opens the ledger for reading only, so it fires no alert. A ledger that is missing is an error, and so is a budget that there is not.
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
  consumer:
    description:
      - Lists the alerts that this consumer has not acknowledged with M(finops.cloud.cost_budget), those of closed periods too, for 31 days.
      - Where it is not given, all alerts of the current periods are listed.
    type: str
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

- name: What was not mailed yet
  finops.cloud.cost_budget_info:
    consumer: mail
  register: news

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
alerts:
  description:
    - The alerts that were fired, by time, the highest threshold first. Which ones depends on O(consumer).
    - C(amount) is what was spent, or expected to be spent by the period's end, when it was fired; C(at_least) says that it is a lower
      bound. C(message) tells it in a sentence, C(acknowledged_by) who has taken care of it.
  returned: success
  type: list
  elements: dict
  sample: &alerts
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
      message: "production: 81.2 % of CHF 500 is spent: CHF 406 from 2026-11-01 to 2026-12-01 (Europe/Zurich). The threshold is 80 %."
      fired_at: "2026-11-21T05:00:00Z"
      acknowledged_by: []
reservations:
  description:
    - What is reserved, of all budgets, as RV(finops.cloud.cost_reservation#module:reservation) tells it. Held and not expired, or
      committed and not yet in the cloud's newest rated hour.
  returned: success
  type: list
  elements: dict
  sample:
    - name: deploy-shop
      generation: 1
      state: held
      settled_by: import
      counts_at: "2026-11-21T05:00:00Z"
      held_at: "2026-11-21T05:00:00Z"
      expires_at: "2026-11-21T07:00:00Z"
      expired: false
      committed_at: null
      forced: false
      held:
        - amount: "40"
          currency: CHF
          category: compute
          project: null
          tags: {}
          period: this
      committed: []
budgets:
  description:
    - The budgets by name, or in the order of O(names), with their definitions, and with the amounts of the current period in their own
      currency. All of them are null for one whose custom period does not hold the moment; its C(verdict) is C(ended).
    - C(verdict) is C(allow) within the limit, equality included, C(deny) beyond it, and C(unknown) where not all that counts is known.
    - C(accrued) is what runs since C(rated_through), C(to_come) what will run until the period's end, both at the rate of the newest
      rated period; C(reserved) is what is held and no cost yet. C(remaining) is the limit less spent, accrued and reserved;
      C(utilization) the part of the limit that these are, of a limit of zero C(1.0) for any spend; C(left) is C(remaining) less C(to_come).
    - Where the amounts are not wholly known they are null, and C(at_least) has what is known of them.
    - C(requested) and C(override) belong to M(finops.cloud.cost_budget), which returns rows of the same shape; here they are C(0) and null.
    - C(next_period) has the same amounts of the following period.
    - C(forecast) is what is spent and runs, and what is to come until the period's end at the mean of the last 168 rated hours
      (C(expected)), and at the 10th and the 90th percentile of its days (C(low), C(high); of its hours where there are fewer than 48).
      C(enough_data) from 24 rated hours on, for hourly and daily budgets from 3; C(rated_periods) is how many there are, at most those
      of 168 hours. What was recorded by hand is in it once and is not expected to come again. Where it is unknown its amounts are null, and
      its C(reason) says why.
    - C(runs_out_at) is when the spend reaches the limit at that mean, in UTC; null where it does not in this period, or where there is not
      enough data.
    - C(alerts) are those of RV(alerts) that are the budget's.
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
      forecast:
        low: "150.2"
        expected: "159.4"
        high: "170.9"
        enough_data: true
        rated_periods: 168
        reason: null
      runs_out_at: null
      alerts: *alerts
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._ansible import arguments
from ..module_utils._ansible.run import run
from ..module_utils._budgets.status import status
from ..module_utils._core.periods import now_utc


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "names": {"type": "list", "elements": "str"},
            "consumer": {"type": "str"},
        },
        supports_check_mode=True,
    )

    def read() -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        consumer = module.params["consumer"]
        return status(ledger, module.params["names"], arguments.rates(module.params), now_utc(), consumer)

    run(module, read, "ledger")


if __name__ == "__main__":
    main()
