# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the reader of a page is: a cloud that has what the pages name, a ledger, files, and the clock of the
days in which the pages were written.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ..conftest import FILES, Sandbox
from . import files

HERE = Path(__file__).parent / "reader"
#: The ledger that each page gets a copy of.
EVERYBODY = "everybody"
NOW = "2026-11-28T12:30:00+00:00"
CLOUDS = {
    "production": "sandbox",
    "staging": "sandbox-other",
    "elsewhere": "sandbox",
    "operator": "sandbox-operator-in-project",
}
CLOUDS_FILE, TWO_REGIONS = "clouds.yaml", "two_regions.yaml"
#: What the pages name, and whoever reads has another of.
PROJECT = re.compile(r"PCP-ABC1234?\b")
SERVER = "36886229-f6f0-4784-a389-e78feab9b42a"
VERGEOS_HOST, CHAT = "vergeos.example.com", "https://chat.example.org/hooks/finops"
LEDGERS = (
    "sqlite:////var/lib/finops/ledger.db",
    "sqlite:////srv/finops/ledger.db",
    "postgresql+psycopg://owner@db.example.org/finops",
    "postgresql://pipeline@db.example.com/finops?sslmode=verify-full",
)
#: The cloud began in October: a year window by window would take minutes, and bring nothing more.
BEGIN, BEGAN = 'cost_sync_begin: "2026-01-01"', 'cost_sync_begin: "2026-11-08"'
FOLDERS = ("/srv/", "/var/lib/", "/tmp/sandbox")


def scenario(folder: Path, **more: Any) -> Path:
    """The default scenario with what the pages name besides."""
    given = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text(encoding="utf-8"))
    given["flavors"]["a2-ram4-disk50-perf1"] = {"vcpus": 2, "ram_mb": 4096, "disk_gb": 50}
    for state, price in (("instance_up", 0.38), ("instance_reserved", 0.19)):
        given["rating"]["prices_icu_per_hour"][state]["a2-ram4-disk50-perf1"] = price
    given["quotas"]["block_storage"]["gigabytes_CEPH_1_perf2"] = 2000
    path = folder / "scenario.yml"
    path.write_text(yaml.safe_dump({**given, "further_projects": ["PCP-DEF5678"], **more}))
    return path


@dataclass(frozen=True)
class Place:
    """A folder with a running sandbox, and the address of a chat."""

    folder: Path
    sandbox: Sandbox
    chat: str

    @classmethod
    def made(cls, folder: Path, start: Callable[..., Sandbox], chat: str) -> Place:
        """Start the cloud, and import 40 days of it into the ledger `everybody`, where two budgets are."""
        place = cls(folder, start("--scenario", str(scenario(folder)), "--began", NOW), chat)
        place.name_clouds(CLOUDS_FILE, place.sandbox)
        two = start("--scenario", str(scenario(folder, other_regions=["dc4-a"])), "--began", NOW)
        place.name_clouds(TWO_REGIONS, two)
        of_home = folder / "home" / ".config" / "openstack" / "clouds.yaml"
        of_home.parent.mkdir(parents=True)
        shutil.copy(folder / CLOUDS_FILE, of_home)
        files.write_plans(folder)
        shutil.copytree(HERE / "roles", folder / "roles")
        place.run("ansible-playbook", "-i", "localhost,", str(HERE / "everybody.yml"), ledger=EVERYBODY)
        return place

    def name_clouds(self, name: str, sandbox: Sandbox) -> None:
        """A clouds.yaml with the names that the pages have for the sandbox's logins."""
        known = yaml.safe_load(Path(sandbox.state["clouds_file"]).read_text(encoding="utf-8"))["clouds"]
        named = {page: known[own] for page, own in CLOUDS.items()}
        (self.folder / name).write_text(yaml.safe_dump({"clouds": known | named}))

    def run(self, *command: str, ledger: str, **variables: str) -> str:
        """Run a program as the reader does, which has to succeed; what it has said."""
        given = {"FINOPS_LEDGER": self.ledger(ledger), **variables}
        ended = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=self.environment(**given),
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def environment(self, **more: str) -> dict[str, str]:
        """What a shell of the reader has in it."""
        return {
            **os.environ,
            "PATH": f"{HERE / 'programs'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{HERE / 'clock'}:{os.environ.get('PYTHONPATH', '')}",
            "READERS_CLOCK": NOW,
            "READERS_START": str(time.time()),
            "HOME": str(self.folder / "home"),
            "ANSIBLE_HOME": str(self.folder / "home" / ".ansible"),
            "ANSIBLE_PIPELINING": "true",
            "OS_CLIENT_CONFIG_FILE": str(self.folder / CLOUDS_FILE),
            "OS_CLOUD": "production",
            "REQUESTS_CA_BUNDLE": self.sandbox.state["vergeos"]["ca_cert"],
            **more,
        }

    def ledger(self, name: str) -> str:
        return f"sqlite:///{self.folder}/{name}.db"

    def prepared(self, page: str) -> str:
        """A folder and a ledger for a page; what both are called."""
        name = page.replace("/", "_").replace(".", "_").replace("-", "_")
        files.write(self.folder / name, page)
        shutil.copy(self.folder / f"{EVERYBODY}.db", self.folder / f"{name}.db")
        return name

    def as_read(self, text: str, name: str) -> str:
        """The text of a page with the reader's own places."""
        for ledger in LEDGERS:
            text = text.replace(ledger, self.ledger(name))
        for folder in FOLDERS:
            text = re.sub(rf"(?<![\w/]){folder}", f"{self.folder}/{name}{folder}", text)
        text = PROJECT.sub("PCP-DEMO001", text).replace(SERVER, self.server_id).replace(BEGIN, BEGAN)
        return text.replace(VERGEOS_HOST, self.sandbox.state["vergeos"]["host"]).replace(CHAT, self.chat)

    @cached_property
    def server_id(self) -> str:
        """A server of the cloud."""
        servers = self.sandbox.ask("GET", f"{self.sandbox.catalog['compute']}/servers").body["servers"]
        return str(servers[0]["id"])
