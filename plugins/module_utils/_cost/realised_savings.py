# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What acts have saved, by what was rated since, not by what was hoped
(design/office-hours.md#what-was-saved).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .._core.money import format_amount, from_nano
from .._core.periods import Window, rounded_up
from .._core.spans import from_to, overlap
from .._ledger import acts, feeds, sql
from .._ledger.acts import SERVER, Act
from .._ledger.hourly_costs import PeriodCosts, costs_of_acted_on, last_rated
from .._ledger.totals import Selection

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: How many rated periods tell what a resource costs while nothing keeps it off, and how far back they lie.
_PERIODS = 168
_LOOK_BACK = timedelta(days=60)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: A server that is kept off and rated for so long is one that the cloud charges; if it is not for as long
#: again, it is gone.
_TELLING = timedelta(days=1)


@dataclass
class _Saved:
    """Sums of one resource, in 1e-9; None where they cannot be told. problem: why not."""

    newest: Act
    currency: str
    act_count: int = 0
    seconds: int = 0
    expected_nano: int | None = 0
    realised_nano: int | None = 0
    problem: str | None = None


def realised_savings(options: sql.LedgerOptions, selection: Selection) -> dict[str, Any]:
    """What acts on servers have saved in the window of the selection: `resources` and `totals` by currency.

    Of the selection its window, projects and regions count. Raises LedgerError.
    """
    with sql.reading(options) as ledger:
        return realised_in(ledger.connection, selection)


def realised_in(transaction: Transaction, selection: Selection) -> dict[str, Any]:
    """The same in a transaction that is open."""
    found = acts.every(transaction, SERVER)
    if not found:
        return {"resources": [], "totals": []}
    known = {(one.key.project_id, one.key.region): one for one in feeds.read_all(transaction)}
    begin = selection.window.begin - _LOOK_BACK
    costs = costs_of_acted_on(transaction, Window(begin, max(begin, selection.window.end)))
    last = last_rated(transaction, begin)
    by_resource: dict[str, list[Act]] = {}
    for act in found:
        if _is_selected(act, selection) and (act.project_id, act.region) in known:
            by_resource.setdefault(act.resource_id, []).append(act)
    each = [
        _saved(
            its_acts,
            known[its_acts[-1].project_id or "", its_acts[-1].region or ""],
            costs,
            selection.window,
            last.get(name, _NEVER),
        )
        for name, its_acts in by_resource.items()
    ]
    saved = [one for one in each if one.act_count]
    return {"resources": [_to_result(one) for one in saved], "totals": _totals(saved)}


def _is_selected(act: Act, selection: Selection) -> bool:
    projects, regions = selection.projects, selection.regions
    return (projects is None or bool({act.project_id, act.project_name} & {*projects})) and (
        regions is None or act.region in regions
    )


def _saved(
    its_acts: list[Act],
    feed: feeds.Feed,
    costs: Mapping[str, PeriodCosts],
    window: Window,
    last: datetime,
) -> _Saved:
    newest = its_acts[-1]
    saved = _Saved(newest, feed.currency)
    of_resource = costs.get(newest.resource_id, PeriodCosts())
    whole = list(_lasting(its_acts, feed.rated_through, last))
    for act, lasting in whole:
        inside = overlap(lasting, window)
        if inside.length:
            before = _mean_before(act, [one for _act, one in whole], of_resource, feed.collect_period_s)
            _add(saved, act, inside, before, of_resource, feed.collect_period_s)
    return saved


def _lasting(its_acts: list[Act], rated_through: datetime, last: datetime) -> Iterator[tuple[Act, Window]]:
    """The acts that keep the resource off, each until the next act on it, until it is gone, or until what is
    rated. last: when anything of the resource was rated.
    """
    for number, act in enumerate(its_acts):
        if act.kind in (acts.STOP, acts.SHELVE) and act.recorded_at is not None:
            following = its_acts[number + 1].recorded_at if number + 1 < len(its_acts) else None
            end = min(following or rated_through, rated_through)
            if following is None and last - act.recorded_at >= _TELLING <= rated_through - last:
                end = last
            yield act, from_to(act.recorded_at, end)


def _add(
    saved: _Saved, act: Act, inside: Window, before: Fraction | None, costs: PeriodCosts, period_s: int
) -> None:
    """Add what one act saved: so many periods as the resource costs without it, less what they were rated."""
    periods = rounded_up(inside, period_s)
    count = int(periods.length.total_seconds()) // period_s
    saved.act_count += 1
    saved.seconds += count * period_s
    if act.saves_nano_per_hour is None or act.currency != saved.currency or saved.expected_nano is None:
        saved.expected_nano = None
    else:
        saved.expected_nano += round(Fraction(act.saves_nano_per_hour * count * period_s, 3600))
    if costs.seconds - {period_s}:
        saved.problem = "not_by_period"
    elif costs.currencies - {saved.currency}:
        saved.problem = "other_currency"
    elif before is None:
        saved.problem = "nothing_rated_before"
    if before is None or saved.problem is not None or saved.realised_nano is None:
        saved.realised_nano = None
        return
    rated = sum(nano for moment, nano in costs.by_begin.items() if periods.contains(moment))
    saved.realised_nano += round(before * count) - rated


def _mean_before(
    act: Act, off_windows: Sequence[Window], costs: PeriodCosts, period_s: int
) -> Fraction | None:
    """What a period costs while nothing keeps the resource off: the mean of its newest rated ones that ended
    before the act. None where there is none.
    """
    ended = (act.recorded_at or _NEVER) - timedelta(seconds=period_s)
    running = [
        nano
        for moment, nano in sorted(costs.by_begin.items())
        if moment <= ended and not any(window.contains(moment) for window in off_windows)
    ][-_PERIODS:]
    return Fraction(sum(running), len(running)) if running else None


def _to_result(saved: _Saved) -> dict[str, Any]:
    newest = saved.newest
    return {
        "resource": newest.resource_id,
        "resource_name": newest.resource_name,
        "project_id": newest.project_id,
        "region": newest.region,
        "acts": saved.act_count,
        "hours_off": saved.seconds / 3600,
        "expected": _shown(saved.expected_nano),
        "realised": _shown(saved.realised_nano),
        "currency": saved.currency,
        "problem": saved.problem,
    }


def _totals(saved: Iterable[_Saved]) -> list[dict[str, Any]]:
    """Sums by currency; null where that of a resource is not known."""
    by_currency: dict[str, list[_Saved]] = {}
    for one in saved:
        by_currency.setdefault(one.currency, []).append(one)
    return [
        {
            "expected": _shown(_sum(one.expected_nano for one in of)),
            "realised": _shown(_sum(one.realised_nano for one in of)),
            "currency": currency,
        }
        for currency, of in sorted(by_currency.items())
    ]


def _sum(amounts: Iterable[int | None]) -> int | None:
    total = 0
    for nano in amounts:
        if nano is None:
            return None
        total += nano
    return total


def _shown(nano: int | None) -> str | None:
    return None if nano is None else format_amount(from_nano(nano))
