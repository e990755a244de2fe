# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud, a VergeOS and a PostgreSQL that let in by secrets of this test alone, and every way to log in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import yaml

from ..conftest import FILES, Sandbox
from .scan import Secret

_NAMES = {"username": "PCU-DEMO001", "project_name": "PCP-DEMO001"}
_DOMAINS = {"user_domain_name": "Default", "project_domain_name": "Default"}
_REGION = "dc3-a"


@dataclass(frozen=True)
class Secrets:
    """What lets in: to the cloud, its identity provider, the VergeOS and the ledger. Each is used for that
    alone.
    """

    password: Secret
    application: Secret
    client: Secret
    vergeos_password: Secret
    vergeos_token: Secret
    ledger: Secret


@dataclass(frozen=True)
class Login:
    """How a user gives a login: the defaults of a play's modules, or the environment. files: what the
    environment names, by name, as text or as what is written as YAML.
    """

    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)

    def written_to(self, folder: Path) -> dict[str, str]:
        """The environment, with its files below the folder, whose path stands for `{folder}`."""
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            text = content if isinstance(content, str) else yaml.safe_dump(content)
            (folder / name).write_text(text)
        return {name: value.replace("{folder}", str(folder)) for name, value in self.environment.items()}


def scenario(secrets: Secrets) -> dict[str, Any]:
    """The sandbox's default scenario, which knows these secrets."""
    whole: dict[str, Any] = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    whole["project"]["password"] = secrets.password.text
    whole["application_credential"]["secret"] = secrets.application.text
    whole["identity_provider"]["client_secret"] = secrets.client.text
    whole["vergeos"] |= {"password": secrets.vergeos_password.text, "token": secrets.vergeos_token.text}
    return whole


def cloud_logins(sandbox: Sandbox, secrets: Secrets) -> dict[str, Login]:
    """Every way to log in to the cloud."""
    root = sandbox.state["url"]
    auth_url = {"auth_url": f"{root}/identity"}
    password = {**auth_url, **_NAMES, **_DOMAINS, "password": secrets.password.text}
    credential = json.loads(json.dumps(scenario(secrets)["application_credential"]))
    application = {
        **auth_url,
        "application_credential_id": credential["id"],
        "application_credential_secret": credential["secret"],
    }
    scope = {"project_name": _NAMES["project_name"], "project_domain_name": "Default"}
    federated = {
        **auth_url,
        **scope,
        "identity_provider": "sandbox",
        "protocol": "openid",
        "client_id": "sandbox-client",
        "client_secret": secrets.client.text,
        "access_token_endpoint": f"{root}/identity-provider/token",
    }
    public = {name: value for name, value in password.items() if name != "password"}
    return {
        "password": _of_options(auth=password, region_name=_REGION),
        "token": _of_options(auth={**auth_url, **scope, "token": sandbox.token}, auth_type="token"),
        "application credential": _of_options(auth=application, auth_type="v3applicationcredential"),
        "OpenID Connect": _of_options(auth=federated, auth_type="v3oidcclientcredentials"),
        "entry in place": _of_options(cloud={"auth": password, "region_name": _REGION}),
        "clouds.yaml and secure.yaml": Login(
            {"cloud_login": {"cloud": "sandbox"}},
            {
                "OS_CLIENT_CONFIG_FILE": "{folder}/clouds.yaml",
                "OS_CLIENT_SECURE_FILE": "{folder}/secure.yaml",
            },
            {
                "clouds.yaml": {"clouds": {"sandbox": {"auth": public, "region_name": _REGION}}},
                "secure.yaml": {"clouds": {"sandbox": {"auth": {"password": secrets.password.text}}}},
            },
        ),
        "openrc": Login(
            {"cloud_login": {}},
            {f"OS_{name.upper()}": value for name, value in {**password, "region_name": _REGION}.items()},
        ),
        "INFOMANIAK": Login(
            {"cloud_login": {}},
            {
                "INFOMANIAK_APP_CREDENTIAL_AUTH_URL": auth_url["auth_url"],
                "INFOMANIAK_APP_CREDENTIAL_ID": credential["id"],
                "INFOMANIAK_APP_CREDENTIAL_SECRET": credential["secret"],
                "INFOMANIAK_APP_CREDENTIAL_REGION": _REGION,
            },
        ),
    }


def _of_options(**options: Any) -> Login:
    return Login({"cloud_login": options})


def vergeos_logins(sandbox: Sandbox) -> dict[str, Login]:
    """Every way to log in to the VergeOS."""
    system = sandbox.state["vergeos"]
    where = {"host": system["host"], "ca_cert": system["ca_cert"]}
    login = {"username": system["username"], "password": system["password"]}
    ca_cert = {"ca_cert": system["ca_cert"]}
    variables = {
        "VERGEOS_HOST": system["host"],
        "VERGEOS_USERNAME": login["username"],
        "VERGEOS_PASSWORD": login["password"],
    }
    return {
        "password": Login({"vergeos_login": {**where, **login}}),
        "token": Login({"vergeos_login": {**where, "token": system["token"]}}),
        "VERGEOS": Login({"vergeos_login": ca_cert}, variables),
        "VERGE_TOKEN": Login(
            {"vergeos_login": ca_cert}, {"VERGE_HOST": system["host"], "VERGE_TOKEN": system["token"]}
        ),
    }


def ledger_logins(url: str, secrets: Secrets) -> dict[str, Login]:
    """Every way to give the password of a ledger. url: without one."""
    password = secrets.ledger.text
    parts = urlsplit(url)
    with_password = parts._replace(
        netloc=f"{parts.username}:{quote(password, safe='')}@{parts.hostname}:{parts.port}"
    ).geturl()
    behind = f"{url}?password={quote(password, safe='')}"
    return {
        "ledger_password": Login({"ledger_login": {"ledger": url, "ledger_password": password}}),
        "URL": Login({"ledger_login": {"ledger": with_password}}),
        "parameter of the URL": Login({"ledger_login": {"ledger": behind}}),
        "FINOPS_LEDGER": Login({"ledger_login": {}}, {"FINOPS_LEDGER": with_password}),
        "PGPASSWORD": Login({"ledger_login": {"ledger": url}}, {"PGPASSWORD": password}),
    }
