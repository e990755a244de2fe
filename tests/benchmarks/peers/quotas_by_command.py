# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Quotas with use by `openstack quota show --usage`: compute, volumes and networks."""

from __future__ import annotations

from .commands import asked, tell


def main() -> None:
    quotas = {one["Resource"]: one for one in asked("quota", "show", "--usage")}
    tell(
        {
            f"{name}{end}": quotas[name][column]
            for name in ("cores", "gigabytes", "ports")
            for end, column in (("", "Limit"), (" used", "In Use"))
        }
    )


if __name__ == "__main__":
    main()
