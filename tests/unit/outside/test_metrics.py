# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of examples/prometheus by Prometheus' own tool, and the dashboards of examples/grafana by it and
by the types that Grafana publishes, as docs/dashboards.md has it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..examples.test_metrics import DASHBOARDS, RULES, expressions

pytestmark = pytest.mark.outside

TYPES = Path(__file__).parents[2] / "outside" / "dashboard.ts"


def ran(*command: str, folder: Path | None = None) -> tuple[int, str]:
    ended = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
    )
    return ended.returncode, ended.stdout


def test_rules_alert_when_they_should(tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path, dirs_exist_ok=True)
    promtool = os.environ["PROMTOOL"]
    test = ("test", "rules", "finops_rules_test.yml")
    code, said = ran(promtool, "check", "rules", "--lint-fatal", "finops_rules.yml", folder=tmp_path)
    assert code == 0, said
    code, said = ran(promtool, *test, folder=tmp_path)
    assert code == 0, said
    rules = (tmp_path / "finops_rules.yml").read_text()
    (tmp_path / "finops_rules.yml").write_text(rules.replace("_ratio >= 0.9", "_ratio >= 0.96"))
    assert ran(promtool, *test, folder=tmp_path)[0] == 1


def test_dashboards_ask_in_promql(tmp_path: Path) -> None:
    asked = [
        expression.replace("$currency", "chf")
        for path in DASHBOARDS.glob("*.json")
        for expression in expressions(json.loads(path.read_text()))
    ]
    rules = [{"record": f"one:{number}", "expr": one} for number, one in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    code, said = ran(os.environ["PROMTOOL"], "check", "rules", str(tmp_path / "rules.yml"))
    assert (code, f"{len(asked)} rules found" in said) == (0, True), said


def compiled(folder: Path, dashboards: dict[str, Any]) -> tuple[int, str]:
    """What the compiler says of dashboards, as of TypeScript that has them in it."""
    modules = Path(os.environ["NODE_MODULES"])
    (folder / "node_modules").symlink_to(modules)
    for name, content in dashboards.items():
        checked = f"export const checked: Checked = {json.dumps(content)};"
        (folder / f"{name}.ts").write_text(TYPES.read_text() + checked)
    strict = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext")
    command = ("node", str(modules / "typescript" / "bin" / "tsc"), *strict, "--moduleResolution", "bundler")
    return ran(*command, *(f"{name}.ts" for name in dashboards), folder=folder)


def test_dashboards_have_the_types_that_grafana_publishes(tmp_path: Path) -> None:
    dashboards = {path.stem: json.loads(path.read_text()) for path in DASHBOARDS.glob("*.json")}
    broken = {
        "no_such_key": {"gridPosition": {}},
        "no_such_unit": {"fieldConfig": {"defaults": {"unit": 4}, "overrides": []}},
        "no_such_option": {"options": {"colorMode": "valu"}},
    }
    for name, change in broken.items():
        one = json.loads(json.dumps(dashboards["team"]))
        one["panels"][0] |= change
        dashboards[name] = one
    code, said = compiled(tmp_path, dashboards)
    assert code != 0
    assert {line.split(".ts(")[0] for line in said.splitlines() if ".ts(" in line} == set(broken), said
