# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The option of whatever asks a cloud or a system: how long all of a task's requests may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core import deadline
from .._core.errors import InvalidOption
from .arguments import Spec

TASK_TIMEOUT: Spec = {"task_timeout": {"type": "int", "default": deadline.DEFAULT_TASK_TIMEOUT_SECONDS}}


def task_deadline(params: Mapping[str, Any]) -> deadline.Deadline:
    """When the task, which begins now, may ask no more. Raises InvalidOption for a negative time."""
    limit = params["task_timeout"] or 0
    if limit < 0:
        raise InvalidOption("task_timeout", "must be a number of seconds above zero, or 0 for no limit.")
    return deadline.begin(limit)
