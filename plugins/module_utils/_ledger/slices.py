# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Writing much by short transactions, so that whoever else writes waits for one of them only
(design/imports.md#whole-or-not-at-all).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import TypeVar

from .sql import Ledger
from .transaction import Transaction

#: How many rows one transaction writes at most, at first and at least: more where that is soon done, fewer
#: where it takes long.
ROWS_AT_ONCE = 20_000
_FIRST_ROWS, _FEWEST_ROWS = 2_000, 500
_SHORT_S, _LONG_S = 0.25, 0.6
#: After so long in transactions others get their turn. SQLite tells nobody that it is free: who waits looks
#: again after up to a tenth of a second.
_TURN_S, _TURN_OF_OTHERS_S = 0.25, 0.11
_One = TypeVar("_One")


class Slices:
    """Opens transactions one after the other, with time for others in between."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Ledger]]) -> None:
        self._transaction = transaction
        self._rows = min(_FIRST_ROWS, ROWS_AT_ONCE)
        self._took_s, self._held_s, self._free_since = 0.0, 0.0, 0.0
        self.created, self.on_postgresql = False, False
        #: What raises where this task may not go on.
        self.check: Callable[[], None] = lambda: None

    @property
    def rows(self) -> int:
        """How many rows the next transaction writes at most."""
        return self._rows

    @contextmanager
    def open(self) -> Iterator[Transaction]:
        """The next transaction."""
        with self.ledger() as ledger:
            yield ledger.connection

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The next transaction, with what is known of the ledger."""
        if self._held_s > _TURN_S and not self.on_postgresql:
            # What was done since then, such as reading the next rows, was their turn too.
            time.sleep(max(self._free_since + _TURN_OF_OTHERS_S - time.monotonic(), 0))
            self._held_s = 0.0
        self.check()
        began = time.monotonic()
        try:
            with self._transaction() as ledger:
                began = time.monotonic()
                self.on_postgresql = ledger.connection.on_postgresql
                self.created |= ledger.created
                yield ledger
        finally:
            self._free_since = time.monotonic()
            self._took_s = self._free_since - began
            self._held_s += self._took_s

    def write(self, rows: Iterable[_One], write: Callable[[Transaction, Sequence[_One]], None]) -> None:
        """Write all of these rows, so many by a transaction. They are read while nobody waits for one."""
        remaining = iter(rows)
        while some := list(islice(remaining, self._rows)):
            with self.open() as opened:
                write(opened, some)
            if len(some) == self._rows:
                self._adapt()

    def repeat(self, work: Callable[[Transaction, int], bool]) -> None:
        """Do so much of a work by a transaction, until it says that nothing is left. work: gets how many rows
        it may write.
        """
        is_left = True
        while is_left:
            with self.open() as opened:
                is_left = work(opened, self._rows)
            self._adapt()

    def _adapt(self) -> None:
        """Have the next transaction write more or fewer rows, by what this one took."""
        if self._took_s > _LONG_S:
            self._rows = max(self._rows // 2, _FEWEST_ROWS)
        elif self._took_s < _SHORT_S:
            self._rows = min(self._rows * 2, ROWS_AT_ONCE)
