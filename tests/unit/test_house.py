# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house: imports run one way, only _ansible knows Ansible, and third parties are imported where they are used (rule W2)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
#: Each room may import those before it, and itself.
ROOMS = (
    "_core",
    "_cloud",
    "_vergeos",
    "_store",
    "_metering",
    "_pricing",
    "_feeds",
    "_budget",
    "_tracking",
    "_export",
    "_ansible",
)
OURS = "ansible_collections.finops.cloud.plugins.module_utils."
FACE = ROOT / "plugins" / "module_utils" / "cost_management.py"
FILES = sorted((ROOT / "plugins" / "module_utils").rglob("*.py"))


def imported(nodes: list[ast.stmt]) -> set[str]:
    """The modules that these statements import, an `if TYPE_CHECKING:` left out."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {
                f"{node.module}.{one.name}" if f"{node.module}.".startswith(OURS) else str(node.module)
                for one in node.names
            }
    return names


def test_imports_run_one_way() -> None:
    assert len(FILES) > 20
    for path in FILES:
        room = path.parent.name
        # The public face stands before all rooms but the one that knows Ansible (rule L5).
        allowed = ROOMS[: ROOMS.index("_ansible" if path == FACE else room) + (path != FACE)]
        for name in imported(list(ast.walk(ast.parse(path.read_text())))):  # type: ignore[arg-type]
            if name.startswith(OURS):
                assert name.removeprefix(OURS).split(".")[0] in allowed, f"{path.name} in {room} imports {name}"


def test_only_one_room_knows_ansible_and_nobody_needs_a_library_to_be_imported() -> None:
    for path in FILES:
        names = {name.split(".")[0] for name in imported(ast.parse(path.read_text()).body) if not name.startswith(OURS)}
        known = sys.stdlib_module_names | ({"ansible"} if path.parent.name == "_ansible" else set())
        assert names <= known, f"{path} imports {sorted(names - known)} when it is imported"


def test_every_module_is_in_its_action_groups_and_takes_their_options() -> None:
    """Rule W4: a module that takes the connection options is a member of group cloud, one that takes a ledger of group ledger."""
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    spread = {
        "cloud": "cloud_arguments.CONNECTION",
        "vergeos": "vergeos_arguments.CONNECTION",
        "ledger": "arguments.LEDGER",
    }
    for group, text in spread.items():
        members = {name for name in groups[group] if isinstance(name, str)}
        takes = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if f"**{text}," in path.read_text()}
        assert members == takes
    assert {"metadata": {"extend_group": ["openstack.cloud.openstack"]}} in groups["cloud"]


def test_no_file_hides_the_sdk() -> None:
    assert not [path for path in (ROOT / "plugins").rglob("*.py") if path.stem in ("openstack", "sqlalchemy", "yaml")]


def test_execution_environments_install_what_users_install() -> None:
    def packages(name: str) -> list[str]:
        return sorted(line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#"))

    assert packages("requirements.txt") == packages("meta/ee-requirements.txt")
