# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_summary_info
short_description: Get the costs in the ledger for a window of time
version_added: 0.1.0
description:
  - Sums what was recorded and imported, in total, by category, and by the groups in O(group_by). Lists
    entries.
  - Amounts are exact, exclude VAT, and are never added across currencies. O(currency) converts each amount at
    the rate that was valid when the cost occurred.
  - A correction counts where the corrected cost began, so closed periods are shown as they are known today.
    O(as_of) shows them as they were known then.
  - Reads one state of the ledger and changes nothing. A ledger that is missing or cannot be read is an error,
    not a cost of zero.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._ledger.selection
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  window:
    description:
      - A named window, in O(timezone). Mutually exclusive with O(begin) and O(end). Defaults to
        V(current_month).
      - V(last_30_days) ends with today.
    type: str
    choices: [today, yesterday, previous_week, current_month, previous_month, last_30_days]
  begin:
    description: Begin of the window, a date or a date and time in ISO 8601. Local to O(timezone) unless an
      offset is written.
    type: str
  end:
    description: End of the window (exclusive). Defaults to now. Requires O(begin).
    type: str
  timezone:
    description: IANA time zone in which dates begin.
    type: str
    default: UTC
  currency:
    description:
      - Currency of the amounts. Without it, amounts are returned by currency.
      - If no rate was valid, the amount is null and RV(unknown) names the missing rate.
    type: str
  as_of:
    description:
      - A date, or a date and time, in the past. Returns what this module would have returned then, from what
        was recorded until then, up to the end of that second. Named windows count from there. Defaults to
        now.
    type: str
  group_by:
    description:
      - Groups by which to return the cost, each as a list C(by_<name>) in RV(cost).
      - V(category) and V(charge_category), which are always returned, V(project), V(cloud), V(region),
        V(source), V(metric), V(resource), V(day), V(week) (ISO weeks) and V(month), which begin in
        O(timezone), and a tag such as V(tag:team).
    type: list
    elements: str
    default: []
  allocated:
    description:
      - Whether shared costs are those of the projects, or of the tag's values, that
        O(finops.cloud.cost_policy#module:cost_allocation) gives them to. The sum stays the same.
      - A shared cost that nobody has a cost to divide by stays where it was recorded, and RV(unknown) says
        so.
      - RV(entries) and their count are those that were recorded.
    type: bool
    default: false
  previous:
    description:
      - Whether to compare what is known of the window with the same elapsed part of the period before. With
        imported cost that is the part up to the oldest RV(feeds) C(rated_through).
      - A month is compared with the month before, V(today) and V(yesterday) with the local day before,
        V(last_30_days) with the 30 days before, and any other window with the one of the same length that
        ends at its begin.
    type: bool
    default: false
  entries:
    description: Whether to list the entries, in the order in which they were recorded.
    type: bool
    default: false
  limit:
    description: Maximum number of entries to list. Ignored unless O(entries) is set.
    type: int
    default: 100
  marker:
    description:
      - Lists the entries after this one. Use RV(next_marker) of the previous page.
      - With O(as_of) the pages stay the same whatever is recorded meanwhile.
    type: str
  history:
    description: Whether to list also what was corrected or taken back, and the reversals.
    type: bool
    default: false
  savings:
    description:
      - Whether to return in RV(savings) what M(finops.cloud.office_hours) has saved in the window, by what
        was rated since. Of the selection the projects and regions count. Not possible with O(as_of).
    type: bool
    default: false
seealso:
  - module: finops.cloud.cost_entry
  - module: finops.cloud.infomaniak_cost_info
  - plugin: finops.cloud.to_currency
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What has this month cost in francs, by team and by day
  finops.cloud.cost_summary_info:
    timezone: Europe/Zurich
    currency: CHF
    group_by: ["tag:team", day]
    previous: true
  register: month

- name: Say it
  ansible.builtin.debug:
    msg: "CHF {{ month.cost.total }}, {{ month.cost.previous.change }} more than by this day of last month"

- name: What has each team cost with its part of what all use
  finops.cloud.cost_summary_info:
    window: previous_month
    currency: CHF
    group_by: ["tag:team"]
    allocated: true

- name: What did we report for October on the 5th of November
  finops.cloud.cost_summary_info:
    begin: "2026-10-01"
    end: "2026-11-01"
    as_of: "2026-11-05"

- name: What the support team bought this year, entry by entry
  finops.cloud.cost_summary_info:
    begin: "2026-01-01"
    charge_categories: [purchase]
    tags: {team: support}
    entries: true
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
  description: The ledger that was read, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
period_start:
  description: Begin of the window in UTC.
  returned: success
  type: str
  sample: "2026-10-31T23:00:00Z"
period_end:
  description: End of the window in UTC (exclusive).
  returned: success
  type: str
  sample: "2026-11-30T23:00:00Z"
as_of:
  description: Up to when recorded entries count; null where all do.
  returned: success
  type: str
  sample: null
as_of_final:
  description: Whether no later entry can change this answer. False, with a warning, where O(as_of) is later
    than the newest entry, as a task can still be writing. Null without O(as_of).
  returned: success
  type: bool
  sample: null
tax:
  description: C(excluded), as amounts are net of VAT; C(included) where a tax that was recorded as a cost is
    in the sums.
  returned: success
  type: str
  sample: excluded
savings:
  description: What acts have saved in the window. Null unless O(savings) is set.
  returned: success
  type: dict
  contains:
    resources:
      description:
        - The servers that an act kept off in the window, as far as the window is rated. C(hours_off) are the
          rated hours that began meanwhile.
        - C(expected) is what was expected when each act was done. C(realised) is what so many hours cost on
          average in the newest 168 rated ones before in which nothing kept the server off, less what they
          were rated. It is below zero if the server became dearer.
        - C(problem) says why C(realised) is null, V(not_by_period) if the feed was imported by the day,
          V(other_currency) if it was rated in another currency than its feed is, V(nothing_rated_before) if
          there was no such hour.
      type: list
      elements: dict
      returned: always
      sample:
        - resource: 9f4a0d5c-2f0e-5a4b-8a55-0d3c1b7c6f11
          resource_name: web-1
          project_id: 5ce1f2a0b3d94
          region: dc3-a
          acts: 22
          hours_off: 264.0
          expected: "92.4"
          realised: "92.4"
          currency: ICU
          problem: null
    totals:
      description: Sums by currency. An amount is null if it is null of one of the servers.
      type: list
      elements: dict
      returned: always
      sample: [{expected: "92.4", realised: "92.4", currency: ICU}]
unknown:
  description: Why amounts could not be converted into O(currency), which are null then, and why shared costs
    could not be divided. Empty if all amounts are known.
  returned: success
  type: list
  elements: str
  sample: []
feeds:
  description:
    - How far the cost of each imported project is known; null with O(as_of).
    - C(missing) lists the parts of the window, up to C(rated_through), that were never imported, each with
      C(begin) and C(end).
  returned: success
  type: list
  elements: dict
  sample:
    - cloud: production
      region: dc3-a
      project_id: b30781c9679b4ede8107bae21990153e
      project_name: PCP-ABC1234
      rated_through: "2026-11-21T04:00:00Z"
      retired: false
      missing: []
cost:
  description: What it cost. Rows are dearest first, without O(currency) one per currency; times are in order.
  returned: success
  type: dict
  contains:
    total:
      description:
        - The sum in RV(cost.currency). Null where it is unknown, and where there are several currencies, or
          no entry, and none was asked for.
      type: str
      returned: always
      sample: "412.3"
    currency:
      description: Currency of the sum, O(currency) or the only one that there is.
      type: str
      returned: always
      sample: CHF
    totals:
      description: The sum of each currency as it was recorded.
      type: list
      elements: dict
      returned: always
      sample:
        - amount: "412.3"
          currency: CHF
    entry_count:
      description: Over how many entries.
      type: int
      returned: always
      sample: 17
    by_category:
      description: The sum by category.
      type: list
      elements: dict
      returned: always
      sample:
        - category: compute
          amount: "400"
          currency: CHF
    by_charge_category:
      description: The sum by kind of charge.
      type: list
      elements: dict
      returned: always
      sample:
        - charge_category: usage
          amount: "412.3"
          currency: CHF
    by_project:
      description: The sum by project, its ID or, without one, its name; null where it was not asked for in
        O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - project: b30781c9679b4ede8107bae21990153e
          project_name: PCP-ABC1234
          amount: "412.3"
          currency: CHF
    by_cloud:
      description: The sum by cloud; null where it was not asked for in O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - cloud: production
          amount: "412.3"
          currency: CHF
    by_region:
      description: The sum by region; null where it was not asked for in O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - region: dc3-a
          amount: "412.3"
          currency: CHF
    by_source:
      description: The sum by source; null where it was not asked for in O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - source: manual
          amount: "412.3"
          currency: CHF
    by_metric:
      description: The sum by metric; null where it was not asked for in O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - metric: instance_up
          amount: "412.3"
          currency: CHF
    by_resource:
      description: The sum by resource, its ID or, without one, its name; null where it was not asked for in
        O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - resource: 6b0f3a1e-3f2b-4d57-9d56-1f7a0f7a6a55
          resource_name: shop-1
          resource_type: instance
          amount: "412.3"
          currency: CHF
    by_day:
      description: The sum by day in O(timezone), those that have entries; null where it was not asked for in
        O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - day: "2026-11-20"
          begin: "2026-11-19T23:00:00Z"
          end: "2026-11-20T23:00:00Z"
          amount: "412.3"
          currency: CHF
    by_week:
      description: The sum by ISO week in O(timezone), those that have entries; null where it was not asked
        for in O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - week: 2026-W47
          begin: "2026-11-15T23:00:00Z"
          end: "2026-11-22T23:00:00Z"
          amount: "412.3"
          currency: CHF
    by_month:
      description: The sum by month in O(timezone), those that have entries; null where it was not asked for
        in O(group_by).
      type: list
      elements: dict
      returned: always
      sample:
        - month: 2026-11
          begin: "2026-10-31T23:00:00Z"
          end: "2026-11-30T23:00:00Z"
          amount: "412.3"
          currency: CHF
    by_tag:
      description: For each tag of O(group_by) the sum by its values, null being what does not have it.
      type: dict
      returned: always
      sample:
        team:
          - value: shop
            amount: "412.3"
            currency: CHF
    previous:
      description:
        - The same elapsed part of the period before, and how C(compared_total), what has elapsed of the
          window, has changed against it.
        - C(relative_change) is null against nothing. Amounts are null where they are unknown, or in several
          currencies and none was asked for.
        - Null without O(previous).
      type: dict
      returned: always
      sample:
        period_start: "2026-09-30T22:00:00Z"
        period_end: "2026-10-21T03:00:00Z"
        compared_start: "2026-10-31T23:00:00Z"
        compared_end: "2026-11-21T04:00:00Z"
        compared_total: "412.3"
        total: "400"
        currency: CHF
        change: "12.3"
        relative_change: "0.03075"
entries:
  description:
    - The entries in the order in which they were recorded, each as RV(finops.cloud.cost_entry#module:entries)
      tells it; null without O(entries).
    - C(reversal) is true for the row that takes another back, with its amount turned.
  returned: success
  type: list
  elements: dict
  sample:
    - source: manual
      key: invoice-2026-11-004
      version: 1
      reversal: false
      charge_category: purchase
      category: other
      amount: "120"
      currency: CHF
      occurred_at: "2026-11-03T00:00:00Z"
      period_begin: "2026-11-03T00:00:00Z"
      period_end: "2026-11-03T00:00:00Z"
      cloud: null
      region: null
      project_id: null
      project_name: null
      metric: null
      resource_id: null
      resource_name: null
      resource_type: null
      quantity: null
      unit: null
      description: Support contract, November
      tags: {}
      recorded_at: "2026-11-03T09:12:44Z"
      recorded_by: ci@runner-3
next_marker:
  description: What O(marker) goes on with; null where there are no more entries, or none were asked for.
  returned: success
  type: str
  sample: null
"""

from typing import Any

from ..module_utils._ansible import arguments, window_arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.money import parse_currency
from ..module_utils._core.named_windows import asked_window
from ..module_utils._core.periods import now_utc, zone_named
from ..module_utils._cost.ledger_summary import Page, SummaryQuestion, summarize
from ..module_utils._cost.realised_savings import realised_savings


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            **window_arguments.WINDOW,
            **window_arguments.SELECTION,
            "currency": {"type": "str"},
            "as_of": {"type": "str"},
            "group_by": {"type": "list", "elements": "str", "default": []},
            "allocated": {"type": "bool", "default": False},
            "previous": {"type": "bool", "default": False},
            "entries": {"type": "bool", "default": False},
            "limit": {"type": "int", "default": 100},
            "marker": {"type": "str"},
            "history": {"type": "bool", "default": False},
            "savings": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("window", "begin"), ("window", "end")],
        required_by={"end": "begin"},
        supports_check_mode=True,
    )

    def read() -> dict[str, Any]:
        if module.params["savings"] and module.params["as_of"]:
            raise InvalidOption("savings", "and `as_of` are mutually exclusive.")
        ledger, (question, now) = arguments.ledger_options(module.params), _question(module.params)
        result = summarize(ledger, question, now)
        wanted = module.params["savings"]
        result["savings"] = realised_savings(ledger, question.selection) if wanted else None
        for sentence in result["unknown"]:
            module.warn(sentence)
        window_arguments.warn_if_not_final(module, result)
        return result

    run(module, read, "ledger")


def _question(params: dict[str, Any]) -> tuple[SummaryQuestion, Any]:
    """What is asked, and the moment as of which it is answered."""
    now, zone = now_utc(), zone_named(params["timezone"], "timezone")
    as_of = window_arguments.as_of(params, zone, now)
    named = None if params["begin"] else params["window"] or "current_month"
    window = asked_window(named or "current_month", params["begin"], params["end"], zone, as_of or now)
    question = SummaryQuestion(
        selection=window_arguments.selection(params, window),
        named=named,
        zone=zone,
        rates=arguments.rates(params),
        currency=parse_currency(params["currency"], "currency") if params["currency"] else None,
        as_of=as_of,
        group_by=tuple(params["group_by"]),
        allocated=params["allocated"],
        with_previous=params["previous"],
        page=Page(params["limit"], params["marker"], params["history"]) if params["entries"] else None,
    )
    return question, as_of or now


if __name__ == "__main__":
    main()
