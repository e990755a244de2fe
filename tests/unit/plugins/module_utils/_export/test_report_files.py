# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of reports: whole, private when they are new, with the mode and owner that a task asks for."""

from __future__ import annotations

import grp
import os
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.files import parse_attributes
from ansible_collections.finops.cloud.plugins.module_utils._export.report_files import write_report_file


def write(
    path: Path, content: str = "12.5", check_mode: bool = False, mode: str | int | None = None, **owner: str
) -> bool:
    return write_report_file(path, content, parse_attributes({"mode": mode, **owner}), "dest", check_mode)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_new_file_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    assert write(path)
    assert (path.read_text(), mode_of(path)) == ("12.5", 0o600)
    assert not write(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_keeps_the_mode_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("11")
    path.chmod(0o644)
    assert write(path)
    assert (path.read_text(), mode_of(path)) == ("12.5", 0o644)


@pytest.mark.parametrize(
    ("mode", "bits"),
    [
        ("0640", 0o640),
        ("640", 0o640),
        ("0o640", 0o640),
        (0o640, 0o640),
        ("u=rw,g=r,o=", 0o640),
        ("g+r", 0o640),
    ],
)
def test_modes_are_written_as_for_ansible(tmp_path: Path, mode: str | int, bits: int) -> None:
    path = tmp_path / "report.md"
    assert write(path, mode=mode)
    assert mode_of(path) == bits
    assert not write(path, mode=mode)


def test_another_mode_alone_is_a_change(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    write(path)
    assert write(path, mode="0644", check_mode=True)
    assert mode_of(path) == 0o600
    assert write(path, mode="0644")
    assert mode_of(path) == 0o644


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    assert write(tmp_path / "report.md", check_mode=True)
    assert list(tmp_path.iterdir()) == []


def test_owner_and_group_are_names_or_numbers(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    group = grp.getgrgid(os.getegid()).gr_name
    assert write(path, owner=str(os.geteuid()), group=group)
    assert not write(path, owner=str(os.geteuid()), group=str(os.getegid()))


def test_only_root_gives_files_away(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    write(path)
    if os.geteuid() != 0:
        with pytest.raises(InvalidOption, match="cannot be written: Operation not permitted"):
            write(path, owner="65534")
        assert list(tmp_path.iterdir()) == [path]
        return
    assert write(path, owner="65534", group="65534", check_mode=True)
    assert write(path, owner="65534", group="65534", mode="4750")
    assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (65534, 65534, 0o4750)
    assert not write(path, owner="65534")


@pytest.mark.parametrize("mode", ["rw", "u=wrong", "0999", "g*r"])
def test_what_is_no_mode_is_refused(tmp_path: Path, mode: str) -> None:
    with pytest.raises(
        InvalidOption, match="^mode: .* is not a mode; write octal digits in quotes, such as '0640'"
    ):
        write(tmp_path / "report.md", mode=mode)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_names_the_option_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    with pytest.raises(InvalidOption, match=r"^dest: '.*report.md' cannot be written: "):
        write(tmp_path / "report.md")
    assert list(tmp_path.iterdir()) == [tmp_path / "report.md"]
    with pytest.raises(InvalidOption, match=r"^dest: '.*none/report.md' cannot be written: No such file"):
        write(tmp_path / "none" / "report.md")
