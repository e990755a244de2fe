# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_import
short_description: Bring what a cloud has rated, or another cloud's bill, into the ledger
version_added: 0.1.0
description:
  - Reads from CloudKitty what the cloud has rated of a project, and makes the ledger's entries those that the cloud told. Run it as often
    as you like. It asks for one sum per hour and reads only those hours anew whose sum is not that of the ledger; what the cloud has
    corrected becomes corrections, and all else is left alone.
  - Each hour is written in a transaction of its own. An import that was interrupted goes on where it stopped, and several at once do no
    harm.
  - A budget with C(fed_by=cloud) knows its spend from here. Run it before the gate, or every hour with the role
    P(finops.cloud.cost_sync#role).
  - With O(file) it reads a bill instead, a FOCUS file or any other CSV, and no cloud.
  - With O(usage_prices) it reads the billing records of a VergeOS system instead, which tell quantities and no cost.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._vergeos
  - finops.cloud._rating
  - finops.cloud._rating.metric_categories
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - Reads all that would be read and writes nothing. Tells how many entries would be recorded, corrected and reversed.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  since:
    description:
      - V(last) begins where the last import ended, less a day, or at the first hole of the last 40 days, which the cloud may have filled
        since. A first import begins with the previous month. That is what happens where no window is given, too.
    type: str
    choices: [last]
  window:
    description:
      - A window by name, up to now. Excludes O(begin).
    type: str
    choices: [today, yesterday, current_month, previous_month, last_30_days]
  begin:
    description:
      - From where on to import, a date or a date and time in ISO 8601, local to O(timezone) where no offset is written.
    type: str
  end:
    description:
      - Up to where, itself not in it; now where it is left out. Needs O(begin).
    type: str
  timezone:
    description:
      - IANA name of the zone of O(window), of local moments and of local moments in a O(file).
    type: str
    default: UTC
  resolution:
    description:
      - One entry per V(hour) or V(day) of UTC. Days are for ledgers that would grow too large, and for imports once a day; a budget whose
        period begins within a day of UTC, as it does in other time zones, is unknown with them.
      - A window that was imported otherwise before is taken back and brought anew, so that nothing counts twice.
    type: str
    default: hour
    choices: [hour, day]
  group_by:
    description:
      - One entry per V(resource) and metric, or one per metric, which O(group_by=type) means; that one knows no tags.
    type: str
    default: resource
    choices: [resource, type]
  import_tags:
    description:
      - Give entries the tags of their resources. These are the metadata of servers and volumes, and the tags of floating IPs and load
        balancers, of which C(name=value) is split. One list per service is read where an hour is new or has changed.
      - Tags stick to the hours that are imported while they hold. A resource that is gone has those that it was last seen with; one that
        no import has ever seen has the tag C(tag_status=unknown).
      - Without, budgets with tags in their scope are unknown.
    type: bool
    default: true
  reread:
    description:
      - Read every hour of the window anew, also where its sum is the same; after a change of O(metric_categories), say.
    type: bool
    default: false
  empty_until:
    description:
      - The project had nothing that costs before this moment, so that hours that the cloud has not rated are no holes there.
    type: str
  state:
    description:
      - V(retired) ends the feed of a O(project) that is gone. What it has cost stays, it has no run rate any more, and budgets do not wait
        for it. No cloud is asked.
    type: str
    default: present
    choices: [present, retired]
  project:
    description:
      - ID or name of the project whose feed is retired. Where it has feeds of several regions, O(region_name) says which.
    type: str
  file:
    description:
      - A bill to bring instead of what a cloud has rated, CSV in UTF-8, on the host where the module runs. All of its rows are written in
        one transaction, or none of them.
      - A charge is named by a hash of what tells it from others, and not of what it costs, so that the same file twice changes nothing and
        a later delivery corrects.
    type: path
  format:
    description:
      - V(focus) is a FOCUS file, 1.0 or 1.2, of which C(BilledCost) counts. V(csv) is any other, by O(columns) and O(values).
    type: str
    default: focus
    choices: [focus, csv]
  columns:
    description:
      - Which column of the O(file) tells what. Keys are the options of M(finops.cloud.cost_entry), tags as C(tags.<name>). With
        O(format=focus) they stand before those of FOCUS. Where C(key) is none of them, rows are named by what they say.
    type: dict
    default: {}
  values:
    description:
      - What is the same for all rows of the O(file), by the same keys.
    type: dict
    default: {}
  source:
    description:
      - Under which name the ledger keeps the rows of the O(file); O(format) where it is not given.
    type: str
  replaces:
    description:
      - The O(file) is all there is of its O(source) in the time from its first to its last charge, and what the ledger has beyond it is
        reversed. Needs O(source).
    type: bool
    default: false
  usage_prices:
    description:
      - What one hour costs, net of VAT, of what a VergeOS system uses, by C(cores), C(ram_gb), C(gpus), C(vgpus) and C(tier_0_gb) to
        C(tier_5_gb). Quote it. GB are of 1024-based units. What is not named costs nothing.
      - The system's billing records are brought then, hour by hour, each at these prices. An hour that was imported keeps its price, also
        where the list has changed since, unless O(reread) says otherwise.
      - An hour is known when records are for all of it and tell everything that has a price. Others are holes, on which budgets are
        unknown.
      - The feed's project has the name and the address of the system. O(begin), O(window), O(reread) and O(metric_categories) count here
        too, O(metric_categories) by metrics such as C(vergeos.cores).
    type: dict
  currency:
    description:
      - Currency of O(usage_prices), an ISO 4217 code or V(ICU).
    type: str
seealso:
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_entry
  - module: finops.cloud.vergeos_billing_info
"""

EXAMPLES = r"""
- name: Bring the ledger up to date
  finops.cloud.cost_import:
    cloud: production
    ledger: sqlite:////var/lib/finops/ledger.db
    since: last

- name: A year of days, without tags
  finops.cloud.cost_import:
    cloud: production
    begin: "2025-11-01"
    end: "2026-11-01"
    resolution: day
    import_tags: false

- name: Another cloud's bill, against the same budgets
  finops.cloud.cost_import:
    file: /srv/bills/focus-2026-10.csv
    metric_categories:
      Amazon Bedrock: llm_inference

- name: What the data centre writes down
  finops.cloud.cost_import:
    file: /srv/bills/colocation.csv
    format: csv
    source: colocation
    columns:
      key: Invoice
      occurred_at: Date
      amount: Net
      tags.team: Cost centre
    values:
      currency: CHF
      category: other

- name: What a VergeOS system uses, at our prices
  finops.cloud.cost_import:
    host: vergeos.example.com
    token: "{{ vergeos_token }}"
    usage_prices: {cores: "0.011", ram_gb: "0.004", tier_1_gb: "0.0001", tier_3_gb: "0.00004"}
    currency: CHF

- name: A project that is no more
  finops.cloud.cost_import:
    state: retired
    project: PCP-ABC1234
"""

RETURN = r"""
cloud:
  description: Whose numbers these are, as the login's token says.
  returned: success with a cloud, and failures after the login
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
system:
  description: The VergeOS system that was asked, its name and its version.
  returned: success with O(usage_prices)
  type: dict
  sample: {host: vergeos.example.com, cloud_name: production, version: 26.1.8}
incomplete_records:
  description: Keys of the records that do not tell something that has a price, and are for an hour of the window.
  returned: success with O(usage_prices)
  type: list
  elements: int
  sample: []
services:
  description:
    - How reading went, by service.
    - C(status) is C(ok), C(absent) for a service that the catalog does not have, C(forbidden) where a 401 or 403 says that this login
      may not read it, or C(error).
  returned: success with a cloud
  type: dict
  sample:
    compute:
      status: ok
      http_status: 200
      message: null
collected_at:
  description: When it was read, in UTC.
  returned: success with a cloud
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Always true, as what was not read fails the task and writes nothing of its hour.
  returned: success with a cloud or O(usage_prices)
  type: bool
  sample: true
ledger:
  description: The ledger that was used, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
ledger_created:
  description: Whether this task made the ledger, which starts empty.
  returned: success, but not for O(state=retired)
  type: bool
  sample: false
entries:
  description:
    - How many entries were recorded, corrected, reversed, and found unchanged in what was read anew. In check mode, how many would be.
  returned: success, but not for O(state=retired)
  type: dict
  sample: {recorded: 18, corrected: 1, reversed: 0, unchanged: 17}
period_start:
  description: Begin of the window that was imported, or of the first charge of a file, in UTC; null for an empty file.
  returned: success, but not for O(state=retired)
  type: str
  sample: "2026-11-20T04:00:00Z"
period_end:
  description: Its end, or that of the last charge of a file, itself not in it.
  returned: success, but not for O(state=retired)
  type: str
  sample: "2026-11-21T04:00:00Z"
imported:
  description: What the window cost, as the cloud says now.
  returned: success with a cloud or O(usage_prices)
  type: str
  sample: "207.6"
currency:
  description: Currency of the feed.
  returned: success with a cloud or O(usage_prices), and for O(state=retired)
  type: str
  sample: ICU
cloud_difference:
  description: The ledger's sum of the window less the cloud's own. It is the noise of the cloud's numbers; more than that is an error.
  returned: success with a cloud
  type: str
  sample: "0.00000000000002"
rated_through:
  description: End of the feed's newest rated period, in UTC.
  returned: success with a cloud or O(usage_prices), and for O(state=retired)
  type: str
  sample: "2026-11-21T04:00:00Z"
run_rate:
  description: What the newest rated period cost.
  returned: success with a cloud or O(usage_prices)
  type: str
  sample: "8.650401"
collect_period:
  description: How many seconds a rated period is long.
  returned: success with a cloud or O(usage_prices)
  type: int
  sample: 3600
resolution:
  description: What one entry stands for, V(hour) or V(day).
  returned: success with a cloud
  type: str
  sample: hour
group_by:
  description: Of what there is one entry, V(resource) or V(type).
  returned: success with a cloud
  type: str
  sample: resource
tags_imported:
  description: Whether the tags of resources came with their cost.
  returned: success with a cloud
  type: bool
  sample: true
unknown_tags:
  description: IDs of resources among what was read anew whose tags no import has ever seen.
  returned: success with a cloud
  type: list
  elements: str
  sample: []
periods:
  description:
    - How many periods of the window are rated, are empty as the project used nothing, were read point by point, and are missing.
  returned: success with a cloud or O(usage_prices)
  type: dict
  sample: {rated: 24, empty: 0, read: 2, missing: 0}
rating_behind:
  description: Whether periods are missing although the project uses something. Budgets on them are unknown.
  returned: success with a cloud or O(usage_prices)
  type: bool
  sample: false
holes:
  description: Which ones these are, as windows in UTC.
  returned: success with a cloud or O(usage_prices)
  type: list
  elements: dict
  contains:
    begin:
      description: Begin of the hole.
      type: str
      returned: always
      sample: "2026-11-20T04:00:00Z"
    end:
      description: Its end, itself not in it.
      type: str
      returned: always
      sample: "2026-11-20T06:00:00Z"
free_tier:
  description: The free traffic of the months whose traffic changed, which is one credit per month in the ledger.
  returned: success with a cloud
  type: dict
  contains:
    scope:
      description: For whom the free tier counts, V(project); the provider does not document it.
      type: str
      returned: always
      sample: project
    credits:
      description:
        - What is free, by month of UTC. Null where it is not known how much went out, so that nothing was credited. Empty in check mode.
      type: dict
      returned: always
      sample: {2026-11: "12.5"}
source:
  description: Under which name the ledger keeps the rows.
  returned: success with O(file)
  type: str
  sample: focus
alerts:
  description:
    - The thresholds of budgets that this task found reached and that were not fired before in their period, once for C(actual) and once for
      C(forecast) spend, the highest first. Empty in check mode.
    - C(amount) is what is spent, or expected to be spent by the period's end, and C(at_least) says that it is a lower bound. C(message)
      tells it in a sentence.
  returned: success, but not for O(state=retired)
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
  returned: success, but not for O(state=retired)
  type: list
  elements: str
  sample: []
totals:
  description: What the file adds up to, by currency.
  returned: success with O(file)
  type: dict
  sample: {USD: "1023.25"}
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._ansible import arguments, cloud_arguments, vergeos_arguments
from ..module_utils._ansible.run import run
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._budgets import alerts
from ..module_utils._core.money import parse_currency
from ..module_utils._core.periods import Window, now_utc, parse_moment, used_window, zone_named
from ..module_utils._core.writer import recorded_by
from ..module_utils._imports import bill_files
from ..module_utils._imports.cloudkitty import ImportOptions, import_cost
from ..module_utils._imports.retiring import retire
from ..module_utils._imports.vergeos import UsageImportOptions, import_usage, parse_prices
from ..module_utils._ledger import feeds
from ..module_utils._openstack.connection import Cloud
from ..module_utils._vergeos.system import System


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **vergeos_arguments.CONNECTION,
            **cloud_arguments.RATING,
            **cloud_arguments.METRIC_CATEGORIES,
            **arguments.LEDGER,
            **arguments.RATES,
            **arguments.WINDOW,
            "since": {"type": "str", "choices": ["last"]},
            "resolution": {"type": "str", "default": feeds.HOUR, "choices": [feeds.HOUR, feeds.DAY]},
            "group_by": {
                "type": "str",
                "default": feeds.BY_RESOURCE,
                "choices": [feeds.BY_RESOURCE, feeds.BY_TYPE],
            },
            "import_tags": {"type": "bool", "default": True},
            "reread": {"type": "bool", "default": False},
            "empty_until": {"type": "str"},
            "state": {"type": "str", "default": "present", "choices": ["present", "retired"]},
            "project": {"type": "str"},
            "file": {"type": "path"},
            "format": {
                "type": "str",
                "default": bill_files.FOCUS,
                "choices": [bill_files.FOCUS, bill_files.CSV],
            },
            "columns": {"type": "dict", "default": {}},
            "values": {"type": "dict", "default": {}},
            "source": {"type": "str"},
            "replaces": {"type": "bool", "default": False},
            "usage_prices": {"type": "dict"},
            "currency": {"type": "str"},
        },
        mutually_exclusive=[("since", "window", "begin", "file"), ("file", "usage_prices")],
        required_by={"end": "begin", "source": "file", "currency": "usage_prices"},
        required_if=[("state", "retired", ["project"]), ("replaces", True, ["source"])],
        supports_check_mode=True,
    )
    if module.params["state"] == "retired":
        run(module, lambda: _retire(module), "sqlalchemy")
    if module.params["file"] is not None:
        run(module, lambda: _bring_table(module), "sqlalchemy")

    if module.params["usage_prices"] is not None:
        run(module, lambda: _bring_usage(module), "sqlalchemy", "pyvergeos")

    def bring_in(cloud: Cloud, now: datetime) -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        watch = alerts.watch(arguments.rates(module.params), now, recorded_by())
        return import_cost(
            cloud, ledger, _options(module.params, now), now, recorded_by(), module.check_mode, watch
        )

    run_on_cloud(module, bring_in, "sqlalchemy")


def _retire(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return retire(
        arguments.ledger_options(params), params["project"], params["region_name"], module.check_mode
    )


def _bring_table(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    options = bill_files.TableOptions(
        path=params["file"],
        file_format=params["format"],
        source=params["source"] or params["format"],
        columns={name: str(column) for name, column in params["columns"].items()},
        values={name: str(value) for name, value in params["values"].items()},
        timezone=params["timezone"],
        categories=cloud_arguments.metric_categories(params),
        replaces=params["replaces"],
    )
    ledger, now = arguments.ledger_options(params), now_utc()
    watch = alerts.watch(arguments.rates(params), now, recorded_by())
    return bill_files.import_table(ledger, options, now, recorded_by(), module.check_mode, watch)


def _bring_usage(module: AnsibleModule) -> dict[str, Any]:
    params, now = module.params, now_utc()
    options = UsageImportOptions(
        asked=_asked(params, now),
        usage_prices=parse_prices(params["usage_prices"], parse_currency(params["currency"], "currency")),
        metric_categories=cloud_arguments.metric_categories(params),
        reread=params["reread"],
    )
    ledger, by = arguments.ledger_options(params), recorded_by()
    watch = alerts.watch(arguments.rates(params), now, by)
    with System(vergeos_arguments.vergeos_options(params)) as system:
        return import_usage(system, ledger, options, now, by, module.check_mode, watch)


def _asked(params: dict[str, Any], now: datetime) -> Window | None:
    if not (params["begin"] or params["window"]):
        return None
    zone = zone_named(params["timezone"], "timezone")
    return used_window(params["window"], params["begin"], params["end"], zone, now)


def _options(params: dict[str, Any], now: datetime) -> ImportOptions:
    zone = zone_named(params["timezone"], "timezone")
    return ImportOptions(
        asked=_asked(params, now),
        rating_api=params["rating_api"],
        rating_currency=parse_currency(params["rating_currency"], "rating_currency"),
        collect_period_s=cloud_arguments.collect_period_s(params),
        metric_categories=cloud_arguments.metric_categories(params),
        layout=feeds.ImportLayout(
            params["resolution"],
            params["group_by"],
            params["import_tags"] and params["group_by"] == feeds.BY_RESOURCE,
        ),
        reread=params["reread"],
        empty_until=parse_moment(params["empty_until"], zone, "empty_until")
        if params["empty_until"]
        else None,
    )


if __name__ == "__main__":
    main()
