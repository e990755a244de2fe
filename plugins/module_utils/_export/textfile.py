# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The file of node_exporter's textfile collector: gathered, and put in place as a whole, as the collector may
read at any time.

Source: https://github.com/prometheus/node_exporter, section Textfile Collector.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .._budgets.status import status
from .._core.errors import InvalidOption
from .._cost.ledger_summary import SummaryQuestion, summarize
from .._ledger.sql import LedgerOptions
from .._openstack.connection import Cloud
from .._usage.quotas import QuotaOptions, read_quotas
from . import openmetrics

OPENMETRICS = "openmetrics"
#: The collector reads no other files.
_SUFFIX = ".prom"
#: Another user's program reads it.
_MODE = 0o644
_QUOTAS = QuotaOptions(
    services=(), on_error="fail", count_load_balancers=True, required=None, fail_on_shortfall=False, packs=(), warn_at=None
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """dest as the user wrote it, and the cost that is told."""

    dest: str
    question: SummaryQuestion


def write(
    ledger: LedgerOptions, asked: Asked, now: datetime, check_mode: bool, cloud: Cloud | None = None
) -> dict[str, Any]:
    """The result of cost_export for metrics. cloud: for quotas, None where they are not asked for.

    The file is written also where nothing in it has changed: its time tells the collector how old it is.
    Raises InvalidOption naming dest, LedgerError, CloudError.
    """
    path = _checked(asked.dest)
    summary = summarize(ledger, asked.question, now)
    stand = status(ledger, None, asked.question.rates, now)
    families = [*openmetrics.of_costs(summary), *openmetrics.of_budgets(stand["budgets"])]
    if cloud is not None:
        quotas = read_quotas(cloud, _QUOTAS)["quotas"]
        families += openmetrics.of_quotas(quotas, cloud.identity.to_result())
    content = openmetrics.text(families).encode()
    changed = not path.is_file() or path.read_bytes() != content
    if not check_mode:
        _put(path, content)
    samples = sum(len(family.samples) for family in families)
    reasons = [
        budget["reason"]
        for budget in stand["budgets"]
        if budget["verdict"] == "unknown" or budget["at_least"] is not None
    ]
    return {
        "changed": changed,
        "dest": str(path),
        "files": [{"path": str(path), "billing_period": None, "rows": samples}],
        "row_count": samples,
        "unknown": [*summary["unknown"], *reasons],
        **{name: summary[name] for name in ("ledger", "feeds", "period_start", "period_end", "tax")},
        "currency": summary["cost"]["currency"],
    }


def _checked(dest: str) -> Path:
    path = Path(os.path.realpath(dest))
    if path.suffix != _SUFFIX:
        raise InvalidOption(
            "dest", f"'{dest}' is no file that node_exporter reads; let its name end in {_SUFFIX}."
        )
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidOption("dest", f"'{dest}' is no file in a folder that is there.")
    return path


def _put(path: Path, content: bytes) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                os.fchmod(stream.fileno(), _MODE)
            os.replace(name, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)
    except OSError as error:
        raise InvalidOption("dest", f"'{path}' cannot be written: {error.strerror}.") from error
