# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name in a report or a verdict calls nobody, leads nowhere and steers no terminal."""

from __future__ import annotations

import re
from html import unescape

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.visible_text import visible_line
from ansible_collections.finops.cloud.plugins.module_utils._export.render import escape_markdown
from ansible_collections.finops.cloud.plugins.module_utils._export.verdict_markdown import escape_cell
from hypothesis import given
from hypothesis import strategies as st

#: What GitHub and GitLab look for in the text that a page shows (their documentation: mentions, references,
#: autolinks).
CALLS = re.compile(
    r"@\w|[a-z][a-z0-9+.-]*://|\bwww\.\w|mailto:\S|xmpp:\S|#\d|!\d|~\w|&\d|\$\d|%\w", re.IGNORECASE
)
NAMES = (
    "@all",
    "@group/team",
    "owner/repo#12",
    "!7 &8 ~bug $9 %milestone",
    "https://evil.example/?a=1",
    "ftp://evil.example",
    "www.evil.example",
    "WWW.EVIL.example",
    "someone@evil.example",
    "mailto:someone@evil.example",
    "[text](https://evil.example)",
    '<a href="https://evil.example">text</a>',
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("escape", [escape_cell, escape_markdown])
def test_a_name_calls_nobody_and_leads_nowhere(escape: object, name: str) -> None:
    assert callable(escape)
    shown = re.sub(r"\\([^\w\s])", r"\1", unescape(str(escape(name))))
    assert CALLS.search(name)
    assert not CALLS.search(shown)
    assert shown.replace("\u200b", "") == name


def test_what_steers_a_terminal_is_written_out() -> None:
    text = "a\x1b[2J\x1b]0;title\x07b\x9b31m\u202egpj\u2028c\r\nd\u00a0e"
    shown = r"a\x1b[2J\x1b]0;title\x07b\x9b31m\u202egpj c d e"
    assert visible_line(text) == shown
    assert unescape(str(escape_cell(text))) == shown
    assert str(escape_markdown(text)).replace("\\\\", "\\").replace("\\[", "[").replace("\\]", "]") == shown


@given(st.text())
def test_a_line_is_visible_whatever_it_is_made_of(text: str) -> None:
    line = visible_line(text)
    assert line.isprintable()
    if text.isprintable():
        assert line == " ".join(text.split()) or line == text
