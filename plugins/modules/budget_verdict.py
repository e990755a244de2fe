# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Documents the action plugin of this name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: budget_verdict
short_description: Combine the results of a gate into one verdict, for people and CI systems
version_added: 0.1.0
description:
  - Takes what an estimate, the quotas and the budgets said of a deployment, and returns one verdict. Deny
    beats unknown beats allow. A result of a task that failed, or that was not run where it should have been,
    is unknown.
  - Writes the verdict as JSON, as Markdown and as JUnit XML, where that is asked for. Never fails for what
    the verdict is.
  - Checks the results with the owner's policy. What the policy refuses is a denial that no option overrides.
    Results from different ledgers, or based on other rates than the ledger's, are unknown, and no option
    overrides that either.
  - The role P(finops.cloud.budget_gate#role) uses it.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._errors
  - finops.cloud._attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  name:
    description: What the deployment is called.
    type: str
    required: true
  estimate:
    description: Result of M(finops.cloud.cost_estimate_info).
    type: dict
    required: true
  quota:
    description: Result of M(finops.cloud.infomaniak_quota_info) with C(required), for the project and region
      of the estimate. Of no matter where the estimate needs no quota.
    type: dict
    required: true
  gate:
    description:
      - Result of M(finops.cloud.cost_reservation) or M(finops.cloud.cost_budget). Of no matter where the
        estimate adds no cost, or only reduces it.
      - Without it, the verdict is that the budgets were not asked yet, which nothing lets pass.
    type: dict
  policy:
    description:
      - Result of M(finops.cloud.cost_policy_info). The results of the estimate and the gate contain the
        policy too. If none of the three does, the verdict is unknown and no option overrides that.
    type: dict
    default: {}
  sync_failure:
    description: Why the ledger could not be brought up to date before. The verdict is unknown then, unless
      the estimate adds no cost, or only reduces it.
    type: str
  on_exceeded:
    description: Whether a deployment passes that a budget or a quota denies.
    type: str
    choices: [fail, warn]
    default: fail
  on_unknown:
    description: Whether a deployment passes of which something is not known.
    type: str
    choices: [fail, warn]
    default: fail
  json:
    description: File on the controller for the verdict as JSON.
    type: path
  markdown:
    description:
      - File on the controller for the verdict as Markdown, as a comment for a merge request.
      - "It has at most 60,000 characters. Resources that differ least are left out first. Its first line is
        C(<!-- finops.cloud.budget_gate: shop-4711 -->) with the O(name), for a pipeline to find its comment."
    type: path
  junit:
    description: File on the controller for the verdict as JUnit XML, with one test for each finding, each
      budget and each line of the estimate. Deny is a failure, unknown an error.
    type: path
  template_path:
    description:
      - Folder on the controller with a C(verdict.md.j2) that is taken in place of the shipped one, with the
        result as C(verdict) and what the shipped one shows as C(comment).
      - A template that another user of the controller could have put there is refused.
    type: path
  locale:
    description:
      - How numbers and dates are written in Markdown. JSON and JUnit XML are for
        programs, and always the same.
      - C(1 234.50) and C(21 Nov 2026) with V(international), C(1'234.50) and C(21.11.2026) with V(swiss),
        C(1.234,50) and C(21.11.2026) with V(german), C(1 234,50) and C(21/11/2026) with V(french),
        C(1,234.50) and C(21 Nov 2026) with V(english). Words are English in each.
      - Defaults to C(locale) of O(policy), or else to V(international).
    type: str
    choices: [international, swiss, german, french, english]
  mode:
    description:
      - Permissions of the files, as an octal number such as C('0640') or in symbols such as C(u=rw,g=r).
      - Without it, a file keeps the permissions it has, and a new file can be read by its owner only.
    type: raw
  owner:
    description: Name or number of the user who owns the files.
    type: str
  group:
    description: Name or number of the group that owns the files.
    type: str
seealso:
  - module: finops.cloud.cost_estimate_info
  - module: finops.cloud.cost_reservation
  - module: finops.cloud.cost_policy_info
"""

EXAMPLES = r"""
- name: One verdict of three results, and a comment for the merge request
  finops.cloud.budget_verdict:
    name: shop-4711
    estimate: "{{ estimate }}"
    quota: "{{ quota }}"
    gate: "{{ hold }}"
    markdown: verdict.md
  register: verdict
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
name:
  description: What the deployment is called.
  returned: success
  type: str
  sample: shop-4711
verdict:
  description: The worst of all findings, C(allow), C(unknown) or C(deny).
  returned: success
  type: str
  sample: allow
gate_passed:
  description: Whether the run may go on, by the findings and by O(on_exceeded) and O(on_unknown).
  returned: success
  type: bool
  sample: true
reasons:
  description: The reason of each finding, the worst first.
  returned: success
  type: list
  elements: str
  sample: ["The deployment fits into the quotas."]
findings:
  description: What the policy refuses, and what the estimate, the quotas and each budget say. C(passes) tells
    whether the run may go on for all of it.
  returned: success
  type: list
  elements: dict
  sample:
    - {subject: quota, verdict: allow, reason: The deployment fits into the quotas., passes: true}
held:
  description: Whether the cost is held now.
  returned: success
  type: bool
  sample: true
reservation:
  description: The hold, as M(finops.cloud.cost_reservation) returns it. Empty where nothing was to be held.
  returned: success
  type: dict
  sample: {name: shop-4711, state: held}
estimate:
  description: What M(finops.cloud.cost_estimate_info) said, with all lines. Each value is null where it
    failed.
  returned: success
  type: dict
  sample: {currency: CHF, total: {}, lines: []}
quota:
  description: What is C(required), and what M(finops.cloud.infomaniak_quota_info) said of it.
  returned: success
  type: dict
  sample: {required: {cores: 2}, fits: true, shortfalls: [], unknown: []}
budgets:
  description: What each budget said. Empty where none was asked.
  returned: success
  type: list
  elements: dict
  sample: [{name: production, verdict: allow}]
summary:
  description: A table for people, one line per budget.
  returned: success
  type: list
  elements: str
  sample: ["budget      verdict  period from       limit   spent"]
policy:
  description: The owner's policy in force, as M(finops.cloud.cost_policy) returns it. Empty without one, and
    null if no result contains it.
  returned: success
  type: dict
  sample: {}
sync_failure:
  description: Why the ledger could not be brought up to date; null where it could.
  returned: success
  type: str
  sample: null
plan_sha256:
  description: SHA-256 of the file of the plan that was estimated. Null without a plan.
  returned: success
  type: str
  sample: 7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730
evaluated_at:
  description: When it was decided, in UTC. Null where nothing could be asked.
  returned: success
  type: str
  sample: "2026-11-21T05:00:00Z"
tax:
  description: What the sums of the asked budgets did with costs of the charge category tax, C(excluded),
    C(included), or C(mixed) if the budgets differ. Each row of RV(budgets) has its own. Null where none was
    asked.
  returned: success
  type: str
  sample: excluded
files:
  description: The files that were asked for.
  returned: success
  type: list
  elements: str
  sample: [verdict.md]
"""
