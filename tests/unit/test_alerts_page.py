# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/alerts.md tells the truth: its tasks send what was fired to a receiver, once, and again where the
receiver failed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets import alerts, budgets
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import CostRecord, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars: {chat_webhook: "%(url)s/chat", pager_url: "%(url)s/pager"}
  tasks:
    - block: [{ansible.builtin.include_tasks: chat.yml}]
      rescue: [{ansible.builtin.debug: {msg: The chat was down}}]
    - ansible.builtin.include_tasks: chat.yml
    - ansible.builtin.include_tasks: webhook.yml
"""


def block(name: str) -> str:
    """The tasks of the page that begin with their file's name."""
    return PAGE.split(f"```yaml\n# {name}\n")[1].partition("```")[0]


@contextmanager
def receiver(refuse: int) -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """A server on loopback, and what it was sent: path and body. It refuses the first requests."""
    received: list[tuple[str, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append((self.path, body))
            self.send_response(503 if len(received) <= refuse else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


def waiting(options: LedgerOptions, consumer: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = status(options, None, Rates(), now_utc(), consumer)["alerts"]
    return told


@pytest.mark.heavy
def test_the_pages_tasks_send_each_alert_until_it_was_received(tmp_path: Path) -> None:
    options, now = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db"), now_utc()
    task = budgets.BudgetTask(name="shop", limit="500", currency="CHF", period="yearly", fed_by="entries")
    budgets.apply(options, task, Rates(), now, False, "me")
    cost = CostRecord(key="invoice", source="manual", amount="406", currency="CHF", category="other")
    record(options, [cost], now, "me", False, alerts.watch(Rates(), now, "me"))
    fired = waiting(options, "mail")
    with receiver(refuse=1) as (url, received):
        for name in ("chat.yml", "webhook.yml"):
            (tmp_path / name).write_text(block(name))
        (tmp_path / "playbook.yml").write_text(PLAYBOOK % {"url": url})
        program = Path(sys.executable).with_name("ansible-playbook")
        environment = {**os.environ, "FINOPS_LEDGER": str(options.url)}
        ended = subprocess.run(
            [program, "playbook.yml"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stdout
    text = "\n".join(alert["message"] for alert in fired)
    assert text.startswith("shop: 81.2 % of CHF 500 is spent: CHF 406 from ")
    assert received == [("/chat", {"text": text})] * 2 + [
        ("/pager", alert) for alert in waiting_then(fired, "chat")
    ]
    assert (waiting(options, "chat"), waiting(options, "pager")) == ([], [])
    assert [alert["id"] for alert in waiting(options, "mail")] == [alert["id"] for alert in fired]


def waiting_then(fired: list[dict[str, Any]], *consumers: str) -> list[dict[str, Any]]:
    """The alerts as they are once these consumers have acknowledged them."""
    return [{**alert, "acknowledged_by": list(consumers)} for alert in fired]


def test_the_example_of_a_message_is_one() -> None:
    """The sentence of the page is that of the module's documentation, which the tests hold to what is
    returned.
    """
    from ansible_collections.finops.cloud.plugins.modules import cost_budget

    sentence = " ".join(PAGE.split("```text\n")[1].partition("```")[0].split())
    assert sentence.replace("shop: ", "production: ") in " ".join(cost_budget.RETURN.split())
