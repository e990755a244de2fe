# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test bed as a whole: brought up, filled, and taken down."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import catalog
import configuration
import measured
import packages
import places
import processes
import project
import rated
import services
import stores
from places import DATA, FOLDER, LOGS, PASSWORD, PLACE, PORTS, ROOT, SCENARIO
from sandbox_cloud.scenario import Scenario, load

#: What was filled is used again for so long: its ages and its rated hours are relative to the moment of
#: filling.
KEPT_SECONDS = 2 * 3600
FILLED = DATA / "filled.json"
#: What lies in FOLDER and says nothing of what the bed is.
NOT_OF_THE_BED = ("__main__.py", "README.md", "oracles.py", "oracles.yml", "drift.py", "asked.py")


def up() -> None:
    """Have the cloud running and filled. Raises BedError saying what is missing or what failed.

    One that was stopped is filled anew: Nova's fake driver knows its servers only while it runs.
    """
    packages.require()
    scenario = load(SCENARIO)
    key = _key()
    if _usable(key):
        return
    down()
    shutil.rmtree(PLACE, ignore_errors=True)
    processes.require_free(PORTS)
    LOGS.mkdir(parents=True)
    configuration.write(scenario.region, scenario.volume_types[0])
    with _told("MariaDB, RabbitMQ, InfluxDB, memcached"):
        stores.start_all()
        stores.wait_for_all()
    with _told("databases"):
        stores.make_databases()
        services.lay_out(scenario.region)
    with _told("Keystone"):
        services.start_keystone()
        catalog.make(scenario)
    with _told("Nova, Placement, Neutron, Cinder, Glance, Swift, Octavia, CloudKitty, Gnocchi"):
        services.pretend_an_agent()
        services.start_others()
        services.map_compute_host()
    _fill(scenario, key)


def _fill(scenario: Scenario, key: str) -> None:
    with _told("project"):
        catalog.write_clouds(scenario)
        owner, other, region = scenario.project, scenario.other, scenario.region
        made = project.Made(
            scenario,
            member=catalog.log_in(owner.user, owner.password, owner.project, region),
            admin=catalog.log_in("admin", PASSWORD, "admin", region),
            other=catalog.log_in(other.user, other.password, other.project, region),
        )
        project.make(made)
    began = datetime.now(UTC).replace(microsecond=0)
    with _told("rated hours"):
        rated.make(made, began)
    with _told("measures"):
        measured.make(made, catalog.log_in("service", PASSWORD, "service", region), began)
    FILLED.write_text(json.dumps({"key": key, "at": began.timestamp(), "ids": made.ids}), encoding="utf-8")


def _usable(key: str) -> bool:
    """Whether what runs there was made by this code, all of it, and not too long ago."""
    try:
        filled = json.loads(FILLED.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    is_ours = filled["key"] == key and time.time() - filled["at"] < KEPT_SECONDS
    return bool(is_ours) and all(map(processes.runs, processes.names())) and processes.names() != []


def _key() -> str:
    """A hash of all that decides what the bed is."""
    digest = hashlib.sha256(str(places.PROGRAMS).encode())
    for folder in (FOLDER, ROOT / "roles" / "sandbox" / "files"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.name not in NOT_OF_THE_BED:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def down() -> None:
    """End what was started, the stores last."""
    running = processes.names()
    processes.stop([name for name in running if name not in stores.NAMES])
    for name in stores.NAMES:
        if name in running:
            processes.stop([name])


@contextmanager
def _told(what: str) -> Iterator[None]:
    begin = time.monotonic()
    yield
    print(f"openstack: {what}: {time.monotonic() - begin:.0f} s", flush=True)
