# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The questions to usage records, in a ledger or in a VergeOS system: a list, one, the newest, or a summary
(design/records.md#window-and-weight).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from .._core.errors import FinopsError, InvalidOption, NothingFound
from .._core.periods import iso, parse_moment, zone_named
from .._core.usage_record import UsageRecord
from .._ledger import usage_records
from .._vergeos import billing
from .._vergeos.system import System
from .filter import Condition, meets, parse_filter
from .result import chosen, parse_fields
from .summary import summary

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction


@dataclass(frozen=True)
class RecordQuestion:
    """key: one record. latest: the newest of the window. with_summary: the summary of the window. None of
    these: a list from offset on.

    A record counts if it was created in [since, until), None for no bound, and meets all conditions. fields:
    the fields of each record in the result, empty for all.
    """

    key: int | None
    latest: bool
    with_summary: bool
    since: datetime | None
    until: datetime | None
    limit: int
    offset: int
    fields: tuple[str, ...]
    conditions: tuple[Condition, ...]


class Records(Protocol):
    """A source of usage records."""

    def one(self, key: int) -> UsageRecord:
        """The record with that number. Raises FinopsError if there is none."""

    def listed(
        self, question: RecordQuestion, offset: int = 0, limit: int | None = None
    ) -> Iterator[UsageRecord]:
        """Records of the question's window and conditions, the newest first."""

    def whose(self) -> str:
        """Whose records these are, in words.

        Raises InvalidOption for records of several systems or projects: these have no common summary.
        """


def parse_question(params: Mapping[str, Any]) -> RecordQuestion:
    """The question of a task's options. Raises InvalidOption."""
    zone = zone_named(params["timezone"], "timezone")
    bounds = {name: params[name] for name in ("since", "until")}
    since, until = (None if text is None else _moment(text, zone, name) for name, text in bounds.items())
    if since is not None and until is not None and until <= since:
        raise InvalidOption("until", f"{iso(until)} is not after since, {iso(since)}.")
    for name, least in (("limit", 1), ("offset", 0)):
        if params[name] < least:
            raise InvalidOption(name, f"must be a number of records, {least} or more.")
    return RecordQuestion(
        key=params["key"],
        latest=params["latest"],
        with_summary=params["summary"],
        since=since,
        until=until,
        limit=params["limit"],
        offset=params["offset"],
        fields=parse_fields(params["fields"]),
        conditions=parse_filter(params["filter"]),
    )


def answer(records: Records, question: RecordQuestion) -> dict[str, Any]:
    """The result: record, summary, or records and next_offset, which is null at the end.

    Raises FinopsError if the record does not exist.
    """
    if question.key is not None:
        return {"record": chosen(records.one(question.key), question.fields)}
    if question.latest:
        return {"record": chosen(_latest(records, question), question.fields)}
    if question.with_summary:
        records.whose()
        window = {"period_start": _iso(question.since), "period_end": _iso(question.until)}
        return {"summary": {**window, **summary(_with_creation_time(records.listed(question)))}}
    # One record more than the limit shows whether there are more.
    found = list(records.listed(question, question.offset, question.limit + 1))
    more = len(found) > question.limit
    return {
        "records": [chosen(one, question.fields) for one in found[: question.limit]],
        "next_offset": question.offset + question.limit if more else None,
    }


def _with_creation_time(records: Iterator[UsageRecord]) -> Iterator[UsageRecord]:
    """The records. Raises FinopsError for one without a creation time: it may belong to
    any window, or to none.
    """
    for one in records:
        if one.created is None:
            raise FinopsError(
                f"Record {one.key} does not say when it was created; set `since` and `until` to leave it out."
            )
        yield one


def _latest(records: Records, question: RecordQuestion) -> UsageRecord:
    whose = records.whose()
    found = next(records.listed(question, 0, 1), None)
    if found is None:
        when = " ".join(
            f"{name} {iso(at)}" for name, at in (("since", question.since), ("until", question.until)) if at
        )
        raise NothingFound(
            f"There is no usage record of {whose}{' ' + when if when else ''}; take one with usage_record."
        )
    return found


@dataclass(frozen=True)
class StoredRecords:
    """The records of a ledger."""

    connection: Transaction
    meant: usage_records.Chosen

    def one(self, key: int) -> UsageRecord:
        """See Records."""
        found = list(usage_records.read(self.connection, self.meant, key))
        if not found:
            raise InvalidOption(
                "key", f"the ledger has no usage record {key}; usage_record_info lists what it has."
            )
        if len(found) > 1:
            raise InvalidOption("key", f"{key} belongs to several records; set `source` or `system`.")
        return found[0]

    def listed(
        self, question: RecordQuestion, offset: int = 0, limit: int | None = None
    ) -> Iterator[UsageRecord]:
        """See Records."""
        meant = usage_records.Chosen(**{**vars(self.meant), "since": question.since, "until": question.until})
        found = (one for one in usage_records.read(self.connection, meant) if meets(one, question.conditions))
        return islice(found, offset, None if limit is None else offset + limit)

    def whose(self) -> str:
        """See Records."""
        origins = usage_records.places(self.connection, self.meant)
        named = [
            " ".join(filter(None, (source, system, region, project)))
            for source, system, region, project in origins
        ]
        if len(named) > 1:
            raise InvalidOption(
                "system",
                f"the records are of several systems or projects: {'; '.join(named)}. Set `source`,"
                " `system`, `region` or `project`.",
            )
        return named[0] if named else "this kind in the ledger"


@dataclass(frozen=True)
class SystemRecords:
    """The records of a VergeOS system."""

    system: System

    def one(self, key: int) -> UsageRecord:
        """See Records."""
        return billing.record(self.system, key)

    def listed(
        self, question: RecordQuestion, offset: int = 0, limit: int | None = None
    ) -> Iterator[UsageRecord]:
        """See Records."""
        return billing.records(
            self.system, question.since, question.until, question.conditions, offset, limit
        )

    def whose(self) -> str:
        """See Records."""
        return self.system.host


def _moment(text: str, zone: Any, option: str) -> datetime:
    """A moment; also in seconds since the epoch, as VergeOS has it."""
    stripped = str(text).strip()
    if stripped.isascii() and stripped.isdigit() and len(stripped) < 12:
        return datetime.fromtimestamp(int(stripped), UTC)
    return parse_moment(stripped, zone, option)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
