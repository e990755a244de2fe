# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a bill is read: the options of cost_import_file, checked (design/imports.md#what-a-file-says)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.periods import Window, parse_moment, zone_named
from .bill_cells import FOCUS_NULLS
from .bill_formats import TABLE, BillFormat
from .bill_tables import FileForm
from .focus import FOCUS
from .gcp_bills import GCP
from .provider_bills import AWS_CUR, AZURE

CSV: Final = "csv"
FORMATS: Mapping[str, BillFormat] = {
    "focus": FOCUS,
    CSV: TABLE,
    "aws_cur": AWS_CUR,
    "azure": AZURE,
    "gcp": GCP,
}
REPLACE, ADD = "replace", "add"
TAG = "tags."
#: What a mapping may name, beside tags.<name>.
FIELDS = (
    "key", "amount", "currency", "category", "charge_category", "occurred_at", "period_begin", "period_end",
    "cloud", "region", "project_id", "project_name", "metric", "resource_id", "resource_name",
    "resource_type", "quantity", "unit", "description",
)  # fmt: skip
_SHORT_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
#: What does not change what the rows of a file mean.
_NOT_MEANING = ("files", "source", "delivery", "encoding", "skip_footer")


@dataclass(frozen=True)
class BillOptions:
    """files: paths, folders, globs. columns: field -> its column, tags as `tags.<name>`. values: field -> one
    for all rows. categories: service or category of the file -> ours.

    source: under which name the ledger keeps the bill. delivery: replace, add, or None for a bill of which
    the ledger has nothing yet. period: of tables that name none. timezone, date_format, decimal_comma,
    null_values, encoding, skip_footer: how the files are written. spread: book what is for several days by
    the day.
    """

    files: tuple[str, ...]
    source: str
    file_format: str = "focus"
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    delivery: str | None = None
    period: str | None = None
    timezone: str | None = None
    date_format: str | None = None
    decimal_comma: bool = False
    null_values: tuple[str, ...] = ()
    encoding: str | None = None
    skip_footer: int = 0
    spread: bool = False

    @property
    def form(self) -> FileForm:
        """How the files are encoded and what of them is left out."""
        return FileForm(self.encoding, self.skip_footer)

    @property
    def columns_asked(self) -> tuple[str, ...]:
        """The columns that may be read, for files whose rows name only those that say something."""
        shipped = FORMATS[self.file_format]
        listed = [*chain.from_iterable(shipped.columns.values()), *shipped.credits, *self.columns.values()]
        return tuple(dict.fromkeys(listed))

    @property
    def nulls(self) -> frozenset[str]:
        """The cells that say nothing."""
        shipped = FOCUS_NULLS if self.file_format != CSV else ()
        return frozenset({"", *shipped, *self.null_values})

    @property
    def zone(self) -> ZoneInfo | None:
        """Of moments that name none. Raises InvalidOption for one that there is not."""
        name = self.timezone or FORMATS[self.file_format].timezone
        return None if name is None else zone_named(name, "timezone")

    @property
    def window(self) -> Window | None:
        """The period that the task names."""
        return None if self.period is None else _window(self.period, self.zone or ZoneInfo("UTC"))

    @property
    def meaning(self) -> str:
        """What rows mean beside what they say: the same rows read in another way are another content."""
        return repr(
            sorted(
                (name, sorted(value.items()) if isinstance(value, Mapping) else value)
                for name, value in vars(self).items()
                if name not in _NOT_MEANING
            )
        )

    def check(self) -> None:
        """Raise InvalidOption for what no file could be read by."""
        if not self.source.strip():
            raise InvalidOption("source", "is empty; use a name for who bills, such as aws.")
        for option, given in (("columns", self.columns), ("values", self.values)):
            for name in given:
                if name not in FIELDS and not name.startswith(TAG):
                    raise InvalidOption(
                        f"{option}.{name}",
                        f"is not a field of a cost; use one of {', '.join(FIELDS)} and tags.<name>.",
                    )
        for name, category in self.categories.items():
            if category not in CATEGORIES:
                raise InvalidOption(
                    f"categories.{name}",
                    f"'{category}' is not a category; use one of {', '.join(CATEGORIES)}.",
                )
        if self.skip_footer < 0:
            raise InvalidOption("skip_footer", "must be a number of rows, 0 or more.")
        if "key" in self.values:
            raise InvalidOption("values.key", "is one key for all rows; name its column in `columns`.")
        self._check_fields()
        for _checked in (self.zone, self.window):
            pass

    def _check_fields(self) -> None:
        given = {*self.columns, *self.values}
        if self.file_format != CSV:
            if "key" in given:
                raise InvalidOption(
                    "columns.key", f"has no effect with format {self.file_format}, which names its bills."
                )
            return
        when = "occurred_at" if "period_begin" not in given else "period_end"
        for name in ("amount", "currency", "category", when):
            if name not in given:
                raise InvalidOption(
                    "columns", f"has no {name}; name its column there, or set it for all rows in `values`."
                )
        if "occurred_at" in given and given & {"period_begin", "period_end"}:
            raise InvalidOption(
                "columns.occurred_at", "is mutually exclusive with period_begin and period_end."
            )


def _window(text: str, zone: ZoneInfo) -> Window:
    begin, slash, end = text.partition("/")
    if slash:
        window = (parse_moment(begin, zone, "period"), parse_moment(end, zone, "period"))
        if window[1] <= window[0]:
            raise InvalidOption("period", f"'{text}' ends before it begins.")
        return Window(*window)
    found = _SHORT_PERIOD.fullmatch(text.strip())
    if found is None:
        raise InvalidOption(
            "period", f"'{text[:40]}' is no period; write 2026, 2026-10, 2026-10-31 or begin/end."
        )
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        first = date(year, month or 1, day or 1)
        if day:
            after = date.fromordinal(first.toordinal() + 1)
        else:
            after = date(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
    except ValueError as error:
        raise InvalidOption("period", f"'{text[:40]}' is not in the calendar.") from error
    return Window(*(parse_moment(one.isoformat(), zone, "period") for one in (first, after)))
