# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plan mode adds to results of a check run (design/playbooks.md#plan-mode)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_placeholders import (
    with_placeholder,
)

CHANGED = {"changed": True}
NO_CHECK_MODE = {
    "changed": False,
    "skipped": True,
    "msg": "remote module (openstack.cloud.network) does not support check mode",
}
MISSING = {"changed": False, "failed": True, "msg": "No Network found for app"}


def told(module: str, result: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    return with_placeholder(f"openstack.cloud.{module}", {"name": "app", **arguments}, result)


@pytest.mark.parametrize(
    ("module", "key", "result"),
    [("server", "server", CHANGED), ("network", "network", NO_CHECK_MODE), ("subnet", "subnet", MISSING)],
)
def test_what_would_be_made_is_returned_and_marked(module: str, key: str, result: dict[str, Any]) -> None:
    found = told(module, result)
    assert found["changed"] is True
    assert "failed" not in found and "skipped" not in found
    assert (found["id"], found[key]["id"], found[key]["name"]) == ("app", "app", "app")
    assert found["planned"] is True and found[key]["planned"] is True
    assert found[key]["access_ipv4"] == "app.planned.invalid"


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("subnet", "SubnetModule._build_params() missing 1 required positional argument: 'subnet_pool'"),
        ("volume", "Task failed: Module failed: too many values to unpack (expected 2)"),
    ],
)
def test_a_module_that_fails_in_check_mode_only_would_change_something(module: str, says: str) -> None:
    """As openstack.cloud 2.6.0 does where the subnet is there, and where the volume is to grow."""
    found = told(module, {"changed": False, "failed": True, "msg": says})
    assert (found["changed"], found[module]["id"]) == (True, "app")
    other = {"changed": False, "failed": True, "msg": says}
    assert told("server", other) == other


def test_what_stays_as_it_is_and_is_not_told_of_is_found_by_its_name() -> None:
    found = told("server", {"changed": False})
    assert (found["changed"], found["server"]["id"]) == (False, "app")
    assert told("server", {"changed": False}, state="absent") == {"changed": False}


def test_what_a_module_tells_of_it_itself_is_kept() -> None:
    found = told("volume", {"changed": True, "volume": {"name": "app", "size": 100, "id": None}})
    assert (found["volume"]["size"], found["volume"]["id"]) == (100, "app")
    there = {"changed": True, "volume": {"id": "v-1", "size": 10}}
    assert told("volume", there) == there


@pytest.mark.parametrize(
    "result",
    [
        {"changed": False, "server": {"id": "s-1"}},
        {"changed": False, "failed": True, "msg": "The request you have made requires authentication."},
        {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"},
    ],
)
def test_what_is_there_or_fails_or_is_left_out_stays_as_it_is(result: dict[str, Any]) -> None:
    assert told("server", result) == result


def test_nothing_is_made_up_of_what_goes_or_of_other_modules() -> None:
    assert told("server", CHANGED, state="absent") == CHANGED
    assert told("quota", CHANGED) == CHANGED
    assert with_placeholder("amazon.aws.ec2_instance", {"name": "x"}, CHANGED) == CHANGED
