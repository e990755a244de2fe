# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Resources, metrics with their archive policies, and measures of many metrics at once, as Gnocchi answers
(design/reading-a-cloud.md#unknown-is-not-zero, design/reading-a-cloud.md#round-trips).

Plain requests rather than gnocchiclient: it asks for the measures of one metric at a time, gives one page of
a search, and would neither retry nor say in a sentence what went wrong. Source: Gnocchi's documentation, REST
API usage, https://gnocchi.osci.io/rest.html; what it leaves open was asked of Gnocchi 4.7.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from .._core.errors import Malformed
from .._core.periods import Window, from_iso, iso
from .answered_moments import answered_moment
from .connection import Service
from .transport import Answer, has_usual_size

#: The most that Gnocchi gives at once where its operator has not changed it ([api] max_limit).
PAGE_SIZE = 1000
#: More than so many resources are not named in a search but looked for in the whole list: with the link to a
#: next page Gnocchi sends the whole search back, in one header.
MOST_NAMED = 100
GENERIC = "generic"
#: What every resource has; the rest are attributes of its type.
_OF_EVERY_RESOURCE = (
    "id", "type", "original_resource_id", "project_id", "user_id", "creator", "created_by_user_id",
    "created_by_project_id", "started_at", "ended_at", "revision_start", "revision_end", "metrics",
)  # fmt: skip
_TIMESPAN = re.compile(r"(?:(\d{1,6}) days?, )?(\d{1,6}):(\d\d):(\d\d)", re.ASCII)
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')

Row = dict[str, Any]


@dataclass(frozen=True)
class Retention:
    """At which granularity measures are kept, how many, and for how long."""

    granularity_s: int
    points: int
    timespan_s: int


@dataclass(frozen=True)
class ArchivePolicy:
    """How a metric's samples are stored: definition from the finest granularity on, and by which methods they
    are aggregated.
    """

    name: str
    aggregation_methods: tuple[str, ...]
    back_window: int
    definition: tuple[Retention, ...]


@dataclass(frozen=True)
class Metric:
    """A metric; resource_id None: it belongs to no resource."""

    id: str
    name: str
    unit: str | None
    resource_id: str | None
    created_by_project_id: str | None
    policy: ArchivePolicy


@dataclass(frozen=True)
class MeasuredResource:
    """What metrics are of. original_id is what it was sent in as; id is the same where that is a UUID.
    metrics: name -> id.
    """

    id: str
    original_id: str
    type: str
    started_at: datetime | None
    ended_at: datetime | None
    metrics: Mapping[str, str]
    attributes: Mapping[str, Any]


@dataclass
class Series:
    """Measures in order of time: when each granule begins, and its value.

    What was not measured is in neither.
    """

    moments: list[datetime] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


#: A metric's id, and the method that its samples were aggregated by.
Reference = tuple[str, str]


def resources(
    gnocchi: Service, kind: str, named: Sequence[str], children: bool, alive: Window | None
) -> list[MeasuredResource]:
    """The project's resources of a type: POST search/resource/{type}, 1000 a page. Raises CloudError.

    Arguments: named, ids to choose by, all for none; children, also what has an original id that begins with
    one of them; alive, only those that were there at some time in it.
    """
    reading = "measured resources"
    # An admin's list spans every project unless it is filtered.
    conditions: list[Row] = [{"=": {"project_id": gnocchi.project_id}}]
    if 0 < len(named) <= MOST_NAMED:
        conditions.append(_named(named, children))
    if alive is not None:
        lasting = [{"=": {"ended_at": None}}, {">": {"ended_at": iso(alive.begin)}}]
        conditions += [{"or": lasting}, {"<": {"started_at": iso(alive.end)}}]
    path, content = f"/v1/search/resource/{quote(kind, safe='')}", {"and": conditions}
    # By id, as in the usual order a resource that is revised in the meantime would move to a later page.
    # details: of any type.
    query = {"details": "true", "limit": PAGE_SIZE, "sort": "id:asc"}
    rows = _pages(gnocchi, reading, lambda page: gnocchi.post(reading, path, content, query | page))
    found = (_resource(gnocchi, reading, row) for row in rows)
    return [one for one in found if not named or is_named(one, named, children)]


def is_named(one: MeasuredResource, named: Sequence[str], children: bool) -> bool:
    """Whether a resource has one of the ids, or, with children, an original id that begins with one."""
    if one.id in named or one.original_id in named:
        return True
    return children and one.original_id.startswith(tuple(named))


def _named(named: Sequence[str], children: bool) -> Row:
    choices: list[Row] = [{"in": {"id": list(named)}}, {"in": {"original_resource_id": list(named)}}]
    if children:
        choices += [{"like": {"original_resource_id": f"{one}%"}} for one in named]
    return {"or": choices}


def metrics(gnocchi: Service, wanted: Mapping[str, str]) -> list[Metric]:
    """Metrics that this login may see, of a name or an id where wanted says so: GET metric, 1000 a page.

    Raises CloudError.
    """
    reading = "metrics"
    query = {**wanted, "limit": PAGE_SIZE}
    rows = _pages(gnocchi, reading, lambda page: gnocchi.get(reading, "/v1/metric", query | page))
    policies: dict[str, ArchivePolicy] = {}
    return [_metric(gnocchi, reading, row, policies) for row in rows]


def measures(
    gnocchi: Service, references: Sequence[Reference], window: Window, granularity_s: int
) -> dict[Reference, Series]:
    """The measures of all of the metrics whose granule begins in the window: one POST aggregates.

    Raises CloudError.

    The window has to begin on an edge of the granularity, as Gnocchi would put it there. What was not
    measured is left out of a metric's series alone: Gnocchi fills what another metric has more with NaN, and
    fill=dropna drops just that.
    """
    reading = "measures"
    query = {
        "start": iso(window.begin),
        "stop": iso(window.end),
        "granularity": granularity_s,
        "fill": "dropna",
    }
    content = {"operations": ["metric", *(list(one) for one in references)]}
    body = gnocchi.post(reading, "/v1/aggregates", content, query).body
    by_metric = gnocchi.member(reading, body, "measures", dict)
    moments: dict[str, datetime] = {}
    found = {}
    for metric_id, method in references:
        rows = gnocchi.member(reading, gnocchi.member(reading, by_metric, metric_id, dict), method, list)
        found[metric_id, method] = _series(gnocchi, reading, rows, window, granularity_s, moments)
    return found


def _series(
    gnocchi: Service,
    reading: str,
    rows: list[Any],
    window: Window,
    granularity_s: int,
    moments: dict[str, datetime],
) -> Series:
    """The rows as a series. moments: texts that were read before, as all metrics share them.

    Raises Malformed.
    """
    series = Series()
    for row in rows:
        problem = _append(series, row, window, granularity_s, moments)
        if problem is not None:
            raise Malformed(reading, gnocchi.url, f"a measure is not what the API promises ({problem})")
    return series


def _append(
    series: Series, row: Any, window: Window, granularity_s: int, moments: dict[str, datetime]
) -> str | None:
    """Add one measure, or say what is wrong with it: each of these would make a wrong sum."""
    try:
        text, granularity, value = row
        moment = moments.get(text)
        if moment is None:
            moment = moments[text] = from_iso(text)
    except (ValueError, TypeError):
        return "no moment, granularity and value"
    number = (
        float(Decimal(value))
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool)
        else math.nan
    )
    if not math.isfinite(number):
        return "its value is not a number"
    if granularity != granularity_s:
        return f"a granularity of {granularity} s was not asked for"
    if not window.contains(moment):
        return f"{text} was not asked for"
    if series.moments and moment <= series.moments[-1]:
        return f"{text} comes twice or out of order"
    series.moments.append(moment)
    series.values.append(number)
    return None


def _pages(gnocchi: Service, reading: str, ask: Callable[[Row], Answer]) -> Iterator[Row]:
    """The rows of all pages, following the marker of the Link header; ask gets what to add to the query.

    Raises Malformed where a page is no list, its next one is unknown, or the pages go round.
    """
    markers: list[str] = []
    while True:
        answer = ask({"marker": markers[-1]} if markers else {})
        if not isinstance(answer.body, list):
            raise Malformed(reading, gnocchi.url, "the answer is not a list where the API promises one")
        yield from answer.body
        link = _NEXT.search(answer.headers.get("link", ""))
        if link is None:
            return
        marker = parse_qs(urlsplit(link[1]).query).get("marker", [""])[-1]
        if not marker or marker in markers:
            raise Malformed(
                reading, gnocchi.url, "the list of pages leads nowhere or back to a page already read"
            )
        markers.append(marker)


def _resource(gnocchi: Service, reading: str, row: Row) -> MeasuredResource:
    def text(key: str) -> str:
        return gnocchi.member(reading, row, key, str)

    return MeasuredResource(
        id=text("id"),
        original_id=text("original_resource_id"),
        type=text("type"),
        started_at=answered_moment(gnocchi, reading, row, "started_at"),
        ended_at=answered_moment(gnocchi, reading, row, "ended_at"),
        metrics=gnocchi.texts_by_name(reading, row, "metrics"),
        attributes={
            name: _with_floats(gnocchi, reading, value)
            for name, value in row.items()
            if name not in _OF_EVERY_RESOURCE
        },
    )


def _with_floats(gnocchi: Service, reading: str, value: Any) -> Any:
    """An attribute as JSON writes it again."""
    if not has_usual_size(value):
        raise Malformed(reading, gnocchi.url, "a number in an attribute is too large or too long")
    if isinstance(value, dict):
        return {name: _with_floats(gnocchi, reading, one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_floats(gnocchi, reading, one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


def _metric(gnocchi: Service, reading: str, row: Row, policies: dict[str, ArchivePolicy]) -> Metric:
    """A metric; its policy, which most of them share, is read once and kept in policies."""
    policy = gnocchi.member(reading, row, "archive_policy", dict)
    name = gnocchi.member(reading, policy, "name", str)
    if name not in policies:
        policies[name] = _policy(gnocchi, reading, policy, name)
    return Metric(
        id=gnocchi.member(reading, row, "id", str),
        # A metric without a resource may lack a name.
        name=gnocchi.optional(reading, row, "name", str) or "",
        unit=gnocchi.optional(reading, row, "unit", str),
        resource_id=gnocchi.optional(reading, row, "resource_id", str),
        created_by_project_id=gnocchi.optional(reading, row, "created_by_project_id", str),
        policy=policies[name],
    )


def _policy(gnocchi: Service, reading: str, row: Row, name: str) -> ArchivePolicy:
    kept = [
        Retention(
            granularity_s=_seconds(gnocchi, reading, one, "granularity"),
            points=gnocchi.member(reading, one, "points", int),
            timespan_s=_seconds(gnocchi, reading, one, "timespan"),
        )
        for one in gnocchi.member(reading, row, "definition", list)
    ]
    if not kept:
        raise Malformed(reading, gnocchi.url, f"the archive policy {name} keeps nothing")
    return ArchivePolicy(
        name=name,
        aggregation_methods=gnocchi.list_of_texts(reading, row, "aggregation_methods"),
        back_window=gnocchi.member(reading, row, "back_window", int),
        definition=tuple(sorted(kept, key=lambda one: one.granularity_s)),
    )


def _seconds(gnocchi: Service, reading: str, row: Row, key: str) -> int:
    """A span of whole seconds: `7 days, 0:05:00`, or a number. Raises Malformed for anything else."""
    span = row.get(key) if isinstance(row, dict) else None
    found = _TIMESPAN.fullmatch(span) if isinstance(span, str) else None
    if found is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        span = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if isinstance(span, bool) or not isinstance(span, (int, Decimal)) or not has_usual_size(span):
        span = 0
    if span != int(span) or span <= 0:
        raise Malformed(reading, gnocchi.url, f"an archive policy has no {key} in whole seconds")
    return int(span)
