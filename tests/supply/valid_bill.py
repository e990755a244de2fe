# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold sbom.cdx.json to the schema of CycloneDX: it says what is wrong, and ends with 1."""

from __future__ import annotations

import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

BILL = Path(__file__).parents[2] / "sbom.cdx.json"

if __name__ == "__main__":
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(BILL.read_text(encoding="utf-8"))
    sys.exit(None if fault is None else str(fault))
