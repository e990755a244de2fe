# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever gates cannot raise the limit, by the grants that docs/postgresql_roles.sql ships, on a
real server (design/gate.md#separation-of-duty).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._core.usage_record import UsageRecord
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import CostRecord, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql, usage_records
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute

from tests.unit.asked_ledger import parts_of, with_parts
from tests.unit.conftest import new_database

from .desk import Desk
from .snapshots import feed

GRANTS = Path(__file__).parents[5] / "docs" / "postgresql_roles.sql"
#: The words of an override, but for whom and when it ends.
WHY = {"amount": "100", "reason": "a good week", "approved_by": "Ada"}


@pytest.fixture(scope="module")
def granted(postgresql: dict[str, Any]) -> str:
    """The database of a ledger with a budget of 100 and the grants, run twice as after an upgrade."""
    url = new_database(postgresql)
    Desk(sql.LedgerOptions(url), now_utc()).define()
    with psycopg.connect(**parts_of(url), **postgresql["admin"], autocommit=True) as admin:
        for _time in range(2):
            admin.execute(GRANTS.read_bytes())
    return str(parts_of(url)["dbname"])


@pytest.fixture
def desks(postgresql: dict[str, Any], granted: str) -> Iterator[Callable[[str], Desk]]:
    """A ledger of its own that is a copy of `granted`; a desk for a login with one of the roles."""
    url = new_database(postgresql, granted)
    admin = psycopg.connect(**parts_of(url), **postgresql["admin"], autocommit=True)
    made: list[str] = []

    def desk(role: str) -> Desk:
        name = f"login_{secrets.token_hex(6)}"
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'geheim' IN ROLE {role}".encode())
        made.append(name)
        login = with_parts(url, username=name, password="geheim")
        return Desk(sql.LedgerOptions(login, timeout_seconds=5), now_utc())

    yield desk
    for name in made:
        admin.execute(f"DROP ROLE {name}".encode())
    admin.close()


@pytest.fixture
def pipeline(desks: Callable[[str], Desk]) -> Desk:
    return desks("finops_gate")


@pytest.fixture
def importer(desks: Callable[[str], Desk]) -> Desk:
    return desks("finops_import")


@pytest.fixture
def owner(desks: Callable[[str], Desk]) -> Desk:
    return desks("finops_owner")


def override(desk: Desk, **more: Any) -> dict[str, Any]:
    until = (desk.now + timedelta(days=400)).isoformat()
    return desk.override(budget="team", **{"reservation": "deploy", "until": until, **WHY, **more})


def test_a_pipeline_gates_holds_commits_releases_and_records(pipeline: Desk) -> None:
    assert pipeline.budget(spend="100", currency="ICU")["gate_passed"]
    assert pipeline.hold("60")["gate_passed"]
    assert pipeline.hold("50")["changed"]
    assert pipeline.commit("55")["changed"]
    assert pipeline.hold("45", name="other")["gate_passed"]
    assert pipeline.release("other")["changed"]
    for amount in ("1", "2"):
        cost = CostRecord(
            "invoice", "manual", amount=amount, currency="ICU", category="other", tags={"team": "web"}
        )
        record(pipeline.options, [cost], pipeline.now, "pipeline", False)
    with sql.writing(pipeline.options) as ledger:
        taken = UsageRecord("openstack", "https://id/v3", None, pipeline.now, project_id="p")
        assert usage_records.add(ledger.connection, taken, pipeline.now, "pipeline")[1]
    (row,) = pipeline.stati()
    assert (row["spent"], row["reserved"]) == ("57", "0")


def test_an_importer_moves_a_feed_on_and_a_pipeline_cannot(importer: Desk, pipeline: Desk) -> None:
    for hours_ago in (2, 1):
        importer.feed(feed(importer.now - timedelta(hours=hours_ago)))
    with pytest.raises(LedgerError, match="permission denied for table feed"):
        pipeline.feed(feed(pipeline.now))
    with pytest.raises(LedgerError, match="permission denied for table hold"):
        importer.hold("1")


def test_a_pipeline_cannot_raise_its_limit(pipeline: Desk) -> None:
    with pytest.raises(LedgerError) as refused:
        pipeline.define(limit="1000")
    assert str(refused.value).endswith("cannot be used: permission denied for table budget.")
    assert "geheim" not in str(refused.value)
    for task in (
        {"name": "team", "state": "absent"},
        {"name": "mine", "limit": "9", "currency": "ICU", "fed_by": "entries"},
    ):
        with pytest.raises(LedgerError, match="permission denied for table budget"):
            pipeline.budget(**task)
    assert [row["limit"] for row in pipeline.stati()] == ["100"]


def test_a_pipeline_cannot_override(pipeline: Desk) -> None:
    with pytest.raises(LedgerError, match="permission denied for table limit_override"):
        override(pipeline)
    assert not pipeline.hold("101")["gate_passed"]


def test_a_pipeline_uses_an_override_once_and_cannot_make_it_new(pipeline: Desk, owner: Desk) -> None:
    assert override(owner)["changed"]
    held = pipeline.hold("150")
    assert (held["verdict"], held["budgets"][0]["override"]["approved_by"]) == ("allow", "Ada")
    for statement in ("DELETE FROM override_use", "UPDATE override_use SET generation = 2"):
        with pytest.raises(LedgerError, match="permission denied for table override_use"):
            _affected(pipeline, statement)
    with pytest.raises(LedgerError, match="permission denied for table limit_override"):
        _affected(pipeline, "UPDATE limit_override SET amount_nano = 9000000000000")
    assert pipeline.commit()["changed"]
    assert not pipeline.hold("151")["gate_passed"]


def test_an_override_for_a_login_is_used_by_no_other_that_holds_first(
    desks: Callable[[str], Desk], pipeline: Desk, owner: Desk
) -> None:
    other = desks("finops_gate")
    login = login_of(pipeline)
    assert override(owner, login=login)["override"]["login"] == login
    assert not other.hold("150")["gate_passed"]
    assert pipeline.hold("150")["gate_passed"]


def test_another_s_hold_and_commit_stay_whatever_a_module_is_asked(
    desks: Callable[[str], Desk], pipeline: Desk
) -> None:
    other = desks("finops_gate")
    assert pipeline.hold("60")["changed"]
    for work in (
        other.release,
        lambda: other.commit("1"),
        lambda: other.hold("1"),
    ):
        with pytest.raises(LedgerError, match="another login has"):
            work()
    assert other.stands() == ("0", "60")
    assert pipeline.commit("70")["changed"]
    with pytest.raises(LedgerError, match="another login"):
        other.commit("1")
    assert other.stands() == ("70", "0")


@pytest.mark.parametrize(
    "table",
    [
        *(
            "entry_row",
            "series",
            "entry_key",
            "recording",
            "budget",
            "limit_override",
            "override_use",
            "hold",
            "roll_up",
            "dimension_set",
            "tag",
            "ledger_schema",
        ),
        "usage_record",
    ],
)
def test_a_pipeline_deletes_nothing(pipeline: Desk, table: str) -> None:
    with pytest.raises(LedgerError, match=f"permission denied for table {table}"):
        _affected(pipeline, f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "change",
    [
        "entry_row SET amount_nano = 0",
        "series SET metric = 'other'",
        "entry_key SET stem = 'other'",
        "recording SET recorded_by = 'other'",
        "budget SET limit_nano = 0",
        "dimension_set SET category = 'other'",
        "tag SET value = 'other'",
        "ledger_schema SET version = 0",
        "usage_record SET content = ''",
    ],
)
def test_a_pipeline_changes_no_row_that_others_rely_on(pipeline: Desk, change: str) -> None:
    with pytest.raises(LedgerError, match=f"permission denied for table {change.split(maxsplit=1)[0]}"):
        _affected(pipeline, f"UPDATE {change}")


def test_whoever_owns_the_limits_defines_overrides_and_removes(owner: Desk) -> None:
    assert owner.define(limit="200")["changed"]
    assert override(owner)["changed"]
    assert override(owner, amount="50")["changed"]
    assert override(owner, state="absent")["changed"]
    assert owner.hold("200")["gate_passed"]
    assert owner.budget(name="team", state="absent")["changed"]


def login_of(desk: Desk) -> str:
    """The login of a desk's URL."""
    return str(urlsplit(str(desk.options.url)).username)


def _affected(desk: Desk, statement: str) -> int:
    """How many rows the statement changed."""
    with sql.writing(desk.options) as ledger:
        return execute(ledger.connection, statement)
