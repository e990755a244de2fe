# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan is shown by the program that wrote it, and nothing of it is left behind
(design/estimates.md#a-plan-as-terraform-writes-it).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate import terraform_show
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_file import load_plan
from ansible_collections.finops.cloud.plugins.module_utils._estimate.terraform_show import show_plan

TARGETS = Path(__file__).parents[5] / "tests" / "integration" / "targets"
PROGRAM = str(TARGETS / "budget_gate_role" / "files" / "terraform")
SHOWN = (Path(__file__).parent / "plans" / "three_tier.json").read_bytes()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An initialized configuration with a plan, and a temporary folder that nobody else uses."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    folder = tmp_path / "shop"
    (folder / ".terraform").mkdir(parents=True)
    (folder / "tfplan").write_bytes(b"PK\n" + SHOWN)
    return folder


def left_behind(project: Path) -> list[str]:
    return os.listdir(project.parent / "temporary")


def test_what_terraform_shows_is_the_plan_and_its_hash_is_that_of_the_file(project: Path) -> None:
    (project / "plan.json").write_bytes(SHOWN)
    shown = show_plan(str(project / "tfplan"), PROGRAM, None)
    assert shown == load_plan(str(project / "plan.json"))
    assert len(shown.changes) > 5
    assert shown.sha256 == hashlib.sha256((project / "tfplan").read_bytes()).hexdigest()
    assert left_behind(project) == []


def test_the_program_runs_in_the_folder_of_the_configuration(project: Path, tmp_path: Path) -> None:
    (tmp_path / "tfplan").write_bytes((project / "tfplan").read_bytes())
    with pytest.raises(InvalidOption, match=r"ended with 1: Error: Failed to load plugin schemas"):
        show_plan(str(tmp_path / "tfplan"), PROGRAM, None)
    assert show_plan(str(tmp_path / "tfplan"), PROGRAM, str(project)).changes


def test_what_is_shown_is_a_private_copy_of_what_was_hashed(project: Path, tmp_path: Path) -> None:
    """Whoever swaps the file while Terraform reads it has another plan judged than is hashed."""
    swap = project / "swap"
    swap.write_text(
        '#!/bin/sh\n[ "$(stat -c %a "$4")" = 600 ] || exit 65\n'
        f'echo PK > "{project}/tfplan"\nexec "{PROGRAM}" "$@"\n'
    )
    swap.chmod(0o700)
    before = hashlib.sha256((project / "tfplan").read_bytes()).hexdigest()
    previous = os.umask(0)
    try:
        shown = show_plan(str(project / "tfplan"), str(swap), None)
    finally:
        os.umask(previous)
    assert (project / "tfplan").read_text() == "PK\n"
    assert shown.sha256 == before
    assert shown.changes


def test_what_it_says_of_a_failure_is_short_and_without_secrets(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_PASSWORD", "geheim")
    (project / "tfplan").write_text("no plan")
    with pytest.raises(InvalidOption) as refused:
        show_plan(str(project / "tfplan"), PROGRAM, None)
    says = (
        f"tfplan: {PROGRAM} cannot show '{project}/tfplan' in {project}, and ended with 1: Error: Failed to"
        " read the given file as a state or plan file It is not one."
    )
    assert str(refused.value) == says
    (project / ".terraform").rmdir()
    with pytest.raises(InvalidOption, match=r"The login \*\*\*\*\*\*\*\* is not needed") as refused:
        show_plan(str(project / "tfplan"), PROGRAM, None)
    assert "geheim" not in str(refused.value)
    loud = project / "loud"
    loud.write_text("#!/bin/sh\nyes '\x1b[31mno' | head -c 100000 >&2\nexit 3\n")
    loud.chmod(0o700)
    with pytest.raises(InvalidOption, match=r"ended with 3: \\x1b\[31mno ") as refused:
        show_plan(str(project / "tfplan"), str(loud), None)
    assert (
        len(str(refused.value))
        < 200 + len(f"tfplan: {loud} cannot show '{project}/tfplan' in {project}") + 40
    )
    assert left_behind(project) == []


def test_a_program_that_does_not_end_is_ended(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_show, "_LONGEST_S", 0.1)
    hanging = project / "hanging"
    hanging.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    hanging.chmod(0o700)
    with pytest.raises(InvalidOption, match=r"^tfplan: .* did not show '.*/tfplan' within 0.1 seconds.$"):
        show_plan(str(project / "tfplan"), str(hanging), None)
    assert left_behind(project) == []


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("no-such-terraform", r"^terraform: 'no-such-terraform' cannot be run: No such file or directory; "),
        ("{project}/tfplan", r"^terraform: '.*/tfplan' cannot be run: Permission denied; "),
        ("a\0b", r"^terraform: 'a\\x00b' cannot be run: it has no such name; install it, or give its path.$"),
        ("true", r"^tfplan: what true shows of '.*/tfplan' is empty: terraform show may have failed; "),
        ("false", r"^tfplan: false cannot show '.*/tfplan' in .*, and ended with 1: it did not say why.$"),
        (
            "echo",
            r"^tfplan: what echo shows of '.*/tfplan' is not a plan in JSON; write one with terraform plan",
        ),
    ],
)
def test_a_program_that_shows_no_plan_is_one_sentence(project: Path, program: str, says: str) -> None:
    with pytest.raises(InvalidOption, match=says):
        show_plan(str(project / "tfplan"), program.replace("{project}", str(project)), None)
    assert left_behind(project) == []


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (
            {"format_version": "1.0", "values": {"password": "geheim"}},
            "is not a plan; it may be a state. Write one with terraform plan -out.",
        ),
        (
            {"format_version": "0.2", "password": "geheim"},
            "has format 0.2; format 1 is supported; use Terraform 1.1",
        ),
        (["geheim"], "is not a plan in JSON"),
    ],
)
def test_what_is_shown_and_is_no_plan_is_refused_without_a_word_of_it(
    project: Path, shown: object, says: str
) -> None:
    (project / "tfplan").write_text("PK\n" + json.dumps(shown))
    with pytest.raises(InvalidOption, match=re.escape(says)) as refused:
        show_plan(str(project / "tfplan"), PROGRAM, None)
    assert "geheim" not in str(refused.value)


def test_a_plan_or_a_folder_that_is_not_there_is_one_sentence(project: Path) -> None:
    with pytest.raises(InvalidOption, match=r"^tfplan: '/not/there' cannot be read: No such file"):
        show_plan("/not/there", PROGRAM, None)
    with pytest.raises(InvalidOption, match=r"^tfplan: '.*' cannot be read: it is a folder and not a file"):
        show_plan(str(project), PROGRAM, None)
    with pytest.raises(InvalidOption, match=r"^terraform_project_path: '/not/there' is not a folder.$"):
        show_plan(str(project / "tfplan"), PROGRAM, "/not/there")
