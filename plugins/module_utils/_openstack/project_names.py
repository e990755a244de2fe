# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The projects of a domain, as its administrator sees them."""

from __future__ import annotations

from .._core.errors import Forbidden, Malformed
from .connection import Cloud

#: The role that every service's policies give an operator, unless somebody changed them.
OPERATOR_ROLE = "admin"


def project_names(cloud: Cloud) -> dict[str, str]:
    """The names of the projects of the login's domain by their IDs: GET projects, one request.

    Source: Keystone API reference, v3, projects. Raises CloudError; Forbidden, without a request, for a login
    that is no operator's: CloudKitty would answer it with its own project, and without a word.
    """
    reading, (keystone, domain_id, roles) = "the projects of the domain", cloud.keystone()
    if OPERATOR_ROLE not in roles:
        problem = f"projects: all is for operators; log in with the role {OPERATOR_ROLE}"
        raise Forbidden(reading, keystone.url, problem)
    query = {} if domain_id is None else {"domain_id": domain_id}
    body = keystone.get(reading, "/projects", query).body
    if _is_cut(body):
        raise Malformed(reading, keystone.url, "the identity service cuts the list (its option list_limit)")
    return {
        keystone.member(reading, row, "id", str): keystone.member(reading, row, "name", str)
        for row in keystone.member(reading, body, "projects", list)
    }


def _is_cut(body: object) -> bool:
    """Whether Keystone has left rows out of a list: it says `truncated`, or links to a next page."""
    if not isinstance(body, dict):
        return False
    links = body.get("links")
    return bool(body.get("truncated")) or (isinstance(links, dict) and links.get("next") is not None)
