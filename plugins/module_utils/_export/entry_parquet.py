# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""All entries of a month as Parquet, with every column that the ledger has of them, as it has them
(design/ledger.md#archived-months): moments in seconds or microseconds, amounts in 1e-9, quantities as text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from .._core.errors import LedgerError
from .._ledger.archiving import COLUMNS

if TYPE_CHECKING:
    import pyarrow

_NUMBERS = (
    "id", "period_begin", "amount_nano", "recorded_at", "reverses", "series_id", "key_id", "version",
    "counts_since", "dimension_set_id", "period_end",
)  # fmt: skip
#: The number of rows of a row group, which is held in memory.
ROWS_AT_ONCE = 50_000
_CHUNK = 1 << 20
_MONTH = b"finops.archived_month"
#: Made once: json.dumps makes one for each call with options like these.
_AS_TEXT = json.JSONEncoder(separators=(",", ":"))


class RowsDigest:
    """The SHA-256 of rows, whatever file or database they come from: over each as JSON in ASCII and a comma,
    however many are added at once.
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def add(self, rows: list[Sequence[Any]]) -> None:
        """The next rows, with COLUMNS."""
        if rows:
            self._sha256.update(f"{_AS_TEXT.encode(rows)[1:-1]},".encode())

    def text(self) -> str:
        """The digest of all rows so far, in hexadecimal."""
        return self._sha256.hexdigest()


def batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """The rows in their order, as many at once as a row group has."""
    remaining = iter(rows)
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        yield some


def write(stream: IO[bytes], month: str, found: Iterable[list[Sequence[Any]]]) -> None:
    """Write batches of rows with COLUMNS. month: such as 2026-01, which stands in the file's metadata."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(month)
    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for rows in found:
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def read(stream: IO[bytes], path: str) -> Iterator[list[Sequence[Any]]]:
    """The rows of such a file, some at a time. path: for sentences. Raises LedgerError where it is none."""
    from pyarrow import ArrowException, parquet

    try:
        file = parquet.ParquetFile(stream)
        if tuple(file.schema_arrow.names) != COLUMNS:
            raise LedgerError(f"{path} is no archive of a ledger: its columns are others.")
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            columns = [column.to_pylist() for column in batch.columns]
            yield [*zip(*columns, strict=True)]
    except (ArrowException, OSError) as error:
        raise LedgerError(f"{path} cannot be read as Parquet: {error}") from error


def file_digest(stream: IO[bytes]) -> tuple[str, int]:
    """The SHA-256 of a file's bytes, in hexadecimal, and how many there are; read from its begin."""
    sha256, size = hashlib.sha256(), 0
    stream.seek(0)
    while part := stream.read(_CHUNK):
        sha256.update(part)
        size += len(part)
    stream.seek(0)
    return sha256.hexdigest(), size


def _schema(month: str) -> pyarrow.Schema:
    import pyarrow as pa

    fields = [pa.field(name, pa.int64() if name in _NUMBERS else pa.string()) for name in COLUMNS]
    return pa.schema(fields, metadata={_MONTH: month})
