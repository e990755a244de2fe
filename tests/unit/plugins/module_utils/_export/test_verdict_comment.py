# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reviewer reads of a verdict, and that it fits into a comment however large the change is
(design/reports.md#comments). docs/estimate.md shows one.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export.verdict_markdown import (
    LONGEST,
    format_markdown,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .._budgets.test_deployment_verdict import FITS, KNOWN, gate, told

Row = dict[str, Any]
NOTHING = {"count": 0, "hourly": "0", "monthly": "0", "this_period": "0", "next_period": "0"}


def line(name: str, before: float, after: float, action: str = "changed", **more: Any) -> Row:
    return {
        "name": name,
        "action": action,
        "price_source": "observed",
        "hourly": str((after - before) / 730),
        "monthly": str(after - before),
        "monthly_before": str(before),
        "monthly_after": str(after),
        "this_period": "0",
        "next_period": "0",
        "unknown": None,
        **more,
    }


def unknown(name: str, reason: str) -> Row:
    nothing = dict.fromkeys(("price_source", "hourly", "monthly", "monthly_before", "monthly_after"))
    return line(name, 0, 0, "added", **nothing, unknown=reason) | {"unknown": reason}


def verdict(*lines: Row, total: Row | None = None, **more: Any) -> Row:
    missing = [{"name": one["name"], "reason": one["unknown"]} for one in lines if one["unknown"]]
    estimate = {
        **KNOWN,
        "lines": list(lines),
        "unknown": missing,
        "complete": not missing,
        "monthly_total": total,
        "difference": {
            **dict.fromkeys(("added", "changed", "removed"), NOTHING),
            "net": {**NOTHING, "monthly": None if missing else "1"},
        },
        **more,
    }
    return told(estimate, FITS, gate("unknown" if missing else "allow"))


def shown(text: str) -> str:
    """The text as a reader sees it, roughly: references are characters, and narrow spaces are spaces."""
    return unescape(text).replace("\u00a0", " ").replace("\u202f", " ").replace("\u200b", "")


def headline(one: Row) -> str:
    (found,) = re.findall(r"^\*\*(.*)\*\*$", shown(format_markdown(one)), re.MULTILINE)
    return str(found)


WEB, DB = line("web", 0, 36.5, "added"), line("db", 10, 14.7)
WHOLE = {"before": "118.6", "after": "159.8", "unknown": []}


@pytest.mark.parametrize(
    ("lines", "total", "sentence"),
    [
        # 36.50 + 4.70, of 118.60 is 34.7 %.
        ([WEB, DB], WHOLE, "This change adds CHF 41.20 a month: 118.60 to 159.80, +35 %."),
        ([line("web", 41.2, 0, "removed")], {**WHOLE, "before": "159.8", "after": "118.6"},
         "This change saves CHF 41.20 a month: 159.80 to 118.60, −26 %."),
        ([WEB], {"before": "0", "after": "36.5", "unknown": []}, "This change adds CHF 36.50 a month."),
        ([line("web", 0, 6, "added")], {"before": "1000", "after": "1006", "unknown": []},
         "This change adds CHF 6.00 a month: 1 000.00 to 1 006.00, +0.6 %."),
        ([line("web", 5, 5)], {"before": "5", "after": "5", "unknown": []},
         "This change adds nothing a month."),
        ([WEB], {"before": None, "after": None, "unknown": ["old[0]", "old[1]", "lb"]},
         "This change adds CHF 36.50 a month; the total is not known, as no price is known of old[0] and 2"
         " more."),
        ([WEB, line("license", 0, 0, "added", hourly="0", monthly="0", this_period="12.5")],
         {"before": "0", "after": "36.5", "unknown": []},
         "This change adds CHF 36.50 a month. CHF 12.50 is paid once."),
        ([WEB, unknown("lb", "no price is known of it")], WHOLE,
         "Not known is the cost of 1 resource. What is known of this change adds CHF 36.50 a month."),
    ],
)  # fmt: skip
def test_the_headline_says_what_is_known_and_what_is_not(lines: list[Row], total: Row, sentence: str) -> None:
    assert headline(verdict(*lines, total=total)) == sentence


def test_nothing_is_said_of_a_cost_that_was_not_estimated() -> None:
    assert headline(told({"msg": "no cloud", "failed": True}, FITS, gate("unknown"))) == (
        "The cost of this change is not known."
    )
    assert headline(verdict(WEB, complete=False)).startswith("Not known is all that it depends on.")


def test_each_resource_has_one_row_with_before_after_and_difference() -> None:
    """The unknown one first, then by how much they differ; the lines of one resource are one row."""
    text = format_markdown(
        verdict(
            DB,
            WEB,
            line("old", 99, 0, "removed"),
            line("web", 0, 2, "added", price_source="price_list"),
            unknown("lb", "no price is known of load_balancer"),
        )
    )
    rows = [re.split(r"\s*\|\s*", shown(row))[1:-1] for row in text.splitlines() if "<code>" in row]
    assert [row for row in rows if len(row) == 6] == [
        ["+", "<code>lb</code>", "?", "?", "?", "?"],
        ["-", "<code>old</code>", "99.00", "0.00", "−99.00", "observed"],
        ["+", "<code>web</code>", "0.00", "38.50", "+38.50", "observed, price_list"],
        ["~", "<code>db</code>", "10.00", "14.70", "+4.70", "observed"],
    ]
    assert "<summary>4 resources: 2 added, 1 changed, 1 removed</summary>" in text
    assert (
        "- 1 resource: no price is known of load_balancer. Add its price to `price_list`. <code>lb"
        in shown(text)
    )
    # The details are folded, and what has to be done is not.
    assert text.index("What is not known") < text.index("<details>")
    assert text.count("<details>") == text.count("</details>") == 3


def test_a_marker_in_the_first_line_lets_a_pipeline_update_one_comment() -> None:
    texts = [format_markdown(verdict(WEB)), format_markdown(verdict(unknown("x", "y")))]
    assert {text.splitlines()[0] for text in texts} == {"<!-- finops.cloud.budget_gate: shop -->"}


def test_what_has_a_price_of_its_own_is_not_said_to_be_free() -> None:
    kaas = "a managed cluster has a price of its own by its pack; name it in assume_free, and add its price"
    text = shown(format_markdown(verdict(unknown("a", kaas), unknown("b", "it is of the provider x"))))
    assert f"{kaas}. Its price is that of your contract. <code>a</code>" in text
    assert "x. Name it in `assume_free` if it costs nothing. If it costs, do so too" in text
    assert "Name it in the configuration" not in text


@given(st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_each_gate_has_a_marker_of_its_own_that_its_name_cannot_end(names: list[str]) -> None:
    markers = [
        format_markdown({**verdict(WEB), "name": name}).splitlines()[0]
        for name in (*names, names[0] + "-->\n<b>", names[0] * 300)
    ]
    assert markers[0] != markers[1]
    for marker in markers:
        assert re.fullmatch(r"<!-- finops\.cloud\.budget_gate: (?:(?!--)[\w.~%-])* -->", marker, re.ASCII)
        assert len(marker) < 300


def test_of_many_resources_those_are_left_out_that_differ_least() -> None:
    lines = [
        line(f"module.app.openstack_compute_instance_v2.web[{one}]", 0, one, "added") for one in range(3000)
    ]
    gaps = [
        unknown(f"module.app.openstack_lb_loadbalancer_v2.lb[{one}]", "no price is known")
        for one in range(99)
    ]
    text = format_markdown(verdict(*lines, *gaps))
    assert LONGEST * 0.98 < len(text) <= LONGEST
    rows = re.findall(r"^\| \+ \| <code>(.*?)</code>", shown(text), re.MULTILINE)
    (hidden,) = re.findall(r"and (\d+) more that differ less", text)
    assert len(rows) + int(hidden) == 3099
    assert rows[:99] == [one["name"] for one in gaps]
    assert rows[99:] == [one["name"] for one in reversed(lines)][: len(rows) - 99]
    for one in gaps:
        assert one["name"] in shown(text)[: shown(text).index("<details>")]


@pytest.mark.parametrize("reasons", [1, 7, 3000])
@pytest.mark.parametrize("keyed", [True, False])
def test_none_of_the_unknown_is_cut_but_counted(reasons: int, keyed: bool) -> None:
    """Three thousand: by name, else as instances of a resource, else as a count by reason."""
    names = [
        f"openstack_compute_instance_v2.web[{one}]" if keyed else f"a_provider_type.{one}_"
        for one in range(3000)
    ]
    lines = [unknown(name, f"it is of the provider p{one % reasons}") for one, name in enumerate(names)]
    text = format_markdown(verdict(*lines))
    assert len(text) <= LONGEST
    found = [int(one) for one in re.findall(r"^- (\d+) resources?: ", text, re.MULTILINE)]
    assert sum(found) == 3000
    assert headline(verdict(*lines)).startswith("Not known is the cost of 3000 resources.")
    if keyed and reasons < 3000:
        times = [int(one) for one in re.findall(r"web\[\*\] \((\d+) times\)", shown(text))]
        assert sum(times) == 3000
    if not keyed and reasons < 3000:
        named = len(re.findall("<code>a_provider_type", text.split("<details>")[0]))
        more = sum(int(one) for one in re.findall(r"and (\d+) more names", text))
        assert named > 1000
        assert named + more == 3000


OURS = re.compile(r"</?(?:details|summary|code)>|<!-- finops\.cloud\.budget_gate: shop -->")


@settings(max_examples=25)
@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from([1, 3, 100]))
def test_whatever_names_and_reasons_say_they_fit_and_mean_nothing(name: str, reason: str, many: int) -> None:
    lines = [unknown(f"{name}{one}", reason or "why") for one in range(many)]
    text = format_markdown(verdict(*lines, line(name, 1, 2)))
    assert len(text) <= LONGEST
    rest = OURS.sub("", text)
    assert not set(rest) & set("<>@![]{}~")


def test_hostile_names_of_any_length_fit() -> None:
    evil = "@team [x](http://a) <img src=x> ![y](z) " * 500
    lines = [unknown(f"{evil}{one}", f"{evil}{one}") for one in range(300)]
    one = verdict(*lines, lost_costs=[{"budget": evil, "tags": [evil], "resources": [evil]}] * 300)
    one["findings"] *= 200
    one["budgets"] = [{**one["budgets"][0], "name": evil}] * 300
    assert len(format_markdown(one)) <= LONGEST
