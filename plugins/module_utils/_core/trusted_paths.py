# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Opening files that another user of this host could have laid out for us (design/ansible.md#files).

A folder is shared if somebody but this user and root may put names into it. In a shared folder nothing of
another user is followed or opened. Whatever is refused raises an OSError whose strerror is the reason.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = 0
_LINKS = 40
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: A step on the way to a file: a folder, never a link. Linux needs no right to list it.
_STEP = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
#: Waits for nobody: a FIFO would have us wait for its writer.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "a folder"),
    (stat.S_ISLNK, errno.ELOOP, "a link that was put there meanwhile"),
    (stat.S_ISFIFO, errno.EPERM, "a FIFO"),
    (stat.S_ISSOCK, errno.EPERM, "a socket"),
    (stat.S_ISCHR, errno.EPERM, "a device"),
    (stat.S_ISBLK, errno.EPERM, "a device"),
)


def resolve(path: Path) -> Path:
    """The absolute path without links, as os.path.realpath tells it; what does not exist stays as it is.

    Raises OSError for a link of another user in a shared folder, a circle of links, and a path that no file
    can have.
    """
    done, followed = Path("/"), 0
    begin = _named(path if path.is_absolute() else Path.cwd() / path)
    left = [*reversed(begin.parts[1:])]
    while left:
        name = left.pop()
        if name == "..":
            done = done.parent
            continue
        target = _target(done, name)
        if target is None:
            done /= name
            continue
        followed += 1
        if followed > _LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if target.is_absolute():
            done = Path("/")
        left += reversed(target.parts[1:] if target.is_absolute() else target.parts)
    return done


@contextmanager
def folder_of(place: Path) -> Iterator[int]:
    """The folder of a file, open: a name in it stays in it, whatever is moved meanwhile.

    place: as resolve() returns it. Raises OSError, also where a step on the way has become a link.
    """
    folder = os.open("/", _STEP)
    try:
        for name in place.parent.parts[1:]:
            step = os.open(name, _STEP, dir_fd=folder)
            os.close(folder)
            folder = step
        yield folder
    finally:
        os.close(folder)


def look_at(folder: int, name: str, owners: Collection[int] = ()) -> os.stat_result | None:
    """The status of a file in an open folder; None where there is none.

    owners: users that the task trusts besides. Raises OSError for what is no file, and in a shared folder for
    a file that is another's or has a second name.
    """
    try:
        found = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    _refuse(found, os.fstat(folder), owners)
    return found


def open_file(folder: int, name: str, owners: Collection[int] = ()) -> int:
    """Open a file in an open folder to read it. Raises OSError as look_at() does."""
    if look_at(folder, name, owners) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    handle = os.open(name, _READ | os.O_NOFOLLOW, dir_fd=folder)
    try:
        # What is open now decides: another one may have been put there since.
        _refuse(os.fstat(handle), os.fstat(folder), owners)
    except OSError:
        os.close(handle)
        raise
    return handle


def new_file_in(folder: int, name: str) -> int:
    """Make a file in an open folder that only this user may read and write; its handle.

    Raises FileExistsError, OSError.
    """
    return os.open(name, _NEW, _PRIVATE_FILE, dir_fd=folder)


def make_private_folders(folder: Path) -> None:
    """Make the folders of a path that are missing, each for this user only, whatever the umask.

    folder: as resolve() returns it. Raises OSError.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        try:
            os.mkdir(one, _PRIVATE_FOLDER)
        except FileExistsError:
            if not one.is_dir():
                raise


def read_trusted(path: Path) -> bytes:
    """The content of a file that must not be another's work. Raises OSError as resolve() and look_at() do."""
    place = resolve(path)
    with folder_of(place) as folder, os.fdopen(open_file(folder, place.name), "rb") as stream:
        return stream.read()


def open_input(path: Path) -> int:
    """Open a file that somebody hands in, such as a plan or a bill: whose it is does not matter.

    Raises OSError for what is no file, without waiting for anybody.
    """
    _refuse_kind(os.stat(_named(path)))
    handle = os.open(path, _READ)
    try:
        _refuse_kind(os.fstat(handle))
    except OSError:
        os.close(handle)
        raise
    return handle


def read_input(path: Path) -> bytes:
    """The content of such a file. Raises OSError as open_input() does."""
    with os.fdopen(open_input(path), "rb") as stream:
        return stream.read()


def _named(path: Path) -> Path:
    """The path, where a file can have it."""
    try:
        if b"\0" not in os.fsencode(path):
            return path
    except UnicodeEncodeError:
        pass
    raise OSError(errno.EINVAL, "its name has a character that no name of a file can have")


def _target(folder: Path, name: str) -> Path | None:
    """Where a link leads; None for what is no link, or not there."""
    try:
        found = os.lstat(folder / name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISLNK(found.st_mode):
        return None
    if not _is_trusted(found) and _is_shared(os.stat(folder)):
        raise PermissionError(
            errno.EPERM,
            f"{folder / name} is a link of another user (uid {found.st_uid}) in a folder that others may"
            " write to; name a file in a folder of your own",
        )
    return Path(os.readlink(folder / name))


def _is_trusted(found: os.stat_result, owners: Collection[int] = ()) -> bool:
    return found.st_uid in (_ROOT, os.geteuid(), *owners)


def _is_shared(folder: os.stat_result) -> bool:
    return not _is_trusted(folder) or bool(folder.st_mode & _OTHERS_MAY_WRITE)


def _refuse_kind(found: os.stat_result) -> None:
    for is_it, number, kind in _KINDS:
        if is_it(found.st_mode):
            raise OSError(number, f"it is {kind} and not a file")


def _refuse(found: os.stat_result, folder: os.stat_result, owners: Collection[int]) -> None:
    """Raise OSError for what is no file, and for one in a shared folder that somebody else could have put
    there.
    """
    _refuse_kind(found)
    if not _is_shared(folder):
        return
    reason = None
    if not _is_trusted(found, owners):
        reason = f"it belongs to another user (uid {found.st_uid})"
    elif found.st_nlink > 1:
        reason = "it has a second name (a hard link)"
    if reason is not None:
        raise PermissionError(
            errno.EPERM, f"{reason} in a folder that others may write to; name a file in a folder of your own"
        )
