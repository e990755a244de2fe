# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The holds of the ledger: money that is promised to a name, or was, and no cost yet
(design/reservations.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .._core.money import Money, from_nano, to_nano
from .._core.periods import moment_of
from .transaction import Transaction, execute, insert, insert_numbered, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HELD, COMMITTED, RELEASED = "held", "committed", "released"
BY_ENTRY, BY_IMPORT = "entry", "import"
THIS, NEXT = "this", "next"
_OF_HOLD = (
    "name", "generation", "state", "settled_by", "counts_at", "held_at", "expires_at", "committed_at",
    "forced", "settled", "recorded_by",
)  # fmt: skip
_OF_LINE = ("stage", "amount_nano", "currency", "category", "project", "tags", "period")
_IN_ORDER = "ORDER BY hold.name, hold.generation, hold_line.stage, hold_line.number"
_READ = (
    f"SELECT hold.id, {', '.join((*_OF_HOLD, *_OF_LINE))}"  # noqa: S608
    " FROM hold JOIN hold_line ON hold_line.hold_id = hold.id"
)
_SET = ", ".join(f"{name} = :{name}" for name in _OF_HOLD[2:])
_UPDATE = f"UPDATE hold SET {_SET} WHERE id = :hold_id"  # noqa: S608
_SAME = "name = :name AND generation = :generation"
_COUNTING = f"(state = '{HELD}' AND expires_at > :now) OR (state = '{COMMITTED}' AND settled = :no)"


@dataclass(frozen=True)
class HoldLine:
    """A part of what is asked for or held. project: id or name; tags: name and value, sorted; period: each
    budget's this or next one; region: of the cloud.
    """

    money: Money
    category: str | None = None
    project: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    period: str = THIS
    region: str | None = None


@dataclass(frozen=True)
class Hold:
    """One generation of a reservation.

    settled_by: what takes its place once committed, the entry that the commit writes, or the next import.
    counts_at: the moment whose period it counts in. forced: taken although the gate did not allow it.
    settled: an import has taken its place for good. committed: the lines that a commit told, none before.
    """

    name: str
    generation: int
    state: str
    settled_by: str
    counts_at: datetime
    held_at: datetime
    expires_at: datetime
    committed_at: datetime | None
    forced: bool
    settled: bool
    recorded_by: str
    held: tuple[HoldLine, ...]
    committed: tuple[HoldLine, ...] = ()

    def expired(self, now: datetime) -> bool:
        """Whether its time to live ran out before it was committed or released."""
        return self.state == HELD and now >= self.expires_at

    @property
    def lines(self) -> tuple[HoldLine, ...]:
        """What it is made of now: what a commit told, else what was held."""
        return self.committed or self.held


def newest(transaction: Transaction, name: str) -> Hold | None:
    """The newest generation of that name, None where it was never held."""
    found = _read(transaction, f"{_READ} WHERE name = :name {_IN_ORDER}", {"name": name})
    return max(found, key=lambda one: one.generation, default=None)


def counting(transaction: Transaction, now: datetime) -> list[Hold]:
    """Every hold that may count: held and not expired, or committed and not settled by an import yet."""
    return _read(
        transaction, f"{_READ} WHERE {_COUNTING} {_IN_ORDER}", {"now": int(now.timestamp()), "no": False}
    )


def save(transaction: Transaction, hold: Hold) -> None:
    """Store a generation, in place of what was known of it."""
    named = {"name": hold.name, "generation": hold.generation}
    values = {
        "state": hold.state,
        "settled_by": hold.settled_by,
        "counts_at": int(hold.counts_at.timestamp()),
        "held_at": int(hold.held_at.timestamp()),
        "expires_at": int(hold.expires_at.timestamp()),
        "committed_at": None if hold.committed_at is None else int(hold.committed_at.timestamp()),
        "forced": hold.forced,
        "settled": hold.settled,
        "recorded_by": hold.recorded_by,
    }
    known = read(transaction, f"SELECT id FROM hold WHERE {_SAME}", named)  # noqa: S608
    if known:
        ((hold_id,),) = known
        execute(transaction, _UPDATE, {**values, "hold_id": hold_id})
        execute(transaction, "DELETE FROM hold_line WHERE hold_id = :hold_id", {"hold_id": hold_id})
    else:
        hold_id = insert_numbered(transaction, "hold", {**named, **values})
    stages = ((HELD, hold.held), (COMMITTED, hold.committed))
    rows = [
        {"hold_id": hold_id, "stage": stage, "number": number, **_line_columns(one)}
        for stage, lines in stages
        for number, one in enumerate(lines)
    ]
    insert(transaction, "hold_line", rows)


def settle(transaction: Transaction, settled: Iterable[Hold]) -> None:
    """Mark holds whose place an import has taken, so that no gate reads them again."""
    for hold in settled:
        execute(
            transaction,
            f"UPDATE hold SET settled = :yes WHERE {_SAME}",  # noqa: S608
            {"yes": True, "name": hold.name, "generation": hold.generation},
        )


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
    rows: dict[int, list[dict[str, Any]]] = {}
    for hold_id, *row in read(transaction, statement, values):
        rows.setdefault(hold_id, []).append(dict(zip((*_OF_HOLD, *_OF_LINE), row, strict=True)))
    return [_hold(group) for group in rows.values()]


def _hold(rows: Sequence[Mapping[str, Any]]) -> Hold:
    first = rows[0]
    return Hold(
        name=first["name"],
        generation=first["generation"],
        state=first["state"],
        settled_by=first["settled_by"],
        counts_at=moment_of(first["counts_at"]),
        held_at=moment_of(first["held_at"]),
        expires_at=moment_of(first["expires_at"]),
        committed_at=None if first["committed_at"] is None else moment_of(first["committed_at"]),
        forced=bool(first["forced"]),
        settled=bool(first["settled"]),
        recorded_by=first["recorded_by"],
        held=tuple(_line(row) for row in rows if row["stage"] == HELD),
        committed=tuple(_line(row) for row in rows if row["stage"] == COMMITTED),
    )


def _line(row: Mapping[str, Any]) -> HoldLine:
    return HoldLine(
        money=Money(from_nano(row["amount_nano"]), row["currency"]),
        category=row["category"],
        project=row["project"],
        tags=tuple(sorted(json.loads(row["tags"]).items())),
        period=row["period"],
    )


def _line_columns(line: HoldLine) -> dict[str, Any]:
    return {
        "amount_nano": to_nano(line.money.amount, "amount"),
        "currency": line.money.currency,
        "category": line.category,
        "project": line.project,
        "tags": json.dumps(dict(line.tags)),
        "period": line.period,
    }
