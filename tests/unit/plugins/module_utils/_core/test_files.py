# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file is replaced whole or not at all, and its attributes mean what Ansible's file modules mean."""

from __future__ import annotations

import grp
import os
import pwd
import resource
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.files import (
    FileAttributes,
    new_file,
    parse_attributes,
    refusing,
    replace_file,
)
from hypothesis import given
from hypothesis import strategies as st

CHANGES = st.tuples(st.sampled_from("=+-"), st.text("rwxXstugo", max_size=4)).map("".join)
CLAUSES = st.tuples(
    st.sampled_from(["", "a", "u", "g", "o", "ug", "go", "uo", "ugo"]),
    st.lists(CHANGES, min_size=1, max_size=2),
).map(lambda clause: clause[0] + "".join(clause[1]))
SYMBOLIC = st.lists(CLAUSES, min_size=1, max_size=3).map(",".join)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_content_and_the_default_mode_and_no_neighbor(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    assert replace_file(place, b"one", 0o644)
    assert place.read_bytes() == b"one"
    assert mode_of(place) == 0o644
    assert list(tmp_path.iterdir()) == [place]


def test_a_file_with_the_same_content_stays_the_same_file(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    replace_file(place, b"one", 0o600)
    place.chmod(0o640)
    before = place.stat()
    assert not replace_file(place, b"one", 0o600)
    assert (place.stat().st_ino, mode_of(place)) == (before.st_ino, 0o640)


def test_what_is_always_written_is_written_and_still_says_whether_it_differed(tmp_path: Path) -> None:
    place = tmp_path / "finops.prom"
    replace_file(place, b"one", 0o644)
    before = place.stat().st_ino
    assert not replace_file(place, b"one", 0o644, always=True)
    assert place.stat().st_ino != before
    assert replace_file(place, b"two", 0o644, always=True)


def test_check_mode_tells_and_writes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    assert replace_file(place, b"one", 0o600, check_mode=True, always=True)
    assert list(tmp_path.iterdir()) == []
    place.write_bytes(b"one")
    assert not replace_file(place, b"one", 0o600, check_mode=True)
    assert replace_file(place, b"one", 0o600, FileAttributes(mode=0o751), check_mode=True)
    assert mode_of(place) != 0o751


def test_a_mode_that_the_task_names_is_kept_to(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    wanted = parse_attributes({"mode": "0640"})
    assert replace_file(place, b"one", 0o600, wanted)
    assert mode_of(place) == 0o640
    assert not replace_file(place, b"one", 0o600, wanted)
    place.chmod(0o600)
    assert replace_file(place, b"one", 0o600, wanted)
    assert mode_of(place) == 0o640


def test_a_symbolic_mode_begins_with_the_file_that_is_there_or_with_the_default(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    wanted = parse_attributes({"mode": "g+r"})
    replace_file(place, b"one", 0o600, wanted)
    assert mode_of(place) == 0o640
    place.chmod(0o604)
    assert replace_file(place, b"two", 0o600, wanted)
    assert mode_of(place) == 0o644


def test_owner_and_group_are_those_that_the_task_names(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    wanted = parse_attributes({"owner": "nobody", "group": "4711"})
    if os.geteuid() != 0:
        # Only root gives files away.
        with pytest.raises(PermissionError):
            replace_file(place, b"one", 0o600, wanted)
        assert list(tmp_path.iterdir()) == []
        return
    assert replace_file(place, b"one", 0o600, wanted)
    assert (place.stat().st_uid, place.stat().st_gid) == (pwd.getpwnam("nobody").pw_uid, 4711)
    assert not replace_file(place, b"one", 0o600, wanted)
    os.chown(place, 0, -1)
    assert replace_file(place, b"one", 0o600, wanted)


@given(SYMBOLIC, st.integers(0, 0o7777))
def test_symbolic_modes_are_those_of_ansible(symbolic: str, before: int) -> None:
    found = SimpleNamespace(st_mode=stat.S_IFREG | before)
    expected = AnsibleModule._symbolic_mode_to_octal(found, symbolic)
    assert parse_attributes({"mode": symbolic}).mode_from(before) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [("0640", 0o640), ("640", 0o640), (0o640, 0o640), ("7777", 0o7777), ("0", 0)],
)
def test_numbers_are_octal_in_text_and_themselves_otherwise(given: object, expected: int) -> None:
    assert parse_attributes({"mode": given}).mode == expected


def test_what_the_task_does_not_name_is_none() -> None:
    assert parse_attributes({}) == parse_attributes({"mode": None, "owner": None}) == FileAttributes()


def test_names_of_this_host_and_numbers_are_owners_and_groups() -> None:
    group = grp.getgrgid(os.getgid())
    found = parse_attributes({"owner": pwd.getpwuid(0).pw_name, "group": group.gr_name})
    assert (found.owner_id, found.group_id) == (0, group.gr_gid)
    assert parse_attributes({"owner": 4711, "group": "4712"}) == FileAttributes(None, 4711, 4712)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mode": "0888"}, "^mode: '0888' is not a mode; write octal digits in quotes, such as '0640'"),
        ({"mode": "rw-r--r--"}, "^mode: 'rw-r--r--' is not a mode"),
        ({"mode": ""}, "^mode: '' is not a mode"),
        ({"mode": "17777"}, "^mode: '17777' is not a mode; the largest one is '7777'"),
        ({"mode": -1}, "^mode: '-1' is not a mode"),
        ({"mode": True}, "^mode: 'True' is not a mode"),
        ({"owner": "nobody-of-that-name"}, "^owner: there is no user 'nobody-of-that-name' on this host"),
        ({"group": "nobody-of-that-name"}, "^group: there is no group 'nobody-of-that-name' on this host"),
    ],
)
def test_what_is_no_attribute_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOption, match=says):
        parse_attributes(given)


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "rows.csv"
    place.write_bytes(b"old")

    def write_half() -> None:
        with new_file(place) as new:
            new.stream.write(b"half of it")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_reader_finds_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "rows.csv"
    place.write_bytes(b"old")
    with new_file(place) as new:
        new.stream.write(b"new")
        assert new.differs_from(place)
        assert place.read_bytes() == b"old"
        new.replace(place, 0o600)
        assert place.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [place]


def test_a_new_file_that_is_not_put_in_place_is_gone(tmp_path: Path) -> None:
    place, beside = tmp_path / "rows.csv", tmp_path / "beside"
    beside.mkdir()
    replace_file(place, b"same", 0o600)
    with new_file(place, beside) as new:
        new.stream.write(b"same")
        assert new.path.parent == beside
        assert not new.differs_from(place)
        assert new.differs_from(place, FileAttributes(mode=0o640))
    assert list(beside.iterdir()) == []


def test_what_the_file_system_refuses_is_one_sentence_about_the_option(tmp_path: Path) -> None:
    place = tmp_path / "gone" / "rows.csv"
    says = "^dest: '.*gone/rows.csv' cannot be written: No such file"
    with pytest.raises(InvalidOption, match=says), refusing("dest", place):
        replace_file(place, b"one", 0o600)


def in_a_process(work: Callable[[], object]) -> int:
    """How a process ended that did the work: 0, 1 where it raised, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write_and_be_killed(place: Path) -> None:
    with new_file(place) as new:
        new.stream.write(b"half of it")
        new.stream.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_writer_leaves_is_private_and_the_next_one_removes_it(tmp_path: Path) -> None:
    place, other = tmp_path / "report.md", tmp_path / "report.html"
    before = os.umask(0)
    try:
        for _kill in range(2):
            assert in_a_process(lambda: write_and_be_killed(place)) == -signal.SIGKILL
    finally:
        os.umask(before)
    (left,) = tmp_path.iterdir()
    assert (left.name.startswith(".report.md."), left.read_bytes()) == (True, b"half of it")
    assert mode_of(left) == 0o600
    # Another file's is not touched.
    replace_file(other, b"one", 0o600)
    assert sorted(tmp_path.iterdir()) == sorted([left, other])
    replace_file(place, b"one", 0o600)
    assert sorted(tmp_path.iterdir()) == [other, place]


def test_what_another_writer_is_writing_stays(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    with new_file(place) as slow:
        slow.stream.write(b"slow")
        assert in_a_process(lambda: replace_file(place, b"fast", 0o600)) == 0
        assert place.read_bytes() == b"fast"
        slow.replace(place, 0o600)
    assert place.read_bytes() == b"slow"
    assert list(tmp_path.iterdir()) == [place]


def test_what_only_looks_like_an_unfinished_file_stays(tmp_path: Path) -> None:
    place = tmp_path / "report.md"
    unfinished = f".report.md.{'0' * 16}.unfinished"
    kept = [tmp_path / f".report.md.{'0' * 16}", tmp_path / f"x{unfinished}", tmp_path / ".report.md.bak"]
    for one in kept:
        one.write_bytes(b"kept")
    (tmp_path / unfinished).symlink_to(kept[0])
    os.mkfifo(tmp_path / unfinished.replace("0", "1"))
    there = set(tmp_path.iterdir())
    replace_file(place, b"one", 0o600)
    assert set(tmp_path.iterdir()) == {*there, place}
    assert {one.read_bytes() for one in kept} == {b"kept"}


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    """A limit on the size of files does what a full disk does: the write fails, halfway."""
    place = tmp_path / "report.md"
    place.write_bytes(b"old")

    def write_too_much() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        says = r"^dest: '.*report.md' cannot be written: File too large"
        with pytest.raises(InvalidOption, match=says), refusing("dest", place):
            replace_file(place, b"x" * 100_000, 0o600)

    assert in_a_process(write_too_much) == 0
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]
