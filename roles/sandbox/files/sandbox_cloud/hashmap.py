# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudKitty's hashmap: the operator's rules, and what a point costs by them.

Source: cloudkitty/rating/hash/__init__.py of CloudKitty 2026.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import PriceRule, PriceRules, Prices, Scenario

OUTGOING = "storage.objects.outgoing.bytes"
UNGROUPED = "_DEFAULT_"


@dataclass
class _Group:
    """What the rules of a group have come to so far."""

    flat: Decimal = Decimal(0)
    rate: Decimal = Decimal(1)
    level: Decimal = Decimal(-1)
    threshold: PriceRule | None = None
    of_metric: bool = False

    def map(self, rule: PriceRule) -> None:
        """Take a mapping."""
        if rule.type == "rate":
            self.rate *= Decimal(rule.cost)
        else:
            self.flat = max(self.flat, Decimal(rule.cost))

    def reach(self, rule: PriceRule, of_metric: bool) -> None:
        """Take a threshold that is reached; only the highest one stays."""
        if Decimal(rule.level) > self.level:
            self.level, self.threshold, self.of_metric = Decimal(rule.level), rule, of_metric

    def price(self, quantity: Decimal) -> Decimal:
        """What they come to in the end."""
        flat, rate, rule = self.flat, self.rate, self.threshold
        if rule is not None and not self.of_metric:
            flat, rate = (
                (flat + Decimal(rule.cost), rate)
                if rule.type == "flat"
                else (flat, rate * Decimal(rule.cost))
            )
        whole = flat * rate * quantity
        if rule is not None and self.of_metric:
            whole = whole + Decimal(rule.cost) if rule.type == "flat" else whole * Decimal(rule.cost)
        return whole


def rules(scenario: Scenario) -> Mapping[str, PriceRules]:
    """The rules by metric: the scenario's, else what its prices are as rules."""
    rating = scenario.rating
    return rating.hashmap or _rules_of(rating.prices_icu_per_hour)


def price(
    cloud: Cloud,
    metric: str,
    quantity: Decimal,
    described: Mapping[str, str],
    project: str | None,
    at: datetime | None = None,
) -> Decimal:
    """What a point costs; 0 for what has no price. described: its groupby and metadata. project: by name,
    None for rules of all projects only. at: now where None.
    """
    of_metric = rules(cloud.scenario).get(metric)
    if of_metric is None:
        return Decimal(0)
    groups: dict[str, _Group] = {}
    for rule in _valid(cloud, of_metric.rules, project, at):
        group = groups.setdefault(rule.group or UNGROUPED, _Group())
        if not rule.level:
            group.map(rule)
        elif quantity >= Decimal(rule.level):
            group.reach(rule, of_metric=True)
    for name, of_field in of_metric.fields.items():
        for rule in _valid(cloud, of_field, project, at) if name in described else ():
            group = groups.setdefault(rule.group or UNGROUPED, _Group())
            if rule.level and Decimal(described[name]) >= Decimal(rule.level):
                group.reach(rule, of_metric=False)
            elif not rule.level and rule.value == str(described[name]):
                group.map(rule)
    return sum((group.price(quantity) for group in groups.values()), Decimal(0))


def _valid(
    cloud: Cloud, among: Iterable[PriceRule], project: str | None, at: datetime | None
) -> Iterator[PriceRule]:
    """Those that are valid at the moment, each for all projects or, in its place, the one for the project."""
    found: dict[tuple[str, str, str], PriceRule] = {}
    for rule in sorted(among, key=lambda one: bool(one.project)):
        if rule.project in ("", project) and _is_valid(cloud, rule, at or cloud.now()):
            found[rule.group, rule.value, rule.level] = rule
    yield from found.values()


def _is_valid(cloud: Cloud, rule: PriceRule, at: datetime) -> bool:
    begun = rule.from_hours is None or begin_of(cloud, rule.from_hours) <= at
    return begun and (rule.until_hours is None or at < begin_of(cloud, rule.until_hours))


def begin_of(cloud: Cloud, hours: int) -> datetime:
    """The moment so many hours after the cloud began."""
    return cloud.began + timedelta(hours=hours)


def _rules_of(prices: Prices) -> dict[str, PriceRules]:
    def listed(of: Mapping[str, float]) -> tuple[PriceRule, ...]:
        return tuple(PriceRule(str(cost), value=value) for value, cost in of.items())

    each = {
        "ip.floating": prices.floating_ip,
        "loadbalancer": prices.load_balancer,
        "storage.objects.size": prices.object_gb,
        OUTGOING: prices.outgoing_gb,
    }
    return {
        "instance_up": PriceRules(fields={"flavor_name": listed(prices.instance_up)}),
        "instance_reserved": PriceRules(fields={"flavor_name": listed(prices.instance_reserved)}),
        "volume.size": PriceRules(fields={"volume_type": listed(prices.volume_gb)}),
        **{metric: PriceRules((PriceRule(str(cost)),)) for metric, cost in each.items()},
    }
