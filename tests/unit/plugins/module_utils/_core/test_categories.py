# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which category a metric belongs to: the table, and what users say."""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.categories import (
    category_of,
    parse_categories,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption


@pytest.mark.parametrize(
    ("metric", "category"),
    [
        ("instance_up", "compute"),
        ("instance_reserved", "compute"),
        ("image.size", "storage"),
        ("volume.snapshot.size", "storage"),
        ("volume.backup.size", "storage"),
        ("manila.share.size", "storage"),
        ("storage.objects.outgoing.bytes", "storage"),
        ("ip.floating", "network"),
        ("network.ports.router-gw-ext-floating1", "network"),
        ("network.services.lb.loadbalancer", "network"),
        ("gpu.hours", "other"),
    ],
)
def test_the_metrics_of_the_providers_documentation_have_a_category(metric: str, category: str) -> None:
    assert category_of(metric) == category


def test_what_a_user_says_of_a_metric_stands_before_the_table_and_for_no_other_metric() -> None:
    given = parse_categories({"gpu.hours": "compute", "instance_up": "other"})
    assert category_of("gpu.hours", given) == "compute"
    assert category_of("instance_up", given) == "other"
    assert category_of("instance_reserved", given) == "compute"


@pytest.mark.parametrize("category", ["computing", "", None, 1, []])
def test_a_category_that_there_is_not_is_refused_by_name(category: object) -> None:
    with pytest.raises(
        InvalidOption, match=r"^metric_categories.gpu.hours: '.*' is not a category; use one of llm_inf"
    ):
        parse_categories({"gpu.hours": category})
