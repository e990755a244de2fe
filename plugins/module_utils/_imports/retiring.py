# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The feeds of the ledger, and ending one whose project is gone (design/imports.md#missing-hours)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import format_amount
from .._core.periods import Window, iso
from .._ledger import feed_changes, feeds, sql
from .._ledger.feeds import Feed, Retirement
from .entry_writer import Signature


def list_feeds(options: sql.LedgerOptions, project: str | None, region: str | None) -> dict[str, Any]:
    """Every feed, or those of the project (its ID or name) or region. Raises LedgerError; InvalidOption for a
    project that has none.
    """
    with sql.reading(options) as ledger:
        stored = feeds.read_all(ledger.connection)
        found = [feed for feed in stored if _is_of(feed, project, region)]
        if project is not None and not found:
            raise _never_carried(project, region)
        return {"ledger": ledger.url, "feeds": [feed_to_result(feed) for feed in found]}


def retire(
    options: sql.LedgerOptions,
    project: str,
    region: str | None,
    reason: str,
    signature: Signature,
    check_mode: bool,
) -> dict[str, Any]:
    """Retire the project's feed, told by its ID or name, without any login; its cost stays in the ledger.

    region: which one, where the project has feeds of several. A feed that is retired keeps when, by whom and
    why. Raises InvalidOption where there is no or more than one feed, or the reason is empty; LedgerError.
    """
    if not reason.strip():
        raise InvalidOption("reason", "is empty; give the reason for retiring the feed.")
    with sql.reading(options) if check_mode else sql.writing(options, create=False) as ledger:
        found = [feed for feed in feeds.read_all(ledger.connection) if _is_of(feed, project, region)]
        if not found:
            raise _never_carried(project, region)
        if len(found) > 1:
            known = ", ".join(
                f"{feed.key.project_id} in {feed.key.region} of {feed.auth_url}" for feed in found
            )
            raise InvalidOption(
                "project", f"'{project}' has several feeds: {known}. Write its ID, and its `region`."
            )
        before = found[0]
        after = before
        if not before.retired:
            retirement = Retirement(
                signature.now.replace(microsecond=0), signature.recorded_by, reason.strip()
            )
            after = replace(before, retired=True, retirement=retirement)
        if after != before and not check_mode:
            feed_changes.save(ledger.connection, after, before)
            # As the database signed it.
            after = next(feed for feed in feeds.read_all(ledger.connection) if feed.key == before.key)
        return {
            "changed": after != before,
            "ledger": ledger.url,
            "feeds": [feed_to_result(after)],
            "diff": {"before": feed_to_result(before), "after": feed_to_result(after)},
        }


def feed_to_result(feed: Feed) -> dict[str, Any]:
    """A feed as results show it."""
    return {
        "cloud": feed.cloud,
        "auth_url": feed.auth_url,
        "region": feed.key.region,
        "project_id": feed.key.project_id,
        "project_name": feed.project_name,
        "told_by": feed.key.told_by,
        "currency": feed.currency,
        "collect_period": feed.collect_period_s,
        "rated_through": iso(feed.rated_through),
        "run_rate": format_amount(feed.run_rate),
        "flow_hours": feed.flow_hours or 0,
        "retired": feed.retired,
        "retirement": None if feed.retirement is None else _retirement_to_result(feed.retirement),
        "windows": _windows_to_result(_windows(feed)),
        "unrated": _windows_to_result(feed.unrated),
    }


def _retirement_to_result(retirement: Retirement) -> dict[str, str]:
    return {"at": iso(retirement.at), "by": retirement.by, "reason": retirement.reason}


def _windows_to_result(windows: Iterable[Window]) -> list[dict[str, str]]:
    return [{"begin": iso(window.begin), "end": iso(window.end)} for window in windows]


def _windows(feed: Feed) -> list[Window]:
    """What was imported, windows that touch joined: with which resolution and tags is not asked here."""
    joined: list[Window] = []
    for one in feed.imported:
        if joined and joined[-1].end == one.window.begin:
            joined[-1] = Window(joined[-1].begin, one.window.end)
        else:
            joined.append(one.window)
    return joined


def _is_of(feed: Feed, project: str | None, region: str | None) -> bool:
    return project in (None, feed.key.project_id, feed.project_name) and region in (None, feed.key.region)


def _never_carried(project: str, region: str | None) -> InvalidOption:
    where = f" in region {region}" if region else ""
    return InvalidOption("project", f"no import has ever carried a cost of project {project}{where}.")
