# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger of a test's own, in a file or in a database."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

from .desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(LedgerOptions(f"sqlite:///{tmp_path}/ledger.db"))


@pytest.fixture
def shared(postgresql_url: str) -> Desk:
    return Desk(LedgerOptions(postgresql_url), now_utc())
