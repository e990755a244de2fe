# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule L3: a ledger that cannot be trusted is an error, and only writers make one."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._store.schema import SCHEMA_VERSION, tables
from ansible_collections.finops.cloud.plugins.module_utils._store.sql import (
    LedgerOptions,
    ledger_url,
    reading,
    writing,
)
from ansible_collections.finops.cloud.plugins.module_utils._store.sqlite import NETWORK_FILE_SYSTEMS, file_system_of
from sqlalchemy import select, update


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/finops/ledger.db", timeout_seconds=1)


def path_of(options: LedgerOptions) -> Path:
    return Path(str(options.url).removeprefix("sqlite:///"))


def test_where_the_ledger_is_when_nobody_says_so() -> None:
    assert ledger_url(LedgerOptions(), {"XDG_DATA_HOME": "/data"}) == "sqlite:////data/finops/ledger.db"
    assert ledger_url(LedgerOptions(), {"FINOPS_LEDGER": "sqlite:////x.db"}) == "sqlite:////x.db"
    assert ledger_url(LedgerOptions("sqlite:////y.db"), {"FINOPS_LEDGER": "sqlite:////x.db"}) == "sqlite:////y.db"


def test_a_new_ledger_is_its_owner_s_alone_and_safe_against_a_power_cut(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        assert opened.created
        assert opened.connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert opened.connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    path = path_of(ledger)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with writing(ledger) as opened:
        assert not opened.created


def test_reading_creates_nothing(ledger: LedgerOptions) -> None:
    with pytest.raises(LedgerError, match=r"does not exist; define a budget"), reading(ledger):
        pass
    assert not path_of(ledger).parent.exists()


def test_reading_cannot_write(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with pytest.raises(LedgerError, match="may not write"), reading(ledger) as opened:
        opened.connection.execute(tables().ledger_schema.insert().values(version=9))


def test_reading_leaves_no_files_behind(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with reading(ledger) as opened:
        opened.connection.execute(select(tables().entry)).all()
    assert [one.name for one in path_of(ledger).parent.iterdir()] == ["ledger.db"]


def test_a_failure_in_the_middle_leaves_nothing(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    row = {"auth_url": "u", "region": "r", "project_id": "p", "project_name": "n", "currency": "ICU"}
    numbers = dict.fromkeys(("collect_period_s", "rated_through", "run_rate_nano"), 1)
    twice = [row | numbers] * 2
    with pytest.raises(LedgerError, match="UNIQUE"), writing(ledger) as opened:
        opened.connection.execute(tables().feed.insert(), twice)
    with reading(ledger) as opened:
        assert opened.connection.execute(select(tables().feed)).all() == []


def test_a_first_write_that_fails_leaves_no_ledger(ledger: LedgerOptions) -> None:
    with pytest.raises(InvalidOption), writing(ledger):
        raise InvalidOption("fed_by", "is missing.")
    with pytest.raises(LedgerError, match="is empty; define a budget"), reading(ledger):
        pass
    with writing(ledger) as opened:
        assert opened.created


def test_a_newer_ledger_is_refused(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        opened.connection.execute(update(tables().ledger_schema).values(version=SCHEMA_VERSION + 1))
    for way in (reading, writing):
        with (
            pytest.raises(
                LedgerError, match=rf"has schema {SCHEMA_VERSION + 1}, this finops.cloud knows {SCHEMA_VERSION}"
            ),
            way(ledger),
        ):
            pass


def test_what_is_no_database_is_refused_and_kept(ledger: LedgerOptions) -> None:
    path_of(ledger).parent.mkdir()
    path_of(ledger).write_text(
        "This is somebody's letter, and a long one, so that SQLite finds no header in it.\n" * 40
    )
    before = path_of(ledger).read_bytes()
    for way in (reading, writing):
        with pytest.raises(LedgerError, match="no SQLite database"), way(ledger):
            pass
    assert path_of(ledger).read_bytes() == before


def test_another_program_s_database_is_refused_and_kept(ledger: LedgerOptions) -> None:
    path_of(ledger).parent.mkdir()
    with sqlite3.connect(path_of(ledger)) as other:
        other.execute("CREATE TABLE letters (text TEXT)")
    before = path_of(ledger).read_bytes()
    for way in (reading, writing):
        with pytest.raises(LedgerError, match="no ledger of finops.cloud"), way(ledger):
            pass
    assert path_of(ledger).read_bytes() == before


def test_a_damaged_ledger_is_an_error(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    path = path_of(ledger)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="cannot be used"), reading(ledger) as opened:
        opened.connection.execute(select(tables().entry)).all()


def test_a_lock_that_stays_is_an_error_after_the_timeout(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with (
        writing(ledger),
        pytest.raises(LedgerError, match="another run is writing"),
        writing(LedgerOptions(ledger.url, 0)),
    ):
        pass


@pytest.mark.parametrize(
    "url",
    ["mysql://root:geheim@db/x", "postgresql://u:geheim@h/d", "/tmp/ledger.db", "sqlite://", "sqlite:///:memory:"],
)
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(InvalidOption, match=r"^ledger: .*sqlite:////") as refused, reading(LedgerOptions(url)):
        pass
    assert "geheim" not in str(refused.value)


def test_a_folder_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(LedgerError, match=r"^The ledger .*file/ledger.db cannot be opened"),
        writing(LedgerOptions(f"sqlite:///{tmp_path}/file/ledger.db")),
    ):
        pass


MOUNTS = """/dev/sda1 / ext4 rw 0 0
filer:/home /srv/home nfs4 rw 0 0
/dev/sdb1 /srv/home/local xfs rw 0 0
//box/share /srv/my\\040share cifs rw 0 0
tmpfs /srv/covered tmpfs rw 0 0
filer:/c /srv/covered nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/finops/ledger.db", "ext4"),
        ("/srv/home/anna/ledger.db", "nfs4"),
        ("/srv/home/local/ledger.db", "xfs"),
        ("/srv/homework/ledger.db", "ext4"),
        ("/srv/my share/ledger.db", "cifs"),
        ("/srv/covered/deep/ledger.db", "nfs"),
    ],
)
def test_the_file_system_of_a_ledger_is_that_of_the_mount_which_holds_it(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind
    assert (kind in NETWORK_FILE_SYSTEMS) == (kind in ("nfs4", "nfs", "cifs"))


WRITER = """
import sys
from datetime import datetime, timezone
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._store import entries
from ansible_collections.finops.cloud.plugins.module_utils._store.sql import LedgerOptions, writing
moment = datetime(2026, 11, 1, tzinfo=timezone.utc)
for number in range(25):
    with writing(LedgerOptions(sys.argv[1], 60)) as ledger:
        entry = entries.Entry(f"writer {sys.argv[2]}", str(number), "usage", "other", Window(moment, moment), 1, "ICU")
        entries.write(ledger.connection, entry, moment, "test")
"""


def test_processes_that_write_at_once_lose_nothing(ledger: LedgerOptions) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(ledger.url), str(number)], env=os.environ)
        for number in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    with reading(ledger) as opened:
        assert len(opened.connection.execute(select(tables().entry)).all()) == 100
