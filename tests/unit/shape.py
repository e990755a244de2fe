# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer looks like, apart from what it says: the keys at every level and the JSON types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Below these keys names are data, such as metadata and metrics, and ids are everywhere.
OPEN = ("metadata", "addresses", "usage", "metrics", "desc", "volume_image_metadata", "attributes")


@dataclass
class Shape:
    """Which types a place has been seen with, and the shapes below it."""

    types: set[str] = field(default_factory=set)
    keys: dict[str, Shape] = field(default_factory=dict)
    items: list[Shape] = field(default_factory=list)

    def see(self, value: Any, name: str = "") -> Shape:
        """Add what a value looks like.

        Lists of scalars are rows, told apart by position; other lists are sets.
        """
        self.types.add(type(value).__name__)
        if isinstance(value, dict):
            for key, one in value.items():
                self.keys.setdefault("*" if name in OPEN or ID.fullmatch(key) else key, Shape()).see(one, key)
        elif isinstance(value, list):
            rows = name != "results" and any(not isinstance(one, (dict, list)) for one in value)
            for position, one in enumerate(value):
                place = position if rows else 0
                while len(self.items) <= place:
                    self.items.append(Shape())
                self.items[place].see(one)
        return self


def differences(real: Shape, ours: Shape, path: str = "") -> list[str]:
    """What the sandbox's shape has that the real one has not, and the other way round; null is nobody's
    difference.
    """
    known, seen = real.types - {"NoneType"}, ours.types - {"NoneType"}
    found = [f"{path}: {sorted(seen)} instead of {sorted(known)}"] if known and not seen <= known else []
    if real.keys and ours.keys:
        found += [f"{path}.{key}: missing" for key in real.keys.keys() - ours.keys.keys()]
        found += [f"{path}.{key}: not in the real answer" for key in ours.keys.keys() - real.keys.keys()]
    for key in real.keys.keys() & ours.keys.keys():
        found += differences(real.keys[key], ours.keys[key], f"{path}.{key}")
    for number, (one, other) in enumerate(zip(real.items, ours.items, strict=False)):
        found += differences(one, other, f"{path}[{number}]")
    return found
