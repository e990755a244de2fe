# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Our own sums, held to the cloud's (design/reading-a-cloud.md#the-clouds-own-sums)."""

from __future__ import annotations

from decimal import Decimal

from ..._core.money import ROUNDING

_NOISE = Decimal("1e-4")
#: A cloud's own sums carry the noise of floats. More than that is another sum.
NOISE_OF_SUM = Decimal("1e-9")
#: Sums of v1 have five decimals, and its storage in SQL keeps each point as a float of 32 bits: six digits.
NOISE_OF_SUM_V1 = Decimal("1e-5")


def is_noise(found: Decimal, cloud: Decimal, noise_of_sum: Decimal = NOISE_OF_SUM) -> bool:
    """Whether a difference to a sum of the cloud's is no more than that sum's own noise.

    noise_of_sum: the part of the sum that may be noise.
    """
    return abs(found) <= max(_NOISE, ROUNDING.multiply(noise_of_sum, abs(cloud)))
