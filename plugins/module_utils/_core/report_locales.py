# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How numbers and dates of reports can be written (design/reports.md#numbers-and-dates)."""

from __future__ import annotations

DEFAULT_LOCALE = "international"
LOCALES = (DEFAULT_LOCALE, "swiss", "german", "french", "english")
