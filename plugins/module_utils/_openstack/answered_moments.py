# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Moments in what a service answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .._core.errors import Malformed
from .._core.periods import from_iso
from .connection import Service


def answered_moment(service: Service, reading: str, row: dict[str, Any], key: str) -> datetime | None:
    """The moment in row[key], None where it is null or missing. Raises Malformed."""
    text = moment_text(service, reading, row, key)
    return None if text is None else from_iso(text)


def moment_text(service: Service, reading: str, row: dict[str, Any], key: str) -> str | None:
    """The same as the service has written it."""
    text = service.optional(reading, row, key, str)
    try:
        if text is not None:
            from_iso(text)
    except ValueError as error:
        raise Malformed(reading, service.url, f"{key} is not a moment in ISO 8601") from error
    return text


def promised_moment_text(service: Service, reading: str, row: dict[str, Any], key: str) -> str:
    """The same of a moment that is always there. Raises Malformed where it is not."""
    service.member(reading, row, key, str)
    return str(moment_text(service, reading, row, key))
