# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger that cannot be trusted is an error, and only writers make one
(design/ledger.md#who-may-create-it).
"""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sqlite
from ansible_collections.finops.cloud.plugins.module_utils._ledger.schema import SCHEMA_VERSION
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import (
    Ledger,
    LedgerOptions,
    ledger_url,
    reading,
    writing,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sqlite import (
    NETWORK_FILE_SYSTEMS,
    file_system_of,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute, insert, read


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/finops/ledger.db", timeout_seconds=1)


def path_of(options: LedgerOptions) -> Path:
    return Path(str(options.url).removeprefix("sqlite:///"))


def test_where_the_ledger_is_when_nobody_says_so() -> None:
    assert ledger_url(LedgerOptions(), {"XDG_DATA_HOME": "/data"}) == "sqlite:////data/finops/ledger.db"
    assert ledger_url(LedgerOptions(), {"FINOPS_LEDGER": "sqlite:////x.db"}) == "sqlite:////x.db"
    assert (
        ledger_url(LedgerOptions("sqlite:////y.db"), {"FINOPS_LEDGER": "sqlite:////x.db"})
        == "sqlite:////y.db"
    )


def test_a_new_ledger_is_its_owner_s_alone_and_safe_against_a_power_cut(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        assert opened.created
        assert read(opened.connection, "PRAGMA journal_mode") == [("wal",)]
        assert read(opened.connection, "PRAGMA synchronous") == [(2,)]
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
        execute(opened.connection, "INSERT INTO ledger_schema (version) VALUES (9)")


def test_reading_leaves_no_files_behind(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with reading(ledger) as opened:
        assert read(opened.connection, "SELECT id FROM entry") == []
    assert [one.name for one in path_of(ledger).parent.iterdir()] == ["ledger.db"]


def test_a_failure_in_the_middle_leaves_nothing(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    row = {
        "told_by": "cloudkitty",
        "auth_url": "u",
        "region": "r",
        "project_id": "p",
        "project_name": "n",
        "currency": "ICU",
    }
    numbers = {
        "collect_period_s": 1,
        "rated_through": 1,
        "retired": False,
        "flow_hours": 0,
        "rating_regions": "{}",
        "empty": "[]",
        "unrated": "[]",
        "revision": 1,
    }
    twice = [row | numbers] * 2
    with pytest.raises(LedgerError, match="UNIQUE"), writing(ledger) as opened:
        insert(opened.connection, "feed", twice)
    with reading(ledger) as opened:
        assert read(opened.connection, "SELECT id FROM feed") == []


def test_a_first_write_that_fails_leaves_no_ledger(ledger: LedgerOptions) -> None:
    with pytest.raises(InvalidOption), writing(ledger):
        raise InvalidOption("fed_by", "is missing.")
    with pytest.raises(LedgerError, match="is empty; define a budget"), reading(ledger):
        pass
    with writing(ledger) as opened:
        assert opened.created


def test_a_newer_ledger_is_refused(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        execute(opened.connection, "UPDATE ledger_schema SET version = version + 1")
    for way in (reading, writing):
        with (
            pytest.raises(
                LedgerError,
                match=rf"has schema {SCHEMA_VERSION + 1}, this finops.cloud knows {SCHEMA_VERSION}",
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
        with pytest.raises(LedgerError, match="not a SQLite database"), way(ledger):
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
        read(opened.connection, "SELECT id FROM entry")


def test_a_lock_that_stays_is_an_error_after_the_timeout(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with (
        writing(ledger),
        pytest.raises(LedgerError, match="another run is writing"),
        writing(LedgerOptions(ledger.url, 0)),
    ):
        pass


@pytest.fixture
def other_run(ledger: LedgerOptions) -> Iterator[sqlite3.Connection]:
    """Another run, which is about to write to the file of a ledger that nobody has written to."""
    path = path_of(ledger)
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_who_writes_first_to_a_new_ledger_waits_for_others(
    ledger: LedgerOptions, other_run: sqlite3.Connection
) -> None:
    """SQLite itself waits for no other writer when it changes a file's journal."""
    ends = Timer(0.3, other_run.close)
    ends.start()
    with writing(LedgerOptions(ledger.url, timeout_seconds=60)) as opened:
        assert opened.created
    ends.join()


@pytest.mark.usefixtures("other_run")
def test_who_writes_first_waits_no_longer_than_asked(ledger: LedgerOptions) -> None:
    with (
        pytest.raises(LedgerError, match="another run is writing"),
        writing(LedgerOptions(ledger.url, timeout_seconds=0)),
    ):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:geheim@db/x",
        "postgresql+psycopg2://u:geheim@h/d",
        "/tmp/ledger.db",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with (
        pytest.raises(InvalidOption, match=r"^ledger: .*sqlite:////") as refused,
        reading(LedgerOptions(url)),
    ):
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


def in_a_process(work: Callable[[], object]) -> str:
    """The LedgerError that the work raises in a process of its own, which it may limit."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
        except LedgerError as error:
            os.write(write_end, str(error).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(write_end)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with os.fdopen(read_end) as stream:
        return stream.read()


def as_an_ordinary_user(work: Callable[[], object]) -> str:
    """in_a_process(), without the rights of root that tests may run with."""

    def without_rights() -> None:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        work()

    return in_a_process(without_rights)


NOBODY = 65_534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def opening(
    way: Callable[[LedgerOptions], AbstractContextManager[Ledger]], options: LedgerOptions
) -> Callable[[], None]:
    def work() -> None:
        with way(options) as opened:
            read(opened.connection, "SELECT id FROM entry")

    return work


def test_a_ledger_that_may_not_be_written_is_one_sentence_and_stays(open_folder: Path) -> None:
    options = LedgerOptions(f"sqlite:///{open_folder}/ledger.db")
    path = path_of(options)
    with writing(options):
        pass
    before = path.read_bytes()
    path.chmod(0o444)
    open_folder.chmod(0o555)
    assert as_an_ordinary_user(opening(writing, options)).startswith(f"The ledger {path} cannot be ")
    path.chmod(0o400 if os.getuid() == 0 else 0o000)
    assert as_an_ordinary_user(opening(reading, options)).startswith(f"The ledger {path} cannot be ")
    open_folder.chmod(0o755)
    path.chmod(0o600)
    assert path.read_bytes() == before


def test_a_folder_that_may_not_be_written_is_one_sentence(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    options = LedgerOptions(f"sqlite:///{open_folder}/finops/ledger.db")
    assert as_an_ordinary_user(opening(writing, options)) == (
        f"The ledger {open_folder}/finops/ledger.db cannot be opened: Permission denied."
    )
    open_folder.chmod(0o755)


def many(count: int, key: str) -> list[entries.Entry]:
    return [
        entries.Entry(
            "manual",
            f"{key}{number}",
            "usage",
            "other",
            Window(MOMENT, MOMENT),
            1,
            "ICU",
            description="x" * 200,
        )
        for number in range(count)
    ]


MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def kept(options: LedgerOptions) -> int:
    with reading(options) as opened:
        return len(read(opened.connection, "SELECT id FROM entry"))


def test_a_full_disk_is_one_sentence_and_loses_nothing(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        entries.write_all(opened.connection, many(10, "first"), MOMENT, "a")

    def work() -> None:
        with writing(ledger) as opened:
            # SQLite takes this limit for the end of the disk.
            read(opened.connection, "PRAGMA max_page_count = 50")
            entries.write_all(opened.connection, many(5_000, "more"), MOMENT, "a")

    with pytest.raises(LedgerError, match="the disk is full"):
        work()
    assert kept(ledger) == 10
    with writing(ledger) as opened:
        entries.write_all(opened.connection, many(5, "later"), MOMENT, "a")
    assert kept(ledger) == 15


def test_a_limit_on_file_sizes_is_one_sentence_and_loses_nothing(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        entries.write_all(opened.connection, many(10, "first"), MOMENT, "a")
    size = path_of(ledger).stat().st_size + 50_000

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with writing(ledger) as opened:
            entries.write_all(opened.connection, many(5_000, "more"), MOMENT, "a")

    assert "a limit on file sizes is reached" in in_a_process(work)
    assert kept(ledger) == 10


def test_a_network_file_system_is_refused_before_anything_is_made(
    ledger: LedgerOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's own mounts decide: what holds the test's folder is taken for a network file system."""
    kind = file_system_of(path_of(ledger).parent.parent / "x", Path("/proc/mounts").read_text())
    assert kind
    monkeypatch.setattr(sqlite, "NETWORK_FILE_SYSTEMS", (kind,))
    for way in (reading, writing):
        with pytest.raises(LedgerError, match=f"would lie on {kind}, .* use a local disk"), way(ledger):
            pass
    assert not path_of(ledger).parent.exists()


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with (
        pytest.raises(
            LedgerError, match=rf"{tmp_path} is a folder; name a file, such as sqlite:///{tmp_path}/"
        ),
        reading(LedgerOptions(f"sqlite:///{tmp_path}")),
    ):
        pass
