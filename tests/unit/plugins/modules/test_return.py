# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RETURN is true: what a module documents it returns, and what it returns it documents, with those types."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Run
from .running import PACKAGE

PLUGINS = Path(__file__).parents[4] / "plugins"
#: What is documented as a module and is an action has its test among the actions.
ACTIONS = {path.stem for path in (PLUGINS / "action").glob("*.py")}
MODULES = sorted({path.stem for path in (PLUGINS / "modules").glob("*.py")} - ACTIONS)
TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "dict": (dict,),
    "list": (list,),
}
#: What every result has, and what a failed one adds.
ALWAYS = {"changed", "invocation", "diff", "failed", "msg", "warnings"}
#: What ansible-core adds to every result that names a dest.
OF_DEST = {"uid", "gid", "owner", "group", "mode", "state", "size"}


def documented(module: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(importlib.import_module(f"{PACKAGE}.{module}").RETURN)
    return content


def untrue(
    docs: dict[str, Any], result: dict[str, Any], left_out: tuple[str, ...] = (), path: str = ""
) -> list[str]:
    """What is returned and not documented, or the other way round, or of another type.

    null is of every type, and a dictionary can be empty where its description says so.
    """
    found = [f"{path}{key} is not documented" for key in result.keys() - docs.keys()]
    for key, said in docs.items():
        if f"{path}{key}" in left_out:
            found += [f"{path}{key} is returned"] if key in result else []
            continue
        if key not in result:
            found += [f"{path}{key} is not returned"]
            continue
        value = result[key]
        if value is None or (value == {} and "empty" in str(said["description"]).lower()):
            continue
        if not isinstance(value, TYPES[said["type"]]):
            found += [f"{path}{key} is a {type(value).__name__}, not a {said['type']}"]
        elif "contains" in said:
            for row in value if isinstance(value, list) else [value]:
                found += untrue(said["contains"], row, left_out, f"{path}{key}.")
        else:
            found += unlike(said["sample"], value, f"{path}{key}")
    return found


def unlike(sample: Any, value: Any, path: str) -> list[str]:
    """What the sample shows otherwise: the keys of rows, and of dictionaries whose keys are words of ours."""
    if isinstance(sample, list) and isinstance(value, list):
        return [one for row in value for one in unlike(sample[0], row, f"{path}[]")] if sample else []
    if not isinstance(sample, dict) or not isinstance(value, dict) or path.rsplit(".", 1)[-1] in OPEN:
        return []
    found = [f"{path}.{key} is not in the sample" for key in value.keys() - sample.keys()]
    found += [f"{path}.{key} is only in the sample" for key in sample.keys() - value.keys()]
    for key in sample.keys() & value.keys():
        found += unlike(sample[key], value[key], f"{path}.{key}")
    return found


#: Dictionaries whose keys are the cloud's words: services, flavors, types, quotas, tags, currencies, regions.
#: Of parts, the cost has a shape that is documented once.
OPEN = (
    "services", "by_status", "by_flavor", "by_type", "by_policy", "quotas", "tags", "totals", "regions",
    "totals_before", "difference",
    "metadata", "cost", "policy", "rules",
    "by_tag", "attributes", "metrics", "credits", "tiers_gb", "required", "dimensions", "changes", "task",
)  # fmt: skip


#: What infomaniak_cost_info does not tell of one project in one region.
OF_ONE = ("cost.by_region", "parts")
#: What an import of all projects tells of none.
OF_ONE_IMPORT = (
    "cloud_difference", "run_rate", "flow_hours", "unknown_tags", "periods", "holes", "free_tier",
)  # fmt: skip
LISTED = ("resources", "resource_count", "dest", "groups", "idle")
#: What a gate answers, and an override for nobody.
OF_A_GATE = ("verdict", "gate_passed", "reasons", "lines", "evaluated_at", "tax", "summary", "budgets")
OF_A_POLICY = ("policy", "rates_version")
OF_A_RECORD = ("record", "records", "next_offset", "summary")
OF_A_PROJECT = ("cloud", "services", "collected_at")
OF_A_RATED_EXPORT = (
    "cloud", "collected_at", "complete", "cloud_difference", "fully_rated", "holes", "rated_through",
)  # fmt: skip
OF_A_COMMIT = ("over_hold", "expired", "exceeded")
HOLD = {
    "name": "deploy",
    "state": "held",
    "amount": "1",
    "currency": "CHF",
    "category": "other",
    "settled_by": "entry",
}
#: By the day, as an hourly import of a month would take most of these tests' time.
IMPORT = ("cost_import", {"cloud": "sandbox", "window": "last_30_days", "resolution": "day"})
RETIRED = {"state": "retired", "project": "PCP-DEMO001", "reason": "it moved"}
COST = (
    "cost_entry",
    {"key": "k", "amount": "1", "currency": "CHF", "category": "other", "tags": {"team": "shop"}},
)
OLD_COST = ("cost_entry", {**COST[1], "occurred_at": "2026-01-05"})
ARCHIVE = ("cost_ledger_archive", {"state": "archived", "months": ["2026-01"], "folder": "{folder}/archive"})
BUDGET = ("cost_budget", {"name": "b", "limit": "9", "currency": "CHF", "fed_by": "entries"})
OVERRIDE = {
    "budget": "b", "reservation": "deploy", "amount": "1", "reason": "why", "approved_by": "Ada",
    "until": "2999-01-01",
}  # fmt: skip
POLICY = {"price_sources": ["quote"], "required_tags": ["team"]}
RATES = [{"currency": "CHF", "icu_per_unit": "51", "valid_from": "2026-01-01"}]
#: Asked of records wherever they are, and what each answers.
OF_RECORDS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"limit": 2}, ("record", "summary")),
    ({"latest": True}, OF_A_RECORD[1:]),
    ({"summary": True}, OF_A_RECORD[:3]),
]
RECORD = ("usage_record", {"cloud": "sandbox"})
#: What a module is asked, what of its RETURN is left out then, and what other modules are asked before.
CASES: dict[str, list[tuple[Any, ...]]] = {
    "infomaniak_usage_info": [
        ({"cloud": "sandbox"}, ("usage.image", "regions", *LISTED)),
        ({"cloud": "sandbox", "detail": "totals"}, ("usage.image", "regions", *LISTED)),
        ({"cloud": "sandbox", "regions": ["dc3-a"]}, ("usage.image", *LISTED)),
        ({"cloud": "sandbox", "detail": "resources", "group_by": "team", "idle": True}, ("regions", "dest")),
        (
            {"cloud": "sandbox", "detail": "resources", "dest": "{folder}/all.jsonl"},
            ("regions", "resources", "groups", "idle"),
        ),
    ],
    "infomaniak_quota_info": [
        ({"cloud": "sandbox"}, ()),
        ({"cloud": "sandbox", "warn_at": "0", "required": {"cores": 45, "listeners": 1, "ports": 1}}, ()),
        ({"cloud": "sandbox", "required": {"cores": 45, "listeners": 1}, "fail_on_shortfall": True}, ()),
    ],
    "infomaniak_cost_info": [
        ({"cloud": "sandbox", "currency": "CHF"}, OF_ONE),
        (
            {
                "cloud": "sandbox",
                "window": "last_30_days",
                "group_by": ["project", "resource", "hour", "day", "week", "month", "flavor", "volume_type"],
                "metrics": True,
                "previous": True,
                "forecast": True,
            },
            OF_ONE,
        ),
        (
            {
                "cloud": "sandbox",
                "window": "last_hour",
                "rating_api": "v1",
                "group_by": ["resource_hour"],
                "dataframes": True,
            },
            OF_ONE,
        ),
        (
            {"cloud": "sandbox", "window": "last_hour", "dest": "points.csv", "_ansible_check_mode": True},
            OF_ONE,
        ),
        (
            {
                "cloud": "sandbox",
                "window": "last_hour",
                "regions": ["dc3-a"],
                "projects": ["PCP-DEMO001"],
                "group_by": ["project"],
                "dest": "points.csv",
                "_ansible_check_mode": True,
            },
            (),
        ),
    ],
    "infomaniak_metric_info": [
        ({"cloud": "sandbox"}, ()),
        ({"cloud": "sandbox", "metrics": ["nothing"], "on_error": "warn"}, ()),
        (
            {
                "cloud": "sandbox",
                "metrics": ["cpu", "vcpus"],
                "measures": True,
                "summary": True,
                "resample": 3600,
                "reaggregation": "sum",
            },
            (),
        ),
    ],
    "cost_anomaly_info": [({"currency": "CHF", "series": ["total", "metric"]}, (), IMPORT)],
    "cost_rating_info": [
        ({"cloud": "sandbox-operator-in-project"}, ()),
        ({"cloud": "sandbox", "on_error": "warn"}, ()),
    ],
    "cost_import": [
        ({"cloud": "sandbox"}, ("projects",)),
        ({"cloud": "sandbox", "_ansible_check_mode": True}, ("projects",)),
        (
            {"cloud": "sandbox-operator", "projects": "all", "import_tags": False, "window": "today"},
            OF_ONE_IMPORT,
        ),
    ],
    "cost_import_file": [({"files": [str(Path(__file__).with_name("focus.csv"))], "source": "aws"}, ())],
    "cost_import_vergeos": [({"usage_prices": {"cores": "1"}, "currency": "CHF"}, ())],
    "cost_ledger": [({}, (), COST), ({}, (), OLD_COST, ARCHIVE)],
    "cost_ledger_archive": [
        (ARCHIVE[1], (), OLD_COST),
        ({**ARCHIVE[1], "_ansible_check_mode": True}, (), OLD_COST),
        ({"state": "restored", "before": "2026-02"}, (), OLD_COST, ARCHIVE),
        ({"state": "restored", "months": ["2026-01"]}, (), OLD_COST),
    ],
    "cost_savings_info": [({"cloud": "sandbox", "currency": "CHF", "lookback_days": 15}, ())],
    "cost_statement": [
        (
            {"month": "2026-09", "dest": "{folder}", "currency": "CHF", "tax_rate": "8.1"},
            (),
            ("cost_entry", {**COST[1], "project_name": "shop", "occurred_at": "2026-09-15"}),
        ),
    ],
    "cost_feed": [({}, (), IMPORT), (RETIRED, (), IMPORT)],
    "usage_record": [
        ({"cloud": "sandbox"}, ("system",)),
        ({"cloud": "sandbox", "_ansible_check_mode": True}, ("system",)),
        # Outside check mode it would change the system, which other tests read.
        ({"source": "vergeos", "_ansible_check_mode": True}, OF_A_PROJECT),
    ],
    "budget_actions": [
        ({}, (), BUDGET),
        (
            {},
            (),
            ("cost_budget", {**BUDGET[1], "thresholds": ["0.1"]}),
            ("cost_policy", {"freeze_at": {"b": "0.1"}}),
            COST,
        ),
        (
            {"dry_run": False},
            (),
            ("cost_budget", {**BUDGET[1], "thresholds": ["0.1"]}),
            ("cost_policy", {"freeze_at": {"b": "0.1"}}),
            COST,
        ),
    ],
    "budget_servers": [({"cloud": "sandbox"}, (), BUDGET)],
    "office_hours": [
        (
            {
                "cloud": "sandbox",
                "servers": [
                    {"server": "web-1", "schedule": "off"},
                    {"server": "web-2", "schedule": "always"},
                ],
                "_ansible_check_mode": True,
            },
            (),
            IMPORT,
        ),
    ],
    "usage_record_info": [(*case, RECORD) for case in OF_RECORDS],
    "vergeos_billing_info": [*OF_RECORDS, ({"key": 1}, OF_A_RECORD[1:])],
    "cost_export": [
        (
            {"dest": "{folder}/focus.csv", "currency": "CHF"},
            (*OF_A_RATED_EXPORT, "unknown", "timezone"),
            COST,
        ),
        (
            {
                "dest": "{folder}/a.csv",
                "currency": "CHF",
                "read_from": "cloud",
                "cloud": "sandbox",
                "window": "yesterday",
            },
            ("ledger", "feeds", "as_of_final", "undivided", "unknown", "timezone"),
        ),
        (
            {
                "dest": "{folder}/a.prom",
                "currency": "CHF",
                "format": "openmetrics",
                "quotas": True,
                "cloud": "sandbox",
            },
            (
                *set(OF_A_RATED_EXPORT) - {"cloud", "collected_at"},
                "billed",
                "totals",
                "as_of_final",
                "undivided",
            ),
            COST,
        ),
    ],
    "cost_entry": [
        ({"key": "k", "amount": "9", "currency": "CHF", "category": "other"}, (), BUDGET),
        (
            {"key": "k", "amount": "1", "currency": "CHF", "category": "other", "_ansible_check_mode": True},
            (),
        ),
        (
            {"entries": [{"key": "k", "amount": "1"}], "currency": "CHF", "category": "other"},
            ("outcome", "entry"),
        ),
    ],
    "cost_summary_info": [
        ({"categories": ["other"], "savings": True}, (), IMPORT, COST),
        (
            {
                "currency": "CHF",
                "previous": True,
                "entries": True,
                "history": True,
                "group_by": [
                    *(
                        "project",
                        "cloud",
                        "region",
                        "source",
                        "metric",
                        "resource",
                        "day",
                        "week",
                        "month",
                        "tag:team",
                    ),
                ],
            },
            (),
            IMPORT,
            COST,
        ),
    ],
    "cost_alert": [
        ({"consumer": "mail", "ids": []}, ("rearmed",), BUDGET),
        ({"budget": "b", "state": "rearmed"}, ("acknowledged",), BUDGET),
    ],
    "cost_budget": [
        ({**BUDGET[1], "spend": "1"}, ("definitions",)),
        ({**BUDGET[1], "fed_by": "cloud", "spend": "10"}, ("definitions",)),
        ({**BUDGET[1], "limit": "1"}, ("definitions", *OF_A_GATE, *OF_A_POLICY), BUDGET, COST),
        ({"budgets": [BUDGET[1], {**BUDGET[1], "name": "c"}], "spend": "1", "currency": "CHF"}, ()),
    ],
    "cost_policy": [(POLICY, ()), ({"rates": RATES}, ()), ({"state": "absent"}, (), ("cost_policy", POLICY))],
    "cost_policy_info": [
        ({}, ()),
        ({"history": True}, (), ("cost_policy", {**POLICY, "rates": RATES})),
        ({"history": True}, (), ("cost_policy", {"rates": RATES})),
    ],
    "cost_budget_override": [(OVERRIDE, (), BUDGET), ({**OVERRIDE, "_ansible_check_mode": True}, (), BUDGET)],
    "cost_budget_info": [
        ({}, (), IMPORT, ("cost_budget", {**BUDGET[1], "limit": "0", "fed_by": "cloud"})),
        ({"names": ["b"], "consumer": "mail"}, (), BUDGET, ("cost_reservation", HOLD)),
    ],
    "cost_estimate_info": [
        (
            {
                "cloud": "sandbox",
                "currency": "CHF",
                "resources": [
                    {"kind": "instance", "flavor": "a2-ram4-disk20-perf1", "names": ["new"]},
                    {"kind": "volume", "names": ["archive"], "state": "absent"},
                    {"kind": "amount", "amount": "1", "currency": "CHF"},
                ],
            },
            (),
        ),
        ({"cloud": "sandbox", "resources": [{"kind": "snapshot", "gb": "1"}]}, ()),
    ],
    "cost_reservation": [
        (HOLD, OF_A_COMMIT, BUDGET),
        ({**HOLD, "amount": "10"}, OF_A_COMMIT, BUDGET),
        (
            {"name": "deploy", "state": "committed", "amount": "10"},
            tuple(name for name in OF_A_GATE if name not in ("summary", "budgets")),
            BUDGET,
            ("cost_reservation", HOLD),
        ),
        (
            {"name": "deploy", "state": "released"},
            (*OF_A_GATE, *OF_A_COMMIT),
            BUDGET,
            ("cost_reservation", HOLD),
        ),
        (
            {"name": "deploy", "state": "released", "_ansible_check_mode": True},
            (*OF_A_GATE, *OF_A_COMMIT),
            BUDGET,
        ),
    ],
}


def test_every_module_has_a_case() -> None:
    assert sorted(CASES) == MODULES


@pytest.mark.parametrize(
    ("module", "options", "left_out", "before"),
    [(module, *case[:2], case[2:]) for module, cases in CASES.items() for case in cases],
)
def test_return_is_true(
    run: Run,
    module: str,
    options: dict[str, Any],
    left_out: tuple[str, ...],
    before: tuple[tuple[str, dict[str, Any]], ...],
) -> None:
    for earlier in before:
        assert not run(*earlier).get("failed")
    result = run(module, options)
    assert "Traceback" not in json.dumps(result)
    added = ALWAYS | (OF_DEST if "dest" in result else set())
    told = {key: value for key, value in result.items() if key not in added}
    failed = result.get("failed", False)
    assert untrue(documented(module), told, left_out if failed else (*left_out, "error")) == []


def test_a_lie_is_found() -> None:
    docs = {"a": {"type": "int", "sample": 1}, "rows": {"type": "list", "sample": [{"x": 1}]}}
    assert untrue(docs, {"a": 1, "rows": [{"x": 2}]}) == []
    told = {"rows": {"type": "list", "contains": {"x": {"type": "int", "sample": 1}}}}
    assert untrue(told, {"rows": [{"x": 1}, {"x": None}]}) == []
    assert untrue(told, {"rows": [{"x": 1}, {"y": 1}]}) != []
    for result in (
        {"a": 1},
        {"a": "1", "rows": []},
        {"a": 1, "rows": [{"y": 2}]},
        {"a": 1, "rows": [], "b": 2},
    ):
        assert untrue(docs, result) != []
