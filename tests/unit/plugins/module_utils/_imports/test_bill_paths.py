# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a delivery is made of, and what is refused (design/imports.md#a-bill-is-a-delivery)."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_paths import find


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """A folder with the parts of a bill, and what is none."""
    folder = tmp_path / "2026-10"
    folder.mkdir()
    for name in ("part-2.csv", "part-1.csv", "readme.md", ".hidden.csv"):
        (folder / name).write_text("Cost\n1\n")
    return folder


def names(*named: Path | str) -> list[str]:
    return [path.name for path in find([str(one) for one in named])]


def test_a_folder_a_glob_and_paths_name_each_file_once(month: Path) -> None:
    both = ["part-1.csv", "part-2.csv"]
    assert names(month) == names(month / "part-*.csv") == names(month / "part-1.csv", month) == both
    # A glob may match folders.
    assert names(month.parent / "2026-*") == both


@pytest.mark.parametrize("listed", ["dataFiles", "reportKeys", "blobs"])
def test_a_manifest_names_the_parts(month: Path, listed: str) -> None:
    part: Any = {"blobName": "export/part-2.csv"} if listed == "blobs" else "s3://bucket/part-2.csv"
    manifest = month / "x-Manifest.json"
    manifest.write_text(json.dumps({listed: [part]}))
    assert names(manifest) == names(month) == ["part-2.csv"]


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("{", "the manifest '{path}' is not valid JSON."),
        ("[]", "the manifest '{path}' is not a JSON object."),
        ('{"blobs": {}}', "the manifest '{path}' names no parts; name the files instead."),
        ('{"blobs": "part-1.csv"}', "`blobs` of the manifest '{path}' is no list of parts."),
        ('{"dataFiles": [1]}', "the manifest '{path}' names a part that is no path."),
        ('{"blobs": [{"blobName": ""}]}', "the manifest '{path}' names a part that is no path."),
        ('{"dataFiles": ["gone.csv"]}', "gone.csv"),
    ],
)
def test_a_manifest_that_does_not_tell_the_whole_bill_is_refused(
    month: Path, manifest: str, says: str
) -> None:
    path = month / "manifest.json"
    path.write_text(manifest)
    with pytest.raises(InvalidOption, match=re.escape(says.format(path=path))):
        find([str(path)])


def test_what_is_no_file_is_refused(month: Path) -> None:
    os.mkfifo(month / "pipe.csv")
    (month.parent / "empty").mkdir()
    for named, says in (
        ([], "names no file; write the paths of the bill's files, folders or globs."),
        (["~nobody-of-this-name/bill.csv"], "is in the home folder of a user that there is not."),
        ([str(month / "*.parquet")], f"'{month}/*.parquet' matches no file."),
        ([str(month / "pipe.csv")], f"'{month}/pipe.csv' is no regular file."),
        ([str(month.parent / "empty")], f"the folder '{month.parent}/empty' has no file that ends in .csv,"),
    ):
        with pytest.raises(InvalidOption, match=f"^files: .*{re.escape(says)}"):
            find(named)
