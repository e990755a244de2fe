# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_metric_info
short_description: Get the metrics of a project's resources
version_added: 0.1.0
description:
  - Reads from Gnocchi which resources of a project are measured, by which metrics and archive policies, their
    measures in a window of time, and summaries of them.
  - Measures of many metrics are read in one request, however many servers there are. Listing takes one
    request per 1000 resources and one per 1000 metrics; with up to four O(metrics), one for each name and
    1000 metrics of it. Measures take one request per granularity and 250000 measures.
  - What was not measured is in no list and no sum. It is counted in RV(metrics[].missing), and never zero.
  - All measures of a metric have one granularity, which is returned. Gnocchi itself returns all granularities
    at once unless one is named, so that a sum of them counts everything several times.
  - Changes nothing.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_cloud
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  resources:
    description:
      - IDs of resources, such as servers, volumes and floating IPs. Defaults to all resources of the project.
      - An unknown resource fails the task. With O(on_error=warn) it is returned in RV(not_found) instead.
    type: list
    elements: str
    default: []
  children:
    description:
      - Whether to include resources whose original ID begins with one of O(resources), such as a server's
        disks.
      - The result is that of C(openstack metric resource search "original_resource_id like '<id>%'").
    type: bool
    default: false
  resource_type:
    description: Only resources of this type, such as V(instance), V(instance_disk) or V(volume). V(generic)
      means every type.
    type: str
    default: generic
  metrics:
    description:
      - Names or IDs of metrics, such as V(cpu), V(vcpus) and V(memory.usage). Defaults to all metrics of the
        resources.
      - A metric that none of the resources has fails the task. With O(on_error=warn) it is returned in
        RV(not_found) instead.
    type: list
    elements: str
    default: []
  measures:
    description: Whether to return the measures of each metric.
    type: bool
    default: false
  summary:
    description:
      - Whether to return a summary of each metric's measures, and the CPU utilization of servers.
      - The CPU utilization requires V(cpu) and V(vcpus) among O(metrics).
    type: bool
    default: false
  window:
    description:
      - A named window, in O(timezone), up to now. Mutually exclusive with O(begin) and O(end).
      - Defaults to the last 24 hours if neither it nor O(begin) is given.
    type: str
    choices: [today, yesterday, previous_week, current_month, previous_month, last_30_days]
  begin:
    description:
      - Begin of the window, a date or a date and time in ISO 8601. Local to O(timezone) unless an offset is
        written.
      - The first measure is that of the first granule that begins in the window, so adjacent windows share
        none.
    type: str
    aliases: [start]
  end:
    description: End of the window (exclusive). Defaults to now. Requires O(begin).
    type: str
    aliases: [stop]
  timezone:
    description: IANA time zone in which dates begin.
    type: str
    default: UTC
  granularity:
    description:
      - Length in seconds of the time that each measure covers. It has to be one that the metrics' archive
        policies keep.
      - Defaults, for each metric, to the finest one that its archive policy keeps for as long as the window
        goes back, and that makes at most 1000 measures. RV(metrics[].granularity_s) returns it.
    type: int
  aggregation:
    description:
      - Aggregation method of the archive policies that made one measure of the samples of a granule, such as
        V(mean), V(max) or V(rate:mean).
    type: str
    default: mean
  resample:
    description:
      - Length in seconds to which measures are combined, a multiple of their granularity. A day (86400)
        begins at 00:00 UTC.
      - Measures are combined by the method of O(aggregation), which has to be V(mean), V(sum), V(min),
        V(max), V(first) or V(last), or one of these after V(rate:). Rates are combined as they are; Gnocchi
        itself would return the change of changes.
    type: int
  reaggregation:
    description:
      - How to combine the measures of all metrics of one name, in RV(reaggregated).
      - A V(sum) is null if one of the metrics has a gap. Other methods use what was measured.
    type: str
    choices: [mean, sum, min, max]
seealso:
  - module: finops.cloud.infomaniak_usage_info
  - module: finops.cloud.infomaniak_cost_info
"""

EXAMPLES = r"""
- name: Which metrics are there
  finops.cloud.infomaniak_metric_info:
    cloud: production
  register: measured

- name: Those of one server, and of its disks
  finops.cloud.infomaniak_metric_info:
    cloud: production
    resources: [36886229-f6f0-4784-a389-e78feab9b42a]
    children: true

- name: How many CPUs did a server have, every five minutes of the last 24 hours
  finops.cloud.infomaniak_metric_info:
    cloud: production
    resources: [36886229-f6f0-4784-a389-e78feab9b42a]
    metrics: [vcpus]
    granularity: 300
    measures: true

- name: The same by day, since the eighth of November
  finops.cloud.infomaniak_metric_info:
    cloud: production
    resources: [36886229-f6f0-4784-a389-e78feab9b42a]
    metrics: [vcpus]
    begin: "2026-11-08"
    granularity: 3600
    resample: 86400
    measures: true

- name: How many CPUs did all servers have in total
  finops.cloud.infomaniak_metric_info:
    cloud: production
    resource_type: instance
    metrics: [vcpus]
    reaggregation: sum

- name: How long are measures kept
  ansible.builtin.debug:
    msg: "{{ measured.archive_policies | selectattr('name', 'eq', 'ik-medium-rate') |
      map(attribute='definition') | first }}"

# Right-sizing: a server that used less than a fifth of its CPUs in 95 of 100 hours of the last 30 days may
# need fewer of them, and one that never used half of its memory may need less. A server without measures is
# in no list: it is not known to be idle.
- name: What do the servers need
  finops.cloud.infomaniak_metric_info:
    cloud: production
    resource_type: instance
    metrics: [cpu, vcpus, memory, memory.usage]
    window: last_30_days
    summary: true
  register: needed

- name: Too many CPUs
  ansible.builtin.debug:
    msg: "{{ item.name }}, a {{ item.attributes.flavor_name }}, used {{ (100 * item.cpu_utilization.p95) |
      round(1) }} % of its CPUs"
  loop: "{{ needed.resources | selectattr('cpu_utilization') | selectattr('cpu_utilization.p95', 'lt', 0.2)
    }}"
  loop_control:
    label: "{{ item.name }}"

- name: Too much memory
  ansible.builtin.debug:
    msg: "{{ item.name }} never used more than {{ used[item.id] }} of {{ given[item.id] }} MB"
  loop: "{{ needed.resources }}"
  loop_control:
    label: "{{ item.name }}"
  when:
    - item.id in used
    - item.id in given
    - used[item.id] < 0.5 * given[item.id]
  vars:
    summaries: "{{ needed.metrics | selectattr('summary') }}"
    used: "{{ dict(usage | map(attribute='resource_id') | zip(usage | map(attribute='summary.max'))) }}"
    given: "{{ dict(memory | map(attribute='resource_id') | zip(memory | map(attribute='summary.last'))) }}"
    usage: "{{ summaries | selectattr('name', 'eq', 'memory.usage') }}"
    memory: "{{ summaries | selectattr('name', 'eq', 'memory') }}"
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
    metric:
      status: ok
      http_status: 200
      message: null
collected_at:
  description: When the cloud was read, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Whether everything that was requested exists and was read.
  returned: success
  type: bool
  sample: true
not_found:
  description: The O(resources) and O(metrics) that the project does not have. One without measures in the
    window is not listed here.
  returned: success
  type: dict
  sample:
    resources: []
    metrics: [gpu.usage]
period_start:
  description: Begin of the window in UTC. Null if no measures were requested.
  returned: success
  type: str
  sample: "2026-11-20T05:00:00Z"
period_end:
  description: End of the window in UTC (exclusive). Null if no measures were requested.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
aggregation:
  description: Aggregation method of the measures.
  returned: success
  type: str
  sample: mean
resample_s:
  description: Length in seconds to which measures were combined. Null if they are as Gnocchi has them.
  returned: success
  type: int
  sample: 86400
resources:
  description: Measured resources, by original ID. Null if they could not be read and O(on_error=warn).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID in Gnocchi.
      type: str
      returned: always
      sample: 36886229-f6f0-4784-a389-e78feab9b42a
    original_resource_id:
      description: ID under which samples are sent. The same as RV(resources[].id) if it is a UUID.
      type: str
      returned: always
      sample: 36886229-f6f0-4784-a389-e78feab9b42a
    type:
      description: Type of resource.
      type: str
      returned: always
      sample: instance
    name:
      description: Name. Null if the type has none.
      type: str
      returned: always
      sample: web-1
    started_at:
      description: When the resource was first seen, in UTC.
      type: str
      returned: always
      sample: "2026-10-10T21:10:00Z"
    ended_at:
      description: When the resource ended, in UTC. Null while it exists.
      type: str
      returned: always
      sample: "2026-11-20T21:10:00Z"
    attributes:
      description: Further attributes of its type.
      type: dict
      returned: always
      sample:
        display_name: web-1
        flavor_name: a2-ram4-disk20-perf1
    metrics:
      description: IDs of its metrics, by name.
      type: dict
      returned: always
      sample:
        cpu: e3aebc62-77d9-4516-a49a-2580686575e3
        vcpus: 6fce8350-e606-4dbc-85dd-1a6df0edfb54
    cpu_utilization:
      description:
        - Which part of its CPUs it used, from 0 to 1, of what RV(metrics[].granularity_s) says at a time, and
          what that comes to.
        - From how the mean of C(cpu) rose from one granule to the next, and C(vcpus), whatever O(aggregation)
          says. It is not known, and left out, without measures of both granules, where one of them is of a
          tenth fewer samples or not over, and where the counter began anew.
        - Null without O(summary), without both metrics among O(metrics), and where nothing is known.
      type: dict
      returned: always
      sample:
        min: 0.05
        mean: 0.182
        max: 0.7
        p95: 0.4
        last: 0.1
        last_at: "2026-11-21T04:00:00Z"
        count: 287
metrics:
  description: Metrics by resource and name. Null if they could not be read and O(on_error=warn).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the metric.
      type: str
      returned: always
      sample: 6fce8350-e606-4dbc-85dd-1a6df0edfb54
    name:
      description: Name of the metric.
      type: str
      returned: always
      sample: vcpus
    unit:
      description: Unit of its values. Null if the cloud does not report it.
      type: str
      returned: always
      sample: vcpu
    resource_id:
      description: RV(resources[].id) of its resource. Null for a metric without a resource.
      type: str
      returned: always
      sample: 36886229-f6f0-4784-a389-e78feab9b42a
    archive_policy:
      description: Name of its archive policy.
      type: str
      returned: always
      sample: ik-medium-rate
    granularity_s:
      description: Length in seconds of the time that each measure covers. Null if none were read.
      type: int
      returned: always
      sample: 300
    measures:
      description:
        - The measures by time, each with the begin of its granule and its value. Empty if there are none in
          the window.
        - Null without O(measures), or if they could not be read.
      type: list
      elements: dict
      returned: always
      sample:
        - timestamp: "2026-11-21T04:55:00Z"
          value: 2.0
    missing:
      description:
        - Number of past granules of the window without a measure. Granules before and after the resource
          existed do not count.
        - Null if no measures were read.
      type: int
      returned: always
      sample: 0
    summary:
      description:
        - Summary of the measures. C(p95) is the 95th percentile, C(last) the newest value, and C(count) their
          number.
        - Null without O(summary), or if there are no measures.
      type: dict
      returned: always
      sample:
        min: 2.0
        mean: 2.0
        max: 2.0
        p95: 2.0
        last: 2.0
        last_at: "2026-11-21T04:55:00Z"
        count: 288
archive_policies:
  description:
    - Archive policies by name. Null if they could not be read and O(on_error=warn).
    - C(definition) has, for each granularity, how many measures are kept and for how long. C(back_window) is
      the number of the coarsest granules for which a late sample is accepted.
  returned: success
  type: list
  elements: dict
  sample:
    - name: ik-medium-rate
      aggregation_methods: [count, max, mean, min, "rate:mean", std, sum]
      back_window: 0
      definition:
        - {granularity_s: 300, points: 2016, timespan_s: 604800}
        - {granularity_s: 3600, points: 1488, timespan_s: 5356800}
        - {granularity_s: 21600, points: 2928, timespan_s: 63244800}
reaggregated:
  description:
    - One series for all metrics of a name. C(count) is the number of metrics that have a measure, and
      C(missing) the number that have a gap.
    - Null without O(reaggregation), or if measures could not be read.
  returned: success
  type: list
  elements: dict
  sample:
    - name: vcpus
      unit: vcpu
      granularity_s: 300
      measures:
        - timestamp: "2026-11-21T04:55:00Z"
          value: 20.0
          count: 6
          missing: 0
"""

from datetime import datetime, timedelta
from typing import Any

from ..module_utils._ansible import cloud_arguments, window_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.named_windows import used_window
from ..module_utils._core.periods import Window, zone_named
from ..module_utils._openstack.connection import Cloud
from ..module_utils._openstack.metric import GENERIC
from ..module_utils._usage.measures import MetricOptions
from ..module_utils._usage.metrics import read_metrics
from ..module_utils._usage.series import AGGREGATE, REAGGREGATIONS, method_of

DAY = timedelta(days=1)


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **window_arguments.WINDOW,
            "begin": {"type": "str", "aliases": ["start"]},
            "end": {"type": "str", "aliases": ["stop"]},
            "resources": {"type": "list", "elements": "str", "default": []},
            "children": {"type": "bool", "default": False},
            "resource_type": {"type": "str", "default": GENERIC},
            "metrics": {"type": "list", "elements": "str", "default": []},
            "measures": {"type": "bool", "default": False},
            "summary": {"type": "bool", "default": False},
            "granularity": {"type": "int"},
            "aggregation": {"type": "str", "default": "mean"},
            "resample": {"type": "int"},
            "reaggregation": {"type": "str", "choices": list(REAGGREGATIONS)},
        },
        mutually_exclusive=[("window", "begin"), ("window", "end")],
        required_by={"end": "begin"},
        supports_check_mode=True,
    )

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        return read_metrics(cloud, _options(module.params, now), now)

    run_on_cloud(module, read)


def _options(params: dict[str, Any], now: datetime) -> MetricOptions:
    measured = params["measures"] or params["summary"] or params["reaggregation"]
    aggregation, resample_s = params["aggregation"], _seconds(params, "resample")
    if resample_s is not None and method_of(aggregation) not in AGGREGATE:
        raise InvalidOption(
            "resample", f"goes with an aggregation of {', '.join(AGGREGATE)}, not {aggregation}."
        )
    if params["children"] and not params["resources"]:
        raise InvalidOption("children", "are those of resources; name some there.")
    return MetricOptions(
        resources=_named(params, "resources"),
        children=params["children"],
        resource_type=_name(params["resource_type"], "resource_type"),
        metrics=_named(params, "metrics"),
        window=_window(params, now) if measured else None,
        granularity_s=_seconds(params, "granularity"),
        aggregation=aggregation,
        resample_s=resample_s,
        reaggregation=params["reaggregation"],
        with_measures=params["measures"],
        with_summary=params["summary"],
        on_error=params["on_error"],
    )


def _window(params: dict[str, Any], now: datetime) -> Window:
    """The window as far as it is past; the last 24 hours where none is named."""
    if params["window"] is None and params["begin"] is None:
        return Window(now - DAY, now)
    return used_window(
        params["window"], params["begin"], params["end"], zone_named(params["timezone"], "timezone"), now
    )


def _seconds(params: dict[str, Any], option: str) -> int | None:
    seconds: int | None = params[option]
    if seconds is not None and seconds <= 0:
        raise InvalidOption(option, "must be a number of seconds above zero.")
    return seconds


def _named(params: dict[str, Any], option: str) -> tuple[str, ...]:
    """The names of a list, each once. Raises InvalidOption for an empty one, which every ID begins with."""
    return tuple(dict.fromkeys(_name(one, option) for one in params[option]))


def _name(text: str, option: str) -> str:
    if not text.strip() or "/" in text:
        raise InvalidOption(
            option, f"'{text}' is neither a name nor an ID; it must not be empty or have a slash in it."
        )
    return text


if __name__ == "__main__":
    main()
