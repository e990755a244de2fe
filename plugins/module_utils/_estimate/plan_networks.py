# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""On which network an address of a plan is: a public one, where it costs, or another
(design/estimates.md#public-addresses).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .plan_configuration import PlanPlace
from .plan_file import Plan, source_of

PORT, NETWORK, SUBNET = (f"openstack_networking_{name}_v2" for name in ("port", "network", "subnet"))
SERVER, LOAD_BALANCER = "openstack_compute_instance_v2", "openstack_lb_loadbalancer_v2"
INTERFACE = "openstack_compute_interface_attach_v2"
#: What has an address -> its attributes that say where, each with the type of what it names. Of a server
#: they are those of its networks. All but a port's are optional and computed: the one that is given names the
#: others during apply.
ON_NETWORKS: Mapping[str, Mapping[str, str]] = {
    SERVER: {"port": PORT, "uuid": NETWORK, "name": NETWORK},
    INTERFACE: {"port_id": PORT, "network_id": NETWORK},
    PORT: {"network_id": NETWORK},
    LOAD_BALANCER: {"vip_port_id": PORT, "vip_subnet_id": SUBNET, "vip_network_id": NETWORK},
}
#: Hands on what is put into it.
_HANDS_ON = "terraform_data"
#: How the types of other providers begin that no network's ID comes from.
_NO_NETWORK = ("random_", "tls_", "time_", "cloudinit_", "template_", "null_", "archive_", "local_")


def network_name(text: str) -> str:
    """A name or an ID of a network as Neutron compares it: most of its databases make no difference between
    upper and lower case, and take no notice of blanks behind it.
    """
    return text.strip().casefold()


@dataclass
class PlanNetworks:
    """What the plan says of networks. public: names and ids of public networks, and ids of their subnets.

    needs_ids: becomes true where what was asked for hangs on the ID of a network or a subnet.
    """

    plan: Plan
    public: Collection[str]
    needs_ids: bool = False
    _rows: dict[PlanPlace, list[Mapping[str, Any]]] = field(default_factory=dict)
    _found: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.public = frozenset(map(network_name, self.public))
        for row in self.plan.changes:
            self._rows.setdefault(source_of(row), []).append(row["change"])

    def is_public(
        self,
        source: PlanPlace,
        index: int | None,
        values: Mapping[str, Any],
        unknown: Collection[str],
        kind: str,
    ) -> bool | str:
        """Whether an address of its own is on a public network; why that is unknown where it is.

        source: the resource. index: of the server's network that is meant. values: the attributes that say
        where, as far as they are known. unknown: those of them that are known after apply. kind: type of
        the resource. The address of a port is counted with the port, wherever it was made.
        """
        where = ON_NETWORKS[kind]
        known = {name: values[name] for name in where if name not in unknown and values.get(name)}
        if any(where[name] == PORT for name in known):
            return False
        if known:
            self.needs_ids |= any(name != "name" for name in known)
            return any(network_name(one) in self.public for one in known.values() if isinstance(one, str))
        if not unknown:
            return f"{', '.join(sorted(where))}: none is given, so its network is unknown"
        key = (source, index)
        if key not in self._found:
            self._found[key] = self._followed(source, index, where)
        return (
            self._found[key]
            if self._found[key] is not None
            else (f"{' and '.join(sorted(unknown))}: on which network its address is, is known after apply")
        )

    def takes_planned_port(self, source: PlanPlace, index: int | None, kind: str) -> bool:
        """Whether the configuration gives it a port that a plan makes. Arguments: as of is_public()."""
        configuration, step = self.plan.configuration, () if index is None else ("network", index)
        for name, of in ON_NETWORKS[kind].items():
            expression = configuration.expression(source.module, source.name, *step, name)
            if of == PORT and expression is not None:
                sources = configuration.sources(expression, source.module, source.name)
                return bool(sources) and all(one is not None and one.kind == PORT for one in sources)
        return False

    def _followed(self, source: PlanPlace, index: int | None, where: Mapping[str, str]) -> bool | None:
        """Whether the network that the configuration names is public; None where that cannot be followed."""
        configuration = self.plan.configuration
        step = () if index is None else ("network", index)
        given: dict[str, frozenset[PlanPlace | None]] = {}
        for name in where:
            expression = configuration.expression(source.module, source.name, *step, name)
            sources = (
                frozenset()
                if expression is None
                else configuration.sources(expression, source.module, source.name)
            )
            if sources:
                given[name] = sources
        networks = [of for name, of in given.items() if where[name] != PORT]
        if networks:
            found = self._one({self._of(one) for sources in networks for one in sources})
            # Which of the two it takes is decided during apply.
            return None if found and len(networks) < len(given) else found
        return False if given else self._by_all_that_is_referred_to()

    def _by_all_that_is_referred_to(self) -> bool | None:
        """False where no change refers to anything that could name a network that others made.

        Dynamic blocks and local values stand in no plan, but what they refer to does.
        """
        relevant = self.plan.relevant
        if not relevant:
            return None
        named = [one for one in relevant if not _is_no_network(one)]
        return False if named and all(self._of(one) is False for one in named) else None

    @staticmethod
    def _one(answers: set[bool | None]) -> bool | None:
        return answers.pop() if len(answers) == 1 else None

    def _of(self, source: PlanPlace | None, seen: frozenset[PlanPlace] = frozenset()) -> bool | None:
        """Whether what a source stands for is a public network, or on one; None where that is unknown."""
        if source is None or source in seen:
            return None
        seen |= {source}
        if source.kind == _HANDS_ON and not source.is_data:
            return self._handed_on(source, seen)
        if source.kind not in (NETWORK, SUBNET, PORT):
            return None
        source = replace(source, attribute="")
        changed = [row.get("after") or row.get("before") or {} for row in self._rows.get(source, ())]
        sides = changed or self.plan.prior.get(source, ())
        return self._one({self._on(source, values, seen) for values in sides})

    def _on(self, source: PlanPlace, values: Mapping[str, Any], seen: frozenset[PlanPlace]) -> bool | None:
        """Whether one instance is a public network, or on one."""
        ids = [values.get("network_id")] if source.kind != NETWORK or source.is_data else []
        ids = [one for one in (*ids, values.get("id")) if isinstance(one, str) and one]
        names = [values["name"]] if source.kind == NETWORK and isinstance(values.get("name"), str) else []
        if any(network_name(one) in self.public for one in (*ids, *names)):
            return True
        if source.kind == NETWORK and not source.is_data:
            # The project's own, which the plan makes or has.
            return False
        if source.is_data:
            # One that is looked up by its name alone is the one of that name.
            self.needs_ids |= bool(ids) and not names
            return False if names or ids else None
        if isinstance(values.get("network_id"), str):
            self.needs_ids = True
            return False
        expression = self.plan.configuration.expression(source.module, source.name, "network_id")
        if expression is None:
            return None
        sources = self.plan.configuration.sources(expression, source.module, source.name)
        return self._one({self._of(one, seen) for one in sources})

    def _handed_on(self, source: PlanPlace, seen: frozenset[PlanPlace]) -> bool | None:
        """Of what terraform_data hands on: its input, where the plan knows it, or where that comes from."""
        rows = self._rows.get(replace(source, attribute=""), [])
        given = [(row.get("after") or {}).get("input") for row in rows]
        texts = [one for one in given if isinstance(one, str)]
        if texts and len(texts) == len(given):
            self.needs_ids = True
            return self._one({network_name(one) in self.public for one in texts})
        expression = self.plan.configuration.expression(source.module, source.name, "input")
        if expression is None:
            return None
        sources = self.plan.configuration.sources(expression, source.module, source.name)
        return self._one({self._of(one, seen) for one in sources})


def _is_no_network(source: PlanPlace) -> bool:
    """Whether no network's ID can come from there."""
    if source.kind.startswith(_NO_NETWORK):
        return True
    if not source.kind.startswith("openstack_") or source.kind in (NETWORK, SUBNET, PORT):
        return False
    if source.is_data and source.kind.startswith("openstack_networking_"):
        return False
    return bool(source.attribute) and not any(word in source.attribute for word in ("network", "subnet"))
