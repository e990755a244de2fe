# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What functions of Heat come to before the stack is made, by the examples of Heat's template guide
(design/estimates.md#heat).
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.heat_values import (
    UNKNOWN,
    ResourceReference,
    Values,
)

GIVEN = {
    "flavor": "m1.small",
    "size": "10",
    "zones": "a, b ,c",
    "sizes": {"web": ["small", {"gb": 5}]},
    "secret": "hush",
    "count": 3,
}
KINDS = {"size": "number", "zones": "comma_delimited_list", "sizes": "json", "count": "string"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"get_param": "flavor"}, "m1.small"),
        ({"get_param": "size"}, 10),
        ({"get_param": "count"}, "3"),
        ({"get_param": ["zones", 1]}, "b"),
        ({"get_param": ["sizes", "web", "1", "gb"]}, 5),
        ({"get_param": ["sizes", "db"]}, UNKNOWN),
        ({"get_param": "nobody"}, UNKNOWN),
        ({"get_param": {"get_attr": ["a", "b"]}}, UNKNOWN),
        ({"get_resource": "net"}, ResourceReference("net")),
        ({"get_attr": ["net", "id"]}, UNKNOWN),
        ({"list_join": ["-", ["a", {"get_param": "flavor"}], ["c"]]}, "a-m1.small-c"),
        ({"list_join": ["-", ["a", {"get_attr": ["b"]}]]}, UNKNOWN),
        ({"str_replace": {"template": "X1-X", "params": {"X": "a", "X1": {"get_param": "size"}}}}, "10-a"),
        ({"str_replace": {"template": "X", "params": {"X": {"get_attr": ["b"]}}}}, UNKNOWN),
        ({"if": ["big", "m1.large", "m1.small"]}, UNKNOWN),
        ({"team": "web"}, {"team": "web"}),
        ([{"get_param": "size"}, "%index%-x"], [10, "7-x"]),
    ],
)
def test_a_function_comes_to_what_the_guide_says(value: Any, expected: Any) -> None:
    values = Values(GIVEN, KINDS, frozenset({"secret"}), index=(("%index%", "7"),))
    assert values.of(value) == expected
    assert not values.saw_hidden


def test_what_is_hidden_is_noticed_wherever_it_is_read() -> None:
    values = Values(GIVEN, KINDS, frozenset({"secret"}))
    assert values.of(
        {"a": [{"str_replace": {"template": "X", "params": {"X": {"get_param": "secret"}}}}], "b": 1}
    )
    assert values.saw_hidden
