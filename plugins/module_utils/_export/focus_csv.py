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
from .focus import Charge, ChargeKind, Numbers, Times
from .focus_columns import OF_A_KIND, V1_0, V1_1, Column, columns_of
from .formulas import defused

_ROWS_AT_ONCE = 1_000
#: Of kinds, whose names can be long.
_KINDS_KEPT = 4_096
_PLAIN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:/#-]*").fullmatch
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def _numbers_1_2(numbers: Numbers) -> str:
    billed, price, priced, consumed, recorded, own_price = _format_numbers(numbers)
    return (
        f"{billed},{billed},{billed},{billed},{price},{price},{priced},{consumed},{recorded},"
        f"{own_price},{own_price},{recorded},"
    )


def _numbers_1_0(numbers: Numbers) -> str:
    billed, price, priced, consumed, recorded, _own_price = _format_numbers(numbers)
    return f"{billed},{billed},{billed},{billed},{price},{price},{priced},{consumed},{recorded},"


def _format_numbers(numbers: Numbers) -> list[str]:
    ordered = (
        numbers.billed, numbers.unit_price, numbers.pricing_quantity, numbers.consumed_quantity,
        numbers.recorded, numbers.own_unit_price,
    )  # fmt: skip
    return ["" if number is None else attos.format_attos(number) for number in ordered]


def _times(times: Times) -> str:
    moments = (times.billing_begin, times.billing_end, times.begin, times.end)
    return "".join(f"{iso(moment_of(seconds))}," for seconds in moments)


#: The versions without a pricing currency. The numbers stand in the order of focus_columns.OF_EACH, written
#: out, as there are millions of them.
_WITHOUT_PRICING_CURRENCY = (V1_0, V1_1)


class _TextCache(dict[Any, str]):
    """The texts of values that come again and again, as hours cost alike. It is emptied when it is full."""

    def __init__(self, format_value: Callable[[Any], str], kept: int = 16_384) -> None:
        super().__init__()
        self._format, self._kept = format_value, kept

    def __missing__(self, one: Any) -> str:
        if len(self) >= self._kept:
            self.clear()
        text = self[one] = self._format(one)
        return text


class _ChargeLines:
    """Charges as lines of CSV. Kinds and numbers, which many charges share, are formatted once."""

    def __init__(self, version: str, defuse: bool) -> None:
        columns = set(columns_of(version))
        self._defuse = defuse
        self._kind_columns = [(index, column) for index, column in enumerate(OF_A_KIND) if column in columns]
        self._numbers, self._times, self._kinds = (
            _TextCache(_numbers_1_0 if version in _WITHOUT_PRICING_CURRENCY else _numbers_1_2),
            _TextCache(_times),
            _TextCache(self._kind, _KINDS_KEPT),
        )

    def format_line(self, charge: Charge) -> str:
        """The line of a charge."""
        kind, numbers, times, version, key = charge
        # Nearly all keys have letters and digits only: one match says so.
        cell = key if _PLAIN(key) else _quoted(defused(key) if self._defuse else key)
        return f"{self._numbers[numbers]}{self._times[times]}{version},{cell}{self._kinds[kind]}\n"

    def _kind(self, kind: ChargeKind) -> str:
        return "".join("," + self._cell(kind.cells[index], column) for index, column in self._kind_columns)

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
    charge_lines = _ChargeLines(version, defuse)
    with rows_file.writing(path, rows_file.Columns(names, nested=()), check_mode, attributes) as file:
        lines = map(charge_lines.format_line, charges)
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
