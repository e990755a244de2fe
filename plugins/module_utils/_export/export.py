# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Costs as FOCUS files, of a ledger or straight from a cloud: what cost_export does (design/money.md#rates,
design/reading-a-cloud.md#complete-and-fully-rated, design/ledger.md#append-only).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .._core import rows_file
from .._core.errors import InvalidOption, UnknownAmount
from .._core.files import AS_IT_COMES, FileAttributes
from .._core.periods import Window, iso
from .._core.rates import ICU
from .._ledger import commit_clock, feeds, sql, valid_entries
from .._ledger.allocation import Allocation
from .._ledger.policy import rates_of
from .._ledger.totals import Selection
from .._openstack.connection import Cloud
from . import attos, focus_csv, focus_parquet
from .focus import TAX, Charge, Charges, FocusOptions
from .focus_allocated import Division
from .rated import RatedCosts, RatedOptions

CSV, PARQUET = "csv", "parquet"
Row = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """What to write: a CSV file or a folder of Parquet, its FOCUS version, and its options.

    attributes: of each file. allocated: shared costs are divided (design/ledger.md#shared-costs).
    """

    dest: str
    file_format: str
    version: str
    focus: FocusOptions
    defuse: bool = True
    attributes: FileAttributes = AS_IT_COMES
    allocated: bool = False


def from_ledger(
    options: sql.LedgerOptions, selection: Selection, target: Target, as_of: datetime | None, check_mode: bool
) -> Row:
    """The result of cost_export for the selected entries of a ledger, which is only read.

    Raises InvalidOption, LedgerError; UnknownAmount if a rate into the billing currency is missing.
    """
    path = _checked(target, selection.window)
    with sql.reading(options) as ledger:
        focus = replace(target.focus, rates=rates_of(ledger.connection, target.focus.rates, as_of))
        allocation = Allocation(ledger.connection, focus.rates, as_of) if target.allocated else None
        divide = None if allocation is None else Division(allocation).of
        charges = Charges(focus, valid_entries.dimensions(ledger.connection), divide)
        entries = valid_entries.stream(ledger.connection, selection, as_of)
        written = _write(path, charges.of(entries), target, selection.window, check_mode)
        through = feeds.to_result(feeds.read_all(ledger.connection), selection.window)
        final = as_of and as_of <= commit_clock.newest(ledger.connection)
        undivided = [] if allocation is None else list(allocation.problems)
        told = {"ledger": ledger.url, "feeds": through, "as_of_final": final, "undivided": undivided}
        return {**told, **written}


def from_cloud(cloud: Cloud, options: RatedOptions, target: Target, now: datetime, check_mode: bool) -> Row:
    """The result of cost_export for what a cloud has rated of a project up to now.

    Raises CloudError, InvalidOption; UnknownAmount where nothing is rated, or a rate into the billing
    currency is missing.
    """
    path = _checked(target, options.asked)
    if options.asked.begin >= now:
        raise InvalidOption("begin", f"{iso(options.asked.begin)} is not past; nothing is rated yet.")
    costs = RatedCosts(cloud, options, now)
    if costs.rated_through is None:
        window = costs.window
        raise UnknownAmount(
            f"{costs.url} has rated nothing of project {cloud.identity.project_name} from"
            f" {iso(window.begin)} to {iso(window.end)}."
        )
    charges = Charges(target.focus, costs.dimensions).of(costs.stream())
    written = _write(path, charges, target, options.asked, check_mode)
    return {**written, **costs.to_result()}


def _checked(target: Target, window: Window) -> Path:
    if target.focus.currency == ICU:
        raise InvalidOption(
            "currency",
            "`ICU` is a virtual currency and never billed; name the currency of the bill, such as CHF or"
            " EUR.",
        )
    if target.file_format == PARQUET:
        return focus_parquet.checked(target.dest, window, target.focus.zone, target.attributes)
    if Path(target.dest).suffix != ".csv":
        raise InvalidOption(
            "dest", f"'{target.dest}' is not the name of a CSV file; its name must end in .csv."
        )
    path = rows_file.checked(target.dest)
    if path is None:
        raise InvalidOption("dest", "is needed: the path of the file to write.")
    return path


class _ChargeSums:
    """The sums of charges: as recorded, by currency, and as billed."""

    def __init__(self) -> None:
        self._recorded: dict[str, int] = {}
        self._billed = 0
        self._taxed = False

    def watched(self, charges: Iterable[Charge]) -> Iterable[Charge]:
        """The charges, each added to the sums when it passes."""
        recorded = self._recorded
        for charge in charges:
            kind, numbers, _times, _version, _key = charge
            recorded[kind.currency] = recorded.get(kind.currency, 0) + numbers.recorded
            self._billed += numbers.billed
            if kind.charge_category == TAX:
                self._taxed = True
            yield charge

    def to_result(self, currency: str) -> Row:
        """The sums, exact."""
        totals = [
            {"amount": attos.format_attos(amount), "currency": code}
            for code, amount in sorted(self._recorded.items())
        ]
        tax = "included" if self._taxed else "excluded"
        return {
            "totals": totals,
            "billed": attos.format_attos(self._billed),
            "currency": currency,
            "tax": tax,
        }


def _write(path: Path, charges: Iterable[Charge], target: Target, window: Window, check_mode: bool) -> Row:
    sums = _ChargeSums()
    watched = sums.watched(charges)
    if target.file_format == PARQUET:
        days = focus_parquet.days_of(path, window, target.focus.zone)
        written = focus_parquet.write(watched, target.version, days, check_mode, target.attributes)
        files = [
            {"path": str(one.day.path), "billing_period": one.day.month, "rows": one.count}
            for one in written
            if one.count
        ]
        changed = any(one.changed for one in written)
    else:
        count, changed = focus_csv.write(
            path, watched, target.version, target.defuse, check_mode, target.attributes
        )
        files = [{"path": str(path), "billing_period": None, "rows": count}]
    return {
        "changed": changed,
        "dest": str(path),
        "files": files,
        "row_count": sum(file["rows"] for file in files),
        "period_start": iso(window.begin),
        "period_end": iso(window.end),
        **sums.to_result(target.focus.currency),
    }
