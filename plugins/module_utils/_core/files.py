# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Replacing a file whole: a reader finds the old content or the new one, never a part of it."""

from __future__ import annotations

import fcntl
import grp
import os
import pwd
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .errors import InvalidOption
from .trusted_paths import folder_of, look_at, new_file_in, open_file

_ALL = 0o7777
#: One clause of a symbolic mode, such as `u=rw` or `go-w+X`: who, and what changes.
_CLAUSE = re.compile(r"([ugoa]*)((?:[=+-][rwxXstugo]*)+)")
_CHANGE = re.compile(r"([=+-])([rwxXstugo]*)")
_CLASSES = "ogu"
_BITS = {"r": 4, "w": 2, "x": 1}
_TOKEN_BYTES = 8
#: How the name of a file ends that is being written.
_UNFINISHED = ".unfinished"
_CHUNK = 1 << 20
_SPECIAL = {"u": ("s", stat.S_ISUID), "g": ("s", stat.S_ISGID), "o": ("t", stat.S_ISVTX)}


@dataclass(frozen=True)
class FileAttributes:
    """What a user wants of a file; None for what the task does not name.

    mode: a number, or a symbolic mode as `chmod` takes it. owner_id and group_id: numbers of this host.
    """

    mode: int | str | None = None
    owner_id: int | None = None
    group_id: int | None = None

    def mode_from(self, before: int) -> int:
        """The permission bits of the file that had these before."""
        if isinstance(self.mode, str):
            return _changed(self.mode, before)
        return before if self.mode is None else self.mode

    @property
    def trusted_owners(self) -> tuple[int, ...]:
        """Whose file is expected in the place besides this user's and root's: the owner's of the task."""
        return () if self.owner_id is None else (self.owner_id,)

    def differ_from(self, found: os.stat_result) -> bool:
        """Whether a file with that status is not as wanted."""
        mode = stat.S_IMODE(found.st_mode)
        return (
            self.mode_from(mode) != mode
            or self.owner_id not in (None, found.st_uid)
            or self.group_id not in (None, found.st_gid)
        )


AS_IT_COMES = FileAttributes()


def parse_attributes(given: Mapping[str, Any]) -> FileAttributes:
    """The options mode, owner and group as Ansible's file modules take them; a missing option is None.

    mode: octal digits as text, a number, or a symbolic mode. owner and group: a name of this host, or a
    number. Raises InvalidOption naming the option.
    """
    return FileAttributes(
        mode=_mode(given.get("mode")),
        owner_id=_id_of(given.get("owner"), "owner", lambda name: pwd.getpwnam(name).pw_uid),
        group_id=_id_of(given.get("group"), "group", lambda name: grp.getgrnam(name).gr_gid),
    )


class NewFile:
    """A file that is written beside its place; get one from new_file().

    stream: takes the content. path: where it is until replace() has moved it.
    """

    def __init__(self, path: Path, stream: IO[bytes], folder: int) -> None:
        self.path = path
        self.stream = stream
        self._folder = folder

    def differs_from(self, place: Path, attributes: FileAttributes = AS_IT_COMES) -> bool:
        """Whether the file in that place is missing or has other content or attributes. Raises OSError."""
        self.stream.flush()
        try:
            found = open_place(place, attributes)
        except FileNotFoundError:
            return True
        with found:
            self.stream.seek(0)
            same = _same_content(self.stream, found)
            self.stream.seek(0, os.SEEK_END)
            return not same or attributes.differ_from(os.fstat(found.fileno()))

    def replace(self, place: Path, default_mode: int, attributes: FileAttributes = AS_IT_COMES) -> None:
        """Put the file in that place, in one step, once its content is on the disk.

        default_mode: the permission bits unless attributes has a mode. Raises OSError.
        """
        self.stream.flush()
        handle = self.stream.fileno()
        os.fsync(handle)
        with folder_of(place) as folder:
            found = look_at(folder, place.name, attributes.trusted_owners)
            if attributes.owner_id is not None or attributes.group_id is not None:
                wanted = (attributes.owner_id, attributes.group_id)
                os.fchown(handle, *(-1 if one is None else one for one in wanted))
            before = default_mode
            if isinstance(attributes.mode, str) and found is not None:
                before = stat.S_IMODE(found.st_mode)
            os.fchmod(handle, attributes.mode_from(before))
            os.replace(self.path.name, place.name, src_dir_fd=self._folder, dst_dir_fd=folder)


@contextmanager
def new_file(place: Path, folder: Path | None = None) -> Iterator[NewFile]:
    """A file to write, with a hidden name in the folder of its place, for this user only; it is gone at the
    end of the block unless it was put in place. What a killed writer has left there of this place goes too.

    place: as trusted_paths.resolve() returns it. folder: another one of the same file system. Raises OSError.
    """
    beside = (folder or place.parent) / place.name
    with folder_of(beside) as handle:
        _remove_left_behind(handle, beside)
        name, written = _new_locked_file(handle, place.name)
        try:
            with os.fdopen(written, "w+b") as stream:
                yield NewFile(beside.with_name(name), stream, handle)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=handle)


def replace_file(
    place: Path,
    content: bytes,
    default_mode: int,
    attributes: FileAttributes = AS_IT_COMES,
    check_mode: bool = False,
    always: bool = False,
) -> bool:
    """Replace a file by this content if its content differs, or an attribute that attributes names.

    place: as trusted_paths.resolve() returns it. default_mode: permission bits of what is written, unless
    attributes has a mode. always: write it even if nothing differs, so that its time is now. Returns whether
    it differed. In check mode it writes nothing. Raises OSError.
    """
    try:
        with open_place(place, attributes) as found:
            differs = found.read() != content or attributes.differ_from(os.fstat(found.fileno()))
    except FileNotFoundError:
        differs = True
    if (differs or always) and not check_mode:
        with new_file(place) as new:
            new.stream.write(content)
            new.replace(place, default_mode, attributes)
    return differs


def open_place(place: Path, attributes: FileAttributes = AS_IT_COMES) -> IO[bytes]:
    """Open the file in a place to read what is to be replaced.

    place: as trusted_paths.resolve() returns it. Raises FileNotFoundError; OSError for one that must not be
    replaced.
    """
    with folder_of(place) as folder:
        return os.fdopen(open_file(folder, place.name, attributes.trusted_owners), "rb")


def _new_locked_file(folder: int, place: str) -> tuple[str, int]:
    """The name and the handle of a new file. The lock on it says that its writer lives."""
    while True:
        name = f".{place}.{os.urandom(_TOKEN_BYTES).hex()}{_UNFINISHED}"
        with suppress(FileExistsError):
            handle = new_file_in(folder, name)
            try:
                alive = _locked(handle)
            except OSError:
                # A file system without locks: there nobody takes it for one that was left behind.
                alive = True
            if alive and os.fstat(handle).st_nlink:
                return name, handle
            # Another writer took it for one that was left behind.
            os.close(handle)


def _remove_left_behind(folder: int, place: Path) -> None:
    """Remove the unfinished files of a place whose writers were killed."""
    of_place = re.compile(
        rf"\.{re.escape(place.name)}\.[0-9a-f]{{{2 * _TOKEN_BYTES}}}{re.escape(_UNFINISHED)}"
    )
    try:
        names = os.listdir(place.parent)
    except PermissionError:
        # Who may write here and not look has to clean up by hand.
        names = []
    for name in filter(of_place.fullmatch, names):
        # What is another's, or no file, is left alone, and so is one that is gone meanwhile.
        with suppress(OSError), os.fdopen(open_file(folder, name), "rb") as found:
            if os.fstat(found.fileno()).st_uid == os.geteuid() and _locked(found.fileno()):
                os.unlink(name, dir_fd=folder)


def _locked(handle: int) -> bool:
    """Whether nobody else had the lock of an open file; this process has it until the file is closed."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same_content(one: IO[bytes], other: IO[bytes]) -> bool:
    while True:
        part = one.read(_CHUNK)
        if part != other.read(_CHUNK):
            return False
        if not part:
            return True


@contextmanager
def refusing(option: str, path: Path | str) -> Iterator[None]:
    """Turns an OSError of the block into InvalidOption: the path that the option names cannot be written."""
    try:
        yield
    except OSError as error:
        raise InvalidOption(option, f"'{path}' cannot be written: {error.strerror}.") from error


def _mode(given: object) -> int | str | None:
    if given is None:
        return None
    text = str(given)
    found = given if isinstance(given, int) and not isinstance(given, bool) else _octal(text)
    if found is None:
        if not all(_CLAUSE.fullmatch(clause) for clause in text.split(",")):
            raise InvalidOption(
                "mode",
                f"'{text}' is not a mode; write octal digits in quotes, such as '0640', or u=rw,g=r,o=.",
            )
        return text
    if not 0 <= found <= _ALL:
        raise InvalidOption("mode", f"'{text}' is not a mode; the largest one is '7777'.")
    return found


def _octal(text: str) -> int | None:
    try:
        return int(text, 8)
    except ValueError:
        return None


def _id_of(given: object, option: str, look_up: Any) -> int | None:
    """A number as it is, a name as this host knows it."""
    if given is None:
        return None
    name = str(given)
    try:
        return int(look_up(name))
    except KeyError as error:
        if name.isascii() and name.isdigit():
            return int(name)
        kind = "user" if option == "owner" else "group"
        raise InvalidOption(option, f"there is no {kind} '{name}' on this host.") from error


def _changed(symbolic: str, before: int) -> int:
    """The permission bits after each change of a symbolic mode. One for nobody by name respects the umask."""
    mode = before
    for clause in symbolic.split(","):
        matched = _CLAUSE.fullmatch(clause)
        if matched is None:
            raise ValueError(f"'{clause}' is not a clause of a symbolic mode")
        who, changes = matched.groups()
        masked = 0 if who else _umask()
        for how, permissions in _CHANGE.findall(changes):
            for one in "ugo" if not who or "a" in who else who:
                bits = _bits(permissions, one, mode, masked)
                if how == "=":
                    mode = mode & ~(7 << 3 * _CLASSES.index(one) | _SPECIAL[one][1]) | bits
                else:
                    mode = mode | bits if how == "+" else mode & ~bits
    return mode


def _bits(permissions: str, who: str, mode: int, masked: int) -> int:
    """The bits of these permissions for one class: u, g or o."""
    shift = 3 * _CLASSES.index(who)
    bits = 0
    for one in permissions:
        if one in _CLASSES:
            bits |= (mode >> 3 * _CLASSES.index(one) & 7) << shift
        elif one in _BITS:
            bits |= _BITS[one] << shift & ~masked
        elif one == "X":
            bits |= (1 << shift) if mode & 0o111 else 0
        elif one == _SPECIAL[who][0]:
            bits |= _SPECIAL[who][1]
    return bits


def _umask() -> int:
    found = os.umask(0)
    os.umask(found)
    return found
