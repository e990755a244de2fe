# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_usage_info
short_description: Tell what a project uses, now and over a period
version_added: 0.1.0
description:
  - Counts what a project of an OpenStack cloud uses, such as servers, vCPUs, RAM, volumes, networks, floating IPs, load balancers
    and objects; lists them as rows of one shape, grouped by their metadata, with those that cost and do nothing.
  - What could not be read is null and named, never zero.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  detail:
    description:
      - V(totals) takes what quotas count, in 6 requests with the login, however large the project is.
      - V(summary) also lists servers, volumes and floating IPs, for their states, flavors, types and sizes, in 8 requests and one
        more per further 1000 servers or volumes.
      - V(resources) lists snapshots, backups, load balancers, containers and the project's own images too and tells each of them, in 10
        requests and one more per further 1000 of a kind.
    type: str
    default: summary
    choices: [totals, summary, resources]
  services:
    description:
      - Which services to read. All that the cloud's catalog offers, where it is not given.
      - A service that is named here and absent from the catalog is an error.
      - V(image) is read with O(detail=resources) only.
    type: list
    elements: str
    choices: [compute, block_storage, network, object_storage, load_balancer, image]
  window:
    description:
      - Also tell the hours that servers, their vCPUs, RAM and disk were used in this window, in one request more per 1000 servers.
    type: str
    choices: [today, yesterday, current_month, previous_month, last_30_days]
  begin:
    description:
      - Begin of the period whose hours are told, a date or a date and time in ISO 8601, in O(timezone) where no offset is written.
    type: str
  end:
    description:
      - Its end, itself not in it. Now, where it is not given or lies ahead, as nothing is used yet of what lies ahead.
    type: str
  timezone:
    description:
      - IANA name of the time zone in which days and months begin.
    type: str
    default: UTC
  regions:
    description:
      - Read these regions with one login, in parallel. RV(usage) is their sum then, RV(regions) tells them apart.
      - A service that one of them lacks adds nothing there. Where O(services) names it, that is an error, and the sum is null.
    type: list
    elements: str
  types:
    description:
      - Only resources of these types in RV(resources), RV(groups) and RV(idle).
    type: list
    elements: str
    choices:
      - compute.instance
      - storage.volume
      - storage.snapshot
      - storage.backup
      - network.floating_ip
      - network.load_balancer
      - object_storage.container
      - image.image
  name:
    description:
      - Only resources with a name like this, V(*) for any text and V(?) for any character.
    type: str
  metadata:
    description:
      - Only resources with all of this metadata.
      - Of floating IPs, load balancers and images, tags written as C(key=value) are their metadata.
    type: dict
  group_by:
    description:
      - A metadata key. RV(groups) tells the counters of the resources for each of its values.
      - A resource without the key belongs to the group of what it hangs on, such as a volume to that of its server.
    type: str
  idle:
    description:
      - Also tell in RV(idle) what costs and does nothing.
    type: bool
    default: false
  old_snapshot_days:
    description:
      - From which age on a snapshot is told by O(idle).
    type: int
    default: 30
  dest:
    description:
      - A file for the resources, in place of returning them. CSV where its name ends in C(.csv), JSON lines where it ends in C(.jsonl)
        or C(.ndjson).
      - It is written beside its place and moved there when it is whole, with mode 0600. Where it would be the same, it stays.
      - C(age_hours) is left out, as it would never be the same.
    type: path
seealso:
  - module: finops.cloud.infomaniak_quota_info
  - module: finops.cloud.infomaniak_cost_info
"""

EXAMPLES = r"""
- name: What do we use
  finops.cloud.infomaniak_usage_info:
    cloud: production
  register: used

- name: Say it
  ansible.builtin.debug:
    msg: "{{ used.usage.compute.instance_count }} servers, {{ used.usage.storage.unattached_count }} volumes that hang on nothing"

- name: Only the counters, as fast as it gets
  finops.cloud.infomaniak_usage_info:
    cloud: production
    detail: totals
    services: [compute]

- name: How many vCPU hours were used last month, in Swiss days
  finops.cloud.infomaniak_usage_info:
    cloud: production
    window: previous_month
    timezone: Europe/Zurich
    detail: totals
    services: [compute]
  register: last_month

- name: Who uses how much, by the metadata key that our servers and volumes carry
  finops.cloud.infomaniak_usage_info:
    cloud: production
    detail: resources
    group_by: team
  register: by_team

- name: What costs and does nothing
  finops.cloud.infomaniak_usage_info:
    cloud: production
    detail: resources
    idle: true
    old_snapshot_days: 90
  register: used

- name: Say it
  ansible.builtin.debug:
    msg: "{{ item.name }} ({{ item.type }}): {{ item.reason }}, {{ item.age_hours // 24 }} days old"
  loop: "{{ used.idle }}"
  loop_control:
    label: "{{ item.id }}"

- name: Everything of a large project into a file
  finops.cloud.infomaniak_usage_info:
    cloud: production
    regions: [dc3-a, dc4-a]
    detail: resources
    dest: /var/lib/finops/resources.jsonl
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
timestamp:
  description: The same as RV(collected_at).
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Whether all that exists was read.
  returned: success
  type: bool
  sample: true
usage:
  description: What is used. A number that was not read, or that RV(usage) does not tell with this O(detail), is null.
  returned: success
  type: dict
  contains:
    compute:
      description:
        - Servers. C(counted_from) says whether C(quotas) or the list of C(servers) was counted.
        - C(total_disk_gb) is the root and ephemeral disk of the flavors, C(allocated_disk_gb) without the root disks of servers that
          boot from a volume, which are not there.
        - With a period, C(server_hours), C(vcpu_hours), C(ram_mb_hours) and C(disk_gb_hours) from C(period_start) to C(period_end), of
          C(period_server_count) servers, deleted ones included; stopped ones count, and a resized one counts as what it is now.
      type: dict
      returned: when compute is read
      sample:
        counted_from: servers
        instance_count: 5
        total_vcpus: 18
        total_ram_mb: 61440
        total_ram_gb: 60.0
        total_disk_gb: 200
        allocated_disk_gb: 180
        by_status: {ACTIVE: 4, SHUTOFF: 1}
        by_flavor: {a2-ram4-disk20-perf1: 5}
    storage:
      description:
        - Volumes, snapshots and backups. C(total_size_gb) is that of the volumes.
        - C(volumes_and_snapshots_gb) is what the quota counts together.
      type: dict
      returned: when block storage is read
      sample:
        volume_count: 8
        total_size_gb: 850
        volumes_and_snapshots_gb: 1600
        attached_count: 5
        unattached_count: 3
        by_type: {CEPH_1_perf1: {count: 6, size_gb: 600}, CEPH_1_perf2: {count: 2, size_gb: 250}}
        snapshot_count: 3
        snapshot_gb: null
        backup_count: 1
        backup_gb: 10
    network:
      description: What the project owns, not what it can see.
      type: dict
      returned: when network or load balancer is read
      sample:
        network_count: 2
        subnet_count: 2
        port_count: 6
        router_count: 1
        security_group_count: 4
        floating_ip_count: 3
        floating_ips_in_use: 1
        load_balancer_count: 1
    object_storage:
      description: The account of the project. Swift updates these counters with some delay. One of a policy that it does not tell is null.
      type: dict
      returned: when object storage is read
      sample:
        container_count: 3
        object_count: 20
        total_bytes: 1430000
        total_size_gb: 0.001
        by_policy: {policy-0: {container_count: 3, object_count: 20, total_bytes: 1430000}}
    image:
      description: The images that the project owns.
      type: dict
      returned: when images are read
      sample: {image_count: 2, total_bytes: 5368709120}
regions:
  description: RV(services), RV(complete) and RV(usage) of each region.
  returned: with O(regions)
  type: dict
  sample:
    dc3-a:
      services: {compute: {status: ok, http_status: 200, message: null}}
      complete: true
      usage: {compute: {instance_count: 5}}
resources:
  description:
    - Everything that was listed and not filtered out, without O(dest).
    - C(size) is in C(size_unit); C(kind) is a flavor, volume type or storage policy; C(attached_to) are IDs of what it hangs on.
  returned: with O(detail=resources), without O(dest)
  type: list
  elements: dict
  sample:
    - type: storage.volume
      id: 7b1e8e6e-33a7-4c0e-9c8f-4b6f1f1c8f0a
      name: db-1-data
      status: in-use
      size: 200
      size_unit: GB
      kind: CEPH_1_perf2
      created_at: "2026-10-10T17:00:00Z"
      age_hours: 1000.0
      attached_to: [0f0c3b1e-5d0c-4d43-8a2e-7d1f6d1f2a11]
      metadata: {team: shop}
      region: dc3-a
resource_count:
  description: How many resources there are in RV(resources) or in the file.
  returned: with O(detail=resources)
  type: int
  sample: 23
dest:
  description: The file that has the resources.
  returned: with O(dest)
  type: str
  sample: /var/lib/finops/resources.jsonl
groups:
  description:
    - Counters of the resources by the value of O(group_by), the group with most resources first; C(group) is null for those without.
    - A counter is null where what it counts was not read, and where that hangs on what was not read, so that nobody knows its group.
      C(resource_count) is of the resources that were read.
  returned: with O(group_by)
  type: list
  elements: dict
  sample:
    - group: shop
      resource_count: 9
      instance_count: 4
      total_vcpus: 10
      total_ram_mb: 28672
      total_disk_gb: 120
      volume_count: 5
      total_size_gb: 330
      snapshot_count: 0
      snapshot_gb: 0
      backup_count: 0
      backup_gb: 0
      floating_ip_count: 0
      load_balancer_count: 0
      container_count: 0
      object_count: 0
      total_bytes: 0
      image_count: 0
      image_bytes: 0
idle:
  description:
    - What costs and does nothing, the oldest first, as in RV(resources) with a C(reason).
    - C(stopped), C(stopped_with_floating_ip) or C(stopped_with_gpu) of a server, C(unattached) of a volume, C(unassociated) of a
      floating IP, C(old) of a snapshot, C(empty) of a load balancer without listener or pool.
  returned: with O(idle)
  type: list
  elements: dict
  sample:
    - type: storage.volume
      id: 3c1d6a34-2b1e-4a31-9a4e-5a2b4b1c9e77
      name: spare-1
      status: available
      size: 10
      size_unit: GB
      kind: CEPH_1_perf1
      created_at: "2026-11-08T17:00:00Z"
      age_hours: 300.0
      attached_to: []
      metadata: {}
      region: dc3-a
      reason: unattached
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._ansible import arguments, cloud_arguments
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.periods import iso, used_window, zone_named
from ..module_utils._core.rows_file import checked
from ..module_utils._openstack.connection import Cloud
from ..module_utils._usage.resources import TYPES, Filter
from ..module_utils._usage.usage import DETAILS, SERVICES, UsageOptions, read_usage


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **arguments.WINDOW,
            "detail": {"type": "str", "default": "summary", "choices": list(DETAILS)},
            "services": {"type": "list", "elements": "str", "choices": list(SERVICES)},
            "regions": {"type": "list", "elements": "str"},
            "types": {"type": "list", "elements": "str", "choices": list(TYPES)},
            "name": {"type": "str"},
            "metadata": {"type": "dict"},
            "group_by": {"type": "str"},
            "idle": {"type": "bool", "default": False},
            "old_snapshot_days": {"type": "int", "default": 30},
            "dest": {"type": "path"},
        },
        mutually_exclusive=[("window", "begin"), ("window", "end"), ("region_name", "regions")],
        required_by={"end": "begin"},
        supports_check_mode=True,
    )

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        options = _options(module.params, now, module.check_mode)
        return {**read_usage(cloud, options, now), "timestamp": iso(now)}

    run_on_cloud(module, read)


def _options(params: dict[str, Any], now: datetime, check_mode: bool) -> UsageOptions:
    asked = params["window"] or params["begin"]
    zone = zone_named(params["timezone"], "timezone")
    metadata = {key: str(value) for key, value in (params["metadata"] or {}).items()}
    return UsageOptions(
        services=tuple(params["services"] or ()),
        detail=params["detail"],
        on_error=params["on_error"],
        period=used_window(params["window"], params["begin"], params["end"], zone, now) if asked else None,
        regions=tuple(dict.fromkeys(params["regions"] or ())),
        filter=Filter(tuple(params["types"] or ()), params["name"], metadata),
        group_by=params["group_by"],
        idle=params["idle"],
        old_snapshot_days=params["old_snapshot_days"],
        dest=checked(params["dest"]),
        check_mode=check_mode,
    )


if __name__ == "__main__":
    main()
