# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which metrics are a project's, and at which granularity their measures are asked for, on the edges
(design/reading-a-cloud.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Answer, Service
from ansible_collections.finops.cloud.plugins.module_utils._openstack.metric import (
    ArchivePolicy,
    Metric,
    Retention,
)
from ansible_collections.finops.cloud.plugins.module_utils._usage.measures import (
    Found,
    MetricOptions,
    planned,
    read_measures,
)
from ansible_collections.finops.cloud.plugins.module_utils._usage.metrics import read_metrics

from tests.unit.fake_rating import OWNER

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
USUAL: dict[str, Any] = {
    "resources": (),
    "children": False,
    "resource_type": "generic",
    "metrics": (),
    "window": None,
    "granularity_s": None,
    "aggregation": "mean",
    "resample_s": None,
    "reaggregation": None,
    "with_measures": True,
    "with_summary": False,
    "on_error": "fail",
}


def asked(**options: Any) -> MetricOptions:
    assert set(options) <= set(USUAL)
    return MetricOptions(**{**USUAL, **options})


@dataclass(frozen=True)
class Gnocchi(Service):
    """A service of a test's own metrics, none of which was ever measured."""

    resources: tuple[Mapping[str, Any], ...] = ()
    metrics: tuple[Mapping[str, Any], ...] = ()
    posted: list[tuple[str, Any, Any]] = field(default_factory=list)

    def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
        assert path == "/v1/metric"
        named = {key: value for key, value in query.items() if key in ("name", "id")}
        return Answer([one for one in self.metrics if named.items() <= one.items()], {}, 200)

    def post(self, reading: str, path: str, content: Any, query: Any = None, **_more: Any) -> Answer:
        self.posted.append((path, content, query))
        if path == "/v1/aggregates":
            found: dict[str, Any] = {}
            for metric_id, method in content["operations"][1:]:
                found.setdefault(metric_id, {})[method] = []
            return Answer({"measures": found}, {}, 200)
        kind = path.rpartition("/")[2]
        return Answer([one for one in self.resources if kind in ("generic", one["type"])], {}, 200)


@dataclass(frozen=True)
class Cloud:
    """As much of a cloud as reading metrics takes."""

    gnocchi: Gnocchi
    identity: Any = None

    def offers(self, name: str) -> bool:
        return name == "metric"

    def service(self, name: str) -> Gnocchi:
        return {"metric": self.gnocchi}[name]


@dataclass(frozen=True)
class Identity:
    """Whose metrics they are."""

    project_id: str = OWNER


def resource(name: str, kind: str) -> dict[str, Any]:
    times = {"started_at": "2026-11-01T00:00:00+00:00", "ended_at": None}
    return {"id": name, "original_resource_id": name, "type": kind, "metrics": {}, **times}


def id_of(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))


def metric(name: str, resource_id: str | None, creator: str = OWNER) -> dict[str, Any]:
    policy = {
        "name": "low",
        "aggregation_methods": ["mean"],
        "back_window": 0,
        "definition": [{"granularity": "0:05:00", "points": 2016, "timespan": "7 days, 0:00:00"}],
    }
    return {
        "id": id_of(name),
        "name": name,
        "unit": None,
        "resource_id": resource_id,
        "created_by_project_id": creator,
        "archive_policy": policy,
    }


def cloud_of_two_projects() -> Any:
    gnocchi = Gnocchi(
        "metric",
        "http://metric",
        OWNER,
        None,
        resources=(resource("server", "instance"), resource("disk", "volume")),
        metrics=(
            metric("cpu", "server"),
            metric("volume.size", "disk"),
            metric("jobs", None),
            metric("their jobs", None, creator="another project"),
            metric("their cpu", "their server"),
        ),
    )  # type: ignore[arg-type]
    return Cloud(gnocchi, Identity())


@pytest.mark.parametrize(
    ("options", "names"),
    [
        # A metric of no resource belongs to the project that made it, and to no resource that was asked for.
        ({}, ["jobs", "volume.size", "cpu"]),
        ({"resource_type": "instance"}, ["cpu"]),
        ({"resources": ("server",)}, ["cpu"]),
        ({"resources": ("server",), "resource_type": "instance"}, ["cpu"]),
        ({"metrics": ("jobs",)}, ["jobs"]),
        ({"metrics": (id_of("jobs"), "cpu")}, ["jobs", "cpu"]),
    ],
)
def test_a_metric_is_of_the_resources_that_are_asked_for(options: dict[str, Any], names: list[str]) -> None:
    told = read_metrics(cloud_of_two_projects(), asked(**options), NOW)
    assert [row["name"] for row in told["metrics"]] == names
    assert told["complete"] and told["not_found"] == {"resources": [], "metrics": []}


def test_of_another_project_s_metric_nothing_is_told_but_that_it_is_not_there() -> None:
    told = read_metrics(cloud_of_two_projects(), asked(metrics=("their jobs", "cpu"), on_error="warn"), NOW)
    assert ([row["name"] for row in told["metrics"]], told["complete"]) == (["cpu"], False)
    assert told["not_found"] == {"resources": [], "metrics": ["their jobs"]}


def test_up_to_four_names_are_a_list_each_and_more_are_one_list_of_all() -> None:
    """Both ways find the same."""
    every = ("cpu", "volume.size", "jobs", id_of("cpu"), id_of("jobs"))
    told = [
        [row["name"] for row in read_metrics(cloud_of_two_projects(), asked(metrics=some), NOW)["metrics"]]
        for some in (every[:4], every)
    ]
    assert told == [["jobs", "volume.size", "cpu"]] * 2


FINE_FOR_A_DAY = ArchivePolicy(
    "mixed", ("mean",), 0, (Retention(60, 1440, 86400), Retention(3600, 720, 720 * 3600))
)


def granularity(window: Window, policy: ArchivePolicy = FINE_FOR_A_DAY, **options: Any) -> int:
    one = Metric("m", "cpu", None, None, None, policy)
    return next(iter(planned(Found({}, [one]), asked(**options), window, NOW)))


def test_the_finest_granularity_is_taken_that_is_kept_so_long() -> None:
    """Minutes are kept for a day: of what began a day ago to the second, and not of a second more."""
    hour = timedelta(hours=1)
    assert granularity(Window(NOW - DAY, NOW - DAY + hour)) == 60
    assert granularity(Window(NOW - DAY - SECOND, NOW - DAY + hour)) == 3600
    # Longer ago than anything is kept: what reaches furthest.
    assert granularity(Window(NOW - 99 * DAY, NOW - 98 * DAY)) == 3600


def test_a_granularity_is_taken_that_has_a_thousand_measures_at_most() -> None:
    minutes = timedelta(minutes=1000)
    assert granularity(Window(NOW - minutes, NOW)) == 60
    assert granularity(Window(NOW - minutes - SECOND, NOW)) == 3600
    # Where each has more, the coarsest of those that are kept.
    fine_only = ArchivePolicy("fine", ("mean",), 0, (Retention(1, 9**9, 9**9), Retention(60, 9**9, 9**9)))
    assert granularity(Window(NOW - 9 * DAY, NOW), fine_only) == 60


def test_only_a_granularity_is_taken_that_the_resampling_is_a_multiple_of() -> None:
    window = Window(NOW - timedelta(hours=2), NOW)
    assert granularity(window, resample_s=120) == 60
    half_minutes = ArchivePolicy("odd", ("mean",), 0, (Retention(45, 9999, 9**9), Retention(60, 9999, 9**9)))
    assert granularity(window, half_minutes, resample_s=120) == 60
    assert granularity(window, half_minutes, resample_s=90) == 45


@pytest.mark.parametrize(
    ("metrics", "requests"),
    [(41, [41]), (42, [41, 1]), (83, [41, 41, 1])],
)
def test_a_request_asks_for_250000_measures_at_most(metrics: int, requests: list[int]) -> None:
    """Of 6000 granules 41 metrics fit in a request, which are 246000 measures."""
    begin = NOW - 6000 * timedelta(seconds=300)
    policy = ArchivePolicy("low", ("mean",), 0, (Retention(300, 9999, 9999 * 300),))
    some = [Metric(f"m{number}", "cpu", None, None, None, policy) for number in range(metrics)]
    gnocchi = Gnocchi("metric", "http://metric", OWNER, None)  # type: ignore[arg-type]
    options = asked(window=Window(begin, NOW))
    measured, used = read_measures(gnocchi, Found({}, some), {300: some}, options, NOW)
    assert [len(content["operations"]) - 1 for _path, content, _query in gnocchi.posted] == requests
    # What was not measured is a gap, and no zero.
    assert {(len(one.gaps), len(one.series.values)) for one in measured} == {(6000, 0)}
    assert (len(measured), used) == (metrics, {})


def test_a_window_in_which_no_granule_begins_asks_for_nothing() -> None:
    policy = ArchivePolicy("low", ("mean",), 0, (Retention(300, 9999, 9999 * 300),))
    one = Metric("m", "cpu", None, None, None, policy)
    gnocchi = Gnocchi("metric", "http://metric", OWNER, None)  # type: ignore[arg-type]
    window = Window(NOW + SECOND, NOW + timedelta(seconds=300))
    ((measured,), _used) = read_measures(
        gnocchi, Found({}, [one]), {300: [one]}, asked(window=window), NOW + DAY
    )
    assert (measured.series.values, measured.gaps, gnocchi.posted) == ([], set(), [])
