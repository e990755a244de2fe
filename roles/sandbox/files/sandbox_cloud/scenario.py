# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the cloud: a scenario file, checked, as frozen values.

Everything that an API tells is computed from these resources, so that counters, quotas and cost always agree.
"""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import types
import typing
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

#: Ids are derived from names, so that the same scenario is the same cloud every time.
NAMESPACE = uuid.UUID("9b5f8a52-4f0e-4d5e-8f43-0d3f6d1c9a10")
SERVICES = (
    "compute", "block_storage", "network", "object_storage", "load_balancer", "image", "rating", "metric",
)  # fmt: skip
#: Those that a cloud has only where the scenario names them.
FURTHER_SERVICES = ("shared_file_system", "dns", "key_manager", "database")


class ScenarioError(Exception):
    """The scenario file is wrong; str() names the file, the key, and what would be right."""


def stable_id(kind: str, name: str) -> str:
    """The id of a resource, as most services write it."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def mac_address(port_id: str) -> str:
    """The MAC address of a port."""
    return f"fa:16:3e:{port_id[0:2]}:{port_id[2:4]}:{port_id[4:6]}"


@dataclass(frozen=True)
class Flavor:
    """A size of server."""

    vcpus: int
    ram_mb: int
    disk_gb: int
    ephemeral_gb: int = 0
    extra_specs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Gap:
    """Hours in which nothing was measured, counted back from when the cloud began."""

    from_hours_ago: int
    to_hours_ago: int


@dataclass(frozen=True)
class Resize:
    """When a server got its flavor, counted back from when the cloud began, and the one it had before."""

    hours_ago: int
    from_flavor: str


@dataclass(frozen=True)
class Server:
    """A server; boot_volume: the name of the volume that it boots from, none for an image on local disk.
    task_state: what Nova is doing with it all the time.

    load: how much of its CPUs it uses in each hour of a day, or of a week from Monday on (UTC), in
    thousandths; without it the cloud's own. burst: how much in the first five minutes of each hour.
    memory_used: how much of its memory, in thousandths. memory_hidden: whether that is not measured.
    """

    name: str
    flavor: str
    network: str
    status: str = "ACTIVE"
    created_hours_ago: int = 1000
    boot_volume: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    unmeasured: Gap | None = None
    locked: bool = False
    task_state: str | None = None
    load: tuple[int, ...] = ()
    burst: int | None = None
    memory_used: int | None = None
    memory_hidden: bool = False
    resized: Resize | None = None


@dataclass(frozen=True)
class Volume:
    """A volume; attached_to: the name of a server; attached_host: of a host, to which no server belongs."""

    name: str
    type: str
    size_gb: int
    attached_to: str | None = None
    attached_host: str | None = None
    created_hours_ago: int = 1000
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot, or a backup, of a volume. metadata: of a snapshot."""

    name: str
    volume: str
    created_hours_ago: int = 500
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """A network; owner other is a network that the project sees, shared or external, and does not own."""

    name: str
    cidrs: tuple[str, ...]
    owner: str = "project"
    shared: bool = False
    external: bool = False
    #: Of subnets by their block; without one, the network's with a 4 behind.
    subnet_names: dict[str, str] = field(default_factory=dict)


def fixed_address(network: Network, name: str) -> str:
    """The address on the network of what has that name: behind the gateway's, the same every time."""
    block = ipaddress.ip_network(network.cidrs[0])
    behind_gateway = max(block.num_addresses - 3, 1)
    return str(block[2 + int(stable_id("address", name)[:8], 16) % behind_gateway])


@dataclass(frozen=True)
class Router:
    """A router from an external network to others."""

    name: str
    gateway: str
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class FloatingIp:
    """A floating IP; attached_to: the name of a server, none for one that costs and does nothing."""

    address: str
    network: str
    attached_to: str | None = None
    created_hours_ago: int = 1000
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadBalancer:
    """A load balancer on a network."""

    name: str
    network: str
    created_hours_ago: int = 1000
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Container:
    """A container of equally large objects."""

    name: str
    objects: int
    object_bytes: int
    storage_policy: str = "Policy-0"


@dataclass(frozen=True)
class Image:
    """An image; owner other is a public one of the provider."""

    name: str
    size_bytes: int
    owner: str = "other"


@dataclass(frozen=True)
class Share:
    """A share of a shared file system."""

    name: str
    type: str
    size_gb: int
    created_hours_ago: int = 1000
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Database:
    """A database instance, which has a volume."""

    name: str
    flavor: str
    volume_gb: int


@dataclass(frozen=True)
class Prices:
    """ICU per hour: by flavor for running and stopped servers, by volume type per GB, per floating IP,
    balancer, GB stored and fetched.
    """

    instance_up: dict[str, float]
    instance_reserved: dict[str, float]
    volume_gb: dict[str, float]
    floating_ip: float
    load_balancer: float
    object_gb: float
    outgoing_gb: float = 0.0


@dataclass(frozen=True)
class PriceRule:
    """A rule of CloudKitty's hashmap: a mapping or, with a level, a threshold, for what has that value in the
    field that it is of.

    cost, level: decimals as text. group, project: by their names. from_hours, until_hours: when it is valid,
    in hours since the cloud began, None for always.
    """

    cost: str
    type: str = "flat"
    value: str = ""
    level: str = ""
    group: str = ""
    project: str = ""
    from_hours: int | None = None
    until_hours: int | None = None


@dataclass(frozen=True)
class PriceRules:
    """The rules of a metric, and those of its fields."""

    rules: tuple[PriceRule, ...] = ()
    fields: dict[str, tuple[PriceRule, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rating:
    """How the cloud rates. storage v1: the v2 API is not offered; loki: v2 with sums that are cut.

    An hour is rated rated_lag_hours after it has ended.

    outgoing_gb_per_hour: what is fetched from the object storage; without any it is no metric of this cloud.
    price_factors: what the prices are multiplied by in other_regions and further_projects, by their names.
    hashmap: the operator's rules by metric, in place of those that prices_icu_per_hour are.
    pyscripts: whether the module of that name rates too.
    """

    prices_icu_per_hour: Prices
    storage: str = "v2"
    collect_period_s: int = 3600
    history_days: int = 40
    rated_lag_hours: int = 1
    outgoing_gb_per_hour: float = 0.0
    price_factors: dict[str, float] = field(default_factory=dict)
    hashmap: dict[str, PriceRules] = field(default_factory=dict)
    pyscripts: bool = False


@dataclass(frozen=True)
class Quotas:
    """Limits by the names that the services give them; -1 is unlimited."""

    compute: dict[str, int]
    block_storage: dict[str, int]
    network: dict[str, int]
    load_balancer: dict[str, int]
    object_storage_bytes: int | None = None
    shared_file_system: dict[str, int] = field(default_factory=dict)
    dns: dict[str, int] = field(default_factory=dict)
    key_manager: dict[str, int] = field(default_factory=dict)
    database: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Owner:
    """A project and the user who logs in to it."""

    project: str
    user: str
    password: str

    @functools.cached_property
    def project_id(self) -> str:
        """Keystone writes ids without dashes."""
        return stable_id("project", self.project).replace("-", "")

    @property
    def user_id(self) -> str:
        """The user's id, as Keystone writes it."""
        return stable_id("user", self.user).replace("-", "")


@dataclass(frozen=True)
class ApplicationCredential:
    """A credential of the project's user that needs no password."""

    id: str
    secret: str


@dataclass(frozen=True)
class IdentityProvider:
    """An OpenID Connect provider beside the cloud, which Keystone believes. It knows the project's user."""

    client_id: str
    client_secret: str
    name: str = "sandbox"
    protocol: str = "openid"


@dataclass(frozen=True)
class CatalogRow:
    """A row of the catalog in place of a service's own: its type, its path behind the service's prefix, and
    which regions and interfaces it has endpoints for (empty: all).

    A path may have {project_id}.
    """

    type: str
    path: str = ""
    regions: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vergeos:
    """A VergeOS system beside the cloud, and for how many hours it has made a record an hour."""

    cloud_name: str
    username: str
    password: str
    token: str
    hours: int = 48


@dataclass(frozen=True)
class Scenario:
    """The whole cloud."""

    region: str
    project: Owner
    other: Owner
    application_credential: ApplicationCredential
    rating: Rating
    quotas: Quotas
    flavors: dict[str, Flavor]
    volume_types: tuple[str, ...]
    services: tuple[str, ...] = SERVICES
    #: Further regions of the catalog, which show the same resources once more; rating tells them at
    #: rating.price_factors.
    other_regions: tuple[str, ...] = ()
    #: Further projects of the project's user, which show the same resources once more; rating as in
    #: other_regions, as their own.
    further_projects: tuple[str, ...] = ()
    #: So many further projects more, generated, of which only rating knows anything.
    generated_projects: int = 0
    #: The newest microversion that Nova takes: an old cloud knows fewer.
    newest_compute_microversion: str = "2.96"
    #: As newest_compute_microversion, of Manila.
    newest_share_microversion: str = "2.95"
    identity_provider: IdentityProvider | None = None
    #: What the catalog says of a service, by its name in services, where that is not what most clouds say.
    catalog: dict[str, tuple[CatalogRow, ...]] = field(default_factory=dict)
    #: Where services are served, such as {network: /vpc-network}, in place of a prefix like their name.
    prefixes: dict[str, str] = field(default_factory=dict)
    servers: tuple[Server, ...] = ()
    volumes: tuple[Volume, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    backups: tuple[Snapshot, ...] = ()
    networks: tuple[Network, ...] = ()
    routers: tuple[Router, ...] = ()
    security_groups: tuple[str, ...] = ()
    floating_ips: tuple[FloatingIp, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    containers: tuple[Container, ...] = ()
    images: tuple[Image, ...] = ()
    shares: tuple[Share, ...] = ()
    databases: tuple[Database, ...] = ()
    vergeos: Vergeos | None = None
    #: A user with the role admin in a project of its own and in all that are filled: who reads what only an
    #: operator may.
    operator: Owner | None = None

    @functools.cached_property
    def filled(self) -> tuple[Owner, ...]:
        """Every project that has resources, with the user who may log in to it."""
        names = (*self.further_projects, *(f"PCP-{number:06d}" for number in range(self.generated_projects)))
        return (self.project, *(dataclasses.replace(self.project, project=name) for name in names))

    @functools.cached_property
    def owners(self) -> tuple[Owner, ...]:
        """Every project, with the user who may log in to it."""
        by_operator = (
            []
            if self.operator is None
            else [dataclasses.replace(self.operator, project=owner.project) for owner in self.filled]
        )
        return (*self.filled, self.other, *filter(None, [self.operator]), *by_operator)


def priced(scenario: Scenario, owner: Owner, region: str | None) -> Scenario:
    """The scenario as rating sees it: of that project, at the prices of that region,
    None for the first one.
    """
    factors = [
        Decimal(str(scenario.rating.price_factors.get(name or "", 1.0))) for name in (owner.project, region)
    ]
    prices = scenario.rating.prices_icu_per_hour

    def dearer(price: Any) -> Any:
        if isinstance(price, dict):
            return {name: dearer(one) for name, one in price.items()}
        return float(Decimal(str(price)) * factors[0] * factors[1])

    multiplied = Prices(**{one.name: dearer(getattr(prices, one.name)) for one in dataclasses.fields(prices)})
    rating = dataclasses.replace(scenario.rating, prices_icu_per_hour=multiplied)
    return dataclasses.replace(scenario, project=owner, rating=rating)


def load(path: Path) -> Scenario:
    """Read a scenario file.

    Raises ScenarioError for what is not there, no YAML, an unknown key or a name that nothing has.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"the scenario {path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"the scenario {path} is no valid YAML") from error
    try:
        scenario: Scenario = _built(Scenario, content, "")
        _refuse_dangling(scenario)
        _refuse_networks(scenario)
    except ScenarioError as error:
        raise ScenarioError(f"the scenario {path}: {error}") from error
    return scenario


def _built(kind: Any, value: Any, where: str) -> Any:
    """The value as the type says, dataclasses and their collections built from mappings and lists."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _built_dataclass(kind, value, where)
    if origin is types.UnionType:
        return (
            None
            if value is None
            else _built(next(one for one in arguments if one is not types.NoneType), value, where)
        )
    if origin is tuple:
        if not isinstance(value, list):
            raise ScenarioError(f"{where} has to be a list")
        return tuple(_built(arguments[0], one, f"{where}[{number}]") for number, one in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict):
            raise ScenarioError(f"{where} has to be a mapping")
        return {str(key): _built(arguments[1], one, f"{where}.{key}") for key, one in value.items()}
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise ScenarioError(f"{where} has to be of type {kind.__name__}, not {value!r}")
    return value


def _built_dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ScenarioError(f"{where or 'the file'} has to be a mapping")
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(value) - set(hints))
    if unknown:
        raise ScenarioError(f"{_at(where, unknown[0])} is unknown; known are {', '.join(hints)}")
    given = {name: _built(hints[name], one, _at(where, name)) for name, one in value.items()}
    needed = [one.name for one in dataclasses.fields(kind) if _is_required(one) and one.name not in given]
    if needed:
        raise ScenarioError(f"{_at(where, needed[0])} is missing")
    return kind(**given)


def _is_required(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _refuse_dangling(scenario: Scenario) -> None:
    """Raise ScenarioError where a resource names another one that is not there, or a service is unknown."""
    servers = {one.name for one in scenario.servers}
    volumes = {one.name for one in scenario.volumes}
    networks = {one.name for one in scenario.networks}
    places = {*scenario.other_regions, *scenario.further_projects}
    references = [
        *((f"rating.price_factors[{name}]", name, places) for name in scenario.rating.price_factors),
        *(
            (f"{key}[{name}]", name, {*SERVICES, *FURTHER_SERVICES})
            for key in ("services", "catalog", "prefixes")
            for name in getattr(scenario, key)
        ),
        *((f"servers[{one.name}].flavor", one.flavor, set(scenario.flavors)) for one in scenario.servers),
        *((f"databases[{one.name}].flavor", one.flavor, set(scenario.flavors)) for one in scenario.databases),
        *(
            (f"servers[{one.name}].resized.from_flavor", one.resized.from_flavor, set(scenario.flavors))
            for one in scenario.servers
            if one.resized is not None
        ),
        *((f"servers[{one.name}].network", one.network, networks) for one in scenario.servers),
        *((f"servers[{one.name}].boot_volume", one.boot_volume, volumes) for one in scenario.servers),
        *((f"volumes[{one.name}].type", one.type, set(scenario.volume_types)) for one in scenario.volumes),
        *((f"volumes[{one.name}].attached_to", one.attached_to, servers) for one in scenario.volumes),
        *((f"snapshots[{one.name}].volume", one.volume, volumes) for one in scenario.snapshots),
        *((f"backups[{one.name}].volume", one.volume, volumes) for one in scenario.backups),
        *((f"routers[{one.name}].gateway", one.gateway, networks) for one in scenario.routers),
        *(
            (f"routers[{one.name}].networks", name, networks)
            for one in scenario.routers
            for name in one.networks
        ),
        *(
            (f"floating_ips[{one.address}].attached_to", one.attached_to, servers)
            for one in scenario.floating_ips
        ),
        *((f"floating_ips[{one.address}].network", one.network, networks) for one in scenario.floating_ips),
        *((f"load_balancers[{one.name}].network", one.network, networks) for one in scenario.load_balancers),
    ]
    for where, name, known in references:
        if name is not None and name not in known:
            raise ScenarioError(
                f"{where} is {name}, which the scenario does not have; it has"
                f" {', '.join(sorted(known)) or 'none'}"
            )


def _refuse_networks(scenario: Scenario) -> None:
    """Raise ScenarioError where a network has no block of addresses to give any from."""
    for one in scenario.networks:
        if not one.cidrs:
            raise ScenarioError(f"networks[{one.name}].cidrs is empty; a network has at least one block")
        for cidr in one.cidrs:
            try:
                block = ipaddress.ip_network(cidr)
            except ValueError as error:
                raise ScenarioError(f"networks[{one.name}].cidrs: {error}") from error
            if block.num_addresses < 4:
                raise ScenarioError(
                    f"networks[{one.name}].cidrs: {cidr} is too small for a gateway and a server"
                )


def scaled(scenario: Scenario, servers: int | None, rated_points: int | None) -> Scenario:
    """The scenario with its servers replaced by that many generated ones, each with a volume.

    Or by so many that the history has that many points: a server and its volume make two
    rated points an hour.
    """
    if rated_points is not None:
        servers = max(-(-rated_points // (scenario.rating.history_days * 24 * 2)), 1)
    if servers is None:
        return scenario
    flavor, network = next(iter(scenario.flavors)), scenario.networks[0].name
    kind = scenario.volume_types[0]
    names = [f"generated-{number:06d}" for number in range(servers)]
    hours = scenario.rating.history_days * 24 + 24
    return dataclasses.replace(
        scenario,
        servers=tuple(Server(name, flavor, network, created_hours_ago=hours) for name in names),
        volumes=tuple(Volume(f"{name}-data", kind, 10, name, created_hours_ago=hours) for name in names),
        snapshots=(),
        backups=(),
        floating_ips=(),
        load_balancers=(),
        containers=(),
    )
