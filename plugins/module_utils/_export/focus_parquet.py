# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""FOCUS as Parquet, a folder for each billing month, as Spark, Trino, DuckDB and warehouses read it where one
machine no longer does.

Numbers are DECIMAL(38, 18), moments TIMESTAMP in UTC, tags JSON as text. A month is in one file, put in place
when it is whole.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.files import AS_IT_COMES, FileAttributes, new_file, refusing
from .._core.periods import Calendar, Window, iso, period_at
from . import attos
from .focus import Charge, Kind, Numbers, Times
from .focus_columns import NUMBER, OF_A_KIND, OF_EACH, TEXT, TIME, Column, columns_of

if TYPE_CHECKING:
    import pyarrow

#: What partitions are called; not like a column, as readers add it to those of the files.
PARTITION = "billing_period"
_FILE = "focus.parquet"
_MODE = 0o600
#: Of how many charges a row group is, which is what is held in memory.
_ROWS_AT_ONCE = 50_000
_DIGITS = 38
#: Numbers are written as they lie in memory: 128 bits, the lowest byte first (Apache Arrow's columnar format,
#: Decimal).
_DECIMAL_BYTES = 16
_MICROSECONDS = 1_000_000
_NUMBER_FIELDS = (
    "billed", "billed", "billed", "billed", "unit_price", "unit_price", "pricing_quantity", "consumed_quantity", "recorded",
    "own_unit_price", "own_unit_price", "recorded",
)  # fmt: skip
_TIME_FIELDS = ("billing_begin", "billing_end", "begin", "end")

#: What charges have in common.
_Part = TypeVar("_Part", Kind, Numbers, Times)


@dataclass(frozen=True)
class Written:
    """What became of a month: its file, how many charges are in it, and whether it has changed.

    Without a charge there is no file.
    """

    month: str
    path: Path
    count: int
    changed: bool


@dataclass(frozen=True)
class _Taken:
    """Charges of a row group, each part in a list of its own, as Python's collector of cycles would go
    through as many tuples again.
    """

    kinds: list[Kind]
    numbers: list[Numbers]
    times: list[Times]
    versions: list[int]
    keys: list[str]


def checked(dest: str, window: Window, zone: str) -> Path:
    """The folder behind the option dest.

    Raises InvalidOption where it cannot be one, or where the window cuts a month.

    A month is replaced as a whole: a part of it would take the rest away.
    """
    path = Path(os.path.realpath(dest))
    if not path.parent.is_dir() or (path.exists() and not path.is_dir()):
        raise InvalidOption(
            "dest", f"'{dest}' is no folder, nor the name of a new one in a folder that is there."
        )
    calendar = Calendar("monthly", zone)
    for option, edge in (("begin", window.begin), ("end", window.end)):
        month = period_at(calendar, edge)
        if month is not None and month.begin != edge:
            raise InvalidOption(
                option,
                f"Parquet is written by whole billing months, and {iso(edge)} lies inside of one; begin it on the 1st in {zone}.",
            )
    return path


def months_of(window: Window, zone: str) -> dict[int, str]:
    """Begin of each billing month of a window of whole ones -> its name, such as 2026-11."""
    calendar, begin, found = Calendar("monthly", zone), window.begin, dict[int, str]()
    while begin < window.end:
        month = period_at(calendar, begin)
        if month is None:
            raise ValueError("months have no gaps")
        found[int(begin.timestamp())] = f"{begin.astimezone(ZoneInfo(zone)):%Y-%m}"
        begin = month.end
    return found


def write(
    folder: Path,
    charges: Iterable[Charge],
    version: str,
    months: dict[int, str],
    check_mode: bool,
    attributes: FileAttributes = AS_IT_COMES,
) -> list[Written]:
    """The charges, which come in order of time, as folder/billing_period=2026-11/focus.parquet; what a month
    without any had is removed.

    months: the billing months of the window by their begin. In check mode files are compared and not put in
    place. attributes: of each file, mode 0600 where they name none. Raises InvalidOption naming dest for what
    the file system refuses.
    """
    done: list[Written] = []
    by_month = groupby(charges, key=_month_of)
    told = next(by_month, None)
    with refusing("dest", folder):
        for begin, name in months.items():
            path = folder / f"{PARTITION}={name}" / _FILE
            if told is not None and told[0] == begin:
                done.append(_write_month(name, path, told[1], version, check_mode, attributes))
                told = next(by_month, None)
            else:
                done.append(_remove_month(name, path, check_mode))
    if told is not None:
        raise ValueError(
            f"a charge is billed in {datetime.fromtimestamp(told[0], UTC)}, outside of the months that are written"
        )
    return done


def _month_of(charge: Charge) -> int:
    """Begin of the billing month."""
    _kind, _numbers, times, _version, _key = charge
    return times.billing_begin


def _write_month(
    name: str,
    path: Path,
    charges: Iterator[Charge],
    version: str,
    check_mode: bool,
    attributes: FileAttributes,
) -> Written:
    from pyarrow import parquet

    columns = columns_of(version)
    count = 0
    # Above its folder, which is not made for a file that does not differ; its name hides it from readers.
    scratch = Path(tempfile.gettempdir()) if check_mode else path.parents[1]
    scratch.mkdir(mode=0o700, exist_ok=True)
    with new_file(path, scratch) as new:
        schema = _schema(columns)
        with parquet.ParquetWriter(new.path, schema, compression="zstd") as writer:
            while taken := _taken(islice(charges, _ROWS_AT_ONCE)):
                writer.write_table(_table(taken, columns, schema))
                count += len(taken.keys)
        changed = new.differs_from(path, attributes)
        if changed and not check_mode:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            new.replace(path, _MODE, attributes)
    return Written(name, path, count, changed)


def _remove_month(name: str, path: Path, check_mode: bool) -> Written:
    """Nothing is charged in that month, any more."""
    there = path.is_file()
    if there and not check_mode:
        shutil.rmtree(path.parent)
    return Written(name, path, 0, there)


def _schema(columns: Sequence[Column]) -> pyarrow.Schema:
    import pyarrow as pa

    types = {
        NUMBER: pa.decimal128(_DIGITS, attos.PLACES),
        TIME: pa.timestamp("us", tz="UTC"),
        TEXT: pa.string(),
    }
    return pa.schema([pa.field(column.name, types.get(column.holds, pa.int32())) for column in columns])


def _taken(charges: Iterable[Charge]) -> _Taken | None:
    """The charges by what they are made of, None where there are no more."""
    taken = _Taken([], [], [], [], [])
    for kind, numbers, times, version, key in charges:
        taken.kinds.append(kind)
        taken.numbers.append(numbers)
        taken.times.append(times)
        taken.versions.append(version)
        taken.keys.append(key)
    return taken if taken.keys else None


def _table(taken: _Taken, columns: Sequence[Column], schema: pyarrow.Schema) -> pyarrow.Table:
    """Charges by column. What many have in common, kind, numbers and times, is taken from small tables of
    these: hours cost alike.
    """
    import pyarrow as pa

    kinds, of_kind = _told_apart(taken.kinds)
    numbers, of_numbers = _told_apart(taken.numbers)
    times, of_times = _told_apart(taken.times)
    each = {
        name: _numbers([getattr(one, name) for one in numbers]).take(of_numbers)
        for name in _distinct(_NUMBER_FIELDS)
    }
    own = (
        *(each[name] for name in _NUMBER_FIELDS),
        *(_times([getattr(one, name) for one in times]).take(of_times) for name in _TIME_FIELDS),
        pa.array(taken.versions, pa.int32()),
        pa.array(taken.keys, pa.string()),
    )
    arrays = dict(zip((column.name for column in OF_EACH), own, strict=True))
    for place, column in enumerate(OF_A_KIND):
        if column in columns:
            of_kinds = pa.array([kind.cells[place] for kind in kinds], schema.field(column.name).type)
            arrays[column.name] = of_kinds.take(of_kind)
    return pa.Table.from_arrays([arrays[column.name] for column in columns], schema=schema)


def _told_apart(all_: Sequence[_Part]) -> tuple[list[_Part], pyarrow.Array]:
    """The distinct ones, and for each of all which of them it is."""
    import pyarrow as pa

    places: dict[_Part, int] = {}
    of_each = pa.array([places.setdefault(one, len(places)) for one in all_], pa.int32())
    return list(places), of_each


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _numbers(told: Sequence[int | None]) -> pyarrow.Array:
    """Numbers in 1e-18 as decimals."""
    import pyarrow as pa

    known = pa.array([number is not None for number in told], pa.bool_())
    content = b"".join((number or 0).to_bytes(_DECIMAL_BYTES, "little", signed=True) for number in told)
    return pa.Array.from_buffers(
        pa.decimal128(_DIGITS, attos.PLACES), len(told), [known.buffers()[1], pa.py_buffer(content)]
    )


def _times(seconds: Sequence[int]) -> pyarrow.Array:
    import pyarrow as pa

    return pa.array([moment * _MICROSECONDS for moment in seconds], pa.timestamp("us", tz="UTC"))
