# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A verdict as JUnit XML, which GitLab, GitHub's actions and Jenkins show beside the tests.

Source: the format that these read, testsuites > testsuite > testcase with failure, error or skipped; see
GitLab's documentation, unit test reports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

#: XML 1.0 does not allow these characters, not even as numeric references.
_NO_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {"deny": "failure", "unknown": "error"}


def format_junit(verdict: Mapping[str, Any]) -> str:
    """One test for each finding: deny is a failure, unknown an error. A finding that lets the run go on all
    the same is skipped.
    """
    findings = verdict["findings"]
    counts = {
        "failures": sum(one["verdict"] == "deny" and not one["passes"] for one in findings),
        "errors": sum(one["verdict"] == "unknown" and not one["passes"] for one in findings),
        "skipped": sum(one["verdict"] != "allow" and one["passes"] for one in findings),
    }
    totals = {"tests": str(len(findings)), **{name: str(number) for name, number in counts.items()}}
    root = ElementTree.Element("testsuites", {"name": "finops.cloud.budget_gate", **totals})
    when = {"timestamp": verdict["evaluated_at"]} if verdict["evaluated_at"] else {}
    suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(verdict["name"]), **totals, **when})
    for one in findings:
        case = {"classname": "finops.cloud.budget_gate", "name": _clean(one["subject"]), "time": "0"}
        element = ElementTree.SubElement(suite, "testcase", case)
        reason = _clean(one["reason"])
        if one["verdict"] == "allow":
            ElementTree.SubElement(element, "system-out").text = reason
        elif one["passes"]:
            ElementTree.SubElement(element, "skipped", {"message": f"{one['verdict']}, let pass: {reason}"})
        else:
            failure = ElementTree.SubElement(
                element, _TAGS[one["verdict"]], {"message": reason, "type": one["verdict"]}
            )
            failure.text = reason
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _clean(text: object) -> str:
    return _NO_CHARACTERS.sub("?", str(text))
