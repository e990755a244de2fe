# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie: the checkout, what the build may write, and the copy of the checkout
that ansible-test accepts.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
TREE = BUILD / "ansible_collections" / "finops" / "cloud"


class Stop(Exception):
    """What keeps the harness from going on, as one sentence for the user."""


def copy_checkout() -> Path:
    """Make TREE a copy of the checkout's tracked and new files, ignored files left out, and return it.

    ansible-test refuses a symlink and wants the path ansible_collections/NAMESPACE/NAME. A file that has
    not changed keeps its copy, a file that is gone loses it. TREE is a Git repository of its own:
    ansible-test and ansible-lint ask Git which files there are, and the outer repository ignores the
    whole build directory.
    """
    wanted = checkout_files()
    TREE.mkdir(parents=True, exist_ok=True)
    if not (TREE / ".git").is_dir():
        git("init", "--quiet", str(TREE))
    remove_all_but(wanted)
    for name in sorted(wanted):
        copy_changed(ROOT / name, TREE / name)
    return TREE


def checkout_files() -> set[str]:
    """Return the paths, relative to ROOT, of the files that Git tracks or would add."""
    if not (ROOT / ".git").exists():
        raise Stop(f"{ROOT} is no Git checkout: the build copies what Git lists, so start from a clone.")
    # As root in a user's clone Git would refuse; what it guards against, running the clone's code, make does
    # anyway.
    command = ("-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z")
    names = git(*command, "--cached", "--others", "--exclude-standard").split("\0")
    return {name for name in names if name and os.path.lexists(ROOT / name)}


def git(*arguments: str) -> str:
    """Run Git and return what it prints. Raises Stop when it is missing or says no."""
    # A Git hook that calls make has set GIT_DIR, which would turn every call to the hook's repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(
            ["git", *arguments], check=True, capture_output=True, text=True, env=environment
        ).stdout
    except FileNotFoundError:
        raise Stop("git is not on PATH: install it, the build copies what Git lists.") from None
    except subprocess.CalledProcessError as error:
        raise Stop(f"git {' '.join(arguments)} failed: {' '.join(error.stderr.split())}") from None


def remove_all_but(wanted: set[str]) -> None:
    """Remove from TREE whatever is not in wanted, its .git excepted; directories that become empty go too."""
    for folder, subfolders, files in os.walk(TREE, topdown=False):
        relative = Path(folder).relative_to(TREE)
        if relative.parts[:1] == (".git",):
            continue
        links = [name for name in subfolders if (Path(folder) / name).is_symlink()]
        for name in files + links:
            if str(relative / name) not in wanted:
                (Path(folder) / name).unlink()
        if relative.parts and not any(Path(folder).iterdir()):
            Path(folder).rmdir()


def copy_changed(source: Path, target: Path) -> None:
    """Copy one file or symlink with its mode, unless the target is the same already."""
    if source.is_symlink():
        if not (target.is_symlink() and target.readlink() == source.readlink()):
            replace(target)
            target.symlink_to(source.readlink())
        return
    same = target.is_file() and not target.is_symlink() and source.stat().st_mode == target.stat().st_mode
    if not (same and filecmp.cmp(source, target, shallow=False)):
        replace(target)
        shutil.copy2(source, target)


def replace(target: Path) -> None:
    """Make room for a file: its folder is there, and nothing bears its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
