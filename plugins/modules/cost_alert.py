# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_alert
short_description: Acknowledge the alerts of budgets, or re-arm them
version_added: 0.1.0
description:
  - Records that a consumer, such as a mail or a chat, took care of alerts. M(finops.cloud.cost_budget_info)
    then no longer lists them for that consumer.
  - With O(state=rearmed), lets every threshold that a budget has triggered in its current period trigger
    again, with the next task that writes to the ledger.
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
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - V(acknowledged) records that O(consumer) took care of the alerts in O(ids).
      - V(rearmed) lets the thresholds of O(budget) trigger again in its current period.
    type: str
    default: acknowledged
    choices: [acknowledged, rearmed]
  ids:
    description: IDs of the alerts, as results show them. Required with O(state=acknowledged). An unknown ID
      is an error.
    type: list
    elements: str
  consumer:
    description:
      - Who took care of the alerts, such as V(mail) or V(slack). Each consumer acknowledges for itself.
        Required with O(state=acknowledged).
    type: str
  budget:
    description: Name of the budget whose thresholds are re-armed. Required with O(state=rearmed).
    type: str
seealso:
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_budget_info
"""

EXAMPLES = r"""
- name: List the alerts that were not mailed yet
  finops.cloud.cost_budget_info:
    consumer: mail
  register: status

- name: Record that they were mailed
  finops.cloud.cost_alert:
    consumer: mail
    ids: "{{ status.alerts | map(attribute='id') }}"

- name: Let the thresholds of a budget trigger again
  finops.cloud.cost_alert:
    budget: production
    state: rearmed
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
acknowledged:
  description: The IDs that O(consumer) had not acknowledged before.
  returned: with O(state=acknowledged)
  type: list
  elements: str
  sample: [production/monthly/2026-10-31T23:00:00Z/actual/0.8]
rearmed:
  description: The IDs of the alerts that may trigger again.
  returned: with O(state=rearmed)
  type: list
  elements: str
  sample: [production/monthly/2026-10-31T23:00:00Z/actual/0.8]
"""

from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._budgets.alerts import ACKNOWLEDGED, REARMED, STATES, AlertTask, apply
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            "state": {"type": "str", "default": ACKNOWLEDGED, "choices": list(STATES)},
            "ids": {"type": "list", "elements": "str"},
            "consumer": {"type": "str"},
            "budget": {"type": "str"},
        },
        mutually_exclusive=[("budget", "ids"), ("budget", "consumer")],
        required_if=[("state", ACKNOWLEDGED, ("ids", "consumer")), ("state", REARMED, ("budget",))],
        supports_check_mode=True,
    )
    task = AlertTask(**{name: module.params[name] for name in AlertTask.__dataclass_fields__})

    def work() -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        return apply(ledger, task, now_utc(), module.check_mode, recorded_by())

    run(module, work, "ledger")


if __name__ == "__main__":
    main()
