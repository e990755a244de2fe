# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_policy
short_description: Define what tasks may do with a ledger, and the rates that they use
version_added: 0.1.0
description:
  - Keeps the owner's policy in the ledger. A task that asks for more than the policy allows fails, and names
    the rule. Without a policy nothing of this is refused.
  - Keeps the rates of currencies in the ledger, so that every task and program uses the same.
  - The ledger keeps every version of the policy and every rate, with who recorded it. What was judged with
    them can be explained later.
  - A new policy denies everything it does not allow. An update keeps the rules that the task omits.
  - The policy is read by M(finops.cloud.cost_budget), M(finops.cloud.cost_reservation),
    M(finops.cloud.cost_estimate_info), M(finops.cloud.budget_verdict) and the role
    P(finops.cloud.budget_gate#role).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
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
options:
  state:
    description:
      - V(present) defines the policy, changes it, or records rates. Rates alone make no policy.
      - V(absent) removes the policy. Its versions stay in the history, and so do the rates in force.
    type: str
    default: present
    choices: [present, absent]
  allow_on_unknown_warn:
    description: Whether a gate may pass with C(on_unknown=warn). Defaults to V(false) for a new policy.
    type: bool
  allow_on_exceeded_warn:
    description: Whether a gate may pass with C(on_exceeded=warn). Defaults to V(false) for a new policy.
    type: bool
  allow_own_rates:
    description: Whether a task may give its own C(rates). Defaults to V(false) for a new policy.
    type: bool
  allow_own_prices:
    description: Whether an estimate may use its own C(price_list) or C(metrics). Defaults to V(false) for a
      new policy.
    type: bool
  offset_removals:
    description:
      - Whether what a deployment removes offsets what it adds, in each budget and period on its own and never
        below zero, such as for a blue-green deployment. What it removes has to be the project's own, see
        O(finops.cloud.cost_reservation#module:removals).
    type: bool
  allow_assume_free:
    description: Whether an estimate may treat anything as free with C(assume_free), beside O(free_types).
      Defaults to V(false) for a new policy.
    type: bool
  price_sources:
    description: Where an estimate may take prices from. A new policy allows all.
    type: list
    elements: str
    choices: [observed, price_list, quote, hashmap]
  free_types:
    description:
      - What C(assume_free) of an estimate may name. A C(*) at the end matches everything that begins so.
      - Name types rather than addresses, as whoever writes a plan chooses its addresses.
    type: list
    elements: str
  required_tags:
    description: Tags that every line of a request or commit must have.
    type: list
    elements: str
  timezone:
    description: Default IANA time zone of new budgets. An empty string removes it.
    type: str
  currency:
    description: Default currency of a limit. An empty string removes it.
    type: str
  freeze_at:
    description: >-
      Budgets that M(finops.cloud.budget_actions) freezes, each with the threshold at which it does, such as
      C({production: "1"}). It has to be one of the thresholds of the budget. An empty dictionary removes all.
    type: dict
  stop_at:
    description: >-
      Budgets for which M(finops.cloud.budget_servers) stops servers in their scope, each with the threshold
      at which it does, such as C({production: "1"}). It has to be one of the thresholds of the budget, whose
      scope has to hold C(compute). An empty dictionary removes all.
    type: dict
  shelve_at:
    description: The same for budgets for which servers are shelved. A budget can be in one of them.
    type: dict
  frozen_budgets:
    description: Budgets that take nothing new. Every gate and every new hold in the scope of one is refused.
      M(finops.cloud.budget_actions) keeps this list; name a budget to freeze it by hand, and leave it out of
      the list to release it.
    type: list
    elements: str
  cost_allocation:
    description:
      - How shared costs are divided, such as a support contract or a control plane. An empty list removes
        all.
      - It changes no entry. It counts in M(finops.cloud.cost_summary_info) and M(finops.cloud.cost_export)
        with their option C(allocated), and in the budgets that O(cost_allocation[].budgets) names.
      - A cost that several of these select belongs to the first one.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the split, for results and for FOCUS's C(AllocatedMethodId).
        type: str
        required: true
      cost:
        description: Which cost is shared. All conditions have to match, of a list any.
        type: dict
        required: true
        suboptions: &conditions
          categories:
            description: Categories of cost.
            type: list
            elements: str
            choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
          charge_categories:
            description: Kinds of charge.
            type: list
            elements: str
            choices: [usage, purchase, credit, adjustment, tax]
          clouds:
            description: Names of clouds.
            type: list
            elements: str
          regions:
            description: Names of regions.
            type: list
            elements: str
          projects:
            description: IDs or names of projects.
            type: list
            elements: str
          sources:
            description: Sources of entries.
            type: list
            elements: str
          metrics:
            description: Metrics.
            type: list
            elements: str
          resources:
            description: IDs or names of resources.
            type: list
            elements: str
          tags:
            description: Tags, all of which have to match.
            type: dict
      by:
        description:
          - V(shares) divides it by O(cost_allocation[].shares).
          - V(cost) divides it by what else each receiver has cost in the month in which it falls, in the
            O(timezone) of the policy. Who has no cost above zero gets nothing.
          - V(even) gives everybody the same who has another cost in that month.
        type: str
        required: true
        choices: [shares, cost, even]
      shares:
        description: IDs or names of projects, or values of the tag, and how many parts each gets. Quote
          fractions.
        type: dict
      of:
        description: Which other cost counts with V(cost) and V(even). All that is not shared if omitted.
        type: dict
        suboptions: *conditions
      to:
        description: What gets parts, V(project) or the values of a tag such as V(tag:team).
        type: str
        default: project
      budgets:
        description: Names of existing budgets that count the parts in place of the cost as it was recorded.
        type: list
        elements: str
  locale:
    description:
      - How reports, sites, comments and digests write numbers and dates where their task does not say it.
      - C(1 234.50) and C(21 Nov 2026) with V(international), which is the default, C(1'234.50) and
        C(21.11.2026) with V(swiss), C(1.234,50) and C(21.11.2026) with V(german), C(1 234,50) and
        C(21/11/2026) with V(french), C(1,234.50) and C(21 Nov 2026) with V(english).
    type: str
    choices: [international, swiss, german, french, english]
  rates:
    description:
      - Rates to record. A rate is valid from its date until a later one of its currency. Before the first one
        the shipped rate of the currency is valid. Other rates stay as they are.
      - The limit of a budget is converted at the rate that is valid when its period begins.
    type: list
    elements: dict
    suboptions:
      currency:
        description: ISO 4217 code.
        type: str
        required: true
      icu_per_unit:
        description: Value of one unit of the currency in ICU. Quote it. Required with
          O(rates[].state=present).
        type: str
      valid_from:
        description: Date, or date and time, from which the rate is valid. In UTC unless an offset is written.
        type: str
        required: true
      state:
        description: V(absent) removes the rate of that date. It stays in the history.
        type: str
        default: present
        choices: [present, absent]
  confirm_rates:
    description: Accept rates that look inverted (less than 1 ICU for one CHF, EUR, USD or GBP), or that are
      more than 20 % off the shipped ones.
    type: bool
    default: false
seealso:
  - module: finops.cloud.cost_policy_info
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_estimate_info
"""

EXAMPLES = r"""
- name: Allow only what this task names
  finops.cloud.cost_policy:
    price_sources: [observed, price_list]
    free_types: [cloudflare_record]
    required_tags: [team]
    timezone: Europe/Zurich
    currency: CHF
    locale: swiss

- name: Give the support contract to the projects by their cost, and the control plane to teams by fixed parts
  finops.cloud.cost_policy:
    cost_allocation:
      - name: support
        cost: {sources: [support]}
        by: cost
        budgets: [shop]
      - name: control-plane
        cost: {projects: [control-plane]}
        by: shares
        shares: {shop: 3, data: 1}
        to: tag:team

- name: Let a gate pass with a warning while the imports are being set up
  finops.cloud.cost_policy:
    allow_on_unknown_warn: true

- name: Record a rate that is valid from the next year on
  finops.cloud.cost_policy:
    rates:
      - {currency: CHF, icu_per_unit: "52", valid_from: "2027-01-01"}

- name: Remove that rate
  finops.cloud.cost_policy:
    rates:
      - {currency: CHF, valid_from: "2027-01-01", state: absent}

- name: Remove the policy
  finops.cloud.cost_policy:
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
policy:
  description: The policy in force, its version, and who recorded it when. Empty without a policy.
    C(price_sources) is null if all are allowed.
  returned: success
  type: dict
  sample:
    version: 1
    allow_on_unknown_warn: false
    allow_on_exceeded_warn: false
    allow_own_rates: false
    allow_own_prices: false
    allow_assume_free: false
    offset_removals: false
    price_sources: [observed, price_list]
    free_types: [cloudflare_record]
    required_tags: [team]
    timezone: Europe/Zurich
    currency: CHF
    freeze_at: {production: "1"}
    frozen_budgets: []
    cost_allocation: []
    locale: swiss
    stop_at: {production: "1"}
    shelve_at: {}
    recorded_at: "2026-11-21T05:00:00Z"
    recorded_by: ada@office
rates:
  description: The rates in force, by currency and date. C(recorded_at) and C(recorded_by) are null for a rate
    that is shipped.
  returned: success
  type: list
  elements: dict
  sample:
    - currency: CHF
      icu_per_unit: "50"
      valid_from: "2021-01-01T00:00:00Z"
      recorded_at: null
      recorded_by: null
rates_version:
  description: Number of the newest rate that the ledger holds. V(0) if it holds none.
  returned: success
  type: int
  sample: 0
"""

from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.policy_arguments import POLICY
from ..module_utils._ansible.run import run
from ..module_utils._budgets.policy_task import PolicyTask, apply
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by


def main() -> None:
    module = FinopsModule(
        argument_spec={**arguments.LEDGER, **POLICY},
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        task = PolicyTask(**{name: module.params[name] for name in PolicyTask.__dataclass_fields__})
        ledger = arguments.ledger_options(module.params)
        return apply(ledger, task, now_utc(), module.check_mode, recorded_by())

    run(module, work, "ledger")


if __name__ == "__main__":
    main()
