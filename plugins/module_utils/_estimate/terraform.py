# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a plan of Terraform or OpenTofu changes (design/estimates.md#what-a-change-costs)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._infomaniak import terraform_types as infomaniak
from .._openstack.connection import Reader
from .changes import ADDED, CHANGED, REMOVED, Change, Flavors, Gap, is_assumed
from .line_tags import UNTAGGED
from .plan_before import claimed_twice, disbelief, is_listed, readers
from .plan_configuration import mapping
from .plan_file import Plan, UnreadResource, source_of
from .plan_flavors import flavor_of, starts
from .plan_networks import ON_NETWORKS, SERVER, PlanNetworks
from .plan_tags import PlanTags
from .planned_parts import (
    PRICED,
    Context,
    Piece,
    State,
    UnknownPrice,
    contains_true,
    takes_default_type,
)
from .shapes import Part
from .terraform_types import FREE, UNKNOWN, is_free_provider

#: What does nothing to what costs: a forgotten resource stays, and costs on.
_NOTHING = (["no-op"], ["read"], ["forget"])
_ACTIONS = {
    ("create",): ADDED,
    ("update",): CHANGED,
    ("delete",): REMOVED,
    ("delete", "create"): CHANGED,
    ("create", "delete"): CHANGED,
    # The old one is forgotten and stays, so that all of the new one comes on top.
    ("create", "forget"): ADDED,
}
_NO_TABLE = "{kind} is in no table of what costs and what is free"
_VOLUMES = tuple(kind for kind in PRICED if kind.startswith("openstack_blockstorage_volume_"))


@dataclass(frozen=True)
class PlanOptions:
    """What the user says of a plan. assume_free: types, addresses, or how either begins with a * behind that.
    providers: addresses of those that are OpenStack's.
    """

    assume_free: Collection[str]
    providers: Collection[str]


def plan_changes(
    plan: Plan, contexts: Mapping[str | None, Context], home: str | None, options: PlanOptions
) -> list[Change]:
    """The changes of a plan that cost, are free, or are unknown; what is removed and assumed to be free is
    left out.

    contexts: what is known of each region that the login has. home: the region of the login.
    """
    twice = claimed_twice(plan)
    contexts = {
        region: replace(context, there=replace(context.there, twice=twice))
        for region, context in contexts.items()
    }
    tags = PlanTags(plan)
    found = (
        [] if plan.unfinished is None else [Change("the plan", CHANGED, unknown=plan.unfinished, fits=False)]
    )
    found += [_unread(one, options.assume_free) for one in plan.unread]
    for row in plan.changes:
        actions = row["change"]["actions"]
        if actions in _NOTHING:
            continue
        if row.get("mode") == "data":
            reason = "it is a data source, which a plan only reads"
            found.append(Change(row["address"], CHANGED, unknown=reason))
            continue
        if _is_assumed(row, options.assume_free):
            action = _ACTIONS.get(tuple(actions), CHANGED)
            found += (
                [] if action == REMOVED else [Change(row["address"], action, assumed=True, tags=tags.of(row))]
            )
            continue
        change = _change(row, tuple(actions), plan, contexts, home, options)
        tagged = tags.of(row)
        found.append(change if tagged is UNTAGGED else replace(change, tags=tagged))
    return [_worded(one, plan) for one in found] if plan.words else found


def _worded(change: Change, plan: Plan) -> Change:
    """The change with reasons in the words of what carries its plan out."""
    unknown = None if change.unknown is None else plan.worded(change.unknown)
    gaps = tuple(replace(gap, reason=plan.worded(gap.reason)) for gap in change.gaps)
    return replace(change, unknown=unknown, gaps=gaps)


def plan_unchanged(
    plan: Plan, contexts: Mapping[str | None, Context], home: str | None, options: PlanOptions
) -> list[Change]:
    """What the plan leaves as it is: as much before as after, where that is known."""
    return [
        _change(row, ("update",), plan, contexts, home, options)
        for row in plan.changes
        if row["change"]["actions"] == ["no-op"]
        and row.get("mode") != "data"
        and not _is_assumed(row, options.assume_free)
    ]


def plan_regions(plan: Plan, home: str | None, options: PlanOptions) -> set[str | None]:
    """The regions in which the plan changes something that costs; the login's where it names none."""
    found = set()
    for row in _changing(plan, options):
        try:
            found |= set(_regions(row, plan, home))
        except UnknownPrice:
            continue
    return found


def lists_to_read(plan: Plan, options: PlanOptions) -> dict[str, tuple[str, Reader]]:
    """The readers of the project's lists that confirm what the plan has before, by the names of readings."""
    return readers(_changing(plan, options))


def tells_networks_by_id(plan: Plan, options: PlanOptions) -> bool:
    """Whether an address that changes is on a network or a subnet of which only the ID is known."""
    networks = PlanNetworks(plan, ())
    context = Context(Flavors(()), networks)
    for row in _changing(plan, options):
        if row["type"] in ON_NETWORKS:
            for state in _sides_of(row):
                PRICED[row["type"]](state, context)
        if networks.needs_ids:
            return True
    return False


def has_addresses(plan: Plan, options: PlanOptions) -> bool:
    """Whether the plan changes anything that may have an address on a public network."""
    return any(row["type"] in ON_NETWORKS for row in _changing(plan, options))


def takes_default_volume_type(plan: Plan, options: PlanOptions) -> bool:
    """Whether the plan makes a volume of the cloud's default type."""
    for row in _changing(plan, options):
        for state in _sides_of(row):
            if row["type"] in _VOLUMES and takes_default_type(state, plan):
                return True
            if row["type"] == SERVER and any(takes_default_type(one, plan) for one in _made_volumes(state)):
                return True
    return False


def _made_volumes(server: State) -> list[State]:
    try:
        return [one for one in server.blocks("block_device") if one.values.get("source_type") != "volume"]
    except UnknownPrice:
        return []


def unmatched_assumptions(plan: Plan, assume_free: Collection[str]) -> list[str]:
    """The entries of assume_free that match nothing of the plan."""
    rows = [row for row in plan.changes if row.get("mode") != "data"]
    return [
        one
        for one in assume_free
        if not any(_is_assumed(row, (one,)) for row in rows)
        and not any(is_assumed((row.name, row.kind), (one,)) for row in plan.unread)
    ]


def _unread(row: UnreadResource, assume_free: Collection[str]) -> Change:
    if is_assumed((row.name, row.kind), assume_free):
        return Change(row.name, ADDED, assumed=True)
    return Change(row.name, ADDED, unknown=row.reason, fits=False)


def _changing(plan: Plan, options: PlanOptions) -> Iterator[Mapping[str, Any]]:
    """The rows of priced resources that change."""
    for row in plan.changes:
        if (
            row["type"] in PRICED
            and row.get("mode") != "data"
            and row["change"]["actions"] not in _NOTHING
            and row["provider_name"] in options.providers
            and not _is_assumed(row, options.assume_free)
        ):
            yield row


def _is_assumed(row: Mapping[str, Any], assume_free: Collection[str]) -> bool:
    return bool(assume_free) and is_assumed((row["type"], row["address"]), assume_free)


def _change(
    row: Mapping[str, Any],
    actions: tuple[str, ...],
    plan: Plan,
    contexts: Mapping[str | None, Context],
    home: str | None,
    options: PlanOptions,
) -> Change:
    name, provider, kind = row["address"], row["provider_name"], row["type"]
    if row.get("deposed"):
        name += f" (deposed {row['deposed']})"
    action = _ACTIONS.get(actions)
    if action is None:
        return Change(
            name,
            CHANGED,
            unknown=f"its actions {', '.join(map(str, actions))[:60]} are not understood",
            fits=False,
        )
    if provider not in options.providers or is_free_provider(provider, kind):
        return _of_another_provider(name, action, provider, kind)
    overlaps = actions == ("create", "delete")
    if kind in FREE:
        quota = FREE[kind]
        taken = {quota: 1} if quota is not None and (action == ADDED or overlaps) else {}
        return Change(name, action, needs=taken)
    if kind not in PRICED:
        why = UNKNOWN.get(kind, _NO_TABLE.format(kind=kind))
        return Change(name, action, unknown=why, fits=action == REMOVED)
    try:
        region = _region(row, plan, home, contexts)
    except UnknownPrice as unknown:
        return Change(name, action, unknown=str(unknown), fits=action == REMOVED)
    before, after = _pieces(row, actions, contexts[region])
    # What stays as it is takes nothing off.
    stays = row["change"]["actions"] == ["no-op"]
    doubt = None if stays else disbelief(row, [piece.parts for piece in before], contexts[region].there)
    if doubt is not None:
        return Change(name, action, unknown=doubt, fits=action == REMOVED, region=region)
    if not stays and not is_listed(kind):
        # Nobody tells whether it is there: all of it may be new, and nothing may go.
        before = []
    return _of_pieces(Change(name, action, overlaps=overlaps, region=region), before, after)


def _of_another_provider(name: str, action: str, provider: str, kind: str) -> Change:
    """A resource of a provider that is not OpenStack's. Servers of Infomaniak's own one may be in the
    project's quotas.
    """
    if is_free_provider(provider, kind) or (provider in infomaniak.PROVIDERS and kind in infomaniak.FREE):
        return Change(name, action)
    if provider not in infomaniak.PROVIDERS:
        return Change(name, action, unknown=f"it is of the provider {provider}")
    why = infomaniak.UNKNOWN.get(kind, _NO_TABLE.format(kind=kind))
    return Change(name, action, unknown=why, fits=action == REMOVED)


def _region(
    row: Mapping[str, Any], plan: Plan, home: str | None, contexts: Collection[str | None]
) -> str | None:
    """The region in which a resource is priced. Raises UnknownPrice where there is not one that is known."""
    region, *others = sorted(_regions(row, plan, home), key=str)
    hidden = contains_true(mapping(row["change"].get("after_sensitive")).get("region"))
    if others:
        raise UnknownPrice("it moves to another region")
    if region not in contexts:
        named = "another region" if hidden else f"region {region}"
        raise UnknownPrice(f"it is in {named}, which the login does not have")
    return region


def _regions(row: Mapping[str, Any], plan: Plan, home: str | None) -> set[str | None]:
    """The regions that a resource is in before and after. Raises UnknownPrice where one is unknown."""
    change, configuration = row["change"], plan.configuration
    unknown = change.get("after_unknown")
    sides = [side for side in (change.get("before"), change.get("after")) if side is not None]
    given = [side["region"] for side in sides if side.get("region")]
    if not all(isinstance(one, str) for one in given):
        raise UnknownPrice("region is no text")
    own = set(given)
    if home is None:
        return {None}
    after = mapping(change.get("after"))
    if own and (change.get("after") is None or after.get("region")):
        return own
    if configuration.root is None and not configuration.providers:
        # Without a configuration nothing names another one.
        return {*own, home}
    source = source_of(row)
    expression = configuration.expression(source.module, source.name, "region")
    named = mapping(unknown).get("region") is True and expression is not None
    if named and configuration.sources(expression, source.module, source.name):
        raise UnknownPrice("region is known after apply")
    key = mapping(configuration.resource(source.module, source.name)).get("provider_config_key")
    provider = mapping(configuration.providers.get(key)) if isinstance(key, str) else {}
    expression = mapping(provider.get("expressions")).get("region")
    if expression is None:
        return {*own, home}
    region = configuration.constant(expression, source.module if ":" in str(key) else ())
    if not isinstance(region, str) or not region:
        raise UnknownPrice("the region of its provider is not known before apply")
    return {*own, region}


def _sides_of(row: Mapping[str, Any]) -> list[State]:
    """What the plan says of a resource before and after."""
    change, source = row["change"], source_of(row)
    unknown = change.get("after_unknown") or {}
    sides = [
        (change.get("before"), {}, "before_sensitive"),
        (change.get("after"), unknown, "after_sensitive"),
    ]
    return [
        State(source, values, _marks(unknown_of, values), _marks(change.get(sensitive), values))
        for values, unknown_of, sensitive in sides
        if values is not None
    ]


def _marks(marks: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict.fromkeys(values, True) if marks is True else mapping(marks)


def _pieces(
    row: Mapping[str, Any], actions: tuple[str, ...], context: Context
) -> tuple[list[Piece], list[Piece]]:
    """What it consists of before and after."""
    change, pieces_of = row["change"], PRICED[row["type"]]
    source = source_of(row)
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown")
    if unknown is True:
        return [], [Piece("", "", unknown="all of it is known after apply", fits=False)]
    unknown = mapping(unknown)
    found: list[list[Piece]] = []
    for values, side, unknown_of, there in (
        (before, "before", {}, actions[0] != "create" or "delete" in actions),
        (after, "after", unknown, actions != ("delete",)),
    ):
        if not there:
            found.append([])
            continue
        flavor, why = None, ""
        if row["type"] == SERVER:
            flavor, why = flavor_of(change, side, context.flavors, actions == ("update",))
        state = State(
            source,
            values,
            unknown_of,
            _marks(change.get(f"{side}_sensitive"), values),
            flavor=flavor,
            why=why,
            ends=side == "before" and "delete" in actions,
            starts=side == "before" and starts(before, after, unknown),
        )
        found.append(pieces_of(state, context))
    return found[0], found[1]


def _of_pieces(change: Change, before: Sequence[Piece], after: Sequence[Piece]) -> Change:
    """The change with what is known of it. A piece that is unknown before or after counts on neither side:
    its old price would hide a part of the new one's.
    """
    unknown = {piece.what: piece for piece in (*before, *after) if piece.unknown is not None}

    def known(pieces: Sequence[Piece]) -> tuple[Part, ...]:
        return tuple(
            part
            for piece in pieces
            if not any(piece.what == what or piece.what.startswith(f"{what}[") for what in unknown)
            for part in piece.parts
        )

    had = 0 if change.overlaps else sum(piece.ports for piece in before)
    ports = sum(piece.ports for piece in after) - had
    needs = {"ports": ports} if ports > 0 else {}
    # A server of an unknown flavor is one more all the same.
    if any(piece.what == "flavor" and piece.unknown is not None for piece in after) and (
        change.overlaps or not before
    ):
        needs["instances"] = 1
    return replace(
        change,
        before=known(before),
        after=known(after),
        needs=needs,
        gaps=tuple(Gap(piece.kind, str(piece.unknown)) for piece in unknown.values()),
        fits=all(piece.fits for piece in after),
    )
