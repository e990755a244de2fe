# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: what can be asked of usage records."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  key:
    description:
      - Number of the one record to get, as RV(record). An error where there is none.
    type: int
  latest:
    description:
      - Get the newest record, as RV(record), of those that O(since), O(until) and O(filter) choose. An error where there is none.
    type: bool
    default: false
  summary:
    description:
      - Tell as RV(summary) what the records come to that O(since), O(until) and O(filter) choose, however many they are. Of no records
        it says so, with a count of 0 and nulls.
    type: bool
    default: false
  since:
    description:
      - Records created at this moment or later, a date or a date and time in ISO 8601, local to O(timezone) where no offset is written, or
        seconds since the epoch.
    type: str
  until:
    description:
      - Records created before this moment. One that was created on the boundary of two months is in the second, and only there.
    type: str
  timezone:
    description: IANA name of the zone of O(since) and O(until).
    type: str
    default: UTC
  limit:
    description: How many records to list, the newest first.
    type: int
    default: 100
  offset:
    description: How many to leave out before; RV(next_offset) of the page before.
    type: int
    default: 0
  fields:
    description:
      - Which fields of a record to tell, C(key) always; all of them where it is left out. They are those of RV(record).
    type: list
    elements: str
  filter:
    description:
      - Conditions in the manner of OData, V(used_cores gt 10 and description eq 'October') say, by C(eq), C(ne), C(gt), C(ge), C(lt) and
        C(le), all of which have to hold. What is not known meets none.
      - Fields are the whole numbers of a record, C(description), and of VergeOS C(tier_0_used_bytes) to C(tier_5_total_bytes).
    type: str
"""
