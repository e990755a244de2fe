# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Quotas of database instances, as Trove answers.

Source: Database API reference, https://docs.openstack.org/api-ref/database/. Its path has `mgmt` in it, and
is open to a project's users since Xena; before, it answers 403.
"""

from __future__ import annotations

from .connection import Service
from .quota import Quota, quota_rows


def quotas(trove: Service) -> list[Quota]:
    """Limits and use of the project, volumes in GB and RAM in MB: one GET mgmt/quotas/{project}.

    Raises CloudError.
    """
    reading = "database quotas"
    body = trove.get(reading, f"/mgmt/quotas/{trove.project_id}").body
    rows = trove.member(reading, body, "quotas", list)
    by_name = {trove.member(reading, row, "resource", str): row for row in rows}
    return quota_rows(trove, reading, by_name, "in_use")
