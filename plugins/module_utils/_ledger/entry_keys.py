# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The keys of entries with and without their moment (design/ledger.md#layout).

The key of a feed's entry begins with the begin of its period, to the second or to the day. What comes behind
is the same for every period, so it is stored once. All other keys stand whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .._core.periods import from_iso, iso, moment_of
from .series import EntryKey, key_ids
from .transaction import Transaction

#: What the sources of feeds begin with (feeds.py).
OF_FEEDS = ("cloudkitty ", "vergeos ")
#: How many characters a moment has to the second, and to the day.
TO_THE_SECOND, TO_THE_DAY = 20, 10
DAY_S = 86_400
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\dZ)?/", re.ASCII)


class NamedKey(NamedTuple):
    """A source and key as it is stored: the id of its key, and the begin of the period where that has it."""

    name: tuple[str, str]
    key_id: int
    period_begin: int | None


def key_of(source: str, key: str, period_begin: int) -> EntryKey:
    """How a source and key are stored of an entry whose period begins then."""
    found = _MOMENT.match(key) if source.startswith(OF_FEEDS) else None
    if found is not None:
        length = found.end() - 1
        if _holds(period_begin, length) and iso(moment_of(period_begin))[:length] == key[:length]:
            return EntryKey(source, key[length:], length)
    return EntryKey(source, key)


def text_of(key: EntryKey, period_begin: int) -> str:
    """The key of an entry whose period begins then."""
    return iso(moment_of(period_begin))[: key.moment_length] + key.stem if key.moment_length else key.stem


def named(transaction: Transaction, names: Iterable[tuple[str, str]]) -> Iterator[NamedKey]:
    """How these sources and keys can be stored, as far as their keys are there."""
    wanted = [(name, key, begin) for name in names for key, begin in _candidates(*name)]
    ids = key_ids(transaction, {key for _name, key, _begin in wanted}, make=False)
    return (NamedKey(name, ids[key], begin) for name, key, begin in wanted if key in ids)


def chosen(keys: Iterable[NamedKey]) -> Iterator[str]:
    """SELECTs of the ids of all entries of these keys; only numbers of our own are in their texts."""
    whole, timed = list[str](), list[str]()
    for _name, key_id, begin in keys:
        if begin is None:
            whole.append(str(key_id))
        else:
            timed.append(f"({key_id}, {begin})")
    if whole:
        yield f"SELECT id FROM entry_row WHERE key_id < 0 AND key_id IN ({', '.join(whole)})"  # noqa: S608
    if timed:
        yield (
            f"SELECT entry_row.id FROM (VALUES {', '.join(timed)}) AS named"  # noqa: S608
            " JOIN entry_row ON key_id = named.column1 AND period_begin = named.column2"
        )


def _candidates(source: str, key: str) -> Iterator[tuple[EntryKey, int | None]]:
    yield EntryKey(source, key), None
    found = _MOMENT.match(key) if source.startswith(OF_FEEDS) else None
    if found is not None:
        length = found.end() - 1
        begin = _seconds(key[:length])
        if begin is not None:
            yield EntryKey(source, key[length:], length), begin


def _seconds(text: str) -> int | None:
    try:
        moment = from_iso(text)
    except ValueError:
        return None
    return int(moment.timestamp()) if iso(moment)[: len(text)] == text else None


def _holds(period_begin: int, length: int) -> bool:
    """Whether the moment with so many characters is that begin, and no other one too."""
    return length == TO_THE_SECOND or period_begin % DAY_S == 0
