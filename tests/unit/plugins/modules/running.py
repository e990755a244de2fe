# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as Ansible starts it, in this process: a Python of its own for each would take most of the tests'
time.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

PACKAGE = "ansible_collections.finops.cloud.plugins.modules"


def run_module(module: str, options: dict[str, Any]) -> dict[str, Any]:
    """Run a module with its options, _ansible_check_mode among them, and return the result that it prints.

    Its `warnings` are texts, and its own: Ansible keeps those of a process.
    """
    warnings._global_warnings.clear()
    printed = io.StringIO()
    with _given(options), redirect_stdout(printed), pytest.raises(SystemExit):
        importlib.import_module(f"{PACKAGE}.{module}").main()
    result: dict[str, Any] = json.loads(printed.getvalue())
    warned = result.get("warnings", [])
    return {**result, "warnings": [one if isinstance(one, str) else one["event"]["msg"] for one in warned]}


@contextmanager
def _given(options: dict[str, Any]) -> Iterator[None]:
    """The options as Ansible gives them. A module's process is no controller, whatever other tests have made
    of this one.
    """
    try:
        from ansible.module_utils import _internal
        from ansible.module_utils._internal._json import _profiles
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.19
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", arguments):
            yield
        return
    with (
        mock.patch.object(_internal, "is_controller", False),
        mock.patch.object(_profiles, "_string_encoding_check_enabled", return_value=False),
        patch_module_args(options),
    ):
        yield
