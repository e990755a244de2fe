# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sandbox's CloudKitty says a resource cost is what the scenario's prices and ages say, to the hour,
in every way of asking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from ...conftest import FILES, Answer, Sandbox, ask, command, log_in

DEFAULT = FILES / "scenarios" / "default.yml"
HOUR = timedelta(hours=1)
EVER = {"begin": "2020-01-01", "end": "2100-01-01"}
#: The hourly price of everything in the default scenario, worked out by hand from its prices.
HOURLY = {
    "instance_up": Decimal("0.35") * 3 + Decimal("1.05") + Decimal("0.30"),
    "instance_reserved": Decimal("1.05"),
    "volume.size": Decimal("0.005") * 390 + Decimal("0.0085") * 250,
    "ip.floating": Decimal("0.2") * 3,
    "loadbalancer": Decimal("0.6"),
}


def rating(sandbox: Sandbox, path: str, **query: Any) -> Answer:
    return sandbox.ask("GET", f"{sandbox.catalog['rating']}{path}?{urlencode(query, doseq=True)}")


def rows(sandbox: Sandbox, **query: Any) -> list[dict[str, Any]]:
    """Every row of a summary, however many pages they take."""
    found: list[dict[str, Any]] = []
    while True:
        body = rating(sandbox, "/v2/summary", **query, response_format="object", offset=len(found)).body
        found += body["results"]
        if len(found) >= body["total"]:
            return found


def points(sandbox: Sandbox, **query: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Begin, type and point of every rated point, page by page."""
    offset, total = 0, 1
    while offset < total:
        body = rating(sandbox, "/v2/dataframes", **query, offset=offset).body
        total = body["total"]
        for frame in body["dataframes"]:
            for kind, some in frame["usage"].items():
                offset += len(some)
                yield from ((frame["period"]["begin"], kind, one) for one in some)


def hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def a_day() -> dict[str, str]:
    """24 hours that are rated, and in which everything of the scenario was there."""
    end = hour(datetime.now(UTC)) - 2 * HOUR
    return {"begin": f"{end - 24 * HOUR:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


@pytest.fixture
def on_sql(start: Callable[..., Sandbox], tmp_path: Path) -> Sandbox:
    """A cloud whose CloudKitty has the v1 API only."""
    (tmp_path / "v1.yml").write_text(DEFAULT.read_text().replace("storage: v2", "storage: v1"))
    return start("--scenario", str(tmp_path / "v1.yml"))


def test_a_day_costs_what_the_prices_say(running: Sandbox) -> None:
    told = {row["type"]: row["rate"] for row in rows(running, groupby="type", **a_day())}
    stored = told.pop("storage.objects.size")
    assert told == {kind: pytest.approx(float(24 * price), abs=1e-9) for kind, price in HOURLY.items()}
    # 1200 x 400 kB, 30 x 200 MB, 400 x 50 kB, by the GiB.
    assert stored == pytest.approx(24 * 1.1e8 / 1024**3 * 0.00076)


def test_the_v1_api_tells_the_same_as_text(running: Sandbox, on_sql: Sandbox) -> None:
    for sandbox in (running, on_sql):
        told = rating(sandbox, "/v1/report/summary", groupby="res_type", **a_day()).body["summary"]
        by_type = {row["res_type"]: row["rate"] for row in told}
        assert by_type.pop("storage.objects.size") == "0.00187"
        assert {kind: Decimal(rate) for kind, rate in by_type.items()} == {
            kind: 24 * one for kind, one in HOURLY.items()
        }
        total = Decimal(rating(sandbox, "/v1/report/total", **a_day()).body)
        assert abs(total - 24 * sum(HOURLY.values()) - Decimal("0.00187")) < Decimal("0.00001")


def test_a_resource_costs_from_the_hour_of_its_creation_to_the_newest_rated_one(
    start: Callable[..., Sandbox],
) -> None:
    sandbox = start()
    servers = sandbox.ask("GET", f"{sandbox.catalog['compute']}/servers/detail").body["servers"]
    trial = next(row for row in servers if row["name"] == "trial-1")
    created = hour(datetime.fromisoformat(trial["created"]))
    through = hour(datetime.now(UTC) - HOUR)
    told = next(row for row in rows(sandbox, groupby="id,type", **EVER) if row["id"] == trial["id"])
    assert through - created in (timedelta(hours=59), timedelta(hours=60))
    assert told["qty"] == (through - created) / HOUR
    assert told["rate"] == pytest.approx(0.35 * told["qty"])
    begins = [
        begin
        for begin, _kind, _point in points(
            sandbox, filters="flavor_name:a2-ram4-disk20-perf1", limit=5000, **EVER
        )
    ]
    counted = Counter(datetime.fromisoformat(begin) for begin in begins)
    assert (counted[created - HOUR], counted[created], counted[through - HOUR], counted[through]) == (
        2,
        3,
        3,
        0,
    )


def test_points_add_up_exactly_to_what_the_prices_say(running: Sandbox) -> None:
    """Prices are decimals: no noise of floats in a single point, in either API."""
    v2: dict[str, Decimal] = {}
    for _begin, kind, point in points(running, limit=7, **a_day()):
        v2[kind] = v2.get(kind, Decimal()) + Decimal(str(point["rating"]["price"]))
    v1: dict[str, Decimal] = {}
    for frame in rating(running, "/v1/storage/dataframes", **a_day()).body["dataframes"]:
        for one in frame["resources"]:
            v1[one["service"]] = v1.get(one["service"], Decimal()) + Decimal(one["rating"])
    assert v1 == v2
    assert {kind: v2[kind] for kind in HOURLY} == {kind: 24 * one for kind, one in HOURLY.items()}


def test_a_window_takes_the_hours_that_begin_in_it(running: Sandbox) -> None:
    newest = hour(datetime.now(UTC)) - timedelta(hours=5)
    for begin, end, hours in (
        (newest, newest + HOUR, 1),
        (newest + HOUR / 2, newest + 2 * HOUR, 1),
        (newest, newest + HOUR / 2, 1),
        (newest + HOUR / 2, newest + HOUR, 0),
        (newest + HOUR, newest, 0),
    ):
        body = rating(
            running, "/v2/summary", begin=begin.isoformat(), end=end.isoformat(), filters="type:ip.floating"
        ).body
        assert sum(row[2] for row in body["results"]) == 3 * hours
        assert body["columns"] == (["begin", "end", "qty", "rate"] if hours else [])


@pytest.mark.parametrize(
    ("groupby", "column"),
    [("time-d", "day_of_the_year"), ("time-w", "week_of_the_year"), ("time-m", "month"), ("time-y", "year")],
)
def test_groups_of_the_calendar_are_columns_that_add_up(running: Sandbox, groupby: str, column: str) -> None:
    whole = rows(running, **EVER)[0]["rate"]
    told = rows(running, groupby=f"{groupby},type", **EVER)
    assert set(told[0]) == {"begin", "end", "qty", "rate", column, "type"}
    assert sum(row["rate"] for row in told) == pytest.approx(whole)
    assert all(row[column].isdecimal() and row["begin"] == "2020-01-01T00:00:00+00:00" for row in told)
    assert len({(row[column], row["type"]) for row in told}) == len(told)


def test_days_are_those_of_the_calendar(running: Sandbox) -> None:
    """Five days ago everything was there except the trial server."""
    told = rows(running, groupby="time-d", **EVER)
    number = str((datetime.now(UTC) - timedelta(days=5)).timetuple().tm_yday)
    price = next(row["rate"] for row in told if row["day_of_the_year"] == number)
    assert price == pytest.approx(24 * (float(sum(HOURLY.values())) - 0.35 + 1.1e8 / 1024**3 * 0.00076))


def test_pages_of_a_hundred_are_the_whole(running: Sandbox) -> None:
    begin = datetime.fromisoformat(a_day()["begin"]) - timedelta(days=6)
    week = {"begin": begin.isoformat(), "end": a_day()["end"], "groupby": ["time", "type"]}
    first = rating(running, "/v2/summary", **week).body
    assert (first["total"], len(first["results"])) == (7 * 24 * 6, 100)
    assert rows(running, **week) == rows(running, **week, limit=5000)
    assert len({(row["begin"], row["type"]) for row in rows(running, **week)}) == first["total"]


def test_metadata_filters_and_does_not_group(running: Sandbox) -> None:
    perf2 = rows(running, filters="volume_type:CEPH_1_perf2", groupby="type,volume_type", **a_day())
    assert [(row["type"], row["volume_type"]) for row in perf2] == [("volume.size", "")]
    assert perf2[0]["rate"] == pytest.approx(24 * 250 * 0.0085)
    two = rows(running, filters="type:loadbalancer,type:ip.floating", groupby="type", **a_day())
    assert [row["type"] for row in two] == ["ip.floating", "loadbalancer"]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/v2/summary", "limit=0", 400),
        ("/v2/summary", "limit=ten", 400),
        ("/v2/summary", "offset=-1", 400),
        ("/v2/summary", "filters=type", 400),
        ("/v2/dataframes", "limit=0", 400),
        ("/v2/dataframes", "groupby=type", 400),
        ("/v2/dataframes", "begin=2026-11-01T00:00:00+02:00", 500),
        ("/v1/report/summary", "end=tomorrow", 400),
        ("/v1/storage/dataframes", "tenant_id=another", 403),
        ("/v1/report/total", "all_tenants=true", 403),
    ],
)
def test_what_the_real_one_refuses_is_refused(running: Sandbox, path: str, query: str, status: int) -> None:
    assert running.ask("GET", f"{running.catalog['rating']}{path}?{query}").status == status


def test_without_the_v2_api_all_of_it_is_404(on_sql: Sandbox) -> None:
    for path in ("/v2/summary", "/v2/dataframes", "/v2/rating/modules", "/v2/scope", "/v2/", "/v2"):
        answer = rating(on_sql, path)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8"), path
    assert [row["id"] for row in rating(on_sql, "").body["versions"]] == ["v1"]


@pytest.mark.parametrize(
    ("service", "metadata", "volume", "price"),
    [
        ("instance_up", {"flavor_name": "a4-ram16-disk80-perf1"}, "2", "2.1"),
        ("volume.size", {"volume_type": "CEPH_1_perf2"}, "200", "1.7"),
        ("ip.floating", {}, "1", "0.2"),
        ("instance_up", {"flavor_name": "no-such"}, "1", "0"),
        ("no.such", {}, "1", "0"),
    ],
)
def test_a_quote_is_the_price_of_an_hour(
    running: Sandbox, service: str, metadata: dict[str, str], volume: str, price: str
) -> None:
    resources = [{"service": service, "desc": {"metadata": metadata}, "volume": volume}]
    url = f"{running.catalog['rating']}/v1/rating/quote"
    assert Decimal(running.ask("POST", url, {"resources": resources}).body) == Decimal(price)
    # The form of the API's own example, which CloudKitty takes and does not understand.
    flat = {"service": service, "desc": metadata, "volume": volume}
    assert Decimal(running.ask("POST", url, {"resources": [flat]}).body) == (
        0 if metadata else Decimal(price)
    )
    assert running.ask("POST", url, {"resources": [{"volume": 1}]}).status == 400


def test_what_is_rated_is_what_the_metrics_say(running: Sandbox) -> None:
    units = {row["metric_id"]: row["unit"] for row in rating(running, "/v1/info/metrics").body["metrics"]}
    seen = {kind: point["vol"]["unit"] for _begin, kind, point in points(running, **a_day())}
    assert seen == units


def test_a_filter_on_another_project_is_the_own_one_without_a_word(running: Sandbox) -> None:
    told = rows(running, filters=f"project_id:{'0' * 32}", groupby="project_id", **a_day())
    assert [row["project_id"] for row in told] == [running.project_id]
    assert told[0]["rate"] == rows(running, **a_day())[0]["rate"]


def test_another_project_has_a_history_of_its_own(running: Sandbox) -> None:
    owner = yaml.safe_load(DEFAULT.read_text())["other"]
    token = log_in(running.state, owner["user"], owner["project"], owner["password"]).headers[
        "X-Subject-Token"
    ]
    base, query = running.catalog["rating"], f"filters=project_id:{running.project_id}&begin=2020-01-01"
    answers = [
        ask("GET", f"{base}{path}?{query}", headers={"X-Auth-Token": token})
        for path in ("/v2/summary", "/v2/dataframes")
    ]
    assert answers[0].body["total"] == 0
    assert (answers[1].status, answers[1].body) == (
        404,
        {"message": "No resource found for provided filters."},
    )


def test_other_regions_and_projects_have_the_same_at_prices_of_their_own(
    start: Callable[..., Sandbox], tmp_path: Path
) -> None:
    scenario = yaml.safe_load(DEFAULT.read_text())
    scenario |= {"other_regions": ["dc4-a"], "further_projects": ["PCP-DEMO002"]}
    scenario["rating"]["price_factors"] = {"dc4-a": 0.5, "PCP-DEMO002": 2}
    (tmp_path / "more.yml").write_text(yaml.safe_dump(scenario))
    sandbox = start("--scenario", str(tmp_path / "more.yml"))
    found: dict[tuple[str, str], Decimal] = {}
    owners = set()
    for project in ("PCP-DEMO001", "PCP-DEMO002"):
        answer = log_in(sandbox.state, project=project)
        token = answer.body["token"]
        assert token["project"]["name"] == project
        headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        catalog = next(row["endpoints"] for row in token["catalog"] if row["type"] == "rating")
        for endpoint in (one for one in catalog if one["interface"] == "public"):
            query = urlencode({**a_day(), "filters": "type:ip.floating", "limit": 1})
            price = ask("GET", f"{endpoint['url']}/v2/summary?{query}", headers=headers).body["results"][0][3]
            found[project, endpoint["region"]] = Decimal(str(price))
            frames = ask("GET", f"{endpoint['url']}/v2/dataframes?{query}", headers=headers).body[
                "dataframes"
            ]
            owners.add(frames[0]["usage"]["ip.floating"][0]["groupby"]["project_id"])
            old = ask("GET", f"{endpoint['url']}/v1/report/total?{urlencode(a_day())}", headers=headers).body
            assert float(old) > float(price)
    # Three addresses at 0.2, for 24 hours.
    assert found == {
        ("PCP-DEMO001", "dc3-a"): pytest.approx(Decimal("14.4")),
        ("PCP-DEMO001", "dc4-a"): pytest.approx(Decimal("7.2")),
        ("PCP-DEMO002", "dc3-a"): pytest.approx(Decimal("28.8")),
        ("PCP-DEMO002", "dc4-a"): pytest.approx(Decimal("14.4")),
    }
    assert len(owners) == 2
    assert log_in(sandbox.state, project="PCP-OTHER99").status == 401


def test_a_price_factor_of_nowhere_is_refused(start: Callable[..., Sandbox], tmp_path: Path) -> None:
    (tmp_path / "nowhere.yml").write_text(
        DEFAULT.read_text().replace("  storage: v2", "  storage: v2\n  price_factors: {mars: 2.0}")
    )
    ended = command("start", "--directory", str(tmp_path / "no"), "--scenario", str(tmp_path / "nowhere.yml"))
    assert ended.returncode != 0
    assert (
        "rating.price_factors[mars] is mars, which the scenario does not have; it has none"
        in ended.stdout + ended.stderr
    )


def test_a_sandbox_that_began_at_another_moment_has_that_moments_history(
    start: Callable[..., Sandbox],
) -> None:
    sandbox = start("--began", "2026-03-10T23:43:00+00:00")
    rated = f"{sandbox.catalog['rating']}/v2/dataframes?limit=1"
    # 40 days back from there, in whole hours; an hour is rated one hour after it has ended.
    first, newest = (
        ("2026-01-29T23:00:00Z", "2026-01-30T00:00:00Z"),
        ("2026-03-10T21:00:00Z", "2026-03-10T22:00:00Z"),
    )
    before, behind = ("2026-01-29T22:00:00Z", first[0]), (newest[1], "2026-03-10T23:00:00Z")
    for window, status in ((first, 200), (newest, 200), (before, 404), (behind, 404)):
        assert sandbox.ask("GET", f"{rated}&begin={window[0]}&end={window[1]}").status == status, window


def test_a_moment_to_begin_at_has_an_offset(tmp_path: Path) -> None:
    refused = command("start", "--directory", str(tmp_path / "none"), "--began", "2026-03-10T23:43:00")
    assert refused.returncode == 2
    assert "argument --began: invalid" in refused.stderr
