# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make coverage` says of a file: it needs a reason below 90 %, and only there."""

from __future__ import annotations

from ansible_collections.finops.cloud.tests.harness.coverage_table import (
    Lines,
    by_room,
    faults,
    reasons_by_file,
)

FILES = {
    "plugins/module_utils/_core/money.py": Lines(90, 100),
    "plugins/module_utils/_core/files.py": Lines(899, 1000),
    "plugins/doc_fragments/one.py": Lines(0, 3),
    "plugins/doc_fragments/two.py": Lines(0, 0),
}


def test_rooms_are_summed() -> None:
    assert {room: str(lines) for room, lines in by_room(FILES).items()} == {
        "plugins/doc_fragments": "0.0 %, 0 of 3 lines",
        "plugins/module_utils/_core": "89.9 %, 989 of 1100 lines",
    }


def test_a_file_below_needs_a_reason() -> None:
    assert faults(FILES, {}) == [
        "plugins/doc_fragments/one.py has 0.0 %, 0 of 3 lines and no reason.",
        "plugins/module_utils/_core/files.py has 89.9 %, 899 of 1000 lines and no reason.",
    ]
    reasons = {"plugins/doc_fragments/one.py": "Text.", "plugins/module_utils/_core/files.py": "A full disk."}
    assert faults(FILES, reasons) == []


def test_a_reason_needs_a_file_below() -> None:
    reasons = {
        "plugins/doc_fragments/": "Text.",
        "plugins/doc_fragments/two.py": "Text.",
        "plugins/module_utils/_core/money.py": "Done since.",
        "plugins/module_utils/_core/files.py": " ",
        "plugins/gone.py": "Gone.",
    }
    assert reasons_by_file(FILES, reasons)["plugins/doc_fragments/one.py"] == "Text."
    assert faults(FILES, reasons) == [
        "plugins/module_utils/_core/files.py has an empty reason.",
        "plugins/doc_fragments/two.py has a reason, and no such file needs one.",
        "plugins/module_utils/_core/money.py has a reason, and no such file needs one.",
        "plugins/gone.py has a reason, and no such file needs one.",
    ]
