# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: the kinds of failures, as _core/errors.py has them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
notes:
  - A failed task returns RV(error) beside C(msg). Its C(kind) is one of C(invalid_option) (an option is
    missing, wrong, or refused by what is there), C(library) (a Python library is missing), C(login) (no
    token), C(forbidden) (this login may not read it), C(not_found) (what was asked for by its key, or a URL,
    does not exist), C(unavailable) (no answer, or 429 or 5xx until the time of a request or of the
    task was up), C(malformed) (the answer is not what the API promises), C(rejected) (the service refused the
    request otherwise), C(absent) (the catalog has no such service), C(ledger) (the ledger is missing, locked,
    newer, or refuses), C(unknown_amount) (an amount cannot be known, such as for a missing rate), C(denied)
    (a budget or quota denies what was asked for) and C(unknown) (a budget, a quota or the data cannot tell).
"""
