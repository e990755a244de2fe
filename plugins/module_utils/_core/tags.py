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


def metadata_tags(metadata: Mapping[str, str]) -> Tags:
    """Those of a resource with names and values, such as a server."""
    return tuple(sorted((str(name), str(value)) for name, value in metadata.items()))


def word_tags(words: Iterable[str]) -> Tags:
    """Those of a resource with words: `team=shop` is a name and a value, any other word a name. Of two values
    of one name the last one in the order of the alphabet counts, as services keep no order.
    """
    parts = (word.partition("=") for word in sorted(words))
    return metadata_tags({name: value if equals else _WORD for name, equals, value in parts if name})
