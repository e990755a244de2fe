# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare what the modules tell with what others tell of the same cloud: PYTHON oracles.py CLOUDS_YAML FOLDER
OTHER_PYTHON.

What is compared is said in oracles.yml. FOLDER is for what the modules answered, OTHER_PYTHON has the command
line.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import jmespath
import openstack
import yaml

ORACLES = Path(__file__).with_name("oracles.yml")
COMMAND_LINE = Path(__file__).with_name("drivers") / "ask_command_line.py"
#: Which modules read a cloud, and which a ledger.
GROUPS = yaml.safe_load((Path(__file__).resolve().parents[2] / "meta" / "runtime.yml").read_text())[
    "action_groups"
]
PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
COLLECTION = "finops.cloud."
#: The difference that is noise (design/reading-a-cloud.md#the-clouds-own-sums).
NOISE, NOISE_OF_SUM = Decimal("1e-4"), Decimal("1e-9")
COMMAND_LINES_AT_ONCE = 2
#: Modules that read no OpenStack, and who is held to tell the same: they have no claims here.
ELSEWHERE = {
    "vergeos_billing_info": "pyvergeos, in tests/unit/plugins/module_utils/_vergeos",
    "cost_import_vergeos": "pyvergeos, in tests/unit/plugins/module_utils/_vergeos",
    "cost_statement": "sums by hand, in tests/unit/plugins/modules/test_statement.py",
    "cost_import_file": "the files themselves, in tests/unit/plugins/module_utils/_imports",
    "cost_anomaly_info": "statsmodels, in tests/unit/outside, and sums by hand beside it",
    "budget_actions": "rows by SQL, in tests/unit/plugins/modules/test_budget_actions.py",
    "cost_ledger_archive": "sums and rows by SQL, in tests/unit/plugins/module_utils/_export",
}
#: The region that has nothing but an old CloudKitty.
RATING_ONLY = "dc0-old"


@dataclass(frozen=True)
class Claim:
    """Our field of a call is the same as their field of a question, as one cloud of clouds.yaml."""

    block: int
    cloud: str
    module: str
    ours: str
    question: str
    theirs: str
    within: str | None

    @property
    def about(self) -> int:
        """The block whose ledger is asked, -1 where it is the cloud."""
        return self.block if self.question.startswith("SQL ") else -1

    @property
    def reads(self) -> str:
        """The claim as a line, without the cloud."""
        tolerance = f" within {self.within}" if self.within else ""
        return f"{self.module}: {self.ours} = {self.question}: {self.theirs}{tolerance}"


class Comparison:
    """The modules' answers, the others' answers, each asked for once."""

    def __init__(self, clouds_file: Path, folder: Path, python: str) -> None:
        self.folder = folder
        self.python = python
        self.environment = os.environ | {"OS_CLIENT_CONFIG_FILE": str(clouds_file)}
        os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds_file)
        self.blocks: list[dict[str, Any]] = yaml.safe_load(ORACLES.read_text(encoding="utf-8"))
        names = sorted({cloud for block in self.blocks for cloud in block["clouds"]})
        self.connections = {name: openstack.connect(cloud=name) for name in names}
        self.ids = {name: _ids(connection) for name, connection in self.connections.items()}
        self.values = _moments()

    def claims(self) -> Iterator[Claim]:
        """Every claim as every cloud."""
        for number, block in enumerate(self.blocks):
            modules = {name: "".join(call) for name, call in block["calls"].items()}
            for cloud in block["clouds"]:
                for question, fields in block["claims"].items():
                    for ours, theirs in fields.items():
                        module = modules[ours.partition(".")[0]]
                        yield Claim(number, cloud, module, ours, question, theirs, block.get("within"))

    def filled(self, text: Any, cloud: str) -> Any:
        """A question or an option with its {places} filled in."""
        if not isinstance(text, str):
            return text
        values = self.values | self.ids[cloud]
        return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], text)

    def run_modules(self) -> None:
        """Run every call as every cloud in one playbook, each block with a ledger of its own."""
        tasks: list[dict[str, Any]] = []
        for number, block in enumerate(self.blocks):
            for cloud in block["clouds"]:
                for name, call in block["calls"].items():
                    tasks += self._task(f"{number}-{cloud}", cloud, name, call)
        playbook = self.folder / "read.json"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        shown = subprocess.run(
            ["ansible-playbook", str(playbook)],
            check=False,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        (self.folder / "read.log").write_text(shown.stdout + shown.stderr)
        if shown.returncode:
            raise SystemExit(f"oracles: the modules could not be run; see {self.folder / 'read.log'}")

    def _task(self, place: str, cloud: str, name: str, call: dict[str, Any]) -> list[dict[str, Any]]:
        ((module, options),) = call.items()
        given = {option: self.filled(value, cloud) for option, value in options.items()}
        if module in GROUPS["cloud"]:
            given["cloud"] = cloud
        if "dest" in given:
            given["dest"] = str(self.folder / f"{place}-{given['dest']}")
        if module in GROUPS["ledger"]:
            given["ledger"] = f"sqlite:///{self.folder / place}.db"
        target = f"{self.folder / place}-{name}.json"
        copy = {"content": "{{ told | to_json }}", "dest": target, "mode": "0600"}
        return [
            {COLLECTION + module: given, "register": "told", "ignore_errors": True},
            {"ansible.builtin.copy": copy},
        ]

    def ask_others(self, claims: list[Claim]) -> dict[tuple[int, str, str], Any]:
        """Ask every question once for each cloud, those of the ledger for each block too."""
        keys = sorted({(claim.about, claim.cloud, claim.question) for claim in claims})
        # The command line makes a service's client once in a process: what chooses another version of it gets
        # one of its own.
        runs: dict[tuple[str, bool], list[str]] = {}
        for _block, cloud, question in keys:
            if question.split(" ")[0] not in ("SQL", "GET"):
                runs.setdefault((cloud, question.startswith("--")), []).append(question)
        answers: dict[tuple[int, str, str], Any] = {}
        with ThreadPoolExecutor(COMMAND_LINES_AT_ONCE) as pool:
            said = pool.map(self._command_line, (cloud for cloud, _version in runs), runs.values())
            for ((cloud, _version), questions), told in zip(runs.items(), said, strict=True):
                answers |= {(-1, cloud, question): one for question, one in zip(questions, told, strict=True)}
        for key in keys:
            if key not in answers:
                answers[key] = self._ask(*key)
        return answers

    def _command_line(self, cloud: str, questions: list[str]) -> list[Any]:
        command = [self.python, str(COMMAND_LINE), cloud]
        asked = json.dumps([self.filled(question, cloud) for question in questions])
        ended = subprocess.run(
            command, check=False, env=self.environment, input=asked, capture_output=True, text=True
        )
        if ended.returncode:
            raise SystemExit(f"oracles: {ended.stderr.strip()[-700:]}")
        return [json.loads(one, parse_float=Decimal) for one in json.loads(ended.stdout)]

    def _ask(self, block: int, cloud: str, question: str) -> Any:
        kind, _space, rest = question.partition(" ")
        if kind == "SQL":
            with sqlite3.connect(f"file:{self.folder / f'{block}-{cloud}'}.db?mode=ro", uri=True) as ledger:
                return [list(row) for row in ledger.execute(rest)]
        return self._get(cloud, *self.filled(rest, cloud).split(" "))

    def _get(self, cloud: str, service: str, path: str) -> Any:
        kind, _at, microversion = service.partition("@")
        connection = self.connections[cloud]
        region = connection.config.region_name
        where = {"service_type": kind, "interface": "public", "region_name": region}
        headers = {"OpenStack-API-Version": f"{kind} {microversion}"} if microversion else {}
        answer = connection.session.get(path, endpoint_filter=where, headers=headers)
        return json.loads(answer.text, parse_float=Decimal)

    def told(self, claim: Claim) -> Any:
        """What the module told for a claim."""
        name = claim.ours.partition(".")[0]
        content = (self.folder / f"{claim.block}-{claim.cloud}-{name}.json").read_text(encoding="utf-8")
        answer = json.loads(content, parse_float=Decimal)
        if answer.get("failed"):
            return f"failed: {answer.get('msg')}"
        return jmespath.search(claim.ours, {name: answer})


def _ids(connection: openstack.connection.Connection) -> dict[str, str]:
    """Whose numbers they are, and what some of them are of, as far as the project and the region have it."""
    found = {"project_id": str(connection.current_project_id)}
    region = connection.config.region_name
    server = None if region == RATING_ONLY else connection.compute.find_server("db-1")
    if server is not None:
        found["server_id"] = server.id
        where = {"service_type": "metric", "interface": "public", "region_name": region}
        metrics = connection.session.get(f"/v1/resource/instance/{server.id}", endpoint_filter=where).json()[
            "metrics"
        ]
        found["metric_id"] = metrics["memory.usage"]
    return found


def _moments() -> dict[str, str]:
    today = datetime.now(UTC).date()
    return {
        "begin": str(today - timedelta(days=17)),
        "second": str(today - timedelta(days=16)),
        "end": str(today - timedelta(days=13)),
        "month": str(today.replace(day=1)),
        "year": str(today.replace(month=1, day=1)),
        "recent": str(today - timedelta(days=2)),
        "yesterday": str(today - timedelta(days=1)),
    }


def same(ours: Any, theirs: Any, within: str | None) -> bool:
    """Whether two values are equal; null is nobody's answer, and moments may be written in two ways."""
    if ours is None or theirs is None:
        return False
    if within:
        one, other = _amount(ours), _amount(theirs)
        if one is not None and other is not None:
            return abs(one - other) <= max(NOISE, NOISE_OF_SUM * abs(other))
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(
            same(*pair, within) for pair in zip(ours, theirs, strict=True)
        )
    if isinstance(ours, str) and isinstance(theirs, str):
        one_moment, other_moment = _moment(ours), _moment(theirs)
        return ours == theirs or (one_moment is not None and one_moment == other_moment)
    return bool(ours == theirs)


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def main(clouds_file: Path, folder: Path, python: str) -> int:
    """Compare, print every claim and how many there are. Return 0 where all hold and every module has one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    comparison = Comparison(clouds_file, folder, python)
    claims = list(comparison.claims())
    comparison.run_modules()
    answers = comparison.ask_others(claims)
    broken = []
    held: dict[str, list[str]] = {}
    for claim in claims:
        theirs = jmespath.search(claim.theirs, answers[claim.about, claim.cloud, claim.question])
        ours = comparison.told(claim)
        if same(ours, theirs, claim.within):
            held.setdefault(claim.reads, []).append(claim.cloud)
        else:
            broken.append(f"{claim.reads}\n      as {claim.cloud}: ours {ours}, theirs {theirs}")
    for line, clouds in held.items():
        print(f"  equal: {line} ({', '.join(clouds)})")
    for line in broken:
        print(f"  NOT EQUAL: {line}")
    # What is documented as a module and is an action reads nothing by itself.
    modules, actions = (
        {path.stem for path in (PLUGINS / kind).glob("*.py")} for kind in ("modules", "action")
    )
    modules -= {"__init__", *actions}
    for module, oracle in ELSEWHERE.items():
        print(f"  elsewhere: {module}: {oracle}")
    modules -= ELSEWHERE.keys()
    without = sorted(modules - {claim.module for claim in claims})
    for module in without:
        print(f"  NO ORACLE: {module}")
    print(
        f"oracles: {len(claims) - len(broken)} of {len(claims)} claims hold, for"
        f" {len(modules) - len(without)} modules"
    )
    return 1 if broken or without else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
