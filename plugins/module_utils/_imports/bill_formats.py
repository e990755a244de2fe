# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which columns of a provider's bill tell what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from .._core.errors import InvalidOption


@dataclass(frozen=True)
class BillFormat:
    """columns: field -> the columns that tell it, the first one that the file has and that says something.

    needed: fields without whose columns a file is not of this format. categories: service or category of the
    file -> ours. charges: charge category of the file -> ours. tag_columns: what the names of columns begin
    with that hold one tag each. any_case: whether columns are written in upper and lower case as it comes.
    date_format: of dates that are not ISO 8601. timezone: of moments without one. last_day: whether a billing
    period ends with its last day, and not behind it. by_month: whether it is a month, written as 202611.
    credits: columns of JSON, of which the first there is lists each row's credits, which are charges of their
    own. values: fields that no column tells.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    categories: Mapping[str, str] = field(default_factory=dict)
    charges: Mapping[str, str] = field(default_factory=dict)
    tag_columns: tuple[str, ...] = ()
    any_case: bool = False
    date_format: str | None = None
    timezone: str | None = None
    last_day: bool = False
    by_month: bool = False
    credits: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    def is_of(self, columns: Collection[str]) -> bool:
        """Whether a file with these columns may be of this format; never of a format that needs none."""
        there = {name.lower() for name in columns} if self.any_case else columns
        spelled = (
            [name.lower() if self.any_case else name for name in self.columns[one]] for one in self.needed
        )
        return bool(self.needed) and all(any(name in there for name in names) for names in spelled)


#: What is told by a mapping alone.
TABLE = BillFormat()


def another_format(file_name: str, name: str) -> InvalidOption:
    """The refusal of a file whose columns are those of another format than the task says."""
    return InvalidOption("format", f"'{file_name}' has the columns of {name}; set `format: {name}`.")
