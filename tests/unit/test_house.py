# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house: imports run one way, only _ansible knows Ansible, and third parties are imported where they are
used (design/ansible.md#third-party-libraries).
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
#: What each room may import besides itself.
ARROWS: dict[str, set[str]] = {
    "_core": set(),
    "_openstack": {"_core"},
    "_vergeos": {"_core"},
    "_infomaniak": {"_core"},
    "_ledger": {"_core"},
    "_usage": {"_core", "_openstack", "_infomaniak"},
    "_records": {"_core", "_openstack", "_vergeos", "_ledger"},
    "_cost": {"_core", "_openstack", "_infomaniak", "_ledger"},
    "_estimate": {"_core", "_openstack", "_infomaniak"},
    "_imports": {"_core", "_openstack", "_vergeos", "_infomaniak", "_ledger"},
    "_budgets": {"_core", "_ledger"},
    "_savings": {"_core", "_openstack", "_usage", "_cost", "_estimate", "_ledger", "_budgets"},
}
ARROWS["_export"] = set(ARROWS)
ARROWS["_python"] = {"_core", "_ledger", "_imports", "_budgets"}
ARROWS["_ansible"] = set(ARROWS)
MODULE_UTILS = ROOT / "plugins" / "module_utils"
#: The one public file stands before the rooms that a program uses.
FACE = MODULE_UTILS / "cost_management.py"
FACE_ARROWS = ARROWS["_python"] | {"_python"}
FILES = sorted(MODULE_UTILS.rglob("*.py"))


def imports_of(path: Path, at_import: bool = False) -> set[str]:
    """The modules that a file imports, our own with the path below module_utils, such as `_core.money`.

    at_import: only those that importing the file imports, not what a function or a type needs.
    """
    tree = ast.parse(path.read_text())
    nodes: list[ast.AST] = list(tree.body) if at_import else list(ast.walk(tree))
    package = path.relative_to(MODULE_UTILS.parent).parts[:-1]
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module]))).removeprefix("module_utils").lstrip(".")
            names |= {f"{module}.{one.name}".lstrip(".") for one in node.names} if node.level else {module}
    return names


def test_rooms_are_those_of_the_map() -> None:
    assert {
        path.name for path in MODULE_UTILS.iterdir() if path.is_dir() and path.name != "__pycache__"
    } == set(ARROWS)


def test_imports_run_one_way() -> None:
    for path in FILES:
        room = path.relative_to(MODULE_UTILS).parts[0]
        allowed = FACE_ARROWS if path == FACE else ARROWS[room] | {room}
        ours = {name for name in imports_of(path) if name.startswith("_") and not name.startswith("__")}
        wrong = {name for name in ours if name.split(".")[0] not in allowed}
        assert not wrong, f"{path.relative_to(MODULE_UTILS)} imports {', '.join(sorted(wrong))}"


def test_our_own_files_are_imported_relatively() -> None:
    ours = "ansible_collections.finops.cloud"
    found = [path for path in (ROOT / "plugins").rglob("*.py") if f"from {ours}" in path.read_text()]
    assert not found


def test_only_one_room_knows_ansible_and_nobody_needs_a_library_to_be_imported() -> None:
    for path in FILES:
        room = path.relative_to(MODULE_UTILS).parts[0]
        names = {name.split(".")[0] for name in imports_of(path, at_import=True) if not name.startswith("_")}
        known = sys.stdlib_module_names | ({"ansible"} if room == "_ansible" else set())
        assert names <= known, f"{path} imports {sorted(names - known)} when it is imported"


def test_no_class_has_the_name_of_another() -> None:
    classes = Counter(
        node.name
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert not [name for name, count in classes.items() if count > 1]


def test_no_shared_file_is_longer_than_a_reader_takes_in() -> None:
    assert not [path.name for path in FILES if len(path.read_text().splitlines()) > 400]


def test_every_module_is_in_its_action_groups_and_takes_their_options() -> None:
    """A module that takes the connection options is a member of group cloud, one that takes a ledger
    of group ledger (design/ansible.md#action-groups).
    """
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    spread = {
        "cloud": "cloud_arguments.CONNECTION",
        "vergeos": "vergeos_arguments.CONNECTION",
        "ledger": "arguments.LEDGER",
    }
    for group, text in spread.items():
        members = {name for name in groups[group] if isinstance(name, str)}
        takes = {
            path.stem
            for room in ("modules", "action")
            for path in (ROOT / "plugins" / room).glob("*.py")
            if f"**{text}," in path.read_text()
        }
        assert members == takes
    assert {"metadata": {"extend_group": ["openstack.cloud.openstack"]}} in groups["cloud"]


def opens_a_file(node: ast.AST) -> bool:
    """Whether a call opens, reads or writes a file by its path."""
    if not isinstance(node, ast.Call):
        return False
    if not isinstance(node.func, ast.Attribute):
        return isinstance(node.func, ast.Name) and node.func.id == "open"
    if node.func.attr != "open":
        return node.func.attr in ("read_bytes", "read_text", "write_bytes", "write_text", "realpath")
    modes = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    named = {one.arg for one in node.keywords}
    return any(set(mode) <= set("rwxabt+") for mode in modes) or bool(named & {"encoding", "newline", "mode"})


def test_files_are_opened_in_one_place() -> None:
    """What somebody else could have laid out is opened by _core/trusted_paths.py and _core/files.py alone
    (design/ansible.md#files). SQLite's own file of mounts is the system's.
    """
    found = {
        str(path.relative_to(ROOT / "plugins"))
        for path in (ROOT / "plugins").rglob("*.py")
        if any(map(opens_a_file, ast.walk(ast.parse(path.read_text()))))
    }
    assert found <= {"module_utils/_ledger/sqlite.py"}


def test_no_file_hides_the_sdk() -> None:
    assert not [path for path in (ROOT / "plugins").rglob("*.py") if path.stem in ("openstack", "yaml")]


def test_execution_environments_install_what_users_install() -> None:
    def packages(name: str) -> list[str]:
        return sorted(
            line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")
        )

    assert packages("requirements.txt") == packages("meta/ee-requirements.txt")
