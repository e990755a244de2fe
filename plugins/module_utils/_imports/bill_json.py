# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Rows of a bill as JSON, one object a line (design/imports.md#what-a-file-says)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from .._core.errors import InvalidOption
from .bill_formats import another_format
from .bill_table import Table
from .gcp_bills import is_row_of_gcp

_LARGEST_LINE = 16 * 1_048_576
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def table(path: Path, stream: IO[bytes], asked: Sequence[str]) -> Table:
    """The file as a table of the columns that are asked for, as rows leave out what is null, and of a last
    one without a name: all that the row says, so that rows are told apart by all of it.
    """
    return Table(path.name, (*asked, ""), _rows(path, stream, asked), "line")


def _rows(path: Path, stream: IO[bytes], asked: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    number = 0
    while line := stream.readline(_LARGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            said = json.loads(line, parse_float=_Number, parse_int=_Number, object_pairs_hook=_once)
            canonical = _canonical(said)
        except (ValueError, RecursionError) as error:
            raise InvalidOption(
                "files", f"{path.name} line {number} is not a JSON object; is the file cut off?"
            ) from error
        if not isinstance(said, Mapping):
            raise InvalidOption("files", f"{path.name} line {number} is not a JSON object.")
        if is_row_of_gcp(said, asked):
            raise another_format(path.name, "gcp")
        yield number, [*(_cell(said, name) for name in asked), canonical]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a name comes twice")
    return said


def _cell(said: Mapping[str, Any], name: str) -> str:
    """What stands under a name, or under the name of a field within a record."""
    value: Any = said.get(name)
    record, dot, field = name.partition(".")
    if dot and isinstance(said.get(record), Mapping):
        value = said[record].get(field)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else json.dumps(value)
