# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scan sees a secret in whatever spelling it is shown, so that its silence says something."""

from __future__ import annotations

import base64
import html
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import yaml

from .scan import Secret, files_below, new_secret, shown, shown_by

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a line": "ledger=postgresql://u:{}@h/d failed".format,
    "URL": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "Python": repr,
    "YAML": lambda text: yaml.safe_dump({"password": text}, width=20),
    "XML": html.escape,
    "a warning in a narrow terminal": lambda text: "\n".join(textwrap.wrap(text, 10)),
    "basic": lambda text: base64.b64encode(f"admin:{text}".encode()).decode(),
    "basic of another length": lambda text: base64.b64encode(f"anna:{text}".encode()).decode(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for a URL": lambda text: base64.urlsafe_b64encode(f"x{text}".encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
}


@pytest.fixture
def secret() -> Secret:
    return new_secret("geheim")


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_seen_in_every_spelling(secret: Secret, spelling: Callable[[str], str]) -> None:
    assert shown(spelling(secret.text).encode(), [secret])
    assert not shown(spelling(new_secret("geheim").text).encode(), [secret])


@pytest.mark.parametrize("spelling", [SPELLINGS["plain"], SPELLINGS["basic"]])
@pytest.mark.parametrize("token", [f"sandbox-{'aZ-_9' * 7}", f"unscoped-{'b' * 32}"])
def test_tokens_are_seen_that_nobody_knows(token: str, spelling: Callable[[str], str]) -> None:
    assert shown(spelling(token).encode(), ())


def test_a_file_is_looked_at_and_its_name(secret: Secret, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "state").write_text(secret.text)
    (tmp_path / secret.core).touch()
    (tmp_path / "other").write_text("nothing")
    assert set(shown_by(files_below(tmp_path), [secret])) == {"deep/state", secret.core}
