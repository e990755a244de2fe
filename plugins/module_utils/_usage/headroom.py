# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether what is required fits into what is left, and which quotas are nearly full. No requests."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, TypeAlias

from .._core.errors import InvalidOption
from .._core.money import parse_amount
from .._openstack.quota import Quota
from .._openstack.quota_names import BY_NAME, QUALIFIED_NAMES, QUOTA_FAMILIES, required_name, service_of

#: Quotas by our name of the service and of the quota; None for a service that was not read.
Quotas: TypeAlias = "Mapping[str, Mapping[str, Quota] | None]"

_WHOLE_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True)
class Shortfall:
    """A required quota that has no room. missing: by how much limit would have to grow; at the least so,
    where used is None.
    """

    name: str
    service: str
    limit: int
    used: int | None
    reserved: int | None
    required: int
    missing: int


@dataclass(frozen=True)
class UnknownRoom:
    """A required quota whose room is unknown, and why."""

    name: str
    service: str
    required: int
    reason: str


@dataclass(frozen=True)
class Headroom:
    """What a requirement comes to, by the order in which it names the quotas."""

    shortfalls: tuple[Shortfall, ...]
    unknown: tuple[UnknownRoom, ...]

    @property
    def fits(self) -> bool | None:
        """False where something is short, whatever else is unknown; else None where something is unknown
        (design/reading-a-cloud.md#unknown-is-not-zero).
        """
        if self.shortfalls:
            return False
        return None if self.unknown else True

    def to_result(self) -> dict[str, Any]:
        """The keys fits, shortfalls and unknown of a result."""
        return {
            "fits": self.fits,
            "shortfalls": [asdict(row) for row in self.shortfalls],
            "unknown": [asdict(row) for row in self.unknown],
        }


def parse_required(given: Mapping[str, Any]) -> dict[str, int]:
    """Amounts by quota. Raises InvalidOption for what is no whole number from zero up; true, 3.0 and "3.0"
    are none.
    """
    return {name: whole_number(value, f"required.{name}") for name, value in given.items()}


def parse_warn_at(text: str) -> Decimal:
    """The part of a limit. Raises InvalidOption where it is not from 0 to 1: who writes 80 means 0.8."""
    part = parse_amount(text, "warn_at")
    if not 0 <= part <= 1:
        raise InvalidOption(
            "warn_at", f"'{text}' is not a fraction of a limit; write a number from 0 to 1, such as \"0.8\"."
        )
    return part


def whole_number(value: Any, option: str, or_else: str = "") -> int:
    """A whole number from zero up, or digits, as templates and command lines make of one. or_else: what else
    would be right.

    Raises InvalidOption for anything else: a boolean is no number, and 3.0 may be the end of a calculation
    that went wrong.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        return int(value)
    said = value if isinstance(value, str) else repr(value)
    raise InvalidOption(
        option, f"'{said[:40]}' is not a quota amount; write a whole number from zero up{or_else}."
    )


def flat(quotas: Quotas) -> dict[str, tuple[str, Quota]]:
    """Service and row by the name under which a quota is required.

    Where two services use a name, the one that the table says has it; the other one's has its service in it.
    """
    found: dict[str, tuple[str, Quota]] = {}
    for service, rows in quotas.items():
        for own_name, row in (rows or {}).items():
            name = required_name(service, own_name)
            if name is not None:
                found.setdefault(name, (service, row))
    return found


def refuse_unknown_names(names: Iterable[str], quotas: Quotas, option: str) -> None:
    """Raise InvalidOption for a name that is neither in the table nor among what was read, with those it is
    close to.

    A name of a volume type or storage policy is accepted where its service was not read.
    """
    known = {*BY_NAME, *QUALIFIED_NAMES, *flat(quotas)}
    for name in names:
        service = service_of(name)
        if name in known or (service is not None and quotas.get(service) is None):
            continue
        raise InvalidOption(f"{option}.{name}", f"there is no such quota{_close_to(name, known)}.")


def judge(quotas: Quotas, required: Mapping[str, int]) -> Headroom:
    """Whether used + reserved + required <= limit, for each name.

    A limit on each single thing has to hold the required one alone.

    Something whose use is unknown is short where already the required amount is more than its limit, and
    else unknown.
    """
    rows = flat(quotas)
    shortfalls, unknown = [], []
    for name, amount in required.items():
        service, row = rows.get(name, (service_of(name) or "", None))
        if row is None:
            read = quotas.get(service) is not None
            reason = f"{service} reports no such quota" if read else f"{service} was not read"
            unknown.append(UnknownRoom(name, service, amount, reason))
        elif row.limit is None:
            continue
        elif (row.taken or 0) + amount > row.limit:
            missing = (row.taken or 0) + amount - row.limit
            shortfalls.append(Shortfall(name, service, row.limit, row.used, row.reserved, amount, missing))
        elif row.taken is None and not of_each(name):
            unknown.append(
                UnknownRoom(name, service, amount, f"{service} does not report how much of it is used")
            )
    return Headroom(tuple(shortfalls), tuple(unknown))


def refusal(headroom: Headroom, smallest_pack: str | None) -> str:
    """Why it may not go on, in one sentence that keeps limit, used, required and missing apart."""
    short = [
        f"{row.name} has limit {row.limit}, used {_format(row.used)}, reserved {_format(row.reserved)},"
        f" required {row.required},"
        f" missing {'at least ' if row.used is None else ''}{row.missing}"
        for row in headroom.shortfalls
    ]
    open_questions = [f"{row.name} (required {row.required}: {row.reason})" for row in headroom.unknown]
    said = []
    if short:
        said.append("What is required does not fit: " + "; ".join(short))
    if open_questions:
        said.append(
            ("not known: " if short else "Whether it fits is not known: ") + "; ".join(open_questions)
        )
    if smallest_pack is not None:
        said.append(f"the smallest pack under which it would fit is {smallest_pack}")
    return "; ".join(said) + "."


def at_least(quotas: Quotas, part: Decimal) -> list[dict[str, Any]]:
    """The limited quotas of which at least that part is taken, worst first, as rows of a result."""
    found = []
    for service, rows in quotas.items():
        for row in (rows or {}).values():
            if row.limit is None or row.taken is None or row.taken < Fraction(part) * row.limit:
                continue
            if row.limit:
                found.append(((1, -Fraction(row.taken, row.limit), service, row.name), row))
            elif row.taken:
                # The limit is zero and something exists: that is the worst.
                found.append(((0, Fraction(-row.taken), service, row.name), row))
    return [
        {"service": key[2], "name": row.name, **to_result(row)}
        for key, row in sorted(found, key=lambda one: one[0])
    ]


def to_result(row: Quota) -> dict[str, Any]:
    """One quota of a result. free is limit - used - reserved and may be negative.

    It and utilization are null where no limit or no use is known; a limit of 0 has no utilization.
    """
    free = utilization = None
    if row.limit is not None and row.taken is not None:
        free = row.limit - row.taken
        utilization = round(row.taken / row.limit, 6) if row.limit else None
    return {
        "limit": row.limit,
        "used": row.used,
        "reserved": row.reserved,
        "free": free,
        "utilization": utilization,
        "unlimited": row.limit is None,
    }


def _close_to(name: str, known: Collection[str]) -> str:
    families = [
        f"{family.prefix}<{'TYPE' if family.service == 'block_storage' else 'POLICY'}>"
        for family in QUOTA_FAMILIES
    ]
    close = get_close_matches(name, [*sorted(known), *families])
    return f"; close to it: {', '.join(close)}" if close else ""


def of_each(name: str) -> bool:
    """Whether the limit holds for each single thing, such as the members of one server group, not for the sum
    of all.
    """
    return name in BY_NAME and BY_NAME[name].of_each is not None


def _format(number: int | None) -> str:
    return "unknown" if number is None else str(number)
