# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The errors that every part of the collection raises.

Each carries one sentence for a person: what was being done, where, and what would be right. Never a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class FinopsError(Exception):
    """Something a user has to know; str() is the whole sentence."""


class InvalidOption(FinopsError):
    """A value given by the user is refused.

    Arguments: option as the user wrote it (`spend`, `required.cores`), and the sentence's rest, which says
    what would be right.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}")
        self.option = option


class CloudError(FinopsError):
    """A cloud could not be read.

    Arguments: what was being read (`compute quotas`), from which URL, why not, and the HTTP status where
    there was one.
    """

    def __init__(self, reading: str, url: str, problem: str, http_status: int | None = None) -> None:
        super().__init__(f"Reading {reading} from {url} failed: {problem}")
        self.reading = reading
        self.url = url
        self.http_status = http_status


class LoginFailed(CloudError):
    """The identity service gave no token: wrong credentials, unknown project, unreachable."""


class Forbidden(CloudError):
    """401 behind a fresh token, or 403: this user may not read it."""


class NotFound(CloudError):
    """404 from a URL that should exist."""


class Unavailable(CloudError):
    """The service did not answer, or answered 429 or 5xx until the time was up."""


class Malformed(CloudError):
    """The answer is not what the API promises: not JSON, cut, a field missing, a page short."""


class ServiceAbsent(CloudError):
    """The catalog of this project and region offers no such service."""


class UnknownAmount(FinopsError):
    """An amount that cannot be known: no rate for a conversion that is needed, say. Never treated as zero."""


class LedgerError(FinopsError):
    """The ledger is missing, corrupt, newer than this collection, locked, unreachable or refuses to be
    written.
    """


class Refused(FinopsError):
    """What the user asked about may not go on. result: what the task returns in any case, so that it can be
    looked at (design/gate.md#deny-unknown-allow).
    """

    def __init__(self, sentence: str, result: Mapping[str, Any]) -> None:
        super().__init__(sentence)
        self.result = result
