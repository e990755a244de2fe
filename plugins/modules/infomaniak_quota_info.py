# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_quota_info
short_description: Tell what a project may use, what of it is used, and whether a deployment fits
version_added: 0.1.0
description:
  - Reads limit, use and reservation of every quota of a project, one request per service.
  - Quotas have one naming for all services, in whole words and with the unit where it is no count, such as C(ram_mb), C(gigabytes) or
    C(floating_ips). C(docs/quotas.md) of the collection has the table from each service's and each C(openstack quota show) name to ours. A
    name that is not in the table is the service's own.
  - C(gigabytes) are volumes and snapshots together, C(gigabytes_<TYPE>), C(volumes_<TYPE>) and C(snapshots_<TYPE>) those of one volume
    type, C(object_storage_bytes_<POLICY>) and C(object_storage_objects_<POLICY>) those of one storage policy.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  services:
    description:
      - Which services to read. All that the cloud's catalog offers, where it is not given. Those of O(required) are always read.
      - A service that is named here and absent from the catalog is an error.
    type: list
    elements: str
    choices: [compute, block_storage, network, object_storage, load_balancer]
  count_load_balancers:
    description:
      - Whether to list the load balancers, one request more, as Octavia does not tell how many are in use.
      - C(load_balancers) in O(required) does the same.
    type: bool
    default: false
  required:
    description:
      - What a deployment adds, by the name of its quota, such as C(cores) or C(gigabytes_<TYPE>). Amounts are whole numbers, zero or more.
      - It fits where used, reserved and required together are not more than the limit, for each of them.
      - Of C(per_volume_gigabytes), C(metadata_items) and C(server_group_members) it is what the largest volume, server or server group
        will have, as nothing adds up against these.
      - A name that neither the table nor the cloud knows is refused. A service that is needed here and absent from the catalog is an error.
    type: dict
  fail_on_shortfall:
    description:
      - Whether the task fails where O(required) does not fit, or where nobody can tell because a service was not read or does not tell
        the use.
      - The task fails with the same result that it returns otherwise.
    type: bool
    default: false
  warn_at:
    description:
      - The part of a limit from which on a quota is listed in RV(above), a number from 0 to 1, quoted. V(0) lists all whose use is known.
    type: str
  packs:
    description:
      - Sets of limits that the provider sells, the lowest first, in place of Infomaniak's three. An empty list is for none.
    type: list
    elements: dict
    suboptions:
      level:
        description: Name of the pack.
        type: str
        required: true
      limits:
        description: Limits by the name of the quota. V(-1) and null are unlimited. What is not named, the pack leaves as it is.
        type: dict
        required: true
seealso:
  - module: finops.cloud.infomaniak_usage_info
"""

EXAMPLES = r"""
- name: What is left
  finops.cloud.infomaniak_quota_info:
    cloud: production
    count_load_balancers: true
    warn_at: "0"
  register: quota

- name: A table of it, the fullest first
  ansible.builtin.debug:
    msg: "{{ '%-24s %14s of %14s' | format(item.name, item.used + item.reserved, item.limit) }}"
  loop: "{{ quota.above }}"
  loop_control:
    label: "{{ item.service }}"

- name: Stop before a deployment that does not fit
  finops.cloud.infomaniak_quota_info:
    cloud: production
    required:
      instances: 3
      cores: 12
      ram_mb: 49152
      gigabytes: 300
      gigabytes_CEPH_1_perf1: 300
      floating_ips: 1
    fail_on_shortfall: true

- name: Which of another provider's packs would do
  finops.cloud.infomaniak_quota_info:
    cloud: elsewhere
    required: {cores: 40}
    packs:
      - {level: small, limits: {instances: 10, cores: 32}}
      - {level: large, limits: {instances: 100, cores: 400, volumes: -1}}
  register: plan
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
  returned: success, and where O(fail_on_shortfall) fails the task
  type: dict
  sample:
    compute:
      status: ok
      http_status: 200
      message: null
collected_at:
  description: When it was read, in UTC.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Whether all that exists was read.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: bool
  sample: true
quotas:
  description:
    - Quotas by service and name. A service that was not read is null.
    - C(limit) is null where C(unlimited). C(used) and C(reserved) are null where the service does not count them, as Octavia does for all
      (load balancers are counted where that is asked for) and Nova for key pairs.
    - C(free) is limit less used and reserved, and negative where a limit was lowered below the use. C(utilization) is the part of the
      limit that is taken, 1 for all of it. Both are null where the quota is unlimited or its use is not counted.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: dict
  sample:
    compute:
      cores:
        limit: 64
        used: 18
        reserved: 0
        free: 46
        utilization: 0.28125
        unlimited: false
pack:
  description:
    - The pack that has most limits equal to those that were read, the lower one where two have as many. Null where none has one.
    - C(differences) are the limits in which the project differs from it. A C(limit) or C(pack_limit) of null is unlimited.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: dict
  contains:
    level:
      description: Name of the pack.
      type: str
      returned: always
      sample: level2
    differences:
      description: Limits that are others than the pack's, by name.
      type: list
      elements: dict
      returned: always
      sample:
        - name: backup_gigabytes
          service: block_storage
          limit: 50000
          pack_limit: 5000
above:
  description: The limited quotas of which at least O(warn_at) is taken, the fullest first. Null without O(warn_at).
  returned: success, and where O(fail_on_shortfall) fails the task
  type: list
  elements: dict
  sample:
    - service: block_storage
      name: gigabytes_CEPH_1_perf2
      limit: 500
      used: 450
      reserved: 0
      free: 50
      utilization: 0.9
      unlimited: false
fits:
  description:
    - Whether O(required) fits. False where something is short, else null where something is in RV(unknown). Unknown is never true.
    - Null, as are RV(shortfalls), RV(unknown) and RV(smallest_pack), without O(required).
  returned: success, and where O(fail_on_shortfall) fails the task
  type: bool
  sample: false
shortfalls:
  description:
    - What of O(required) has no room. C(missing) is by how much the limit would have to grow; at the least so, where C(used) is null.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: list
  elements: dict
  sample:
    - name: cores
      service: compute
      limit: 64
      used: 20
      reserved: 0
      required: 48
      missing: 4
unknown:
  description: What of O(required) nobody can tell, and why.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: list
  elements: dict
  sample:
    - name: listeners
      service: load_balancer
      required: 2
      reason: load_balancer does not report how much of it is used
smallest_pack:
  description:
    - The lowest pack that has room for O(required) and for all that is used now. Null where none has, or where it cannot be known,
      such as when a service that it limits was not read.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: str
  sample: level2
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._ansible import cloud_arguments
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._openstack.connection import Cloud
from ..module_utils._usage.headroom import parse_required, parse_warn_at
from ..module_utils._usage.quota_packs import INFOMANIAK_PACKS, parse_packs
from ..module_utils._usage.quotas import SERVICES, QuotaOptions, read_quotas


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            "services": {"type": "list", "elements": "str", "choices": list(SERVICES)},
            "count_load_balancers": {"type": "bool", "default": False},
            "required": {"type": "dict"},
            "fail_on_shortfall": {"type": "bool", "default": False},
            "warn_at": {"type": "str"},
            "packs": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "level": {"type": "str", "required": True},
                    "limits": {"type": "dict", "required": True},
                },
            },
        },
        required_if=[("fail_on_shortfall", True, ["required"])],
        supports_check_mode=True,
    )

    def read(cloud: Cloud, _now: datetime) -> dict[str, Any]:
        return read_quotas(cloud, _options(module.params))

    run_on_cloud(module, read)


def _options(params: dict[str, Any]) -> QuotaOptions:
    return QuotaOptions(
        services=tuple(params["services"] or ()),
        on_error=params["on_error"],
        count_load_balancers=params["count_load_balancers"],
        required=None if params["required"] is None else parse_required(params["required"]),
        fail_on_shortfall=params["fail_on_shortfall"],
        packs=INFOMANIAK_PACKS if params["packs"] is None else parse_packs(params["packs"]),
        warn_at=None if params["warn_at"] is None else parse_warn_at(params["warn_at"]),
    )


if __name__ == "__main__":
    main()
