# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the ledger's entries were ever told apart by (design/gate.md#values-that-were-never-seen)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .transaction import read

if TYPE_CHECKING:
    from .transaction import Transaction

_READ_DIMENSIONS = "SELECT DISTINCT category, project_id, project_name, region FROM dimension_set"
_READ_TAGS = "SELECT DISTINCT name, value FROM tag"


@dataclass(frozen=True)
class SeenValues:
    """Every value that an entry ever had. projects: ids and names. tags: key -> values."""

    categories: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_seen(transaction: Transaction) -> SeenValues:
    """The values of all entries, with two statements over the dimension sets, of which there are few."""
    rows = read(transaction, _READ_DIMENSIONS)
    tags: dict[str, set[str]] = {}
    for name, value in read(transaction, _READ_TAGS):
        tags.setdefault(name, set()).add(value)
    return SeenValues(
        categories=frozenset(row[0] for row in rows),
        projects=frozenset(name for row in rows for name in row[1:3] if name is not None),
        regions=frozenset(row[3] for row in rows if row[3] is not None),
        tags={name: frozenset(values) for name, values in tags.items()},
    )
