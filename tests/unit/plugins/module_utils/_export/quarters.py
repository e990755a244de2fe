# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A quarter of an organization: four projects on two clouds, six teams and what has none, sixty resources,
language models and support paid by hand and by invoice, a resize, a price that changes, a spike, deletions,
an override, and a budget that is over.
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
    overrides,
    policy_history,
    sql,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.policy import PolicyRules

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
RATED = NOW - timedelta(hours=2)
TEAMS = ("shop", "search", "billing", "data", "web & <mobile>", "platform", None)
PROJECTS = (("p-prod", "production"), ("p-stage", "staging"), ("p-data", "analytics"), ("p-lab", "lab"))
_KINDS = (
    ("compute", "instance", "compute.instance"),
    ("storage", "volume.size", "storage.volume"),
    ("network", "ip.floating", "network.floating_ip"),
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
    category, metric, kind = _KINDS[number % 3]
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


#: Project; name; team's number in TEAMS, - for none; kind: s for a server, v for a volume, i for an address;
#: what a day costs. A name with {} stands for so many.
_RESOURCES = """
p-prod web-{3} 0 s 9.60
p-prod web-4 - s 9.60
p-prod checkout-api-{2} 0 s 7.20
p-prod orders-db-1 0 s 12.00
p-prod orders-db-1-data 0 v 6.10
p-prod search-node-{3} 1 s 12.00
p-prod search-node-{3}-index 1 v 3.40
p-prod invoices-1 2 s 4.80
p-prod mobile-gateway-1 4 s 4.80
p-prod shop.example.com 0 i 0.15
p-stage web-{2} 0 s 2.40
p-stage search-node-{2} 1 s 4.80
p-stage search-node-{2}-index 1 v 1.10
p-stage invoices-1 2 s 2.40
p-stage mobile-gateway-1 4 s 2.40
p-stage ci-runner-{6} 5 s 3.60
p-stage ci-cache 5 v 1.90
p-stage stage.example.com 0 i 0.15
p-data warehouse-{2} 3 s 24.00
p-data warehouse-{2}-disk 3 v 9.80
p-data nightly-aggregation-worker-for-the-finance-department-1 3 s 11.20
p-data gpu-train-1 3 s 38.00
p-data notebooks-{5} 3 s 4.80
p-data reports-1 2 s 3.60
p-data reports-archive - v 2.75
p-lab demo-{4} 4 s 1.20
p-lab scratch - v 0.85
p-lab test-vm-{2} - s 1.20
p-lab loadtest-{4} 5 s 2.40
p-lab old-import - s 1.20
p-lab lab.example.com - i 0.15
p-lab vpn.example.com 5 i 0.15
"""
#: Rated by the hour, as forecasts and the comparison with a part of a day need it; the others by the day.
_HOURLY = (datetime(2026, 10, 21, tzinfo=UTC), datetime(2026, 11, 14, tzinfo=UTC))


def _resources() -> Iterator[tuple[tuple[str, str], int, str, str | None, str, int]]:
    """Project, number, name, team, kind, and what a day costs in 1e-9."""
    projects = dict(PROJECTS)
    number = 0
    for line in _RESOURCES.strip().splitlines():
        project, name, team, kind, price = line.split()
        begin, brace, rest = name.partition("{")
        many, _brace, end = rest.partition("}")
        for each in range(int(many or 1)):
            number += 1
            full = f"{begin}{each + 1}{end}" if brace else name
            nano = int(Decimal(price) * 10**9)
            yield (
                (project, projects[project]),
                number,
                full,
                None if team == "-" else TEAMS[int(team)],
                kind,
                nano,
            )


def _factor(name: str, kind: str, day: datetime) -> Decimal:
    """How often a day costs what it usually does: 0 of what is not there."""
    if name in ("demo-3", "demo-4", "old-import") and day >= datetime(2026, 11, 5, tzinfo=UTC):
        return Decimal(0)  # Deleted.
    if name == "search-node-3" and day < datetime(2026, 11, 2, tzinfo=UTC):
        return Decimal(0)  # New.
    if name == "orders-db-1" and day >= datetime(2026, 10, 27, tzinfo=UTC):
        return Decimal(2)  # Resized.
    if name == "gpu-train-1":
        return Decimal(
            60 if day.date() == datetime(2026, 11, 9, tzinfo=UTC).date() else 0 if day.weekday() > 4 else 1
        )
    if kind == "i" and day >= datetime(2026, 11, 1, tzinfo=UTC):
        return Decimal("1.2")  # Another price.
    return Decimal(1)


def quarter() -> Iterator[entries.Entry]:
    """What the clouds charge."""
    resources = list(_resources())
    begin = BEGIN
    while begin < RATED:
        is_hourly = begin.date() == _HOURLY[0].date() or begin >= _HOURLY[1]
        step = timedelta(hours=1) if is_hourly else timedelta(days=1)
        hours = step // timedelta(hours=1)
        for project, number, name, team, kind, nano in resources:
            factor = _factor(name, kind, begin)
            if factor:
                quantity = hours * (60 if name == "gpu-train-1" and factor > 1 else 1)
                yield usage(
                    project, "svi".index(kind), begin, int(nano * factor) * hours // 24, team,
                    key=f"{begin:%Y%m%d%H}/{number}", period=Window(begin, begin + step),
                    resource_id=f"{project[0]}-{number}", resource_name=name, quantity=str(quantity),
                )  # fmt: skip
        begin += step


def invoices() -> Iterator[entries.Entry]:
    """What is charged by the month: by hand, and by the bill of a provider."""
    for month in (9, 10, 11):
        at = datetime(2026, month, 3, 9, tzinfo=UTC)
        for number, (text, provider, category, amount, tags) in enumerate(
            (
                (
                    "Tokens of the assistant",
                    "Anthropic",
                    "llm_inference",
                    412 + 37 * month,
                    {"team": "search"},
                ),
                ("Embeddings of the catalog", "OpenAI", "llm_embedding", 86 + month, {"team": "search"}),
                ("Support, gold", "Example Support AG", "other", 480, {}),
            )
        ):
            yield entries.Entry(
                source="manual", key=f"{month}/{number}", charge_category="purchase", category=category,
                period=Window(at, at), amount_nano=amount * 10**9, currency="CHF", cloud=provider,
                description=text, tags=tags,
            )  # fmt: skip
        first = datetime(2026, month, 1, tzinfo=UTC)
        yield entries.Entry(
            source="bill monitoring", key=str(month), charge_category="usage", category="other",
            period=Window(first, first + timedelta(days=30)), amount_nano=149_500_000_000, currency="CHF",
            cloud="Example Monitoring", description="Monitoring, 23 hosts", tags={"team": "web & <mobile>"},
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
        entries.write_all(opened.connection, list(quarter()), NOW, "importer")
    with sql.writing(options) as opened:
        rows = opened.connection
        entries.write_all(rows, list(invoices()), NOW, "alice")
        policy_history.save_policy(rows, 1, PolicyRules(required_tags=("team", "environment")), NOW, "owner")
        for project in PROJECTS:
            stored = feed_changes.save(rows, feed(project), None)
            feed_hours.keep(rows, stored, (f"cloudkitty here {project[0]}",))
        for one in (
            budget("everything", "15000"),
            budget("shop", "1900", tags=(("team", "shop"),)),
            budget("data", "4600", tags=(("team", "data"),)),
            budget("production", "5000", projects=("production",)),
            budget("lab", "400", projects=("lab",)),
        ):
            budgets.save(rows, one)
        overrides.save(
            rows,
            overrides.Override(
                "shop", "monthly/2026-11-01T00:00:00Z", "christmas", 200 * 10**9, "Christmas sale", "finance",
                datetime(2026, 12, 1, tzinfo=UTC), "alice",
            ),
            NOW,
        )  # fmt: skip
    return options
