# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What is advised of servers: stop them, make them smaller, or let them run by hours
(design/savings.md#recommendations).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from .._estimate.shapes import Part, Shape
from .._openstack.compute import Server, SizedFlavor
from .advice import IGNORED, RESIZE, SCHEDULE, STOP_IDLE, Advice, Nature, is_ignored
from .resource_prices import ResourcePrice, ResourcePrices
from .right_sizing import (
    OfficeHours,
    ServerNeed,
    SizingRule,
    idle_outside,
    is_idle,
    not_enough,
    server_need,
    smaller_flavors,
)
from .server_loads import ServerLoad

#: Metadata by which something else stops and starts a server, or that says that it did.
SCHEDULE_KEY, STATE_KEY = "finops_schedule", "finops_state"
_WEEK_H = 168
_EACH = Fraction(1)


@dataclass(frozen=True)
class SizedServer:
    """A server that enough was measured of, and what could be done with it. flavors: those it could have
    instead.
    """

    server: Server
    flavor: SizedFlavor
    load: ServerLoad
    need: ServerNeed
    idle: bool
    by_hours: bool
    flavors: Sequence[SizedFlavor]

    @property
    def shapes(self) -> list[Shape]:
        """What has to have a price."""
        found = [Shape("instance", self.flavor.name)]
        if self.idle or self.by_hours:
            found.append(Shape("stopped_instance", self.flavor.name))
        for one in self.flavors:
            found.append(Shape("instance", one.name))
            if self.by_hours:
                found.append(Shape("stopped_instance", one.name))
        return found


def judged_server(
    server: Server,
    load: ServerLoad | None,
    flavors: Iterable[SizedFlavor],
    rule: SizingRule,
    hours: OfficeHours,
    now: datetime,
) -> SizedServer | str:
    """What could be done with a server; why nothing is advised where nothing is."""
    flavor = next((one for one in flavors if one.name == server.flavor_name), None)
    reason = _left_alone(server, flavor) or not_enough(load, rule, now)
    if reason is not None or flavor is None or load is None:
        return str(reason)
    need = server_need(load, flavor.vcpus, rule)
    if need is None:
        return "not_enough_data: less than a day is measured by five minutes."
    idle = is_idle(load, flavor.vcpus, rule)
    by_hours = not idle and idle_outside(load, flavor.vcpus, hours, rule)
    fitting, why = smaller_flavors(server, flavor, need, flavors)
    if not (idle or by_hours or fitting):
        return why
    return SizedServer(server, flavor, load, need, idle, by_hours, fitting)


def _left_alone(server: Server, flavor: SizedFlavor | None) -> str | None:
    if is_ignored(server.metadata):
        return IGNORED
    if server.status != "ACTIVE":
        return f"not_running: it is {server.status}."
    if SCHEDULE_KEY in server.metadata or STATE_KEY in server.metadata:
        return "scheduled: it is stopped and started by its hours already."
    if flavor is None:
        return "flavor_gone: its flavor is not among those that the project may use."
    if flavor.extra_specs is None or server.gpu is None:
        return "extra_specs_hidden: what its flavor asks for besides is not told to this login."
    return "gpu: it has a GPU or another device, whose use is not measured." if server.gpu else None


def advice_of(one: SizedServer, known: ResourcePrices, hours: OfficeHours) -> list[Advice] | str:
    """The recommendations for a server; why there is none where none is cheaper by a known price."""
    now = known.of(Part(Shape("instance", one.flavor.name), _EACH))
    found = []
    if one.idle:
        found.append(_stop(one, now, known))
    smaller = [
        (cost, flavor)
        for flavor in one.flavors
        if (cost := known.of(Part(Shape("instance", flavor.name), _EACH))).amount is not None
        and now.amount is not None
        and cost.amount < now.amount
    ]
    cheapest = min(smaller, key=lambda pair: (pair[0].amount, pair[1].name), default=None)
    if cheapest is not None:
        found.append(_resize(one, now, *cheapest))
    if one.by_hours:
        found.append(_schedule(one, now, known, hours, None if cheapest is None else cheapest[1]))
    if not found:
        return f"no_price: {now.why or 'no smaller flavor has a lower known price.'}"
    return found


def _evidence(one: SizedServer) -> tuple[str, ...]:
    need = one.need
    memory = (
        "Memory is not measured, or for too few hours."
        if need.ram_mb is None
        else f"At most {one.load.ram_max_mb:.0f} MB of memory were used."
    )
    return (
        f"{need.hours} hours are measured since its size last changed.",
        f"The 95th percentile of its hours is {100 * need.p95:.1f} % of its CPUs, the 99.5th of five minutes"
        f" {100 * need.p995:.1f} %.",
        memory,
    )


def _stop(one: SizedServer, now: ResourcePrice, known: ResourcePrices) -> Advice:
    server = one.server
    after = known.of(Part(Shape("stopped_instance", one.flavor.name), _EACH))
    return Advice(
        kind=STOP_IDLE,
        resource_id=server.id,
        name=server.name,
        type="instance",
        current="ACTIVE",
        recommended="SHUTOFF",
        nature=Nature("low", "medium", restart_needed=True, undo_possible=True),
        now=now.amount,
        after=after.amount,
        why=now.why or after.why,
        price_source=after.source,
        confidence="medium",
        reasons=(*_evidence(one), "Its network traffic is not looked at. Its disks and addresses cost on."),
        commands=(("openstack", "server", "stop", server.id),),
        task={"openstack.cloud.server_action": {"server": server.id, "action": "stop"}},
        tags=server.metadata,
        hours_measured=one.need.hours,
    )


def _resize(one: SizedServer, now: ResourcePrice, after: ResourcePrice, flavor: SizedFlavor) -> Advice:
    server, known_ram = one.server, one.need.ram_mb is not None
    return Advice(
        kind=RESIZE,
        resource_id=server.id,
        name=server.name,
        type="instance",
        current=one.flavor.name,
        recommended=flavor.name,
        nature=Nature(
            "medium", "medium" if known_ram else "unknown", restart_needed=True, undo_possible=True
        ),
        now=now.amount,
        after=after.amount,
        why=None,
        price_source=after.source,
        confidence="high" if known_ram else "medium",
        reasons=_evidence(one),
        commands=(
            ("openstack", "server", "resize", "--wait", "--flavor", flavor.id, server.id),
            ("openstack", "server", "resize", "confirm", server.id),
        ),
        # No module of openstack.cloud resizes a server: openstack.cloud.server leaves its flavor as it is.
        task={},
        tags=server.metadata,
        hours_measured=one.need.hours,
    )


def _schedule(
    one: SizedServer,
    now: ResourcePrice,
    known: ResourcePrices,
    hours: OfficeHours,
    smaller: SizedFlavor | None,
) -> Advice:
    """left_after_resize: what it saves of what a resize leaves."""
    server, share = one.server, Fraction(_WEEK_H - hours.hours_a_week, _WEEK_H)
    stopped = known.of(Part(Shape("stopped_instance", one.flavor.name), _EACH))
    saved = _saved(now, stopped, share)
    left = saved
    if smaller is not None:
        runs = known.of(Part(Shape("instance", smaller.name), _EACH))
        left = _saved(runs, known.of(Part(Shape("stopped_instance", smaller.name), _EACH)), share)
    text = hours.text
    return Advice(
        kind=SCHEDULE,
        resource_id=server.id,
        name=server.name,
        type="instance",
        current="always",
        recommended=text,
        nature=Nature("medium", "medium", restart_needed=True, undo_possible=True),
        now=now.amount,
        after=None if now.amount is None or saved is None else now.amount - saved,
        why=now.why or stopped.why,
        price_source=stopped.source,
        confidence="medium",
        reasons=(*_evidence(one), f"Outside of {text} it uses next to nothing in 97 of 100 hours."),
        commands=(("openstack", "server", "set", "--property", f"{SCHEDULE_KEY}={text}", server.id),),
        task={"openstack.cloud.server_metadata": {"server": server.id, "metadata": {SCHEDULE_KEY: text}}},
        tags=server.metadata,
        hours_measured=one.need.hours,
        left_after_resize=left,
    )


def _saved(runs: ResourcePrice, stopped: ResourcePrice, share: Fraction) -> Fraction | None:
    if runs.amount is None or stopped.amount is None:
        return None
    return (runs.amount - stopped.amount) * share
