# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of office_hours as values, and what is refused before any server is looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.modules.office_hours import options, own_dates

GIVEN: dict[str, Any] = {
    "servers": [{"server": "web-1", "schedule": "mon-fri 07:00-19:00", "order": 2}],
    "timezone": "Europe/Zurich",
    "holidays": ["2026-12-25"],
    "exceptions": [{"date": "2026-12-24", "hours": "08:00-12:00"}],
    "action": "stop",
    "grace": "60m",
    "shortest_off": "60m",
    "include_gpu": False,
    "group_timeout": 300,
}


def test_dates_have_hours_of_their_own() -> None:
    found = own_dates(GIVEN)
    assert list(found) == [date(2026, 12, 25), date(2026, 12, 24)]
    assert found[date(2026, 12, 25)] == () and len(found[date(2026, 12, 24)]) == 1
    told = options(GIVEN, check_mode=True)
    assert told.listed["web-1"].order == 2 and told.check_mode
    # The schedule of a server's metadata knows the zone and the dates, too.
    assert told.parse("mon-fri 07:00-19:00") == told.listed["web-1"].schedule


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"group_timeout": -1}, "^group_timeout: must be a number of seconds, zero or more"),
        ({"timezone": "Mars/Olympus"}, "^timezone: "),
        ({"grace": "soon"}, "^grace: "),
        ({"holidays": ["25.12.2026"]}, r"^holidays\[0\]: "),
        ({"exceptions": [{"date": "2026-12-25", "hours": "off"}]}, r"^exceptions\[0\].date: 2026-12-25 has"),
        ({"exceptions": [{"date": "2026-12-26", "hours": "mornings"}]}, r"^exceptions\[0\].hours: "),
        ({"servers": [{"server": "a", "schedule": "always on", "order": 0}]}, r"^servers\[0\].schedule: "),
    ],
)
def test_what_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOption, match=says):
        options({**GIVEN, **changed}, check_mode=False)
