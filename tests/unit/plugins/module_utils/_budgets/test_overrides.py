# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit is raised once, for one reservation in one period, by somebody who says why
(design/gate.md#overrides).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import overrides, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import Imported

from .desk import Desk
from .snapshots import BEGIN, NOW, feed

RAISED = {
    "reservation": "deploy",
    "amount": "50",
    "reason": "Black Friday",
    "approved_by": "Ada",
    "until": "2026-11-30",
}


def raised(desk: Desk, check_mode: bool = False, **more: Any) -> dict[str, Any]:
    return desk.override(budget="team", check_mode=check_mode, **{**RAISED, **more})


def consumed(desk: Desk) -> list[int | None]:
    with sql.reading(desk.options) as ledger:
        return [one.generation for one in overrides.of_budget(ledger.connection, "team")]


def test_it_lets_its_reservation_pass_up_to_the_raised_limit_and_nobody_else(desk: Desk) -> None:
    desk.define(limit="100")
    assert raised(desk)["changed"]
    assert not desk.hold("100.1", name="other")["gate_passed"]
    assert desk.budget(spend="100.1", currency="ICU")["verdict"] == "deny"
    assert not desk.hold("150.1")["gate_passed"]
    said = desk.hold("150")
    assert said["gate_passed"] and not said["reservation"]["forced"]
    assert (
        said["budgets"][0]["override"]["approved_by"] == "Ada"
        and "raised by 50 for deploy by Ada" in said["reasons"][0]
    )
    assert desk.budget(spend="0.1", currency="ICU")["verdict"] == "deny"
    assert consumed(desk) == [1]


def test_taking_one_back_leaves_the_others(desk: Desk) -> None:
    desk.define(limit="100")
    for name in ("deploy", "other"):
        raised(desk, reservation=name)
    raised(desk, for_period="2026-12-15", until="2026-12-31")
    assert desk.override(budget="team", reservation="deploy", state="absent")["changed"]
    with sql.reading(desk.options) as ledger:
        left = {(one.reservation, one.period_id) for one in overrides.of_budget(ledger.connection, "team")}
    assert left == {("other", "monthly/2026-11-01T00:00:00Z"), ("deploy", "monthly/2026-12-01T00:00:00Z")}


def test_a_hold_that_fits_without_it_does_not_use_it_up(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    desk.hold("100")
    assert consumed(desk) == [None]
    assert desk.hold("120")["gate_passed"]
    assert consumed(desk) == [1]


def test_it_is_used_only_once(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    desk.hold("150")
    desk.release()
    assert not desk.hold("101")["gate_passed"]
    with pytest.raises(InvalidOption, match="was used at 2026-11-28T12:30:00Z, and is used only once"):
        raised(desk, amount="60")
    assert not raised(desk)["changed"], "to run the playbook again is harmless"


def test_the_reservation_that_used_it_goes_on_with_it(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    desk.hold("120")
    assert desk.hold("150")["gate_passed"]
    assert not desk.hold("150.1")["gate_passed"]
    assert desk.commit()["exceeded"] == []


def test_a_commit_that_needs_it_uses_it_up(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    desk.hold("100")
    said = desk.commit("140")
    assert (said["over_hold"], said["exceeded"]) == (True, [])
    assert consumed(desk) == [1]


def test_an_amount_that_differs_by_less_than_results_show_is_another(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    assert raised(desk, amount="50.0000001")["changed"]
    assert desk.hold("150.0000001")["gate_passed"]


def test_the_same_commit_again_uses_none_up(desk: Desk) -> None:
    desk.define(limit="100")
    desk.hold("100")
    assert [one["budget"] for one in desk.commit("140")["exceeded"]] == ["team"]
    raised(desk)
    assert not desk.commit("140")["changed"]
    assert consumed(desk) == [None]
    assert desk.commit("145")["changed"]
    assert consumed(desk) == [1]


def test_check_mode_and_plain_gates_never_use_it_up(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    assert desk.hold("150", check_mode=True)["gate_passed"]
    desk.budget(spend="150", currency="ICU")
    assert consumed(desk) == [None]
    assert raised(desk, check_mode=True, amount="60")["changed"]
    assert not desk.hold("160")["gate_passed"]


def test_it_ends(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk, until="2026-11-28T13:00:00Z")
    desk.later(minutes=29, seconds=59)
    assert desk.hold("150", check_mode=True)["gate_passed"]
    desk.later(seconds=1)
    assert not desk.hold("150")["gate_passed"]


def test_it_raises_one_period_only(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk, until="2027-01-31")
    assert not desk.hold("101", for_period="2026-12-24")["gate_passed"]
    desk.later(days=3)
    assert not desk.hold("101")["gate_passed"]
    raised(desk, until="2027-01-31", for_period="2026-12-24")
    assert desk.hold("101")["gate_passed"]


def test_it_never_rescues_what_is_unknown(desk: Desk) -> None:
    desk.define(limit="100", fed_by="cloud", basis="actual")
    # Only November is not known: in December nothing could hide what an override makes of it.
    through = NOW.replace(minute=0)
    desk.feed(feed(through, run_rate="0", imported=(Imported(Window(BEGIN + timedelta(days=1), through)),)))
    raised(desk)
    said = desk.hold("150", settled_by="import")
    assert (said["verdict"], said["gate_passed"]) == ("unknown", False)
    assert consumed(desk) == [None]


def test_taken_back_it_helps_nobody(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    assert desk.override(budget="team", reservation="deploy", state="absent")["changed"]
    assert not desk.hold("101")["gate_passed"]
    assert not desk.override(budget="team", reservation="deploy", state="absent")["changed"]


def test_a_budget_that_is_removed_takes_along_what_nobody_used(desk: Desk) -> None:
    desk.define(limit="100")
    raised(desk)
    desk.budget(name="team", state="absent")
    desk.define(limit="100")
    assert not desk.hold("101")["gate_passed"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        *(({name: None}, rf"^{name}: is needed") for name in RAISED),
        ({"amount": "0"}, "^amount: '0' is not above zero"),
        ({"amount": "NaN"}, "^amount: 'NaN' is not an amount"),
        ({"until": "2026-11-28T12:30:00Z"}, "^until: 2026-11-28T12:30:00Z is past"),
        ({"until": "soon"}, "^until: 'soon' is not a date"),
    ],
)
def test_what_is_not_said_is_refused(desk: Desk, more: dict[str, Any], sentence: str) -> None:
    desk.define()
    with pytest.raises(InvalidOption, match=sentence):
        raised(desk, **more)


def test_only_a_budget_that_is_there_can_be_raised(desk: Desk) -> None:
    desk.define()
    with pytest.raises(InvalidOption, match="no budget 'typo'; it has team"):
        desk.override(budget="typo", **RAISED)
