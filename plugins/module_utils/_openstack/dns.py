# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Quotas of zones and what is in them, as Designate answers.

Source: DNS API reference, https://docs.openstack.org/api-ref/dns/.
"""

from __future__ import annotations

from .connection import Service
from .quota import Quota, limits_only


def quotas(designate: Service) -> list[Quota]:
    """Limits of the project: one GET quotas/{project}. It reports no use. Raises CloudError."""
    reading = "DNS quotas"
    body = designate.get(reading, f"/quotas/{designate.project_id}").body
    # The answer is the quotas alone.
    return limits_only(designate, reading, {"quotas": body})
