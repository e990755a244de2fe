# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a comment on a merge request says of a verdict, in the order in which a reviewer reads it
(design/reports.md#comments).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from .._core.money import ROUNDING, exact_sum
from .notation import format_day, format_digits
from .render import format_change, format_money

Row = Mapping[str, Any]
_SIGNS = {"added": "+", "changed": "~", "removed": "-"}
_UNKNOWN = "?"
_KEY = re.compile(r"\[[^\]]*\]")
_PERCENT = Decimal(100)
#: A longer name is in the marker as its hash.
_LONGEST_GATE = 200
#: What a reason says -> what to do. The first that it contains counts.
_ADVICE = (
    ("name it in assume_free", "Its price is that of your contract."),
    ("no price is known of", "Add its price to `price_list`."),
    ("which the login does not have", "Use a login that has this region, or plan the region by itself."),
    ("could not be read", "Run the gate again when the cloud answers."),
    ("the plan ", "Write the plan again, and run the gate with it."),
    ("after apply", "Write the value into the configuration, or apply first what it comes from."),
    ("before apply", "Write the value into the configuration, or apply first what it comes from."),
    ("name it", "Name it in the configuration."),
    (
        "",
        "Name it in `assume_free` if it costs nothing. If it costs, do so too, and add its price as a row of"
        " `kind: amount`.",
    ),
)


@dataclass(frozen=True)
class ResourceRow:
    """A resource that changes: + ~ or -, what it costs in a month before and after, and the source of its
    prices.
    """

    sign: str
    name: str
    before: str
    after: str
    difference: str
    source: str


@dataclass(frozen=True)
class UnknownGroup:
    """Resources whose cost is unknown for one reason, and what to do. count: of the resources. names: theirs,
    or how several of them begin. hidden: of how many names there is no room.
    """

    reason: str
    advice: str
    count: int
    names: tuple[str, ...]
    hidden: int = 0


@dataclass(frozen=True)
class BudgetRow:
    """A budget in its current period, and what is left of it and of the next one."""

    name: str
    verdict: str
    until: str
    limit: str
    spent: str
    reserved: str
    to_come: str
    requested: str
    left: str
    next_left: str


@dataclass(frozen=True)
class Comment:
    """What is shown. gate: what the marker calls the gate. rows: the resources, unknown ones first, then by
    how much they differ. hidden: of how many rows there is no room. listed: how many findings, budgets and
    quotas are shown, the worst first.
    """

    gate: str
    headline: str
    unknown: Sequence[UnknownGroup]
    budgets: Sequence[BudgetRow]
    rows: Sequence[ResourceRow]
    counts: Mapping[str, int]
    hidden: int = 0
    listed: int = 50

    def with_rows(self, shown: int) -> Comment:
        """The same with that many rows."""
        return replace(self, hidden=len(self.rows) - shown)

    def with_unknown(self, kept: int, names: int) -> Comment:
        """The same with that many reasons, the other ones as one, and that many names of each."""
        return replace(self, unknown=_cut(_merged(self.unknown, kept), names))


def comment_of(verdict: Row) -> Comment:
    """The comment on a result of deployment_verdict(), with everything in it."""
    estimate = verdict["estimate"]
    rows = _rows(estimate.get("lines") or (), str(estimate.get("currency")))
    return Comment(
        _gate(str(verdict["name"])),
        _headline(estimate),
        _unknown_groups(_unknown(estimate)),
        [_budget(row) for row in verdict.get("budgets") or ()],
        rows,
        Counter(row.sign for row in rows),
    )


def _gate(name: str) -> str:
    """The gate's name as an HTML comment can have it: no two names are alike, and none ends the comment."""
    written = re.sub("--+", lambda one: "%2D" * len(one[0]), quote(name, safe="", errors="backslashreplace"))
    return written if len(written) <= _LONGEST_GATE else sha256(written.encode()).hexdigest()


def without_keys(groups: Iterable[UnknownGroup]) -> list[UnknownGroup]:
    """The same with the instances of one resource as one name, and how many they are; what most are unknown
    for comes first.
    """
    alike: dict[str, list[str]] = {}
    for one in groups:
        alike.setdefault(_KEY.sub("[*]", one.reason), []).extend(_KEY.sub("[*]", name) for name in one.names)
    found = [
        UnknownGroup(reason, _advice(reason), len(names), tuple(map(_times, Counter(names).items())))
        for reason, names in alike.items()
    ]
    return sorted(found, key=lambda one: -one.count)


def _times(one: tuple[str, int]) -> str:
    name, count = one
    return f"{name} ({count} times)" if count > 1 else name


def _merged(groups: Sequence[UnknownGroup], kept: int) -> list[UnknownGroup]:
    rest = groups[kept:]
    if not rest:
        return list(groups)
    names = tuple(name for one in rest for name in one.names)
    reason = f"{len(rest)} more reasons, which the verdict's JSON has"
    return [*groups[:kept], UnknownGroup(reason, "", sum(one.count for one in rest), names)]


def _cut(groups: Iterable[UnknownGroup], shown: int) -> list[UnknownGroup]:
    """The same with that many names at most for each reason, and how many more there are."""
    return [replace(one, names=one.names[:shown], hidden=max(len(one.names) - shown, 0)) for one in groups]


def _unknown(estimate: Row) -> list[tuple[str, str]]:
    """Names and reasons."""
    listed = [(str(row["name"]), str(row["reason"])) for row in estimate.get("unknown") or ()]
    of_lines = [
        (str(line["name"]), str(line["unknown"]))
        for line in estimate.get("lines") or ()
        if line.get("unknown") is not None
    ]
    return list(dict.fromkeys((*listed, *of_lines)))


def _unknown_groups(rows: Iterable[tuple[str, str]]) -> list[UnknownGroup]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in rows:
        by_reason.setdefault(reason, []).append(name)
    return [
        UnknownGroup(reason, _advice(reason), len(names), tuple(names)) for reason, names in by_reason.items()
    ]


def _advice(reason: str) -> str:
    return next(advice for part, advice in _ADVICE if part in reason)


def _rows(lines: Iterable[Row], currency: str) -> list[ResourceRow]:
    of_resource: dict[str, list[Row]] = {}
    for line in lines:
        of_resource.setdefault(str(line["name"]), []).append(line)
    shown = sorted(of_resource.items(), key=lambda one: _order(one[1]))
    return [_row(name, each, currency) for name, each in shown]


def _order(lines: Sequence[Row]) -> tuple[bool, Decimal]:
    """What is unknown comes first, then what differs most."""
    difference = _difference(lines)
    return difference is not None, -abs(difference or Decimal(0))


def _row(name: str, lines: Sequence[Row], currency: str) -> ResourceRow:
    difference, once = _difference(lines), _once(lines)
    shown = _number(difference, currency, signed=True)
    if once:
        paid = f"{_number(once, currency, signed=True)} once"
        shown = f"{shown}, {paid}" if difference else paid
    sources = dict.fromkeys(str(line["price_source"]) for line in lines if line.get("price_source"))
    return ResourceRow(
        _SIGNS.get(str(lines[0].get("action")), "~"),
        name,
        _number(_sum(line.get("monthly_before") for line in lines), currency),
        _number(_sum(line.get("monthly_after") for line in lines), currency),
        shown,
        ", ".join(sources) or _UNKNOWN,
    )


def _difference(lines: Iterable[Row]) -> Decimal | None:
    """By the month; None where one of the lines is unknown."""
    return _sum(line.get("monthly") for line in lines)


def _once(lines: Iterable[Row]) -> Decimal:
    """What is paid once, in this period or in the next one."""
    amounts = [
        _decimal(line.get(period))
        for line in lines
        if _decimal(line.get("hourly")) == 0
        for period in ("this_period", "next_period")
    ]
    return exact_sum(one for one in amounts if one is not None)


def _sum(amounts: Iterable[Any]) -> Decimal | None:
    read = [_decimal(one) for one in amounts]
    known = [one for one in read if one is not None]
    return exact_sum(known) if len(known) == len(read) else None


def _decimal(amount: Any) -> Decimal | None:
    try:
        read = Decimal(str(amount))
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def _number(amount: Decimal | None, currency: str, signed: bool = False) -> str:
    """Without the currency, which stands above."""
    if amount is None:
        return _UNKNOWN
    text = (format_change if signed else format_money)(str(amount), currency)
    return text.replace(f"{currency}\u00a0", "")


def _headline(estimate: Row) -> str:
    """What the change adds by the month, as far as it is known, and what is not."""
    currency, lines = str(estimate.get("currency")), estimate.get("lines")
    if not isinstance(lines, Sequence) or not (estimate.get("difference") or {}).get("net"):
        return "The cost of this change is not known."
    names = {name for name, _reason in _unknown(estimate)}
    known = _known_monthly(lines)
    if names or estimate.get("complete") is not True:
        what = f"the cost of {_count(len(names), 'resource')}" if names else "all that it depends on"
        return f"Not known is {what}. {_changes(known, currency, 'What is known of this change')}."
    once = _once(lines)
    paid = f" {format_money(str(once), currency)} is paid once." if once else ""
    return f"{_changes(known, currency, 'This change')}{_total(estimate, currency)}.{paid}"


def _known_monthly(lines: Iterable[Row]) -> Decimal:
    amounts = (_decimal(line.get("monthly")) for line in lines)
    return exact_sum(one for one in amounts if one is not None)


def _changes(monthly: Decimal, currency: str, what: str) -> str:
    if not monthly:
        return f"{what} adds nothing a month"
    amount = format_money(str(abs(monthly)), currency)
    return f"{what} {'adds' if monthly > 0 else 'saves'} {amount} a month"


def _total(estimate: Row, currency: str) -> str:
    """From what to what, where the price of what stays the same is known too."""
    total = estimate.get("monthly_total") or {}
    before, after = _decimal(total.get("before")), _decimal(total.get("after"))
    if before is None or after is None:
        names = total.get("unknown") or ()
        of = f", as no price is known of {_some(names)}" if names else ""
        return f"; the total is not known{of}" if total else ""
    if not before or before == after:
        return ""
    percent = ROUNDING.divide(ROUNDING.multiply(after - before, _PERCENT), before)
    places = Decimal(1) if abs(percent) >= 1 else Decimal("0.1")
    rounded = format_digits(f"{ROUNDING.quantize(percent, places) + 0}")
    signed = rounded if percent < 0 else f"+{rounded}"
    return f": {_number(before, currency)} to {_number(after, currency)}, {signed} %"


def _some(names: Sequence[Any]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def format_end(moment: Any) -> str:
    """The day of a moment in UTC; nothing of none, and what is no moment as it is."""
    text = str(moment or "")[:10]
    try:
        return format_day(date.fromisoformat(text))
    except ValueError:
        return text


def format_known(number: Any) -> str:
    """A number with its digits; a question mark where it is not known."""
    read = _decimal(number) if number else None
    return _UNKNOWN if read is None else format_digits(str(read))


def _budget(row: Row) -> BudgetRow:
    currency = str(row.get("currency"))
    least = row.get("at_least") or {}

    def amount(name: str) -> str:
        known, bound = _decimal(row.get(name)), _decimal(least.get(name))
        if known is None and bound is not None:
            return f"\u2265 {_number(bound, currency)}"
        return _number(known, currency)

    following = row.get("next_period") or {}
    return BudgetRow(
        str(row["name"]),
        str(row["verdict"]),
        format_end(row.get("period_end")),
        format_money(str(row["limit"]), currency) if row.get("limit") else _UNKNOWN,
        amount("spent"),
        amount("reserved"),
        amount("to_come"),
        amount("requested"),
        amount("left"),
        _number(_decimal(following.get("left")), currency) if following else "",
    )
