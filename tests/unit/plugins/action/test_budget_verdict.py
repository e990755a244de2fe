# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a verdict's files say, whatever the names of resources are (design/reports.md#rendering)."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.connection.local import Connection
from ansible.template import Templar
from ansible_collections.finops.cloud.plugins.action.budget_verdict import ActionModule
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._export.verdict_markdown import (
    escape_cell,
    format_markdown,
)
from ansible_collections.finops.cloud.plugins.module_utils._export.verdict_xml import format_junit
from hypothesis import given
from hypothesis import strategies as st

from ..module_utils._budgets.test_deployment_verdict import (
    BROKEN,
    FITS,
    FREE,
    KNOWN,
    NO_POLICY,
    SHORT,
    SKIPPED,
    UNKNOWN,
    gate,
    told,
)
from ..modules.test_return import documented, untrue

LINE = {
    "name": 'module.app["blue|<b>"].x',
    "kind": "instance",
    "size": "small",
    "quantity": "1",
    "monthly": "100",
    "unknown": None,
    "price_source": "observed",
}
ROW = {"count": 1, "hourly": "0.1", "monthly": "100", "this_period": "30", "next_period": "101"}
WHOLE = {
    **KNOWN,
    "lines": [LINE, {**LINE, "monthly": None, "unknown": "no price"}],
    "difference": dict.fromkeys(("added", "changed", "removed", "net"), ROW),
    "total": {},
    "known": {},
}


def act(check_mode: bool = False, **args: Any) -> dict[str, Any]:
    """Run the action as a task does."""
    task = Task()
    task.args = args
    task.check_mode = check_mode
    loader = DataLoader()
    context = PlayContext()
    connection = Connection(context)
    action = ActionModule(task, connection, context, loader, Templar(loader=loader), None)
    result: dict[str, Any] = action.run(None, {})
    return result


GIVEN: dict[str, Any] = {
    "name": "shop",
    "estimate": WHOLE,
    "quota": FITS,
    "gate": gate("allow"),
    "policy": NO_POLICY,
}


def test_its_documentation_is_true() -> None:
    result = {key: value for key, value in act(**GIVEN).items() if key not in ("changed", "invocation")}
    docs = documented("budget_verdict")
    # Its dictionaries are other modules' results, which document them.
    shallow = {
        key: {"type": one["type"], "description": "", "contains": {}} if one["type"] == "dict" else one
        for key, one in docs.items()
    }
    told_of = {key: {} if isinstance(value, dict) else value for key, value in result.items()}
    assert untrue(shallow, {**told_of, "budgets": []}, ("error",)) == []


def test_the_budgets_may_be_asked_later() -> None:
    said = act(**{key: value for key, value in GIVEN.items() if key != "gate"}, on_unknown="warn")
    assert (said["gate_passed"], said["reasons"][0]) == (False, "The budgets were not asked yet.")


def test_files_are_written_once_and_not_at_all_in_check_mode(tmp_path: Path) -> None:
    files = {name: str(tmp_path / f"verdict.{name}") for name in ("json", "markdown", "junit")}
    assert act(check_mode=True, **GIVEN, **files)["changed"]
    assert list(tmp_path.iterdir()) == []
    first = act(**GIVEN, **files)
    assert first["changed"]
    assert first["files"] == list(files.values())
    assert not act(**GIVEN, **files)["changed"]
    assert act(**{**GIVEN, "quota": SHORT}, **files)["changed"]
    assert len(list(tmp_path.iterdir())) == 3
    written = json.loads((tmp_path / "verdict.json").read_text())
    assert (written["verdict"], written["gate_passed"]) == ("deny", False)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("kind", ["json", "markdown", "junit"])
def test_files_have_the_mode_that_is_asked_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "verdict"
    asked = {**GIVEN, kind: str(path)}
    assert act(**asked, mode="0644")["changed"]
    assert path.stat().st_mode & 0o777 == 0o644
    assert not act(**asked, mode="0644")["changed"]
    assert not act(**asked)["changed"]
    assert path.stat().st_mode & 0o777 == 0o644
    with pytest.raises(AnsibleActionFail, match="^mode: 'rw' is not a mode"):
        act(**asked, mode="rw")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_one_sentence() -> None:
    with pytest.raises(
        AnsibleActionFail, match=r"^json: '/not/there/verdict.json' cannot be written: No such file"
    ):
        act(**GIVEN, json="/not/there/verdict.json")


NUMBERS = ("tests", "failures", "errors", "skipped")


def counted(element: ElementTree.Element) -> tuple[int, ...]:
    """What a suite says of its tests, which has to be what is in it."""
    said = tuple(int(element.attrib[name]) for name in NUMBERS)
    found = [sum(1 for _one in element.iter(tag)) for tag in ("testcase", "failure", "error", "skipped")]
    assert said == tuple(found)
    return said


@pytest.mark.parametrize(
    ("estimate", "quota", "answer", "exceeded", "unknown", "findings", "lines"),
    [
        (WHOLE, FITS, gate("allow"), "fail", "fail", (3, 0, 0, 0), (2, 0, 1, 0)),
        # Of UNKNOWN, nothing is a line that its two gaps tell of.
        (UNKNOWN, SHORT, gate("deny"), "fail", "fail", (3, 2, 1, 0), (3, 0, 2, 0)),
        (UNKNOWN, SHORT, gate("deny"), "warn", "fail", (3, 0, 1, 2), (3, 0, 2, 0)),
        (UNKNOWN, FITS, gate("allow"), "fail", "warn", (3, 0, 0, 1), (3, 0, 0, 2)),
        # Without an estimate it is not known either whose quotas were read.
        (BROKEN, FITS, gate("allow"), "fail", "fail", (3, 0, 2, 0), (0, 0, 0, 0)),
    ],
)
def test_junit_has_a_test_for_each_finding_and_each_line(
    estimate: Any,
    quota: Any,
    answer: Any,
    exceeded: str,
    unknown: str,
    findings: tuple[int, ...],
    lines: tuple[int, ...],
) -> None:
    said = told(estimate, quota, answer, exceeded, unknown)
    root = ElementTree.fromstring(format_junit(said).encode())
    assert [(suite.get("name"), counted(suite)) for suite in root] == [
        ("shop", findings),
        ("shop: lines", lines),
    ]
    assert counted(root) == tuple(map(sum, zip(findings, lines, strict=True)))


def test_junit_names_each_line_and_each_budget() -> None:
    budgets = [{"name": name, "verdict": "allow", "reason": f"{name}: fits"} for name in ("web", "all")]
    root = ElementTree.fromstring(format_junit(told(WHOLE, FITS, {**gate("allow"), "budgets": budgets})))
    assert [one.get("name") for one in root.iter("testcase")] == [
        "estimate",
        "quota",
        "budget web",
        "budget all",
        'module.app["blue|<b>"].x instance small',
        'module.app["blue|<b>"].x instance small',
    ]
    (wrong,) = root.iter("error")
    assert wrong.attrib == {"message": "no price", "type": "unknown"}
    assert "CHF 100 in 730 hours" in "".join(root.itertext())


@given(st.text())
def test_junit_is_xml_whatever_a_cloud_says(text: str) -> None:
    verdict = told({**UNKNOWN, "unknown": [{"name": text, "reason": text}]}, FITS, gate("allow"))
    ElementTree.fromstring(format_junit({**verdict, "name": text}).encode("utf-8", "surrogatepass"))


@given(st.text())
def test_a_cell_says_what_it_is_given_and_means_nothing_else(text: str) -> None:
    written = str(escape_cell(text))
    assert not set(written) & set("\\`*{}[]()<>|~!@$^\"'\n\r")
    # Within a word an underscore means nothing.
    assert written.count("_") == len(re.findall("(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])", written))
    if text.isprintable():
        assert unescape(written).replace("\u200b", "") == " ".join(text.split())


def test_markdown_shows_findings_and_lines_and_no_tag_of_a_name() -> None:
    text = format_markdown(told(WHOLE, SHORT, gate("deny")))
    assert text.splitlines()[1] == "## ⛔ Denied, and the gate stays shut: shop"
    assert "- **deny** (quota): The deployment does not fit into the quotas" in text
    assert "| added | 1 | 0.1 | 100 | 30 | 101 |" in text
    assert "<b>" not in text
    (row,) = (line for line in text.splitlines() if line.startswith("| &#126; | <code>"))
    assert row.count("|") == 7
    assert "resource: no price. " in text
    # Each of the states that a verdict can have can be shown.
    for estimate in (
        WHOLE,
        {**WHOLE, **UNKNOWN, "lines": WHOLE["lines"], "difference": WHOLE["difference"]},
        SKIPPED,
    ):
        passed = format_markdown(told(estimate, FITS, gate("unknown"), unknown="warn"))
        assert passed.splitlines()[1] == "## ❓ Not known: shop"
    free = format_markdown(told({**WHOLE, **FREE, "difference": WHOLE["difference"]}, SKIPPED, SKIPPED))
    assert free.splitlines()[1].startswith("## ✅ Allowed")


def test_a_template_of_the_user_stands_in_place_of_ours(tmp_path: Path) -> None:
    assert format_markdown(told(WHOLE, FITS, gate("allow")), str(tmp_path)).startswith("<!-- ")
    (tmp_path / "verdict.md.j2").write_text(
        "{{ verdict.verdict }}: {{ verdict.name }} {{ verdict.estimate.lines[0].name }}"
    )
    assert (
        format_markdown(told(WHOLE, FITS, gate("allow")), str(tmp_path))
        == "allow: shop module.app[&#34;blue|&lt;b&gt;&#34;].x"
    )
    (tmp_path / "verdict.md.j2").write_text("{{ verdict.nothing }}")
    with pytest.raises(InvalidOption, match=r"^template_path: verdict.md.j2 cannot be rendered: .*nothing"):
        format_markdown(told(WHOLE, FITS, gate("allow")), str(tmp_path))
    (tmp_path / "out").mkdir()
    asked = {**GIVEN, "template_path": str(tmp_path), "markdown": str(tmp_path / "out" / "verdict.md")}
    with pytest.raises(
        AnsibleActionFail, match=r"^template_path: verdict.md.j2 cannot be rendered: .*nothing"
    ):
        act(**asked)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_template_of_the_user_may_include_ours(tmp_path: Path) -> None:
    (tmp_path / "verdict.md.j2").write_text("{% include 'finops/verdict.md.j2' %}Ask team payments.")
    verdict = told(WHOLE, FITS, gate("allow"))
    assert format_markdown(verdict, str(tmp_path)) == f"{format_markdown(verdict)}Ask team payments."
