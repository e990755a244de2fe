# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""FOCUS as Parquet, a folder for each billing month, as Spark, Trino, DuckDB and warehouses read it where one
machine no longer does.

Numbers are DECIMAL(38, 18), moments TIMESTAMP in UTC, tags JSON as text. A month is in one file, put in place
when it is whole.
"""

from __future__ import annotations

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
from .._core.trusted_paths import make_private_folders, resolve
from . import attos
from .focus import Charge, ChargeKind, Numbers, Times
from .focus_columns import NUMBER, OF_A_KIND, OF_EACH, TEXT, TIME, Column, columns_of

if TYPE_CHECKING:
    import pyarrow

#: What partitions are called; not like a column, as readers add it to those of the files.
PARTITION = "billing_period"
_FILE = "focus.parquet"
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
class WrittenMonth:
    """The file of a month, the number of its charges, and whether it has changed.

    A month without charges has no file.
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

    kinds: list[ChargeKind]
    numbers: list[Numbers]
    times: list[Times]
    versions: list[int]
    keys: list[str]


def checked(dest: str, window: Window, zone: str) -> Path:
    """The folder behind the option dest.

    Raises InvalidOption for an impossible folder, and for a window that cuts a month.

    A month is replaced as a whole: a part of it would take the rest away.
    """
    with refusing("dest", dest):
        path = resolve(Path(dest))
    if not path.parent.is_dir() or (path.exists() and not path.is_dir()):
        raise InvalidOption(
            "dest", f"'{dest}' is not a folder, nor the name of a new one in an existing folder."
        )
    calendar = Calendar("monthly", zone)
    for option, edge in (("begin", window.begin), ("end", window.end)):
        month = period_at(calendar, edge)
        if month is not None and month.begin != edge:
            raise InvalidOption(
                option,
                f"Parquet is written by whole billing months, and {iso(edge)} lies inside of one; begin it"
                f" on the 1st in {zone}.",
            )
    return path


def months_of(window: Window, zone: str) -> dict[int, str]:
    """The begin of each billing month of a window -> its name, such as 2026-11."""
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
) -> list[WrittenMonth]:
    """Write the charges, in order of time, to folder/billing_period=2026-11/focus.parquet. The file of a
    month without charges is removed.

    months: the billing months of the window by their begin. In check mode files are compared and not put in
    place. attributes: of each file, mode 0600 where they name none. Raises InvalidOption naming dest for what
    the file system refuses.
    """
    done: list[WrittenMonth] = []
    by_month = groupby(charges, key=_month_of)
    current = next(by_month, None)
    with refusing("dest", folder):
        for begin, name in months.items():
            path = folder / f"{PARTITION}={name}" / _FILE
            if current is not None and current[0] == begin:
                done.append(_write_month(name, path, current[1], version, check_mode, attributes))
                current = next(by_month, None)
            else:
                done.append(_remove_month(name, path, check_mode))
    if current is not None:
        raise ValueError(
            f"a charge is billed in {datetime.fromtimestamp(current[0], UTC)}, outside of the months that"
            " are written"
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
) -> WrittenMonth:
    from pyarrow import parquet

    columns = columns_of(version)
    count = 0
    # Above its folder, which is not made for a file that does not differ; its name hides it from readers.
    scratch = resolve(Path(tempfile.gettempdir())) if check_mode else path.parents[1]
    make_private_folders(scratch)
    with new_file(path, scratch) as new:
        schema = _schema(columns)
        with parquet.ParquetWriter(new.stream, schema, compression="zstd") as writer:
            while taken := _taken(islice(charges, _ROWS_AT_ONCE)):
                writer.write_table(_table(taken, columns, schema))
                count += len(taken.keys)
        changed = new.differs_from(path, attributes)
        if changed and not check_mode:
            make_private_folders(path.parent)
            new.replace(path, _MODE, attributes)
    return WrittenMonth(name, path, count, changed)


def _remove_month(name: str, path: Path, check_mode: bool) -> WrittenMonth:
    """Remove the file of a month that has no charges any more."""
    there = path.is_file()
    if there and not check_mode:
        shutil.rmtree(path.parent)
    return WrittenMonth(name, path, 0, there)


def _schema(columns: Sequence[Column]) -> pyarrow.Schema:
    import pyarrow as pa

    types = {
        NUMBER: pa.decimal128(_DIGITS, attos.PLACES),
        TIME: pa.timestamp("us", tz="UTC"),
        TEXT: pa.string(),
    }
    return pa.schema([pa.field(column.name, types.get(column.holds, pa.int32())) for column in columns])


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
