# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_cost_info
short_description: Get the cost of a project in a window of time
version_added: 0.1.0
description:
  - Reads from CloudKitty what the cloud has rated of a project in a window of time, in total, by type of
    resource, by category, and by the groups in O(group_by).
  - Amounts exclude VAT. They include traffic out of object storage that the free tier pays; RV(cost.net)
    excludes it.
  - Hours that are not rated yet are not in the sums. RV(cost.rated_through) tells how far the sums reach,
    RV(cost.unrated_estimate) estimates what came since, and RV(cost.missing_hours) counts earlier hours that
    are missing.
  - The sums are CloudKitty's own. Where the module has to add up points itself, such as by flavor or by local
    day, it compares the result with CloudKitty's sum. The task fails if they differ.
  - With several O(regions) or O(projects), RV(cost) is their sum and RV(parts) has each of them. If one of
    them cannot be read, the sum is unknown.
  - Changes nothing but the file in O(dest).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._rating
  - finops.cloud._rating.rates
  - finops.cloud._rating.metric_categories
  - finops.cloud._files
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_cloud
attributes:
  check_mode:
    support: full
    details:
      - Reads the cloud and does not write O(dest). Says C(changed=true) where its content would change.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  regions:
    description:
      - Regions of the catalog to read, with one login for all of them. RV(cost) is their sum.
      - Mutually exclusive with O(region_name). Defaults to the region of the login.
    type: list
    elements: str
  projects:
    description:
      - Projects to read, by name or ID, with one login for each. They replace the project in O(auth) or
        C(clouds.yaml) and are looked up in the same domain. Defaults to the project of the login.
      - RV(cost) is their sum. With O(regions), each project is read in each region.
      - An application credential is bound to its project and is refused. A token has to be one that the cloud
        allows to be rescoped.
      - V(all) alone reads every project of the login's domain with one login, which needs the role admin, and
        CloudKitty's v2 API with sums that are whole. Sums of all projects are asked for together, 5000 a
        request. Only points (O(dataframes), O(dest), V(flavor) and the like in O(group_by)) are read project
        by project.
      - If a project cannot be read then, the task fails and names it, and RV(parts) has the others. A project
        of which nothing was ever rated is warned of.
    type: list
    elements: str
  window:
    description:
      - A named window, in O(timezone). Mutually exclusive with O(begin) and O(end). Defaults to
        V(current_month).
      - V(last_hour) is the newest hour that the cloud has rated, which is not the hour that has just ended.
        With several O(regions) or O(projects) each has its own.
      - V(last_30_days) ends with today.
    type: str
    choices: [last_hour, today, yesterday, previous_week, current_month, previous_month, last_30_days]
  begin:
    description: Begin of the window, a date or a date and time in ISO 8601. Local to O(timezone) unless an
      offset is written.
    type: str
  end:
    description: End of the window (exclusive). Defaults to now. Requires O(begin).
    type: str
  timezone:
    description: IANA time zone in which dates begin.
    type: str
    default: UTC
  currency:
    description:
      - Currency of the amounts. Defaults to O(rating_currency), the cloud's own.
      - Amounts are converted at the rate that is valid at the begin of the window.
    type: str
  rated_through:
    description:
      - Whether to look up how far the cloud has rated. This takes one more request.
      - Ignored with O(window=last_hour), O(previous) and O(forecast), which always look it up.
    type: bool
    default: true
  group_by:
    description:
      - Groups by which to return the cost, each as a list C(by_<name>) in RV(cost).
      - V(type) and V(project) take no request of their own. V(resource) takes one more request per 1000
        resources.
      - V(hour) (UTC), V(day), V(week) (ISO weeks) and V(month) begin in O(timezone). They take no request if
        the window begins in the last 40 days and O(rated_through=true), and otherwise one per 1000 hours.
      - CloudKitty cannot group by V(flavor), V(volume_type) and V(resource_hour), the cost of each resource
        in each hour. They read all rated points, one request per day, and more for a day with more than 5000
        points.
      - With the v1 API, V(resource) and times read all rated points too.
    type: list
    elements: str
    choices: [type, project, resource, hour, day, week, month, flavor, volume_type, resource_hour]
    default: []
  dataframes:
    description:
      - Whether to return all rated points, which is what each resource cost for each type in each hour. For
        many points use O(dest).
    type: bool
    default: false
  dest:
    description:
      - Path of a file to write the rated points to, instead of returning them. The file is CSV if the name
        ends in C(.csv), and JSON lines if it ends in C(.jsonl) or C(.ndjson).
      - The file is replaced in one step when it is complete. It is left alone if nothing differs.
        It has mode 0600 unless O(mode) is given.
      - With several O(regions) or O(projects), each row has the columns C(region), C(project_id) and
        C(project_name). They are read one after the other, and the file is not written unless all of them
        could be read.
      - Points are streamed, so memory does not grow with their number.
    type: path
  metrics:
    description: Whether to return what the cloud rates, with units and metadata. This takes one more request.
    type: bool
    default: false
  previous:
    description:
      - Whether to compare with the same elapsed part of the period before. This takes one more request.
      - A month is compared with the month before, V(today) and V(yesterday) with the local day before,
        V(last_30_days) with the 30 days before, and any other window with the one of the same length that
        ends at its begin.
    type: bool
    default: false
  forecast:
    description:
      - Whether to forecast the cost of the window at its end, from the last 168 rated hours.
      - This takes no request with the v2 API, and up to seven with v1.
    type: bool
    default: false
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

- name: What has each project of the cloud cost, as an operator
  finops.cloud.infomaniak_cost_info:
    cloud: operator
    projects: all
    group_by: [project]

- name: How much money have I been charged in the last calculated hour
  finops.cloud.infomaniak_cost_info:
    cloud: production
    window: last_hour
    currency: CHF

- name: Which resources are rated, in which unit, and what has each type cost since the year began
  finops.cloud.infomaniak_cost_info:
    cloud: production
    begin: "2026-01-01"
    metrics: true
  register: year

- name: The cost of one type, and the types that are in use
  ansible.builtin.debug:
    msg:
      - "{{ year.cost.by_type | selectattr('type', 'eq', 'volume.size') | map(attribute='amount') | first }}"
      - "{{ year.cost.by_type | map(attribute='type') | sort }}"

- name: What does each running server cost per hour
  finops.cloud.infomaniak_cost_info:
    cloud: production
    window: last_hour
    group_by: [resource_hour]
  register: hour

- name: Say it
  ansible.builtin.debug:
    msg: "{{ item.resource_id }} is rated {{ item.amount }} {{ item.currency }}/hour"
  loop: "{{ hour.cost.by_resource_hour | selectattr('type', 'eq', 'instance_up') }}"

- name: What did last month's resources, flavors, types of volumes, weeks and days cost
  finops.cloud.infomaniak_cost_info:
    cloud: production
    window: previous_month
    timezone: Europe/Zurich
    group_by: [resource, flavor, volume_type, week, day]

- name: Is this month dearer than the one before, and where will it end
  finops.cloud.infomaniak_cost_info:
    cloud: production
    timezone: Europe/Zurich
    previous: true
    forecast: true
  register: month

- name: Say it
  ansible.builtin.debug:
    msg: >-
      {{ month.cost.previous.change }} ICU against the same days of last month,
      most of it {{ month.cost.previous.movers[0].type }};
      {{ month.cost.forecast.expected }} ICU expected

- name: Keep every rated hour of every resource in a file
  finops.cloud.infomaniak_cost_info:
    cloud: production
    window: previous_month
    dest: /var/lib/finops/rated.csv

- name: What did all projects cost in both regions last month
  finops.cloud.infomaniak_cost_info:
    cloud: production
    regions: [dc3-a, dc4-a]
    projects: [PCP-ABC1234, PCP-DEF5678]
    window: previous_month
    currency: CHF
    group_by: [project]
  register: all

- name: Say it
  ansible.builtin.debug:
    msg:
      - "{{ all.cost.total }} {{ all.cost.currency }}"
      - "{{ all.cost.by_project | items2dict(key_name='project_name', value_name='amount') }}"
      - "{{ (all.parts | selectattr('region', 'eq', 'dc4-a') | first).cost.by_type }}"

- name: Count a metric of our own as network
  finops.cloud.infomaniak_cost_info:
    cloud: production
    metric_categories:
      vpn.tunnel: network
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
      description: Region that was read; null where there are several.
      type: str
      returned: always
      sample: dc3-a
    project_id:
      description: ID of the project; null where there are several.
      type: str
      returned: always
      sample: b30781c9679b4ede8107bae21990153e
    project_name:
      description: Name of the project; null where there are several.
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
  description: Whether all that exists was read, of all O(regions) and O(projects).
  returned: success
  type: bool
  sample: true
period_start:
  description: Begin of the window in UTC.
  returned: success
  type: str
  sample: "2026-11-01T00:00:00Z"
period_end:
  description: End of the window in UTC (exclusive).
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
  description:
    - What the window cost as far as it is rated; null where some of it could not be read and
      O(on_error=warn).
    - What is listed C(by_) something is null where O(group_by) did not ask for it. Amounts come dearest
      first, times in order.
    - With several O(regions) or O(projects), each value is for all of them, and null if it is not known of
      one of them. Rows of a single resource or point then have C(region), C(project_id) and C(project_name)
      too.
  returned: success
  type: dict
  contains:
    total:
      description: The sum as CloudKitty tells it, gross, as text. Null, with a warning, if the cloud has
        rated nothing of the project, neither lately nor in the window.
      type: str
      returned: always
      sample: "1570.867368"
    currency:
      description: Its currency.
      type: str
      returned: always
      sample: ICU
    totals:
      description: The sum in every currency that had a rate when the window began. Null where RV(cost.total)
        is.
      type: dict
      returned: always
      sample: {CHF: "31.417347", EUR: "28.303917", ICU: "1570.867368"}
    net:
      description: The sum less what the free tier pays; null where that is not known.
      type: str
      returned: always
      sample: "1570.867368"
    free_tier:
      description:
        - The first 10^13 bytes of traffic out of object storage in each UTC month, by the project, whose
          regions share them. Null without such traffic, and where O(rating_currency) is not V(ICU).
        - C(used_bytes) and C(credit) are null where the cloud's unit, or how much went out, is not known.
          C(reason) says why, and the module warns. The cost itself is known without them.
      type: dict
      returned: always
      sample:
        type: storage.objects.outgoing.bytes
        scope: project
        unit: GiB
        free_bytes: "10000000000000"
        used_bytes: "1073741824000"
        gross: "34.2"
        credit: "34.2"
        currency: ICU
        reason:
    by_type:
      description: The sum by the cloud's type of resource. C(quantity) is null with the v1 API, which does
        not tell it.
      type: list
      elements: dict
      returned: always
      sample:
        - type: volume.size
          quantity: "142800"
          amount: "831.6"
          currency: ICU
    by_category:
      description:
        - The sum by category. A type that no table knows is C(other), see O(metric_categories).
      type: list
      elements: dict
      returned: always
      sample:
        - category: storage
          types: [storage.objects.size, volume.size]
          amount: "831.618685"
          currency: ICU
    by_project:
      description: The sum by project.
      type: list
      elements: dict
      returned: always
      sample:
        - project_id: b30781c9679b4ede8107bae21990153e
          project_name: PCP-ABC1234
          amount: "1570.867368"
          currency: ICU
    by_region:
      description: The sum by region.
      type: list
      elements: dict
      returned: with O(regions) or O(projects)
      sample:
        - region: dc3-a
          amount: "1570.867368"
          currency: ICU
    by_resource:
      description:
        - The sum by resource.
        - C(quantity) is null where there are several types, as units do not add up.
      type: list
      elements: dict
      returned: always
      sample:
        - resource_id: 2f91b623-7efb-417f-b43e-67295bb27dd1
          types: [instance_up]
          quantity: "216"
          amount: "226.8"
          currency: ICU
    by_hour:
      description: The sum by UTC hour. Hours that are not rated have no row.
      type: list
      elements: dict
      returned: always
      sample:
        - hour: "2026-11-20T23:00:00Z"
          begin: "2026-11-20T23:00:00Z"
          end: "2026-11-21T00:00:00Z"
          amount: "8.650401"
          currency: ICU
    by_day:
      description: Like RV(cost.by_hour), by day in O(timezone).
      type: list
      elements: dict
      returned: always
      sample:
        - day: "2026-11-20"
          begin: "2026-11-19T23:00:00Z"
          end: "2026-11-20T23:00:00Z"
          amount: "8.650401"
          currency: ICU
    by_week:
      description: Like RV(cost.by_hour), by ISO week in O(timezone).
      type: list
      elements: dict
      returned: always
      sample:
        - week: "2026-W47"
          begin: "2026-11-15T23:00:00Z"
          end: "2026-11-22T23:00:00Z"
          amount: "8.650401"
          currency: ICU
    by_month:
      description: Like RV(cost.by_hour), by month in O(timezone).
      type: list
      elements: dict
      returned: always
      sample:
        - month: "2026-11"
          begin: "2026-10-31T23:00:00Z"
          end: "2026-11-30T23:00:00Z"
          amount: "8.650401"
          currency: ICU
    by_flavor:
      description: The sum by flavor. Resources without a flavor have no row.
      type: list
      elements: dict
      returned: always
      sample:
        - flavor: a4-ram16-disk80-perf1
          types: [instance_up]
          quantity: "216"
          amount: "226.8"
          currency: ICU
    by_volume_type:
      description: Like RV(cost.by_flavor), by volume type.
      type: list
      elements: dict
      returned: always
      sample:
        - volume_type: CEPH_1_perf2
          types: [volume.size]
          quantity: "54000"
          amount: "226.8"
          currency: ICU
    by_resource_hour:
      description: What each resource cost in each hour.
      type: list
      elements: dict
      returned: always
      sample:
        - begin: "2026-11-20T23:00:00Z"
          end: "2026-11-21T00:00:00Z"
          type: instance_up
          resource_id: 2f91b623-7efb-417f-b43e-67295bb27dd1
          quantity: "1"
          amount: "1.05"
          currency: ICU
    dataframes:
      description:
        - All rated points, in order of time; null without O(dataframes), and with O(dest).
        - C(unit) is null with the v1 API, which does not tell it.
      type: list
      elements: dict
      returned: always
      sample:
        - begin: "2026-11-20T23:00:00Z"
          end: "2026-11-21T00:00:00Z"
          type: instance_up
          resource_id: 2f91b623-7efb-417f-b43e-67295bb27dd1
          quantity: "1"
          unit: instance
          amount: "1.05"
          currency: ICU
          metadata: {flavor_name: a4-ram16-disk80-perf1}
    dest:
      description: Path of the file with the points. Null without O(dest).
      type: str
      returned: always
      sample: /var/lib/finops/rated.csv
    points:
      description: Number of points in the file. Null without O(dest).
      type: int
      returned: always
      sample: 15120
    metrics:
      description: What the cloud rates, with units and the metadata keys of its points. Null without
        O(metrics).
      type: list
      elements: dict
      returned: always
      sample:
        - type: instance_up
          unit: instance
          metadata: [flavor_name, flavor_id, vcpus]
    rated_through:
      description:
        - End of the newest rated period, in UTC; of several projects and regions that of the one that is
          rated least far.
        - Null where O(rated_through=false), or nothing was rated in the last 40 days (v1 API, 8 days).
      type: str
      returned: always
      sample: "2026-11-21T04:00:00Z"
    fully_rated:
      description: Whether the window is wholly rated. Null if RV(cost.rated_through) is.
      type: bool
      returned: always
      sample: false
    missing_hours:
      description:
        - Parts of the window before RV(cost.rated_through) of which nothing is rated, and how many periods
          they have.
        - Null where that was not looked at, which is where the window begins more than 40 days ago, or with
          O(projects=all), and no times are asked for in O(group_by). With the v1 API it is looked at with
          O(group_by) only, or where the window begins today.
      type: list
      elements: dict
      returned: always
      sample:
        - begin: "2026-11-13T04:00:00Z"
          end: "2026-11-13T06:00:00Z"
          periods: 2
    unrated_estimate:
      description:
        - What has come since RV(cost.rated_through), if every period that has begun since costs what the
          newest rated one did, C(run_rate). It is in no sum. Null where RV(cost.rated_through) is. Of several
          projects and regions C(periods) is the most of any.
      type: dict
      returned: always
      sample:
        amount: "17.300802"
        currency: ICU
        run_rate: "8.650401"
        periods: 2
    previous:
      description:
        - The same elapsed part of the period before, and how RV(cost.total) has changed against it. C(movers)
          are the types that changed, the biggest change first.
        - Each amount is converted at the rate that is valid when its own period begins. C(relative_change) is
          null against nothing.
        - Null without O(previous), or where it is not known how far the cloud has rated.
      type: dict
      returned: always
      sample:
        period_start: "2026-10-01T00:00:00Z"
        period_end: "2026-10-21T04:00:00Z"
        compared_start: "2026-11-01T00:00:00Z"
        compared_end: "2026-11-21T04:00:00Z"
        total: "1428.061244"
        currency: ICU
        change: "142.806124"
        relative_change: "0.1"
        missing_hours: []
        movers:
          - type: volume.size
            amount: "831.6"
            previous: "688.793876"
            change: "142.806124"
            relative_change: "0.207328"
            currency: ICU
    forecast:
      description:
        - What the window will have cost at its end if it goes on like the last 168 rated hours, of which
          C(periods) were there. C(low) and C(high) go by the 10th and the 90th percentile of their days, of
          single hours where there are fewer than 48.
        - C(enough_data) from 24 rated hours on. Null without O(forecast), or without rated hours.
        - Of several projects and regions the sum of their forecasts, C(periods) of the one that has the
          fewest.
      type: dict
      returned: always
      sample:
        low: "3485.2"
        expected: "3560.1"
        high: "3601.9"
        currency: ICU
        enough_data: true
        periods: 168
    cloud_difference:
      description:
        - Our own sums less CloudKitty's, the largest difference. More than 0.0001, and more than a billionth
          of the sum (v1 API, a hundred thousandth), is an error.
        - Null where nothing was added up here, and where CloudKitty's storage has no sums that can be
          believed, such as Loki.
      type: str
      returned: always
      sample: "0"
    rating_api:
      description: API of CloudKitty that answered. Null if several clouds answered by different ones.
      type: str
      returned: always
      sample: v2
parts:
  description:
    - Each of O(projects) in each of O(regions).
    - C(services), C(complete), C(period_start), C(period_end) and C(cost) are like RV(services),
      RV(complete), RV(period_start), RV(period_end) and RV(cost), of that one. RV(cost) alone has what is
      listed by project, resource and point, RV(cost.metrics) and the file.
    - C(project_id) is null where the login to the project was refused.
  returned: with O(regions) or O(projects)
  type: list
  elements: dict
  sample:
    - region: dc3-a
      project_id: b30781c9679b4ede8107bae21990153e
      project_name: PCP-ABC1234
      services:
        rating:
          status: ok
          http_status: 200
          message: null
      complete: true
      period_start: "2026-11-01T00:00:00Z"
      period_end: "2026-12-01T00:00:00Z"
      cost:
        total: "1570.867368"
        currency: ICU
        rated_through: "2026-11-21T04:00:00Z"
        fully_rated: false
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments, window_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_projects
from ..module_utils._core.files import parse_attributes
from ..module_utils._core.money import parse_currency
from ..module_utils._core.named_windows import LAST_HOUR, asked_window
from ..module_utils._core.periods import zone_named
from ..module_utils._core.rows_file import checked
from ..module_utils._cost.cost import read_cost
from ..module_utils._cost.grouping import GROUPS
from ..module_utils._cost.options import CostOptions
from ..module_utils._openstack.projects import ProjectLogins


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **cloud_arguments.RATING,
            **arguments.RATES,
            **cloud_arguments.METRIC_CATEGORIES,
            **window_arguments.window(LAST_HOUR),
            **cloud_arguments.REGIONS_AND_PROJECTS,
            "currency": {"type": "str"},
            "rated_through": {"type": "bool", "default": True},
            "group_by": {"type": "list", "elements": "str", "choices": list(GROUPS), "default": []},
            "dataframes": {"type": "bool", "default": False},
            "dest": {"type": "path"},
            **arguments.FILE,
            "metrics": {"type": "bool", "default": False},
            "previous": {"type": "bool", "default": False},
            "forecast": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("window", "begin"), ("window", "end"), ("region_name", "regions")],
        required_by={"end": "begin", **dict.fromkeys(arguments.FILE, "dest")},
        supports_check_mode=True,
    )

    def read(logins: ProjectLogins, now: datetime) -> dict[str, Any]:
        return read_cost(logins, _options(module.params, now, module.check_mode), now)

    run_on_projects(module, read)


def _options(params: dict[str, Any], now: datetime, check_mode: bool) -> CostOptions:
    zone = zone_named(params["timezone"], "timezone")
    rating_currency = parse_currency(params["rating_currency"], "rating_currency")
    named = None if params["begin"] else params["window"] or "current_month"
    last_hour = named == LAST_HOUR
    return CostOptions(
        window=None
        if last_hour
        else asked_window(named or "current_month", params["begin"], params["end"], zone, now),
        named=named,
        zone=zone,
        currency=parse_currency(params["currency"] or rating_currency, "currency"),
        rating_currency=rating_currency,
        rating_api=params["rating_api"],
        collect_period_s=cloud_arguments.collect_period_s(params),
        rates=arguments.rates(params),
        on_error=params["on_error"],
        with_rated_through=params["rated_through"],
        group_by=tuple(params["group_by"]),
        dataframes=params["dataframes"],
        dest=checked(params["dest"]),
        attributes=parse_attributes(params),
        check_mode=check_mode,
        with_metrics=params["metrics"],
        metric_categories=cloud_arguments.metric_categories(params),
        with_previous=params["previous"],
        with_forecast=params["forecast"],
    )


if __name__ == "__main__":
    main()
