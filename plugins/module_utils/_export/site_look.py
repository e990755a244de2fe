# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The HTML of a cost site's pages. Each is one file with its style and a small script inside, which a policy
allows by their hashes and nothing else (design/reports.md#scripts).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .._core.periods import from_iso, iso
from .notation import format_day, format_moment
from .render import report_environment
from .site_advice import AdviceTables, PageAdvice
from .site_budgets import OVER, WILL_BE_OVER
from .site_cost import SiteQuestion
from .site_keys import OF_PROJECT, ORGANIZATION, TEAM, PageKey, Row
from .site_rows import SiteTable, split
from .site_view import Tables, called, month_name, part_of
from .told_advice import summed

if TYPE_CHECKING:
    from markupsafe import Markup

_PAGE, _STYLE, _SCRIPT = "site.html.j2", "site.css.j2", "site.js.j2"


class SiteLook:
    """Renders the pages of one site. team: how its teams are called, such as a tag's name."""

    def __init__(self, title: str, question: SiteQuestion, templates: Sequence[str], now: datetime) -> None:
        """templates: folders of the user, the first of which wins. Raises InvalidOption for a template that
        cannot be rendered.
        """
        self._title, self._question, self._now = title, question, now
        self.team = question.team.partition(":")[2] or question.team
        self._templates = tuple(templates)
        self._style, self._script = (self._part(name) for name in (_STYLE, _SCRIPT))
        self._policy = "; ".join(
            (
                "default-src 'none'",
                f"style-src '{_hash(self._style)}'",
                f"script-src '{_hash(self._script)}'",
                "base-uri 'none'",
                "form-action 'none'",
            )
        )

    def render(self, facts: Row, key: PageKey, context: Mapping[str, Any]) -> list[str]:
        """The page, and those that go on with its long tables."""
        is_live = "is_closed" not in context
        here = "" if key.kind == ORGANIZATION else "../"
        tables = Tables(here, self._question.currency, self.team, context)
        top = here if is_live else f"../{here}"
        advice: PageAdvice = context["advice"]
        of_advice = AdviceTables(self._question.currency, context["names"], key.kind != OF_PROJECT)
        found = [
            *of_advice.anomalies(advice),
            *tables.of_facts(facts),
            *of_advice.savings(advice),
        ]
        if context["budgets"]:
            found.insert(0, tables.of_budgets(context["budgets"], self._moment, facts["tax"]))
        if is_live:
            found.append(self._months(tables, context["history"], top))
        shown, beyond = split(found, key.path.rpartition("/")[2])
        kind, heading = called(key.kind, context["name"], self.team)
        page = {
            "title": self._title,
            "heading": heading,
            "kind": kind,
            "month": month_name(facts["month"]),
            "period_start": facts["period_start"],
            "period_end": facts["period_end"],
            "timezone": facts["timezone"],
            "currency": facts["currency"],
            "tax": facts["tax"],
            "is_live": is_live,
            "is_closed": context.get("is_closed", False),
            "written_at": iso(self._now),
            "cost": facts["cost"],
            "compared": facts["compared"] and self._compared(facts["compared"]),
            "forecast": context["forecast"],
            "untagged": self._untagged(facts, key, here),
            "savings": summed(advice.recommendations) if advice.recommendations else None,
            "restatements": context["restatements"],
            "notice": context["notice"],
            "alerts": context["alerts"],
            "later": context["later"],
            "chart": context["chart"],
            "worst": next((row for row in context["budgets"] if row["state"] in (OVER, WILL_BE_OVER)), None),
            "since": self._moment,
            "record": f"{key.path.rpartition('/')[2]}.json",
        }
        links = self._links(key, here, top, is_live, facts["month"])
        first = self._page({**page, "links": links, "tables": shown, "part": None})
        main = (f"{key.path.rpartition('/')[2]}.html", "The whole page")
        return [first, *(self._page(self._continued(page, [*links, main], table)) for table in beyond)]

    def _untagged(self, facts: Row, key: PageKey, here: str) -> Row | None:
        """What has no team, on the first page; None where there is nothing without one."""
        found = facts["untagged"]
        if key.kind != ORGANIZATION or not found or not found["resources"]:
            return None
        return {
            **found,
            "team": self.team,
            "part": part_of(found["cost"], facts["cost"]),
            "href": f"{here}{PageKey(TEAM, None).path}.html",
        }

    def _continued(self, page: Mapping[str, Any], links: Sequence[tuple[str, str]], table: SiteTable) -> Row:
        return {**page, "links": links, "tables": [table], "part": table}

    def _links(self, key: PageKey, here: str, top: str, is_live: bool, month: str) -> list[tuple[str, str]]:
        """From a page to those above it."""
        found = []
        if key.kind != ORGANIZATION or not is_live:
            found.append((f"{top}index.html", "Organization"))
        if not is_live and key.kind != ORGANIZATION:
            found += [(f"{here}index.html", month_name(month)), (f"{top}{key.path}.html", "All months")]
        return found

    def _months(self, tables: Tables, history: Row, top: str) -> SiteTable:
        rows = [
            {**row, "href": None if row["state"] == "so far" else f"{top}{row['path']}.html"}
            for row in history["months"]
        ]
        return tables.of_months(rows, history["cost"])

    def _compared(self, compared: Row) -> Row:
        """What is compared, with both of its times as text."""
        spans = (("time", "begin", "end"), ("before_time", "before_begin", "before_end"))
        return compared | {name: self._span(compared[begin], compared[end]) for name, begin, end in spans}

    def _span(self, begin: str, end: str) -> str:
        """A time by its first and its last day, with the hour where it does not end with a day."""
        zone = self._question.zone
        first, last = from_iso(begin).astimezone(zone), from_iso(end).astimezone(zone)
        if last.time() == time():
            return f"{first:%-d} to {format_day(last - timedelta(days=1))}"
        return f"{first:%-d} to {format_moment(last)}"

    def _moment(self, moment: str) -> str:
        local = from_iso(moment).astimezone(self._question.zone)
        return format_day(local) if local.time() == time() else format_moment(local)

    def _part(self, name: str) -> Markup:
        """A style or script, which is not escaped: it is the user's own, or ours."""
        from markupsafe import Markup

        return Markup(self._rendered(name, {}))  # noqa: S704 - no name of anything is in it

    def _page(self, page: Row) -> str:
        values = {"style": self._style, "script": self._script, "policy": self._policy}
        return self._rendered(_PAGE, {"page": page, **values})

    def _rendered(self, name: str, values: Mapping[str, Any]) -> str:
        import jinja2

        environment = report_environment(self._templates, self._question.zone.key, self._question.currency)
        try:
            return environment.get_template(name).render(**values)
        except jinja2.TemplateError as error:
            template = getattr(error, "name", None) or name
            raise InvalidOption("templates", f"{template} cannot be rendered: {error}") from error
        except OSError as error:
            raise InvalidOption(
                "templates", f"'{error.filename}' cannot be read: {error.strerror}."
            ) from error
        except (TypeError, ValueError, ArithmeticError) as error:
            raise InvalidOption("templates", f"{name} cannot be rendered: {error}") from error


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
