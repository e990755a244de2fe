# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_estimate_info
short_description: Tell what a deployment would cost, line by line
version_added: 0.1.0
description:
  - Takes what is planned, in the task or in a plan of Terraform or OpenTofu, and tells what each line of it costs by the hour, in a month
    of 730 hours, until the current budget period ends, and in the next whole one.
  - What has no price is an unknown line that says why, and never zero. RV(total) is null then, and RV(known) has the rest.
  - A plan's request is what comes less what goes. What stays the same needs no price.
  - RV(required) is ready for O(finops.cloud.infomaniak_quota_info#module:required), RV(request) for
    O(finops.cloud.cost_reservation#module:lines). The role P(finops.cloud.budget_gate#role) puts all three together.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._rating
  - finops.cloud._rating.rates
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  resources:
    description: What is planned, row by row. Goes together with O(terraform_plan).
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description:
          - What it is. V(stopped_instance) is a server that is stopped or shelved, V(fixed_ip) an address of a server on a public network,
            V(egress) traffic out of the object storage.
          - V(amount) is anything else, whose cost you know.
        type: str
        required: true
        choices:
          - instance
          - stopped_instance
          - volume
          - snapshot
          - backup
          - image
          - floating_ip
          - fixed_ip
          - load_balancer
          - object_storage
          - egress
          - amount
      name:
        description: What the line is called. Its place in the list where it is not given.
        type: str
      flavor:
        description: Name of the flavor. Needed for servers.
        type: str
      volume_type:
        description: The volume's type. Needed for volumes.
        type: str
      gb:
        description:
          - How large each is, in GB of 1024-based units, as OpenStack counts. Quote it.
          - For V(object_storage) how much is stored, for V(egress) how much goes out in all.
        type: str
      count:
        description: How many. 1 where neither it nor O(resources[].names) is given.
        type: int
      names:
        description:
          - Names of servers or volumes, in place of O(resources[].count). What the project has under a name is compared with what is
            planned, and only the difference costs, so that a rerun costs nothing.
        type: list
        elements: str
      state:
        description: Whether O(resources[].names) will be there. What is V(absent) is taken off.
        type: str
        choices: [present, absent]
        default: present
      hours:
        description: For how many hours. Until somebody removes it where it is not given. Quote it.
        type: str
      period:
        description: When it is paid, of V(egress) and of an V(amount) that is paid once. V(this) where it is not given.
        type: str
        choices: [this, next]
      amount:
        description: The cost of V(amount), net of VAT. Quote it.
        type: str
      currency:
        description: Currency of O(resources[].amount).
        type: str
      per:
        description: Whether O(resources[].amount) is paid V(once), or each V(hour). V(once) where it is not given.
        type: str
        choices: [once, hour]
      category:
        description: What O(resources[].amount) is for. V(other) where it is not given.
        type: str
        choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  terraform_plan:
    description:
      - File that C(terraform show -json) or C(tofu show -json) wrote of a plan.
      - Servers, volumes, floating IPs, addresses on public networks, load balancers, images and objects of the provider
        C(terraform-provider-openstack/openstack) are priced; containers, networks, security groups, key pairs and the like are free. The
        provider C(terraform) itself is free, and C(null), C(random), C(tls), C(local), C(time), C(archive), C(cloudinit), C(http) and
        C(external) of C(hashicorp), all of them from Terraform's or OpenTofu's registry.
      - Any other type and provider is unknown, and so is what a price goes by and is known after apply. A plan that is errored or not
        complete is unknown as a whole.
      - The values of its variables are never looked at.
    type: path
  assume_free:
    description:
      - Types and addresses of O(terraform_plan) that are taken for free without being looked at. With a C(*) at its end, all that begin so.
    type: list
    elements: str
    default: []
  public_networks:
    description:
      - Names and ids of networks on which each address costs. Where a plan tells a network or a subnet by its id, the cloud is asked once
        which networks have these names.
      - A network that is known after apply only is the project's own where the plan makes it, and is unknown otherwise.
    type: list
    elements: str
    default: [ext-net1]
  price_sources:
    description:
      - Where prices are from, in the order in which they are asked. The first that knows one is told in C(price_source).
      - V(observed) is what the project's own resources were rated at, at the same rate in the newest three rated periods or more. Rates
        that differ, are seen less often, are zero or count another unit are not taken.
      - V(price_list) is O(price_list) and the shipped one.
      - V(quote) asks the cloud, once for each flavor, volume type or kind that is not known yet. A quote of zero is unknown.
    type: list
    elements: str
    choices: [observed, price_list, quote]
    default: [observed, price_list, quote]
  price_list:
    description:
      - Prices. They stand in place of the shipped ones of the same kind and name.
      - What is shipped are a few prices of Infomaniak that others read, each with its date and marked as second-hand; they count only where
        O(rating_currency=ICU).
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: What it is the price of, for each, or for each GB.
        type: str
        required: true
        choices:
          - instance
          - stopped_instance
          - volume
          - snapshot
          - backup
          - image
          - floating_ip
          - fixed_ip
          - load_balancer
          - object_storage
          - egress
      name:
        description: Flavor or volume type. Needed where the kind has them.
        type: str
      amount:
        description: How much. V("0") says that it is free. Quote it.
        type: str
        required: true
      currency:
        description: Its currency.
        type: str
        required: true
      hours:
        description: For how many hours the amount is. V("730") for a price by the month. Of V(egress) it means nothing.
        type: str
        default: "1"
      valid_from:
        description: Date from which on it is valid.
        type: str
        required: true
      valid_until:
        description: Date on which it is not valid any more.
        type: str
      tax:
        description: Whether the amount is with VAT. What is V(included) is not taken, as budgets are net.
        type: str
        choices: [excluded, included]
        default: excluded
      source:
        description: Who says so.
        type: str
        required: true
      second_hand:
        description: Whether it was not read from the provider itself.
        type: bool
        default: false
  metrics:
    description: Names of the cloud's metrics by kind, where they are other than the usual ones.
    type: dict
    default: {}
  verify_quote:
    description: Whether to ask one quote for all that is added. The estimate is unknown where it differs from the sum of the lines.
    type: bool
    default: false
  currency:
    description: Currency that lines are told in. O(rating_currency) where it is not given. Totals are in all that have a rate.
    type: str
  period:
    description: How long the budget's period is.
    type: str
    choices: [hourly, daily, weekly, monthly, yearly, custom]
    default: monthly
  timezone:
    description: IANA time zone in which periods begin.
    type: str
    default: UTC
  first_day:
    description: The day on which a weekly period begins.
    type: str
    choices: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
    default: monday
  anchor_day:
    description: The day of the month on which a monthly or yearly period begins.
    type: int
    default: 1
  anchor_month:
    description: The month in which a yearly period begins.
    type: int
    default: 1
  begin:
    description: Begin of a custom period.
    type: str
  end:
    description: End of a custom period, itself not in it.
    type: str
  tags:
    description: Tags of what is planned, for the budgets that go by them. They are those of each row of RV(request).
    type: dict
    default: {}
seealso:
  - module: finops.cloud.infomaniak_quota_info
  - module: finops.cloud.cost_reservation
  - module: finops.cloud.cost_budget
"""

EXAMPLES = r"""
- name: Two servers with a disk each, and an address
  finops.cloud.cost_estimate_info:
    cloud: production
    currency: CHF
    timezone: Europe/Zurich
    resources:
      - {kind: instance, flavor: a2-ram4-disk20-perf1, names: [web-3, web-4]}
      - {kind: volume, volume_type: CEPH_1_perf1, gb: "100", count: 2}
      - {kind: floating_ip}
  register: estimate

- name: What that is a month
  ansible.builtin.debug:
    msg: "CHF {{ estimate.total.monthly.CHF }}, CHF {{ estimate.total.this_period.CHF }} of it until the month ends"

- name: A plan of Terraform, written with terraform show -json tfplan > plan.json
  finops.cloud.cost_estimate_info:
    cloud: production
    terraform_plan: plan.json
    assume_free: [cloudflare_record, "module.dns.*"]

- name: A batch of a night, with what its licence costs
  finops.cloud.cost_estimate_info:
    cloud: production
    resources:
      - {kind: instance, flavor: a8-ram32-disk80-perf1, count: 10, hours: "12"}
      - {kind: amount, name: licence, amount: "35", currency: CHF}

- name: Prices of your own
  finops.cloud.cost_estimate_info:
    cloud: production
    price_sources: [price_list]
    price_list:
      - kind: load_balancer
        amount: "12.50"
        currency: CHF
        hours: "730"
        valid_from: "2026-11-01"
        source: our contract, page 3
    resources:
      - {kind: load_balancer}
"""

RETURN = r"""
lines:
  description:
    - One row for each thing that comes or, with a negative quantity, goes; what stays the same has none. Of a plan, C(name) is the address.
    - C(action) is C(added), C(changed) or C(removed). C(price) is what one unit costs by the hour, of C(egress) and C(amount) at all, and
      C(price_source) who says so, C(given) for an C(amount). Amounts are in RV(currency).
    - Where C(unknown) says why nobody can tell, price and amounts are null.
  returned: success
  type: list
  elements: dict
  sample:
    - name: web-3
      action: added
      kind: instance
      size: a2-ram4-disk20-perf1
      quantity: "1"
      unit: each
      category: compute
      price: "0.35"
      price_source: observed
      price_detail: rated through 2026-11-21T04:00:00Z
      hourly: "0.35"
      monthly: "255.5"
      this_period: "83.3"
      next_period: "260.4"
      unknown: null
total:
  description:
    - What all lines come to by the hour, in 730 hours, in what is left of the current period, and in the next one, in every currency that
      has a rate. What is paid once is in its period only. Null where RV(complete=false).
  returned: success
  type: dict
  sample: &totals
    hourly: {ICU: "0.35", CHF: "0.007", EUR: "0.006306"}
    monthly: {ICU: "255.5", CHF: "5.11", EUR: "4.603604"}
    this_period: {ICU: "83.3", CHF: "1.666", EUR: "1.500901"}
    next_period: {ICU: "260.4", CHF: "5.208", EUR: "4.691892"}
known:
  description: The same of the lines that are known.
  returned: success
  type: dict
  sample: *totals
difference:
  description:
    - What is added, changed and removed, and C(net) all of it, with how many resources these are, in RV(currency). Amounts are null where a
      line of it is unknown.
  returned: success
  type: dict
  sample:
    added: &difference {count: 1, hourly: "0.35", monthly: "255.5", this_period: "83.3", next_period: "260.4"}
    changed: *difference
    removed: *difference
    net: *difference
unknown:
  description: The lines of which nobody can tell what they cost, and why.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: "aws_instance.web", reason: "it is of the provider registry.terraform.io/hashicorp/aws"}
complete:
  description: Whether everything is known. A gate that rests on this estimate is to stay shut where it is not.
  returned: success
  type: bool
  sample: true
required:
  description: The quotas that the plan needs, growth only.
  returned: success
  type: dict
  sample: {cores: 2, instances: 1, ram_mb: 4096}
request:
  description:
    - The known amounts as lines for a budget, in the currency that the cloud rates in, rounded up to 1e-9. What one category saves is not
      taken off another.
  returned: success
  type: list
  elements: dict
  sample:
    - {amount: "83.3", currency: ICU, category: compute, project: b30781c9679b4ede8107bae21990153e, tags: {}, period: this}
    - {amount: "260.4", currency: ICU, category: compute, project: b30781c9679b4ede8107bae21990153e, tags: {}, period: next}
request_total:
  description:
    - What RV(request) comes to, by the hour and in a month too, in the currency that the cloud rates in and in each that has a rate now.
  returned: success
  type: dict
  sample: *totals
adds_no_cost:
  description: Whether everything is known, and comes to zero or less in this period and in the next.
  returned: success
  type: bool
  sample: false
currency:
  description: Currency of RV(lines) and RV(difference).
  returned: success
  type: str
  sample: ICU
tax:
  description: Always C(excluded), as amounts are net of VAT.
  returned: success
  type: str
  sample: excluded
period:
  description: The current period, and how many hours are left of it. The collect period that has begun counts whole.
  returned: success
  type: dict
  sample: &period {period_start: "2026-11-01T00:00:00Z", period_end: "2026-12-01T00:00:00Z", hours: "238"}
following_period:
  description: The next whole period. Null behind a custom one.
  returned: success
  type: dict
  sample: *period
services:
  description: How reading each service went, with C(status) ok, absent, forbidden or error.
  returned: success
  type: dict
  sample:
    compute: {status: ok, http_status: 200, message: null}
    rating: {status: ok, http_status: 200, message: null}
cloud:
  description: Whose prices these are, as the token says.
  returned: success
  type: dict
  sample:
    name: production
    auth_url: https://api.pub1.infomaniak.cloud/identity/v3
    region: dc3-a
    project_id: b30781c9679b4ede8107bae21990153e
    project_name: PCP-ABC123
collected_at:
  description: When it was read, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
"""

from datetime import datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._ansible import arguments, cloud_arguments, estimate_arguments
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._estimate.estimate import read_estimate
from ..module_utils._openstack.connection import Cloud


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **cloud_arguments.RATING,
            **arguments.RATES,
            **estimate_arguments.PLANNED,
            **estimate_arguments.PRICES,
            **estimate_arguments.CALENDAR,
            "currency": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        return read_estimate(cloud, estimate_arguments.options(module.params), now)

    run_on_cloud(module, read)


if __name__ == "__main__":
    main()
