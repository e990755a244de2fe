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

    needed: fields without whose columns a file is not of this format. categories: category of the file ->
    ours. charges: charge category of the file -> ours.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    categories: Mapping[str, str] = field(default_factory=dict)
    charges: Mapping[str, str] = field(default_factory=dict)


#: What is told by a mapping alone.
TABLE = BillFormat()
