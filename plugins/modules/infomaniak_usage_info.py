# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_usage_info
short_description: Tell what a project uses now
version_added: 0.1.0
description:
  - Counts what a project of an OpenStack cloud uses, such as servers, vCPUs, RAM, volumes, networks, floating IPs, load balancers
    and objects.
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
    type: str
    default: summary
    choices: [totals, summary]
  services:
    description:
      - Which services to read. All that the cloud's catalog offers, where it is not given.
      - A service that is named here and absent from the catalog is an error.
    type: list
    elements: str
    choices: [compute, block_storage, network, object_storage, load_balancer]
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
  description: How reading went, by service.
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
        - C(total_disk_gb) is the root and ephemeral disk of the flavors.
      type: dict
      returned: when compute is read
      sample:
        counted_from: servers
        instance_count: 5
        total_vcpus: 18
        total_ram_mb: 61440
        total_ram_gb: 60.0
        total_disk_gb: 200
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
      description: The account of the project. Swift updates these counters with some delay.
      type: dict
      returned: when object storage is read
      sample:
        container_count: 3
        object_count: 20
        total_bytes: 1430000
        total_size_gb: 0.001
        by_policy: {policy-0: {container_count: 3, object_count: 20, total_bytes: 1430000}}
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import run_on_cloud
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import iso
from ansible_collections.finops.cloud.plugins.module_utils._metering.usage import (
    DETAILS,
    SERVICES,
    UsageOptions,
    read_usage,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.CONNECTION,
            **arguments.ON_ERROR,
            "detail": {"type": "str", "default": "summary", "choices": list(DETAILS)},
            "services": {"type": "list", "elements": "str", "choices": list(SERVICES)},
        },
        supports_check_mode=True,
    )

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        params = module.params
        options = UsageOptions(tuple(params["services"] or ()), params["detail"], params["on_error"])
        return {**read_usage(cloud, options), "timestamp": iso(now)}

    run_on_cloud(module, read)


if __name__ == "__main__":
    main()
