# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of events, loaded as ansible-rulebook loads it: each alert once, an error once, and reading goes
on.
"""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible_collections.finops.cloud
import pytest

from ..plugins.modules.running import run_module

#: Below ansible_collections, as it goes by that.
SOURCE = (
    Path(next(iter(ansible_collections.finops.cloud.__path__)))
    / "extensions"
    / "eda"
    / "plugins"
    / "event_source"
    / "budget_alerts.py"
)
#: The longest that a look may take.
PATIENCE_S = 60
BUDGET = {
    "name": "team",
    "limit": "100",
    "currency": "CHF",
    "fed_by": "entries",
    "thresholds": ["0.5", "0.8"],
}


def told(module: str, options: dict[str, Any]) -> dict[str, Any]:
    result = run_module(module, options)
    assert not result.get("failed"), result["msg"]
    return result


def spend(key: str, amount: str) -> None:
    told("cost_entry", {"key": key, "amount": amount, "currency": "CHF", "category": "other"})


def events(args: dict[str, Any], *steps: tuple[int, Callable[[], object]]) -> list[dict[str, Any]]:
    """What comes: after so many events more something is done, and the source is stopped behind the last of
    these.
    """

    async def run() -> list[dict[str, Any]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        task = asyncio.create_task(runpy.run_path(str(SOURCE))["main"](queue, {"interval": 0.01, **args}))
        found: list[dict[str, Any]] = []
        for count, then in steps:
            for _event in range(count):
                found.append(await asyncio.wait_for(queue.get(), PATIENCE_S))
            await asyncio.to_thread(then)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert queue.empty()
        return found

    return asyncio.run(run())


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("FINOPS_LEDGER", url)
    return url


def test_each_alert_is_one_event_with_what_cost_budget_info_tells(ledger: str) -> None:
    told("cost_budget", BUDGET)
    spend("a", "60")
    found = events({"ledger": ledger}, (1, lambda: spend("b", "30")), (1, lambda: spend("c", "1")))
    assert [event["alert"]["threshold"] for event in found] == ["0.5", "0.8"]
    status = told("cost_budget_info", {"consumer": "eda"})
    assert sorted((event["alert"] for event in found), key=lambda one: str(one["id"])) == sorted(
        status["alerts"], key=lambda one: str(one["id"])
    )
    assert found[1]["budget"]["spent"] == "90"
    assert set(found[1]["budget"]) == set(status["budgets"][0]) - {"alerts"}
    assert found[0]["ledger"] == ledger


def test_a_jump_over_thresholds_is_one_event_with_the_highest(ledger: str) -> None:
    told("cost_budget", {**BUDGET, "thresholds": ["0.5", "0.8", "0.90", "1"]})
    told("cost_budget", {**BUDGET, "name": "other", "thresholds": ["0.5"]})
    spend("a", "60")
    first, other, second = events({}, (2, lambda: spend("b", "35")), (1, lambda: None))
    assert {first["alert"]["budget"], other["alert"]["budget"]} == {"team", "other"}
    assert second["alert"]["threshold"] == "0.9"
    assert [one.rpartition("/")[2] for one in second["ids"]] == ["0.9", "0.8"]
    told("cost_alert", {"consumer": "eda", "ids": [*first["ids"], *other["ids"], *second["ids"]]})
    assert told("cost_budget_info", {"consumer": "eda"})["alerts"] == []


def test_what_was_acknowledged_for_this_consumer_does_not_come(ledger: str) -> None:
    told("cost_budget", BUDGET)
    spend("a", "60")
    ids = [alert["id"] for alert in told("cost_budget_info", {})["alerts"]]
    told("cost_alert", {"consumer": "mail", "ids": ids})
    assert len(events({}, (1, lambda: None))) == 1
    told("cost_alert", {"consumer": "eda", "ids": ids})
    spend("b", "30")
    assert [event["alert"]["threshold"] for event in events({}, (1, lambda: None))] == ["0.8"]


def test_a_ledger_that_cannot_be_read_is_said_once_and_reading_goes_on(ledger: str, tmp_path: Path) -> None:
    told("cost_budget", BUDGET)
    spend("a", "60")
    # It comes into place as a whole.
    elsewhere = f"sqlite:///{tmp_path}/restored.db"
    failed, fired = events(
        {"ledger": elsewhere},
        (1, lambda: (tmp_path / "ledger.db").rename(tmp_path / "restored.db")),
        (1, lambda: None),
    )
    assert failed.keys() == {"error"}
    assert "restored.db does not exist" in failed["error"]
    assert fired["alert"]["threshold"] == "0.5"


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"intervall": 5}, "has no option intervall; it has ledger"),
        ({"interval": 0}, "interval: '0' is not a number of seconds above zero"),
        ({"interval": "soon"}, "interval: 'soon' is not a number"),
        ({"interval": "nan"}, "interval: 'nan' is not a number"),
        ({"consumer": ""}, "consumer: is empty"),
    ],
)
def test_what_makes_no_sense_is_refused(args: dict[str, Any], says: str) -> None:
    main = runpy.run_path(str(SOURCE))["main"]
    with pytest.raises(ValueError, match=says):
        asyncio.run(main(asyncio.Queue(), args))
