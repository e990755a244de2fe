# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The content of a cost report, from what modules returned: plain values for templates, CSV and JSON
(design/reading-a-cloud.md#unknown-is-not-zero, design/reading-a-cloud.md#complete-and-fully-rated,
design/money.md#comparison-and-display).

Nothing is computed twice: sums come from cost_summary_info, verdicts from cost_budget_info. A value that
could not be read is None, and `incomplete`, at the top of the report, says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .._budgets.alert_jumps import jumps
from .._core.errors import InvalidOption
from .._core.money import ROUNDING, format_amount
from .._core.periods import Window, from_iso, iso
from .._core.spans import overlaps
from .._cost import grouping
from .report_advice import sections
from .told_advice import read_advice

Row = dict[str, Any]
Result = Mapping[str, Any]

TOP = 10
#: A cloud is usually two to three hours behind. The top of the report names what is older than this.
FRESH = timedelta(hours=6)
#: The hours of a price per month, as clouds count them: a twelfth of 365 days.
HOURS_OF_A_MONTH = 730
#: The report lists so many gaps of a feed.
MOST_GAPS = 3


@dataclass(frozen=True)
class Results:
    """Results of modules; None for a module that did not run, its failed result for one that failed.

    summary and before: cost_summary_info of the window and of the part that it is compared with, by day,
    project, metric, resource and tags. recent: the same of the newest rated day, by resource. budgets:
    cost_budget_info. usage: infomaniak_usage_info with idle, quota: infomaniak_quota_info with warn_at 0,
    both once for each cloud and project, as savings: cost_savings_info. anomalies: cost_anomaly_info.
    """

    summary: Result
    before: Result | None = None
    recent: Result | None = None
    budgets: Result | None = None
    usage: Sequence[Result] | None = None
    quota: Sequence[Result] | None = None
    savings: Sequence[Result] | None = None
    anomalies: Result | None = None


def report(results: Results, title: str, zone: ZoneInfo, now: datetime) -> Row:
    """The report. Raises InvalidOption if summary is not a result of cost_summary_info in one currency."""
    summary = results.summary
    cost = _value_of(summary, "cost")
    if not cost or not cost["currency"]:
        raise InvalidOption(
            "results", "summary is not a result of finops.cloud.cost_summary_info in one currency."
        )
    end = from_iso(summary["period_end"])
    advice = read_advice(results.savings, results.anomalies, cost["currency"], zone, "results.")
    return {
        "title": title,
        "currency": cost["currency"],
        "tax": summary["tax"],
        "timezone": zone.key,
        "period_start": summary["period_start"],
        "period_end": summary["period_end"],
        "generated_at": iso(now),
        "incomplete": [*_incomplete(results, min(end, now), zone), *advice.unread],
        "feeds": [dict(feed) for feed in summary["feeds"] or ()],
        "total": cost["total"],
        "previous": cost["previous"] if _before(results) else None,
        "budgets": _budgets(_value_of(results.budgets, "budgets"), end),
        "alerts": _alerts(_value_of(results.budgets, "alerts"), until=end),
        "later": _later(results, end),
        "reservations": _reservations(_value_of(results.budgets, "reservations")),
        **sections(advice, summary, _days(summary, zone, now)),
        "by_category": _shares(cost["by_category"], "category"),
        "by_service": _shares(cost["by_metric"] or (), "metric"),
        "by_project": _shares(cost["by_project"] or (), "project_name", "project"),
        "by_tag": {tag: _shares(rows, "value") for tag, rows in sorted(cost["by_tag"].items())},
        "resources": _shares(cost["by_resource"] or (), "resource_name", "resource", "resource_type")[:TOP],
        "movers": _movers(results),
        "idle": _idle(results),
        "quotas": _quotas(results.quota),
    }


def _value_of(result: Result | None, key: str) -> Any:
    """The value of a key of a result; None if the module did not run or failed."""
    return None if result is None or result.get("failed") else result.get(key)


def _before(results: Results) -> Any:
    """The cost of the part before; None if the ledger does not know all of it, which does not mean that it
    was free.
    """
    cost = _value_of(results.before, "cost")
    return cost if cost and cost["entry_count"] and not any(map(_gap, _feeds_before(results))) else None


def _feeds_before(results: Results) -> list[tuple[Mapping[str, Any], str]]:
    """The feeds as the part before sees them, each with the end of that part."""
    before = results.before or {}
    return [(feed, before["period_end"]) for feed in _value_of(before, "feeds") or ()]


def _gap(seen: tuple[Mapping[str, Any], str]) -> tuple[str, str] | None:
    """The first part of a past window that a feed does not know; None if it knows all.

    A retired feed has no cost after its end.
    """
    feed, end = seen
    if feed["missing"]:
        return feed["missing"][0]["begin"], feed["missing"][0]["end"]
    is_short = not feed["retired"] and from_iso(feed["rated_through"]) < from_iso(end)
    return (feed["rated_through"], end) if is_short else None


def _rated_through(summary: Result) -> datetime | None:
    """The moment up to which all feeds that are not retired are rated; None without such a feed."""
    return min(
        (from_iso(feed["rated_through"]) for feed in summary["feeds"] or () if not feed["retired"]),
        default=None,
    )


def _incomplete(results: Results, until: datetime, zone: ZoneInfo) -> list[str]:
    """What is not known and why, one sentence each. until: the window's end, or now."""

    def local(moment: str) -> str:
        return f"{from_iso(moment).astimezone(zone):%Y-%m-%d %H:%M}"

    found = list(results.summary["unknown"])
    for feed in results.summary["feeds"] or ():
        whose = f"{feed['project_name']} ({feed['cloud']})"
        if feed["missing"]:
            spans = ", ".join(
                f"from {local(one['begin'])} to {local(one['end'])}" for one in feed["missing"][:MOST_GAPS]
            )
            more = len(feed["missing"]) - MOST_GAPS
            rest = f" and {more} times more" if more > 0 else ""
            found.append(f"The cost of {whose} is not known {spans}{rest}: that was never imported.")
        if not feed["retired"] and from_iso(feed["rated_through"]) < until - FRESH:
            found.append(
                f"The cost of {whose} is known up to {local(feed['rated_through'])} only; run cost_import."
            )
    before = results.before
    if before is not None and _value_of(before, "cost") and not _before(results):
        gaps = list(filter(None, map(_gap, _feeds_before(results))))
        begin, end = gaps[0] if gaps else (before["period_start"], before["period_end"])
        has = "is without a project's cost" if gaps else "has no entry"
        found.append(
            f"What it cost before is not known: the ledger {has} from {local(begin)} to {local(end)}."
        )
    for name, subject in (("before", "What it cost before"), ("budgets", "How the budgets stand")):
        found += _failed(subject, getattr(results, name))
    for subject, read in (("What is idle", results.usage), ("What is used of the quotas", results.quota)):
        found += [sentence for one in read or () for sentence in _unread(_in_cloud(subject, one), one)]
    window_end = from_iso(results.summary["period_end"])
    for one in _value_of(results.budgets, "budgets") or ():
        if not _begins_later(one, window_end) and (one["verdict"] == "unknown" or one["at_least"]):
            found.append(one["reason"])
    return found


def _services(subject: str, result: Result | None) -> list[str]:
    """A sentence for each service that could not be read."""
    return [
        f"{subject} is not known of {service}: {status['message']}"
        for service, status in (_value_of(result, "services") or {}).items()
        if status["status"] in ("error", "forbidden")
    ]


def _unread(subject: str, result: Result) -> list[str]:
    return [*_failed(subject, result), *_services(subject, result)]


def _in_cloud(subject: str, result: Result) -> str:
    """The subject with the project and cloud that it is about, as far as they are known."""
    cloud = result.get("cloud") or {}
    named = " of ".join(str(cloud[name]) for name in ("project_name", "name") if cloud.get(name))
    return f"{subject} in {named}" if named else subject


def _whose(result: Result) -> Row:
    """The cloud and project of a row."""
    cloud = result.get("cloud") or {}
    return {"cloud": cloud.get("name"), "project_name": cloud.get("project_name")}


def _failed(subject: str, result: Result | None) -> list[str]:
    return (
        []
        if result is None or not (result.get("failed") or result.get("msg"))
        else [f"{subject} is not known: {result['msg']}"]
    )


def _shares(rows: Iterable[Result], *names: str) -> list[Row]:
    """Rows of name, amount and share of the whole, the dearest first.

    names: the key of the name, then further keys to keep.
    """
    kept = list(rows)
    known = [Decimal(row["amount"]) for row in kept if row["amount"] is not None]
    whole = sum((amount for amount in known if amount > 0), Decimal(0))
    return [
        {
            "name": row[names[0]],
            **{name: row[name] for name in names[1:]},
            "amount": row["amount"],
            "share": _part(row["amount"], whole),
        }
        for row in kept
    ]


def _part(amount: str | None, whole: Decimal) -> float | None:
    return float(ROUNDING.divide(Decimal(amount), whole)) if amount is not None and whole > 0 else None


def _days(summary: Result, zone: ZoneInfo, now: datetime) -> list[Row]:
    """Every local day of the window up to now.

    amount is None if no project is rated that far, or nothing of the day was imported. partial: only a part
    of the day is known.
    """
    amounts = {row["day"]: row["amount"] for row in summary["cost"]["by_day"] or ()}
    known_until = _rated_through(summary) or now
    missing = [
        Window(from_iso(one["begin"]), from_iso(one["end"]))
        for feed in summary["feeds"] or ()
        for one in feed["missing"]
    ]
    window = Window(from_iso(summary["period_start"]), from_iso(summary["period_end"]))
    found = []
    for name, span in grouping.spans(window, "day", zone):
        if span.begin >= now:
            break
        gaps = [one for one in missing if overlaps(one, span)]
        known = span.begin < known_until and not gaps
        amount = amounts.get(name, "0") if known or name in amounts else None
        found.append({"day": name, "amount": amount, "partial": span.end > known_until or bool(gaps)})
    return found


def _movers(results: Results) -> list[Row] | None:
    """The services whose cost has changed most since the part before; None if that part is not known."""
    compared = _before(results)
    if not compared:
        return None
    before = {row["metric"]: row["amount"] for row in compared["by_metric"] or ()}
    now = {row["metric"]: row["amount"] for row in results.summary["cost"]["by_metric"] or ()}
    found = []
    for name in {**now, **before}:
        amounts = (now.get(name, "0"), before.get(name, "0"))
        if None in amounts:
            continue
        change = ROUNDING.subtract(*map(Decimal, amounts))
        found.append(
            {"name": name, "amount": amounts[0], "before": amounts[1], "change": format_amount(change)}
        )
    moved = [row for row in found if row["change"] != "0"]
    return sorted(moved, key=lambda row: -abs(Decimal(row["change"])))[:TOP]


def _idle(results: Results) -> list[Row] | None:
    """Idle resources with their price per month, from the newest rated day, the dearest first; None if they
    were not read.
    """
    read = [one for one in results.usage or () if _value_of(one, "idle") is not None]
    if not read:
        return None
    prices: dict[str, Decimal] = {}
    if results.recent is not None and _value_of(results.recent, "cost"):
        hours = _hours(results.recent)
        prices = {
            row["resource"]: ROUNDING.divide(Decimal(row["amount"]) * HOURS_OF_A_MONTH, hours)
            for row in results.recent["cost"]["by_resource"] or ()
            if row["amount"] is not None and hours
        }
    found = [
        {
            **{name: row[name] for name in ("name", "id", "type", "reason", "age_hours")},
            **_whose(one),
            "per_month": format_amount(prices[row["id"]]) if row["id"] in prices else None,
        }
        for one in read
        for row in one["idle"]
    ]
    return sorted(found, key=lambda row: (row["per_month"] is None, -Decimal(row["per_month"] or 0)))


def _hours(result: Result) -> Decimal:
    length = from_iso(result["period_end"]) - from_iso(result["period_start"])
    return Decimal(int(length.total_seconds())) / 3600


def _quotas(results: Sequence[Result] | None) -> list[Row] | None:
    """Quotas with a limit, the fullest first; None if they were not read."""
    read = [one for one in results or () if _value_of(one, "quotas") is not None]
    if not read:
        return None
    rows = [
        {
            "service": service,
            "name": name,
            **{key: row[key] for key in ("limit", "used", "utilization")},
            **_whose(one),
        }
        for one in read
        for service, of_service in one["quotas"].items()
        for name, row in (of_service or {}).items()
        if row["utilization"] is not None
    ]
    return sorted(rows, key=lambda row: (-row["utilization"], row["service"], row["name"]))


_OF_A_BUDGET = (
    "name", "verdict", "reason", "tax", "currency", "limit", "spent", "accrued", "reserved", "to_come",
    "left", "utilization", "at_least", "period_start", "period_end", "forecast", "runs_out_at",
    "over_by", "over_since",
)  # fmt: skip


_OF_A_RESERVATION = ("name", "state", "held_at", "expires_at", "forced", "forced_verdicts")


def _budgets(rows: Sequence[Result] | None, end: datetime) -> list[Row] | None:
    """The budgets whose period begins before the window ends, the worst first; None if they were not read."""
    if rows is None:
        return None
    order = ("deny", "unknown", "allow", "ended")
    kept = [{name: one[name] for name in _OF_A_BUDGET} for one in rows if not _begins_later(one, end)]
    return sorted(kept, key=lambda row: (order.index(row["verdict"]), -(row["utilization"] or 0)))


def _begins_later(budget: Result, end: datetime) -> bool:
    return budget["period_start"] is not None and from_iso(budget["period_start"]) >= end


def _later(results: Results, end: datetime) -> Row | None:
    """What is known of budgets and came after the window: alerts, and the names of budgets in a period that
    began later; None if nothing did.
    """
    alerts = _alerts(_value_of(results.budgets, "alerts"), since=end) or []
    begun = [one["name"] for one in _value_of(results.budgets, "budgets") or () if _begins_later(one, end)]
    return {"alerts": alerts, "budgets": begun} if alerts or begun else None


def _reservations(rows: Sequence[Result] | None) -> list[Row] | None:
    if rows is None:
        return None
    return [
        {
            **{name: one[name] for name in _OF_A_RESERVATION},
            "lines": [
                {"amount": line["amount"], "currency": line["currency"]}
                for line in one["committed"] or one["held"]
            ],
        }
        for one in rows
    ]


def _alerts(
    rows: Sequence[Result] | None, since: datetime | None = None, until: datetime | None = None
) -> list[Row] | None:
    """Of the alerts that were fired then the highest threshold of each budget, period and basis, the newest
    first. Lower ones add nothing.
    """
    if rows is None:
        return None
    fired = [
        one
        for one in rows
        if (since is None or from_iso(one["fired_at"]) >= since)
        and (until is None or from_iso(one["fired_at"]) < until)
    ]
    highest = [dict(one.alert) for one in jumps(fired)]
    return sorted(highest, key=lambda one: one["fired_at"], reverse=True)
