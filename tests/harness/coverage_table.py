# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of each room the unit tests run, and which files need a reason for what they leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

WANTED_PERCENT = 90


@dataclass(frozen=True)
class Lines:
    """How many statements there are, and how many of them the tests run."""

    covered: int
    total: int

    def __add__(self, other: Lines) -> Lines:
        """Both together."""
        return Lines(self.covered + other.covered, self.total + other.total)

    @property
    def enough(self) -> bool:
        """Whether no reason is needed; of a file without statements none is."""
        return self.covered * 100 >= self.total * WANTED_PERCENT

    def __str__(self) -> str:
        """Such as: 93.4 % (93.45 is no 93.5), 1234 of 1321 lines."""
        permille = self.covered * 1000 // self.total if self.total else 1000
        return f"{permille // 10}.{permille % 10} %, {self.covered} of {self.total} lines"


def by_room(files: Mapping[str, Lines]) -> dict[str, Lines]:
    """The lines of each room of module_utils and of each other folder of plugins/, sorted by name."""
    rooms: dict[str, Lines] = defaultdict(lambda: Lines(0, 0))
    for file, lines in sorted(files.items()):
        rooms[file.rpartition("/")[0]] += lines
    return dict(sorted(rooms.items()))


def reasons_by_file(files: Mapping[str, Lines], reasons: Mapping[str, str]) -> dict[str, str]:
    """The table's reasons file by file: one for `folder/` is that of every file below 90 % in it."""
    return {file: reason for key, reason in reasons.items() for file in _below(files, key)}


def faults(files: Mapping[str, Lines], reasons: Mapping[str, str]) -> list[str]:
    """What is wrong with the table of reasons, a sentence each."""
    explained = reasons_by_file(files, reasons)
    unexplained = [
        file for file, lines in sorted(files.items()) if not lines.enough and file not in explained
    ]
    return [
        *(f"{file} has {files[file]} and no reason." for file in unexplained),
        *(f"{key} has an empty reason." for key, reason in reasons.items() if not reason.strip()),
        *(f"{key} has a reason, and no such file needs one." for key in reasons if not _below(files, key)),
    ]


def _below(files: Mapping[str, Lines], key: str) -> list[str]:
    """The files below 90 % that a key of the table stands for."""
    return [
        file
        for file, lines in files.items()
        if not lines.enough and (file == key or (key.endswith("/") and file.startswith(key)))
    ]
