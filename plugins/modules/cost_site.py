# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_site
short_description: Write a cost site of the organization, its teams and its projects
version_added: 0.1.0
description:
  - Writes a static site from the ledger. Its first page shows the current month of the organization. It has a
    page for each team and each project, and one of each for every earlier month that has a cost.
  - Pages of a closed month are not written again. If their cost was restated, they are, and say what it was.
    A month is closed when it is over and every feed that is not retired is rated up to its end.
  - Every page is one file with a small script of its own for search and sorting. It is whole without the
    script, and asks for nothing from elsewhere.
  - Beside each page is a JSON file of its name with all digits, the hash of what the page says, and its
    restatements.
  - Runs on the controller, and reads the ledger there.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
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
      - Pages of the current month, and of months that are not closed, say when they were written.
options:
  dest:
    description:
      - An existing folder on the controller, which is the site's alone. The first page is C(index.html).
      - New folders in it get the permissions of this one.
    type: path
    required: true
  currency:
    description: Currency of the site. A folder has pages of one currency, O(timezone) and O(teams).
    type: str
    required: true
  teams:
    description:
      - "What the pages of teams are of: a tag such as V(tag:team), V(category), or V(project), with which
        projects have pages only."
    type: str
    default: project
  title:
    description: Title of the site.
    type: str
    default: Cost
  timezone:
    description: IANA time zone in which days and months begin.
    type: str
    default: UTC
  templates:
    description:
      - Folders on the controller with templates of your own, the first of which wins. They are called
        C(site.html.j2), C(site.css.j2), C(site.js.j2) and C(stacked.html.j2), and may extend or include ours
        as C(finops/site.html.j2).
      - A template that another user of the controller could have put there is refused.
    type: list
    elements: path
    default: []
  savings:
    description:
      - What M(finops.cloud.cost_savings_info) returned in O(currency), one result for each cloud and project.
        The pages of the current month get a list of what could be saved, with its sum. A result of a failed
        task is reported as unknown.
      - What schedules have really saved is on the pages without this option. It is from the ledger.
    type: list
    elements: dict
  anomalies:
    description:
      - What M(finops.cloud.cost_anomaly_info) returned in O(currency) and O(timezone). Days that cost more
        than expected are marked in the charts of the months that are written, and listed.
      - A page has those of its own series and of narrower ones. So ask for the series V(project) and the tag
        of O(teams).
    type: dict
  locale:
    description:
      - How numbers and dates are written on pages that are written. Pages of closed months stay as they are.
      - C(1 234.50) and C(21 Nov 2026) with V(international), C(1'234.50) and C(21.11.2026) with V(swiss),
        C(1.234,50) and C(21.11.2026) with V(german), C(1 234,50) and C(21/11/2026) with V(french),
        C(1,234.50) and C(21 Nov 2026) with V(english). Words are English in each.
      - Defaults to C(locale) of the policy in the ledger, or else to V(international).
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
  - module: finops.cloud.cost_report
  - module: finops.cloud.cost_summary_info
"""

EXAMPLES = r"""
- name: The site that teams open every morning
  finops.cloud.cost_site:
    dest: /srv/cost
    title: Example AG
    currency: CHF
    timezone: Europe/Zurich
    teams: tag:team
    mode: "0644"
  register: site

- name: Ask what could be saved
  finops.cloud.cost_savings_info:
    cloud: production
    currency: CHF
  register: savings

- name: Ask which days cost more than expected
  finops.cloud.cost_anomaly_info:
    currency: CHF
    timezone: Europe/Zurich
    series: [total, project, "tag:team"]
  register: anomalies

- name: The site with both
  finops.cloud.cost_site:
    dest: /srv/cost
    title: Example AG
    currency: CHF
    timezone: Europe/Zurich
    teams: tag:team
    savings: ["{{ savings }}"]
    anomalies: "{{ anomalies }}"
    mode: "0644"

- name: Say what was restated
  ansible.builtin.debug:
    var: site.restated
  when: site.pages.restated > 0
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
index:
  description: The first page.
  returned: success
  type: str
  sample: /srv/cost/index.html
total:
  description: The cost of the current month; null where it is not known.
  returned: success
  type: str
  sample: "412.3"
currency:
  description: Its currency.
  returned: success
  type: str
  sample: CHF
pages:
  description: How many pages were written, kept as they are since their month is closed, and written anew as
    their month was restated.
  returned: success
  type: dict
  contains:
    written:
      description: New pages, pages of months that are not closed, and restated ones.
      type: int
      returned: always
      sample: 12
    kept:
      description: Pages of closed months that stay as they are.
      type: int
      returned: always
      sample: 24
    restated:
      description: Pages of closed months that say something else than before.
      type: int
      returned: always
      sample: 1
restated:
  description: The first ten of the restated pages, with what has changed.
  returned: success
  type: list
  elements: str
  sample: ["2026-10/index: CHF 412.3 -> 413.3 (teams: shop 100 -> 101)"]
incomplete:
  description: What the first page does not know, one line for each kind of reason. Empty where it knows all.
  returned: success
  type: list
  elements: str
  sample: []
"""
