# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows in a file are the rows that were added, each with its own values, however they are put into words."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.rows_file import Columns, writing
from hypothesis import given, settings
from hypothesis import strategies as st

COLUMNS = Columns(("id", "size", "metadata"), nested=("metadata",))
TEXT = st.text('ab",;: \n\rü€', max_size=6)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 1), st.sampled_from(["0", "1", '"', "a,b", "ü\n"]), TEXT
)
NESTED = st.one_of(
    st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(VALUES, st.lists(st.integers(), max_size=2))),
    st.lists(TEXT, max_size=2),
)
ROWS = st.lists(st.fixed_dictionaries({"id": VALUES, "size": VALUES, "metadata": NESTED}), max_size=12)


def written(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    with writing(folder / name, COLUMNS, check_mode=False) as file:
        for row in rows:
            file.add(row)
    return folder / name


@settings(max_examples=50)
@given(ROWS)
def test_json_lines_are_the_rows(tmp_path_factory: Any, rows: list[dict[str, Any]]) -> None:
    """In the order of the columns, with their types: 1 and true are equal in Python, and no more than
    that.
    """
    path = written(tmp_path_factory.mktemp("rows"), "rows.jsonl", rows)
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    assert lines == [
        json.dumps({name: row[name] for name in COLUMNS.names}, ensure_ascii=False) for row in rows
    ]


@settings(max_examples=50)
@given(ROWS)
def test_csv_has_the_rows_with_json_in_nested_cells(
    tmp_path_factory: Any, rows: list[dict[str, Any]]
) -> None:
    path = written(tmp_path_factory.mktemp("rows"), "rows.csv", rows)
    with path.open(newline="", encoding="utf-8") as stream:
        read = list(csv.DictReader(stream))
    expected = [
        {
            "id": "" if row["id"] is None else str(row["id"]),
            "size": "" if row["size"] is None else str(row["size"]),
            "metadata": json.dumps(row["metadata"], ensure_ascii=False),
        }
        for row in rows
    ]
    assert read == expected


def test_more_rows_than_are_written_at_once_are_all_there(tmp_path: Path) -> None:
    rows = [{"id": str(number), "size": "1", "metadata": {"n": str(number)}} for number in range(12_345)]
    lines = written(tmp_path, "rows.ndjson", rows).read_text().splitlines()
    assert [json.loads(line) for line in lines] == rows


def test_what_python_takes_for_equal_is_told_apart(tmp_path: Path) -> None:
    values: list[Any] = [1, True, "1", 1, False, 0, "0", None]
    rows = [{"id": value, "size": None, "metadata": {"a": value}} for value in values]
    lines = written(tmp_path, "rows.jsonl", rows).read_text().splitlines()
    assert lines == [json.dumps({name: row[name] for name in COLUMNS.names}) for row in rows]
