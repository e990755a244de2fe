# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example rulebook under a real ansible-rulebook: an event for each jump, once, with the highest
threshold, and all of its alerts are acknowledged for this consumer only. What docs/alerts.md types, and what
budget_alerts.py shows.
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

from ..plugins.modules.running import run_module

pytestmark = pytest.mark.outside

RULEBOOK = Path(__file__).parents[3] / "extensions" / "eda" / "rulebooks" / "budget_alerts.yml"
#: Java and a first look take seconds, on a busy machine many.
PATIENCE_S = 120


@contextmanager
def ruled(folder: Path) -> Iterator[Callable[[], str]]:
    """The rulebook at work; what it has said."""
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
        yaml.safe_dump({"ledger": f"sqlite:///{folder}/ledger.db", "interval": 1})
    )
    given = ("--inventory", f"{folder}/inventory.yml", "--vars", f"{folder}/vars.yml", "--print-events")
    command = [f"{os.environ['OUTSIDE']}/ansible-rulebook", "--rulebook", str(RULEBOOK), *given]
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
    with ruled(tmp_path) as said:
        soon(lambda: waiting("eda") == set(), said)
        spend("b", "35")
        soon(lambda: said().count("The threshold is 90") > 0 and waiting("eda") == set(), said)
    # The message stands in the event and in what the rule prints of it.
    assert waiting("mail") == {"0.5", "0.8", "0.9"}
    assert "The threshold is 80" not in said()
    events = [line for line in said().splitlines() if line.strip().startswith("'id': 'team/")]
    assert len(events) == 2, said()
