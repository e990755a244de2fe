# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What every public method of the Python face does first (design/ledger.md#from-python)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import localcontext
from functools import wraps
from inspect import Signature, isfunction, signature
from typing import Any, TypeVar

from .._core.money import ROUNDING
from .._core.storable import refuse_unstorable

_Class = TypeVar("_Class", bound=type)


def guarded(kind: _Class) -> _Class:
    """The class. Its public methods follow no caller's decimal context, and refuse text that no ledger can
    hold with InvalidOption, which names the argument.
    """
    for name, method in list(vars(kind).items()):
        if isfunction(method) and (name == "__init__" or not name.startswith("_")):
            setattr(kind, name, _guarded(method, signature(method)))
    return kind


def _guarded(method: Callable[..., Any], parameters: Signature) -> Callable[..., Any]:
    names = tuple(parameters.parameters)

    @wraps(method)
    def with_own_context(*given: Any, **named: Any) -> Any:
        for option, value in (*zip(names, given, strict=False), *named.items()):
            refuse_unstorable(value, option)
        with localcontext(ROUNDING):
            return method(*given, **named)

    return with_own_context
