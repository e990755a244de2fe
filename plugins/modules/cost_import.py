# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_import
short_description: Bring what a cloud has rated into the ledger
version_added: 0.1.0
description:
  - Reads from CloudKitty what the cloud has rated of a project, by type of resource and period, and makes the ledger's rows those that the
    cloud told. Importing again corrects what the cloud has changed and writes nothing else.
  - A budget with C(fed_by=cloud) knows its spend from here. Run it before the gate.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._rating
  - finops.cloud._rating.metric_categories
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_cloud_and_ledger
attributes:
  check_mode:
    support: full
    details:
      - Reads the cloud and writes nothing. Says C(changed=true) where the ledger misses what the cloud has rated.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  begin:
    description:
      - From where on to import, a date or a date and time in ISO 8601, UTC where no offset is written.
      - Where the last import ended, less a day, where it is not given; the first import begins with the previous month.
    type: str
seealso:
  - module: finops.cloud.cost_budget
"""

EXAMPLES = r"""
- name: Bring the ledger up to date
  finops.cloud.cost_import:
    cloud: production
    ledger: sqlite:////var/lib/finops/ledger.db
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
  description: Always true, as what was not read fails the task and writes nothing.
  returned: success
  type: bool
  sample: true
ledger:
  description: The ledger that was used, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
ledger_created:
  description: Whether this task made the ledger, which starts empty.
  returned: success, outside check mode
  type: bool
  sample: false
entries:
  description: How many entries of the window were recorded, corrected, reversed and found unchanged.
  returned: success, outside check mode
  type: dict
  sample: {recorded: 18, corrected: 0, reversed: 0, unchanged: 144}
period_start:
  description: Begin of the window that was imported, in UTC.
  returned: success
  type: str
  sample: "2026-11-20T04:00:00Z"
period_end:
  description: Its end, itself not in it.
  returned: success
  type: str
  sample: "2026-11-21T04:00:00Z"
imported:
  description: What the window cost.
  returned: success
  type: str
  sample: "207.6"
currency:
  description: Currency of the amounts.
  returned: success
  type: str
  sample: ICU
rated_through:
  description: End of the newest rated period, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T04:00:00Z"
run_rate:
  description: What the newest rated period cost.
  returned: success
  type: str
  sample: "8.650401"
collect_period:
  description: How many seconds a rated period is long.
  returned: success
  type: int
  sample: 3600
alerts:
  description:
    - The thresholds of budgets that this task found reached and that were not fired before in their period, once for C(actual) and once for
      C(forecast) spend, the highest first. Empty in check mode.
    - C(amount) is what is spent, or expected to be spent by the period's end, and C(at_least) says that it is a lower bound. C(message)
      tells it in a sentence.
  returned: success
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
  returned: success
  type: list
  elements: str
  sample: []
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments, cloud_arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run_on_cloud import run_on_cloud
from ansible_collections.finops.cloud.plugins.module_utils._budget import alerts
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._core.money import parse_currency
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import parse_moment
from ansible_collections.finops.cloud.plugins.module_utils._core.writer import recorded_by
from ansible_collections.finops.cloud.plugins.module_utils._feeds.cloudkitty import ImportOptions, import_cost


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.RATING,
            **cloud_arguments.METRIC_CATEGORIES,
            **arguments.LEDGER,
            **arguments.RATES,
            "begin": {"type": "str"},
        },
        supports_check_mode=True,
    )

    def bring_in(cloud: Cloud, now: datetime) -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        watch = alerts.watch(arguments.rates(module.params), now, recorded_by())
        return import_cost(cloud, ledger, _options(module.params), now, recorded_by(), module.check_mode, watch)

    run_on_cloud(module, bring_in, "sqlalchemy")


def _options(params: dict[str, Any]) -> ImportOptions:
    return ImportOptions(
        begin=parse_moment(params["begin"], ZoneInfo("UTC"), "begin") if params["begin"] else None,
        rating_api=params["rating_api"],
        rating_currency=parse_currency(params["rating_currency"], "rating_currency"),
        collect_period_s=cloud_arguments.collect_period_s(params),
        metric_categories=cloud_arguments.metric_categories(params),
    )


if __name__ == "__main__":
    main()
