# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Costs, budgets and quotas as OpenMetrics, in a file that node_exporter's textfile collector reads.

Every family is a gauge, its name ends in its unit, and it is declared once with all of its samples behind it.
What is unknown has no sample: neither is it zero (design/reading-a-cloud.md#unknown-is-not-zero), nor does a
NaN say why. finops_budget_known is 0 then. Source:
https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md and
https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.periods import from_iso

Row = Mapping[str, Any]
#: Amounts of a budget, in its own currency.
_AMOUNTS = ("limit", "spent", "accrued", "reserved", "to_come", "remaining")
_VERDICTS = ("allow", "deny", "unknown", "ended")


@dataclass
class Family:
    """A metric: its name without the unit, its help text, and its samples as (labels, value)."""

    name: str
    unit: str
    help_text: str
    samples: list[tuple[dict[str, str], str]] = field(default_factory=list)

    def add(self, known: str | float | None, /, **labels: str | None) -> None:
        """Add a sample, unless what it says is not known. Labels without a value are left out."""
        if known is not None:
            self.samples.append(
                ({name: text for name, text in labels.items() if text is not None}, str(known))
            )

    def format_lines(self) -> list[str]:
        """The lines of the family; none if it has no sample."""
        if not self.samples:
            return []
        name = f"{self.name}_{self.unit}" if self.unit else self.name
        unit = [f"# UNIT {name} {self.unit}"] if self.unit else []
        head = [f"# TYPE {name} gauge", *unit, f"# HELP {name} {_escape(self.help_text)}"]
        return [*head, *(f"{name}{_format_labels(labels)} {value}" for labels, value in self.samples)]


def format_families(families: Iterable[Family]) -> str:
    """The file's content."""
    return "".join(f"{line}\n" for family in families for line in family.format_lines()) + "# EOF\n"


def of_costs(summary: Row, zone: str) -> list[Family]:
    """The cost of a window by category, project and tag, and up to when feeds that are not retired are rated.

    summary: a result of cost_summary_info. zone: the window's.
    """
    cost = summary["cost"]
    unit = str(cost["currency"]).lower()
    whole = Family("finops_cost", unit, "Cost of the window, net of VAT unless a tax was recorded.")
    whole.add(cost["total"])
    by_category = Family("finops_category_cost", unit, "Cost of the window by category.")
    for row in cost["by_category"]:
        by_category.add(row["amount"], category=row["category"])
    by_project = Family(
        "finops_project_cost", unit, "Cost of the window by project; without a label, of no project."
    )
    for row in cost["by_project"]:
        by_project.add(row["amount"], project=row["project"], project_name=row["project_name"])
    by_tag = Family("finops_tag_cost", unit, "Cost of the window by a tag; without value, of what lacks it.")
    for tag, rows in cost["by_tag"].items():
        for row in rows:
            by_tag.add(row["amount"], tag=tag, value=row["value"])
    window = Family(
        "finops_cost_window_start_timestamp", "seconds", "Begin of the window that costs are summed from."
    )
    window.add(_seconds(summary["period_start"]), timezone=zone)
    window_end = Family(
        "finops_cost_window_end_timestamp", "seconds", "End of the window that costs are summed from."
    )
    window_end.add(_seconds(summary["period_end"]), timezone=zone)
    rated = Family(
        "finops_feed_rated_through_timestamp",
        "seconds",
        "Up to when the cost of an imported project is known; absent if its feed is retired.",
    )
    for feed in summary["feeds"] or ():
        if feed["retired"]:
            continue
        labels = {name: feed[name] or None for name in ("cloud", "region", "project_id", "project_name")}
        rated.add(_seconds(feed["rated_through"]), **labels)
    return [whole, by_category, by_project, by_tag, window, window_end, rated]


def of_writing(moment: str) -> Family:
    """When the file was written."""
    written = Family("finops_written_timestamp", "seconds", "When these metrics were written.")
    written.add(_seconds(moment))
    return written


def of_budgets(budgets: Sequence[Row]) -> list[Family]:
    """The status of budgets, each in its own currency. budgets: from a result of cost_budget_info."""
    families: dict[tuple[str, str], Family] = {}
    known = Family("finops_budget_known", "", "Whether all of a budget's spend is known, 1 or 0.")
    verdict = Family("finops_budget_verdict", "", "1 for the verdict that a budget has, 0 for the others.")
    utilization = Family(
        "finops_budget_utilization", "ratio", "The part of its limit that is spent, accrued and reserved."
    )
    forecast = Family(
        "finops_budget_forecast_known", "", "Whether there is enough data for a forecast, 1 or 0."
    )
    tags = Family("finops_budget_tag", "", "1 for each tag whose cost alone a budget covers.")
    begin, end, runs_out = (
        Family(f"finops_budget_{name}_timestamp", "seconds", help_text)
        for name, help_text in _MOMENTS.items()
    )
    for budget in budgets:
        name, unit = budget["name"], str(budget["currency"]).lower()
        for family, moment in ((begin, "period_start"), (end, "period_end")):
            family.add(_known_seconds(budget[moment]), budget=name, timezone=budget["timezone"])
        runs_out.add(_known_seconds(budget["runs_out_at"]), budget=name)
        for tag, value in budget["scope"]["tags"].items():
            tags.add(1, budget=name, tag=tag, value=value)
        known.add(int(budget["verdict"] != "unknown" and budget["at_least"] is None), budget=name)
        for one in _VERDICTS:
            verdict.add(int(budget["verdict"] == one), budget=name, verdict=one)
        utilization.add(budget["utilization"], budget=name)
        for amount in _AMOUNTS:
            family = families.setdefault((amount, unit), _amount_family(amount, unit))
            family.add(budget[amount], budget=name)
        expected = budget["forecast"] or {}
        forecast.add(int(bool(expected.get("enough_data"))), budget=name)
        for bound in ("low", "expected", "high"):
            amount = f"forecast_{bound}"
            family = families.setdefault((amount, unit), _amount_family(amount, unit))
            family.add(expected.get(bound), budget=name)
    amounts = [families[key] for key in sorted(families)]
    return [known, verdict, utilization, forecast, tags, begin, end, runs_out, *amounts]


def of_quotas(quotas: Mapping[str, Mapping[str, Row] | None], cloud: Row) -> list[Family]:
    """The use and the limits of a project's quotas. An unlimited quota has no limit.

    quotas: from a result of infomaniak_quota_info.
    """
    limit = Family(
        "finops_quota_limit",
        "",
        "What the project may use, in the unit that the quota's name says; absent if unlimited.",
    )
    used = Family("finops_quota_used", "", "What the project uses.")
    utilization = Family(
        "finops_quota_utilization", "ratio", "The part of the limit that is used and reserved."
    )
    whose = {"project_name": str(cloud["project_name"]), "region": cloud["region"]}
    for service, rows in quotas.items():
        for name, row in (rows or {}).items():
            labels = {"service": service, "quota": name, **whose}
            limit.add(None if row["unlimited"] else row["limit"], **labels)
            used.add(row["used"], **labels)
            utilization.add(row["utilization"], **labels)
    return [limit, used, utilization]


_MOMENTS = {
    "period_start": "Begin of a budget's period, at midnight in its timezone.",
    "period_end": "End of a budget's period.",
    "runs_out": "When a budget will reach its limit if it goes on like this; absent if not in this period.",
}
_HELP = {
    "limit": "The most that may be spent in the period.",
    "spent": "What is spent in the period.",
    "accrued": "What runs since the newest rated hour, at its rate.",
    "reserved": "What is held and no cost yet.",
    "to_come": "What will run until the end of the period, at the rate of the newest rated hour.",
    "remaining": "The limit less spent, accrued and reserved.",
    "forecast_low": "What the period is expected to cost, 10th percentile.",
    "forecast_expected": "What the period is expected to cost.",
    "forecast_high": "What the period is expected to cost, 90th percentile.",
}


def _amount_family(amount: str, unit: str) -> Family:
    return Family(f"finops_budget_{amount}", unit, _HELP[amount])


def _seconds(moment: str) -> int:
    return int(from_iso(moment).timestamp())


def _known_seconds(moment: str | None) -> int | None:
    return None if moment is None else _seconds(moment)


def _format_labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escape(value, quotes=True)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escape(text: str, quotes: bool = False) -> str:
    """Text as OpenMetrics writes it. A carriage return, which ends a line for other readers
    only, becomes a space.
    """
    escaped = " ".join(text.replace("\\", "\\\\").replace("\n", "\\n").split("\r"))
    return escaped.replace('"', '\\"') if quotes else escaped
