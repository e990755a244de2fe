# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One request over HTTP, sent until it is answered, and its answer: exact JSON, or an error of one sentence
(design/reading-a-cloud.md).

It knows no service and no token: connection.py and access.py do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn

from .._core.bounded_http import AnswerRefused
from .._core.deadline import Deadline, DeadlinePassed
from .._core.errors import CloudError, Forbidden, LoginFailed, Malformed, NotFound, OutOfTime, Unavailable
from .._core.masking import Secrets

RETRIED_STATUSES = (429, 502, 503, 504)
LONGEST_BACKOFF_SECONDS = 8.0
_MICROVERSION = re.compile(r"\d{1,4}\.\d{1,4}", re.ASCII)
_NO_ANSWER = "no answer within api_timeout"
#: Counters of services have 64 bits.
_LARGEST = 2**64
#: Digits behind the point of the longest number that is a measured one; the smallest floats that sums leave
#: have fewer.
_MOST_DECIMALS = 120


@dataclass(frozen=True)
class Answer:
    """A response that was 2xx: its body (JSON with exact numbers, or None for no body) and its headers
    (lower-case names).
    """

    body: Any
    headers: Mapping[str, str]
    status: int


def until_answered(
    send: Callable[[float], Any],
    reading: str,
    url: str,
    timeout_seconds: float,
    secrets: Secrets,
    deadline: Deadline,
    once: bool = False,
) -> Any:
    """Send, and again on connection errors, 413 and 429, 502, 503 and 504, until answered or the time is up
    (design/reading-a-cloud.md#retries).

    Arguments: a function that sends once within the seconds it is given and returns a response. Retry-After
    is honored where it fits in the time left. secrets: what no message may have in it. deadline: the task's.
    once: send what changes something, which is never sent again.
    Raises Unavailable, of it OutOfTime where the task's time is over; Malformed for an answer that is not
    read to its end; LoginFailed where the token had to be renewed and was refused.
    """
    ends = deadline.clock() + timeout_seconds
    attempt = 0
    while True:
        attempt += 1
        response, problem = _sent(send, reading, url, max(ends - deadline.clock(), 0.001), deadline)
        if response is not None and (once or not _may_get_better(response)):
            return response
        if once:
            raise Unavailable(reading, url, problem)
        pause = _pause_seconds(response, attempt)
        if deadline.clock() + pause >= min(ends, deadline.ends):
            if deadline.ends < ends:
                raise _out_of_time(reading, url, response, problem, deadline)
            if response is not None:
                refuse(reading, url, response, secrets)
            raise Unavailable(reading, url, problem)
        deadline.sleep(pause)


def _out_of_time(reading: str, url: str, response: Any, problem: str, deadline: Deadline) -> OutOfTime:
    """The error of a task whose time is over, with why the last request was not the last."""
    status = None if response is None else response.status_code
    last = problem if status is None else f"the service answered {status}"
    detail = "" if last == _NO_ANSWER else f" (at the last attempt {last})"
    return OutOfTime(reading, url.partition("?")[0], deadline.problem + detail, status)


def _sent(
    send: Callable[[float], Any], reading: str, url: str, timeout_seconds: float, deadline: Deadline
) -> tuple[Any, str]:
    """The response, or None and why none came where sending again may help.

    Raises CloudError where it cannot.
    """
    import keystoneauth1.exceptions as ksa

    try:
        return send(deadline.bounded(timeout_seconds)), ""
    except DeadlinePassed as error:
        raise OutOfTime(reading, url.partition("?")[0], str(error)) from error
    except AnswerRefused as error:
        raise Malformed(reading, url.partition("?")[0], str(error), error.http_status) from error
    except ksa.SSLError as error:
        raise Unavailable(
            reading, url, "the certificate was not accepted; set ca_cert, or check the URL"
        ) from error
    except ksa.ConnectTimeout:
        return None, _NO_ANSWER
    except (ksa.ConnectFailure, ksa.RetriableConnectionFailure, ksa.UnknownConnectionError) as error:
        return None, _connection_problem(error)
    except ksa.HttpError as error:
        problem = identity_problem(error.http_status)
        raise LoginFailed("a new token", url, problem, error.http_status) from error
    except ksa.InvalidResponse as error:
        raise Malformed(reading, url, "the answer is not the token that the identity API promises") from error
    except ksa.ClientException as error:
        raise Unavailable(reading, url, f"the login failed ({type(error).__name__})") from error
    except OSError as error:
        # requests says so of a file of certificates; what the network does is a ConnectFailure above.
        raise Unavailable(reading, url, "a file of certificates cannot be used; check ca_cert") from error


def _may_get_better(response: Any) -> bool:
    """Whether the same request may be answered later. Nova and Swift write 413 for too many requests too, and
    then say how long to wait.
    """
    retried: bool = response.status_code in RETRIED_STATUSES
    return retried or (response.status_code == 413 and "Retry-After" in response.headers)


def _pause_seconds(response: Any, attempt: int) -> float:
    """Retry-After in seconds where given (RFC 9110 section 10.2.3; its date form is not used by OpenStack),
    else growing pauses.
    """
    header = response.headers.get("Retry-After", "") if response is not None else ""
    in_seconds = header.isascii() and header.isdigit()
    return float(header) if in_seconds else min(0.25 * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS)


def _connection_problem(error: Exception) -> str:
    text = str(error)
    for known, sentence in (
        ("Connection refused", "the connection was refused; is the URL right and the service up?"),
        ("Name or service not known", "the host name is not known; check the URL"),
        ("Temporary failure in name resolution", "the host name is not known; check the URL"),
        ("No route to host", "there is no route to the host"),
        ("Connection reset", "the connection was reset before an answer came"),
        ("Remote end closed", "the connection was closed before an answer came"),
        ("timed out", _NO_ANSWER),
    ):
        if known in text:
            return sentence
    return f"the connection failed ({type(error).__name__})"


def identity_problem(http_status: int | None) -> str:
    """Why there is no token, where the identity service says no more than a status."""
    advice = "; check that this user or application credential is enabled and may use the project"
    return f"the identity service answered {http_status}{advice if http_status == 403 else ''}"


def refuse(reading: str, url: str, response: Any, secrets: Secrets) -> NoReturn:
    """Raise the error of a response that is not 2xx, with what the service said, as it may be shown."""
    status = response.status_code
    said = secrets.format_line(_message_in(response))
    problem = f"the service answered {status}" + (f" ({said})" if said else "")
    address = url.partition("?")[0]
    kind: type[CloudError] = CloudError
    if status in (401, 403):
        kind = Forbidden
        if status == 403:
            problem += "; this login has no role in the project that may read it"
    elif status in (404, 410):
        kind = NotFound
    elif status == 429 or status >= 500:
        kind = Unavailable
    raise kind(reading, address, problem, status)


def _message_in(response: Any) -> str:
    """The sentence inside an error body of any of OpenStack's styles; empty for HTML or nothing."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return ""
    while isinstance(body, dict):
        for key in ("message", "faultstring", "description"):
            if isinstance(body.get(key), str):
                return str(body[key].split("<br", 1)[0])
        inner = [value for value in body.values() if isinstance(value, dict)]
        body = inner[0] if inner else None
    return ""


def microversion_header(microversion: str | None) -> dict[str, str]:
    """The header that asks for a microversion like `compute 2.57`; none for None."""
    if microversion is None:
        return {}
    service, _sep, number = microversion.partition(" ")
    if service == "shared-file-system":
        # Manila knows this header only (manila/api/openstack/wsgi.py).
        return {"X-OpenStack-Manila-API-Version": number}
    return {"OpenStack-API-Version": microversion}


def newest_offered(response: Any, microversion: str) -> str | None:
    """`compute 2.38` from the words of a 406, if it is older than what was asked for (Nova and Cinder:
    Minimum is X and maximum is Y).
    """
    said = _message_in(response).rstrip(".")
    service, _sep, asked = microversion.partition(" ")
    newest = said.rsplit(" ", 1)[-1]
    if _MICROVERSION.fullmatch(newest) is None:
        return None
    older = tuple(int(part) for part in newest.split(".")) < tuple(int(part) for part in asked.split("."))
    return f"{service} {newest}" if older else None


def answer_of(reading: str, url: str, method: str, response: Any) -> Answer:
    """The answer of a response that was 2xx. Raises as body_of does."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(body_of(reading, url, method, response), headers, response.status_code)


def body_of(reading: str, url: str, method: str, response: Any) -> Any:
    """The JSON body with every number exact; None where the answer has none to have, as an action that was
    accepted.

    Raises Malformed for anything that is no JSON, NaN and infinity included.
    """
    accepted = response.status_code == 202 and not response.content
    if method == "HEAD" or response.status_code == 204 or accepted:
        return None
    try:
        return json.loads(response.content, parse_float=_exact, parse_constant=_no_constant)
    except (ValueError, InvalidOperation, RecursionError) as error:
        raise Malformed(
            reading,
            url.partition("?")[0],
            f"the answer is not the JSON that the API promises ({len(response.content)} bytes)",
            response.status_code,
        ) from error


@lru_cache(4096)
def _exact(text: str) -> Decimal:
    """A number as it is written. The same prices come hour after hour."""
    number = Decimal(text)
    if not has_usual_size(number):
        raise ValueError(f"{text[:40]} is too large or too long")
    return number


def has_usual_size(value: Any) -> bool:
    """Whether a value is no number, or one that a service can count or measure: 1e400 is none, and whoever
    reckons with it takes hours or fails.
    """
    if isinstance(value, int):
        return -_LARGEST < value < _LARGEST
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return isinstance(exponent, int) and exponent >= -_MOST_DECIMALS and value.adjusted() < 40
    return True


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
