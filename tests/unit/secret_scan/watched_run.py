# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of ansible-playbook in a home of its own, and all that it printed, wrote and started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .scan import files_below

_SECONDS_BETWEEN_LOOKS = 0.05
#: What a user's shell says of a cloud, a ledger or Ansible must not steer a run.
_DROPPED = ("ANSIBLE_", "FINOPS_", "INFOMANIAK_", "OS_", "PG", "VERGE", "XDG_", "COLUMNS")
_KEPT = ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_LOCALHOST_WARNING")


@dataclass(frozen=True)
class Callbacks:
    """What shows the run: the callback for the screen, the format of its results, and further callbacks."""

    screen: str = "default"
    result_format: str = "json"
    further: tuple[str, ...] = ("junit", "tree")

    def variables(self, written: Path) -> dict[str, str]:
        return {
            "ANSIBLE_STDOUT_CALLBACK": self.screen,
            "ANSIBLE_CALLBACK_RESULT_FORMAT": self.result_format,
            "ANSIBLE_CALLBACKS_ENABLED": ",".join(f"ansible.builtin.{name}" for name in self.further),
            "JUNIT_OUTPUT_DIR": str(written / "junit"),
            "ANSIBLE_CALLBACK_TREE_DIR": str(written / "tree"),
        }


@dataclass(frozen=True)
class WholeRun:
    """texts: all that it showed, by where: `stdout`, `stderr`, each file below its home, and the arguments of
    the processes that ran meanwhile.
    """

    status: int
    home: Path
    texts: Mapping[str, bytes]

    @property
    def printed(self) -> str:
        return self.texts["stdout"].decode()

    def require_traces(self, callbacks: Callbacks) -> None:
        """Hold that what was looked through is what a run leaves, and that it left nothing else behind."""
        names = set(self.texts)
        assert any(b"ansible-playbook" in one for one in self.texts["arguments"].splitlines())
        assert b"localhost" in self.texts["ansible.log"]
        for one in callbacks.further:
            assert any(name.startswith(f"written/{one}/") for name in names), (one, names)
        left = [name for name in names if name.startswith(("tmp/", ".ansible/tmp/"))]
        assert left == []


def whole_run(
    folder: Path,
    playbook: str,
    callbacks: Callbacks,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
) -> WholeRun:
    """Run the playbook, a path or a name, with -vvvv. options and environment are the user's, with secrets in
    them. What is written stands below `home`, and what the user gives beside it.
    """
    home, given = folder / "home", folder / "given"
    for one in (home / "written", home / "tmp", given):
        one.mkdir(parents=True, exist_ok=True)
    (given / "options.json").write_text(json.dumps({**options, "written": str(home / "written")}))
    kept = {
        name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith(_DROPPED)
    }
    variables = {
        **kept,
        "HOME": str(home),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "TMPDIR": str(home / "tmp"),
        "ANSIBLE_LOG_PATH": str(home / "ansible.log"),
        # From ansible-core 2.21 on a result has its task's arguments only where that is asked for.
        "ANSIBLE_INJECT_INVOCATION": "true",
        **callbacks.variables(home / "written"),
        **environment,
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-vvvv", "--diff", playbook, "-e", f"@{given / 'options.json'}"]
    with subprocess.Popen(
        command,
        cwd=home,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        seen = _Arguments()
        stdout, stderr = process.communicate()
        arguments = seen.until_now()
    texts = {"stdout": stdout, "stderr": stderr, "arguments": arguments, **files_below(home)}
    return WholeRun(process.returncode, home, texts)


class _Arguments:
    """Watches the arguments of all processes of the machine, as ps shows them."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN_LOOKS):
            for process in os.listdir("/proc"):
                if process.isdigit():
                    self._look_at(f"/proc/{process}/cmdline")

    def _look_at(self, file: str) -> None:
        try:
            with open(file, "rb") as stream:
                self._seen.add(stream.read())
        except (FileNotFoundError, ProcessLookupError):
            # It has ended.
            return

    def until_now(self) -> bytes:
        """The arguments of every process that was seen."""
        self._ended.set()
        self._thread.join()
        return b"\n".join(self._seen).replace(b"\0", b" ")
