# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What entries, budgets and options call the kinds of cost, which kind a cloud's metric belongs to, and which
metrics are flows (design/imports.md#run-rate).

Names of metrics are the operator's (metrics.yml of CloudKitty), so the table goes by how they begin; users
say more by the option metric_categories. Source: the metrics of Infomaniak's public cloud (documentation of
its billing, read 2026-11-21) and those of CloudKitty's default metrics.yml (23.0.0).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .errors import InvalidOption

CHARGE_CATEGORIES = ("usage", "purchase", "credit", "adjustment", "tax")
CATEGORIES = ("llm_inference", "llm_embedding", "compute", "storage", "network", "api_calls", "other")

OTHER = "other"
#: How a metric's name begins -> its category, by the first that matches.
SHIPPED = (
    ("instance", "compute"),
    ("cpu", "compute"),
    ("volume", "storage"),
    ("snapshot", "storage"),
    ("backup", "storage"),
    ("image", "storage"),
    ("manila", "storage"),
    ("storage", "storage"),
    ("radosgw", "storage"),
    ("ip", "network"),
    ("floating", "network"),
    ("network", "network"),
    ("router", "network"),
    ("loadbalancer", "network"),
    ("load_balancer", "network"),
    ("octavia", "network"),
)
#: How the names of flows begin: they count what happens, such as traffic and requests, and not what is there.
#: Source: that of SHIPPED, and Ceilometer's list of measurements (2026.1).
FLOWS = (
    "bandwidth",
    "network.incoming.",
    "network.outgoing.",
    "network.services.",
    "storage.api.request",
    "storage.objects.incoming.",
    "storage.objects.outgoing.",
    "radosgw.api.request",
    "loadbalancer.incoming.",
    "loadbalancer.outgoing.",
    "disk.device.read.",
    "disk.device.write.",
)


def category_of(metric: str, given: Mapping[str, str] | None = None) -> str:
    """The category of a metric: what the user gave for exactly this name, else the table's, else other."""
    if given and metric in given:
        return given[metric]
    return next((category for begin, category in SHIPPED if metric.startswith(begin)), OTHER)


def is_flow(metric: str, given: Collection[str] | None = None) -> bool:
    """Whether a metric counts what happens: one of those that the user gave, else of the table. Any other is
    of state.
    """
    return metric.startswith(FLOWS) if given is None else metric in given


def parse_categories(given: Mapping[str, object]) -> dict[str, str]:
    """The option metric_categories: metric -> category.

    Raises InvalidOption for an unknown category.
    """
    for metric, category in given.items():
        if category not in CATEGORIES:
            raise InvalidOption(
                f"metric_categories.{metric}",
                f"'{category}' is not a category; use one of {', '.join(CATEGORIES)}.",
            )
    return {str(metric): str(category) for metric, category in given.items()}
