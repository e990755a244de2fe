# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Gnocchi may answer and what is made of it: pages are followed, and what would make a wrong sum is
refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import Malformed
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack import metric
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Answer, Service
from ansible_collections.finops.cloud.plugins.module_utils._openstack.transport import body_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = Window(NOON, NOON + timedelta(hours=1))
CPU = ("e3aebc62-77d9-4516-a49a-2580686575e3", "mean")
POLICY = {
    "name": "ik-medium-rate",
    "back_window": 0,
    "aggregation_methods": ["mean"],
    "definition": [
        {"timespan": "62 days, 0:00:00", "granularity": "1:00:00", "points": 1488},
        {"timespan": "1 day, 0:00:00", "granularity": "0:05:00", "points": 288},
    ],
}
KEPT = {"timespan": 9, "points": 1}


@dataclass(frozen=True)
class Fake(Service):
    """Answers with the texts that it is given, in turn; asked keeps query and body of each request."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    asked: list[tuple[Any, Any]] = field(default_factory=list)

    def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
        return self.post(reading, path, {}, query)

    def post(self, reading: str, path: str, content: Mapping[str, Any], query: Any = None) -> Answer:
        text, link = self.texts[len(self.asked)]
        self.asked.append((dict(query or {}), content))
        response = SimpleNamespace(content=text.encode(), status_code=200)
        return Answer(body_of(reading, self.url, "GET", response), {"link": link} if link else {}, 200)


def gnocchi(*texts: str | tuple[str, str]) -> Fake:
    pairs = [one if isinstance(one, tuple) else (one, "") for one in texts]
    return Fake("metric", "http://cloud/metric", "p1", None, texts=pairs)  # type: ignore[arg-type]


def measures(rows: str) -> metric.Series:
    answer = gnocchi(f'{{"measures": {{"{CPU[0]}": {{"mean": {rows}}}}}}}')
    return metric.measures(answer, [CPU], WINDOW, 300)[CPU]


def test_measures_are_asked_for_with_everything_that_gnocchi_would_choose_otherwise() -> None:
    answer = gnocchi(f'{{"measures": {{"{CPU[0]}": {{"mean": [["2026-11-20T12:00:00+00:00", 300.0, 2]]}}}}}}')
    told = metric.measures(answer, [CPU], WINDOW, 300)[CPU]
    assert (told.moments, told.values) == ([NOON], [2.0])
    [(query, content)] = answer.asked
    assert query == {
        "start": "2026-11-20T12:00:00Z",
        "stop": "2026-11-20T13:00:00Z",
        "granularity": 300,
        "fill": "dropna",
    }
    assert content == {"operations": ["metric", list(CPU)]}


@pytest.mark.parametrize(
    "rows",
    [
        '[["2026-11-20T12:00:00+00:00", 300.0, NaN]]',
        '[["2026-11-20T12:00:00+00:00", 300.0, -Infinity]]',
        '[["2026-11-20T12:00:00+00:00", 300.0, 1e999]]',
        f'[["2026-11-20T12:00:00+00:00", 300.0, {10**400}]]',
        '[["2026-11-20T12:00:00+00:00", 300.0, null]]',
        '[["2026-11-20T12:00:00+00:00", 300.0, "2"]]',
        '[["2026-11-20T12:00:00+00:00", 300.0, true]]',
        # Another granularity, the same moment twice, going back, out of the window on either side.
        '[["2026-11-20T12:00:00+00:00", 3600.0, 2]]',
        '[["2026-11-20T12:00:00+00:00", 300.0, 2], ["2026-11-20T12:00:00+00:00", 300.0, 2]]',
        '[["2026-11-20T12:05:00+00:00", 300.0, 2], ["2026-11-20T12:00:00+00:00", 300.0, 2]]',
        '[["2026-11-20T11:55:00+00:00", 300.0, 2]]',
        '[["2026-11-20T13:00:00+00:00", 300.0, 2]]',
        '[["yesterday", 300.0, 2]]',
        "[[null, 300.0, 2]]",
        '[["2026-11-20T12:00:00+00:00", 300.0]]',
        "[7]",
        "null",
        "{}",
    ],
)
def test_what_is_no_measure_is_refused(rows: str) -> None:
    with pytest.raises(Malformed):
        measures(rows)


def test_a_metric_without_measures_has_none_and_one_that_is_not_answered_is_an_error() -> None:
    assert measures("[]") == metric.Series()
    with pytest.raises(Malformed):
        metric.measures(gnocchi('{"measures": {}}'), [CPU], WINDOW, 300)
    with pytest.raises(Malformed):
        metric.measures(gnocchi("[]"), [CPU], WINDOW, 300)


def row(name: str, **other: Any) -> str:
    content = {
        "id": f"id-{name}",
        "name": name,
        "unit": None,
        "resource_id": "r",
        "created_by_project_id": "c",
    }
    return json.dumps({**content, "archive_policy": POLICY, **other})


NEXT = '<http://other-name/v1/metric?limit=1000&marker=id-a&sort=id%3Aasc>; rel="next"'


def test_pages_are_followed_by_their_marker_alone() -> None:
    answer = gnocchi((f"[{row('a')}]", NEXT), f"[{row('b')}]")
    told = metric.metrics(answer, {"name": "cpu"})
    assert [one.name for one in told] == ["a", "b"]
    assert [query for query, _content in answer.asked] == [
        {"name": "cpu", "limit": 1000},
        {"name": "cpu", "limit": 1000, "marker": "id-a"},
    ]
    assert [(one.granularity_s, one.timespan_s, one.points) for one in told[0].policy.definition] == [
        (300, 86400, 288),
        (3600, 62 * 86400, 1488),
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ((f"[{row('a')}]", NEXT), (f"[{row('b')}]", NEXT)),
        ((f"[{row('a')}]", '<http://cloud/v1/metric?limit=1000>; rel="next"'),),
        ("{}",),
        (f"[{row('a', archive_policy=None)}]",),
        (f"[{row('a', id=None)}]",),
        (f"[{row('a', archive_policy={**POLICY, 'definition': []})}]",),
        (f"[{row('a', archive_policy={**POLICY, 'definition': [{**KEPT, 'granularity': 'soon'}]})}]",),
        (f"[{row('a', archive_policy={**POLICY, 'definition': [{**KEPT, 'granularity': 0}]})}]",),
    ],
)
def test_lists_that_are_none_are_refused(texts: tuple[Any, ...]) -> None:
    with pytest.raises(Malformed):
        metric.metrics(gnocchi(*texts), {})


def test_resources_are_the_projects_own_and_those_that_were_there() -> None:
    answer = gnocchi("[]")
    assert metric.resources(answer, "instance", ("a", "b"), True, WINDOW) == []
    [(query, content)] = answer.asked
    assert (query["details"], query["sort"]) == ("true", "id:asc")
    mine, named, ended, started = content["and"]
    assert mine == {"=": {"project_id": "p1"}}
    assert {"like": {"original_resource_id": "b%"}} in named["or"]
    assert {"in": {"id": ["a", "b"]}} in named["or"]
    assert ended == {"or": [{"=": {"ended_at": None}}, {">": {"ended_at": "2026-11-20T12:00:00Z"}}]}
    assert started == {"<": {"started_at": "2026-11-20T13:00:00Z"}}


def test_too_many_to_name_are_looked_for_in_the_whole_list() -> None:
    """Gnocchi sends the search back in the header that links to the next page, which has no room for more."""
    wanted = tuple(f"r{number}" for number in range(101))
    rows = [
        {
            "id": one,
            "original_resource_id": one,
            "type": "instance",
            "metrics": {},
            "started_at": None,
            "share": 0.5,
        }
        for one in ("r7", "r100-vda", "other")
    ]
    answer = gnocchi(json.dumps(rows), json.dumps(rows))
    found = metric.resources(answer, "instance", wanted, False, None)
    assert [one.id for one in found] == ["r7"]
    assert found[0].attributes == {"share": 0.5}
    assert [one.id for one in metric.resources(answer, "instance", wanted, True, None)] == ["r7", "r100-vda"]
    assert [content for _query, content in answer.asked] == [{"and": [{"=": {"project_id": "p1"}}]}] * 2
