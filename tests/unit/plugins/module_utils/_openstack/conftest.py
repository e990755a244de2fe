# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins to the running sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions

from ....conftest import Sandbox


@pytest.fixture
def cloud(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cloud]:
    """Log in to the sandbox; what it was asked is counted from then on."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])
    drilled.ask("DELETE", "/sandbox/requests")

    def one(**options: Any) -> Cloud:
        return Cloud(ConnectionOptions(**{"cloud": "sandbox", "api_timeout": 5, **options}))

    return one
