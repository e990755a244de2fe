# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Our own sums, held to the cloud's (design/reading-a-cloud.md#the-clouds-own-sums)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ..._core.errors import Malformed
from ..._core.money import EXACT, ROUNDING, exact_sum, plain
from ..connection import Service

#: A cloud's own sums carry the noise of floats (v2) or have five decimals (v1). More than that is another
#: sum.
_NOISE, _NOISE_OF_SUM = Decimal("1e-4"), Decimal("1e-9")


def difference(service: Service, reading: str, own: Iterable[Decimal], cloud: Decimal) -> Decimal:
    """Our own sum less the cloud's. Raises Malformed where that is more than noise."""
    total = exact_sum(own)
    found = EXACT.subtract(total, cloud)
    if not is_noise(found, cloud):
        problem = f"they add up to {plain(total)}, but the cloud's own sum is {plain(cloud)}"
        raise Malformed(reading, service.url, problem)
    return found


def is_noise(found: Decimal, cloud: Decimal) -> bool:
    """Whether a difference to a sum of the cloud's is no more than that sum's own noise."""
    return abs(found) <= max(_NOISE, ROUNDING.multiply(_NOISE_OF_SUM, abs(cloud)))
