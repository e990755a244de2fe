# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a neighbor on the same host lays out in a shared folder is neither read, followed nor overwritten, and
what is no file keeps nobody waiting (design/ansible.md#files). docs/security.md shows a refusal.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core import rows_file
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.files import FileAttributes, replace_file
from ansible_collections.finops.cloud.plugins.module_utils._core.trusted_paths import (
    folder_of,
    make_private_folders,
    read_input,
    resolve,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_file import load_plan
from ansible_collections.finops.cloud.plugins.module_utils._export import verdict_markdown
from ansible_collections.finops.cloud.plugins.module_utils._export.report_files import write_report_file
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_tables import FileForm, opened
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing

from ....neighbors import (
    IS_ROOT,
    NEIGHBOR,
    PRETENDED,
    USER,
    as_neighbor,
    as_user,
    as_user_beside_neighbor,
    shared_folder,
)

# Here already: the users of these tests cannot import it.
import_module("jinja2")

#: /tmp and the like, and a folder of a team.
MODES = (0o1777, 0o2770)
PRIVATE = 0o755
FOREIGN = (
    "belongs to another user (uid {uid}) in a folder that others may write to; name a file in a folder of"
)
Place = Callable[[Path], object]


@pytest.fixture(params=MODES, ids=["sticky", "of a team"])
def shared(request: pytest.FixtureRequest) -> Iterator[Path]:
    with shared_folder(request.param) as folder:
        yield folder


def read_ledger(path: Path) -> None:
    with reading(LedgerOptions(f"sqlite:///{path}", 0)):
        pass


def write_ledger(path: Path) -> None:
    with writing(LedgerOptions(f"sqlite:///{path}", 0)):
        pass


def write_rows(path: Path) -> None:
    place = rows_file.checked(str(path))
    assert place is not None
    with rows_file.writing(place, rows_file.Columns(("name",), ()), check_mode=False) as file:
        file.add({"name": "web"})


def write_report(path: Path) -> None:
    write_report_file(path, "CHF 12.50", FileAttributes(), "dest", check_mode=False)


def render_template(path: Path) -> None:
    """path is what the template is read from, wherever it is."""
    verdict_markdown.format_markdown({}, str(path.parent))


#: The name of the file, and what a user does with it.
DOORS: dict[str, tuple[str, Place]] = {
    "reading a ledger": ("ledger.db", read_ledger),
    "writing a ledger": ("ledger.db", write_ledger),
    "rows": ("rows.csv", write_rows),
    "a report": ("report.md", write_report),
    "a template": ("verdict.md.j2", render_template),
}
doors = pytest.mark.parametrize(("name", "use"), DOORS.values(), ids=DOORS)


@doors
def test_a_file_of_a_neighbor_in_a_shared_folder_is_refused_and_stays(
    shared: Path, name: str, use: Place
) -> None:
    place = shared / name

    def plant() -> None:
        place.write_bytes(b"planted")
        place.chmod(0o666)

    as_neighbor(plant)
    assert FOREIGN.format(uid=NEIGHBOR) in as_user_beside_neighbor(partial(use, place))
    assert place.read_bytes() == b"planted"
    assert list(shared.iterdir()) == [place]


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_what_sqlite_would_take_into_a_ledger_is_refused(shared: Path, ending: str) -> None:
    place = shared / "ledger.db"
    assert as_user(partial(write_ledger, place)) == ""
    as_neighbor(lambda: Path(f"{place}{ending}").write_bytes(b"planted"))
    for use in (read_ledger, write_ledger):
        assert FOREIGN.format(uid=NEIGHBOR) in as_user_beside_neighbor(partial(use, place))
    assert Path(f"{place}{ending}").read_bytes() == b"planted"


@doors
def test_a_link_of_a_neighbor_is_not_followed(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, name: str, use: Place
) -> None:
    with shared_folder(PRIVATE) as private:
        os.chown(private, USER, -1)
        kept = private / name
        kept.write_bytes(b"")
        kept.chmod(0o666)
        as_neighbor(lambda: (shared / name).symlink_to(kept))
        said = as_user_beside_neighbor(partial(use, shared / name))
        assert f"{shared / name} is a link of another user (uid {NEIGHBOR})" in said
        assert kept.read_bytes() == b""
        assert list(private.iterdir()) == [kept]


@doors
def test_a_folder_behind_a_link_of_a_neighbor_is_not_entered(shared: Path, name: str, use: Place) -> None:
    as_neighbor(lambda: (shared / "of_mine").symlink_to(shared))
    said = as_user_beside_neighbor(partial(use, shared / "of_mine" / name))
    assert f"{shared}/of_mine is a link of another user (uid {NEIGHBOR})" in said


@doors
def test_another_name_of_ones_own_file_is_refused(shared: Path, name: str, use: Place) -> None:
    """A neighbor makes a hard link of a file that is the user's, where the kernel allows it."""
    own = shared / "own"
    assert as_user(lambda: own.write_bytes(b"")) == ""
    os.link(own, shared / name)
    assert "it has a second name (a hard link) in a folder that" in as_user(partial(use, shared / name))
    assert own.read_bytes() == b""


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("a FIFO", os.mkfifo),
        ("a socket", lambda path: socket.socket(socket.AF_UNIX).bind(str(path))),
        *(
            [("a device", lambda path: os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3)))]
            if IS_ROOT
            else []
        ),
    ],
)
@pytest.mark.parametrize("folder_mode", [*MODES, PRIVATE])
@doors
def test_what_is_no_file_is_refused_at_once(
    kind: str, make: Place, folder_mode: int, name: str, use: Place
) -> None:
    with shared_folder(folder_mode) as folder:
        os.chown(folder, USER if folder_mode == PRIVATE else -1, -1)
        make(folder / name)
        assert f"it is {kind} and not a file" in as_user(partial(use, folder / name))


def test_a_plan_and_a_bill_from_anybody_are_read_and_what_is_no_file_keeps_nobody_waiting(
    shared: Path,
) -> None:
    def read_bill() -> None:
        with opened(shared / "it", FileForm()):
            pass

    ways: list[Callable[[], Any]] = [lambda: load_plan(str(shared / "it")), read_bill]
    os.mkfifo(shared / "it", 0o666)
    for way in ways:
        assert "/it' cannot be read: it is a FIFO and not a file." in as_user(way)
    os.unlink(shared / "it")
    as_neighbor(lambda: (shared / "it").write_bytes(b"handed in"))
    assert as_user_beside_neighbor(lambda: read_input(shared / "it") == b"handed in" or 1 / 0) == ""


@pytest.mark.parametrize(("name", "use"), [one for one in DOORS.values() if one[0] != "verdict.md.j2"])
def test_ones_own_file_in_a_shared_folder_is_used_again(shared: Path, name: str, use: Place) -> None:
    begin = write_ledger if name == "ledger.db" else use
    assert as_user(partial(begin, shared / name)) == ""
    assert as_user(partial(use, shared / name)) == ""
    assert (shared / name).stat().st_mode & 0o777 == 0o600
    assert list(shared.iterdir()) == [shared / name]


def test_a_link_of_ones_own_is_followed(shared: Path) -> None:
    assert as_user(lambda: (shared / "report.md").symlink_to(shared / "november.md")) == ""
    assert as_user(partial(write_report, shared / "report.md")) == ""
    assert (shared / "november.md").read_text() == "CHF 12.50"
    assert (shared / "report.md").is_symlink()


def test_the_owner_that_a_task_names_is_expected_in_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where root writes metrics for the user of node_exporter, into that user's folder."""
    if not IS_ROOT:
        monkeypatch.setattr(os, "geteuid", lambda: PRETENDED)
    os.chown(tmp_path, NEIGHBOR, -1)
    place, owned = tmp_path / "finops.prom", FileAttributes(owner_id=NEIGHBOR)
    assert replace_file(place, b"one", 0o644, owned)
    assert replace_file(place, b"two", 0o644, owned)
    for others in (FileAttributes(), FileAttributes(owner_id=61_004)):
        with pytest.raises(PermissionError, match="belongs to another user"):
            replace_file(place, b"three", 0o644, others)
    assert place.read_bytes() == b"two"


def test_a_folder_that_becomes_a_link_between_look_and_write_is_not_entered(tmp_path: Path) -> None:
    place = resolve(tmp_path / "reports" / "report.md")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "reports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError):
        replace_file(place, b"CHF 12.50", 0o600)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_stays_in_the_folder_that_was_opened(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    with folder_of(folder / "report.md") as opened:
        folder.rename(tmp_path / "moved")
        folder.mkdir()
        os.close(os.open("report.md", os.O_CREAT | os.O_WRONLY, dir_fd=opened))
    assert [one.name for one in (tmp_path / "moved").iterdir()] == ["report.md"]
    assert list(folder.iterdir()) == []


def test_a_ledger_that_is_exchanged_while_it_is_opened_is_refused(tmp_path: Path) -> None:
    place, other = tmp_path / "ledger.db", tmp_path / "other.db"
    write_ledger(place)
    write_ledger(other)
    connect = sqlite3.connect

    def exchange_and_connect(*given: Any, **named: Any) -> sqlite3.Connection:
        os.replace(other, place)
        return connect(*given, **named)

    # No longer than that: `make coverage` keeps what it measures by sqlite3, too.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", exchange_and_connect)
        with pytest.raises(LedgerError, match="another file was put in its place while it was opened"):
            read_ledger(place)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_new_folders_are_private_at_every_level_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_ledger(tmp_path / "a" / "b" / "c" / "ledger.db")
        make_private_folders(tmp_path / "d" / "e")
        replace_file(tmp_path / "report.md", b"CHF 12.50", 0o600)
    finally:
        os.umask(before)
    made = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert made == {
        "a": 0o700,
        "a/b": 0o700,
        "a/b/c": 0o700,
        "a/b/c/ledger.db": 0o600,
        "d": 0o700,
        "d/e": 0o700,
        "report.md": 0o600,
    }


@pytest.mark.parametrize("name", ["a\0b.csv", "a\ud800b.csv"])
def test_a_name_that_no_file_can_have_is_one_sentence(tmp_path: Path, name: str) -> None:
    says = "cannot be written: its name has a character that no name of a file can have"
    with pytest.raises(InvalidOption, match=says):
        rows_file.checked(f"{tmp_path}/{name}")


def test_resolving_is_that_of_the_standard_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "up").symlink_to("a/b/../b")
    (tmp_path / "a" / "b" / "top").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to("nowhere/at/all")
    monkeypatch.chdir(tmp_path / "a")
    for path in ("x", "../up/../x", "b/top/up/y", "../gone", "../gone/../x", "/", ".", "..", "../../.."):
        assert str(resolve(Path(path))) == os.path.realpath(path)
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        resolve(tmp_path / "circle")
