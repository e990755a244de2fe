# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Where a service is: what the configuration says of it, else the token's catalog
(design/reading-a-cloud.md#catalog).

It sends nothing: a version that a catalog leaves out is known here, and never discovered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from .._core.errors import InvalidOption, Malformed
from .._core.visible_text import shortened
from .._core.web_address import is_web_address
from .login import CloudRegion

#: Our name of a service -> its official service type; older names for it are its aliases.
SERVICE_TYPES = {
    "compute": "compute",
    "block_storage": "block-storage",
    "network": "network",
    "object_storage": "object-store",
    "load_balancer": "load-balancer",
    "image": "image",
    "rating": "rating",
    "metric": "metric",
    "shared_file_system": "shared-file-system",
    "dns": "dns",
    "key_manager": "key-manager",
    "database": "database",
}
#: The version that our paths are written for: appended where the URL has none. Older ones that answer the
#: same are used where the configuration asks for them.
_VERSIONS = {
    "compute": ("v2.1",),
    "block_storage": ("v3", "v2"),
    "network": ("v2.0",),
    "load_balancer": ("v2.0",),
    "image": ("v2",),
    "shared_file_system": ("v2",),
    "dns": ("v2",),
    "key_manager": ("v1",),
    "database": ("v1.0",),
}
#: Our paths begin with a version, because there are two or the API has it so: a version of the URL is cut.
_VERSION_IN_PATH = {"rating": ("v1", "v2"), "metric": ("v1",)}
#: A URL without an account is of no use: nothing can be appended.
_ACCOUNT_IN_URL = {"object_storage": ("v1",)}
_READ_VERSIONS = {**_VERSIONS, **_VERSION_IN_PATH, **_ACCOUNT_IN_URL}
#: Cinder took no path without the project before 3.67, nor Manila before 2.60, and Trove takes none.
_PROJECT_IN_PATH = ("block_storage", "shared_file_system", "database")
#: A path segment that is a version; `vpc-network` is none.
_VERSION = re.compile(r"v\d+(\.\d+)?", re.ASCII)


def service_url(region: CloudRegion, access: Any, name: str, region_name: str | None) -> str | None:
    """The URL that the paths of a service are appended to, without a slash at its end; None where neither the
    configuration nor the catalog of that region has the service.

    Arguments: the login and its token, our name of the service, and the region. It is as the catalog has it
    where that is no URL: require_usable() says so. Raises InvalidOption for a configuration of another shape.
    """
    said = _said_of(region, name)
    version = _asked_version(said.version, name)
    if said.endpoint and region_name == (region.region_name or region_name):
        return _versioned(said.endpoint, name, version, access.project_id)
    url = next(_endpoints(said, access, SERVICE_TYPES[name], region_name), None)
    return None if url is None else _versioned(url, name, version, access.project_id)


def known_url(region: CloudRegion, access: Any, region_name: str | None, name: str) -> str | None:
    """service_url(), and None too where the configuration has another shape: who reports an error needs none
    more.
    """
    try:
        return service_url(region, access, name, region_name)
    except InvalidOption:
        return None


def require_usable(region: CloudRegion, name: str, url: str) -> None:
    """Raise InvalidOption for an API version of the configuration that is not read here, and Malformed
    for an endpoint that is no URL, has a secret of the login in it, or would have the token of an
    https login in clear.
    """
    said = _said_of(region, name)
    asked = said.version
    if asked is not None and _asked_version(asked, name) is None:
        known = " or ".join(_major(one) for one in _READ_VERSIONS[name])
        raise InvalidOption(
            f"{name}_api_version", f"is {shortened(asked, 40)}; what is read here is {known}."
        )
    if not is_web_address(url):
        raise Malformed(
            "the catalog", region.auth_url, f"the endpoint of {name.replace('_', ' ')} is not a URL"
        )
    if region.secrets.masked(url) != url:
        problem = f"the endpoint of {name.replace('_', ' ')} has a secret of the login in it"
        raise Malformed("the catalog", region.auth_url, problem)
    named_by_user = said.endpoint is not None
    encrypted = region.auth_url.lower().startswith("https:") and region.session.verify is not False
    if encrypted and url.startswith("http:") and not named_by_user:
        raise Malformed(
            "the catalog",
            region.auth_url,
            f"the login is encrypted and the endpoint of {name.replace('_', ' ')} is not, so the token would"
            " be sent in clear; have the catalog corrected, or set validate_certs to false to accept it",
        )


@dataclass(frozen=True)
class _Configured:
    """What options, files and environment say of a service, None for what they leave out. interfaces: in the
    order in which they are wanted.
    """

    version: str | None
    endpoint: str | None
    kind: str | None
    name: str | None
    interfaces: tuple[str, ...]


def _said_of(region: CloudRegion, name: str) -> _Configured:
    """Raises InvalidOption for what is no text: openstacksdk takes it as it stands in a file."""
    import openstack.exceptions

    try:
        said = _read(region, SERVICE_TYPES[name])
    except (
        openstack.exceptions.ConfigException,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise _no_text(name) from error
    texts = (said.version, said.endpoint, said.kind, said.name, *said.interfaces)
    if not all(one is None or isinstance(one, str) for one in texts):
        raise _no_text(name)
    return said


def _read(region: CloudRegion, kind: str) -> _Configured:
    configuration = region.configuration
    wanted = region.interface or configuration.get_interface(kind) or "public"
    version = configuration.get_api_version(kind)
    return _Configured(
        version=str(version) if isinstance(version, (int, float)) else version,
        endpoint=configuration.get_endpoint(kind),
        kind=configuration.get_service_type(kind),
        name=configuration.get_service_name(kind),
        interfaces=tuple(
            one.removesuffix("URL") for one in ([wanted] if isinstance(wanted, str) else wanted)
        ),
    )


def _no_text(name: str) -> InvalidOption:
    return InvalidOption(
        "cloud", f"has a setting of {name} that is no text; correct clouds.yaml, or the cloud of the task."
    )


def _endpoints(said: _Configured, access: Any, kind: str, region_name: str | None) -> Iterator[str]:
    """The URLs of a service in the region: those of its official type, then those of its aliases; of each,
    the interfaces in the order in which they are wanted.
    """
    import os_service_types

    kinds = [said.kind] if said.kind != kind else os_service_types.ServiceTypes().get_all_types(kind)
    services = access.service_catalog.normalize_catalog()
    for one in kinds:
        for interface in said.interfaces:
            for service in services:
                if service.get("type") != one or (said.name and service.get("name") != said.name):
                    continue
                for endpoint in service["endpoints"]:
                    here = region_name is None or endpoint.get("region_id") == region_name
                    if here and endpoint.get("interface") == interface and endpoint.get("url"):
                        yield endpoint["url"]


def _asked_version(asked: str | None, name: str) -> str | None:
    """The version that the configuration asks for, as the URL writes it; None where it asks for none that is
    read here.
    """
    major = (asked or "").partition(".")[0]
    return next((one for one in _READ_VERSIONS[name] if _major(one) == major), None)


def _major(version: str) -> str:
    return version.removeprefix("v").partition(".")[0]


def _versioned(url: str, name: str, asked: str | None, project_id: str) -> str:
    """The URL with the version that it lacks, or in another major version where one was asked for."""
    if not is_web_address(url):
        return url
    parts = urlsplit(url)
    segments = parts.path.rstrip("/").split("/")
    found = [number for number, segment in enumerate(segments) if _VERSION.fullmatch(segment)]
    if name in _VERSION_IN_PATH:
        segments = segments[:-1] if found and found[-1] == len(segments) - 1 else segments
    elif found:
        if asked and _major(segments[found[-1]]) != _major(asked):
            segments[found[-1]] = asked
    elif name in _VERSIONS:
        has_project = segments[-1] == project_id
        ends = [project_id] if has_project or name in _PROJECT_IN_PATH else []
        segments = [*(segments[:-1] if has_project else segments), asked or _VERSIONS[name][0], *ends]
    return urlunsplit((parts.scheme, parts.netloc, "/".join(segments), "", ""))
