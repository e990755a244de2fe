# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a plan of Terraform says of a resource before is believed only of what the project has
(design/estimates.md#what-is-there-before).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._openstack.connection import Reader
from .plan_file import Plan
from .plan_networks import INTERFACE, LOAD_BALANCER, PORT, SERVER
from .project_resources import PORT as PORTS
from .project_resources import Claim, ProjectResources, list_readers, thing_of
from .shapes import Part

#: A resource type of a plan -> what the project's list of it is called; of no other type there is one.
_LISTED: Mapping[str, str] = {
    kind: thing_of(of)
    for kind, of in (
        (SERVER, "instance"),
        ("openstack_blockstorage_volume_v2", "volume"),
        ("openstack_blockstorage_volume_v3", "volume"),
        ("openstack_compute_floatingip_v2", "floating_ip"),
        ("openstack_networking_floatingip_v2", "floating_ip"),
        (LOAD_BALANCER, "load_balancer"),
        ("openstack_images_image_v2", "image"),
        (PORT, "fixed_ip"),
        (INTERFACE, "fixed_ip"),
    )
}


def readers(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, Reader]]:
    """By the name of the reading the service and what reads the list, for each list that confirms what these
    rows of a plan have before.
    """
    return list_readers(_LISTED[row["type"]] for row in rows if row["type"] in _LISTED and _before(row))


def is_listed(kind: str) -> bool:
    """Whether the project has a list of what is of that type."""
    return kind in _LISTED


def claimed_twice(plan: Plan) -> frozenset[Claim]:
    """What two resources of a plan say that they are; also of one that stays as it is."""
    claims = Counter(_claims(plan))
    return frozenset(claim for claim, count in claims.items() if count > 1)


def _claims(plan: Plan) -> Iterator[Claim]:
    for row in plan.changes:
        claim = _claim(row)
        # One that is attached is a port, and may be managed as a port besides.
        if claim is not None and row.get("mode") != "data" and row["type"] != INTERFACE:
            yield claim


def _before(row: Mapping[str, Any]) -> Mapping[str, Any]:
    before: Mapping[str, Any] = row["change"].get("before") or {}
    return before


def _claim(row: Mapping[str, Any]) -> Claim | None:
    """Which of the project's resources it is before; None where it does not tell."""
    identifier = _before(row).get("port_id" if row["type"] == INTERFACE else "id")
    if row["type"] not in _LISTED or not isinstance(identifier, str) or not identifier:
        return None
    return _LISTED[row["type"]], identifier


def disbelief(
    row: Mapping[str, Any], before: Sequence[Sequence[Part]], there: ProjectResources
) -> str | None:
    """Why it is not believed what a plan says of a resource before; None where the project has it as it says.

    before: the parts of its pieces, the first of which is the resource itself. Where none has a price there
    is nothing to doubt.
    """
    if row["type"] not in _LISTED or not any(before):
        return None
    thing, claim = _LISTED[row["type"]], _claim(row)
    if claim is None:
        return f"the plan does not tell which {thing} of the project it is before"
    if claim in there.twice:
        return f"two resources of the plan are the same {thing} of the project"
    if claim not in there.sizes:
        return f"the project has no {thing} of the ID that the plan tells"
    size = there.sizes[claim]
    own = before[0]
    if size is None or not own:
        return None
    name, quantity = size
    # A plan names the addresses of a port that somebody chose: there may be more of them.
    fits = own[0].quantity <= quantity if thing == PORTS else own[0].quantity == quantity
    if own[0].shape.name != name or not fits:
        return f"the project's {thing} of that ID has another size than the plan tells"
    return None
