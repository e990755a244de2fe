# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The rows of a delivery in a file of their own until they are written, read and checked while nobody waits
(design/imports.md#whole-or-not-at-all).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from .._core.money import NANO_PER_UNIT
from .._core.periods import Window, moment_of
from .._ledger.dimension_sets import Dimensions
from .._ledger.entries import Entry
from .._ledger.entry_rows import ChargeRow
from .._ledger.series import EntryKey, NumberedSeries
from .bill_rows import Charge

_AT_ONCE = 5_000
_REMEMBERED = 20_000
_DAY_S = 86_400
_SERIES_LENGTH = len(NumberedSeries._fields)
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8192;
CREATE TABLE dimension (number INTEGER PRIMARY KEY, columns TEXT NOT NULL UNIQUE);
CREATE TABLE dimension_id (number INTEGER PRIMARY KEY, ledger_id INTEGER NOT NULL);
CREATE TABLE charge (
    scope INTEGER, part INTEGER, digest TEXT, piece INTEGER, dimension INTEGER, metric TEXT, resource_id TEXT,
    resource_name TEXT, resource_type TEXT, description TEXT, period_begin INTEGER, period_end INTEGER,
    unit TEXT, quantity TEXT, amount_nano INTEGER
);
CREATE TABLE numbered (
    scope INTEGER, part INTEGER, digest TEXT, number INTEGER, piece INTEGER, dimension INTEGER, metric TEXT,
    resource_id TEXT, resource_name TEXT, resource_type TEXT, description TEXT, period_begin INTEGER,
    period_end INTEGER, unit TEXT, quantity TEXT, amount_nano INTEGER
);
CREATE INDEX numbered_by_scope ON numbered (scope);
CREATE TABLE written (
    scope INTEGER, name TEXT, id INTEGER, version INTEGER, reverses INTEGER, category TEXT, currency TEXT,
    whole INTEGER, rest INTEGER
);
CREATE TABLE skipped (scope INTEGER, part INTEGER, PRIMARY KEY (scope, part));
-- How many of each row are there already where a delivery is added.
CREATE TABLE counted (scope INTEGER, digest TEXT, number INTEGER, PRIMARY KEY (scope, digest));
CREATE TABLE valid (
    scope INTEGER, name TEXT, id INTEGER, category TEXT, currency TEXT, whole INTEGER, rest INTEGER,
    PRIMARY KEY (scope, name)
);
CREATE TABLE newest (scope INTEGER, name TEXT, version INTEGER, PRIMARY KEY (scope, name));
"""
_ADD = f"INSERT INTO charge VALUES ({', '.join('?' * 15)})"  # noqa: S608
#: Which of the rows alike each row is, in the order of the keys.
_NUMBER = """
INSERT INTO numbered
SELECT scope, part, digest, row_number() OVER (PARTITION BY scope, digest, piece ORDER BY part, rowid), piece,
    dimension, metric, resource_id, resource_name, resource_type, description, period_begin, period_end, unit,
    quantity, amount_nano
FROM charge ORDER BY scope, digest
"""
_NAMED = """
SELECT numbered.scope AS scope, numbered.digest || '/' || (coalesce(counted.number, 0) + numbered.number)
        || '/' || piece AS name,
    dimension, metric, resource_id, resource_name, resource_type, description, period_begin, period_end, unit,
    quantity, amount_nano
FROM numbered
LEFT JOIN counted ON counted.scope = numbered.scope AND counted.digest = numbered.digest
WHERE numbered.scope = :scope
    AND NOT EXISTS (
        SELECT 1 FROM skipped WHERE skipped.scope = numbered.scope AND skipped.part = numbered.part
    )
"""
_NEW = f"""
SELECT named.*, coalesce(newest.version, 0) + 1 AS version FROM ({_NAMED}) AS named
LEFT JOIN valid ON valid.scope = named.scope AND valid.name = named.name
LEFT JOIN newest ON newest.scope = named.scope AND newest.name = named.name
WHERE valid.id IS NULL
"""  # noqa: S608
#: A series, and what a row of it has besides.
_ROWS = f"""
SELECT ledger_id, period_end - period_begin, metric, resource_id, resource_name, resource_type, unit,
    description, :prefix || name, period_begin, quantity, amount_nano, version
FROM ({_NEW}) JOIN dimension_id ON dimension_id.number = dimension
"""  # noqa: S608
_GONE = f"""
SELECT valid.* FROM valid WHERE valid.scope = :scope AND valid.name NOT IN (SELECT name FROM ({_NAMED}))
"""  # noqa: S608
_SUMS_OF_GONE = f"""
SELECT category, currency, sum(whole), sum(rest), count(*) FROM ({_GONE}) GROUP BY 1, 2
"""  # noqa: S608
_SUMS = f"""
SELECT dimension, sum(amount_nano / {NANO_PER_UNIT}), sum(amount_nano - amount_nano / {NANO_PER_UNIT}
    * {NANO_PER_UNIT}), count(*) FROM ({_NEW}) GROUP BY dimension
"""  # noqa: S608
_BUCKETS = f"""
SELECT ledger_id, (period_begin + 864000000000) / :length * :length - 864000000000,
    sum(amount_nano / {NANO_PER_UNIT}),
    sum(amount_nano - amount_nano / {NANO_PER_UNIT} * {NANO_PER_UNIT}), count(*)
FROM ({_NEW}) JOIN dimension_id ON dimension_id.number = dimension GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608


class Staging:
    """The rows of a delivery, and of the ledger what they are compared with."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Any, ...]] = []
        self._numbers: dict[Dimensions, int] = {}

    def add(
        self, scope: int, part: int, digest: bytes, charge: Charge, spread: bool, first_piece: int = 0
    ) -> int:
        """A charge of a row of the delivery; the number of the piece behind it. spread: by the day over the
        time that it is for. first_piece: of a row with more charges, how many pieces come before.
        """
        dimensions, *texts, begin, end, unit, quantity, amount_nano = charge
        number = self._numbers.get(dimensions) or self._number(dimensions)
        waiting, name, piece = self._waiting, digest.hex(), first_piece
        if spread and end - begin > _DAY_S:
            for first, last, share in by_day(begin, end, amount_nano):
                waiting.append((scope, part, name, piece, number, *texts, first, last, None, None, share))
                piece += 1
        else:
            waiting.append(
                (scope, part, name, piece, number, *texts, begin, end, unit, quantity, amount_nano)
            )
            piece += 1
        if len(waiting) >= _AT_ONCE:
            self.flush()
        return piece

    def flush(self) -> None:
        """Have all rows in the file."""
        self._connection.executemany(_ADD, self._waiting)
        self._waiting.clear()

    def seal(self) -> None:
        """Have all rows ready to be written: nothing more is added."""
        self.flush()
        self._connection.execute(_NUMBER)
        self._connection.execute("DROP TABLE charge")

    def forget_written(self) -> None:
        """Forget what was said of the ledger: it may have changed meanwhile."""
        for table in ("written", "skipped", "counted", "valid", "newest"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608

    def skip(self, scope: int, part: int) -> None:
        """Leave a file out for a bill: the ledger has it."""
        self._connection.execute("INSERT INTO skipped VALUES (?, ?)", (scope, part))

    def compare(self, scope: int, written: Iterable[Sequence[Any]], prefix: str, adding: bool) -> None:
        """Take in what the ledger has of a bill, as bills.written() tells it. adding: none of it is gone."""
        rows = ((scope, key[len(prefix) :], *rest) for key, *rest in written)
        self._connection.executemany("INSERT INTO written VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        asked = {"scope": scope}
        self._connection.execute(
            "INSERT INTO newest SELECT scope, name, max(version) FROM written WHERE scope = :scope"
            " GROUP BY scope, name",
            asked,
        )
        target = "counted" if adding else "valid"
        number = "CAST(substr(name, 34, instr(substr(name, 34), '/') - 1) AS INTEGER)"
        chosen = (
            f"scope, substr(name, 1, 32), max({number})"
            if adding
            else "scope, name, id, category, currency, whole, rest"
        )
        grouped = " GROUP BY 1, 2" if adding else ""
        self._connection.execute(
            f"INSERT INTO {target} SELECT {chosen} FROM written"  # noqa: S608
            " WHERE scope = :scope AND reverses IS NULL AND id NOT IN"
            f" (SELECT reverses FROM written WHERE scope = :scope AND reverses IS NOT NULL){grouped}",
            asked,
        )

    def absorb(self, scope: int, written: Iterable[Sequence[Any]], number: int) -> None:
        """Have all that another bill brought be gone from this one. number: tells the bills apart."""
        named = ((f"{number}/{key}", *rest) for key, *rest in written)
        held = list(named)
        reversed_ids = {one[3] for one in held}
        self._connection.executemany(
            "INSERT INTO valid VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (scope, name, number_of_row, category, currency, whole, rest)
                for name, number_of_row, _version, reverses, category, currency, whole, rest in held
                if reverses is None and number_of_row not in reversed_ids
            ),
        )

    def number_dimensions(self, ids: Iterable[tuple[int, int]]) -> None:
        """Take in the ids that dimensions have in the ledger, by their numbers here."""
        self._connection.executemany("INSERT OR REPLACE INTO dimension_id VALUES (?, ?)", ids)

    def new(self, scope: int, source: str, prefix: str) -> Iterator[ChargeRow]:
        """The entries that a bill brings and the ledger has not."""
        # No generator: who stops in the middle may have closed the connection before.
        rows = self._connection.execute(_ROWS, {"scope": scope, "prefix": prefix})
        return map(partial(_charge_row, source), rows)

    def buckets(self, scope: int, length_s: int) -> Iterator[tuple[int, int, int, int]]:
        """The sums of what is new by dimension and bucket: id of the dimension, begin, 1e-9, count."""
        asked = {"scope": scope, "length": length_s}
        for ledger_id, begin, whole, rest, count in self._connection.execute(_BUCKETS, asked):
            yield ledger_id, begin, whole * NANO_PER_UNIT + rest, count

    def gone(self, scope: int) -> list[int]:
        """The ids of the entries that the bill has no more."""
        return [row[2] for row in self._rows(_GONE, scope)]

    def dimensions(self) -> Iterator[list[tuple[int, Dimensions]]]:
        """All dimensions by their numbers, some at a time."""
        cursor = self._connection.execute("SELECT number, columns FROM dimension ORDER BY number")
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [(number, Dimensions(*json.loads(columns))) for number, columns in rows]

    def sums_of_new(self, scope: int) -> Iterator[tuple[Dimensions, int, int]]:
        """What is new by dimension: its sum in 1e-9, and how many entries that is."""
        for number, whole, rest, count in self._rows(_SUMS, scope):
            yield self.dimension(number), whole * NANO_PER_UNIT + rest, count

    def sums_of_gone(self, scope: int) -> Iterator[tuple[str, str, int, int]]:
        """What is gone by category and currency: its sum in 1e-9, and how many entries that is."""
        for category, currency, whole, rest, count in self._rows(_SUMS_OF_GONE, scope):
            yield category, currency, whole * NANO_PER_UNIT + rest, count

    def count_valid(self, scope: int) -> int:
        """How many entries the ledger has of the bill that is replaced."""
        return int(self._rows("SELECT count(*) FROM valid WHERE scope = :scope", scope).fetchone()[0])

    def kinds(self, source: str) -> Iterator[Entry]:
        """The earliest charge of each dimension that is not 0: it is the likeliest to lack a rate."""
        statement = (
            "SELECT dimension, min(period_begin) FROM numbered WHERE amount_nano <> 0 GROUP BY dimension"
        )
        for number, begin in self._connection.execute(statement):
            one = self.dimension(number)
            moment: datetime = moment_of(begin)
            yield Entry(
                source,
                "",
                period=Window(moment, moment),
                amount_nano=1,
                **{**one._asdict(), "tags": json.loads(one.tags)},
            )

    def dimension(self, number: int) -> Dimensions:
        """The dimensions of a number."""
        found = self._connection.execute("SELECT columns FROM dimension WHERE number = ?", (number,))
        return Dimensions(*json.loads(found.fetchone()[0]))

    def _number(self, dimensions: Dimensions) -> int:
        columns = json.dumps(dimensions)
        self._connection.execute("INSERT OR IGNORE INTO dimension (columns) VALUES (?)", (columns,))
        found = self._connection.execute("SELECT number FROM dimension WHERE columns = ?", (columns,))
        if len(self._numbers) > _REMEMBERED:
            self._numbers.clear()
        number = self._numbers[dimensions] = int(found.fetchone()[0])
        return number

    def _rows(self, statement: str, scope: int) -> sqlite3.Cursor:
        return self._connection.execute(statement, {"scope": scope})


@contextmanager
def opened() -> Iterator[Staging]:
    """An empty staging. Its file has no name, so that it is gone with this process, however that ends."""
    # What SQLite calls a temporary database.
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.executescript(_TABLES)
        connection.execute("BEGIN")
        yield Staging(connection)


def by_day(begin: int, end: int, amount_nano: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end and share of each day in UTC that a charge is for; the shares add up to it exactly."""
    first, booked = begin, 0
    while first < end:
        last = min(first // _DAY_S * _DAY_S + _DAY_S, end)
        until = amount_nano * (last - begin) // (end - begin)
        yield first, last, until - booked
        first, booked = last, until


def _charge_row(source: str, row: tuple[Any, ...]) -> ChargeRow:
    key, *others = row[_SERIES_LENGTH:]
    return ChargeRow(NumberedSeries._make(row[:_SERIES_LENGTH]), EntryKey(source, key), *others)
