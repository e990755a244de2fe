# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The result of infomaniak_cost_info: the cost of a window in one project and region, or in several."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from typing import Any

from .._core.completeness import ABSENT, ERROR, FORBIDDEN, OK, ServiceStatus
from .._core.errors import Refused
from .._core.periods import Window, iso
from .._core.rows_file import RowsFile, writing
from .._openstack.connection import raise_errors
from .._openstack.projects import ProjectLogins
from .formatter import point_columns
from .options import CostOptions, Row
from .project_costs import CostReading, ProjectCost, read_projects
from .rows import cost_rows

#: How many projects a sentence names.
_NAMED = 5
#: Of several statuses the result has the first one of these.
_WORST_FIRST = (ERROR, FORBIDDEN, ABSENT, OK)
#: Keys of the whole cost that the cost of each project lacks: they say whose each row is, or are of the task.
_OF_THE_WHOLE = ("by_resource", "by_resource_hour", "by_project", "dataframes", "dest", "points", "metrics")


class _Unread(Exception):
    """Leaves the file as it was: half of the points are not those of the window."""


def read_cost(logins: ProjectLogins, options: CostOptions, now: datetime) -> dict[str, Any]:
    """The result of infomaniak_cost_info: total, rows by type and category, and what else was asked for, in
    the asked currency.

    Requests as read_projects says. Raises FinopsError for what was not read unless on_error is warn, which
    leaves `cost` null; UnknownAmount, InvalidOption.
    """
    written: RowsFile | None = None
    with suppress(_Unread), _file(options, logins) as file:
        reading = read_projects(logins, options, file, now)
        if reading.errors:
            raise _Unread
        written = file
    if options.on_error == "fail" and not logins.every:
        raise_errors(reading.errors)
    result = _result(logins, reading, options, written)
    if options.on_error == "fail" and reading.errors:
        first = next(
            (one for project in reading.projects for one in project.readings.errors), reading.errors[0]
        )
        raise Refused(_broken_projects(reading), result, first.kind)
    return result


def _broken_projects(reading: CostReading) -> str:
    """Which of all projects could not be read, and why the first one could not."""
    broken = [one.login.name for one in reading.projects if not one.readings.complete]
    others = "" if len(broken) < 2 else f" So could not {_some(broken[1:])}."
    return (
        f"{len(broken)} of {len(reading.projects)} projects could not be read, so the sum is not known."
        f" {str(reading.errors[0]).rstrip('.')}.{others}"
    )


def _some(names: Sequence[str]) -> str:
    """The first names of a list that may be long."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _file(options: CostOptions, logins: ProjectLogins) -> AbstractContextManager[RowsFile | None]:
    if options.dest is None:
        return nullcontext()
    return writing(options.dest, point_columns(logins.several), options.check_mode, options.attributes)


def _result(
    logins: ProjectLogins, reading: CostReading, options: CostOptions, file: RowsFile | None
) -> dict[str, Any]:
    window = options.window if reading.whole is None else reading.whole.window
    result = {
        "changed": file is not None and file.changed,
        "services": {"rating": _status(reading, logins).to_result()},
        "complete": not reading.errors,
        **_period(window),
        "currency": options.currency,
        "tax": "excluded",
        "cost": _whole(reading, options, logins.several, file),
        "warnings": _warnings(reading),
    }
    if not logins.several:
        return result
    parts = [_part(project, options) for project in reading.projects]
    return {**result, "cloud": logins.to_result(), "parts": parts}


def _whole(reading: CostReading, options: CostOptions, several: bool, file: RowsFile | None) -> Row | None:
    if reading.whole is None:
        return None
    of_file = {
        "dest": None if file is None else str(file.path),
        "points": None if file is None else file.count,
    }
    parts = [(one.columns, one.cost) for one in reading.projects if one.cost is not None]
    return {**cost_rows(reading.whole, parts, options, several), **of_file}


def _warnings(reading: CostReading) -> list[str]:
    free = None if reading.whole is None else reading.whole.free
    return [
        *_never_rated(reading),
        *([] if free is None or free.reason is None else [f"`net` is null: {free.reason}"]),
    ]


def _never_rated(reading: CostReading) -> list[str]:
    columns = [
        *(one.columns for one in reading.projects if one.cost is not None and one.cost.never_rated),
        *(login.to_result() for login in reading.unrated),
    ]
    if len(columns) > _NAMED:
        names = _some([one["project_name"] for one in columns])
        return [
            f"The cloud has rated nothing of {len(columns)} projects, neither lately nor in this window;"
            f" their cost is not known: {names}."
        ]
    return [
        f"The cloud has rated nothing of project {one['project_name']} in region {one['region']}, neither"
        f" lately nor in this window; its cost is not known."
        for one in columns
    ]


def _part(project: ProjectCost, options: CostOptions) -> Row:
    """One of several projects: whose it is, how reading it went, and what it cost."""
    window = options.window if project.cost is None else project.cost.window
    cost = None
    if project.cost is not None:
        row = cost_rows(project.cost, [(project.columns, project.cost)], options, several=False)
        cost = {key: value for key, value in row.items() if key not in _OF_THE_WHOLE}
    return {
        **project.columns,
        "services": {name: status.to_result() for name, status in project.readings.services.items()},
        "complete": project.readings.complete,
        **_period(window),
        "cost": cost,
    }


def _period(window: Window | None) -> Row:
    return {
        "period_start": None if window is None else iso(window.begin),
        "period_end": None if window is None else iso(window.end),
    }


def _status(reading: CostReading, logins: ProjectLogins) -> ServiceStatus:
    """How reading went; of several projects the worst, with all that is wrong."""
    statuses = [project.readings.services["rating"] for project in reading.projects]
    worst = min(statuses, key=lambda one: _WORST_FIRST.index(one.status))
    if not logins.several or not reading.errors:
        return worst
    message = " ".join(str(error).rstrip(".") + "." for error in reading.errors)
    if logins.every:
        message = _broken_projects(reading)
    return ServiceStatus(ERROR if worst.status == OK else worst.status, worst.http_status, message)
