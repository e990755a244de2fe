# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The holds of the ledger: money that is promised to a name, or was, and no cost yet
(design/reservations.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.money import Money, format_exact, from_nano
from .._core.periods import moment_of
from .roll_up import REST_NANO, WHOLE, in_nano
from .transaction import Transaction, read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

HELD, COMMITTED, RELEASED = "held", "committed", "released"
#: The stage of a line that takes away (design/gate.md#removals).
REMOVED = "removed"
BY_ENTRY, BY_IMPORT = "entry", "import"
#: What a hold can be forced against, the worst first.
FORCIBLE = ("deny", "unknown")
#: The source of the entries that commits write.
ENTRY_SOURCE = "reservation"
#: The columns of a hold.
OF_HOLD = (
    "name", "generation", "state", "settled_by", "held_at", "expires_at", "ttl_s", "committed_at",
    "forced_verdicts", "settled", "recorded_by", "lines_sha256", "plan_sha256",
)  # fmt: skip
#: hold and hold_line have both a `name`.
_OF_LINE = (
    "stage", "amount_nano", "currency", "category", "project", "tags", "hourly", "at", "until", "region",
    "line_name", "metric",
)  # fmt: skip
_COLUMNS = ", ".join(
    [f"hold.{name}" for name in OF_HOLD]
    + ["hold_line.name" if name == "line_name" else f'hold_line."{name}"' for name in _OF_LINE]
)
_IN_ORDER = "ORDER BY hold.name, hold.generation, hold_line.stage, hold_line.number"
_READ = (
    f"SELECT hold.id, {_COLUMNS}"  # noqa: S608
    " FROM hold JOIN hold_line ON hold_line.hold_id = hold.id"
)
_AWAITING = f"state = '{COMMITTED}' AND settled = :no"
_COUNTING = f"(state = '{HELD}' AND expires_at > :now) OR ({_AWAITING})"
_ALIKE = 'currency, category, project, tags, hourly, "at", until, region'
_OF_REMOVAL = f"r.hold_id = hold.id AND r.stage = '{REMOVED}'"
_REMOVES = f"EXISTS (SELECT 1 FROM hold_line AS r WHERE {_OF_REMOVAL})"  # noqa: S608
#: A sum of whole units and of the rest leaves 64 bits on no database.
_ALIKE_OF_OPEN = f"""
SELECT MIN(hold.name), COUNT(DISTINCT hold.name), MIN(held_at), SUM({WHOLE}), SUM({REST_NANO}),
    {_ALIKE}
FROM hold JOIN hold_line ON hold_line.hold_id = hold.id AND stage = '{HELD}'
WHERE state = '{HELD}' AND expires_at > :now AND NOT (hold.name = :name AND generation = :generation)
    AND NOT {_REMOVES}
GROUP BY {_ALIKE}, CASE WHEN hourly THEN held_at / :step_s ELSE 0 END
ORDER BY 1"""  # noqa: S608


@dataclass(frozen=True)
class HoldLine:
    """A part of what is asked for or held (design/gate.md#requests).

    project: id or name. tags: name and value, sorted. name: what people call it. metric: what the cloud rates
    it by. hourly: a running line, of which money is what an hour costs; at: the moment of a one-off line,
    None for that of the gate. until: end of a running line, None for good; hours: how long it runs, until
    placed() makes an end of it.
    """

    money: Money
    category: str | None = None
    project: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    region: str | None = None
    name: str | None = None
    metric: str | None = None
    hourly: bool = False
    at: datetime | None = None
    until: datetime | None = None
    hours: Decimal | None = None

    def __str__(self) -> str:
        """`CHF 60`, or `CHF 0.1 an hour`."""
        if self.hourly:
            return f"{self.money.currency} {format_exact(self.money.amount)} an hour"
        return str(self.money)


class Hold(NamedTuple):
    """One generation of a reservation.

    settled_by: what takes its place once committed, the entries that the commit writes, or the next import.
    held_at: from when on its running lines count. ttl: as it was last given, with which expires_at was set.
    forced_verdicts: of FORCIBLE, those that it was taken against; None of a forced hold of an older version,
    which did not say. settled: an import has taken its place for good. committed: the lines that a commit
    told, none before. lines_sha256: of the lines as the task wrote them; None of a hold that an older version
    took. plan_sha256: of the plan that was estimated, None where there was none.
    removed: what it takes away, which offsets its lines.
    """

    name: str
    generation: int
    state: str
    settled_by: str
    held_at: datetime
    expires_at: datetime
    ttl: timedelta
    committed_at: datetime | None
    forced_verdicts: tuple[str, ...] | None
    settled: bool
    recorded_by: str
    held: tuple[HoldLine, ...]
    committed: tuple[HoldLine, ...] = ()
    lines_sha256: str | None = None
    plan_sha256: str | None = None
    removed: tuple[HoldLine, ...] = ()

    def expired(self, now: datetime) -> bool:
        """Whether its time to live ran out before it was committed or released."""
        return self.state == HELD and now >= self.expires_at

    @property
    def forced(self) -> bool:
        """Whether it was taken although the gate did not allow it."""
        return self.forced_verdicts != ()

    @property
    def lines(self) -> tuple[HoldLine, ...]:
        """What it is made of now: what a commit told, else what was held."""
        return self.committed or self.held


class AlikeLines(NamedTuple):
    """Lines of open holds that differ in their amounts, names and seconds only, as one line with the sum of
    their amounts. name: of the first hold, of hold_count. held_at: the earliest.
    """

    name: str
    hold_count: int
    held_at: datetime
    line: HoldLine


def newest(transaction: Transaction, name: str) -> Hold | None:
    """The newest generation of that name, None where it was never held."""
    found = _read(transaction, f"{_READ} WHERE hold.name = :name {_IN_ORDER}", {"name": name})
    return max(found, key=lambda one: one.generation, default=None)


def counting(transaction: Transaction, now: datetime) -> list[Hold]:
    """Every hold that may count: held and not expired, or committed and not settled by an import yet."""
    return _read(
        transaction, f"{_READ} WHERE {_COUNTING} {_IN_ORDER}", {"now": int(now.timestamp()), "no": False}
    )


def awaiting(transaction: Transaction) -> list[Hold]:
    """Every hold that was committed, and that no import has settled yet."""
    return _read(transaction, f"{_READ} WHERE {_AWAITING} {_IN_ORDER}", {"no": False})


def open_with_removals(transaction: Transaction, now: datetime) -> list[Hold]:
    """Every hold that is held, not expired, and takes something away: its lines are netted on their own."""
    values = {"now": int(now.timestamp())}
    which = f"WHERE state = '{HELD}' AND expires_at > :now AND {_REMOVES}"
    return _read(transaction, f"{_READ} {which} {_IN_ORDER}", values)


def open_lines(
    transaction: Transaction, now: datetime, step_s: int, without: tuple[str, int] | None = None
) -> list[AlikeLines]:
    """The lines of all holds that are held and not expired, but for those of open_with_removals(). A gate
    looks at each of them for each budget, and a thousand holds are of few kinds.

    step_s: running lines that begin in the same one of these spans are alike. without: name and generation of
    a hold to leave out.
    """
    name, generation = without or ("", 0)
    values = {"now": int(now.timestamp()), "step_s": step_s, "name": name, "generation": generation}
    return [
        AlikeLines(first, count, moment_of(held_at), _line((in_nano(whole, rest_nano), *columns, None, None)))
        for first, count, held_at, whole, rest_nano, *columns in read(transaction, _ALIKE_OF_OPEN, values)
    ]


def database_now(transaction: Transaction, now: datetime) -> datetime:
    """The moment that decides what has expired (design/reservations.md#the-life-of-a-hold): the server's on
    PostgreSQL, which hosts share, else this host's.

    Asked after the writers' lock was taken: who waited for it must not decide with the time at which it began
    to wait.
    """
    if not transaction.on_postgresql:
        return now
    ((moment,),) = read(transaction, "SELECT clock_timestamp()")
    database_time: datetime = moment
    return database_time.astimezone(UTC).replace(microsecond=0)


def _read(transaction: Transaction, statement: str, values: Mapping[str, Any]) -> list[Hold]:
    """The holds with their lines. A gate reads a thousand of them: no dictionary is made of each row."""
    first_line = 1 + len(OF_HOLD)
    found: dict[int, tuple[Sequence[Any], dict[str, list[HoldLine]]]] = {}
    for row in read(transaction, statement, values):
        if row[0] not in found:
            found[row[0]] = (row[1:first_line], {HELD: [], COMMITTED: [], REMOVED: []})
        stage, *columns = row[first_line:]
        found[row[0]][1][stage].append(_line(columns))
    return [_hold(dict(zip(OF_HOLD, row, strict=True)), lines) for row, lines in found.values()]


def _hold(row: Mapping[str, Any], lines: Mapping[str, Sequence[HoldLine]]) -> Hold:
    return Hold(
        name=row["name"],
        generation=row["generation"],
        state=row["state"],
        settled_by=row["settled_by"],
        held_at=moment_of(row["held_at"]),
        expires_at=moment_of(row["expires_at"]),
        ttl=timedelta(seconds=row["ttl_s"]),
        committed_at=_moment(row["committed_at"]),
        forced_verdicts=_verdicts(row["forced_verdicts"]),
        settled=bool(row["settled"]),
        recorded_by=row["recorded_by"],
        held=tuple(lines[HELD]),
        committed=tuple(lines[COMMITTED]),
        lines_sha256=row["lines_sha256"],
        plan_sha256=row["plan_sha256"],
        removed=tuple(lines[REMOVED]),
    )


def _line(columns: Sequence[Any]) -> HoldLine:
    """A line of the columns of _OF_LINE after the stage."""
    amount_nano, currency, category, project, tags, hourly, at, until, region, name, metric = columns
    return HoldLine(
        Money(from_nano(amount_nano), currency), category, project, _tags(tags), region, name, metric,
        bool(hourly), _moment(at), _moment(until),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _tags(stored: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(json.loads(stored).items()))


def _verdicts(stored: str | None) -> tuple[str, ...] | None:
    return None if stored is None else tuple(json.loads(stored))


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment_of(seconds)
