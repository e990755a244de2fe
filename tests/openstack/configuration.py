# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every service's configuration: the files below etc/ with the bed's places, ports and credentials filled
in.
"""

from __future__ import annotations

import getpass
import shutil
from string import Template

from places import DATA, ETC, FOLDER, HOST, KEYSTONE, LOGS, PASSWORD, PORTS, PROGRAMS

SERVICE_USER = f"""\
auth_url = {KEYSTONE}
auth_type = password
project_domain_name = Default
user_domain_name = Default
project_name = service
username = service
password = {PASSWORD}
region_name = """
TOKEN_VALIDATION = f"""\
www_authenticate_uri = {KEYSTONE}
memcached_servers = {HOST}:{PORTS["memcached"]}
service_token_roles = service
service_token_roles_required = true"""
MESSAGING = """\
[oslo_messaging_notifications]
driver = noop

[oslo_messaging_rabbit]
rabbit_quorum_queue = false
heartbeat_in_pthread = false"""
#: What services expect to be there.
FOLDERS = (
    *(f"{name}/lock" for name in ("nova", "cinder", "neutron", "glance", "cloudkitty", "octavia")),
    "cinder/backups",
    "cinder/volumes",
    "cloudkitty/coordination",
    "gnocchi/coordination",
    "swift/disk",
    "swift-recon",
    "rabbitmq",
)


def write(region: str, volume_type: str) -> None:
    """Write ETC, and make the folders that services expect below DATA."""
    values = {
        "host": HOST,
        "user": getpass.getuser(),
        "region": region,
        "volume_type": volume_type,
        "password": PASSWORD,
        "etc": str(ETC),
        "data": str(DATA),
        "logs": str(LOGS),
        "programs": str(PROGRAMS),
        "installed": str(PROGRAMS.parent / "etc"),
        "database": f"mysql+pymysql://openstack:{PASSWORD}@{HOST}:{PORTS['mariadb']}",
        # Octavia keeps a connection for every request that it refuses.
        "connection_pool": "max_pool_size = 4\nmax_overflow = 100",
        "rabbitmq": f"rabbit://guest:guest@{HOST}:{PORTS['rabbitmq']}/",
        "memcached": f"{HOST}:{PORTS['memcached']}",
        "service_user": SERVICE_USER + region,
        "token_validation": TOKEN_VALIDATION,
        "messaging": MESSAGING,
        **{f"{name}_port": str(number) for name, number in PORTS.items()},
    }
    for name in FOLDERS:
        (DATA / name).mkdir(parents=True, exist_ok=True)
    for template in sorted((FOLDER / "etc").rglob("*")):
        if template.is_file():
            target = ETC / template.relative_to(FOLDER / "etc")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(
                Template(template.read_text(encoding="utf-8")).substitute(values), encoding="utf-8"
            )
    # Nova takes it from the folder of its configuration and from nowhere else.
    shutil.copy(PROGRAMS.parent / "etc" / "nova" / "api-paste.ini", ETC / "nova")
