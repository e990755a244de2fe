# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The errors that every part of the collection raises.

Each carries one sentence for a person: what was being done, where, and what would be right. Never a secret.
And each has a kind for a playbook to branch on (design/ansible.md#failures).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .visible_text import visible_line
from .web_address import without_user

INVALID_OPTION, LIBRARY, DENIED, UNKNOWN = "invalid_option", "library", "denied", "unknown"
#: Every kind of failure there is. Modules document this list in the fragment _errors.
KINDS = (
    INVALID_OPTION, LIBRARY, "login", "forbidden", "not_found", "unavailable", "malformed", "rejected",
    "absent", "ledger", "unknown_amount", DENIED, UNKNOWN,
)  # fmt: skip

#: Characters of why a cloud could not be read: a name in it may be of any length.
LONGEST_PROBLEM = 500


def failure(
    kind: str, service: str | None = None, option: str | None = None, http_status: int | None = None
) -> dict[str, Any]:
    """The `error` of a failed result. kind is one of KINDS."""
    return {"kind": kind, "service": service, "option": option, "http_status": http_status}


class FinopsError(Exception):
    """Something a user has to know; str() is the whole sentence, on one line and without control characters,
    whatever name from outside is in it.
    """

    kind = UNKNOWN
    #: The service that could not be read, the option that is wrong, and the HTTP status, where there is one.
    service: str | None = None
    option: str | None = None
    http_status: int | None = None

    def __init__(self, sentence: str = "") -> None:
        super().__init__(visible_line(sentence))

    def to_result(self) -> dict[str, Any]:
        """The `error` of a failed result."""
        return failure(self.kind, self.service, self.option, self.http_status)


class SeveralErrors(FinopsError):
    """Several things that went wrong in one task, one sentence after the other; the
    kind is the first one's.
    """

    def __init__(self, errors: Sequence[FinopsError]) -> None:
        super().__init__(" ".join(str(error).rstrip(".") + "." for error in errors))
        self.errors = errors
        first = errors[0]
        self.kind, self.service, self.option = first.kind, first.service, first.option
        self.http_status = first.http_status


class MissingLibrary(FinopsError):
    """A Python library that only some input needs is not installed. Arguments: its import name, and what for,
    such as `to read x.parquet`.
    """

    kind = LIBRARY

    def __init__(self, name: str, purpose: str) -> None:
        super().__init__(f"{sys.executable} has no library {name}, which is needed {purpose}; install it.")


class NothingFound(FinopsError):
    """What was asked for by its key or by conditions is not there."""

    kind = "not_found"


class InvalidOption(FinopsError):
    """A value given by the user is refused.

    Arguments: option as the user wrote it (`spend`, `required.cores`), and the sentence's rest, which says
    what would be right.
    """

    kind = INVALID_OPTION

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}")
        self.option = option
        self.problem = problem

    def within(self, outer: str) -> InvalidOption:
        """The same problem of a suboption: `limit` within `budgets[0]` is `budgets[0].limit`."""
        return InvalidOption(f"{outer}.{self.option}", self.problem)


class CloudError(FinopsError):
    """A cloud could not be read.

    Arguments: what was being read (`compute quotas`), from which URL, why not, and the HTTP status
    where there was one. Without a class of its own it is a 4xx that says nothing else: the service
    rejected the request.
    """

    kind = "rejected"

    def __init__(self, reading: str, url: str, problem: str, http_status: int | None = None) -> None:
        if len(problem) > LONGEST_PROBLEM:
            problem = problem[:LONGEST_PROBLEM] + "..."
        super().__init__(f"Reading {reading} from {without_user(url)} failed: {problem}")
        self.reading = reading
        self.url = url
        self.http_status = http_status


class LoginFailed(CloudError):
    """The identity service gave no token: wrong credentials, unknown project, unreachable."""

    kind = "login"
    service = "identity"


class Forbidden(CloudError):
    """401 behind a fresh token, or 403: this user may not read it."""

    kind = "forbidden"


class NotFound(CloudError):
    """404 from a URL that should exist."""

    kind = "not_found"


class Unavailable(CloudError):
    """The service did not answer, or answered 429 or 5xx until the time was up."""

    kind = "unavailable"


class OutOfTime(Unavailable):
    """The time of the whole task is over, so that no request is sent any more (_core/deadline.py)."""

    option = "task_timeout"


class Malformed(CloudError):
    """The answer is not what the API promises: not JSON, cut, a field missing, a page short."""

    kind = "malformed"


class ServiceAbsent(CloudError):
    """The catalog of this project and region offers no such service."""

    kind = "absent"

    def __init__(self, reading: str, url: str, problem: str, service: str | None = None) -> None:
        super().__init__(reading, url, problem)
        self.service = service


class UnknownAmount(FinopsError):
    """An amount that cannot be known: no rate for a conversion that is needed, say. Never treated as zero."""

    kind = "unknown_amount"


class LedgerError(FinopsError):
    """The ledger is missing, corrupt, newer than this collection, locked, unreachable or
    refuses to be written.
    """

    kind = "ledger"


class Refused(FinopsError):
    """What the user asked about may not go on. result: what the task returns in any case, so that it can be
    looked at (design/gate.md#deny-unknown-allow).
    """

    def __init__(self, sentence: str, result: Mapping[str, Any], kind: str = DENIED) -> None:
        super().__init__(sentence)
        self.result = result
        self.kind = kind
