# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Days that cost more than expected: found in each series, joined, explained, and silenced by name
(design/savings.md#anomalies).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .._core import spans
from .._core.money import EXACT, ROUNDING, SMALLEST_SHOWN, exact_sum, format_exact
from .._core.periods import HOUR, Window, iso
from .._core.rates import Rates
from .._cost.ledger_summary import SummaryFormatter
from .._ledger import feeds, sql
from .._ledger.policy import rates_of
from .._ledger.totals import Selection
from . import cost_changes, day_costs
from .cost_changes import ResourceDays
from .day_costs import SeriesKey
from .expectation import (
    HISTORY_DAYS,
    JUDGED,
    LEARNING,
    SPARSE,
    UNKNOWN,
    AnomalyRule,
    DayJudgement,
    judged_days,
)

if TYPE_CHECKING:
    from .._ledger.feeds import Feed
    from .._ledger.transaction import Transaction

#: An anomaly is over when so many days in a row are as expected.
_NORMAL_DAYS = 2
#: From so many days on what an average day costs tells whether the new cost stayed.
_NEW_LEVEL_DAYS = 7
#: What is rated of the day in progress is judged from so many hours on.
_LEAST_HOURS = 6
#: A day is sure to be one where it is so many times as far off as it has to be, and so many days were known.
_SURE_FACTOR, _SURE_DAYS = 2, 28


@dataclass(frozen=True)
class Silence:
    """What nobody wants to be told of, by the name of a series or the id of an anomaly; until: exclusive."""

    name: str
    reason: str
    until: datetime


@dataclass(frozen=True)
class AnomalyQuestion:
    """What is asked. first, last: the local days that are judged. kinds: of SERIES or tag:<name>."""

    first: date
    last: date
    zone: ZoneInfo
    currency: str
    kinds: tuple[str, ...]
    rule: AnomalyRule
    rates: Rates
    projects: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True)
class _FlaggedDay:
    """A day that costs too much. window: what of it was judged, all but for the day in progress. reference:
    the day that it is compared with, and what that has cost.
    """

    number: int
    window: Window
    actual: Decimal
    expected: Decimal
    judgement: DayJudgement
    reference: Window
    reference_amount: Decimal

    @property
    def above(self) -> Decimal:
        """How much more than expected."""
        return EXACT.subtract(self.actual, self.expected)


@dataclass(frozen=True)
class _Anomaly:
    """Flagged days of one series that belong together."""

    key: SeriesKey
    days: tuple[_FlaggedDay, ...]
    state: str

    @property
    def worst(self) -> _FlaggedDay:
        """The day that is explained."""
        return max(self.days, key=lambda day: (day.above, -day.number))

    @property
    def above(self) -> Decimal:
        """How much more than expected all of its days cost."""
        return exact_sum(day.above for day in self.days)


@dataclass(frozen=True)
class _Judged:
    """The days of a series with what was made of each."""

    key: SeriesKey
    windows: Sequence[Window]
    amounts: Sequence[Decimal | None]
    days: Sequence[DayJudgement]

    def flagged(self, number: int) -> _FlaggedDay:
        """A day that costs too much."""
        actual, expected = self.amounts[number], self.days[number].expected
        if actual is None or expected is None:
            raise ValueError("a day that is not known is not flagged")
        reference, amount = self._reference(number)
        shown = ROUNDING.quantize(Decimal(expected), SMALLEST_SHOWN)
        return _FlaggedDay(number, self.windows[number], actual, shown, self.days[number], reference, amount)

    def _reference(self, number: int) -> tuple[Window, Decimal]:
        """The newest day of the same weekday that is known and was not flagged, else of any."""
        for before in (*range(number - 7, -1, -7), *range(number - 1, -1, -1)):
            amount = self.amounts[before]
            if amount is not None and not self.days[before].flagged:
                return self.windows[before], amount
        raise ValueError("a day is judged by days that are known")


def find_anomalies(options: sql.LedgerOptions, question: AnomalyQuestion, now: datetime) -> dict[str, Any]:
    """The result of cost_anomaly_info.

    Statements: those of the feeds, one for all series of the roll-up and one for metric and each tag, as many
    for the day in progress, and one for the resources of all anomalies. Raises LedgerError.
    """
    count = (question.last - question.first).days + 1 + HISTORY_DAYS
    days = day_costs.local_days(question.first - timedelta(days=HISTORY_DAYS), count, question.zone)
    over = [day for day in days if day.end <= now]
    with sql.reading(options) as ledger:
        question = replace(question, rates=rates_of(ledger.connection, question.rates))
        known = feeds.read_all(ledger.connection)
        reader = _Reader(ledger.connection, question, days, known)
        whole = reader.judged(over)
        found = [one for series in whole.values() for one in _of_series(series)]
        hours = _rated_hours(days[len(over)], known, now) if len(over) < len(days) else 0
        if hours >= _LEAST_HOURS:
            running = reader.judged([_first_hours(day, hours) for day in days[: len(over) + 1]])
            found = _with_running(found, running.values())
        rows = reader.to_results(found)
        begin = days[HISTORY_DAYS].begin
        return {
            "ledger": ledger.url,
            "period_start": iso(begin),
            "period_end": iso(days[-1].end),
            "currency": question.currency,
            "feeds": feeds.to_result(known, spans.from_to(begin, over[-1].end)),
            "hours_of_today": hours if hours >= _LEAST_HOURS else None,
            "series": [_series_to_result(whole[key]) for key in sorted(whole, key=lambda one: one.name)],
            "anomalies": rows,
            "open": sum(row["state"] == "open" and row["silenced"] is None for row in rows),
            "unknown": list(reader.formatter.unknown),
        }


class _Reader:
    """Reads series and resources of one question in one transaction."""

    def __init__(
        self,
        connection: Transaction,
        question: AnomalyQuestion,
        days: Sequence[Window],
        known: Sequence[Feed],
    ) -> None:
        self.formatter = SummaryFormatter(question.rates, question.currency)
        self._connection, self._question, self._known = connection, question, known
        self._selection = Selection(
            spans.hull(days),
            categories=question.categories,
            charge_categories=day_costs.CHARGES,
            regions=question.regions,
            projects=question.projects,
        )

    def judged(self, windows: Sequence[Window]) -> dict[SeriesKey, _Judged]:
        """Every series of these days, one window a day, judged."""
        question = self._question
        amounts = day_costs.read_day_costs(
            self._connection,
            self._selection,
            windows,
            question.kinds,
            self._known,
            self.formatter,
        )
        return {
            key: _Judged(key, windows, of_key, judged_days([_as_float(one) for one in of_key], question.rule))
            for key, of_key in amounts.items()
        }

    def to_results(self, found: Sequence[_Anomaly]) -> list[dict[str, Any]]:
        """The rows of anomalies, the one with most money first."""
        worst = [one.worst for one in found]
        windows = list(dict.fromkeys(window for day in worst for window in (day.reference, day.window)))
        resources = ResourceDays(
            self._connection,
            self._selection,
            windows,
            cost_changes.tags_of(self._question.kinds),
            self.formatter,
        )
        flows = [one.flow_metrics for one in self._known]
        flow_metrics = None if None in flows else frozenset(name for some in flows for name in some or ())
        return [
            {
                **_to_result(one, self._question),
                "explained_by": [_id_of(other, self._question) for other in found if _is_part(other, one)],
                **resources.explained(one.key, one.worst.window, one.worst.reference, flow_metrics),
            }
            for one in sorted(found, key=lambda one: (-one.above, one.key.name))
        ]


def _as_float(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _of_series(series: _Judged) -> list[_Anomaly]:
    """The anomalies of a series, in order: flagged days with fewer than two days between them that are as
    expected are one. An anomaly that began before the days that are judged keeps its first day.
    """
    groups: list[list[int]] = []
    normal = _NORMAL_DAYS
    for number, one in enumerate(series.days):
        if one.flagged:
            if normal < _NORMAL_DAYS:
                groups[-1].append(number)
            else:
                groups.append([number])
            normal = 0
        elif one.state in (JUDGED, SPARSE):
            normal += 1
    return [
        _Anomaly(series.key, tuple(series.flagged(number) for number in group), _state(group, series))
        for group in groups
        if group[-1] >= HISTORY_DAYS
    ]


def _state(group: Sequence[int], series: _Judged) -> str:
    """open while fewer than two days behind it were as expected; new_level where a week after its begin an
    average day still costs more by half of what it was more; else over.
    """
    behind = [one for one in series.days[group[-1] + 1 :] if one.state in (JUDGED, SPARSE)]
    before = series.days[group[0]].level
    newest = next((one.level for one in reversed(behind) if one.level is not None), None)
    if len(series.days) - group[0] > _NEW_LEVEL_DAYS and before and newest:
        more = median(_relative(series, number) for number in group)
        if newest / before >= 1 + more / 2:
            return "new_level"
    return "open" if len(behind) < _NORMAL_DAYS else "over"


def _relative(series: _Judged, number: int) -> float:
    """By which part the day cost more than expected."""
    day = series.flagged(number)
    return float(day.above) / float(day.expected) if day.expected else 0.0


def _rated_hours(day: Window, known: Sequence[Feed], now: datetime) -> int:
    """How many hours of the day in progress are known of all feeds."""
    until = min([now, *(one.rated_through for one in known if not one.retired)])
    return max(int((until - day.begin) / HOUR), 0)


def _first_hours(day: Window, hours: int) -> Window:
    """The first hours of a day: of one on which the clocks change not more than it has."""
    return Window(day.begin, min(day.begin + hours * HOUR, day.end))


def _with_running(found: Sequence[_Anomaly], running: Iterable[_Judged]) -> list[_Anomaly]:
    """The anomalies with the day in progress: it goes on with one that is open, else it begins one."""
    by_key = {one.key: one for one in found if one.state == "open"}
    rest = [one for one in found if one.state != "open"]
    for series in running:
        last = len(series.days) - 1
        if series.days[last].flagged:
            before = by_key.get(series.key)
            days = () if before is None else before.days
            by_key[series.key] = _Anomaly(series.key, (*days, series.flagged(last)), "open")
    return [*rest, *by_key.values()]


def _is_part(one: _Anomaly, of: _Anomaly) -> bool:
    """Whether an anomaly is of a narrower series in the other one's, and of one of its days."""
    narrower = set(one.key.values) > set(of.key.values)
    return narrower and bool({day.number for day in one.days} & {day.number for day in of.days})


def _local(window: Window, question: AnomalyQuestion) -> str:
    return window.begin.astimezone(question.zone).date().isoformat()


def _id_of(one: _Anomaly, question: AnomalyQuestion) -> str:
    """The same whenever it is asked for: the name of the series and the first day."""
    return f"{one.key.name} {_local(one.days[0].window, question)}"


def _to_result(one: _Anomaly, question: AnomalyQuestion) -> dict[str, Any]:
    expected = exact_sum(day.expected for day in one.days)
    actual = exact_sum(day.actual for day in one.days)
    worst = one.worst
    return {
        "id": _id_of(one, question),
        "series": one.key.name,
        "dimensions": dict(one.key.values),
        "state": one.state,
        "first_day": _local(one.days[0].window, question),
        "last_day": _local(one.days[-1].window, question),
        "days": [
            {
                "day": _local(day.window, question),
                "begin": iso(day.window.begin),
                "end": iso(day.window.end),
                "actual": format_exact(day.actual),
                "expected": format_exact(day.expected),
                "above": format_exact(day.above),
            }
            for day in one.days
        ],
        "actual": format_exact(actual),
        "expected": format_exact(expected),
        "above": format_exact(one.above),
        "above_percent": None
        if not expected
        else format_exact(round(ROUNDING.divide(EXACT.multiply(one.above, Decimal(100)), expected), 1)),
        "score": None if worst.judgement.score is None else round(worst.judgement.score, 1),
        **_confidence(worst.judgement, question),
        "compared_with": {
            "day": _local(worst.reference, question),
            "amount": format_exact(worst.reference_amount),
        },
        "worst_day": _local(worst.window, question),
        "silenced": _silenced(one, question),
    }


def _confidence(judgement: DayJudgement, question: AnomalyQuestion) -> dict[str, Any]:
    """How sure it is that the day is not as others, and why."""
    reasons = [f"{judgement.known_days} days before it are known."]
    if judgement.score is None:
        reasons.append("The series is sparse: it is held to its dearest day of the 28 before.")
        return {"confidence": "low", "reasons": reasons}
    reasons.append(f"It is {judgement.score:.1f} times as far off as days scatter.")
    sure = judgement.score >= _SURE_FACTOR * question.rule.score
    if judgement.known_days < _SURE_DAYS:
        return {"confidence": "low", "reasons": reasons}
    return {"confidence": "high" if sure else "medium", "reasons": reasons}


def _silenced(one: _Anomaly, question: AnomalyQuestion) -> dict[str, str] | None:
    """The silence that is meant for it and lasts behind the begin of its last day."""
    names = (one.key.name, _id_of(one, question))
    for silence in question.silences:
        if silence.name in names and one.days[-1].window.begin < silence.until:
            return {"reason": silence.reason, "until": iso(silence.until)}
    return None


def _series_to_result(series: _Judged) -> dict[str, Any]:
    """How far a series can be judged."""
    asked = series.days[HISTORY_DAYS:]
    newest = asked[-1] if asked else series.days[-1]
    states = [one.state for one in asked]
    return {
        "series": series.key.name,
        "dimensions": dict(series.key.values),
        "state": newest.state,
        "known_days": newest.known_days,
        "judged_days": states.count(JUDGED) + states.count(SPARSE),
        "learning_days": states.count(LEARNING),
        "unknown_days": states.count(UNKNOWN),
    }
