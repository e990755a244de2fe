# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Terraform or OpenTofu shows the plan that it wrote (design/estimates.md#a-plan-as-terraform-writes-it).

What is shown is a copy that nobody else can write to: it is the plan of which the SHA-256 is told, whatever
happens to the file meanwhile. What Terraform writes goes into files without a name.
"""

from __future__ import annotations

import hashlib
import os
import subprocess  # nosec B404 - how it is called is checked
import tempfile
from pathlib import Path
from typing import BinaryIO

from .._core.errors import InvalidOption
from .._core.masking import Secrets
from .._core.trusted_paths import read_input
from .plan_file import Plan, PlanInput, parse_plan

_OPTION = "tfplan"
#: It reads a file and asks providers for their schemas, which takes seconds.
_LONGEST_S = 600
#: How much of what it says is looked at, in bytes: a message has 200 characters of it.
_LONGEST_MESSAGE = 4096
#: The frame that it draws around an error.
_FRAME = str.maketrans("╷│╵", "   ")


def show_plan(path: str, program: str, project_path: str | None) -> Plan:
    """The plan in a file that `terraform plan -out` wrote.

    program: terraform or tofu, or the path of it. project_path: the folder with the configuration that it is
    a plan of; None for that of the file. Raises InvalidOption, also where the program is missing or fails.
    """
    try:
        raw = read_input(Path(path))
    except OSError as error:
        raise InvalidOption(_OPTION, f"'{path}' cannot be read: {error.strerror}.") from error
    folder = Path(project_path) if project_path is not None else Path(path).absolute().parent
    if not folder.is_dir():
        raise InvalidOption("terraform_project_path", f"'{folder}' is not a folder.")
    # Python makes it for this user only.
    with tempfile.NamedTemporaryFile(prefix="finops-plan-") as copy:
        try:
            copy.write(raw)
            copy.flush()
        except OSError as error:
            raise InvalidOption(_OPTION, f"'{path}' cannot be copied: {error.strerror}.") from error
        shown = _shown(path, program, copy.name, folder)
    as_input = PlanInput(_OPTION, f"what {program} shows of '{path}'", "write one with terraform plan -out")
    return parse_plan(shown, as_input, hashlib.sha256(raw).hexdigest())


def _shown(path: str, program: str, copy: str, folder: Path) -> bytes:
    """What the program says of the copy, as JSON. path: what the copy is of."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        try:
            # A list of arguments, and no shell; the room knows no module whose run_command() it could call.
            ended = subprocess.run(  # nosec B603 # pylint: disable=ansible-bad-function
                [program, "show", "-json", "-no-color", copy],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=complained,
                timeout=_LONGEST_S,
                check=False,
            )
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or "it has no such name"
            raise InvalidOption(
                "terraform", f"'{program}' cannot be run: {why}; install it, or give its path."
            ) from error
        except subprocess.TimeoutExpired as error:
            raise InvalidOption(
                _OPTION, f"{program} did not show '{path}' within {_LONGEST_S} seconds."
            ) from error
        if ended.returncode != 0:
            raise InvalidOption(
                _OPTION,
                f"{program} cannot show '{path}' in {folder}, and ended with {ended.returncode}:"
                f" {_message(complained)}",
            )
        said.seek(0)
        return said.read()


def _message(complained: BinaryIO) -> str:
    """What it said of a failure: short, on one line, and without the secrets of the environment."""
    complained.seek(0)
    text = complained.read(_LONGEST_MESSAGE).decode(errors="replace").translate(_FRAME)
    secrets = Secrets()
    secrets.remember_credentials({name.lower(): value for name, value in os.environ.items()})
    return secrets.format_line(text.strip()) or "it did not say why."
