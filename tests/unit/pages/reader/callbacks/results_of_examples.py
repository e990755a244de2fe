# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes how each task of each example ended, one JSON object a line, to the file EXAMPLE_RESULTS."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_of_examples
type: notification
short_description: How each task of each example ended
description: [Tests of the pages read it.]
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_of_examples"

    def _write(self, ended: str, outcome: Any) -> None:
        rows = [one for one in outcome.result.get("results") or () if isinstance(one, dict)]
        said = (outcome.result, *(one for one in rows if one.get("failed")))
        row = {
            "example": outcome.task.get_vars().get("example"),
            "task": outcome.task.get_name(),
            "ended": ended,
            "said": " ".join(str(one.get("msg", "")) for one in said),
        }
        with open(os.environ["EXAMPLE_RESULTS"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("failed", result)
