# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for records, of a system and of the ledger: the same answers of the same records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError, InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.usage_record import UsageRecord, moment
from ansible_collections.finops.cloud.plugins.module_utils._ledger import usage_records
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._records.questions import (
    Records,
    StoredRecords,
    SystemRecords,
    answer,
    parse_question,
)
from ansible_collections.finops.cloud.plugins.module_utils._records.result import FIELDS
from ansible_collections.finops.cloud.plugins.module_utils._vergeos import billing

from ....small_vergeos import GIB, NOVEMBER, OCTOBER, SmallVergeos, row

ASKED = {
    "key": None,
    "latest": False,
    "summary": False,
    "since": None,
    "until": None,
    "timezone": "UTC",
    "limit": 100,
    "offset": 0,
    "fields": None,
    "filter": None,
}
Opened = Callable[[list[dict[str, Any]]], Any]


@pytest.fixture(params=["system", "ledger"])
def opened(request: pytest.FixtureRequest, vergeos: SmallVergeos, tmp_path: Path) -> Opened:
    """Opens rows where they are asked for: in the system, or taken from there into a ledger."""

    @contextmanager
    def of(rows: list[dict[str, Any]]) -> Iterator[Records]:
        vergeos.put(rows)
        with vergeos.system() as system:
            if request.param == "system":
                vergeos.asked()
                yield SystemRecords(system)
                return
            options = LedgerOptions(f"sqlite:///{tmp_path}/{len(rows)}.db")
            with writing(options) as ledger:
                for record in reversed(list(billing.records(system))):
                    assert usage_records.add(ledger.connection, record, moment(NOVEMBER), "a") == (
                        record,
                        True,
                    )
        with ExitStack() as stack:
            ledger = stack.enter_context(reading(options))
            yield StoredRecords(ledger.connection, usage_records.Chosen(source="vergeos"))

    return of


def ask(records: Records, **asked: Any) -> dict[str, Any]:
    return answer(records, parse_question({**ASKED, **asked}))


#: 5000 hours, of which the cores come round every 10, the RAM every 5 and tier 1 every 2 hours.
LONG = [
    row(
        number + 1,
        OCTOBER + 3600 * number,
        used_cores=number % 10,
        total_cores=20,
        used_ram=1024 * (number % 5),
        total_ram=8192,
        gpus=number % 2,
        gpus_total=4,
        vgpus=2,
        vgpus_total=8,
        **{f"tier_{tier}_used": 0 for tier in (0, 2, 3, 4, 5)},
        **{f"tier_{tier}_total": 0 for tier in (0, 2, 3, 4, 5)},
        tier_1_used=(100 + number % 2) * GIB,
        tier_1_total=200 * GIB,
    )
    for number in range(5000)
]
#: total, average, peak, average and peak of utilization: by hand.
BY_HAND = {
    "cores": (20, 4.5, 9, 22.5, 45.0),
    "ram_gb": (8.0, 2.0, 4.0, 25.0, 50.0),
    "gpus": (4, 0.5, 1, 12.5, 25.0),
    "vgpus": (8, 2.0, 2, 25.0, 25.0),
    "storage_gb": (200.0, 100.5, 101.0, 50.25, 50.5),
}
SHOWN = ("total", "average_used", "peak_used", "average_utilization_percent", "peak_utilization_percent")


def test_5000_records_in_one_pass_and_in_pages(opened: Opened, vergeos: SmallVergeos) -> None:
    with opened(LONG) as records:
        told = ask(records, summary=True)["summary"]
        # 10 pages of 500, and one that is empty; the ledger asks nobody.
        requests = vergeos.asked()
        assert isinstance(records, StoredRecords) or requests == ["GET /billing"] * 11
        keys: list[int] = []
        offset: int | None = 0
        while offset is not None:
            page = ask(records, limit=1500, offset=offset, fields=["created"])
            keys += [one["key"] for one in page["records"]]
            offset = page["next_offset"]
    assert keys == list(range(5000, 0, -1))
    assert (told["record_count"], told["weight_seconds"], told["incomplete_count"]) == (5000, 5000 * 3600, 0)
    for name, by_hand in BY_HAND.items():
        assert tuple(told[name][one] for one in SHOWN) == by_hand, name
    assert told["tiers_gb"]["1"] == told["storage_gb"]
    assert told["tiers_gb"]["0"]["average_utilization_percent"] is None
    assert told["tiers_gb"]["0"]["without_total"] == 5000


def test_a_record_on_the_boundary_is_in_one_month(opened: Opened) -> None:
    months = {"october": ("2026-10-01", "2026-11-01"), "november": ("2026-11-01", "2026-12-01")}
    with opened([row(1, NOVEMBER - 1), row(2, NOVEMBER), row(3, NOVEMBER + 1)]) as records:
        found = {
            month: [one["key"] for one in ask(records, since=since, until=until)["records"]]
            for month, (since, until) in months.items()
        }
        assert found == {"october": [1], "november": [3, 2]}
        # The boundary in a zone is another moment: midnight of Zurich's first of November is an hour earlier.
        zurich = ask(records, since="2026-11-01", until=str(NOVEMBER), timezone="Europe/Zurich")["records"]
        assert [one["key"] for one in zurich] == [1]


def test_one_and_the_latest_and_their_fields(opened: Opened) -> None:
    with opened([row(1, OCTOBER), row(2, OCTOBER + 1), row(3, OCTOBER + 2)]) as records:
        assert ask(records, key=2)["record"]["created_epoch"] == OCTOBER + 1
        assert tuple(ask(records, latest=True)["record"]) == FIELDS
        assert ask(records, latest=True, until=str(OCTOBER + 2), fields=["used_cores"]) == {
            "record": {"key": 2, "used_cores": 33}
        }


def test_where_there_is_none(opened: Opened) -> None:
    with opened([]) as records:
        assert ask(records) == {"records": [], "next_offset": None}
        assert ask(records, summary=True)["summary"]["record_count"] == 0
        with pytest.raises(
            FinopsError, match="There is no usage record of .* since 2026-10-01T00:00:00Z; take one"
        ):
            ask(records, latest=True, since="2026-10-01")
        with pytest.raises(FinopsError, match="5"):
            ask(records, key=5)


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("used_cores gt 10", [3]),
        ("used_cores ge 10 and used_cores le 10", [2]),
        ("used_cores ne 10", [3, 1]),
        ("used_cores lt 10 and total_cores eq 64", [1]),
        ("description eq 'a\\'s {b} and c'", [2]),
        ("tier_1_used_bytes ge 7", [2]),
        # Not known meets nothing, not even to be another.
        ("gpus_used ne 9", [3, 1]),
    ],
)
def test_filters(opened: Opened, condition: str, keys: list[int]) -> None:
    rows = [
        row(1, OCTOBER, used_cores=9, description="a", tier_1_used=6),
        row(2, OCTOBER + 1, used_cores=10, description="a's {b} and c", tier_1_used=7, gpus=None),
        row(3, OCTOBER + 2, used_cores=11, description="c", tier_1_used=0),
    ]
    with opened(rows) as records:
        assert [one["key"] for one in ask(records, filter=condition)["records"]] == keys
        assert [one["key"] for one in ask(records, filter=condition, offset=1)["records"]] == keys[1:]


def test_a_record_without_a_moment_is_listed_and_in_no_sum(vergeos: SmallVergeos) -> None:
    vergeos.put([row(1, OCTOBER), {**row(2, OCTOBER), "created": None, "from": None}])
    with vergeos.system() as system:
        records = SystemRecords(system)
        assert [one["key"] for one in ask(records)["records"]] == [1, 2]
        with pytest.raises(
            FinopsError, match="Record 2 does not say when it was created; set `since` and `until`"
        ):
            ask(records, summary=True)
        assert (
            ask(records, summary=True, since="2026-10-01", until="2026-11-01")["summary"]["record_count"] == 1
        )


def test_records_of_several_make_no_sum(tmp_path: Path) -> None:
    options = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    with writing(options) as ledger:
        for system, project in (("a", "p"), ("a", "q"), ("b", "p")):
            record = UsageRecord(
                "openstack",
                system,
                None,
                moment(OCTOBER),
                project_id=project,
                project_name=f"name of {project}",
            )
            kept, new = usage_records.add(ledger.connection, record, moment(NOVEMBER), "a")
            assert new and kept.key is not None
    with reading(options) as ledger:

        def of(**chosen: str) -> Records:
            return StoredRecords(ledger.connection, usage_records.Chosen(**chosen))

        assert [one["key"] for one in ask(of())["records"]] == [3, 2, 1]
        for asked in ({"latest": True}, {"summary": True}):
            with pytest.raises(
                InvalidOption,
                match="openstack a p; openstack a q. Set `source`, `system`, `region` or `project`",
            ):
                ask(of(system="a"), **asked)
        assert ask(of(system="a", project="name of q"), latest=True)["record"]["key"] == 2
        assert ask(of(project="p", system="b"), summary=True)["summary"]["record_count"] == 1
        assert ask(of(), key=3)["record"]["system"] == "b"


def test_a_key_that_two_systems_use_names_no_record(tmp_path: Path) -> None:
    options = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    with writing(options) as ledger:
        for system in ("a", "b"):
            record = UsageRecord("vergeos", system, 7, moment(OCTOBER))
            usage_records.add(ledger.connection, record, moment(NOVEMBER), "a")
    with reading(options) as ledger:
        with pytest.raises(
            InvalidOption, match="key: 7 belongs to several records; set `source` or `system`"
        ):
            ask(StoredRecords(ledger.connection, usage_records.Chosen()), key=7)
        chosen = StoredRecords(ledger.connection, usage_records.Chosen(system="b"))
        assert ask(chosen, key=7)["record"]["system"] == "b"
