# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What was done to save money or to hold a budget, in the ledger: only ever added (design/ledger.md#acts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from .._core.visible_text import visible_line
from .overrides import current_login
from .transaction import Transaction, insert_numbered, read

STOP, START, SHELVE, UNSHELVE = "stop", "start", "shelve", "unshelve"
FREEZE, UNFREEZE = "freeze", "unfreeze"
#: Somebody else has ended what was done, such as by starting the server, or by deleting it.
UNDONE_BY_HAND = "undone_by_hand"
#: Somebody was told of another act, which is the resource.
NOTIFY = "notify"
KINDS = (STOP, START, SHELVE, UNSHELVE, FREEZE, UNFREEZE, UNDONE_BY_HAND, NOTIFY)
#: Those that a schedule never asks for.
OF_BUDGETS = (FREEZE, UNFREEZE, NOTIFY)
#: Kind of an act that lasts -> what ends it.
UNDOING = {
    STOP: (START, UNDONE_BY_HAND),
    SHELVE: (UNSHELVE, UNDONE_BY_HAND),
    FREEZE: (UNFREEZE, UNDONE_BY_HAND),
}
SERVER, BUDGET, ACT = "server", "budget", "act"
RESOURCE_TYPES = (SERVER, BUDGET, ACT)
_OF_ITSELF = (
    "kind",
    "resource_type",
    "resource_id",
    "resource_name",
    "region",
    "project_id",
    "project_name",
    "schedule",
    "alert_id",
    "saves_nano_per_hour",
    "currency",
    "undoes",
    "recorded_by",
)
_READ = (
    f"SELECT {', '.join(f'act.{name}' for name in _OF_ITSELF)},"  # noqa: S608
    " act.id, act.edge_at, act.recorded_at, undo.recorded_at"
    " FROM act LEFT JOIN act AS undo ON undo.undoes = act.id"
)


@dataclass(frozen=True)
class Act:
    """One act. saves_nano_per_hour: in 1e-9 of the currency, None where it is not known. undoes: the number
    of the act that it ends. number, recorded_at, recorded_by: of one that was recorded. undone_at: when
    another act ended it.
    """

    kind: str
    resource_type: str
    resource_id: str
    resource_name: str | None = None
    region: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    schedule: str | None = None
    alert_id: str | None = None
    saves_nano_per_hour: int | None = None
    currency: str | None = None
    undoes: int | None = None
    recorded_by: str = ""
    edge_at: datetime | None = None
    number: int | None = None
    recorded_at: datetime | None = None
    undone_at: datetime | None = None


def add(transaction: Transaction, act: Act, now: datetime, recorded_by: str) -> Act:
    """Record an act; as it is recorded. PostgreSQL sets the moment and signs by the session's login.

    What no database can store of a name is written out: one name must not refuse the acts of a run.
    """
    act = replace(act, resource_name=_shown(act.resource_name), project_name=_shown(act.project_name))
    values = {
        **{name: getattr(act, name) for name in _OF_ITSELF},
        "edge_at": None if act.edge_at is None else int(act.edge_at.timestamp()),
        "recorded_at": int(now.timestamp()),
        "recorded_by": recorded_by,
    }
    number = insert_numbered(transaction, "act", values)
    return replace(act, number=number, recorded_at=now, recorded_by=recorded_by)


def _shown(name: str | None) -> str | None:
    return None if name is None else visible_line(name)


def newest(transaction: Transaction, resource_type: str) -> dict[str, Act]:
    """The newest act on each resource of that type, by its id."""
    wanted = (
        "act.id IN (SELECT max(last.id) FROM act AS last WHERE last.resource_type = :type"
        " GROUP BY last.resource_id)"
    )
    return {act.resource_id: act for act in _acts(transaction, wanted, {"type": resource_type})}


def every(transaction: Transaction, resource_type: str) -> list[Act]:
    """Every act on resources of that type, the oldest first."""
    return _acts(transaction, "act.resource_type = :type", {"type": resource_type})


def for_budgets(transaction: Transaction, resource_type: str) -> list[Act]:
    """Every act on resources of that type that an alert asked for, the oldest first."""
    wanted = "act.resource_type = :type AND act.alert_id IS NOT NULL"
    return _acts(transaction, wanted, {"type": resource_type})


def may_act_for_budgets(transaction: Transaction) -> bool:
    """Whether this session's login owns the policy, which has what is done for budgets done."""
    if not transaction.on_postgresql:
        return True
    ((may,),) = read(transaction, "SELECT has_table_privilege('owner_policy', 'INSERT')")
    return bool(may)


def is_own(transaction: Transaction, act: Act) -> bool:
    """Whether this session's login recorded the act: all are its own on SQLite."""
    login = current_login(transaction)
    return login is None or act.recorded_by.startswith(f"{login}/")


def _acts(transaction: Transaction, wanted: str, values: dict[str, Any]) -> list[Act]:
    rows = read(transaction, f"{_READ} WHERE {wanted} ORDER BY act.id", values)
    return [_act(row) for row in rows]


def _act(row: Sequence[Any]) -> Act:
    *itself, number, edge_at, recorded_at, undone_at = row
    return Act(
        **dict(zip(_OF_ITSELF, itself, strict=True)),
        number=number,
        edge_at=_moment(edge_at),
        recorded_at=_moment(recorded_at),
        undone_at=_moment(undone_at),
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
