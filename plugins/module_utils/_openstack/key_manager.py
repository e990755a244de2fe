# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Quotas of secrets and the like, as Barbican answers.

Source: Key Manager API reference, https://docs.openstack.org/barbican/latest/api/reference/quotas.html.
"""

from __future__ import annotations

from .connection import Service
from .quota import Quota, limits_only


def quotas(barbican: Service) -> list[Quota]:
    """Limits that are in force for the token's project: one GET quotas. It reports no use.

    Raises CloudError.
    """
    reading = "key manager quotas"
    return limits_only(barbican, reading, barbican.get(reading, "/quotas").body)
