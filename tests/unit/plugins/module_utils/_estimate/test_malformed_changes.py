# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A resource change that is no change is refused in a sentence, whatever it is instead: a plan comes from a
pipeline, and nobody has looked at it (design/estimates.md#unknown-lines).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_file import load_plan

SERVER: dict[str, Any] = {
    "address": "openstack_compute_instance_v2.web",
    "mode": "managed",
    "type": "openstack_compute_instance_v2",
    "provider_name": "registry.terraform.io/terraform-provider-openstack/openstack",
    "change": {"actions": ["create"], "before": None, "after": {"flavor_name": "small"}},
}


def plan(folder: Path, *changes: Any) -> str:
    path = folder / "plan.json"
    path.write_text(json.dumps({"format_version": "1.2", "resource_changes": list(changes)}))
    return str(path)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(None, id="nothing"),
        pytest.param("secret", id="text"),
        pytest.param(["secret"], id="a list"),
        *(
            pytest.param({**SERVER, key: value}, id=f"{key} is {json.dumps(value)}")
            for key in ("address", "type", "provider_name")
            for value in (None, 7, ["secret"])
        ),
        *(
            pytest.param({**SERVER, "change": value}, id=f"change is {json.dumps(value)}")
            for value in (None, "create", ["create"], {}, {"actions": None})
        ),
        *(
            pytest.param({**SERVER, "change": {"actions": value}}, id=f"actions is {json.dumps(value)}")
            for value in ("create", {"create": True}, 1, ["create", None], [["create"]])
        ),
    ],
)
def test_what_is_no_change_is_refused(tmp_path: Path, change: Any) -> None:
    with pytest.raises(InvalidOption, match="^terraform_plan: .* has a malformed resource change") as refused:
        load_plan(plan(tmp_path, SERVER, change))
    assert "secret" not in str(refused.value)


def test_a_change_needs_no_more_than_is_read_of_it(tmp_path: Path) -> None:
    bare = {key: value for key, value in SERVER.items() if key != "mode"}
    assert load_plan(plan(tmp_path, SERVER, bare)).changes == (SERVER, bare)
