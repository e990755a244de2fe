# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_quota_info
short_description: Get a project's quotas and their use, and check whether a deployment fits
version_added: 0.1.0
description:
  - Reads limit, use and reservation of every quota of a project, with one request per service.
  - Quotas have one naming for all services, in whole words and with a unit unless it is a count, such as
    C(ram_mb), C(gigabytes) or C(floating_ips). C(docs/quotas.md) of the collection has the table from each
    service's name and C(openstack quota show) name to ours. A name that is not in the table is the service's
    own.
  - C(gigabytes) are volumes and snapshots together. C(gigabytes_<TYPE>), C(volumes_<TYPE>) and
    C(snapshots_<TYPE>) are those of one volume type, C(object_storage_bytes_<POLICY>) and
    C(object_storage_objects_<POLICY>) those of one storage policy.
  - The quotas of shared file systems (Manila), DNS (Designate), the key manager (Barbican) and databases
    (Trove) have the names of their APIs. Those that Nova or Cinder have too are written with the service in
    front of them in O(required) and O(packs), such as C(shared_file_system.gigabytes).
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  services:
    description:
      - Services to read. Defaults to every service that the catalog offers. Those in O(required) are always
        read.
      - A service that is named here but absent from the catalog is an error.
    type: list
    elements: str
    choices:
      - compute
      - block_storage
      - network
      - object_storage
      - load_balancer
      - shared_file_system
      - dns
      - key_manager
      - database
  count_load_balancers:
    description:
      - Whether to count the load balancers, as Octavia does not report their use. This takes one more
        request.
      - C(load_balancers) in O(required) counts them too.
    type: bool
    default: false
  required:
    description:
      - What a deployment adds, by name of the quota, such as C(cores) or C(gigabytes_<TYPE>). Amounts are
        whole numbers, zero or more.
      - It fits if used, reserved and required together do not exceed the limit, for each quota.
      - For C(per_volume_gigabytes), C(metadata_items), C(server_group_members), C(per_share_gigabytes) and
        quotas of each zone, it is what the largest volume, server, server group, share or zone will have, as
        nothing adds up against these.
      - An unknown name is refused. A service that is needed here but absent from the catalog is an error.
    type: dict
  fail_on_shortfall:
    description:
      - Whether to fail the task if O(required) does not fit, or if that is unknown because a service was not
        read or does not report its use.
      - A failed task returns the same result. Requires O(required).
    type: bool
    default: false
  warn_at:
    description: Fraction of a limit from which a quota is listed in RV(above), from 0 to 1, quoted. V(0)
      lists every quota whose use is known.
    type: str
  packs:
    description:
      - Sets of limits that the provider sells, the lowest first. Defaults to Infomaniak's three. An empty
        list means none.
    type: list
    elements: dict
    suboptions:
      level:
        description: Name of the pack.
        type: str
        required: true
      limits:
        description: Limits by name of the quota. V(-1) and null mean unlimited. A quota without a limit here
          is not compared.
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
  returned: success, and where O(fail_on_shortfall) fails the task
  type: dict
  sample:
    compute:
      status: ok
      http_status: 200
      message: null
collected_at:
  description: When the cloud was read, in UTC.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: str
  sample: "2026-11-21T05:00:00Z"
complete:
  description: Whether everything that exists was read.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: bool
  sample: true
quotas:
  description:
    - Quotas by service and name. A service that was not read is null.
    - C(limit) is null if C(unlimited). C(used) and C(reserved) are null if the service does not report them,
      such as Octavia (load balancers are counted on request), Designate and Barbican for everything, and Nova
      for key pairs.
    - C(free) is the limit minus used and reserved, and negative if a limit was lowered below the use.
      C(utilization) is the fraction of the limit that is taken. Both are null if the quota is unlimited or
      its use is not reported.
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
    - The pack with the most limits equal to those that were read, and the lower one of two with the same
      number. Null if no limit is equal.
    - C(differences) are the limits in which the project differs from it. A C(limit) or C(pack_limit) of null
      is unlimited.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: dict
  contains:
    level:
      description: Name of the pack.
      type: str
      returned: always
      sample: level2
    differences:
      description: Limits that differ from the pack's, by name.
      type: list
      elements: dict
      returned: always
      sample:
        - name: backup_gigabytes
          service: block_storage
          limit: 50000
          pack_limit: 5000
above:
  description: The limited quotas with a utilization of at least O(warn_at), the fullest first. Null without
    O(warn_at).
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
    - Whether O(required) fits. False if something does not fit, or else null if something is in RV(unknown).
      Unknown is never true.
    - Null, as are RV(shortfalls), RV(unknown) and RV(smallest_pack), without O(required).
  returned: success, and where O(fail_on_shortfall) fails the task
  type: bool
  sample: false
shortfalls:
  description: The part of O(required) that does not fit. C(missing) is by how much the limit would have to
    grow, or at least have to grow if C(used) is null.
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
  description: The part of O(required) for which this is unknown, and why.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: list
  elements: dict
  sample:
    - name: listeners
      service: load_balancer
      required: 2
      reason: load_balancer does not report how much of it is used
smallest_pack:
  description: The lowest pack with room for O(required) and everything that is used now. Null if there is
    none, or if that is unknown, such as when a service that it limits was not read.
  returned: success, and where O(fail_on_shortfall) fails the task
  type: str
  sample: level2
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import cloud_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._openstack.connection import Cloud
from ..module_utils._usage.headroom import parse_required, parse_warn_at
from ..module_utils._usage.quota_packs import INFOMANIAK_PACKS, parse_packs
from ..module_utils._usage.quotas import SERVICES, QuotaOptions, read_quotas


def main() -> None:
    module = FinopsModule(
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
