# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a budget covers, through the modules, on both stores (design/gate.md#budgets, design/gate.md#requests,
design/gate.md#values-that-were-never-seen, design/money.md).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import ceil_to, now_utc
from ansible_collections.finops.cloud.plugins.module_utils._ledger import feed_changes, feeds, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import RunRate

from ..module_utils._budgets.snapshots import feed, nano
from .running import run_module


@pytest.fixture(params=["sqlite", "postgresql"], autouse=True)
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ledger that the modules find in the environment."""
    if request.param == "postgresql":
        found = str(request.getfixturevalue("postgresql_url"))
    else:
        found = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("FINOPS_LEDGER", found)
    return found


def define(name: str = "team", limit: str = "100", **more: Any) -> dict[str, Any]:
    given = {"currency": "CHF", "fed_by": "entries", **more}
    result = run_module("cost_budget", {"name": name, "limit": limit, **given})
    assert "failed" not in result, result
    return result


def record(key: str, amount: str, **more: Any) -> dict[str, Any]:
    given = {"currency": "CHF", "category": "compute", "charge_category": "usage", **more}
    result = run_module("cost_entry", {"key": key, "amount": amount, **given})
    assert "failed" not in result, result
    return result


def ask(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return run_module("cost_budget", {"lines": [{"currency": "CHF", **line} for line in lines], **more})


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["verdict"] for row in result["budgets"]}


def status(name: str = "team") -> dict[str, Any]:
    return run_module("cost_budget_info", {"name": name})


def carried(url: str, **more: Any) -> None:
    """A complete feed of project shop until the newest hour, with compute of team shop running."""
    newest = ceil_to(now_utc() - timedelta(hours=1), 3600)
    known = {
        "run_rates": (RunRate("compute", (("team", "shop"),), nano("0.5")),),
        "tag_keys": frozenset({"team"}),
        "currency": "CHF",
        **more,
    }
    with sql.writing(sql.LedgerOptions(url)) as ledger:
        from_long_ago = feeds.Imported(feeds.Window(newest - timedelta(days=70), newest))
        feed_changes.save(ledger.connection, feed(newest, imported=(from_long_ago,), **known), None)


def test_tax_is_in_the_sums_of_a_budget_only_if_it_says_so() -> None:
    define("net")
    define("gross", tax="included")
    record("servers", "90")
    record("vat", "7.29", charge_category="tax")
    found = run_module("cost_budget_info", {})
    assert {row["name"]: (row["spent"], row["tax"]) for row in found["budgets"]} == {
        "net": ("90", "excluded"),
        "gross": ("97.29", "included"),
    }
    assert found["tax"] == "mixed"
    assert [status(name)["tax"] for name in ("net", "gross")] == ["excluded", "included"]
    asked = ask({"amount": "10", "category": "compute"})
    assert verdicts(asked) == {"net": "allow", "gross": "deny"}
    assert (asked["tax"], {row["name"]: row["tax"] for row in asked["budgets"]}) == (
        "mixed",
        {"net": "excluded", "gross": "included"},
    )


def test_a_hold_is_judged_by_the_tax_that_its_budget_counts() -> None:
    define(tax="included")
    record("vat", "7.29", charge_category="tax")
    hold = {"state": "held", "currency": "CHF", "category": "compute", "settled_by": "entry"}
    denied = run_module("cost_reservation", {"name": "deploy", "amount": "92.72", **hold})
    held = run_module("cost_reservation", {"name": "deploy", "amount": "92.71", **hold})
    assert (denied["verdict"], denied["tax"]) == ("deny", "included")
    assert (held["verdict"], held["tax"]) == ("allow", "included")


def test_tax_is_kept_by_a_definition_that_does_not_give_it() -> None:
    define(tax="included", untagged="outside", scope={"tags": {"team": "web"}})
    kept = define(limit="200")["budget"]
    assert (kept["tax"], kept["untagged"]) == ("included", "outside")
    changed = define(tax="excluded")["budget"]
    assert (changed["tax"], changed["untagged"]) == ("excluded", "outside")


def test_a_line_without_the_tag_is_unknown_to_the_tags_budget() -> None:
    define("web", scope={"tags": {"team": "web"}})
    define("all")
    untagged = ask({"amount": "1", "category": "compute"})
    assert verdicts(untagged) == {"web": "unknown", "all": "allow"}
    assert "has no tag team" in untagged["reasons"][0]
    assert untagged["failed"] is True
    assert verdicts(ask({"amount": "1", "tags": {"team": "web"}})) == {"web": "allow", "all": "allow"}
    assert verdicts(ask({"amount": "1", "tags": {"team": "db"}})) == {"all": "allow"}


def test_a_line_without_the_tag_is_outside_of_a_budget_that_says_so() -> None:
    define("web", scope={"tags": {"team": "web"}}, untagged="outside")
    define("all")
    assert verdicts(ask({"amount": "1", "category": "compute"})) == {"all": "allow"}


def test_a_hold_without_the_tag_makes_the_tags_budget_unknown_while_it_counts() -> None:
    define("web", scope={"tags": {"team": "web"}})
    define("lax", scope={"tags": {"team": "lax"}}, untagged="outside")
    hold = {"state": "held", "amount": "5", "currency": "CHF", "category": "compute", "settled_by": "entry"}
    held = run_module("cost_reservation", {"name": "deploy", "on_unknown": "warn", **hold})
    assert held["reservation"]["state"] == "held"
    tagged = [{"amount": "1", "tags": {"team": name}} for name in ("web", "lax")]
    assert [verdicts(ask(line)) for line in tagged] == [{"web": "unknown"}, {"lax": "allow"}]
    run_module("cost_reservation", {"name": "deploy", "state": "released"})
    assert verdicts(ask(tagged[0])) == {"web": "allow"}


def test_an_entry_without_the_tag_is_outside() -> None:
    define("web", scope={"tags": {"team": "web"}})
    record("bare", "40")
    record("of web", "7", tags={"team": "web"})
    assert status("web")["budgets"][0]["spent"] == "7"


def test_a_budget_of_a_region_has_the_costs_of_that_region_only() -> None:
    define("dc3", scope={"regions": ["dc3-a"]})
    record("in dc3", "40", region="dc3-a")
    record("in dc4", "30", region="dc4-a")
    record("nowhere", "20")
    row = status("dc3")["budgets"][0]
    assert (row["spent"], row["scope"]["regions"]) == ("40", ["dc3-a"])


def test_a_region_that_no_feed_carries_is_unknown(url: str) -> None:
    define("dc3", fed_by="cloud", scope={"regions": ["dc3-a"]}, basis="actual")
    define("dc4", fed_by="cloud", scope={"regions": ["dc4-a"]}, basis="actual")
    carried(url)
    stati = {
        row["name"]: (row["verdict"], row["reason"]) for row in run_module("cost_budget_info", {})["budgets"]
    }
    assert stati["dc3"][0] == "allow"
    assert (
        stati["dc4"][0] == "unknown"
        and "no import has ever carried a cost of region dc4-a" in stati["dc4"][1]
    )


def test_a_value_that_no_cost_ever_had_is_zero_and_warned_of_with_near_ones(url: str) -> None:
    carried(url)
    defined = define("shop", fed_by="cloud", scope={"tags": {"team": "Shop"}}, basis="actual")
    warned = "shop: no cost has had the tag team Shop so far; the ledger knows shop."
    assert defined["warnings"] == [warned]
    asked = ask({"amount": "1", "category": "compute", "tags": {"team": "Shop"}})
    assert (asked["verdict"], asked["budgets"][0]["spent"]) == ("allow", "0")
    assert warned in asked["warnings"]
    hold = {
        "state": "held",
        "amount": "1",
        "currency": "CHF",
        "tags": {"team": "Shop"},
        "category": "compute",
    }
    held = run_module("cost_reservation", {"name": "deploy", "settled_by": "import", **hold})
    assert held["verdict"] == "allow" and warned in held["warnings"]


def test_a_value_that_costs_have_is_not_warned_of(url: str) -> None:
    carried(url)
    defined = define("shop", fed_by="cloud", scope={"tags": {"team": "shop"}}, basis="actual")
    asked = ask({"amount": "1", "category": "compute", "tags": {"team": "shop"}})
    assert (defined["warnings"], asked["warnings"]) == ([], [])


def test_a_key_and_a_category_that_no_feed_ever_carried_are_zero_and_warned_of(url: str) -> None:
    carried(url)
    scope = {"categories": ["llm_inference"], "tags": {"taem": "shop"}}
    defined = define("shop", fed_by="cloud", scope=scope, basis="actual")
    assert defined["warnings"] == [
        "shop: no cost has had the category llm_inference so far, so nothing of it is spent.",
        "shop: no cost has had the tag key taem so far; the ledger knows team.",
    ]
    row = status("shop")["budgets"][0]
    assert (row["verdict"], row["spent"]) == ("allow", "0")


def test_a_budget_fed_by_entries_is_warned_of_near_ones_only() -> None:
    record("of web", "7", tags={"team": "web"})
    assert define("shop", scope={"tags": {"team": "shop"}})["warnings"] == []
    assert define("web", scope={"tags": {"team": "Web"}})["warnings"] == [
        "web: no cost has had the tag team Web so far; the ledger knows web."
    ]


def test_a_project_that_nobody_knows_is_warned_of(url: str) -> None:
    carried(url)
    define("all", fed_by="cloud", basis="actual")
    warned = "No feed and no budget knows the project shpo; known are shop."
    assert warned in ask({"amount": "1", "project": "shpo"})["warnings"]
    assert ask({"amount": "1", "project": "shop"})["warnings"] == []
    define("new", scope={"projects": ["shpo"]})
    assert warned not in ask({"amount": "1", "project": "shpo"})["warnings"]


def test_what_comes_to_nothing_needs_no_rate() -> None:
    define(currency="USD")
    record("servers", "40", currency="USD")
    record("free", "0", currency="EUR")
    record("charged", "5", currency="EUR")
    record("given back", "-5", currency="EUR", charge_category="credit")
    row = status()["budgets"][0]
    assert (row["verdict"], row["spent"]) == ("allow", "40")
    record("charged again", "5", currency="EUR")
    assert status()["budgets"][0]["verdict"] == "unknown"


def test_tax_that_a_budget_does_not_count_needs_no_rate_and_no_warning() -> None:
    define("net", currency="USD")
    define("gross", currency="USD", tax="included")
    warned = record("vat", "7.29", charge_category="tax")["warnings"]
    assert [sentence.split()[1] for sentence in warned if "cannot convert" in sentence] == ["gross"]
    stati = {row["name"]: row["verdict"] for row in run_module("cost_budget_info", {})["budgets"]}
    assert stati == {"net": "allow", "gross": "unknown"}


def test_what_is_too_much_in_the_budgets_own_currency_is_denied_without_any_rate() -> None:
    define(currency="USD")
    record("servers", "101", currency="USD")
    record("elsewhere", "1", currency="EUR")
    assert status()["budgets"][0]["verdict"] == "deny"
