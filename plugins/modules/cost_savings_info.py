# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_savings_info
short_description: Find where money goes for nothing, and what would change it
version_added: 0.1.0
description:
  - Returns one recommendation for each thing that could cost less. Servers that do nothing, that are larger
    than what they use, or that are used in office hours only, volumes that are attached to nothing, floating
    IPs without a port, and old snapshots.
  - Each has its cost now and after, at prices that the project was rated at or that the cloud quotes, its
    effort and risk, how sure it is and why, and the command and the task that do it.
  - Nothing is advised from measures that do not reach, and no smaller memory where memory is not measured.
    RV(left_out) says why nothing is advised for a server.
  - Leaves out a resource whose metadata has C(finops_savings) with the value C(ignore), or a floating IP with
    the tag C(finops_savings=ignore), and says so in RV(left_out).
  - Reads servers in pages of 1000 and their measures in one request for each granularity and 250000
    measures. Changes nothing.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._rating
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  kinds:
    description: Kinds of recommendations. Defaults to all.
    type: list
    elements: str
    choices: [delete_unattached, release_address, delete_old_snapshot, change_volume_type, stop_idle, resize,
      schedule]
  currency:
    description: ISO 4217 code, or V(ICU), of the amounts.
    type: str
    required: true
  price_sources:
    description:
      - Where prices come from, in this order. V(observed) is what the project's own resources were rated at
        in the last 24 rated hours, V(quote) is what the cloud quotes, one request for each size that is not
        observed.
      - A size without a price is never recommended.
    type: list
    elements: str
    choices: [observed, quote]
    default: [observed, quote]
  stopped_servers_are_free:
    description: Whether a stopped server costs nothing but its disks and addresses. A cloud that rates
      nothing then does not say so, and what V(stop_idle) and V(schedule) save is unknown without this.
    type: bool
    default: false
  lookback_days:
    description: How many days of measures are looked at.
    type: int
    default: 30
  minimum_days:
    description: How many days of measures a server needs at least since its size last changed.
    type: int
    default: 14
  minimum_hours:
    description: How many measured hours it needs at least. They have to be on five weekdays.
    type: int
    default: 100
  cpu_target_percent:
    description: How much of the CPUs the 95th percentile of hours uses at most after a resize.
    type: int
    default: 60
  burst_target_percent:
    description: How much of the CPUs the 99.5th percentile of five minutes uses at most after a resize.
    type: int
    default: 90
  ram_target_percent:
    description: How much of the memory is used at most after a resize.
    type: int
    default: 80
  idle_vcpus:
    description: How many CPUs an idle server uses at most in 97 of 100 hours. Quote it.
    type: str
    default: "0.03"
  office_hours:
    description: Weekdays and whole hours outside of which a server may be stopped.
    type: str
    default: mon-fri 07:00-19:00
  timezone:
    description: IANA time zone of O(office_hours).
    type: str
    default: UTC
  unattached_days:
    description: How old a volume or floating IP that nobody uses has to be.
    type: int
    default: 7
  old_snapshot_days:
    description: How old a snapshot has to be.
    type: int
    default: 30
  volume_types_by_speed:
    description:
      - Names of volume types that differ in speed and price only, such as V(CEPH_1_perf1) and
        V(CEPH_1_perf2). Nothing but your provider's description tells whether they do; replication or
        encryption may differ, too.
      - With them, V(change_volume_type) of O(kinds) recommends the cheapest of them for volumes that are
        attached to nothing. No type is recommended for a volume in use, as no cloud tells what a type
        carries.
      - Two at least. Required if O(kinds) names V(change_volume_type).
    type: list
    elements: str
    default: []
  team_tag:
    description: Key of the metadata that names the team of a resource.
    type: str
    default: team
seealso:
  - module: finops.cloud.infomaniak_metric_info
  - module: finops.cloud.infomaniak_usage_info
  - module: finops.cloud.cost_anomaly_info
"""

EXAMPLES = r"""
- name: Where does money go for nothing
  finops.cloud.cost_savings_info:
    cloud: production
    currency: CHF
    timezone: Europe/Zurich
  register: savings

- name: Say it
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.kind }} saves CHF {{ item.saving_per_month }} a month, risk
      {{ item.risk }}: {{ item.commands | first }}"
  loop: "{{ savings.recommendations }}"
  loop_control:
    label: "{{ item.name }}"

- name: Only smaller servers, with more room for peaks
  finops.cloud.cost_savings_info:
    cloud: production
    currency: CHF
    kinds: [resize]
    cpu_target_percent: 40
    ram_target_percent: 60

- name: Volumes that are kept for later, on a cheaper type
  finops.cloud.cost_savings_info:
    cloud: production
    currency: CHF
    kinds: [change_volume_type]
    volume_types_by_speed: [CEPH_1_perf1, CEPH_1_perf2]
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
complete:
  description: Whether all that exists was read.
  returned: success
  type: bool
  sample: true
currency:
  description: Currency of all amounts.
  returned: success
  type: str
  sample: CHF
lookback_days:
  description: How many days of measures were looked at.
  returned: success
  type: int
  sample: 30
hours_per_month:
  description: How many hours a month has in these amounts.
  returned: success
  type: int
  sample: 730
saving_per_month:
  description: What all recommendations with a known price save together, each resource counted once. Null if
    there are recommendations and no price is known.
  returned: success
  type: str
  sample: "45.26"
unknown_count:
  description: How many recommendations have no known price. They are not in the sum.
  returned: success
  type: int
  sample: 0
recommendations:
  description: The recommendations, those that add most to the sum first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The same whenever it is asked for.
      type: str
      returned: always
      sample: 0a1f3c5e7a9b1d3f
    kind:
      description: What is recommended.
      type: str
      returned: always
      sample: resize
    resource_id:
      description: ID of the resource.
      type: str
      returned: always
      sample: 36886229-f6f0-4784-a389-e78feab9b42a
    name:
      description: Its name, of a floating IP its address.
      type: str
      returned: always
      sample: db-1
    type:
      description: C(instance), C(volume), C(floating_ip) or C(snapshot).
      type: str
      returned: always
      sample: instance
    project_id:
      description: ID of its project.
      type: str
      returned: always
      sample: b30781c9679b4ede8107bae21990153e
    project_name:
      description: Name of its project.
      type: str
      returned: always
      sample: PCP-ABC1234
    team:
      description: Value of its O(team_tag). Null without one.
      type: str
      returned: always
      sample: shop
    tags:
      description: Its metadata or tags.
      type: dict
      returned: always
      sample: {team: shop}
    current:
      description: What it is, such as its flavor.
      type: str
      returned: always
      sample: a8-ram16-disk0-perf1
    recommended:
      description: What it would be. Null for what would be gone.
      type: str
      returned: always
      sample: a4-ram8-disk0-perf1
    cost_per_month:
      description: What it costs now. Null if its price is not known. Disks and addresses of a server are
        not in it.
      type: str
      returned: always
      sample: "23.5"
    cost_after_per_month:
      description: What it would cost. Null if that is not known.
      type: str
      returned: always
      sample: "11.75"
    saving_per_month:
      description: The difference, as if nothing else of RV(recommendations) was done. Null if that is not
        known.
      type: str
      returned: always
      sample: "11.75"
    counted_per_month:
      description: What it adds to the sum. Of several recommendations for one resource one counts, and a
        schedule counts on what a resize leaves. Null if that is not known.
      type: str
      returned: always
      sample: "11.75"
    why_unknown:
      description: Why a price is not known. Null if all are.
      type: str
      returned: always
      sample: null
    price_source:
      description: Where the price that it would have is from. Null if it is not known.
      type: str
      returned: always
      sample: "observed: rated through 2026-11-28T09:00:00Z"
    effort:
      description: V(low) or V(medium).
      type: str
      returned: always
      sample: medium
    risk:
      description: V(low), V(medium), V(high), or V(unknown) if memory is not measured.
      type: str
      returned: always
      sample: medium
    restart_needed:
      description: Whether a server is stopped for it.
      type: bool
      returned: always
      sample: true
    undo_possible:
      description: Whether it can be undone.
      type: bool
      returned: always
      sample: true
    confidence:
      description: V(high), V(medium) or V(low).
      type: str
      returned: always
      sample: high
    reasons:
      description: What it rests on.
      type: list
      elements: str
      returned: always
      sample: [720 hours are measured since its size last changed.]
    hours_measured:
      description: How many hours were measured while it ran. Null for what is not measured.
      type: int
      returned: always
      sample: 720
    overlaps:
      description: IDs of other recommendations for the same resource.
      type: list
      elements: str
      returned: always
      sample: []
    commands:
      description: Commands of OpenStack's command line that do it. A resize is confirmed after a look at the
        server.
      type: list
      elements: str
      returned: always
      sample:
        - openstack server resize --wait --flavor 7e2b 36886229-f6f0-4784-a389-e78feab9b42a
        - openstack server resize confirm 36886229-f6f0-4784-a389-e78feab9b42a
    task:
      description: Name and options of a module of C(openstack.cloud) that does it. Empty if none can.
      type: dict
      returned: always
      sample: {openstack.cloud.server_action: {server: 36886229-f6f0-4784-a389-e78feab9b42a, action: stop}}
left_out:
  description: The servers for which nothing is advised, the volumes that another type was looked at for, and
    what its owner wants no advice for, and why.
  returned: success
  type: list
  elements: dict
  contains:
    resource_id:
      description: ID of the resource.
      type: str
      returned: always
      sample: 36886229-f6f0-4784-a389-e78feab9b42a
    name:
      description: Its name, of a floating IP its address.
      type: str
      returned: always
      sample: web-1
    type:
      description: C(instance), or C(volume), C(floating_ip) or C(snapshot).
      type: str
      returned: always
      sample: instance
    reason:
      description: Why.
      type: str
      returned: always
      sample: right_sized
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.money import parse_amount, parse_currency
from ..module_utils._core.periods import zone_named
from ..module_utils._openstack.connection import Cloud
from ..module_utils._savings.advice import CHANGE_VOLUME_TYPE, KINDS
from ..module_utils._savings.right_sizing import SizingRule, parse_office_hours
from ..module_utils._savings.savings import SavingsOptions, read_savings

_NUMBERS = {
    "lookback_days": 30,
    "minimum_days": 14,
    "minimum_hours": 100,
    "cpu_target_percent": 60,
    "burst_target_percent": 90,
    "ram_target_percent": 80,
    "unattached_days": 7,
    "old_snapshot_days": 30,
}
#: The most of those that are no percentages.
_MOST = 100_000


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.RATING,
            **cloud_arguments.ON_ERROR,
            **arguments.RATES,
            **{name: {"type": "int", "default": default} for name, default in _NUMBERS.items()},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS)},
            "currency": {"type": "str", "required": True},
            "price_sources": {
                "type": "list",
                "elements": "str",
                "choices": ["observed", "quote"],
                "default": ["observed", "quote"],
            },
            "stopped_servers_are_free": {"type": "bool", "default": False},
            "idle_vcpus": {"type": "str", "default": "0.03"},
            "office_hours": {"type": "str", "default": "mon-fri 07:00-19:00"},
            "timezone": {"type": "str", "default": "UTC"},
            "volume_types_by_speed": {"type": "list", "elements": "str", "default": []},
            "team_tag": {"type": "str", "default": "team"},
        },
        supports_check_mode=True,
    )

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        return read_savings(cloud, _options(module.params), now)

    run_on_cloud(module, read)


def _options(params: dict[str, Any]) -> SavingsOptions:
    for name in _NUMBERS:
        most = 100 if name.endswith("percent") else _MOST
        if not 1 <= params[name] <= most:
            raise InvalidOption(name, f"{params[name]} is out of range; write a number from 1 to {most}.")
    if params["minimum_days"] > params["lookback_days"]:
        raise InvalidOption("minimum_days", "is more than lookback_days, so nothing could be advised.")
    if CHANGE_VOLUME_TYPE in (params["kinds"] or ()) and len({*params["volume_types_by_speed"]}) < 2:
        raise InvalidOption(
            "volume_types_by_speed",
            "has to name two types at least for change_volume_type, which differ in speed and price only.",
        )
    return SavingsOptions(
        kinds=tuple(KINDS if params["kinds"] is None else params["kinds"]),
        currency=parse_currency(params["currency"], "currency"),
        rates=arguments.rates(params),
        rule=SizingRule(
            cpu=params["cpu_target_percent"] / 100,
            burst=params["burst_target_percent"] / 100,
            ram=params["ram_target_percent"] / 100,
            minimum_days=params["minimum_days"],
            minimum_hours=params["minimum_hours"],
            idle_vcpus=float(_idle_vcpus(params["idle_vcpus"])),
        ),
        hours=parse_office_hours(
            params["office_hours"], zone_named(params["timezone"], "timezone"), "office_hours"
        ),
        lookback_days=params["lookback_days"],
        unattached_days=params["unattached_days"],
        snapshot_days=params["old_snapshot_days"],
        price_sources=tuple(params["price_sources"]),
        types_by_speed=tuple(dict.fromkeys(params["volume_types_by_speed"])),
        stopped_are_free=params["stopped_servers_are_free"],
        rating_api=params["rating_api"],
        rating_currency=parse_currency(params["rating_currency"], "rating_currency"),
        collect_period_s=cloud_arguments.collect_period_s(params),
        team_tag=params["team_tag"],
        on_error=params["on_error"],
    )


def _idle_vcpus(text: str) -> Decimal:
    found = parse_amount(text, "idle_vcpus")
    if found < 0:
        raise InvalidOption("idle_vcpus", f"'{text}' is negative; write zero or more.")
    return found


if __name__ == "__main__":
    main()
