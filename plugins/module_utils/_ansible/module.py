# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The AnsibleModule of every module: whatever fails, a playbook can tell why (design/ansible.md#failures)."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError

from .._core.errors import INVALID_OPTION, InvalidOption, failure
from .._core.storable import refuse_unstorable
from .._core.tracebacks import format_traceback
from .._core.visible_text import visible_line
from .._ledger import sql

#: ansible-core before 2.19 shows a traceback to everybody, so only -vvv, which asked for one, gets it there.
_SHOWN_TO_ALL, _VERBOSE = not hasattr(basic, "_traceback"), 3


class FinopsModule(AnsibleModule):  # type: ignore[misc]
    """AnsibleModule with `error` in each failed result.

    Ansible itself fails for options only: those that the argument spec refuses, and a mode, owner or group
    that a file cannot get.
    """

    def __init__(self, argument_spec: dict[str, Any], **named: Any) -> None:
        """Read the task's options, and refuse text in them that no ledger can hold."""
        try:
            super().__init__(argument_spec, **named)
        except UnicodeEncodeError:
            # Ansible logs the options first of all, and cannot encode such a text.
            self._refuse_unstorable()
            raise
        self._refuse_unstorable()

    def _refuse_unstorable(self) -> None:
        for option, spec in self.argument_spec.items():
            # The name of a file may have bytes that are no text.
            is_path = "path" in (spec.get("type"), spec.get("elements"))
            refuse = _refuse_nul if is_path else refuse_unstorable
            try:
                refuse(self.params.get(option), option)
            except InvalidOption as error:
                self.fail_json(str(error), error=error.to_result())

    def _load_params(self) -> None:
        """Read the task's options, and remember the nulls, which Ansible takes for omitted options."""
        super()._load_params()
        self._nulls = frozenset(name for name, value in self.params.items() if value is None)

    def _log_invocation(self) -> None:
        """Write the options to the log of the system, without passwords in the ledger's URL and in a host."""
        if "ledger" in self.params:
            ledger = sql.LedgerOptions(self.params["ledger"], password=self.params.get("ledger_password"))
            self.no_log_values.update(sql.secrets(ledger))
        if "@" in (self.params.get("host") or ""):
            self.no_log_values.add(self.params["host"])
        super()._log_invocation()

    def refuse_null(self, *options: str) -> None:
        """Fail if the task gives one of these options as null, as a template without a value does.

        For options that ask for something: the task would pass without having asked.
        """
        for option in options:
            if option in self._nulls:
                problem = "is null, so nothing would be checked; give a value or omit it."
                error = InvalidOption(option, problem)
                self.fail_json(str(error), error=error.to_result())

    def warn(self, warning: str, **more: Any) -> None:
        """Warn on one line, without secrets and control characters: a name from outside may be in it."""
        super().warn(self._shown(warning), **more)

    def _shown(self, text: str) -> str:
        return visible_line(str(remove_values(text, self.no_log_values)))

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End the program with a failed result. msg is shown as a warning is."""
        if "error" not in result:
            # A log of the system takes no NUL, and Ansible fails for that first.
            self._refuse_unstorable()
            msg = self._unknown_option() or msg
            result["error"] = failure(INVALID_OPTION)
        error = sys.exc_info()[1]
        if error is not None and (self._verbosity >= _VERBOSE or not _SHOWN_TO_ALL):
            # Ansible shows it where the user asks for tracebacks.
            result["exception"] = format_traceback(error)
        super().fail_json(self._shown(msg), **result)
        raise AssertionError("AnsibleModule.fail_json ends the program")

    def _unknown_option(self) -> str | None:
        """What Ansible says of an option that the module does not have; None where it has all.

        Ansible itself names the first problem, such as an option that is missing because its name is
        misspelled.
        """
        validated = getattr(self, "validation_result", None)
        for problem in validated.errors if validated is not None else ():
            if isinstance(problem, UnsupportedError):
                return f"Unsupported parameters for ({self._name}) module: {problem}"
        return None


def _refuse_nul(paths: object, option: str) -> None:
    """Raise InvalidOption for the name of a file with a character that ends it for the system."""
    if any("\0" in str(one) for one in (paths if isinstance(paths, list) else [paths])):
        raise InvalidOption(option, "its name has a character that no name of a file can have.")
