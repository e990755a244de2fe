# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""constraints.txt pins what the collection takes from others, with hashes, and sbom.cdx.json lists it."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.tests.harness.supply import (
    BILL,
    CONSTRAINTS,
    FILES,
    GALAXY,
    REQUIREMENTS,
    bill_of_materials,
    faults_of_supply,
    read_constraints,
)
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
HASH = f"    --hash=sha256:{'0' * 64}"
SMALL = {
    REQUIREMENTS: "# What we need.\nOpen_Stack[fast]>=4.0\ntzdata>=2024.1\n",
    CONSTRAINTS: "# Made by uv.\n"
    f"open-stack==4.2 \\\n{HASH} \\\n{HASH}\n    # via -r requirements.txt\n"
    f"requests==2.3 ; platform_python_implementation != 'PyPy' \\\n{HASH}\n    # via open-stack\n"
    f"tzdata==2026.6 \\\n{HASH}\n    # via\n    #   -r requirements.txt\n    #   requests\n",
    GALAXY: "namespace: finops\nname: cloud\nversion: 1.2.3\n",
}
SMALL[BILL] = bill_of_materials(SMALL[CONSTRAINTS], SMALL[GALAXY], "2026-11-29T04:20:00Z")


def test_the_files_of_the_checkout_are_what_make_supply_writes() -> None:
    assert faults_of_supply({name: (ROOT / name).read_text() for name in FILES}) == []


def test_the_bill_names_every_package_and_who_needs_it() -> None:
    bill = json.loads(SMALL[BILL])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == "1.2.3"
    assert [one["purl"] for one in bill["components"]] == [
        "pkg:pypi/open-stack@4.2",
        "pkg:pypi/requests@2.3",
        "pkg:pypi/tzdata@2026.6",
    ]
    assert {one["ref"]: one["dependsOn"] for one in bill["dependencies"]} == {
        "finops.cloud@1.2.3": ["pkg:pypi/open-stack@4.2", "pkg:pypi/tzdata@2026.6"],
        "pkg:pypi/open-stack@4.2": ["pkg:pypi/requests@2.3"],
        "pkg:pypi/requests@2.3": ["pkg:pypi/tzdata@2026.6"],
        "pkg:pypi/tzdata@2026.6": [],
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (REQUIREMENTS, ">=2024.1", "", "tzdata has no floor in requirements.txt"),
        (
            REQUIREMENTS,
            ">=4.0",
            ">=4.10",
            "constraints.txt pins open-stack 4.2, which is below its floor 4.10",
        ),
        (REQUIREMENTS, "tzdata", "psycopg>=3.1\ntzdata", "constraints.txt does not pin psycopg"),
        (REQUIREMENTS, "tzdata>=2024.1\n", "", "requirements.txt does not ask for tzdata"),
        (REQUIREMENTS, ">=2024.1", "==2024.1", "requirements.txt: 'tzdata==2024.1' is not NAME>=FLOOR"),
        (
            CONSTRAINTS,
            f"2.3 ; platform_python_implementation != 'PyPy' \\\n{HASH}",
            "2.3 \\",
            "requests has no hash",
        ),
        (
            CONSTRAINTS,
            "requests==2.3",
            "requests==2.4",
            "sbom.cdx.json does not say what constraints.txt and",
        ),
        (CONSTRAINTS, "requests==2.3", "requests>=2.3", "' was not written by make supply"),
        (GALAXY, "1.2.3", "1.2.4", "sbom.cdx.json does not say what constraints.txt and galaxy.yml say"),
        (GALAXY, "version", "ver", "galaxy.yml has no version"),
        (BILL, "pkg:pypi/requests", "pkg:pypi/request", "sbom.cdx.json does not say what"),
    ],
)
def test_what_is_not_as_make_supply_writes_it_is_told(name: str, old: str, new: str, says: str) -> None:
    assert old in SMALL[name]
    faults = faults_of_supply({**SMALL, name: SMALL[name].replace(old, new)})
    assert any(says in fault for fault in faults), faults
    assert faults_of_supply(SMALL) == []


def test_all_that_this_python_needs_is_pinned() -> None:
    """What the installed packages say of themselves, their markers read for this Python."""
    pinned = {one.name for one in read_constraints((ROOT / CONSTRAINTS).read_text())}
    lines = re.findall(r"^[A-Za-z].*$", (ROOT / REQUIREMENTS).read_text(), re.MULTILINE)
    left, needed = [Requirement(line) for line in lines], set[str]()
    while left:
        one = left.pop()
        name = canonicalize_name(one.name)
        for text in metadata.requires(name) or []:
            found = Requirement(text)
            extras = one.extras or {""}
            if found.marker is None or any(found.marker.evaluate({"extra": extra}) for extra in extras):
                left += [found] if canonicalize_name(found.name) not in needed else []
        needed.add(name)
    assert needed <= pinned
    assert len(needed) > len(lines)


def test_the_artifact_ships_both() -> None:
    ignored = re.findall(
        r"^  - (\S+)$", (ROOT / GALAXY).read_text().partition("build_ignore:")[2], re.MULTILINE
    )
    assert not {CONSTRAINTS, BILL} & set(ignored)
    assert "tests" in ignored
