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
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import run, run_on_cloud
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._core.money import parse_currency
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import parse_moment, used_window, zone_named
from ansible_collections.finops.cloud.plugins.module_utils._core.writer import recorded_by
from ansible_collections.finops.cloud.plugins.module_utils._feeds.cloudkitty import ImportOptions, import_cost
from ansible_collections.finops.cloud.plugins.module_utils._feeds.retiring import retire
from ansible_collections.finops.cloud.plugins.module_utils._store import feeds


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.CONNECTION,
            **arguments.RATING,
            **arguments.METRIC_CATEGORIES,
            **arguments.LEDGER,
            **arguments.WINDOW,
            "since": {"type": "str", "choices": ["last"]},
            "resolution": {"type": "str", "default": feeds.HOUR, "choices": [feeds.HOUR, feeds.DAY]},
            "group_by": {"type": "str", "default": feeds.BY_RESOURCE, "choices": [feeds.BY_RESOURCE, feeds.BY_TYPE]},
            "import_tags": {"type": "bool", "default": True},
            "reread": {"type": "bool", "default": False},
            "empty_until": {"type": "str"},
            "state": {"type": "str", "default": "present", "choices": ["present", "retired"]},
            "project": {"type": "str"},
        },
        mutually_exclusive=[("since", "window"), ("since", "begin"), ("window", "begin")],
        required_by={"end": "begin"},
        required_if=[("state", "retired", ["project"])],
        supports_check_mode=True,
    )
    if module.params["state"] == "retired":
        run(module, lambda: _retire(module), "sqlalchemy")

    def bring_in(cloud: Cloud, now: datetime) -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        return import_cost(cloud, ledger, _options(module.params, now), now, recorded_by(), module.check_mode)

    run_on_cloud(module, bring_in, "sqlalchemy")


def _retire(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return retire(arguments.ledger_options(params), params["project"], params["region_name"], module.check_mode)


def _options(params: dict[str, Any], now: datetime) -> ImportOptions:
    zone = zone_named(params["timezone"], "timezone")
    asked = None
    if params["begin"] or params["window"]:
        asked = used_window(params["window"], params["begin"], params["end"], zone, now)
    return ImportOptions(
        asked=asked,
        rating_api=params["rating_api"],
        rating_currency=parse_currency(params["rating_currency"], "rating_currency"),
        collect_period_s=arguments.collect_period_s(params),
        metric_categories=arguments.metric_categories(params),
        form=feeds.Form(
            params["resolution"],
            params["group_by"],
            params["import_tags"] and params["group_by"] == feeds.BY_RESOURCE,
        ),
        reread=params["reread"],
        empty_until=parse_moment(params["empty_until"], zone, "empty_until") if params["empty_until"] else None,
    )


if __name__ == "__main__":
    main()
