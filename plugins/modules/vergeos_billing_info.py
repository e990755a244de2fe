# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vergeos_billing_info
short_description: List and summarize the billing records of a VergeOS system
version_added: 0.1.0
description:
  - Lists the billing records that a VergeOS system keeps of itself, gets one or the newest, and summarizes
    those of a window. It changes nothing.
  - Records have the same shape as those of M(finops.cloud.usage_record_info), which reads the ledger.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._vergeos
  - finops.cloud._usage_records
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_vergeos
seealso:
  - module: finops.cloud.usage_record
  - module: finops.cloud.cost_import_vergeos
    description: Imports these records into the ledger, at your prices.
"""

EXAMPLES = r"""
- name: The newest record
  finops.cloud.vergeos_billing_info:
    host: vergeos.example.com
    token: "{{ vergeos_token }}"
    latest: true
  register: now

- name: Last month in figures
  finops.cloud.vergeos_billing_info:
    since: "2026-10-01"
    until: "2026-11-01"
    timezone: Europe/Zurich
    summary: true
  environment:
    VERGEOS_HOST: vergeos.example.com
    VERGEOS_USERNAME: reader
    VERGEOS_PASSWORD: "{{ vergeos_password }}"

- name: The second page of a list
  finops.cloud.vergeos_billing_info:
    host: vergeos.example.com
    token: "{{ vergeos_token }}"
    fields: [created, used_cores, tiers]
    limit: 50
    offset: 50
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
system:
  description: The VergeOS system that was asked, with its name and version.
  returned: success
  type: dict
  sample: {host: vergeos.example.com, cloud_name: production, version: 26.1.8}
record:
  description:
    - The record that was asked for, of which O(fields) may choose.
    - Sizes are in bytes, MB and GB of 1024-based units. C(tiers) are the tiers of a VergeOS system, or the
      volume types of a project. C(from) and C(to) are what it is for, null where it is of one moment.
    - A number is null where the source does not tell it, where it could not be read, and where there is no
      limit. C(unlimited) names the totals without a limit, C(cores), C(ram), C(storage), C(tier:NAME) and
      C(object_storage), and C(unknown) the fields that the source did not report; C(complete) is true if
      there are none. A utilization is null where what is used or its total is.
  returned: success, with O(key) or O(latest)
  type: dict
  sample: &record
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
records:
  description: Records as RV(record), the newest first.
  returned: success, without O(key), O(latest) and O(summary)
  type: list
  elements: dict
  sample:
    - *record
next_offset:
  description: O(offset) of the next page. Null if this is the last one.
  returned: success, without O(key), O(latest) and O(summary)
  type: int
  sample: null
summary:
  description:
    - What the records come to. Averages are weighted by the time that each record is for, C(to) less C(from);
      where it does not say, by the time since the record before it in the window. A record for no time counts
      in peaks only.
    - There are C(cores), C(ram_gb), C(storage_gb), C(object_storage_gb), C(gpus), C(vgpus), and in
      C(tiers_gb) each kind of storage by its name. C(total) is that of the newest record. C(without_used)
      says how many records do not tell what is used; they are in none of the figures. C(without_total) says
      how many of the others have no total, or none above zero; they are not in those of utilization.
    - C(incomplete_count) is how many records are not complete, C(newest) and C(oldest) when they were
      created, and C(weight_seconds) what all weigh together. C(tiers_gb) is empty where there are no records.
  returned: success, with O(summary)
  type: dict
  sample:
    period_start: "2026-10-01T00:00:00Z"
    period_end: "2026-11-01T00:00:00Z"
    record_count: 744
    incomplete_count: 0
    weight_seconds: 2678400
    newest: "2026-10-31T23:00:00Z"
    oldest: "2026-10-01T00:00:00Z"
    cores: &measure
      total: 64
      average_used: 30.5
      peak_used: 40
      average_utilization_percent: 47.65625
      peak_utilization_percent: 62.5
      without_used: 0
      without_total: 0
    ram_gb: *measure
    storage_gb: *measure
    object_storage_gb: *measure
    gpus: *measure
    vgpus: *measure
    tiers_gb:
      "0": *measure
"""

from typing import Any

from ..module_utils._ansible import vergeos_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.record_arguments import QUESTION, refuse_two_questions
from ..module_utils._ansible.run_on_system import run_on_system
from ..module_utils._records.questions import SystemRecords, answer, parse_question
from ..module_utils._vergeos.system import System


def main() -> None:
    module = FinopsModule(
        argument_spec={**vergeos_arguments.CONNECTION, **QUESTION},
        required_one_of=[("token", "username")],
        supports_check_mode=True,
    )

    def read() -> dict[str, Any]:
        params = module.params
        refuse_two_questions(params["latest"], params["summary"], params["key"])
        question = parse_question(params)
        with System(vergeos_arguments.vergeos_options(params)) as system:
            return {"system": system.to_result(), **answer(SystemRecords(system), question)}

    run_on_system(module, read)


if __name__ == "__main__":
    main()
