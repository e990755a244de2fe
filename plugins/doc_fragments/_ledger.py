# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: where the ledger is."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - URL of the ledger, such as V(sqlite:////var/lib/finops/ledger.db).
      - Where it is not given, E(FINOPS_LEDGER), else C(finops/ledger.db) below E(XDG_DATA_HOME) or C(~/.local/share).
      - A new ledger is readable by its owner only. A ledger on a network file system is refused.
    type: str
  ledger_timeout:
    description: How many seconds to wait while another run writes to the ledger.
    type: int
    default: 30
requirements:
  - SQLAlchemy >= 2.0
notes:
  - A budget that several machines gate on needs one ledger that they share.
"""
