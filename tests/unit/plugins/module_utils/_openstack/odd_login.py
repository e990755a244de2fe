# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A login to a server of which every byte is made up, and what is said of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError
from ansible_collections.finops.cloud.plugins.module_utils._openstack.catalog import SERVICE_TYPES
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from hypothesis import strategies as st

from ....raw_server import written
from ....stopped_clock import StoppedClock

PASSWORD, TOKEN = "pass/word of the user", "gAAAAAtoken-of-the-login"
MEMBER = {
    "username": "member",
    "password": PASSWORD,
    "project_name": "project",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}
REGION = "dc3-a"
#: Seconds that a whole example may take, by a clock that only pauses move.
_PATIENCE_SECONDS = 60
_NUMBER = re.compile('"a number (.*?)"')

#: Values of headers that no service sends, or not there.
ODD_HEADERS: st.SearchStrategy[str] = st.one_of(
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20),
    st.sampled_from(
        [
            "", "0", "-1", "²", "1e400", "nan", "inf", "0x10", "9" * 5000, "1, 2", "gzip", "deflate", "br",
            "gzip, gzip", "chunked", 'text/html; charset="', "application/json; charset=²",
            "Sun, 29 Nov 2026 08:00:00 GMT", "<http://[::1>; rel=next", "\x00", "\x1b[2J", "a\r\n b",
            PASSWORD, TOKEN, f"Bearer {TOKEN}",
        ]
    ),
)  # fmt: skip


def token_body(url: str) -> dict[str, Any]:
    """What Keystone answers to a login (Identity API reference, password authentication with scoped
    authorization), with every service that is read here.
    """
    catalog = [
        {
            "endpoints": [
                {
                    "id": name,
                    "interface": interface,
                    "region_id": REGION,
                    "region": REGION,
                    "url": f"{url}/{name}",
                }
                for interface in ("public", "internal", "admin")
            ],
            "id": name,
            "type": kind,
            "name": name,
        }
        for name, kind in SERVICE_TYPES.items()
    ]
    return {
        "token": {
            "methods": ["password"],
            "user": {
                "domain": {"id": "default", "name": "Default"},
                "id": "a" * 32,
                "name": "member",
                "password_expires_at": None,
            },
            "audit_ids": ["3T2dc1CGQxyJsHdDu1xkcw"],
            "expires_at": "2099-11-29T09:00:00.000000Z",
            "issued_at": "2026-11-29T08:00:00.000000Z",
            "project": {"domain": {"id": "default", "name": "Default"}, "id": "b" * 32, "name": "project"},
            "is_domain": False,
            "roles": [{"id": "c" * 32, "name": "member"}],
            "catalog": catalog,
        }
    }


def token_answer(url: str) -> bytes:
    """The answer to a login that is as it should be."""
    headers = {"Content-Type": "application/json", "X-Subject-Token": TOKEN}
    return written(201, headers, as_json(token_body(url)))


def as_json(value: Any) -> bytes:
    """The value as it is sent, with numbers as they are written: 1E+400 too."""

    def marked(one: Any) -> Any:
        if isinstance(one, dict):
            return {str(key): marked(inner) for key, inner in one.items()}
        if isinstance(one, list):
            return [marked(inner) for inner in one]
        return f"a number {one}" if isinstance(one, Decimal) else one

    return _NUMBER.sub(r"\1", json.dumps(marked(value))).encode()


def options(url: str, **more: Any) -> ConnectionOptions:
    """Options of a login there, of which no pause takes time."""
    given = {"auth": {"auth_url": f"{url}/v3", **MEMBER}, "api_timeout": 10, **more}
    return ConnectionOptions(deadline=StoppedClock().deadline(_PATIENCE_SECONDS), **given)


def sentences(given: ConnectionOptions) -> list[str]:
    """What is said of a login and of all that its token and its configuration tell. Any error that is not
    ours is the test's.
    """
    told: list[str] = []

    def tell(asking: Callable[[], Any]) -> Any:
        try:
            return asking()
        except FinopsError as error:
            told.append(str(error))

    cloud = tell(lambda: Cloud(given))
    if cloud is not None:
        tell(lambda: cloud.in_region("nowhere"))
        tell(lambda: cloud.service_urls("compute"))
        for name in SERVICE_TYPES:
            tell(lambda name=name: cloud.service(name))
        json.dumps(cloud.identity.to_result())
    return told


def refuse_secrets(sentence: str) -> None:
    """Raise where a sentence shows who logged in, in any spelling of it, or is none."""
    assert sentence.isprintable(), sentence
    assert len(sentence) < 1_000, sentence
    for secret in (PASSWORD, TOKEN, "pass%2Fword", "pass/word"):
        assert secret not in sentence, sentence
