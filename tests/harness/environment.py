# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command of the build runs in: one clean environment and one virtual environment per Python."""

from __future__ import annotations

import configparser
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checkout import BUILD, ROOT, TREE, Stop

HOME = BUILD / "home"
MARKER = "complete"


@dataclass(frozen=True)
class Requirements:
    """The requirement files of a virtual environment; pip gets the last, which reads or
    stands for the others.
    """

    files: tuple[str, ...]
    options: tuple[str, ...] = ()


#: What the unit tests need, beside an ansible-core.
UNITS = Requirements(
    ("requirements.txt", "roles/sandbox/files/requirements.txt", "tests/unit/requirements.txt")
)
TESTS = Requirements((*UNITS.files, "tests/requirements.txt"))
# Already resolved, and so many that resolving them again would take minutes.
OPENSTACK = Requirements(("tests/openstack/requirements.txt",), ("--no-deps",))

# Other people's programs, some of which take libraries that are older than ours.
OUTSIDE = Requirements(("requirements.txt", "tests/outside/requirements.txt"))

# The collection, and what `make bench` runs beside it.
BENCHMARKS = Requirements(
    ("requirements.txt", "roles/sandbox/files/requirements.txt", "tests/benchmarks/requirements.txt")
)

# What runs the checks that Ansible's collections have in common.
NOX = Requirements(("tests/nox/requirements.txt",))

# What makes the site of the documentation.
DOCS = Requirements(("tests/docs/requirements.txt",))

# What resolves requirements.txt anew.
SUPPLY = Requirements(("tests/supply/requirements.txt",))

# A user's cloud, ledger, Ansible or Git settings must not steer a test run.
DROPPED_PREFIXES = (
    "ANSIBLE_",
    "FINOPS_",
    "GIT_",
    "INFOMANIAK_",
    "MAKE",
    "MFLAGS",
    "OS_",
    "PYENV_",
    "PYTHON",
    "XDG_",
)
DROPPED_NAMES = ("VIRTUAL_ENV",)

# ansible-test takes pip for its own virtual environments from a host of Ansible's CI. This stands in at the
# place where it caches that download, and takes the pip that comes with Python.
GET_PIP = """\
import subprocess
import sys

arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "-q", *arguments]))
"""
# ansible-test integration calls ssh-keygen unless a key pair is there, for remote hosts that --local does not
# have.
SSH_KEY_NAMES = ("id_rsa", "id_rsa.pub")
#: ansible-core 2.16, 2.18 and 2.19, 2.20 and newer.
GET_PIP_NAMES = ("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py")


def prepare_home() -> None:
    """Lay out the HOME of every command: the user's may be unwritable, and a test must not
    leave anything there.
    """
    shutil.rmtree(
        HOME / ".local", ignore_errors=True
    )  # where a ledger lies by default: no run sees that of another
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in GET_PIP_NAMES:
        (cache / name).write_text(GET_PIP)
    for name in SSH_KEY_NAMES:
        (HOME / ".ansible" / "test" / name).write_text("No key: nothing here connects by SSH.\n")
    # Git refuses a repository of another user, as when root builds in a user's clone.
    (HOME / ".gitconfig").write_text(f"[safe]\n\tdirectory = {TREE}\n")
    write_pip_configuration()


def write_pip_configuration() -> None:
    """Put the user's pip configuration, PIP_* variables included, into HOME: ansible-test
    passes on only that.
    """
    merged = configparser.RawConfigParser()
    try:
        merged.read(pip_configuration_files())
    except configparser.Error as error:
        raise Stop(f"The pip configuration can't be read: {error}") from None
    if not merged.has_section("global"):
        merged.add_section("global")
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE":
            merged.set("global", name.removeprefix("PIP_").lower().replace("_", "-"), value)
    merged.set("global", "cache-dir", str(pip_cache()))
    if not merged.has_section("install"):
        merged.add_section("install")
    merged.set("install", "quiet", "1")
    target = HOME / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with open(
        os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as stream:  # it may hold a password
        merged.write(stream)


def pip_configuration_files() -> list[Path]:
    """Return the files that pip reads for this user, the last ranks first
    (pip's documentation, Configuration).
    """
    home = user_home()
    configured = os.environ.get("PIP_CONFIG_FILE")
    if configured:
        return [Path(configured)]
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    if sys.platform == "darwin" and (home / "Library/Application Support/pip").is_dir():
        settings = home / "Library/Application Support"
    return [home / ".pip" / "pip.conf", settings / "pip" / "pip.conf"]


def pip_cache() -> Path:
    """Return the user's pip cache where it can be written, else one inside the build directory."""
    usual = user_home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    cache = Path(os.environ.get("PIP_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or usual) / "pip")
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return BUILD / "cache" / "pip"
    return cache if os.access(cache, os.W_OK) else BUILD / "cache" / "pip"


def user_home() -> Path:
    """Return the user's own home, which need not exist."""
    return Path(os.environ.get("HOME") or "/nonexistent")


def clean_environment(environment: Path | None = None) -> dict[str, str]:
    """Return the variables for a command: the user's, less what would steer a run, plus
    the build's own places.

    environment is the virtual environment that comes first on PATH. Shims of Python version managers are left
    out: ansible-test finds them, drops the variable that chooses the version, and fails.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(DROPPED_PREFIXES) and name not in DROPPED_NAMES
    }
    path = [
        folder
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep)
        if Path(folder).name != "shims"
    ]
    if environment:
        path.insert(0, str(environment / "bin"))
    loopback = ",".join(filter(None, (os.environ.get("no_proxy"), "127.0.0.1,localhost")))
    return kept | {
        "PATH": os.pathsep.join(path),
        "HOME": str(HOME),
        "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
        "no_proxy": loopback,
        "NO_PROXY": loopback,
        "PYTHONPYCACHEPREFIX": str(BUILD / "cache" / "bytecode"),
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        "ANSIBLE_HOME": str(HOME / ".ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }


def virtual_environment(name: str, python: str, requirements: Requirements = TESTS) -> Path:
    """Return the virtual environment ROOT/name with everything that is required, made by
    the interpreter python.

    It is made again when a requirement file, the Python or the checkout's place has changed (the scripts in
    it hold that place), or when an earlier attempt did not come to its end: the marker is written last.
    """
    place = ROOT / name
    fingerprint = environment_fingerprint(place, python, requirements)
    marker = place / MARKER
    if marker.is_file() and marker.read_text() == fingerprint:
        return place
    print(
        f"setup: making {name} with {python_version(python)}, this takes a while the first time", flush=True
    )
    shutil.rmtree(place, ignore_errors=True)
    make = [python, "-m", "venv", str(place)]
    made = subprocess.run(make, check=False, env=clean_environment(), capture_output=True, text=True)
    if made.returncode:
        said = (made.stdout + made.stderr).strip()
        raise Stop(
            f"{python} can't make a virtual environment (Debian and Ubuntu: install python3-venv): {said}"
        )
    wanted = requirements.files[-1]
    pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements.options]
    if subprocess.run([*pip, "-r", str(ROOT / wanted)], check=False, env=clean_environment(place)).returncode:
        raise Stop(f"pip could not install what {wanted} lists into {name}; its message is above.")
    marker.write_text(fingerprint)
    return place


def environment_fingerprint(place: Path, python: str, requirements: Requirements) -> str:
    """Return what the virtual environment depends on, as one hash."""
    digest = hashlib.sha256(f"{place}\n{python_version(python)}\n".encode())
    for name in requirements.files:
        try:
            digest.update((ROOT / name).read_bytes())
        except FileNotFoundError:
            raise Stop(f"{name} is missing from the checkout.") from None
    return digest.hexdigest()


def python_version(python: str) -> str:
    """Return what the interpreter says of itself, such as 'Python 3.11.7 in /usr', or ''
    where it does not run.
    """
    question = "import sys; print('Python', '.'.join(map(str, sys.version_info[:3])), 'in', sys.base_prefix)"
    try:
        answer = subprocess.run([python, "-c", question], check=False, capture_output=True, text=True)
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def find_python(version: str) -> str:
    """Return an interpreter of the version, such as '3.13', from PATH or pyenv.

    Raises Stop naming what is missing.
    """
    for candidate in python_candidates(version):
        if python_version(candidate).startswith(f"Python {version}."):
            return candidate
    raise Stop(
        f"Python {version} is missing: neither python{version} on PATH nor a pyenv version runs; install it."
    )


def python_candidates(version: str) -> Iterator[str]:
    """Yield where an interpreter of the version may lie. A shim of pyenv can be on PATH and not run."""
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    versions = Path(os.environ.get("PYENV_ROOT") or user_home() / ".pyenv") / "versions"
    if os.access(versions, os.R_OK | os.X_OK):
        for folder in sorted(versions.glob(f"{version}.*"), reverse=True):
            yield str(folder / "bin" / f"python{version}")
