# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions of examples/lake by Spark: it answers what DuckDB answers, which the ledger is held to, also
when a day has come and another one was corrected.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ..examples.organization import DEARER, QUESTIONS, exported, made, ran, statements
from ..examples.test_lake import Rows, answers

pytestmark = pytest.mark.outside

PROGRAM = Path(__file__).parents[2] / "outside" / "lake.py"


def comparable(rows: Rows) -> list[str]:
    """Rows in an order that does not hang on where an engine puts NULL. Numbers that are no decimals are
    quotients, which engines round.
    """

    def cell(value: Any) -> Any:
        return (
            f"{value:.9g}"
            if isinstance(value, float)
            else str(value)
            if isinstance(value, (Decimal, date))
            else value
        )

    return sorted(json.dumps({name: cell(value) for name, value in row.items()}) for row in rows)


def test_spark_answers_as_duckdb_does(tmp_path: Path) -> None:
    ledger = made(tmp_path)
    asked = {
        "definitions": statements("spark", tmp_path),
        "questions": {name: statements(f"questions/{name}", tmp_path)[0] for name in QUESTIONS},
    }
    java = Path(os.environ["JAVA"]).resolve()
    environment = {**os.environ, "JAVA_HOME": str(java.parents[1])}
    python = Path(os.environ["OUTSIDE"]) / "python"
    with subprocess.Popen(
        [python, PROGRAM],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as spark:
        assert spark.stdin is not None and spark.stdout is not None

        def compare() -> dict[str, list[str]]:
            spark.stdin.write(json.dumps(asked) + "\n")
            spark.stdin.flush()
            told = {name: comparable(rows) for name, rows in json.loads(spark.stdout.readline()).items()}
            assert told == {name: comparable(rows) for name, rows in answers(tmp_path).items()}
            return told

        before = compare()
        day = {"key": "further", "occurred_at": "2025-12-01T01:00:00Z", "amount": "3", "category": "other"}
        ran("cost_entry", {"ledger": ledger, "entries": [{**day, "currency": "CHF"}]})
        ran("cost_entry", {"ledger": ledger, "key": DEARER, "state": "absent"})
        exported(ledger, tmp_path / "focus", {"begin": "2025-10-01", "end": "2025-12-02"})
        after = compare()
        spark.stdin.close()
    assert spark.returncode == 0
    unchanged = {name for name in QUESTIONS if before[name] == after[name]}
    assert unchanged == set()
