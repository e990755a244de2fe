# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_usage_info
short_description: Get the resource usage of a project, now and over a period
version_added: 0.1.0
description:
  - Counts what a project uses, such as servers, vCPUs, RAM, volumes, shares, networks, floating IPs, load
    balancers and objects. Lists resources in rows of one shape, groups them by metadata, and finds idle ones.
  - Values that could not be read are null, and the reason is reported. They are never zero.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._files
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  detail:
    description:
      - V(totals) reads what quotas count, in 6 requests with the login, however large the project is.
      - V(summary) adds servers, volumes and floating IPs by state, flavor, type and size, in 8 requests and
        one more per further 1000 servers or volumes.
      - V(resources) also lists snapshots, backups, load balancers, containers and the project's own images,
        and returns each resource, in 10 requests and one more per further 1000 of a kind.
      - Each takes one more request where the catalog has shared file systems.
    type: str
    default: summary
    choices: [totals, summary, resources]
  services:
    description:
      - Services to read. Defaults to every service that the catalog offers.
      - A service that is named here but absent from the catalog is an error.
      - V(image) is read with O(detail=resources) only.
    type: list
    elements: str
    choices: [compute, block_storage, network, object_storage, load_balancer, image, shared_file_system]
  window:
    description:
      - Named window for which to return the hours that servers, vCPUs, RAM and disk were used. This takes one
        more request per 1000 servers. Without it and O(begin) no hours are returned.
    type: str
    choices: [today, yesterday, previous_week, current_month, previous_month, last_30_days]
  begin:
    description:
      - Begin of the period whose hours are returned, a date or a date and time in ISO 8601. Local to
        O(timezone) unless an offset is written.
    type: str
  end:
    description: End of the period (exclusive). Defaults to now, also if it lies in the future. Requires
      O(begin).
    type: str
  timezone:
    description: IANA time zone in which days and months begin.
    type: str
    default: UTC
  regions:
    description:
      - Regions to read in parallel, with one login. RV(usage) is their sum, and RV(regions) has each of them.
        Defaults to the region of the login.
      - A service that one of them lacks adds nothing. If O(services) names it, that is an error and the sum
        is null.
    type: list
    elements: str
  types:
    description: Only resources of these types in RV(resources), RV(groups) and RV(idle). Defaults to all
      types.
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
      - storage.share
  name:
    description: Only resources whose name matches. V(*) matches any text and V(?) any character.
    type: str
  metadata:
    description:
      - Only resources with all of this metadata.
      - Tags of floating IPs, load balancers and images that are written as C(key=value) are metadata.
    type: dict
  group_by:
    description:
      - A metadata key. RV(groups) returns the counters for each of its values.
      - A resource without the key belongs to the group of what it is attached to, such as a volume to the
        group of its server.
    type: str
  idle:
    description: Whether to return idle resources in RV(idle), which cost money and do nothing.
    type: bool
    default: false
  old_snapshot_days:
    description: Age in days from which a snapshot is idle.
    type: int
    default: 30
  dest:
    description:
      - Path of a file to write the resources to, instead of returning them. The file is CSV if the name ends
        in C(.csv), and JSON lines if it ends in C(.jsonl) or C(.ndjson).
      - The file is replaced in one step when it is complete. It is left alone if nothing differs.
        It has mode 0600 unless O(mode) is given.
      - C(age_hours) is left out of the file, as it differs at every run.
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
    msg: "{{ used.usage.compute.instance_count }} servers, {{ used.usage.storage.unattached_count }} volumes
      that hang on nothing"

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
timestamp:
  description: The same as RV(collected_at).
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Whether everything that exists was read.
  returned: success
  type: bool
  sample: true
usage:
  description: What is used. A number that was not read, or that this O(detail) does not include, is null.
  returned: success
  type: dict
  contains:
    compute:
      description:
        - Servers. C(counted_from) says whether C(quotas) or the list of C(servers) was counted.
        - C(total_disk_gb) is the root and ephemeral disk of the flavors, C(allocated_disk_gb) without the
          root disks of servers that boot from a volume, which are not there.
        - With a period, C(server_hours), C(vcpu_hours), C(ram_mb_hours) and C(disk_gb_hours) from
          C(period_start) to C(period_end), of C(period_server_count) servers, deleted ones included; stopped
          ones count, and a resized one counts as what it is now.
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
      description: Resources that the project owns, not those that it can see.
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
      description: The account of the project. Swift updates these counters with some delay. The counter of a
        policy that it does not report is null.
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
    shared_file_system:
      description: The project's own shares. C(total_size_gb) is theirs, without snapshots. Null where the
        catalog has no shared file systems.
      type: dict
      returned: when shared file systems are read
      sample:
        share_count: 3
        total_size_gb: 330
        by_status: {available: 3}
        by_type: {cephfs: {count: 1, size_gb: 300}, nfs: {count: 2, size_gb: 30}}
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
    - C(size) is in C(size_unit). C(kind) is a flavor, volume type, share type or storage policy.
      C(attached_to) has the IDs of what the resource is attached to.
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
  description: Number of resources in RV(resources) or in the file.
  returned: with O(detail=resources)
  type: int
  sample: 23
dest:
  description: Path of the file with the resources.
  returned: with O(dest)
  type: str
  sample: /var/lib/finops/resources.jsonl
groups:
  description:
    - Counters of the resources by the value of O(group_by), the group with the most resources first. C(group)
      is null for resources without a value.
    - A counter is null where what it counts was not read or is not in the catalog, and where that hangs on
      what was not read, so that nobody knows its group. C(resource_count) is of the resources that were read.
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
      share_count: 0
      share_gb: 0
idle:
  description:
    - Idle resources, the oldest first, as in RV(resources) with a C(reason).
    - C(stopped), C(stopped_with_floating_ip) or C(stopped_with_gpu) of a server, C(unattached) of a volume,
      C(unassociated) of a floating IP, C(old) of a snapshot, C(empty) of a load balancer without listener or
      pool.
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

from ..module_utils._ansible import arguments, cloud_arguments, window_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.files import parse_attributes
from ..module_utils._core.named_windows import used_window
from ..module_utils._core.periods import iso, zone_named
from ..module_utils._core.rows_file import checked
from ..module_utils._openstack.connection import Cloud
from ..module_utils._usage.resources import TYPES, Filter
from ..module_utils._usage.usage import DETAILS, SERVICES, UsageOptions, read_usage


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **window_arguments.WINDOW,
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
            **arguments.FILE,
        },
        mutually_exclusive=[("window", "begin"), ("window", "end"), ("region_name", "regions")],
        required_by={"end": "begin", **dict.fromkeys(arguments.FILE, "dest")},
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
        attributes=parse_attributes(params),
        check_mode=check_mode,
    )


if __name__ == "__main__":
    main()
