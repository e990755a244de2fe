# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_budget
short_description: Define a budget, and stop a run that would exceed one
version_added: 0.1.0
description:
  - With O(limit), defines or changes a budget.
  - With O(spend), asks every budget of the ledger whether that may be spent now, and fails where one says no or cannot know.
  - Deny beats unknown beats allow. What was not read never counts as zero. A budget that is fed by the cloud says unknown where its
    cost was not imported without a hole, or is older than O(max_staleness).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
    details:
      - A gate decides in check mode as it does outside of it.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the budget. Needed to define or remove one.
      - With O(spend), a budget that must be among those that are asked. An unknown name is an error.
    type: str
  state:
    description: Whether the budget is to be there. Removing one leaves the entries of the ledger.
    type: str
    default: present
    choices: [present, absent]
  limit:
    description: What may be spent in one period, equality allowed. Quote it.
    type: str
  currency:
    description:
      - Currency of O(limit) and of O(spend), an ISO 4217 code or V(ICU). Needed with either.
    type: str
  period:
    description: How long a period is. V(monthly) for a new budget where it is not given.
    type: str
    choices: [hourly, daily, weekly, monthly, yearly, custom]
  timezone:
    description: IANA time zone in which periods begin. V(UTC) for a new budget where it is not given.
    type: str
  first_day:
    description: The day on which a weekly period begins. V(monday) for a new budget where it is not given.
    type: str
    choices: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
  anchor_day:
    description: The day of the month on which a monthly or yearly period begins; 29 to 31 are the last day of a shorter month.
    type: int
  anchor_month:
    description: The month in which a yearly period begins.
    type: int
  begin:
    description: Begin of a custom period, a date or a date and time in ISO 8601, local in O(timezone) where no offset is written.
    type: str
  end:
    description: End of a custom period, itself not in it.
    type: str
  fed_by:
    description:
      - From what the budget's spend is known. Needed for a new budget.
      - V(cloud) rests on M(finops.cloud.cost_import), and is unknown where that did not run.
      - V(entries) rests on M(finops.cloud.cost_entry), and who defines it vouches that all is recorded.
    type: str
    choices: [cloud, entries]
  basis:
    description:
      - V(actual) compares what is spent up to now with the limit.
      - V(period_end) adds what will run until the period ends at the rate of the newest rated hour, and looks at the next period too.
      - V(period_end) for a new budget that is fed by the cloud, V(actual) for another, where it is not given.
    type: str
    choices: [actual, period_end]
  max_staleness:
    description:
      - How old the newest rated hour may be before the spend is unknown, such as V(90m), V(6h) or V(2d).
      - V(6h) for a new budget where it is not given.
    type: str
  spend:
    description: What is to be spent, above zero. Quote it.
    type: str
  on_exceeded:
    description: What to do when a budget denies. V(warn) lets it pass with a warning, and covers no unknown.
    type: str
    default: fail
    choices: [fail, warn]
  on_unknown:
    description: What to do when a budget cannot know. V(warn) lets it pass with a warning, and covers no deny.
    type: str
    default: fail
    choices: [fail, warn]
seealso:
  - module: finops.cloud.cost_import
  - module: finops.cloud.cost_entry
"""

EXAMPLES = r"""
- name: 500 francs a month, known from the cloud
  finops.cloud.cost_budget:
    name: production
    limit: "500"
    currency: CHF
    period: monthly
    timezone: Europe/Zurich
    fed_by: cloud

- name: Stop here if 42.50 francs more do not fit
  finops.cloud.cost_budget:
    name: production
    spend: "42.50"
    currency: CHF
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
ledger:
  description: The ledger that was used, without any password.
  returned: success, and failures of the gate
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
ledger_created:
  description: Whether this task made the ledger, which starts empty.
  returned: success, and failures of the gate
  type: bool
  sample: false
budget:
  description: The budget as it is defined now; empty where it was removed or none was named.
  returned: success, and failures of the gate
  type: dict
  sample:
    name: production
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
verdict:
  description: The worst verdict of all budgets, C(allow), C(unknown) or C(deny).
  returned: with O(spend), also when the gate fails the task
  type: str
  sample: allow
gate_passed:
  description: Whether the run may go on, by the verdicts and by O(on_exceeded) and O(on_unknown).
  returned: with O(spend), also when the gate fails the task
  type: bool
  sample: true
reasons:
  description: One sentence per budget, the worst first.
  returned: with O(spend), also when the gate fails the task
  type: list
  elements: str
  sample:
    - "production: CHF 42.5 fits: limit CHF 500 from 2026-11-01 to 2026-12-01 (UTC), spent 101.2, requested 42.5, 356.3 left."
spend:
  description: What was asked for.
  returned: with O(spend), also when the gate fails the task
  type: str
  sample: "42.5"
currency:
  description: Its currency.
  returned: with O(spend), also when the gate fails the task
  type: str
  sample: CHF
evaluated_at:
  description: When it was decided, in UTC.
  returned: with O(spend), also when the gate fails the task
  type: str
  sample: "2026-11-21T05:00:00Z"
tax:
  description: Always C(excluded), as amounts are net of VAT.
  returned: with O(spend), also when the gate fails the task
  type: str
  sample: excluded
budgets:
  description:
    - What each budget says, with its amounts in its own currency. One whose custom period does not hold the moment says C(ended), is asked
      nothing, and its amounts are null.
    - C(accrued) is what runs since C(rated_through), C(to_come) what will run until the period's end, both at the rate of the newest
      rated period. C(remaining) is the limit less spent, accrued and reserved; C(utilization) the part of the limit that these are.
    - Where the amounts are not wholly known they are null, and C(at_least) has what is known of them.
    - C(next_period) has the same amounts of the following period, where C(basis) is C(period_end).
  returned: with O(spend), also when the gate fails the task
  type: list
  elements: dict
  sample:
    - name: production
      verdict: allow
      reason: "production: CHF 42.5 fits: limit CHF 500 from 2026-11-01 to 2026-12-01 (UTC), spent 101.2, requested 42.5, 356.3 left."
      fed_by: entries
      basis: actual
      currency: CHF
      rated_through: null
      limit: "500"
      period_start: "2026-10-31T23:00:00Z"
      period_end: "2026-11-30T23:00:00Z"
      resets_at: "2026-11-30T23:00:00Z"
      spent: "101.2"
      accrued: "0"
      reserved: "0"
      requested: "42.5"
      to_come: "0"
      remaining: "398.8"
      utilization: 0.2024
      at_least: null
      next_period: null
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import run_gate
from ansible_collections.finops.cloud.plugins.module_utils._budget.budgets import Task, apply
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import KINDS, WEEKDAYS, now_utc

WARN = {"type": "str", "default": "fail", "choices": ["fail", "warn"]}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "name": {"type": "str"},
            "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
            "limit": {"type": "str"},
            "currency": {"type": "str"},
            "period": {"type": "str", "choices": list(KINDS)},
            "timezone": {"type": "str"},
            "first_day": {"type": "str", "choices": list(WEEKDAYS)},
            "anchor_day": {"type": "int"},
            "anchor_month": {"type": "int"},
            "begin": {"type": "str"},
            "end": {"type": "str"},
            "fed_by": {"type": "str", "choices": ["cloud", "entries"]},
            "basis": {"type": "str", "choices": ["actual", "period_end"]},
            "max_staleness": {"type": "str"},
            "spend": {"type": "str"},
            "on_exceeded": WARN,
            "on_unknown": WARN,
        },
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        task = Task(**{name: module.params[name] for name in Task.__dataclass_fields__})
        ledger = arguments.ledger_options(module.params)
        return apply(ledger, task, arguments.rates(module.params), now_utc(), module.check_mode)

    run_gate(module, work, "sqlalchemy")


if __name__ == "__main__":
    main()
