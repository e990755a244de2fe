# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders a cost report on the controller (design/reports.md#rendering); its documentation is the
module's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils._core.errors import FinopsError, InvalidOption
from ..module_utils._core.periods import now_utc, zone_named
from ..module_utils._export.render import FORMATS, render
from ..module_utils._export.report import Results, report

OURS = str(Path(__file__).resolve().parents[2] / "roles" / "cost_report" / "templates")
_RESULTS = {name: {"type": "dict", "required": name == "summary"} for name in Results.__dataclass_fields__}


class ActionModule(ActionBase):  # type: ignore[misc]
    """finops.cloud.cost_report."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the report's files, and tell which."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _valid, given = self.validate_argument_spec(
            argument_spec={
                "dest": {"type": "path", "required": True},
                "results": {"type": "dict", "required": True, "options": _RESULTS},
                "title": {"type": "str", "default": "Cost report"},
                "timezone": {"type": "str", "default": "UTC"},
                "formats": {
                    "type": "list",
                    "elements": "str",
                    "default": list(FORMATS),
                    "choices": list(FORMATS),
                },
                "templates": {"type": "list", "elements": "path", "default": []},
            }
        )
        try:
            told = self._written(given, bool(self._task.check_mode))
        except FinopsError as error:
            raise AnsibleActionFail(str(error)) from error
        return {**result, **told}

    def _written(self, given: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
        zone = zone_named(given["timezone"], "timezone")
        folder = Path(given["dest"])
        if not folder.is_dir():
            raise InvalidOption("dest", f"'{folder}' is no folder that is there.")
        told = report(Results(**given["results"]), given["title"], zone, now_utc())
        files = {
            folder / f"report.{file_format}": render(file_format, told, OURS, given["templates"])
            for file_format in given["formats"]
        }
        changed = [_put(path, content.encode(), check_mode) for path, content in files.items()]
        return {
            "changed": any(changed),
            "dest": str(folder),
            "files": [str(path) for path in files],
            "incomplete": told["incomplete"],
            "total": told["total"],
            "currency": told["currency"],
        }


def _put(path: Path, content: bytes, check_mode: bool) -> bool:
    """Put a file in place as a whole, readable by its owner only; whether it differed."""
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        if not check_mode:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                os.replace(name, path)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(name)
    except OSError as error:
        raise InvalidOption("dest", f"'{path}' cannot be written: {error.strerror}.") from error
    return True
