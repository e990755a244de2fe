# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether something fits: used + reserved + required <= limit, and what nobody knows fits never
(design/reading-a-cloud.md#unknown-is-not-zero).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._openstack.quota import Quota
from ansible_collections.finops.cloud.plugins.module_utils._usage.headroom import (
    Shortfall,
    at_least,
    judge,
    parse_required,
    parse_warn_at,
    refusal,
    refuse_unknown_names,
    to_result,
)
from hypothesis import given
from hypothesis import strategies as st

Table: TypeAlias = "dict[str, dict[str, Quota] | None]"
NUMBERS = st.integers(0, 10**13)


def table(**services: Any) -> Table:
    """compute={"cores": (limit, used, reserved)}; None for a service that was not read."""
    return {
        service: None if rows is None else {name: Quota(name, *row) for name, row in rows.items()}
        for service, rows in services.items()
    }


@given(limit=NUMBERS | st.none(), used=NUMBERS, reserved=NUMBERS, required=NUMBERS)
def test_it_fits_if_and_only_if_nothing_is_short(
    limit: int | None, used: int, reserved: int, required: int
) -> None:
    headroom = judge(table(compute={"cores": (limit, used, reserved)}), {"cores": required})
    assert headroom.fits is (limit is None or used + reserved + required <= limit)
    assert headroom.fits is not bool(headroom.shortfalls)
    assert headroom.unknown == ()
    for short in headroom.shortfalls:
        assert short.missing > 0
        enough = table(compute={"cores": (short.limit + short.missing, used, reserved)})
        assert judge(enough, {"cores": required}).fits is True
        assert (
            judge(
                table(compute={"cores": (short.limit + short.missing - 1, used, reserved)}),
                {"cores": required},
            ).fits
            is False
        )


@given(limit=NUMBERS, used=NUMBERS, reserved=NUMBERS)
def test_exactly_what_is_free_fits_and_one_more_does_not(limit: int, used: int, reserved: int) -> None:
    quotas = table(compute={"cores": (limit, used, reserved)})
    free = to_result(Quota("cores", limit, used, reserved))["free"]
    assert free == limit - used - reserved
    if free >= 0:
        assert judge(quotas, {"cores": free}).fits is True
    assert judge(quotas, {"cores": max(free, 0) + 1}).fits is False


@given(st.dictionaries(st.sampled_from(["instances", "cores", "ram_mb"]), NUMBERS))
def test_of_many_quotas_those_are_short_that_would_be_alone(required: dict[str, int]) -> None:
    quotas = table(compute={"instances": (20, 6, 1), "cores": (10**12, 20, 0), "ram_mb": (None, 65536, 0)})
    alone = [name for name, amount in required.items() if judge(quotas, {name: amount}).fits is False]
    headroom = judge(quotas, required)
    assert [row.name for row in headroom.shortfalls] == alone
    assert headroom.fits is (alone == [])


def test_what_is_short_is_told_apart() -> None:
    headroom = judge(table(compute={"cores": (64, 20, 2)}), {"cores": 48})
    assert headroom.shortfalls == (Shortfall("cores", "compute", 64, 20, 2, 48, 6),)
    assert refusal(headroom, "level2") == (
        "What is required does not fit: cores has limit 64, used 20, reserved 2, required 48, missing 6;"
        " the smallest pack under which it would fit is level2."
    )


@pytest.mark.parametrize(
    ("name", "amount", "fits", "reason"),
    [
        ("routers", 1, None, "network reports no such quota"),
        ("listeners", 1, None, "load_balancer does not report how much of it is used"),
        ("key_pairs", 0, None, "compute does not report how much of it is used"),
        ("volumes", 1, None, "block_storage was not read"),
        ("gigabytes_CEPH_1_perf1", 1, None, "block_storage was not read"),
        # Unlimited needs no count, and what is more than the whole limit fits nowhere.
        ("l7_rules", 10**6, True, None),
        ("listeners", 11, False, None),
        # A limit on each single thing: the largest one alone has to be within it.
        ("metadata_items", 128, True, None),
        ("metadata_items", 129, False, None),
    ],
)
def test_unknown_never_fits(name: str, amount: int, fits: bool | None, reason: str | None) -> None:
    quotas = table(
        compute={"key_pairs": (10, None, None), "metadata_items": (128, None, None)},
        block_storage=None,
        network={"ports": (10, 1, 0)},
        load_balancer={"listeners": (10, None, None), "l7_rules": (None, None, None)},
    )
    headroom = judge(quotas, {name: amount})
    assert headroom.fits is fits
    assert [row.reason for row in headroom.unknown] == ([reason] if reason else [])


def test_short_beats_unknown_and_both_are_said() -> None:
    quotas = table(compute={"cores": (4, 4, 0)}, load_balancer={"listeners": (10, None, None)})
    headroom = judge(quotas, {"listeners": 11, "cores": 1, "pools": 1})
    assert headroom.fits is False
    assert [row.missing for row in headroom.shortfalls] == [1, 1]
    assert refusal(headroom, None) == (
        "What is required does not fit: listeners has limit 10, used unknown, reserved unknown, required 11,"
        " missing at least 1;"
        " cores has limit 4, used 4, reserved 0, required 1, missing 1;"
        " not known: pools (required 1: load_balancer reports no such quota)."
    )
    assert refusal(judge(quotas, {"pools": 1}), None) == (
        "Whether it fits is not known: pools (required 1: load_balancer reports no such quota)."
    )


def test_a_name_of_two_services_is_the_one_that_the_table_says() -> None:
    # A Nova older than 2.36 has floating IPs of its own, which it never counts.
    quotas = table(compute={"floating_ips": (-1, None, None)}, network={"floating_ips": (3, 3, 0)})
    assert judge(quotas, {"floating_ips": 1}).shortfalls[0].service == "network"


@pytest.mark.parametrize(
    "value", [True, False, 3.0, 0.5, -1, "-1", "3.0", "1e3", "", " 3", "٣", "three", None, [3], "9" * 20]
)
def test_an_amount_is_a_whole_number(value: Any) -> None:
    with pytest.raises(
        InvalidOption,
        match=r"^required\.cores: '.*' is not a quota amount; write a whole number from zero up\.$",
    ):
        parse_required({"cores": value})


def test_digits_are_a_number_too() -> None:
    assert parse_required({"cores": 12, "ram_mb": "49152", "ports": 0}) == {
        "cores": 12,
        "ram_mb": 49152,
        "ports": 0,
    }


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("core", "cores"),
        ("ram", "ram_mb"),
        ("floatingips", "floating_ips"),
        ("gigabytes_CEPH_1_perf9", "gigabytes_CEPH_1_perf1"),
        ("trunk", "trunks"),
    ],
)
def test_a_name_that_nobody_knows_is_refused_with_those_it_is_close_to(name: str, close: str) -> None:
    quotas = table(block_storage={"gigabytes_CEPH_1_perf1": (None, 0, 0)}, network={"trunks": (1, 0, 0)})
    with pytest.raises(
        InvalidOption, match=rf"^required\.{name}: there is no such quota; close to it: .*{close}"
    ):
        refuse_unknown_names([name], quotas, "required")


def test_names_that_may_be_right_are_not_refused() -> None:
    refuse_unknown_names(
        ["gigabytes_X", "routers", "trunks"],
        table(block_storage=None, network={"trunks": (1, 0, 0)}),
        "required",
    )
    with pytest.raises(InvalidOption, match=r"^required\.qqq: there is no such quota\.$"):
        refuse_unknown_names(["qqq"], {}, "required")


def test_the_fullest_come_first_and_the_threshold_itself_counts() -> None:
    quotas = table(
        compute={
            "cores": (10, 8, 0),
            "instances": (10, 7, 0),
            "ram_mb": (100, 90, 20),
            "key_pairs": (1, None, None),
        },
        network={
            "routers": (0, 1, 0),
            "ports": (0, 0, 0),
            "subnet_pools": (None, 9, 0),
            "networks": (5, 4, 0),
        },
        load_balancer=None,
    )
    assert [row["name"] for row in at_least(quotas, Decimal("0.8"))] == [
        "routers",
        "ram_mb",
        "cores",
        "networks",
    ]
    assert [row["name"] for row in at_least(quotas, Decimal(1))] == ["routers", "ram_mb"]
    rows = at_least(quotas, Decimal(0))
    assert [row["name"] for row in rows] == ["routers", "ram_mb", "cores", "networks", "instances"]
    assert rows[1] == {
        "service": "compute", "name": "ram_mb", "limit": 100, "used": 90, "reserved": 20, "free": -10,
        "utilization": 1.1, "unlimited": False,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["80", "-0.1", "1.000001", "NaN", "most", ""])
def test_a_threshold_is_a_part(text: str) -> None:
    with pytest.raises(InvalidOption, match="^warn_at: "):
        parse_warn_at(text)


@pytest.mark.parametrize(
    ("row", "free", "utilization"),
    [
        ((None, 5, 0), None, None),
        ((10, None, None), None, None),
        ((0, 0, 0), 0, None),
        ((10, 12, 1), -3, 1.3),
        ((3, 1, 0), 2, 0.333333),
    ],
)
def test_what_is_left(row: tuple[int | None, ...], free: int | None, utilization: float | None) -> None:
    told = to_result(Quota("cores", *row))  # type: ignore[arg-type]
    assert (told["limit"], told["used"], told["reserved"]) == row
    assert (told["free"], told["utilization"], told["unlimited"]) == (free, utilization, row[0] is None)
