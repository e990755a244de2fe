# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which columns of a provider's bill tell what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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


#: What is told by a mapping alone.
TABLE = BillFormat()
