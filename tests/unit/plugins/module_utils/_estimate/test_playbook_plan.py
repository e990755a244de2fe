# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a playbook is read as it was written, and nothing else passes for one
(design/playbooks.md#the-plan).
"""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_plan import (
    PlaybookPlan,
    UnknownTask,
    load_playbook_plan,
    load_receipt,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_record import (
    PlaybookRecord,
    TaskPlace,
    TaskRun,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TASK = TaskPlace("Make it", "openstack.cloud.server", "site.yml:7")


def written(is_check: bool = True) -> dict[str, Any]:
    record = PlaybookRecord(is_check)
    arguments = {"name": "web", "flavor": "a2", "network": "app", "metadata": {"team": "shop"}}
    record.passed(TaskRun(TASK, "localhost", arguments, "prod", None, False, False))
    record.begin_play({"1": TaskPlace("Later", "openstack.cloud.volume", "site.yml:9")})
    told: dict[str, Any] = json.loads(json.dumps(record.to_result()))
    return told


def loaded(tmp_path: Path, content: object) -> PlaybookPlan:
    path = tmp_path / "plan.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load_playbook_plan(str(path))


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = loaded(tmp_path, written())
    web, address = plan.lines
    assert (web.resource.name, web.resource.size, web.resource.tags) == ("web", "a2", {"team": "shop"})
    assert (web.cloud, web.region, web.anew) == ("prod", None, False)
    assert (address.resource.kind, address.resource.certain) == ("floating_ip", False)
    later = UnknownTask("Later", "openstack.cloud.volume", "the run did not reach it", "site.yml:9")
    assert (web.task, plan.unknown) == (TASK, (later,))
    assert plan.sha256 == hashlib.sha256((tmp_path / "plan.json").read_bytes()).hexdigest()


def test_a_plan_that_is_not_complete_is_unknown_even_if_it_does_not_say_why(tmp_path: Path) -> None:
    told = {**written(), "not_reached": [], "lines": []}
    assert loaded(tmp_path, told).unknown == (
        UnknownTask("the plan of the playbook", "", "it is not complete, and does not say why"),
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is not the plan of a playbook; write one with the playbook finops.cloud.price."),
        ("hush: me", "is not the plan of a playbook"),
        ("[1]", "is not the plan of a playbook"),
        ({"format_version": "1.2"}, "is not the plan of a playbook"),
        ({**written(), "version": 2}, "is of another version than 1"),
        (written(is_check=False), "tells what a playbook has made, and not what it would make."),
        ({**written(), "kind": "x"}, "is a malformed plan"),
        ({**written(), "lines": [1]}, "is a malformed plan"),
        ({**written(), "lines": [{"kind": "instance"}]}, "is a malformed plan"),
        ({key: value for key, value in written().items() if key != "unknown"}, "is a malformed plan"),
    ],
)
def test_any_other_file_is_refused_in_one_sentence(tmp_path: Path, content: object, says: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        loaded(tmp_path, content)
    assert says in str(refused.value)
    assert str(refused.value).startswith("playbook_plan: ") and "hush" not in str(refused.value)


def test_a_real_run_has_made_nothing_of_what_it_did_not_reach(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(written(is_check=False)))
    assert load_receipt(str(path)).unknown == ()
    path.write_text(json.dumps(written()))
    with pytest.raises(InvalidOption, match=r"^playbook_receipt: .* would make, and not what it has made\.$"):
        load_receipt(str(path))


HOLD = {"name": "shop-1", "generation": 2, "plan_sha256": "9c0e"}


@pytest.mark.parametrize("hold", [None, HOLD, {**HOLD, "plan_sha256": None}])
def test_a_receipt_says_of_which_hold_it_is(tmp_path: Path, hold: dict[str, Any] | None) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps({**written(is_check=False), "hold": hold}))
    assert load_receipt(str(path)).hold == hold


@pytest.mark.parametrize(
    "hold",
    [
        1,
        {},
        {"name": "shop-1"},
        {**HOLD, "name": 1},
        {**HOLD, "generation": True},
        {**HOLD, "plan_sha256": 1},
    ],
)
def test_a_receipt_of_another_kind_of_hold_is_refused(tmp_path: Path, hold: object) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps({**written(is_check=False), "hold": hold}))
    with pytest.raises(InvalidOption, match="is a malformed receipt"):
        load_receipt(str(path))


def test_a_plan_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="cannot be read: No such file or directory; write one"):
        load_playbook_plan(str(tmp_path / "none.json"))


ODD: st.SearchStrategy[Any] = st.sampled_from([None, True, -1, 0, 1.5, "", "x", [], [None], {}, {"x": 1}])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_plan_is_read_or_refused_in_one_sentence(tmp_path: Path, data: st.DataObject) -> None:
    told = deepcopy(written())
    holder: Any = data.draw(
        st.sampled_from([told, told["lines"][0], told["lines"][1], told["not_reached"][0]])
    )
    holder[data.draw(st.sampled_from(sorted(holder)))] = data.draw(ODD)
    try:
        plan = loaded(tmp_path, told)
    except InvalidOption:
        return
    assert plan.unknown or len(plan.lines) == 2
