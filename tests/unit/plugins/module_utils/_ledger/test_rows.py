# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading without SQLAlchemy is alike on both stores (design/ledger.md#where-it-lies,
design/ansible.md#third-party-libraries).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._ledger.rows import read
from ansible_collections.finops.cloud.plugins.module_utils._ledger.schema import SCHEMA_VERSION, tables
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import (
    LedgerOptions,
    reading_rows,
    writing,
)

VERSIONS = "SELECT version FROM ledger_schema"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def test_readers_see_one_moment(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with reading_rows(ledger) as connection:
        before = read(connection, VERSIONS)
        with writing(ledger) as opened:
            opened.connection.execute(tables().ledger_schema.insert().values(version=1))
        assert read(connection, VERSIONS) == before


def test_a_writer_reads_what_it_has_written_and_nobody_else_does(ledger: LedgerOptions) -> None:
    """Its statements and SQLAlchemy's are of one transaction."""
    with writing(ledger):
        pass
    with writing(ledger) as opened:
        opened.connection.execute(tables().ledger_schema.insert().values(version=1))
        assert sorted(read(opened.connection, VERSIONS)) == [(1,), (SCHEMA_VERSION,)]
        with reading_rows(ledger) as connection:
            assert read(connection, VERSIONS) == [(SCHEMA_VERSION,)]
