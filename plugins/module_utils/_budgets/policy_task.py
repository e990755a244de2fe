# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Defining the owner's policy and the rates, and reading them with their history (design/gate.md#policy,
design/money.md#rates).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.money import format_exact, parse_currency
from .._core.periods import iso, parse_moment, zone_named
from .._core.rates import Rates, parse_rate
from .._ledger import budgets, holds, sql
from .._ledger.policy import OwnerPolicy, PolicyRules, PolicyVersion, RateVersion, read_policy
from .._ledger.policy_history import read_history, save_policy, save_rates
from .definitions import parse_threshold
from .known_budgets import require
from .policy import policy_to_result, rules_to_result

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

PRESENT, ABSENT = STATES = ("present", "absent")
RULES = PolicyRules._fields
_LISTS = ("price_sources", "free_types", "required_tags", "frozen_budgets")
#: Rules that have a budget and one of its thresholds; of these, those that have servers acted on.
AT_THRESHOLDS, OF_SERVERS = ("freeze_at", "stop_at", "shelve_at"), ("stop_at", "shelve_at")
COMPUTE = "compute"
_RESOURCE_TYPE = re.compile(r"\*|[a-z][a-z0-9_-]*\*?")


class RateChange(NamedTuple):
    """A rate to record; icu_per_unit None: to remove that of the date."""

    currency: str
    valid_from: datetime
    icu_per_unit: Decimal | None


@dataclass(frozen=True)
class PolicyTask:
    """What a cost_policy task says, as written; None for what it leaves out, which stays as it is.

    rates: rows of currency, icu_per_unit, valid_from and state.
    """

    state: str = PRESENT
    allow_on_unknown_warn: bool | None = None
    allow_on_exceeded_warn: bool | None = None
    allow_own_rates: bool | None = None
    allow_own_prices: bool | None = None
    allow_assume_free: bool | None = None
    offset_removals: bool | None = None
    price_sources: Sequence[str] | None = None
    free_types: Sequence[str] | None = None
    required_tags: Sequence[str] | None = None
    timezone: str | None = None
    currency: str | None = None
    freeze_at: Mapping[str, Any] | None = None
    stop_at: Mapping[str, Any] | None = None
    shelve_at: Mapping[str, Any] | None = None
    frozen_budgets: Sequence[str] | None = None
    cost_allocation: Sequence[Mapping[str, Any]] | None = None
    locale: str | None = None
    rates: Sequence[Mapping[str, Any]] | None = None
    confirm_rates: bool = False


def apply(
    options: sql.LedgerOptions, task: PolicyTask, now: datetime, check_mode: bool, recorded_by: str
) -> dict[str, Any]:
    """The result of cost_policy: define, change or remove the policy and record rates, in one transaction.

    Only what defines something makes a missing ledger. Raises InvalidOption before anything is written;
    LedgerError.
    """
    given = _given(task)
    rates = _rates(task)
    creates = bool(given) or any(value is not None for _currency, _moment, value in rates)
    if check_mode and creates and not sql.exists(options):
        return _result(sql.format_url(options), False, OwnerPolicy(), _after(OwnerPolicy(), task, rates, now))
    with sql.reading(options) if check_mode else sql.writing(options, create=creates) as ledger:
        connection = ledger.connection
        moment = holds.database_now(connection, now)
        before = read_policy(connection)
        _refuse_unknown_budgets(given, connection)
        after = _after(before, task, rates, moment, recorded_by)
        if not check_mode:
            if after.newest is not None and after.version != before.version:
                save_policy(connection, after.version, after.rules, moment, recorded_by)
            new = after.recorded_rates[len(before.recorded_rates) :]
            recorded = [(one.currency, one.valid_from, one.icu_per_unit) for one in new]
            save_rates(connection, recorded, moment, recorded_by)
            after = read_policy(connection)
        return _result(ledger.url, ledger.created, before, after)


def policy_info(options: sql.LedgerOptions, with_history: bool) -> dict[str, Any]:
    """The result of cost_policy_info. A missing ledger has no policy, and the shipped rates are in force.

    Raises LedgerError for one that cannot be read.
    """
    there = sql.exists(options)
    policy = OwnerPolicy()
    history: dict[str, Any] = {"policies": [], "rates": []}
    if there:
        with sql.reading(options) as ledger:
            policy = read_policy(ledger.connection)
            if with_history:
                history = _history(ledger.connection)
    return {
        "ledger": sql.format_url(options),
        "ledger_exists": there,
        **policy_to_result(policy),
        "rates": _rates_to_result(policy),
        "history": history if with_history else None,
    }


def _history(transaction: Transaction) -> dict[str, Any]:
    versions, rates = read_history(transaction)
    return {
        "policies": [_version_to_result(one) for one in versions],
        "rates": [_rate_to_result(one) for one in rates],
    }


def _given(task: PolicyTask) -> dict[str, Any]:
    """The rules that the task gives, checked. Raises InvalidOption."""
    given = {name: getattr(task, name) for name in RULES if getattr(task, name) is not None}
    if task.state == ABSENT:
        beside = [*given, *(["rates"] if task.rates is not None else [])]
        if beside:
            raise InvalidOption("state", f"`absent` removes the policy; leave `{beside[0]}` out.")
        return {}
    if not given and task.rates is None:
        raise InvalidOption("state", "`present` has nothing to define; give at least one rule, or `rates`.")
    for name in _LISTS:
        if name in given:
            given[name] = _names(name, given[name])
    if given.get("price_sources") == ():
        raise InvalidOption(
            "price_sources", "is empty, so that nothing had a price; name at least one source."
        )
    _parse_rows(given)
    if "timezone" in given:
        given["timezone"] = zone_named(given["timezone"], "timezone").key if given["timezone"] else None
    if "currency" in given:
        given["currency"] = parse_currency(given["currency"], "currency") if given["currency"] else None
    return given


def _parse_rows(given: dict[str, Any]) -> None:
    """Checks the rules that are more than names, in place. Raises InvalidOption."""
    for rule in AT_THRESHOLDS:
        if rule in given:
            given[rule] = {
                str(name): format_exact(parse_threshold(str(value), f"{rule}.{name}"))
                for name, value in given[rule].items()
            }
    if "cost_allocation" in given:
        from .allocation_rules import parse_splits

        given["cost_allocation"] = parse_splits(given["cost_allocation"])


def _refuse_unknown_budgets(given: Mapping[str, Any], connection: Transaction) -> None:
    """Raise InvalidOption for a budget that is none, and for a fraction at which it fires no alert."""
    splits = given.get("cost_allocation", ())
    of_splits = [
        (name, f"cost_allocation[{row}].budgets[{index}]")
        for row, split in enumerate(splits)
        for index, name in enumerate(split["budgets"])
    ]
    at_thresholds = [
        (rule, name, fraction) for rule in AT_THRESHOLDS for name, fraction in given.get(rule, {}).items()
    ]
    if not (at_thresholds or given.get("frozen_budgets") or of_splits):
        return
    stored = budgets.read_all(connection)
    for index, name in enumerate(given.get("frozen_budgets", ())):
        require(stored, name, f"frozen_budgets[{index}]")
    for name, option in of_splits:
        require(stored, name, option)
    for rule, name, fraction in at_thresholds:
        budget = require(stored, name, rule)
        if Decimal(fraction) not in budget.thresholds:
            raise InvalidOption(
                f"{rule}.{name}",
                f"{fraction} is not one of the thresholds of budget {name}, which are"
                f" {', '.join(str(one) for one in budget.thresholds)}.",
            )
        if rule in OF_SERVERS and budget.scope.categories and COMPUTE not in budget.scope.categories:
            raise InvalidOption(
                f"{rule}.{name}", f"no server is in the scope of budget {name}, which has no {COMPUTE}."
            )


def _names(rule: str, given: Sequence[str]) -> tuple[str, ...]:
    """Each name of a rule's list once. Raises InvalidOption for an empty one, and for what is no type."""
    names = [one.strip() for one in given]
    for index, one in enumerate(names):
        if not one:
            raise InvalidOption(f"{rule}[{index}]", "is empty; remove it.")
        if rule == "free_types" and not _RESOURCE_TYPE.fullmatch(one):
            raise InvalidOption(
                f"{rule}[{index}]",
                f"'{one}' is not a resource type; write a name such as cloudflare_record, or how names begin"
                " with a * at the end.",
            )
    return tuple(dict.fromkeys(names))


def _rates(task: PolicyTask) -> list[RateChange]:
    """The rates to record and to remove. Raises InvalidOption."""
    if task.rates is not None and not task.rates:
        raise InvalidOption("rates", "is empty; name at least one rate.")
    found: list[RateChange] = []
    for index, row in enumerate(task.rates or ()):
        option = f"rates[{index}]"
        if row.get("state") == ABSENT:
            moment = parse_moment(row["valid_from"], ZoneInfo("UTC"), f"{option}.valid_from")
            change = RateChange(parse_currency(row["currency"], f"{option}.currency"), moment, None)
        else:
            if row.get("icu_per_unit") is None:
                currency = parse_currency(row["currency"], f"{option}.currency")
                raise InvalidOption(
                    f"{option}.icu_per_unit",
                    f"is required; give the value of 1 {currency} in ICU, or set `state: absent`.",
                )
            rate = parse_rate(row, option, task.confirm_rates)
            change = RateChange(rate.currency, rate.valid_from, rate.icu_per_unit)
        if any(change[:2] == other[:2] for other in found):
            raise InvalidOption(
                f"{option}.valid_from", f"{change[0]} has a rate of that date twice in this task."
            )
        found.append(change)
    return found


def _after(
    before: OwnerPolicy,
    task: PolicyTask,
    rates: Sequence[RateChange],
    now: datetime,
    recorded_by: str = "",
) -> OwnerPolicy:
    """What the ledger holds after the task; what is there already is not recorded again."""
    given = _given(task)
    rules = before.rules
    if task.state == ABSENT:
        rules = None
    elif given:
        rules = (before.rules or PolicyRules())._replace(**given)
        if both := sorted(rules.stop_at.keys() & rules.shelve_at.keys()):
            raise InvalidOption(
                f"shelve_at.{both[0]}", f"`stop_at` names budget {both[0]}, too; name it in one of them."
            )
    newest = before.newest
    if rules != before.rules:
        newest = PolicyVersion(before.version + 1, rules, now, recorded_by)
    held = {(one.currency, one.valid_from): one.icu_per_unit for one in before.rates()}
    new = [
        RateVersion(before.rates_version + 1, currency, value, moment, now, recorded_by)
        for currency, moment, value in rates
        if held.get((currency, moment)) != value
    ]
    return OwnerPolicy(newest, (*before.recorded_rates, *new))


def _result(ledger: str, created: bool, before: OwnerPolicy, after: OwnerPolicy) -> dict[str, Any]:
    sides = {
        name: {"policy": rules_to_result(side.rules), "rates": _values(side)}
        for name, side in (("before", before), ("after", after))
    }
    return {
        "changed": sides["before"] != sides["after"],
        "ledger": ledger,
        "ledger_created": created,
        **policy_to_result(after),
        "rates": _rates_to_result(after),
        "diff": sides,
    }


def _values(policy: OwnerPolicy) -> list[dict[str, Any]]:
    """The rates in force, and whether they were recorded or are shipped."""
    names = ("currency", "icu_per_unit", "valid_from")
    return [
        {**{name: row[name] for name in names}, "recorded": row["recorded_at"] is not None}
        for row in _rates_to_result(policy)
    ]


def _rates_to_result(policy: OwnerPolicy) -> list[dict[str, Any]]:
    """The rates in force, by currency and date. recorded_at and recorded_by: null of a shipped one."""
    held = {(one.currency, one.valid_from): one for one in policy.rates()}
    rows = []
    for rate in policy.rates_in_force(Rates()).each:
        recorded = held.get((rate.currency, rate.valid_from))
        rows.append(
            {
                "currency": rate.currency,
                "icu_per_unit": format_exact(rate.icu_per_unit),
                "valid_from": iso(rate.valid_from),
                "recorded_at": None if recorded is None else iso(recorded.recorded_at),
                "recorded_by": None if recorded is None else recorded.recorded_by,
            }
        )
    return rows


def _version_to_result(one: PolicyVersion) -> dict[str, Any]:
    return {
        "version": one.version,
        "rules": rules_to_result(one.rules),
        "recorded_at": iso(one.recorded_at),
        "recorded_by": one.recorded_by,
    }


def _rate_to_result(one: RateVersion) -> dict[str, Any]:
    """A rate as it was recorded; icu_per_unit is null where it was removed."""
    return {
        "currency": one.currency,
        "icu_per_unit": None if one.icu_per_unit is None else format_exact(one.icu_per_unit),
        "valid_from": iso(one.valid_from),
        "recorded_at": iso(one.recorded_at),
        "recorded_by": one.recorded_by,
    }
