# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which files a delivery is made of: paths, folders, globs, and the parts that a manifest names
(design/imports.md#a-bill-is-a-delivery).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path, PurePosixPath
from typing import Any

from .._core.errors import InvalidOption
from .._core.trusted_paths import read_input

#: How the files of bills end.
_ENDINGS = (".csv", ".csv.gz", ".gz", ".zip", ".parquet", ".tsv", ".txt", ".jsonl", ".ndjson")
_MANIFEST = "manifest.json"


def find(named: Sequence[str]) -> list[Path]:
    """The files of a delivery, each once, in the order of the option and by name within a folder or glob.

    A folder with manifests (`*Manifest.json` of AWS, `manifest.json` of Azure) is the parts that they name.
    Raises InvalidOption for what is not there, a part that is missing, or nothing at all.
    """
    found: dict[Path, Path] = {}
    for text in named:
        for path in _of_one(text):
            found.setdefault(path.resolve(), path)
    if not found:
        raise InvalidOption("files", "names no file; write the paths of the bill's files, folders or globs.")
    return list(found.values())


def _of_one(text: str) -> Iterator[Path]:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        problem = f"'{text}' is in the home folder of a user that there is not."
        raise InvalidOption("files", problem) from error
    if path.is_dir():
        yield from _of_folder(path)
    elif path.exists() or not has_magic(text):
        yield from _of_file(path)
    else:
        matching = sorted(Path(one) for one in glob(str(path), recursive=True))
        if not matching:
            raise InvalidOption("files", f"'{text}' matches no file.")
        for one in matching:
            yield from _of_folder(one) if one.is_dir() else _of_file(one)


def _of_file(path: Path) -> Iterator[Path]:
    if path.name.lower().endswith(_MANIFEST):
        yield from _of_manifests(path.parent, [path])
        return
    if path.exists() and not path.is_file():
        raise InvalidOption("files", f"'{path}' is no regular file.")
    yield path


def _of_folder(folder: Path) -> Iterator[Path]:
    inside = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    manifests = [path for path in inside if path.name.lower().endswith(_MANIFEST)]
    if len({tuple(_parts(manifest)) for manifest in manifests}) > 1:
        # Of several runs of one month, each has all of it.
        raise InvalidOption(
            "files",
            f"the folder '{folder}' has {len(manifests)} manifests of different parts; name the manifest of"
            " the newest run of each bill.",
        )
    if manifests:
        yield from _of_manifests(folder, manifests)
        return
    bills = [path for path in inside if path.name.lower().endswith(_ENDINGS)]
    if not bills:
        raise InvalidOption("files", f"the folder '{folder}' has no file that ends in {', '.join(_ENDINGS)}.")
    yield from bills


def _of_manifests(folder: Path, manifests: Iterable[Path]) -> Iterator[Path]:
    """The parts that manifests name, which must all be there: a bill without one of its parts is no bill."""
    there = [path for path in folder.rglob("*") if path.is_file()]
    for manifest in manifests:
        parts = list(_parts(manifest))
        if not parts:
            raise InvalidOption("files", f"the manifest '{manifest}' names no parts; name the files instead.")
        for part in parts:
            yield _local(part, there, manifest)


def _parts(manifest: Path) -> Iterator[str]:
    """What a manifest names: `dataFiles` or `reportKeys` of AWS, `blobs` with `blobName` of Azure."""
    try:
        said: Any = json.loads(read_input(manifest))
    except OSError as error:
        raise InvalidOption("files", f"'{manifest}' cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidOption("files", f"the manifest '{manifest}' is not valid JSON.") from error
    if not isinstance(said, dict):
        raise InvalidOption("files", f"the manifest '{manifest}' is not a JSON object.")
    for listed in ("dataFiles", "reportKeys", "blobs"):
        parts = said.get(listed) or []
        if not isinstance(parts, list):
            raise InvalidOption("files", f"`{listed}` of the manifest '{manifest}' is no list of parts.")
        for one in parts:
            name = one.get("blobName") if isinstance(one, dict) else one
            if not isinstance(name, str) or not name:
                raise InvalidOption("files", f"the manifest '{manifest}' names a part that is no path.")
            yield name


def _local(part: str, there: Sequence[Path], manifest: Path) -> Path:
    """The downloaded file of a part: of those with its name, the one with most folders of its path alike."""
    wanted = PurePosixPath(part.partition("://")[2] or part).parts
    named = [path for path in there if path.name == wanted[-1]]
    if not named:
        raise InvalidOption(
            "files",
            f"the manifest '{manifest}' names {wanted[-1]}, which is not there; fetch all parts first.",
        )
    return max(named, key=lambda path: _alike(path.parts, wanted))


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many names at the end of two paths are alike."""
    count = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine != theirs:
            break
        count += 1
    return count
