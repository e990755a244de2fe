# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Billing records of a VergeOS system.

Source: pyvergeos 1.7, whose requests these are (pyvergeos/resources/billing.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from .._core.completeness import all_known
from .._core.errors import CloudError, Malformed
from .._core.usage_record import VERGEOS, Tier, UsageRecord, moment
from .system import System

PAGE_SIZE = 500
TIERS = range(6)
_PATH = "billing"
_READING = "billing records"
#: Our field -> the system's, of what it always has. A null of these is not known.
MEASURED = {
    "used_cores": "used_cores",
    "total_cores": "total_cores",
    "online_cores": "online_cores",
    "phys_total_cpu_percent": "phys_total_cpu",
    "total_nodes": "total_nodes",
    "online_nodes": "online_nodes",
    "running_machines": "running_machines",
    "used_ram_mb": "used_ram",
    "total_ram_mb": "total_ram",
    "online_ram_mb": "online_ram",
    "phys_ram_used_bytes": "phys_ram_used",
    "phys_vram_used_bytes": "phys_vram_used",
    "gpus_total": "gpus_total",
    "gpus_used": "gpus",
    "gpus_idle": "gpus_idle",
    "vgpus_total": "vgpus_total",
    "vgpus_used": "vgpus",
    "vgpus_idle": "vgpus_idle",
    "workload_datapoints": "workload_datapoints",
    "storage_datapoints": "storage_datapoints",
}
TIER_FIELDS = {
    f"tier_{number}_{what}_bytes": f"tier_{number}_{what}" for number in TIERS for what in ("used", "total")
}
#: What a filter can name -> the system's field.
FILTERED = {**MEASURED, **TIER_FIELDS, "description": "description"}
_FIELDS = ["$key", "created", "from", "to", "sent", "description", *MEASURED.values(), *TIER_FIELDS.values()]
#: How many of the newest are looked at for the newest of all: several may be of one second.
_NEWEST = 10
#: Counters have 63 bits, which is less.
_DIGITS = 18
_LONGEST_PAUSE_SECONDS = 4.0


def records(
    system: System,
    since: datetime | None = None,
    until: datetime | None = None,
    conditions: Sequence[tuple[str, str, int | str]] = (),
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[UsageRecord]:
    """Records created in [since, until), the newest first, in pages of 500 of which one is held at a time.

    conditions: (a field of FILTERED, an operator of OData, a value), all of which hold. limit: None for
    all that there are, which takes a request more, as a page shorter than what was asked for may be all
    that the system gives at once. Raises CloudError; Malformed for a record outside of what was asked
    for, or not in order.
    """
    asked = _filter(since, until, conditions)
    left, before = limit, None
    while left is None or left > 0:
        size = PAGE_SIZE if left is None else min(left, PAGE_SIZE)
        page = _page(system, asked, size, offset)
        if not page:
            return
        for row in page:
            record = _record(system, row)
            _refuse_disorder(system, record, before, since, until)
            before = record
            yield record
        offset += len(page)
        left = None if left is None else left - len(page)


def record(system: System, key: int) -> UsageRecord:
    """The record of that key: one GET. Raises NotFound, or another CloudError."""
    with system.asking(f"billing record {key}", f"{_PATH}/{key}"):
        row = system.client.billing.get(key, fields=_FIELDS)
    return _record(system, dict(row))


def newest(system: System) -> UsageRecord | None:
    """The newest record, by its moment and its key; None where there is none. One GET. Raises CloudError."""
    found = [_record(system, row) for row in _page(system, None, _NEWEST, 0)]
    return max(found, key=lambda one: (one.created is not None, one.created, one.key), default=None)


def generate(system: System) -> UsageRecord:
    """Let the system make a record, and return it: the newest key is read before and after, and the POST is
    sent once (design/reading-a-cloud.md#retries).

    A POST whose answer was lost may have made one: what the system has then tells. Raises CloudError, which
    says so where it is not known.
    """
    before = newest(system)
    known = 0 if before is None else before.key or 0
    lost: CloudError | None = None
    try:
        with system.asking("a new billing record", "billing_actions"):
            system.client.billing.generate()
    except CloudError as error:
        if error.http_status is not None and error.http_status < 500:
            raise
        lost = error
    made = _made_since(system, known, wait=lost is None)
    if made is not None:
        return made
    if lost is not None:
        raise type(lost)(
            lost.reading,
            lost.url,
            f"{_problem_of(lost)}; no record was added behind {known}",
            lost.http_status,
        )
    raise Malformed(
        "the new billing record",
        f"{system.url}/{_PATH}",
        f"the system took the request, but has no record behind {known}",
    )


def _made_since(system: System, known: int, wait: bool) -> UsageRecord | None:
    """The newest record if its key is behind the known one; wait: until the timeout, as the system may make
    it a little later.
    """
    ends, pause = system.deadline.clock() + system.timeout_seconds, 0.25
    while True:
        try:
            found = newest(system)
        except CloudError as error:
            problem = (
                f"{_problem_of(error)}; it was asked for a record and may have made one: look for a key"
                f" behind {known} first"
            )
            raise type(error)("the new billing record", error.url, problem, error.http_status) from error
        if found is not None and (found.key or 0) > known:
            return found
        if not wait or system.deadline.clock() + pause > min(ends, system.deadline.ends):
            return None
        system.deadline.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _problem_of(error: CloudError) -> str:
    return str(error).rpartition(" failed: ")[2]


def _page(system: System, asked: str | None, limit: int, offset: int) -> list[Mapping[str, Any]]:
    """One GET billing. Raises CloudError."""
    with system.asking(_READING, _PATH):
        rows: list[Mapping[str, Any]] = system.client.billing.list(
            filter=asked, fields=_FIELDS, limit=limit, offset=offset
        )
    if not all(isinstance(row, Mapping) and "$key" in row for row in rows):
        raise Malformed(_READING, f"{system.url}/{_PATH}", "the answer is not a list of records")
    return rows


def _filter(
    since: datetime | None, until: datetime | None, conditions: Sequence[tuple[str, str, int | str]]
) -> str | None:
    """Half-open, where pyvergeos's own until takes the boundary in (design/records.md#window-and-weight)."""
    parts = [f"created ge {int(since.timestamp())}"] if since else []
    parts += [f"created lt {int(until.timestamp())}"] if until else []
    for field, comparison, value in conditions:
        parts.append(f"{FILTERED[field]} {comparison} {value if isinstance(value, int) else _quoted(value)}")
    return " and ".join(parts) or None


def _quoted(text: str) -> str:
    from pyvergeos.filters import quote_value

    return str(quote_value(text))


def _refuse_disorder(
    system: System,
    record: UsageRecord,
    before: UsageRecord | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """A system that ignores a filter or shows a page twice would make a wrong sum look right."""
    created = record.created
    url = f"{system.url}/{_PATH}"
    if created is None:
        if since is not None or until is not None:
            raise Malformed(_READING, url, f"record {record.key} does not say when it was created")
        return
    if (since is not None and created < since) or (until is not None and created >= until):
        raise Malformed(_READING, url, f"record {record.key} was not created in the time that was asked for")
    if before is not None and before.created is not None:
        if created > before.created:
            raise Malformed(_READING, url, f"record {record.key} is newer than the one before it")
        if record.key == before.key:
            raise Malformed(_READING, url, f"record {record.key} came twice")


def _record(system: System, row: Mapping[str, Any]) -> UsageRecord:
    def number(field: str) -> int | None:
        return _whole(system, row, field)

    measured: dict[str, Any] = {ours: number(theirs) for ours, theirs in MEASURED.items()}
    tiers = tuple(Tier(str(one), number(f"tier_{one}_used"), number(f"tier_{one}_total")) for one in TIERS)
    created, begin, end, sent = (_moment(system, row, name) for name in ("created", "from", "to", "sent"))
    if begin is not None and end is not None and end < begin:
        raise Malformed(_READING, f"{system.url}/{_PATH}", f"record {row['$key']} ends before it begins")
    tier_fields = {ours: number(theirs) for ours, theirs in TIER_FIELDS.items()}
    unknown = [
        name for name, value in {"created": created, **measured, **tier_fields}.items() if value is None
    ]
    return UsageRecord(
        source=VERGEOS,
        system=system.host,
        key=number("$key"),
        created=created,
        project_name=system.cloud_name,
        begin=begin,
        end=end,
        sent=sent,
        description=None if row.get("description") is None else str(row["description"]),
        tiers=tiers,
        storage_used_bytes=_sum(one.used_bytes for one in tiers),
        storage_total_bytes=_sum(one.total_bytes for one in tiers),
        unknown=tuple(unknown),
        **measured,
    )


def _whole(system: System, row: Mapping[str, Any], field: str) -> int | None:
    """The field as a whole number, zero or more; None where it is null or missing.

    Raises Malformed for anything else.
    """
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _DIGITS:
        return int(value)
    # A percentage may come with decimals, which pyvergeos cuts off as well.
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 10**_DIGITS:
        return int(value)
    problem = f"{field} of record {row.get('$key')} is not a number of 0 or more"
    raise Malformed(_READING, f"{system.url}/{_PATH}", problem)


def _moment(system: System, row: Mapping[str, Any], field: str) -> datetime | None:
    """The field as a moment; None where it is null, missing or 0. Raises Malformed."""
    try:
        return moment(_whole(system, row, field) or None)
    except (ValueError, OverflowError, OSError) as error:
        problem = f"{field} of record {row.get('$key')} is not a moment of the calendar"
        raise Malformed(_READING, f"{system.url}/{_PATH}", problem) from error


def _sum(numbers: Iterator[int | None]) -> int | None:
    """The sum; None where one of them is not known (design/reading-a-cloud.md#unknown-is-not-zero)."""
    known = all_known(numbers)
    return None if known is None else sum(known)
