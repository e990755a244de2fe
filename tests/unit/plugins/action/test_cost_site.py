# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin's result is what its module's RETURN says, and it refuses with one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.connection import local
from ansible_collections.finops.cloud.plugins.action.cost_site import ActionModule

from ..module_utils._export.ledgers import every_kind, ledger
from ..modules.test_return import documented, untrue


def run(options: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    task = Task.load({"action": "finops.cloud.cost_site", "args": options})
    task.check_mode = check_mode
    task.async_val = 0
    play = PlayContext()
    plugin = ActionModule(task, local.Connection(play), play, DataLoader(), None, None)
    result: dict[str, Any] = plugin.run(task_vars={})
    return result


@pytest.fixture(name="asked")
def asked_for(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "site").mkdir()
    url = ledger(tmp_path, every_kind()).url
    return {
        "dest": str(tmp_path / "site"),
        "ledger": url,
        "currency": "CHF",
        "teams": "tag:team",
        "mode": "0640",
    }


def test_it_writes_what_it_says(tmp_path: Path, asked: dict[str, Any]) -> None:
    site = tmp_path / "site"
    planned = run(asked, check_mode=True)
    assert planned["changed"] and list(site.iterdir()) == []
    result = run(asked)
    told = {key: value for key, value in result.items() if key != "changed"}
    assert untrue(documented("cost_site"), told, ("error",)) == []
    pages = [path for path in site.rglob("*") if path.is_file()]
    assert len([path for path in pages if path.suffix == ".html"]) == result["pages"]["written"]
    assert {path.stat().st_mode & 0o777 for path in pages} == {0o640}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dest": "/nowhere/at/all"}, "^dest: '/nowhere/at/all' is not an existing folder"),
        ({"mode": "rw"}, "^mode: 'rw' is not a mode; write octal digits"),
        ({"timezone": "Zurich"}, "^timezone: 'Zurich' is not an IANA time zone"),
        ({"currency": "francs"}, "^currency: 'francs' is not a currency code"),
        ({"teams": "tag:"}, "^teams: 'tag:' is not project, category, or tag: and a tag's name"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, asked: dict[str, Any], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(AnsibleActionFail, match=says) as refused:
        run({**asked, **options})
    told = refused.value.result["error"]
    assert (told["kind"], told["option"]) == ("invalid_option", says.removeprefix("^").partition(":")[0])
    assert list((tmp_path / "site").iterdir()) == []


def test_a_ledger_that_is_missing_is_an_error_and_not_a_site_of_nothing(
    tmp_path: Path, asked: dict[str, Any]
) -> None:
    with pytest.raises(AnsibleActionFail) as refused:
        run({**asked, "ledger": f"sqlite:///{tmp_path}/none.db"})
    assert refused.value.result["error"]["kind"] == "ledger"
    assert list((tmp_path / "site").iterdir()) == []


def test_a_template_that_cannot_be_rendered_is_named(tmp_path: Path, asked: dict[str, Any]) -> None:
    (tmp_path / "site.html.j2").write_text("{{ nothing.of.this }}")
    with pytest.raises(AnsibleActionFail, match=r"^templates: site.html.j2 cannot be rendered: 'nothing'"):
        run({**asked, "templates": [str(tmp_path)]})
