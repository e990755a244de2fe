# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_report
short_description: Render a cost report as HTML, Markdown, CSV and JSON
version_added: 0.1.0
description:
  - Renders what other modules of this collection have returned as files that people read. The role
    P(finops.cloud.cost_report#role) reads all of it and calls this.
  - The HTML is one file that asks for nothing from elsewhere and has no script. It prints well, is light or
    dark as the reader's system is, and can be read by keyboard and screen reader.
  - Values that could not be read are listed at the top of the report, and are never shown as zero.
  - Runs on the controller.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._errors
  - finops.cloud._attributes
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed
      on the controller.
    support: full
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - A report says when it was written.
options:
  dest:
    description: An existing folder on the controller. It gets C(report.html), C(report.md), C(report.csv),
      C(report.json) and C(digest.md).
    type: path
    required: true
  results:
    description: What the modules returned. The result of a failed module is reported as unknown. The report
      has no section for a result that is omitted.
    type: dict
    required: true
    suboptions:
      summary:
        description:
          - Of M(finops.cloud.cost_summary_info), with its O(finops.cloud.cost_summary_info#module:currency),
            grouped by C(day), C(project), C(metric), C(resource) and tags, with
            O(finops.cloud.cost_summary_info#module:previous).
          - With O(finops.cloud.cost_summary_info#module:savings), the report has what schedules have saved.
        type: dict
        required: true
      before:
        description: The same of the period that RV(finops.cloud.cost_summary_info#module:cost.previous)
          tells.
        type: dict
      recent:
        description: The same of the newest rated day, from which prices per month are reckoned.
        type: dict
      budgets:
        description: Of M(finops.cloud.cost_budget_info).
        type: dict
      usage:
        description: Of M(finops.cloud.infomaniak_usage_info), with its
          O(finops.cloud.infomaniak_usage_info#module:idle), one for each cloud and project.
        type: list
        elements: dict
      quota:
        description: Of M(finops.cloud.infomaniak_quota_info), one for each cloud and project.
        type: list
        elements: dict
      savings:
        description: Of M(finops.cloud.cost_savings_info) in the currency of the summary, one for each cloud
          and project.
        type: list
        elements: dict
      anomalies:
        description: Of M(finops.cloud.cost_anomaly_info) for the same window, in the currency of the summary
          and in O(timezone). Its days are marked in the chart.
        type: dict
  title:
    description: Title of the report.
    type: str
    default: Cost report
  timezone:
    description: IANA time zone of days and moments, the one that the summary was asked in.
    type: str
    default: UTC
  formats:
    description: Which files to write. V(digest) is C(digest.md), a message of at most 40 lines for mail or
      chat, with what changed, what will break, and what to do.
    type: list
    elements: str
    choices: [html, md, csv, json, digest]
    default: [html, md, csv, json]
  templates:
    description:
      - Folders on the controller with templates of your own, the first of which wins. They are called
        C(report.html.j2), C(report.md.j2), C(style.css.j2) and C(charts.html.j2), and may extend or include
        ours as C(finops/report.html.j2).
      - All that they print is escaped, and a name that is not there is an error.
      - A template that another user of the controller could have put there is refused.
    type: list
    elements: path
    default: []
  locale:
    description:
      - How numbers and dates are written in HTML and Markdown. CSV and JSON are for
        programs, and always the same.
      - C(1 234.50) and C(21 Nov 2026) with V(international), C(1'234.50) and C(21.11.2026) with V(swiss),
        C(1.234,50) and C(21.11.2026) with V(german), C(1 234,50) and C(21/11/2026) with V(french),
        C(1,234.50) and C(21 Nov 2026) with V(english). Words are English in each.
      - Defaults to V(international). The role P(finops.cloud.cost_report#role) takes that of the policy.
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
  - module: finops.cloud.cost_export
  - module: finops.cloud.cost_summary_info
"""

EXAMPLES = r"""
- name: What October has cost
  finops.cloud.cost_summary_info:
    begin: "2026-10-01"
    end: "2026-11-01"
    timezone: Europe/Zurich
    currency: CHF
    group_by: [day, project, metric, resource, "tag:team"]
  register: october

- name: As a report
  finops.cloud.cost_report:
    dest: /srv/reports/2026-10
    title: October
    timezone: Europe/Zurich
    results:
      summary: "{{ october }}"
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
dest:
  description: The folder.
  returned: success
  type: str
  sample: /srv/reports/2026-10
files:
  description: What is in it now.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/2026-10/report.html]
incomplete:
  description: What the report does not know and says at its top, one sentence each, the first ten and how
    many more there are. Empty where it knows all.
  returned: success
  type: list
  elements: str
  sample: []
total:
  description: The cost of the window; null where it is not known.
  returned: success
  type: str
  sample: "412.3"
currency:
  description: Its currency.
  returned: success
  type: str
  sample: CHF
"""
