# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A report as a message of at most LONGEST lines: what changed, what will break, what to do
(design/reports.md#digest). It says nothing that the report does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .._core.money import exact_sum, format_amount
from .._core.periods import from_iso
from .._core.visible_text import shortened
from . import notation
from .render import escape_markdown, format_change, format_money, format_percent, format_words

Row = Mapping[str, Any]
LONGEST = 40
#: Lines of each part, the one that counts the others included: with the heads never more than LONGEST.
_MOST = {"incomplete": 4, "changed": 8, "breaks": 6, "to_do": 7}
_LONGEST_NAME, _LONGEST_SENTENCE = 80, 300
_MOVERS, _ANOMALIES = 4, 2
#: The used part of a quota from which on it is told.
_FULL = 0.9


def format_digest(report: Row) -> str:
    """The digest of a report, in the notation that is in use."""
    zone = ZoneInfo(report["timezone"])

    def moment(text: str) -> str:
        return notation.format_moment(from_iso(text).astimezone(zone))

    begin, end = (from_iso(report[name]).timestamp() for name in ("period_start", "period_end"))
    days = (notation.format_day(datetime.fromtimestamp(one, zone)) for one in (begin, end - 1))
    lines = [
        f"# {_name(report['title'])}",
        "",
        f"{' to '.join(dict.fromkeys(days))} ({report['timezone']}), tax: {report['tax']}. {_cost(report)}",
        "",
    ]
    if report["incomplete"]:
        head = f"> **Not all is known, for {len(report['incomplete'])} reasons:**"
        reasons = [f"> - {_sentence(one)}" for one in report["incomplete"]]
        lines += [head, *_most(reasons, "incomplete", "> - "), ""]
    for title, part, found in (
        ("What changed", "changed", _changed(report, moment)),
        ("What will break", "breaks", _breaks(report, moment)),
        ("What to do", "to_do", _to_do(report, moment)),
    ):
        lines += [f"## {title}", "", *_most([f"- {one}" for one in found] or ["- Nothing."], part, "- "), ""]
    return "\n".join(lines[:-1]) + "\n"


def _most(lines: Sequence[str], part: str, begin: str) -> list[str]:
    """As many as there is room for, and how many more there are."""
    most = _MOST[part]
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], f"{begin}and {len(lines) - most + 1} more, which the report has."]


def _name(text: object, missing: str = "") -> str:
    """A name that means nothing in Markdown, calls nobody and leads nowhere."""
    return str(escape_markdown(shortened(str(text), _LONGEST_NAME) if text is not None else missing))


def _sentence(text: str) -> str:
    return str(escape_markdown(shortened(text, _LONGEST_SENTENCE)))


def _reason(budget: Row) -> str:
    """Why a budget says what it does, without its name, which begins the reason."""
    return _sentence(budget["reason"].removeprefix(f"{budget['name']}: "))


def _cost(report: Row) -> str:
    cost, before = f"**{format_money(report['total'], report['currency'])}**", report["previous"]
    if not before or before["change"] is None:
        return f"{cost}. What it cost before is not known."
    relative = before["relative_change"]
    sign = "+" if relative is not None and Decimal(relative) > 0 else ""
    part = "" if relative is None else f" ({sign}{format_percent(relative)})"
    return (
        f"{cost}, {format_change(before['change'], before['currency'])}{part} against the same time before."
    )


def _changed(report: Row, moment: Callable[[str], str]) -> Iterator[str]:
    """What costs more or less than before, and the alerts that were fired meanwhile."""
    currency = report["currency"]
    if report["movers"] is None:
        yield "What it cost before is not known."
    for row in (report["movers"] or ())[:_MOVERS]:
        before, now = (format_money(row[name], currency) for name in ("before", "amount"))
        name = _name(row["name"], "Recorded by hand")
        yield f"{name}: {format_change(row['change'], currency)} ({before} to {now})"
    for row in _above_expected(report)[:_ANOMALIES]:
        yield _anomaly(row, currency)
    for row in (report["realised"] or {}).get("totals", ()):
        yield f"Schedules saved {format_money(row['realised'], row['currency'])}."
    begin = from_iso(report["period_start"])
    for row in report["alerts"] or ():
        if from_iso(row["fired_at"]) >= begin:
            said = notation.format_figures(row["message"], row["budget"])
            yield f"Alert of {moment(row['fired_at'])}: {_sentence(said)}"


def _above_expected(report: Row) -> list[Row]:
    """The anomalies that nobody has silenced, the dearest first."""
    rows = [row for row in report["anomalies"] or () if row["silenced"] is None]
    return sorted(rows, key=lambda row: -Decimal(row["above"]))


def _anomaly(row: Row, currency: str) -> str:
    days = (notation.format_day(date.fromisoformat(row[name])) for name in ("first_day", "last_day"))
    named = _sentence(", ".join(row["named"])) or "no resource differs"
    above = format_money(row["above"], currency)
    return f"{above} more than expected, {' to '.join(dict.fromkeys(days))}, {_name(row['series'])}: {named}"


def _breaks(report: Row, moment: Callable[[str], str]) -> Iterator[str]:
    """Budgets and quotas that are used up, will be, or are not known."""
    if report["budgets"] is None:
        yield "How the budgets stand is not known."
    for row in report["budgets"] or ():
        if found := _outlook(row, moment):
            yield f"Budget {_name(row['name'])} {found}"
    for row in _full_quotas(report):
        yield f"{_quota(row)} is used to {format_percent(row['utilization'])}."


def _outlook(row: Row, moment: Callable[[str], str]) -> str | None:
    """What will break of a budget; None where nothing will."""
    currency, forecast = row["currency"], row["forecast"] or {}
    if row["over_by"] is not None:
        return f"is over by {format_money(row['over_by'], currency)} since {moment(row['over_since'])}."
    if row["verdict"] == "deny":
        return f"denies: {_reason(row)}"
    if row["verdict"] == "unknown":
        return "is not known; its gates are shut."
    if row["runs_out_at"] is not None:
        return f"runs out on {moment(row['runs_out_at'])} if it goes on like this."
    if forecast.get("enough_data") and Decimal(forecast["expected"]) > Decimal(row["limit"]):
        expected, limit = (format_money(one, currency) for one in (forecast["expected"], row["limit"]))
        return f"is expected to come to {expected} of {limit}."
    return None


def _to_do(report: Row, moment: Callable[[str], str]) -> Iterator[str]:
    for row in report["budgets"] or ():
        name = _name(row["name"])
        if row["over_by"] is not None or row["verdict"] == "deny":
            yield f"Budget {name}: stop what is not needed, or raise the limit."
        elif row["verdict"] == "unknown":
            yield f"Budget {name}: {_reason(row)}"
        elif row["runs_out_at"] is not None:
            yield f"Budget {name}: decide before {moment(row['runs_out_at'])}."
    advised = (report["savings"] or {}).get("rows", ())
    if advised:
        yield _advice(report["savings"], report["currency"])
    known = {row["resource_id"] for row in advised}
    if idle := [row for row in report["idle"] or () if row["id"] not in known]:
        yield _idle(idle, report["currency"])
    for tag, rows in report["by_tag"].items():
        yield from (_untagged(tag, row, report["currency"]) for row in rows if _lacks_tag(row))
    for row in _full_quotas(report):
        yield f"{_quota(row)}: ask for more, or remove what is not needed."


def _lacks_tag(row: Row) -> bool:
    return row["name"] is None and row["amount"] is not None and Decimal(row["amount"]) > 0


def _untagged(tag: str, row: Row, currency: str) -> str:
    part = "" if row["share"] is None else f", {format_percent(row['share'])} of all"
    return f"Tag what has no {_name(tag)}: {format_money(row['amount'], currency)}{part}."


def _idle(rows: Sequence[Row], currency: str) -> str:
    prices = [Decimal(row["per_month"]) for row in rows if row["per_month"] is not None]
    saved = f", {format_money(format_amount(exact_sum(prices)), currency)} a month" if prices else ""
    unknown = f", of {len(rows) - len(prices)} the price is not known" if len(prices) < len(rows) else ""
    first = rows[0]
    dearest = f"{_name(first['name'] or first['id'])}, {format_words(first['reason'])}"
    resources = "1 idle resource" if len(rows) == 1 else f"{len(rows)} idle resources"
    return f"Use or remove {resources}{saved}{unknown}; the first is {dearest}."


def _advice(savings: Row, currency: str) -> str:
    """What advice would save together, as far as that is known."""
    count, unknown, first = savings["count"], savings["unknown"], savings["rows"][0]
    changes = "1 change" if count == 1 else f"{count} changes"
    dearest = f"{_name(first['name'] or first['resource_id'])}, {_sentence(first['do'])}"
    if unknown == count:
        return f"Look at {changes} whose savings are not known; the first is {dearest}."
    of_unknown = f", {unknown} of them at a price that is not known" if unknown else ""
    saved = format_money(savings["amount"], currency)
    return f"Save {saved} a month by {changes}{of_unknown}; the first is {dearest}."


def _full_quotas(report: Row) -> list[Row]:
    return [row for row in report["quotas"] or () if row["utilization"] >= _FULL]


def _quota(row: Row) -> str:
    return f"Quota {_name(format_words(row['service']))} {_name(row['name'])}"
