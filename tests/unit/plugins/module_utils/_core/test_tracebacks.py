# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A traceback tells where, and repeats nothing of what a server said."""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LoginFailed
from ansible_collections.finops.cloud.plugins.module_utils._core.tracebacks import format_traceback

ANSWER = "geheim"


class Library(Exception):
    """An error of somebody else's."""


def ask(answer: str) -> None:
    raise Library(answer)


def login(answer: str) -> None:
    try:
        ask(answer)
    except Library as error:
        raise LoginFailed("a token", "https://c/v3", "it is refused", 401) from error


def fail(answer: str) -> None:
    try:
        ask(answer)
    except Library:
        raise ValueError(answer) from None


def test_our_errors_speak_and_others_are_named() -> None:
    with pytest.raises(LoginFailed) as raised:
        login(ANSWER)
    first, second = format_traceback(raised.value).split("\n\n")
    assert "in login\n" in first
    assert first.endswith("\nLibrary")
    assert second.endswith("\nLoginFailed: Reading a token from https://c/v3 failed: it is refused\n")
    assert ANSWER in str(raised.value.__cause__)
    assert ANSWER not in first + second[: second.index("LoginFailed: ")]


def test_a_cause_that_is_hidden_on_purpose_stays_hidden() -> None:
    with pytest.raises(ValueError, match="nothing") as raised:
        fail("nothing")
    text = format_traceback(raised.value)
    assert text.count("Traceback") == 1
    assert text.endswith("\nValueError\n")


def fail_again(answer: str) -> None:
    try:
        ask(answer)
    except Library as error:
        raise error from error


def test_an_error_that_is_its_own_cause_ends() -> None:
    with pytest.raises(Library) as raised:
        fail_again("nothing")
    assert format_traceback(raised.value).count("Traceback") == 1
