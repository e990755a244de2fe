# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The file of node_exporter's textfile collector. It is replaced whole, as the collector may
read it at any time.

Source: https://github.com/prometheus/node_exporter, section Textfile Collector.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .._budgets.status import status
from .._core.errors import InvalidOption
from .._core.files import AS_IT_COMES, FileAttributes, refusing, replace_file
from .._core.trusted_paths import resolve
from .._cost.ledger_summary import SummaryQuestion, summarize
from .._ledger import budgets, sql
from .._ledger.policy import read_policy
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
    services=(),
    on_error="fail",
    count_load_balancers=True,
    required=None,
    fail_on_shortfall=False,
    packs=(),
    warn_at=None,
)


@dataclass(frozen=True)
class MetricsTarget:
    """dest as the user wrote it, the question whose answer is written, and the attributes of the file, whose
    mode is 0644 by default.
    """

    dest: str
    question: SummaryQuestion
    attributes: FileAttributes = AS_IT_COMES


def write(
    ledger: LedgerOptions, target: MetricsTarget, now: datetime, check_mode: bool, cloud: Cloud | None = None
) -> dict[str, Any]:
    """The result of cost_export for metrics. cloud: for quotas, None where they are not asked for.

    The file is written even if nothing in it has changed: its time says how old it is.
    Raises InvalidOption naming dest, LedgerError, CloudError.
    """
    path = _checked(target.dest)
    summary = summarize(ledger, target.question, now)
    budgets_status = status(ledger, None, target.question.rates, now)
    zone = target.question.zone.key
    families = [
        openmetrics.of_writing(budgets_status["evaluated_at"]),
        *openmetrics.of_costs(summary, zone),
        *openmetrics.of_budgets(budgets_status["budgets"]),
    ]
    if cloud is not None:
        quotas = read_quotas(cloud, _QUOTAS)["quotas"]
        families += openmetrics.of_quotas(quotas, cloud.identity.to_result())
    content = openmetrics.format_families(families).encode()
    with refusing("dest", path):
        changed = replace_file(path, content, _MODE, target.attributes, check_mode, always=True)
    samples = sum(len(family.samples) for family in families)
    reasons = [
        budget["reason"]
        for budget in budgets_status["budgets"]
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
        "timezone": zone,
    }


def zone_of_budgets(options: LedgerOptions) -> ZoneInfo:
    """The zone in which the periods of all budgets begin; that of the policy where they differ or there are
    none, else UTC. Hours are those of UTC in any zone, so hourly budgets do not count.

    Raises LedgerError.
    """
    with sql.reading(options) as ledger:
        stored = budgets.read_all(ledger.connection)
        zones = {one.calendar.zone for one in stored if one.calendar.kind != "hourly"}
        if len(zones) == 1:
            return ZoneInfo(zones.pop())
        rules = read_policy(ledger.connection).rules
        return ZoneInfo((rules and rules.timezone) or "UTC")


def _checked(dest: str) -> Path:
    with refusing("dest", dest):
        path = resolve(Path(dest))
    if path.suffix != _SUFFIX:
        raise InvalidOption(
            "dest", f"'{dest}' is not a file that node_exporter reads; its name must end in {_SUFFIX}."
        )
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidOption("dest", f"'{dest}' is not a file in an existing folder.")
    return path
