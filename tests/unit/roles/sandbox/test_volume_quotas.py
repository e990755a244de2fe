# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes, snapshots and backups beyond a quota are refused as Cinder refuses them.

The sentences are those of Cinder's source; tests/openstack/drift.py holds the answers to a real one. Of the
scenario, 450 of the 500 GB of CEPH_1_perf2 are used: 250 of volumes, and 200 of a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from ...conftest import FILES, Answer, Sandbox, command, started

FAST = "CEPH_1_perf2"
TOO_LARGE = (
    "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed {} quota. Requested {}G,"
    " quota is {}G and {}G has been consumed."
)
TOO_LARGE_BACKUP = (
    "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota."
    " Requested 300G, quota is 300G and 10G has been consumed."
)
TOO_MANY = "VolumeLimitExceeded: Maximum number of volumes allowed ({}) exceeded for quota '{}'."
#: As much as the scenario has, but in gigabytes.
FULL = {
    "volumes": 7,
    f"volumes_{FAST}": 2,
    "snapshots": 2,
    "backups": 1,
    "backup_gigabytes": 300,
    "per_volume_gigabytes": 1500,
}


def volume(size: int, **more: str) -> dict[str, Any]:
    return {"volume": {"name": "new", "size": size, **more}}


#: Path, with the name of a volume in braces; what is sent; what is refused, and why.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("/volumes", volume(51, volume_type=FAST), TOO_LARGE.format(f"gigabytes_{FAST}", 51, 500, 450)),
    ("/volumes", volume(1141), TOO_LARGE.format("gigabytes", 1141, 2000, 860)),
    ("/volumes", volume(1), TOO_MANY.format(7, "volumes")),
    ("/volumes", volume(1, volume_type=FAST), TOO_MANY.format(7, "volumes")),
    (
        "/volumes",
        volume(1501),
        "VolumeSizeExceedsLimit: Requested volume size 1501G is larger than maximum allowed limit 1500G.",
    ),
    # The quota of its type has no room; Cinder tells of that of all gigabytes, which has.
    (
        "/volumes/{db-1-wal}/action",
        {"os-extend": {"new_size": 101}},
        TOO_LARGE.format("gigabytes", 51, 2000, 860),
    ),
    (
        "/volumes/{archive}/action",
        {"os-retype": {"new_type": FAST}},
        TOO_LARGE.format(f"gigabytes_{FAST}", 300, 500, 450),
    ),
    ("/volumes/{spare-1}/action", {"os-retype": {"new_type": FAST}}, TOO_MANY.format(2, f"volumes_{FAST}")),
    (
        "/snapshots",
        {"snapshot": {"name": "new", "volume_id": "{db-1-data}"}},
        TOO_LARGE.format(f"gigabytes_{FAST}", 200, 500, 450),
    ),
    (
        "/snapshots",
        {"snapshot": {"name": "new", "volume_id": "{spare-1}"}},
        "SnapshotLimitExceeded: Maximum number of snapshots allowed (2) exceeded",
    ),
    ("/backups", {"backup": {"name": "new", "volume_id": "{archive}"}}, TOO_LARGE_BACKUP),
    (
        "/backups",
        {"backup": {"name": "new", "volume_id": "{spare-1}"}},
        "BackupLimitExceeded: Maximum number of backups allowed (1) exceeded",
    ),
]


class Cinder:
    """The block storage of a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._ids = {row["name"]: row["id"] for row in self.volumes()}

    def volumes(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._get("/volumes/detail")["volumes"]
        return rows

    def used(self) -> dict[str, Any]:
        told: dict[str, Any] = self._get(f"/os-quota-sets/{self.sandbox.project_id}?usage=True")["quota_set"]
        return told

    def post(self, path: str, sent: dict[str, Any]) -> Answer:
        """Send it, the names of volumes in braces replaced by their IDs."""
        for name, volume_id in self._ids.items():
            path = path.replace(f"{{{name}}}", volume_id)
            sent = json.loads(json.dumps(sent).replace(f'"{{{name}}}"', f'"{volume_id}"'))
        return self.sandbox.ask("POST", self.sandbox.catalog["block-storage"] + path, sent)

    def delete(self, volume_id: str) -> Answer:
        return self.sandbox.ask("DELETE", f"{self.sandbox.catalog['block-storage']}/volumes/{volume_id}")

    def _get(self, path: str) -> dict[str, Any]:
        body: dict[str, Any] = self.sandbox.ask("GET", self.sandbox.catalog["block-storage"] + path).body
        return body


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cinder]:
    """A project with room for gigabytes only. Nothing that a test asks of it may change it."""
    directory = tmp_path_factory.mktemp("full")
    scenario = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    scenario["quotas"]["block_storage"] |= FULL
    (directory / "scenario.yml").write_text(yaml.safe_dump(scenario))
    yield Cinder(started(directory, "--scenario", str(directory / "scenario.yml")))
    assert command("stop", "--directory", str(directory)).returncode == 0


@pytest.mark.parametrize(("path", "sent", "sentence"), REFUSED)
def test_what_is_beyond_a_quota_is_refused_as_cinder_does(
    path: str, sent: dict[str, Any], sentence: str, full: Cinder
) -> None:
    before = full.volumes(), full.used()
    told = full.post(path, sent)
    assert told.status == 413
    assert told.body == {"overLimit": {"code": 413, "message": sentence, "retryAfter": "0"}}
    assert (told.headers["Retry-After"], told.headers["OpenStack-API-Version"]) == ("0", "volume 3.0")
    assert (full.volumes(), full.used()) == before


def test_a_volume_may_take_what_is_left_and_gives_it_back(start: Callable[..., Sandbox]) -> None:
    cinder = Cinder(start())
    made = cinder.post("/volumes", volume(50, volume_type=FAST))
    assert made.status == 202
    more = {"volume": {"name": "more", "size": 1, "volume_type": FAST}}
    assert cinder.post("/volumes", more).status == 413
    assert cinder.delete(made.body["volume"]["id"]).status == 202
    assert cinder.post("/volumes", more).status == 202
    # 1140 of all gigabytes were left.
    assert cinder.post("/volumes/{archive}/action", {"os-extend": {"new_size": 300 + 1139}}).status == 202


def test_a_volume_never_shrinks(full: Cinder) -> None:
    told = full.post("/volumes/{archive}/action", {"os-extend": {"new_size": 300}})
    sentence = "New size for extend must be greater than current size. (current: 300, extended: 300)."
    assert told.status == 400
    assert told.body == {"badRequest": {"code": 400, "message": f"Invalid input received: {sentence}"}}


def test_a_server_without_room_for_its_volume_ends_in_error(full: Cinder) -> None:
    compute = full.sandbox.catalog["compute"]
    flavors = full.sandbox.ask("GET", f"{compute}/flavors").body["flavors"]
    networks = full.sandbox.ask("GET", f"{full.sandbox.catalog['network']}/v2.0/networks").body["networks"]
    disk = {"source_type": "blank", "destination_type": "volume", "boot_index": 0, "volume_size": 1}
    asked = {
        "name": "without",
        "flavorRef": flavors[0]["id"],
        "networks": [{"uuid": next(row["id"] for row in networks if row["name"] == "front")}],
        "block_device_mapping_v2": [disk],
    }
    before = full.volumes()
    made = full.sandbox.ask("POST", f"{compute}/servers", {"server": asked})
    assert made.status == 202
    shown = full.sandbox.ask("GET", f"{compute}/servers/{made.body['server']['id']}").body["server"]
    assert (shown["status"], shown["os-extended-volumes:volumes_attached"]) == ("ERROR", [])
    assert full.volumes() == before
