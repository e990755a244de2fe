# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_anomaly_info
short_description: Find days that cost more than expected, and what changed
version_added: 0.1.0
description:
  - Compares each day of the ledger with what was expected of it by its weekday and the level of the days
    before, for the total, and by project, category, region, metric and tag. Returns the days that cost more,
    by how much, which resources carry it, and what changed about them.
  - A day of which a feed is not rated or not imported whole is not judged. It is unknown, and never low.
  - Is silent about a series until some three weeks of it are known, and says so in RV(series).
  - Looks at what is used by the day (charge category V(usage)). Purchases, credits, adjustments and taxes
    are left out.
  - Judges the day in progress by the same hours of the days before, from 6 rated hours on.
  - Reads the ledger by few statements, however many series there are. Changes nothing.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.info_module
  - finops.cloud._attributes.actiongroup_ledger
options:
  window:
    description:
      - The days that are judged, in O(timezone). Mutually exclusive with O(begin) and O(end).
      - V(last_30_days) ends with today.
    type: str
    choices: [today, yesterday, previous_week, current_month, previous_month, last_30_days]
  begin:
    description: First day that is judged, a date or a date and time in ISO 8601. Local to O(timezone) unless
      an offset is written. Without it and O(window), the last 30 days are judged.
    type: str
  end:
    description: Up to when days are judged (exclusive). Defaults to now. Requires O(begin).
    type: str
  timezone:
    description: IANA time zone in which days begin.
    type: str
    default: UTC
  currency:
    description: ISO 4217 code, or V(ICU), of all amounts. Amounts in other currencies are converted at the
      rate that was valid when they occurred. A day that no rate converts is unknown.
    type: str
    required: true
  series:
    description:
      - What days are summed by. Each of the values makes one series.
      - V(total), V(project), V(category), V(project_category), V(region), V(metric), and a tag such as
        V(tag:team). V(metric) and V(project_category) are what is closest to the services and groups of
        resources on a bill. V(metric) reads the entries and not their sums, which takes longer.
    type: list
    elements: str
    default: [total, project, category, project_category]
  projects:
    description: Only these projects, by ID or name.
    type: list
    elements: str
  categories:
    description: Only these categories.
    type: list
    elements: str
    choices: [llm_inference, llm_embedding, compute, storage, network, api_calls, other]
  regions:
    description: Only these regions.
    type: list
    elements: str
  minimum_score:
    description: How many times as far above what was expected a day is at least as days usually scatter.
      Quote it.
    type: str
    default: "3.5"
  minimum_percent:
    description: By how many percent of what was expected a day is above it at least. Quote it.
    type: str
    default: "15"
  minimum_amount:
    description: By how much money a day is above what was expected at least, in O(currency). Quote it.
    type: str
    default: "1"
  silences:
    description: What nobody wants to be told of. It is returned with its silence, and does not count in
      RV(open).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of a series, such as V(project=shop category=compute), or ID of an anomaly.
        type: str
        required: true
      reason:
        description: Why.
        type: str
        required: true
      until:
        description: Date, or date and time, at which the silence ends. Local to O(timezone) unless an offset
          is written. An anomaly that goes on behind it is told.
        type: str
        required: true
seealso:
  - module: finops.cloud.cost_summary_info
  - module: finops.cloud.cost_import
"""

EXAMPLES = r"""
- name: What cost more than expected in the last 30 days
  finops.cloud.cost_anomaly_info:
    timezone: Europe/Zurich
    currency: CHF
    series: [total, project_category, "tag:team"]
    silences:
      - name: project=b30781c9679b4ede8107bae21990153e category=compute
        reason: The load test of the new shop
        until: "2026-12-05"
  register: found

- name: Say it
  ansible.builtin.debug:
    msg: "{{ item.series }} cost CHF {{ item.above }} more than expected since {{ item.first_day }}:
      {{ item.changes }}"
  loop: "{{ found.anomalies | rejectattr('silenced') | selectattr('state', 'eq', 'open') }}"
  loop_control:
    label: "{{ item.id }}"

- name: Only large ones of one project, of last month
  finops.cloud.cost_anomaly_info:
    window: previous_month
    currency: CHF
    series: [category]
    projects: [PCP-ABC1234]
    minimum_amount: "20"
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
period_start:
  description: Begin of the first day that was judged, in UTC.
  returned: success
  type: str
  sample: "2026-10-29T23:00:00Z"
period_end:
  description: End of the last day (exclusive).
  returned: success
  type: str
  sample: "2026-11-28T23:00:00Z"
currency:
  description: Currency of all amounts.
  returned: success
  type: str
  sample: CHF
feeds:
  description: How far the cost of each imported project is known. C(missing) is what of the days that were
    judged was not imported although it is rated.
  returned: success
  type: list
  elements: dict
  sample:
    - cloud: production
      region: dc3-a
      project_id: b30781c9679b4ede8107bae21990153e
      project_name: PCP-ABC1234
      rated_through: "2026-11-28T09:00:00Z"
      retired: false
      missing: []
hours_of_today:
  description: How many hours of the day in progress were judged. Null if it was not, as it is not among the
    days or fewer than 6 of its hours are rated.
  returned: success
  type: int
  sample: 10
series:
  description: Every series, and how far it could be judged.
  returned: success
  type: list
  elements: dict
  contains:
    series:
      description: Name of the series.
      type: str
      returned: always
      sample: category=compute
    dimensions:
      description: What of the costs is in the series. Empty for the total.
      type: dict
      returned: always
      sample: {category: compute}
    state:
      description:
        - What was made of the newest day that is over.
        - V(judged), V(sparse) if a quarter of the days cost next to nothing and the day was held to the
          dearest of them, V(learning) if too little is known of the days before, or V(unknown) if the day is
          not known whole.
      type: str
      returned: always
      sample: judged
    known_days:
      description: How many of the days before it are known.
      type: int
      returned: always
      sample: 90
    judged_days:
      description: How many of the days that were asked for were judged.
      type: int
      returned: always
      sample: 28
    learning_days:
      description: How many of them were not, as too little is known of the days before.
      type: int
      returned: always
      sample: 0
    unknown_days:
      description: How many of them are not known whole.
      type: int
      returned: always
      sample: 1
anomalies:
  description: Days that cost more than expected, those with most money first. Days of one series with fewer
    than two days between them that are as expected are one anomaly.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Name of the series and first day. It stays the same.
      type: str
      returned: always
      sample: category=compute 2026-11-18
    series:
      description: Name of the series.
      type: str
      returned: always
      sample: category=compute
    dimensions:
      description: What of the costs is in the series. Empty for the total.
      type: dict
      returned: always
      sample: {category: compute}
    state:
      description: V(open) until two days are as expected, V(over), or V(new_level) if an average day costs
        more from then on.
      type: str
      returned: always
      sample: over
    first_day:
      description: Its first day.
      type: str
      returned: always
      sample: "2026-11-18"
    last_day:
      description: Its last day.
      type: str
      returned: always
      sample: "2026-11-18"
    days:
      description: Its days. Of the day in progress C(end) is the end of what was judged.
      type: list
      elements: dict
      returned: always
      sample:
        - day: "2026-11-18"
          begin: "2026-11-17T23:00:00Z"
          end: "2026-11-18T23:00:00Z"
          actual: "330"
          expected: "238.95"
          above: "91.05"
    actual:
      description: What these days cost, exactly.
      type: str
      returned: always
      sample: "330"
    expected:
      description: What was expected of them, an estimate.
      type: str
      returned: always
      sample: "238.95"
    above:
      description: How much more they cost.
      type: str
      returned: always
      sample: "91.05"
    above_percent:
      description: The same in percent of what was expected. Null if nothing was.
      type: str
      returned: always
      sample: "38.1"
    score:
      description: How many times as far above what was expected its worst day is as days usually scatter.
        Null for a sparse series.
      type: float
      returned: always
      sample: 12.7
    confidence:
      description: V(high), V(medium) or V(low).
      type: str
      returned: always
      sample: high
    reasons:
      description: Why it is so sure.
      type: list
      elements: str
      returned: always
      sample: [90 days before it are known., It is 12.7 times as far off as days scatter.]
    worst_day:
      description: The day that is furthest above what was expected.
      type: str
      returned: always
      sample: "2026-11-18"
    compared_with:
      description: The day that the worst one is compared with to tell what changed, and what it cost. It is
        the newest one of the same weekday that was as expected.
      type: dict
      returned: always
      sample: {day: "2026-11-11", amount: "239"}
    changes:
      description:
        - What the worst day cost more than that one, by what changed. They add up to the difference of the
          two days.
        - V(new) and V(gone) are resources of only one of the days. V(resized) are those of another size,
          V(hours) those that were there for more or fewer hours, V(price) those whose unit has another price,
          and V(traffic) what flows. V(size_or_price) is what could be either.
        - Empty if no resource differs.
      type: dict
      returned: always
      sample: {new: "62", resized: "29"}
    resources:
      description: The 10 resources that carry most of it, the largest difference first.
      type: list
      elements: dict
      returned: always
      contains:
        resource:
          description: ID of the resource, or its name if the ledger has no ID.
          type: str
          returned: always
          sample: 36886229-f6f0-4784-a389-e78feab9b42a
        name:
          description: Its name.
          type: str
          returned: always
          sample: ci-7
        type:
          description: Its type.
          type: str
          returned: always
          sample: instance
        metric:
          description: What it is rated as.
          type: str
          returned: always
          sample: instance_up
        change:
          description: What changed, one of the keys of C(changes).
          type: str
          returned: always
          sample: new
        before:
          description: What it cost on the day that is compared with.
          type: str
          returned: always
          sample: "0"
        after:
          description: What it cost on the worst day.
          type: str
          returned: always
          sample: "62"
        difference:
          description: The difference of the two.
          type: str
          returned: always
          sample: "62"
        quantity_before:
          description: Sum of the quantities then. Null if an entry has none.
          type: str
          returned: always
          sample: "0"
        quantity_after:
          description: Sum of the quantities on the worst day.
          type: str
          returned: always
          sample: "24"
        unit:
          description: Unit of the quantities.
          type: str
          returned: always
          sample: instance
    resource_count:
      description: How many resources differ.
      type: int
      returned: always
      sample: 2
    explained_by:
      description: IDs of anomalies on the same days in narrower series of this one.
      type: list
      elements: str
      returned: always
      sample: [project=b30781c9679b4ede8107bae21990153e category=compute 2026-11-18]
    silenced:
      description: Reason and end of the silence that is meant for it. Null without one.
      type: dict
      returned: always
      sample: {reason: The load test of the new shop, until: "2026-12-04T23:00:00Z"}
open:
  description: How many anomalies are open and not silenced.
  returned: success
  type: int
  sample: 0
unknown:
  description: What could not be converted, and why.
  returned: success
  type: list
  elements: str
  sample: []
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._ansible.window_arguments import SELECTION, WINDOW
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.money import parse_amount, parse_currency
from ..module_utils._core.named_windows import used_window
from ..module_utils._core.periods import now_utc, parse_moment, zone_named
from ..module_utils._savings.anomalies import AnomalyQuestion, Silence, find_anomalies
from ..module_utils._savings.day_costs import refuse_unknown_series
from ..module_utils._savings.expectation import AnomalyRule


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            **WINDOW,
            **{name: SELECTION[name] for name in ("projects", "categories", "regions")},
            "currency": {"type": "str", "required": True},
            "series": {
                "type": "list",
                "elements": "str",
                "default": ["total", "project", "category", "project_category"],
            },
            "minimum_score": {"type": "str", "default": "3.5"},
            "minimum_percent": {"type": "str", "default": "15"},
            "minimum_amount": {"type": "str", "default": "1"},
            "silences": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {name: {"type": "str", "required": True} for name in ("name", "reason", "until")},
            },
        },
        mutually_exclusive=[("window", "begin"), ("window", "end")],
        required_by={"end": "begin"},
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        now = now_utc()
        return find_anomalies(arguments.ledger_options(module.params), _question(module.params, now), now)

    run(module, work, "ledger")


def _question(params: dict[str, Any], now: datetime) -> AnomalyQuestion:
    zone = zone_named(params["timezone"], "timezone")
    named = params["window"] or (None if params["begin"] else "last_30_days")
    asked = used_window(named, params["begin"], params["end"], zone, now)
    refuse_unknown_series(params["series"], "series")
    return AnomalyQuestion(
        first=asked.begin.astimezone(zone).date(),
        last=_last(asked.end, zone),
        zone=zone,
        currency=parse_currency(params["currency"], "currency"),
        kinds=tuple(dict.fromkeys(params["series"])),
        rule=AnomalyRule(
            score=_threshold(params, "minimum_score"),
            part=_threshold(params, "minimum_percent") / 100,
            amount=_threshold(params, "minimum_amount"),
        ),
        rates=arguments.rates(params),
        projects=_listed(params, "projects"),
        categories=_listed(params, "categories"),
        regions=_listed(params, "regions"),
        silences=tuple(_silence(row, number, zone) for number, row in enumerate(params["silences"])),
    )


def _last(end: datetime, zone: ZoneInfo) -> date:
    """The local day of the last moment before the end."""
    return (end - timedelta(seconds=1)).astimezone(zone).date()


def _threshold(params: dict[str, Any], option: str) -> float:
    """A float, as the statistic is one. Raises InvalidOption for what is negative."""
    amount = parse_amount(params[option], option)
    if amount < 0:
        raise InvalidOption(option, f"'{params[option]}' is negative; write zero or more.")
    return float(amount)


def _listed(params: dict[str, Any], option: str) -> tuple[str, ...] | None:
    return None if params[option] is None else tuple(params[option])


def _silence(row: dict[str, str], number: int, zone: ZoneInfo) -> Silence:
    for name in ("name", "reason"):
        if not row[name].strip():
            raise InvalidOption(f"silences[{number}].{name}", "is empty; a silence has a name and a reason.")
    return Silence(row["name"], row["reason"], parse_moment(row["until"], zone, f"silences[{number}].until"))


if __name__ == "__main__":
    main()
