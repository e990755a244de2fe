# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_cost_info
short_description: Tell what a project has cost in a window of time
version_added: 0.1.0
description:
  - Reads from CloudKitty what the cloud has rated of a project in a window, in all and by type of resource.
  - Amounts are gross of free tiers and net of VAT.
  - What is not rated yet is not in the sums. RV(cost.rated_through) says how far they reach.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._rating
  - finops.cloud._rating.rates
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  window:
    description:
      - A window by its name, in O(timezone). Mutually exclusive with O(begin) and O(end).
      - V(last_30_days) ends with today.
      - V(current_month) where neither it nor O(begin) is given.
    type: str
    choices: [today, yesterday, current_month, previous_month, last_30_days]
  begin:
    description:
      - Begin of the window, a date or a date and time in ISO 8601, local in O(timezone) where no offset is written.
    type: str
  end:
    description:
      - End of the window, itself not in it. Now, where it is not given beside O(begin).
    type: str
  timezone:
    description: IANA time zone in which dates begin.
    type: str
    default: UTC
  currency:
    description:
      - In which currency to tell amounts. The cloud's own, where it is not given.
      - Converted at the rate that is valid when the window begins.
    type: str
  rated_through:
    description: Whether to look up how far the cloud has rated, which is one request more.
    type: bool
    default: true
seealso:
  - module: finops.cloud.cost_import
  - module: finops.cloud.cost_budget
"""

EXAMPLES = r"""
- name: What did last month cost, in francs
  finops.cloud.infomaniak_cost_info:
    cloud: production
    window: previous_month
    timezone: Europe/Zurich
    currency: CHF
  register: bill

- name: Say it
  ansible.builtin.debug:
    msg: "{{ bill.cost.total }} {{ bill.cost.currency }}, most of it {{ bill.cost.by_type[0].type }}"
"""

RETURN = r"""
cloud:
  description: Whose numbers these are, as the login's token says.
  returned: success, and failures after the login
  type: dict
  contains:
    name:
      description: Name in C(clouds.yaml); null where options or the environment gave the login.
      type: str
      returned: always
      sample: production
    auth_url:
      description: URL of the identity service.
      type: str
      returned: always
      sample: https://api.pub1.infomaniak.cloud/identity/v3
    region:
      description: Region that was read.
      type: str
      returned: always
      sample: dc3-a
    project_id:
      description: ID of the project.
      type: str
      returned: always
      sample: b30781c9679b4ede8107bae21990153e
    project_name:
      description: Name of the project.
      type: str
      returned: always
      sample: PCP-ABC1234
services:
  description:
    - How reading went, by service.
    - C(status) is C(ok), C(absent) for a service that the catalog does not have, C(forbidden) where a 401 or 403 says that this login
      may not read it, or C(error).
  returned: success
  type: dict
  sample:
    compute:
      status: ok
      http_status: 200
      message: null
collected_at:
  description: When it was read, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Whether all that exists was read.
  returned: success
  type: bool
  sample: true
period_start:
  description: Begin of the window in UTC.
  returned: success
  type: str
  sample: "2026-11-01T00:00:00Z"
period_end:
  description: End of the window in UTC, itself not in it.
  returned: success
  type: str
  sample: "2026-12-01T00:00:00Z"
currency:
  description: Currency of the amounts.
  returned: success
  type: str
  sample: ICU
tax:
  description: Always C(excluded), as amounts are net of VAT.
  returned: success
  type: str
  sample: excluded
cost:
  description: What the window cost as far as it is rated; null where it could not be read and O(on_error=warn).
  returned: success
  type: dict
  contains:
    total:
      description: The sum, exact digits as text.
      type: str
      returned: always
      sample: "1570.867368"
    currency:
      description: Its currency.
      type: str
      returned: always
      sample: ICU
    totals:
      description: The sum in every currency that had a rate when the window began.
      type: dict
      returned: always
      sample: {CHF: "31.417347", EUR: "28.303917", ICU: "1570.867368"}
    by_type:
      description: The sum by the cloud's type of resource, dearest first. C(quantity) is null with the v1 API, which does not tell it.
      type: list
      elements: dict
      returned: always
      sample:
        - type: volume.size
          quantity: "142800"
          amount: "831.6"
          currency: ICU
    rated_through:
      description:
        - End of the newest rated period, in UTC.
        - Null where O(rated_through=false), or nothing was rated in the last 40 days (v1 API, 7 days).
      type: str
      returned: always
      sample: "2026-11-21T04:00:00Z"
    fully_rated:
      description: Whether all of the window is rated; null where RV(cost.rated_through) is.
      type: bool
      returned: always
      sample: false
    rating_api:
      description: Which API of CloudKitty answered.
      type: str
      returned: always
      sample: v2
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import run_on_cloud
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._core.money import parse_currency
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import NAMED_WINDOWS, asked_window, zone_named
from ansible_collections.finops.cloud.plugins.module_utils._pricing.cost import CostOptions, read_cost


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.CONNECTION,
            **arguments.ON_ERROR,
            **arguments.RATING,
            **arguments.RATES,
            "window": {"type": "str", "choices": list(NAMED_WINDOWS)},
            "begin": {"type": "str"},
            "end": {"type": "str"},
            "timezone": {"type": "str", "default": "UTC"},
            "currency": {"type": "str"},
            "rated_through": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("window", "begin"), ("window", "end")],
        required_by={"end": "begin"},
        supports_check_mode=True,
    )

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        return read_cost(cloud, _options(module.params, now), now)

    run_on_cloud(module, read)


def _options(params: dict[str, Any], now: datetime) -> CostOptions:
    zone = zone_named(params["timezone"], "timezone")
    rating_currency = parse_currency(params["rating_currency"], "rating_currency")
    return CostOptions(
        window=asked_window(params["window"] or "current_month", params["begin"], params["end"], zone, now),
        currency=parse_currency(params["currency"] or rating_currency, "currency"),
        rating_currency=rating_currency,
        rating_api=params["rating_api"],
        collect_period_s=arguments.collect_period_s(params),
        with_rated_through=params["rated_through"],
        rates=arguments.rates(params),
        on_error=params["on_error"],
    )


if __name__ == "__main__":
    main()
