# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Rows streamed into a file, CSV or JSON lines, which is replaced whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Literal

from .errors import InvalidOption
from .files import AS_IT_COMES, FileAttributes, new_file, open_place, refusing
from .trusted_paths import resolve

_CSV, _JSON_LINES = ".csv", (".jsonl", ".ndjson")
_MODE = 0o600
_CHUNK = 1 << 20
#: Rows that are encoded, hashed and written at once: one by one this takes as long as making a row.
_ROWS_AT_ONCE = 500
_KNOWN_KEPT = 10_000
#: Made once, as json.dumps would make one for each of a million rows.
_as_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Columns:
    """The columns of a row, in the order of a CSV file. Those of nested hold lists or
    dictionaries, as JSON.
    """

    names: tuple[str, ...]
    nested: tuple[str, ...]


class RowsFile:
    """A file that is put in place when it is whole.

    Get one from writing(); changed is known at the end of its block.
    """

    def __init__(self, path: Path, columns: Columns, stream: IO[bytes] | None) -> None:
        self.path = path
        self.count = 0
        self.changed = False
        self._stream = stream
        self._digest = hashlib.sha256()
        self._is_csv = path.suffix == _CSV
        self._waiting: list[Any] = [columns.names] if self._is_csv else []
        self._values = itemgetter(*columns.names)
        self._known: dict[Any, str] = {}
        #: The format of a line.
        self._line = "{" + ", ".join(f"{_as_json(name)}: %s" for name in columns.names) + "}\n"
        self._nested = [columns.names.index(name) for name in columns.nested]

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row by the names of its columns."""
        self.add_values(self._values(row))

    def add_values(self, values: Sequence[Any]) -> None:
        """Add a row in the order of the columns, which is faster."""
        self.count += 1
        if self._is_csv:
            cells = list(values)
            for index in self._nested:
                cells[index] = self._json(cells[index])
            self._waiting.append(cells)
        else:
            self._waiting.append(self._line % tuple(map(self._json, values)))
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._pass_on()

    def add_text(self, rows: str, count: int) -> None:
        """Add rows that are formatted already."""
        self._pass_on()
        self._pass_on_content(rows.encode())
        self.count += count

    def _json(self, value: Any) -> str:
        """JSON. Texts and flat dictionaries, such as a flavor's metadata, come again and again: each is
        encoded once.
        """
        if isinstance(value, str):
            key: Any = value
        elif isinstance(value, dict):
            # With the types, as True is equal to 1.
            key = (*value.items(), *map(type, value.values()))
        else:
            return _as_json(value)
        try:
            return self._known[key]
        except KeyError:
            if len(self._known) == _KNOWN_KEPT:
                self._known.clear()
            self._known[key] = _as_json(value)
            return self._known[key]
        except TypeError:
            # A value of the dictionary is a list or a dictionary, which is not hashable.
            return _as_json(value)

    def _pass_on(self) -> None:
        content = (_csv_of(self._waiting) if self._is_csv else "".join(self._waiting)).encode()
        self._waiting.clear()
        self._pass_on_content(content)

    def _pass_on_content(self, content: bytes) -> None:
        self._digest.update(content)
        if self._stream is not None:
            self._stream.write(content)

    def end(self) -> None:
        """Write the rest to the stream: no more rows come."""
        self._pass_on()

    def differs(self, attributes: FileAttributes) -> bool:
        """Whether the file in place has other rows than were added, or other attributes than these."""
        try:
            found = hashlib.sha256()
            with open_place(self.path, attributes) as stream:
                while chunk := stream.read(_CHUNK):
                    found.update(chunk)
                status = os.fstat(stream.fileno())
        except FileNotFoundError:
            return True
        return found.digest() != self._digest.digest() or attributes.differ_from(status)


def _csv_of(rows: Sequence[Sequence[Any]]) -> str:
    """Cells in quotes where they need them.

    Python before 3.13 puts none around a carriage return, which readers take for a line's end.
    """
    text = _quoted(rows, csv.QUOTE_MINIMAL)
    return text if "\r" not in text else _quoted(rows, csv.QUOTE_ALL)


def _quoted(rows: Sequence[Sequence[Any]], quoting: Literal[0, 1]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)
    return text.getvalue()


def checked(dest: str | None) -> Path | None:
    """The file behind the option dest.

    Raises InvalidOption where its name says no format that we write, or its folder is not there.
    """
    if dest is None:
        return None
    with refusing("dest", dest):
        path = resolve(Path(dest))
    if path.suffix not in (_CSV, *_JSON_LINES):
        raise InvalidOption(
            "dest",
            f"'{dest}' does not name a format; its name must end in {_CSV} or {' or '.join(_JSON_LINES)}.",
        )
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidOption("dest", f"'{dest}' is not a file in an existing folder.")
    return path


@contextmanager
def writing(
    path: Path, columns: Columns, check_mode: bool, attributes: FileAttributes = AS_IT_COMES
) -> Iterator[RowsFile]:
    """A file that is put in place at the end of the block if it differs; left alone where the block raises.

    attributes: mode 0600 where they name no mode. In check mode nothing is written. Raises InvalidOption
    naming dest for what the file system refuses.
    """
    wanted = replace(attributes, mode=_MODE) if attributes.mode is None else attributes
    with refusing("dest", path):
        if check_mode:
            file = RowsFile(path, columns, None)
            yield file
            file.end()
            file.changed = file.differs(wanted)
            return
        with new_file(path) as new:
            file = RowsFile(path, columns, new.stream)
            yield file
            file.end()
            file.changed = file.differs(wanted)
            if file.changed:
                new.replace(path, _MODE, wanted)
