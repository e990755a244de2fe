# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of clouds, secure files, vendor profiles, sourced openrc files and dictionaries of a shape that
nobody documents: each logs in, or is one of our own sentences, on one line and without a secret
(design/reading-a-cloud.md#login).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ....raw_server import RawServer, raw_server
from .odd_login import MEMBER, PASSWORD, REGION, options, refuse_secrets, sentences, token_answer
from .test_mutated_answers import mutated

PLACE = "http://the-server-of-the-test/v3"
FILES = ("clouds.yaml", "secure.yaml", "clouds-public.yaml")
#: What YAML makes of a slip of the pen, and what may be meant in earnest.
ODD_IN_YAML: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 10**20),
    st.floats(),
    st.text(max_size=10),
    st.dates(),
    st.binary(max_size=3),
    st.sampled_from(
        [
            [], [[]], [None], {}, {"": {}}, {1: 2}, {"name": "x", "values": 1},
            [{"name": REGION, "values": {}}], "\x1b[2J", "²", "no", "false", "/nowhere/ca.pem", "v3password",
            "v3token", "none", "v3oidcpassword", "http://[::1", "http://127.0.0.1:1", "9" * 5000, "1e400",
            "internal", ["admin", "public"], "2.²",
        ]
    ),
)  # fmt: skip
#: Texts that are no YAML, or YAML that few know.
ODD_TEXTS = (
    b"", b"\x00", b"\xff\xfe\x00", b"clouds:\n\ta: 1", b"clouds: &a {mine: *a}", b"@", b"[" * 2000,
    b"clouds: {mine: &a {auth: *a}}", b"clouds: {mine: {auth: &a {b: *a}}}", b"clouds: {mine: {<<: [1]}}",
    b"clouds: {mine: {<<: &a {auth: {}}, auth: *b}}", b"--- {}\n--- {}", b"clouds: !!set {mine}",
    b"clouds: !!python/object/apply:os.getcwd []", b"clouds: !!omap [mine: 1]", b"? [a]\n: b",
    b'clouds: {mine: {auth: {auth_url: "\\ud800"}}}', b"? {a: b}\n: c", b"clouds: {? [1] : 2}",
    b"clouds: {mine: {auth: !!binary x}}", b"clouds: {mine: 2026-13-01}", b"clouds: {1: {}}",
    b"clouds: {null: {}}", b"clouds: {mine: {profile: x}}", b"clouds: {mine: {profile: [x]}}", b"cache: [1]",
    b"clouds: {mine: {regions: [1]}}", b"clouds: {mine: {regions: {a: b}}}", b"cache: {expiration: x}",
    b"clouds: {mine: {regions: [{name: [1]}]}}", b"client: 1\nclouds: {mine: {}}", b"metrics: [1]",
)  # fmt: skip
#: What a sourced openrc file sets.
VARIABLES = (
    "OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME", "OS_PROJECT_ID", "OS_USER_DOMAIN_NAME",
    "OS_PROJECT_DOMAIN_ID", "OS_REGION_NAME", "OS_INTERFACE", "OS_ENDPOINT_TYPE", "OS_IDENTITY_API_VERSION",
    "OS_AUTH_TYPE", "OS_TOKEN", "OS_CLOUD", "OS_VERIFY", "OS_INSECURE", "OS_CACERT", "OS_CERT", "OS_KEY",
    "OS_COMPUTE_API_VERSION", "OS_COMPUTE_ENDPOINT_OVERRIDE", "OS_API_TIMEOUT", "OS_DEFAULT_DOMAIN",
    "OS_SYSTEM_SCOPE", "OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_SECRET", "OS_AUTH_METHODS",
    "OS_TRUST_ID", "OS_",
)  # fmt: skip
#: A variable holds no NUL; bytes that are no text become lone surrogates.
TEXTS = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10),
    st.sampled_from(
        ["", "\udcff", "false", "true", "²", "none", "[1]", "{}", "9" * 5000, "http://[::1", "v3password"]
    ),
)


@dataclass(frozen=True)
class Configured:
    """What is configured: files by their name, variables, and what a task says beside them."""

    files: dict[str, bytes]
    variables: dict[str, str]
    task: dict[str, Any]


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as one:
        one.answer = lambda _line: token_answer(one.url)
        yield one


def entry() -> dict[str, Any]:
    """An entry of clouds.yaml with most of what it may have."""
    return {
        "auth": {"auth_url": PLACE, **MEMBER},
        "auth_type": "password",
        "region_name": REGION,
        "regions": [REGION, {"name": "dc4-a", "values": {"compute_api_version": "2.1"}}],
        "interface": "public",
        "identity_api_version": 3,
        "compute_api_version": "2.1",
        "volume_endpoint_override": "http://volume.example/v3",
        "api_timeout": 5,
        "verify": True,
        "cacert": None,
        "networks": [{"name": "ext", "routes_externally": True}],
        "profile": "vendor",
    }


@st.composite
def configured(draw: st.DrawFn) -> Configured:
    files: dict[str, Any] = {
        "clouds.yaml": {"clouds": {"mine": entry()}, "client": {}, "cache": {"expiration_time": 0}},
        "secure.yaml": {"clouds": {"mine": {"auth": {"password": PASSWORD}}}},
        "clouds-public.yaml": {
            "public-clouds": {"vendor": {"auth": {"auth_url": PLACE}, "regions": [REGION]}}
        },
    }
    named: dict[str, Any] = {"cloud": "mine"}
    if draw(st.integers(0, 3)) == 0:
        named = {"entry": {name: value for name, value in entry().items() if name != "profile"}}
    for _time in range(draw(st.integers(0, 3))):
        part = {
            "body": draw(
                st.sampled_from([*files.values(), *[one["entry"] for one in [named] if "entry" in one]])
            )
        }
        mutated(draw, part, ODD_IN_YAML)
    texts = {
        name: yaml.dump(files[name], allow_unicode=True).encode(errors="surrogatepass") for name in FILES
    }
    if draw(st.integers(0, 4)) == 0:
        texts[draw(st.sampled_from(FILES))] = draw(
            st.one_of(st.sampled_from(ODD_TEXTS), st.binary(max_size=30))
        )
    variables = draw(st.dictionaries(st.sampled_from(VARIABLES), TEXTS, max_size=3))
    if draw(st.booleans()):
        named = {}
        plain = {f"OS_{name.upper()}": text for name, text in {"auth_url": PLACE, **MEMBER}.items()}
        variables = {**plain, "OS_REGION_NAME": REGION, **variables}
    return Configured(texts, variables, named)


def check(server: RawServer, folder: Path, asked: Configured) -> None:
    """Lay the files out, set the variables, log in, and look up every service."""
    place = f"{server.url}/v3"
    for name, text in asked.files.items():
        (folder / name).write_bytes(text.replace(PLACE.encode(), place.encode()))
    kept = {name: text for name, text in os.environ.items() if not name.startswith("OS_")}
    named = {
        "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"),
        "OS_CLIENT_SECURE_FILE": str(folder / "secure.yaml"),
    }
    variables = {name: text.replace(PLACE, place) for name, text in asked.variables.items()}
    given: dict[str, Any] = {"auth": None, "api_timeout": None, **asked.task}
    auth = given.get("entry", {}).get("auth")
    if isinstance(auth, dict) and auth.get("auth_url") == PLACE:
        given["entry"] = {**given["entry"], "auth": {**auth, "auth_url": place}}
    vendors = mock.patch("openstack.config.loader.VENDOR_FILES", [str(folder / "clouds-public.yaml")])
    with vendors, mock.patch.dict(os.environ, {**kept, **named, **variables}, clear=True):
        for sentence in sentences(options(server.url, **given)):
            refuse_secrets(sentence)


def test_the_configuration_that_is_changed_below_logs_in(server: RawServer, tmp_path: Path) -> None:
    check(server, tmp_path, Configured({}, {"OS_CLOUD": "none"}, {}))
    server.heard.clear()
    files = {"clouds.yaml": yaml.dump({"clouds": {"mine": {**entry(), "profile": None}}}).encode()}
    check(server, tmp_path, Configured(files, {}, {"cloud": "mine"}))
    assert server.heard == ["POST /v3/auth/tokens HTTP/1.1"]


@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=configured())
def test_a_changed_configuration_logs_in_or_is_one_sentence(
    server: RawServer, tmp_path: Path, asked: Configured
) -> None:
    check(server, tmp_path, asked)


@pytest.mark.heavy
@settings(max_examples=10_000, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=configured())
def test_ten_thousand_changed_configurations(server: RawServer, tmp_path: Path, asked: Configured) -> None:
    check(server, tmp_path, asked)
