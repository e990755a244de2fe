# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever logs in with plain openstacksdk logs in here, and nothing else does
(design/reading-a-cloud.md#login).
"""

from __future__ import annotations

import base64
import json
import os
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._ansible.cloud_arguments import connection_options
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    FinopsError,
    InvalidOption,
    LoginFailed,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions, resolve

from ....conftest import Sandbox

USER = {"username": "PCU-DEMO001", "password": "only-for-the-sandbox"}
PROJECT = {"project_name": "PCP-DEMO001"}
DOMAINS = {"user_domain_name": "Default", "project_domain_name": "Default"}
PROJECT_DOMAIN = {"project_domain_id": "default"}
MEMBER = {**USER, **PROJECT, **DOMAINS}
APPLICATION = {
    "application_credential_id": "6f1d2c3b4a59487690817263544f3e2d",
    "application_credential_secret": "sandbox-application-secret",
}
PROVIDER = {
    "identity_provider": "sandbox",
    "protocol": "openid",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-client-secret",
    "access_token_type": "access_token",
}
REGION = {"region_name": "dc3-a"}


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no file of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("OS_", "INFOMANIAK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("openstack.config.loader.CONFIG_FILES", [str(tmp_path / "clouds.yaml")])
    monkeypatch.setattr("openstack.config.loader.SECURE_FILES", [str(tmp_path / "secure.yaml")])
    monkeypatch.setattr("openstack.config.loader.VENDOR_FILES", [str(tmp_path / "clouds-public.yaml")])


def access_token(sandbox: Sandbox) -> str:
    """What the identity provider gives to its client."""
    basic = base64.b64encode(b"sandbox-client:sandbox-client-secret").decode()
    request = urllib.request.Request(
        sandbox.state["url"] + "/identity-provider/token",
        data=b"grant_type=client_credentials",
        headers={"Authorization": f"Basic {basic}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["access_token"])


def logins(sandbox: Sandbox) -> dict[str, tuple[dict[str, Any], bool]]:
    """Every kind of login: its entry of clouds.yaml, and whether it gives a token for the project."""
    url, root = sandbox.state["auth_url"].removesuffix("/v3"), sandbox.state["url"]
    at, provided = {"auth_url": url}, f"{root}/identity-provider"
    endpoint = {"access_token_endpoint": f"{provided}/token"}
    discovered = {"discovery_endpoint": f"{provided}/.well-known/openid-configuration"}
    token = {"token": sandbox.token}
    federated = {**at, **PROVIDER, **PROJECT, **PROJECT_DOMAIN}
    cases: dict[str, tuple[str | None, dict[str, Any], bool]] = {
        "no type": (None, {**at, **MEMBER}, True),
        "password": ("password", {**at, **MEMBER}, True),
        "password, versioned URL": ("password", {"auth_url": f"{url}/v3/", **MEMBER}, True),
        "password, default domain": (
            "password", {**at, **USER, **PROJECT, "default_domain_name": "Default"}, True,
        ),
        "password, tenant": ("password", {**at, **USER, **DOMAINS, "tenant_name": "PCP-DEMO001"}, True),
        "password, no project": ("password", {**at, **USER, "user_domain_name": "Default"}, True),
        "password, wrong": ("password", {**at, **MEMBER, "password": "no"}, False),
        "password, other domain": ("password", {**at, **MEMBER, "user_domain_name": "no"}, False),
        "password, other project": ("password", {**at, **MEMBER, "project_name": "no"}, False),
        "token": ("token", {**at, **token, **PROJECT, **PROJECT_DOMAIN}, True),
        "token, by ID": ("token", {**at, **token, "project_id": sandbox.project_id}, True),
        "token, default domain": ("token", {**at, **token, **PROJECT, "default_domain_id": "default"}, True),
        "token, no domain": ("token", {**at, **token, **PROJECT}, False),
        "token, wrong": ("token", {**at, "token": "no", **PROJECT, **PROJECT_DOMAIN}, False),
        "v3password": ("v3password", {"auth_url": f"{url}/v3", **MEMBER}, True),
        "v3token": ("v3token", {"auth_url": f"{url}/v3", **token, **PROJECT, **PROJECT_DOMAIN}, True),
        "v3applicationcredential": (
            "v3applicationcredential", {"auth_url": f"{url}/v3", **APPLICATION}, True,
        ),
        "v3applicationcredential, wrong": (
            "v3applicationcredential",
            {"auth_url": f"{url}/v3", **APPLICATION, "application_credential_secret": "no"},
            False,
        ),
        "v3oidcpassword": ("v3oidcpassword", {**federated, **endpoint, **USER}, True),
        "v3oidcpassword, discovered": ("v3oidcpassword", {**federated, **discovered, **USER}, True),
        "v3oidcpassword, wrong": (
            "v3oidcpassword", {**federated, **endpoint, **USER, "password": "no"}, False,
        ),
        "v3oidcpassword, no domain": (
            "v3oidcpassword", {**at, **PROVIDER, **PROJECT, **endpoint, **USER}, False,
        ),
        "v3oidcpassword, no endpoint": ("v3oidcpassword", {**federated, **USER}, False),
        "v3oidcpassword, other provider": (
            "v3oidcpassword", {**federated, **endpoint, **USER, "identity_provider": "no"}, False,
        ),
        "v3oidcclientcredentials": ("v3oidcclientcredentials", {**federated, **endpoint}, True),
        "v3oidcclientcredentials, wrong": (
            "v3oidcclientcredentials", {**federated, **endpoint, "client_secret": "no"}, False,
        ),
        "v3oidcaccesstoken": (
            "v3oidcaccesstoken",
            {
                **at, **PROJECT, **PROJECT_DOMAIN,
                "identity_provider": "sandbox", "protocol": "openid", "access_token": access_token(sandbox),
            },
            True,
        ),
        "v3oidcaccesstoken, wrong": (
            "v3oidcaccesstoken",
            {
                **at, **PROJECT, **PROJECT_DOMAIN,
                "identity_provider": "sandbox", "protocol": "openid", "access_token": "no",
            },
            False,
        ),
        "v3multifactor": ("v3multifactor", {"auth_url": f"{url}/v3", **MEMBER}, True),
        "v3totp": (
            "v3totp",
            {"auth_url": f"{url}/v3", "username": "PCU-DEMO001", "passcode": "1", **PROJECT, **DOMAINS},
            False,
        ),
        "none": ("none", {"endpoint": root}, False),
        "admin_token": ("admin_token", {"endpoint": root, "token": sandbox.token}, False),
        "http_basic": ("http_basic", {"endpoint": root, **USER}, False),
        "no such type": ("carrier_pigeon", {**at, **MEMBER}, False),
        "a foreign entry": ("v3token", {**at, **token, **PROJECT, **PROJECT_DOMAIN, "color": "red"}, False),
    }  # fmt: skip
    return {
        name: (
            {
                **REGION,
                "auth": auth,
                **({"auth_type": kind} if kind else {}),
                **({"auth_methods": ["v3password"]} if kind == "v3multifactor" else {}),
            },
            lets_in,
        )
        for name, (kind, auth, lets_in) in cases.items()
    }


SOURCES = ("clouds.yaml", "secure file", "environment", "vendor profile", "dictionary")


def prepared(
    source: str, entry: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Put the entry where that source has it: what plain openstacksdk is called with, and a task."""
    clouds, auth = tmp_path / "clouds.yaml", entry["auth"]
    if source == "environment":
        methods = entry.get("auth_methods")
        flat = {**entry, **auth, **({"auth_methods": ",".join(methods)} if methods else {})}
        for name, value in flat.items():
            if name != "auth":
                monkeypatch.setenv(f"OS_{name.upper()}", value)
        return {}, {}
    if source == "dictionary":
        return entry, {"cloud": entry}
    rest: dict[str, Any] = {"auth": auth}
    if source == "vendor profile":
        shared = {name: value for name, value in auth.items() if name in ("auth_url", "endpoint")}
        vendor = {**entry, "auth": shared}
        (tmp_path / "clouds-public.yaml").write_text(yaml.safe_dump({"public-clouds": {"vendor": vendor}}))
        rest = {"profile": "vendor", "auth": {name: auth[name] for name in auth.keys() - shared.keys()}}
    elif source == "secure file":
        secret = {
            name: auth[name] for name in auth if name.endswith(("password", "secret", "token", "passcode"))
        }
        (tmp_path / "secure.yaml").write_text(yaml.safe_dump({"clouds": {"mine": {"auth": secret}}}))
        rest = {**entry, "auth": {name: auth[name] for name in auth.keys() - secret.keys()}}
    else:
        rest = entry
    clouds.write_text(yaml.safe_dump({"clouds": {"mine": rest, "another": {"auth": {}}}}))
    return {"cloud": "mine"}, {"cloud": "mine"}


def params(**given: Any) -> dict[str, Any]:
    """A task's options, as the argument spec fills them."""
    names = (
        "cloud", "auth", "auth_type", "region_name", "interface", "validate_certs", "ca_cert", "client_cert",
        "client_key", "api_timeout", "max_answer_mb", "task_timeout",
    )  # fmt: skip
    return {**dict.fromkeys(names), **given}


def plain_project(given: dict[str, Any]) -> str | None:
    """The project of the token that plain openstacksdk gets; None where it gets none."""
    from openstack.config import OpenStackConfig

    try:
        session = OpenStackConfig().get_one(**given).get_session()
        found: str | None = session.auth.get_access(session).project_id
    except Exception:  # noqa: BLE001 - it refuses in many ways, tracebacks among them.
        return None
    return found


def our_project(given: dict[str, Any]) -> str | None:
    """The project of the token that a task gets; None where it is told in one sentence why there is none."""
    try:
        return Cloud(connection_options(params(**given))).identity.project_id
    except FinopsError as error:
        refused = str(error)
    assert "\n" not in refused
    return None


CASES = (
    "no type", "password", "password, versioned URL", "password, default domain", "password, tenant",
    "password, no project", "password, wrong", "password, other domain", "password, other project", "token",
    "token, by ID",
    "token, default domain", "token, no domain", "token, wrong", "v3password", "v3token",
    "v3applicationcredential", "v3applicationcredential, wrong", "v3oidcpassword",
    "v3oidcpassword, discovered", "v3oidcpassword, wrong", "v3oidcpassword, no domain",
    "v3oidcpassword, no endpoint",
    "v3oidcpassword, other provider", "v3oidcclientcredentials", "v3oidcclientcredentials, wrong",
    "v3oidcaccesstoken", "v3oidcaccesstoken, wrong", "v3multifactor", "v3totp", "none", "admin_token",
    "http_basic", "no such type", "a foreign entry",
)  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", CASES)
def test_a_task_logs_in_exactly_where_plain_openstacksdk_does(
    case: str, source: str, drilled: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, lets_in = logins(drilled)[case]
    if case == "a foreign entry" and source == "environment":
        # A variable that no login type takes is nobody's.
        lets_in = True
    plain, task = prepared(source, entry, tmp_path, monkeypatch)
    expected = drilled.project_id if lets_in else None
    assert plain_project(plain) == expected
    drilled.ask("DELETE", "/sandbox/requests")
    assert our_project(task) == expected
    told = drilled.ask("GET", "/sandbox/requests").body
    assert told["discovery"] == 0
    assert told["token"] <= 1


def test_every_kind_of_login_is_in_the_table(drilled: Sandbox) -> None:
    assert tuple(logins(drilled)) == CASES


def test_a_password_without_any_domain_is_of_the_default_one(drilled: Sandbox) -> None:
    auth = {"auth_url": drilled.state["auth_url"], **USER, **PROJECT}
    assert our_project({"auth": auth, "region_name": "dc3-a"}) == drilled.project_id


def test_options_stand_over_a_dictionary_and_over_the_environment(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = {"auth_url": drilled.state["auth_url"], **MEMBER, "password": "no"}
    assert our_project({"cloud": {"auth": auth, **REGION}}) is None
    right = {"password": USER["password"]}
    assert our_project({"cloud": {"auth": auth, **REGION}, "auth": right}) == drilled.project_id
    for name, value in auth.items():
        monkeypatch.setenv(f"OS_{name.upper()}", value)
    monkeypatch.setenv("OS_PASSWORD", USER["password"])
    assert our_project({"region_name": "dc3-a"}) == drilled.project_id


def test_options_complete_the_cloud_that_is_named(
    drilled: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the task or by OS_CLOUD alone; another cloud of the file is not asked."""
    at = {"auth_url": drilled.state["auth_url"], **MEMBER, "password": "no"}
    other = {"auth": {**at, "auth_url": "http://127.0.0.1:9"}}
    entries = {"clouds": {"a": other, "mine": {"auth": at, **REGION}}}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump(entries))
    right = {"password": USER["password"]}
    assert our_project({"cloud": "mine"}) is None
    assert our_project({"cloud": "mine", "auth": right}) == drilled.project_id
    monkeypatch.setenv("OS_CLOUD", "mine")
    assert our_project({"auth": right}) == drilled.project_id
    assert resolve(connection_options(params(auth=right))).name == "mine"


def test_a_lone_cloud_of_a_file_is_not_mixed_into_given_credentials(
    drilled: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"clouds": {"a": {"region_name": "elsewhere"}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "mine.yaml"))
    assert our_project({"auth": {"auth_url": drilled.state["auth_url"], **MEMBER}}) == drilled.project_id


def test_a_configuration_file_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "nowhere.yaml"))
    for options in (ConnectionOptions(), ConnectionOptions(cloud="mine")):
        with pytest.raises(
            InvalidOption, match=r"OS_CLIENT_CONFIG_FILE names .*nowhere.yaml, which does not exist"
        ):
            resolve(options)


@pytest.mark.parametrize("text", ["clouds: [", "clouds:\n\tmine: {}\n"])
def test_a_configuration_file_that_is_no_yaml_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "mine.yaml"))
    with pytest.raises(InvalidOption, match=r"mine\.yaml could not be read; it has to be valid YAML") as told:
        resolve(ConnectionOptions(cloud="mine"))
    assert "was found" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "variables", "named"),
    [
        ({"ca_cert": "/nowhere/ca.pem"}, {}, "ca_cert"),
        ({}, {"OS_CACERT": "/nowhere/ca.pem"}, "ca_cert"),
        ({}, {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem"}, "REQUESTS_CA_BUNDLE"),
        ({}, {"OS_VERIFY": "/nowhere/ca.pem"}, "verify"),
        ({"client_cert": "/nowhere/ca.pem"}, {}, "client_cert"),
    ],
)
def test_a_certificate_file_that_is_not_there_is_one_sentence(
    options: dict[str, str], variables: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**variables, "OS_AUTH_URL": "https://keystone.example.org:5000"}.items():
        monkeypatch.setenv(name, value)
    for name, value in MEMBER.items():
        monkeypatch.setenv(f"OS_{name.upper()}", value)
    with pytest.raises(InvalidOption, match=f"^{named}: names /nowhere/ca.pem, which does not exist"):
        resolve(ConnectionOptions(**options))


def test_the_configuration_s_timeout_counts_where_the_task_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**MEMBER, "auth_url": "https://keystone.example.org", "api_timeout": "7"}.items():
        monkeypatch.setenv(f"OS_{name.upper()}", value)
    assert resolve(ConnectionOptions()).timeout_seconds == 7
    assert resolve(ConnectionOptions(api_timeout=3)).timeout_seconds == 3
    monkeypatch.setenv("OS_API_TIMEOUT", "soon")
    with pytest.raises(InvalidOption, match="^api_timeout: must be a number of seconds"):
        resolve(ConnectionOptions())


@pytest.mark.parametrize("told", [{"OS_INSECURE": "true"}, {"OS_VERIFY": "false"}, {"insecure": True}])
def test_a_task_that_verifies_certificates_does_so_whatever_else_is_said(
    told: dict[str, Any], drilled: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox's certificate is its own: nobody vouches for it."""
    entry = {"auth": {"auth_url": f"https://{drilled.state['vergeos']['host']}/identity", **MEMBER}, **REGION}
    options: dict[str, Any] = {"api_timeout": 2, "validate_certs": True}
    if "insecure" in told:
        (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": {**entry, **told}}}))
        options["cloud"] = "mine"
    else:
        for name, value in {**entry["auth"], **REGION}.items():
            monkeypatch.setenv(f"OS_{name.upper()}", value)
        for name, value in told.items():
            monkeypatch.setenv(name, value)
    drilled.ask("DELETE", "/sandbox/requests")
    with pytest.raises(LoginFailed, match="the certificate was not accepted"):
        Cloud(ConnectionOptions(**options))
    assert drilled.ask("GET", "/sandbox/requests").body["token"] == 0
    trusted = {**options, "ca_cert": drilled.state["vergeos"]["ca_cert"]}
    assert Cloud(ConnectionOptions(**trusted)).identity.project_id == drilled.project_id
    unverified = {**options, "validate_certs": False}
    assert Cloud(ConnectionOptions(**unverified)).identity.project_id == drilled.project_id


@pytest.mark.parametrize("by", ["the task", "OS_CLOUD"])
def test_a_named_cloud_stands_over_the_provider_s_variables(
    by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the provider's credential exported still asks the cloud that is named, as its user there."""
    at = {"auth_url": "https://keystone.example.org/v3", **MEMBER}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": {"auth": at, **REGION}}}))
    monkeypatch.setenv("INFOMANIAK_APP_CREDENTIAL_ID", "id")
    monkeypatch.setenv("INFOMANIAK_APP_CREDENTIAL_SECRET", "s")
    if by == "OS_CLOUD":
        monkeypatch.setenv("OS_CLOUD", "mine")
    options = connection_options(params(**({"cloud": "mine"} if by == "the task" else {})))
    assert options.provider is not None
    region = resolve(options)
    assert (region.name, region.auth_url, region.region_name) == ("mine", at["auth_url"], "dc3-a")
    auth = region.configuration.config["auth"]
    assert (auth["username"], auth.get("application_credential_id")) == ("PCU-DEMO001", None)


@pytest.mark.parametrize("kind", ["password", "application credential"])
def test_an_openrc_as_horizon_writes_it_logs_in(
    kind: str, drilled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sourced: every variable that the file exports, a project's ID beside its name among them."""
    shared = {
        "OS_AUTH_URL": drilled.state["auth_url"],
        "OS_IDENTITY_API_VERSION": "3",
        "OS_REGION_NAME": "dc3-a",
        "OS_INTERFACE": "public",
    }
    own = {
        "password": {
            "OS_PROJECT_ID": drilled.project_id,
            "OS_PROJECT_NAME": "PCP-DEMO001",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_ID": "default",
            "OS_USERNAME": USER["username"],
            "OS_PASSWORD": USER["password"],
        },
        "application credential": {
            "OS_AUTH_TYPE": "v3applicationcredential",
            "OS_APPLICATION_CREDENTIAL_ID": APPLICATION["application_credential_id"],
            "OS_APPLICATION_CREDENTIAL_SECRET": APPLICATION["application_credential_secret"],
        },
    }
    for name, value in {**shared, **own[kind]}.items():
        monkeypatch.setenv(name, value)
    assert plain_project({}) == our_project({}) == drilled.project_id
