# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readers and writers see the same on both stores (design/ledger.md#where-it-lies,
design/ansible.md#third-party-libraries).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._ledger.schema import SCHEMA_VERSION
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import (
    LedgerOptions,
    reading,
    writing,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute, read

VERSIONS = "SELECT version FROM ledger_schema"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def test_a_number_beyond_64_bits_is_one_sentence(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with (
        pytest.raises(
            LedgerError, match=r"cannot be used: a number is more than one row can hold \(9.2e9\)\."
        ),
        writing(ledger) as opened,
    ):
        execute(opened.connection, "UPDATE ledger_clock SET recorded_at = :large", {"large": 2**63})


def test_readers_see_one_moment(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with reading(ledger) as before_it:
        before = read(before_it.connection, VERSIONS)
        with writing(ledger) as opened:
            execute(opened.connection, "INSERT INTO ledger_schema (version) VALUES (1)")
        assert read(before_it.connection, VERSIONS) == before


def test_a_writer_reads_what_it_has_written_and_nobody_else_does(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with writing(ledger) as opened:
        execute(opened.connection, "INSERT INTO ledger_schema (version) VALUES (1)")
        assert sorted(read(opened.connection, VERSIONS)) == [(1,), (SCHEMA_VERSION,)]
        with reading(ledger) as before_it:
            assert read(before_it.connection, VERSIONS) == [(SCHEMA_VERSION,)]
