# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message for mail and chat: what changed, what will break, what to do, and never more than 40 lines."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export.digest import LONGEST, format_digest
from ansible_collections.finops.cloud.plugins.module_utils._export.notation import written_in
from ansible_collections.finops.cloud.plugins.module_utils._export.report import Results, report

from .advices import anomalies, anomaly, recommendation, savings
from .ledgers import HOSTILE
from .reports import CLOUD, NOW, alert, before, budget, everything, shares, summary

NAMES = [
    *(name for name in HOSTILE if name),
    "@all see #1 !2 [x](http://e.com) www.e.com *b* | `c`",
    "![](http://e)",
]


def digest(name: str = "web-1", **results: Any) -> str:
    given = Results(**{**everything(name, "Europe/Zurich"), **results})
    return format_digest(report(given, f"Costs {name}", ZoneInfo("Europe/Zurich"), NOW))


def spaced(text: str) -> str:
    """Spaces of any width as one."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u200b", "")


def parts(text: str) -> dict[str, list[str]]:
    """The items of each part, as a reader sees them."""
    found: dict[str, list[str]] = {}
    for line in spaced(unescape(text)).replace("\\", "").replace("\u2212", "-").splitlines():
        if line.startswith("## "):
            found[line[3:]] = []
        elif line.startswith("- "):
            found[list(found)[-1]].append(line[2:])
    return found


def test_it_says_what_changed_what_will_break_and_what_to_do() -> None:
    over = budget("over", verdict="deny", over_by="5", over_since="2026-11-18T23:00:00Z")
    soon = budget("soon", runs_out_at="2026-11-25T11:00:00Z")
    likely = budget("likely", forecast={"low": "99", "expected": "110", "high": "120", "enough_data": True})
    dark = budget("dark", verdict="unknown", reason="dark: the cost of p1 is not known.")
    told = {
        "budgets": [budget("fine"), likely, soon, over, dark],
        "alerts": [alert("over", "0.9"), alert("over", "1")],
    }
    found = parts(digest(budgets={**everything()["budgets"], **told}))
    assert found == {
        "What changed": [
            "instance: +CHF 7.00 (CHF 3.00 to CHF 10.00)",
            "gone: -CHF 7.00 (CHF 7.00 to CHF 0.00)",
            "volume.size: +CHF 2.50 (CHF 0.00 to CHF 2.50)",
            "CHF 2.50 more than expected, 19 Nov 2026, total: web-1 (new)",
            "Schedules saved ICU 7.55.",
            "Alert of 20 Nov 2026, 01:00: over: 1",
        ],
        "What will break": [
            "Budget over is over by CHF 5.00 since 19 Nov 2026, 00:00.",
            "Budget dark is not known; its gates are shut.",
            "Budget likely is expected to come to CHF 110.00 of CHF 100.00.",
            "Budget soon runs out on 25 Nov 2026, 12:00 if it goes on like this.",
            "Quota compute web-1 is used to 90.0 %.",
        ],
        "What to do": [
            "Budget over: stop what is not needed, or raise the limit.",
            "Budget dark: the cost of p1 is not known.",
            "Budget soon: decide before 25 Nov 2026, 12:00.",
            "Save CHF 11.75 a month by 2 changes, 1 of them at a price that is not known; the first is web-1,"
            " resize to a4-ram8.",
            "Use or remove 2 idle resources, CHF 73.00 a month, of 1 the price is not known;"
            " the first is web-1, unattached.",
            "Tag what has no web-1: CHF 5.00, 40.0 % of all.",
            "Quota compute web-1: ask for more, or remove what is not needed.",
        ],
    }


def test_what_is_advised_is_not_idle_besides() -> None:
    """Of the two that are idle, advice is about r9."""
    advice = savings(
        recommendation("disk", "36.5", resource_id="r9", kind="delete_unattached", recommended=None)
    )
    to_do = parts(digest(savings=[advice]))["What to do"]
    assert "Save CHF 36.50 a month by 1 change; the first is disk, delete unattached." in to_do
    assert any(one.startswith("Use or remove 1 idle resource") for one in to_do)


def test_savings_that_nobody_knows_are_not_zero() -> None:
    to_do = parts(digest(savings=[savings(recommendation("web-1", None))]))["What to do"]
    assert "Look at 1 change whose savings are not known; the first is web-1, resize to a4-ram8." in to_do
    assert not any("Save" in one for one in to_do)


def test_what_somebody_has_silenced_is_no_change() -> None:
    silenced = anomaly(
        "2026-11-19", zone="Europe/Zurich", silenced={"reason": "a load test", "until": "2026-12-01"}
    )
    changed = parts(digest(anomalies=anomalies(silenced)))["What changed"]
    assert not any("more than expected" in one for one in changed)


def test_the_name_of_a_quota_is_written_as_the_cloud_writes_it() -> None:
    found = parts(digest("gigabytes_CEPH_1_perf2"))
    assert "Quota compute gigabytes_CEPH_1_perf2 is used to 90.0 %." in found["What will break"]


def test_what_is_not_known_is_said_and_is_no_nothing() -> None:
    nothing = dict.fromkeys(("before", "recent", "usage", "quota", "savings", "anomalies"))
    found = parts(digest(summary=summary(), **nothing, budgets={"failed": True, "msg": "no ledger"}))
    assert found["What changed"] == ["What it cost before is not known."]
    assert found["What will break"] == ["How the budgets stand is not known."]
    text = digest(summary=summary(), **nothing, budgets={"failed": True, "msg": "no ledger"})
    assert "Not all is known, for" in text
    calm: dict[str, Any] = {"budgets": {"budgets": [budget("fine")], "alerts": [], "reservations": []}}
    one = {**summary(), "cost": {**summary()["cost"], "by_tag": {}}}
    calm |= dict.fromkeys(("usage", "quota", "savings", "anomalies"))
    found = parts(digest(summary=one, before=before(), **calm))
    assert (found["What will break"], found["What to do"]) == (["Nothing."], ["Nothing."])


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_are_text_on_one_line(name: str) -> None:
    text = digest(name)
    # No name adds a line, and nothing in it calls or links: GitHub's own renderer is asked elsewhere.
    assert len(text.splitlines()) == len(digest().splitlines())
    assert all(line.isprintable() for line in spaced(text).splitlines())
    assert not re.search(r"(?<!\\)[*`\[\]|]", re.sub(r"\*\*", "", text))
    assert not re.search(r"[@#!](?=\w)|://|www\.", text.replace("\\", ""))


@pytest.mark.parametrize("locale", ["international", "german"])
def test_it_never_has_more_than_its_lines(locale: str) -> None:
    many = [f"b{number}" for number in range(100)]
    of_budgets = {
        "budgets": [
            budget(name, verdict="deny", over_by="1234", over_since="2026-11-18T23:00:00Z") for name in many
        ],
        "alerts": [alert(name, "0.9") for name in many],
        "reservations": [],
    }
    quota = {"limit": 10, "used": 10, "utilization": 1.0}
    cost = summary()["cost"]
    tags = {name: shares((None, "3"), by="value") for name in many}
    metrics = shares(*((name, "3") for name in many), by="metric")
    one = {
        **summary(),
        "cost": {**cost, "by_tag": tags, "by_metric": metrics},
        "unknown": [f"{n} is" for n in many],
    }
    with written_in(locale):
        text = digest(
            summary=one,
            budgets=of_budgets,
            quota=[{**CLOUD, "quotas": {"compute": dict.fromkeys(many, quota)}}],
        )
    assert len(text.splitlines()) <= LONGEST == 40
    assert text.count(" more, which the report has.") == 4
    assert ("1.234,00" in text) == (locale == "german")
