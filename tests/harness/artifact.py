# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's artifact, the same to the byte wherever and whenever a commit is built."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
from pathlib import Path

from checkout import BUILD, ROOT, Stop, git
from stages import Workbench


def artifact(bench: Workbench) -> str:
    """Build the artifact into .build/artifact, twice. Raises Stop where the two differ."""
    folder = BUILD / "artifact"
    shutil.rmtree(folder, ignore_errors=True)
    first, second = (build(bench, "artifact", folder / name) for name in ("once", "again"))
    if first.read_bytes() != second.read_bytes():
        raise Stop(f"two builds of one commit differ: {first} and {second}")
    made = folder / first.name
    shutil.copyfile(first, made)
    return f"{made.relative_to(ROOT)}, sha256 {hashlib.sha256(made.read_bytes()).hexdigest()}"


def build(bench: Workbench, stage: str, folder: Path) -> Path:
    """Build the artifact into a folder, and return where it is."""
    bench.run(stage, "ansible-galaxy", "collection", "build", "--output-path", str(folder))
    (built,) = folder.glob("finops-cloud-*.tar.gz")
    write_anew(built)
    return built


def write_anew(built: Path) -> None:
    """Write an archive by the order of names, of nobody, and as old as the commit, in place of what
    ansible-galaxy takes from the machine and the clock.
    """
    seconds = int(git("-c", f"safe.directory={ROOT}", "-C", str(ROOT), "log", "-1", "--format=%ct"))
    plain = io.BytesIO()
    with (
        tarfile.open(built, "r:gz") as source,
        tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as target,
    ):
        for member in sorted(source.getmembers(), key=lambda one: one.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = seconds, 0, 0, "", ""
            member.pax_headers = {}
            target.addfile(member, source.extractfile(member) if member.isreg() else None)
    with built.open("wb") as stream, gzip.GzipFile("", "wb", fileobj=stream, mtime=seconds) as packed:
        packed.write(plain.getvalue())
