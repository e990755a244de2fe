# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A plan of Terraform or OpenTofu, as `terraform show -json` writes it
(design/estimates.md#a-plan-as-terraform-writes-it).

Source: Terraform's documentation, internals, JSON output format, read 2026-11-28. Of `variables`, which holds
secrets in clear, only those are looked at that name a region.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from .._core.errors import InvalidOption
from .._core.trusted_paths import read_input
from .plan_configuration import PlanConfiguration, PlanPlace, mapping, source_at

_WRITE = "write one with terraform show -json PLANFILE > plan.json"
#: The planned values of a plan that has no resources, but for outputs.
_NO_RESOURCES: tuple[Any, ...] = ({}, {"root_module": {}})
#: How Terraform's own binary plan begins: it is a zip archive.
_ZIP = b"PK\x03\x04"
#: Values of resources, one for each instance, by the block that they are of.
Rows = Mapping[PlanPlace, Sequence[Mapping[str, Any]]]


class UnreadResource(NamedTuple):
    """A resource that is planned and not understood: its name, its type, and why."""

    name: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """A plan's changes, and why it is not the whole of what will happen; None where it is.

    configuration: what its expressions refer to. prior: what the state has, by resource. relevant: what the
    changes refer to, local values and dynamic blocks included; None where the plan does not say. sha256: of
    the file that the task names. unread: what is planned beside the changes. words: what reasons say in
    place of Terraform's words where another program carries the plan out, as patterns in their order.
    """

    changes: tuple[Mapping[str, Any], ...]
    unfinished: str | None
    configuration: PlanConfiguration = field(default_factory=PlanConfiguration)
    prior: Rows = field(default_factory=dict)
    relevant: frozenset[PlanPlace] | None = None
    sha256: str | None = field(default=None, compare=False)
    unread: tuple[UnreadResource, ...] = ()
    words: tuple[tuple[re.Pattern[str], str], ...] = ()

    def worded(self, reason: str) -> str:
        """A reason in the words of what carries the plan out."""
        for pattern, words in self.words:
            reason = pattern.sub(words, reason)
        return reason


@dataclass(frozen=True)
class PlanInput:
    """Where the JSON of a plan is from: the option, what an error calls it, and how to write one."""

    option: str
    name: str
    advice: str

    def refusal(self, problem: str) -> InvalidOption:
        """The error that says what is wrong with it."""
        return InvalidOption(self.option, f"{self.name} {problem}")


def load_plan(path: str) -> Plan:
    """Read what `terraform show -json` wrote.

    Raises InvalidOption for any other file, and quotes nothing from it.
    """
    source = PlanInput("terraform_plan", f"'{path}'", _WRITE)
    try:
        raw = read_input(Path(path))
    except OSError as error:
        raise source.refusal(f"cannot be read: {error.strerror}.") from error
    return parse_plan(raw, source, hashlib.sha256(raw).hexdigest())


def parse_plan(raw: bytes, source: PlanInput, sha256: str) -> Plan:
    """The plan in what `terraform show -json` wrote.

    sha256: of the file that the task names. Raises InvalidOption for anything else, and quotes nothing from
    it.
    """
    content = _parsed(raw, source)
    version = content.get("format_version")
    if not isinstance(version, str):
        raise source.refusal(f"is not a plan in JSON; {source.advice}.")
    major = version.split(".")[0]
    if major != "1":
        said = f" {version[:20]}" if re.fullmatch(r"[0-9.]+", version, re.ASCII) else ""
        older = "; use Terraform 1.1 or newer, or OpenTofu" if major == "0" else ""
        raise source.refusal(f"has format{said}; format 1 is supported{older}.")
    if "planned_values" not in content and "resource_changes" not in content:
        raise source.refusal(
            f"is not a plan; it may be a state. {source.advice[0].upper()}{source.advice[1:]}."
        )
    changes = content.get("resource_changes", [])
    if not isinstance(changes, list) or not all(_is_change(one) for one in changes):
        raise source.refusal("has a malformed resource change; write it again with terraform show -json.")
    # Resources that stay as they are have a change, too, whose action is no-op.
    if not changes and _planned_values(content) not in _NO_RESOURCES:
        raise source.refusal(
            "has resources but does not say what changes; write it again with terraform show -json."
        )
    configuration = mapping(content.get("configuration"))
    return Plan(
        tuple(changes),
        _unfinished(content),
        PlanConfiguration(
            configuration.get("root_module"),
            mapping(configuration.get("provider_config")),
            mapping(content.get("variables")),
        ),
        _prior(content),
        _relevant(content),
        sha256,
    )


def _parsed(raw: bytes, source: PlanInput) -> dict[str, Any]:
    """The object in a file. Raises InvalidOption, which says what the file may be instead."""
    if not raw.strip():
        raise source.refusal(f"is empty: terraform show may have failed; {source.advice}.")
    if raw.startswith(_ZIP):
        raise source.refusal(
            f"is not a plan in JSON; {source.advice}, or give Terraform's own file as tfplan."
        )
    try:
        content = json.loads(
            raw,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_doubles,
        )
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        return _as_state(content, source)
    # A wrapper of Terraform in a pipeline writes lines of its own around the plan.
    if b'"format_version"' in raw and not raw.lstrip().startswith(b"{"):
        raise source.refusal(
            "has other lines before the plan, as a wrapper of Terraform writes them; switch the wrapper off,"
            " such as with terraform_wrapper: false, and write the plan again.",
        )
    raise source.refusal(f"is not a plan in JSON; {source.advice}.")


def _as_state(content: dict[str, Any], source: PlanInput) -> dict[str, Any]:
    """The same object. Raises InvalidOption for a state's file, and for a log of `terraform plan -json`."""
    if {"lineage", "serial"} <= content.keys():
        raise source.refusal(f"is a state of Terraform, and not a plan; {source.advice}.")
    if "@message" in content:
        raise source.refusal(f"is what terraform plan -json logs, and not the plan itself; {source.advice}.")
    return content


def _planned_values(content: Mapping[str, Any]) -> Any:
    values = content.get("planned_values", {})
    return (
        {key: value for key, value in values.items() if key != "outputs"}
        if isinstance(values, dict)
        else values
    )


def _without_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the file. Raises ValueError for a key that it has twice: who reads which is not known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _is_change(row: Any) -> bool:
    if not isinstance(row, dict) or not all(
        isinstance(row.get(key), str) for key in ("address", "type", "provider_name")
    ):
        return False
    change = row.get("change")
    if not isinstance(change, dict):
        return False
    actions = change.get("actions")
    if not isinstance(actions, list) or not all(isinstance(one, str) for one in actions):
        return False
    sides = (change.get("before"), change.get("after"))
    marks = [change.get(name) for name in ("after_unknown", "before_sensitive", "after_sensitive")]
    return all(one is None or isinstance(one, dict) for one in sides) and all(
        one is None or isinstance(one, dict | bool) for one in marks
    )


def _unfinished(content: Mapping[str, Any]) -> str | None:
    if content.get("errored"):
        return "the plan is errored, so it lacks some of its changes"
    if content.get("complete", True) is not True or content.get("deferred_changes"):
        return "the plan is not complete: Terraform has put off some of its changes"
    if content.get("action_invocations") or content.get("deferred_action_invocations"):
        return "the plan invokes actions, and what they cost is unknown"
    return None


def source_of(row: Mapping[str, Any]) -> PlanPlace:
    """Which block of the configuration a resource of the plan or the state is of."""
    return source_at(row.get("address")) or PlanPlace((), str(row.get("address")))


def _prior(content: Mapping[str, Any]) -> Rows:
    found: dict[PlanPlace, list[Mapping[str, Any]]] = {}
    values = mapping(mapping(content.get("prior_state")).get("values"))
    for row in _rows_of(mapping(values.get("root_module"))):
        if isinstance(row.get("values"), Mapping):
            found.setdefault(source_of(row), []).append(row["values"])
    return found


def _rows_of(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The resources of a module and of those in it."""
    left: list[Mapping[str, Any]] = [root]
    while left:
        one = left.pop()
        rows, children = (
            of if isinstance(of, list) else [] for of in (one.get("resources"), one.get("child_modules"))
        )
        yield from (row for row in rows if isinstance(row, Mapping))
        left += [child for child in children if isinstance(child, Mapping)]


def _relevant(content: Mapping[str, Any]) -> frozenset[PlanPlace] | None:
    rows = content.get("relevant_attributes")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return None
    found = set()
    for row in rows:
        attribute = row.get("attribute")
        first = attribute[0] if isinstance(attribute, list) and attribute else ""
        source = source_at(row.get("resource"), first)
        if source is None:
            return None
        found.add(source)
    return frozenset(found)
