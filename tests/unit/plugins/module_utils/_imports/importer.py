# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import that a test can kill, which begins once it is told to.

PYTHON -m tests.unit.plugins.module_utils._imports.importer LEDGER HOURS RESOURCES [FROM]
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.cloudkitty import (
    ImportOptions,
    import_cost,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import ImportLayout
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

from tests.unit.fake_rating import Rated, rating_of
from tests.unit.fake_services import Project

FIRST = datetime(2026, 11, 2, tzinfo=UTC)


def run(ledger: str, hours: int, resources: int, first: int = 0) -> None:
    """Import so many points an hour, from that hour on; some are traffic, so that there is a free tier to
    reckon.
    """
    end = FIRST + timedelta(hours=hours)
    kinds = ["instance", "volume", "storage.objects.outgoing.bytes"]
    points = [
        Rated(
            FIRST + timedelta(hours=hour), kinds[number % 3], "7", f"0.{number + 1:03d}", f"resource-{number}"
        )
        for hour in range(hours)
        for number in range(resources)
    ]
    project = Project(rating_of(points, units={kinds[2]: "GB"}), {"resource-0": {"team": "web"}})
    asked = ImportOptions(Window(FIRST + timedelta(hours=first), end), "v2", "ICU", 3600, {}, ImportLayout())
    import_cost(project, LedgerOptions(ledger), asked, end, "me", False)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    run(sys.argv[1], *map(int, sys.argv[2:]))
