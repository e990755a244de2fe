# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What results and ledgers call the types of a project's resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._core.tags import Tags, metadata_tags, word_tags

INSTANCE = "compute.instance"
VOLUME, SNAPSHOT, BACKUP = "storage.volume", "storage.snapshot", "storage.backup"
SHARE = "storage.share"
FLOATING_IP, LOAD_BALANCER = "network.floating_ip", "network.load_balancer"
CONTAINER, IMAGE = "object_storage.container", "image.image"

#: The types whose tags an import reads -> what their metadata or tags are worth. The cost of any other type
#: has no tags that are known.
TAGS_OF: Mapping[str, Callable[[Any], Tags]] = {
    INSTANCE: metadata_tags,
    VOLUME: metadata_tags,
    SHARE: metadata_tags,
    FLOATING_IP: word_tags,
    LOAD_BALANCER: word_tags,
}
