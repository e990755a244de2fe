# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a source of cost brings to an import (design/imports.md#feeds).

A new source is one class that is a Source and one that is a Delivery; run.py does the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from .._core.periods import Window
from .._ledger.feed_changes import FeedResource
from .._ledger.feeds import Feed
from .._openstack.rating.answers import RatedPoint
from .free_tier_credit import Credit
from .rated_entries import Feeding
from .rated_window import Unit


@dataclass(frozen=True)
class Stored:
    """What the ledger has of a feed and a window.

    feed: None if nothing was imported. resources: by ID. sums: of the window's entries, by their begin, in
    1e-9 of the feed's currency.
    """

    feed: Feed | None
    resources: Mapping[str, FeedResource]
    sums: Mapping[datetime, int]


class Delivery(Protocol):
    """What a source says of one window."""

    @property
    def units(self) -> Sequence[Unit]:
        """Every unit whose cost is known, in order."""

    @property
    def wanted(self) -> Sequence[Unit]:
        """The units to write: the ledger lacks them, or has them differently."""

    @property
    def withdrawn(self) -> Collection[datetime]:
        """Begins of the periods that the source does not know any more: they are no longer imported."""

    @property
    def resources(self) -> Mapping[str, FeedResource]:
        """Names and tags of the resources of wanted, by ID."""

    def points(self) -> Iterator[tuple[Unit, Sequence[RatedPoint]]]:
        """Each wanted unit with its points, in order, one unit at a time. Raises CloudError."""

    def traffic_unit(self) -> str | None:
        """The unit of outgoing traffic for entries that name none, None if unknown. Raises CloudError."""

    def holes(self, feed: Feed | None, /) -> Collection[datetime]:
        """Begins of the periods that ought to be known and are not. feed: as it is after the import."""

    def to_result(self, unknown_tags: Collection[str], free: Sequence[Credit], /) -> dict[str, Any]:
        """The keys of the result that only this source has.

        unknown_tags: IDs of the resources whose tags are unknown. free: the credits of the free tier.
        """


class Source(Protocol):
    """The cost of one project, from one system."""

    @property
    def feeding(self) -> Feeding:
        """The feed, its currency, the length of its periods, and how its entries are made."""

    def window(self, asked: Window, feed: Feed | None, /) -> Window:
        """The window to read for the one that was asked for, which begins and ends on edges of periods."""

    def read(self, window: Window, stored: Stored, now: datetime) -> Delivery:
        """What the source says of the window; points are read later.

        Raises CloudError; UnknownAmount if nothing at all is known, here and in the ledger.
        """
