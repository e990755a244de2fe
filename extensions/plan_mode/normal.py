# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan mode (design/playbooks.md#plan-mode): stands in for ansible-core's action plugin `normal`, which runs
every module that has no action plugin of its own.

In check mode it adds to results of openstack.cloud what the module would have returned. Outside of check mode
it does what the one of ansible-core does. Only the playbook finops.cloud.price sets it up, by the variable
ANSIBLE_ACTION_PLUGINS of that one run.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_placeholders import (
    with_placeholder,
)


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs a module, and in check mode says what it would have made."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the module returns, and in check mode what it would have made."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if result.get("skipped"):
            return result
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        result = merge_hash(result, self._execute_module(task_vars=task_vars, wrap_async=wrap_async))
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        if not self._task.check_mode:
            return result
        return with_placeholder(self._task.resolved_action or self._task.action, self._task.args, result)
