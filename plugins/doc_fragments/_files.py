# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: permissions and owner of the file that a module writes."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  mode:
    description:
      - Permissions of what O(dest) names, as an octal number such as V('0640') or as symbols such as
        V(u=rw,g=r). Quote the number.
      - A file or link of another user of the host is refused in a folder that others may write to.
      - Without it a file is readable by its owner only, unless O(dest) says otherwise.
    type: raw
  owner:
    description: Name or number of the user who owns the file. Without it the owner does not change.
    type: str
  group:
    description: Name or number of the group that owns the file. Without it the group does not change.
    type: str
"""
