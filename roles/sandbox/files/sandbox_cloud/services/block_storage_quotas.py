# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cinder's quotas: the limits, what counts against them, and how it refuses what is beyond them
(cinder 28: quota_utils.process_reserve_over_quota, volume.api.API._extend, exception.QuotaError).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Volume

#: What every volume type counts; per type quotas that the scenario does not limit are unlimited.
_PER_TYPE = ("volumes", "gigabytes", "snapshots")
#: What has one too many -> Cinder's exception and its sentence.
_TOO_MANY = {
    "volumes": (
        "VolumeLimitExceeded: Maximum number of volumes allowed ({limit}) exceeded for quota '{name}'."
    ),
    "snapshots": "SnapshotLimitExceeded: Maximum number of snapshots allowed ({limit}) exceeded",
    "backups": "BackupLimitExceeded: Maximum number of backups allowed ({limit}) exceeded",
}
_TOO_LARGE = (
    "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed {name} quota. Requested"
    " {size}G, quota is {limit}G and {used}G has been consumed."
)
_TOO_LARGE_BACKUP = (
    "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota."
    " Requested {size}G, quota is {limit}G and {used}G has been consumed."
)


def limits(cloud: Cloud) -> dict[str, int]:
    """The scenario's limits, and unlimited ones for every type that it does not limit, __DEFAULT__
    included.
    """
    per_type = [
        f"{name}_{kind}" for kind in (*cloud.scenario.volume_types, "__DEFAULT__") for name in _PER_TYPE
    ]
    return {**dict.fromkeys(per_type, -1), **cloud.scenario.quotas.block_storage}


def in_use(cloud: Cloud) -> Counter[str]:
    """What counts against the quotas now."""
    used: Counter[str] = cloud.cached("block_storage used", lambda: _count(cloud))
    return used


def _count(cloud: Cloud) -> Counter[str]:
    """Gigabytes are volumes and snapshots together, in all and by type."""
    by_name = {one.name: one for one in cloud.scenario.volumes}
    used: Counter[str] = Counter()
    for one in cloud.scenario.volumes:
        used += Counter(of_type(one.type, {"volumes": 1, "gigabytes": one.size_gb}))
    for snapshot in cloud.scenario.snapshots:
        of = by_name[snapshot.volume]
        used += Counter(of_type(of.type, {"snapshots": 1, "gigabytes": of.size_gb}))
    for backup in cloud.scenario.backups:
        used += Counter({"backups": 1, "backup_gigabytes": by_name[backup.volume].size_gb})
    return used


def of_type(volume_type: str, more: Mapping[str, int]) -> dict[str, int]:
    """That much more, in all and of the volume type."""
    return {**more, **{f"{name}_{volume_type}": count for name, count in more.items()}}


def exceeded(cloud: Cloud, more: Mapping[str, int]) -> list[str]:
    """The quotas in which so much more does not fit, in Cinder's order."""
    known, used = limits(cloud), in_use(cloud)
    return sorted(name for name, count in more.items() if 0 <= known.get(name, -1) < used[name] + count)


def require_volume(cloud: Cloud, volume_type: str, size_gb: int) -> None:
    """Raise Refused where the project may not have one more volume of that type and size."""
    _require_size(cloud, size_gb)
    _require(cloud, "volumes", size_gb, of_type(volume_type, {"volumes": 1, "gigabytes": size_gb}))


def require_extension(cloud: Cloud, volume: Volume, size_gb: int) -> None:
    """Raise Refused where the volume may not grow to that size.

    Whatever quota it exceeds, Cinder tells of that of all gigabytes.
    """
    _require_size(cloud, size_gb)
    more = size_gb - volume.size_gb
    if exceeded(cloud, of_type(volume.type, {"gigabytes": more})):
        raise _over_limit(_of_gigabytes(cloud, _TOO_LARGE, "gigabytes", more))


def require_type(cloud: Cloud, volume: Volume, volume_type: str) -> None:
    """Raise Refused where the volume and its snapshots do not fit in the quotas of that type."""
    copies = sum(one.volume == volume.name for one in cloud.scenario.snapshots)
    more = {f"volumes_{volume_type}": 1, f"gigabytes_{volume_type}": volume.size_gb * (1 + copies)}
    _require(cloud, "volumes", volume.size_gb, more)


def require_copy(cloud: Cloud, kind: str, volume: Volume) -> None:
    """Raise Refused where the project may not have one more snapshot or backup (kind) of the volume."""
    more = {"backups": 1, "backup_gigabytes": volume.size_gb}
    if kind == "snapshots":
        more = of_type(volume.type, {"snapshots": 1, "gigabytes": volume.size_gb})
    _require(cloud, kind, volume.size_gb, more)


def _require_size(cloud: Cloud, size_gb: int) -> None:
    limit = limits(cloud).get("per_volume_gigabytes", -1)
    if 0 <= limit < size_gb:
        raise _over_limit(
            f"VolumeSizeExceedsLimit: Requested volume size {size_gb}G is larger than maximum allowed limit"
            f" {limit}G."
        )


def _require(cloud: Cloud, kind: str, size_gb: int, more: Mapping[str, int]) -> None:
    """Raise Refused by the first quota that is exceeded."""
    for name in exceeded(cloud, more):
        if "gigabytes" in name:
            sentence = _TOO_LARGE_BACKUP if kind == "backups" else _TOO_LARGE
            raise _over_limit(_of_gigabytes(cloud, sentence, name, size_gb))
        raise _over_limit(_TOO_MANY[kind].format(name=name, limit=limits(cloud)[name]))


def _of_gigabytes(cloud: Cloud, sentence: str, name: str, size_gb: int) -> str:
    return sentence.format(name=name, size=size_gb, limit=limits(cloud)[name], used=in_use(cloud)[name])


def _over_limit(sentence: str) -> answers.Refused:
    told = {"overLimit": {"code": 413, "message": sentence, "retryAfter": "0"}}
    return answers.Refused(answers.body(told, 413, {"Retry-After": "0"}))
