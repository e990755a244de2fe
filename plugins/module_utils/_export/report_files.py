# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Files of reports and verdicts that an action plugin writes on the controller (design/reports.md#files)."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from .._core.files import FileAttributes, refusing, replace_file
from .._core.trusted_paths import resolve

#: The options of such a file, for files.parse_attributes().
FILE_OPTIONS: dict[str, dict[str, Any]] = {
    "mode": {"type": "raw"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
}
#: A report tells costs: unless its user says otherwise, only they may read it.
_NEW_FILE_MODE = 0o600


def write_report_file(
    path: Path, content: str, attributes: FileAttributes, option: str, check_mode: bool
) -> bool:
    """Write the file, whole, unless it has this content and these attributes. Returns whether it had not.

    A file that exists keeps its mode unless attributes has one. option: names the path in an error. Raises
    InvalidOption if the file cannot be written.
    """
    with refusing(option, path):
        place = resolve(path)
        mode = stat.S_IMODE(place.stat().st_mode) if place.is_file() else _NEW_FILE_MODE
        return replace_file(place, content.encode(), mode, attributes, check_mode)
