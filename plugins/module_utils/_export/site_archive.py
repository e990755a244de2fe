# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The files of a cost site. A page of a closed month is never written again, unless what it says was
restated; then it says so itself (design/reports.md#closed-months).

Beside each page lies a JSON of its name: what the page says, with all digits, the hash of that, and its
restatements.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from .._core.errors import InvalidOption
from .._core.files import FileAttributes, refusing
from .._core.periods import iso
from .._core.trusted_paths import make_private_folders, read_trusted, resolve
from .report_files import write_report_file
from .site_keys import SUMMED, PageKey, Row

#: Changed rows that a restatement names.
_MOST_ROWS = 5
#: What of a page's facts a site was asked for: a folder has one of each.
_ASKED = ("currency", "timezone", "teams")
_KINDS = tuple(SUMMED)
_RESTATED = {"at", "old", "new", "rows"}
#: What a row of a table is known by.
_ROW_KEY = ("id", "project", "category", "description")


class WrittenPage(NamedTuple):
    """What became of a page. restated: whether it was just now."""

    restatements: Sequence[Row]
    closed: bool
    restated: bool


@dataclass
class SiteFolder:
    """Where a site lies, and what was done there.

    option: names the folder in errors. written: how many pages are new or changed; kept: of closed months,
    as they were. restated: the paths of pages that were restated now, with the first of their differences.
    """

    root: Path
    attributes: FileAttributes
    option: str
    check_mode: bool
    now: datetime
    written: int = 0
    kept: int = 0
    changed: bool = False
    restated: list[str] = field(default_factory=list)

    def write(
        self, path: str, facts: Row, closed: bool, render: Callable[[Sequence[Row]], Sequence[str]]
    ) -> WrittenPage:
        """Write a page, unless it is of a closed month and says what it said.

        path: within the site, without an ending. render: makes the page, and those that go on with it, with
        its restatements. Raises InvalidOption for files that cannot be read or written, and for a folder
        whose pages have another currency, time zone or teams.
        """
        old = self._stored(path)
        digest = hash_of(facts)
        restatements = list(old["restatements"]) if old else []
        is_final = old is not None and bool(old["closed"])
        if old is not None and is_final and old["sha256"] == digest and self._is_there(path):
            self.kept += 1
            return WrittenPage(restatements, True, False)
        restated = old is not None and is_final and old["sha256"] != digest
        if old is not None and restated:
            restatements = [restatement(old["facts"], facts, self.now), *restatements]
            self.restated.append(f"{path}: {restatements[0]['text']}")
        pages = render(restatements)
        record = {
            "written_at": iso(self.now),
            "closed": closed or is_final,
            "sha256": digest,
            "pages": len(pages),
            "restatements": restatements,
            "facts": facts,
        }
        self._write_all(path, pages, record, 0 if old is None else int(old["pages"]))
        return WrittenPage(restatements, bool(record["closed"]), restated)

    def others(self, folder: str, known: Iterable[PageKey]) -> Iterator[PageKey]:
        """Of a month's folder, whose pages are there besides those that are known: of what costs nothing any
        more.
        """
        paths = {key.path for key in known}
        for kind in ("team", "project"):
            place = self.root / folder / kind
            if not place.is_dir():
                continue
            for found in sorted(place.glob("*.json")):
                path = f"{kind}/{found.stem}"
                old = self._stored(f"{folder}/{path}") if path not in paths else None
                if old is not None:
                    yield PageKey(old["facts"]["kind"], old["facts"]["id"])

    def refuse_another(self, asked: Mapping[str, Any]) -> None:
        """Raise InvalidOption if the folder's pages were asked for in another way: the archive would mix
        them.
        """
        old = self._stored("index")
        for name in _ASKED if old else ():
            if old is not None and old["facts"][name] != asked[name]:
                raise InvalidOption(
                    self.option,
                    f"'{self.root}' has pages with {name} {old['facts'][name]}, not {asked[name]}; use a"
                    " folder for each.",
                )

    def _is_there(self, path: str) -> bool:
        return (self.root / f"{path}.html").is_file()

    def _stored(self, path: str) -> Row | None:
        """The JSON beside a page; None where there is none."""
        place = self.root / f"{path}.json"
        try:
            text = read_trusted(place)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InvalidOption(self.option, f"'{place}' cannot be read: {error.strerror}.") from error
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if _is_record(found):
            return dict(found)
        raise InvalidOption(
            self.option, f"'{place}' is not the record of a page of a cost site; remove it or restore it."
        )

    def _write_all(self, path: str, pages: Sequence[str], record: Row, old_pages: int) -> None:
        place = self.root / path
        if not self.check_mode:
            self._make_folder(place.parent)
        files = {place.with_name(name_of(place.name, number)): text for number, text in enumerate(pages, 1)}
        # The record last: if this is interrupted, the next run does it again.
        files[place.with_name(f"{place.name}.json")] = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
        changed = [
            write_report_file(file, text, self.attributes, self.option, self.check_mode)
            for file, text in files.items()
        ]
        self.changed = self.changed or any(changed)
        self.written += 1
        for number in range(len(pages) + 1, old_pages + 1):
            left = place.with_name(name_of(place.name, number))
            if not self.check_mode:
                with refusing(self.option, left):
                    left.unlink(missing_ok=True)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder of the site, with the permissions that the site's own folder has."""
        missing = [one for one in (folder.parent, folder) if one != self.root.parent and not one.is_dir()]
        with refusing(self.option, folder):
            make_private_folders(resolve(folder))
            for one in missing:
                one.chmod(stat.S_IMODE(self.root.stat().st_mode))


def _is_record(found: Any) -> bool:
    """Whether it has what is read of a record."""
    if not isinstance(found, dict) or not isinstance(found.get("facts"), dict):
        return False
    facts, kinds = found["facts"], {"closed": bool, "pages": int, "sha256": str, "restatements": list}
    tables = facts.get("tables")
    if not isinstance(tables, dict) or not all(isinstance(rows, list) for rows in tables.values()):
        return False
    rows = [row for each in tables.values() for row in each]
    return (
        all(isinstance(found.get(name), kind) for name, kind in kinds.items())
        and all(_is_restatement(one) for one in found["restatements"])
        and facts.get("kind") in _KINDS
        and all(facts.get(name) is not None for name in _ASKED)
        and facts.keys() >= {"id", "cost"}
        and isinstance(facts.get("compared"), dict | None)
        and all(isinstance(row, dict) and row.keys() >= {"cost", "name"} for row in rows)
        and all(isinstance(one.get(name), str | None) for one in (facts, *rows) for name in _ROW_KEY)
        and all(_is_amount(one["cost"]) for one in (facts, *rows))
    )


def _is_restatement(one: Any) -> bool:
    """Whether a page can show it."""
    if not isinstance(one, dict) or not one.keys() >= _RESTATED or not isinstance(one["rows"], list):
        return False
    changed = (one, *one["rows"])
    return (
        _is_moment(one["at"])
        and all(isinstance(row, dict) and row.keys() >= {"what", "old", "new"} for row in one["rows"])
        and all(_is_amount(row[name]) for row in changed for name in ("old", "new"))
    )


def _is_moment(text: Any) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_amount(text: Any) -> bool:
    if not isinstance(text, str):
        return text is None
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


def name_of(path: str, number: int) -> str:
    """The file of a page's first, second, ... part."""
    return f"{path}.html" if number == 1 else f"{path}-{number}.html"


def hash_of(facts: Row) -> str:
    """The SHA-256 of facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def restatement(old: Row, new: Row, now: datetime) -> Row:
    """What a page says of its restatement: its cost, and the rows that have changed most."""
    rows = sorted(_changed_rows(old, new), key=lambda row: -abs(_number(row["new"]) - _number(row["old"])))
    compared = [(one or {}).get("before") for one in (old.get("compared"), new.get("compared"))]
    if compared[0] != compared[1]:
        rows.append({"what": "the month before", "old": compared[0], "new": compared[1]})
    cost = {"old": old["cost"], "new": new["cost"]}
    currency = new["currency"]
    if not rows:
        # A name, a team, or why something has changed.
        rows.append({"what": "names of resources, or why they have changed", **cost})
    named = "; ".join(f"{row['what']} {_told(row)}" for row in rows[:_MOST_ROWS])
    more = f" and {len(rows) - _MOST_ROWS} more" if len(rows) > _MOST_ROWS else ""
    text = f"{currency} {_told(cost)}" + (f" ({named}{more})" if named else "")
    return {"at": iso(now), **cost, "rows": rows[:_MOST_ROWS], "text": text}


def _told(row: Mapping[str, Any]) -> str:
    return " -> ".join("not known" if row[name] is None else str(row[name]) for name in ("old", "new"))


def _changed_rows(old: Row, new: Row) -> Iterator[Row]:
    """The rows of all tables whose cost has changed; one that is not there costs nothing."""
    for table in new["tables"]:
        before, after = (
            {tuple(row.get(name) for name in _ROW_KEY): row for row in one["tables"].get(table, ())}
            for one in (old, new)
        )
        for key in {**after, **before}:
            costs = [each[key]["cost"] if key in each else "0" for each in (before, after)]
            if costs[0] != costs[1]:
                name = (after.get(key) or before[key])["name"] or "none"
                yield {"what": f"{table}: {name}", "old": costs[0], "new": costs[1]}


def _number(amount: str | None) -> Decimal:
    return Decimal(amount or 0)
