# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A hold as results show it (design/reservations.md#one-transaction)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .._core.periods import iso
from .._ledger.holds import Hold
from .request import described


def told_hold(hold: Hold | None, now: datetime) -> dict[str, Any]:
    """What a hold is made of and how it stands; empty for none."""
    if hold is None:
        return {}
    return {
        "name": hold.name,
        "generation": hold.generation,
        "state": hold.state,
        "settled_by": hold.settled_by,
        "counts_at": iso(hold.counts_at),
        "held_at": iso(hold.held_at),
        "expires_at": iso(hold.expires_at),
        "expired": hold.expired(now),
        "committed_at": None if hold.committed_at is None else iso(hold.committed_at),
        "forced": hold.forced,
        "held": [described(line) for line in hold.held],
        "committed": [described(line) for line in hold.committed],
    }
