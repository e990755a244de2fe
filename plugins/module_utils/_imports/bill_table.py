# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A bill's file as a table, whatever it is written in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A file's rows. rows: where each stands (`line 3`, of Parquet `row 3`) and its cells as text."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str]]]
    counts: str

    def position(self, number: int) -> str:
        """Where a row stands, for a sentence."""
        return f"{self.name} {self.counts} {number}"
