# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task shows of a file that is none of its kind, and of a ledger's URL: never what is secret in it
(design/ansible.md#secrets, design/ansible.md#files).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import basic

from .conftest import Run

SHADOW = "root:$6$geheim$geheim:19000:0:99999:7:::"
#: Files that a task may name by mistake, or by malice.
FILES = {
    "shadow": f"{SHADOW}\nanna:geheim:19000::::::\n".encode(),
    "one line": b"geheim",
    "columns": b"geheim,geheim2\ngeheim3,geheim4\n",
    "doubled columns": b"geheim,geheim\n1,2\n",
    "an open quote": b'"geheim\ngeheim',
    "no text": b"\xff\xfegeheim\x00",
    "other lines": "geheim;geheim\r\ngeheim\tgeheim".encode("utf-16"),
    "YAML": b"password: geheim\n  bad: [geheim\n",
    "broken JSON": b'{"password": "geheim", geheim',
    "JSON": b'{"password": "geheim", "resources": ["geheim"]}',
    "a list": b'["geheim"]',
    "doubled keys": b'{"geheim": 1, "geheim": 2}',
    "a number": b"geheim1e400",
}
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("cost_import_file", {"files": ["{folder}/it"], "source": "bills", "format": "focus"}),
    (
        "cost_import_file",
        {
            "files": ["{folder}/it"],
            "source": "bills",
            "format": "csv",
            "columns": {"amount": "Cost", "occurred_at": "Date"},
            "values": {"currency": "CHF", "category": "other"},
        },
    ),
    ("cost_estimate_info", {"terraform_plan": "{folder}/it", "cloud": "sandbox"}),
]


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
@pytest.mark.parametrize(("module", "options"), TASKS)
def test_a_file_that_is_no_bill_or_plan_is_named_and_not_quoted(
    run: Run, tmp_path: Path, module: str, options: dict[str, Any], content: bytes
) -> None:
    (tmp_path / "it").write_bytes(content)
    result = run(module, options)
    assert result["failed"]
    assert result["error"]["kind"] == "invalid_option"
    assert result["error"]["option"].split(".")[0] in ("files", "columns", "encoding", "terraform_plan")
    assert "geheim" not in json.dumps(result)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:geheim@127.0.0.1:1/d",
        "postgresql+psycopg://u:ge%68eim@127.0.0.1:1/d",
        "postgresql://127.0.0.1:1/d?user=u&password=geheim",
        "postgresql://127.0.0.1:1/d?pass%77ord=geheim",
        "postgresql://127.0.0.1:1/d?pass%77ord=gehei%6D",
        "postgresql://127.0.0.1:1/d?sslpassword=geheim",
        "postgresql://u:geheim@127.0.0.1:port/d",
        "postgres://u:geheim@127.0.0.1:1/d",
        "POSTGRESQL://u:geheim@127.0.0.1:1/d",
        "host=127.0.0.1 port=1 user=u password=geheim",
        "host=127.0.0.1 port=1 user=u password = 'geheim'",
        r"password='\'geheim' host=127.0.0.1",
        "password=geheim",
        "password=geheim://",
        "u:geheim@127.0.0.1/d",
        "mysql://u:geheim@127.0.0.1/d",
        "mysql://127.0.0.1/d?password=geheim",
    ],
)
@pytest.mark.parametrize("by", ["option", "environment"])
def test_the_password_of_a_ledger_is_in_no_result_and_no_log(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str, by: str
) -> None:
    options: dict[str, Any] = {"ledger_timeout": 2}
    if by == "option":
        options["ledger"] = url
    else:
        monkeypatch.setenv("FINOPS_LEDGER", url)
    with mock.patch.object(basic.syslog, "syslog") as log:
        result = run("cost_budget_info", options)
    assert result["failed"]
    assert result["error"]["kind"] in ("ledger", "invalid_option")
    assert log.call_count
    for shown in (json.dumps(result), str(log.call_args_list)):
        assert "geheim" not in shown
        assert "ge%68eim" not in shown
        assert "gehei%6D" not in shown


@pytest.mark.parametrize(
    "host", ["admin:geheim@127.0.0.1:1", "https://admin:geheim@127.0.0.1:1", "geheim@127.0.0.1"]
)
@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_password_in_the_name_of_a_host_is_refused_and_not_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch, host: str, by: str
) -> None:
    options: dict[str, Any] = {}
    if by == "option":
        options["host"] = host
    else:
        monkeypatch.setenv("VERGE_HOST", host)
    with mock.patch.object(basic.syslog, "syslog") as log:
        result = run("vergeos_billing_info", options)
    assert result["msg"].startswith("host: has a user or a password in it; give them as `username` and")
    assert log.call_count
    assert "geheim" not in json.dumps(result) + str(log.call_args_list)
