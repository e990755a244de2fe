# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs of ledgers as they are mistyped: each is opened, or is one of our own sentences, on one line and
without the password (design/ledger.md#where-it-lies).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

#: Without a character that a URL has a use for: how those are written is drawn beside it.
PASSWORD = "s3cr3t0fTheLedger"
WRITTEN = (PASSWORD, quote(PASSWORD), "".join(f"%{ord(one):02X}" for one in PASSWORD))
#: Nothing answers at any of them, and none leads away from this machine.
HOSTS = (
    "",
    "127.0.0.1:1",
    "%2Fnowhere",
    "[::1]:1",
    "[::1",
    "127.0.0.1:²",
    "127.0.0.1:99999",
    "127.0.0.1:1,:2",
)
SCHEMES = (
    "postgresql://", "postgresql+psycopg://", "postgres://", "postgresql:", "POSTGRESQL://", "mysql://", "",
    "postgresql+psycopg:///", "://", "psql postgresql://",
)  # fmt: skip
KEYS = ("password", "pass%77ord", "%70assword", "sslpassword", "oauth_client_secret", "password ", "PASSWORD")
OTHERS = (
    "sslmode=require", "connect_timeout=1", "connect_timeout=²", "options=-c%20x", "host=%2Fnowhere", "=",
    "x=y", "port=1", "dbname=", "user=%00", "user=%ff", "application_name=a", "service=none", "%zz=1",
    "sslmode=", "&",
)  # fmt: skip
ODD_TEXT = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["\0", "\ud800", "%", "%zz", "'", "\\", "\n", "@", "/", "?", "#", "\x1b[2J"]),
)
PREFIXES = ("sqlite:///", "sqlite:///", "sqlite://", "sqlite:", "SQLITE:///", "", "sqlite3:///")
PATHS = (
    "ledger.db", "a/b.db", "", ".", "..", "/", "/nowhere/l.db", "~/l.db", "~nobody-here/l.db", "a\0b",
    "\ud800", "\udcff", "x" * 300, "/".join(["x" * 200] * 30), ":memory:", "/dev/null", "/proc/self/mem",
    "//l.db", "l.db?mode=ro", "l\n.db",
)  # fmt: skip


@st.composite
def postgresql_urls(draw: st.DrawFn) -> str:
    """With a password before the host, behind the question mark, or both."""
    text = draw(st.sampled_from(WRITTEN))
    user = draw(st.sampled_from(["u", "", "u%40v", "u:v", "é"]))
    place = draw(st.integers(0, 2))
    before = f"{user}:{text}@" if place != 1 else draw(st.sampled_from(["", "u@"]))
    parts = [f"{draw(st.sampled_from(KEYS[:5]))}={text}"] if place else []
    parts = draw(st.permutations([*parts, *draw(st.lists(st.sampled_from(OTHERS), max_size=2))]))
    path = draw(st.sampled_from(["/d", "", "/", "/d/e", "/%00", "/é", "//d"]))
    query = f"?{'&'.join(parts)}" if parts else ""
    return f"{draw(st.sampled_from(SCHEMES))}{before}{draw(st.sampled_from(HOSTS))}{path}{query}"


@st.composite
def conninfos(draw: st.DrawFn) -> str:
    """As libpq takes them besides, and the ledger does not."""
    text = draw(st.sampled_from([PASSWORD, f"'{PASSWORD}'", f"'{PASSWORD}", f" {PASSWORD}"]))
    parts = [f"{draw(st.sampled_from(KEYS))}={text}", *draw(st.lists(st.sampled_from(OTHERS), max_size=3))]
    return " ".join(draw(st.permutations(parts)))


@st.composite
def urls(draw: st.DrawFn) -> str:
    """One with a slip in it, but none in the password."""
    url = draw(st.one_of(postgresql_urls(), postgresql_urls(), conninfos(), st.just("")))
    if not url:
        prefix = draw(st.sampled_from(PREFIXES))
        return prefix + draw(st.one_of(st.sampled_from(PATHS), ODD_TEXT))
    if draw(st.booleans()):
        return url
    place = draw(st.integers(0, len(url)))
    inside = any(
        start < place < start + len(text)
        for text in WRITTEN
        for start in range(len(url))
        if url.startswith(text, start)
    )
    return url if inside else url[:place] + draw(ODD_TEXT) + url[place:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the process is while a ledger is named: some names are relative."""
    here, there = Path.cwd(), tmp_path_factory.mktemp("urls")
    os.chdir(there)
    yield there
    os.chdir(here)


def _read(options: LedgerOptions) -> None:
    with sql.reading(options):
        pass


ASKED: tuple[Callable[[LedgerOptions], Any], ...] = (
    sql.secrets,
    sql.driver,
    sql.format_url,
    sql.exists,
    _read,
)


def check(folder: Path, url: str) -> None:
    """Ask everything of it that a task asks, and have nothing of the password told."""
    options = LedgerOptions(url, timeout_seconds=0)
    with mock.patch.dict(os.environ, {"FINOPS_LEDGER": f"sqlite:///{folder}/none.db", "HOME": str(folder)}):
        for ask in ASKED:
            try:
                told = "" if ask is sql.secrets else str(ask(options) or "")
            except FinopsError as error:
                told = str(error)
                assert told.isprintable(), told
                assert len(told) < 1_000, told
            assert not [text for text in WRITTEN if text in told], told
        secrets = sql.secrets(options)
    if any(text in url for text in WRITTEN):
        # What Ansible looks for in a result, and masks.
        assert [secret for secret in secrets if any(text in secret for text in WRITTEN)], url


@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck))
@given(url=urls())
def test_a_mistyped_url_is_opened_or_is_one_sentence(folder: Path, url: str) -> None:
    check(folder, url)


@pytest.mark.heavy
@settings(max_examples=10_000, derandomize=True, suppress_health_check=list(HealthCheck))
@given(url=urls())
def test_ten_thousand_mistyped_urls(folder: Path, url: str) -> None:
    check(folder, url)
