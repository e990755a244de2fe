# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The AnsibleModule of every module: whatever fails, a playbook can tell why (design/ansible.md#failures)."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.errors import UnsupportedError

from .._core.errors import INVALID_OPTION, InvalidOption, failure


class FinopsModule(AnsibleModule):  # type: ignore[misc]
    """AnsibleModule with `error` in each failed result.

    Ansible itself fails for options only: those that the argument spec refuses, and a mode, owner or group
    that a file cannot get.
    """

    def _load_params(self) -> None:
        """Read the task's options, and remember the nulls, which Ansible takes for omitted options."""
        super()._load_params()
        self._nulls = frozenset(name for name, value in self.params.items() if value is None)

    def refuse_null(self, *options: str) -> None:
        """Fail if the task gives one of these options as null, as a template without a value does.

        For options that ask for something: the task would pass without having asked.
        """
        for option in options:
            if option in self._nulls:
                error = InvalidOption(option, "is null, which asks for nothing; give a value or omit it.")
                self.fail_json(str(error), error=error.to_result())

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End the program with a failed result."""
        if "error" not in result:
            msg = self._unknown_option() or msg
            result["error"] = failure(INVALID_OPTION)
        super().fail_json(msg, **result)
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
