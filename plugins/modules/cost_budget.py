# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_budget
short_description: Define budgets, and stop a run that would exceed one
version_added: 0.1.0
description:
  - Defines, changes or removes a budget, or a list of budgets in one transaction. Options that are left out
    keep what an existing budget has. A task with O(spend) or O(lines) changes no part of a budget. It defines
    one with its O(limit), or none.
  - With O(spend) or O(lines) it asks every budget in whose scope the spend is whether it may be spent now.
    The task fails if one of them denies it or cannot know. A spend that no budget covers is unknown.
  - Deny takes precedence over unknown, and unknown over allow. Values that could not be read never count as
    zero. A budget that is fed by the cloud is unknown if its cost was not imported without a gap, or is older
    than O(max_staleness).
  - Triggers alerts, each threshold once in a period. M(finops.cloud.cost_alert) acknowledges them.
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
      - A gate decides in check mode as it does outside of it.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the budget. Required to define or remove one.
      - With O(spend) or O(lines), a budget that has to cover all of the spend, beside every other budget in
        scope. An unknown name is an error, and so is a line outside of the budget's scope.
      - A name that differs from another budget's only by case, spaces, hyphens or underscores is refused.
    type: str
  state:
    description:
      - Whether the budget should exist. Removing one keeps the entries of the ledger.
    type: str
    default: present
    choices: [present, absent]
  limit:
    description:
      - Amount that may be spent in one period. A spend that reaches exactly the limit is allowed. Quote it.
      - Required for a new budget, together with O(currency).
    type: str
  currency:
    description:
      - Currency of O(limit), O(spend) and of O(lines) that name none, an ISO 4217 code or V(ICU). Required
        with O(spend), and with O(limit) unless the policy of the ledger has a currency.
      - An existing budget changes its currency only together with O(limit).
    type: str
  period:
    description: Length of a period. Defaults to V(monthly) for a new budget.
    type: str
    choices: [hourly, daily, weekly, monthly, yearly, custom]
  timezone:
    description: IANA time zone in which periods begin. Defaults for a new budget to that of the policy of the
      ledger, or else to V(UTC).
    type: str
  first_day:
    description: Day on which a weekly period begins. Defaults to V(monday) for a new budget. Ignored for
      other periods.
    type: str
    choices: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
  anchor_day:
    description:
      - Day of the month on which a monthly or yearly period begins, from 1 to 31. Defaults to 1 for a new
        budget.
      - In a month that is shorter, the period begins on its last day.
    type: int
  anchor_month:
    description: Month in which a yearly period begins, from 1 to 12. Defaults to 1 for a new budget. Ignored
      for other periods.
    type: int
  begin:
    description:
      - Begin of a custom period, a date or a date and time in ISO 8601. Local to O(timezone) unless an offset
        is written.
      - Required with O(period=custom) for a new budget.
    type: str
  end:
    description: End of a custom period (exclusive). Required with O(period=custom) for a new budget.
    type: str
  fed_by:
    description:
      - Where the budget's spend comes from. Required for a new budget.
      - V(cloud) rests on M(finops.cloud.cost_import) and M(finops.cloud.cost_import_vergeos). The spend is
        unknown where no import ran.
      - V(entries) rests on M(finops.cloud.cost_entry) and M(finops.cloud.cost_import_file). Whoever defines
        it vouches that every cost is recorded.
    type: str
    choices: [cloud, entries]
  basis:
    description:
      - V(actual) compares the limit with what is spent up to now.
      - V(period_end) adds what will run until the period ends, at the rate of the newest rated hour, and
        looks at the next period too.
      - Defaults to V(period_end) for a new budget that is fed by the cloud, and to V(actual) for any other
        new budget.
    type: str
    choices: [actual, period_end]
  max_staleness:
    description:
      - Maximum age of the newest rated hour, such as V(90m), V(6h) or V(2d). The spend is unknown if that
        hour is older.
      - Defaults to V(6h) for a new budget. Ignored for a budget that is fed by entries.
    type: str
  scope:
    description:
      - Which costs the budget covers. A cost has to match every key that is given. A new budget covers all
        costs unless this is given.
      - The scope is replaced as a whole. Without this option an existing budget keeps its scope.
    type: dict
    suboptions:
      categories:
        description: Costs of any of these categories.
        type: list
        elements: str
        choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
      projects:
        description: Costs of any of these projects, by ID or name.
        type: list
        elements: str
      regions:
        description: Costs in any of these regions of the cloud.
        type: list
        elements: str
      tags:
        description: Costs that have all of these tags, by name and value.
        type: dict
  untagged:
    description:
      - How to treat a line that lacks a tag key of O(scope).
      - V(unknown) makes the budget unknown, as the line may belong to it. V(outside) excludes the line from
        the budget, unless its tag C(tag_status=unknown) says that it may have the key.
      - Defaults to V(unknown) for a new budget. A recorded cost without the tag is never in the scope.
    type: str
    choices: [unknown, outside]
  tax:
    description:
      - Whether costs of the charge category tax are part of what is spent. Requests, holds and running costs
        are always net.
      - Defaults to V(excluded) for a new budget.
    type: str
    choices: [excluded, included]
  thresholds:
    description:
      - Fractions of the limit that trigger an alert, such as V(0.8). Quote them.
      - Each triggers once in a period when the actual spend reaches it, and once when the forecast does. A
        raised limit re-arms those that it puts out of reach.
      - Defaults to V(0.5), V(0.8), V(0.9) and V(1) for a new budget. An empty list means none.
    type: list
    elements: str
  budgets:
    description:
      - Definitions of several budgets, written in one transaction. If one is refused, none is written.
      - Mutually exclusive with O(name), O(state) and the options of a single definition.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the budget.
        type: str
        required: true
      state:
        description: Whether the budget should exist.
        type: str
        default: present
        choices: [present, absent]
      limit:
        description:
          - Amount that may be spent in one period. A spend that reaches exactly the limit is allowed. Quote
            it.
          - Required for a new budget, together with O(budgets[].currency).
        type: str
      currency:
        description: Currency of O(budgets[].limit), an ISO 4217 code or V(ICU). Required with that limit,
          unless the policy of the ledger has a currency.
        type: str
      period:
        description: Length of a period. Defaults to V(monthly) for a new budget.
        type: str
        choices: [hourly, daily, weekly, monthly, yearly, custom]
      timezone:
        description: IANA time zone in which periods begin. Defaults for a new budget to that of the policy of
          the ledger, or else to V(UTC).
        type: str
      first_day:
        description: Day on which a weekly period begins. Defaults to V(monday) for a new budget. Ignored for
          other periods.
        type: str
        choices: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
      anchor_day:
        description:
          - Day of the month on which a monthly or yearly period begins, from 1 to 31. Defaults to 1 for a new
            budget.
          - In a month that is shorter, the period begins on its last day.
        type: int
      anchor_month:
        description: Month in which a yearly period begins, from 1 to 12. Defaults to 1 for a new budget.
          Ignored for other periods.
        type: int
      begin:
        description:
          - Begin of a custom period, a date or a date and time in ISO 8601. Local to O(budgets[].timezone)
            unless an offset is written.
          - Required with O(budgets[].period=custom) for a new budget.
        type: str
      end:
        description: End of a custom period (exclusive). Required with O(budgets[].period=custom) for a new
          budget.
        type: str
      fed_by:
        description:
          - Where the budget's spend comes from. Required for a new budget.
          - V(cloud) rests on M(finops.cloud.cost_import) and M(finops.cloud.cost_import_vergeos). The spend
            is unknown where no import ran.
          - V(entries) rests on M(finops.cloud.cost_entry) and M(finops.cloud.cost_import_file). Whoever
            defines it vouches that every cost is recorded.
        type: str
        choices: [cloud, entries]
      basis:
        description:
          - V(actual) compares the limit with what is spent up to now.
          - V(period_end) adds what will run until the period ends, at the rate of the newest rated hour, and
            looks at the next period too.
          - Defaults to V(period_end) for a new budget that is fed by the cloud, and to V(actual) for any
            other new budget.
        type: str
        choices: [actual, period_end]
      max_staleness:
        description:
          - Maximum age of the newest rated hour, such as V(90m), V(6h) or V(2d). The spend is unknown if that
            hour is older.
          - Defaults to V(6h) for a new budget. Ignored for a budget that is fed by entries.
        type: str
      scope:
        description:
          - Which costs the budget covers. A cost has to match every key that is given. A new budget covers
            all costs unless this is given.
          - The scope is replaced as a whole. Without this option an existing budget keeps its scope.
        type: dict
        suboptions:
          categories:
            description: Costs of any of these categories.
            type: list
            elements: str
            choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
          projects:
            description: Costs of any of these projects, by ID or name.
            type: list
            elements: str
          regions:
            description: Costs in any of these regions of the cloud.
            type: list
            elements: str
          tags:
            description: Costs that have all of these tags, by name and value.
            type: dict
      untagged:
        description:
          - How to treat a line that lacks a tag key of O(budgets[].scope).
          - V(unknown) makes the budget unknown, as the line may belong to it. V(outside) excludes the line
            from the budget.
          - Defaults to V(unknown) for a new budget. A recorded cost without the tag is never in the scope.
        type: str
        choices: [unknown, outside]
      tax:
        description:
          - Whether costs of the charge category tax are part of what is spent. Requests, holds and running
            costs are always net.
          - Defaults to V(excluded) for a new budget.
        type: str
        choices: [excluded, included]
      thresholds:
        description:
          - Fractions of the limit that trigger an alert, such as V(0.8). Quote them.
          - Each triggers once in a period when the actual spend reaches it, and once when the forecast does.
            A raised limit re-arms those that it puts out of reach.
          - Defaults to V(0.5), V(0.8), V(0.9) and V(1) for a new budget. An empty list means none.
        type: list
        elements: str
  spend:
    description:
      - Amount to be spent, above zero. Quote it. Requires O(currency).
      - Shorthand for one row of O(lines). O(lines) and O(spend) are mutually exclusive.
    type: str
  category:
    description:
      - Category of O(spend). A budget whose scope names categories is unknown without it. Requires O(spend).
    type: str
    choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  project:
    description:
      - Project of O(spend), by ID or name. A budget whose scope names projects is unknown without it.
        Requires O(spend).
    type: str
  region:
    description: Region in which the cost of O(spend) arises, as feeds name it. Requires O(spend).
    type: str
  tags:
    description: Tags of what O(spend) buys, by name and value. Requires O(spend).
    type: dict
  lines:
    description: What is to be spent, line by line, once or by the hour. Each budget is asked for the sum of
      the lines in its scope.
    type: list
    elements: dict
    suboptions:
      amount:
        description:
          - Amount of a one-off line, above zero. Quote it. O(lines[].amount) and O(lines[].hourly) are
            mutually exclusive, and one of them is required.
        type: str
      at:
        description:
          - Moment at which a one-off line falls, a date or a date and time in ISO 8601, in UTC unless an
            offset is written. Each budget counts the line in the period that contains it. Defaults to
            O(for_period), else now.
        type: str
      hourly:
        description:
          - What a running line costs per hour from now on, zero for what is free. Quote it. Each budget
            counts what falls into the time that it judges; the collect period in progress counts whole.
        type: str
      hours:
        description: How many hours a running line runs. Without O(lines[].hours) and O(lines[].until), it
          runs for good. They are mutually exclusive.
        type: str
      until:
        description: End of a running line, in ISO 8601, in UTC unless an offset is written.
        type: str
      currency:
        description: Currency of the amount. Defaults to O(currency).
        type: str
      category:
        description: Category of the line. A budget whose scope names categories is unknown without it.
        type: str
        choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
      project:
        description: Project of the line, by ID or name. A budget whose scope names projects is unknown
          without it.
        type: str
      region:
        description: Region in which the cost arises, as feeds name it.
        type: str
      tags:
        description: Tags of what the line buys.
        type: dict
      name:
        description: Name of the line, for people.
        type: str
      metric:
        description: Metric by which the cloud rates the line.
        type: str
  for_period:
    description:
      - A moment in the period in which one-off lines without O(lines[].at) fall, a date or a date and time in
        ISO 8601, in UTC unless an offset is written. Defaults to now. Requires O(spend) or O(lines).
    type: str
  on_exceeded:
    description: What to do when a budget denies the spend. V(warn) lets the run pass with a warning. It does
      not cover unknown.
    type: str
    default: fail
    choices: [fail, warn]
  on_unknown:
    description: What to do when a budget cannot know. V(warn) lets the run pass with a warning. It does not
      cover a denial.
    type: str
    default: fail
    choices: [fail, warn]
seealso:
  - module: finops.cloud.cost_budget_info
  - module: finops.cloud.cost_budget_override
  - module: finops.cloud.cost_alert
  - module: finops.cloud.cost_reservation
  - module: finops.cloud.cost_policy
"""

EXAMPLES = r"""
- name: Define a budget of 500 francs a month, fed by the cloud
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

- name: Change the thresholds and keep the rest
  finops.cloud.cost_budget:
    name: production
    thresholds: ["0.8", "1"]

- name: Define the budgets of two teams, and remove an old one, in one transaction
  finops.cloud.cost_budget:
    budgets:
      - name: assistant
        limit: "20"
        currency: EUR
        period: weekly
        fed_by: entries
        scope:
          categories: [llm_inference, llm_embedding]
          tags: {team: assistant}
      - name: shop
        limit: "300"
        currency: CHF
        fed_by: entries
        scope: {tags: {team: shop}}
      - name: prototype
        state: absent

- name: Ask for servers now and for disks from the next month on
  finops.cloud.cost_budget:
    currency: CHF
    lines:
      - {amount: "60", category: compute, tags: {team: shop}}
      - {amount: "50", category: storage, tags: {team: shop}, at: "2026-12-24"}
      - {hourly: "0.08", category: compute, tags: {team: shop}, project: shop}

- name: Remove a budget
  finops.cloud.cost_budget:
    name: production
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
  returned: success, and failures of the gate
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
ledger_created:
  description: Whether this task created the ledger.
  returned: success, and failures of the gate
  type: bool
  sample: false
budget:
  description: The budget of O(name) as it is defined now. Empty if it was removed, or if O(name) is not
    given.
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
    scope: {categories: [], projects: [], regions: [], tags: {}}
    untagged: unknown
    tax: excluded
    thresholds: ["0.5", "0.8", "0.9", "1"]
definitions:
  description: The O(budgets) as they are defined now, in that order, each as RV(budget). Removed ones are
    left out.
  returned: with O(budgets)
  type: list
  elements: dict
  sample: []
alerts:
  description:
    - The alerts that this task triggered, for thresholds that budgets reached for the first time in their
      period, once for C(actual) and once for C(forecast) spend, the highest first. Empty in check mode.
    - C(amount) is what is spent, or expected to be spent by the end of the period. C(at_least) is true if it
      is a lower bound. C(message) is a sentence for people.
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
      message: "production: 81.2 % of CHF 500 is spent: CHF 406 from 2026-11-01 to 2026-12-01 (Europe/Zurich).
        The threshold is 80 %."
      fired_at: "2026-11-21T05:00:00Z"
      acknowledged_by: []
alerts_unknown:
  description: Why the spend of budgets with thresholds is not wholly known, one sentence each. Only the known
    part triggers alerts.
  returned: success, and failures of the gate
  type: list
  elements: str
  sample: []
verdict:
  description: The worst verdict of all budgets, C(allow), C(unknown) or C(deny).
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: str
  sample: allow
gate_passed:
  description: Whether the run may continue, from the verdicts and from O(on_exceeded) and O(on_unknown).
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: bool
  sample: true
reasons:
  description: One sentence per budget, the worst first.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: list
  elements: str
  sample:
    - "production: CHF 42.5 fits: limit CHF 500 from 2026-11-01 to 2026-12-01 (UTC), spent 101.2, requested
      42.5, 356.3 left."
summary:
  description: A table for people, one line per budget, the worst first, as M(finops.cloud.cost_budget_info)
    returns it.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: list
  elements: str
  sample:
    - "budget      verdict  period from       limit   spent  accrued  reserved  to come\
      \  requested    left  why"
    - "production  allow    2026-11-01   CHF 500.00  101.20     0.00      0.00     0.00\
      \      42.50  356.30  fits"
lines:
  description: What was asked for.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: list
  elements: dict
  sample:
    - amount: "42.5"
      hourly: null
      currency: CHF
      at: "2026-11-21T05:00:00Z"
      until: null
      category: null
      project: null
      region: null
      tags: {}
      name: null
      metric: null
policy:
  description: The owner's policy that was in force, as M(finops.cloud.cost_policy) returns it. Empty without
    one.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: dict
  sample: {}
rates_version:
  description: Number of the newest rate that the ledger holds. V(0) if it holds none, and those of the task
    or the shipped ones are in force.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: int
  sample: 0
evaluated_at:
  description: When the decision was made, in UTC.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: str
  sample: "2026-11-21T05:00:00Z"
tax:
  description: What the sums of the asked budgets did with costs of the charge category tax, C(excluded),
    C(included), or C(mixed) if the budgets differ. Each row of RV(budgets) has its own.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: str
  sample: excluded
budgets:
  description:
    - The verdict of each budget, with amounts in its own currency. A budget whose custom period does not
      contain this moment is C(ended), and its amounts are null.
    - C(accrued) is the running cost since C(rated_through), and C(to_come) the running cost until the end of
      the period, both at the rate of the newest rated period. C(remaining) is the limit minus spent, accrued
      and reserved. C(utilization) is the fraction of the limit that these are, and C(1.0) for any spend on a
      limit of zero.
    - Amounts that are not wholly known are null, and C(at_least) has the known part.
    - C(left) is what is left of the limit after all of these and the request. C(override) is the override
      that raised the limit, if the request did not fit without it.
    - C(next_period) has the same amounts of the next period, and C(later_periods) those of later periods that
      were asked for.
  returned: with O(spend) or O(lines), also when the gate fails the task
  type: list
  elements: dict
  sample:
    - name: production
      verdict: allow
      reason: "production: CHF 42.5 fits: limit CHF 500 from 2026-11-01 to 2026-12-01 (UTC), spent 101.2,
        requested 42.5, 356.3 left."
      fed_by: entries
      basis: actual
      tax: excluded
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

from ..module_utils._ansible import arguments, budget_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run_gate
from ..module_utils._budgets.budget_task import DEFINES, STATES, BudgetTask
from ..module_utils._budgets.budgets import apply
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "name": {"type": "str"},
            "state": {"type": "str", "default": "present", "choices": list(STATES)},
            **budget_arguments.DEFINITION,
            "budgets": budget_arguments.BUDGETS,
            "spend": {"type": "str"},
            **arguments.LINES,
            "for_period": {"type": "str"},
            **arguments.ON_VERDICT,
        },
        mutually_exclusive=[("spend", "lines"), *(("budgets", one) for one in ("name", "state", *DEFINES))],
        required_by={
            **dict.fromkeys(DEFINES, ("name",)),
            "limit": ("name",),
            "spend": ("currency",),
            **dict.fromkeys(("category", "project", "region", "tags"), ("spend",)),
        },
        required_if=[
            ("state", "present", (*DEFINES, "budgets", "spend", "lines"), True),
            ("state", "absent", ("name",)),
        ],
        supports_check_mode=True,
    )
    # A template without a value must not turn a gate into a definition.
    module.refuse_null("spend", "lines")
    task = BudgetTask(**{name: module.params[name] for name in BudgetTask._fields})

    def work() -> dict[str, Any]:
        ledger, rates = arguments.ledger_options(module.params), arguments.rates(module.params)
        return apply(ledger, task, rates, now_utc(), module.check_mode, recorded_by())

    run_gate(module, work, task.gates, "ledger")


if __name__ == "__main__":
    main()
