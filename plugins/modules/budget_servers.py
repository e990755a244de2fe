# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: budget_servers
short_description: Stop servers for budgets that reached a threshold, and start them when the period ends
version_added: 0.1.0
description:
  - Stops or shelves servers in the scope of each budget that the owner's policy names in
    O(finops.cloud.cost_policy#module:stop_at) or O(finops.cloud.cost_policy#module:shelve_at), once the alert
    of that threshold has fired on actual spend.
  - Only servers whose owners allow it take part. They have V(true) in C(finops_stoppable) of their metadata.
    All others are left alone.
  - Starts what it stopped when the period of the alert is over, when the alert was re-armed, such as by a
    higher limit, or when the policy asks for it no more. Nothing else is started.
  - It is asked for by the owner of the budgets, never by a pipeline. On PostgreSQL it needs a login of
    C(finops_owner). Every act is a row of the ledger.
  - A server is stopped once for each alert. If somebody starts it, it stays up until the next alert. If
    somebody stopped it, it is not started.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._ledger
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_cloud_and_ledger
attributes:
  check_mode:
    support: full
    details:
      - Lists the servers and reports what would be done.
  diff_mode:
    support: full
    details:
      - Shows the status of each server that is acted upon, before and after.
  idempotent:
    support: full
options:
  dry_run:
    description: Whether only to report what would be done. Set it to V(false) once you have seen that.
    type: bool
    default: true
  cool_down:
    description: How long a server is not stopped again after it was stopped for a budget, such as V(24h).
    type: str
    default: 24h
  group_timeout:
    description:
      - Servers are stopped in the descending order of C(finops_order) in their metadata, and started in the
        ascending one. A group begins once the one before it is done.
      - How long to wait for that, in seconds. If a server of a group fails, later groups are left for the
        next run.
    type: int
    default: 300
notes:
  - Servers that are locked, busy, or in another status than C(ACTIVE), C(SHUTOFF) or shelved, are left alone
    and reported.
  - The task fails at its end if the metadata of a server cannot be read or an action failed. All other
    servers are dealt with before. What failed is tried again by the next run.
seealso:
  - module: finops.cloud.cost_policy
  - module: finops.cloud.budget_actions
  - module: finops.cloud.office_hours
"""

EXAMPLES = r"""
- name: The owner says at which threshold servers are stopped
  finops.cloud.cost_policy:
    ledger: sqlite:////var/lib/finops/ledger.db
    stop_at: {production: "1"}

- name: Look which servers would be stopped now
  finops.cloud.budget_servers:
    cloud: production
    ledger: sqlite:////var/lib/finops/ledger.db
  register: planned

- name: Tell each of them
  ansible.builtin.debug:
    msg: "{{ item.action }} {{ item.name }} for {{ item.budget }}: {{ item.reason }}"
  loop: "{{ planned.servers | selectattr('action') }}"
  loop_control:
    label: "{{ item.name }}"

- name: Every few minutes, as the owner
  finops.cloud.budget_servers:
    cloud: production
    ledger: sqlite:////var/lib/finops/ledger.db
    dry_run: false
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
  returned: success
  type: dict
  sample:
    name: production
    auth_url: https://api.example.com/identity/v3
    region: dc3-a
    project_id: 5ce1f2a0b3d94
    project_name: PCP-DEMO001
collected_at:
  description: When the servers were listed, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
ledger:
  description: The ledger that was used, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
servers:
  description: Every server that may be stopped for a budget, or that was, by name.
  returned: success, and failure of a server
  type: list
  elements: dict
  contains:
    id:
      description: ID of the server.
      type: str
      returned: always
      sample: 9f4a0d5c-2f0e-5a4b-8a55-0d3c1b7c6f11
    name:
      description: Name of the server.
      type: str
      returned: always
      sample: web-1
    status:
      description: Its status when it was listed.
      type: str
      returned: always
      sample: ACTIVE
    order:
      description: Its group.
      type: int
      returned: always
      sample: 0
    budget:
      description: Name of the budget that asks for it, or did. Null if none does.
      type: str
      returned: always
      sample: production
    alert:
      description: ID of its alert. Null if there is none.
      type: str
      returned: always
      sample: production/monthly/2026-11-01T00:00:00Z/actual/1
    action:
      description: What was done, or would be with O(dry_run) or in check mode; V(stop), V(start), V(shelve),
        V(unshelve), or null for nothing.
      type: str
      returned: always
      sample: stop
    reason:
      description:
        - Why. V(reached) stops. V(period_over), V(rearmed) and V(not_asked_for) start.
        - Nothing is done for V(within) (nothing asks for it), V(off) (it is off for a budget), V(schedule)
          (it is off by its hours, and stays so until no budget asks for it), V(by_hand) (somebody stopped or
          started it), V(cool_down) and V(done_before) (this alert has stopped it before).
        - Left alone are servers with V(busy), V(locked), V(status), V(held_back) (an earlier group failed)
          and V(conflict) (it changed in the meantime).
        - The task fails for V(failed) and V(invalid).
      type: str
      returned: always
      sample: reached
    error:
      description: What went wrong. Null if nothing did.
      type: str
      returned: always
      sample: null
    saves_per_hour:
      description: What an hour off is expected to save, which is what the server cost as compute in the
        newest rated hour. Null for other actions, and if the ledger does not know it.
      type: str
      returned: always
      sample: "0.35"
    currency:
      description: Currency of C(saves_per_hour). Null if that is null.
      type: str
      returned: always
      sample: ICU
deleted_servers:
  description: Servers that were deleted while a budget kept them off, as this run has seen. They save nothing
    more from now on. Always empty with O(dry_run) and in check mode.
  returned: success, and failure of a server
  type: list
  elements: dict
  contains:
    id:
      description: ID of the server.
      type: str
      returned: always
      sample: 9f4a0d5c-2f0e-5a4b-8a55-0d3c1b7c6f11
    name:
      description: The name that it had. Null if the ledger does not know it.
      type: str
      returned: always
      sample: web-1
  sample: []
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.periods import parse_duration
from ..module_utils._openstack.connection import Cloud
from ..module_utils._savings.budget_stops_run import BudgetStopOptions, act_on_servers


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **arguments.LEDGER,
            "dry_run": {"type": "bool", "default": True},
            "cool_down": {"type": "str", "default": "24h"},
            "group_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )

    def work(cloud: Cloud, now: datetime) -> dict[str, Any]:
        dry_run, seconds = module.params["dry_run"], module.params["group_timeout"]
        if seconds < 0:
            raise InvalidOption("group_timeout", "must be a number of seconds, zero or more.")
        cool_down = parse_duration(module.params["cool_down"], "cool_down")
        options = BudgetStopOptions(cool_down, seconds, module.check_mode or dry_run)
        result = act_on_servers(cloud, arguments.ledger_options(module.params), options, now)
        return {**result, "changed": result["changed"] and not dry_run}

    run_on_cloud(module, work, "ledger")


if __name__ == "__main__":
    main()
