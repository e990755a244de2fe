# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A verdict as JUnit XML, which GitLab, GitHub's actions and Jenkins show beside the tests.

Source: the format that these read, testsuites > testsuite > testcase with failure, error or skipped; see
GitLab's documentation, unit test reports.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree

#: XML 1.0 does not allow these characters, not even as numeric references.
_NO_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILURE, _ERROR, _SKIPPED = "failure", "error", "skipped"
_TAGS = {"deny": _FAILURE, "unknown": _ERROR}
_TOTALS = {"failures": _FAILURE, "errors": _ERROR, "skipped": _SKIPPED}
_GATE = "finops.cloud.budget_gate"

Row = Mapping[str, Any]


class _Case(NamedTuple):
    """A test: its name, the element that says what is wrong with it, None for nothing, and why."""

    name: str
    tag: str | None
    verdict: str
    reason: str


def format_junit(verdict: Row) -> str:
    """One suite with a test for each finding, each budget being one, and one with a test for each line of the
    estimate and each gap of it: deny is a failure, unknown an error. What lets the run go on all the same is
    skipped.
    """
    findings = [_finding(one) for one in verdict["findings"]]
    suites = {
        verdict["name"]: ("findings", findings),
        f"{verdict['name']}: lines": ("lines", _lines(verdict)),
    }
    every = [case for _class, cases in suites.values() for case in cases]
    root = ElementTree.Element("testsuites", {"name": _GATE, **_totals(every)})
    when = {"timestamp": verdict["evaluated_at"]} if verdict["evaluated_at"] else {}
    for name, (of, cases) in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(name), **_totals(cases), **when})
        for case in cases:
            _add(suite, f"{_GATE}.{of}", case)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _finding(one: Row) -> _Case:
    said, passes = str(one["verdict"]), bool(one["passes"])
    tag = None if said == "allow" else _SKIPPED if passes else _TAGS[said]
    return _Case(str(one["subject"]), tag, said, str(one["reason"]))


def _lines(verdict: Row) -> list[_Case]:
    """The lines, and what is unknown that is no line, such as a plan that is not complete."""
    estimate = verdict["estimate"]
    lines: Sequence[Row] = estimate.get("lines") or ()
    passes = any(
        one["passes"] and one["verdict"] == "unknown"
        for one in verdict["findings"]
        if one["subject"] == "estimate"
    )
    tag = _SKIPPED if passes else _ERROR
    shown = {(line["name"], line.get("unknown")) for line in lines}
    gaps = [one for one in estimate.get("unknown") or () if (one["name"], one["reason"]) not in shown]
    return [
        *(_line(line, str(estimate.get("currency")), tag) for line in lines),
        *(_Case(str(one["name"]), tag, "unknown", str(one["reason"])) for one in gaps),
    ]


def _line(line: Row, currency: str, tag: str) -> _Case:
    parts = (line.get(part) for part in ("kind", "size"))
    name = " ".join(map(str, filter(None, (line["name"], *parts))))
    if line.get("unknown") is not None:
        return _Case(name, tag, "unknown", str(line["unknown"]))
    cost = f"{line.get('action')}: {currency} {line.get('monthly')} in 730 hours"
    return _Case(name, None, "allow", f"{cost}, {line.get('this_period')} until the period ends.")


def _totals(cases: Iterable[_Case]) -> dict[str, str]:
    tags = Counter(case.tag for case in cases)
    return {
        "tests": str(sum(tags.values())),
        **{name: str(tags[tag]) for name, tag in _TOTALS.items()},
    }


def _add(suite: ElementTree.Element, class_name: str, case: _Case) -> None:
    named = {"classname": class_name, "name": _clean(case.name), "time": "0"}
    element = ElementTree.SubElement(suite, "testcase", named)
    reason = _clean(case.reason)
    if case.tag is None:
        ElementTree.SubElement(element, "system-out").text = reason
    elif case.tag == _SKIPPED:
        ElementTree.SubElement(element, _SKIPPED, {"message": f"{case.verdict}, let pass: {reason}"})
    else:
        failure = ElementTree.SubElement(element, case.tag, {"message": reason, "type": case.verdict})
        failure.text = reason


def _clean(text: object) -> str:
    return _NO_CHARACTERS.sub("?", str(text))
