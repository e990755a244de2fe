# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event for each jump of a budget's cost that has fired alerts, for ansible-rulebook
(design/alerts.md#when-an-alert-fires, design/alerts.md#delivery, design/ansible.md#event-driven-ansible).
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
short_description: Emit an event when a budget fires alerts
description:
  - Polls the ledger and emits what the consumer has not acknowledged, once in a run of the rulebook. Fires no
    alert and writes nothing.
  - If a cost passes several thresholds of a budget at once, there is one event, with the alert of the highest
    one.
  - An alert that nobody acknowledges is emitted again when the rulebook restarts, so none is lost.
  - An event has C(alert) and C(budget), as M(finops.cloud.cost_budget_info) returns them, C(ledger), and in
    C(ids) what to acknowledge, those of the lower thresholds included.
  - If the ledger cannot be read, emits one event with C(error) and keeps trying.
options:
  ledger:
    description: URL of the ledger. Defaults to E(FINOPS_LEDGER), or else to the file in the home directory.
    type: str
  ledger_password:
    description: Password of the PostgreSQL role. Defaults to the one in the URL, or else to E(PGPASSWORD) or
      C(~/.pgpass).
    type: str
  ledger_timeout:
    description: Maximum time to wait for the ledger, in seconds.
    type: int
    default: 30
  consumer:
    description: Consumer whose acknowledgments count. Each consumer, such as C(mail), has its own.
    type: str
    default: eda
  names:
    description: Names of the budgets to watch. Defaults to all budgets.
    type: list
    elements: str
  rates:
    description: As in M(finops.cloud.cost_budget).
    type: list
    elements: dict
    default: []
  confirm_rates:
    description: As in M(finops.cloud.cost_budget).
    type: bool
    default: false
  interval:
    description: Time between two reads of the ledger, in seconds.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Watch the alerts of budgets
  finops.cloud.budget_alerts:
    ledger: postgresql+psycopg://finops@db.example.com/finops
    interval: 60
"""

#: Where ansible_collections lies: ansible-rulebook does not know of it, Ansible does not run here.
ROOT = Path(__file__).absolute().parents[7]
DEFAULTS: dict[str, Any] = {
    "ledger": None,
    "ledger_password": None,
    "ledger_timeout": 30,
    "consumer": "eda",
    "names": None,
    "rates": [],
    "confirm_rates": False,
    "interval": 60,
}
#: What ansible-rulebook adds of its own.
_THEIRS = "eda_feedback_queue"
_log = logging.getLogger(__name__)


async def main(queue: asyncio.Queue[dict[str, Any]], args: dict[str, Any]) -> None:
    """Put an event into the queue for each jump that is new, until it is canceled.

    Raises ValueError for options that make no sense.
    """
    options = _options(args)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    told: set[str] = set()
    error: str | None = None
    while True:
        # In a thread: waiting for a database must not stop the other sources.
        result = await asyncio.to_thread(_read, options)
        problem = result.get("error")
        if problem is not None and problem != error:
            _log.error("finops.cloud.budget_alerts: %s", problem)
            await queue.put({"error": problem})
        error = problem
        if problem is None:
            for event in _events(result, told):
                await queue.put(event)
            # What was acknowledged is forgotten.
            told = {alert["id"] for alert in result["alerts"]}
        await asyncio.sleep(options["interval"])


def _options(args: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(args) - set(DEFAULTS) - {_THEIRS})
    if unknown:
        raise ValueError(
            f"finops.cloud.budget_alerts has no option {', '.join(unknown)}; it has {', '.join(DEFAULTS)}."
        )
    options = {name: args.get(name, default) for name, default in DEFAULTS.items()}
    try:
        options["interval"] = float(options["interval"])
    except (TypeError, ValueError):
        options["interval"] = 0.0
    if not options["interval"] > 0:
        raise ValueError(f"interval: '{args.get('interval')}' is not a number of seconds above zero.")
    if not options["consumer"]:
        raise ValueError("consumer: is empty; name whose acknowledgements count.")
    return options


def _read(options: Mapping[str, Any]) -> dict[str, Any]:
    """How the budgets stand, or why that is not known.

    Raises ModuleNotFoundError naming this Python where a library is missing.
    """
    try:
        from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
        from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError
        from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
        from ansible_collections.finops.cloud.plugins.module_utils._core.rates import parse_rates
        from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

        ledger = LedgerOptions(options["ledger"], int(options["ledger_timeout"]), options["ledger_password"])
        try:
            rates = parse_rates(options["rates"], bool(options["confirm_rates"]))
            return status(ledger, options["names"], rates, now_utc(), str(options["consumer"]))
        except FinopsError as error:
            return {"error": str(error)}
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error.name} is missing for {sys.executable}; install it there with pip."
        ) from error


def _events(result: Mapping[str, Any], told: set[str]) -> list[dict[str, Any]]:
    """What is new, of each budget, period and basis its highest threshold."""
    from ansible_collections.finops.cloud.plugins.module_utils._budgets.alert_jumps import jumps

    return [
        {
            "alert": one.alert,
            "ids": list(one.ids),
            "budget": _budget(result, one.alert),
            "ledger": result["ledger"],
        }
        for one in jumps(alert for alert in result["alerts"] if alert["id"] not in told)
    ]


def _budget(result: Mapping[str, Any], alert: Mapping[str, Any]) -> dict[str, Any] | None:
    """The budget of an alert as it stands now, its own list of alerts left out; None where it is gone."""
    for budget in result["budgets"]:
        if budget["name"] == alert["budget"]:
            return {name: value for name, value in budget.items() if name != "alerts"}
    return None
