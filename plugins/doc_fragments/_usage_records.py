# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: what can be asked of usage records."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  key:
    description: Number of the one record to get, as RV(record). An error if there is no such record.
    type: int
  latest:
    description: Whether to get the newest record, as RV(record), of those that O(since), O(until) and
      O(filter) select. An error if there is none.
    type: bool
    default: false
  summary:
    description:
      - Whether to summarize the records that O(since), O(until) and O(filter) select, as RV(summary). Without
        records, the count is 0 and the values are null.
      - O(key), O(latest) and O(summary) are mutually exclusive. Without any of them the records are listed.
    type: bool
    default: false
  since:
    description:
      - Select records created at this moment or later, a date or a date and time in ISO 8601, local to
        O(timezone) unless an offset is written, or seconds since the epoch.
    type: str
  until:
    description: Select records created before this moment. One that was created on the boundary of two months
      belongs to the second month only.
    type: str
  timezone:
    description: IANA time zone of O(since) and O(until).
    type: str
    default: UTC
  limit:
    description: Maximum number of records to list, the newest first.
    type: int
    default: 100
  offset:
    description: Number of records to skip, which is RV(next_offset) of the previous page.
    type: int
    default: 0
  fields:
    description: Fields of a record to return, always with C(key). Defaults to all fields of RV(record).
    type: list
    elements: str
  filter:
    description:
      - Conditions in OData style, such as V(used_cores gt 10 and description eq 'October'), with C(eq),
        C(ne), C(gt), C(ge), C(lt) and C(le). All of them have to hold. An unknown value meets none.
      - Fields are the whole numbers of a record, C(description), and of VergeOS C(tier_0_used_bytes) to
        C(tier_5_total_bytes).
    type: str
"""
