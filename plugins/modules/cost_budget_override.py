# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_budget_override
short_description: Raise the limit of a budget once, for one reservation
version_added: 0.1.0
description:
  - Raises the limit of one period of a budget, for one reservation. The first hold or commit of that
    reservation that would not fit without the override uses it up.
  - An override never makes up for a spend that is unknown.
  - The ledger keeps who approved it and why.
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
  budget:
    description: Name of the budget whose limit is raised.
    type: str
    required: true
  reservation:
    description: Name of the reservation that may use the override, as in M(finops.cloud.cost_reservation).
    type: str
    required: true
  state:
    description:
      - V(present) grants the override, or changes it while it is not used.
      - V(absent) takes it back. A used override cannot be taken back.
    type: str
    default: present
    choices: [present, absent]
  amount:
    description: Amount by which the limit is raised, in the budget's currency. Quote it. Required with
      O(state=present).
    type: str
  reason:
    description: Why the limit is raised. Required with O(state=present).
    type: str
  approved_by:
    description: Who decided it. Required with O(state=present).
    type: str
  until:
    description:
      - Moment at which an unused override ends, a date or a date and time in ISO 8601. Local to the budget's
        time zone unless an offset is written. Required with O(state=present).
    type: str
  login:
    description:
      - Login of PostgreSQL that alone may use the override. Without it, any login that holds the reservation
        may.
      - Not for SQLite, which has no logins.
    type: str
  for_period:
    description: A moment in the period that is meant. Defaults to now, and so to the current period.
    type: str
seealso:
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_reservation
"""

EXAMPLES = r"""
- name: Raise the limit once, for one reservation
  finops.cloud.cost_budget_override:
    budget: production
    reservation: black-friday
    amount: "200"
    reason: Twice the customers for a week
    approved_by: Ada, head of operations
    until: "2026-11-30"
    # login: pipeline    # on PostgreSQL: for this login alone

- name: Take it back while nobody has used it
  finops.cloud.cost_budget_override:
    budget: production
    reservation: black-friday
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
override:
  description: The override as the ledger has it. Empty if it was taken back.
  returned: success
  type: dict
  sample:
    budget: production
    period: monthly/2026-10-31T23:00:00Z
    reservation: black-friday
    amount: "200"
    reason: Twice the customers for a week
    approved_by: Ada, head of operations
    until: "2026-11-30T23:00:00Z"
    login: pipeline
"""

from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._budgets.overrides import OverrideTask, apply
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            "budget": {"type": "str", "required": True},
            "reservation": {"type": "str", "required": True},
            "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
            "amount": {"type": "str"},
            "reason": {"type": "str"},
            "approved_by": {"type": "str"},
            "until": {"type": "str"},
            "login": {"type": "str"},
            "for_period": {"type": "str"},
        },
        required_if=[("state", "present", ("amount", "reason", "approved_by", "until"))],
        supports_check_mode=True,
    )
    task = OverrideTask(**{name: module.params[name] for name in OverrideTask.__dataclass_fields__})

    def work() -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        return apply(ledger, task, now_utc(), module.check_mode, recorded_by())

    run(module, work, "ledger")


if __name__ == "__main__":
    main()
