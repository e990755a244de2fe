# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bills as they are packed and written by whoever passes them on: read, or refused by what is wrong."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

from .test_bill_files import NOW, ROW

HEAD = ",".join(ROW)
#: Its tags, which are the only cell with commas, are quoted.
LINE = ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in ROW.values())
CSV = f"{HEAD}\n{LINE}\n".encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, one in files.items():
            archive.writestr(name, one)
    return content.getvalue()


def told(tmp_path: Path, content: bytes, name: str = "bill.csv") -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(content)
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    return import_bill(ledger, BillOptions((str(path),), "aws"), NOW, "me", True)


@pytest.mark.parametrize(
    "content",
    [
        packed({"a.csv": CSV, "__MACOSX/._a.csv": b"x"}),
        b"sep=,\r\n" + CSV,
        b"sep=;\n" + CSV.replace(HEAD.encode(), HEAD.replace(",", ";").encode()).replace(b'","', b'";"'),
        CSV.replace(b'""web""', b'""we\nb""'),
    ],
    ids=["zip of macOS", "Excel's line", "Excel's line of semicolons", "end of a line within a tag"],
)
def test_what_others_add_is_left_out(tmp_path: Path, content: bytes) -> None:
    assert told(tmp_path, content)["totals"] == {"USD": "1.25"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (packed({}), "holds 0 files"),
        (packed({"a.csv.gz": gzip.compress(CSV)}), "is packed twice"),
        (packed({"a.parquet": b"PAR1"}), "is packed twice, or holds no CSV"),
        (gzip.compress(gzip.compress(CSV)), "is packed twice"),
        (json.dumps([ROW]).encode(), "is one JSON list"),
        (b" [\n]", "is one JSON list"),
    ],
)
def test_what_is_no_bill_is_called_what_it_is(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidOption, match=sentence):
        told(tmp_path, content)


@pytest.mark.parametrize("listed", ["text", 5, {"a": 1}])
def test_a_manifest_whose_parts_are_no_list_is_refused(tmp_path: Path, listed: Any) -> None:
    with pytest.raises(InvalidOption, match="`dataFiles` of the manifest .* is no list of parts"):
        told(tmp_path, json.dumps({"dataFiles": listed}).encode(), "manifest.json")


def test_parquet_of_bytes_is_text_and_a_tag_twice_is_refused(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {name: pyarrow.array([cell.encode()]) for name, cell in ROW.items()}
    for pairs, is_read in (([("team", "a")], True), ([("team", "a"), ("team", "b")], False)):
        tags = pyarrow.array([pairs], pyarrow.map_(pyarrow.string(), pyarrow.string()))
        parquet.write_table(pyarrow.table({**columns, "Tags": tags}), tmp_path / "made.parquet")
        content = (tmp_path / "made.parquet").read_bytes()
        if is_read:
            assert told(tmp_path, content, "bill.parquet")["totals"] == {"USD": "1.25"}
        else:
            with pytest.raises(InvalidOption, match="has the tag 'team' twice"):
                told(tmp_path, content, "bill.parquet")
