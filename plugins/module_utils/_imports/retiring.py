# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Ending a feed whose project is gone (design/imports.md#missing-hours)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .._core.errors import InvalidOption
from .._core.periods import iso
from .._ledger import feeds, sql


def retire(options: sql.LedgerOptions, project: str, region: str | None, check_mode: bool) -> dict[str, Any]:
    """Retire the project's feed, told by its id or name, without any login; its cost stays in the ledger.

    region: which one, where the project has feeds of several. Raises InvalidOption where that is none or more
    than one; LedgerError.
    """
    with sql.reading(options) if check_mode else sql.writing(options, create=False) as ledger:
        found = [
            feed
            for feed in feeds.read_all(ledger.connection)
            if project in (feed.key.project_id, feed.project_name) and region in (None, feed.key.region)
        ]
        if len(found) != 1:
            known = ", ".join(
                f"{feed.key.project_id} in {feed.key.region} of {feed.key.auth_url}" for feed in found
            )
            raise InvalidOption(
                "project",
                f"'{project}' is the project of several feeds: {known}; name its id, and its region in region_name."
                if found
                else f"no import has ever carried a cost of project {project}"
                + (f" in region {region}." if region else "."),
            )
        before = found[0]
        after = replace(before, retired=True)
        if after != before and not check_mode:
            feeds.save(ledger.connection, after, before)
        return {
            "changed": after != before,
            "ledger": ledger.url,
            "rated_through": iso(before.rated_through),
            "currency": before.currency,
        }
