# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner's policy binds every task on its ledger, and the ledger's rates are those of every task
(design/gate.md#policy, design/money.md#rates), on both stores.
"""

from __future__ import annotations

import csv
import json
import re
import runpy
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import iso, now_utc
from ansible_collections.finops.cloud.plugins.module_utils.cost_management import (
    BudgetManager,
    CostTracker,
    InvalidOption,
    SqlCostStore,
)

from ...conftest import Sandbox
from ...extensions.test_budget_alerts import SOURCE as EVENT_SOURCE
from .running import run_module

Options = dict[str, Any]
Run = Callable[[str, Options], Options]

BUDGET: Options = {"name": "team", "limit": "100", "currency": "CHF", "fed_by": "entries"}
SPEND: Options = {"spend": "1", "currency": "CHF"}
HOLD: Options = {
    "name": "deploy",
    "state": "held",
    "amount": "1",
    "currency": "CHF",
    "category": "other",
    "settled_by": "entry",
}
RATES: list[Options] = [{"currency": "CHF", "icu_per_unit": "51", "valid_from": "2021-01-01"}]
ESTIMATE: Options = {
    "cloud": "sandbox",
    "resources": [{"kind": "instance", "flavor": "a2-ram4-disk20-perf1"}],
}
PRICE: list[Options] = [
    {
        "kind": "load_balancer",
        "amount": "0",
        "currency": "CHF",
        "valid_from": "2026-01-01",
        "source": "me",
    }
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ledger that modules find in the environment; it is made by the first that writes."""
    where = f"sqlite:///{tmp_path}/ledger.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("postgresql_url")
    monkeypatch.setenv("FINOPS_LEDGER", where)
    return where


@pytest.fixture
def run(url: str, running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module on that ledger, and on the sandbox that nobody changes."""
    assert url
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])
    return run_module


def done(result: Options) -> Options:
    assert not result.get("failed"), result["msg"]
    return result


#: What a task asks for, the option that is refused, and the rule that refuses it.
BEYOND = [
    ("cost_budget", {**SPEND, "on_unknown": "warn"}, "on_unknown", "allow_on_unknown_warn"),
    ("cost_budget", {**SPEND, "on_exceeded": "warn"}, "on_exceeded", "allow_on_exceeded_warn"),
    ("cost_budget", {**SPEND, "rates": RATES}, "rates", "allow_own_rates"),
    ("cost_budget", {**SPEND, "rates": RATES, "confirm_rates": True}, "rates", "allow_own_rates"),
    (
        "cost_budget",
        {**SPEND, "on_unknown": "warn", "_ansible_check_mode": True},
        "on_unknown",
        "allow_on_unknown_warn",
    ),
    ("cost_budget", {**BUDGET, "spend": "1", "on_unknown": "warn"}, "on_unknown", "allow_on_unknown_warn"),
    ("cost_reservation", {**HOLD, "on_unknown": "warn"}, "on_unknown", "allow_on_unknown_warn"),
    ("cost_reservation", {**HOLD, "on_exceeded": "warn"}, "on_exceeded", "allow_on_exceeded_warn"),
    ("cost_reservation", {**HOLD, "rates": RATES}, "rates", "allow_own_rates"),
    ("cost_reservation", {**HOLD, "rates": RATES, "_ansible_check_mode": True}, "rates", "allow_own_rates"),
    ("cost_estimate_info", {**ESTIMATE, "rates": RATES}, "rates", "allow_own_rates"),
    ("cost_estimate_info", {**ESTIMATE, "price_list": PRICE}, "price_list", "allow_own_prices"),
    (
        "cost_estimate_info",
        {**ESTIMATE, "metrics": {"instance": "volume.size"}},
        "metrics",
        "allow_own_prices",
    ),
    ("cost_estimate_info", {**ESTIMATE, "assume_free": ["*"]}, "assume_free", "free_types"),
    ("cost_estimate_info", {**ESTIMATE, "assume_free": ["cloudflare_zone"]}, "assume_free", "free_types"),
    ("cost_estimate_info", {**ESTIMATE, "assume_free": ["cloudflare_record*"]}, "assume_free", "free_types"),
    ("cost_estimate_info", {**ESTIMATE, "price_sources": ["quote"]}, "price_sources", "price_sources"),
    ("cost_budget_info", {"rates": RATES}, "rates", "allow_own_rates"),
    ("cost_summary_info", {"rates": RATES}, "rates", "allow_own_rates"),
    ("cost_export", {"rates": RATES, "dest": "/tmp/x.csv", "currency": "CHF"}, "rates", "allow_own_rates"),
    (
        "cost_entry",
        {"key": "k", "amount": "1", "currency": "CHF", "category": "other", "rates": RATES},
        "rates",
        "allow_own_rates",
    ),
]
POLICY: Options = {"price_sources": ["observed", "price_list"], "free_types": ["cloudflare_record"]}


@pytest.mark.parametrize(("module", "options", "option", "rule"), BEYOND)
def test_who_asks_for_more_than_the_policy_allows_is_refused_by_the_name_of_the_rule(
    run: Run, module: str, options: Options, option: str, rule: str
) -> None:
    done(run("cost_budget", BUDGET))
    assert done(run("cost_policy", POLICY))["policy"]["version"] == 1
    result = run(module, options)
    assert result["failed"]
    assert result["error"]["kind"] == "invalid_option"
    assert result["error"]["option"] == option
    assert rule in result["msg"]
    assert "the ledger's policy, version 1" in result["msg"]
    assert "gate_passed" not in result
    assert "lines" not in result
    status = done(run("cost_budget_info", {}))
    assert [row["spent"] for row in status["budgets"]] == ["0"]
    assert status["reservations"] == []


ASKED = [case[:2] for case in BEYOND]


@pytest.mark.parametrize(("module", "options"), ASKED)
def test_without_a_policy_nothing_of_it_is_refused(
    run: Run, tmp_path: Path, module: str, options: Options
) -> None:
    done(run("cost_budget", BUDGET))
    done(run("cost_policy", POLICY))
    done(run("cost_policy", {"state": "absent"}))
    given = {**options, "dest": f"{tmp_path}/focus.csv"} if "dest" in options else options
    result = done(run(module, given))
    assert result.get("policy", {}) == {}


@pytest.mark.parametrize(("module", "options"), ASKED)
def test_what_the_policy_allows_passes(run: Run, tmp_path: Path, module: str, options: Options) -> None:
    done(run("cost_budget", BUDGET))
    done(
        run(
            "cost_policy",
            {
                "allow_on_unknown_warn": True,
                "allow_on_exceeded_warn": True,
                "allow_own_rates": True,
                "allow_own_prices": True,
                "allow_assume_free": True,
                "price_sources": ["quote", "observed"],
            },
        )
    )
    given = {**options, "dest": f"{tmp_path}/focus.csv"} if "dest" in options else options
    done(run(module, given))


def test_a_missing_rate_is_to_be_recorded_where_a_task_may_have_none(run: Run) -> None:
    done(run("cost_entry", {"key": "1", "amount": "1", "currency": "USD", "category": "other"}))
    done(run("cost_policy", POLICY))
    (why,) = done(run("cost_summary_info", {"currency": "CHF"}))["unknown"]
    assert "record one with cost_policy" in why
    assert "where the ledger's policy lets a task have its own" in why


def test_free_types_cover_what_they_begin_with_and_nothing_else(run: Run) -> None:
    done(run("cost_policy", {"free_types": ["cloudflare_*", "random_id"]}))
    for allowed in ("cloudflare_record", "cloudflare_*", "cloudflare_r*", "random_id"):
        done(run("cost_estimate_info", {**ESTIMATE, "assume_free": [allowed]}))
    for refused in ("*", "cloudflare", "random_*", "random_id_more"):
        assert run("cost_estimate_info", {**ESTIMATE, "assume_free": [refused]})["failed"]


def test_an_estimate_asks_the_sources_that_the_policy_allows_and_tells_what_it_used(run: Run) -> None:
    done(run("cost_policy", {"price_sources": ["price_list"], "allow_own_prices": True}))
    told = done(run("cost_estimate_info", {**ESTIMATE, "price_list": PRICE}))
    assert told["used"] == {
        "rates": False,
        "prices": ["price_list"],
        "price_sources": ["price_list"],
        "assume_free": [],
    }
    assert told["policy"]["price_sources"] == ["price_list"]
    # The shipped list does not have this flavor, and the cloud is not asked.
    assert told["lines"][0]["unknown"].endswith("(price_list: it is not in the price list)")


def test_an_estimate_counts_in_the_units_in_which_the_project_was_imported(run: Run) -> None:
    """83 ICU said to be 83 yen would be next to nothing."""
    yen = {**ESTIMATE, "rating_currency": "JPY"}
    assert done(run("cost_estimate_info", yen))["request"][0]["currency"] == "JPY"
    done(run("cost_import", {"cloud": "sandbox", "window": "yesterday", "resolution": "day"}))
    assert run("cost_estimate_info", yen)["error"]["option"] == "rating_currency"
    done(run("cost_estimate_info", ESTIMATE))


def test_every_line_has_the_required_tags(run: Run) -> None:
    done(run("cost_budget", BUDGET))
    done(run("cost_policy", {"required_tags": ["team", "cost_center"]}))
    for tags in (
        {},
        {"team": "shop"},
        {"team": "shop", "cost_center": " "},
        {"Team": "a", "cost_center": "7"},
    ):
        for module, options in (
            ("cost_budget", {**SPEND, "tags": tags}),
            ("cost_reservation", {**HOLD, "tags": tags}),
        ):
            result = run(module, options)
            assert result["error"]["option"] == "lines[0].tags"
            assert "required_tags" in result["msg"]
    tags = {"team": "shop", "cost_center": "7"}
    both = [{"amount": "1", "category": "other", "tags": tags}, {"amount": "1", "category": "other"}]
    result = run("cost_budget", {"lines": both, "currency": "CHF"})
    assert result["error"]["option"] == "lines[1].tags"
    done(run("cost_budget", {**SPEND, "tags": tags}))
    assert done(run("cost_reservation", {**HOLD, "tags": tags}))["reservation"]["state"] == "held"
    done(run("cost_reservation", {"name": "deploy", "state": "committed"}))


def test_a_new_budget_has_the_policys_zone_and_currency_unless_it_names_others(run: Run) -> None:
    plain = {"name": "plain", "limit": "10", "fed_by": "entries"}
    assert run("cost_budget", plain)["error"]["option"] == "currency"
    assert run("cost_budget", {"budgets": [plain]})["error"]["option"] == "budgets[0].currency"
    assert done(run("cost_policy_info", {}))["ledger_exists"] is False
    done(run("cost_policy", {"timezone": "Europe/Zurich", "currency": "CHF"}))
    assert done(run("cost_budget", plain))["changed"]
    assert not done(run("cost_budget", plain))["changed"]
    own = {"name": "own", "limit": "10", "currency": "EUR", "timezone": "UTC", "fed_by": "entries"}
    done(run("cost_budget", {"budgets": [plain, own]}))
    found = done(run("cost_budget_info", {}))["budgets"]
    assert [(row["name"], row["currency"], row["timezone"]) for row in found] == [
        ("own", "EUR", "UTC"),
        ("plain", "CHF", "Europe/Zurich"),
    ]
    done(run("cost_policy", {"currency": "", "timezone": ""}))
    refused = run("cost_budget", plain)
    assert refused["error"]["option"] == "currency"
    assert not done(run("cost_budget", {**plain, "currency": "CHF"}))["changed"]


def test_the_verdict_of_a_gate_names_the_policy(run: Run) -> None:
    done(run("cost_budget", BUDGET))
    done(run("cost_policy", {"required_tags": []}))
    done(run("cost_policy", {"allow_on_exceeded_warn": True}))
    for result in (
        run("cost_budget", SPEND),
        run("cost_budget", {**SPEND, "spend": "101"}),
        run("cost_reservation", HOLD),
        run("cost_reservation", {**HOLD, "name": "much", "amount": "101"}),
    ):
        assert result["policy"]["version"] == 2
        assert result["policy"]["allow_on_exceeded_warn"] is True
        assert result["policy"]["allow_on_unknown_warn"] is False


def test_a_policy_has_a_history_and_says_the_truth_about_changes(run: Run) -> None:
    task = {"required_tags": ["team"], "allow_own_prices": True}
    planned = done(run("cost_policy", {**task, "_ansible_check_mode": True}))
    assert planned["changed"]
    assert done(run("cost_policy_info", {}))["ledger_exists"] is False
    made = done(run("cost_policy", task))
    assert made["changed"]
    assert made["ledger_created"]
    assert made["diff"]["before"]["policy"] == {}
    assert made["diff"]["after"] == planned["diff"]["after"]
    assert not done(run("cost_policy", task))["changed"]
    # What a task leaves out stays.
    changed = done(run("cost_policy", {"allow_own_prices": False}))
    assert changed["diff"]["before"]["policy"]["allow_own_prices"] is True
    assert changed["policy"]["required_tags"] == ["team"]
    assert changed["policy"]["version"] == 2
    assert done(run("cost_policy", {"state": "absent", "_ansible_check_mode": True}))["changed"]
    assert done(run("cost_policy_info", {}))["policy"]["version"] == 2
    assert done(run("cost_policy", {"state": "absent"}))["policy"] == {}
    assert not done(run("cost_policy", {"state": "absent"}))["changed"]
    again = done(run("cost_policy", {"allow_own_rates": True}))["policy"]
    # A policy that was removed leaves nothing to the next one.
    assert (again["version"], again["required_tags"]) == (4, [])
    told = done(run("cost_policy_info", {"history": True}))
    assert [row["version"] for row in told["history"]["policies"]] == [1, 2, 3, 4]
    assert [row["rules"].get("allow_own_prices") for row in told["history"]["policies"]] == [
        True,
        False,
        None,
        False,
    ]
    assert all(row["recorded_by"] and row["recorded_at"] for row in told["history"]["policies"])
    assert told["policy"] == again


def test_only_a_definition_makes_a_ledger(run: Run, url: str) -> None:
    assert done(run("cost_policy_info", {}))["rates"][0] == {
        "currency": "CHF",
        "icu_per_unit": "50",
        "valid_from": "2021-01-01T00:00:00Z",
        "recorded_at": None,
        "recorded_by": None,
    }
    for options in (
        {"state": "absent"},
        {"rates": [{"currency": "CHF", "valid_from": "2027-01-01", "state": "absent"}]},
    ):
        assert run("cost_policy", options)["error"]["kind"] == "ledger"
    done(run("cost_estimate_info", ESTIMATE))
    assert done(run("cost_policy_info", {}))["ledger_exists"] is False
    if url.startswith("sqlite"):
        assert not Path(url.removeprefix("sqlite:///")).exists()


def test_rates_of_the_ledger_are_those_of_every_task(run: Run, url: str, tmp_path: Path) -> None:
    """CHF 100 is 5000 ICU at the shipped 50, and 5500 ICU at 55."""
    done(run("cost_budget", BUDGET))
    spend = {"spend": "5250", "currency": "ICU"}
    hold = {**HOLD, "amount": "5250", "currency": "ICU"}
    assert run("cost_budget", spend)["verdict"] == "deny"
    recorded = done(
        run("cost_policy", {"rates": [{"currency": "CHF", "icu_per_unit": "55", "valid_from": "2021-01-01"}]})
    )
    assert recorded["policy"] == {}
    assert recorded["changed"]
    gated = done(run("cost_budget", spend))
    assert (gated["verdict"], gated["rates_version"]) == ("allow", recorded["rates_version"])
    assert done(run("cost_reservation", hold))["verdict"] == "allow"
    done(run("cost_reservation", {"name": "deploy", "state": "released"}))
    cost = {"key": "k", "amount": "110", "currency": "ICU", "category": "other"}
    done(run("cost_entry", cost))
    # 110 ICU are CHF 2 at 55, and 2.2 at 50.
    assert done(run("cost_budget_info", {}))["budgets"][0]["spent"] == "2"
    assert done(run("cost_summary_info", {"currency": "CHF"}))["cost"]["total"] == "2"
    exported = done(run("cost_export", {"dest": f"{tmp_path}/focus.csv", "currency": "CHF"}))
    assert exported["billed"] == "2"
    with (tmp_path / "focus.csv").open() as stream:
        assert [row["BilledCost"] for row in csv.DictReader(stream)] == ["2"]
    done(run("cost_export", {"dest": f"{tmp_path}/a.prom", "currency": "CHF", "format": "openmetrics"}))
    assert 'finops_budget_spent_chf{budget="team"} 2\n' in (tmp_path / "a.prom").read_text()
    events = runpy.run_path(str(EVENT_SOURCE))
    assert events["_read"]({**events["DEFAULTS"], "ledger": url})["budgets"][0]["spent"] == "2"
    tracker = CostTracker(SqlCostStore(url), currency="CHF")
    assert tracker.get_total("yearly") == 2
    assert BudgetManager(tracker).can_spend("5200", currency="ICU")
    estimated = done(run("cost_estimate_info", ESTIMATE))["total"]["hourly"]
    # 0.35 / 55 = 0.00636363...
    assert (estimated["ICU"], estimated["CHF"]) == ("0.35", "0.006364")


def test_own_rates_are_for_a_ledger_that_holds_none(run: Run, url: str) -> None:
    done(run("cost_budget", BUDGET))
    spend = {"spend": "5250", "currency": "ICU"}
    own = {"rates": [{"currency": "CHF", "icu_per_unit": "55", "valid_from": "2021-01-01"}]}
    assert done(run("cost_budget", {**spend, **own}))["verdict"] == "allow"
    # A rate of another currency is enough: the ledger's rates are whole.
    done(
        run("cost_policy", {"rates": [{"currency": "USD", "icu_per_unit": "45", "valid_from": "2021-01-01"}]})
    )
    refused = run("cost_budget", {**spend, **own})
    assert refused["error"]["option"] == "rates"
    assert "allow_own_rates" in refused["msg"]
    with pytest.raises(InvalidOption, match="allow_own_rates"):
        CostTracker(SqlCostStore(url), currency="CHF", rates=own_rates()).get_total("yearly")
    done(run("cost_policy", {"allow_own_rates": True}))
    assert done(run("cost_budget", {**spend, **own}))["verdict"] == "allow"
    # Of another currency the ledger's rate still counts: 5850 ICU are USD 130 at 45.
    done(run("cost_budget", {**BUDGET, "name": "dollars", "currency": "USD", "limit": "116"}))
    assert run("cost_budget", {**spend, **own})["budgets"][0]["requested"] == "116.666667"


def own_rates() -> Any:
    from ansible_collections.finops.cloud.plugins.module_utils._core.rates import parse_rates

    return parse_rates([{"currency": "CHF", "icu_per_unit": "55", "valid_from": "2021-01-01"}], False)


def test_a_rate_is_valid_from_its_date_and_the_shipped_one_before(run: Run) -> None:
    rate = {"currency": "CHF", "icu_per_unit": "55", "valid_from": "2026-03-01"}
    done(run("cost_policy", {"rates": [rate]}))
    for day in ("2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"):
        cost = {"key": day, "amount": "110", "currency": "ICU", "category": "other", "occurred_at": day}
        done(run("cost_entry", cost))
    asked = {"currency": "CHF", "begin": "2026-02-01", "end": "2026-04-01", "group_by": ["day"]}
    days = done(run("cost_summary_info", asked))["cost"]["by_day"]
    assert [(row["day"], row["amount"]) for row in days if row["amount"] != "0"] == [
        ("2026-02-28", "2.2"),
        ("2026-03-01", "2"),
    ]
    # What was recorded last of one date is in force, and all of it stays in the history.
    done(run("cost_policy", {"rates": [{**rate, "icu_per_unit": "44"}]}))
    assert done(run("cost_summary_info", asked))["cost"]["total"] == "4.7"
    assert done(run("cost_policy", {"rates": [{**rate, "state": "absent"}]}))["changed"]
    assert done(run("cost_summary_info", asked))["cost"]["total"] == "4.4"
    assert not done(run("cost_policy", {"rates": [{**rate, "state": "absent"}]}))["changed"]
    history = done(run("cost_policy_info", {"history": True}))["history"]["rates"]
    assert [row["icu_per_unit"] for row in history] == ["55", "44", None]


def test_what_is_read_as_of_a_moment_uses_the_rates_that_were_known_then(run: Run) -> None:
    cost = {"key": "k", "amount": "110", "currency": "ICU", "category": "other"}
    done(run("cost_entry", {**cost, "occurred_at": "2026-03-02"}))
    asked = {"currency": "CHF", "begin": "2026-03-01", "end": "2026-04-01"}
    time.sleep(1.1)
    before = iso(now_utc())
    time.sleep(1.1)
    rate = {"currency": "CHF", "icu_per_unit": "55", "valid_from": "2026-01-01"}
    done(run("cost_policy", {"rates": [rate]}))
    assert done(run("cost_summary_info", asked))["cost"]["total"] == "2"
    assert done(run("cost_summary_info", {**asked, "as_of": before}))["cost"]["total"] == "2.2"


@pytest.mark.parametrize(
    ("rate", "option"),
    [
        ({"currency": "CHF", "icu_per_unit": "0.02"}, "rates[0].icu_per_unit"),
        ({"currency": "USD", "icu_per_unit": "0.99"}, "rates[0].icu_per_unit"),
        # CHF 50 is shipped: 20 % more is 60, 20 % less is 40.
        ({"currency": "CHF", "icu_per_unit": "60.01"}, "rates[0].icu_per_unit"),
        ({"currency": "CHF", "icu_per_unit": "39.99"}, "rates[0].icu_per_unit"),
        ({"currency": "XYZ", "icu_per_unit": "5"}, "rates[0].currency"),
        ({"currency": "ICU", "icu_per_unit": "1"}, "rates[0].currency"),
        ({"currency": "CHF", "icu_per_unit": "50", "valid_from": "soon"}, "rates[0].valid_from"),
    ],
)
def test_a_rate_that_looks_wrong_is_refused(run: Run, rate: Options, option: str) -> None:
    result = run("cost_policy", {"rates": [{"valid_from": "2026-01-01", **rate}]})
    assert result["error"]["option"] == option
    assert done(run("cost_policy_info", {}))["ledger_exists"] is False


def test_a_rate_that_looks_wrong_can_be_confirmed_and_the_edge_needs_no_word(run: Run) -> None:
    edge = [
        {"currency": "CHF", "icu_per_unit": value, "valid_from": f"2026-0{month}-01"}
        for month, value in ((1, "60"), (2, "40"))
    ]
    done(run("cost_policy", {"rates": edge}))
    wrong = {"rates": [{"currency": "CHF", "icu_per_unit": "0.02", "valid_from": "2026-03-01"}]}
    assert done(run("cost_policy", {**wrong, "confirm_rates": True}))["changed"]


def warned(result: Options, budget: str) -> list[str]:
    """Which currencies the warnings say that a budget cannot convert."""
    text = json.dumps(done(result).get("warnings", []))
    return sorted(
        set(re.findall(rf"Budget {budget} is unknown now, as it cannot convert ([A-Z]+) into", text))
    )


def test_recording_what_a_budget_cannot_convert_is_warned_of(run: Run, tmp_path: Path) -> None:
    everything, network = f"all-{tmp_path.name}", f"network-{tmp_path.name}"
    done(run("cost_budget", {**BUDGET, "name": everything}))
    done(run("cost_budget", {**BUDGET, "name": network, "scope": {"categories": ["network"]}}))
    cost = {"key": "k", "amount": "5", "currency": "CHF", "category": "compute"}
    for currency, amount, says in (
        ("CHF", "5", []),
        ("EUR", "5", []),
        ("ICU", "5", []),
        ("SEK", "0", []),
        ("USD", "5", ["USD"]),
    ):
        result = run("cost_entry", {**cost, "key": currency, "amount": amount, "currency": currency})
        assert done(result)["changed"]
        assert (warned(result, everything), warned(result, network)) == (says, [])
    bill = tmp_path / "bill.csv"
    bill.write_text("id,day,net,cur\n1,2026-10-01,0,DKK\n2,2026-11-01,3,NOK\n3,2026-11-01,3,CHF\n")
    task = {
        "files": [str(bill)],
        "format": "csv",
        "source": "bill",
        "timezone": "UTC",
        "columns": {"key": "id", "occurred_at": "day", "amount": "net", "currency": "cur"},
        "values": {"category": "network"},
    }
    result = run("cost_import_file", task)
    assert (warned(result, everything), warned(result, network)) == (["NOK"], ["NOK"])
    rate = {"currency": "JPY", "icu_per_unit": "0.3", "valid_from": "2026-01-01"}
    done(run("cost_policy", {"rates": [rate]}))
    result = run("cost_entry", {**cost, "key": "yen", "currency": "JPY"})
    assert warned(result, everything) == []
    result = run("cost_entry", {**cost, "key": "old", "currency": "JPY", "occurred_at": "2025-12-31"})
    # Before its date there is no rate.
    assert warned(result, everything) == ["JPY"]


def test_a_gate_reads_policy_and_rates_by_one_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text of the statements is that of every store."""
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    run = run_module
    done(run("cost_budget", BUDGET))
    statements: list[str] = []
    connect = sqlite3.connect

    def traced(*args: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*args, **named)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    done(run("cost_budget", SPEND))
    before = len(statements)
    assert sum("owner_policy" in one for one in statements) == 1
    done(run("cost_policy", {**POLICY, "rates": RATES}))
    statements.clear()
    done(run("cost_budget", SPEND))
    assert len(statements) == before
    assert sum("owner_policy" in one or "currency_rate" in one for one in statements) == 1


def test_a_rule_that_this_version_does_not_know_shuts_every_gate(run: Run, url: str) -> None:
    """A newer version of the collection wrote it: what it forbids is not known here."""
    done(run("cost_budget", BUDGET))
    done(run("cost_policy", {"allow_on_exceeded_warn": True}))
    statement = (
        "INSERT INTO owner_policy (version, content, recorded_at, recorded_by)"
        """ VALUES (99, '{"allow_nothing_on_mondays": true}', 1764000000, 'owner')"""
    )
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()
    else:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
            server.execute(statement)
    for module, options in (
        ("cost_budget", SPEND),
        ("cost_reservation", HOLD),
        ("cost_policy_info", {}),
        ("cost_policy", {"allow_own_rates": True}),
    ):
        result = run(module, options)
        assert result["failed"], module
        assert "this version of finops.cloud does not know (allow_nothing_on_mondays)" in result["msg"]
        assert result["error"]["kind"] == "ledger"
