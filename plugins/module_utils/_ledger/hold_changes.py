# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What reservations change of holds, and the entries that their commits wrote (design/reservations.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .._core.money import to_nano
from .holds import COMMITTED, ENTRY_SOURCE, HELD, OF_HOLD, REMOVED, Hold, HoldLine
from .transaction import Transaction, execute, insert, insert_numbered, read

_IS_KEY = re.compile(r"|#\d+|/\d+/(once|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", re.ASCII)
_SET = ", ".join(f"{name} = :{name}" for name in OF_HOLD[2:])
_UPDATE = f"UPDATE hold SET {_SET} WHERE id = :hold_id"  # noqa: S608
_SAME = "name = :name AND generation = :generation"


def save(transaction: Transaction, hold: Hold) -> None:
    """Store a generation, in place of what was known of it."""
    named = {"name": hold.name, "generation": hold.generation}
    values = {
        "state": hold.state,
        "settled_by": hold.settled_by,
        "held_at": int(hold.held_at.timestamp()),
        "expires_at": int(hold.expires_at.timestamp()),
        "ttl_s": int(hold.ttl.total_seconds()),
        "committed_at": _seconds(hold.committed_at),
        "forced_verdicts": None if hold.forced_verdicts is None else json.dumps(hold.forced_verdicts),
        "settled": hold.settled,
        "recorded_by": hold.recorded_by,
        "lines_sha256": hold.lines_sha256,
        "plan_sha256": hold.plan_sha256,
    }
    known = read(transaction, f"SELECT id FROM hold WHERE {_SAME}", named)  # noqa: S608
    if known:
        ((hold_id,),) = known
        execute(transaction, _UPDATE, {**values, "hold_id": hold_id})
        execute(transaction, "DELETE FROM hold_line WHERE hold_id = :hold_id", {"hold_id": hold_id})
    else:
        hold_id = insert_numbered(transaction, "hold", {**named, **values})
    stages = ((HELD, hold.held), (COMMITTED, hold.committed), (REMOVED, hold.removed))
    rows = [
        {"hold_id": hold_id, "stage": stage, "number": number, **_line_columns(one)}
        for stage, lines in stages
        for number, one in enumerate(lines)
    ]
    insert(transaction, "hold_line", rows)


def entry_prefix(name: str, generation: int) -> str:
    """How the keys of a generation's entries begin; then the line's number follows, and `once` or the begin
    of a part of a running line. So a name that is used again never corrects an older commit.
    """
    return f"{ENTRY_SOURCE}/{name}/{generation}/"


def entry_keys(transaction: Transaction, name: str, generation: int) -> list[str]:
    """The keys under which commits of this generation ever wrote entries.

    Schema 4 had one key for a hold of one line, and numbers after it for one of several.
    """
    prefix = entry_prefix(name, generation)
    found = read(
        transaction,
        f"SELECT stem FROM entry_key WHERE source = '{ENTRY_SOURCE}'"  # noqa: S608
        " AND substr(stem, 1, :length) = :start",
        {"length": len(prefix) - 1, "start": prefix[:-1]},
    )
    # Another name may begin alike.
    return sorted(key for (key,) in found if _IS_KEY.fullmatch(key[len(prefix) - 1 :]))


def settle(transaction: Transaction, settled: Iterable[Hold]) -> None:
    """Mark holds whose place an import has taken, so that no gate reads them again."""
    for hold in settled:
        execute(
            transaction,
            f"UPDATE hold SET settled = :yes WHERE {_SAME}",  # noqa: S608
            {"yes": True, "name": hold.name, "generation": hold.generation},
        )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _line_columns(line: HoldLine) -> dict[str, Any]:
    return {
        "amount_nano": to_nano(line.money.amount, "amount"),
        "currency": line.money.currency,
        "category": line.category,
        "project": line.project,
        "tags": json.dumps(dict(line.tags)),
        "hourly": line.hourly,
        "at": _seconds(line.at),
        "until": _seconds(line.until),
        "region": line.region,
        "name": line.name,
        "metric": line.metric,
    }
