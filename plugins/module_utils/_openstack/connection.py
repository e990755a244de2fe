# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A cloud and its services, asked in few round trips: raw JSON in, errors as one sentence
(design/reading-a-cloud.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from .._core.completeness import ABSENT, ERROR, FORBIDDEN, OK, CloudIdentity, ServiceStatus
from .._core.errors import (
    CloudError,
    FinopsError,
    Forbidden,
    InvalidOption,
    LoginFailed,
    Malformed,
    ServiceAbsent,
    SeveralErrors,
)
from .access import Login, log_in, offered_regions, region_of
from .catalog import SERVICE_TYPES, known_url, require_usable, service_url
from .login import DEFAULT_TIMEOUT_SECONDS, ConnectionOptions, resolve
from .transport import (
    Answer,
    answer_of,
    has_usual_size,
    microversion_header,
    newest_offered,
    refuse,
    until_answered,
)

T = TypeVar("T")

PARALLEL_SERVICES = 8


@dataclass(frozen=True)
class Service:
    """One service of the project and region.

    Paths are relative to the catalog's URL; no URL is ever discovered.
    """

    name: str
    url: str
    project_id: str
    login: Login = field(repr=False)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS

    def get(
        self, reading: str, path: str, query: Mapping[str, Any] | None = None, microversion: str | None = None
    ) -> Answer:
        """GET a path. reading says for an error sentence what it is. microversion like `compute 2.57`.

        A 406 (the cloud is older than the microversion) is asked once more at the newest version it names.
        Raises Forbidden, NotFound, Unavailable, Malformed or CloudError.
        """
        return self._send("GET", reading, self._target(path, query), microversion)

    def head(self, reading: str, path: str = "") -> Answer:
        """HEAD a path: headers only. Raises as get does."""
        return self._send("HEAD", reading, self._target(path, None), None)

    def post(
        self,
        reading: str,
        path: str,
        content: Mapping[str, Any],
        query: Mapping[str, Any] | None = None,
        once: bool = False,
    ) -> Answer:
        """POST a question that is too long for a URL: it changes nothing, so it is retried as a GET is.

        once: it changes something, and is sent again only behind a 401. Raises as get does.
        """
        return self._send("POST", reading, self._target(path, query), None, content, once)

    def pages(
        self,
        reading: str,
        path: str,
        key: str,
        query: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The rows under `key`, page after page.

        Raises Malformed where a page is not a list under that key, or leads back to itself.
        """
        for body in self.bodies(reading, path, key, query, microversion):
            yield from self.member(reading, body, key, list)

    def bodies(
        self,
        reading: str,
        path: str,
        key: str,
        query: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Iterator[Any]:
        """The body of every page, following `<key>_links` (Nova, Cinder, Neutron: API reference, pagination)
        or, of Glance, `next`.

        Raises Malformed where a page leads back to one already read.
        """
        seen: set[str] = set()
        target: str | None = self._target(path, query)
        while target is not None:
            if target in seen:
                raise Malformed(reading, self.url, "the list of pages leads back to a page already read")
            seen.add(target)
            body = self._send("GET", reading, target, microversion).body
            yield body
            target = self._next_page(reading, path, body, key)

    def member(self, reading: str, body: Any, key: str, kind: type[T]) -> T:
        """body[key], which must be of that kind (a bool is no int).

        Raises Malformed otherwise: a missing field is never zero.
        """
        value = body.get(key) if isinstance(body, dict) else None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Malformed(reading, self.url, f"the answer has no {key} where the API promises one")
        if not has_usual_size(value):
            raise Malformed(reading, self.url, f"the number in {key} is too large or too long")
        return value

    def optional(self, reading: str, body: Any, key: str, kind: type[T]) -> T | None:
        """body[key], None where it is null or missing. Raises Malformed where it is of another kind."""
        if isinstance(body, dict) and body.get(key) is None:
            return None
        return self.member(reading, body, key, kind)

    def list_of_texts(self, reading: str, body: Any, key: str) -> tuple[str, ...]:
        """The list of texts in body[key], empty where it is null or missing. Raises Malformed."""
        found = self.optional(reading, body, key, list) or []
        if not all(isinstance(one, str) for one in found):
            raise Malformed(reading, self.url, f"{key} is not a list of texts")
        return tuple(found)

    def texts_by_name(self, reading: str, body: Any, key: str) -> dict[str, str]:
        """The texts by name in body[key], empty where it is null or missing. Raises Malformed."""
        found = self.optional(reading, body, key, dict) or {}
        if not all(isinstance(one, str) for one in found.values()):
            raise Malformed(reading, self.url, f"a value in {key} is not a text")
        return found

    def _next_page(self, reading: str, path: str, body: dict[str, Any], key: str) -> str | None:
        """The same path with the query of the next link: the link's host is the service's idea of itself,
        ours is the catalog's.
        """
        if not isinstance(body, dict):
            raise Malformed(reading, self.url, f"the answer has no {key} where the API promises one")
        links = self.optional(reading, body, f"{key}_links", list) or []
        following = [link for link in links if self.optional(reading, link, "rel", str) == "next"]
        if following:
            href: str | None = self.member(reading, following[0], "href", str)
        else:
            href = self.optional(reading, body, "next", str)
        return self.url + path + "?" + href.partition("?")[2] if href else None

    def _target(self, path: str, query: Mapping[str, Any] | None) -> str:
        return self.url + path + ("?" + urlencode(query, doseq=True) if query else "")

    def _send(
        self,
        method: str,
        reading: str,
        url: str,
        microversion: str | None,
        content: Mapping[str, Any] | None = None,
        once: bool = False,
    ) -> Answer:
        response = self._send_until_answered(method, reading, url, microversion, content, once=once)
        if response.status_code == 401:
            expired = response.request.headers.get("X-Auth-Token")
            response = self._send_until_answered(method, reading, url, microversion, content, expired, once)
        if response.status_code == 406 and microversion:
            older = newest_offered(response, microversion)
            if older:
                response = self._send_until_answered(method, reading, url, older, content)
        if not 200 <= response.status_code < 300:
            refuse(reading, url, response, self.login.secrets)
        return answer_of(reading, url, method, response)

    def _send_until_answered(
        self,
        method: str,
        reading: str,
        url: str,
        microversion: str | None,
        content: Mapping[str, Any] | None,
        expired: str | None = None,
        once: bool = False,
    ) -> Any:
        headers = {"Accept": "application/json", **microversion_header(microversion)}
        body = {} if content is None else {"json": content}

        def send(timeout_seconds: float) -> Any:
            if expired is not None:
                self.login.renew(expired, timeout_seconds)
            return self.login.session.request(
                url,
                method,
                headers=headers,
                authenticated=True,
                allow_reauth=False,
                raise_exc=False,
                redirect=False,
                timeout=timeout_seconds,
                log=False,
                **body,
            )

        login = self.login
        return until_answered(send, reading, url, self.timeout_seconds, login.secrets, login.deadline, once)


class Cloud:
    """One login to one project in one region, and its services. Open it once per task."""

    def __init__(self, options: ConnectionOptions) -> None:
        """Log in: one request. Raises InvalidOption for bad options, LoginFailed where there is no token."""
        region = resolve(options)
        self._timeout_seconds = region.timeout_seconds
        reading = "a token" if options.project is None else f"a token for project {options.project}"
        access = log_in(region, self._timeout_seconds, reading)
        if not access.project_id:
            raise InvalidOption(
                "auth", f"the token of {region.auth_url} is for no project; name project_name or project_id."
            )
        if options.project not in (None, access.project_id, access.project_name):
            project = region.secrets.format_line(str(access.project_name))
            raise LoginFailed(reading, region.auth_url, f"it is for project {project}, whatever is asked for")
        self._login = Login(region.session, region.secrets, region.deadline)
        self._region, self._access = region, access
        self._offered_regions = offered_regions(access)
        self.identity = CloudIdentity(
            name=region.name,
            auth_url=region.auth_url,
            region=region_of(region, access),
            project_id=access.project_id,
            project_name=access.project_name,
        )

    def in_region(self, region: str, option: str = "regions") -> Cloud:
        """The same login in another region of the catalog.

        Raises InvalidOption where the catalog has none of that name. option: the one that names it.
        """
        if region not in self._offered_regions:
            offered = self._login.secrets.format_line(", ".join(self._offered_regions)) or "none"
            raise InvalidOption(
                option, f"{self.identity.auth_url} has no region {region}; it offers {offered}."
            )
        other = copy(self)
        other.identity = replace(self.identity, region=region)
        return other

    @property
    def regions(self) -> frozenset[str]:
        """The regions of the catalog."""
        return frozenset(self._offered_regions)

    @property
    def secrets(self) -> frozenset[str]:
        """What no result and no message may have in it: the login's secrets and its tokens so far."""
        return self._login.secrets.values

    def offers(self, name: str) -> bool:
        """Whether the catalog has that service in our region."""
        return self._url_of(name) is not None

    def service(self, name: str) -> Service:
        """A service by our name of it.

        Raises ServiceAbsent where the catalog has none, Malformed for one whose endpoint is of no use,
        InvalidOption for an API version that is not read here.
        """
        url = self._url_of(name)
        if url is None:
            raise self.absent(name)
        require_usable(self._region, name, url)
        return Service(name, url, self.identity.project_id, self._login, self._timeout_seconds)

    def keystone(self) -> tuple[Service, str | None, tuple[str, ...]]:
        """The identity service, where the login found it, the domain of its project, and its roles."""
        url = self.identity.auth_url.rstrip("/").removesuffix("/v3") + "/v3"
        service = Service("identity", url, self.identity.project_id, self._login, self._timeout_seconds)
        return service, self._access.project_domain_id, tuple(self._access.role_names or ())

    def absent(self, name: str) -> ServiceAbsent:
        """The error that says that the catalog has no such service."""
        problem = f"the catalog of region {self.identity.region} has no {SERVICE_TYPES[name]} service"
        return ServiceAbsent(name.replace("_", " "), self.identity.auth_url, problem, name)

    def service_urls(self, name: str) -> dict[str, str]:
        """Where that service is in each region of the catalog that offers it."""
        urls = {
            region: service_url(self._region, self._access, name, region) for region in self._offered_regions
        }
        return {region: url for region, url in urls.items() if url is not None}

    def service_at(self, url: str) -> str | None:
        """Our name of the service that the URL belongs to; None where it is none of the catalog's."""
        here = self._region, self._access, self.identity.region
        endpoints = {name: known_url(*here, name) for name in SERVICE_TYPES}
        found = [(len(root), name) for name, root in endpoints.items() if root and url.startswith(root)]
        return max(found)[1] if found else None

    def _url_of(self, name: str) -> str | None:
        return service_url(self._region, self._access, name, self.identity.region)


@dataclass(frozen=True)
class Readings:
    """What a parallel reading gave: values by reading (None: not read) and the status of each service."""

    values: Mapping[str, Any]
    services: Mapping[str, ServiceStatus]
    errors: tuple[CloudError, ...]

    @property
    def complete(self) -> bool:
        """Whether all that exists was read (design/reading-a-cloud.md#unknown-is-not-zero)."""
        return not self.errors


Reader = Callable[[Service], Any]


def read_all(
    cloud: Cloud, readers: Mapping[str, tuple[str, Reader]], required: Collection[str] = ()
) -> Readings:
    """Run the readers in parallel, each on its service.

    Arguments: readers by a name of the reading: (service, function of that Service). required: services that
    the user named. A service that the catalog lacks has status absent and values of None, and is an error
    only where it is required (design/reading-a-cloud.md#unknown-is-not-zero); an error of one service leaves
    the others standing.
    """
    values: dict[str, Any] = dict.fromkeys(readers)
    failures: dict[str, list[CloudError]] = {}
    for service in required:
        if not cloud.offers(service):
            failures[service] = [cloud.absent(service)]
    with ThreadPoolExecutor(max_workers=PARALLEL_SERVICES) as pool:
        running = {
            name: (service, pool.submit(_read, cloud, service, reader))
            for name, (service, reader) in readers.items()
            if cloud.offers(service)
        }
        for name, (service, future) in running.items():
            try:
                values[name] = future.result()
            except CloudError as error:
                failures.setdefault(service, []).append(error)
    return Readings(
        values=values,
        services={
            service: _status(cloud.offers(service), failures.get(service, []))
            for service, _reader in readers.values()
        },
        errors=tuple(error for errors in failures.values() for error in errors),
    )


def _read(cloud: Cloud, service: str, reader: Reader) -> Any:
    return reader(cloud.service(service))


def _status(offered: bool, errors: list[CloudError]) -> ServiceStatus:
    if not offered:
        return ServiceStatus(ABSENT, None, "not in the catalog of this region")
    if errors:
        # One reading that broke for another reason may well be worth another try: then it is no mere matter
        # of permission.
        status = FORBIDDEN if all(isinstance(error, Forbidden) for error in errors) else ERROR
        message = " ".join(str(error).rstrip(".") + "." for error in errors)
        return ServiceStatus(status, errors[0].http_status, message)
    return ServiceStatus(OK, 200, None)


def raise_errors(errors: Sequence[FinopsError]) -> None:
    """Raise what was not read as one sentence after the other; nothing for none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(errors)
