# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is planned by name is compared with what exists (design/estimates.md#what-a-change-costs)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.changes import Change, Flavors
from ansible_collections.finops.cloud.plugins.module_utils._estimate.planned import (
    parse_rows,
    planned,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.project_resources import (
    ProjectResources,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import Part, Shape

FAST_10 = Part(Shape("volume", "fast"), Fraction(10))
THERE = ProjectResources(named={("volume", "data"): FAST_10, ("volume", "odd"): "its type is unknown"})


def change_of(name: str, **options: Any) -> Change:
    (row,) = parse_rows([{"kind": "volume", "names": [name], "volume_type": "fast", **options}])
    (change,) = planned([row], THERE, Flavors([]))
    return change


@pytest.mark.parametrize(
    ("name", "state", "action"),
    [
        ("new", "present", "added"),
        ("data", "present", "changed"),
        ("odd", "present", "changed"),
        ("new", "absent", "removed"),
        ("data", "absent", "removed"),
        ("odd", "absent", "removed"),
    ],
)
def test_what_happens_to_a_resource_by_its_name(name: str, state: str, action: str) -> None:
    change = change_of(name, state=state, gb="20")
    assert change.action == action
    assert change.before == ((FAST_10,) if name == "data" else ())
    assert change.unknown == ("its type is unknown" if name == "odd" else None)


def test_only_what_is_present_costs_from_then_on() -> None:
    twenty = Part(Shape("volume", "fast"), Fraction(20))
    assert change_of("data", gb="20").after == (twenty,)
    assert change_of("new", gb="20").after == (twenty,)
    assert change_of("data", state="absent").after == ()
