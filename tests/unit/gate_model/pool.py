# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the machine draws from: budgets, lines, overrides and traffic."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import iso
from hypothesis import strategies as st

from .model import FREE_TRAFFIC, TRAFFIC, BudgetModel, Hours, LineModel, Place, moment

# The evening of 30 December 2026: the year ends a day later.
BEGIN = 363 * 24 + 20
NEW_YEAR = 365 * 24
#: ICU per unit, and from which hour on. A dollar has no rate.
RATES = {"CHF": [(-10000, 50)], "EUR": [(-10000, 55), (NEW_YEAR + 30, 60)]}
ROWS = [
    {"currency": currency, "icu_per_unit": str(value), "valid_from": iso(moment(since))}
    for currency, each in RATES.items()
    for since, value in each
]
CURRENCIES = ("ICU", "CHF", "EUR")


def rate(currency: str, at: Hours) -> Fraction | None:
    if currency == "ICU":
        return Fraction(1)
    return next((Fraction(value) for since, value in reversed(RATES.get(currency, [])) if since <= at), None)


POOL = (
    BudgetModel("all", Fraction(0), "ICU", "daily", "cloud", "period_end", max_staleness=48),
    BudgetModel(
        "calls", Fraction(0), "ICU", "daily", "entries", "actual", categories=frozenset({"llm_inference"}),
    ),
    BudgetModel(
        "days", Fraction(0), "CHF", "daily", "cloud", "actual",
        categories=frozenset({"compute", "storage"}), projects=frozenset({"p1", "p2"}),
    ),
    BudgetModel(
        "web", Fraction(0), "EUR", "yearly", "cloud", "period_end", tags=(("team", "web"),),
        projects=frozenset({"p1"}), max_staleness=48,
    ),
    BudgetModel(
        "here", Fraction(0), "ICU", "monthly", "cloud", "actual",
        projects=frozenset({"p1"}), regions=frozenset({"r1"}),
    ),
    BudgetModel(
        "launch", Fraction(0), "CHF", "custom", "cloud", "actual", span=(NEW_YEAR, NEW_YEAR + 48),
        categories=frozenset({"compute"}),
    ),
    BudgetModel(
        "bots", Fraction(0), "EUR", "yearly", "entries", "actual",
        categories=frozenset({"llm_inference"}), tags=(("team", "web"),),
    ),
)  # fmt: skip

WEB = (("team", "web"),)
amounts = st.integers(1, 400).map(lambda quarters: Fraction(quarters, 4))
limits = st.sampled_from([20000, 0, 50, 1000, 5000, 20000, 100000, 100000, 10**6]).map(Fraction)
currencies = st.sampled_from([*CURRENCIES * 4, "USD"])
places = st.builds(
    Place,
    st.sampled_from([*("compute", "storage", "llm_inference") * 3, None]),
    st.sampled_from([*["p1"] * 6, "p2", "p2", "p3", None]),
    st.sampled_from([*["r1"] * 5, "r2", "r2", None]),
    st.sampled_from([*[WEB] * 4, (("team", "db"),), ()]),
)
names = st.sampled_from(["one", "two"])
halves = st.integers(0, 120).map(lambda number: number / 2)


metrics = st.sampled_from([None, None, FREE_TRAFFIC, TRAFFIC])
#: What each metric is of.
CATEGORIES = {FREE_TRAFFIC: "storage", TRAFFIC: "network"}


@st.composite
def lines(draw: st.DrawFn) -> tuple[LineModel, ...]:
    """Moments are hours from now, until placed."""
    found = []
    for _line in range(draw(st.integers(1, 2))):
        amount, currency, place = draw(amounts), draw(currencies), draw(places)
        if draw(st.booleans()):
            until = draw(st.sampled_from([None, None, 1, 3, 40, 70, 90, 130]))
            end = None if until is None else until / 2
            metric = draw(metrics)
            place = replace(place, category=CATEGORIES.get(metric or "", place.category))
            found.append(LineModel(amount / 200, currency, place, None, True, end, metric))
        else:
            found.append(LineModel(amount, currency, place, at=draw(st.none() | st.none() | halves)))
    return tuple(found)


@st.composite
def lines_and_removals(draw: st.DrawFn) -> tuple[LineModel, ...]:
    """Some of them with what is said to go, more often where something is."""
    found = draw(lines())
    for _line in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(places | st.just(Place("compute", "p1", "r1", WEB)))
        until = draw(st.sampled_from([None, None, 1, 3, 40, 130]))
        end = None if until is None else until / 2
        currency = draw(st.sampled_from(["ICU", "ICU", "ICU", "CHF"]))
        found += (LineModel(draw(amounts) / 40, currency, place, None, True, end, removes=True),)
    return found


def placed(wanted: tuple[LineModel, ...], now: Hours) -> tuple[LineModel, ...]:
    return tuple(
        replace(
            line,
            at=None if line.at is None else now + line.at,
            until=None if line.until is None else now + line.until,
        )
        for line in wanted
    )
