# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds through the modules, on both stores (design/imports.md#feeds)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._core.writer import recorded_by
from ansible_collections.finops.cloud.plugins.module_utils._imports.cloudkitty import (
    ImportOptions,
    import_cost,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import ImportLayout
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

from ...conftest import Sandbox
from ...fake_rating import Rated, rating_of
from ...fake_services import Project
from .conftest import Run

HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger of each store."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def stored(run: Run, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module on that ledger."""
    monkeypatch.setenv("FINOPS_LEDGER", ledger_url)
    return run


def clouds_with(running: Sandbox, path: Path, **urls: str) -> None:
    """A clouds.yaml that has the sandbox once more under each of these names, with that auth URL."""
    sandbox = yaml.safe_load(Path(running.state["clouds_file"]).read_text())["clouds"]["sandbox"]
    clouds = {name: {**sandbox, "auth": {**sandbox["auth"], "auth_url": url}} for name, url in urls.items()}
    path.write_text(yaml.safe_dump({"clouds": clouds}))


def test_one_project_under_two_spellings_of_the_auth_url_is_one_feed(
    stored: Run, running: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(running.state["url"])
    elsewhere = url.replace("127.0.0.1", "localhost") + "/identity/v3"
    clouds_with(running, tmp_path / "clouds.yaml", here=f"{url}/identity", there=elsewhere)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    asked = {"window": "yesterday"}
    first = stored("cost_import", {"cloud": "here", **asked})
    assert first["changed"] and first["entries"]["recorded"] > 24
    again = stored("cost_import", {"cloud": "there", **asked})
    assert again["cloud"]["auth_url"] != first["cloud"]["auth_url"]
    assert not again["changed"] and not any(again["entries"].values())
    assert again["imported"] == first["imported"]
    summary = stored("cost_summary_info", asked)
    assert summary["cost"]["total"] == first["imported"]
    (feed,) = stored("cost_feed", {})["feeds"]
    assert feed["project_id"] == running.project_id
    assert stored("cost_feed", {"state": "retired", "project": running.project_id, "reason": "gone"})[
        "changed"
    ]


def test_newest_rated_hour_without_traffic_has_the_mean_of_traffic_in_its_run_rate(
    stored: Run, ledger_url: str
) -> None:
    """2 ICU an hour of servers, 25 of traffic in every other hour, none in the newest: 14.5 an hour, so that
    20 are not enough for the two hours since.
    """
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    hours = [newest - number * HOUR for number in range(200)]
    points = [Rated(hour, "instance", "1", "2") for hour in hours]
    points += [Rated(hour, "network.outgoing.bytes", "1", "25") for hour in hours[1::2]]
    bring(ledger_url, points, hours[-1])
    limits = {"limit": "2920", "currency": "ICU", "fed_by": "cloud", "basis": "actual", "period": "custom"}
    period = {"begin": iso(hours[-1]), "end": iso(newest + 1000 * HOUR)}
    assert not stored("cost_budget", {"name": "team", **limits, **period}).get("failed")
    (budget,) = stored("cost_budget_info", {})["budgets"]
    assert budget["spent"] == "2900"
    assert Decimal(budget["accrued"]) >= 29 and Decimal(budget["accrued"]) % Decimal("14.5") == 0
    asked = stored("cost_budget", {"spend": "1", "currency": "ICU"})
    assert asked["failed"] and asked["verdict"] == "deny"


def gate(stored: Run) -> dict[str, Any]:
    """Ask a budget of this day, fed by the cloud, for 1."""
    defined = {"name": "team", "limit": "1000", "currency": "ICU", "fed_by": "cloud", "basis": "actual"}
    stored("cost_budget", {**defined, "period": "daily"})
    return stored("cost_budget", {"spend": "1", "currency": "ICU"})


def hours_until_now() -> list[datetime]:
    """The hours of two days that a cloud has rated by now, the newest last."""
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
    return [newest - number * HOUR for number in reversed(range(48))]


def test_a_project_imported_in_one_of_its_two_rating_regions_is_unknown(stored: Run, ledger_url: str) -> None:
    hours = hours_until_now()
    urls = {"r": "http://cloud/rating", "q": "http://cloud/in/q/rating", "s": "http://cloud/in/q/rating"}
    points = [Rated(hour, "instance", "1", "2") for hour in hours]
    assert bring(ledger_url, points, hours[0], urls=urls)["rating_regions"] == ["q", "r"]
    asked = gate(stored)
    assert (asked["failed"], asked["verdict"]) == (True, "unknown")
    assert "the cost of project shop in region q or s was never imported" in asked["reasons"][0]
    # There is nothing in the other one: the import finds its quota counters 0.
    empty = bring(ledger_url, [], hours[0], region="q", urls=urls, servers={})
    assert empty["entries"]["recorded"] == 0
    assert gate(stored)["verdict"] == "allow"
    with pytest.raises(InvalidOption, match="^rating_region: s has the same rating service as q"):
        bring(ledger_url, [], hours[0], region="s", urls=urls, servers={})


def test_a_feed_rated_ahead_of_this_hosts_clock_is_unknown(stored: Run, ledger_url: str) -> None:
    """It is 8 hours slow, and the cloud has rated 20 hours ahead of it."""
    hours = hours_until_now()
    later = [hours[-1] + number * HOUR for number in range(1, 21)]
    bring(
        ledger_url, [Rated(hour, "instance", "1", "2") for hour in hours + later], hours[0], later[-1] + HOUR
    )
    asked = gate(stored)
    assert asked["verdict"] == "unknown" and "is ahead of the clock" in asked["reasons"][0]


def test_a_gap_that_the_cloud_has_not_rated_is_not_said_to_be_never_imported(
    stored: Run, ledger_url: str
) -> None:
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
    today = newest.replace(hour=0)
    # A gap of this day, or of the day before in its first hours: the budget is of both.
    hours = [today - 24 * HOUR + number * HOUR for number in range(48)]
    rated = [hour for hour in hours if hour <= newest and hour != hours[3]]
    bring(ledger_url, [Rated(hour, "instance", "1", "2") for hour in rated], hours[0])
    period = {"period": "custom", "begin": iso(hours[0]), "end": iso(hours[-1] + 24 * HOUR)}
    defined = {"name": "team", "limit": "1000", "currency": "ICU", "fed_by": "cloud", "basis": "actual"}
    stored("cost_budget", {**defined, **period})
    asked = stored("cost_budget", {"spend": "1", "currency": "ICU"})
    assert asked["verdict"] == "unknown"
    gap = f"from {iso(hours[3])} to {iso(hours[4])}"
    assert f"the cloud has not rated the cost of project shop {gap}" in asked["reasons"][0]
    assert "never imported" not in asked["reasons"][0]
    (feed,) = stored("cost_feed", {})["feeds"]
    assert feed["unrated"] == [{"begin": iso(hours[3]), "end": iso(hours[4])}]


def test_a_budget_that_rests_on_a_retired_feed_says_who_ended_it_and_why(
    stored: Run, ledger_url: str
) -> None:
    reason, hours = f"it moved to {ledger_url[-12:]}", hours_until_now()
    points = [Rated(hour, "instance", "1", "2") for hour in hours]
    bring(ledger_url, points, hours[0])
    bring(ledger_url, points, hours[0], region="q")
    period = {"period": "custom", "begin": iso(hours[0]), "end": iso(hours[-1] + 24 * HOUR)}
    defined = {"name": "team", "limit": "1000", "currency": "ICU", "fed_by": "cloud", "basis": "actual"}
    stored("cost_budget", {**defined, **period})
    # Of all tasks of this process, as Ansible keeps them.
    assert reason not in str(stored("cost_budget_info", {}).get("warnings"))
    ended = stored("cost_feed", {"state": "retired", "project": "shop", "region": "q", "reason": reason})
    retirement = ended["feeds"][0]["retirement"]
    assert retirement["reason"] == reason and retirement["by"].endswith(recorded_by())
    for told in (stored("cost_budget_info", {}), stored("cost_budget", {"spend": "1", "currency": "ICU"})):
        (warning,) = [one for one in told["warnings"] if reason in one]
        assert f"its feed was retired at {retirement['at']} by {retirement['by']}: {reason}" in warning
        assert "in region q is known up to" in warning


def bring(
    url: str,
    points: list[Rated],
    begin: datetime,
    now: datetime | None = None,
    servers: dict[str, dict[str, str]] | None = None,
    **project: Any,
) -> dict[str, Any]:
    """Import all of these points of project shop, in region r unless said otherwise."""
    now = now or datetime.now(UTC)
    asked = ImportOptions(Window(begin, now), "v2", "ICU", 3600, {}, ImportLayout(tagged=False))
    cloud: Any = Project(rating_of(points), {"one": {}} if servers is None else servers, **project)
    return import_cost(cloud, LedgerOptions(url), asked, now, "me", check_mode=False)
