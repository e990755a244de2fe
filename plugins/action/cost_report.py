# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders a cost report on the controller (design/reports.md#rendering). The module of
this name documents it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils._core.errors import FinopsError, InvalidOption
from ..module_utils._core.files import parse_attributes
from ..module_utils._core.periods import now_utc, zone_named
from ..module_utils._core.report_locales import LOCALES
from ..module_utils._export.digest import format_digest
from ..module_utils._export.notation import written_in
from ..module_utils._export.render import FORMATS, render
from ..module_utils._export.report import Results, report
from ..module_utils._export.report_files import FILE_OPTIONS, write_report_file

#: What is read of each cloud and project.
_OF_CLOUDS = {"usage", "quota", "savings"}
_RESULTS = {
    name: {"type": "list", "elements": "dict"}
    if name in _OF_CLOUDS
    else {"type": "dict", "required": name == "summary"}
    for name in Results.__dataclass_fields__
}

#: A format beside those of the report.
DIGEST = "digest"
#: Sentences of what is not complete that a result has.
_MOST_TOLD = 10


class ActionModule(ActionBase):  # type: ignore[misc]
    """finops.cloud.cost_report."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the report's files, and return their paths."""
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
                    "choices": [*FORMATS, DIGEST],
                },
                "templates": {"type": "list", "elements": "path", "default": []},
                "locale": {"type": "str", "choices": list(LOCALES)},
                **FILE_OPTIONS,
            }
        )
        try:
            written = self._write(given, bool(self._task.check_mode))
        except FinopsError as error:
            raise AnsibleActionFail(str(error), result={"error": error.to_result()}) from error
        return {**result, **written}

    def _write(self, given: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
        zone = zone_named(given["timezone"], "timezone")
        folder = Path(given["dest"])
        if not folder.is_dir():
            raise InvalidOption("dest", f"'{folder}' is not an existing folder.")
        content = report(Results(**given["results"]), given["title"], zone, now_utc())
        with written_in(given["locale"]):
            files = {
                folder / _file_name(file_format): _rendered(file_format, content, given["templates"])
                for file_format in given["formats"]
            }
        attributes = parse_attributes(given)
        changed = [
            write_report_file(path, text, attributes, "dest", check_mode) for path, text in files.items()
        ]
        return {
            "changed": any(changed),
            "dest": str(folder),
            "files": [str(path) for path in files],
            "incomplete": _short(content["incomplete"]),
            "total": content["total"],
            "currency": content["currency"],
        }


def _file_name(file_format: str) -> str:
    return "digest.md" if file_format == DIGEST else f"report.{file_format}"


def _rendered(file_format: str, content: Mapping[str, Any], templates: Sequence[str]) -> str:
    return format_digest(content) if file_format == DIGEST else render(file_format, content, templates)


def _short(sentences: Sequence[str]) -> list[str]:
    """The first of them, and how many more there are: the report has all."""
    more = len(sentences) - _MOST_TOLD
    return [*sentences[:_MOST_TOLD], *([f"There are {more} more; the report has all."] if more > 0 else [])]
