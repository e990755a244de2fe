# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The result of infomaniak_cost_info: the cost of a window in one project and region, or in several."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from typing import Any

from .._core.completeness import ABSENT, ERROR, FORBIDDEN, OK, ServiceStatus
from .._core.periods import Window, iso
from .._core.rows_file import RowsFile, writing
from .._openstack.connection import raise_errors
from .._openstack.projects import ProjectLogins
from .formatter import point_columns
from .options import CostOptions, Row
from .project_costs import CostReading, ProjectCost, read_projects
from .rows import cost_rows

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
    if options.on_error == "fail":
        raise_errors(reading.errors)
    return _result(logins, reading, options, written)


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
        *(
            f"The cloud has rated nothing of project {one.columns['project_name']} in region"
            f" {one.columns['region']}, neither lately nor in this window; its cost is not known."
            for one in reading.projects
            if one.cost is not None and one.cost.never_rated
        ),
        *([] if free is None or free.reason is None else [f"`net` is null: {free.reason}"]),
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
    return ServiceStatus(ERROR if worst.status == OK else worst.status, worst.http_status, message)
