# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin's result is what its module's RETURN says; it refuses with one sentence and leaves no
half of a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.connection import local
from ansible_collections.finops.cloud.plugins.action.cost_report import ActionModule

from ..module_utils._export.reports import everything
from ..modules.test_return import documented, untrue


def run(options: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    task = Task.load({"action": "finops.cloud.cost_report", "args": options})
    task.check_mode = check_mode
    task.async_val = 0
    play = PlayContext()
    plugin = ActionModule(task, local.Connection(play), play, DataLoader(), None, None)
    result: dict[str, Any] = plugin.run(task_vars={})
    return result


def test_it_writes_what_it_says(tmp_path: Path) -> None:
    zone = "Europe/Zurich"
    asked = {"dest": str(tmp_path), "results": everything(zone=zone), "timezone": zone}
    planned = run(asked, check_mode=True)
    assert planned["changed"]
    assert list(tmp_path.iterdir()) == []
    result = run(asked)
    told = {key: value for key, value in result.items() if key != "changed"}
    assert untrue(documented("cost_report"), told, ("error",)) == []
    assert sorted(map(str, tmp_path.iterdir())) == sorted(result["files"])
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert result["incomplete"] != []


def test_a_digest_is_a_file_beside_the_report(tmp_path: Path) -> None:
    asked = {"dest": str(tmp_path), "results": everything(), "formats": ["digest"]}
    assert run(asked)["files"] == [str(tmp_path / "digest.md")]
    assert "2 Nov 2026" in (tmp_path / "digest.md").read_text()
    assert run({**asked, "locale": "german"})["changed"]
    assert "22.11.2026" in (tmp_path / "digest.md").read_text()


def test_its_result_stays_short(tmp_path: Path) -> None:
    results = {"summary": everything()["summary"]}
    results["summary"]["feeds"] = []
    results["summary"]["unknown"] = [f"No rate of currency {number}." for number in range(400)]
    result = run({"dest": str(tmp_path), "results": results})
    assert len(result["incomplete"]) == 11
    assert result["incomplete"][-1] == "There are 390 more; the report has all."
    assert "No rate of currency 399." in (tmp_path / "report.html").read_text()


def test_its_files_have_the_mode_and_owner_that_are_asked_for(tmp_path: Path) -> None:
    asked = {"dest": str(tmp_path), "results": everything(), "mode": "u=rw,g=r", "owner": str(os.geteuid())}
    assert run(asked)["changed"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dest": "/nowhere/at/all"}, "^dest: '/nowhere/at/all' is not an existing folder"),
        ({"mode": "rw"}, "^mode: 'rw' is not a mode; write octal digits"),
        ({"mode": "100644"}, "^mode: '100644' is not a mode; the largest one is '7777'"),
        ({"owner": "nobody-is-called-so"}, "^owner: there is no user 'nobody-is-called-so'"),
        ({"group": "nobody-is-called-so"}, "^group: there is no group 'nobody-is-called-so'"),
        ({"timezone": "Zurich"}, "^timezone: 'Zurich' is not an IANA time zone"),
        (
            {"results": {"summary": {"failed": True}}},
            "^results: summary is not a result of finops.cloud.cost_summary_info",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(AnsibleActionFail, match=says) as refused:
        run({"dest": str(tmp_path), "results": everything(), **options})
    told = refused.value.result["error"]
    assert (told["kind"], told["service"], told["http_status"]) == ("invalid_option", None, None)
    assert told["option"] == says.removeprefix("^").partition(":")[0]
    assert list(tmp_path.iterdir()) == []
