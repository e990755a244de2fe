# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Usage records in both kinds of ledger: kept once, told as they were, chosen by whose and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.usage_record import Tier, UsageRecord
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.usage_records import (
    Chosen,
    add,
    places,
    read,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OF_A_PROJECT = UsageRecord(
    "openstack",
    "https://id/v3",
    None,
    NOW,
    region="r",
    project_id="p",
    project_name="shop",
    used_cores=7,
    unlimited=("ram",),
)
OF_A_SYSTEM = UsageRecord(
    "vergeos",
    "h",
    4711,
    NOW,
    project_name="own",
    begin=NOW,
    end=NOW,
    tiers=(Tier("1", 2**60, None),),
    unknown=("gpus_used",),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "sqlite":
        return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    return LedgerOptions(request.getfixturevalue("postgresql_url"))


def test_a_record_is_kept_once_and_told_as_it_was(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        first, new = add(opened.connection, OF_A_PROJECT, NOW, "a")
        assert new and first == replace(OF_A_PROJECT, key=first.key) and first.key is not None
        # Another moment's is another record; one that has a key of its own is the same whenever it comes.
        second, _new = add(
            opened.connection, replace(OF_A_PROJECT, created=NOW + timedelta(hours=1)), NOW, "a"
        )
        assert add(opened.connection, OF_A_SYSTEM, NOW, "a") == (OF_A_SYSTEM, True)
        assert add(opened.connection, replace(OF_A_SYSTEM, used_cores=1), NOW, "b") == (OF_A_SYSTEM, False)
        assert add(opened.connection, replace(OF_A_SYSTEM, system="other"), NOW, "a")[1]
    with reading(ledger) as opened:

        def found(key: int | None = None, **chosen: object) -> list[UsageRecord]:
            return list(read(opened.connection, Chosen(**chosen), key))  # type: ignore[arg-type]

        assert found(source="openstack") == [second, first]
        assert found(key=4711, system="h") == [OF_A_SYSTEM]
        assert found(key=first.key, source="openstack") == [first]
        assert len(found(key=4711)) == 2
        assert found(project="shop", since=NOW, until=NOW + timedelta(hours=1)) == [first]
        assert found(project="p", region="elsewhere") == []
        assert places(opened.connection, Chosen(project="p")) == [("openstack", "https://id/v3", "r", "p")]
        assert len(places(opened.connection, Chosen())) == 3
