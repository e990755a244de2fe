# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One login to one VergeOS system, through pyvergeos, and what its errors mean
(design/reading-a-cloud.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .._core.bounded_http import (
    ACCEPTED_ENCODINGS,
    DEFAULT_MAX_ANSWER_MB,
    AnswerLimit,
    AnswerRefused,
    bounded_adapter,
)
from .._core.deadline import NO_DEADLINE, Deadline, DeadlinePassed
from .._core.errors import (
    CloudError,
    Forbidden,
    InvalidOption,
    LoginFailed,
    Malformed,
    NotFound,
    OutOfTime,
    Unavailable,
)
from .._core.masking import Secrets

RETRIED_STATUSES = (429, 502, 503, 504)
#: Where requests looks for the authorities that it trusts.
_CA_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class VergeosOptions:
    """How to reach a system: host, with a port where it is not 443, and a token, or a user and a password.

    insecure: its certificate is not verified. timeout_seconds: for one answer. retry_total: how often a read
    is repeated after connection errors, 429, 502, 503 and 504, with pauses that grow by backoff_factor.
    deadline: of all that the task asks.
    """

    host: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    insecure: bool = False
    ca_cert: str | None = None
    timeout_seconds: int = 30
    retry_total: int = 3
    retry_backoff_factor: float = 1.0
    deadline: Deadline = NO_DEADLINE


class System:
    """A VergeOS system that let us in. Close it, or use it in `with`."""

    def __init__(self, options: VergeosOptions) -> None:
        """Logs in: one request.

        Raises InvalidOption for no login, LoginFailed where it is refused, Unavailable for no answer, of it
        OutOfTime where the task's time is over.
        """
        from pyvergeos import VergeClient
        from pyvergeos.exceptions import AuthenticationError, VergeError

        if not options.host:
            raise InvalidOption("host", "is empty; give the name or address of the VergeOS system.")
        if not options.token and not (options.username and options.password):
            raise InvalidOption("token", "or username and password is needed to log in to VergeOS.")
        self.host = options.host
        self.url = f"https://{options.host}/api/v4"
        self.timeout_seconds, self.deadline = options.timeout_seconds, options.deadline
        self._secrets = Secrets()
        self._secrets.remember_credentials({"password": options.password, "token": options.token})
        try:
            self.client: Any = VergeClient(
                host=options.host,
                username=options.username,
                password=options.password,
                token=options.token,
                timeout=options.timeout_seconds,
                session=_session(options, self.url, self._secrets),
                close_session=True,
            )
        except AuthenticationError as error:
            problem = f"the system answered {error.status_code}; is the login right?"
            raise LoginFailed("the system", self.url, problem, error.status_code) from error
        except VergeError as error:
            refused = error.__cause__
            if isinstance(refused, AnswerRefused):
                raise Malformed("the system", self.url, str(refused), refused.http_status) from error
            raise self._unanswered("the system", self.url, error) from error
        self.cloud_name: str | None = self.client.cloud_name
        self.version: str | None = self.client.version
        if not all(one is None or isinstance(one, str) for one in (self.cloud_name, self.version)):
            raise Malformed("the system", self.url, "its name or its version is no text")

    def __enter__(self) -> System:
        return self

    def __exit__(self, *raised: object) -> None:
        self.client.disconnect()

    def to_result(self) -> dict[str, Any]:
        """The `system` key of every result."""
        return {"host": self.host, "cloud_name": self.cloud_name, "version": self.version}

    @contextmanager
    def asking(self, reading: str, path: str) -> Iterator[None]:
        """Turns what pyvergeos and requests raise into one sentence: NotFound, Forbidden, Unavailable,
        Malformed or CloudError.
        """
        import requests
        from pyvergeos.exceptions import APIError, VergeError

        url = f"{self.url}/{path}"
        try:
            yield
        except APIError as error:
            raise _refused(error, reading, url, self._secrets) from error
        except AnswerRefused as error:
            raise Malformed(reading, url, str(error), error.http_status) from error
        except requests.exceptions.JSONDecodeError as error:
            raise Malformed(reading, url, "the answer is not the JSON that the API promises") from error
        except (VergeError, requests.exceptions.RequestException, DeadlinePassed) as error:
            raise self._unanswered(reading, url, error) from error
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            # pyvergeos makes objects of rows, and looks at none of them before.
            raise Malformed(reading, url, "the answer is not what the API promises") from error

    def _unanswered(self, reading: str, url: str, error: Exception) -> Unavailable:
        """Why there is no answer: the task's time is over, or else what the error says."""
        if self.deadline.has_passed or any(
            isinstance(one, DeadlinePassed) for one in (error, error.__cause__)
        ):
            return OutOfTime(reading, url, self.deadline.problem)
        return Unavailable(reading, url, _problem(error))


def _session(options: VergeosOptions, url: str, secrets: Secrets) -> Any:
    """A session that repeats reads only: pyvergeos's own repeats a POST, which makes a record
    each time it arrives.

    It takes nothing from ~/.netrc, which would replace the login, and no bundle from the environment where an
    option says otherwise.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from requests.utils import get_environ_proxies
    from urllib3.util.retry import Retry

    session = requests.Session()
    session.trust_env = False
    session.proxies = dict(get_environ_proxies(url))
    session.headers["Accept-Encoding"] = ACCEPTED_ENCODINGS
    bundle = next(filter(None, map(os.environ.get, _CA_BUNDLES)), True)
    session.verify = False if options.insecure else options.ca_cert or bundle
    deadline = options.deadline

    class Reads(Retry):
        """Repeats with pauses that end with the task's time."""

        def sleep(self, _response: Any = None) -> None:
            """Wait before a read is repeated. Raises DeadlinePassed."""
            deadline.pause(self.get_backoff_time())

    reads = Reads(
        total=options.retry_total,
        # A certificate that is not accepted will not be next time.
        other=0,
        backoff_factor=options.retry_backoff_factor,
        status_forcelist=RETRIED_STATUSES,
        allowed_methods=("GET",),
        raise_on_status=False,
        # It may be hours, and a read has no end of its own for all of its repeats.
        respect_retry_after_header=False,
    )
    adapter = bounded_adapter(HTTPAdapter, secrets, AnswerLimit(DEFAULT_MAX_ANSWER_MB), deadline)
    session.mount("https://", adapter(max_retries=reads))
    session.mount(f"{url}/billing_actions", adapter(max_retries=0))
    return session


def _refused(error: Any, reading: str, url: str, secrets: Secrets) -> CloudError:
    from pyvergeos.exceptions import NotFoundError

    status: int = error.status_code or (404 if isinstance(error, NotFoundError) else 0)
    said = secrets.format_line(str(error))
    # What is no JSON is a page for a browser.
    detail = f" ({said})" if said and isinstance(error.response_body, dict) else ""
    problem = f"the system answered {status}{detail}"
    kind: type[CloudError] = CloudError
    if status in (401, 403):
        kind = Forbidden
    elif status == 404:
        kind = NotFound
    elif status == 429 or status >= 500:
        kind = Unavailable
    return kind(reading, url, problem, status)


def _problem(error: Exception) -> str:
    text = str(error)
    for known, sentence in (
        ("CERTIFICATE_VERIFY_FAILED", "the certificate was not accepted; set ca_cert, or check the host"),
        ("SSLError", "TLS failed; is the host right?"),
        ("Connection refused", "the connection was refused; is the host right and the system up?"),
        ("Name or service not known", "the host name is not known; check host"),
        ("Temporary failure in name resolution", "the host name is not known; check host"),
        ("No route to host", "there is no route to the host"),
        ("timed out", "no answer within timeout"),
        ("Connection aborted", "the connection was closed before an answer came"),
        ("Connection broken", "the answer was cut"),
        ("redirect", "it leads elsewhere; is host the VergeOS system itself?"),
        ("Expecting value", "the answer is not the JSON that the API promises"),
    ):
        if known in text:
            return sentence
    found = text.rpartition("Unexpected response: HTTP ")[2]
    return (
        f"the system answered {found}"
        if found.isdigit()
        else f"the connection failed ({type(error).__name__})"
    )
