# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A listed price counts between its dates, net of tax, with its source; the user's stands in place of the
shipped one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.price_list import (
    SHIPPED,
    DatedPrices,
    ListedPrice,
    parse_prices,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import Shape

NOW = datetime(2026, 11, 21, tzinfo=UTC)
IP = Shape("floating_ip")
ROW: dict[str, Any] = {
    "kind": "floating_ip", "amount": "3.65", "currency": "CHF", "hours": "730", "valid_from": "2026-01-01",
    "tax": "excluded", "source": "the contract", "second_hand": False,
}  # fmt: skip


def price(*rows: dict[str, Any], shipped: bool = False) -> ListedPrice | str:
    return DatedPrices(parse_prices({**ROW, **row} for row in rows), shipped).price([IP], NOW)


@pytest.mark.parametrize(
    ("rows", "amount"),
    [
        ([{}], "3.65"),
        ([{"valid_until": "2026-11-22"}], "3.65"),
        ([{}, {"amount": "4", "valid_from": "2026-11-21"}], "4"),
        ([{"amount": "4", "valid_from": "2026-11-22"}, {}], "3.65"),
        ([{"amount": "0"}], "0"),
    ],
)
def test_the_newest_that_is_valid_counts(rows: list[dict[str, Any]], amount: str) -> None:
    found = price(*rows)
    assert isinstance(found, ListedPrice)
    assert str(found.amount) == amount
    assert found.format_source().startswith("the contract, from 2026-")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "it is not in the price list"),
        ([{"valid_from": "2026-11-22"}], "its price in the list is valid from 2026-11-22T00:00:00Z on only"),
        ([{"valid_until": "2026-11-21"}], "its price in the list was valid until 2026-11-21T00:00:00Z"),
        # An older one that has no end does not come back where its successor has ended.
        (
            [{}, {"valid_from": "2026-05-01", "valid_until": "2026-06-01"}],
            "its price in the list was valid until",
        ),
        ([{"tax": "included"}], "its price in the list includes tax"),
    ],
)
def test_outside_of_its_dates_or_with_tax_it_is_none(rows: list[dict[str, Any]], reason: str) -> None:
    assert str(price(*rows)).startswith(reason)


def test_a_price_of_the_user_stands_in_place_of_the_shipped_one_also_where_it_is_not_valid() -> None:
    shipped = price(shipped=True)
    assert isinstance(shipped, ListedPrice)
    assert shipped.second_hand
    assert shipped.format_source().endswith("second-hand")
    assert isinstance(price({"valid_from": "2027-01-01"}, shipped=True), str)
    assert price(shipped=False) == "it is not in the price list"


def test_every_shipped_price_says_when_and_by_whom_it_was_seen_and_that_it_is_second_hand() -> None:
    assert len({one.shape for one in SHIPPED}) == len(SHIPPED)
    for one in SHIPPED:
        assert one.second_hand
        assert one.tax == "excluded"
        assert one.source
        assert one.valid_from < NOW
        assert one.amount > 0
