# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that a whole run prints, writes or starts shows a secret of its logins
(design/ansible.md#secrets).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.masking import MASK
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sqlite import PREFIX

from .conftest import Runner, SecretCloud, values
from .failing_logins import WrongSecrets, failing_login, inject, let_fail
from .logins import Login, cloud_logins, ledger_logins, vergeos_logins
from .scan import new_secret
from .watched_run import Callbacks, WholeRun

HERE = Path(__file__).parent
JSON, YAML = Callbacks(), Callbacks(result_format="yaml")
CALLBACKS = {"json": JSON, "yaml": YAML, "minimal": Callbacks("minimal"), "oneline": Callbacks("oneline")}
CLOUD = (
    "password", "token", "application credential", "OpenID Connect", "entry in place",
    "clouds.yaml and secure.yaml", "openrc", "INFOMANIAK",
)  # fmt: skip
LEDGER = ("ledger_password", "URL", "parameter of the URL", "FINOPS_LEDGER", "PGPASSWORD")
VERGEOS = ("password", "token", "VERGEOS", "VERGE_TOKEN")
#: What the tasks of failures.yml say that fail, in their order.
REFUSALS = (
    "the identity service refused the credentials (401)",
    "the identity service answered 403",
    "the identity service refused the credentials (401)",
    *["the service redirects to another address (302), which is not followed"] * 2,
    *["the service answered 403 (no \\x1b[31m******** for ********)"] * 2,
    *["the identity service refused the credentials (401)"] * 2,
    *[
        "127.0.0.1:1/v3 failed: the connection was refused",
        "127.0.0.1:1/identity/v3 failed: the connection was",
    ],
    "the service answered 401 (The request you have made requires authentication.)",
    "auth: has pasword, which auth_type v3password does not take",
    "argument 'auth' is of type str and we were unable to convert to dict",
    "cloud: Cloud sandbox was not found",
    "the system answered 401; is the login right?",
    "the system answered 403 (no \\x1b[31mBasic ******** for ********)",
    "the service redirects to another address (302), which is not followed",
    "host: has a user or a password in it",
    *["the server does not accept the user or the password"] * 2,
    "bad value for connect_timeout",
    *["ledger: this is not a ledger that can be opened", "ledger: 'mysql://...' is not a ledger that can be"],
)

#: What ansible-core 2.21 says before the result, which has the module's sentence.
BY_FAILED_WHEN = "A 'failed_when' expression evaluated to 'True'."
REFUSALS_OF_THE_ENVIRONMENT = (
    "the identity service refused the credentials (401)",
    "the service answered 403 (no \\x1b[31m******** for ********)",
    "the system answered 401; is the login right?",
)
Chosen = Callable[[str, str, str], tuple[Login, ...]]


@pytest.fixture
def chosen(cloud: SecretCloud, ledger_url: str) -> Chosen:
    """The logins of those names: to the cloud, the ledger and the VergeOS."""
    every = (
        cloud_logins(cloud.sandbox, cloud.secrets),
        ledger_logins(ledger_url, cloud.secrets),
        vergeos_logins(cloud.sandbox),
    )
    assert tuple(tuple(one) for one in every) == (CLOUD, LEDGER, VERGEOS)
    return lambda *names: tuple(logins[name] for logins, name in zip(every, names, strict=True))


@pytest.mark.heavy
def test_the_demo(cloud: SecretCloud, runner: Runner) -> None:
    """Its own cloud has the scenario of the test's, and so the same secrets."""
    run = runner.run("finops.cloud.demo", JSON, Login({"sandbox_scenario": cloud.sandbox.state["scenario"]}))
    assert run.status == 0, run.printed
    assert "allow    CHF   15" in run.printed


def test_an_import_a_gate_and_a_report(chosen: Chosen, runner: Runner) -> None:
    deploys(runner, YAML, chosen("password", "ledger_password", "password"))


@pytest.mark.heavy
@pytest.mark.parametrize(("number", "name"), [*enumerate(CLOUD)][1:])
def test_every_login_of_a_deployment(number: int, name: str, chosen: Chosen, runner: Runner) -> None:
    names = name, LEDGER[number % len(LEDGER)], VERGEOS[number % len(VERGEOS)]
    deploys(runner, [*CALLBACKS.values()][number // 2], chosen(*names))


def deploys(runner: Runner, callbacks: Callbacks, logins: tuple[Login, ...]) -> None:
    run = runner.run(str(HERE / "deployment.yml"), callbacks, *logins)
    assert run.status == 0, run.printed
    for name in ("verdict.json", "verdict.md", "verdict.xml", "focus.csv", "report/report.html"):
        assert run.texts[f"written/{name}"], name
    assert b"shop-4711" in runner.stored()


@pytest.mark.heavy
@pytest.mark.parametrize("callbacks", CALLBACKS)
@pytest.mark.parametrize("number", range(len(CLOUD)))
def test_every_login_under_every_callback(
    number: int, callbacks: str, chosen: Chosen, runner: Runner
) -> None:
    names = [logins[number % len(logins)] for logins in (CLOUD, LEDGER, VERGEOS)]
    logs_in(runner, CALLBACKS[callbacks], chosen(*names))


def logs_in(runner: Runner, callbacks: Callbacks, logins: tuple[Login, ...]) -> None:
    run = runner.run(str(HERE / "logins.yml"), callbacks, *logins)
    assert run.status == 0, run.printed
    assert b"PCP-DEMO001" in runner.stored()


@pytest.mark.heavy
def test_a_ledger_of_sqlite_and_its_log_of_changes(chosen: Chosen, runner: Runner, tmp_path: Path) -> None:
    """Another reader keeps the log of changes from being emptied at the end."""
    folder = tmp_path / "home"
    folder.mkdir()
    login, _ledger, system = chosen("clouds.yaml and secure.yaml", "URL", "password")
    with closing(sqlite3.connect(folder / "ledger.db")) as reader:
        reader.execute("PRAGMA journal_mode = wal")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sqlite_schema").fetchall()
        ledger = Login({"ledger_login": {"ledger": f"{PREFIX}{folder / 'ledger.db'}"}})
        run = runner.run(str(HERE / "logins.yml"), YAML, login, ledger, system)
    assert run.status == 0, run.printed
    assert b"PCP-DEMO001" in run.texts["ledger.db-wal"]


def test_logins_and_ledgers_that_fail(cloud: SecretCloud, ledger_url: str, runner: Runner) -> None:
    """With tracebacks, and with modules that come through a pipe."""
    wrong = WrongSecrets(*(new_secret(f"wrong{one.name.replace('_', '')}") for one in fields(WrongSecrets)))
    let_fail(cloud.sandbox, cloud.secrets)
    login = failing_login(cloud.sandbox, cloud.secrets, wrong, ledger_url)
    environment = {"ANSIBLE_DISPLAY_TRACEBACK": "always", "ANSIBLE_PIPELINING": "true"}
    run = runner.run(str(HERE / "failures.yml"), YAML, login, wrong=values(wrong), **environment)
    assert run.status == 0, run.printed
    require_said(run, REFUSALS)
    assert f"http://u:{MASK}@127.0.0.1:1/identity" in run.printed


def test_logins_of_the_environment_that_are_refused(
    cloud: SecretCloud, chosen: Chosen, runner: Runner
) -> None:
    """No option has their secrets, so that Ansible knows none of them."""
    echo = {"kind": "echo", "status": 401}
    inject(
        cloud.sandbox,
        {"service": "identity", **echo, "times": 1},
        {"service": "rating", **echo, "status": 403},
        {"service": "vergeos", **echo},
    )
    logins = (*chosen("openrc", "FINOPS_LEDGER", "VERGEOS"), Login({"refused": True}))
    run = runner.run(str(HERE / "logins.yml"), JSON, *logins, ANSIBLE_DISPLAY_TRACEBACK="always")
    assert run.status == 0, run.printed
    require_said(run, REFUSALS_OF_THE_ENVIRONMENT)


def require_said(run: WholeRun, expected: tuple[str, ...]) -> None:
    """Hold that as many tasks failed, and that each said what is expected."""
    said = [
        (sentence, task)
        for task in run.printed.split("\nTASK [")
        for sentence in re.findall(r"^\[ERROR\]: Task failed: Module failed: (.*)$", task, re.MULTILINE)
    ]
    assert len(said) == len(expected), [sentence for sentence, _task in said]
    for (sentence, task), part in zip(said, expected, strict=True):
        assert part in (task if sentence == BY_FAILED_WHEN else sentence)
