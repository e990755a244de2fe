# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a deployment's verdict on the controller (design/reports.md#rendering). The module of this name
documents it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils._budgets.deployment_verdict import Policy, deployment_verdict
from ..module_utils._budgets.sums import ALLOW
from ..module_utils._core.errors import FinopsError
from ..module_utils._core.files import parse_attributes
from ..module_utils._core.report_locales import LOCALES
from ..module_utils._export.notation import written_in
from ..module_utils._export.report_files import FILE_OPTIONS, write_report_file
from ..module_utils._export.verdict_markdown import format_markdown
from ..module_utils._export.verdict_xml import format_junit

_FAIL_OR_WARN = {"type": "str", "choices": ["fail", "warn"], "default": "fail"}
_FILES = ("json", "markdown", "junit")


class ActionModule(ActionBase):  # type: ignore[misc]
    """finops.cloud.budget_verdict."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the verdict, and write the files that the task names.

        Fails only if a file cannot be written. A verdict never fails the task: its user reads gate_passed.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validated, given = self.validate_argument_spec(
            argument_spec={
                "name": {"type": "str", "required": True},
                **{name: {"type": "dict", "required": True} for name in ("estimate", "quota")},
                "gate": {"type": "dict"},
                "policy": {"type": "dict", "default": {}},
                "sync_failure": {"type": "str"},
                "on_exceeded": _FAIL_OR_WARN,
                "on_unknown": _FAIL_OR_WARN,
                "template_path": {"type": "path"},
                "locale": {"type": "str", "choices": list(LOCALES)},
                **{name: {"type": "path"} for name in _FILES},
                **FILE_OPTIONS,
            }
        )
        args = {name: _builtin(value) for name, value in given.items()}
        verdict = deployment_verdict(
            name=args["name"],
            estimate=args["estimate"],
            quota=args["quota"],
            gate=args["gate"],
            policy=Policy(args["on_exceeded"], args["on_unknown"]),
            sync_failure=args["sync_failure"] or None,
            policy_info=args["policy"],
        )
        try:
            changed = self._write(args, verdict)
        except FinopsError as error:
            raise AnsibleActionFail(str(error), result={"error": error.to_result()}) from error
        for finding in verdict["findings"]:
            if verdict["gate_passed"] and finding["verdict"] != ALLOW:
                self._display.warning(f"{verdict['name']} passes despite this finding: {finding['reason']}")
        files = [args[name] for name in _FILES if args[name] is not None]
        return {**result, **verdict, "changed": changed, "files": files}

    def _write(self, args: Mapping[str, Any], verdict: Mapping[str, Any]) -> bool:
        """Write the files that the task names. Returns whether one of them differed."""
        attributes, check_mode = parse_attributes(args), bool(self._task.check_mode)
        changed = False
        locale = args["locale"] or (args["policy"].get("policy") or {}).get("locale")
        for name in _FILES:
            if args[name] is not None:
                with written_in(locale):
                    content = _content(name, verdict, args["template_path"])
                changed |= write_report_file(Path(args[name]), content, attributes, name, check_mode)
        return changed


def _content(kind: str, verdict: Mapping[str, Any], template_path: str | None) -> str:
    if kind == "json":
        return json.dumps(verdict, indent=2, ensure_ascii=False) + "\n"
    return format_junit(verdict) if kind == "junit" else format_markdown(verdict, template_path)


def _builtin(value: Any) -> Any:
    """The value in Python's own types: a template's types carry tags that do not belong into a file."""
    if isinstance(value, Mapping):
        return {str(key): _builtin(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_builtin(one) for one in value]
    return str(value) if isinstance(value, str) else value
