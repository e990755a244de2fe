# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shipped rulebooks under a real ansible-rulebook. Of budget_alerts: an event for each jump, once, with
the highest threshold, and all of its alerts are acknowledged for this consumer only; what docs/alerts.md
types, and what budget_alerts.py shows. Of budget_actions: a breach freezes and stops once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read

from ..conftest import Sandbox
from ..plugins.modules.running import run_module
from ..sandbox_servers import SandboxServers

pytestmark = pytest.mark.outside

RULEBOOKS = Path(__file__).parents[3] / "extensions" / "eda" / "rulebooks"
#: Java and a first look take seconds, on a busy machine many.
PATIENCE_S = 120


@contextmanager
def ruled(folder: Path, rulebook: str, **variables: Any) -> Iterator[Callable[[], str]]:
    """A rulebook at work; what it has said."""
    python = f"{os.environ['OUTSIDE']}/python"
    (folder / "inventory.yml").write_text(
        yaml.safe_dump(
            {
                "all": {
                    "hosts": {
                        "localhost": {"ansible_connection": "local", "ansible_python_interpreter": python}
                    }
                }
            }
        )
    )
    (folder / "vars.yml").write_text(
        yaml.safe_dump({"ledger": f"sqlite:///{folder}/ledger.db", "interval": 1, **variables})
    )
    given = ("--inventory", f"{folder}/inventory.yml", "--vars", f"{folder}/vars.yml", "--print-events")
    rules = str(RULEBOOKS / f"{rulebook}.yml")
    command = [f"{os.environ['OUTSIDE']}/ansible-rulebook", "--rulebook", rules, *given]
    environment = {
        **os.environ,
        "JAVA_HOME": str(Path(os.environ["JAVA"]).resolve().parents[1]),
        "PATH": f"{os.environ['OUTSIDE']}:{os.environ['PATH']}",
    }
    environment.pop("PYTHONPATH", None)
    with (folder / "said.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True
        )
        try:
            yield (folder / "said.log").read_text
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=PATIENCE_S)


def told(module: str, options: dict[str, Any]) -> dict[str, Any]:
    result = run_module(module, options)
    assert not result.get("failed"), result["msg"]
    return result


def waiting(consumer: str) -> set[str]:
    return {alert["threshold"] for alert in told("cost_budget_info", {"consumer": consumer})["alerts"]}


def soon(holds: Callable[[], bool], said: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, said()
        time.sleep(0.5)


def spend(key: str, amount: str) -> None:
    told("cost_entry", {"key": key, "amount": amount, "currency": "CHF", "category": "other"})


def test_each_jump_is_one_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    told(
        "cost_budget",
        {
            "name": "team",
            "limit": "100",
            "currency": "CHF",
            "fed_by": "entries",
            "thresholds": ["0.5", "0.8", "0.9"],
        },
    )
    spend("a", "60")
    with ruled(tmp_path, "budget_alerts") as said:
        soon(lambda: waiting("eda") == set(), said)
        spend("b", "35")
        soon(lambda: said().count("The threshold is 90") > 0 and waiting("eda") == set(), said)
    # The message stands in the event and in what the rule prints of it.
    assert waiting("mail") == {"0.5", "0.8", "0.9"}
    assert "The threshold is 80" not in said()
    events = [line for line in said().splitlines() if line.strip().startswith("'id': 'team/")]
    assert len(events) == 2, said()


def test_a_breach_is_acted_on_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[..., Sandbox]
) -> None:
    """The breach freezes the budget and stops its server. Then the owner releases both by hand, and a second
    event comes within the cool-down of a day: it is taken, and does nothing.
    """
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    shop = SandboxServers(start())
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", shop.sandbox.state["clouds_file"])
    shop.tag("web-1", finops_stoppable="true")
    budget = {"name": "team", "limit": "100", "currency": "CHF", "fed_by": "entries"}
    told("cost_budget", {**budget, "thresholds": ["0.5", "1", "1.5"]})
    told("cost_policy", {"freeze_at": {"team": "1"}, "stop_at": {"team": "1"}})

    def frozen() -> list[str]:
        names: list[str] = told("cost_policy_info", {})["policy"]["frozen_budgets"]
        return names

    def acts() -> list[tuple[str, str]]:
        with sql.reading(sql.LedgerOptions(None)) as opened:
            rows = read(opened.connection, "SELECT kind, resource_name FROM act ORDER BY id")
        return [tuple(row) for row in rows]

    spend("a", "60")
    with ruled(tmp_path, "budget_actions", clouds=["sandbox"]) as said:
        soon(lambda: waiting("budget-actions") == set(), said)
        assert (frozen(), shop.status("web-1"), acts()) == ([], "ACTIVE", []), "half of it is no breach"
        spend("b", "60")
        soon(lambda: waiting("budget-actions") == set(), said)
        assert (frozen(), shop.status("web-1")) == (["team"], "SHUTOFF"), said()
        assert acts() == [("freeze", "team"), ("stop", "web-1")]
        told("cost_policy", {"frozen_budgets": []})
        shop.by_hand("web-1", "os-start")
        spend("c", "60")
        soon(lambda: waiting("budget-actions") == set(), said)
    assert (frozen(), shop.status("web-1")) == ([], "ACTIVE"), said()
    by_hand = [("undone_by_hand", "team"), ("undone_by_hand", "web-1")]
    assert acts() == [("freeze", "team"), ("stop", "web-1"), *by_hand]
    runs = said().count("PLAY [Act on budgets that reached a threshold]")
    assert runs == 3, "one for each of three events"
    assert shop.status("web-2") == "ACTIVE" and waiting("eda") == {"0.5", "1", "1.5"}


def test_an_alert_whose_actions_failed_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud that cannot be reached: what could be done is done, and nobody acknowledges the alert, though
    ansible-rulebook goes on with the next action where one fails.
    """
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    budget = {"name": "team", "limit": "100", "currency": "CHF", "fed_by": "entries", "thresholds": ["1"]}
    told("cost_budget", budget)
    told("cost_policy", {"freeze_at": {"team": "1"}, "stop_at": {"team": "1"}})
    spend("a", "100")
    for run in range(2):
        with ruled(tmp_path, "budget_actions", clouds=["nowhere"]) as said:
            soon(lambda: "Fail if a cloud or a server failed" in said(), said)
            # Long enough for the next action, if there were one.
            time.sleep(3)
        assert waiting("budget-actions") == {"1"}, (run, said())
    assert told("cost_policy_info", {})["policy"]["frozen_budgets"] == ["team"]
