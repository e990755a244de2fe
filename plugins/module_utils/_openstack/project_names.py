# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The projects of a domain, as its administrator sees them."""

from __future__ import annotations

from .connection import Cloud


def project_names(cloud: Cloud) -> dict[str, str]:
    """The names of the projects of the login's domain by their IDs: GET projects, one request.

    Source: Keystone API reference, v3, projects. Raises CloudError.
    """
    reading, (keystone, domain_id) = "the projects of the domain", cloud.keystone()
    query = {} if domain_id is None else {"domain_id": domain_id}
    body = keystone.get(reading, "/projects", query).body
    return {
        keystone.member(reading, row, "id", str): keystone.member(reading, row, "name", str)
        for row in keystone.member(reading, body, "projects", list)
    }
