# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One login: the user's options, clouds.yaml and environment become a token, its catalog and a session
(design/reading-a-cloud.md#login).

Only this file knows the SDK's configuration, and it sends nothing: access.py does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from .._core.bounded_http import ACCEPTED_ENCODINGS, DEFAULT_MAX_ANSWER_MB, AnswerLimit, bounded_adapter
from .._core.deadline import NO_DEADLINE, Deadline
from .._core.errors import LONGEST_PROBLEM, InvalidOption
from .._core.masking import Secrets
from .._core.visible_text import shortened
from .._core.web_address import is_web_address, passwords_in, without_user
from .auth_types import missing_file, require_credentials, scoped_to, without_discovery

DEFAULT_TIMEOUT_SECONDS = 60


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
    """The connection options as openstack.cloud names them; api_timeout in seconds, retries included,
    max_answer_mb in 10^6 bytes, decompressed. deadline: of all that the task asks, by every login of it.

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
    max_answer_mb: int | None = None
    project: str | None = None
    entry: Mapping[str, Any] | None = None
    provider: ProviderEnvironment | None = None
    deadline: Deadline = NO_DEADLINE


@dataclass(frozen=True)
class CloudRegion:
    """What the configuration resolved to. name: the cloud as named in clouds.yaml, None where options or
    environment gave it.

    interface: the one that a task names, None for what the configuration says of each service.
    configuration: the SDK's own CloudRegion, for what it says of single services. secrets: what no message
    may have in it. deadline: the task's.
    """

    name: str | None
    session: Any
    auth_url: str
    region_name: str | None
    interface: str | None
    timeout_seconds: float
    configuration: Any
    secrets: Secrets
    deadline: Deadline = NO_DEADLINE


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
    with _one_sentence():
        return _resolved(options, from_options, environment)


def _resolved(options: ConnectionOptions, from_options: bool, environment: Mapping[str, str]) -> CloudRegion:
    secrets = Secrets()
    region = _get_one(options, not from_options, secrets)
    secrets.remember_credentials(region.config["auth"])
    auth_url: str = region.config["auth"]["auth_url"]
    if not isinstance(auth_url, str) or not is_web_address(auth_url):
        raise InvalidOption("auth_url", "is not a URL; give one like https://identity.example.org/v3.")
    for password in passwords_in(auth_url):
        secrets.remember(password)
    timeout_seconds = _timeout_seconds(options, region.config)
    _require_certificates(region, auth_url, environment)
    return CloudRegion(
        name=None if from_options or region.name in ("envvars", "defaults", "") else region.name,
        session=region.get_session(),
        auth_url=without_user(auth_url),
        region_name=region.config.get("region_name") or None,
        interface=options.interface,
        timeout_seconds=timeout_seconds,
        configuration=region,
        secrets=secrets,
        deadline=options.deadline,
    )


def _auth_of(options: ConnectionOptions) -> Mapping[str, Any]:
    """Raises InvalidOption where `auth` of an entry is no dictionary."""
    entry = (options.entry or {}).get("auth") or {}
    if not isinstance(entry, Mapping):
        raise InvalidOption("cloud", "has an `auth` that is not a dictionary of credentials.")
    return {**entry, **(options.auth or {})}


def _timeout_seconds(options: ConnectionOptions, config: Mapping[str, Any]) -> float:
    given = options.api_timeout or config.get("api_timeout")
    if given is None:
        return float(DEFAULT_TIMEOUT_SECONDS)
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidOption("api_timeout", f"must be a number of seconds above zero, not {given!r}.")
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


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turns what openstacksdk raises for a configuration of another shape into InvalidOption: it checks none,
    and what it raises depends on where it looks first. A value of any length may be in what it says.
    """
    try:
        yield
    except InvalidOption as error:
        raise InvalidOption(error.option or "", shortened(error.problem, LONGEST_PROBLEM)) from error
    except (AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        raise InvalidOption(
            "cloud",
            "is not configured as openstacksdk reads it; in clouds.yaml, `clouds` has a dictionary for each"
            " cloud, and `auth` in it is a dictionary of credentials.",
        ) from error


def _get_one(options: ConnectionOptions, load_files: bool, secrets: Secrets) -> Any:
    """The SDK's CloudRegion. clouds.yaml is left out where auth is given and no cloud named: a lone cloud
    there would mix in.
    """
    import keystoneauth1.exceptions
    import keystoneauth1.session
    import openstack.exceptions
    import yaml
    from openstack.config import loader

    class Configuration(loader.OpenStackConfig):
        """The SDK's configuration with auth types that need no discovery."""

        def auth_config_hook(self, config: dict[str, Any]) -> dict[str, Any]:
            prepared = without_discovery(scoped_to(config, options.project), bool(options.project))
            require_credentials(prepared)
            return prepared

    class BoundedSession(keystoneauth1.session.Session):
        """keystoneauth's session, which trusts no answer more than it must."""

        def __init__(self, **given: Any) -> None:
            limit = AnswerLimit(options.max_answer_mb or DEFAULT_MAX_ANSWER_MB, "max_answer_mb")
            bounded = _bounded_session(secrets, limit, options.deadline)
            super().__init__(session=bounded, redirect=False, **given)

    configuration = None
    try:
        files: list[str] | None = None if load_files else []
        configuration = Configuration(
            files, secure_files=files, app_name="finops.cloud", session_constructor=BoundedSession
        )
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


def _known_clouds(configuration: Any) -> str:
    """What clouds.yaml has to choose from, as a sentence; nothing where no configuration could be read."""
    if configuration is None:
        return ""
    skipped = _skipped_files(configuration.config_filename)
    names = ", ".join(sorted(configuration.get_cloud_names()))
    if configuration.config_filename:
        return f" {configuration.config_filename} knows {names}.{skipped}{missing_file()}"
    return skipped or missing_file() or " No clouds.yaml was found."


def _skipped_files(read: str | None) -> str:
    """Sentences about the files before the one that was read: the SDK goes on past what it cannot read."""
    from openstack.config.loader import CONFIG_FILES

    told = []
    for path in (os.environ.get("OS_CLIENT_CONFIG_FILE") or "", *CONFIG_FILES):
        if path == read:
            break
        if os.path.isfile(path):
            told.append(f" {path} could not be read; it has to be valid YAML that this user may read.")
    return "".join(told)


def _bounded_session(secrets: Secrets, limit: AnswerLimit, deadline: Deadline) -> Any:
    """A requests.Session for one login, its federated requests included."""
    import requests
    from keystoneauth1.session import TCPKeepAliveAdapter

    session = requests.Session()
    session.headers["Accept-Encoding"] = ACCEPTED_ENCODINGS
    adapter = bounded_adapter(TCPKeepAliveAdapter, secrets, limit, deadline)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter())
    return session
