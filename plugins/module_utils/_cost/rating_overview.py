# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a cloud rates, for its operator: the result of cost_rating_info
(design/reading-a-cloud.md#the-operators-side).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .._core.errors import Malformed
from .._core.money import EXACT, format_exact
from .._core.periods import Window, from_iso, iso
from .._openstack import block_storage, compute, load_balancer, network, shared_file_system
from .._openstack.connection import Cloud, Reader, Readings, Service, raise_errors, read_all
from .._openstack.rating.answers import RatedMetric, RatedPoint
from .._openstack.rating.api import open_rating
from .._openstack.rating.operator import OperatorRating, RatingModule, RatingScope
from .._openstack.resource_types import FLOATING_IP, INSTANCE, LOAD_BALANCER, SHARE, VOLUME


@dataclass(frozen=True)
class RatingQuestion:
    """What is asked: rating_api as open_rating() takes it, the currency in which the cloud rates, and what
    happens where not all could be read, `fail` or `warn`.
    """

    rating_api: str
    rating_currency: str
    collect_period_s: int
    on_error: str


@dataclass(frozen=True)
class _Owned:
    """A resource of the project."""

    id: str
    name: str
    created: datetime | None


@dataclass(frozen=True)
class _Operator:
    """What only an operator may read. scopes None: the cloud has the v1 API only."""

    modules: tuple[RatingModule, ...]
    scopes: tuple[RatingScope, ...] | None


@dataclass(frozen=True)
class _Newest:
    """What is rated, and the points of the newest rated period; None where nothing was rated lately."""

    metrics: tuple[RatedMetric, ...]
    period: Window | None
    points: tuple[RatedPoint, ...]


def rating_overview(cloud: Cloud, question: RatingQuestion, now: datetime) -> dict[str, Any]:
    """The result of cost_rating_info.

    Requests: one for the modules, one per 1000 scopes, one for the metrics, one for the newest rated period
    (v1: one a day), one per 5000 points of it, and one list per service with resources. Raises CloudError
    unless on_error is warn.
    """
    readers: dict[str, tuple[str, Reader]] = {
        "operator": ("rating", lambda service: _operator(service, question)),
        "newest": ("rating", lambda service: _newest(service, question, now)),
        **{kind: (service, _listed(reader)) for kind, (service, reader) in _OWNED.items()},
    }
    readings = read_all(cloud, readers, ("rating",))
    if question.on_error == "fail":
        raise_errors(readings.errors)
    operator: _Operator | None = readings.values["operator"]
    newest: _Newest | None = readings.values["newest"]
    scopes = None if operator is None else operator.scopes
    period = None if newest is None else newest.period
    return {
        "services": {name: status.to_result() for name, status in readings.services.items()},
        "complete": readings.complete,
        "modules": None if operator is None else [_module(one) for one in operator.modules],
        "scopes": None if scopes is None else [_scope(one) for one in scopes],
        "period_start": period and iso(period.begin),
        "period_end": period and iso(period.end),
        "collect_period": question.collect_period_s,
        "currency": question.rating_currency,
        "metrics": None if newest is None else [_metric(one, newest.points) for one in _metrics(newest)],
        "resources": {kind: _compared(kind, readings, newest) for kind in _OWNED},
    }


def _operator(service: Service, question: RatingQuestion) -> _Operator:
    rating = OperatorRating(service, question.collect_period_s)
    return _Operator(rating.modules(), rating.scopes())


def _newest(service: Service, question: RatingQuestion, now: datetime) -> _Newest:
    rating = open_rating(service, question.rating_api, question.collect_period_s)
    metrics = rating.metrics()
    end = rating.recent_periods(now).rated_through
    if end is None:
        return _Newest(metrics, None, ())
    period = Window(end - timedelta(seconds=question.collect_period_s), end)
    return _Newest(metrics, period, tuple(rating.points(period)))


def _module(module: RatingModule) -> dict[str, Any]:
    return {
        "name": module.name,
        "description": module.description,
        "enabled": module.enabled,
        "hot_config": module.hot_config,
        "priority": module.priority,
    }


def _scope(scope: RatingScope) -> dict[str, Any]:
    through = scope.rated_through
    return {
        "scope_id": scope.scope_id,
        "scope_key": scope.scope_key,
        "fetcher": scope.fetcher,
        "collector": scope.collector,
        "active": scope.active,
        "rated_through": None if through is None else iso(through),
    }


def _metrics(newest: _Newest) -> list[RatedMetric]:
    """The cloud's metrics, and those that it names in points only."""
    named = {one.name for one in newest.metrics}
    further = sorted({point.type for point in newest.points} - named)
    return [*newest.metrics, *(RatedMetric(name, "", ()) for name in further)]


def _metric(metric: RatedMetric, points: Iterable[RatedPoint]) -> dict[str, Any]:
    own = [point for point in points if point.type == metric.name]
    quantity, amount = Decimal(0), Decimal(0)
    for point in own:
        quantity, amount = EXACT.add(quantity, point.quantity), EXACT.add(amount, point.amount)
    return {
        "name": metric.name,
        "unit": metric.unit or None,
        "metadata": list(metric.metadata),
        "resource_count": len({point.resource_id for point in own}),
        "quantity": format_exact(quantity),
        "amount": format_exact(amount),
    }


def _compared(kind: str, readings: Readings, newest: _Newest | None) -> dict[str, Any]:
    """Which of the project's resources of that kind have a point in the newest rated period.

    Counts are None where the list or the points could not be read.
    """
    owned: list[_Owned] | None = readings.values[kind]
    if owned is None or newest is None:
        return {
            "total": None if owned is None else len(owned),
            "rated": None,
            "too_new": None,
            "unrated": None,
        }
    begin = newest.period.begin if newest.period else None
    rated = {point.resource_id for point in newest.points}
    missing = [one for one in owned if one.id not in rated]
    too_new = [one for one in missing if begin and one.created and one.created >= begin]
    return {
        "total": len(owned),
        "rated": len(owned) - len(missing),
        "too_new": len(too_new),
        "unrated": [{"id": one.id, "name": one.name} for one in missing if one not in too_new],
    }


def _servers(nova: Service) -> Iterator[tuple[str, str, str | None]]:
    return ((one.id, one.name, one.created) for one in compute.servers(nova))


def _volumes(cinder: Service) -> Iterator[tuple[str, str, str | None]]:
    return ((one.id, one.name, one.created) for one in block_storage.volumes(cinder))


def _floating_ips(neutron: Service) -> Iterator[tuple[str, str, str | None]]:
    return ((one.id, one.address, one.created) for one in network.floating_ips(neutron))


def _load_balancers(octavia: Service) -> Iterator[tuple[str, str, str | None]]:
    return ((one.id, one.name, one.created) for one in load_balancer.load_balancers(octavia))


def _shares(manila: Service) -> Iterator[tuple[str, str, str | None]]:
    return ((one.id, one.name, one.created) for one in shared_file_system.shares(manila))


#: Kind -> its service, and what lists its resources: id, name and when they were made.
_OWNED: Mapping[str, tuple[str, Any]] = {
    INSTANCE: ("compute", _servers),
    VOLUME: ("block_storage", _volumes),
    FLOATING_IP: ("network", _floating_ips),
    LOAD_BALANCER: ("load_balancer", _load_balancers),
    SHARE: ("shared_file_system", _shares),
}


def _listed(reader: Any) -> Reader:
    def read(service: Service) -> list[_Owned]:
        return [_Owned(one, name, _made(service, created)) for one, name, created in reader(service)]

    return read


def _made(service: Service, text: str | None) -> datetime | None:
    try:
        return None if text is None else from_iso(text)
    except ValueError as error:
        raise Malformed("when resources were made", service.url, "it is no moment in ISO 8601") from error
