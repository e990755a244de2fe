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
  - With O(spend) or O(lines), asks every budget that has one of them in its scope whether that may be spent now, and fails where one says
    no or cannot know. What no budget covers is unknown.
  - With O(override), raises the limit of one period once, for one reservation.
  - Fires alerts, each threshold once in a period. With O(acknowledged), puts on record who took care of them.
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
      - With O(spend) or O(lines), a budget that is asked beside every other one in scope. An unknown name is an error, and so is a line
        outside of the budget.
      - Two names that differ only by case, spaces, hyphens or underscores are refused.
    type: str
  state:
    description:
      - Whether the budget is to be there. Removing one leaves the entries of the ledger.
      - V(rearmed) lets every threshold of its current period fire again.
    type: str
    default: present
    choices: [present, absent, rearmed]
  limit:
    description: What may be spent in one period, equality allowed. Quote it.
    type: str
  currency:
    description:
      - Currency of O(limit), of O(spend) and of O(lines) that name none, an ISO 4217 code or V(ICU). Needed with either.
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
  scope:
    description:
      - Which costs the budget covers. A cost has to match every key that is given. All costs for a new budget where it is not given.
      - Written again it replaces the scope as a whole.
    type: dict
    suboptions:
      categories:
        description: Any of these categories.
        type: list
        elements: str
        choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
      projects:
        description: Any of these projects, by id or name.
        type: list
        elements: str
      tags:
        description: All of these tags, names and values.
        type: dict
  thresholds:
    description:
      - Parts of the limit at which somebody wants to know, such as V(0.8). Quote them. Each is fired once in a period when the actual
        spend reaches it, and once when the forecast does; raising O(limit) re-arms those that it puts out of reach.
      - V(0.5), V(0.8), V(0.9) and V(1) for a new budget where they are not given; an empty list for none.
    type: list
    elements: str
  spend:
    description: What is to be spent, above zero. Quote it. Short for one row of O(lines).
    type: str
  category:
    description: What O(spend) is for. Unknown without it where a budget goes by categories.
    type: str
    choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  project:
    description: The project that O(spend) is for, by id or name. Unknown without it where a budget goes by projects.
    type: str
  tags:
    description: Tags of what O(spend) buys, names and values.
    type: dict
  lines:
    description: What is to be spent, line by line. Each budget is asked for the sum of the lines in its scope.
    type: list
    elements: dict
    suboptions:
      amount:
        description: How much, above zero. Quote it.
        type: str
        required: true
      currency:
        description: Currency of the amount, O(currency) where it is not given.
        type: str
      category:
        description: What it is for.
        type: str
        choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
      project:
        description: The project that it is for, by id or name.
        type: str
      tags:
        description: Tags of what it buys.
        type: dict
      period:
        description: Whether it will be spent in the current period of each budget, or in its next one.
        type: str
        default: this
        choices: [this, next]
  override:
    description:
      - Raises the limit of O(name) in one period, once, for one reservation. It is used up by the hold or the commit that would not have
        fitted without it, and never makes up for what is unknown.
    type: dict
    suboptions:
      for:
        description: Name of the reservation.
        type: str
        required: true
      amount:
        description: By how much, in the budget's currency. Quote it.
        type: str
      reason:
        description: Why.
        type: str
      by:
        description: Who decided it.
        type: str
      until:
        description: When it ends if nobody used it, a date or a date and time in ISO 8601.
        type: str
      for_period:
        description: A moment in the period that is meant. Now where it is not given.
        type: str
      state:
        description:
          - V(absent) takes it back, unless it was used.
          - For V(present) all of the other options but O(override.for_period) are needed.
        type: str
        default: present
        choices: [present, absent]
  acknowledged:
    description: Ids of alerts that O(consumer) has taken care of. Goes alone, without O(name).
    type: list
    elements: str
  consumer:
    description:
      - Who takes care of alerts, such as V(mail) or V(slack). Each consumer acknowledges for itself. Needed with O(acknowledged).
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
  - module: finops.cloud.cost_budget_info
  - module: finops.cloud.cost_reservation
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

- name: 20 euros a week for the language models of one team, known from what is recorded
  finops.cloud.cost_budget:
    name: assistant
    limit: "20"
    currency: EUR
    period: weekly
    fed_by: entries
    scope:
      categories: [llm_inference, llm_embedding]
      tags: {team: assistant}
    thresholds: ["0.8", "1"]

- name: Machines now, and disks from the next month on
  finops.cloud.cost_budget:
    currency: CHF
    lines:
      - {amount: "60", category: compute}
      - {amount: "50", category: storage, period: next}

- name: Once more than the limit, for one reservation
  finops.cloud.cost_budget:
    name: production
    override:
      for: black-friday
      amount: "200"
      reason: Twice the customers for a week
      by: Ada, head of operations
      until: "2026-11-30"

- name: Take note of what was mailed
  finops.cloud.cost_budget:
    consumer: mail
    acknowledged: "{{ status.alerts | map(attribute='id') }}"

- name: Nobody needs it any more
  finops.cloud.cost_budget:
    name: production
    state: absent
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
    scope: {categories: [], projects: [], tags: {}}
    thresholds: ["0.5", "0.8", "0.9", "1"]
alerts:
  description:
    - The thresholds of budgets that this task found reached and that were not fired before in their period, once for C(actual) and once for
      C(forecast) spend, the highest first. Empty in check mode.
    - C(amount) is what is spent, or expected to be spent by the period's end, and C(at_least) says that it is a lower bound. C(message)
      tells it in a sentence.
  returned: success, and failures of the gate
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
      message: "production: 81.2 % of CHF 500 is spent: CHF 406 from 2026-11-01 to 2026-12-01 (Europe/Zurich). The threshold is 80 %."
      fired_at: "2026-11-21T05:00:00Z"
      acknowledged_by: []
alerts_unknown:
  description: Why the spend of budgets with thresholds is not wholly known, a sentence for each. What is known of it fires, and no more.
  returned: success, and failures of the gate
  type: list
  elements: str
  sample: []
acknowledged:
  description: The ids that O(consumer) had not acknowledged before.
  returned: with O(acknowledged)
  type: list
  elements: str
  sample: [production/monthly/2026-10-31T23:00:00Z/actual/0.8]
rearmed:
  description: The ids of the alerts that may fire again.
  returned: with O(state=rearmed)
  type: list
  elements: str
  sample: [production/monthly/2026-10-31T23:00:00Z/actual/0.8]
override:
  description: The override as the ledger has it; empty where it was taken back.
  returned: with O(override)
  type: dict
  sample:
    budget: production
    period: monthly/2026-10-31T23:00:00Z
    for: black-friday
    amount: "200"
    reason: Twice the customers for a week
    by: Ada, head of operations
    until: "2026-11-30T23:00:00Z"
verdict:
  description: The worst verdict of all budgets, C(allow), C(unknown) or C(deny).
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: str
  sample: allow
gate_passed:
  description: Whether the run may go on, by the verdicts and by O(on_exceeded) and O(on_unknown).
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: bool
  sample: true
reasons:
  description: One sentence per budget, the worst first.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: list
  elements: str
  sample:
    - "production: CHF 42.5 fits: limit CHF 500 from 2026-11-01 to 2026-12-01 (UTC), spent 101.2, requested 42.5, 356.3 left."
summary:
  description: A table for people, one line per budget, the worst first, as M(finops.cloud.cost_budget_info) returns it.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: list
  elements: str
  sample:
    - "budget      verdict  period from       limit   spent  accrued  reserved  to come  requested    left  why"
    - "production  allow    2026-11-01   CHF 500.00  101.20     0.00      0.00     0.00      42.50  356.30  fits"
lines:
  description: What was asked for.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: list
  elements: dict
  sample:
    - {amount: "42.5", currency: CHF, category: null, project: null, tags: {}, period: this}
evaluated_at:
  description: When it was decided, in UTC.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: str
  sample: "2026-11-21T05:00:00Z"
tax:
  description: Always C(excluded), as amounts are net of VAT.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: str
  sample: excluded
budgets:
  description:
    - What each budget says, with its amounts in its own currency. One whose custom period does not hold the moment says C(ended), is asked
      nothing, and its amounts are null.
    - C(accrued) is what runs since C(rated_through), C(to_come) what will run until the period's end, both at the rate of the newest
      rated period. C(remaining) is the limit less spent, accrued and reserved; C(utilization) the part of the limit that these are; of a
      limit of zero any spend is all of it, C(1.0).
    - Where the amounts are not wholly known they are null, and C(at_least) has what is known of them.
    - C(left) is what is left of the limit after all of these and the request; C(override) raised it, if it did not fit without.
    - C(next_period) has the same amounts of the following period, C(later_periods) those of periods after that which were asked for.
  returned: with O(spend) or O(lines), also when the gate fails the task
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
      left: "356.3"
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
        to_come: "0"
        remaining: "500"
        utilization: 0.0
        left: "500"
        at_least: null
        override: null
      later_periods: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._ansible import arguments
from ..module_utils._ansible.run import run_gate
from ..module_utils._budgets.budgets import STATES, Task, apply
from ..module_utils._core.categories import CATEGORIES
from ..module_utils._core.periods import KINDS, WEEKDAYS, now_utc
from ..module_utils._core.writer import recorded_by


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "name": {"type": "str"},
            "state": {"type": "str", "default": "present", "choices": list(STATES)},
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
            "scope": {
                "type": "dict",
                "options": {
                    "categories": {"type": "list", "elements": "str", "choices": list(CATEGORIES)},
                    "projects": {"type": "list", "elements": "str"},
                    "tags": {"type": "dict"},
                },
            },
            "thresholds": {"type": "list", "elements": "str"},
            "spend": {"type": "str"},
            **arguments.LINES,
            "override": {
                "type": "dict",
                "options": {
                    "for": {"type": "str", "required": True},
                    **{name: {"type": "str"} for name in ("amount", "reason", "by", "until", "for_period")},
                    "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
                },
            },
            "acknowledged": {"type": "list", "elements": "str"},
            "consumer": {"type": "str"},
            **arguments.ON_VERDICT,
        },
        supports_check_mode=True,
    )

    task = Task(**{name: module.params[name] for name in Task.__dataclass_fields__})

    def work() -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        return apply(
            ledger, task, arguments.rates(module.params), now_utc(), module.check_mode, recorded_by()
        )

    run_gate(module, work, task.gates, "ledger")


if __name__ == "__main__":
    main()
