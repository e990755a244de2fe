# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is held counts once, from the moment that it is held to the moment that its cost is
known (design/reservations.md).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates

from .desk import Desk
from .snapshots import DECEMBER, NOW, feed

#: The budget team in its period of November.
NOVEMBER = [("team", "monthly/2026-11-01T00:00:00Z")]


def exceeded(said: dict[str, Any]) -> list[tuple[str, str]]:
    """The budgets and periods that a commit is beyond."""
    return [(one["budget"], one["period"]) for one in said["exceeded"]]


def test_what_is_held_is_gone_for_everybody_else(desk: Desk) -> None:
    desk.define(limit="100")
    assert desk.hold("60")["gate_passed"]
    assert desk.stands() == ("0", "60")
    refused = desk.hold("40.000000001", name="other")
    assert (refused["verdict"], refused["gate_passed"], refused["changed"], refused["reservation"]) == (
        "deny",
        False,
        False,
        {},
    )
    assert "reserved 60, requested 40" in refused["reasons"][0]
    assert desk.stands() == ("0", "60")
    assert desk.hold("40", name="other")["gate_passed"]
    assert desk.stands() == ("0", "100")


def test_a_plain_gate_sees_what_is_held_and_holds_nothing(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("60")
    assert desk.budget(spend="40", currency="ICU")["verdict"] == "allow"
    assert desk.budget(spend="40.1", currency="ICU")["verdict"] == "deny"
    assert desk.stands() == ("0", "60")


def test_a_refused_hold_leaves_nothing_behind(desk: Desk) -> None:
    desk.define(limit="1")
    desk.hold("2")
    with pytest.raises(InvalidOption, match="'deploy' was never held"):
        desk.commit()


def test_committed_by_entry_becomes_one_entry(desk: Desk) -> None:
    """The entry takes the hold's place, at the moment of the commit
    (design/reservations.md#never-counted-twice).
    """
    desk.define()
    desk.hold("60")
    desk.later(hours=1)
    said = desk.commit("55.5")
    assert (said["changed"], said["over_hold"], said["expired"], said["exceeded"]) == (True, False, False, [])
    assert desk.stands() == ("55.5", "0")
    assert desk.entries() == [("reservation/deploy/1/1/once", "55.5")]


def test_a_commit_again_is_unchanged_and_another_amount_a_correction(desk: Desk) -> None:
    desk.define()
    desk.hold("60")
    desk.commit("55")
    assert not desk.commit("55")["changed"]
    assert not desk.commit()["changed"]
    assert desk.commit("50")["changed"]
    assert desk.stands() == ("50", "0")
    desk.later(days=5)
    assert not desk.commit("50")["changed"], "the moment that is recorded stays"


def test_several_lines_become_several_entries(desk: Desk) -> None:
    desk.define()
    lines = [{"amount": "10", "category": "compute"}, {"amount": "20", "category": "storage"}]
    desk.hold(lines=lines, category=None)
    with pytest.raises(InvalidOption, match=r"'deploy' holds 2"):
        desk.commit("30")
    desk.commit()
    assert desk.entries() == [("reservation/deploy/1/1/once", "10"), ("reservation/deploy/1/2/once", "20")]
    desk.commit(lines=[{"amount": "9", "currency": "ICU", "category": "compute"}])
    assert desk.entries() == [("reservation/deploy/1/1/once", "9")]
    assert desk.stands() == ("9", "0")


def test_a_commit_counts_when_it_occurred(desk: Desk) -> None:
    desk.define()
    desk.hold("60")
    desk.commit(occurred_at="2026-10-31T23:59:59Z")
    assert desk.stands() == ("0", "0")
    assert desk.commit(occurred_at="2026-11-01")["changed"]
    assert desk.stands() == ("60", "0")


def test_a_larger_commit_is_recorded_and_said(desk: Desk) -> None:
    """What is spent is spent (design/reservations.md#the-life-of-a-hold)."""
    desk.define(limit="100")
    desk.define("all", limit="1000")
    desk.hold("60")
    said = desk.commit("100.5")
    assert (said["over_hold"], exceeded(said)) == (True, NOVEMBER)
    assert desk.stands() == ("100.5", "0")
    assert desk.budget(spend="0.1", currency="ICU", name="team")["verdict"] == "deny"


def test_after_its_time_a_hold_counts_no_more_and_can_still_be_committed(desk: Desk) -> None:
    desk.define()
    desk.hold("60", ttl="1h")
    desk.later(minutes=59, seconds=59)
    assert desk.stands() == ("0", "60")
    desk.later(seconds=1)
    assert desk.stands() == ("0", "0")
    said = desk.commit()
    assert (said["expired"], said["changed"]) == (True, True)
    assert desk.stands() == ("60", "0")


def test_two_hours_where_no_time_is_given(desk: Desk) -> None:
    desk.define()
    assert desk.hold("60")["reservation"]["expires_at"] == "2026-11-28T14:30:00Z"


def test_held_anew_after_its_time_it_is_checked_anew(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("60")
    desk.later(hours=2)
    assert desk.hold("50", name="other")["gate_passed"]
    assert not desk.hold("60")["gate_passed"]
    again = desk.hold("50")
    assert (again["gate_passed"], again["changed"], again["reservation"]["generation"]) == (True, True, 2)


def test_the_same_again_is_unchanged_and_keeps_its_time(desk: Desk) -> None:
    desk.define(limit="60")
    first = desk.hold("60")["reservation"]
    desk.later(hours=1)
    again = desk.hold("60")
    assert (again["changed"], again["gate_passed"], again["reservation"]) == (False, True, first)
    extended = desk.hold("60", extend=True)
    assert (extended["changed"], extended["reservation"]["expires_at"]) == (True, "2026-11-28T15:30:00Z")
    desk.later(hours=1, minutes=59)
    assert desk.stands() == ("0", "60")


def test_other_lines_are_judged_as_a_whole_as_if_the_old_hold_were_not_there(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("60")
    more = desk.hold("100")
    assert (more["changed"], more["gate_passed"], more["budgets"][0]["requested"]) == (True, True, "100")
    assert more["reservation"]["generation"] == 1
    assert not desk.hold("100.1")["gate_passed"]
    assert desk.stands() == ("0", "100")


def test_less_is_judged_too_and_what_is_denied_leaves_the_earlier_hold(desk: Desk) -> None:
    desk.define(limit="100")
    first = desk.hold("60")["reservation"]
    desk.define(limit="10")
    denied = desk.hold("50")
    assert (denied["gate_passed"], denied["changed"], denied["reservation"]) == (False, False, first)
    assert desk.stands() == ("0", "60")
    assert desk.hold("10")["gate_passed"]
    assert desk.stands() == ("0", "10")


def test_another_category_is_more_of_that_one(desk: Desk) -> None:
    """Held again for storage instead of compute: storage is asked in full, and compute is free again."""
    desk.define("compute", limit="10", scope={"categories": ["compute"]})
    desk.define("storage", limit="5", scope={"categories": ["storage"]})
    desk.hold("10")
    assert not desk.hold("10", category="storage")["gate_passed"]
    assert desk.hold("5", category="storage")["gate_passed"]
    assert (desk.stands("compute")[1], desk.stands("storage")[1]) == ("0", "5")


def test_after_a_commit_holding_again_is_harmless(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("60")
    desk.commit()
    again = desk.hold("60")
    assert (again["changed"], again["gate_passed"], again["reservation"]["state"]) == (
        False,
        True,
        "committed",
    )
    assert desk.stands() == ("60", "0")


def test_the_same_lines_after_the_commit_are_this_run_for_its_time_to_live_only(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("60", ttl="3h")
    desk.later(hours=1)
    desk.commit()
    desk.later(hours=2, minutes=59)
    assert desk.hold("60", ttl="3h")["reservation"]["state"] == "committed"
    desk.later(minutes=1)
    assert desk.hold("60", ttl="3h")["verdict"] == "deny"
    assert desk.hold("60", ttl="9d")["verdict"] == "deny", "its own time counts, not that of a later task"


def test_anything_else_under_a_name_is_a_new_generation_and_judged(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("60")
    desk.commit("55")
    assert not desk.hold("50")["gate_passed"]
    assert desk.hold("45")["reservation"]["generation"] == 2
    assert desk.stands() == ("55", "45")
    desk.commit("40")
    assert desk.entries() == [("reservation/deploy/1/1/once", "55"), ("reservation/deploy/2/1/once", "40")]
    desk.hold("1", name="gone")
    desk.release("gone")
    again = desk.hold("1", name="gone")
    assert (again["changed"], again["reservation"]["generation"]) == (True, 2)


def test_another_plan_is_another_run(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("60", plan_sha256="a" * 64)
    desk.commit()
    assert not desk.hold("60", plan_sha256="a" * 64)["changed"]
    assert not desk.hold("60")["changed"]
    assert desk.hold("60", plan_sha256="b" * 64)["verdict"] == "deny"


def test_lines_are_the_same_in_any_order_and_names_without_the_blanks_around_them(desk: Desk) -> None:
    desk.define(limit="100")
    lines = [{"amount": "60.0", "category": "compute"}, {"amount": "1", "category": "storage"}]
    desk.hold(lines=lines, category=None)
    turned = [{"amount": "1", "category": "storage"}, {"amount": "60", "category": "compute"}]
    assert not desk.hold(lines=turned, category=None, name=" deploy ")["changed"]
    assert desk.commit(name="deploy ")["changed"]


def test_released_it_is_free_for_others(desk: Desk) -> None:
    desk.define(limit="60")
    desk.hold("60")
    assert desk.release()["changed"]
    assert desk.stands() == ("0", "0")
    assert not desk.release()["changed"]
    assert desk.hold("60", name="other")["gate_passed"]


def test_what_is_in_no_order_is_an_error(desk: Desk) -> None:
    desk.define()
    for action in (desk.commit, desk.release):
        with pytest.raises(InvalidOption, match="'deploy' was never held"):
            action()
    desk.hold("1")
    desk.release()
    with pytest.raises(InvalidOption, match="'deploy' was released"):
        desk.commit()
    desk.hold("1", name="other")
    desk.commit(name="other")
    with pytest.raises(InvalidOption, match="'other' is committed"):
        desk.release("other")


def test_check_mode_checks_for_real_and_writes_nothing(desk: Desk) -> None:
    """design/reservations.md#check-mode."""
    desk.define(limit="100")
    assert desk.hold("60", check_mode=True)["changed"]
    assert not desk.hold("100.1", check_mode=True)["gate_passed"]
    assert desk.stands() == ("0", "0")
    for action in (desk.commit, desk.release):
        said = action(check_mode=True)
        assert said["changed"] and "was never held" in said["warnings"][0]
    desk.hold("60")
    said = desk.commit("101", check_mode=True)
    assert (said["changed"], said["over_hold"], exceeded(said)) == (True, True, NOVEMBER)
    assert desk.release(check_mode=True)["changed"]
    assert desk.stands() == ("0", "60")
    desk.commit("70")
    assert exceeded(desk.commit("101", check_mode=True)) == NOVEMBER
    assert desk.commit("100", check_mode=True)["exceeded"] == []
    assert desk.stands() == ("70", "0")


def test_a_hold_counts_in_the_period_that_it_is_for(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("100", for_period="2026-12-24", ttl="9d")
    assert desk.stands() == ("0", "0")
    assert desk.status()["next_period"]["reserved"] == "100"
    assert desk.hold("100", name="now")["gate_passed"]
    assert not desk.hold("0.1", name="more", for_period="2026-12-31")["gate_passed"]
    desk.later(days=3)
    assert desk.now >= DECEMBER and desk.stands() == ("0", "100")


def test_lines_count_in_the_period_of_their_moment(desk: Desk) -> None:
    desk.define(limit="100", fed_by="cloud", basis="actual")
    desk.feed(feed(NOW.replace(minute=0), run_rate="0"))
    desk.hold(lines=[{"amount": "30"}, {"amount": "90", "at": "2026-12-01"}], settled_by="import", ttl="9d")
    row = desk.status()
    assert (row["reserved"], row["next_period"]["reserved"]) == ("30", "90")
    desk.later(days=3)
    # Neither was committed or released: the promise of November goes on in December.
    desk.feed(feed(desk.now.replace(minute=0), run_rate="0"))
    assert (desk.status()["reserved"], desk.status()["next_period"]["reserved"]) == ("120", "0")


def cloud_desk(desk: Desk) -> None:
    desk.define(limit="1000", fed_by="cloud", basis="actual")
    desk.feed(feed(NOW.replace(minute=0), run_rate="2"))


def test_committed_for_an_import_it_counts_until_the_run_rate_contains_it(desk: Desk) -> None:
    """Committed at 12:30, rated by the hour; rated through 13:00 is not enough, 14:00 is
    (design/reservations.md#never-counted-twice).
    """
    cloud_desk(desk)
    desk.hold("60", settled_by="import", project="shop")
    said = desk.commit()
    assert said["changed"] and desk.entries() == []
    assert desk.stands() == ("0", "60")
    desk.later(hours=1)
    desk.feed(feed(NOW.replace(hour=13, minute=0), run_rate="2"))
    assert desk.stands() == ("0", "60")
    desk.later(hours=1)
    desk.feed(feed(NOW.replace(hour=13, minute=29), run_rate="62"))
    assert desk.stands() == ("0", "60")
    desk.feed(feed(NOW.replace(hour=13, minute=30), run_rate="62"))
    assert desk.stands() == ("0", "0")


def test_each_line_waits_for_the_feed_of_its_project(desk: Desk) -> None:
    from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import FeedKey

    def two(first: int, second: int) -> None:
        desk.feed(feed(NOW.replace(hour=first, minute=0)))
        desk.feed(
            feed(
                NOW.replace(hour=second, minute=0),
                key=FeedKey("dc3-a", "p2"),
                project_name="other",
            )
        )

    desk.define(limit="1000", fed_by="cloud", basis="actual")
    two(12, 12)
    lines = [{"amount": "1", "project": "shop"}, {"amount": "4", "project": "p2"}, {"amount": "16"}]
    desk.hold(lines=lines, settled_by="import")
    desk.commit()
    desk.later(hours=3)
    two(15, 12)
    assert desk.status()["reserved"] == "20"
    two(15, 15)
    assert desk.status()["reserved"] == "0"


def test_what_an_import_took_over_is_read_no_more(desk: Desk) -> None:
    """However many holds there were: a gate reads those that can still count."""
    from ansible_collections.finops.cloud.plugins.module_utils._ledger import holds, sql

    cloud_desk(desk)
    desk.hold("60", settled_by="import")
    desk.commit()
    desk.later(hours=2)
    desk.feed(feed(NOW.replace(hour=14, minute=0)))
    desk.hold("1", name="other", settled_by="import")
    with sql.reading(desk.options) as ledger:
        assert [one.name for one in holds.counting(ledger.connection, desk.now)] == ["other"]


def test_an_import_cannot_settle_what_entries_feed(desk: Desk) -> None:
    desk.define()
    with pytest.raises(InvalidOption, match="`import` never brings a cost to budget team"):
        desk.hold("1", settled_by="import")
    assert desk.stands() == ("0", "0")


def test_a_hold_under_warn_is_marked_where_it_did_not_fit(desk: Desk) -> None:
    desk.define(limit="10")
    assert not desk.hold("10", on_exceeded="warn")["reservation"]["forced"]
    said = desk.hold("5", name="other", on_exceeded="warn")
    assert (said["verdict"], said["gate_passed"], said["reservation"]["forced"]) == ("deny", True, True)
    assert desk.stands() == ("0", "15")


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ({"amount": "NaN"}, "amount: 'NaN' is not an amount"),
        ({"amount": "inf"}, "amount: 'inf' is not an amount"),
        ({"amount": "0"}, "amount: '0' is not above zero"),
        ({"amount": "-5"}, "amount: '-5' is not above zero"),
        ({"amount": "1_000"}, "is not an amount"),
        ({"amount": "0.0000000001"}, "less than the ledger's smallest unit"),
        ({"amount": "1", "currency": None}, "currency: an amount needs its currency"),
        ({"amount": "1", "category": "cumpute"}, "category: 'cumpute' is not a category"),
        ({"amount": "1", "category": None}, "category: is needed in line 1"),
        ({"lines": []}, "lines: is empty"),
        ({"lines": [{"amount": "1"}, {"amount": "NaN"}]}, r"lines\[1\].amount: 'NaN' is not an amount"),
        (
            {"lines": [{"hourly": "1", "category": "compute"}]},
            r"lines\[0\].until: or `hours`, of at most ten years, is required with `settled_by: entry`",
        ),
        ({"amount": "1", "ttl": "2"}, "ttl: '2' has no unit; write one such as 90s"),
        ({"amount": "1", "ttl": "0h"}, "ttl: '0h' is not a duration"),
        ({"amount": "1", "name": " "}, "name: is empty"),
        ({"amount": "1", "budget": "typo"}, "the ledger has no budget 'typo'"),
    ],
)
def test_what_cannot_be_held_is_refused(desk: Desk, task: dict[str, Any], sentence: str) -> None:
    desk.define()
    with pytest.raises(InvalidOption, match=sentence):
        desk.hold(**task)
    assert desk.stands() == ("0", "0")


def test_a_hold_makes_no_ledger(desk: Desk) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        desk.hold("1")


def test_the_same_amount_for_another_period_is_another_request(desk: Desk) -> None:
    desk.define(limit="1")
    desk.hold("1")
    moved = desk.hold("1", for_period="2026-12-01")
    assert (moved["changed"], moved["reservation"]["held"][0]["at"]) == (True, "2026-12-01T00:00:00Z")
    assert desk.stands() == ("0", "0")


def test_another_time_to_live_says_nothing_without_extend(desk: Desk) -> None:
    desk.define()
    desk.hold("1", ttl="1h")
    assert not desk.hold("1", ttl="5h")["changed"]
    assert desk.hold("1", ttl="5h", extend=True)["reservation"]["expires_at"] == (
        NOW + timedelta(hours=5)
    ).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_only_what_still_counts_is_told_as_a_reservation(desk: Desk) -> None:
    """An expired hold and a released one reserve nothing, and are not listed."""

    def told() -> list[tuple[str, str]]:
        found = status(desk.options, None, Rates(), desk.now)["reservations"]
        return [(one["name"], one["state"]) for one in found]

    desk.define(limit="100")
    desk.hold("5", name="expires", ttl="1h")
    desk.later(minutes=59)
    desk.hold("5", name="released", ttl="5h")
    desk.hold("5", name="stays", ttl="5h")
    assert told() == [(name, "held") for name in ("expires", "released", "stays")]
    desk.release(name="released")
    desk.later(minutes=1)
    assert told() == [("stays", "held")]
