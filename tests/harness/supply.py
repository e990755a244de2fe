# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection takes from others: constraints.txt, which pins it with hashes, and sbom.cdx.json, which
lists it. They are what requirements.txt and galaxy.yml say, or this says what is not.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

REQUIREMENTS, CONSTRAINTS, BILL, GALAXY = "requirements.txt", "constraints.txt", "sbom.cdx.json", "galaxy.yml"
FILES = (REQUIREMENTS, CONSTRAINTS, BILL, GALAXY)
_PIN = re.compile(r"([a-z0-9-]+)==(\S+)(?: ; .*)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
#: Who requires a package: other packages, or a file.
_BY = re.compile(r"    #(?: via)?(?:\s+(-r )?(\S+))?")
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[\w,]+\])?(?:>=([0-9.]+))?")
_SEPARATORS = re.compile(r"[-_.]+")
_RELEASE = re.compile(r"\d+(?:\.\d+)*")
#: A serial number is made of what the bill says, below this number, which is any but stays.
_NAMESPACE = uuid.UUID("5f0f6b0e-8a3c-5d3e-9d0b-6d2a9f6c1e11")


@dataclass(frozen=True)
class PinnedPackage:
    """A package of constraints.txt. required_by: other packages. directly: requirements.txt asks for it."""

    name: str
    version: str
    required_by: tuple[str, ...] = ()
    directly: bool = False
    hashes: int = 0

    @property
    def purl(self) -> str:
        """Its name in a bill of materials (package-url, type pypi)."""
        return f"pkg:pypi/{self.name}@{self.version}"


def read_requirements(text: str) -> dict[str, str | None]:
    """Name, as an index normalizes it -> floor; None without one. Raises ValueError for another line."""
    found = {}
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        matched = _REQUIREMENT.fullmatch(line)
        if matched is None:
            raise ValueError(f"{REQUIREMENTS}: '{line}' is not NAME>=FLOOR")
        found[_SEPARATORS.sub("-", matched[1]).lower()] = matched[2]
    return found


def read_constraints(text: str) -> list[PinnedPackage]:
    """The packages that uv has pinned. Raises ValueError for a line that it does not write."""
    found: list[PinnedPackage] = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if pin := _PIN.fullmatch(line):
            found.append(PinnedPackage(pin[1], pin[2]))
        elif found and _HASH.fullmatch(line):
            found[-1] = replace(found[-1], hashes=found[-1].hashes + 1)
        elif found and (by := _BY.fullmatch(line)):
            others = (by[2],) if by[2] and not by[1] else ()
            one = found[-1]
            found[-1] = replace(
                one, required_by=(*one.required_by, *others), directly=one.directly or bool(by[1])
            )
        else:
            raise ValueError(f"{CONSTRAINTS}: '{line}' was not written by make supply")
    return found


def bill_of_materials(constraints: str, galaxy: str, made: str) -> str:
    """The bill of materials: JSON of CycloneDX 1.6. made: the moment, such as 2026-11-29T04:20:00Z.

    The packages are optional: none comes with the collection, each module asks for what it needs, and a
    ledger on SQLite needs none. Raises ValueError for texts of another form.
    """
    packages = read_constraints(constraints)
    group, name, version = (_setting(galaxy, key) for key in ("namespace", "name", "version"))
    ours = f"{group}.{name}@{version}"
    depends = {ours: sorted(one.purl for one in packages if one.directly)}
    for one in packages:
        depends[one.purl] = sorted(other.purl for other in packages if one.name in other.required_by)
    content: dict[str, Any] = {
        "metadata": {
            "timestamp": made,
            "component": {
                "type": "library",
                "bom-ref": ours,
                "group": group,
                "name": name,
                "version": version,
                "licenses": [{"expression": "GPL-3.0-or-later AND BSD-2-Clause"}],
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": one.purl,
                "name": one.name,
                "version": one.version,
                "scope": "optional",
                "purl": one.purl,
            }
            for one in packages
        ],
        "dependencies": [{"ref": ref, "dependsOn": others} for ref, others in depends.items()],
    }
    head = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(content))}",
        "version": 1,
    }
    return json.dumps({**head, **content}, indent=2) + "\n"


def faults_of_supply(files: Mapping[str, str]) -> list[str]:
    """What is wrong with the texts of FILES, a sentence each."""
    try:
        wanted = read_requirements(files[REQUIREMENTS])
        packages = read_constraints(files[CONSTRAINTS])
        made = json.loads(files[BILL])["metadata"]["timestamp"]
        expected = bill_of_materials(files[CONSTRAINTS], files[GALAXY], made)
    except (ValueError, KeyError, TypeError) as error:
        return [str(error)]
    pinned = {one.name: one for one in packages}
    directly = {one.name for one in packages if one.directly}
    faults = [f"{one.name} has no hash in {CONSTRAINTS}" for one in packages if not one.hashes]
    faults += [f"{name} has no floor in {REQUIREMENTS}" for name, floor in wanted.items() if floor is None]
    faults += [f"{CONSTRAINTS} does not pin {name}" for name in sorted(set(wanted) - directly)]
    faults += [f"{REQUIREMENTS} does not ask for {name}" for name in sorted(directly - set(wanted))]
    faults += [
        f"{CONSTRAINTS} pins {name} {pinned[name].version}, which is below its floor {floor}"
        for name, floor in wanted.items()
        if name in pinned and floor is not None and _release(pinned[name].version) < _release(floor)
    ]
    if files[BILL] != expected:
        faults.append(f"{BILL} does not say what {CONSTRAINTS} and {GALAXY} say")
    return faults


def _setting(galaxy: str, key: str) -> str:
    found = re.search(rf"^{key}: (\S+)$", galaxy, re.MULTILINE)
    if found is None:
        raise ValueError(f"{GALAXY} has no {key}")
    return found[1]


def _release(version: str) -> tuple[int, ...]:
    """The release that a version begins with, as numbers."""
    found = _RELEASE.match(version)
    return tuple(map(int, found[0].split("."))) if found else ()
