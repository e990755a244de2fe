# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of real services, changed at random: each is read, or is one of our own sentences, on one line
(design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError, Unavailable
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack import (
    block_storage,
    compute,
    database,
    dns,
    image,
    key_manager,
    load_balancer,
    metric,
    network,
    object_storage,
    shared_file_system,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Answer, Login, Service
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.api import open_rating
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.v2 import RatingV2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CAPTURES = Path(__file__).parents[3] / "captures"
OWNER = "b30781c9679b4ede8107bae21990153e"
WINDOW = Window(datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


def summary(service: Service) -> Iterator[dict[str, Any]]:
    return RatingV2(service, 3600).summary("a sum", WINDOW, "type")


def _used(limit: int, in_use: int) -> dict[str, int]:
    return {"limit": limit, "in_use": in_use, "reserved": 0}


#: Answers as the API references of Manila, Trove, Designate and Barbican have them.
_SHARE_QUOTAS = {"quota_set": {"id": OWNER, "shares": _used(50, 3), "per_share_gigabytes": _used(-1, 0)}}
_SHARE = {
    "id": "011d21e2-fbc3-4e4a-9993-9ea223f73264",
    "name": "share-1",
    "status": "available",
    "size": 1,
    "share_type_name": "default",
    "created_at": "2026-11-19T15:23:05.000000",
    "metadata": {"team": "shop"},
    "project_id": OWNER,
}
_DATABASE_QUOTAS = {
    "quotas": [{"resource": "instances", **_used(15, 5)}, {"resource": "ram", **_used(-1, 0)}]
}
#: What is read -> the answer that a real service gave, by the name of its capture, and who reads it.
READERS: dict[str, tuple[str | dict[str, Any], Callable[[Service], Any]]] = {
    "compute quotas": ("nova_quota_detail_257", compute.quotas),
    "servers": ("nova_servers_detail_295", lambda nova: list(compute.servers(nova))),
    "flavors": ("nova_flavors_261", compute.flavors),
    "server hours": ("nova_usage_240", lambda nova: compute.hours(nova, WINDOW)),
    "block storage quotas": ("cinder_quota_usage", block_storage.quotas),
    "volumes": ("cinder_volumes", lambda cinder: list(block_storage.volumes(cinder))),
    "snapshots": ("cinder_snapshots", lambda cinder: list(block_storage.snapshots(cinder))),
    "backups": ("cinder_backups", lambda cinder: list(block_storage.backups(cinder))),
    "network quotas": ("neutron_quota_details", network.quotas),
    "floating IPs": ("neutron_fips", lambda neutron: list(network.floating_ips(neutron))),
    "networks": ("neutron_networks", lambda neutron: list(network.networks(neutron))),
    "load balancer quotas": ("oct_quota", load_balancer.quotas),
    "load balancers": ("oct_lbs", lambda octavia: list(load_balancer.load_balancers(octavia))),
    "share quotas": (_SHARE_QUOTAS, shared_file_system.quotas),
    "shares": (
        {"shares": [_SHARE], "count": 1},
        lambda manila: list(shared_file_system.shares(manila, of_every_project=True)),
    ),
    "database quotas": (_DATABASE_QUOTAS, database.quotas),
    "zone quotas": ({"zones": 10, "zone_recordsets": 500, "api_export_size": -1}, dns.quotas),
    "secret quotas": ({"quotas": {"secrets": 10, "consumers": -1}}, key_manager.quotas),
    "images": ("glance_images", lambda glance: list(image.images(glance))),
    "the account": ("swift_account_head", object_storage.quotas),
    "containers": ("swift_account_list", object_storage.containers),
    "metrics": ("gn_metrics", lambda gnocchi: metric.metrics(gnocchi, {})),
    "rating by type": (
        "ck_v2_summary_type",
        lambda service: [RatingV2(service, 3600).sum_of("a sum", row) for row in summary(service)],
    ),
    "rated periods": ("ck_v2_summary_time", lambda service: open_rating(service, "v2", 3600).periods(WINDOW)),
    "rated points": (
        "ck_v2_dataframes",
        lambda service: list(open_rating(service, "v2", 3600).points(WINDOW)),
    ),
    "rating v1": ("ck_v1_summary_restype", lambda one: open_rating(one, "v1", 3600).summary_by_type(WINDOW)),
    "points v1": ("ck_v1_dataframes", lambda one: list(open_rating(one, "v1", 3600).points(WINDOW))),
}
#: What a service never answers there, as JSON is read here.
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [Decimal("1e400"), Decimal("-1e-400"), Decimal("0.5"), 10**400, -1, [], [[]], [None], {}, {"": {}}]
    ),
    st.text(max_size=20),
    st.sampled_from(["\x1b[2J", "\x00", "\ud800", "²", "http://[::1", "2026-13-01T00:00:00Z", "9" * 5000]),
)


class Answering(Service):
    """A service that has one answer, a few times: a page that leads to itself would be read for ever."""

    def __init__(self, body: Any, headers: Mapping[str, str], status: int) -> None:
        super().__init__("any", "https://cloud.example", OWNER, Login(None))
        object.__setattr__(self, "answer", Answer(body, headers, status))
        object.__setattr__(self, "left", [5])

    def _send(self, *_asked: Any, **_more: Any) -> Answer:
        self.left[0] -= 1  # type: ignore[attr-defined]
        if self.left[0] < 0:  # type: ignore[attr-defined]
            raise Unavailable("any", self.url, "it was asked five times")
        answer: Answer = self.answer  # type: ignore[attr-defined]
        return answer


def captured(name: str) -> dict[str, Any]:
    """The response of a capture, which promises no more rows than it has: some had more."""
    capture = READERS[name][0]
    if isinstance(capture, dict):
        return {"body": deepcopy(capture), "headers": {}, "status": 200}
    text = (CAPTURES / f"{capture}.json").read_text()
    response: dict[str, Any] = json.loads(text, parse_float=Decimal)["response"]
    body = response.get("body")
    if isinstance(body, dict) and "total" in body:
        rows = body.get("results", [])
        points = [kind for frame in body.get("dataframes", []) for kind in frame["usage"].values()]
        body["total"] = len(rows) + sum(map(len, points))
    return response


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every list or dictionary with one of its keys."""
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def mutated(draw: st.DrawFn, whole: Any, odd: st.SearchStrategy[Any] = ODD) -> None:
    """Change, remove or double one thing in the `body` of it, in place."""
    holder, key = draw(st.sampled_from([(whole, "body"), *places(whole)]))
    how = draw(st.sampled_from(["change", "change", "remove", "double"]))
    if how == "remove" and key != "body":
        del holder[key]
    elif how == "double" and isinstance(holder, list):
        holder.append(deepcopy(holder[key]))
    else:
        holder[key] = deepcopy(draw(odd))


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, Answering]:
    """A reader's name, and its service with an answer of one to three changes, in the body or the headers."""
    name = draw(st.sampled_from(sorted(READERS)))
    response = captured(name)
    whole = {"body": response.get("body"), "headers": {k.lower(): v for k, v in response["headers"].items()}}
    for _time in range(draw(st.integers(1, 3))):
        mutated(draw, whole)
    headers = whole.get("headers")
    texts = {key: str(value) for key, value in headers.items()} if isinstance(headers, dict) else {}
    return name, Answering(whole.get("body"), texts, response["status"])


def said(name: str, service: Service) -> str:
    """The sentence that reading it ends with; empty where all is read. Any other error is the test's."""
    try:
        READERS[name][1](service)
    except FinopsError as error:
        return str(error)
    return ""


def refuse_unreadable(sentence: str) -> None:
    """A sentence is one line that a terminal shows as it is."""
    assert not sentence or sentence.isprintable(), sentence
    assert len(sentence) < 1_000


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("servers", "created"), ("volumes", "created_at"), ("snapshots", "created_at"),
        ("backups", "created_at"), ("floating IPs", "created_at"), ("images", "created_at"),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_malformed(name: str, key: str) -> None:
    """Advice and schedules reckon with how old a thing is."""
    response = captured(name)
    for holder, of in list(places(response["body"])):
        if of == key:
            holder[of] = "2026-13-01T00:00:00Z"
    sentence = said(name, Answering(response["body"], {}, 200))
    assert f"{key} is not a moment in ISO 8601" in sentence


@pytest.mark.parametrize("name", READERS)
def test_each_answer_is_read_as_it_came(name: str) -> None:
    """So that the changed ones below get beyond their first line."""
    response = captured(name)
    headers = {key.lower(): value for key, value in response["headers"].items()}
    sentence = said(name, Answering(response.get("body"), headers, response["status"]))
    # A page that leads to another one, a window or a project that the capture was not for.
    known = ("asked five times", "was not asked for", "back to a page already read")
    assert not sentence or any(one in sentence for one in known), sentence


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(answers())
def test_a_changed_answer_is_read_or_is_one_sentence(asked: tuple[str, Answering]) -> None:
    refuse_unreadable(said(*asked))


@pytest.mark.heavy
@settings(max_examples=10_000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(answers())
def test_ten_thousand_changed_answers(asked: tuple[str, Answering]) -> None:
    refuse_unreadable(said(*asked))
