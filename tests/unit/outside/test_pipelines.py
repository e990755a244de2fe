# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pipelines of examples/ and our own are valid by the schemas that GitLab and GitHub's community publish,
which check-jsonschema brings. Jenkins publishes none.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ..examples.test_examples import EXAMPLES, PIPELINES, ROOT

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
    ("path", "schema", "key"),
    [
        (EXAMPLES / "gitlab" / PIPELINES["gitlab"], "vendor.gitlab-ci", "rules"),
        (EXAMPLES / "github" / PIPELINES["github"], "vendor.github-workflows", "runs-on"),
        (ROOT / ".gitlab-ci.yml", "vendor.gitlab-ci", "rules"),
        (ROOT / ".github" / "workflows" / "ci.yml", "vendor.github-workflows", "runs-on"),
    ],
)
def test_a_pipeline_is_valid(tmp_path: Path, path: Path, schema: str, key: str) -> None:
    said = check(schema, path)
    assert said.returncode == 0, said.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text(path.read_text(encoding="utf-8").replace(f"{key}:", f"{key}s:"), encoding="utf-8")
    assert check(schema, broken).returncode == 1
