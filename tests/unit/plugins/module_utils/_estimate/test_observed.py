# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rate is learned where it was seen often enough, in one unit, as one rate; else it says why not
(design/estimates.md#price-sources).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.observed import (
    MINIMUM_FRAMES,
    read_observed,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import KINDS, Shape
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.api import open_rating
from hypothesis import given
from hypothesis import strategies as st

from ....fake_rating import HOUR, FakeRating, Rated, rating_of

NOW = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)
NEWEST = datetime(2026, 11, 21, 3, tzinfo=UTC)
UNITS = {"volume.size": "GiB", "instance_up": "instance", "ip.floating": "ip"}
FAST = Shape("volume", "fast")


def disks(rates: Iterable[str], quantity: str = "200", resource: str = "disk") -> list[Rated]:
    """Points of a volume, the newest last, at these rates by GB."""
    listed = list(rates)
    first = NEWEST - HOUR * (len(listed) - 1)
    return [
        Rated(
            first + HOUR * number,
            "volume.size",
            quantity,
            str(Decimal(rate) * Decimal(quantity)),
            resource,
            (("volume_type", "fast"),),
        )
        for number, rate in enumerate(listed)
    ]


def rate(rating: FakeRating, shape: Shape = FAST, api: str = "auto") -> Fraction | str:
    return read_observed(open_rating(rating, api, 3600), NOW, KINDS).rate([shape])


@pytest.mark.parametrize("storage", ["v2", "v1"])
def test_a_rate_seen_in_three_periods_is_known_to_the_digit(storage: str) -> None:
    rating = rating_of(disks(["0.0085"] * 3), storage, UNITS)
    assert rate(rating) == Fraction("0.0085")
    # The newest periods, the points of 24 hours, which touch two days of v1, and v1's units.
    assert [path for path, _query in rating.asked if path.startswith("/v2")] == [
        "/v2/summary",
        "/v2/dataframes",
    ][: 2 if storage == "v2" else 1]


def test_shares_have_one_rate_by_gb_whatever_their_size() -> None:
    sizes = {"home": "10", "models": "300"}
    points = [
        Rated(NEWEST - HOUR * back, "manila.share.size", size, str(Decimal("0.004") * Decimal(size)), name)
        for back in range(3)
        for name, size in sizes.items()
    ]
    rating = rating_of(points, units={"manila.share.size": "GiB"})
    assert rate(rating, Shape("share")) == Fraction("0.004")
    dear = [Rated(NEWEST - HOUR * back, "manila.share.size", "1", "0.009", "ssd") for back in range(3)]
    two_types = rating_of([*points, *dear], units={"manila.share.size": "GiB"})
    assert "rated differently, at 0.004 and 0.009" in str(rate(two_types, Shape("share")))


@pytest.mark.parametrize(
    ("rated", "reason"),
    [
        (disks(["0.0085"] * (MINIMUM_FRAMES - 1)), "seen in 2 rated periods only, and 3 are needed"),
        (disks(["0.0085"] * 9 + ["0.009"] * 2), "seen in 2 rated periods only"),
        (
            disks(["0.0085"] * 3) + disks(["0.009"] * 3, resource="other"),
            "rated differently, at 0.0085 and 0.009",
        ),
        (disks(["0"] * 9), "it was rated at 0, which is not a price"),
        (disks(["0.0085"] * 3, quantity="0"), "had none of it rated lately"),
        ([], "had none of it rated lately"),
    ],
)
def test_what_is_not_sure_is_not_known(rated: list[Rated], reason: str) -> None:
    assert reason in str(rate(rating_of(rated, units=UNITS)))


def test_a_new_price_counts_from_its_third_period_on() -> None:
    assert rate(rating_of(disks(["0.0085"] * 9 + ["0.009"] * 3), units=UNITS)) == Fraction("0.009")


@pytest.mark.parametrize("unit", ["MB", "B", "instance"])
@pytest.mark.parametrize("storage", ["v2", "v1"])
def test_another_unit_is_not_taken(unit: str, storage: str) -> None:
    rating = rating_of(disks(["0.0085"] * 3), storage, {"volume.size": unit})
    assert str(rate(rating)) == f"it is rated by '{unit}', which is not one of gb, gib"


def test_points_before_the_newest_24_hours_are_not_looked_at() -> None:
    old = [Rated(NEWEST - timedelta(hours=24 + number), "ip.floating", "1", "0.2") for number in range(1, 9)]
    rating = rating_of(old + disks(["0.0085"] * 3), units=UNITS)
    assert "none of it rated lately" in str(rate(rating, Shape("floating_ip")))


def test_a_flavor_is_known_by_name_and_by_id() -> None:
    metadata = (("flavor_name", "small"), ("flavor_id", "f-1"))
    seen = [Rated(NEWEST - HOUR * number, "instance_up", "1", "0.35", "s", metadata) for number in range(3)]
    observed = read_observed(open_rating(rating_of(seen, units=UNITS), "auto", 3600), NOW, KINDS)
    assert observed.rate([Shape("instance", "small")]) == Fraction("0.35")
    assert observed.rate([Shape("instance", "renamed"), Shape("instance", "f-1")]) == Fraction("0.35")
    assert isinstance(observed.rate([Shape("stopped_instance", "small")]), str)


@given(
    st.lists(st.sampled_from(["0.1", "0.2"]), min_size=1, max_size=24),
    st.lists(st.sampled_from(["0.1", "0.2"]), min_size=0, max_size=2),
)
def test_a_rate_is_what_all_points_of_the_newest_periods_say(first: list[str], second: list[str]) -> None:
    found = rate(rating_of(disks(first) + disks(second, resource="other"), units=UNITS))
    per_period = [
        {first[-1 - back], *([second[-1 - back]] if back < len(second) else [])} for back in range(len(first))
    ]
    newest = per_period[0]
    agreeing = next((n for n, rates in enumerate(per_period) if rates != newest), len(per_period))
    if len(newest) == 1 and agreeing >= MINIMUM_FRAMES:
        assert found == Fraction(first[-1])
    else:
        assert isinstance(found, str)
