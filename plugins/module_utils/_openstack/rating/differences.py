# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Our own sums, held to the cloud's (design/reading-a-cloud.md#the-clouds-own-sums)."""

from __future__ import annotations

from decimal import Decimal

from ..._core.money import ROUNDING

#: A cloud's own sums carry the noise of floats (v2) or have five decimals (v1). More than that is another
#: sum.
_NOISE, _NOISE_OF_SUM = Decimal("1e-4"), Decimal("1e-9")


def is_noise(found: Decimal, cloud: Decimal) -> bool:
    """Whether a difference to a sum of the cloud's is no more than that sum's own noise."""
    return abs(found) <= max(_NOISE, ROUNDING.multiply(_NOISE_OF_SUM, abs(cloud)))
