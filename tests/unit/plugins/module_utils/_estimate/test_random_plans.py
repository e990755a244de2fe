# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans with values and shapes that were changed at random: each is read or refused in a sentence, and what
became unknown never makes a plan complete that costs less (design/estimates.md#unknown-lines).
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate import terraform
from ansible_collections.finops.cloud.plugins.module_utils._estimate.changes import (
    Change,
    Flavors,
    required_quotas,
    without_known_quota,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_file import (
    Plan,
    PlanInput,
    parse_plan,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_networks import PlanNetworks
from ansible_collections.finops.cloud.plugins.module_utils._estimate.planned_parts import Context
from ansible_collections.finops.cloud.plugins.module_utils._estimate.project_resources import (
    ProjectResources,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.terraform import (
    PlanOptions,
    plan_changes,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.terraform_types import OPENSTACK
from ansible_collections.finops.cloud.plugins.module_utils._openstack.compute import Flavor

from .test_terraform import as_planned

PLANS = Path(__file__).parent / "plans"
SOURCE = PlanInput("terraform_plan", "'plan.json'", "write one")
PUBLIC, DEFAULT_TYPE = ("ext-net1", "public-id"), "slow"
ASSUMED = PlanOptions((), OPENSTACK)
#: What one of each kind costs. Every size costs, so that nothing is lost without being noticed.
PRICES = {"volume": 2, "image": 3, "object_storage": 5, "instance": 700, "stopped_instance": 300}
Keys: TypeAlias = "tuple[str | int, ...]"


def everything() -> dict[str, Any]:
    """A plan without a configuration, of one of each that is priced, made, changed and replaced."""
    device = {
        "source_type": "image", "destination_type": "volume", "volume_size": 7, "volume_type": "fast",
        "delete_on_termination": True, "boot_index": 0,
    }  # fmt: skip
    server = {
        "flavor_name": "small", "flavor_id": "id-small", "block_device": [device, device], "name": "web",
        "network": [{"name": "ext-net1", "uuid": "public-id"}, {"name": "own", "port": ""}],
        "metadata": {"team": "web"}, "power_state": "active", "network_mode": None, "region": None,
    }  # fmt: skip
    after = {
        "openstack_compute_instance_v2": server,
        "openstack_blockstorage_volume_v3": {"size": 10, "volume_type": "fast", "metadata": {"a": "b"}},
        "openstack_networking_floatingip_v2": {"pool": "ext-net1", "tags": ["team=web"]},
        "openstack_networking_port_v2": {
            "network_id": "public-id", "fixed_ip": [{"subnet_id": "s"}, {"subnet_id": "t"}],
            "no_fixed_ip": False, "tags": ["x"],
        },
        "openstack_lb_loadbalancer_v2": {
            "flavor_id": "lb-small", "vip_network_id": "public-id", "vip_subnet_id": "", "tags": [],
        },
        "openstack_images_image_v2": {"size_bytes": 10 * 1024**3, "name": "debian"},
        "openstack_objectstorage_object_v1": {"content": "hello", "container_name": "c"},
        "openstack_networking_network_v2": {"name": "own"},
    }  # fmt: skip
    rows = []
    for kind, values in after.items():
        for number, actions in enumerate(
            (["create"], ["update"], ["delete", "create"], ["create", "delete"])
        ):
            before = None if actions == ["create"] else {**values, "id": f"{kind}-{number}"}
            change = {"actions": actions, "before": before, "after": values, "after_unknown": {"id": True}}
            row = {"address": f"{kind}.one[{number}]", "mode": "managed", "type": kind, "change": change}
            rows.append({**row, "provider_name": next(iter(sorted(OPENSTACK)))})
    return {"format_version": "1.2", "complete": True, "planned_values": {}, "resource_changes": rows}


def plans() -> list[dict[str, Any]]:
    """The plans that Terraform wrote, and everything."""
    paths = (PLANS / "three_tier.json", *sorted((PLANS / "terraform").glob("*.json")))
    return [everything(), *(json.loads(path.read_text()) for path in paths)]


def flavors_of(plans: list[dict[str, Any]]) -> Flavors:
    """The flavors that the plans name, by name or by ID."""
    changes = [row["change"] for plan in plans for row in plan["resource_changes"]]
    sides = [side for change in changes for side in (change["before"], change["after"]) if side]
    named = {(side.get("flavor_name"), side.get("flavor_id")) for side in sides}
    ids = {name: number for name, number in named if name and number}
    ids |= {name: ids.get(name, f"id-{name}") for name, _number in named if name}
    ids |= {f"of {number}": number for _name, number in named if number and number not in ids.values()}
    return Flavors([Flavor(number, name, 2, 4096) for name, number in ids.items()])


_EVERYTHING, *_WRITTEN = plans()
#: Half of the plans are of everything.
ORIGINALS = [one for written in _WRITTEN for one in (_EVERYTHING, written)]
FLAVORS = flavors_of(ORIGINALS)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**40, 1.5, "", "x", "\x00\ud800", "999", [], {}, [[]], [None], [{}], {"": {}},
    {"constant_value": None}, {"references": [7]}, [[[[[[[[[["deep"]]]]]]]]]], ["create"], "ext-net1",
)  # fmt: skip


def paths_of(value: Any, path: Keys = ()) -> Iterator[Keys]:
    yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths_of(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from paths_of(one, (*path, index))


def at(value: Any, path: Keys) -> Any:
    for step in path:
        value = value[step]
    return value


def changed(rng: random.Random, plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with one to three values replaced, left out, doubled or exchanged."""
    for _time in range(rng.randint(1, 3)):
        every = list(paths_of(plan))[1:]
        if not every:
            break
        path = rng.choice(every)
        holder, key = at(plan, path[:-1]), path[-1]
        kind = rng.randrange(4)
        if kind == 0:
            holder[key] = copy.deepcopy(rng.choice(VALUES))
        elif kind == 1:
            del holder[key]
        elif kind == 2 and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            holder[key] = copy.deepcopy(at(plan, rng.choice(every)))
    return plan


def parsed_of(plan: dict[str, Any]) -> Plan:
    return parse_plan(json.dumps(plan).encode(), SOURCE, "sha256")


def read(plan: dict[str, Any], original: dict[str, Any]) -> list[Change]:
    """All that an estimate asks of a plan, in a project that has what the original plan says it has before.
    Raises InvalidOption.
    """
    parsed = parsed_of(plan)
    for asked in (
        terraform.lists_to_read, terraform.tells_networks_by_id, terraform.has_addresses,
        terraform.takes_default_volume_type,
    ):  # fmt: skip
        asked(parsed, ASSUMED)
    terraform.plan_regions(parsed, None, ASSUMED)
    terraform.plan_regions(parsed, "here", ASSUMED)
    terraform.unmatched_assumptions(parsed, ("a*",))
    there = ProjectResources(as_planned(parsed_of(original), DEFAULT_TYPE))
    contexts = {None: Context(FLAVORS, PlanNetworks(parsed, PUBLIC), DEFAULT_TYPE, there)}
    terraform.plan_unchanged(parsed, contexts, None, ASSUMED)
    found = plan_changes(parsed, contexts, None, ASSUMED)
    required_quotas(found, FLAVORS)
    without_known_quota(found)
    return found


def cost(changes: list[Change]) -> Fraction | None:
    """What they come to after; None where anything is unknown."""
    if any(one.unknown is not None or one.gaps for one in changes):
        return None
    parts = [part for one in changes for part in one.after]
    return sum((part.quantity * PRICES.get(part.shape.kind, 90) for part in parts), Fraction(0))


COUNTS = (100, pytest.param(5000, marks=pytest.mark.heavy))


@pytest.mark.parametrize("count", COUNTS)
def test_a_changed_plan_is_read_or_refused_in_a_sentence(count: int) -> None:
    rng, was_read, complete = random.Random(count), 0, 0
    said: list[str] = []
    for number in range(count):
        original = ORIGINALS[number % len(ORIGINALS)]
        plan = changed(rng, copy.deepcopy(original))
        try:
            found = read(plan, original)
        except InvalidOption as refused:
            said.append(str(refused))
            continue
        was_read += 1
        complete += cost(found) is not None
    assert not [one for one in said if "\n" in one or not one.startswith("terraform_plan: 'plan.json' ")]
    # Neither are they all refused, nor does nothing come of it.
    assert was_read > count / 2
    assert complete > count / 10


def spoiled(rng: random.Random, plan: dict[str, Any]) -> str:
    """Make a value of what is there after unknown, or no value of its kind, and say which."""
    rows = [row for row in plan["resource_changes"] if row["change"]["after"]]
    kind = rng.choice(sorted({row["type"] for row in rows}))
    row = rng.choice([row for row in rows if row["type"] == kind])
    change = row["change"]
    name = rng.choice(sorted(change["after"]))
    path = rng.choice(list(paths_of(change["after"][name], (name,))))
    holder = at(change["after"], path[:-1])
    if rng.random() < 0.5:
        holder[path[-1]] = rng.choice(
            [{"x": 1}, 1.5, [7], True if not isinstance(holder[path[-1]], bool) else 7]
        )
    else:
        change["after_unknown"] = marked(change.get("after_unknown"), change["after"], path)
        if isinstance(holder, dict) and len(path) == 1:
            del holder[path[-1]]
    return f"{row['address']} {path} {holder if len(path) > 1 else change['after'].get(path[-1])}"


def marked(marks: Any, values: Any, path: Keys) -> Any:
    """The marks of what is unknown with one more, in the shape of the values, as Terraform has them."""
    if not path:
        return True
    if isinstance(values, list):
        own = marks if isinstance(marks, list) else []
        own = [*own, *({} for _value in values[len(own) :])]
        own[path[0]] = marked(own[path[0]], values[path[0]], path[1:])
        return own
    own = dict(marks) if isinstance(marks, dict) else {}
    own[path[0]] = marked(own.get(path[0]), values[path[0]], path[1:])
    return own


@pytest.mark.parametrize("count", COUNTS)
def test_what_became_unknown_never_makes_a_plan_cheaper(count: int) -> None:
    rng, unknown = random.Random(-count), 0
    costs = [cost(read(plan, plan)) for plan in ORIGINALS]
    for number in range(count):
        which = number % len(ORIGINALS)
        plan, known = copy.deepcopy(ORIGINALS[which]), costs[which]
        what = spoiled(rng, plan)
        try:
            found = cost(read(plan, ORIGINALS[which]))
        except InvalidOption:
            continue
        unknown += found is None
        assert found is None or (known is not None and found >= known), (number, which, what)
    assert unknown > count / 5
