# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a cloud rates: its metrics, their units and metadata, as its operator has named them.

A plain GET rather than python-cloudkittyclient: it is one request for one list, and so it is retried, timed
out, counted and told in a sentence as every other one is (design/reading-a-cloud.md), without a
library more. Source: https://docs.openstack.org/cloudkitty/latest/api-reference/v1/ (GET /v1/info/metrics,
open to everybody).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..connection import Service


@dataclass(frozen=True)
class RatedMetric:
    """One type of resource that is rated: its name, what its quantities are counted in, and the keys that its
    points tell more by.
    """

    name: str
    unit: str
    metadata: tuple[str, ...]


def rated_metrics(rating: Service) -> tuple[RatedMetric, ...]:
    """What the cloud rates, by name. One request, with both APIs. Raises CloudError."""
    reading = "what is rated"
    body = rating.get(reading, "/v1/info/metrics").body
    found = [
        RatedMetric(
            name=rating.member(reading, row, "metric_id", str),
            unit=rating.member(reading, row, "unit", str),
            metadata=tuple(rating.member(reading, row, "metadata", list)),
        )
        for row in rating.member(reading, body, "metrics", list)
    ]
    return tuple(sorted(found, key=lambda metric: metric.name))
