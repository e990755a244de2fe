# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_entry
short_description: Record a cost in the ledger
version_added: 0.1.0
description:
  - Records one cost under a key. The same key with the same content again changes nothing. With another content it is corrected, by a
    reversal of the old row and a new row, so that sums are right and nothing is ever overwritten.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A new key without O(occurred_at) is recorded at the moment of the task; that moment is kept when the task runs again.
options:
  key:
    description: Names the cost within its O(source), for ever. The invoice's number, say.
    type: str
    required: true
  source:
    description: Who or what tells this cost.
    type: str
    default: manual
  amount:
    description:
      - What it cost, net of VAT. Quote it.
      - Negative only with O(charge_category=credit) or O(charge_category=adjustment).
    type: str
    required: true
  currency:
    description: Currency of the amount, an ISO 4217 code or V(ICU).
    type: str
    required: true
  category:
    description: What it was spent on.
    type: str
    required: true
    choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  charge_category:
    description: What kind of charge it is.
    type: str
    default: usage
    choices: [usage, purchase, credit, adjustment, tax]
  occurred_at:
    description:
      - When the cost occurred, a date or a date and time in ISO 8601, UTC where no offset is written. It counts in the period
        that holds this moment.
      - Now where it is not given; on a rewrite the moment that is recorded stays.
    type: str
  description:
    description: What a reader of the bill should know.
    type: str
  tags:
    description: Names and values to find and sum it by.
    type: dict
    default: {}
seealso:
  - module: finops.cloud.cost_budget
"""

EXAMPLES = r"""
- name: Record what the support contract costs
  finops.cloud.cost_entry:
    key: invoice-2026-11-004
    amount: "120.00"
    currency: CHF
    category: other
    charge_category: purchase
    occurred_at: "2026-11-03"
    description: Support contract, November
"""

RETURN = r"""
ledger:
  description: The ledger that was used, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
ledger_created:
  description: Whether this task made the ledger, which starts empty.
  returned: success
  type: bool
  sample: false
outcome:
  description: What was done; in check mode what would be.
  returned: success
  type: str
  sample: recorded
entry:
  description: The entry as the ledger has it.
  returned: success
  type: dict
  sample:
    source: manual
    key: invoice-2026-11-004
    version: 1
    charge_category: purchase
    category: other
    amount: "120"
    currency: CHF
    occurred_at: "2026-11-03T00:00:00Z"
    description: Support contract, November
    tags: {}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import recorded_by, run
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._feeds.manual import Cost, record
from ansible_collections.finops.cloud.plugins.module_utils._store.entries import CATEGORIES, CHARGE_CATEGORIES


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.LEDGER,
            "key": {"type": "str", "required": True, "no_log": False},
            "source": {"type": "str", "default": "manual"},
            "amount": {"type": "str", "required": True},
            "currency": {"type": "str", "required": True},
            "category": {"type": "str", "required": True, "choices": list(CATEGORIES)},
            "charge_category": {"type": "str", "default": "usage", "choices": list(CHARGE_CATEGORIES)},
            "occurred_at": {"type": "str"},
            "description": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )

    def write() -> dict[str, Any]:
        cost = Cost(**{name: module.params[name] for name in Cost.__dataclass_fields__})
        result = record(arguments.ledger_options(module.params), cost, now_utc(), recorded_by(), module.check_mode)
        before, after = result.pop("before"), result["entry"]
        return {**result, "diff": {"before": before, "after": after}}

    run(module, write, "sqlalchemy")


if __name__ == "__main__":
    main()
