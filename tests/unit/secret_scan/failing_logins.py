# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins that fail, each with a secret of its own, and servers that repeat what they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ..conftest import Sandbox
from .logins import Login, cloud_logins, ledger_logins, vergeos_logins
from .logins import Secrets as RightSecrets
from .scan import Secret


@dataclass(frozen=True)
class WrongSecrets:
    """What does not let in, each by the task of failures.yml that gives it."""

    password: Secret
    token: Secret
    unreachable: Secret
    url: Secret
    misspelled: Secret
    text: Secret
    file: Secret
    host: Secret
    ledger: Secret
    ledger_url: Secret
    conninfo: Secret
    foreign: Secret


def let_fail(sandbox: Sandbox, secrets: RightSecrets) -> None:
    """Have the cloud refuse the logins and requests of failures.yml, in their order."""
    location = f"http://127.0.0.1:1/{quote(secrets.password.text, safe='')}"
    at_vergeos = f"https://127.0.0.1:1/{quote(secrets.vergeos_password.text, safe='')}"
    echo, once = {"kind": "echo", "status": 403}, {"times": 1}
    redirect = {"kind": "redirect", "status": 302, "location": location}
    login = {"service": "identity", "path": "auth/tokens", **once}
    inject(
        sandbox,
        {**login, **echo, "status": 401},
        {**login, **echo},
        {**login, **echo, "status": 401},
        {**login, **redirect},
        {**login, **redirect},
        {"service": "compute", **echo, "status": 401},
        {"service": "block_storage", **echo},
        {"service": "network", **echo, "status": 400},
        {"service": "object_storage", **redirect},
        {"service": "load_balancer", **redirect, "status": 307},
        {"service": "rating", **echo},
        {"service": "vergeos", **echo, "status": 401, **once},
        {"service": "vergeos", "path": "billing", **echo, **once},
        {"service": "vergeos", "path": "billing", **redirect, "location": at_vergeos},
    )


def inject(sandbox: Sandbox, *faults: dict[str, Any]) -> None:
    for fault in faults:
        answer = sandbox.ask("POST", "/sandbox/faults", fault)
        assert answer.status == 200, answer.body


def failing_login(sandbox: Sandbox, right: RightSecrets, wrong: WrongSecrets, url: str) -> Login:
    """The options of failures.yml. url: of the ledger, without a password."""
    logins = cloud_logins(sandbox, right)
    password = logins["password"].options["cloud_login"]["auth"]
    at = urlsplit(password["auth_url"])
    ledger = urlsplit(url)

    def with_user(secret: Secret, port: int | None) -> str:
        return at._replace(netloc=f"u:{quote(secret.text, safe='')}@{at.hostname}:{port}").geturl()

    def with_password(secret: Secret, scheme: str) -> str:
        netloc = f"{ledger.username}:{quote(secret.text, safe='')}@{ledger.hostname}:{ledger.port}"
        return ledger._replace(scheme=scheme, netloc=netloc).geturl()

    conninfo = wrong.conninfo.text.replace("\\", "\\\\").replace("'", "\\'")
    vergeos = vergeos_logins(sandbox)["password"].options["vergeos_login"]
    options = {
        "password": password,
        "application": logins["application credential"].options["cloud_login"]["auth"],
        "token": logins["token"].options["cloud_login"]["auth"],
        "wrong_password": {**password, "password": wrong.password.text},
        "wrong_token": {
            "auth_url": password["auth_url"], "project_name": "p", "project_domain_name": "Default",
            "token": wrong.token.text,
        },
        "unreachable": {
            **password, "auth_url": "http://127.0.0.1:1/v3", "password": wrong.unreachable.text,
        },
        "password_in_url": {**password, "auth_url": with_user(wrong.url, 1)},
        "working_password_in_url": {**password, "auth_url": with_user(wrong.url, at.port)},
        "misspelled": {"auth_url": password["auth_url"], "username": "u", "pasword": wrong.misspelled.text},
        "wrong_text": wrong.text.text,
        "vergeos_login": vergeos,
        "wrong_host": f"admin:{wrong.host.text}@{vergeos['host']}",
        "wrong_ledger_password": wrong.ledger.text,
        "wrong_ledgers": [
            url,
            with_password(wrong.ledger_url, "postgresql"),
            f"{url}?password={quote(wrong.ledger_url.text, safe='')}&connect_timeout=x",
            f"host={ledger.hostname} port={ledger.port} user=u password='{conninfo}'",
            with_password(wrong.foreign, "mysql"),
        ],
        **ledger_logins(url, right)["ledger_password"].options,
    }  # fmt: skip
    broken = f"clouds:\n  sandbox:\n    auth:\n      password: [{wrong.file.core}\n"
    return Login(options, {"OS_CLIENT_CONFIG_FILE": "{folder}/clouds.yaml"}, {"clouds.yaml": broken})
