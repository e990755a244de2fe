# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Getting into a VergeOS system: by password and by token, over TLS that is verified, and what it says when
that fails.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    FinopsError,
    InvalidOption,
    LoginFailed,
    Malformed,
    Unavailable,
)
from ansible_collections.finops.cloud.plugins.module_utils._vergeos import billing
from ansible_collections.finops.cloud.plugins.module_utils._vergeos.system import VergeosOptions

from ....small_vergeos import NOVEMBER, SmallVergeos, row

PASSWORD = "vergeos-only-for-the-sandbox"


@pytest.mark.parametrize("login", [{}, {"token": None, "username": "admin", "password": PASSWORD}])
def test_by_token_and_by_password(vergeos: SmallVergeos, login: dict[str, Any]) -> None:
    with vergeos.system(**login) as system:
        assert system.to_result()["cloud_name"] == "sandbox-vergeos"
        assert list(billing.records(system)) == []


@pytest.mark.parametrize(
    ("login", "says"),
    [
        ({"token": "wrong-secret"}, "answered 401; is the login right"),
        (
            {"token": None, "username": "admin", "password": "wrong-secret"},
            "answered 401; is the login right",
        ),
        ({"token": None, "username": "admin"}, "^token: or username and password is needed"),
        ({"token": ""}, "^token: or username and password is needed"),
        ({"host": ""}, "^host: is empty; give the name or address"),
        ({"ca_cert": None}, "the certificate was not accepted; set ca_cert"),
        ({"host": "no-such-host.invalid"}, "the host name is not known"),
    ],
)
def test_who_is_not_let_in_is_told_why_and_no_secret(
    vergeos: SmallVergeos, login: dict[str, Any], says: str
) -> None:
    with pytest.raises(FinopsError, match=says) as raised:
        vergeos.system(**{"retry_total": 0, **login})
    assert isinstance(raised.value, (LoginFailed, Unavailable, InvalidOption))
    assert "wrong-secret" not in str(raised.value)
    assert "wrong-secret" not in repr(VergeosOptions("h", "u", "wrong-secret", "wrong-secret"))


def test_nobody_there(vergeos: SmallVergeos) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unavailable, match="the connection was refused"):
        vergeos.system(host=host, retry_total=0)


def test_insecure_is_not_overruled_by_a_bundle_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, vergeos: SmallVergeos, tmp_path: Path
) -> None:
    """As it is with pyvergeos's own session."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", vergeos.login["ca_cert"])
    vergeos.system(ca_cert=None).client.disconnect()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Path(__file__).resolve()))
    vergeos.system(insecure=True).client.disconnect()


def test_a_netrc_does_not_replace_the_login(
    monkeypatch: pytest.MonkeyPatch, vergeos: SmallVergeos, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    vergeos.system().client.disconnect()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated(vergeos: SmallVergeos, status: int) -> None:
    vergeos.put([row(5, NOVEMBER)])
    vergeos.breaks("billing", kind="status", status=status, times=2, retry_after=9999)
    with vergeos.system() as system:
        assert billing.record(system, 5).key == 5
    assert vergeos.asked() == ["GET /billing/5"] * 3


def test_as_often_as_was_said_and_a_refusal_not_at_all(vergeos: SmallVergeos) -> None:
    vergeos.breaks("billing", kind="status", status=503)
    with vergeos.system(retry_total=1) as system, pytest.raises(Unavailable, match="answered 503"):
        billing.record(system, 5)
    assert vergeos.asked() == ["GET /billing/5"] * 2
    with vergeos.system(retry_total=1) as system:
        vergeos.sandbox.ask("DELETE", "/sandbox/faults")
        vergeos.breaks("billing", kind="status", status=500)
        with pytest.raises(Unavailable, match="answered 500"):
            billing.record(system, 5)
    assert vergeos.asked() == ["GET /billing/5"]


def test_half_an_answer_is_none(vergeos: SmallVergeos) -> None:
    vergeos.put([row(5, NOVEMBER)])
    vergeos.breaks("billing", kind="malformed")
    with vergeos.system() as system, pytest.raises(Malformed, match="not the JSON that the API promises"):
        billing.newest(system)


def test_no_answer_in_time(vergeos: SmallVergeos) -> None:
    with vergeos.system(timeout_seconds=1, retry_total=0) as system:
        vergeos.breaks("billing", kind="slow", seconds=2)
        with pytest.raises(Unavailable, match="no answer within timeout"):
            billing.newest(system)


def test_a_system_that_is_no_vergeos(vergeos: SmallVergeos) -> None:
    vergeos.breaks("system", kind="status", status=500)
    with pytest.raises(Unavailable, match="from https://.*/api/v4 failed: the system answered 500"):
        vergeos.system(retry_total=0)
