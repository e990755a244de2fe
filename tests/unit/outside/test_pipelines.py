# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pipelines of examples/ are valid by the schemas that GitLab and GitHub's community publish, which
check-jsonschema brings. Jenkins publishes none.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ..examples.test_examples import EXAMPLES, PIPELINES

pytestmark = pytest.mark.outside


def check(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(os.environ["OUTSIDE"]) / "check-jsonschema"
    transform = ["--data-transform", "gitlab-ci"] if schema == "vendor.gitlab-ci" else []
    return subprocess.run(
        [str(program), "--builtin-schema", schema, *transform, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("system", "schema", "key"),
    [("gitlab", "vendor.gitlab-ci", "rules"), ("github", "vendor.github-workflows", "runs-on")],
)
def test_a_pipeline_is_valid(tmp_path: Path, system: str, schema: str, key: str) -> None:
    path = EXAMPLES / system / PIPELINES[system]
    said = check(schema, path)
    assert said.returncode == 0, said.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text(path.read_text(encoding="utf-8").replace(f"{key}:", f"{key}s:"), encoding="utf-8")
    assert check(schema, broken).returncode == 1
