# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""FOCUS as CSV: a stream of charges into one file (design/ansible.md#third-party-libraries: nothing but the
standard library).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from .._core import rows_file
from .._core.files import AS_IT_COMES, FileAttributes
from .._core.periods import iso, moment_of
from . import attos
from .focus import Charge, Kind, Numbers, Times
from .focus_columns import OF_A_KIND, V1_0, V1_2, Column, columns_of
from .formulas import defused

_ROWS_AT_ONCE = 1_000
#: Of kinds, whose names can be long.
_KINDS_KEPT = 4_096
_PLAIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:/#-]*").fullmatch
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def _numbers_1_2(numbers: Numbers) -> str:
    billed, price, priced, consumed, recorded, own_price = _words_of(numbers)
    return f"{billed},{billed},{billed},{billed},{price},{price},{priced},{consumed},{recorded},{own_price},{own_price},{recorded},"


def _numbers_1_0(numbers: Numbers) -> str:
    billed, price, priced, consumed, recorded, _own_price = _words_of(numbers)
    return f"{billed},{billed},{billed},{billed},{price},{price},{priced},{consumed},{recorded},"


def _words_of(numbers: Numbers) -> list[str]:
    told = (
        numbers.billed, numbers.unit_price, numbers.pricing_quantity, numbers.consumed_quantity, numbers.recorded,
        numbers.own_unit_price,
    )  # fmt: skip
    return ["" if number is None else attos.plain(number) for number in told]


def _times(times: Times) -> str:
    moments = (times.billing_begin, times.billing_end, times.begin, times.end)
    return "".join(f"{iso(moment_of(seconds))}," for seconds in moments)


#: The numbers in the order of focus_columns.OF_EACH. Written out, as there are millions of them.
_NUMBERS = {V1_0: _numbers_1_0, V1_2: _numbers_1_2}


class _Kept(dict[Any, str]):
    """The words for what comes again and again: hours cost alike. Nothing is kept for long."""

    def __init__(self, words: Callable[[Any], str], kept: int = 16_384) -> None:
        super().__init__()
        self._words, self._kept = words, kept

    def __missing__(self, one: Any) -> str:
        if len(self) >= self._kept:
            self.clear()
        words = self[one] = self._words(one)
        return words


class _Words:
    """Charges as lines. What many have in common, their kind and their numbers, is put into words once."""

    def __init__(self, version: str, defuse: bool) -> None:
        columns = set(columns_of(version))
        self._defuse = defuse
        self._kind_places = [(place, column) for place, column in enumerate(OF_A_KIND) if column in columns]
        self._numbers, self._times, self._kinds = (
            _Kept(_NUMBERS[version]),
            _Kept(_times),
            _Kept(self._kind, _KINDS_KEPT),
        )

    def line(self, charge: Charge) -> str:
        """The row of a charge."""
        kind, numbers, times, version, key = charge
        # Nearly all keys are made of letters and digits: one look says so.
        told = key if _PLAIN(key) else _quoted(defused(key) if self._defuse else key)
        return f"{self._numbers[numbers]}{self._times[times]}{version},{told}{self._kinds[kind]}\n"

    def _kind(self, kind: Kind) -> str:
        return "".join("," + self._cell(kind.cells[place], column) for place, column in self._kind_places)

    def _cell(self, text: str | None, column: Column) -> str:
        if text is None:
            return ""
        return _quoted(defused(text) if self._defuse and column.is_free_text else text)


def write(
    path: Path,
    charges: Iterable[Charge],
    version: str,
    defuse: bool,
    check_mode: bool,
    attributes: FileAttributes = AS_IT_COMES,
) -> tuple[int, bool]:
    """The charges as a CSV file in UTF-8; how many there were, and whether the file has changed.

    A few are held at a time.

    defuse: names that a spreadsheet would run as formulas get an apostrophe. Raises InvalidOption as
    rows_file.writing does.
    """
    names = tuple(column.name for column in columns_of(version))
    words = _Words(version, defuse)
    with rows_file.writing(path, rows_file.Columns(names, nested=()), check_mode, attributes) as file:
        lines = map(words.line, charges)
        while some := list(islice(lines, _ROWS_AT_ONCE)):
            file.add_text("".join(some), len(some))
    return file.count, file.changed


def _quoted(text: str) -> str:
    """A cell in quotes where it needs them; by the csv library, whose readers read it."""
    if not _NEEDS_QUOTES.search(text):
        return text
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL).writerow([text])
    return line.getvalue()
