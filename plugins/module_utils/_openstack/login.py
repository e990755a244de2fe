# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One login: the user's options, clouds.yaml and environment become a token, its catalog and a session
(design/reading-a-cloud.md#login).

Only this file knows the SDK's configuration, and it sends nothing: access.py does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import InvalidOption

DEFAULT_TIMEOUT_SECONDS = 60

#: The generic plugins ask the identity service for its versions first; their v3 variants do not.
_V3_VARIANT = {"password": "v3password", "token": "v3token"}
#: What only the generic plugins take: in their v3 variants it has become the user's and the project's domain.
_GENERIC_ONLY = ("default_domain_id", "default_domain_name", "default_domain")
#: Login types without a token: nothing would tell the project and its services.
_WITHOUT_TOKEN = ("none", "None", "admin_token", "token_endpoint", "http_basic", "v3tokenlessauth")
#: Its options depend on its methods; the SDK collects them itself.
_OPEN_ENDED = ("v3multifactor",)
#: What each needs, and what replaces it.
_NEEDED = {
    "v3password": (("username", "user_id"), ("password", "password")),
    "v3token": (("token", "token"),),
    "v3applicationcredential": (
        ("application_credential_id", "application_credential_name"),
        ("application_credential_secret", "application_credential_secret"),
    ),
}
#: Keystone makes IDs of projects from UUIDs, with or without dashes.
_PROJECT_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True)
class ProviderEnvironment:
    """The environment variables in which a provider's users keep an application credential, by name.

    default_auth_url: where the provider's cloud is, unless the variable auth_url says otherwise.
    """

    credential_id: str
    secret: str
    region: str
    auth_url: str
    default_auth_url: str


@dataclass(frozen=True)
class ConnectionOptions:
    """The connection options as openstack.cloud names them; api_timeout in seconds, retries included.

    None overrules nothing: then clouds.yaml or the environment says it. entry: a dictionary like an entry of
    clouds.yaml, by the names there, beneath the other options. project: the name or ID of another project of
    the same user to log in to, None for the one that the credentials name. provider: whose environment
    variables count where nothing else names a cloud.
    """

    cloud: str | None = None
    auth: Mapping[str, Any] | None = None
    auth_type: str | None = None
    region_name: str | None = None
    interface: str | None = None
    validate_certs: bool | None = None
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    api_timeout: int | None = None
    project: str | None = None
    entry: Mapping[str, Any] | None = None
    provider: ProviderEnvironment | None = None


@dataclass(frozen=True)
class CloudRegion:
    """What the configuration resolved to. name: the cloud as named in clouds.yaml, None where options or
    environment gave it.

    interface: the one that a task names, None for what the configuration says of each service.
    configuration: the SDK's own CloudRegion, for what it says of single services.
    """

    name: str | None
    session: Any
    auth_url: str
    region_name: str | None
    interface: str | None
    timeout_seconds: float
    configuration: Any


def resolve(options: ConnectionOptions, environment: Mapping[str, str] | None = None) -> CloudRegion:
    """The session to log in with; sends nothing.

    Arguments: the options, and the environment (the process's own where None). Raises InvalidOption for an
    unknown cloud name, an unreadable clouds.yaml, missing credentials, an unknown auth_type, or a certificate
    file that does not exist.
    """
    environment = os.environ if environment is None else environment
    options = _with_provider_environment(options, environment)
    named = options.cloud or environment.get("OS_CLOUD")
    from_options = bool(_auth_of(options)) and not named
    region = _get_one(options, load_files=not from_options)
    auth_url: str = region.config["auth"]["auth_url"]
    timeout_seconds = _timeout_seconds(options, region.config)
    _require_certificates(region, auth_url, environment)
    return CloudRegion(
        name=None if from_options or region.name in ("envvars", "defaults", "") else region.name,
        session=region.get_session(),
        auth_url=auth_url,
        region_name=region.config.get("region_name") or None,
        interface=options.interface,
        timeout_seconds=timeout_seconds,
        configuration=region,
    )


def _auth_of(options: ConnectionOptions) -> Mapping[str, Any]:
    return {**((options.entry or {}).get("auth") or {}), **(options.auth or {})}


def _timeout_seconds(options: ConnectionOptions, config: Mapping[str, Any]) -> float:
    told = options.api_timeout or config.get("api_timeout")
    if told is None:
        return float(DEFAULT_TIMEOUT_SECONDS)
    try:
        seconds = float(told)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidOption("api_timeout", f"is in seconds, above zero, not {told!r}.")
    return seconds


def _require_certificates(region: Any, auth_url: str, environment: Mapping[str, str]) -> None:
    """Raise InvalidOption for a certificate file that is not there, where a login needs it."""
    if not auth_url.lower().startswith("https:"):
        return
    verify, client = region.get_requests_verify_args()
    if verify is True:
        named = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        from_environment = next((name for name in named if environment.get(name)), None)
        files = {from_environment: environment[from_environment]} if from_environment else {}
    else:
        files = {"ca_cert" if region.config.get("cacert") else "verify": verify} if verify else {}
    pair = (client,) if isinstance(client, str) else client or ()
    for name, path in [*files.items(), *zip(("client_cert", "client_key"), pair, strict=False)]:
        if not os.path.exists(path):
            raise InvalidOption(
                name, f"names {path}, which does not exist; give the path of a certificate file."
            )


def _require_credentials(config: Mapping[str, Any]) -> None:
    """Raise InvalidOption for what a login cannot do without: keystoneauth would fail on it without saying
    so.
    """
    auth = config.get("auth", {})
    if not auth.get("auth_url"):
        raise InvalidOption(
            "cloud",
            "no cloud is named and no auth_url given; set cloud (a name of clouds.yaml), auth, OS_CLOUD or"
            f" OS_AUTH_URL.{_missing_file()}",
        )
    for name, instead in _NEEDED.get(config.get("auth_type", ""), ()):
        if not auth.get(name) and not auth.get(instead):
            raise InvalidOption(
                "auth",
                f"misses {name}; give it in auth, in clouds.yaml or as OS_{name.upper()} in the environment.",
            )


def _with_provider_environment(
    options: ConnectionOptions, environment: Mapping[str, str]
) -> ConnectionOptions:
    """The provider's application credential as auth, where neither options nor OS_* name a cloud; only then
    the provider's URL is the default.
    """
    names = options.provider
    named = any(environment.get(name) for name in ("OS_CLOUD", "OS_AUTH_URL"))
    if names is None or named or options.cloud or _auth_of(options):
        return options
    credential, secret = environment.get(names.credential_id), environment.get(names.secret)
    if not credential:
        return options
    if not secret:
        raise InvalidOption(names.secret, f"is not set although {names.credential_id} is; both are needed.")
    auth = {
        "auth_url": environment.get(names.auth_url) or names.default_auth_url,
        "application_credential_id": credential,
        "application_credential_secret": secret,
    }
    region = options.region_name or environment.get(names.region)
    return replace(options, auth=auth, region_name=region)


def _chosen(options: ConnectionOptions) -> dict[str, Any]:
    """What the task says, by the SDK's names: its options over its entry; what it leaves out is left out.

    Verified means verified, whatever OS_INSECURE or `insecure` of a file say
    (design/reading-a-cloud.md#login).
    """
    given = {
        "auth": dict(_auth_of(options)) or None,
        "auth_type": options.auth_type,
        "region_name": options.region_name,
        "interface": options.interface,
        "verify": options.validate_certs,
        "insecure": None if options.validate_certs is None else not options.validate_certs,
        "cacert": options.ca_cert,
        "cert": options.client_cert,
        "key": options.client_key,
    }
    return {**(options.entry or {}), **{key: value for key, value in given.items() if value is not None}}


def _get_one(options: ConnectionOptions, load_files: bool) -> Any:
    """The SDK's CloudRegion. clouds.yaml is left out where auth is given and no cloud named: a lone cloud
    there would mix in.
    """
    import keystoneauth1.exceptions
    import openstack.exceptions
    import yaml
    from openstack.config import loader

    class Configuration(loader.OpenStackConfig):
        """The SDK's configuration with auth types that need no discovery."""

        def auth_config_hook(self, config: dict[str, Any]) -> dict[str, Any]:
            prepared = without_discovery(scoped_to(config, options.project), bool(options.project))
            _require_credentials(prepared)
            return prepared

    configuration = None
    try:
        files: list[str] | None = None if load_files else []
        configuration = Configuration(files, secure_files=files, app_name="finops.cloud")
        cloud = options.cloud
        if not load_files:
            # OS_CLIENT_CONFIG_FILE is read all the same: a lone cloud there is not meant.
            known = configuration.cloud_config["clouds"]
            cloud = configuration.envvar_key if configuration.envvar_key in known else ""
        return configuration.get_one(cloud=cloud, **_chosen(options))
    except openstack.exceptions.ConfigException as error:
        problem = str(error).rstrip(".")
        if problem.startswith("Region "):
            raise InvalidOption("region_name", f"{problem}.") from error
        raise InvalidOption("cloud", f"{problem}.{_known_clouds(configuration)}") from error
    except yaml.YAMLError as error:
        raise InvalidOption("clouds.yaml", "is not valid YAML; check it with any YAML linter.") from error
    except keystoneauth1.exceptions.MissingRequiredOptions as error:
        missing = ", ".join(option.dest for option in error.options)
        raise InvalidOption(
            "auth", f"misses {missing}; give it in auth, in clouds.yaml or as OS_* in the environment."
        ) from error
    except keystoneauth1.exceptions.OptionError as error:
        raise InvalidOption("auth", str(error)) from error
    except keystoneauth1.exceptions.NoMatchingPlugin as error:
        raise InvalidOption(
            "auth_type",
            f"{error.name} is not an authentication type; use password, token or v3applicationcredential.",
        ) from error


def scoped_to(config: dict[str, Any], project: str | None) -> dict[str, Any]:
    """The configuration with that project instead of its own, by ID where it looks like one; None leaves it.

    Raises InvalidOption for an application credential: Keystone binds it to the project that it was made in.
    """
    if project is None:
        return config
    auth = config.setdefault("auth", {})
    bound = config.get("auth_type") == "v3applicationcredential"
    if bound or any(auth.get(f"application_credential_{key}") for key in ("id", "name")):
        raise InvalidOption(
            "projects",
            "an application credential is bound to one project; log in with a password or a token, or name"
            " no projects.",
        )
    for key in ("project_id", "project_name"):
        auth.pop(key, None)
    auth["project_id" if _PROJECT_ID.fullmatch(project) else "project_name"] = project
    return config


def _known_clouds(configuration: Any) -> str:
    """What clouds.yaml has to choose from, as a sentence; nothing where no configuration could be read."""
    if configuration is None:
        return ""
    names = ", ".join(sorted(configuration.get_cloud_names()))
    if configuration.config_filename:
        return f" {configuration.config_filename} knows {names}.{_missing_file()}"
    return _missing_file() or " No clouds.yaml was found."


def _missing_file() -> str:
    """A sentence about the file that OS_CLIENT_CONFIG_FILE names, where there is none."""
    path = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if not path or os.path.exists(path):
        return ""
    return f" OS_CLIENT_CONFIG_FILE names {path}, which does not exist."


def without_discovery(config: dict[str, Any], takes_projects: bool = False) -> dict[str, Any]:
    """The configuration with the v3 variant of its auth type, /v3 on the auth URL and, of a password, a
    default domain, so that login is one request.

    takes_projects: whether the task named the project; then its domain has a default for every auth type.
    Raises InvalidOption for an auth type without a token, and for what an auth type does not take.
    """
    auth = config.setdefault("auth", {})
    auth_type = config.get("auth_type") or "password"
    if auth_type in _WITHOUT_TOKEN:
        raise InvalidOption(
            "auth_type",
            f"{auth_type} gives no token, so nothing tells the project and its services; use password, token"
            " or v3applicationcredential.",
        )
    if auth.get("application_credential_id") or auth.get("application_credential_name"):
        auth_type = "v3applicationcredential" if auth_type in ("password", "v3password") else auth_type
    config["auth_type"] = _V3_VARIANT.get(auth_type, auth_type)
    _gather(config)
    if not config["auth_type"].startswith("v3"):
        return config
    url = (auth.get("auth_url") or "").rstrip("/")
    if url and url.rsplit("/", 1)[-1] not in ("v3", "v2.0"):
        url += "/v3"
    if url:
        auth["auth_url"] = url
    _fill_domains(config, takes_projects)
    return config


def _fill_domains(config: dict[str, Any], takes_projects: bool) -> None:
    """The default domain that was given, as the generic types do it; of a password, else `default`."""
    auth, auth_type = config["auth"], config["auth_type"]
    identifier, name, either = (auth.pop(key, None) or config.get(key) for key in _GENERIC_ONLY)
    generic = auth_type in _V3_VARIANT.values()
    owners = {"project": "project_name"} if generic or takes_projects else {}
    if auth_type == "v3password":
        owners["user"] = "username"
    if auth_type == "v3password" or takes_projects:
        identifier = identifier or either or "default"
    if not name and not identifier:
        return
    for owner, named in owners.items():
        if auth.get(named) and not auth.get(f"{owner}_domain_id") and not auth.get(f"{owner}_domain_name"):
            auth[f"{owner}_domain_name" if name else f"{owner}_domain_id"] = name or identifier


def _gather(config: dict[str, Any]) -> None:
    """Move what the auth type takes from beside `auth` into it: there a sourced openrc has it.

    The SDK does the same, but only behind the hook that this runs in. Raises InvalidOption for an entry of
    `auth` that the auth type does not take.
    """
    from keystoneauth1 import loading

    auth_type, auth = config["auth_type"], config["auth"]
    if auth_type in _OPEN_ENDED:
        names = {"auth_url"}
    else:
        options = loading.get_plugin_loader(auth_type).get_options()
        names = {one.name.replace("-", "_") for option in options for one in (option, *option.deprecated)}
        names |= {option.dest for option in options}
        unknown = sorted(set(auth) - names - set(_GENERIC_ONLY))
        if unknown:
            raise InvalidOption(
                "auth", f"has {', '.join(unknown)}, which auth_type {auth_type} does not take."
            )
    for name in names:
        if not auth.get(name) and config.get(name):
            auth[name] = config.pop(name)
