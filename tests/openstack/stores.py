# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the services keep things in and talk over: MariaDB, RabbitMQ, InfluxDB and memcached, each the bed's
own.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import packages
import pymysql
from places import DATA, ETC, HOST, LOGS, PASSWORD, PORTS, BedError, url
from processes import start, wait_for_port

#: Ended last, and in this order.
NAMES = ("rabbitmq", "epmd", "influxdb", "memcached", "mariadb")
SOCKET = DATA / "mariadb.sock"
DATABASES = (
    "keystone", "placement", "glance", "nova_api", "nova_cell0", "nova_cell1", "cinder", "neutron",
    "octavia", "gnocchi", "cloudkitty", "cloudkitty_v1",
)  # fmt: skip
#: A bed that is lost with the machine's power is made again: nothing is flushed to the disk for its sake.
MARIADB_OPTIONS = (
    "--bind-address", HOST, "--skip-name-resolve", "--max-connections=2000", "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=32M", "--character-set-server=utf8mb3", "--performance-schema=off",
)  # fmt: skip


def start_all() -> None:
    """Start what does not run, MariaDB's folder made first where there is none."""
    variables = dict(os.environ)
    mariadb, user = DATA / "mariadb", getpass.getuser()
    if not (mariadb / "mysql").is_dir():
        make_mariadb(mariadb, user)
    place = (
        f"--datadir={mariadb}",
        f"--socket={SOCKET}",
        f"--pid-file={DATA / 'mariadb.pid'}",
        f"--user={user}",
    )
    port = f"--port={PORTS['mariadb']}"
    start("mariadb", (_program("mariadbd"), "--no-defaults", *place, port, *MARIADB_OPTIONS), variables)
    start("epmd", (_program("epmd"), "-address", HOST, "-port", str(PORTS["epmd"])), variables)
    start("rabbitmq", (_program("rabbitmq-server"),), variables | rabbitmq_variables())
    start("influxdb", (_program("influxd"), "-config", str(ETC / "influxdb" / "influxdb.conf")), variables)
    as_user = ("-u", user) if os.geteuid() == 0 else ()
    listen = ("-l", HOST, "-p", str(PORTS["memcached"]), "-U", "0", "-m", "64")
    start("memcached", (_program("memcached"), *as_user, *listen), variables)


def _program(name: str) -> str:
    found = packages.program(name)
    if found is None:
        raise BedError(f"{name} is missing")
    return found


def make_mariadb(folder: Path, user: str) -> None:
    """Make MariaDB's own tables."""
    folder.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    command = [_program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}", f"--user={user}"]
    command += ["--skip-test-db", "--auth-root-authentication-method=normal"]
    with (LOGS / "mariadb-install.log").open("wb") as log:
        if subprocess.run(command, check=False, stdout=log, stderr=log).returncode:
            raise BedError(f"mariadb-install-db failed; see {LOGS / 'mariadb-install.log'}")


def rabbitmq_variables() -> dict[str, str]:
    """What keeps RabbitMQ and its name server in the bed and on loopback (RabbitMQ's configuration guide)."""
    home, etc = DATA / "rabbitmq", ETC / "rabbitmq"
    return {
        "HOME": str(home),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(PORTS["epmd"]),
        "RABBITMQ_NODENAME": "bed@localhost",
        "RABBITMQ_DIST_PORT": str(PORTS["rabbitmq_peers"]),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(LOGS / "rabbitmq"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": str(etc / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(etc / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
    }


def wait_for_all() -> None:
    """Wait until all of them listen."""
    for name in ("mariadb", "influxdb", "memcached", "rabbitmq"):
        wait_for_port(name, PORTS[name])


def make_databases() -> None:
    """Make the services' empty databases and the user who owns them all."""
    with pymysql.connect(unix_socket=str(SOCKET), user="root") as connection, connection.cursor() as cursor:
        for name in DATABASES:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb3")
        cursor.execute(f"GRANT ALL ON *.* TO 'openstack'@'{HOST}' IDENTIFIED BY '{PASSWORD}'")
    query = urllib.parse.urlencode({"q": "CREATE DATABASE cloudkitty"}).encode()
    urllib.request.urlopen(f"{url('influxdb')}/query", data=query, timeout=30).close()


def sql(database: str, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows: for what no API can set, such as the age of a server."""
    with (
        pymysql.connect(
            host=HOST,
            port=PORTS["mariadb"],
            user="openstack",
            password=PASSWORD,
            database=database,
            autocommit=True,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, arguments)
        return list(cursor.fetchall())
