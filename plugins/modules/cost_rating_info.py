# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_rating_info
short_description: Tell an operator how a cloud rates
version_added: 0.1.0
description:
  - Returns CloudKitty's rating modules with their state and priority, its scopes with the end of the newest
    period that was rated of each, and what is rated of what the project of the login has.
  - Only an operator may read modules and scopes. Log in with the role C(admin). Anybody else
    gets the error C(forbidden).
requirements:
  - python-cloudkittyclient >= 5.0
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._connection
  - finops.cloud._rating
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_cloud
options:
  on_error:
    description:
      - V(fail) fails the task if anything cannot be read. V(warn) returns the rest with C(complete=false),
        and null for what was not read.
    type: str
    default: fail
    choices: [fail, warn]
seealso:
  - module: finops.cloud.infomaniak_cost_info
  - module: finops.cloud.cost_estimate_info
"""

EXAMPLES = r"""
- name: How does the cloud rate
  finops.cloud.cost_rating_info:
    cloud: operator
  register: rating

- name: Stop unless hashmap rates
  ansible.builtin.assert:
    that: rating.modules | selectattr("enabled") | map(attribute="name") is contains("hashmap")

- name: Show the servers that nobody pays for
  ansible.builtin.debug:
    msg: "{{ rating.resources['compute.instance'].unrated }}"
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
modules:
  description: The rating modules, by falling priority, which is the order in which they rate. Null if they
    could not be read.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the module.
      type: str
      returned: always
      sample: hashmap
    description:
      description: What it says of itself.
      type: str
      returned: always
      sample: HashMap rating module.
    enabled:
      description: Whether it rates.
      type: bool
      returned: always
      sample: true
    hot_config:
      description: Whether its rules can be changed while CloudKitty runs.
      type: bool
      returned: always
      sample: true
    priority:
      description: Its priority.
      type: int
      returned: always
      sample: 1
scopes:
  description: What is rated by itself, as a rule each project. Null if it could not be read, and on a cloud
    that has the v1 API only.
  returned: success
  type: list
  elements: dict
  contains:
    scope_id:
      description: ID of the scope, as a rule of a project.
      type: str
      returned: always
      sample: b30781c9679b4ede8107bae21990153e
    scope_key:
      description: What the ID is of.
      type: str
      returned: always
      sample: project_id
    fetcher:
      description: What found the scope.
      type: str
      returned: always
      sample: keystone
    collector:
      description: Where its usage comes from.
      type: str
      returned: always
      sample: gnocchi
    active:
      description: Whether it is rated.
      type: bool
      returned: always
      sample: true
    rated_through:
      description: End of the newest period that was rated of it, in UTC. Null before its first.
      type: str
      returned: always
      sample: "2026-11-21T04:00:00Z"
period_start:
  description: Begin of the newest rated period of the project, in UTC. Null if nothing was rated lately.
  returned: success
  type: str
  sample: "2026-11-21T03:00:00Z"
period_end:
  description: End of that period (exclusive).
  returned: success
  type: str
  sample: "2026-11-21T04:00:00Z"
collect_period:
  description: Length of a rated period in seconds.
  returned: success
  type: int
  sample: 3600
currency:
  description: Currency in which the cloud rates.
  returned: success
  type: str
  sample: ICU
metrics:
  description: The metrics that the cloud rates, and what was rated of the project under each in the newest
    rated period. Null if it could not be read.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the metric.
      type: str
      returned: always
      sample: volume.size
    unit:
      description: Unit of its quantities. Null if the cloud does not name it.
      type: str
      returned: always
      sample: GiB
    metadata:
      description: Names of the metadata that its price rules can go by.
      type: list
      elements: str
      returned: always
      sample: [volume_type]
    resource_count:
      description: Number of resources of the project that were rated under it.
      type: int
      returned: always
      sample: 7
    quantity:
      description: Sum of their quantities.
      type: str
      returned: always
      sample: "640"
    amount:
      description: What they cost.
      type: str
      returned: always
      sample: "4.075"
resources:
  description:
    - What is rated of the project's resources, by their kind.
    - C(total) is how many there are, and C(rated) how many of them have a point in the newest rated period.
      C(too_new) were made since it began. C(unrated) lists the others.
    - All are null if the list could not be read or the catalog lacks the service, and all but C(total) if the
      points could not be read.
  returned: success
  type: dict
  sample:
    compute.instance:
      total: 6
      rated: 5
      too_new: 0
      unrated:
        - id: 0d2a6a53-1d3c-4b8c-9a55-3ed6a3a1f6a5
          name: batch-1
    storage.volume: {total: 7, rated: 7, too_new: 0, unrated: []}
    storage.share: {total: null, rated: null, too_new: null, unrated: null}
    network.floating_ip: {total: 3, rated: 3, too_new: 0, unrated: []}
    network.load_balancer: {total: 1, rated: 1, too_new: 0, unrated: []}
"""

from datetime import datetime
from typing import Any

from ..module_utils._ansible import cloud_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run_on_cloud import run_on_cloud
from ..module_utils._core.money import parse_currency
from ..module_utils._cost.rating_overview import RatingQuestion, rating_overview
from ..module_utils._openstack.connection import Cloud


def main() -> None:
    module = FinopsModule(
        argument_spec={**cloud_arguments.CONNECTION, **cloud_arguments.RATING, **cloud_arguments.ON_ERROR},
        supports_check_mode=True,
    )
    params = module.params

    def read(cloud: Cloud, now: datetime) -> dict[str, Any]:
        question = RatingQuestion(
            rating_api=params["rating_api"],
            rating_currency=parse_currency(params["rating_currency"], "rating_currency"),
            collect_period_s=cloud_arguments.collect_period_s(params),
            on_error=params["on_error"],
        )
        return rating_overview(cloud, question, now)

    run_on_cloud(module, read, "cloudkittyclient")


if __name__ == "__main__":
    main()
