# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: budget_actions
short_description: Freeze budgets that reached a threshold, and release them when the period ends
version_added: 0.1.0
description:
  - Freezes each budget that the owner's policy names in O(finops.cloud.cost_policy#module:freeze_at), once
    the alert of that threshold has fired on actual spend. A frozen budget takes nothing new; every gate and
    every new hold in its scope is refused, and nothing lets that pass.
  - Releases it when the period of the alert is over, when the alert was re-armed, such as by a higher limit,
    or when the policy asks for it no more.
  - It is asked for by the owner of the budgets, never by a pipeline. On PostgreSQL it needs a login of
    C(finops_owner). Every act is a row of the ledger and a version of the policy.
  - A budget is frozen once for each alert. If the owner releases it by hand, it stays released until the next
    alert.
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
  dry_run:
    description: Whether only to report what would be done. Set it to V(false) once you have seen that.
    type: bool
    default: true
  cool_down:
    description: How long a budget is not frozen again after it was, such as V(24h).
    type: str
    default: 24h
  notified:
    description: Numbers of acts that somebody was told of, as RV(notices) has them. With this option the task
      records that, and does nothing else.
    type: list
    elements: int
seealso:
  - module: finops.cloud.cost_policy
  - module: finops.cloud.cost_alert
"""

EXAMPLES = r"""
- name: The owner says which budget may be frozen, and when
  finops.cloud.cost_policy:
    freeze_at: {production: "1"}

- name: Every few minutes, as the owner
  finops.cloud.budget_actions:
    dry_run: false
  register: acted

- name: Tell a chat what nobody was told of yet
  ansible.builtin.uri:
    url: https://chat.example.org/hooks/finops
    method: POST
    body_format: json
    body: "{{ item }}"
  loop: "{{ acted.notices }}"
  loop_control:
    label: "{{ item.action }} {{ item.budget }}"

- name: Record that it was told
  finops.cloud.budget_actions:
    dry_run: false
    notified: "{{ acted.notices | map(attribute='act') }}"
  when: acted.notices | length > 0
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
budgets:
  description: The budgets that the policy names, and those that were released.
  returned: success
  type: list
  elements: dict
  contains:
    budget:
      description: Name of the budget.
      type: str
      returned: always
      sample: production
    action:
      description: What was done, or would be; V(freeze), V(unfreeze), V(undone_by_hand) if the owner had
        released it, or null for nothing.
      type: str
      returned: always
      sample: freeze
    reason:
      description:
        - Why. V(reached) freezes. V(period_over), V(rearmed), V(not_asked_for) and V(by_hand) release.
        - Nothing is done for V(within) (no alert), V(frozen) (it is already), V(cool_down), V(done_before)
          (this alert has frozen it before) and V(no_budget).
      type: str
      returned: always
      sample: reached
    alert:
      description: ID of the alert. Null if there is none.
      type: str
      returned: always
      sample: production/monthly/2026-11-01T00:00:00Z/actual/1
frozen_budgets:
  description: The budgets that are frozen, or would be.
  returned: success
  type: list
  elements: str
  sample: [production]
notices:
  description: Acts on budgets of the last seven days that nobody was told of, the oldest first. An act is
    among them until O(notified) has its number.
  returned: success
  type: list
  elements: dict
  contains:
    act:
      description: Number of the act in the ledger.
      type: int
      returned: always
      sample: 17
    budget:
      description: Name of the budget.
      type: str
      returned: always
      sample: production
    action:
      description: What was done, as in RV(budgets).
      type: str
      returned: always
      sample: freeze
    reason:
      description: Why, as in RV(budgets). Null for an act of an earlier task.
      type: str
      returned: always
      sample: reached
    alert:
      description: ID of the alert. Null if there is none.
      type: str
      returned: always
      sample: production/monthly/2026-11-01T00:00:00Z/actual/1
    at:
      description: When it was done, in UTC.
      type: str
      returned: always
      sample: "2026-11-21T05:00:00Z"
"""

from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._budgets.breach_actions import act_on_breaches, record_notices
from ..module_utils._core.periods import now_utc, parse_duration
from ..module_utils._core.writer import recorded_by


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            "dry_run": {"type": "bool", "default": True},
            "cool_down": {"type": "str", "default": "24h"},
            "notified": {"type": "list", "elements": "int"},
        },
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        cool_down = parse_duration(module.params["cool_down"], "cool_down")
        ledger, dry_run = arguments.ledger_options(module.params), module.params["dry_run"]
        only_tell = module.check_mode or dry_run
        notified = module.params["notified"]
        if notified is None:
            result = act_on_breaches(ledger, cool_down, now_utc(), recorded_by(), only_tell)
        else:
            result = record_notices(ledger, notified, now_utc(), recorded_by(), only_tell)
        return {**result, "changed": result["changed"] and not dry_run}

    run(module, work, "ledger")


if __name__ == "__main__":
    main()
