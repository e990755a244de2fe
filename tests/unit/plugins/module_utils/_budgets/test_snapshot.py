# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verdict stands on sums that were read for its budget, told apart by what its scope goes by, or
there is none (design/gate.md#what-counts).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets import snapshot
from ansible_collections.finops.cloud.plugins.module_utils._budgets.cost_sums import CostSum
from ansible_collections.finops.cloud.plugins.module_utils._budgets.request import Request
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, period_at
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger import budgets
from ansible_collections.finops.cloud.plugins.module_utils._ledger.budgets import Scope
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry, write_all
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing

from .desk import Desk
from .snapshots import BEGIN, NOW, budget

KINDS = (Scope(categories=("compute",)), Scope(projects=("shop",)), Scope(tags=(("team", "web"),)))


def told_for(path: Path, read_for: Scope, asked: Scope) -> list[CostSum]:
    options, one = LedgerOptions(f"sqlite:///{path}/ledger.db"), budget(scope=read_for)
    window = period_at(one.calendar, NOW)
    assert window is not None
    kept: dict[str, Any] = {
        "source": "test",
        "charge_category": "usage",
        "period": Window(BEGIN, BEGIN),
        "currency": "CHF",
    }
    with writing(options) as opened:
        write_all(
            opened.connection,
            [
                Entry(
                    key="1", category="compute", amount_nano=1, project_id="p1", tags={"team": "web"}, **kept
                ),
                Entry(
                    key="2",
                    category="storage",
                    amount_nano=2,
                    project_name="shop",
                    tags={"team": "web"},
                    **kept,
                ),
                Entry(key="3", category="compute", amount_nano=4, **kept),
            ],
            NOW,
            "test",
        )
    with reading(options) as opened:
        return list(
            snapshot.read_snapshot(opened.connection, Rates(), NOW, [one], Request()).costs(window, asked)
        )


@pytest.mark.parametrize("asked", KINDS)
@pytest.mark.parametrize("read_for", [Scope(), *KINDS])
def test_sums_are_told_for_a_scope_only_where_they_were_read_for_it(
    tmp_path: Path, read_for: Scope, asked: Scope
) -> None:
    """They would not hold what is in it, and a gate would pass."""
    if read_for == asked:
        assert sum(cost.amount_nano for cost in told_for(tmp_path, read_for, asked)) == 7
    else:
        with pytest.raises(KeyError):
            told_for(tmp_path, read_for, asked)


@pytest.mark.parametrize(
    ("scope", "sums"), list(zip((Scope(), *KINDS), ([7], [2, 5], [1, 2, 4], [3, 4]), strict=True))
)
def test_sums_are_told_apart_by_what_the_scope_goes_by_and_nothing_else(
    tmp_path: Path, scope: Scope, sums: list[int]
) -> None:
    assert sorted(cost.amount_nano for cost in told_for(tmp_path, scope, scope)) == sums


def test_alike_lines_of_many_holds_are_added_up_and_still_named(desk: Desk) -> None:
    """Five were held at 12:30 or 12:40, in one collect period, and one at 13:40."""
    desk.define(limit="100000", scope={"projects": ["shop"]})
    lines = [{"hourly": "1", "category": "compute", "until": "2027-01-01"}]
    for number, minutes in enumerate((0, 10, 0, 0, 0, 60)):
        desk.later(minutes=minutes)
        desk.hold(lines=lines, category=None, name=f"h{number}", on_unknown="warn", ttl="9d")
    with reading(desk.options) as opened:
        (shop,) = budgets.read_all(opened.connection)
        seen = snapshot.read_snapshot(opened.connection, Rates(), desk.now, [shop], Request())
    assert sorted(one.line.money.amount for one in seen.outstanding) == [1, 5]
    assert "the hold h0 and 4 more has no project" in desk.status()["reason"]
