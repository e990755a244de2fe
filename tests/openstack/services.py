# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenStack's own programs: which there are, how each is started, and how their databases are laid out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import stores
from places import DATA, ETC, FOLDER, HOST, KEYSTONE, LOGS, PASSWORD, PORTS, PROGRAMS, BedError, url
from processes import start, wait_for_answer

#: uwsgi as every API needs it. Without "Connection: close" keystoneauth runs into connections that uwsgi has
#: closed.
UWSGI = (
    "--master", "--processes", "1", "--threads", "4", "--enable-threads", "--lazy-apps", "--need-app",
    "--die-on-term", "--buffer-size", "65535", "--add-header", "Connection: close", "--http-chunked-input",
    "--worker-reload-mercy", "5", "--hook-master-start", "unix_signal:15 gracefully_kill_them_all",
    "--log-format", "%(method) %(uri) [%(var.HTTP_OPENSTACK_API_VERSION)] %(uagent)",
)  # fmt: skip
REPORT_SECONDS = 90


@dataclass(frozen=True)
class Program:
    """One program."""

    name: str
    command: tuple[str, ...]
    port: str | None = None
    health: str = ""


def api(name: str, module: str, *configuration: str, health: str = "", service: str = "") -> Program:
    """An API, run by uwsgi, which writes method, path, microversion and user agent of each request to
    LOGS/NAME.requests.
    """
    port = service or name
    command = (
        _bin("uwsgi"), "--http-socket", f"{HOST}:{PORTS[port]}", "--module", f"{module}:application",
        "--home", str(PROGRAMS.parent), "--req-logger", f"file:{LOGS / name}.requests", *UWSGI,
        "--pyargv", " ".join(f"--config-file {ETC / one}" for one in configuration),
    )  # fmt: skip
    return Program(name, command, port, health)


def worker(name: str, *configuration: str) -> Program:
    """A program without a port, that does what an API or a clock tells it."""
    options = (part for one in configuration for part in ("--config-file", str(ETC / one)))
    return Program(name, (_bin(name), *options))


def swift(server: str, port: str | None, *, health: str = "") -> Program:
    """One of Swift's programs."""
    configuration = ETC / "swift" / f"{server.partition('-')[0]}-server.conf"
    launcher = (sys.executable, str(FOLDER / "drivers" / "bed_swift.py"), str(ETC / "swift"))
    return Program(f"swift-{server}", (*launcher, _bin(f"swift-{server}"), str(configuration)), port, health)


def _bin(name: str) -> str:
    return str(PROGRAMS / name)


KEYSTONE_API = api("keystone", "keystone.wsgi.api", health="v3")
OTHERS = (
    api("placement", "placement.wsgi.api"),
    api("nova", "nova.wsgi.osapi_compute"),
    api("neutron", "neutron.wsgi.api"),
    api("cinder", "cinder.wsgi.api", "cinder/cinder.conf"),
    api("glance", "glance.wsgi.api", health="healthcheck"),
    api("cloudkitty", "cloudkitty.wsgi.api", "cloudkitty/cloudkitty.conf"),
    api("cloudkitty_v1", "cloudkitty.wsgi.api", "cloudkitty/cloudkitty-v1.conf"),
    api("octavia", "octavia.wsgi.api", "octavia/octavia.conf"),
    api("gnocchi", "gnocchi.wsgi.api", "gnocchi/gnocchi.conf", health="healthcheck"),
    worker("cloudkitty-processor", "cloudkitty/cloudkitty.conf"),
    worker("nova-conductor", "nova/nova.conf"),
    worker("nova-scheduler", "nova/nova.conf"),
    worker("nova-compute", "nova/nova.conf"),
    worker("cinder-scheduler", "cinder/cinder.conf"),
    worker("cinder-volume", "cinder/cinder.conf"),
    worker("cinder-backup", "cinder/cinder.conf"),
    worker("gnocchi-metricd", "gnocchi/gnocchi.conf"),
    swift("account-server", "account"),
    swift("container-server", "container"),
    swift("object-server", "object"),
    swift("proxy-server", "swift", health="healthcheck"),
    swift("container-updater", None),
)

#: How each service lays out its database; those of a line wait for each other.
MIGRATIONS = (
    (
        ("keystone-manage", "db_sync"),
        ("keystone-manage", "fernet_setup"),
        ("keystone-manage", "credential_setup"),
        ("keystone-manage", "bootstrap"),
        ("placement-manage", "db", "sync"),
        ("glance-manage", "db_sync"),
        ("cinder-manage", "db", "sync"),
        ("cloudkitty-dbsync", "upgrade"),
        ("cloudkitty-storage-init",),
        ("cloudkitty-dbsync v1", "upgrade"),
        ("cloudkitty-storage-init v1",),
    ),
    (
        ("nova-manage", "api_db", "sync"),
        ("nova-manage", "cell_v2", "map_cell0"),
        ("nova-manage", "cell_v2", "create_cell", "--name=cell1"),
        ("nova-manage", "db", "sync"),
        ("octavia-db-manage", "upgrade", "head"),
        ("gnocchi-upgrade",),
        ("neutron-db-manage", "upgrade", "heads"),
    ),
)
CONFIGURATIONS = {
    "keystone-manage": ("keystone/keystone.conf",),
    "placement-manage": ("placement/placement.conf",),
    "glance-manage": ("glance/glance-api.conf",),
    "cinder-manage": ("cinder/cinder.conf",),
    "cloudkitty-dbsync": ("cloudkitty/cloudkitty.conf",),
    "cloudkitty-storage-init": ("cloudkitty/cloudkitty.conf",),
    "cloudkitty-dbsync v1": ("cloudkitty/cloudkitty-v1.conf",),
    "cloudkitty-storage-init v1": ("cloudkitty/cloudkitty-v1.conf",),
    "nova-manage": ("nova/nova.conf",),
    "octavia-db-manage": ("octavia/octavia.conf",),
    "gnocchi-upgrade": ("gnocchi/gnocchi.conf",),
    "neutron-db-manage": ("neutron/neutron.conf", "neutron/ml2.ini"),
}


def variables() -> dict[str, str]:
    """The environment of every program: where the APIs that read no command line find their configuration."""
    folders = {
        f"OS_{name.upper()}_CONFIG_DIR": str(ETC / name)
        for name in ("keystone", "nova", "placement", "glance", "neutron")
    }
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    return kept | folders | {
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(FOLDER / "drivers"),
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2.ini",
    }  # fmt: skip


def lay_out(region: str) -> None:
    """Lay out every service's database and Swift's rings. Raises BedError naming the command that failed."""
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(_migrate, line, region) for line in MIGRATIONS]
        running.append(pool.submit(_make_rings))
        for one in running:
            one.result()


def _migrate(line: Iterable[tuple[str, ...]], region: str) -> None:
    for name, *arguments in line:
        options = [part for one in CONFIGURATIONS[name] for part in ("--config-file", str(ETC / one))]
        _run(name, name.split()[0], *options, *arguments, *_more(arguments, region))


def _more(arguments: list[str], region: str) -> list[str]:
    """What a command takes besides its names."""
    group = ["--keystone-user", str(os.geteuid()), "--keystone-group", str(os.getegid())]
    urls = [f"--bootstrap-{interface}-url" for interface in ("public", "internal", "admin")]
    cell0 = f"mysql+pymysql://openstack:{PASSWORD}@{HOST}:{PORTS['mariadb']}/nova_cell0?charset=utf8"
    return {
        "fernet_setup": group,
        "credential_setup": group,
        "bootstrap": ["--bootstrap-password", PASSWORD, "--bootstrap-region-id", region]
        + [part for one in urls for part in (one, KEYSTONE)],
        # Nova would invent a name for it that no database has.
        "map_cell0": ["--database_connection", cell0],
    }.get(arguments[-1] if arguments else "", [])


def _make_rings() -> None:
    for server in ("account", "container", "object"):
        builder = str(ETC / "swift" / f"{server}.builder")
        device = f"r1z1-{HOST}:{PORTS[server]}/disk"
        for arguments in (("create", "6", "1", "1"), ("add", device, "100"), ("rebalance",)):
            _run("swift-ring-builder", "swift-ring-builder", builder, *arguments)


def _run(log_name: str, program: str, *arguments: str) -> None:
    log = LOGS / f"{log_name.replace(' ', '-')}.log"
    with log.open("ab") as output:
        ended = subprocess.run(
            [_bin(program), *arguments], check=False, cwd=DATA, env=variables(), stdout=output, stderr=output
        )
    if ended.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
        raise BedError(f"{program} {' '.join(arguments)} failed; the end of {log}:\n" + "\n".join(last))


def start_keystone() -> None:
    """Start Keystone and wait for it."""
    _start(KEYSTONE_API)
    _wait(KEYSTONE_API)


def start_others() -> None:
    """Start the other services and wait for them."""
    for one in OTHERS:
        _start(one)
    for one in OTHERS:
        _wait(one)


def map_compute_host() -> None:
    """Wait until the compute service has reported in, and have Nova use it.

    Raises BedError where it does not.
    """
    deadline = time.monotonic() + REPORT_SECONDS
    while not stores.sql("nova_cell1", "SELECT id FROM compute_nodes"):
        if time.monotonic() > deadline:
            raise BedError(
                f"nova-compute has not reported in after {REPORT_SECONDS} s; see {LOGS / 'nova-compute.log'}"
            )
        time.sleep(0.5)
    _run(
        "nova-manage",
        "nova-manage",
        "--config-file",
        str(ETC / "nova" / "nova.conf"),
        "cell_v2",
        "discover_hosts",
    )


def _start(one: Program) -> None:
    start(one.name, one.command, variables())


def _wait(one: Program) -> None:
    if one.port in ("account", "container", "object"):
        return  # they answer only what the proxy asks
    if one.port:
        wait_for_answer(one.name, f"{url(one.port)}/{one.health}")


def pretend_an_agent() -> None:
    """Let Neutron bind ports although no agent runs: one that has reported in and will not be missed before
    2037.
    """
    settings = (
        '{"bridge_mappings": {"physnet1": "br-ex"}, "tunnel_types": ["vxlan"], "tunneling_ip": "127.0.0.1"}'
    )
    stores.sql(
        "neutron",
        "INSERT INTO agents (id, agent_type, `binary`, topic, host, admin_state_up, created_at, started_at,"
        " heartbeat_timestamp, configurations, `load`) VALUES ('11111111-1111-1111-1111-111111111111',"
        " 'Open vSwitch agent', 'neutron-openvswitch-agent', 'N/A', 'bed', 1, now(), now(), '2037-01-01', %s,"
        " 0)",
        settings,
    )
