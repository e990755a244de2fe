# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the test bed lies and listens. Loopback only, and no port that something else usually has."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent
PLACE = ROOT / ".build" / "openstack"
ETC, DATA, LOGS, RUNNING = (PLACE / name for name in ("etc", "data", "logs", "running"))
CLOUDS = PLACE / "clouds.yaml"
PROGRAMS = Path(sys.executable).parent
SCENARIO = ROOT / "roles" / "sandbox" / "files" / "scenarios" / "default.yml"

HOST = "127.0.0.1"
#: A second region whose CloudKitty is as old ones are: the v1 API only.
OLD_REGION = "dc0-old"
#: Of the services' own user, the administrator and the databases; whoever can reach them can read it here.
PASSWORD = "only-for-the-test-bed"

PORTS = {
    "mariadb": 23306,
    "rabbitmq": 25672,
    "rabbitmq_peers": 25673,
    "epmd": 24369,
    "influxdb": 28086,
    "influxdb_backup": 28088,
    "memcached": 21211,
    "keystone": 25000,
    "placement": 28778,
    "glance": 29292,
    "nova": 28774,
    "cinder": 28776,
    "neutron": 29696,
    "swift": 28080,
    "object": 26200,
    "container": 26201,
    "account": 26202,
    "octavia": 29876,
    "gnocchi": 28041,
    "cloudkitty": 28889,
    "cloudkitty_v1": 28890,
}
KEYSTONE = f"http://{HOST}:{PORTS['keystone']}/v3"


def url(service: str) -> str:
    """Where a service answers."""
    return f"http://{HOST}:{PORTS[service]}"


class BedError(Exception):
    """The test bed can't do that; str() is the sentence for the user."""
