# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_metric_info
short_description: Tell what is measured of a project's resources
version_added: 0.1.0
description:
  - Reads from Gnocchi which resources of a project are measured and by which metrics, their measures in a window of time, what these come
    to, and by which archive policy they are kept.
  - The measures of many metrics are read in one request; how many servers there are does not matter. One request lists resources and one
    metrics, for each 1000 of them, or, with up to four O(metrics), one for each name and 1000 metrics of it. Measures are one request for
    each granularity and 250000 measures.
  - What was not measured is in no list and no sum, and counted in RV(metrics[].missing). It is never zero.
  - Measures are of one granularity each, which is told. Gnocchi itself gives those of all granularities at once where none is named, so
    that a sum has everything several times.
  - Changes nothing.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
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
      - IDs of resources, such as those of servers, volumes and floating IPs. All that the project has, where none is given.
      - A resource that is not there fails the task, or is named in RV(not_found) with O(on_error=warn).
    type: list
    elements: str
    default: []
  children:
    description:
      - Whether to take also what has an original ID that begins with one of O(resources), as a server's disks do.
      - It is what C(openstack metric resource search "original_resource_id like '<id>%'") finds.
    type: bool
    default: false
  resource_type:
    description:
      - Only resources of this type, such as V(instance), V(instance_disk) or V(volume). V(generic) is every type.
    type: str
    default: generic
  metrics:
    description:
      - Names of metrics, such as V(cpu), V(vcpus) and V(memory.usage), or IDs. All of the resources' metrics, where none is given.
      - One that none of the resources has fails the task, or is named in RV(not_found) with O(on_error=warn).
    type: list
    elements: str
    default: []
  measures:
    description: Whether to return the measures of each metric.
    type: bool
    default: false
  summary:
    description:
      - Whether to return what each metric's measures come to, and how much of their CPUs the servers used.
      - The use of CPUs needs V(cpu) and V(vcpus) among O(metrics).
    type: bool
    default: false
  window:
    description:
      - A window by its name, in O(timezone), as far as it is past. Mutually exclusive with O(begin) and O(end).
      - The last 24 hours where neither it nor O(begin) is given.
    type: str
    choices: [today, yesterday, current_month, previous_month, last_30_days]
  begin:
    description:
      - Begin of the window, a date or a date and time in ISO 8601, local in O(timezone) where no offset is written.
      - The first measure is that of the first granule that begins in the window, so that windows next to each other share none.
    type: str
    aliases: [start]
  end:
    description: End of the window, itself not in it. Now, where it is not given beside O(begin).
    type: str
    aliases: [stop]
  timezone:
    description: IANA time zone in which dates begin.
    type: str
    default: UTC
  granularity:
    description:
      - Seconds of which each measure tells, one of those that the metrics' archive policies keep.
      - Where it is not given, the finest one that is kept for as long as the window goes back and makes no more than 1000 measures of a
        metric of it, for each metric by its own archive policy. See RV(metrics[].granularity_s).
    type: int
  aggregation:
    description:
      - Which of the metrics' archive policies' methods has made one measure out of the samples of each granule, such as V(mean), V(max)
        or V(rate:mean).
    type: str
    default: mean
  resample:
    description:
      - Seconds to put measures together to, a multiple of their granularity. A day (86400) begins at 00:00 UTC.
      - By the method of O(aggregation), which has to be V(mean), V(sum), V(min), V(max), V(first) or V(last), or one of these behind
        V(rate:). A V(rate:) is put together as it is; Gnocchi itself would take the change of changes.
    type: int
  reaggregation:
    description:
      - How to put the measures of all metrics of one name together, in RV(reaggregated).
      - A V(sum) is null where one of the metrics has a gap, as it is not known then; others are of what was measured.
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

- name: How many CPUs did all servers have together
  finops.cloud.infomaniak_metric_info:
    cloud: production
    resource_type: instance
    metrics: [vcpus]
    reaggregation: sum

- name: How long are measures kept
  ansible.builtin.debug:
    msg: "{{ measured.archive_policies | selectattr('name', 'eq', 'ik-medium-rate') | map(attribute='definition') | first }}"

# Right-sizing: whoever was below a fifth of the CPUs in 95 of 100 hours of the last 30 days may need fewer of them, and whoever
# never used half of the memory less of that. A server without measures is in no list: it is not known to be idle.
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
    msg: "{{ item.name }}, a {{ item.attributes.flavor_name }}, used {{ (100 * item.cpu_utilization.p95) | round(1) }} % of its CPUs"
  loop: "{{ needed.resources | selectattr('cpu_utilization') | selectattr('cpu_utilization.p95', 'lt', 0.2) }}"
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
    metric:
      status: ok
      http_status: 200
      message: null
collected_at:
  description: When it was read, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Whether all that was asked for is there and was read.
  returned: success
  type: bool
  sample: true
not_found:
  description: What of O(resources) and O(metrics) the project does not have. Something with no measures in the window is not among it.
  returned: success
  type: dict
  sample:
    resources: []
    metrics: [gpu.usage]
period_start:
  description: Begin of the window in UTC; null where no measures were asked for.
  returned: success
  type: str
  sample: "2026-11-20T05:00:00Z"
period_end:
  description: End of the window in UTC, itself not in it; null where no measures were asked for.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
aggregation:
  description: By which method samples became measures.
  returned: success
  type: str
  sample: mean
resample_s:
  description: Seconds that measures were put together to; null where they are as Gnocchi has them.
  returned: success
  type: int
  sample: 86400
resources:
  description: What is measured, by its original ID; null where it could not be read and O(on_error=warn).
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
      description: ID under which it is sent in. It is RV(resources[].id) where that is a UUID.
      type: str
      returned: always
      sample: 36886229-f6f0-4784-a389-e78feab9b42a
    type:
      description: Type of resource.
      type: str
      returned: always
      sample: instance
    name:
      description: Name; null where the type has none.
      type: str
      returned: always
      sample: web-1
    started_at:
      description: Since when it is there, in UTC.
      type: str
      returned: always
      sample: "2026-10-10T21:10:00Z"
    ended_at:
      description: When it went, in UTC; null while it is there.
      type: str
      returned: always
      sample: "2026-11-20T21:10:00Z"
    attributes:
      description: What else its type tells.
      type: dict
      returned: always
      sample:
        display_name: web-1
        flavor_name: a2-ram4-disk20-perf1
    metrics:
      description: IDs of all of its metrics, by name.
      type: dict
      returned: always
      sample:
        cpu: e3aebc62-77d9-4516-a49a-2580686575e3
        vcpus: 6fce8350-e606-4dbc-85dd-1a6df0edfb54
    cpu_utilization:
      description:
        - Which part of its CPUs it used, from 0 to 1, of what RV(metrics[].granularity_s) says at a time, and what that comes to.
        - From how the mean of C(cpu) rose from one granule to the next, and C(vcpus), whatever O(aggregation) says. It is not known, and
          left out, without measures of both granules, where one of them is of a tenth fewer samples or not over, and where the counter
          began anew.
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
  description: What it is measured by, by resource and name; null where it could not be read and O(on_error=warn).
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
      description: What its values are counted in; null where the cloud does not tell.
      type: str
      returned: always
      sample: vcpu
    resource_id:
      description: RV(resources[].id) of what it is of; null for a metric of no resource.
      type: str
      returned: always
      sample: 36886229-f6f0-4784-a389-e78feab9b42a
    archive_policy:
      description: Name of the archive policy that it is kept by.
      type: str
      returned: always
      sample: ik-medium-rate
    granularity_s:
      description: Seconds of which each measure tells; null where none were read.
      type: int
      returned: always
      sample: 300
    measures:
      description:
        - The measures in order of time, when each granule begins and its value. An empty list where there are none in the window.
        - Null without O(measures), and where they could not be read.
      type: list
      elements: dict
      returned: always
      sample:
        - timestamp: "2026-11-21T04:55:00Z"
          value: 2.0
    missing:
      description:
        - How many granules of the window that are over have no measure, not counting those before the resource was there and after.
        - Null where no measures were read.
      type: int
      returned: always
      sample: 0
    summary:
      description:
        - What the measures come to. C(p95) is the 95th percentile, C(last) the newest value, C(count) how many there are.
        - Null without O(summary), and where there are none.
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
    - How the metrics are kept, by name; null where it could not be read and O(on_error=warn).
    - C(definition) says for each granularity how many measures are kept and for how long. C(back_window) is how many of the coarsest
      granules back a sample may still come in.
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
    - One series for all metrics of a name. C(count) is how many metrics have a measure there, C(missing) how many have a gap.
    - Null without O(reaggregation), and where measures could not be read.
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

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._ansible import arguments, cloud_arguments
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.periods import Window, used_window, zone_named
from ..module_utils._openstack.connection import Cloud
from ..module_utils._openstack.metric import GENERIC
from ..module_utils._usage.measures import MetricOptions
from ..module_utils._usage.metrics import read_metrics
from ..module_utils._usage.series import AGGREGATE, REAGGREGATIONS, method_of

DAY = timedelta(days=1)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **arguments.WINDOW,
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
        raise InvalidOption(option, "is in seconds, above zero.")
    return seconds


def _named(params: dict[str, Any], option: str) -> tuple[str, ...]:
    """What a list names, each once. Raises InvalidOption for an empty text, which every id would begin with."""
    return tuple(dict.fromkeys(_name(one, option) for one in params[option]))


def _name(text: str, option: str) -> str:
    if not text.strip() or "/" in text:
        raise InvalidOption(option, f"'{text}' is no name and no ID.")
    return text


if __name__ == "__main__":
    main()
