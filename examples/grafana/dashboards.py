# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the two dashboards beside this file: python3 dashboards.py. They show what cost_export writes with
`format: openmetrics`, and what the rules in ../prometheus record.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
HERE = Path(__file__).parent
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
#: Grafana's grid has 24 columns.
WIDTH = 24
#: A budget has its amounts in its own currency, which its metrics have in their name.
OF_ANY_CURRENCY = '{__name__=~"finops_budget_%s_[a-z]{3}"}'
OF_TEAM = 'tag="$tag", value="$team"'
#: The budgets that cover this tag alone.
BUDGETS_OF_TEAM = f"and on (job, instance, budget) finops_budget_tag{{{OF_TEAM}}}"
LIMITS = [{"color": "green", "value": None}, {"color": "orange", "value": 0.8}, {"color": "red", "value": 1}]
ANY_IS_BAD = [{"color": "green", "value": None}, {"color": "red", "value": 1}]
SIX_HOURS_IS_BAD = [{"color": "green", "value": None}, {"color": "red", "value": 21600}]


def variable(name: str, label: str, query: str, regex: str = "", hidden: bool = False) -> Json:
    """A choice whose values Grafana asks Prometheus for, whenever the time range changes."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": query,
        "regex": regex,
        "refresh": 2,
        "sort": 1,
        "hide": 2 if hidden else 0,
        "multi": False,
        "includeAll": False,
    }


def target(expression: str, legend: str = "", instant: bool = False, reference: str = "A") -> Json:
    """A query of a panel. instant: of the newest value alone."""
    kind = {"instant": True, "range": False} if instant else {"instant": False, "range": True}
    query = {"refId": reference, "datasource": DATASOURCE, "expr": expression, "legendFormat": legend}
    return {**query, "editorMode": "code", **kind}


def panel(kind: str, title: str, description: str, targets: Sequence[Json], size: tuple[int, int]) -> Json:
    """A panel without its place. size: columns and rows of the grid."""
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "gridPos": {"w": size[0], "h": size[1], "x": 0, "y": 0},
        "targets": list(targets),
    }


def field(unit: str, steps: Sequence[Json], decimals: int | None = None) -> Json:
    """How values are shown: a value that is not known is said to be, and is no zero."""
    shown: Json = {
        "unit": unit,
        "noValue": "not known",
        "thresholds": {"mode": "absolute", "steps": list(steps)},
        "mappings": [],
    }
    return {"defaults": shown | ({} if decimals is None else {"decimals": decimals}), "overrides": []}


REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def stat(title: str, description: str, expression: str, shown: Json) -> Json:
    """One figure."""
    one = panel("stat", title, description, [target(expression, instant=True)], (6, 4))
    options = {
        "reduceOptions": REDUCE,
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "value",
    }
    return {**one, "fieldConfig": shown, "options": options}


def bars(title: str, description: str, expression: str, legend: str, shown: Json) -> Json:
    """A bar for each, the largest first."""
    one = panel("bargauge", title, description, [target(expression, legend, instant=True)], (12, 9))
    options = {
        "reduceOptions": REDUCE,
        "displayMode": "basic",
        "orientation": "horizontal",
        "valueMode": "color",
        "namePlacement": "auto",
        "sizing": "auto",
        "showUnfilled": True,
        "minVizWidth": 8,
        "minVizHeight": 16,
    }
    return {**one, "fieldConfig": shown, "options": options}


def lines(title: str, description: str, targets: Sequence[Json], shown: Json) -> Json:
    """A line for each over time, with its newest value."""
    one = panel("timeseries", title, description, targets, (12, 9))
    options = {
        "legend": {
            "displayMode": "table",
            "placement": "bottom",
            "showLegend": True,
            "calcs": ["lastNotNull"],
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return {**one, "fieldConfig": shown, "options": options}


def placed(panels: Sequence[Json]) -> list[Json]:
    """The panels from left to right and top to bottom, with a number each."""
    found: list[Json] = []
    x = y = height = 0
    for number, one in enumerate(panels, 1):
        if x + one["gridPos"]["w"] > WIDTH:
            x, y, height = 0, y + height, 0
        found.append({"id": number, **one, "gridPos": {**one["gridPos"], "x": x, "y": y}})
        x, height = x + one["gridPos"]["w"], max(height, one["gridPos"]["h"])
    return found


def dashboard(uid: str, title: str, variables: Sequence[Json], panels: Sequence[Json]) -> Json:
    """A dashboard of the last 30 days."""
    source = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return {
        "uid": uid,
        "title": title,
        "tags": ["finops.cloud"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "15m",
        "time": {"from": "now-30d", "to": "now"},
        "templating": {"list": [{**source, "refresh": 1, "regex": "", "hide": 0}, *variables]},
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "title": "Costs",
                "tags": ["finops.cloud"],
                "asDropdown": False,
                "icon": "external link",
                "includeVars": True,
                "keepTime": True,
                "targetBlank": False,
                "tooltip": "",
                "url": "",
            }
        ],
        "panels": placed(panels),
    }


CURRENCY = variable("currency", "Currency", "metrics(finops_cost_[a-z]{3}$)", "/^finops_cost_(.{3})$/")
TAG = variable("tag", "Tag", "label_values(finops_tag_cost_$currency, tag)")
TEAM = variable("team", "Team", 'label_values(finops_tag_cost_$currency{tag="$tag"}, value)')
AMOUNT, RATIO = field("none", LIMITS[:1], 2), field("percentunit", LIMITS, 1)
BEHIND = stat(
    "Costs are behind",
    "How long ago the oldest cost of all imported projects was rated that is known.",
    "time() - min(finops_feed_rated_through_timestamp_seconds)",
    field("s", SIX_HOURS_IS_BAD),
)


def organization() -> Json:
    """What all of it costs, and how every budget stands."""
    return dashboard(
        "finops-organization",
        "Costs of the organization",
        [CURRENCY, TAG],
        [
            stat(
                "Cost of the month, $currency",
                "Of the window that cost_export names, in the time zone of the budgets.",
                "max(finops_cost_$currency)",
                AMOUNT,
            ),
            stat(
                "Budgets used up",
                "Budgets whose gates deny.",
                'sum(max by (budget) (finops_budget_verdict{verdict="deny"}))',
                field("none", ANY_IS_BAD),
            ),
            stat(
                "Budgets not known",
                "Budgets of which a part of the cost is not known.",
                "sum(1 - min by (budget) (finops_budget_known))",
                field("none", ANY_IS_BAD),
            ),
            BEHIND,
            lines(
                "Cost of 24 hours, $currency",
                "What the last 24 hours have added; there is none on the first day of a month.",
                [target('max(finops:cost:last_day{currency="$currency"})', "all")],
                AMOUNT,
            ),
            lines(
                "Cost of the month so far by category, $currency",
                "It begins at 0 with each month.",
                [target("max by (category) (finops_category_cost_$currency)", "{{category}}")],
                AMOUNT,
            ),
            bars(
                "Most expensive projects, $currency",
                "Of the month; without a name, what belongs to no project.",
                "sort_desc(topk(15, max by (project, project_name) (finops_project_cost_$currency)))",
                "{{project_name}}",
                AMOUNT,
            ),
            bars(
                "Most expensive by $tag, $currency",
                "Of the month; without a name, what lacks the tag.",
                'sort_desc(topk(15, max by (value) (finops_tag_cost_$currency{tag="$tag"})))',
                "{{value}}",
                AMOUNT,
            ),
            bars(
                "Budgets, the fullest first",
                "The part of the limit that is spent, running and reserved. An unknown one has none.",
                "sort_desc(topk(15, max by (budget) (finops_budget_utilization_ratio)))",
                "{{budget}}",
                RATIO,
            ),
            bars(
                "Quotas, the fullest first",
                "Those that are used by half or more.",
                "sort_desc(topk(15, max by (project_name, region, quota)"
                " (finops_quota_utilization_ratio)) >= 0.5)",
                "{{project_name}} {{region}} {{quota}}",
                RATIO,
            ),
        ],
    )


def team() -> Json:
    """What one value of a tag costs, and how the budgets stand that cover it alone."""
    return dashboard(
        "finops-team",
        "Costs of a team",
        [CURRENCY, TAG, TEAM],
        [
            stat(
                "Cost of the month, $currency",
                "Of the window that cost_export names, in the time zone of the budgets.",
                f"max(finops_tag_cost_$currency{{{OF_TEAM}}})",
                AMOUNT,
            ),
            stat(
                "Part of all",
                "The part of the organization's cost of the month.",
                f"max(finops_tag_cost_$currency{{{OF_TEAM}}}) / max(finops_cost_$currency)",
                field("percentunit", LIMITS[:1], 1),
            ),
            stat(
                "Left of the budgets",
                "Limits less what is spent, running and reserved, of budgets in this currency.",
                f"sum(max by (budget) (finops_budget_remaining_$currency {BUDGETS_OF_TEAM}))",
                AMOUNT,
            ),
            BEHIND,
            lines(
                "Cost of 24 hours, $currency",
                "What the last 24 hours have added; there is none on the first day of a month.",
                [target(f'max(finops:tag_cost:last_day{{currency="$currency", {OF_TEAM}}})', "$team")],
                AMOUNT,
            ),
            lines(
                "Cost of the month so far, $currency",
                "It begins at 0 with each month.",
                [target(f"max(finops_tag_cost_$currency{{{OF_TEAM}}})", "$team")],
                AMOUNT,
            ),
            bars(
                "Budgets, the fullest first",
                "The part of the limit that is spent, running and reserved. An unknown one has none.",
                f"sort_desc(max by (budget) (finops_budget_utilization_ratio {BUDGETS_OF_TEAM}))",
                "{{budget}}",
                RATIO,
            ),
            lines(
                "Budgets: spent, expected by the end of the period, and limit",
                "Each in its own currency.",
                [
                    target(
                        f"max by (budget) ({OF_ANY_CURRENCY % name} {BUDGETS_OF_TEAM})",
                        f"{{{{budget}}}}: {label}",
                        reference=reference,
                    )
                    for reference, name, label in (
                        ("A", "spent", "spent"),
                        ("B", "forecast_expected", "expected"),
                        ("C", "limit", "limit"),
                    )
                ],
                AMOUNT,
            ),
        ],
    )


def written() -> dict[str, str]:
    """The files, by name."""
    return {
        f"{name}.json": json.dumps(content, indent=2) + "\n"
        for name, content in (("organization", organization()), ("team", team()))
    }


if __name__ == "__main__":
    for file_name, text in written().items():
        (HERE / file_name).write_text(text, encoding="utf-8")
