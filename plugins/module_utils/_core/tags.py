# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the metadata and the tags of a resource are worth as tags of its cost (design/imports.md#tags)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

#: Names and values, sorted by name.
Tags: TypeAlias = "tuple[tuple[str, str], ...]"

#: The tag of what no list of a service has, and none had while it was imported, and of what is planned with
#: tags that are not known: which tags it has is not known.
UNKNOWN_TAGS = {"tag_status": "unknown"}
#: What a word that stands alone, as Neutron and Octavia take them, is worth. Source: FOCUS 1.2, column Tags.
_WORD = "true"
#: What begins the keys that this collection reads and writes at resources (design/office-hours.md#markers).
#: They are no tags: they would give a cost another set of them twice a day.
_OWN = "finops_"
STATE, BUDGET_STATE = "finops_state", "finops_budget"
#: Its owner writes it: whether a server may be stopped for a budget.
STOPPABLE = "finops_stoppable"
#: What begins the state of a server that a schedule or a budget has stopped or shelved.
_KEPT_OFF = ("stopped@", "shelved@")
#: What begins the state of one that a budget wants off, and that was off by its schedule.
_KEPT_FOR_BUDGET = "kept@"
#: What begins the state of one that a run could not stop: it says nothing of what another run did.
_NOT_STOPPED = "refused@"


def metadata_tags(metadata: Mapping[str, str]) -> Tags:
    """Those of a resource with names and values, such as a server, without this collection's own keys."""
    named = ((str(name), str(value)) for name, value in metadata.items())
    return tuple(sorted(pair for pair in named if not pair[0].startswith(_OWN)))


def is_kept_off(metadata: Mapping[str, str]) -> bool:
    """Whether a schedule or a budget has stopped or shelved the server that has this metadata."""
    return is_off_by_schedule(metadata) or str(metadata.get(BUDGET_STATE, "")).startswith(_KEPT_OFF)


def is_off_by_schedule(metadata: Mapping[str, str]) -> bool:
    """Whether a schedule has stopped or shelved the server that has this metadata, and would start it."""
    return str(metadata.get(STATE, "")).startswith(_KEPT_OFF)


def is_wanted_off(metadata: Mapping[str, str]) -> bool | None:
    """Whether a budget keeps the server off that has this metadata; None where it does not say."""
    state = str(metadata.get(BUDGET_STATE, _NOT_STOPPED))
    return None if state.startswith(_NOT_STOPPED) else state.startswith((*_KEPT_OFF, _KEPT_FOR_BUDGET))


def word_tags(words: Iterable[str]) -> Tags:
    """Those of a resource with words: `team=shop` is a name and a value, any other word a name. Of two values
    of one name the last one in the order of the alphabet counts, as services keep no order.
    """
    parts = (word.partition("=") for word in sorted(words))
    return metadata_tags({name: value if equals else _WORD for name, equals, value in parts if name})
