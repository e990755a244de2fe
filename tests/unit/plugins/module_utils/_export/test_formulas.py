# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No cell of text runs in a spreadsheet, and every name can be read back."""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export.formulas import defused
from hypothesis import example, given
from hypothesis import strategies as st

from .ledgers import BEGINS_OF_FORMULAS, read_back


@given(st.one_of(st.text(), st.from_regex(r"'{0,3}\s?[=+@-].{0,5}", fullmatch=True)))
@example(" \n")
def test_any_text_is_harmless_and_comes_back(text: str) -> None:
    cell = defused(text)
    assert not cell.lstrip().startswith(BEGINS_OF_FORMULAS)
    assert read_back(cell) == text


@pytest.mark.parametrize("text", ["shop-1", "it's", "'quoted'", "", "a=b", "6b0f3a1e-3f2b"])
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert defused(text) == text
