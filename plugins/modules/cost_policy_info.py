# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_policy_info
short_description: Read the owner's policy and the rates of a ledger
version_added: 0.1.0
description:
  - Returns the policy in force and the rates in force, and their history on request.
  - A ledger that does not exist has no policy. It is not created.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_ledger
options:
  history:
    description: Whether to return all versions of the policy and all rates that were ever recorded.
    type: bool
    default: false
seealso:
  - module: finops.cloud.cost_policy
"""

EXAMPLES = r"""
- name: Read the policy and its history
  finops.cloud.cost_policy_info:
    history: true
  register: owner

- name: Show who changed it last
  ansible.builtin.debug:
    msg: "{{ owner.policy.recorded_by | default('nobody') }}"
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
ledger_exists:
  description: Whether the ledger exists.
  returned: success
  type: bool
  sample: true
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
history:
  description:
    - C(policies) has each version of the policy, and C(rates) each rate that was recorded, the oldest first.
      C(rules) is empty for a removed policy, and C(icu_per_unit) is null for a removed rate.
    - Null without O(history).
  returned: success
  type: dict
  sample:
    policies:
      - version: 1
        rules: {allow_on_unknown_warn: false, required_tags: [team]}
        recorded_at: "2026-11-21T05:00:00Z"
        recorded_by: ada@office
    rates:
      - currency: CHF
        icu_per_unit: "52"
        valid_from: "2027-01-01T00:00:00Z"
        recorded_at: "2026-11-21T05:00:00Z"
        recorded_by: ada@office
"""

from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._budgets.policy_task import policy_info


def main() -> None:
    module = FinopsModule(
        argument_spec={**arguments.LEDGER, "history": {"type": "bool", "default": False}},
        supports_check_mode=True,
    )

    def read() -> dict[str, Any]:
        return policy_info(arguments.ledger_options(module.params), module.params["history"])

    run(module, read, "ledger")


if __name__ == "__main__":
    main()
