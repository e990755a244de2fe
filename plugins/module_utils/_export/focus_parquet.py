# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""FOCUS as Parquet, a folder for each billing month, as Spark, Trino, DuckDB and warehouses read it where one
machine no longer does (design/reports.md#focus).

Numbers are DECIMAL(38, 18), moments TIMESTAMP in UTC, tags JSON as text. A day is in one file, put in place
when it is whole.
"""

from __future__ import annotations

import os
import tempfile
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.files import AS_IT_COMES, FileAttributes, new_file, open_place, refusing
from .._core.periods import Calendar, Window, iso, moment_of, period_at
from .._core.trusted_paths import folder_of, look_at, make_private_folders, resolve
from . import attos
from .focus import Charge, ChargeKind, Numbers, Times
from .focus_columns import NUMBER, OF_A_KIND, OF_EACH, TEXT, TIME, Column, columns_of

if TYPE_CHECKING:
    import pyarrow

#: What partitions are called; not like a column, as readers add it to those of the files.
PARTITION = "billing_period"
#: How the file of a day begins; behind it come the date and the suffix.
_STEM, _SUFFIX = "focus-", ".parquet"
#: What of a file's metadata names the zone in which days begin.
_ZONE = b"finops.timezone"
_MODE = 0o600
#: The number of charges of a row group, which is held in memory.
_ROWS_AT_ONCE = 50_000
_DIGITS = 38
#: Numbers are written as they lie in memory: 128 bits, the lowest byte first (Apache Arrow's columnar format,
#: Decimal).
_DECIMAL_BYTES = 16
#: In 1e-18: the first number that has more digits.
_BEYOND = 10**_DIGITS
_MICROSECONDS = 1_000_000
_NUMBER_FIELDS = (
    "billed", "billed", "billed", "billed", "unit_price", "unit_price", "pricing_quantity",
    "consumed_quantity", "recorded",
    "own_unit_price", "own_unit_price", "recorded",
)  # fmt: skip
_TIME_FIELDS = ("billing_begin", "billing_end", "begin", "end")

#: What charges share.
_Part = TypeVar("_Part", ChargeKind, Numbers, Times)


@dataclass(frozen=True)
class Day:
    """A day of a zone: the seconds since the epoch in which it begins and ends, its date, and its file."""

    begin: int
    end: int
    date: str
    zone: str
    path: Path

    @property
    def month(self) -> str:
        """The billing month that it is a part of, such as 2026-11."""
        return self.date[:7]


@dataclass(frozen=True)
class WrittenDay:
    """A day, the number of its charges, and whether its file has changed.

    A day without charges has no file.
    """

    day: Day
    count: int
    changed: bool


@dataclass(frozen=True)
class _Taken:
    """Charges of a row group, each part in a list of its own, as Python's collector of cycles would go
    through as many tuples again.
    """

    kinds: list[ChargeKind]
    numbers: list[Numbers]
    times: list[Times]
    versions: list[int]
    keys: list[str]


def checked(dest: str, window: Window, zone: str, attributes: FileAttributes = AS_IT_COMES) -> Path:
    """The folder behind the option dest. attributes: of its files.

    Raises InvalidOption for an impossible folder, for a window that cuts a day, and for a folder whose days
    begin in another zone or that has other files: readers would count some hours twice.

    A day is replaced as a whole: a part of it would take the rest away.
    """
    with refusing("dest", dest):
        path = resolve(Path(dest))
    if not path.parent.is_dir() or (path.exists() and not path.is_dir()):
        raise InvalidOption(
            "dest", f"'{dest}' is not a folder, nor the name of a new one in an existing folder."
        )
    for option, edge in (("begin", window.begin), ("end", window.end)):
        if _day_of(edge, zone).begin != edge:
            raise InvalidOption(
                option,
                f"Parquet is written by whole days, and {iso(edge)} lies inside of one; write a date, which"
                f" begins at midnight in {zone}.",
            )
    with refusing("dest", dest):
        _refuse_another_zone(path, zone, attributes)
        for month in sorted({day.path.parent for day in days_of(path, window, zone)}):
            _refuse_other_files(month)
    return path


def days_of(folder: Path, window: Window, zone: str) -> list[Day]:
    """The local days of a window of whole days, with their files below the folder."""
    begin, days = window.begin, list[Day]()
    while begin < window.end:
        end = _day_of(begin, zone).end
        date = f"{begin.astimezone(ZoneInfo(zone)):%Y-%m-%d}"
        path = folder / f"{PARTITION}={date[:7]}" / f"{_STEM}{date}{_SUFFIX}"
        days.append(Day(int(begin.timestamp()), int(end.timestamp()), date, zone, path))
        begin = end
    return days


def _day_of(moment: datetime, zone: str) -> Window:
    day = period_at(Calendar("daily", zone), moment)
    if day is None:
        raise ValueError("days have no gaps")
    return day


def _refuse_another_zone(folder: Path, zone: str, attributes: FileAttributes) -> None:
    """Raise InvalidOption if the days that are there, of which one tells of all, begin in another zone."""
    from pyarrow import ArrowInvalid, parquet

    written = next(folder.glob(f"{PARTITION}=*/{_STEM}*{_SUFFIX}"), None)
    if written is None:
        return
    its = ""
    with open_place(written, attributes) as found, suppress(ArrowInvalid):
        its = (parquet.read_schema(found).metadata or {}).get(_ZONE, b"").decode()
    if its != zone:
        raise InvalidOption(
            "timezone",
            f"the days in '{folder}' begin in {its or 'an unknown time zone'}, not in {zone}; name that"
            " zone, or another folder.",
        )


def _refuse_other_files(month: Path) -> None:
    """Raise InvalidOption if a month's folder holds Parquet that is no day of it."""
    date = month.name.partition("=")[2]
    for path in sorted(month.glob(f"[!._]*{_SUFFIX}")):
        if not path.name.startswith(f"{_STEM}{date}-"):
            raise InvalidOption(
                "dest",
                f"'{path}' is not the file of a day, and readers would count it too; remove it, and export"
                f" {date} whole.",
            )


def write(
    charges: Iterable[Charge],
    version: str,
    days: Sequence[Day],
    check_mode: bool,
    attributes: FileAttributes = AS_IT_COMES,
) -> list[WrittenDay]:
    """Write the charges, in order of time, to the files of their days. Only files whose content differs are
    replaced; that of a day without charges is removed.

    days: those of the window, one after the other. In check mode files are compared and not put in place.
    attributes: of each file, mode 0600 where they name none. Raises InvalidOption naming dest for what the
    file system refuses.
    """
    done: list[WrittenDay] = []
    begins = [day.begin for day in days]

    def place_of(charge: Charge) -> int:
        begin = charge[2].begin
        place = bisect(begins, begin) - 1
        if place < 0 or begin >= days[place].end:
            raise ValueError(f"a charge begins at {moment_of(begin)}, outside of the days that are written")
        return place

    by_day = groupby(charges, key=place_of)
    current = next(by_day, None)
    for place, day in enumerate(days):
        with refusing("dest", day.path.parents[1]):
            if current is not None and current[0] == place:
                done.append(_write_day(day, current[1], version, check_mode, attributes))
                current = next(by_day, None)
            else:
                done.append(_remove_day(day, check_mode, attributes))
    if current is not None:
        raise ValueError(f"the charges of {days[current[0]].date} are not in order of time")
    return done


def _write_day(
    day: Day, charges: Iterator[Charge], version: str, check_mode: bool, attributes: FileAttributes
) -> WrittenDay:
    from pyarrow import parquet

    columns = columns_of(version)
    count = 0
    # Above its folder, which is not made for a file that does not differ; its name hides it from readers.
    scratch = resolve(Path(tempfile.gettempdir())) if check_mode else day.path.parents[1]
    make_private_folders(scratch)
    with new_file(day.path, scratch) as new:
        schema = _schema(columns, day.zone)
        with parquet.ParquetWriter(new.stream, schema, compression="zstd") as writer:
            while taken := _taken(islice(charges, _ROWS_AT_ONCE)):
                writer.write_table(_table(taken, columns, schema))
                count += len(taken.keys)
        changed = new.differs_from(day.path, attributes)
        if changed and not check_mode:
            make_private_folders(day.path.parent)
            new.replace(day.path, _MODE, attributes)
    return WrittenDay(day, count, changed)


def _remove_day(day: Day, check_mode: bool, attributes: FileAttributes) -> WrittenDay:
    """Remove the file of a day that has no charges any more, and the folder of a month without files."""
    try:
        with folder_of(day.path) as folder:
            there = look_at(folder, day.path.name, attributes.trusted_owners) is not None
            if there and not check_mode:
                os.unlink(day.path.name, dir_fd=folder)
    except FileNotFoundError:
        return WrittenDay(day, 0, False)
    if there and not check_mode:
        # What is not empty stays.
        with suppress(OSError):
            day.path.parent.rmdir()
    return WrittenDay(day, 0, there)


def _schema(columns: Sequence[Column], zone: str) -> pyarrow.Schema:
    import pyarrow as pa

    types = {
        NUMBER: pa.decimal128(_DIGITS, attos.PLACES),
        TIME: pa.timestamp("us", tz="UTC"),
        TEXT: pa.string(),
    }
    fields = [pa.field(column.name, types.get(column.holds, pa.int32())) for column in columns]
    return pa.schema(fields, metadata={_ZONE: zone})


def _taken(charges: Iterable[Charge]) -> _Taken | None:
    """The next charges, taken apart; None at the end."""
    taken = _Taken([], [], [], [], [])
    for kind, numbers, times, version, key in charges:
        taken.kinds.append(kind)
        taken.numbers.append(numbers)
        taken.times.append(times)
        taken.versions.append(version)
        taken.keys.append(key)
    return taken if taken.keys else None


def _table(taken: _Taken, columns: Sequence[Column], schema: pyarrow.Schema) -> pyarrow.Table:
    """Charges by column. Kinds, numbers and times, which many charges share, come from small tables of
    these: hours cost alike.
    """
    import pyarrow as pa

    kinds, of_kind = _encoded(taken.kinds)
    numbers, of_numbers = _encoded(taken.numbers)
    times, of_times = _encoded(taken.times)
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
    for index, column in enumerate(OF_A_KIND):
        if column in columns:
            of_kinds = pa.array([kind.cells[index] for kind in kinds], schema.field(column.name).type)
            arrays[column.name] = of_kinds.take(of_kind)
    return pa.Table.from_arrays([arrays[column.name] for column in columns], schema=schema)


def _encoded(all_: Sequence[_Part]) -> tuple[list[_Part], pyarrow.Array]:
    """The distinct items, and the index of each item among them."""
    import pyarrow as pa

    indexes: dict[_Part, int] = {}
    of_each = pa.array([indexes.setdefault(one, len(indexes)) for one in all_], pa.int32())
    return list(indexes), of_each


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _numbers(numbers: Sequence[int | None]) -> pyarrow.Array:
    """Numbers in 1e-18 as decimals. Raises InvalidOption for one that has more digits than Parquet's have."""
    import pyarrow as pa

    if any(abs(number) >= _BEYOND for number in numbers if number is not None):
        raise InvalidOption(
            "format", "parquet holds numbers below 1e20, and an entry has a larger quantity; write csv."
        )
    known = pa.array([number is not None for number in numbers], pa.bool_())
    content = b"".join((number or 0).to_bytes(_DECIMAL_BYTES, "little", signed=True) for number in numbers)
    return pa.Array.from_buffers(
        pa.decimal128(_DIGITS, attos.PLACES), len(numbers), [known.buffers()[1], pa.py_buffer(content)]
    )


def _times(seconds: Sequence[int]) -> pyarrow.Array:
    import pyarrow as pa

    return pa.array([moment * _MICROSECONDS for moment in seconds], pa.timestamp("us", tz="UTC"))
