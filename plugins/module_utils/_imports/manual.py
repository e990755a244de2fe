# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Costs that somebody writes down, one or many, and takes back (design/ledger.md#what-an-entry-carries,
design/ledger.md#append-only, design/money.md#net-amounts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from .._core.categories import CATEGORIES, CHARGE_CATEGORIES
from .._core.errors import InvalidOption
from .._core.money import amount_of, format_exact, parse_currency, to_nano
from .._core.periods import Window, iso, parse_moment, zone_named
from .._ledger import entries, entry_result, sql
from .._ledger.bills import KEY_PREFIX
from .._ledger.holds import ENTRY_SOURCE
from .._ledger.watch import Watch, unwatched
from . import entry_writer
from .entry_writer import Name, Signature

PRESENT, ABSENT = "present", "absent"
Row = dict[str, Any]


@dataclass(frozen=True)
class CostRecord:
    """A cost as it was written down, before anything is checked; absent needs source and key only.

    amount and quantity: exact text, an integer or a Decimal. It occurred at a moment, or over period_begin to
    period_end, local in timezone where no offset is written. position: where it stands in a list, as in
    `entries[3]`; empty for the only one.
    """

    key: str
    source: str
    state: str = PRESENT
    amount: object = None
    currency: str | None = None
    category: str | None = None
    charge_category: str = "usage"
    occurred_at: object = None
    period_begin: str | None = None
    period_end: str | None = None
    timezone: str = "UTC"
    cloud: str | None = None
    region: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    metric: str | None = None
    resource_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    quantity: object = None
    unit: str | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
    position: str = ""

    @property
    def name(self) -> Name:
        """What names it in the ledger for ever."""
        return self.source, self.key

    def option(self, name: str) -> str:
        """An option of this cost as errors call it: in a list `entries[3].amount (key invoice-7)`."""
        return f"{self.position}.{name} (key {self.key})" if self.position else name


#: The options of a cost, in a list too.
OPTIONS = tuple(one.name for one in fields(CostRecord) if one.name != "position")
#: What is not made text of: a float has lost digits already, and is refused.
_EXACT = ("amount", "quantity", "tags")
#: What says when: a row that says so itself takes none of them from beside the list.
_TIMES = ("occurred_at", "period_begin", "period_end")
#: What an entry takes from a cost as it is.
_TAKEN = (
    "source", "key", "charge_category", "cloud", "region", "project_id", "project_name", "metric",
    "resource_id", "resource_name", "resource_type", "unit", "description",
)  # fmt: skip


def record(
    options: sql.LedgerOptions,
    costs: Sequence[CostRecord],
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """Record, correct or take back all of the costs in one transaction, or none of them; the
    result of cost_entry.

    `entries` has one result for each in its order, and `diff` what changed by source and key. watch: looks at
    what was written, in the same transaction. Creates a missing ledger, but not in check mode and not to take
    back. Raises InvalidOption naming the cost that is none, before anything is written; LedgerError.
    """
    wanted = {
        cost.name: entry_of(cost, None, now) if cost.state == PRESENT else None for cost in _checked(costs)
    }
    signature = Signature(now, recorded_by)
    creates = not wanted or any(wanted.values())
    with entry_writer.opened(options, check_mode, creates) as ledger:
        before = {} if ledger is None else entries.current_all(ledger.connection, wanted)
        for cost in costs:
            row = before.get(cost.name)
            if cost.state == PRESENT and row is not None:
                wanted[cost.name] = entry_of(cost, entries.period_of(row), now)
        present = {name: entry for name, entry in wanted.items() if entry is not None}
        absent = [name for name in wanted if name not in present]
        outcomes = [
            *entry_writer.write(ledger, list(present.values()), signature, check_mode),
            *entry_writer.take_back(ledger, absent, signature, check_mode),
        ]
        written = dict(zip([*present, *absent], outcomes, strict=True))
        created = ledger is not None and ledger.created
        changed = [name for name, one in written.items() if one.outcome != entries.UNCHANGED]
        moved = [] if check_mode else [entry for name in changed if (entry := wanted[name]) is not None]
        watched = watch(ledger if moved else None, moved)
    after = {name: None if entry is None else entries.columns(entry) for name, entry in wanted.items()}
    return {
        "changed": bool(changed),
        "ledger": sql.format_url(options),
        "ledger_created": created,
        "entries": [_result(name, after[name] or before.get(name), written[name]) for name in wanted],
        "counts": {kind: sum(one.outcome == kind for one in written.values()) for kind in entries.OUTCOMES},
        "diff": _diff(before, after, written),
        **watched,
    }


def costs_of(rows: Sequence[Any], shared: Mapping[str, Any]) -> list[CostRecord]:
    """The costs of the option `entries`: dictionaries with the fields of a CostRecord. What one leaves
    out is taken from shared.

    Raises InvalidOption, naming the position and the key, for a row that is none.
    """
    return [_cost_of(row, shared, f"entries[{index}]") for index, row in enumerate(rows)]


def _cost_of(row: Any, shared: Mapping[str, Any], position: str) -> CostRecord:
    if not isinstance(row, Mapping) or row.get("key") is None:
        raise InvalidOption(position, "is not an entry: each is a dictionary with a unique key.")
    named = f"{position} (key {row['key']})"
    for option, value in row.items():
        if option not in OPTIONS:
            raise InvalidOption(
                named, f"'{option}' is not an option of an entry; use one of {', '.join(OPTIONS)}."
            )
        if isinstance(value, Mapping) != (option == "tags") or isinstance(value, list):
            raise InvalidOption(
                named, f"'{option}' must be {'a dictionary' if option == 'tags' else 'text'}."
            )
    kept = {name: value if name in _EXACT else str(value) for name, value in row.items() if value is not None}
    beside = {
        name: value for name, value in shared.items() if name not in _TIMES or not any(map(kept.get, _TIMES))
    }
    return CostRecord(**{**beside, **kept, "position": position})


def entry_of(cost: CostRecord, stored: Window | None, now: datetime) -> entries.Entry:
    """The ledger's entry of a cost. stored: the period of the entry that it is written over, if there is one.

    Where the cost does not say when it occurred, that period stays, as running a playbook again must not move
    a cost; a new one occurs now. Raises InvalidOption for what is missing, no amount, no currency or no
    moment, or negative without being a credit.
    """
    _refuse_nameless(cost)
    if cost.source == ENTRY_SOURCE:
        raise InvalidOption(
            cost.option("source"),
            f"'{ENTRY_SOURCE}' is reserved for cost_reservation; use another source.",
        )
    return entries.Entry(
        **{name: getattr(cost, name) for name in _TAKEN},
        category=_category(cost),
        period=_period(cost) or stored or Window(now, now),
        amount_nano=_amount_nano(cost),
        currency=parse_currency(cost.currency, cost.option("currency")),
        quantity=_quantity(cost),
        tags=_tags(cost),
    )


def _checked(costs: Sequence[CostRecord]) -> Sequence[CostRecord]:
    """The costs. Raises InvalidOption for one without a name or a state, or where two have one name: which of
    them should stand?
    """
    seen: set[Name] = set()
    for cost in costs:
        _refuse_nameless(cost)
        if cost.state not in (PRESENT, ABSENT):
            raise InvalidOption(cost.option("state"), f"'{cost.state}' is not one of {PRESENT} and {ABSENT}.")
        if cost.name in seen:
            raise InvalidOption(
                cost.option("key"), f"occurs twice in this list in source {cost.source}; use each key once."
            )
        seen.add(cost.name)
    return costs


def _refuse_nameless(cost: CostRecord) -> None:
    if not cost.key.strip():
        raise InvalidOption(
            cost.option("key"),
            "is empty; use a name that does not change, such as the number of the invoice.",
        )
    _refuse_key_of_bill(cost)


def _refuse_key_of_bill(cost: CostRecord) -> None:
    if cost.key.startswith(KEY_PREFIX):
        raise InvalidOption(
            cost.option("key"), f"begins with {KEY_PREFIX}, which is reserved for bills; use another key."
        )


def _category(cost: CostRecord) -> str:
    for option, value, known in (
        ("category", cost.category, CATEGORIES),
        ("charge_category", cost.charge_category, CHARGE_CATEGORIES),
    ):
        if value not in known:
            problem = "is needed" if value is None else f"'{value}' is unknown"
            raise InvalidOption(cost.option(option), f"{problem}; use one of {', '.join(known)}.")
    return str(cost.category)


def _amount_nano(cost: CostRecord) -> int:
    option = cost.option("amount")
    if cost.amount is None:
        raise InvalidOption(option, 'is needed; write digits with an optional point, quoted, like "12.50".')
    amount = amount_of(cost.amount, option, beside_currency=True)
    if amount < 0 and cost.charge_category not in entries.MAY_BE_NEGATIVE:
        raise InvalidOption(
            option,
            f"'{cost.amount}' is negative; only a credit or an adjustment is, say so in charge_category.",
        )
    return to_nano(amount, option)


def _period(cost: CostRecord) -> Window | None:
    """When it occurred; None if no option says so. A cost of a moment is a window without length."""
    zone = zone_named(cost.timezone, cost.option("timezone"))
    if cost.occurred_at is not None:
        if cost.period_begin or cost.period_end:
            raise InvalidOption(
                cost.option("occurred_at"),
                "is mutually exclusive with period_begin and period_end: a moment, or a period.",
            )
        moment = parse_moment(str(cost.occurred_at), zone, cost.option("occurred_at"))
        return Window(moment, moment)
    if cost.period_begin is None and cost.period_end is None:
        return None
    if cost.period_begin is None or cost.period_end is None:
        raise InvalidOption(cost.option("period_begin"), "and period_end are required together.")
    begin = parse_moment(cost.period_begin, zone, cost.option("period_begin"))
    end = parse_moment(cost.period_end, zone, cost.option("period_end"))
    if end <= begin:
        raise InvalidOption(cost.option("period_end"), f"{iso(end)} is not after period_begin, {iso(begin)}.")
    return Window(begin, end)


def _quantity(cost: CostRecord) -> str | None:
    if cost.quantity is None:
        return None
    if not cost.unit:
        raise InvalidOption(cost.option("unit"), "is required with quantity, such as GiB or calls.")
    return format_exact(amount_of(cost.quantity, cost.option("quantity")))


def _tags(cost: CostRecord) -> dict[str, str]:
    for name, value in cost.tags.items():
        if not isinstance(value, str | int | float):
            raise InvalidOption(cost.option("tags"), f"'{name}' must have a text value.")
    return {str(name): str(value) for name, value in cost.tags.items()}


def _result(name: Name, row: Mapping[str, Any] | None, written: entries.WrittenEntry) -> Row:
    """The entry as the ledger has it, or had it where it was taken back; nulls where there never was one."""
    entry = entry_result.nothing(*name) if row is None else entry_result.to_result(row)
    return {**entry, "version": written.version, "outcome": written.outcome}


def _diff(
    before: Mapping[Name, Row], after: Mapping[Name, Row | None], written: Mapping[Name, entries.WrittenEntry]
) -> dict[str, dict[str, Row]]:
    """What changes, by source/key; absent on the side where nothing is valid."""
    sides: tuple[tuple[str, Mapping[Name, Row | None]], ...] = (("before", before), ("after", after))
    changed = [name for name, one in written.items() if one.outcome != entries.UNCHANGED]
    return {
        side: {
            "/".join(name): entry_result.to_result(row)
            for name in changed
            if (row := rows.get(name)) is not None
        }
        for side, rows in sides
    }
