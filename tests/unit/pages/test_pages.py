# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of every page is run, is checked where it cannot be run, or is marked with the reason why
neither can be (marks.yml); the table of it is printed. What is run is run with Ansible, on a sandbox and a
ledger of the page's own, with the reader's names in place of those of the page.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from ..conftest import Sandbox
from ..plugins.modules.running import run_module
from .checking import PROGRAMS, commands, faults, faults_of_tasks, module_options
from .finding import ROOT, Example, examples
from .place import HERE as READER
from .place import Place
from .running import READERS, run

PROGRAMS_OF_THE_READER = READER / "programs"
MARKS = yaml.safe_load((Path(__file__).parent / "marks.yml").read_text(encoding="utf-8"))
KINDS = ("run_by", "checked", "shown")
HERE = "tests/unit/pages/test_pages.py"
#: What a reader pastes first is run in every `make test`, all of it by `make heavy`.
FIRST = ("README.md", "docs/docsite/index.md", "docs/start.md")
#: Where Ansible installs the collection.
INSTALLED = "~/.ansible/collections/ansible_collections/finops/cloud/"
#: Console blocks that are run, by the first command.
RUN_COMMANDS = re.compile(
    r"ansible-playbook finops\.cloud\.(login|cost_sync|cost_report)|ansible localhost -m"
    r"|^\$ ansible-playbook budget\.yml$",
    re.MULTILINE,
)


def mark(example: Example) -> dict[str, str]:
    """What marks.yml says of an example."""
    for one in MARKS.get(example.page, ()):
        if example.text.startswith(one["begins"]):
            return dict(one)
    return {}


def fate(example: Example) -> tuple[str, str]:
    """What is done with an example, and by whom or why."""
    marked = mark(example)
    for kind in KINDS:
        if kind in marked:
            return kind, marked[kind]
    if example.content and (example.is_tasks or example.is_playbook):
        return "run", HERE
    if example.language == "console" and RUN_COMMANDS.search(example.text):
        return "run", HERE
    return "nobody", ""


@cache
def found() -> tuple[Example, ...]:
    return tuple(examples())


def of_fate(*kinds: str) -> list[Example]:
    return [example for example in found() if fate(example)[0] in kinds]


def test_somebody_knows_every_example() -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for example in found():
        counts[example.page][fate(example)[0]] += 1
    columns = ("run", *KINDS, "nobody")
    rows = sorted(counts.items())
    lines = [f"{'page':50}{'found':>8}" + "".join(f"{one:>9}" for one in columns)]
    for page, count in (*rows, ("all", sum(counts.values(), Counter()))):
        lines.append(f"{page:50}{count.total():8}" + "".join(f"{count[one] or '':>9}" for one in columns))
    lines += [f"{example}: {fate(example)[1]}" for example in of_fate("shown")]
    sys.stdout.write("\n".join(lines) + "\n")
    assert not [f"{example}: {example.first_line}" for example in of_fate("nobody")]


def test_a_hold_has_a_whole_name_outside_of_a_pipeline() -> None:
    """A variable of a pipeline is empty where somebody tries the example by hand."""
    files = [one.text for one in found()]
    files += [path.read_text(encoding="utf-8") for path in (ROOT / "examples" / "playbook").glob("*.yml")]
    names = [name for text in files for name in re.findall(r"shop-\{\{ lookup\(.*", text)]
    assert len(names) > 6
    assert not [name for name in names if "| default('by-hand', true) }}" not in name]


def test_a_mark_is_of_an_example_and_says_one_thing() -> None:
    for page, marks in MARKS.items():
        for one in marks:
            texts = [example.text for example in found() if example.page == page]
            assert any(text.startswith(one["begins"]) for text in texts), (page, one)
            assert len(one.keys() & set(KINDS)) == 1, (page, one)


def test_who_is_said_to_run_an_example_names_its_page() -> None:
    for example in of_fate("run_by"):
        path = ROOT / fate(example)[1]
        assert Path(example.page).name in path.read_text(encoding="utf-8"), f"{path.name} of {example}"


@pytest.mark.parametrize(
    "example",
    [one for one in found() if one.is_tasks or one.is_playbook if fate(one)[0] != "run_by"],
    ids=str,
)
def test_the_options_of_an_example_are_documented(example: Example) -> None:
    assert faults_of_tasks(example) == []


def test_ansible_reads_every_play_and_task(tmp_path: Path) -> None:
    plays: list[Any] = []
    for example in of_fate("run"):
        if example.is_playbook:
            plays += example.content
        elif example.is_tasks:
            plays.append({"hosts": "localhost", "gather_facts": False, "tasks": example.content})
    (tmp_path / "all.yml").write_text(yaml.safe_dump(plays))
    command = [str(PROGRAMS / "ansible-playbook"), "--syntax-check", "-i", "localhost,", "all.yml"]
    ended = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def place(start_for_all: Callable[..., Sandbox], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The reader's cloud, ledger and files; the chat takes whatever it is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as chat:
        thread = Thread(target=chat.serve_forever)
        thread.start()
        folder = tmp_path_factory.mktemp("reader")
        yield Place.made(folder, start_for_all, f"http://127.0.0.1:{chat.server_port}")
        chat.shutdown()
        thread.join()


def is_meant(row: dict[str, Any]) -> bool:
    """Whether the page says that the task fails, and it says so in these words."""
    page = row["example"].rpartition(":")[0]
    words = READERS.get(page, {}).get("fails", {}).get(row["task"])
    return words is not None and words in row["said"]


def pasted(place: Place, group: str, chosen: Iterable[Example]) -> None:
    """Run tasks and plays; each has to do something, and nothing may fail but what the page says fails."""
    by_page: dict[str, list[Example]] = defaultdict(list)
    for example in chosen:
        if example.language == "yaml":
            by_page[example.page].append(example)
    rows = run(place, group, by_page)
    failed = [row for row in rows if row["ended"] in ("failed", "ignored")]
    meant = [row for row in failed if is_meant(row)]
    assert not [f"{row['example']} {row['task']}: {row['said']}" for row in failed if row not in meant]
    wanted = {name for page in by_page for name in READERS.get(page, {}).get("fails", {})}
    assert {row["task"] for row in meant} == wanted
    did = {row["example"] for row in rows if row["ended"] in ("ok", "ignored")}
    assert {str(example) for one in by_page.values() for example in one} <= did


def typed(place: Place, chosen: Iterable[Example]) -> dict[str, str]:
    """Run console blocks in a shell of the reader's; what each of them has said."""
    said = {}
    (budget,) = [one for one in found() if one.page == "docs/start.md" and one.is_playbook]
    (place.folder / "budget.yml").write_text(budget.text)
    for example in chosen:
        if example.language == "console":
            name = place.prepared(example.page + str(example.line))
            script = re.sub(r"^\$ ", "", place.as_read(example.text, name), flags=re.MULTILINE)
            said[str(example)] = place.run("sh", "-e", "-c", script, ledger=name)
    return said


def test_the_first_pages_can_be_pasted(place: Place) -> None:
    first = [example for example in of_fate("run") if example.page in FIRST]
    pasted(place, "first", first)
    typed(place, first)


@pytest.mark.heavy
@pytest.mark.parametrize("group", ["pages", "modules"])
def test_every_other_example_can_be_pasted(place: Place, group: str) -> None:
    others = [one for one in of_fate("run") if one.page not in FIRST]
    pasted(place, group, [one for one in others if one.page.startswith("plugins/") == (group == "modules")])


@pytest.mark.heavy
def test_every_other_command_can_be_typed(place: Place) -> None:
    typed(place, [one for one in of_fate("run") if one.page not in FIRST])


def test_the_first_login_says_what_the_page_shows(place: Place) -> None:
    clouds, text = [one for one in found() if one.page == "docs/start.md" and one.first_line in (
        "clouds:", "project PCP-ABC1234 (b30781c9679b4ede...), region dc3-a of"
        " https://api.pub1.infomaniak.cloud/identity/v3",
    )]  # fmt: skip
    own = yaml.safe_load((place.folder / "clouds.yaml").read_text(encoding="utf-8"))["clouds"]["sandbox-app"]
    given = yaml.safe_load(clouds.text)
    assert given["clouds"]["production"].keys() == own.keys()
    assert given["clouds"]["production"]["auth"].keys() == own["auth"].keys()
    given["clouds"]["production"]["auth"] = own["auth"]
    (place.folder / "first.yaml").write_text(yaml.safe_dump(given))
    said = place.run(
        *("ansible-playbook", "finops.cloud.login"),
        ledger="nobody",
        OS_CLIENT_CONFIG_FILE=str(place.folder / "first.yaml"),
    )
    who, *services = text.text.splitlines()
    assert re.search(r"project \S+ \([0-9a-f]+\), region dc3-a of http", said) and who.startswith("project ")
    for service in services:
        name, word = re.split(r"[ ,:]+", service)[:2]
        assert re.search(rf"{name} +{word}", said), service


def numberless(text: str) -> str:
    """The text in one line, without what its numbers are."""
    return re.sub(r"\d[\d.]*\d|\d", "0", " ".join(text.split()))


def test_a_refusal_reads_as_the_pages_show_it(place: Place) -> None:
    asked = "spend=99999 currency=CHF on_exceeded=warn name=shop"
    said = place.run(
        "ansible", "localhost", "-m", "finops.cloud.cost_budget", "-a", asked, ledger="everybody"
    )
    for example in of_fate("checked"):
        if example.first_line.startswith("shop: CHF 42.5"):
            assert numberless(example.text) in numberless(said), example
        if example.first_line.startswith("budget  verdict"):
            assert " ".join(example.first_line.split()) in " ".join(said.split())


def test_other_refusals_read_as_the_pages_show_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    entry = {"amount": "1", "currency": "CHF", "category": "other"}
    entries = [{**entry, "key": str(number)} for number in range(41)]
    entries.append({**entry, "key": "2026-10/backup", "amount": "12,50"})
    (amount,) = [one for one in found() if one.first_line.startswith("entries[41].amount")]
    assert run_module("cost_entry", {"entries": entries})["msg"] == " ".join(amount.text.split())
    run_module("cost_policy", {"timezone": "UTC"})
    asked = {"spend": "1", "currency": "CHF", "on_unknown": "warn"}
    (warn,) = [one for one in found() if one.first_line.startswith("on_unknown: `warn` is refused")]
    assert run_module("cost_budget", asked)["msg"] == warn.text.strip()


def test_the_lake_is_read_as_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    for month, amount in (("10", "1.5"), ("11", "2")):
        entry = {"key": month, "amount": amount, "currency": "CHF", "category": "other"}
        run_module("cost_entry", {**entry, "occurred_at": f"2026-{month}-03"})
    asked = {"format": "parquet", "begin": "2026-10-01", "end": "2026-12-01", "currency": "CHF"}
    (tmp_path / "focus").mkdir()
    assert run_module("cost_export", {**asked, "dest": f"{tmp_path}/focus"})["changed"]
    (query,) = [one for one in found() if one.page == "docs/export.md" and one.language == "sql"]
    rows = duckdb.sql(query.text.replace("/srv/lake", str(tmp_path)).rstrip(";\n")).fetchall()
    assert sorted((str(month)[:7], float(cost)) for month, cost in rows) == [("2026-10", 1.5), ("2026-11", 2)]


def test_the_dashboards_query_runs_on_the_ledger(postgresql_url: str) -> None:
    entry = {"key": "1", "amount": "7", "currency": "CHF", "category": "other", "tags": {"team": "web"}}
    said = run_module("cost_entry", {**entry, "occurred_at": "2026-11-03", "ledger": postgresql_url})
    assert said["changed"], said
    (query,) = [one for one in found() if one.page == "docs/dashboards.md" and one.language == "sql"]
    with psycopg.connect(postgresql_url.replace("+psycopg", "")) as connection:
        rows = connection.execute(query.text.encode()).fetchall()
    assert [(team, float(chf)) for _month, team, chf in rows] == [("web", 7.0)]


@pytest.mark.parametrize(("plan", "ended"), [("as judged", 0), ("another one", 1)])
def test_a_shell_compares_the_plan_with_the_verdict(tmp_path: Path, plan: str, ended: int) -> None:
    """jq is stood in for, as not every machine has it."""
    (command,) = [one for one in found() if one.page == "docs/security.md" and one.language == "shell"]
    (tmp_path / "tfplan").write_text(plan)
    digest = hashlib.sha256(b"as judged").hexdigest()
    (tmp_path / "verdict.json").write_text(json.dumps({"plan_sha256": digest}))
    path = f"{PROGRAMS_OF_THE_READER}:{os.environ['PATH']}"
    said = subprocess.run(
        ["sh", "-c", command.text], check=False, cwd=tmp_path, env={**os.environ, "PATH": path}
    )
    assert said.returncode == ended


def faults_of_commands(example: Example) -> list[str]:
    """Commands whose program does not know the words that follow."""
    found: list[str] = []
    playbooks = {f"finops.cloud.{path.stem}" for path in (ROOT / "playbooks").glob("*.yml")}
    targets = re.findall(r"^TARGETS := (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for words in commands(example.text):
        if words[0] == "make":
            found += [word for word in words[1:] if word not in targets[0].split()]
        elif words[0] in ("pip", "ansible-galaxy"):
            found += faults_of_program(words)
        for before, word in pairwise(words):
            found += [word] if before == "ansible-playbook" and word not in playbooks else []
            there = ROOT / word.removeprefix(INSTALLED)
            found += [word] if before == "-r" and not there.is_file() else []
    return found


def faults_of_program(words: Sequence[str]) -> list[str]:
    """The options and subcommands that the help of pip or ansible-galaxy does not tell of."""
    depth = {"pip": 2, "ansible-galaxy": 3}[words[0]]
    program, *subcommands = words[:depth]
    ended = subprocess.run(
        [str(PROGRAMS / program), *subcommands, "--help"], check=False, capture_output=True, text=True
    )
    if ended.returncode:
        return [f"{' '.join(words[:depth])} is no command"]
    return [word for word in words[depth:] if word.startswith("-") and word not in ended.stdout]


def faults_of_configuration(example: Example) -> list[str]:
    """Sections and keys of files for systemd or Ansible that nobody knows."""
    files = re.split(r"^# /.*\n", example.text, flags=re.MULTILINE)
    known = {
        "Service": {"Type", "User", "Environment", "ExecStart"},
        "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
        "Install": {"WantedBy"},
        "defaults": {"callbacks_enabled"},
        "finops_playbook_costs": set(callback_keys()),
    }
    found = []
    for text in filter(None, files):
        parser = configparser.ConfigParser(strict=True, interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text)
        found += [
            f"[{section}] {key}"
            for section in parser.sections()
            for key in parser[section]
            if key not in known.get(section, ())
        ]
        for section in parser.sections():
            command = parser[section].get("ExecStart", "")
            found += faults_of_commands(
                Example(example.page, example.line, "console", command.replace("/opt/ansible/bin/", ""))
            )
    return found


def callback_keys() -> Iterator[str]:
    """What the callback's documentation names in its section of ansible.cfg."""
    from ansible_collections.finops.cloud.plugins.callback import playbook_costs

    for option in yaml.safe_load(playbook_costs.DOCUMENTATION)["options"].values():
        yield from (one["key"] for one in option.get("ini", ()))


@pytest.mark.parametrize("example", of_fate("checked"), ids=str)
def test_what_is_only_checked_speaks_of_what_is_there(example: Example) -> None:
    how = fate(example)[1]
    if how == "commands":
        assert faults_of_commands(example) == []
        assert list(commands(example.text))
    elif how == "configuration":
        assert faults_of_configuration(example) == []
    elif how.startswith("options of "):
        module = how.removeprefix("options of ")
        documented = module_options(module).items()
        options = {name: {**option, "required": False} for name, option in documented}
        assert faults(options, example.content) == []
    elif how == "requirements":
        (wanted,) = example.content["collections"]
        galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
        assert wanted["name"] == f"{galaxy['namespace']}.{galaxy['name']}"
        assert wanted["version"].removeprefix(">=") <= galaxy["version"]
    else:
        assert how == "shape"
