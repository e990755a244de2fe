# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_estimate_info
short_description: Estimate the cost of a deployment, line by line
version_added: 0.1.0
description:
  - Takes what is planned, from the task or from a plan of Terraform or OpenTofu, and returns what each line
    costs by the hour, in a month of 730 hours, until the current budget period ends, and in the next whole
    period.
  - A resource without a price is an unknown line with a reason, and never zero. RV(total) is null then, and
    RV(known) has the rest.
  - A resource of a plan counts with what it costs more than before. What stays the same needs no price. What
    a plan says of a resource before counts only as far as the project's list confirms it.
  - The ledger's policy and rates apply. A missing ledger has neither and is not created. O(rating_currency)
    must match the currency of the project's imported costs.
  - "RV(required) fits O(finops.cloud.infomaniak_quota_info#module:required), and RV(request) fits
    O(finops.cloud.cost_reservation#module:lines). The role P(finops.cloud.budget_gate#role) combines all
    three."
requirements:
  - python-cloudkittyclient >= 5.0, for the price source V(hashmap)
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._connection.on_error
  - finops.cloud._rating
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud_and_ledger
options:
  resources:
    description: What is planned, row by row. It may be combined with a plan. O(resources),
      O(terraform_plan), O(tfplan), O(heat_template) or O(playbook_plan) is required.
    type: list
    elements: dict
    suboptions:
      kind:
        description:
          - Kind of resource. V(stopped_instance) is a server that is stopped or shelved, V(fixed_ip) an
            address of a server on a public network, and V(egress) traffic out of object storage.
          - V(amount) is anything else whose cost you know.
        type: str
        required: true
        choices:
          - instance
          - stopped_instance
          - volume
          - snapshot
          - backup
          - image
          - share
          - floating_ip
          - fixed_ip
          - load_balancer
          - object_storage
          - egress
          - amount
      name:
        description: Name of the line. Defaults to its position in the list.
        type: str
      flavor:
        description: Name of the flavor. Required for servers.
        type: str
      volume_type:
        description: Volume type. Required for volumes.
        type: str
      gb:
        description:
          - Size of each, in GB of 1024-based units as in OpenStack. Quote it.
          - For V(object_storage) what is stored, and for V(egress) what goes out in total.
        type: str
      count:
        description: How many. Defaults to 1 without O(resources[].names).
        type: int
      names:
        description:
          - Names of servers, volumes or load balancers, or addresses of floating IPs, instead of
            O(resources[].count). What the project has under a name is compared with what is planned. Only the
            difference costs, so a rerun costs nothing. Required with O(resources[].state=absent).
        type: list
        elements: str
      state:
        description: Whether O(resources[].names) will exist. The cost of V(absent) ones is subtracted.
        type: str
        choices: [present, absent]
        default: present
      hours:
        description: For how many hours. Quote it. Defaults to no end.
        type: str
      period:
        description: Length of the budget's period.
        type: str
        choices: [this, next]
      amount:
        description: Cost of V(amount), net of VAT. Quote it. Required with O(resources[].kind=amount).
        type: str
      currency:
        description: Currency of the lines. Defaults to O(rating_currency). Totals are returned in every
          currency that has a rate.
        type: str
      per:
        description: Whether O(resources[].amount) is paid V(once) or each V(hour). Defaults to V(once).
        type: str
        choices: [once, hour]
      category:
        description: Category of O(resources[].amount). Defaults to V(other).
        type: str
        choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
      tags:
        description:
          - Tags that the resource is made with, such as the metadata of a server, for budgets with tags in
            their scope. They take precedence over O(tags), and over those of an existing resource of
            O(resources[].names).
        type: dict
  terraform_plan:
    description:
      - Path of a file that C(terraform show -json) or C(tofu show -json) wrote of a plan, on the host where
        the module runs.
      - Servers, volumes, floating IPs, addresses on public networks, load balancers, images and objects of
        the OpenStack provider (see O(plan_providers)) are priced. Containers, networks, security groups, key
        pairs and the like are free, and so are the provider C(terraform), the providers C(null), C(random),
        C(tls), C(local), C(time), C(archive), C(cloudinit), C(template), C(http) and C(external) of
        C(hashicorp), and data sources of any provider.
      - Any other type or provider is unknown. If a priced attribute is known after apply, that part of the
        resource is unknown, and its other parts are priced. A plan that is errored, not complete, or invokes
        actions is unknown as a whole.
      - A resource that is changed or removed is unknown unless the project has a server, volume, floating IP,
        load balancer, image or port of its ID, with the flavor, type and size that the plan tells. Of objects
        there is no list, and a changed one counts as new.
      - A resource is priced in its region or that of its provider. A region that the login does not have is
        unknown.
      - The values of its variables are never read.
      - Mutually exclusive with O(tfplan) and O(heat_template).
    type: path
  tfplan:
    description:
      - Path of a plan as C(terraform plan -out) or C(tofu plan -out) wrote it, on the host where the module
        runs. The module runs C(terraform show -json) of a private copy of it, and keeps nothing of what that
        writes.
      - What is estimated is the plan with the SHA-256 RV(plan_sha256), which can be compared before it is
        applied. A plan as JSON may have been edited meanwhile.
      - Mutually exclusive with O(terraform_plan) and O(heat_template).
    type: path
  terraform:
    description: Name or absolute path of the program that shows O(tfplan), such as V(tofu). It runs with the
      environment of the task.
    type: str
    default: terraform
  terraform_project_path:
    description: Folder with the initialized configuration that O(tfplan) is a plan of. Defaults to the folder
      of the plan.
    type: path
  heat_template:
    description:
      - Path of a template of Heat (HOT), on the host where the module runs. It is priced as a plan that makes
        all of it. A stack that is there already counts as new.
      - Servers, volumes, ports, floating IPs and load balancers of Octavia are priced, and so are the members
        of an C(OS::Heat::ResourceGroup). Networks, security groups, key pairs and the like are free.
      - Parameters with a value in O(heat_environment) or a default are followed through C(get_param),
        C(get_resource), C(str_replace) and C(list_join). What is not understood is an unknown line, such as
        another type, another template, or a resource with a condition.
      - RV(plan_sha256) is that of the file, or with O(heat_environment) that of both files with a NUL between
        them.
      - Mutually exclusive with O(terraform_plan) and O(tfplan).
    type: path
  heat_environment:
    description: Path of the environment of O(heat_template), with its parameters and its registry of types.
    type: path
  playbook_plan:
    description:
      - File that the callback P(finops.cloud.playbook_costs#callback) wrote in a run with C(--check), such as
        by the playbook C(finops.cloud.price). What the project has under a name is compared with what is
        planned, so a rerun costs nothing.
      - A server that is there keeps its flavor and a volume its type, as the modules change neither.
      - What the callback did not understand is an unknown line.
    type: path
  playbook_receipt:
    description:
      - File that the callback P(finops.cloud.playbook_costs#callback) wrote in the real run of the playbook
        of O(playbook_plan). What is estimated is what that run has made then, from what the project had
        before (O(playbook_before)), and RV(receipt) tells how it differs from the plan.
      - What the project lists counts as it is there. What a failed task made is what the project has of it,
        and unknown where the project does not list it.
      - Requires O(playbook_plan) and O(playbook_before).
    type: path
  playbook_before:
    description: What the project had before the run, as RV(playbook_before) of the estimate of
      O(playbook_plan) tells it. Required with O(playbook_receipt).
    type: list
    elements: dict
  assume_free:
    description:
      - Types and addresses of a plan of Terraform, names of resources and unknown types of a template of
        Heat, and names and modules of unknown tasks of a playbook, to treat as free without looking at them.
        A C(*) at the end matches everything that begins so.
    type: list
    elements: str
    default: []
  plan_providers:
    description:
      - Addresses of further providers in the plan that are OpenStack's, such as
        V(registry.example.org/mirror/openstack). C(terraform-provider-openstack/openstack) and its earlier
        names C(terraform-providers/openstack) and C(hashicorp/openstack) of the registries of Terraform and
        OpenTofu are known.
    type: list
    elements: str
    default: []
  public_networks:
    description:
      - Names and IDs of networks on which each address costs. If a plan names a network or subnet by its ID,
        the cloud is asked once which networks have these names. It is an error if none matches a network.
      - A network that is known after apply is followed through the plan's configuration. What cannot be
        followed is unknown.
      - Defaults to V([ext-net1]).
    type: list
    elements: str
  default_volume_type:
    description:
      - Volume type of volumes without one. By default, the cloud is asked for its default type if there is
        such a volume.
    type: str
  price_sources:
    description:
      - Where prices come from, in the order in which they are asked. C(price_source) returns the first one
        that knows a price.
      - V(observed) is what the project's own resources were rated at, at the same rate in at least the three
        newest rated periods. Rates that differ, are seen less often, are zero or count another unit are not
        used.
      - V(price_list) is O(price_list) and the shipped price list.
      - V(quote) asks the cloud, once for each flavor, volume type or kind that is not known yet. A quote of
        zero is unknown.
      - V(hashmap) is the operator's own price list, the rules of CloudKitty's module of that name. It needs
        python-cloudkittyclient and a login with the role C(admin) in the project that is to pay.
      - Defaults to all but V(hashmap) that the policy of the ledger allows, in the order V(observed),
        V(price_list), V(quote).
    type: list
    elements: str
    choices: [observed, price_list, quote, hashmap]
  price_list:
    description:
      - Prices. They replace the shipped ones of the same kind and name.
      - The shipped list has a few prices of Infomaniak that were read by others, each with its date and
        marked as second-hand. They count only with O(rating_currency=ICU).
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of resource that the price is for, each or per GB.
        type: str
        required: true
        choices:
          - instance
          - stopped_instance
          - volume
          - snapshot
          - backup
          - image
          - share
          - floating_ip
          - fixed_ip
          - load_balancer
          - object_storage
          - egress
      name:
        description: Flavor or volume type. Required if the kind has them.
        type: str
      amount:
        description: Price. V("0") means that it is free. Quote it.
        type: str
        required: true
      currency:
        description: Currency of the price.
        type: str
        required: true
      hours:
        description: For how many hours the amount is. V("730") is a price by the month. Ignored for
          V(egress).
        type: str
        default: "1"
      valid_from:
        description: Date from which the price is valid.
        type: str
        required: true
      valid_until:
        description: Date from which the price is no longer valid. Without it the price has no end.
        type: str
      tax:
        description: Whether the amount includes VAT. A price with V(included) is not used, as budgets exclude
          VAT.
        type: str
        choices: [excluded, included]
        default: excluded
      source:
        description: Who states the price.
        type: str
        required: true
      second_hand:
        description: Whether the price does not come from the provider itself.
        type: bool
        default: false
  metrics:
    description: Names of the cloud's metrics by kind, if they differ from the usual ones.
    type: dict
    default: {}
  verify_quote:
    description: Whether to ask one quote for everything that is added. The estimate is unknown if it differs
      from the sum of the lines.
    type: bool
    default: false
  currency:
    description: Currency of the lines. Defaults to O(rating_currency). Totals are in every currency that has
      a rate.
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
    description: Day on which a weekly period begins.
    type: str
    choices: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
    default: monday
  anchor_day:
    description: Day of the month on which a monthly or yearly period begins.
    type: int
    default: 1
  anchor_month:
    description: Month in which a yearly period begins.
    type: int
    default: 1
  begin:
    description: Begin of a custom period. Required with O(period=custom).
    type: str
  end:
    description: End of a custom period (exclusive). Required with O(period=custom).
    type: str
  tags:
    description:
      - Default tags of what is planned, for budgets with tags in their scope. A resource's own tags take
        precedence, key by key. Its own are O(resources[].tags), and in O(terraform_plan) the metadata of a
        server or volume, the tags of a floating IP, port or load balancer, and the metadata of an object's
        container. A tag C(team=web) is the key C(team) with the value C(web). Any other tag is a key with the
        value C(true).
      - Tags that are known after apply, or marked as sensitive, are unknown. A line with such tags has
        C(tag_status=unknown), and no default takes their place.
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
    msg: "CHF {{ estimate.total.monthly.CHF }}, CHF {{ estimate.total.this_period.CHF }} of it until the month
      ends"

- name: A plan of Terraform, written with terraform show -json tfplan > plan.json
  finops.cloud.cost_estimate_info:
    cloud: production
    terraform_plan: plan.json
    assume_free: [cloudflare_record, "module.dns.*"]

- name: A plan as Terraform writes it, with terraform plan -out tfplan
  finops.cloud.cost_estimate_info:
    cloud: production
    tfplan: deployment/tfplan

- name: A playbook, planned with ansible-playbook --check and the callback finops.cloud.playbook_costs
  finops.cloud.cost_estimate_info:
    cloud: production
    playbook_plan: costs.json

- name: A nightly batch with the cost of its license
  finops.cloud.cost_estimate_info:
    cloud: production
    resources:
      - {kind: instance, flavor: a8-ram32-disk80-perf1, count: 10, hours: "12"}
      - {kind: amount, name: license, amount: "35", currency: CHF}

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
lines:
  description:
    - One row for each resource that is added or, with a negative quantity, removed. Unchanged resources have
      no row. C(name) is the address in a plan.
    - C(action) is C(added), C(changed) or C(removed). C(price) is the price of one unit by the hour, or in
      total for C(egress) and C(amount). C(price_source) is its origin, C(given) for an C(amount), C(assumed)
      for O(assume_free). Amounts are in RV(currency).
    - C(monthly_before) and C(monthly_after) are what there is of it costs in 730 hours before and after the
      change.
    - If the price is unknown, C(unknown) says why, and price and amounts are null.
    - C(tags) are those of the resource over O(tags), empty for none. C(tags_not_imported) are the keys of
      those that the cost will not have after an import, as the resource in the cloud does not carry them.
    - A C(size) or quantity that the plan marks as sensitive is not shown.
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
      region: dc4-a
      tags: {team: shop}
      tags_not_imported: []
      price: "0.35"
      price_source: observed
      price_detail: rated through 2026-11-21T04:00:00Z
      hourly: "0.35"
      monthly: "255.5"
      this_period: "83.3"
      next_period: "260.4"
      monthly_before: "0"
      monthly_after: "255.5"
      unknown: null
total:
  description: Sum of all lines by the hour, in 730 hours, in the rest of the current period, and in the next
    one, in every currency that has a rate. One-off amounts are in their period only. Null with
    RV(complete=false).
  returned: success
  type: dict
  sample: &totals
    hourly: {ICU: "0.35", CHF: "0.007", EUR: "0.006306"}
    monthly: {ICU: "255.5", CHF: "5.11", EUR: "4.603604"}
    this_period: {ICU: "83.3", CHF: "1.666", EUR: "1.500901"}
    next_period: {ICU: "260.4", CHF: "5.208", EUR: "4.691892"}
known:
  description: The same for the known lines.
  returned: success
  type: dict
  sample: *totals
difference:
  description: Amounts added, changed and removed, and their C(net), with the number of resources, in
    RV(currency). An amount is null if one of its lines is unknown.
  returned: success
  type: dict
  sample:
    added: &difference {count: 1, hourly: "0.35", monthly: "255.5", this_period: "83.3", next_period: "260.4"}
    changed: *difference
    removed: *difference
    net: *difference
monthly_total:
  description:
    - What all of O(terraform_plan) and O(resources) costs in 730 hours before and after the change, in
      RV(currency). What stays the same is included, and is priced without a quote.
    - Null if the price of one of them is not known. C(unknown) are their names.
  returned: success
  type: dict
  sample: {before: "255.5", after: "511", unknown: []}
unknown:
  description: The lines whose cost is unknown, and why.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: "aws_instance.web", reason: "it is of the provider registry.terraform.io/hashicorp/aws"}
complete:
  description: Whether everything is known. A gate that rests on this estimate has to stay closed otherwise.
  returned: success
  type: bool
  sample: true
required:
  description: The quotas that the plan needs, growth only.
  returned: success
  type: dict
  sample: {cores: 2, instances: 1, ram_mb: 4096}
required_elsewhere:
  description: The same by other regions in which the plan has resources; empty for none.
  returned: success
  type: dict
  sample: {dc4-a: {volumes: 1, gigabytes: 20}}
required_unknown:
  description: Names of the resources of which it is not known which quotas they need, such as a server whose
    flavor is known after apply.
  returned: success
  type: list
  elements: str
  sample: []
request:
  description:
    - The known costs as lines of M(finops.cloud.cost_budget) and M(finops.cloud.cost_reservation), in the
      currency in which the cloud rates, rounded up to 1e-9. What runs is C(hourly), with C(hours) if it
      ends; what is paid once is C(amount), with C(at) if it is paid in the next period. The others are null.
    - Each resource counts with what it costs more than before. What another one saves is not subtracted.
    - Empty with RV(adds_no_cost) and RV(reduces).
  returned: success
  type: list
  elements: dict
  sample:
    - hourly: "0.35"
      hours: null
      amount: null
      at: null
      currency: ICU
      category: compute
      metric: instance_up
      project: b30781c9679b4ede8107bae21990153e
      region: dc4-a
      tags: {}
    - hourly: null
      hours: null
      amount: "1.2"
      at: null
      currency: ICU
      category: storage
      metric: storage.objects.outgoing.bytes
      project: b30781c9679b4ede8107bae21990153e
      region: dc4-a
      tags: {}
removals:
  description: What resources cost less by the hour than before, as lines of
    O(finops.cloud.cost_reservation#module:removals), rounded down. What was paid once is not in it.
  returned: success
  type: list
  elements: dict
  sample: []
lost_costs:
  description: Budgets of the ledger that are asked for the cost of C(resources) and will not have it after
    the import, as the resources do not carry the C(tags) in the cloud. The task warns of each.
  returned: success
  type: list
  elements: dict
  sample: [{budget: web, tags: [team], resources: [openstack_networking_floatingip_v2.ip]}]
adds_no_cost:
  description: Whether everything is known and nothing in it is of a kind that has a price. Free resources
    (O(assume_free) or a price of zero) are requested as zero.
  returned: success
  type: bool
  sample: false
reduces:
  description: Whether everything is known, and what has a price is only removed, kept or becomes cheaper, as
    the lists of the project confirm.
  returned: success
  type: bool
  sample: false
playbook_before:
  description: What the project has of what O(playbook_plan) names, for O(playbook_before) of a later estimate
    with O(playbook_receipt). Empty with one, and without a plan of a playbook.
  returned: success
  type: list
  elements: dict
  sample:
    - {thing: server, name: web-1, kind: instance, size: a2-ram4-disk20-perf1, quantity: "1", unknown: null}
resources_count:
  description: Number of rows of O(resources), of which no receipt of a playbook tells.
  returned: success
  type: int
  sample: 2
default_tags:
  description: Tags of O(tags), which lines have that name none of that key.
  returned: success
  type: dict
  sample: {}
receipt:
  description:
    - What the run of O(playbook_receipt) made otherwise than O(playbook_plan) says. Null without one.
    - Each of C(differences) has C(kind) and C(name) of the resource, the C(difference), which is C(more),
      C(less) or C(other), and its C(reason). C(agrees) is true if there is none, and nothing is unknown.
    - C(hold) is the hold that the receipt says it belongs to, see
      O(finops.cloud.playbook_costs#callback:verdict). Null where it does not say.
  returned: success
  type: dict
  sample:
    agrees: false
    differences:
      - {kind: instance, name: web-3, difference: less, reason: the run has not made it}
    sha256: 7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730
    hold:
      name: shop-4711
      generation: 1
      plan_sha256: 9c0e3e8f8b1ac7a4f1d0b65d4e1e2f3a7d865e959b2466918c9863afca942d0f
plan_sha256:
  description: SHA-256 of the file of O(tfplan), O(terraform_plan) or O(playbook_plan). Null without a plan.
  returned: success
  type: str
  sample: 7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730
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
  description: The current period, and the hours that are left of it. A collect period that has begun counts
    in full.
  returned: success
  type: dict
  sample: &period {period_start: "2026-11-01T00:00:00Z", period_end: "2026-12-01T00:00:00Z", hours: "238"}
following_period:
  description: The next whole period. Null after a custom one.
  returned: success
  type: dict
  sample: *period
used:
  description:
    - What the estimate rests on beside the cloud and the ledger, for a gate to check with the owner's policy.
    - C(rates) says whether O(rates) were given. C(prices) names those of O(price_list) and O(metrics) that
      were given. C(price_sources) are those that were asked, and C(assume_free) is O(assume_free).
  returned: success
  type: dict
  sample: {rates: false, prices: [], price_sources: [observed, price_list, quote], assume_free: []}
ledger:
  description: The ledger whose policy and rates hold, without any password, also if it does not exist.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
policy:
  description: The owner's policy, as M(finops.cloud.cost_policy) returns it. Empty without one.
  returned: success
  type: dict
  sample: {}
rates_version:
  description: Number of the newest rate that the ledger holds. V(0) if it holds none, and the shipped rates
    are in force.
  returned: success
  type: int
  sample: 0
services:
  description: Status of each service. C(status) is C(ok), C(absent), C(forbidden) or C(error).
  returned: success
  type: dict
  sample:
    compute: {status: ok, http_status: 200, message: null}
    rating: {status: ok, http_status: 200, message: null}
cloud:
  description: The cloud, region and project of the login, as in its token.
  returned: success
  type: dict
  sample:
    name: production
    auth_url: https://api.pub1.infomaniak.cloud/identity/v3
    region: dc3-a
    project_id: b30781c9679b4ede8107bae21990153e
    project_name: PCP-ABC123
collected_at:
  description: When the cloud was read, in UTC.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import arguments, cloud_arguments, estimate_arguments
from ..module_utils._ansible.estimate_budgets import read_lost_costs
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._budgets.policy import policy_to_result
from ..module_utils._estimate.estimate import read_estimate
from ..module_utils._estimate.shape_prices import HASHMAP
from ..module_utils._ledger.sql import format_url
from ..module_utils._openstack.connection import Cloud


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **cloud_arguments.CONNECTION,
            **cloud_arguments.ON_ERROR,
            **cloud_arguments.RATING,
            **arguments.LEDGER,
            **arguments.RATES,
            **estimate_arguments.PLANNED,
            **estimate_arguments.PRICES,
            **estimate_arguments.CALENDAR,
            "currency": {"type": "str"},
            "tags": {"type": "dict", "default": {}},
        },
        **estimate_arguments.PLANNED_RULES,
        supports_check_mode=True,
    )

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        params = module.params
        policy = estimate_arguments.owner_policy(params, cloud.identity.project_id)
        used = estimate_arguments.used(params, policy)
        options = estimate_arguments.options(params, policy, used["price_sources"])
        ledger = format_url(arguments.ledger_options(params))
        told = {"ledger": ledger, "used": used, **policy_to_result(policy)}
        result = read_estimate(cloud, options, now)
        lost = read_lost_costs(params, result, cloud.identity.project_id)
        warnings = [*result["warnings"], *map(str, lost)]
        return {**result, **told, "lost_costs": [one.to_result() for one in lost], "warnings": warnings}

    of_operator = ["cloudkittyclient"] if HASHMAP in (module.params["price_sources"] or ()) else []
    run_on_cloud(module, read, "ledger", *of_operator)


if __name__ == "__main__":
    main()
