# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The import of every project of a domain with an operator's login (design/imports.md#every-project)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .._core import spans
from .._core.completeness import OK, ServiceStatus
from .._core.errors import FinopsError, InvalidOption, LedgerError, OutOfTime, Refused
from .._core.money import EXACT, format_amount
from .._core.periods import Window, ceil_to, iso
from .._ledger import entries, feeds, sql
from .._ledger.watch import Watch, unwatched
from .._openstack.connection import Cloud
from .._openstack.project_names import project_names
from .._openstack.rating.every_project import EveryProject
from .cloudkitty import CloudKitty, ImportOptions, OfEvery, rating_regions
from .entry_writer import Signature
from .resource_tags import EveryResource
from .run import run_import, since_last

#: Of how many periods of projects the points are held at a time; each has some ten.
_POINTS_OF = 20_000
#: As many are read for all at once where the projects are few.
_LONGEST = timedelta(days=1)


@dataclass
class _Imported:
    """What the import of one project came to, part after part. error: why it could not go on."""

    name: str
    entries: Counter[str] = field(default_factory=Counter)
    imported: Decimal = Decimal(0)
    rated_through: str | None = None
    missing: int = 0
    error: FinopsError | None = None

    def add(self, result: dict[str, Any]) -> None:
        """Take the result of a further part."""
        self.entries.update(result["entries"])
        self.imported = EXACT.add(self.imported, Decimal(result["imported"]))
        self.rated_through = result["rated_through"]
        self.missing += result["periods"]["missing"]

    def to_result(self, project_id: str) -> dict[str, Any]:
        """A row of the result."""
        return {
            "project_id": project_id,
            "project_name": self.name,
            "entries": {name: self.entries[name] for name in entries.OUTCOMES},
            "imported": format_amount(self.imported),
            "rated_through": self.rated_through,
            "rating_behind": self.missing > 0,
            "error": None if self.error is None else str(self.error),
        }


def import_every_project(
    cloud: Cloud,
    ledger_options: sql.LedgerOptions,
    options: ImportOptions,
    signature: Signature,
    check_mode: bool,
    watch: Watch,
) -> dict[str, Any]:
    """The result of cost_import with `projects: all`: each project is imported into its own feed, as
    run_import() does it, from sums and points that are read for all of them at once.

    Requests: one for the names of the projects, those of EveryProject for each part of the window, those of
    EveryResource where tags are imported and anything is new, and what a single project has to read again of
    older hours. Raises as run_import() does; Refused with the result
    where single projects could not be imported.
    """
    names = project_names(cloud)
    known = _feeds(ledger_options, cloud.identity.region or "", names)
    window, new = _asked(options, known, signature.now)
    regions, resources = rating_regions(cloud), EveryResource(cloud)
    found: dict[str, _Imported] = {}
    created = False
    with ExitStack() as opened:
        kept = ledger_options
        for part, shared in _parts(window, new, len(names), options.collect_period_s):
            every = EveryProject(cloud.service("rating"), options.collect_period_s, part, shared)
            for project_id in sorted(
                (every.amounts.keys() & names.keys()) | {one.key.project_id for one in known}
            ):
                # Not before it is there: an import that finds nothing makes no ledger.
                if kept is ledger_options and not check_mode and sql.exists(ledger_options):
                    kept = opened.enter_context(sql.kept_open(ledger_options))
                of_project = found.setdefault(project_id, _Imported(names[project_id]))
                if of_project.error is None:
                    identity = replace(cloud.identity, project_id=project_id, project_name=of_project.name)
                    of_every = OfEvery(identity, every.rating(project_id), regions, resources)
                    source = CloudKitty(cloud, options, of_every)
                    created |= _import(source, part, kept, signature, check_mode, of_project)
    watched = _watched(ledger_options, check_mode, watch)
    result = {**_result(cloud, options, found, window, ledger_options, created), **watched}
    _refuse(found, result)
    return result


def _feeds(ledger_options: sql.LedgerOptions, region: str, names: dict[str, str]) -> Sequence[feeds.Feed]:
    """Those of the region's projects that the domain still has."""
    if not sql.exists(ledger_options):
        return ()
    with sql.reading(ledger_options) as ledger:
        every = feeds.read_all(ledger.connection)
    of_region = (feed for feed in every if feed.key.region == region and not feed.retired)
    return [feed for feed in of_region if feed.key.project_id in names]


def _asked(options: ImportOptions, known: Sequence[feeds.Feed], now: datetime) -> tuple[Window, datetime]:
    """The window on edges of collect periods, and from where on most projects were not imported yet.

    Raises InvalidOption if all of it lies ahead.
    """
    begin = min((since_last(feed, now) for feed in known), default=since_last(None, now))
    wanted = options.asked or Window(begin, now)
    if wanted.begin >= now:
        raise InvalidOption("begin", f"{iso(wanted.begin)} is not past; nothing is known of it yet.")
    seconds = options.collect_period_s
    window = spans.from_to(ceil_to(wanted.begin, seconds), ceil_to(min(wanted.end, now), seconds))
    lacking = sorted(_lacks_from(feed, window) for feed in known)
    return window, lacking[len(lacking) // 2] if lacking else window.begin


def _lacks_from(feed: feeds.Feed, window: Window) -> datetime:
    """Where the part of the window begins that the feed does not have."""
    hole = feed.first_hole(spans.from_to(window.begin, min(window.end, feed.rated_through)))
    return feed.rated_through if hole is None else hole.begin


def _parts(
    window: Window, new: datetime, projects: int, collect_period_s: int
) -> Iterator[tuple[Window, Window]]:
    """The window in parts, and of each what is read for all projects at once: what is new to them. So that
    not too much is held, that is no longer than some points of each; days are not cut.
    """
    period = timedelta(seconds=collect_period_s)
    step = min(max(_POINTS_OF // max(projects, 1), 1) * period, _LONGEST)
    begin, first = window.begin, max(window.begin, min(new, window.end))
    while begin < window.end:
        end = min(first + step, window.end)
        yield Window(begin, end), spans.from_to(first, end)
        begin = first = end


def _import(
    source: CloudKitty,
    part: Window,
    ledger_options: sql.LedgerOptions,
    signature: Signature,
    check_mode: bool,
    found: _Imported,
) -> bool:
    """Import a part of the window of one project; whether that created the ledger. What is wrong with the
    project is kept; what is wrong with the ledger or the time is raised.
    """
    try:
        result = run_import(source, part, ledger_options, signature, check_mode, unwatched)
    except (LedgerError, OutOfTime):
        raise
    except FinopsError as error:
        found.error = error
        return False
    found.add(result)
    return bool(result["ledger_created"])


def _watched(ledger_options: sql.LedgerOptions, check_mode: bool, watch: Watch) -> dict[str, Any]:
    """Look at all that was written, once."""
    if check_mode or not sql.exists(ledger_options):
        return dict(watch(None, None))
    with sql.writing(ledger_options) as ledger:
        return dict(watch(ledger, None))


def _result(
    cloud: Cloud,
    options: ImportOptions,
    found: dict[str, _Imported],
    window: Window,
    ledger_options: sql.LedgerOptions,
    created: bool,
) -> dict[str, Any]:
    counts = sum((one.entries for one in found.values()), Counter[str]())
    rated = [one.rated_through for one in found.values() if one.rated_through is not None]
    total = Decimal(0)
    for one in found.values():
        total = EXACT.add(total, one.imported)
    layout = options.layout
    return {
        "changed": any(counts[name] for name in entries.OUTCOMES if name != entries.UNCHANGED),
        "services": {"rating": ServiceStatus(OK, 200, None).to_result()},
        "complete": all(one.error is None for one in found.values()),
        "ledger": sql.format_url(ledger_options),
        "ledger_created": created,
        "entries": {name: counts[name] for name in entries.OUTCOMES},
        "period_start": iso(window.begin),
        "period_end": iso(window.end),
        "imported": format_amount(total),
        "currency": options.rating_currency,
        "collect_period": options.collect_period_s,
        "resolution": layout.resolution,
        "group_by": layout.grouping,
        "tags_imported": layout.tagged,
        "rating_regions": sorted({there for _region, there in rating_regions(cloud)}),
        "rated_through": min(rated, default=None),
        "rating_behind": any(one.missing for one in found.values()),
        "projects": [one.to_result(project_id) for project_id, one in found.items()],
    }


def _refuse(found: dict[str, _Imported], result: dict[str, Any]) -> None:
    """Raise Refused naming the projects that could not be imported; the others are."""
    broken = [(one.name, one.error) for one in found.values() if one.error is not None]
    if not broken:
        return
    name, error = broken[0]
    others = "" if len(broken) == 1 else f" So could not {', '.join(name for name, _error in broken[1:6])}."
    raise Refused(
        f"{len(broken)} of {len(found)} projects could not be imported, the others are. {name}:"
        f" {error}{others}",
        result,
        error.kind,
    )
