# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What has to be read of the project to price the plan of a playbook: only what the plan has kinds of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .._core.completeness import CloudIdentity
from .._openstack import block_storage, compute, network
from .._openstack.connection import Reader
from .changes import Change, Flavors
from .playbook_changes import Project, kinds_of, playbook_changes
from .playbook_plan import PlaybookPlan
from .playbook_receipt import PlaybookRun, before_to_result, made_by
from .project_resources import list_readers, project_resources, thing_of


def playbook_readers(plan: PlaybookPlan, has_default_type: bool) -> dict[str, tuple[str, Reader]]:
    """Readers by the name of what they read, with their service; one request each, and further pages.

    has_default_type: whether the task names the default volume type.
    """
    kinds = kinds_of(plan)
    if not any(line.resource.kind == "floating_ip" and line.resource.name for line in plan.lines):
        # One that is made has no name, and is known by what it belongs to.
        kinds = kinds - {"floating_ip"}
    found = list_readers(map(thing_of, kinds))
    if "instance" in kinds:
        found["flavors"] = ("compute", compute.flavors)
    if "fixed_ip" in kinds or any(line.resource.networks for line in plan.lines):
        found["networks"] = ("network", lambda neutron: list(network.networks(neutron)))
    if not has_default_type and any(
        line.resource.kind == "volume" and not line.resource.size for line in plan.lines
    ):
        found["default volume type"] = ("block_storage", block_storage.default_volume_type)
    return found


def read_project(
    values: Mapping[str, Any],
    flavors: Flavors,
    public: Collection[str],
    default_volume_type: str | None,
    identity: CloudIdentity,
) -> Project:
    """The project by what playbook_readers() have read; what a reader could not read is None in values, and
    counts as not there: estimate.py makes every change unknown then.
    """
    return Project(
        there=project_resources(values, public),
        flavors=flavors,
        public=public,
        default_volume_type=default_volume_type or values.get("default volume type"),
        cloud=identity.name,
        region=identity.region,
    )


@dataclass(frozen=True)
class PlaybookEstimate:
    """The changes that a playbook means or has made, and what its result tells of them beside the lines."""

    changes: list[Change]
    told: dict[str, Any]


def playbook_estimate(run: PlaybookRun, project: Project, assume_free: Collection[str]) -> PlaybookEstimate:
    """What the plan changes in the project; with a receipt, what the run has changed of what was before."""
    if run.receipt is None:
        before = before_to_result(run.plan, project.there)
        changes = playbook_changes(run.plan, project, assume_free)
        return PlaybookEstimate(changes, {"playbook_before": before, "receipt": None})
    made = made_by(run, run.receipt, project)
    differences = [asdict(one) for one in made.differences]
    changes = playbook_changes(made.plan, replace(project, there=run.before), assume_free)
    unknown = made.plan.unknown or any(change.unknown or change.gaps for change in changes)
    agrees = not differences and not unknown
    receipt = {
        "agrees": agrees,
        "differences": differences,
        "sha256": run.receipt.sha256,
        "hold": run.receipt.hold,
    }
    return PlaybookEstimate(changes, {"playbook_before": [], "receipt": receipt})
