# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: office_hours
short_description: Stop and start servers by a schedule
version_added: 0.1.0
description:
  - Stops or shelves servers when their hours end, and starts them when their hours begin. Run it often, such
    as every 15 minutes; the role P(finops.cloud.office_hours#role) does that for several clouds.
  - Only servers that ask for it take part. They have a schedule in C(finops_schedule) of their metadata, or
    stand in O(servers). All others are left alone.
  - A schedule has edges, the moments at which hours begin or end. A server is acted upon once for each edge,
    and C(finops_state) of its metadata remembers the last one. So a server that somebody started stays up
    until the next edge, and one that somebody stopped is not started. A run that comes late, or that failed,
    is made up for by the next one.
  - Every act is a row of the ledger, with what an hour off is expected to save, as the newest rated hour
    shows it.
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
  servers:
    description: Servers with a schedule of the task's own. It takes precedence over their metadata.
    type: list
    elements: dict
    default: []
    suboptions:
      server:
        description: ID or name of the server.
        type: str
        required: true
      schedule:
        description: The schedule, written as in O(timezone).
        type: str
        required: true
      order:
        description: The group of the server, as C(finops_order) of the metadata names it.
        type: int
        default: 0
  timezone:
    description:
      - IANA time zone of schedules that name none.
      - A schedule is one or more parts joined by C(;), and the name of a zone at its end, such as
        C(mon-fri 07:00-19:00; sat 08:00-12:00 Europe/Zurich). Days are named singly, as a range or as
        C(daily). Hours that pass midnight belong to the day on which they begin. C(always) and C(off) are
        schedules too.
    type: str
    default: UTC
  holidays:
    description: Local dates on which no hours begin.
    type: list
    elements: str
    default: []
  exceptions:
    description: Local dates with hours of their own, for all schedules.
    type: list
    elements: dict
    default: []
    suboptions:
      date:
        description: The date.
        type: str
        required: true
      hours:
        description: Its hours, such as V(08:00-12:00), V(always) or V(off).
        type: str
        required: true
  action:
    description:
      - What happens when hours end. V(shelve) also frees the place on the hypervisor, is slower, and may be
        refused when the server is to come back.
      - Choose what your cloud does not charge. A stopped server costs its disk, address and GPU on
        Infomaniak, and its full price on some other clouds.
    type: str
    default: stop
    choices: [stop, shelve]
  grace:
    description: How long a new server is left alone.
    type: str
    default: 60m
  shortest_off:
    description: A server whose hours begin again within this time is not stopped.
    type: str
    default: 60m
  include_gpu:
    description: Whether servers with a GPU are stopped. Many clouds charge the GPU of a stopped server.
    type: bool
    default: false
  group_timeout:
    description:
      - Servers are started in the ascending order of C(finops_order) in their metadata, and stopped in the
        descending one. A group begins once the one before it is done.
      - How long to wait for that, in seconds. If a server of a group fails, later groups are left for the
        next run.
    type: int
    default: 300
notes:
  - Servers that are locked, busy, in another status than C(ACTIVE), C(SHUTOFF) or shelved, or that have a
    GPU, are left alone and reported.
  - The task fails at its end if a schedule cannot be read or an action failed. All other servers are dealt
    with before.
seealso:
  - module: openstack.cloud.server_action
    description: Stops or starts one server at once.
  - module: finops.cloud.cost_summary_info
"""

EXAMPLES = r"""
- name: Servers that carry finops_schedule keep their hours
  finops.cloud.office_hours:
    cloud: production
    ledger: sqlite:////var/lib/finops/ledger.db
    timezone: Europe/Zurich
    holidays: ["2026-12-25", "2026-12-26"]
    exceptions:
      - {date: "2026-12-24", hours: 07:00-12:00}

- name: Servers that the team lists, and nothing else changes
  finops.cloud.office_hours:
    cloud: production
    servers:
      - {server: web-1, schedule: mon-fri 07:00-19:00 Europe/Zurich}
  check_mode: true
  diff: true
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
ledger_created:
  description: Whether this task created the ledger.
  returned: success
  type: bool
  sample: false
servers:
  description: Every server that has a schedule, by name.
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
    schedule:
      description: Its schedule.
      type: str
      returned: always
      sample: mon-fri 07:00-19:00 Europe/Zurich
    order:
      description: Its group.
      type: int
      returned: always
      sample: 0
    edge:
      description: What its newest edge is, V(on) if hours began, V(off) if they ended. Null if the schedule
        cannot be read.
      type: str
      returned: always
      sample: "off"
    edge_at:
      description: When that was, in UTC. Null if the schedule has no edge.
      type: str
      returned: always
      sample: "2026-11-20T18:00:00Z"
    next_edge_at:
      description: When the next edge is, in UTC. Null if there is none within 400 days.
      type: str
      returned: always
      sample: "2026-11-23T06:00:00Z"
    action:
      description: What was done, or would be in check mode; V(stop), V(start), V(shelve), V(unshelve), or
        null for nothing.
      type: str
      returned: always
      sample: stop
    reason:
      description:
        - Why. V(edge) if hours began or ended, V(as_wanted) if the server is as its schedule wants it,
          V(by_hand) if somebody stopped or started it.
        - Left alone are servers with V(busy), V(locked), V(gpu), V(status), V(grace), V(starts_soon),
          V(budget) (stopped for a budget), V(held_back) (an earlier group failed) and V(conflict) (it changed
          in the meantime).
        - The task fails for V(failed) and V(invalid).
      type: str
      returned: always
      sample: edge
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
  description: Servers that were deleted while a schedule kept them off, as this run has seen. They save
    nothing more from now on. Always empty in check mode.
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

from datetime import date, datetime
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.periods import parse_duration
from ..module_utils._openstack.connection import Cloud
from ..module_utils._savings.office_hours import SCHEDULE, OfficeRules
from ..module_utils._savings.office_hours_run import Listed, OfficeOptions, keep_office_hours
from ..module_utils._savings.schedules import Hours, Schedule, parse_date, parse_hours, parse_schedule


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **arguments.LEDGER,
            "servers": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "server": {"type": "str", "required": True},
                    "schedule": {"type": "str", "required": True},
                    "order": {"type": "int", "default": 0},
                },
            },
            "timezone": {"type": "str", "default": "UTC"},
            "holidays": {"type": "list", "elements": "str", "default": []},
            "exceptions": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "date": {"type": "str", "required": True},
                    "hours": {"type": "str", "required": True},
                },
            },
            "action": {"type": "str", "default": "stop", "choices": ["stop", "shelve"]},
            "grace": {"type": "str", "default": "60m"},
            "shortest_off": {"type": "str", "default": "60m"},
            "include_gpu": {"type": "bool", "default": False},
            "group_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )

    def work(cloud: Cloud, now: datetime) -> dict[str, Any]:
        ledger = arguments.ledger_options(module.params)
        return keep_office_hours(cloud, ledger, options(module.params, module.check_mode), now)

    run_on_cloud(module, work, "ledger")


def options(params: dict[str, Any], check_mode: bool) -> OfficeOptions:
    """The options as values. Raises InvalidOption."""
    zone, dates = params["timezone"], own_dates(params)
    # A zone that is none is the task's mistake, and no server's.
    parse_schedule("off", "timezone", zone)
    if params["group_timeout"] < 0:
        raise InvalidOption("group_timeout", "must be a number of seconds, zero or more.")

    def parse(text: str) -> Schedule:
        return parse_schedule(text, SCHEDULE, zone, dates)

    listed = {}
    for number, row in enumerate(params["servers"]):
        schedule = parse_schedule(row["schedule"], f"servers[{number}].schedule", zone, dates)
        listed[row["server"]] = Listed(schedule, row["order"])
    rules = OfficeRules(
        params["action"],
        parse_duration(params["grace"], "grace"),
        parse_duration(params["shortest_off"], "shortest_off"),
        params["include_gpu"],
    )
    return OfficeOptions(parse, listed, rules, params["group_timeout"], check_mode)


def own_dates(params: dict[str, Any]) -> dict[date, tuple[Hours, ...]]:
    """The hours of dates that have hours of their own. Raises InvalidOption."""
    found: dict[date, tuple[Hours, ...]] = {
        parse_date(text, f"holidays[{number}]"): () for number, text in enumerate(params["holidays"])
    }
    for number, row in enumerate(params["exceptions"]):
        day = parse_date(row["date"], f"exceptions[{number}].date")
        if day in found:
            raise InvalidOption(f"exceptions[{number}].date", f"{day} has hours, or is a holiday, already.")
        found[day] = parse_hours(row["hours"], f"exceptions[{number}].hours")
    return found


if __name__ == "__main__":
    main()
