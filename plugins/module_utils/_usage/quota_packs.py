# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Sets of limits that a provider sells: which one a project has, and which one would do
(design/reading-a-cloud.md#quota-packs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import InvalidOption
from .._infomaniak import quota_packs as infomaniak
from .._openstack.quota import Quota
from .._openstack.quota_names import required_name, service_of
from .headroom import Quotas, flat, judge, of_each, whole_number

#: Rows of the packs that say nothing about a project's level: those of the account, and what no cloud of
#: today counts.
NEVER_COMPARED = frozenset(
    {
        "max_projects_per_account", "max_users_per_project", "fixed_ips", "injected_files",
        "injected_file_content_bytes", "injected_file_path_bytes",
    }
)  # fmt: skip
#: Of these, and of what limits each single thing, a project uses nothing: Nova counts key pairs per user.
_NOT_OF_THE_PROJECT = NEVER_COMPARED | {"key_pairs"}


@dataclass(frozen=True)
class Pack:
    """limits by our names; None is unlimited. What a pack does not name it leaves as it is."""

    level: str
    limits: Mapping[str, int | None]


#: The lowest first.
INFOMANIAK_PACKS = tuple(
    Pack(level, {name: limits[number] for name, limits in infomaniak.LIMITS.items()})
    for number, level in enumerate(infomaniak.LEVELS)
)


def parse_packs(given: Sequence[Mapping[str, Any]]) -> tuple[Pack, ...]:
    """The packs of a user, the lowest first, instead of the shipped ones; -1 and null are unlimited.

    Raises InvalidOption for a limit that is no such number, and for a level that comes twice.
    """
    packs = tuple(
        Pack(
            row["level"],
            {name: _limit(limit, f"packs.{row['level']}.{name}") for name, limit in row["limits"].items()},
        )
        for row in given
    )
    levels = [pack.level for pack in packs]
    for level in levels:
        if levels.count(level) > 1:
            raise InvalidOption("packs", f"{level} is given more than once; give each level once.")
    return packs


def recognize(packs: Iterable[Pack], quotas: Quotas) -> dict[str, Any] | None:
    """The pack with most limits equal to those read, the lower one on a tie, and the limits
    that differ from it.

    None where no pack has an equal limit: such a project has none of them.
    """
    limits = {
        name: (service, row.limit)
        for name, (service, row) in flat(quotas).items()
        if name not in NEVER_COMPARED
    }
    nearest, most = None, 0
    for pack in packs:
        equal = sum(pack.limits[name] == limits[name][1] for name in pack.limits.keys() & limits.keys())
        if equal > most:
            nearest, most = pack, equal
    if nearest is None:
        return None
    return {
        "level": nearest.level,
        "differences": [
            {"name": name, "service": service, "limit": limit, "pack_limit": nearest.limits[name]}
            for name, (service, limit) in sorted(limits.items())
            if name in nearest.limits and nearest.limits[name] != limit
        ],
    }


def smallest_pack(packs: Iterable[Pack], quotas: Quotas, required: Mapping[str, int]) -> str | None:
    """The level of the first pack that has room for what is required and for all that is
    used now; None for none.

    What a pack does not name keeps its present limit. quotas: without services that the cloud does not have,
    of which nothing can be used. A pack that limits what was not read, or whose use is unknown, is
    not known to have room (design/reading-a-cloud.md#unknown-is-not-zero).
    """
    return next((pack.level for pack in packs if _has_room(pack, quotas, required)), None)


def _has_room(pack: Pack, quotas: Quotas, required: Mapping[str, int]) -> bool:
    under = {
        service: None
        if rows is None
        else {
            name: replace(row, limit=pack.limits.get(required_name(service, name) or "", row.limit))
            for name, row in rows.items()
        }
        for service, rows in quotas.items()
    }
    rows = flat(under)
    return judge(under, required).fits is True and all(
        _holds(name, limit, rows.get(name), quotas) for name, limit in pack.limits.items()
    )


def _holds(name: str, limit: int | None, row: tuple[str, Quota] | None, quotas: Quotas) -> bool:
    """Whether all that is used is known to be within the limit."""
    if limit is None or name in _NOT_OF_THE_PROJECT or of_each(name):
        return True
    if row is None:
        # Not there in what was read, or of a service that was not asked.
        return quotas.get(service_of(name) or "", {}) is not None
    taken = row[1].taken
    return taken is not None and taken <= limit


def _limit(value: Any, option: str) -> int | None:
    if value is None or str(value) == "-1":
        return None
    return whole_number(value, option, ", or -1 for unlimited")
