# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: what modules promise about check mode, diff and repetition."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when
      in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates
        no change.
      - This assumes that the system controlled or queried by the module has not changed in a relevant way.
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
"""

    ACTIONGROUP_CLOUD = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/finops.cloud.cloud) in C(module_defaults) to set the connection options of this
      module.
    support: full
    membership:
      - finops.cloud.cloud
"""

    ACTIONGROUP_VERGEOS = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/finops.cloud.vergeos) in C(module_defaults) to set the connection options of this
      module.
    support: full
    membership:
      - finops.cloud.vergeos
"""

    ACTIONGROUP_LEDGER = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/finops.cloud.ledger) in C(module_defaults) to set the ledger options of this
      module.
    support: full
    membership:
      - finops.cloud.ledger
"""

    ACTIONGROUP_CLOUD_AND_LEDGER = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/finops.cloud.cloud) and C(group/finops.cloud.ledger) in C(module_defaults) to set the
        connection and ledger options of this module.
    support: full
    membership:
      - finops.cloud.cloud
      - finops.cloud.ledger
"""

    ACTIONGROUP_VERGEOS_AND_LEDGER = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/finops.cloud.vergeos) and C(group/finops.cloud.ledger) in C(module_defaults) to set the
        connection and ledger options of this module.
    support: full
    membership:
      - finops.cloud.vergeos
      - finops.cloud.ledger
"""

    ACTIONGROUP_ALL = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/finops.cloud.cloud), C(group/finops.cloud.vergeos) and C(group/finops.cloud.ledger) in
        C(module_defaults) to set the connection and ledger options of this module.
    support: full
    membership:
      - finops.cloud.cloud
      - finops.cloud.vergeos
      - finops.cloud.ledger
"""
