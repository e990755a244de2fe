# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: how to reach a VergeOS system, as vergeio.vergeos and pyvergeos name it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  host:
    description: Name or address of the VergeOS system, with C(:port) unless that is 443. Defaults to
      E(VERGEOS_HOST) or E(VERGE_HOST).
    type: str
  username:
    description: User to log in as. Defaults to E(VERGEOS_USERNAME) or E(VERGE_USERNAME).
    type: str
  password:
    description: Password of the user. Defaults to E(VERGEOS_PASSWORD) or E(VERGE_PASSWORD).
    type: str
  token:
    description: API token to log in with, instead of O(username) and O(password). Defaults to E(VERGE_TOKEN).
    type: str
  insecure:
    description:
      - Do not verify the certificate of the system. For a system with a certificate of its own, O(ca_cert) is
        safer.
      - Defaults to E(VERGEOS_INSECURE), or else to the opposite of E(VERGE_VERIFY_SSL), or else to false.
    type: bool
  ca_cert:
    description: Path of a CA bundle with which to verify the certificate of the API.
    type: str
    aliases: [cacert]
  timeout:
    description: Time in seconds to wait for one answer of the VergeOS system. E(VERGE_TIMEOUT) takes
      precedence over the default.
    type: int
    default: 30
  retry_total:
    description:
      - How often to retry a read of the VergeOS system after connection errors, 429, 502, 503 and 504. A
        request that generates a record is never retried. E(VERGE_RETRY_TOTAL) takes precedence over the
        default.
    type: int
    default: 3
  retry_backoff_factor:
    description: Length of the pauses between retries, as pyvergeos counts them. E(VERGE_RETRY_BACKOFF) takes
      precedence over the default.
    type: float
    default: 1.0
  task_timeout:
    description:
      - Time in seconds for all requests of the task, including the login, retries and pauses. When it is
        over, nothing more is sent, and what was not read is an error that names this option.
      - An import keeps what it has imported, and the next one goes on from there.
      - With V(0), only each request is bounded.
    type: int
    default: 1800
requirements:
  - pyvergeos >= 1.7, for a VergeOS system
"""
