# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Logging in: one request for a token, and what it gives access to (design/reading-a-cloud.md#identity,
design/reading-a-cloud.md#login).
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from .._core.bounded_http import AnswerRefused
from .._core.deadline import NO_DEADLINE, Deadline
from .._core.errors import InvalidOption, LoginFailed, Malformed, Unavailable
from .._core.masking import LONGEST_TEXT, Secrets
from .._core.visible_text import shortened
from .login import CloudRegion
from .transport import RETRIED_STATUSES, identity_problem, until_answered

_NOT_AS_PROMISED = "the answer is not the token that the identity API promises"


def log_in(region: CloudRegion, timeout_seconds: float, reading: str = "a token") -> Any:
    """The token's contents, keystoneauth's AccessInfo. Raises LoginFailed, which names no secret."""
    import keystoneauth1.exceptions as ksa

    def send(timeout: float) -> Any:
        region.session.timeout = timeout
        try:
            return _Token(region.session.auth.get_access(region.session))
        except ksa.HttpError as error:
            if error.response is None or error.http_status not in RETRIED_STATUSES:
                raise
            return error.response

    try:
        answered = until_answered(
            send, reading, region.auth_url, timeout_seconds, region.secrets, region.deadline
        )
        access = answered.access
        _require_usable(access)
        return access
    except LoginFailed as error:
        cause = error.__cause__
        if isinstance(cause, ksa.Unauthorized):
            raise LoginFailed(
                reading,
                region.auth_url,
                "the identity service refused the credentials (401): wrong user, password, project or domain",
                401,
            ) from cause
        problem = identity_problem(error.http_status)
        raise LoginFailed(reading, region.auth_url, problem, error.http_status) from cause
    except (Unavailable, Malformed) as error:
        problem = str(error).split(" failed: ", 1)[-1]
        failed = LoginFailed(reading, region.auth_url, problem, error.http_status)
        failed.option = error.option
        raise failed from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LoginFailed(reading, region.auth_url, _NOT_AS_PROMISED) from error


def _require_usable(access: Any) -> None:
    """Raise what a token raises that is not as the identity API promises; keystoneauth looks at nothing of it
    before it is used.
    """
    access.will_expire_soon()
    texts = [access.auth_token, access.project_id or "", access.project_name or "", *access.role_names]
    for service in access.service_catalog.catalog:
        texts += [service["type"], service.get("name") or ""]
        for endpoint in service["endpoints"]:
            texts += [endpoint.get(key) or "" for key in ("url", "interface", "region_id", "region")]
    if not all(isinstance(one, str) for one in texts):
        raise ValueError("a text of the token is none")


@dataclass(frozen=True)
class _Token:
    """A token in the clothes of a response, for until_answered."""

    access: Any
    status_code: int = 201


def offered_regions(access: Any) -> list[str]:
    """The regions that the token's catalog has endpoints in."""
    services = access.service_catalog.normalize_catalog()
    endpoints = (endpoint for service in services for endpoint in service["endpoints"])
    return sorted({endpoint["region_id"] for endpoint in endpoints if endpoint.get("region_id")})


def region_of(region: CloudRegion, access: Any) -> str | None:
    """The region asked for, or the only one of the catalog. Raises InvalidOption where it must be named."""
    offered = offered_regions(access)
    offered_names = region.secrets.format_line(", ".join(offered))
    if region.region_name:
        if region.region_name not in offered:
            named = shortened(str(region.region_name), LONGEST_TEXT)
            raise InvalidOption(
                "region_name",
                f"{region.auth_url} has no region {named}; it offers {offered_names or 'none'}.",
            )
        return region.region_name
    if len(offered) > 1:
        raise InvalidOption("region_name", f"{region.auth_url} offers {offered_names}; name one.")
    return offered[0] if offered else None


class Login:
    """The session and its token, which all services share."""

    def __init__(
        self, session: Any, secrets: Secrets | None = None, deadline: Deadline = NO_DEADLINE
    ) -> None:
        self.session, self.deadline = session, deadline
        self.secrets = secrets or Secrets()
        self._renewing = Lock()

    def renew(self, expired: str, timeout_seconds: float) -> None:
        """Replace the expired token: one request within that time, however many others find it expired at
        the same time (design/reading-a-cloud.md#retries).

        Left to itself, keystoneauth renews for the first of several threads only, and the
        others keep their 401.
        """
        with self._renewing:
            if self.session.get_token() == expired:
                self.session.invalidate()
                self.session.timeout = timeout_seconds
                try:
                    _require_usable(self.session.auth.get_access(self.session))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise AnswerRefused(_NOT_AS_PROMISED, 201) from error
