# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One way to run every module: call the service, then exit or fail with one sentence."""

from __future__ import annotations

import gc
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import missing_required_lib

from .._core.errors import DENIED, LIBRARY, UNKNOWN, FinopsError, Refused, failure
from .._core.visible_text import visible_line
from .._ledger import sql
from .module import FinopsModule

_REQUIREMENTS = {
    "openstack": "openstacksdk>=4.0",
    "psycopg": "psycopg>=3.1",
    "pyvergeos": "pyvergeos>=1.7",
    "pyarrow": "pyarrow>=17",
    "cloudkittyclient": "python-cloudkittyclient>=5.0",
}
#: Stands among libraries for those that the task's ledger needs.
LEDGER = "ledger"
#: Python's own is 700.
_OBJECTS_PER_COLLECTION = 50_000
_KIND_OF_VERDICT = {"deny": DENIED, "unknown": UNKNOWN}


def run(module: FinopsModule, call: Callable[[], Mapping[str, Any]], *libraries: str) -> None:
    """Exit with what the call returns, or fail with the sentence of what it raises, of Refused with its whole
    result.

    libraries: import names that the call needs, and LEDGER where it opens the ledger; a missing one fails the
    task and names the Python that misses it. What the result lists as warnings is warned about.
    """
    collect_less()
    require(module, *libraries)
    try:
        result = dict(call())
    except Refused as error:
        module.fail_json(msg=str(error), error=error.to_result(), **error.result)
    except FinopsError as error:
        module.fail_json(msg=str(error), error=error.to_result())
    for sentence in result.pop("warnings", ()):
        module.warn(sentence)
    module.exit_json(**{"changed": False, **result})


def run_gate(
    module: FinopsModule, call: Callable[[], Mapping[str, Any]], asks: bool, *libraries: str
) -> None:
    """run() for a module that may say no: fails with the worst reason and the very result that it would have
    exited with.

    asks: whether something was asked for, so that the result has to have a verdict.
    """
    collect_less()
    require(module, *libraries)
    try:
        result = {"changed": False, **call()}
    except FinopsError as error:
        module.fail_json(msg=str(error), error=error.to_result())
    for sentence in result.pop("warnings", ()):
        module.warn(sentence)
    if result.get("reasons"):
        result["reasons"] = [visible_line(reason) for reason in result["reasons"]]
    # What was asked for has a verdict, or this fails: nothing stands for a missing one.
    if asks:
        if result["gate_passed"] is not True:
            kind = _KIND_OF_VERDICT[result["verdict"]]
            module.fail_json(msg=result["reasons"][0], error=failure(kind), **result)
        if result["verdict"] != "allow":
            module.warn(result["reasons"][0])
    module.exit_json(**result)


def collect_less() -> None:
    """Let Python look for cycles less often: a task makes millions of rows that have none, and would spend a
    tenth of its time on it.
    """
    gc.set_threshold(_OBJECTS_PER_COLLECTION)


def require(module: FinopsModule, *libraries: str) -> None:
    """Fail where a library is missing, naming this interpreter: another one may well have it.

    LEDGER stands for what the ledger's URL needs, which is nothing on SQLite; the password in it is censored
    from here on.
    """
    needed = [library for library in libraries if library != LEDGER]
    if LEDGER in libraries:
        ledger = sql.LedgerOptions(module.params["ledger"], password=module.params["ledger_password"])
        module.no_log_values.update(sql.secrets(ledger))
        needed += filter(None, [sql.driver(ledger)])
    for library in needed:
        if importlib.util.find_spec(library) is None:
            module.fail_json(msg=missing_required_lib(_REQUIREMENTS[library]), error=failure(LIBRARY))
