# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the sandbox to the real cloud: PYTHON drift.py LOGS FILLED SCENARIO FOLDER.

Everything that the collection asked the real services, which they wrote into LOGS, is asked once more, of
them and of a sandbox of the same scenario that began when the real cloud was filled. Status, keys, JSON types
and microversion must be the same. What both refuse they refuse with the same words.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "roles" / "sandbox" / "files"))
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "unit"))

from asked import LINE
from asking import Answer, ask
from places import KEYSTONE, url
from sandbox_cloud import process
from sandbox_cloud.scenario import Owner, Scenario, load, stable_id
from sandbox_cloud.server import PREFIXES
from shape import Shape, differences

#: The log of a service -> its name in PORTS and in the sandbox.
SERVICES = {
    "nova": ("nova", "compute"),
    "cinder": ("cinder", "block_storage"),
    "neutron": ("neutron", "network"),
    "swift-proxy": ("swift", "object_storage"),
    "octavia": ("octavia", "load_balancer"),
    "glance": ("glance", "image"),
    "gnocchi": ("gnocchi", "metric"),
    "cloudkitty": ("cloudkitty", "rating"),
    "cloudkitty_v1": ("cloudkitty_v1", "rating"),
}
OLD = "cloudkitty_v1"
MOMENT = re.compile(r"20\d\d-\d\d-\d\d(T\d\d(:|%3A)\d\d(:|%3A)\d\d)?Z?")
MICROVERSIONS = ("OpenStack-API-Version", "X-OpenStack-Nova-API-Version")
#: What Cinder refuses to make or change, so that asking changes nothing: the path, with the name of a volume
#: in braces, and what is sent. 450 of 500 GB of the second volume type are used, and 860 of 2000 GB of all.
REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/volumes", {"volume": {"name": "new", "size": 51, "volume_type": "CEPH_1_perf2"}}),
    ("/volumes", {"volume": {"name": "new", "size": 1141}}),
    ("/volumes", {"volume": {"name": "new", "size": 1, "volume_type": "of-nobody"}}),
    ("/volumes/{db-1-wal}/action", {"os-extend": {"new_size": 101}}),
    ("/volumes/{archive}/action", {"os-extend": {"new_size": 300 + 1141}}),
    ("/volumes/{archive}/action", {"os-extend": {"new_size": 300}}),
    ("/volumes/{archive}/action", {"os-retype": {"new_type": "CEPH_1_perf2", "migration_policy": "never"}}),
    ("/snapshots", {"snapshot": {"name": "new", "volume_id": "{db-1-data}"}}),
)
#: Cinder extends and copies a volume that is attached from some microversion on.
CINDER = "3.71"


@dataclass(frozen=True)
class Request:
    """What was asked of which service."""

    service: str
    method: str
    path: str
    microversion: str


@dataclass(frozen=True)
class Login:
    """A token, and what came with it."""

    token: str
    project_id: str
    body: Any


def requests(logs: Path) -> list[Request]:
    """What the collection asked, each once whatever the moments in it."""
    found: dict[str, Request] = {}
    for log in sorted(logs.glob("*.requests")):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            asked = LINE.match(line)
            if asked and log.stem in SERVICES:
                microversion = asked["microversion"].strip("-")
                one = Request(log.stem, asked["method"], asked["path"], microversion)
                found.setdefault(MOMENT.sub("", str(one)), one)
    return list(found.values())


def ask_as(token: str, one: Request, base: str, path: str, project_id: str) -> Answer:
    """The request at a service's address, as the collection sends it."""
    headers = {"Accept": "application/json", "X-Auth-Token": token}
    if one.microversion:
        headers["OpenStack-API-Version"] = one.microversion
    content = question(path, base, headers, project_id) if one.method == "POST" else None
    return ask(one.method, base + path, content, headers)


def question(path: str, base: str, headers: dict[str, str], project_id: str) -> dict[str, Any]:
    """What the collection asks for in a body, which no log has: resources of the project, measures of some of
    its metrics, a quote.
    """
    if path.startswith("/v1/rating/quote"):
        metadata = {"flavor_name": "a2-ram4-disk20-perf1"}
        return {
            "resources": [
                {"service": "instance_up", "volume": "1", "desc": {"groupby": {}, "metadata": metadata}}
            ]
        }
    if not path.startswith("/v1/aggregates"):
        alive = {"or": [{"=": {"ended_at": None}}, {">": {"ended_at": "2020-01-01T00:00:00Z"}}]}
        return {"and": [{"=": {"project_id": project_id}}, alive]}
    every = ask("GET", f"{base}/v1/metric?name=vcpus", headers=headers).body
    return {"operations": ["metric", *([row["id"], "mean"] for row in every)]}


def log_in(auth_url: str, owner: Owner) -> Login:
    """The owner's token."""
    domain = {"domain": {"id": "default"}}
    who = {"name": owner.user, "password": owner.password, **domain}
    scope = {"project": {"name": owner.project, **domain}}
    content = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}}
    answer = ask("POST", f"{auth_url}/auth/tokens", content)
    return Login(answer.headers["X-Subject-Token"], answer.body["token"]["project"]["id"], answer.body)


@contextmanager
def sandbox(folder: Path, scenario: Path, began: datetime) -> Iterator[str]:
    """The URL of a sandbox of that scenario, as old as the real cloud's history, which is stopped at the
    end.
    """
    told = process.start(process.Options(folder, scenario, began=began))
    try:
        yield told["url"]
    finally:
        process.stop(folder)


def compare(real: Answer, ours: Answer) -> list[str]:
    """What is different."""
    found = [] if real.status == ours.status else [f"status {ours.status} instead of {real.status}"]
    found += differences(Shape().see(real.body), Shape().see(ours.body))
    for name in MICROVERSIONS:
        if real.headers.get(name) != ours.headers.get(name):
            found.append(f"{name}: {ours.headers.get(name)} instead of {real.headers.get(name)}")
    if any(name.startswith("X-Account") for name in real.headers):
        names = [{name for name in one.headers if name.startswith("X-Account")} for one in (real, ours)]
        found += [f"header {name} on one side only" for name in sorted(names[0] ^ names[1])]
    return found


def hold(scenario: Scenario, some: list[Request], ids: dict[str, str], address: str) -> list[str]:
    """Ask both sides for all of it and return what drifted, a line each."""
    sides = [log_in(KEYSTONE, scenario.project), log_in(f"{address}/identity/v3", scenario.project)]
    others = [log_in(KEYSTONE, scenario.other), log_in(f"{address}/identity/v3", scenario.other)]
    ids = ids | {sides[0].project_id: sides[1].project_id, others[0].project_id: others[1].project_id}
    tokens = differences(Shape().see(sides[0].body), Shape().see(sides[1].body))
    drifted = [f"POST /v3/auth/tokens: {one}" for one in tokens]
    for one in some:
        port, name = SERVICES[one.service]
        theirs = one.path
        for real_id, our_id in ids.items():
            theirs = theirs.replace(real_id, our_id)
        real = ask_as(sides[0].token, one, url(port), one.path, sides[0].project_id)
        ours = ask_as(sides[1].token, one, address + PREFIXES[name], theirs, sides[1].project_id)
        drifted += [
            f"{one.method} {one.service} {one.path}: {difference}" for difference in compare(real, ours)
        ]
    return drifted


def hold_refusals(scenario: Scenario, ids: dict[str, str], address: str) -> list[str]:
    """Ask both sides for what they refuse and return what drifted, a line each."""
    real_ids = {ours: real for real, ours in ids.items()}
    logins = [log_in(KEYSTONE, scenario.project), log_in(f"{address}/identity/v3", scenario.project)]
    bases = [f"{url('cinder')}/v3", f"{address}{PREFIXES['block_storage']}/v3"]
    drifted = []
    for path, sent in REFUSED:
        told = []
        for login, base, of_side in zip(logins, bases, (real_ids, {}), strict=True):
            text = json.dumps([path, sent])
            for volume in scenario.volumes:
                stable = stable_id("volume", volume.name)
                text = text.replace(f"{{{volume.name}}}", of_side.get(stable, stable))
            where, content = json.loads(text)
            headers = {"X-Auth-Token": login.token, "OpenStack-API-Version": f"volume {CINDER}"}
            told.append(ask("POST", base + where, content, headers))
        real, ours = told
        if real.status < 400:
            drifted.append(f"POST cinder {path}: the real one does not refuse {sent}")
        names = ("OpenStack-API-Version", "Retry-After")
        said = [(one.status, one.body, [one.headers.get(name) for name in names]) for one in (real, ours)]
        if said[0] != said[1]:
            drifted.append(f"POST cinder {path} {sent}: {said[1]} instead of {said[0]}")
    return drifted


def main(logs: Path, filled_file: Path, scenario_file: Path, folder: Path) -> int:
    """Compare everything, print what drifted and how much was compared. Return 0 where nothing drifted."""
    scenario = load(scenario_file)
    filled = json.loads(filled_file.read_text(encoding="utf-8"))
    ids = {real: ours for ours, real in filled["ids"].items()}
    began = datetime.fromtimestamp(filled["at"], UTC)
    every = requests(logs)
    folder.mkdir(parents=True, exist_ok=True)
    old_scenario = folder / "v1.yml"
    old_scenario.write_text(scenario_file.read_text(encoding="utf-8").replace("storage: v2", "storage: v1"))
    drifted = []
    with sandbox(folder / "sandbox", scenario_file, began) as address:
        drifted += hold(scenario, [one for one in every if one.service != OLD], ids, address)
        drifted += hold_refusals(scenario, ids, address)
    with sandbox(folder / "old-sandbox", old_scenario, began) as address:
        drifted += hold(scenario, [one for one in every if one.service == OLD], ids, address)
    for line in drifted:
        print(f"  DRIFTED: {line}")
    services = sorted({one.service for one in every})
    compared = f"{len(every)} different requests to {', '.join(services)}, {len(REFUSED)} refusals"
    print(f"drift: {compared}: {len(drifted)} differences")
    return 1 if drifted or not every else 0


if __name__ == "__main__":
    sys.exit(main(*(Path(argument) for argument in sys.argv[1:5])))
