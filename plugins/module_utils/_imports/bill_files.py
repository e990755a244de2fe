# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Bills of other clouds: FOCUS and plain CSV files, of which the same one twice changes nothing
(design/imports.md#an-hour-is-replaced-whole, design/ledger.md#append-only).
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.money import ROUNDING, format_amount, from_nano
from .._core.periods import Window, iso
from .._core.spans import hull
from .._core.trusted_paths import open_input
from .._ledger import entries, sql, totals
from .._ledger.watch import Watch, unwatched
from . import entry_writer, focus, manual
from .entry_writer import Signature

FOCUS, CSV = "focus", "csv"
_TAG = "tags."
_FIELDS = tuple(name for name in manual.OPTIONS if name not in ("state", "source", "tags"))
#: What a correction of a bill changes, so that it names no charge.
_NOT_IDENTITY = ("amount", "quantity", "unit", "resource_name", "project_name", "tags", "position")
_AT_ONCE = 2_000
_SMALLEST = Decimal("1e-18")


@dataclass(frozen=True)
class TableOptions:
    """path and file_format (focus or csv) of the file. columns: field -> its column, tags as `tags.<name>`.
    values: field -> one for all rows.

    source: under which name the ledger keeps it. replaces: the file is all there is of the source in the time
    it covers.
    """

    path: str
    file_format: str
    source: str
    columns: Mapping[str, str]
    values: Mapping[str, str]
    timezone: str
    categories: Mapping[str, str]
    replaces: bool


def import_table(
    ledger_options: sql.LedgerOptions,
    options: TableOptions,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """The result of cost_import_file: all rows of the file in one transaction, or none of them.

    Raises InvalidOption naming the line for a row that is no cost; LedgerError.
    """
    progress, signature = _Progress(), Signature(now, recorded_by)
    with entry_writer.opened(ledger_options, check_mode) as ledger:
        rows = _entries(options, now)
        while batch := list(islice(rows, _AT_ONCE)):
            progress.add(batch, entry_writer.write(ledger, batch, signature, check_mode))
        if ledger is not None and options.replaces:
            others = _others(ledger, options, progress)
            progress.count(entry_writer.take_back(ledger, others, signature, check_mode))
        created = ledger is not None and ledger.created
        watched = watch(None if check_mode else ledger, None, progress.kinds.values())
    return {
        "changed": any(count for outcome, count in progress.counts.items() if outcome != entries.UNCHANGED),
        "ledger": sql.format_url(ledger_options),
        "ledger_created": created,
        "entries": progress.counts,
        "source": options.source,
        "totals": {
            currency: format_amount(from_nano(amount_nano))
            for currency, amount_nano in sorted(progress.sums.items())
        },
        "period_start": None if progress.covered is None else iso(progress.covered.begin),
        "period_end": None if progress.covered is None else iso(progress.covered.end),
        **watched,
    }


class _Progress:
    """What was read of a file so far: outcomes, sums by currency, keys, the time of its charges, and one
    entry of each kind that a budget or a rate tells apart.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(entries.OUTCOMES, 0)
        self.sums: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.covered: Window | None = None
        self.kinds: dict[object, entries.Entry] = {}

    def count(self, written: Sequence[entries.WrittenEntry]) -> None:
        """What came of some entries."""
        for one in written:
            self.counts[one.outcome] += 1

    def add(self, batch: Sequence[entries.Entry], written: Sequence[entries.WrittenEntry]) -> None:
        """Some more of its rows."""
        self.count(written)
        for one in batch:
            self.sums[one.currency] += one.amount_nano
            self.keys.add(one.key)
            self._add_kind(one)
        before = [] if self.covered is None else [self.covered]
        self.covered = hull([*before, *(one.period for one in batch)])

    def _add_kind(self, one: entries.Entry) -> None:
        """Keep the earliest of the entries that are alike: it is the likeliest to lack a rate."""
        if not one.amount_nano:
            return
        told_apart = (one.category, one.project_id, one.project_name, one.region, one.currency)
        kind = (*told_apart, tuple(sorted(one.tags.items())))
        before = self.kinds.get(kind)
        if before is None or one.period.begin < before.period.begin:
            self.kinds[kind] = one


def _others(ledger: sql.Ledger, options: TableOptions, progress: _Progress) -> list[entry_writer.Name]:
    """What the source has in the time that the file covers and the file has not."""
    if progress.covered is None:
        return []
    selection = totals.Selection(progress.covered, sources=(options.source,))
    after: int | None = None
    found: list[entry_writer.Name] = []
    while page := totals.rows(ledger.connection, selection, _AT_ONCE, after, valid_only=True):
        found += [(options.source, row["key"]) for row in page if row["key"] not in progress.keys]
        after = page[-1]["id"]
    return found


def _entries(options: TableOptions, now: datetime) -> Iterator[entries.Entry]:
    """The rows of the file as entries, one after the other. Raises InvalidOption."""
    seen: Counter[str] = Counter()
    path = Path(options.path)
    try:
        with os.fdopen(open_input(path), newline="", encoding="utf-8-sig") as stream:
            table = csv.DictReader(stream, strict=True)
            columns = _columns(options, table.fieldnames or ())
            for row in table:
                position = f"{path.name} line {table.line_num}"
                if None in row or None in row.values():
                    raise InvalidOption(
                        "file", f"{position} has more or fewer cells than the file has columns."
                    )
                cost = _cost(row, columns, options, position)
                key = cost.key or _key(row, cost, options)
                seen[key] += 1
                # Charges that nothing tells apart are counted: the second one is #2 in every delivery.
                number = f"#{seen[key]}" if seen[key] > 1 else ""
                yield manual.entry_of(replace(cost, key=key + number), None, now)
    except OSError as error:
        raise InvalidOption("file", f"'{options.path}' cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidOption("file", f"'{options.path}' is not CSV in UTF-8: {error.reason}.") from error
    except csv.Error as error:
        raise InvalidOption("file", f"'{options.path}' is not CSV in UTF-8: {error}.") from error


def _columns(options: TableOptions, named: Sequence[str]) -> dict[str, str]:
    """Field -> column of this file.

    Raises InvalidOption for a field that an entry has not, or a column that the file has not.
    """
    for option, given in (("columns", options.columns), ("values", options.values)):
        for name in given:
            if name not in _FIELDS and not name.startswith(_TAG):
                raise InvalidOption(
                    f"{option}.{name}",
                    f"is not a field of a cost; use one of {', '.join(_FIELDS)} and tags.<name>.",
                )
    for name, column in options.columns.items():
        if column not in named:
            # What it has is not told: the file may be one that nobody meant to show.
            raise InvalidOption(f"columns.{name}", f"the file has no column '{column}'.")
    given_fields = {*options.columns, *options.values}
    needed = (
        "amount",
        "currency",
        "category",
        "occurred_at" if "occurred_at" in given_fields else "period_begin",
    )
    for name in needed if options.file_format == CSV else ():
        if name not in given_fields:
            raise InvalidOption(
                "columns", f"has no {name}; name its column there, or set it for all rows in values."
            )
    shipped: dict[str, str] = {}
    if options.file_format == FOCUS:
        missing = [column for column in focus.NEEDED if column not in named]
        if missing:
            raise InvalidOption(
                "file", f"'{options.path}' is not a FOCUS file: it has no column {', '.join(missing)}."
            )
        shipped = {name: column for name, column in focus.COLUMNS.items() if column in named}
    return {**shipped, **options.columns}


def _cost(
    row: Mapping[str, str], columns: Mapping[str, str], options: TableOptions, position: str
) -> manual.CostRecord:
    """A row as a cost; without a key where no column tells one. Raises InvalidOption."""
    cells = {name: row[column].strip() for name, column in columns.items() if row[column].strip()}
    cells = {**cells, **options.values}
    tags = {name.removeprefix(_TAG): cells.pop(name) for name in list(cells) if name.startswith(_TAG)}
    if options.file_format == FOCUS:
        tags = {**_focus_tags(row.get(focus.TAGS) or "", position), **tags}
        cells = _as_ours(cells, options.categories)
    fields: dict[str, Any] = {"timezone": options.timezone, **cells, "tags": tags}
    for name in ("amount", "quantity"):
        if name in cells:
            fields[name] = _number(cells[name])
    if "unit" not in cells:
        fields.pop("quantity", None)
    return manual.CostRecord(**{"key": "", **fields, "source": options.source, "position": position})


def _as_ours(cells: Mapping[str, str], categories: Mapping[str, str]) -> dict[str, str]:
    """FOCUS's words as ours.

    What is negative and no credit is a correction or a refund, which we call an adjustment
    (design/money.md#net-amounts).
    """
    kind = cells.get("charge_category", "").lower()
    if cells.get("amount", "").startswith("-") and kind not in entries.MAY_BE_NEGATIVE:
        kind = "adjustment"
    service, of_service = cells.get("metric", ""), cells.get("category", "")
    ours = categories.get(service) or categories.get(of_service) or focus.CATEGORIES.get(of_service)
    # Written in `values`, it is one of ours already.
    return {
        **cells,
        "charge_category": kind,
        "category": ours or (of_service if of_service in CATEGORIES else "other"),
    }


def _focus_tags(text: str, position: str) -> dict[str, str]:
    """The tags of a row, which are JSON; a value that is no text becomes its JSON, null is left out (FOCUS
    1.2, column Tags).
    """
    try:
        tags = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise InvalidOption("file", f"{position} has Tags that are not valid JSON.") from error
    if not isinstance(tags, dict):
        raise InvalidOption("file", f"{position} has Tags that are not a JSON object.")
    return {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in (tags or {}).items()
        if value is not None
    }


def _number(text: str) -> object:
    """What has more decimals than any currency, to 18 of them; text that is no number stays, for the sentence
    about it.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exponent = number.as_tuple().exponent
    return ROUNDING.quantize(number, _SMALLEST) if isinstance(exponent, int) and exponent < -18 else text


def _key(row: Mapping[str, str], cost: manual.CostRecord, options: TableOptions) -> str:
    """What names a charge for ever where no column does: a hash of what tells it from the others, not of what
    it costs.
    """
    if options.file_format == FOCUS:
        parts = [(name, row.get(name, "")) for name in focus.IDENTITY]
    else:
        parts = [
            (name, str(value)) for name, value in sorted(vars(cost).items()) if name not in _NOT_IDENTITY
        ]
    return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
