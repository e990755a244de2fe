# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of modules that reach a VergeOS system, named as in vergeio.vergeos; pyvergeos's names are
taken from the environment too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback

from .._core.errors import InvalidOption
from .._vergeos.system import VergeosOptions
from .arguments import Spec
from .task_timeout import TASK_TIMEOUT, task_deadline


def _from(*names: str) -> tuple[Any, list[str]]:
    return env_fallback, list(names)


CONNECTION: Spec = {
    "host": {"type": "str", "fallback": _from("VERGEOS_HOST", "VERGE_HOST")},
    "username": {"type": "str", "fallback": _from("VERGEOS_USERNAME", "VERGE_USERNAME")},
    "password": {"type": "str", "no_log": True, "fallback": _from("VERGEOS_PASSWORD", "VERGE_PASSWORD")},
    "token": {"type": "str", "no_log": True, "fallback": _from("VERGE_TOKEN")},
    "insecure": {"type": "bool", "fallback": _from("VERGEOS_INSECURE")},
    "ca_cert": {"type": "str", "aliases": ["cacert"]},
    "timeout": {"type": "int", "default": 30, "fallback": _from("VERGE_TIMEOUT")},
    "retry_total": {"type": "int", "default": 3, "fallback": _from("VERGE_RETRY_TOTAL")},
    "retry_backoff_factor": {"type": "float", "default": 1.0, "fallback": _from("VERGE_RETRY_BACKOFF")},
    **TASK_TIMEOUT,
}
#: pyvergeos verifies where this says one of the first; it takes any other word for a no, which is too easy to
#: say.
_VERIFY, _YES, _NO = "VERGE_VERIFY_SSL", ("true", "1", "yes"), ("false", "0", "no")


def vergeos_options(params: Mapping[str, Any]) -> VergeosOptions:
    """How to reach the system. The task's time begins now.

    Raises InvalidOption for no host, one with a password in it, or a number or word that makes no sense.
    """
    if not params["host"]:
        raise InvalidOption(
            "host",
            "is needed: the name or address of the VergeOS system, here or in VERGEOS_HOST or VERGE_HOST.",
        )
    if "@" in params["host"]:
        raise InvalidOption(
            "host", "has a user or a password in it; give them as `username` and `password`, or a `token`."
        )
    if params["timeout"] <= 0:
        raise InvalidOption("timeout", "must be a number of seconds above zero.")
    for name in ("retry_total", "retry_backoff_factor"):
        if params[name] < 0:
            raise InvalidOption(name, "must be zero or more.")
    return VergeosOptions(
        host=params["host"],
        username=params["username"],
        password=params["password"],
        token=params["token"],
        insecure=_told_not_to_verify() if params["insecure"] is None else params["insecure"],
        ca_cert=params["ca_cert"],
        timeout_seconds=params["timeout"],
        retry_total=params["retry_total"],
        retry_backoff_factor=params["retry_backoff_factor"],
        deadline=task_deadline(params),
    )


def _told_not_to_verify() -> bool:
    word = os.environ.get(_VERIFY, "true").strip().lower()
    if word not in (*_YES, *_NO):
        raise InvalidOption(
            _VERIFY,
            f"'{word[:20]}' in the environment is not a boolean; use one of {', '.join((*_YES, *_NO))}.",
        )
    return word in _NO
