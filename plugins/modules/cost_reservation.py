# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_reservation
short_description: Reserve money before it is spent
version_added: 0.1.0
description:
  - Holds an amount in every budget that covers it, if it fits, so that no other run can take it. Asking and
    holding are one transaction of the ledger. Of any number of runs that race for what is left, exactly those
    that fit get it.
  - A hold is committed once the money is spent, or released if it was not. It ends by itself after O(ttl).
  - Fails if a budget denies, if one cannot know, or if no budget covers a line, as
    M(finops.cloud.cost_budget) does.
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
      - O(state=held) is decided in check mode as it is outside of it.
      - Committing or releasing what was never held says that it would change something, and warns, as check
        mode held nothing before.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - Holding again with O(extend=true) moves the end of the hold each time. A hold that ended by its O(ttl)
        is held anew, and so is a name whose commit is older than its O(ttl).
options:
  name:
    description:
      - Name of the hold, the same from O(state=held) to O(state=committed) or O(state=released).
      - Choose a name that stays the same when a run is repeated and differs from other runs, such as the
        number of the pipeline. A name that several hosts share is held once.
    type: str
    required: true
  state:
    description:
      - V(held) asks the budgets and holds. The same lines again change nothing while they are held. Other
        lines are asked as a whole and replace the hold if they fit; if they do not, the earlier hold stays.
      - A hold that is C(forced) is asked anew each time. On PostgreSQL, holding the same lines under a name
        that another login holds is an error.
      - A name that is released, expired, or was committed in an earlier run is asked and held anew.
      - V(committed) records that the money is spent. More than was held is recorded too; see RV(over_hold)
        and RV(exceeded). Committing again with another amount is a correction.
      - V(released) gives up a hold that was not spent. A committed hold cannot be released, unless nothing
        can settle it. That is the case if no feed imports its project, or if its cost was imported and only
        budgets fed by entries still count it.
      - A name that was never held can be neither committed nor released.
    type: str
    required: true
    choices: [held, committed, released]
  amount:
    description:
      - Amount to hold or commit, above zero. Quote it. Shorthand for one row of O(lines). O(amount) and
        O(lines) are mutually exclusive.
      - One of them is required with O(state=held). With O(state=committed) the default is what was held.
    type: str
  currency:
    description:
      - Currency of O(amount) and of O(lines) that name none, an ISO 4217 code or V(ICU). With
        O(state=committed) it defaults to the currency of the hold.
    type: str
  category:
    description:
      - Category of O(amount). A budget whose scope names categories is unknown without it. Required with
        O(settled_by=entry). Requires O(amount).
    type: str
    choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  project:
    description:
      - Project of O(amount), by ID or name. A budget whose scope names projects is unknown without it.
        Requires O(amount).
    type: str
  region:
    description: Region in which the cost of O(amount) arises, as feeds name it. Requires O(amount).
    type: str
  tags:
    description: Tags of what O(amount) buys, by name and value. Requires O(amount).
    type: dict
  lines:
    description: What is to be held or committed, line by line, once or by the hour. Each budget is asked for
      the sum of the lines in its scope.
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
            O(for_period), else now. A moment before now cannot be held.
        type: str
      hourly:
        description:
          - What a running line costs per hour from now on, zero for what is free. Quote it. Each budget
            counts what falls into the time that it judges; the collect period in progress counts whole.
          - With O(settled_by=entry) it needs an end, at most ten years ahead.
        type: str
      hours:
        description: How many hours a running line runs from the begin of the hold. Without O(lines[].hours)
          and O(lines[].until), it runs for good. They are mutually exclusive.
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
  settled_by:
    description:
      - What replaces the hold once it is committed, so that its cost counts once. Required with
        O(state=held).
      - V(entry) means entries that the commit writes into the ledger, one for a one-off line and one per UTC
        day for a running one. Use it for costs that no cloud rates.
      - V(import) means M(finops.cloud.cost_import). Use it for costs that a cloud rates. Each line counts
        after its commit until the cloud has rated its cost, and the commit records nothing. It is refused if
        a budget in scope is fed by entries, which would never see the cost.
    type: str
    choices: [entry, import]
  budget:
    description:
      - Name of a budget that has to cover every line, beside every other budget in scope. An unknown name is
        an error, and so is a line outside of the budget's scope.
    type: str
  ttl:
    description:
      - Maximum time that it is held, such as V(90m), V(6h) or V(2d). Defaults to V(2h).
      - For as long after its commit, holding the same lines again changes nothing, so that a run can be
        repeated. The value that the hold was given last counts, not that of the task that repeats it.
      - A commit that was C(forced) is asked anew unless the task says V(warn), too, for all that it passed.
      - A later commit is still recorded.
    type: str
  extend:
    description: Whether holding again begins O(ttl) anew.
    type: bool
    default: false
  for_period:
    description:
      - A moment in the period in which one-off lines without O(lines[].at) fall, a date or a date and time in
        ISO 8601, in UTC unless an offset is written. Defaults to now; a moment before now cannot be held.
        Allowed with O(state=held) only.
    type: str
  occurred_at:
    description:
      - When one-off lines were spent, for the entries of O(settled_by=entry), in ISO 8601. Defaults to the
        later of the commit and the line's own moment. Allowed with O(state=committed) only.
    type: str
  plan_sha256:
    description:
      - SHA-256 of the plan that the lines were estimated from. It is kept in the hold. The same lines with
        another plan are asked anew. Allowed with O(state=held) only.
    type: str
  removals:
    description:
      - What is removed, as running lines such as RV(finops.cloud.cost_estimate_info#module:removals). It
        offsets nothing unless the policy has O(finops.cloud.cost_policy#module:offset_removals). Otherwise a
        denial says where it would fit.
      - With it, each budget and period counts the lines less what is removed there, never below zero, while
        the lines are asked for and as long as they are held.
      - A removal is believed up to the hourly cost that imports have brought of its O(removals[].project),
        O(removals[].region) and O(removals[].category). One that lacks any of them offsets nothing.
      - Allowed with O(state=held) only.
    type: list
    elements: dict
    suboptions:
      hourly:
        description: The cost per hour. Quote it.
        type: str
        required: true
      hours:
        description: For how many hours it costs less. Defaults to no end.
        type: str
      until:
        description: Until when it costs less, in ISO 8601, in UTC unless an offset is written.
        type: str
      currency:
        description: Currency of the amount. Defaults to O(currency).
        type: str
      category:
        description: Category of the line. It offsets nothing in a budget that it is not known to be of.
        type: str
        choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
      project:
        description: Project of the line, by ID or name.
        type: str
      region:
        description: Region in which the cost arises, as feeds name it.
        type: str
      tags:
        description: Tags of what is removed.
        type: dict
      name:
        description: Name of the line, for people.
        type: str
      metric:
        description: Metric by which the cloud rates the line.
        type: str
  on_exceeded:
    description: What to do when a budget denies. V(warn) holds with a warning. It does not cover unknown.
    type: str
    default: fail
    choices: [fail, warn]
  on_unknown:
    description: What to do when a budget cannot know. V(warn) holds with a warning. It does not cover a
      denial.
    type: str
    default: fail
    choices: [fail, warn]
notes:
  - The clock of the database's server says what has ended on PostgreSQL, that of this host on SQLite.
seealso:
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_budget_info
"""

EXAMPLES = r"""
- name: Hold 42.50 francs for this pipeline, or stop here
  finops.cloud.cost_reservation:
    name: "shop-{{ lookup('ansible.builtin.env', 'CI_PIPELINE_ID') | default('by-hand', true) }}"
    state: held
    amount: "42.50"
    currency: CHF
    category: compute
    settled_by: import
  register: hold
  run_once: true
  delegate_to: localhost

- name: Deploy
  block:
    - name: The shop
      ansible.builtin.include_role:
        name: shop
  rescue:
    - name: Let go of what was not spent
      finops.cloud.cost_reservation:
        name: "{{ hold.reservation.name }}"
        state: released

    - name: The deployment failed all the same
      ansible.builtin.fail:
        msg: "{{ ansible_failed_result.msg }}"

- name: It runs now, and the cloud will tell what it costs
  finops.cloud.cost_reservation:
    name: "{{ hold.reservation.name }}"
    state: committed

- name: Hold for what no cloud tells, on two lines
  finops.cloud.cost_reservation:
    name: november-evaluation
    state: held
    currency: EUR
    settled_by: entry
    lines:
      - {amount: "20", category: llm_inference}
      - {amount: "1.5", category: llm_embedding}

- name: Hold two servers for good, and a license of December
  finops.cloud.cost_reservation:
    name: shop-4712
    state: held
    currency: CHF
    settled_by: import
    lines:
      - {hourly: "0.14", category: compute, project: PCP-ABC1234, name: two servers}
      - {amount: "35", at: "2026-12-01", category: compute, project: PCP-ABC1234, name: a license}

- name: Record what it was in the end
  finops.cloud.cost_reservation:
    name: november-evaluation
    state: committed
    currency: EUR
    lines:
      - {amount: "18.31", category: llm_inference}
      - {amount: "1.44", category: llm_embedding}
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
reservation:
  description:
    - The hold as the ledger has it; in check mode as it would be. Empty for a name that was never held.
    - C(generation) counts how often the name was held anew. C(held_at) is the moment from which its running
      lines count.
    - C(forced) says that it was taken although the gate did not allow it. C(forced_verdicts) says what it
      passed, C(deny), C(unknown) or both, the worst first. It stays as it is from the commit on. Null for a
      forced hold of an older version, which did not record it.
  returned: success, and failures of the gate
  type: dict
  sample:
    name: shop-4711
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
      - amount: "42.5"
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
  description: The worst verdict of all budgets, C(allow), C(unknown) or C(deny). If the same lines are held
    or committed already, the worst one that the hold was taken by.
  returned: for O(state=held), also when the gate fails the task
  type: str
  sample: allow
gate_passed:
  description: Whether the run may go on, by the verdicts and by O(on_exceeded) and O(on_unknown). Nothing is
    held where it is false.
  returned: for O(state=held), also when the gate fails the task
  type: bool
  sample: true
reasons:
  description: One sentence per budget, the worst first.
  returned: for O(state=held), also when the gate fails the task
  type: list
  elements: str
  sample:
    - "production: CHF 42.5 fits: limit CHF 500 from 2026-11-01 to 2026-12-01 (UTC), spent 101.2, requested
      42.5, 356.3 left."
lines:
  description: What was asked for. Empty if the same lines are held or committed already.
  returned: for O(state=held), also when the gate fails the task
  type: list
  elements: dict
  sample:
    - amount: "42.5"
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
policy:
  description: The owner's policy that was in force, as M(finops.cloud.cost_policy) returns it. Empty without
    one.
  returned: success, and failures of the gate
  type: dict
  sample: {}
rates_version:
  description: Number of the newest rate that the ledger holds. V(0) if it holds none, and those of the task
    or the shipped ones are in force.
  returned: success, and failures of the gate
  type: int
  sample: 0
evaluated_at:
  description: When the decision was made, in UTC.
  returned: for O(state=held), also when the gate fails the task
  type: str
  sample: "2026-11-21T05:00:00Z"
tax:
  description: What the sums of the asked budgets did with costs of the charge category tax, C(excluded),
    C(included), or C(mixed) if the budgets differ. Each row of RV(budgets) has its own.
  returned: for O(state=held), also when the gate fails the task
  type: str
  sample: excluded
over_hold:
  description: Whether more was committed than was held.
  returned: for O(state=committed), of what was held
  type: bool
  sample: false
expired:
  description: Whether it was committed after its O(ttl).
  returned: for O(state=committed), of what was held
  type: bool
  sample: false
exceeded:
  description: The budgets that are beyond their limits with what was committed, and in which period. Each
    budget is warned about.
  returned: for O(state=committed), of what was held
  type: list
  elements: dict
  sample:
    - budget: production
      period: monthly/2026-11-30T23:00:00Z
      period_start: "2026-11-30T23:00:00Z"
      period_end: "2026-12-31T23:00:00Z"
summary:
  description: A table for people, one line per budget, the worst first, as M(finops.cloud.cost_budget_info)
    returns it.
  returned: for O(state=held), also when the gate fails the task, and for O(state=committed)
  type: list
  elements: str
  sample:
    - "budget      verdict  period from       limit   spent  accrued  reserved  to come\
      \  requested    left  why"
    - "production  allow    2026-11-01   CHF 500.00  101.20     0.00      0.00     0.00\
      \      42.50  356.30  fits"
budgets:
  description:
    - What each budget in question says, with its amounts in its own currency, as M(finops.cloud.cost_budget)
      returns it; after O(state=committed) it includes what was committed. Empty if the same lines
      are held or committed already.
  returned: for O(state=held), also when the gate fails the task, and for O(state=committed)
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

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run_gate
from ..module_utils._budgets.reservations import ReservationTask, apply
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by
from ..module_utils._ledger.holds import BY_ENTRY, BY_IMPORT, COMMITTED, HELD, RELEASED


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "required": True, "choices": [HELD, COMMITTED, RELEASED]},
            "amount": {"type": "str"},
            "currency": {"type": "str"},
            **arguments.LINES,
            "settled_by": {"type": "str", "choices": [BY_ENTRY, BY_IMPORT]},
            "budget": {"type": "str"},
            "ttl": {"type": "str"},
            "extend": {"type": "bool", "default": False},
            "for_period": {"type": "str"},
            "occurred_at": {"type": "str"},
            "plan_sha256": {"type": "str"},
            **arguments.REMOVALS,
            **arguments.ON_VERDICT,
        },
        mutually_exclusive=[("amount", "lines")],
        required_by=dict.fromkeys(("category", "project", "region", "tags"), ("amount",)),
        required_if=[("state", HELD, ("settled_by",)), ("state", HELD, ("amount", "lines"), True)],
        supports_check_mode=True,
    )

    task = ReservationTask(**{name: module.params[name] for name in ReservationTask.__dataclass_fields__})

    def work() -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        return apply(
            ledger, task, arguments.rates(module.params), now_utc(), module.check_mode, recorded_by()
        )

    run_gate(module, work, task.state == HELD, "ledger")


if __name__ == "__main__":
    main()
