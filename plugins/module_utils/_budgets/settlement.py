# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The entries that a commit writes (design/reservations.md#never-counted-twice)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from .._core.money import to_nano
from .._core.periods import Window
from .._ledger import entries
from .._ledger.feeds import Feed
from .._ledger.holds import Hold, HoldLine

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

SOURCE = "reservation"


def keys(hold: Hold) -> list[str]:
    """The keys of the hold's entries: reservation/<name>/<generation>. So a name that is used again never
    corrects an older commit.

    A hold of several lines has an entry for each line, with #1, #2 and so on after the key.
    """
    key = f"reservation/{hold.name}/{hold.generation}"
    count = len(hold.committed)
    return [key] if count == 1 else [f"{key}#{number}" for number in range(1, count + 1)]


def write(
    connection: Transaction,
    before: Hold,
    after: Hold,
    occurred_at: datetime | None,
    known: Sequence[Feed],
    signature: tuple[datetime, str],
    for_real: bool,
) -> bool:
    """Record what was committed, and correct an earlier commit. Returns whether the ledger's entries change.

    occurred_at: None for the recorded moment, else that of the commit. known: the feeds, which know a
    project's ID by its name. signature: when and by whom. for_real: false in check mode.
    """
    stored = entries.current_all(connection, [(SOURCE, key) for key in keys(before)])
    recorded = min((entries.period_of(row).begin for row in stored.values()), default=None)
    moment = occurred_at or recorded or after.committed_at or signature[0]
    wanted = [
        _entry(key, line, moment, known) for key, line in zip(keys(after), after.committed, strict=True)
    ]
    dropped = sorted({key for _source, key in stored} - {entry.key for entry in wanted})
    outcomes = [entries.next_version(stored.get((SOURCE, entry.key)), entry)[1] for entry in wanted]
    if for_real:
        entries.write_all(connection, wanted, *signature)
        for key in dropped:
            entries.take_back(connection, SOURCE, key, *signature)
    return bool(dropped) or any(outcome != entries.UNCHANGED for outcome in outcomes)


def _entry(key: str, line: HoldLine, moment: datetime, known: Sequence[Feed]) -> entries.Entry:
    named = {feed.project_name: feed.key.project_id for feed in known if feed.project_name == line.project}
    return entries.Entry(
        source=SOURCE,
        key=key,
        charge_category="usage",
        category=str(line.category),
        period=Window(moment, moment),
        amount_nano=to_nano(line.money.amount, "amount"),
        currency=line.money.currency,
        project_id=named.get(line.project, line.project) if line.project else None,
        tags=dict(line.tags),
    )
