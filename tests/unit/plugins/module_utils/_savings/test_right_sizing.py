# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which flavors would do for a server, and what is known of what it uses (design/savings.md#right-sizing)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._openstack.compute import Server, SizedFlavor
from ansible_collections.finops.cloud.plugins.module_utils._openstack.metric import Series
from ansible_collections.finops.cloud.plugins.module_utils._savings.right_sizing import (
    ServerNeed,
    SizingRule,
    idle_outside,
    not_enough,
    parse_office_hours,
    server_need,
    smaller_flavors,
)
from ansible_collections.finops.cloud.plugins.module_utils._savings.server_loads import ServerLoad

RULE = SizingRule(0.6, 0.9, 0.8, minimum_days=14, minimum_hours=100, idle_vcpus=0.03)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERVER = Server(
    "id", "web", "ACTIVE", "a8-ram16", 8, 16384, 50, 0, False, "", "", {}, False, 0, 0, (), ()
)  # fmt: skip
A8 = SizedFlavor("8", "a8-ram16", 8, 16384, 50, 0, {})
A4 = SizedFlavor("4", "a4-ram8", 4, 8192, 50, 0, {})


def hours(count: int, value: float = 0.18, step: timedelta = HOUR) -> Series:
    """So many measures up to now."""
    return Series([NOW - (count - number) * step for number in range(count)], [value] * count)


def load(days: int = 30, **more: object) -> ServerLoad:
    fine = hours(2016, 0.44, timedelta(minutes=5))
    known = ServerLoad(hours(days * 24), fine, 9100.0, days * 24, NOW - timedelta(days=days))
    return replace(known, **more)  # type: ignore[arg-type]


def test_the_example_of_the_page() -> None:
    """18 % by 60 % of 8 are 2.4, 44 % by 90 % are 3.9; 9.1 GB by 80 % are 11.4."""
    need = server_need(load(), 8, RULE)
    assert need is not None and need.ram_mb is not None
    assert (round(need.vcpus, 2), round(need.ram_mb)) == (3.91, 11375)
    assert smaller_flavors(SERVER, A8, need, [A8, A4]) == ([], "no_flavor_fits: memory")
    small = server_need(load(ram_max_mb=6000.0), 8, RULE)
    assert small is not None and smaller_flavors(SERVER, A8, small, [A8, A4]) == ([A4], "")


@pytest.mark.parametrize(
    ("other", "fits"),
    [
        (A4, True),
        (replace(A4, vcpus=8), True),
        (replace(A4, root_gb=20), False),
        (replace(A4, extra_specs={"hw:cpu_policy": "dedicated"}), False),
        (replace(A4, ram_mb=32768), False),
        (replace(A4, vcpus=3), False),
        (replace(A4, ram_mb=8191), False),
        (replace(A8, id="other"), False),
        (replace(A4, vcpus=16), False),
    ],
)
def test_what_a_server_could_become(other: SizedFlavor, fits: bool) -> None:
    need = ServerNeed(2.0, 4000.0, 0.1, 0.1, 700)
    assert bool(smaller_flavors(SERVER, A8, need, [A8, other])[0]) is fits


def test_a_disk_may_differ_where_the_server_boots_from_a_volume_and_may_not_shrink_otherwise() -> None:
    need, other = ServerNeed(2.0, 4000.0, 0.1, 0.1, 700), replace(A4, root_gb=0)
    assert smaller_flavors(replace(SERVER, boots_from_volume=True), A8, need, [other])[0] == [other]
    with_ephemeral = replace(A8, ephemeral_gb=10)
    assert smaller_flavors(SERVER, with_ephemeral, need, [A4])[0] == []
    hidden = replace(A8, extra_specs=None)
    assert smaller_flavors(SERVER, hidden, need, [replace(A4, extra_specs=None)])[0] == []


def test_memory_that_is_not_known_stays() -> None:
    for unknown in (load(ram_max_mb=None), load(ram_hours=99)):
        need = server_need(unknown, 8, RULE)
        assert need is not None and need.ram_mb is None
        assert smaller_flavors(SERVER, A8, need, [A4])[0] == []
        assert smaller_flavors(SERVER, A8, need, [replace(A4, ram_mb=16384)])[0] != []


def test_hours_alone_hide_bursts() -> None:
    assert server_need(load(cpu_fine=Series()), 8, RULE) is None
    assert server_need(load(cpu_fine=hours(287, 0.44, timedelta(minutes=5))), 8, RULE) is None


@pytest.mark.parametrize(
    ("known", "enough"),
    [
        (load(), True),
        (load(14), True),
        (load(13), False),
        (load(since=NOW - timedelta(days=13)), False),
        (load(cpu=hours(99)), False),
        (load(cpu=hours(100)), False),
        (None, False),
        (ServerLoad(), False),
    ],
)
def test_what_is_enough(known: ServerLoad | None, enough: bool) -> None:
    assert (not_enough(known, RULE, NOW) is None) is enough


@pytest.mark.parametrize(("minimum_hours", "enough"), [(14 * 24, True), (14 * 24 + 1, False)])
def test_as_many_hours_as_are_asked_for_are_enough(minimum_hours: int, enough: bool) -> None:
    assert (not_enough(load(14), replace(RULE, minimum_hours=minimum_hours), NOW) is None) is enough


def test_hours_that_are_half_inside_say_nothing_and_local_time_counts() -> None:
    zurich = parse_office_hours("mon-fri 08:00-20:00", ZoneInfo("Europe/Zurich"), "office_hours")
    assert zurich.hours_a_week == 60
    utc = parse_office_hours("mon-fri 07:00-19:00", ZoneInfo("UTC"), "office_hours")
    moments = [NOW - number * HOUR for number in range(700, 0, -1)]
    values = [0.5 if utc.has(one) and utc.has(one - HOUR) else 0.25 if utc.has(one) != utc.has(one - HOUR)
              else 0.002 for one in moments]  # fmt: skip
    known = load(cpu=Series(moments, values))
    # In November office hours of Zurich from 8 on are those of UTC from 7 on.
    assert idle_outside(known, 4, utc, RULE)
    winter = [one for one in moments if one > datetime(2026, 11, 1, tzinfo=UTC)]
    assert idle_outside(load(cpu=Series(winter, values[-len(winter) :])), 4, zurich, RULE)
    assert not idle_outside(load(cpu=Series(moments, [0.5] * 700)), 4, utc, RULE)
