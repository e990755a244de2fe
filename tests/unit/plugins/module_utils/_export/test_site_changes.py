# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a cost has changed, and whose a resource likely is (design/reports.md#what-has-changed,
design/reports.md#costs-without-a-team).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._export.site_changes import changes_of
from ansible_collections.finops.cloud.plugins.module_utils._export.site_cost import (
    CostGroup,
    CostLine,
    LineUse,
    MonthCost,
    SiteMoney,
    SiteNames,
)
from ansible_collections.finops.cloud.plugins.module_utils._export.site_owners import LikelyOwner, Owners

from .quarters import question

OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (10, 11, 12))
END = int(DECEMBER.timestamp())


def line(resource: str | None, metric: str | None = "instance", team: str | None = "shop") -> CostLine:
    return CostLine(CostGroup("p1", team, "compute"), metric, resource)


def use(units: float, quantity: float | None, hours: int, end: int = END, entry_s: int = 3600) -> LineUse:
    at = ("CHF", OCTOBER)
    return LineUse({at: int(units * 10**9)}, quantity, hours * 3600, hours * 3600 // entry_s, end)


def reasons(before: dict[CostLine, LineUse], now: dict[CostLine, LineUse]) -> dict[str | None, str]:
    month = MonthCost(
        "2026-11", Window(NOVEMBER, DECEMBER), (), Window(NOVEMBER, DECEMBER), Window(OCTOBER, NOVEMBER)
    )
    month.used, month.used_before = now, before
    found = changes_of(month, SiteMoney(question()))
    return {line.resource: change.reason for line, change in found.items() if change is not None}


@pytest.mark.parametrize(
    ("metric", "before", "now", "reason"),
    [
        ("instance", None, use(720, 720, 720), "new"),
        ("instance", use(720, 720, 720), None, "gone"),
        ("instance", use(720, 720, 720), use(100, 100, 100, END - 20 * 86_400), "gone"),
        ("instance", use(300, 300, 300), use(720, 720, 720), "more hours"),
        ("instance", use(720, 720, 720), use(300, 300, 300), "fewer hours"),
        ("volume.size", use(720, 7200, 720), use(1440, 14400, 720), "resized"),
        ("network.outgoing.bytes", use(72, 720, 720), use(144, 1440, 720), "more use"),
        ("network.outgoing.bytes", use(144, 1440, 720), use(72, 720, 720), "less use"),
        # Of a day's entry nobody knows for how long it was used.
        (
            "volume.size",
            use(720, 7200, 720, entry_s=86_400),
            use(1440, 14400, 720, entry_s=86_400),
            "more use",
        ),
        ("instance", use(720, 720, 720), use(1440, 720, 720), "resized or price changed"),
        (None, use(720, None, 1), use(800, None, 1), "another amount"),
        ("instance", use(720, 0, 720), use(800, 0, 720), "another amount"),
        ("instance", use(720, float("inf"), 720), use(800, 1, 720), "another amount"),
        ("instance", use(720, 720, 720), use(720, 720, 720), None),
    ],
)
def test_why_a_line_has_changed(
    metric: str | None, before: LineUse | None, now: LineUse | None, reason: str | None
) -> None:
    of = line("r1", metric)
    found = reasons({} if before is None else {of: before}, {} if now is None else {of: now})
    assert found == ({} if reason is None else {"r1": reason})


def test_a_price_has_changed_where_all_that_had_it_have_another() -> None:
    before = {line(name): use(720, 720, 720) for name in ("a", "b", "c")}
    assert reasons(before, {one: use(792, 720, 720) for one in before}) == dict.fromkeys(
        "abc", "price changed"
    )
    # One of them still has the old price: the other two are of another size.
    now = {one: use(720 if one.resource == "a" else 1440, 720, 720) for one in before}
    assert reasons(before, now) == {"b": "resized", "c": "resized"}


def test_what_gets_another_team_is_neither_new_nor_gone() -> None:
    found = reasons({line("r1", team=None): use(1, 1, 1)}, {line("r1", team="shop"): use(2, 2, 2)})
    assert found == {"r1": "tagged anew"}


def owners(*tagged: tuple[str, str, str], login: str = "importer") -> tuple[Owners, SiteNames]:
    """tagged: project, name and team of resources."""
    names = SiteNames()
    lines = []
    for project, name, team in tagged:
        lines.append(CostLine(CostGroup(project, team, "compute"), "instance", name))
        names.resources[project, name] = (name, None)
        names.recorded_by[project, name] = login
    return Owners(lines, names), names


def test_the_strongest_reason_says_whose_a_resource_is() -> None:
    found, names = owners(("p1", "web-1", "shop"), ("p1", "web-2", "shop"), ("p1", "db-1", "data"))
    names.resources |= {("p1", name): (name, None) for name in ("web-3", "db-2", "scratch", "42")}
    names.teams["p1", "db-2"] = "search"
    assert found.likely(("p1", "web-3")) == LikelyOwner("shop", "as all other web-… of the project")
    assert found.likely(("p1", "db-2")) == LikelyOwner("search", "as it had this tag before")
    # Two teams are in the project, and a number alone is no name.
    assert found.likely(("p1", "scratch")).team is None
    assert found.likely(("p1", "42")).team is None
    # The same name in another project says nothing.
    names.resources["p2", "web-9"] = ("web-9", None)
    assert found.likely(("p2", "web-9")).team is None


def test_a_project_or_a_login_of_one_team_says_whose_it_is() -> None:
    found, names = owners(("p1", "web-1", "shop"), login="alice")
    names.recorded_by |= {("p1", "scratch"): "root", (None, "Tokens"): "alice", (None, "Support"): "bob"}
    assert found.likely(("p1", "scratch")) == LikelyOwner("shop", "as all else of the project")
    assert found.likely((None, "Tokens")) == LikelyOwner("shop", "as all else that alice recorded")
    assert found.likely((None, "Support")) == LikelyOwner(None, "recorded by bob")


def test_changes_are_exact() -> None:
    of = line("r1")
    month = MonthCost(
        "2026-11", Window(NOVEMBER, DECEMBER), (), Window(NOVEMBER, DECEMBER), Window(OCTOBER, NOVEMBER)
    )
    month.used, month.used_before = {of: use(3, 3, 3)}, {of: use(1, 1, 1)}
    found = changes_of(month, SiteMoney(question()))[of]
    assert found is not None
    assert (found.before, found.now, found.change) == (Decimal(1), Decimal(3), Decimal(2))
    # Without a rate it is not known, and not left out.
    month.used[of].parts[("XAF", OCTOBER)] = 1
    assert changes_of(month, SiteMoney(question())) == {of: None}
    month.gaps = frozenset({"p1"})
    assert changes_of(month, SiteMoney(question())) == {}
