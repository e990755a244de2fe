# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a resource costs by the operator's rules, as CloudKitty's module hashmap rates it
(design/estimates.md#the-operators-rules).

Source: cloudkitty/rating/hash/__init__.py of CloudKitty 2026.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from .._openstack.rating.price_rules import RATE, PriceRule

#: What CloudKitty calls the group of the rules that have none.
_UNGROUPED = "_DEFAULT_"
#: Of what points are grouped by: what no rule can know of a resource that is not there yet.
_OF_NEW_RESOURCES = ("id", "resource_id")
_ONE = Fraction(1)


@dataclass(frozen=True)
class RuledPrice:
    """What a resource costs in a collect period by its quantity. by_size: whether a unit of a large one costs
    something else than one of a small one. valid_until: when a rule of it ends or another begins, None for
    never.
    """

    of: Callable[[Fraction], Fraction]
    by_size: bool
    valid_until: datetime | None


@dataclass
class _Group:
    """The rules of a group that match: what they add up to before thresholds, and the thresholds by level."""

    flat: Fraction = Fraction(0)
    rate: Fraction = _ONE
    of_metric: dict[Decimal, PriceRule] = field(default_factory=dict)
    of_fields: dict[Decimal, PriceRule] = field(default_factory=dict)

    def cost(self, quantity: Fraction) -> Fraction:
        """The dearest flat cost, multiplied by all rates and the quantity, and by the one threshold that is
        reached highest: of a field before the quantity counts, of the metric after it.
        """
        reached = {level: rule for level, rule in self.of_metric.items() if quantity >= Fraction(level)}
        # At the same level the metric's own comes first.
        reached = {**self.of_fields, **reached}
        # A threshold below zero is never reached (-1 is where CloudKitty begins to look).
        highest = max((level for level in reached if level > -1), default=None)
        flat, rate = self.flat, self.rate
        if highest is None:
            return flat * rate * quantity
        rule = reached[highest]
        if rule is self.of_metric.get(highest):
            return _applied(rule, flat * rate * quantity)
        if rule.type == RATE:
            return flat * rate * Fraction(rule.cost) * quantity
        return (flat + Fraction(rule.cost)) * rate * quantity


def _applied(rule: PriceRule, amount: Fraction) -> Fraction:
    cost = Fraction(rule.cost)
    return amount * cost if rule.type == RATE else amount + cost


def ruled_price(
    rules: Sequence[PriceRule],
    known: Mapping[str, str],
    project_id: str,
    now: datetime,
) -> RuledPrice | str:
    """The price of a resource of a metric; why there is none that is known.

    rules: all of the metric. known: what a point of the resource will say of itself.
    """
    ours = [rule for rule in rules if rule.project_id in (None, project_id)]
    valid = _valid(ours, now)
    if isinstance(valid, str):
        return valid
    groups: dict[str, _Group] = {}
    for rule in valid:
        matched = _match(rule, known)
        if isinstance(matched, str):
            return matched
        if matched and rule.cost < 0:
            return "a rule of hashmap has a cost below 0, so that it would offset others"
        if matched and not _take(groups.setdefault(rule.group or _UNGROUPED, _Group()), rule):
            return "thresholds of hashmap on two fields are at the same level, of which either may count"
    if not groups:
        return "no rule of hashmap applies to it"

    def cost(quantity: Fraction) -> Fraction:
        return sum((group.cost(quantity) for group in groups.values()), Fraction(0))

    by_size = any(group.of_metric for group in groups.values())
    return RuledPrice(cost, by_size, _valid_until(ours, now))


def _valid(rules: Iterable[PriceRule], now: datetime) -> list[PriceRule] | str:
    """The rules that count now: of two that say the same of the same, the project's own.

    Why that is not known where two of the same project do.
    """
    found: dict[tuple[str, str, Decimal | None, str], PriceRule] = {}
    # The project's own come last, and so replace everybody's.
    for rule in sorted(rules, key=lambda one: one.project_id is not None):
        if not rule.is_valid(now):
            continue
        key = (rule.field, rule.value, rule.level, rule.group or _UNGROUPED)
        if key in found and found[key].project_id == rule.project_id:
            return "two rules of hashmap are about the same"
        found[key] = rule
    return list(found.values())


def _match(rule: PriceRule, known: Mapping[str, str]) -> bool | str:
    """Whether the rule is about such a resource, but for the quantity; why that is not known."""
    name = rule.field
    if not name:
        return True
    if name not in known:
        if name in _OF_NEW_RESOURCES:
            return False
        return f"a rule of hashmap goes by its {name}, which is not known"
    if rule.level is None:
        return rule.value == known[name]
    try:
        return Decimal(known[name]) >= rule.level
    except InvalidOperation:
        return f"a threshold of hashmap goes by its {name}, which is not a number"


def _take(group: _Group, rule: PriceRule) -> bool:
    """Take a rule that matches; false for a threshold beside another one of the same level: CloudKitty takes
    the one whose field it happens to look at first.
    """
    cost = Fraction(rule.cost)
    if rule.level is not None:
        thresholds = group.of_fields if rule.field else group.of_metric
        first = thresholds.setdefault(rule.level, rule)
        return (first.type, first.cost) == (rule.type, rule.cost)
    if rule.type == RATE:
        group.rate *= cost
    else:
        group.flat = max(group.flat, cost)
    return True


def _valid_until(rules: Iterable[PriceRule], now: datetime) -> datetime | None:
    edges = [edge for rule in rules for edge in (rule.begin, rule.end) if edge is not None and edge > now]
    return min(edges, default=None)
