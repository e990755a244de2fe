# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ledgers with a cost of every kind, and names that nobody means well with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._export.focus import FocusOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection

NOW = datetime(2026, 11, 21, 5, tzinfo=UTC)
WHOLE = Selection(Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)))
IN_FRANCS = FocusOptions("CHF", Rates(), "UTC")
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "'=cmd()",
    "''+1",
    " @SUM(A1)",
    "-2+3",
    "\t=1",
    'say "hi", 100%',
    "two\nlines\r\nand a return\r",
    "emoji 🦄 and \u202e",
    "\uff1dwide",
    "x" * 10_000,
    "",
)

#: What spreadsheets take for the start of a formula or a command (OWASP, CSV Injection), also full-width.
BEGINS_OF_FORMULAS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def read_back(cell: str) -> str:
    """The text behind a cell of CSV, by the rule that docs/export.md gives readers: of a cell that begins
    with an apostrophe and would be a formula behind all its apostrophes, one apostrophe is not text.
    """
    text = cell.lstrip("'")
    is_formula = text.lstrip().startswith(BEGINS_OF_FORMULAS) or text.startswith(BEGINS_OF_FORMULAS)
    return cell[1:] if cell.startswith("'") and is_formula else cell


def entry(key: str, hour: datetime, amount_nano: int = 1_000_000_000, **given: Any) -> entries.Entry:
    """A cost of an hour, of a server unless told otherwise."""
    usual = {
        "source": "cloudkitty:here",
        "charge_category": "usage",
        "category": "compute",
        "currency": "ICU",
        "cloud": "production",
        "region": "dc3-a",
        "project_id": "b30781c9679b4ede8107bae21990153e",
        "project_name": "PCP-ABC1234",
        "metric": "instance",
        "resource_id": "6b0f3a1e",
        "resource_name": "shop-1",
        "resource_type": "compute.instance",
        "quantity": "1",
        "unit": "instance",
        "tags": {"team": "shop"},
    }
    period = Window(hour, hour.replace(minute=59, second=59))
    return entries.Entry(key=key, period=period, amount_nano=amount_nano, **{**usual, **given})


def by_hand(key: str, hour: datetime, kind: str, amount_nano: int, **given: Any) -> entries.Entry:
    """A cost that somebody wrote down: at a moment, of nothing in particular."""
    return entries.Entry(
        source="manual",
        key=key,
        charge_category=kind,
        category="other",
        period=Window(hour, hour),
        amount_nano=amount_nano,
        **{"currency": "CHF", **given},
    )


def every_kind() -> list[entries.Entry]:
    """At least one of every category of charges and of costs, over three months, with and without what may be
    left out.
    """
    hours = [datetime(2026, month, 15, 8, tzinfo=UTC) for month in (9, 10, 11)]
    found = []
    for hour in hours:
        of_categories = (
            ("llm_inference", "tokens"),
            ("llm_embedding", "tokens"),
            ("compute", "instance"),
            ("storage", "volume.size"),
            ("network", "ip.floating"),
            ("api_calls", "calls"),
            ("other", None),
        )
        found += [
            entry(f"{hour:%m}/{category}", hour, 1_234_567_891, category=category, metric=metric)
            for category, metric in of_categories
        ]
        found += [
            entry(f"{hour:%m}/no-unit", hour, 7, unit=None, resource_name=None, resource_type=None),
            entry(f"{hour:%m}/nothing-used", hour, 0, quantity="0"),
            entry(f"{hour:%m}/of-nothing", hour, 5, quantity="0", resource_id=None, resource_name=None),
            entry(f"{hour:%m}/third", hour, 1, quantity="3"),
            by_hand(
                f"{hour:%m}/purchase", hour, "purchase", 120_000_000_000, description="Support, November"
            ),
            by_hand(f"{hour:%m}/credit", hour, "credit", -5_000_000_001),
            by_hand(f"{hour:%m}/adjustment", hour, "adjustment", -1),
            by_hand(f"{hour:%m}/tax", hour, "tax", 8_100_000_000),
        ]
    return found


def ledger(folder: Path, costs: list[entries.Entry]) -> sql.LedgerOptions:
    """A ledger with these costs, of which the first was recorded otherwise at first."""
    options = sql.LedgerOptions(f"sqlite:///{folder}/ledger.db")
    with sql.writing(options) as opened:
        first = costs[0]
        entries.write(opened.connection, entries.Entry(**{**vars(first), "amount_nano": 42}), NOW, "test")
        entries.write_all(opened.connection, costs, NOW, "test")
    return options
