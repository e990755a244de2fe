# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The AnsibleModule of every module: whatever fails, a playbook can tell why (design/ansible.md#failures)."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from .._core.errors import INVALID_OPTION, failure


class FinopsModule(AnsibleModule):  # type: ignore[misc]
    """AnsibleModule with `error` in each failed result.

    Ansible itself fails for options only: those that the argument spec refuses, and a mode, owner or group
    that a file cannot get.
    """

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End the program with a failed result."""
        result.setdefault("error", failure(INVALID_OPTION))
        super().fail_json(msg, **result)
        raise AssertionError("AnsibleModule.fail_json ends the program")
