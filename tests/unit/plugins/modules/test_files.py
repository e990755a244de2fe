# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that modules write have the mode, owner and group of the task, as with Ansible's own file modules
(design/reports.md#files).
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core import periods

from .clocked import clock_at
from .conftest import Run

CHF: dict[str, Any] = {"currency": "CHF"}
DAY = {"window": "yesterday", "cloud": "sandbox"}
#: module, options, the file, and the mode that it has without the option.
WRITERS = [
    ("cost_export", {**CHF, "dest": "{folder}/a.csv"}, "a.csv", 0o600),
    ("cost_export", {**CHF, "dest": "{folder}/lake", "format": "parquet"}, "lake", 0o600),
    ("cost_export", {**CHF, "dest": "{folder}/a.prom", "format": "openmetrics"}, "a.prom", 0o644),
    ("infomaniak_cost_info", {**DAY, "dest": "{folder}/points.csv"}, "points.csv", 0o600),
    (
        "infomaniak_usage_info",
        {"cloud": "sandbox", "detail": "resources", "dest": "{folder}/all.jsonl"},
        "all.jsonl",
        0o600,
    ),
]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of metrics says when it was written, so one of another second is another one."""
    monkeypatch.setattr(periods, "datetime", clock_at(datetime.now(UTC)))


def mode_of(place: Path) -> int:
    """The mode of the file, or of the one below the folder."""
    (file,) = [place] if place.is_file() else place.rglob("*.parquet")
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize(("module", "options", "name", "default"), WRITERS)
def test_a_file_has_the_mode_of_the_task(
    run: Run, tmp_path: Path, module: str, options: dict[str, Any], name: str, default: int
) -> None:
    run("cost_entry", {"key": "k", "amount": "1", "currency": "CHF", "category": "other"})
    place = tmp_path / name
    assert run(module, options)["changed"]
    assert mode_of(place) == default
    assert run(module, {**options, "mode": "0640", "_ansible_check_mode": True})["changed"]
    assert mode_of(place) == default
    assert run(module, {**options, "mode": "0640"})["changed"]
    assert mode_of(place) == 0o640
    assert not run(module, {**options, "mode": "0640"})["changed"]
    assert run(module, {**options, "mode": "u=rw,g=,o="})["changed"]
    assert mode_of(place) == 0o600


@pytest.mark.parametrize(("module", "options", "name", "_default"), WRITERS)
def test_a_name_with_a_nul_is_one_sentence(
    run: Run, tmp_path: Path, module: str, options: dict[str, Any], name: str, _default: int
) -> None:
    run("cost_entry", {"key": "k", "amount": "1", "currency": "CHF", "category": "other"})
    result = run(module, {**options, "dest": f"{tmp_path}/a\0{name}"})
    assert (result["failed"], result["error"]["kind"]) == (True, "invalid_option"), result
    assert result["error"]["option"] == "dest"
    assert "its name has a character that no name of a file can have" in result["msg"]
    assert not [*tmp_path.glob("a*")]


@pytest.mark.parametrize(("module", "options", "name", "_default"), WRITERS)
def test_a_file_belongs_to_the_owner_and_group_of_the_task(
    run: Run, tmp_path: Path, module: str, options: dict[str, Any], name: str, _default: int
) -> None:
    run("cost_entry", {"key": "k", "amount": "1", "currency": "CHF", "category": "other"})
    own = {"owner": str(os.getuid()), "group": str(os.getgid())}
    assert run(module, {**options, **own})["changed"]
    assert not run(module, {**options, **own})["changed"]
    place = tmp_path / name
    (file,) = [place] if place.is_file() else place.rglob("*.parquet")
    assert (file.stat().st_uid, file.stat().st_gid) == (os.getuid(), os.getgid())


@pytest.mark.parametrize(("module", "options", "name", "default"), WRITERS)
def test_nothing_is_open_to_others_under_an_open_umask(
    run: Run, tmp_path: Path, module: str, options: dict[str, Any], name: str, default: int
) -> None:
    run("cost_entry", {"key": "k", "amount": "1", "currency": "CHF", "category": "other"})
    before = os.umask(0)
    try:
        assert run(module, options)["changed"]
    finally:
        os.umask(before)
    place = tmp_path / name
    assert mode_of(place) == default
    folders = [one for one in (place, *place.rglob("*")) if one.is_dir()]
    assert [stat.S_IMODE(one.stat().st_mode) for one in folders] == [0o700] * len(folders)
