# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: infomaniak_quota_info
short_description: Tell what a project may use, what of it is used, and what is left
version_added: 0.1.0
description:
  - Reads limit, use and reservation of every quota of a project, one request per service.
  - Quotas keep the name that their service gives them, so that they can be looked up there. RAM is in MB, C(gigabytes) are volumes and
    snapshots together, C(gigabytes_<type>) those of one volume type, object storage C(bytes) are bytes.
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
      - Which services to read. All that the cloud's catalog offers, where it is not given.
      - A service that is named here and absent from the catalog is an error.
    type: list
    elements: str
    choices: [compute, block_storage, network, object_storage, load_balancer]
seealso:
  - module: finops.cloud.infomaniak_usage_info
"""

EXAMPLES = r"""
- name: What is left
  finops.cloud.infomaniak_quota_info:
    cloud: production
  register: quota

- name: Stop before a deployment of 12 vCPUs that does not fit
  ansible.builtin.assert:
    that: quota.quotas.compute.cores.unlimited or quota.quotas.compute.cores.free >= 12
    fail_msg: "{{ quota.quotas.compute.cores.free }} vCPUs are left, 12 are needed"
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
complete:
  description: Whether all that exists was read.
  returned: success
  type: bool
  sample: true
quotas:
  description:
    - Quotas by service and name. A service that was not read is null.
    - C(limit) is null where C(unlimited). C(used) and C(reserved) are null where the service does not count them, as Octavia does for all
      and Nova for key pairs.
    - C(free) is limit less used and reserved, and negative where a limit was lowered below the use. C(utilization) is the part of the
      limit that is taken, 1 for all of it. Both are null where the quota is unlimited or its use is not counted.
  returned: success
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
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._ansible import arguments
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import run_on_cloud
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._metering.quotas import SERVICES, QuotaOptions, read_quotas


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **arguments.CONNECTION,
            **arguments.ON_ERROR,
            "services": {"type": "list", "elements": "str", "choices": list(SERVICES)},
        },
        supports_check_mode=True,
    )

    def read(cloud: Cloud, _now: datetime) -> dict[str, Any]:
        return read_quotas(cloud, QuotaOptions(tuple(module.params["services"] or ()), module.params["on_error"]))

    run_on_cloud(module, read)


if __name__ == "__main__":
    main()
