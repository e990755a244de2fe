# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_import
short_description: Import what a cloud has rated into the ledger
version_added: 0.1.0
description:
  - Reads from CloudKitty what the cloud has rated of a project, and makes the ledger's entries equal to it.
    Run it as often as you like. It asks for one sum per hour and reads again only the hours whose sum differs
    from the ledger's. What the cloud has corrected becomes a correction; everything else is left alone.
  - Each hour is written in a transaction of its own. An interrupted import continues where it stopped.
    Several imports at the same time do no harm.
  - A budget with C(fed_by=cloud) knows its spend from this module. Run it before the gate, or every hour with
    the role P(finops.cloud.cost_sync#role).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._rating
  - finops.cloud._rating.metric_categories
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_cloud_and_ledger
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
  since:
    description:
      - V(last) begins one day before the end of the last import, or at the first gap or empty hour of the
        last 40 days, which may have been rated since. A first import begins with the previous month.
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
  resolution:
    description:
      - Whether one entry is the cost of an V(hour) or a V(day) of UTC. Days keep a large ledger small, and
        suit imports once a day. A budget whose period begins within a day of UTC, as in other time zones, is
        unknown with them.
      - A window that was imported with another resolution is taken back and imported again, so that nothing
        counts twice.
    type: str
    default: hour
    choices: [hour, day]
  group_by:
    description: Whether to write one entry per V(resource) and metric, or one per metric (V(type)). The
      latter has no tags.
    type: str
    default: resource
    choices: [resource, type]
  import_tags:
    description:
      - Whether entries get the tags of their resources. These are the metadata of servers and volumes, and
        the tags of floating IPs and load balancers, split at C(name=value). Each service is asked for one
        list if an hour is new or has changed.
      - An entry keeps the tags that its resource had when it was imported. A resource that is gone has its
        last known tags. One that no import has ever seen has the tag C(tag_status=unknown).
      - If false, budgets with tags in their scope are unknown.
    type: bool
    default: true
  rating_region:
    description: Region of the catalog to import, one of RV(rating_regions). Defaults to the region of the
      login, which a C(region_name) in C(clouds.yaml) may have fixed.
    type: str
  flow_metrics:
    description:
      - Exact names of the metrics that count what happens, such as traffic and requests. Their part of the
        run rate is the mean of the last 168 rated hours, of as many as there are while they are fewer, minus
        the free tier. Any other metric counts what is there, and its part is the cost of the newest rated
        hour.
      - Defaults to the metrics whose name begins with C(bandwidth), C(network.incoming.),
        C(network.outgoing.), C(network.services.), C(storage.api.request), C(storage.objects.incoming.),
        C(storage.objects.outgoing.), C(radosgw.api.request), C(loadbalancer.incoming.),
        C(loadbalancer.outgoing.), C(disk.device.read.) or C(disk.device.write.).
    type: list
    elements: str
  reread:
    description:
      - Read every hour of the window again, also those whose sum is the same. Useful after a change of
        O(metric_categories).
    type: bool
    default: false
  projects:
    description:
      - V(all) imports every project of the domain, each into a feed of its own, in as few requests as the
        cloud allows. It needs a login with the role C(admin) and CloudKitty's v2 API.
      - A project that cannot be imported does not stop the others. The task fails in the end, names it, and
        returns what became of the others.
      - Without it, only the project of the login is imported.
    type: str
    choices: [all]
  empty_until:
    description: The project had nothing that costs before this moment. Hours before it that are not rated do
      not count as missing.
    type: str
seealso:
  - module: finops.cloud.cost_budget
  - module: finops.cloud.cost_feed
  - module: finops.cloud.cost_import_file
  - module: finops.cloud.cost_import_vergeos
"""

EXAMPLES = r"""
- name: Bring the ledger up to date
  finops.cloud.cost_import:
    cloud: production
    ledger: sqlite:////var/lib/finops/ledger.db
    since: last

- name: Import a year by the day, without tags
  finops.cloud.cost_import:
    cloud: production
    begin: "2025-11-01"
    end: "2026-11-01"
    resolution: day
    import_tags: false
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
cloud:
  description: The cloud, region and project of the login, as in its token.
  returned: success, and failures after the login
  type: dict
  contains:
    name:
      description: Name in C(clouds.yaml). Null if options or the environment gave the login.
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
    - Status of each service.
    - C(status) is C(ok), C(absent) if the catalog has no such service, C(forbidden) if a 401 or 403 says that
      this login may not read it, or C(error).
  returned: success
  type: dict
  sample:
    compute:
      status: ok
      http_status: 200
      message: null
collected_at:
  description: When the cloud was read, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Always true on success. Anything that cannot be read fails the task, and nothing of its hour is
    written.
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
cloud_difference:
  description:
    - The ledger's sum of the window minus the cloud's own. A difference beyond the noise of the cloud's
      numbers is an error.
    - Null where the cloud's storage has no sums that can be believed, such as Loki.
  returned: success, without O(projects)
  type: str
  sample: "0.00000000000002"
rated_through:
  description: End of the feed's newest rated period, in UTC. Of several projects that of the one that is
    rated the least far.
  returned: success
  type: str
  sample: "2026-11-21T04:00:00Z"
run_rate:
  description: What a period is expected to cost, which is what the newest rated one cost, with the mean of
    flow metrics in place of theirs. In check mode that mean is the one of the last import.
  returned: success, without O(projects)
  type: str
  sample: "8.650401"
flow_hours:
  description: Number of rated periods that the mean of flow metrics covers.
  returned: success, without O(projects)
  type: int
  sample: 168
collect_period:
  description: Length of a rated period in seconds.
  returned: success
  type: int
  sample: 3600
resolution:
  description: Whether one entry is the cost of an V(hour) or a V(day).
  returned: success
  type: str
  sample: hour
group_by:
  description: Whether there is one entry per V(resource) or per V(type).
  returned: success
  type: str
  sample: resource
tags_imported:
  description: Whether the tags of resources were imported.
  returned: success
  type: bool
  sample: true
rating_regions:
  description: The regions to import for the cost of the whole project, as each has a rating service of its
    own. Of regions that have one service only one is listed, the region that was read if it is among them.
  returned: success
  type: list
  elements: str
  sample: [dc3-a, dc4-a]
unknown_tags:
  description: IDs of resources, among those that were read again, whose tags no import has ever seen.
  returned: success, without O(projects)
  type: list
  elements: str
  sample: []
periods:
  description: How many periods of the window are rated, are empty because nothing was used, were read point
    by point, and are missing.
  returned: success, without O(projects)
  type: dict
  sample: {rated: 24, empty: 0, read: 2, missing: 0}
rating_behind:
  description: Whether periods are missing although something is used. Budgets on them are unknown.
  returned: success
  type: bool
  sample: false
holes:
  description: The missing periods, as windows in UTC.
  returned: success, without O(projects)
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
free_tier:
  description: The free traffic of the months whose traffic changed, which is one credit per month in the
    ledger.
  returned: success, without O(projects)
  type: dict
  contains:
    scope:
      description: For whom the free tier counts, V(project); the provider does not document it.
      type: str
      returned: always
      sample: project
    credits:
      description:
        - What is free, by month of UTC. Null where it is not known how much went out, so that nothing was
          credited. Empty in check mode.
      type: dict
      returned: always
      sample: {2026-11: "12.5"}
projects:
  description: What became of each project, for O(projects=all).
  returned: success and failures of single projects, with O(projects)
  type: list
  elements: dict
  contains:
    project_id:
      description: ID of the project.
      type: str
      returned: always
      sample: b30781c9679b4ede8107bae21990153e
    project_name:
      description: Its name.
      type: str
      returned: always
      sample: PCP-ABC1234
    entries:
      description: As RV(entries), of the project.
      type: dict
      returned: always
      sample: {recorded: 18, corrected: 1, reversed: 0, unchanged: 17}
    imported:
      description: What the window cost the project, as read now.
      type: str
      returned: always
      sample: "20.76"
    rated_through:
      description: End of the newest rated period of its feed, in UTC. Null if it could not be imported.
      type: str
      returned: always
      sample: "2026-11-21T04:00:00Z"
    rating_behind:
      description: Whether periods are missing. Budgets on them are unknown.
      type: bool
      returned: always
      sample: false
    error:
      description: Why it could not be imported. Null if it was.
      type: str
      returned: always
      sample: null
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

from ..module_utils._ansible import arguments, cloud_arguments, window_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._budgets import alerts
from ..module_utils._core.money import parse_currency
from ..module_utils._core.periods import parse_moment, zone_named
from ..module_utils._core.writer import recorded_by
from ..module_utils._imports.cloudkitty import ImportOptions, import_cost
from ..module_utils._imports.entry_writer import Signature
from ..module_utils._imports.every_project import import_every_project
from ..module_utils._ledger import feeds
from ..module_utils._openstack.connection import Cloud


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.RATING,
            **cloud_arguments.METRIC_CATEGORIES,
            **arguments.LEDGER,
            **arguments.RATES,
            **window_arguments.IMPORT_WINDOW,
            "resolution": {"type": "str", "default": feeds.HOUR, "choices": [feeds.HOUR, feeds.DAY]},
            "group_by": {
                "type": "str",
                "default": feeds.BY_RESOURCE,
                "choices": [feeds.BY_RESOURCE, feeds.BY_TYPE],
            },
            "import_tags": {"type": "bool", "default": True},
            "rating_region": {"type": "str"},
            "flow_metrics": {"type": "list", "elements": "str"},
            "empty_until": {"type": "str"},
            "projects": {"type": "str", "choices": ["all"]},
        },
        mutually_exclusive=[("since", "window", "begin")],
        required_by={"end": "begin"},
        supports_check_mode=True,
    )

    def work(cloud: Cloud, now: datetime) -> dict[str, Any]:
        ledger, options = arguments.ledger_options(module.params), _options(module.params, now)
        watch = alerts.watch(arguments.rates(module.params), now, recorded_by())
        if module.params["projects"] is not None:
            signature = Signature(now, recorded_by())
            return import_every_project(cloud, ledger, options, signature, module.check_mode, watch)
        return import_cost(cloud, ledger, options, now, recorded_by(), module.check_mode, watch)

    run_on_cloud(module, work, "ledger", region_option="rating_region")


def _options(params: dict[str, Any], now: datetime) -> ImportOptions:
    zone = zone_named(params["timezone"], "timezone")
    tagged = params["import_tags"] and params["group_by"] == feeds.BY_RESOURCE
    until = params["empty_until"]
    return ImportOptions(
        asked=window_arguments.import_window(params, now),
        rating_api=params["rating_api"],
        rating_currency=parse_currency(params["rating_currency"], "rating_currency"),
        collect_period_s=cloud_arguments.collect_period_s(params),
        metric_categories=cloud_arguments.metric_categories(params),
        layout=feeds.ImportLayout(params["resolution"], params["group_by"], tagged),
        reread=params["reread"],
        flow_metrics=params["flow_metrics"],
        empty_until=parse_moment(until, zone, "empty_until") if until else None,
    )


if __name__ == "__main__":
    main()
