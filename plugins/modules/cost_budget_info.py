# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_budget_info
short_description: Get the state of budgets
version_added: 0.1.0
description:
  - Returns what is spent, running, reserved and left of each budget in its current period and in the next
    one, and whether it is within its limit now.
  - Forecasts the current period from the last 168 rated hours, and lists the alerts that were triggered.
  - Opens the ledger for reading only, so it triggers no alert. A missing ledger is an error, and so is an
    unknown budget.
  - Amounts that are not wholly known are null, and C(reason) says why.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_ledger
options:
  name:
    description:
      - Name of the one budget to show. Shows all budgets if neither O(name) nor O(names) is given. An unknown
        name is an error.
      - O(name) and O(names) are mutually exclusive.
    type: str
  names:
    description: Names of the budgets to show, in this order. An empty list or an unknown name is an error.
    type: list
    elements: str
  consumer:
    description:
      - Lists the alerts that this consumer has not acknowledged with M(finops.cloud.cost_alert), including
        those of closed periods for 31 days. Without it, the alerts of the current periods are listed.
    type: str
seealso:
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_reservation
  - plugin: finops.cloud.within_budget
    plugin_type: test
"""

EXAMPLES = r"""
- name: Read the state of all budgets
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
  description: The ledger that was read, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
evaluated_at:
  description: The moment for which all of this holds, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
tax:
  description: What the sums of these budgets do with costs of the charge category tax, C(excluded),
    C(included), or C(mixed) if some do either. Each row of RV(budgets) has its own.
  returned: success
  type: str
  sample: excluded
summary:
  description:
    - A table for people, one line per budget, the worst first. What is left is the limit minus everything
      that follows it.
    - An amount that is known in part is a bound, such as C(>=12.00). C(?) means that nothing of it is known.
  returned: success
  type: list
  elements: str
  sample:
    - "budget      verdict  period from       limit   spent  accrued  reserved  to come\
      \  requested    left  why"
    - "production  allow    2026-11-01   CHF 500.00  101.20     0.50     40.00    57.10\
      \       0.00  301.20  fits"
alerts:
  description:
    - The alerts that were triggered, by time, the highest threshold first. O(consumer) selects which.
    - C(amount) is what was spent, or expected to be spent by the end of the period, when the alert was
      triggered. C(at_least) is true if it is a lower bound. C(message) is a sentence for people, and
      C(acknowledged_by) has the consumers that acknowledged it.
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
      message: "production: 81.2 % of CHF 500 is spent: CHF 406 from 2026-11-01 to 2026-12-01 (Europe/Zurich).
        The threshold is 80 %."
      fired_at: "2026-11-21T05:00:00Z"
      acknowledged_by: []
reservations:
  description: "Reservations of all budgets that are held and not expired, or committed and not yet in the
    cloud's newest rated hour, each as RV(finops.cloud.cost_reservation#module:reservation)."
  returned: success
  type: list
  elements: dict
  sample:
    - name: deploy-shop
      generation: 1
      state: held
      settled_by: import
      held_at: "2026-11-21T05:00:00Z"
      expires_at: "2026-11-21T07:00:00Z"
      expired: false
      committed_at: null
      forced: false
      forced_verdicts: []
      plan_sha256: null
      removed: []
      held:
        - amount: "40"
          hourly: null
          currency: CHF
          at: "2026-11-21T05:00:00Z"
          until: null
          category: compute
          project: null
          region: null
          tags: {}
          name: null
          metric: null
      committed: []
budgets:
  description:
    - The budgets by name, or in the order of O(names), with their definitions and the amounts of the current
      period in their own currency. Amounts are null and C(verdict) is C(ended) for a budget whose custom
      period does not contain this moment.
    - C(verdict) is C(allow) up to and including the limit, C(deny) beyond it, and C(unknown) if not
      everything that counts is known.
    - C(accrued) is the running cost since C(rated_through), and C(to_come) the running cost until the end of
      the period, both at the rate of the newest rated period. C(reserved) is held and not a cost yet.
      C(remaining) is the limit minus spent, accrued and reserved. C(utilization) is the fraction of the limit
      that these are, and C(1.0) for any spend on a limit of zero. C(left) is C(remaining) minus C(to_come).
    - Amounts that are not wholly known are null, and C(at_least) has the known part.
    - C(requested) and C(override) are always C(0) and null here. M(finops.cloud.cost_budget) returns rows of
      the same shape.
    - C(next_period) has the same amounts of the next period.
    - C(forecast) is what is spent and running, plus what is to come until the end of the period at the mean
      of the last 168 rated hours (C(expected)), and at the 10th and the 90th percentile of their days (C(low)
      and C(high); of their hours if there are fewer than 48). C(enough_data) is true from 24 rated hours, and
      from 3 for hourly and daily budgets. C(rated_periods) is the number of rated periods, at most those of
      168 hours. Costs recorded by hand are included once and not expected again. If the forecast is unknown,
      its amounts are null and its C(reason) says why.
    - C(runs_out_at) is when the spend reaches the limit at that mean, in UTC. Null if it does not in this
      period, or if there is not enough data.
    - C(over_by) is by how much more than the limit was spent up to now, and C(over_since) the begin of the
      day, or of the hour in a period of up to three days, at whose end it was more. Null if it is not.
    - C(alerts) are those in RV(alerts) of this budget.
  returned: success
  type: list
  elements: dict
  sample:
    - name: production
      verdict: allow
      reason: "production: is within its limit: limit CHF 500 from 2026-11-01 to 2026-12-01 (Europe/Zurich),
        spent 101.2, accrued 0.5, reserved 40, to come 57.1, 301.2 left."
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
      scope: {categories: [], projects: [], regions: [], tags: {}}
      untagged: unknown
      tax: excluded
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
      over_by: null
      over_since: null
      alerts: *alerts
"""

from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._budgets.status import status
from ..module_utils._core.periods import now_utc


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "name": {"type": "str"},
            "names": {"type": "list", "elements": "str"},
            "consumer": {"type": "str"},
        },
        mutually_exclusive=[("name", "names")],
        supports_check_mode=True,
    )

    def read() -> dict[str, Any]:
        params = module.params
        names, option = (params["names"], "names") if params["name"] is None else ([params["name"]], "name")
        ledger, rates = arguments.ledger_options(params), arguments.rates(params)
        return status(ledger, names, rates, now_utc(), params["consumer"], option)

    run(module, read, "ledger")


if __name__ == "__main__":
    main()
