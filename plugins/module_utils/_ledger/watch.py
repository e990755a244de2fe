# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Who looks at what a feed has written before it is committed: the feeds know no budgets,
which come after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from .entries import Entry
from .sql import Ledger


class Watch(Protocol):
    """Gets the ledger, None where nothing was written, and the entries that are new in it, None for more than
    a list should hold. kinds: in place of those one entry of each kind.

    What it returns is told in the task's result.
    """

    def __call__(
        self, ledger: Ledger | None, written: Sequence[Entry] | None, kinds: Iterable[Entry] = (), /
    ) -> Mapping[str, Any]:
        """Look at what was written."""


def unwatched(
    _ledger: Ledger | None, _written: Sequence[Entry] | None, _kinds: Iterable[Entry] = ()
) -> Mapping[str, Any]:
    """Nobody looks."""
    return {}
