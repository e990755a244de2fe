# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The rules of CloudKitty's module hashmap, as its operator reads them
(design/reading-a-cloud.md#the-operators-side).

Source: python-cloudkittyclient 6.2, cloudkittyclient/v1/rating/hashmap.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from ..._core.errors import Malformed
from .fields import Row, moment, number
from .operator import OperatorRating

#: What a rule does to the price of its group: the dearest of these counts, or all of these multiply it.
FLAT, RATE = "flat", "rate"
_READING = "the price rules"


@dataclass(frozen=True)
class PriceRule:
    """A mapping or, with a level, a threshold.

    field: whose value it goes by; empty for one of the whole metric, a threshold of which goes by the
    quantity. group: by name, None for none. project_id: whose alone it is, None for everybody's. begin, end:
    when it is valid, None where it does not say.
    """

    field: str
    value: str
    level: Decimal | None
    group: str | None
    type: str
    cost: Decimal
    project_id: str | None
    begin: datetime | None
    end: datetime | None

    def is_valid(self, at: datetime) -> bool:
        """Whether it counts at that moment."""
        return (self.begin is None or self.begin <= at) and (self.end is None or at < self.end)


class PriceRules:
    """The rules of one cloud, each metric's read when it is asked for first, those of other days and projects
    too.

    Requests: one for the metrics that have rules, one for the groups, and for each metric one for its fields
    and two for it and for each of its fields. Every question raises CloudError.
    """

    def __init__(self, operator: OperatorRating) -> None:
        self._operator = operator
        self._ids: dict[str, str] | None = None
        self._groups: dict[str, str] = {}
        self._read: dict[str, tuple[PriceRule, ...]] = {}

    def of(self, metric: str) -> tuple[PriceRule, ...]:
        """The rules of a metric; none where hashmap does not know it."""
        if self._ids is None:
            self._groups = self._named("get_group", "groups", "group_id", "name")
            self._ids = self._named("get_service", "services", "name", "service_id")
        if metric not in self._read:
            service_id = self._ids.get(metric)
            self._read[metric] = () if service_id is None else tuple(self._rules(metric, service_id))
        return self._read[metric]

    def _named(self, ask: str, rows: str, key: str, value: str, **where: str) -> dict[str, str]:
        member = self._operator.service.member
        return {
            member(_READING, row, key, str): member(_READING, row, value, str)
            for row in member(_READING, self._ask(ask, **where), rows, list)
        }

    def _rules(self, metric: str, service_id: str) -> Iterator[PriceRule]:
        fields = self._named("get_field", "fields", "name", "field_id", service_id=service_id)
        places = [("", {"service_id": service_id})]
        places += [(name, {"field_id": field_id}) for name, field_id in fields.items()]
        for field, where in places:
            for ask, rows in (("get_mapping", "mappings"), ("get_threshold", "thresholds")):
                for row in self._operator.service.member(_READING, self._ask(ask, **where), rows, list):
                    yield self._rule(metric, field, row, rows == "thresholds")

    def _rule(self, metric: str, field: str, row: Row, is_threshold: bool) -> PriceRule:
        service = self._operator.service
        kind = service.member(_READING, row, "type", str)
        group_id = service.optional(_READING, row, "group_id", str)
        if kind not in (FLAT, RATE) or (group_id is not None and group_id not in self._groups):
            problem = f"a rule of {metric} has a type or a group that the API does not have"
            raise Malformed(_READING, service.url, problem)
        return PriceRule(
            field=field,
            value=service.optional(_READING, row, "value", str) or "",
            level=number(service, _READING, row, "level") if is_threshold else None,
            group=None if group_id is None else self._groups[group_id],
            type=kind,
            cost=number(service, _READING, row, "cost"),
            project_id=service.optional(_READING, row, "tenant_id", str),
            begin=moment(service, _READING, row, "start"),
            end=moment(service, _READING, row, "end"),
        )

    def _ask(self, question: str, **where: str) -> Any:
        return self._operator.ask(_READING, partial(_of_hashmap, question, where))


def _of_hashmap(question: str, where: dict[str, str], client: Any) -> Any:
    return getattr(client.rating.hashmap, question)(**where)
