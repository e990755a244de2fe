# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What resources cost and used is the sum of the entries that count, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry, take_back, write_all
from ansible_collections.finops.cloud.plugins.module_utils._ledger.resource_sums import (
    dimension_sets,
    resource_sums,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR_S = 3600


def hour(number: int, nano: int, quantity: str | None = "1", **more: object) -> Entry:
    """A cost of an hour of November."""
    begin = FIRST + timedelta(hours=number)
    kept = {
        "source": "manual", "charge_category": "usage", "category": "compute", "currency": "CHF",
        "metric": "instance", "resource_id": "r1", "resource_name": "web-1", "tags": {"team": "shop"},
        **more,
    }  # fmt: skip
    key = f"{number}/{kept['resource_id']}/{kept.get('description')}"
    return Entry(key=key, period=Window(begin, begin + timedelta(hours=1)), amount_nano=nano,
                 quantity=quantity, **kept)  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def test_the_sums_are_of_what_counts(ledger: LedgerOptions) -> None:
    none = {"metric": None, "resource_id": None, "resource_name": None, "quantity": None}
    with writing(ledger) as opened:
        write_all(
            opened.connection,
            [
                hour(0, 2 * 10**9, "2.5"),
                hour(1, 10**9),
                hour(2, 7),
                hour(800, 7),  # In December.
                hour(3, 5 * 10**9, **none, description="Support"),
                hour(3, 6 * 10**9, **none, description="Tokens", cloud="Anthropic"),
            ],
            NOW,
            "alice",
        )
        # Corrected, and taken back.
        write_all(opened.connection, [hour(1, 3 * 10**9, "4")], NOW + timedelta(hours=1), "bob")
        take_back(opened.connection, "manual", "2/r1/None", NOW + timedelta(hours=2), "bob")
    with reading(ledger) as opened:
        sets = dimension_sets(opened.connection)
        found = list(resource_sums(opened.connection, Window(FIRST, datetime(2026, 12, 1, tzinfo=UTC))))
    rows = {(one.resource, one.description): one for one in found}
    assert set(rows) == {("r1", None), (None, "Support"), (None, "Tokens")}
    server = rows["r1", None]
    assert (server.amount_nano, server.quantity, server.seconds, server.entry_count) == (
        5 * 10**9, 6.5, 2 * HOUR_S, 2,
    )  # fmt: skip
    assert (server.metric, server.resource_name) == ("instance", "web-1")
    assert server.first_begin == int(FIRST.timestamp())
    assert sets[server.dimension_set_id].tags == {"team": "shop"}
    tokens = rows[None, "Tokens"]
    assert (tokens.amount_nano, tokens.quantity) == (6 * 10**9, None)
    # PostgreSQL puts the login before the name.
    assert tokens.recorded_by.endswith("alice")
    assert sets[tokens.dimension_set_id].dimensions.cloud == "Anthropic"
