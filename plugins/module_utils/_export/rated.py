# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a cloud has rated, as the entries that an import would make of it: costs can leave a cloud without any
ledger (design/reading-a-cloud.md#cloudkitty, design/reading-a-cloud.md#the-clouds-own-sums).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .._core.money import EXACT, format_exact
from .._core.periods import Window, ceil_to, iso, rounded_up
from .._core.spans import from_to, of_periods
from .._imports.rated_entries import Feeding, RowMaker
from .._imports.rated_window import entry_window, missing_of, units, with_points
from .._imports.resource_tags import read_resources
from .._ledger import feeds
from .._ledger.dimension_sets import Dimensions
from .._ledger.entry_keys import text_of
from .._ledger.entry_rows import EntryRow
from .._ledger.valid_entries import OF_A_KIND, OF_EACH
from .._openstack.connection import Cloud
from .._openstack.rating.api import open_rating

Row = dict[str, Any]


@dataclass(frozen=True)
class RatedOptions:
    """asked: the window; collect periods count that begin in it and are past. tagged: with names and
    tags of the resources.
    """

    asked: Window
    rating_api: str
    rating_currency: str
    collect_period_s: int
    metric_categories: Mapping[str, str]
    tagged: bool = True


class RatedCosts:
    """The costs of a project, read while they are streamed. Their totals are
    known after the last one.
    """

    def __init__(self, cloud: Cloud, options: RatedOptions, now: datetime) -> None:
        """Reads the sums of the window. Raises CloudError, also if they are not the cloud's own."""
        self._cloud, self._options, self._now = cloud, options, now
        self._rating = open_rating(cloud.service("rating"), options.rating_api, options.collect_period_s)
        over = from_to(options.asked.begin, min(options.asked.end, now))
        self.window = rounded_up(over, options.collect_period_s)
        self.url = self._rating.url
        self._periods = self._rating.periods(self.window)
        self._sets: dict[Dimensions, int] = {}
        self._numbers: dict[int, Row] = {}
        self._noise = self._rating.difference_of_periods(self._periods)

    @property
    def rated_through(self) -> datetime | None:
        """The moment up to which it is rated; None if nothing is."""
        return self._periods.rated_through

    def stream(self) -> Iterator[Sequence[Any]]:
        """Entries in the form of valid_entries.stream().

        Raises CloudError, also if the sums differ beyond noise.
        """
        period_s = self._options.collect_period_s
        layout = feeds.ImportLayout(tagged=self._options.tagged)
        maker = RowMaker(self._feeding(layout))
        wanted = units(self._periods, (), lambda moment: entry_window(moment, layout, period_s))
        for unit, points in with_points(self._rating, wanted):
            amounts = (point.amount for point in points)
            of_unit = self._rating.difference("the rated points", amounts, unit.cloud_sum)
            self._noise = None if self._noise is None else EXACT.add(self._noise, of_unit)
            for row in maker.rows_of(points, unit.newest()).rows:
                yield self._number(row.series.dimensions), *_of_an_entry(row)

    def dimensions(self, number: int) -> Row:
        """The columns of a dimension set by the number that stream() gave it."""
        return self._numbers[number]

    def to_result(self) -> Row:
        """How far the window is rated, its holes, and by how much our sum differs from the cloud's, behind
        the last entry.
        """
        through = self.rated_through
        period = timedelta(seconds=self._options.collect_period_s)
        ended = ceil_to(self._now + timedelta(seconds=1), self._options.collect_period_s) - period
        missing = missing_of(self._periods, min(self.window.end, ended))
        holes = of_periods((*missing.inner, *missing.trailing), self._options.collect_period_s)
        return {
            "rated_through": None if through is None else iso(through),
            "fully_rated": through is not None and through >= self.window.end and not holes,
            "holes": [{"begin": iso(hole.begin), "end": iso(hole.end)} for hole in holes],
            "cloud_difference": None if self._noise is None else format_exact(self._noise),
            "complete": True,
        }

    def _feeding(self, layout: feeds.ImportLayout) -> Feeding:
        identity, options = self._cloud.identity, self._options
        return Feeding(
            key=feeds.FeedKey(identity.region or "", identity.project_id),
            auth_url=identity.auth_url,
            cloud=identity.name,
            project_name=identity.project_name,
            currency_option="rating_currency",
            currency=options.rating_currency,
            collect_period_s=options.collect_period_s,
            layout=layout,
            metric_categories=options.metric_categories,
            resources=read_resources(self._cloud) if options.tagged else {},
        )

    def _number(self, dimensions: Dimensions) -> int:
        number = self._sets.setdefault(dimensions, len(self._sets))
        if number not in self._numbers:
            self._numbers[number] = dimensions._asdict()
        return number


def _of_an_entry(row: EntryRow) -> Iterator[Any]:
    """What valid_entries.stream() tells of an entry, without its dimension set."""
    columns = {
        **row.series._asdict(),
        **row._asdict(),
        "source": row.key.source,
        "key": text_of(row.key, row.period_begin),
        "period_end": row.period_begin + row.series.length_s,
    }
    return (columns[name] for name in (*OF_A_KIND[1:], *OF_EACH))
