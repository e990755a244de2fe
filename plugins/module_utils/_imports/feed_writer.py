# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Writing a feed, one transaction after the other, and moving its state on in each (design/imports.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._core import spans
from .._core.errors import InvalidOption
from .._core.periods import Window
from .._infomaniak import free_tier
from .._ledger import entries, feed_changes, feed_hours, feeds, replacement, sql
from .._ledger.watch import Watch
from .._openstack.rating.answers import RatedPoint
from .entry_writer import Signature
from .flow_rates import with_flows
from .free_tier_credit import Credit, credit
from .rated_entries import Feeding, RatedRows, RowMaker
from .rated_window import Unit

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: How far back an import looks for what the source has rated since: holes, and hours that were empty.
LOOK_BACK = timedelta(days=40)


class FeedWriter:
    """Writes one import: the state of the feed, and what writing did.

    In check mode nothing is written, and a missing ledger is empty.
    """

    def __init__(
        self,
        options: sql.LedgerOptions,
        feeding: Feeding,
        known: feeds.Feed | None,
        signature: Signature,
        check_mode: bool,
    ) -> None:
        self.feed = known
        self.created = False
        self.counts = dict.fromkeys(entries.OUTCOMES, 0)
        self._options, self._feeding, self._signature, self._check_mode = (
            options,
            feeding,
            signature,
            check_mode,
        )
        self.unknown_tags: set[str] = set()
        self.credited = False
        self.credits: list[Credit] = []
        self._maker = RowMaker(feeding)
        self._resources_saved = False
        self._open = ExitStack()
        self._begin: Callable[[], AbstractContextManager[sql.Ledger]] | None = None

    def __enter__(self) -> FeedWriter:
        return self

    def __exit__(self, *raised: Any) -> bool | None:
        return self._open.__exit__(*raised)

    @property
    def wrote(self) -> bool:
        """Whether an entry was written, or would be."""
        return any(count for outcome, count in self.counts.items() if outcome != entries.UNCHANGED)

    def prepare(self, holes: Iterable[datetime]) -> None:
        """Take a retired feed up again, and forget that periods that begin then were imported: the cloud
        has nothing of them any more.
        """
        gone = spans.of_periods(holes, self._feeding.collect_period_s)
        if self.feed is None or self.feed == _prepared(self.feed, gone):
            return
        with self._opened() as ledger:
            before = self._known(ledger)
            if before is not None:
                self._save(ledger, _prepared(before, gone), before)

    def write(self, unit: Unit, points: Sequence[RatedPoint]) -> None:
        """Make the ledger's rows of the unit those of the points, and move the feed on."""
        made = self._maker.rows_of(points, unit.newest())
        self.unknown_tags |= made.unknown
        with self._opened() as ledger:
            before = self._known(ledger)
            refuse_other_money(before, self._feeding)
            if ledger is None:
                planned = replacement.of_nothing(made.rows)
            else:
                planned = replacement.plan(
                    ledger.connection, self._feeding.key.source, unit.window, made.rows
                )
                if not self._check_mode:
                    replacement.carry_out(
                        ledger.connection, planned, self._signature.now, self._signature.recorded_by
                    )
            for outcome, count in planned.counts.items():
                self.counts[outcome] += count
            self._save(ledger, self._moved_on(before, unit, made, planned), before)

    def credit(self, traffic_unit: Callable[[], str | None]) -> None:
        """Credit the free tier again in every month whose traffic changed.

        traffic_unit: the unit of entries that name none; called only for such entries. Raises CloudError.
        """
        if self.feed is not None and not self._check_mode:
            self.credited, self.credits = credit(self._options, traffic_unit, self.feed, self._signature)

    def finish(self, asked: Window, watch: Watch) -> Mapping[str, Any]:
        """The last transaction: what forecasts rest on, the run rate of flows, what the cloud has not rated
        of the window that it was asked for, and the result of the watch.

        One that was interrupted does it when run again.
        """
        if self._check_mode:
            return watch(None, None)
        with self._opened() as ledger:
            before = self._known(ledger)
            if ledger is not None and before is not None:
                feed_hours.keep(ledger.connection, before, (before.key.source,))
                after = with_flows(ledger.connection, before, self._feeding.flow_metrics)
                after = replace(
                    after,
                    rating_regions=self._feeding.rating_regions,
                    unrated=_unrated(before, asked),
                    empty=_recent(before.empty, before.rated_through - LOOK_BACK),
                )
                self._save(ledger, after, before)
                _renew_means_of_project(ledger.connection, after)
            return watch(ledger, None)

    def _moved_on(
        self, before: feeds.Feed | None, unit: Unit, made: RatedRows, planned: replacement.Replacement
    ) -> feeds.Feed:
        feeding = self._feeding
        through = unit.newest() + timedelta(seconds=feeding.collect_period_s)
        imported = feed_changes.without(before.imported if before else (), unit.window)
        for window in unit.covered(feeding.collect_period_s):
            imported = feed_changes.added(imported, feeds.Imported(window, feeding.layout))
        ahead = before is None or through >= before.rated_through
        due = [before.credit_due_from] if before and before.credit_due_from else []
        if any(row.series.metric == free_tier.METRIC for row in planned.rows):
            due.append(free_tier.month_begin(unit.window.begin))
        return feeds.Feed(
            key=feeding.key,
            auth_url=feeding.auth_url,
            cloud=feeding.cloud,
            project_name=feeding.project_name,
            currency=feeding.currency,
            collect_period_s=feeding.collect_period_s,
            rated_through=through if before is None or ahead else before.rated_through,
            run_rates=_run_rates(before, made) if before is None or ahead else before.run_rates,
            imported=imported,
            categories=(before.categories if before else frozenset()) | made.categories,
            tag_keys=(before.tag_keys if before else frozenset()) | made.tag_keys,
            credit_due_from=min(due, default=None),
            flow_hours=before.flow_hours if before else None,
            flow_metrics=None if feeding.flow_metrics is None else frozenset(feeding.flow_metrics),
            rating_regions=feeding.rating_regions,
            empty=spans.union(
                [*_less(before.empty if before else (), [unit.window]), *_empty(unit, feeding)]
            ),
            unrated=before.unrated if before else (),
            id=before.id if before else None,
            revision=before.revision if before else 0,
        )

    @contextmanager
    def _opened(self) -> Iterator[sql.Ledger | None]:
        """The ledger for one transaction; in check mode to read only, and None where there is none."""
        if self._check_mode and not sql.exists(self._options):
            yield None
            return
        with sql.reading(self._options) if self._check_mode else self._transaction() as ledger:
            self.created |= ledger.created
            yield ledger

    def _transaction(self) -> AbstractContextManager[sql.Ledger]:
        # Not before there is something to write: an import that finds nothing makes no ledger.
        if self._begin is None:
            self._begin = self._open.enter_context(sql.session(self._options))
        return self._begin()

    def _known(self, ledger: sql.Ledger | None) -> feeds.Feed | None:
        """The feed as it is now: another import may have moved it on since.

        In check mode as this one would have moved it.
        """
        if self._check_mode or ledger is None:
            return self.feed
        return feed_changes.find_again(ledger.connection, self._feeding.key, self.feed)

    def _save(self, ledger: sql.Ledger | None, feed: feeds.Feed, before: feeds.Feed | None) -> None:
        self.feed = feed
        if self._check_mode or ledger is None:
            return
        self.feed = feed if feed == before else feed_changes.save(ledger.connection, feed, before)
        if not self._resources_saved:
            feed_changes.save_resources(ledger.connection, self.feed, self._feeding.resources)
            self._resources_saved = True


def _renew_means_of_project(transaction: Transaction, own: feeds.Feed) -> None:
    """Take the means of the project's other feeds anew: all of them share the free tier, so what is free of
    their traffic changes with an import of one.
    """
    for feed in feeds.of_project(transaction, own.key.project_id):
        if feed.key != own.key and feed.flow_hours is not None and not feed.retired:
            after = with_flows(transaction, feed, feed.flow_metrics)
            if after != feed:
                feed_changes.save(transaction, after, feed)


def _run_rates(before: feeds.Feed | None, made: RatedRows) -> tuple[feeds.RunRate, ...]:
    """Those of state anew; those of flows are means, which the last transaction takes."""
    flows = [rate for rate in before.run_rates if rate.is_flow] if before else []
    return feeds.in_order([*made.run_rates, *flows])


def _prepared(feed: feeds.Feed, gone: Sequence[Window]) -> feeds.Feed:
    imported = feed.imported
    for window in gone:
        imported = feed_changes.without(imported, window)
    return replace(feed, imported=imported, empty=_less(feed.empty, gone), retired=False, retirement=None)


def _empty(unit: Unit, feeding: Feeding) -> tuple[Window, ...]:
    return spans.of_periods(unit.empty, feeding.collect_period_s)


def _less(windows: Iterable[Window], gone: Sequence[Window]) -> tuple[Window, ...]:
    return tuple(part for one in windows for part in spans.subtract(one, gone))


def _recent(windows: Iterable[Window], begin: datetime) -> tuple[Window, ...]:
    return tuple(one for one in windows if one.end > begin)


def _unrated(feed: feeds.Feed, asked: Window) -> tuple[Window, ...]:
    """What the cloud was asked for, now or before, and has not rated up to the end of the newest rated
    period.
    """
    looked = spans.union([*feed.unrated, spans.from_to(asked.begin, min(asked.end, feed.rated_through))])
    return _less(looked, [one.window for one in feed.imported])


def refuse_served_region(known: Iterable[feeds.Feed], feeding: Feeding) -> None:
    """One rating service is imported once: where another region of the project has the same one, its feed has
    the cost of both.

    Raises InvalidOption.
    """
    own, served = feeding.key.region, dict(feeding.rating_regions)
    for feed in known:
        other = feed.key.region
        if feed.retired or other == own or feed.key.project_id != feeding.key.project_id:
            continue
        if own in served and served[own] == served.get(other):
            raise InvalidOption(
                "rating_region",
                f"{own} has the same rating service as {other}, whose feed has the cost of both; import"
                f" {other}, or retire its feed first.",
            )


def refuse_other_money(known: feeds.Feed | None, feeding: Feeding) -> None:
    """One feed has one currency and one collect period: mixing them would add apples to hours.

    Raises InvalidOption.
    """
    if known is None:
        return
    if known.currency != feeding.currency:
        raise InvalidOption(
            feeding.currency_option,
            f"is {feeding.currency}, but this feed was imported in {known.currency}; use that.",
        )
    if known.collect_period_s != feeding.collect_period_s:
        raise InvalidOption(
            "collect_period",
            f"is {feeding.collect_period_s} s, but this feed was imported in periods of"
            f" {known.collect_period_s} s; use that.",
        )
