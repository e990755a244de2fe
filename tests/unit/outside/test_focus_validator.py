# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The FinOps Foundation's validator finds no fault with FOCUS 1.0 of a month of a project that has one of
everything.
"""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path

import pytest

from ..conftest import Sandbox
from ..plugins.modules.running import run_module

pytestmark = pytest.mark.outside

#: Validator 1.0.0 asks for some columns by their names in drafts of the specification: 1.0 calls them
#: otherwise.
ITS_NAMES = {
    "InvoiceIssuer": "InvoiceIssuerName",
    "Provider": "ProviderName",
    "Publisher": "PublisherName",
    "ResourceID": "ResourceId",
    "ChargeType": "ChargeCategory",
}
#: It reads the currencies of ISO 4217 from a file that its wheel lacks, below the folder that it runs in.
CURRENCIES = Path("focus_validator/utils/currency_codes.csv")
BY_HAND = [
    {"key": "invoice", "charge_category": "purchase", "amount": "120", "category": "other"},
    {"key": "goodwill", "charge_category": "credit", "amount": "-5", "category": "compute"},
    {"key": "rounding", "charge_category": "adjustment", "amount": "-0.01", "category": "other"},
    {"key": "vat", "charge_category": "tax", "amount": "8.1", "category": "other"},
    {"key": "tokens", "amount": "0.5", "category": "llm_inference", "quantity": "1000", "unit": "tokens"},
]


def test_it_passes(running: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    for module, options in (
        ("cost_import", {"cloud": "sandbox", "window": "last_30_days"}),
        ("cost_entry", {"currency": "CHF", "entries": BY_HAND}),
        (
            "cost_export",
            {
                "dest": f"{tmp_path}/focus.csv",
                "window": "last_30_days",
                "currency": "CHF",
                "focus_version": "1.0",
            },
        ),
    ):
        result = run_module(module, options)
        assert not result.get("failed"), result["msg"]
    with (tmp_path / "focus.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["ChargeCategory"] for row in rows} == {"Usage", "Purchase", "Credit", "Adjustment", "Tax"}
    assert {row["ResourceType"] for row in rows} > {
        "compute.instance",
        "storage.volume",
        "network.floating_ip",
    }
    assert validate(tmp_path, rows) == []
    # And it is awake: a cost that is no number is found.
    rows[0]["BilledCost"] = "much"
    assert validate(tmp_path, rows) == ["BilledCost"]


def validate(folder: Path, rows: list[dict[str, str]]) -> list[str]:
    """The columns that the validator finds fault with."""
    rows = [{**row, **{theirs: row[ours] for theirs, ours in ITS_NAMES.items()}} for row in rows]
    with (folder / "told.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    (folder / CURRENCIES).parent.mkdir(parents=True, exist_ok=True)
    (folder / CURRENCIES).write_text("currency_codes\nCHF\nEUR\n")
    options = ("--data-file", "told.csv", "--column-namespace", "x_", "--validate-version", "1.0")
    ended = subprocess.run(
        [f"{os.environ['OUTSIDE']}/focus-validator", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = ended.stdout + ended.stderr
    faults = {line.partition("_")[0] for line in said.splitlines() if line.endswith(" failed:")}
    assert faults or "Validation succeeded" in said, said
    return sorted(faults)
