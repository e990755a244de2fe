# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Rows straight into a file, CSV or JSON lines: never half of one, and no fact that holds them all."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption

_CSV, _JSON_LINES = ".csv", (".jsonl", ".ndjson")
_MODE = 0o600
_CHUNK = 1 << 20
#: Made once, as json.dumps would make one for each of a million rows.
_as_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Columns:
    """What a row has, in the order of a CSV file; those of nested are lists or dictionaries, JSON in a cell."""

    names: tuple[str, ...]
    nested: tuple[str, ...]


class RowsFile:
    """A file that takes its place when it is whole. Get one from writing(); changed is told at the end of its block."""

    def __init__(self, path: Path, columns: Columns, stream: IO[bytes] | None) -> None:
        self.path = path
        self.count = 0
        self.changed = False
        self._stream = stream
        self._digest = hashlib.sha256()
        self._values = itemgetter(*columns.names)
        self._nested = [columns.names.index(name) for name in columns.nested]
        self._csv = csv.writer(self, lineterminator="\n") if path.suffix == _CSV else None
        if self._csv is not None:
            self._csv.writerow(columns.names)

    def add(self, row: Mapping[str, Any]) -> None:
        """One more row, of the columns."""
        self.count += 1
        if self._csv is None:
            self.write(_as_json(row) + "\n")
            return
        values = list(self._values(row))
        for place in self._nested:
            values[place] = _as_json(values[place])
        self._csv.writerow(values)

    def write(self, text: str) -> None:
        """Text, as csv.writer hands it over."""
        content = text.encode()
        self._digest.update(content)
        if self._stream is not None:
            self._stream.write(content)

    def differs(self) -> bool:
        """Whether what is in place is not what was added, or others than its owner may read it."""
        try:
            found = hashlib.sha256()
            with self.path.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    found.update(chunk)
                mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        except FileNotFoundError:
            return True
        return found.digest() != self._digest.digest() or mode != _MODE


def checked(dest: str | None) -> Path | None:
    """The file behind the option dest. Raises InvalidOption where its name says no format that we write, or its folder is not there."""
    if dest is None:
        return None
    path = Path(os.path.realpath(dest))
    if path.suffix not in (_CSV, *_JSON_LINES):
        raise InvalidOption(
            "dest", f"'{dest}' says no format; let its name end in {_CSV} or {' or '.join(_JSON_LINES)}."
        )
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidOption("dest", f"'{dest}' is no file in a folder that is there.")
    return path


@contextmanager
def writing(path: Path, columns: Columns, check_mode: bool) -> Iterator[RowsFile]:
    """A file that is put in place at the end of the block, mode 0600, if it differs; left alone where the block raises.

    In check mode nothing is written. Raises InvalidOption naming dest for what the file system refuses.
    """
    try:
        if check_mode:
            file = RowsFile(path, columns, None)
            yield file
            file.changed = file.differs()
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                file = RowsFile(path, columns, stream)
                yield file
                stream.flush()
                os.fsync(stream.fileno())
            file.changed = file.differs()
            if file.changed:
                os.replace(name, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)
    except OSError as error:
        raise InvalidOption("dest", f"'{path}' cannot be written: {error.strerror}.") from error
