# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A row of a bill as a charge of the ledger (design/imports.md#what-a-cell-says)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from operator import itemgetter
from typing import NamedTuple, TypeVar

from .._core.categories import CATEGORIES, CHARGE_CATEGORIES, OTHER
from .._core.errors import InvalidOption
from .._core.money import parse_currency
from .._ledger.dimension_sets import Dimensions, canonical_tags
from . import bill_cells
from .bill_cells import CellError, shortened
from .bill_formats import another_format
from .bill_options import CSV, FORMATS, TAG, BillOptions

#: What decides the dimensions of a row, then what each row has of its own.
_OF_KIND = (
    "charge_category", "own_category", "category", "metric", "cloud", "region", "project_id", "project_name",
    "currency", "tags", "allocated", "allocated_tags",
)  # fmt: skip
_OF_EACH = (
    "amount", "period_begin", "period_end", "occurred_at", "resource_id", "resource_name", "resource_type",
    "description", "unit", "quantity",
)  # fmt: skip
_OF_SCOPE = ("account", "billing_begin", "billing_end", "key")
#: Of a year that moments are taken of.
_MONTH = re.compile(r"(19[7-9]\d|[2-8]\d{3})-?(\d\d)", re.ASCII)
_KIND_COUNT = len(_OF_KIND)
_MAY_BE_NEGATIVE = ("credit", "adjustment", "tax")
_REMEMBERED = 20_000
_DAY_S = 86_400
_DIGEST_BYTES = 16
#: Between cells that are hashed; a cell that holds it is hashed as its repr.
_BETWEEN = "\x1f"
_Read = TypeVar("_Read")


class BillScope(NamedTuple):
    """Which bill a row belongs to: of an account and a billing period, of a key, or, without begin and end,
    of the time that the delivery's charges begin in.
    """

    account: str
    key: str
    begin: int | None
    end: int | None


class Charge(NamedTuple):
    """A row of a bill. begin, end: seconds since the epoch."""

    dimensions: Dimensions
    metric: str | None
    resource_id: str | None
    resource_name: str | None
    resource_type: str | None
    description: str | None
    begin: int
    end: int
    unit: str | None
    quantity: str | None
    amount_nano: int


class RowReader:
    """Reads the rows of one file.

    other: gets service and category of the file for each kind of charge that became other.
    """

    def __init__(
        self, name: str, columns: Sequence[str], options: BillOptions, other: set[tuple[str, str]]
    ) -> None:
        self._format, self._options, self._other = FORMATS[options.file_format], options, other
        self._name, self._columns = name, columns
        self._nulls = options.nulls
        self._moment = bill_cells.moments(options.zone, options.date_format, self._format.date_format)
        self._window = options.window
        self._values = list({**self._format.values, **options.values}.items())
        self._tag_columns = self._named_tags()
        self._at = self._places()
        self._tag_names = [
            one.removeprefix(TAG)
            for one in {**self._tag_columns, **options.columns, **options.values}
            if one.startswith(TAG)
        ]
        tags = tuple(self._at[f"{TAG}{one}"][0] for one in self._tag_names)
        self._pick_each = itemgetter(*(self._at[one][0] for one in _OF_EACH))
        self._pick_kind = itemgetter(*(place for one in _OF_KIND for place in self._at[one]), *tags)
        self._kind_places = [*(self._at[one] for one in _OF_KIND), *((place,) for place in tags)]
        self._pick_scope = itemgetter(*(self._at[one][0] for one in _OF_SCOPE))
        # Of most fields there is one column.
        self._others = [
            (number, self._at[one][1:]) for number, one in enumerate(_OF_EACH) if len(self._at[one]) > 1
        ]
        self._same = [*(value for _name, value in self._values), ""]
        self._credits = next((there for there in self._format.credits if there in columns), None)
        self._credits_at = None if self._credits is None else columns.index(self._credits)
        self._tells_a_moment = self._at["occurred_at"] != (len(columns) + len(self._values),)
        self._amounts: dict[str, int] = {}
        self._quantities: dict[str, str] = {}
        self._moments: dict[str, int] = {}
        self._kinds: dict[object, tuple[Dimensions, str | None]] = {}
        self._scopes: dict[object, BillScope] = {}
        order = sorted(range(len(columns)), key=lambda number: columns[number])
        self._pick_hashed = itemgetter(*order) if len(order) > 1 else lambda row: (row[0],)
        self._seed = blake2b(
            repr(([columns[one] for one in order], options.meaning)).encode("utf-8", "surrogatepass"),
            digest_size=_DIGEST_BYTES,
        )
        self._separators = len(order) - 1

    def digest(self, row: Sequence[str]) -> bytes:
        """What tells a row from every other: a hash of all its cells and of how they are read."""
        cells = self._pick_hashed(row)
        text = _BETWEEN.join(cells)
        if text.count(_BETWEEN) != self._separators:
            text = repr(cells)
        found = self._seed.copy()
        found.update(text.encode("utf-8", "surrogatepass"))
        return found.digest()

    def _named_tags(self) -> dict[str, str]:
        """`tags.<name>` -> the column of that tag, where each tag has one."""
        return {
            f"{TAG}{column.removeprefix(begin)}": column
            for begin in self._format.tag_columns
            for column in self._columns
            if column.startswith(begin) and column != begin
        }

    def full(self, row: Sequence[str]) -> list[str]:
        """The row with the values that are the same for all rows, for scope() and charge()."""
        return [*row, *self._same]

    def scope(self, full: Sequence[str]) -> BillScope:
        """Which bill a row belongs to. Raises InvalidOption naming the column."""
        raw = self._pick_scope(full)
        found = self._scopes.get(raw)
        if found is None:
            if len(self._scopes) > _REMEMBERED:
                self._scopes.clear()
            found = self._scopes[raw] = self._scope_of([self._said(cell) for cell in raw])
        return found

    def charge(self, full: Sequence[str]) -> Charge:
        """What a row says. Raises InvalidOption naming the column."""
        nulls = self._nulls
        said = [None if (cell := one.strip()) in nulls else cell for one in self._pick_each(full)]
        for number, more in self._others:
            for place in more:
                if said[number] is None:
                    said[number] = self._said(full[place])
        (amount, begin, end, moment, resource_id, resource_name, resource_type, description, unit,
         quantity) = said  # fmt: skip
        amount_nano = self._remembered(self._amounts, "amount", amount, self._nano)
        # As it is written: bills have few kinds, and many cells of them.
        kind_key = (amount_nano < 0, self._pick_kind(full))
        kind = self._kinds.get(kind_key)
        if kind is None:
            if len(self._kinds) > _REMEMBERED:
                self._kinds.clear()
            of_kind = [self._first_said(full, places) for places in self._kind_places]
            kind = self._kinds[kind_key] = self._kind(of_kind, amount_nano < 0)
        begin_s, end_s = self._period(begin, end, moment)
        if quantity is not None:
            quantity = (
                self._remembered(self._quantities, "quantity", quantity, self._quantity) if unit else None
            )
        return Charge(
            kind[0], kind[1], resource_id, resource_name, resource_type, description, begin_s, end_s, unit,
            quantity, amount_nano,
        )  # fmt: skip

    def credits(self, full: Sequence[str], charge: Charge) -> list[Charge]:
        """The credits that a row has with its charge, each a charge of its own."""
        said = None if self._credits_at is None else self._said(full[self._credits_at])
        if said is None:
            return []
        try:
            found = bill_cells.credits_of(said)
        except CellError as error:
            raise InvalidOption("files", f"column '{self._credits}': {error}") from error
        return [
            charge._replace(
                dimensions=charge.dimensions._replace(charge_category="credit"),
                description=name or charge.description,
                amount_nano=nano,
                unit=None,
                quantity=None,
            )
            for name, nano in found
        ]

    def _remembered(
        self, known: dict[str, _Read], field: str, text: str | None, read: Callable[[str], _Read]
    ) -> _Read:
        """What a cell says. Bills have the same few cells again and again."""
        found = known.get(text) if text is not None else None
        if found is None:
            if len(known) > _REMEMBERED:
                known.clear()
            text = self._needed(field, text)
            found = known[text] = self._of(field, text, read)
        return found

    def _places(self) -> dict[str, tuple[int, ...]]:
        """Field -> where its cells stand in full(): in the row, behind it among the values, or in the empty
        cell at the end.

        Raises InvalidOption for a column that the file has not, or a file that is not of the format.
        """
        there = {name: number for number, name in enumerate(self._columns) if name}
        cased = there
        if self._format.any_case:
            cased = {name.lower(): number for name, number in there.items()}
        mapped = {**self._tag_columns, **self._options.columns}
        for name, column in mapped.items():
            if column not in there:
                # What it has is not told: the file may be none that its user meant to show.
                raise InvalidOption(f"columns.{name}", f"{self._name} has no column '{column}'.")
        values = {name: len(self._columns) + number for number, (name, _one) in enumerate(self._values)}
        nothing = len(self._columns) + len(values)
        places: dict[str, tuple[int, ...]] = {}
        for one in (*_OF_KIND, *_OF_EACH, *_OF_SCOPE, *values, *mapped):
            if one in mapped and one not in self._options.values:
                places[one] = (there[mapped[one]],)
            elif one in values:
                places[one] = (values[one],)
            else:
                names = [
                    name.lower() if self._format.any_case else name
                    for name in self._format.columns.get(one, ())
                ]
                places[one] = tuple(cased[name] for name in names if name in cased) or (nothing,)
        missing = [self._format.columns[one][0] for one in self._format.needed if places[one] == (nothing,)]
        if missing:
            for name in (name for name, form in FORMATS.items() if form.is_of(there)):
                raise another_format(self._name, name)
            raise InvalidOption(
                "files",
                f"'{self._name}' is not of format {self._options.file_format}: it lacks"
                f" {', '.join(missing)}.",
            )
        return places

    def _first_said(self, full: Sequence[str], places: Sequence[int]) -> str | None:
        return next((said for place in places if (said := self._said(full[place])) is not None), None)

    def _said(self, cell: str) -> str | None:
        text = cell.strip()
        return None if text in self._nulls else text

    def _scope_of(self, said: Sequence[str | None]) -> BillScope:
        account, begin, end, key = said
        if "key" in self._options.columns:
            return BillScope("", self._needed("key", key), None, None)
        if len(self._columns) + len(self._values) in self._at["billing_begin"]:
            # The file tells no billing period.
            if self._window is None:
                return BillScope(account or "", "", None, None)
            window = (int(moment.timestamp()) for moment in (self._window.begin, self._window.end))
            return BillScope(account or "", "", *window)
        if self._window is not None:
            raise InvalidOption("period", f"has no effect: {self._name} names its billing periods.")
        if self._format.by_month:
            return BillScope(
                account or "", "", *self._of("billing_begin", self._needed("billing_begin", begin), _month)
            )
        first = self._of("billing_begin", self._needed("billing_begin", begin), self._moment)
        last = self._of("billing_end", self._needed("billing_end", end), self._moment)
        if self._format.last_day:
            last += _DAY_S
        if last <= first:
            raise InvalidOption("files", f"{self._column('billing_end')} is not after the period's begin.")
        return BillScope(account or "", "", first, last)

    def _kind(self, said: Sequence[str | None], is_negative: bool) -> tuple[Dimensions, str | None]:
        kind = dict(zip(_OF_KIND, said[:_KIND_COUNT], strict=True))
        named = dict(zip(self._tag_names, said[_KIND_COUNT:], strict=True))
        field = "allocated_tags" if kind["allocated"] else "tags"
        text = kind[field]
        tags = {} if text is None else self._of(field, text, bill_cells.tags)
        tags.update({name: value for name, value in named.items() if value is not None})
        currency = self._needed("currency", kind["currency"])
        return Dimensions(
            charge_category=self._charge_category(kind["charge_category"], is_negative),
            category=self._category(kind),
            cloud=kind["cloud"],
            region=kind["region"],
            project_id=kind["project_id"],
            project_name=kind["project_name"],
            currency=self._of("currency", currency, _currency),
            tags=canonical_tags(tags),
        ), kind["metric"]

    def _charge_category(self, said: str | None, is_negative: bool) -> str:
        """What is negative and neither credit nor tax is a correction or a refund, which we call an
        adjustment (design/money.md#net-amounts).
        """
        if said is None and self._options.file_format == CSV:
            found = "usage"
        else:
            text = self._needed("charge_category", said)
            found = self._format.charges.get(text, text.lower())
            if found not in CHARGE_CATEGORIES:
                raise InvalidOption(
                    "files",
                    f"{self._column('charge_category')}: '{shortened(text)}' is no charge category; it is one"
                    f" of {', '.join(CHARGE_CATEGORIES)}.",
                )
        return "adjustment" if is_negative and found not in _MAY_BE_NEGATIVE else found

    def _category(self, kind: Mapping[str, str | None]) -> str:
        own, category, service = kind["own_category"], kind["category"], kind["metric"]
        given = self._options.categories
        for name in (service, category):
            if name is not None and name in given:
                return given[name]
        for ours in (own, category):
            if ours in CATEGORIES:
                return ours
        if self._options.file_format == CSV:
            raise InvalidOption(
                "files",
                f"{self._column('category')}: '{shortened(category or '')}' is unknown; say in `categories`"
                f" which of {', '.join(CATEGORIES)} it is.",
            )
        shipped = self._format.categories
        found = shipped.get(category or "") or shipped.get(service or "", OTHER)
        if found == OTHER:
            self._other.add((category or "", service or ""))
        return found

    def _period(self, begin: str | None, end: str | None, moment: str | None) -> tuple[int, int]:
        if self._tells_a_moment:
            at = self._remembered(self._moments, "occurred_at", moment, self._moment)
            return at, at
        first = self._remembered(self._moments, "period_begin", begin, self._moment)
        last = self._remembered(self._moments, "period_end", end, self._moment)
        if last < first:
            raise InvalidOption("files", f"{self._column('period_end')} is before the begin of the charge.")
        return first, last

    def _needed(self, field: str, said: str | None) -> str:
        if said is None:
            raise InvalidOption(
                "files",
                f"{self._column(field)} is empty; every row needs one. Leave a total at the end out by"
                " `skip_footer`.",
            )
        return said

    def _of(self, field: str, text: str, read: Callable[[str], _Read]) -> _Read:
        try:
            return read(text)
        except CellError as error:
            raise InvalidOption("files", f"{self._column(field)}: {error}") from error

    def _column(self, field: str) -> str:
        place = self._at[field][0]
        if place < len(self._columns):
            return f"column '{self._columns[place]}'"
        return f"values.{field}" if place < len(self._columns) + len(self._values) else field

    def _nano(self, text: str) -> int:
        return bill_cells.nano(text, self._options.decimal_comma)

    def _quantity(self, text: str) -> str:
        return bill_cells.quantity(text, self._options.decimal_comma)


def _month(text: str) -> tuple[int, int]:
    """Begin and end of a month in UTC."""
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise CellError(f"'{shortened(text)}' is no month, such as 202611.")
    begin = datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC)
    end = (begin + timedelta(days=32)).replace(day=1)
    return int(begin.timestamp()), int(end.timestamp())


def _currency(text: str) -> str:
    try:
        return parse_currency(text.upper(), "")
    except InvalidOption as error:
        raise CellError(error.problem) from error
