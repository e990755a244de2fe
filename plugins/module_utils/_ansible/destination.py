# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Rows into a file instead of into facts: a large project's list does not have to travel through Ansible."""

from __future__ import annotations

import filecmp
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption


def write_json_lines(module: AnsibleModule, option: str, path: str, rows: Iterable[Mapping[str, Any]]) -> bool:
    """Make the file at path hold the rows, one JSON document a line, and tell whether it was different; check mode writes nothing.

    The file is there whole or as it was before. Raises InvalidOption naming the option where it can't be written.
    """
    target = os.path.expanduser(path)
    if os.path.isdir(target) or not os.path.isdir(os.path.dirname(target) or "."):
        raise InvalidOption(option, f"{path!r} is a folder, or lies in one that is not there; name a file.")
    new = _written(module.tmpdir, rows)
    try:
        same = os.path.isfile(target) and filecmp.cmp(new, target, shallow=False)
        if not same and not module.check_mode:
            if not os.access(target if os.path.exists(target) else os.path.dirname(target) or ".", os.W_OK):
                raise InvalidOption(option, f"{path!r} can't be written.")
            module.atomic_move(new, target)
        return not same
    finally:
        if os.path.exists(new):
            os.unlink(new)


def _written(folder: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """A file of its own in the folder, readable by its owner only."""
    handle, path = tempfile.mkstemp(dir=folder, suffix=".jsonl")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path
