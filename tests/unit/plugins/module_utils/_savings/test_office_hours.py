# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers keep their hours on a sandbox whose clock is moved (design/office-hours.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    CloudError,
    InvalidOption,
    Refused,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import iso
from ansible_collections.finops.cloud.plugins.module_utils._core.tags import metadata_tags, word_tags
from ansible_collections.finops.cloud.plugins.module_utils._ledger import acts, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._savings.office_hours import (
    OfficeRules,
    parse_marker,
)
from ansible_collections.finops.cloud.plugins.module_utils._savings.office_hours_run import (
    OfficeOptions,
    keep_office_hours,
)
from ansible_collections.finops.cloud.plugins.module_utils._savings.schedules import parse_schedule

from ....conftest import Sandbox, command, log_in, started
from ....sandbox_servers import SandboxServers

ZURICH = ZoneInfo("Europe/Zurich")
WORK = "mon-fri 07:00-19:00"
#: The Wednesday before the clock goes back on Sunday the 25th.
BEGAN = datetime(2026, 10, 21, 11, tzinfo=ZURICH)
DAY = timedelta(days=1)


@dataclass
class Office(SandboxServers):
    """A sandbox, its clock, and a ledger. first: a Wednesday; the one after it is a holiday."""

    ledger: sql.LedgerOptions
    now: datetime
    first: date
    rules: OfficeRules = field(default_factory=OfficeRules)
    group_seconds: float = 0

    @property
    def holiday(self) -> date:
        return self.first + 7 * DAY

    def options(self, check_mode: bool = False) -> OfficeOptions:
        def parse(text: str) -> Any:
            return parse_schedule(text, "finops_schedule", "Europe/Zurich", {self.holiday: ()})

        return OfficeOptions(parse, {}, self.rules, self.group_seconds, check_mode)

    def keep(self, check_mode: bool = False) -> dict[str, Any]:
        cloud = Cloud(ConnectionOptions(cloud="sandbox"))
        return keep_office_hours(cloud, self.ledger, self.options(check_mode), self.now)

    def at(self, day: date, hour: int, minute: int = 5) -> None:
        """Move the clock to that local time."""
        moment = datetime.combine(day, time(hour, minute), ZURICH).astimezone(UTC)
        hours = (moment - self.now) / timedelta(hours=1)
        assert self.sandbox.ask("POST", "/sandbox/clock", {"advance_hours": hours}).status == 200
        self.now = moment
        # A token is of an hour.
        token = log_in(self.sandbox.state).headers["X-Subject-Token"]
        self.sandbox = replace(self.sandbox, token=token)

    def acts(self) -> list[acts.Act]:
        with sql.reading(self.ledger) as opened:
            return acts.every(opened.connection, acts.SERVER)

    def told(self) -> list[tuple[str | None, str, datetime | None]]:
        return [(act.resource_name, act.kind, act.edge_at) for act in self.acts()]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for this file: to start one for each test would take most of the time."""
    directory = tmp_path_factory.mktemp("moved")
    yield started(directory, "--began", BEGAN.isoformat())
    assert command("stop", "--directory", str(directory)).returncode == 0


@pytest.fixture
def office(moved: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A sandbox at noon of a Wednesday, of which web-1, web-2 and db-1 have hours. Each test goes on at the
    next one, as a clock goes forward.
    """
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", moved.state["clouds_file"])
    text = moved.ask("GET", "/sandbox/clock").body["now"]
    now = datetime.fromisoformat(text).astimezone(ZURICH)
    first = (now + (2 - now.weekday()) % 7 * DAY).date()
    first += 7 * DAY if datetime.combine(first, time(11, 50), ZURICH) < now else timedelta()
    one = Office(moved, sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db"), now.astimezone(UTC), first)
    one.at(first, 12, 0)
    one.as_it_was()
    for name in ("web-1", "web-2", "db-1"):
        one.tag(name, finops_schedule=WORK)
    one.asked()
    return one


def edge(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZURICH).astimezone(UTC)


def of(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in result["servers"] if row["name"] == name)


def is_working(day: date, hour: int) -> bool:
    """What is on the wall: hours from seven to seven on weekdays."""
    return day.weekday() < 5 and 7 <= hour < 19


@pytest.mark.parametrize("days", [9, pytest.param(31, marks=pytest.mark.heavy)])
def test_servers_are_up_in_their_hours_and_each_act_is_a_row(office: Office, days: int) -> None:
    """With the end of summer time, a holiday, an outage of the cloud at an edge, and two runs at once."""
    outage, race = office.first + DAY, office.first + 2 * DAY
    expected: list[tuple[str, str, datetime]] = []
    was_working = True
    for number in range(days):
        day = office.first + number * DAY
        for hour in (7, 19):
            if day == office.first and hour == 7:
                continue
            office.at(day, hour)
            if (day, hour) == (outage, 19):
                office.fault(kind="status", status=500)
                with pytest.raises(CloudError, match="500"):
                    office.keep()
                office.no_fault()
                assert office.status("web-1") == "ACTIVE"
                office.at(day, hour, 20)
            if (day, hour) == (race, 19):
                with ThreadPoolExecutor() as pool:
                    both = [pool.submit(office.keep) for _run in range(2)]
                reasons = {row["reason"] for one in both for row in one.result()["servers"]}
                assert reasons <= {"edge", "conflict", "as_wanted"}
            else:
                office.keep()
            working = is_working(day, hour) and day != office.holiday
            for name in ("web-1", "web-2", "db-1"):
                assert office.status(name) == ("ACTIVE" if working else "SHUTOFF"), (day, hour, name)
            if working != was_working:
                kind = "start" if working else "stop"
                expected += [(name, kind, edge(day, hour)) for name in ("web-1", "web-2", "db-1")]
            was_working = working
    assert office.status("cache-1") == "ACTIVE", "it asked for nothing"
    assert Counter(office.told()) == Counter(expected)
    # Every stop but the last is undone by the start behind it.
    undone = [act for act in office.acts() if act.kind == "stop" and act.undone_at is not None]
    assert len(undone) == len([one for one in expected if one[1] == "start"])


def test_an_act_is_one_list_a_marker_and_a_request_and_a_second_run_changes_nothing(office: Office) -> None:
    office.at(office.first, 19)
    planned = office.keep(check_mode=True)
    assert planned["changed"] and office.asked() == {"GET": 1}
    assert planned["diff"]["after"] == "db-1: SHUTOFF\nweb-1: SHUTOFF\nweb-2: SHUTOFF\n"
    assert not Path(str(office.ledger.url).removeprefix("sqlite:///")).exists()
    done = office.keep()
    assert office.asked() == {"GET": 1, "POST": 6}
    assert done["servers"] == planned["servers"] and done["ledger_created"]
    off = iso(edge(office.first, 19))
    assert of(done, "web-1") == {
        "id": office.server("web-1")["id"], "name": "web-1", "status": "ACTIVE", "schedule": WORK, "order": 0,
        "edge": "off", "edge_at": off, "next_edge_at": iso(edge(office.first + DAY, 7)),
        "action": "stop", "reason": "edge", "error": None, "saves_per_hour": None, "currency": None,
    }  # fmt: skip
    assert office.server("web-1")["metadata"]["finops_state"] == f"stopped@{off}"
    office.asked()
    again = office.keep()
    assert not again["changed"] and office.asked() == {"GET": 1}
    assert {row["reason"] for row in again["servers"]} == {"as_wanted"}
    assert len(office.told()) == 3


def test_what_somebody_stops_stays_stopped_and_what_somebody_starts_stays_up(office: Office) -> None:
    second, third = office.first + DAY, office.first + 2 * DAY
    office.by_hand("web-1", "os-stop")
    office.at(office.first, 19)
    office.keep()
    office.at(office.first, 22)
    office.by_hand("web-2", "os-start")
    assert of(office.keep(), "web-2")["reason"] == "by_hand"
    assert office.status("web-2") == "ACTIVE"
    office.at(second, 7)
    assert of(office.keep(), "web-1")["reason"] == "by_hand"
    assert (office.status("web-1"), office.status("web-2"), office.status("db-1")) == (
        "SHUTOFF", "ACTIVE", "ACTIVE",
    )  # fmt: skip
    office.at(second, 12)
    office.by_hand("web-1", "os-start")
    office.by_hand("db-1", "os-stop")
    office.keep()
    office.at(second, 19)
    office.keep()
    assert office.status("web-1") == "SHUTOFF"
    office.at(third, 7)
    office.keep()
    assert (office.status("web-1"), office.status("db-1")) == ("ACTIVE", "SHUTOFF")
    of_web_2 = [(kind, at) for name, kind, at in office.told() if name == "web-2"]
    assert of_web_2[:2] == [("stop", edge(office.first, 19)), ("undone_by_hand", edge(office.first, 19))]


def test_what_somebody_starts_and_stops_again_in_the_night_is_not_started(office: Office) -> None:
    office.at(office.first, 19)
    office.keep()
    office.at(office.first, 21)
    office.by_hand("web-1", "os-start")
    office.keep()
    office.by_hand("web-1", "os-stop")
    office.at(office.first + DAY, 7)
    office.keep()
    assert (office.status("web-1"), office.status("db-1")) == ("SHUTOFF", "ACTIVE")


def test_a_failure_is_told_and_tried_again_at_the_next_run(office: Office) -> None:
    office.at(office.first, 19)
    office.fault(kind="status", status=500, path=f"{office.server('web-1')['id']}/action", times=1)
    with pytest.raises(
        Refused, match="^Server web-1: Reading the answer to os-stop .* failed: .*500"
    ) as error:
        office.keep()
    office.no_fault()
    assert of(dict(error.value.result), "web-1")["reason"] == "failed"
    assert (office.status("web-1"), office.status("web-2")) == ("ACTIVE", "SHUTOFF")
    assert office.server("web-1")["metadata"]["finops_state"].startswith("stopped@")
    office.at(office.first, 19, 20)
    assert of(office.keep(), "web-1")["action"] == "stop"
    assert office.status("web-1") == "SHUTOFF"
    office.at(office.first + DAY, 7)
    office.fault(kind="status", status=500, path=f"{office.server('web-1')['id']}/action", times=1)
    with pytest.raises(Refused):
        office.keep()
    office.no_fault()
    assert office.status("web-1") == "SHUTOFF"
    office.keep()
    assert office.status("web-1") == "ACTIVE"
    assert [kind for name, kind, _at in office.told() if name == "web-1"] == ["stop", "start"]


def test_a_run_that_was_killed_before_its_rows_is_made_up_for(office: Office) -> None:
    office.at(office.first, 19)
    office.keep()
    with sql.writing(office.ledger) as opened:
        execute(opened.connection, "DELETE FROM act WHERE resource_name = 'web-1'")
    office.keep()
    assert Counter(name for name, _kind, _at in office.told()) == {"web-1": 1, "web-2": 1, "db-1": 1}
    office.at(office.first + DAY, 7)
    office.keep()
    with sql.writing(office.ledger) as opened:
        execute(opened.connection, "DELETE FROM act WHERE resource_name = 'web-1' AND kind = 'start'")
    office.keep()
    assert [kind for name, kind, _at in office.told() if name == "web-1"] == ["stop", "start"]


def test_shelved_servers_come_back_though_nova_takes_no_marker_of_them(office: Office) -> None:
    office.rules = replace(office.rules, off_action="shelve")
    office.at(office.first, 19)
    office.keep()
    assert office.status("web-1") == "SHELVED_OFFLOADED"
    office.asked()
    office.keep()
    assert office.asked() == {"GET": 1}
    office.at(office.first + DAY, 7)
    office.keep()
    assert office.status("web-1") == "ACTIVE"
    office.at(office.first + DAY, 8)
    office.keep()
    assert office.server("web-1")["metadata"]["finops_state"].startswith("was_running@")
    assert [kind for name, kind, _at in office.told() if name == "web-1"] == ["shelve", "unshelve"]


def test_locked_and_new_servers_and_those_that_start_soon_are_left_alone_and_told(office: Office) -> None:
    office.by_hand("web-1", "lock")
    office.tag("web-2", finops_schedule="daily 20:00-19:00")
    office.tag("db-1", finops_schedule="daily 8-20")
    office.tag("cache-1", finops_schedule=WORK)
    office.by_hand("cache-1", "pause")
    office.tag("batch-1", finops_schedule=WORK, finops_state="gone")
    office.at(office.first, 19, 30)
    with pytest.raises(
        Refused, match=r"^Server batch-1: finops_state: 'gone' is no state .* \(and 1 more\)"
    ) as error:
        office.keep()
    rows = {row["name"]: (row["reason"], row["action"]) for row in error.value.result["servers"]}
    assert rows == {
        "web-1": ("locked", None), "web-2": ("starts_soon", None), "db-1": ("invalid", None),
        "cache-1": ("status", None), "batch-1": ("invalid", None),
    }  # fmt: skip
    assert error.value.result["changed"] is False and office.told() == []


def test_a_new_server_has_its_grace(office: Office) -> None:
    office.rules = replace(office.rules, grace=timedelta(days=365))
    office.at(office.first, 19)
    assert {row["reason"] for row in office.keep()["servers"]} == {"grace"}
    office.rules = replace(office.rules, grace=timedelta(hours=1))
    assert {row["reason"] for row in office.keep()["servers"]} == {"edge"}


def test_groups_come_one_after_the_other_and_a_failure_holds_those_behind(office: Office) -> None:
    """Databases stop last and start first."""
    office.tag("db-1", finops_order="-10")
    office.at(office.first, 19)
    office.fault(kind="status", status=500, path=f"{office.server('web-1')['id']}/action", times=1)
    with pytest.raises(Refused) as error:
        office.keep()
    office.no_fault()
    assert of(dict(error.value.result), "db-1")["reason"] == "held_back"
    assert office.status("db-1") == "ACTIVE"
    assert "finops_state" not in office.server("db-1")["metadata"]
    office.keep()
    assert office.status("db-1") == "SHUTOFF"
    office.at(office.first + DAY, 7)
    log = office.sandbox.ask("DELETE", "/sandbox/requests")
    office.keep()
    log = office.sandbox.ask("DELETE", "/sandbox/requests").body["log"]
    started = [row["path"].split("/")[-2] for row in log if row["path"].endswith("/action")]
    assert started[0] == office.server("db-1")["id"]


def test_acts_are_recorded_though_the_cloud_fails_while_they_are_waited_for(office: Office) -> None:
    office.tag("db-1", finops_order="-10")
    office.at(office.first, 19)
    office.fault(kind="status", status=500, path="/servers/detail", after=1, times=1)
    with pytest.raises(Refused, match="^Server web-1: The stop cannot be followed: .*500") as error:
        office.keep()
    assert of(dict(error.value.result), "db-1")["reason"] == "held_back"
    at = edge(office.first, 19)
    assert sorted(office.told()) == [("web-1", "stop", at), ("web-2", "stop", at)]
    office.keep()
    assert min(office.told()) == ("db-1", "stop", at)


def test_a_server_that_is_deleted_meanwhile_fails_nothing(office: Office) -> None:
    office.at(office.first, 19)
    office.fault(kind="status", status=404, path=f"{office.server('web-1')['id']}/action", times=1)
    told = office.keep()
    assert [of(told, name)["reason"] for name in ("db-1", "web-1", "web-2")] == ["edge", "conflict", "edge"]


def test_what_a_schedule_keeps_off_ends_with_the_server(office: Office) -> None:
    """Of three acts on servers that the list lacks: Nova says of one that it is gone and cannot say it of the
    next, and the last is so young that the list may be older.
    """
    project = office.server("web-1")["tenant_id"]
    region = Cloud(ConnectionOptions(cloud="sandbox")).identity.region
    with sql.writing(office.ledger) as opened:
        for name, hours in (("gone", 2), ("unanswered", 2), ("young", 0)):
            one = acts.Act(
                acts.STOP, acts.SERVER, name, name, region, project, schedule=WORK, edge_at=office.now,
                saves_nano_per_hour=1, currency="ICU",
            )  # fmt: skip
            acts.add(opened.connection, one, office.now - timedelta(hours=hours), "ada")
        elsewhere = acts.Act(acts.STOP, acts.SERVER, "other", None, region, "p9", schedule=WORK)
        acts.add(opened.connection, elsewhere, office.now - timedelta(hours=2), "ada")
    office.fault(kind="status", status=500, path="/servers/unanswered")
    assert office.keep(check_mode=True)["deleted_servers"] == []
    assert office.keep()["deleted_servers"] == [{"id": "gone", "name": "gone"}]
    last = office.acts()[-1]
    assert (last.resource_id, last.kind, last.undoes, last.schedule) == ("gone", "undone_by_hand", 1, WORK)
    office.no_fault()
    assert [one["id"] for one in office.keep()["deleted_servers"]] == ["unanswered"]
    assert office.keep()["deleted_servers"] == []


def test_a_server_that_is_listed_and_not_there_is_one_sentence(office: Office) -> None:
    cloud = Cloud(ConnectionOptions(cloud="sandbox"))
    listed = {"web-9": next(iter([None]))}
    with pytest.raises(InvalidOption, match="^servers: the project has no server web-9"):
        keep_office_hours(
            cloud,
            office.ledger,
            replace(office.options(), listed=listed),
            office.now,  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    "text",
    ["", "stopped", "slept@2026-10-21T17:00:00Z", "stopped@soon", "stopped@9999-12-31T00:00:00Z",
     "stopped@0001-01-01T00:00:00Z", "stopped@2026-10-24T17:00:00Z"],
)  # fmt: skip
def test_a_state_that_no_run_can_have_written_is_refused(text: str) -> None:
    """One of an edge to come would keep the server as it is until then."""
    with pytest.raises(InvalidOption, match=f"^finops_state: '{text}' is no state that this collection"):
        parse_marker(text, BEGAN.astimezone(UTC))


def test_what_keeps_a_server_s_hours_is_no_tag_of_its_cost() -> None:
    """Else its cost would have another set of tags twice a day."""
    kept = {"team": "web", "finops_schedule": WORK, "finops_state": "stopped@2026-11-20T18:00:00Z"}
    assert metadata_tags(kept) == (("team", "web"),)
    assert word_tags(["finops_schedule=off", "team=web"]) == (("team", "web"),)
