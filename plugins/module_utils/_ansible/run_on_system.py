# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a module that reads a VergeOS system is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._core.errors import CloudError
from .._core.usage_record import VERGEOS
from .module import FinopsModule
from .run import run


def run_on_system(module: FinopsModule, call: Callable[[], Mapping[str, Any]], *libraries: str) -> None:
    """run() for a module that reads a VergeOS system: the `error` of a failed read names that service."""

    def reading() -> Mapping[str, Any]:
        try:
            return call()
        except CloudError as error:
            error.service = VERGEOS
            raise

    run(module, reading, "pyvergeos", *libraries)
