# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the controller, where templates and reports are (design/reports.md#rendering).

Documented as the module of its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from ..module_utils._budgets.deployment_verdict import Policy, deployment_verdict
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.files import FileAttributes, parse_attributes, replace_file
from ..module_utils._export.verdict_xml import junit

SHIPPED = Path(__file__).parents[2] / "roles" / "budget_gate" / "templates"
TEMPLATE = "verdict.md.j2"
#: CI publishes these files, by another user.
_MODE = 0o644
_WARN = {"type": "str", "choices": ["fail", "warn"], "default": "fail"}
#: Letters, digits and what means nothing in Markdown, in tables neither.
_PLAIN = re.compile(r"[A-Za-z0-9 .,;/=%+-]")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Puts the results of a gate together and writes them into files."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The verdict as a result.

        Fails only where a file cannot be written: whoever asked looks at gate_passed.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validated, given = self.validate_argument_spec(
            argument_spec={
                "name": {"type": "str", "required": True},
                **{name: {"type": "dict", "required": True} for name in ("estimate", "quota", "gate")},
                "sync_failure": {"type": "str"},
                "on_exceeded": _WARN,
                "on_unknown": _WARN,
                "template_path": {"type": "path"},
                **{name: {"type": "path"} for name in ("json", "markdown", "junit")},
            }
        )
        args = {name: _builtin(value) for name, value in given.items()}
        policy = Policy(args["on_exceeded"], args["on_unknown"])
        verdict = deployment_verdict(
            args["name"], args["estimate"], args["quota"], args["gate"], policy, args["sync_failure"] or None
        )
        try:
            attributes = parse_attributes(args)
        except InvalidOption as error:
            raise AnsibleActionFail(str(error)) from error
        written = []
        for name, path in (("json", args["json"]), ("markdown", args["markdown"]), ("junit", args["junit"])):
            if path is not None:
                content = _content(name, verdict, args["template_path"])
                differed = _write(Path(path), content, attributes, self._task.check_mode)
                result["changed"] = differed or result.get("changed", False)
                written.append(path)
        return {"changed": False, **result, **verdict, "files": written}


def _content(kind: str, verdict: Mapping[str, Any], template_path: str | None) -> str:
    if kind == "json":
        return json.dumps(verdict, indent=2, ensure_ascii=False) + "\n"
    return junit(verdict) if kind == "junit" else markdown(verdict, template_path)


def markdown(verdict: Mapping[str, Any], template_path: str | None = None) -> str:
    """The verdict as a comment on a merge request, by the user's verdict.md.j2 where there is one.

    Raises AnsibleActionFail.
    """
    folders = [str(SHIPPED)] if template_path is None else [template_path, str(SHIPPED)]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell
    try:
        return environment.get_template(TEMPLATE).render(verdict=verdict)
    except TemplateError as error:
        raise AnsibleActionFail(f"template_path: {TEMPLATE} cannot be rendered: {error}") from error


def cell(value: object) -> Markup:
    """Text that stands for itself in a table of Markdown and in HTML: all that could mean something there is
    written as a number.
    """
    text = " ".join(str(value).split())
    # Nothing is left of the text that could mean something.
    return Markup("".join(one if _PLAIN.match(one) else f"&#{ord(one)};" for one in text))  # noqa: S704


def _write(path: Path, content: str, attributes: FileAttributes, check_mode: bool) -> bool:
    """Write the file unless it is as wanted, and tell whether it was not. Raises AnsibleActionFail."""
    try:
        return replace_file(path, content.encode(), _MODE, attributes, check_mode)
    except OSError as error:
        raise AnsibleActionFail(f"{path} cannot be written: {error.strerror}.") from error


def _builtin(value: Any) -> Any:
    """The value in Python's own types: those of templates carry more than belongs into a file."""
    if isinstance(value, Mapping):
        return {str(key): _builtin(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_builtin(one) for one in value]
    return str(value) if isinstance(value, str) else value
