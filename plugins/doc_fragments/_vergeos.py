# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: how to reach a VergeOS system, in the words of vergeio.vergeos and of pyvergeos."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  host:
    description:
      - Name or address of the VergeOS system, with C(:port) where that is not 443.
      - E(VERGEOS_HOST) or E(VERGE_HOST) where it is not given.
    type: str
  username:
    description:
      - User to log in as. E(VERGEOS_USERNAME) or E(VERGE_USERNAME) where it is not given.
    type: str
  password:
    description:
      - The user's password. E(VERGEOS_PASSWORD) or E(VERGE_PASSWORD) where it is not given.
    type: str
  token:
    description:
      - API token to log in with instead of O(username) and O(password). E(VERGE_TOKEN) where it is not given.
    type: str
  insecure:
    description:
      - Do not verify the system's certificate. For a system of your own with a certificate of its own, O(ca_cert) is the safer way.
      - E(VERGEOS_INSECURE) where it is not given, else the contrary of E(VERGE_VERIFY_SSL), else false.
    type: bool
  ca_cert:
    description:
      - Path of a bundle of certificate authorities that the API's certificate is verified with.
    type: str
    aliases: [cacert]
  timeout:
    description:
      - How many seconds to wait for one answer of the VergeOS system. E(VERGE_TIMEOUT) where it is not given.
    type: int
    default: 30
  retry_total:
    description:
      - How often a read of the VergeOS system is repeated after connection errors, 429, 502, 503 and 504. What makes a record is never
        repeated. E(VERGE_RETRY_TOTAL) where it is not given.
    type: int
    default: 3
  retry_backoff_factor:
    description:
      - How long the pauses before these repetitions are, as pyvergeos reckons them. E(VERGE_RETRY_BACKOFF) where it is not given.
    type: float
    default: 1.0
requirements:
  - pyvergeos >= 1.7, for a VergeOS system
"""
