# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the owner's policy refuses (design/gate.md#policy). Without a policy nothing is refused here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .._core.periods import iso
from .._ledger.policy import OwnerPolicy, PolicyRules

if TYPE_CHECKING:
    from .._ledger.holds import HoldLine

WARN = "warn"
#: What lets a verdict pass that is not allow, and the rule that has to allow it.
_RULE_OF_WARNING = {"on_unknown": "allow_on_unknown_warn", "on_exceeded": "allow_on_exceeded_warn"}


def refuse_warnings(policy: OwnerPolicy, **options: str) -> None:
    """Raise InvalidOption for on_unknown or on_exceeded that is `warn` and may not be."""
    for refusal in warnings_beyond_policy(policy, options):
        raise refusal


def refuse_untagged(policy: OwnerPolicy, lines: Sequence[HoldLine]) -> None:
    """Raise InvalidOption for a line of a request without a tag that every line has to have."""
    for name in policy.rules.required_tags if policy.rules is not None else ():
        for index, line in enumerate(lines):
            if not dict(line.tags).get(name, "").strip():
                raise InvalidOption(
                    f"lines[{index}].tags",
                    f"has no `{name}`, which is required {policy.because('required_tags')}.",
                )


def refuse_frozen(policy: OwnerPolicy, names: Iterable[str]) -> None:
    """Raise InvalidOption for a request that lies, or may lie, in a frozen one of these budgets."""
    frozen = policy.rules.frozen_budgets if policy.rules is not None else ()
    for name in names if frozen else ():
        if name in frozen:
            raise InvalidOption(
                "lines", f"budget {name} takes nothing new: it is frozen {policy.because('frozen_budgets')}."
            )


def policy_to_result(policy: OwnerPolicy) -> dict[str, Any]:
    """The keys `policy` and `rates_version` of a result; the policy is empty where none is in force."""
    return {"policy": version_to_result(policy), "rates_version": policy.rates_version}


def version_to_result(policy: OwnerPolicy) -> dict[str, Any]:
    """The policy in force, who recorded it and when; empty for none."""
    newest = policy.newest
    if newest is None or newest.rules is None:
        return {}
    return {
        "version": newest.version,
        **rules_to_result(newest.rules),
        "recorded_at": iso(newest.recorded_at),
        "recorded_by": newest.recorded_by,
    }


def rules_to_result(rules: PolicyRules | None) -> dict[str, Any]:
    """The rules of a policy by their names; empty for none."""
    if rules is None:
        return {}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in rules._asdict().items()
    }


def used_by_estimate(params: Mapping[str, Any], sources: Collection[str]) -> dict[str, Any]:
    """The key `used` of an estimate: what it rests on beside the cloud and the ledger.

    params: the options of cost_estimate_info. sources: the price sources that are asked.
    """
    return {
        "rates": bool(params["rates"]),
        "prices": [name for name in ("price_list", "metrics") if params[name]],
        "price_sources": list(sources),
        "assume_free": list(params["assume_free"]),
    }


def beyond_policy(policy: OwnerPolicy, used: Mapping[str, Any]) -> list[InvalidOption]:
    """The options of an estimate that the policy refuses. used: as used_by_estimate() says it."""
    rules = policy.rules
    if rules is None:
        return []
    found = []
    if used["rates"] and not rules.allow_own_rates:
        found.append(_refusal("rates", "is refused", policy, "allow_own_rates"))
    if not rules.allow_own_prices:
        found += [_refusal(name, "is refused", policy, "allow_own_prices") for name in used["prices"]]
    if rules.price_sources is not None:
        found += [
            _refusal("price_sources", f"'{name}' is refused", policy, "price_sources")
            for name in used["price_sources"]
            if name not in rules.price_sources
        ]
    if not rules.allow_assume_free:
        found += [
            _refusal("assume_free", f"'{name}' is refused", policy, "free_types")
            for name in used["assume_free"]
            if not any(_covers(one, name) for one in rules.free_types)
        ]
    return found


def warnings_beyond_policy(policy: OwnerPolicy, options: Mapping[str, str]) -> list[InvalidOption]:
    """Those of on_unknown and on_exceeded that are `warn` and may not be."""
    return [
        _refusal(name, "`warn` is refused", policy, _RULE_OF_WARNING[name])
        for name, value in options.items()
        if value == WARN and policy.rules is not None and not getattr(policy.rules, _RULE_OF_WARNING[name])
    ]


def _refusal(option: str, what: str, policy: OwnerPolicy, rule: str) -> InvalidOption:
    return InvalidOption(option, f"{what} {policy.because(rule)}.")


def _covers(allowed: str, asked: str) -> bool:
    """Whether everything that an entry of assume_free matches is matched by one of free_types, too: a * at
    the end matches all that begins so.
    """
    if allowed.endswith("*"):
        return asked.startswith(allowed[:-1])
    return asked == allowed
