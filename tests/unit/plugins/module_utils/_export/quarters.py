# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A quarter of an organization: four projects on two clouds, six teams, sixty resources, language models paid
by hand, a resize, a spike, deletions, and a budget that is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from ansible_collections.finops.cloud.plugins.module_utils._core.files import AS_IT_COMES
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar, Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._export.site_archive import SiteFolder
from ansible_collections.finops.cloud.plugins.module_utils._export.site_cost import SiteQuestion
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    budgets,
    entries,
    feed_changes,
    feed_hours,
    feeds,
    sql,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
RATED = NOW - timedelta(hours=2)
TEAMS = ("shop", "search", "billing", "data", "web & <mobile>", None)
PROJECTS = (("p-prod", "production"), ("p-stage", "staging"), ("p-data", "analytics"), ("p-lab", "lab"))
_KINDS = (
    ("compute", "instance", "compute.instance", 400_000_000),
    ("storage", "volume.size", "storage.volume", 90_000_000),
    ("network", "ip.floating", "network.floating_ip", 30_000_000),
)


def question(team: str = "tag:team", currency: str = "CHF", zone: str = "UTC") -> SiteQuestion:
    return SiteQuestion(currency, ZoneInfo(zone), team, Rates())


def folder(root: Path, now: datetime = NOW, check_mode: bool = False) -> SiteFolder:
    root.mkdir(exist_ok=True)
    return SiteFolder(root, AS_IT_COMES, "dest", check_mode, now)


def usage(
    project: tuple[str, str], number: int, day: datetime, nano: int, team: str | None, **given: object
) -> entries.Entry:
    """What a resource cost on a day."""
    category, metric, kind, _price = _KINDS[number % 3]
    usual = {
        "source": f"cloudkitty here {project[0]}",
        "key": f"{day:%Y%m%d}/{project[0]}/{number}",
        "charge_category": "usage",
        "category": category,
        "period": Window(day, day + timedelta(hours=1)),
        "amount_nano": nano,
        "currency": "CHF",
        "cloud": "east" if project[0] != "p-lab" else "west",
        "region": "here",
        "project_id": project[0],
        "project_name": project[1],
        "metric": metric,
        "resource_id": f"{project[0]}-{number}",
        "resource_name": f"{metric.partition('.')[0]}-{number}",
        "resource_type": kind,
        "quantity": "24",
        "unit": "hour",
        "tags": {} if team is None else {"team": team},
    }
    return entries.Entry(**{**usual, **given})


def quarter() -> Iterator[entries.Entry]:
    """Every cost of it."""
    day = BEGIN
    while day < RATED:
        for of_project, project in enumerate(PROJECTS):
            for number in range(15):
                resource = of_project * 15 + number
                nano = _KINDS[number % 3][3] * (1 + resource % 7) * 10
                if number == 3 and day >= datetime(2026, 10, 12, tzinfo=UTC):
                    nano *= 3  # resized
                if number == 9 and day >= datetime(2026, 11, 5, tzinfo=UTC):
                    continue  # deleted
                if (number, day) == (6, datetime(2026, 11, 9, tzinfo=UTC)):
                    nano *= 60  # a spike
                yield usage(project, number, day, nano, TEAMS[resource % 6])
        day += timedelta(days=1)
    for month in (9, 10, 11):
        for model, nano in (("sonnet", 310_000_000_000), ("embeddings", 42_500_000_000)):
            at = datetime(2026, month, 3, 9, tzinfo=UTC)
            yield entries.Entry(
                source="manual", key=f"{month}/{model}", charge_category="purchase",
                category="llm_inference", period=Window(at, at), amount_nano=nano, currency="CHF",
                description=f"Tokens of {model}", tags={"team": "search"},
            )  # fmt: skip


def feed(project: tuple[str, str], rated: datetime = RATED, since: datetime = BEGIN) -> feeds.Feed:
    return feeds.Feed(
        key=feeds.FeedKey("here", project[0]),
        auth_url="https://cloud.example.com",
        cloud="east" if project[0] != "p-lab" else "west",
        project_name=project[1],
        currency="CHF",
        collect_period_s=3600,
        rated_through=rated,
        run_rates=(feeds.RunRate("compute", (("team", "shop"),), 900_000_000),),
        imported=(feeds.Imported(Window(since, rated)),),
        categories=frozenset({"compute", "storage", "network"}),
        tag_keys=frozenset({"team"}),
    )


def budget(name: str, limit: str, **scope: object) -> budgets.Budget:
    return budgets.Budget(
        name=name,
        limit_nano=int(Decimal(limit) * 10**9),
        currency="CHF",
        calendar=Calendar("monthly"),
        fed_by=budgets.FED_BY_CLOUD,
        basis=budgets.BASIS_ACTUAL,
        max_staleness=timedelta(hours=6),
        scope=budgets.Scope(**scope),  # type: ignore[arg-type]
        thresholds=(Decimal("0.8"), Decimal(1)),
    )


def ledger_of_quarter(path: Path) -> sql.LedgerOptions:
    """A ledger with the quarter, its feeds and its budgets."""
    options = sql.LedgerOptions(f"sqlite:///{path}/ledger.db")
    with sql.writing(options) as opened:
        rows = opened.connection
        entries.write_all(rows, list(quarter()), NOW, "test")
        for project in PROJECTS:
            stored = feed_changes.save(rows, feed(project), None)
            feed_hours.keep(rows, stored, (f"cloudkitty here {project[0]}",))
        for one in (
            budget("everything", "16000"),
            budget("shop", "6500", tags=(("team", "shop"),)),
            budget("production", "9000", projects=("production",)),
            budget("lab", "20000", projects=("lab",)),
        ):
            budgets.save(rows, one)
    return options
