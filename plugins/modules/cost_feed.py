# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_feed
short_description: List the feeds of the ledger, and retire those whose project is gone
version_added: 0.1.0
description:
  - A feed is what M(finops.cloud.cost_import) or M(finops.cloud.cost_import_vergeos) imported from one
    project in one region. Budgets that are fed by the cloud wait for every feed in their scope.
  - Lists the feeds, all of them or those of a project or region.
  - With O(state=retired), ends the feed of a project that is gone. Its cost stays in the ledger, it has no
    run rate any more, and budgets no longer wait for it. No cloud is asked.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(listed) lists feeds and changes nothing.
      - V(retired) retires one feed.
    type: str
    default: listed
    choices: [listed, retired]
  project:
    description:
      - ID or name of a project. Only its feeds are listed or retired. Required with O(state=retired).
    type: str
  region:
    description:
      - Name of a region. Only its feeds are listed or retired. Required with O(state=retired) if the project
        has feeds of several regions.
    type: str
  reason:
    description: Reason for retiring the feed. Budgets that depend on it report it until their period ends.
      Required with O(state=retired).
    type: str
seealso:
  - module: finops.cloud.cost_import
  - module: finops.cloud.cost_import_vergeos
"""

EXAMPLES = r"""
- name: List what is imported, and up to when
  finops.cloud.cost_feed:
  register: imported

- name: Retire the feed of a project that is gone
  finops.cloud.cost_feed:
    project: PCP-ABC1234
    state: retired
    reason: the shop moved to another project
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
feeds:
  description: The feeds that were asked for, or the one that was retired.
  returned: success
  type: list
  elements: dict
  contains:
    cloud:
      description: Name in C(clouds.yaml) at the last import. Null if options or the environment gave the
        login.
      type: str
      returned: always
      sample: production
    auth_url:
      description: URL of the identity service at the last import, or of the VergeOS system. It does not
        identify the feed, which stays the same if the URL changes.
      type: str
      returned: always
      sample: https://api.pub1.infomaniak.cloud/identity/v3
    region:
      description: Name of the region.
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
    told_by:
      description: Where its cost comes from, V(cloudkitty) or V(vergeos).
      type: str
      returned: always
      sample: cloudkitty
    currency:
      description: Currency of the feed.
      type: str
      returned: always
      sample: ICU
    collect_period:
      description: Length of a rated period in seconds.
      type: int
      returned: always
      sample: 3600
    rated_through:
      description: End of the newest rated period, in UTC.
      type: str
      returned: always
      sample: "2026-11-21T04:00:00Z"
    run_rate:
      description: What a period is expected to cost, which is what the newest rated one cost, with the mean
        of flow metrics in place of theirs.
      type: str
      returned: always
      sample: "8.650401"
    flow_hours:
      description: Number of rated periods that the mean of flow metrics covers.
      type: int
      returned: always
      sample: 168
    retired:
      description: Whether the feed is retired.
      type: bool
      returned: always
      sample: false
    retirement:
      description: When the feed was retired, by which user on which host, and why. Null for a feed that is
        not retired, or that was retired before the ledger kept it.
      type: dict
      returned: always
      sample:
        at: "2026-11-21T05:00:00Z"
        by: ci@runner
        reason: the shop moved to another project
    unrated:
      description: Windows (UTC) that an import asked for and the cloud has not rated.
      type: list
      elements: dict
      returned: always
      sample: [{begin: "2026-11-20T00:00:00Z", end: "2026-11-20T02:00:00Z"}]
    windows:
      description: What was imported without a gap, as windows in UTC.
      type: list
      elements: dict
      returned: always
      contains:
        begin:
          description: Begin of the window.
          type: str
          returned: always
          sample: "2026-10-01T00:00:00Z"
        end:
          description: End of the window (exclusive).
          type: str
          returned: always
          sample: "2026-11-21T04:00:00Z"
"""

from datetime import UTC, datetime
from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._core.writer import recorded_by
from ..module_utils._imports.entry_writer import Signature
from ..module_utils._imports.retiring import list_feeds, retire


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            "state": {"type": "str", "default": "listed", "choices": ["listed", "retired"]},
            "project": {"type": "str"},
            "region": {"type": "str"},
            "reason": {"type": "str"},
        },
        required_if=[("state", "retired", ["project", "reason"])],
        supports_check_mode=True,
    )
    params = module.params

    def work() -> dict[str, Any]:
        ledger = arguments.ledger_options(params)
        if params["state"] == "listed":
            return list_feeds(ledger, params["project"], params["region"])
        signature = Signature(datetime.now(UTC), recorded_by())
        return retire(
            ledger, params["project"], params["region"], params["reason"], signature, module.check_mode
        )

    run(module, work, "ledger")


if __name__ == "__main__":
    main()
