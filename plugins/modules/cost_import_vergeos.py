# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_import_vergeos
short_description: Import what a VergeOS system used, at your prices
version_added: 0.1.0
description:
  - Reads the billing records of a VergeOS system, which have quantities and no cost, and records each hour at
    the prices in O(usage_prices).
  - An hour that was imported keeps its price, also after a change of the prices, unless O(reread) is set.
  - An hour is known if records cover all of it and have everything that has a price. Any other hour is
    missing, and budgets on it are unknown.
  - The feed's project has the name and the address of the system.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._vergeos
  - finops.cloud._rating.metric_categories
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_vergeos_and_ledger
attributes:
  check_mode:
    support: full
    details:
      - Reads everything that would be read and writes nothing. Returns how many entries would be recorded,
        corrected and reversed.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  usage_prices:
    description:
      - What one hour of usage costs, net of VAT, by C(cores), C(ram_gb), C(gpus), C(vgpus) and C(tier_0_gb)
        to C(tier_5_gb). Quote them. A GB is 1024-based. A quantity without a price costs nothing.
    type: dict
    required: true
  currency:
    description: Currency of O(usage_prices), an ISO 4217 code or V(ICU).
    type: str
    required: true
  since:
    description:
      - V(last) begins one day before the end of the last import, or at the first gap of the last 40 days,
        which may have been filled since. A first import begins with the previous month.
      - This is the default if neither O(window) nor O(begin) is given.
    type: str
    choices: [last]
  window:
    description: A named window, up to now. Mutually exclusive with O(begin).
    type: str
    choices: [today, yesterday, previous_week, current_month, previous_month, last_30_days]
  begin:
    description:
      - Begin of the window to import, a date or a date and time in ISO 8601. Local to O(timezone) unless an
        offset is written.
    type: str
  end:
    description: End of the window (exclusive). Defaults to now. Requires O(begin).
    type: str
  timezone:
    description: IANA time zone of O(window) and of local moments.
    type: str
    default: UTC
  reread:
    description:
      - Import every hour of the window again, also those that are in the ledger. Useful after a change of the
        prices.
    type: bool
    default: false
seealso:
  - module: finops.cloud.cost_import
  - module: finops.cloud.vergeos_billing_info
"""

EXAMPLES = r"""
- name: Import what a VergeOS system used, at our prices
  finops.cloud.cost_import_vergeos:
    host: vergeos.example.com
    token: "{{ vergeos_token }}"
    usage_prices: {cores: "0.011", ram_gb: "0.004", tier_1_gb: "0.0001", tier_3_gb: "0.00004"}
    currency: CHF
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
system:
  description: The VergeOS system that was asked, with its name and version.
  returned: success
  type: dict
  sample: {host: vergeos.example.com, cloud_name: production, version: 26.1.8}
incomplete_records:
  description: Keys of the records for an hour of the window that lack a quantity that has a price.
  returned: success
  type: list
  elements: int
  sample: []
complete:
  description: Always true. Anything that cannot be read fails the task, and nothing of its hour is written.
  returned: success
  type: bool
  sample: true
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
entries:
  description: How many entries were recorded, corrected, reversed, and found unchanged among those that were
    read again. In check mode, how many would be.
  returned: success
  type: dict
  sample: {recorded: 18, corrected: 1, reversed: 0, unchanged: 17}
period_start:
  description: Begin of the window that was imported, in UTC.
  returned: success
  type: str
  sample: "2026-11-20T04:00:00Z"
period_end:
  description: End of that window (exclusive).
  returned: success
  type: str
  sample: "2026-11-21T04:00:00Z"
imported:
  description: What the window cost, as read now.
  returned: success
  type: str
  sample: "207.6"
currency:
  description: Currency of the feed.
  returned: success
  type: str
  sample: ICU
rated_through:
  description: End of the feed's newest rated period, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T04:00:00Z"
flow_hours:
  description: Number of the newest hours that the mean of flow metrics is of. VergeOS has no such metrics.
  returned: success
  type: int
  sample: 168
run_rate:
  description: What the newest rated period cost.
  returned: success
  type: str
  sample: "8.650401"
collect_period:
  description: Length of a rated period in seconds.
  returned: success
  type: int
  sample: 3600
periods:
  description: How many periods of the window are rated, are empty because nothing was used, were read point
    by point, and are missing.
  returned: success
  type: dict
  sample: {rated: 24, empty: 0, read: 2, missing: 0}
rating_behind:
  description: Whether periods are missing although something is used. Budgets on them are unknown.
  returned: success
  type: bool
  sample: false
holes:
  description: The missing periods, as windows in UTC.
  returned: success
  type: list
  elements: dict
  contains:
    begin:
      description: Begin of the missing time.
      type: str
      returned: always
      sample: "2026-11-20T04:00:00Z"
    end:
      description: Its end (exclusive).
      type: str
      returned: always
      sample: "2026-11-20T06:00:00Z"
alerts:
  description:
    - The alerts that this task triggered, for thresholds that budgets reached for the first time in their
      period, once for C(actual) and once for C(forecast) spend, the highest first. Empty in check mode.
    - C(amount) is what is spent, or expected to be spent by the end of the period. C(at_least) is true if it
      is a lower bound. C(message) is a sentence for people.
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
      message: "production: 81.2 % of CHF 500 is spent: CHF 406 from 2026-11-01 to 2026-12-01 (Europe/Zurich).
        The threshold is 80 %."
      fired_at: "2026-11-21T05:00:00Z"
      acknowledged_by: []
alerts_unknown:
  description: Why the spend of budgets with thresholds is not wholly known, one sentence each. Only the known
    part triggers alerts.
  returned: success
  type: list
  elements: str
  sample: []
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments, vergeos_arguments, window_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_system import run_on_system
from ..module_utils._budgets import alerts
from ..module_utils._core.money import parse_currency
from ..module_utils._core.periods import now_utc
from ..module_utils._core.writer import recorded_by
from ..module_utils._imports.vergeos import UsageImportOptions, import_usage, parse_prices
from ..module_utils._vergeos.system import System


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **vergeos_arguments.CONNECTION,
            **cloud_arguments.METRIC_CATEGORIES,
            **arguments.LEDGER,
            **arguments.RATES,
            **window_arguments.IMPORT_WINDOW,
            "usage_prices": {"type": "dict", "required": True},
            "currency": {"type": "str", "required": True},
        },
        mutually_exclusive=[("since", "window", "begin")],
        required_by={"end": "begin"},
        required_one_of=[("token", "username")],
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        now, by = now_utc(), recorded_by()
        ledger, options = arguments.ledger_options(module.params), _options(module.params, now)
        watch = alerts.watch(arguments.rates(module.params), now, by)
        with System(vergeos_arguments.vergeos_options(module.params)) as system:
            return import_usage(system, ledger, options, now, by, module.check_mode, watch)

    run_on_system(module, work, "ledger")


def _options(params: dict[str, Any], now: datetime) -> UsageImportOptions:
    return UsageImportOptions(
        asked=window_arguments.import_window(params, now),
        usage_prices=parse_prices(params["usage_prices"], parse_currency(params["currency"], "currency")),
        metric_categories=cloud_arguments.metric_categories(params),
        reread=params["reread"],
    )


if __name__ == "__main__":
    main()
