# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The rows of a bill's file, CSV or Parquet, however it is encoded, separated and compressed
(design/imports.md#what-a-file-says). Few rows are held at a time.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import zipfile
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from .._core.errors import InvalidOption, MissingLibrary
from .._core.trusted_paths import open_input
from . import bill_json
from .bill_table import Table

if TYPE_CHECKING:
    import pyarrow

_SEPARATORS = (",", ";", "\t", "|")
_BY_BOM = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE_BYTES = 4_096
_PARQUET, _GZIP, _ZIP, _EMPTY_ZIP = b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_JSON_LIST = re.compile(rb"\s*\[\s*[{\]]")
#: What Excel has above the header to know the separator.
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_ROWS_AT_ONCE = 2_000
#: A cell may hold the tags of a resource as JSON, and no more than that.
_LARGEST_CELL = 1_048_576
_LARGEST_LINE = 16 * _LARGEST_CELL


@dataclass(frozen=True)
class FileForm:
    """How files are written where that does not show. encoding: None to recognize it. skip_footer: rows at
    the end that are no rows of the bill, such as a total.
    """

    encoding: str | None = None
    skip_footer: int = 0


@contextmanager
def opened(path: Path, form: FileForm, asked: Sequence[str] = ()) -> Iterator[Table]:
    """The file as a table. asked: the columns of one whose rows are JSON, and name only what they have.

    Raises InvalidOption naming the file for one that cannot be read, is cut off or damaged, has a column
    twice, or a row with more or fewer cells than columns; MissingLibrary for Parquet without pyarrow.
    """
    try:
        with ExitStack() as stack:
            stream: IO[bytes] = stack.enter_context(os.fdopen(open_input(path), "rb"))
            begin = stream.read(len(_PARQUET))
            stream.seek(0)
            if begin == _PARQUET:
                table = _parquet(path)
            else:
                if begin.startswith(_GZIP):
                    stream = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=stream)))
                elif begin in (_ZIP, _EMPTY_ZIP):
                    stream = stack.enter_context(_only_file(path, stream, stack))
                buffered: io.BufferedReader = stack.enter_context(io.BufferedReader(_Raw(stream)))
                sample = buffered.peek(_SAMPLE_BYTES)[:_SAMPLE_BYTES]
                _refuse_other_content(path, sample)
                if sample.lstrip().startswith(b"{"):
                    table = bill_json.table(path, buffered, asked)
                else:
                    table = _csv(path, buffered, form)
            yield _without_footer(table, form.skip_footer)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise InvalidOption("files", f"'{path}' is cut off or damaged ({error}); fetch it again.") from error
    except OSError as error:
        raise InvalidOption("files", f"'{path}' cannot be read: {error.strerror or error}.") from error


def _refuse_other_content(path: Path, sample: bytes) -> None:
    """Raise InvalidOption for what is neither rows of CSV nor JSON by the line."""
    if sample.startswith((_PARQUET, _GZIP, _ZIP)):
        raise InvalidOption("files", f"'{path}' is packed twice, or holds no CSV; unpack it first.")
    if _JSON_LIST.match(sample):
        raise InvalidOption("files", f"'{path}' is one JSON list; write each of its objects on its own line.")


class _Raw(io.RawIOBase):
    """What a decompressing stream says, as a raw stream, so that it can be looked at before it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        said = self._stream.read(len(buffer))
        buffer[: len(said)] = said
        return len(said)


def _only_file(path: Path, stream: IO[bytes], stack: ExitStack) -> IO[bytes]:
    archive = stack.enter_context(zipfile.ZipFile(stream))
    # macOS adds what it knows of each file.
    inside = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX/" not in one.filename]
    if len(inside) != 1:
        raise InvalidOption("files", f"'{path}' holds {len(inside)} files; a zip of a bill holds one CSV.")
    if inside[0].flag_bits & 1:
        raise InvalidOption("files", f"'{path}' is encrypted; unpack it first.")
    return archive.open(inside[0])


def _csv(path: Path, stream: io.BufferedReader, form: FileForm) -> Table:
    sample = stream.peek(_SAMPLE_BYTES)[:_SAMPLE_BYTES]
    encoding = form.encoding or _encoding(sample)
    try:
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    except LookupError as error:
        raise InvalidOption(
            "encoding", f"'{encoding}' is not an encoding; write one such as utf-8, utf-16 or latin-1."
        ) from error
    lines = _lines(path, text)
    try:
        blank, first = 0, next(lines, "")
        while first and not first.strip():
            blank, first = blank + 1, next(lines, "")
    except UnicodeError as error:
        raise _undecodable(path, encoding) from error
    csv.field_size_limit(_LARGEST_CELL)
    named = _SEPARATOR_LINE.fullmatch(first)
    if named is not None:
        blank, first = blank + 1, next(lines, "")
    separator = _separator(first) if named is None else named[1]
    # A quoted name may hold the end of the line: the reader gets the line back and goes on by itself.
    reader = csv.reader(chain([first], lines), delimiter=separator, strict=True)
    rows = _csv_rows(path, reader, encoding, blank)
    columns = next(rows, (0, ()))[1]
    return Table(path.name, _checked(path, columns), _even(path, rows, len(columns)), "line")


def _lines(path: Path, text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a file; none is held that is longer than any row of a bill."""
    while line := text.readline(_LARGEST_LINE):
        if len(line) == _LARGEST_LINE:
            raise InvalidOption("files", f"'{path}' has a line of 16 MB; is it a bill?")
        yield line


def _csv_rows(path: Path, reader: Any, encoding: str, blank: int) -> Iterator[tuple[int, list[str]]]:
    """The rows and their lines. blank: how many lines stand before the header."""
    try:
        for row in reader:
            if row:
                yield blank + reader.line_num, row
    except UnicodeError as error:
        raise _undecodable(path, encoding) from error
    except csv.Error as error:
        raise InvalidOption(
            "files",
            f"{path.name} line {blank + reader.line_num} is not CSV ({error}); is the file cut off?",
        ) from error


def _undecodable(path: Path, encoding: str) -> InvalidOption:
    return InvalidOption(
        "files",
        f"'{path}' is not encoded in {encoding.removesuffix('-sig')}; name its `encoding`, such as latin-1 or"
        " cp1252.",
    )


def _encoding(sample: bytes) -> str:
    """By the byte order mark; UTF-16 without one has a zero in every other byte of a header."""
    for mark, encoding in _BY_BOM:
        if sample.startswith(mark):
            return encoding
    if sample[1:40:2].count(0) * 3 > len(sample[1:40:2]) * 2:
        return "utf-16-le"
    if sample[0:40:2].count(0) * 3 > len(sample[0:40:2]) * 2:
        return "utf-16-be"
    return "utf-8"


def _separator(header: str) -> str:
    """What makes most columns of the first line."""
    counts = {one: len(next(csv.reader([header], delimiter=one), [])) for one in _SEPARATORS}
    return max(_SEPARATORS, key=lambda one: counts[one])


def _checked(path: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns; those without a name are never used."""
    names = tuple(name.strip() for name in columns)
    if not any(names):
        raise InvalidOption("files", f"'{path}' has no header; its first row names the columns.")
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        # The name is not repeated: the file may be none that its user meant to show.
        first, second, *_more = (number for number, name in enumerate(names, 1) if name == twice[0])
        raise InvalidOption(
            "files", f"'{path}' has the same name for its columns {first} and {second}; which one counts?"
        )
    return names


def _even(
    path: Path, rows: Iterator[tuple[int, Sequence[str]]], width: int
) -> Iterator[tuple[int, Sequence[str]]]:
    for number, row in rows:
        if len(row) != width:
            raise InvalidOption(
                "files",
                f"{path.name} line {number} has {len(row)} cells where the file has {width} columns; is the"
                " file cut off?",
            )
        yield number, row


def _without_footer(table: Table, count: int) -> Table:
    return (
        Table(table.name, table.columns, _all_but_last(table.rows, count), table.counts) if count else table
    )


def _all_but_last(
    rows: Iterator[tuple[int, Sequence[str]]], count: int
) -> Iterator[tuple[int, Sequence[str]]]:
    held: deque[tuple[int, Sequence[str]]] = deque()
    for row in rows:
        held.append(row)
        if len(held) > count:
            yield held.popleft()


def _parquet(path: Path) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingLibrary("pyarrow", f"to read the Parquet file '{path}'") from error
    try:
        file = parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise InvalidOption("files", f"'{path}' is cut off or damaged; fetch it again.") from error
    columns = _checked(path, _flat_names(file.schema_arrow))
    return Table(path.name, columns, _parquet_rows(path, file), "row")


def _parquet_rows(path: Path, file: Any) -> Iterator[tuple[int, Sequence[str]]]:
    import pyarrow

    number = 0
    try:
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
            columns = [_texts(column) for column in _flat_columns(batch)]
            for row in zip(*columns, strict=True):
                number += 1
                yield number, row
    except pyarrow.ArrowException as error:
        raise InvalidOption("files", f"'{path}' is damaged behind row {number}; fetch it again.") from error


def _flat_names(schema: Any) -> list[str]:
    """The columns' names, and behind each record those of its fields, with a dot in between."""
    import pyarrow as pa

    names: list[str] = []
    for field in schema:
        names.append(field.name)
        if pa.types.is_struct(field.type):
            names += [f"{field.name}.{one.name}" for one in field.type]
    return names


def _flat_columns(batch: Any) -> list[pyarrow.Array]:
    """The columns of _flat_names()."""
    import pyarrow as pa

    columns: list[pyarrow.Array] = []
    for column in batch.columns:
        columns.append(column)
        if pa.types.is_struct(column.type):
            columns += column.flatten()
    return columns


def _texts(column: pyarrow.Array) -> list[str]:
    """The values of a column as a CSV would have them."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        # Python's moments hold microseconds.
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str | bytes):
        # Old writers of Parquet do not say which of their bytes are texts.
        return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list) and all(isinstance(one, tuple) and len(one) == 2 for one in value):
        # A MAP of Parquet; with what it has twice.
        pairs = (f"{json.dumps(str(name))}: {json.dumps(one, default=str)}" for name, one in value)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | dict):
        return json.dumps(value, default=str)
    return str(value)
