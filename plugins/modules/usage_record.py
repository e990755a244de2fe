# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: usage_record
short_description: Record the current usage
version_added: 0.1.0
description:
  - Records what a project of OpenStack uses and may use at this moment, or has a VergeOS system generate a
    billing record, and keeps it in the ledger. M(finops.cloud.usage_record_info) summarizes such records over
    time.
  - A record of a project has the cores and RAM of its servers, GPUs and vGPUs as their flavors request them,
    storage of each volume type (volumes and snapshots together), and stored objects. Totals are the quotas.
    There is no quota of GPUs.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._vergeos
  - finops.cloud._ledger
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - Keeps nothing. Returns the record of a project all the same. A VergeOS system is not asked for a
        record, so that none is returned.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Every run takes another record.
options:
  source:
    description: What to record, a project of OpenStack or a VergeOS system. O(host) and a login are required
      with V(vergeos).
    type: str
    default: openstack
    choices: [openstack, vergeos]
  state:
    description:
      - V(generated) takes a record. The request that makes a VergeOS system generate one is sent once and
        never repeated. If its answer is lost, the system's own list then shows whether it generated one.
    type: str
    default: generated
    choices: [generated]
seealso:
  - module: finops.cloud.usage_record_info
  - module: finops.cloud.vergeos_billing_info
"""

EXAMPLES = r"""
- name: Every hour
  finops.cloud.usage_record:
    cloud: production
    ledger: sqlite:////var/lib/finops/ledger.db

- name: Let a VergeOS system record itself
  finops.cloud.usage_record:
    source: vergeos
    host: vergeos.example.com
    token: "{{ vergeos_token }}"
  register: generated
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
record:
  description:
    - The record that was taken; null in check mode with O(source=vergeos).
    - Sizes are in bytes, MB and GB of 1024-based units. C(tiers) are the tiers of a VergeOS system, or the
      volume types of a project. C(from) and C(to) are what it is for, null where it is of one moment.
    - A number is null where the source does not tell it, where it could not be read, and where there is no
      limit. C(unlimited) names the totals without a limit, C(cores), C(ram), C(storage), C(tier:NAME) and
      C(object_storage), and C(unknown) the fields that the source did not report; C(complete) is true if
      there are none. A utilization is null where what is used or its total is.
  returned: success
  type: dict
  sample:
    source: vergeos
    system: vergeos.example.com
    region: null
    project_id: null
    project_name: production
    key: 4711
    description: Billing report 4711
    used_cores: 32
    total_cores: 64
    online_cores: 60
    phys_total_cpu_percent: 75
    total_nodes: 4
    online_nodes: 4
    running_machines: 25
    used_ram_mb: 65536
    total_ram_mb: 131072
    online_ram_mb: 131072
    phys_ram_used_bytes: 68719476736
    phys_vram_used_bytes: 17179869184
    gpus_total: 4
    gpus_used: 2
    gpus_idle: 2
    vgpus_total: 8
    vgpus_used: 4
    vgpus_idle: 4
    workload_datapoints: 1000
    storage_datapoints: 500
    complete: true
    created: "2026-11-01T00:00:00Z"
    created_epoch: 1793491200
    from: "2026-10-31T23:00:00Z"
    from_epoch: 1793487600
    to: "2026-11-01T00:00:00Z"
    to_epoch: 1793491200
    sent: null
    sent_epoch: null
    used_ram_gb: 64.0
    total_ram_gb: 128.0
    online_ram_gb: 128.0
    phys_ram_used_gb: 64.0
    phys_vram_used_gb: 16.0
    tiers:
      - {name: "0", used_bytes: 107374182400, used_gb: 100.0, total_bytes: 1099511627776, total_gb: 1024.0}
    total_storage_used_bytes: 107374182400
    total_storage_used_gb: 100.0
    total_storage_total_bytes: 1099511627776
    total_storage_total_gb: 1024.0
    object_storage_used_bytes: null
    object_storage_used_gb: null
    object_storage_total_bytes: null
    object_storage_total_gb: null
    cpu_utilization_percent: 50.0
    ram_utilization_percent: 50.0
    gpu_utilization_percent: 50.0
    vgpu_utilization_percent: 50.0
    unlimited: []
    unknown: []
complete:
  description: Whether all was read that the record should tell. What was not is null in the record, and named
    in its C(unknown).
  returned: success
  type: bool
  sample: true
cloud:
  description: The cloud, region and project of the login, as in its token.
  returned: success, with O(source=openstack)
  type: dict
  sample:
    name: production
    auth_url: https://api.example.com/identity/v3
    region: dc3-a
    project_id: 5ce1f2a0b3d94
    project_name: PCP-DEMO001
services:
  description: How reading each service went, by its name; C(status) is V(ok), V(absent), V(forbidden) or
    V(error).
  returned: success, with O(source=openstack)
  type: dict
  sample:
    compute: {status: ok, http_status: 200, message: null}
collected_at:
  description: When the cloud was read, in UTC.
  returned: success, with O(source=openstack)
  type: str
  sample: "2026-11-21T05:00:00Z"
system:
  description: The VergeOS system that was asked, with its name and version.
  returned: success, with O(source=vergeos)
  type: dict
  sample: {host: vergeos.example.com, cloud_name: production, version: 26.1.8}
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments, vergeos_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._ansible.run_on_system import run_on_system
from ..module_utils._core.periods import now_utc
from ..module_utils._core.usage_record import OPENSTACK, VERGEOS
from ..module_utils._core.writer import recorded_by
from ..module_utils._openstack.connection import Cloud
from ..module_utils._records.take import generate, take
from ..module_utils._vergeos.system import System


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **vergeos_arguments.CONNECTION,
            **arguments.LEDGER,
            "source": {"type": "str", "default": OPENSTACK, "choices": [OPENSTACK, VERGEOS]},
            "state": {"type": "str", "default": "generated", "choices": ["generated"]},
        },
        required_if=[("source", VERGEOS, ("host",)), ("source", VERGEOS, ("token", "username"), True)],
        supports_check_mode=True,
    )
    params = module.params

    def of_system() -> dict[str, Any]:
        ledger = arguments.ledger_options(params)
        with System(vergeos_arguments.vergeos_options(params)) as system:
            return generate(system, ledger, now_utc(), recorded_by(), module.check_mode)

    def of_project(cloud: Cloud, now: datetime) -> dict[str, Any]:
        ledger = arguments.ledger_options(params)
        return take(cloud, ledger, params["on_error"], now, recorded_by(), module.check_mode)

    if params["source"] == VERGEOS:
        run_on_system(module, of_system, "ledger")
    else:
        run_on_cloud(module, of_project, "ledger")


if __name__ == "__main__":
    main()
