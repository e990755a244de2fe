# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a VergeOS system tells, in our words, against what pyvergeos makes of the same answer; and what it
does not tell.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core import deadline
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    CloudError,
    Forbidden,
    Malformed,
    NotFound,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.usage_record import moment
from ansible_collections.finops.cloud.plugins.module_utils._records.result import to_result
from ansible_collections.finops.cloud.plugins.module_utils._records.summary import summary
from ansible_collections.finops.cloud.plugins.module_utils._vergeos import billing
from pyvergeos.resources.billing import BillingManager, BillingRecord

from ....small_vergeos import FULL, GIB, NOVEMBER, OCTOBER, SmallVergeos, row
from ....stopped_clock import StoppedClock

PAGE = (Path(__file__).parents[5] / "docs" / "records.md").read_text()
#: What the page says: a property or a method of pyvergeos, and our field of it.
PROPERTIES = dict(re.findall(r"^\| `BillingRecord\.(\w+)` \| `([\w.\[\]]+)` \|", PAGE, re.MULTILINE))
METHODS = set(re.findall(r"^\| `(Billing\w+\.\w+)\(.*?\)` \|", PAGE, re.MULTILINE))


def named(kind: type) -> tuple[set[str], set[str]]:
    """The properties and the methods that the class itself has."""
    own = {name: one for name, one in vars(kind).items() if not name.startswith("_")}
    properties = {name for name, one in own.items() if isinstance(one, property)}
    return properties, {f"{kind.__name__}.{name}" for name, one in own.items() if callable(one)}


def test_the_page_has_a_row_for_every_property_and_method() -> None:
    properties, methods = named(BillingRecord)
    assert len(properties) > 60
    assert set(PROPERTIES) == properties
    assert methods | named(BillingManager)[1] == METHODS


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_a_property_of_pyvergeos_is_our_field(vergeos: SmallVergeos, name: str) -> None:
    vergeos.put([FULL])
    with vergeos.system() as system:
        ours: Any = to_result(billing.record(system, FULL["$key"]))
        theirs = getattr(system.client.billing.get(FULL["$key"]), name)
    for part in re.findall(r"\w+", PROPERTIES[name]):
        ours = ours[int(part)] if part.isdigit() else ours[part]
    if isinstance(theirs, datetime):
        theirs = theirs.strftime("%Y-%m-%dT%H:%M:%SZ")
    # Ours is told to six decimals.
    assert ours == (round(theirs, 6) if isinstance(theirs, float) else theirs)


def test_every_field_of_the_row_has_a_number_of_its_own() -> None:
    numbers = [value for value in FULL.values() if isinstance(value, int)]
    assert len(set(numbers)) == len(numbers)


def test_get_tier_stats_is_a_tier(vergeos: SmallVergeos) -> None:
    vergeos.put([FULL])
    with vergeos.system() as system:
        ours = to_result(billing.record(system, 4711))["tiers"]
        for number, tier in enumerate(ours):
            theirs = system.client.billing.get(4711).get_tier_stats(number)
            assert tier["name"] == str(number)
            for what in ("used", "total"):
                assert tier[f"{what}_bytes"] == theirs[what]
                assert tier[f"{what}_gb"] == round(theirs[f"{what}_gb"], 6)


def test_list_tells_what_theirs_does_but_the_end_of_its_window(vergeos: SmallVergeos) -> None:
    rows = [row(key, NOVEMBER + 3600 * key) for key in range(1, 8)]
    vergeos.put(rows)
    since, until = moment(rows[1]["created"]), moment(rows[5]["created"])
    with vergeos.system() as system:
        ours = [one.key for one in billing.records(system, since, until)]
        theirs = [one.key for one in system.client.billing.list(since=since, until=until)]
        assert (ours, theirs) == ([5, 4, 3, 2], [6, 5, 4, 3, 2])
        assert [one.key for one in billing.records(system, since, until, (), 1, 2)] == [4, 3]
        vergeos.put(
            [{**one, "description": "it's {4} and more" if one["$key"] > 3 else "other"} for one in rows]
        )
        chosen = [("used_cores", "ge", 33), ("description", "eq", "it's {4} and more")]
        assert [one.key for one in billing.records(system, since, until, chosen)] == [5, 4]


def test_get_summary_is_the_summary_of_records_of_one_length(vergeos: SmallVergeos) -> None:
    """Where they weigh alike there is nothing that theirs does not weigh."""
    tiers = {f"tier_{tier}_used": tier * GIB for tier in range(6)}
    rows = [
        row(
            key,
            NOVEMBER + 3600 * key,
            used_cores=key,
            used_ram=1024 * key,
            gpus=key % 2,
            vgpus=key % 3,
            **tiers,
        )
        for key in range(1, 9)
    ]
    vergeos.put(rows)
    with vergeos.system() as system:
        ours = summary(billing.records(system))
        theirs = system.client.billing.get_summary()
    assert {
        "record_count": ours["record_count"],
        "avg_cpu_utilization": pytest.approx(ours["cores"]["average_utilization_percent"], abs=1e-6),
        "peak_cpu_cores": ours["cores"]["peak_used"],
        "avg_ram_utilization": pytest.approx(ours["ram_gb"]["average_utilization_percent"], abs=1e-6),
        "peak_ram_gb": ours["ram_gb"]["peak_used"],
        "avg_storage_used_gb": ours["storage_gb"]["average_used"],
        "peak_storage_used_gb": ours["storage_gb"]["peak_used"],
        "total_gpus": ours["gpus"]["total"],
        "avg_gpus_used": ours["gpus"]["average_used"],
        "total_vgpus": ours["vgpus"]["total"],
        "avg_vgpus_used": pytest.approx(ours["vgpus"]["average_used"], abs=1e-6),
    } == theirs


def test_pages_are_read_until_one_is_empty(vergeos: SmallVergeos) -> None:
    vergeos.put([row(key, NOVEMBER + 3600 * key) for key in range(1, 1002)])
    with vergeos.system() as system:
        keys = [one.key for one in billing.records(system)]
        assert keys == list(range(1001, 0, -1))
        # Three with something in them; that the last one is short may be the system's own limit.
        assert vergeos.asked() == ["GET /billing"] * 4
        assert len(list(billing.records(system, limit=500))) == 500
        assert vergeos.asked() == ["GET /billing"]


def test_a_record_that_is_not_there_is_an_error(vergeos: SmallVergeos) -> None:
    with (
        vergeos.system() as system,
        pytest.raises(NotFound, match="billing record 5 from https://.*answered 404"),
    ):
        billing.record(system, 5)


def test_the_newest_is_the_one_with_the_highest_key_of_those_of_one_second(vergeos: SmallVergeos) -> None:
    with vergeos.system() as system:
        assert billing.newest(system) is None
        vergeos.put([row(7, NOVEMBER), row(9, NOVEMBER), row(8, NOVEMBER), row(10, OCTOBER)])
        found = billing.newest(system)
    assert found is not None and found.key == 9


MEASURED = sorted({*billing.MEASURED.values(), *billing.TIER_FIELDS.values()})


@pytest.mark.parametrize("field", MEASURED)
def test_a_null_is_unknown_and_named_and_never_zero(vergeos: SmallVergeos, field: str) -> None:
    ours = {theirs: name for name, theirs in {**billing.MEASURED, **billing.TIER_FIELDS}.items()}[field]
    vergeos.put([{**FULL, field: None}])
    with vergeos.system() as system:
        record = billing.record(system, 4711)
    assert record.unknown == (ours,) and not record.complete
    told = to_result(record)
    if "tier" in field:
        what = field.rpartition("_")[2]
        assert told["tiers"][int(field[5])][f"{what}_bytes"] is None
        assert told[f"total_storage_{what}_gb"] is None
    else:
        assert told[ours] is None
    assert [name for name, value in told.items() if value == 0] == ["complete"]


def test_what_is_given_by_nobody_is_null(vergeos: SmallVergeos) -> None:
    vergeos.put([{**FULL, "from": 0, "to": 0, "sent": 0, "description": None}])
    with vergeos.system() as system:
        record = billing.record(system, 4711)
    assert record.complete
    assert (record.begin, record.end, record.sent, record.description) == (None, None, None, None)


def test_of_zero_totals_no_utilization_is_known(vergeos: SmallVergeos) -> None:
    vergeos.put([{**FULL, "total_cores": 0, "total_ram": 0, "gpus_total": 0, "vgpus_total": 0}])
    with vergeos.system() as system:
        told = to_result(billing.record(system, 4711))
    assert {told[f"{name}_utilization_percent"] for name in ("cpu", "ram", "gpu", "vgpu")} == {None}
    assert told["complete"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"used_cores": -1}, "used_cores of record 4711 is not a number of 0 or more"),
        ({"used_cores": "many"}, "used_cores of record 4711 is not a number of 0 or more"),
        ({"used_ram": True}, "used_ram of record 4711 is not a number of 0 or more"),
        ({"from": 1793491200, "to": 1793487600}, "record 4711 ends before it begins"),
    ],
)
def test_nonsense_is_an_error(vergeos: SmallVergeos, wrong: dict[str, Any], says: str) -> None:
    vergeos.put([{**FULL, **wrong}])
    with vergeos.system() as system, pytest.raises(Malformed, match=says):
        billing.record(system, 4711)


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ([[row(1, OCTOBER - 1)]], "record 1 was not created in the time that was asked for"),
        ([[row(1, NOVEMBER)]], "record 1 was not created in the time that was asked for"),
        ([[{**row(1, NOVEMBER - 1), "created": None}]], "record 1 does not say when it was created"),
        ([[row(1, NOVEMBER - 9), row(2, NOVEMBER - 1)]], "record 2 is newer than the one before it"),
        ([[row(2, NOVEMBER - 1)], [row(2, NOVEMBER - 1)]], "record 2 came twice"),
        ([[{"created": NOVEMBER - 1}]], "the answer is not a list of records"),
    ],
)
def test_a_system_that_ignores_what_it_was_asked_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, vergeos: SmallVergeos, pages: list[list[dict[str, Any]]], says: str
) -> None:
    with vergeos.system() as system:
        answers = [*pages, []]
        monkeypatch.setattr(system.client.billing, "list", lambda **_asked: answers.pop(0))
        with pytest.raises(Malformed, match=says):
            list(billing.records(system, moment(OCTOBER), moment(NOVEMBER)))


@pytest.mark.parametrize("asked", [(moment(OCTOBER), None), (None, moment(NOVEMBER))])
def test_a_record_without_a_moment_is_in_no_window_that_has_an_end(
    monkeypatch: pytest.MonkeyPatch,
    vergeos: SmallVergeos,
    asked: tuple[datetime | None, datetime | None],
) -> None:
    undated = {**row(1, NOVEMBER - 1), "created": None}
    with vergeos.system() as system:
        answers = [[undated], [], [undated], []]
        monkeypatch.setattr(system.client.billing, "list", lambda **_asked: answers.pop(0))
        with pytest.raises(Malformed, match="record 1 does not say when it was created"):
            list(billing.records(system, *asked))
        answers[:] = [[undated], []]
        assert [record.key for record in billing.records(system, None, None)] == [1]


def test_generate_posts_once_and_gives_the_new_record(vergeos: SmallVergeos) -> None:
    vergeos.put([row(5, NOVEMBER)])
    with vergeos.system() as system:
        made = billing.generate(system)
    assert made.key == 6 and made.created is not None and made.created > datetime(2026, 1, 1, tzinfo=UTC)
    assert vergeos.asked() == ["GET /billing", "POST /billing_actions", "GET /billing"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_post_that_failed_is_never_sent_again(vergeos: SmallVergeos, status: int) -> None:
    vergeos.put([row(5, NOVEMBER)])
    vergeos.breaks("billing_actions", kind="status", status=status)
    with vergeos.system() as system, pytest.raises(CloudError, match=f"answered {status}") as raised:
        billing.generate(system)
    assert vergeos.asked().count("POST /billing_actions") == 1
    assert status == 429 or "no record was added behind 5" in str(raised.value)


@pytest.mark.parametrize("kind", ["reset", "malformed"])
def test_where_the_answer_is_lost_the_system_tells_whether_it_made_one(
    vergeos: SmallVergeos, kind: str
) -> None:
    """A reset comes before the record is made, a cut answer behind that."""
    vergeos.put([row(5, NOVEMBER)])
    vergeos.breaks("billing_actions", kind=kind)
    with vergeos.system() as system:
        if kind == "malformed":
            assert billing.generate(system).key == 6
        else:
            with pytest.raises(CloudError, match="no record was added behind 5"):
                billing.generate(system)
    assert vergeos.asked() == ["GET /billing", "POST /billing_actions", "GET /billing"]


def test_a_system_that_dies_between_generate_and_read_says_what_is_not_known(vergeos: SmallVergeos) -> None:
    vergeos.put([row(5, NOVEMBER)])
    vergeos.breaks("billing$", kind="reset", after=1)
    with vergeos.system(retry_total=0) as system, pytest.raises(CloudError) as raised:
        billing.generate(system)
    assert "was asked for a record and may have made one: look for a key behind 5 first" in str(raised.value)
    assert vergeos.asked().count("POST /billing_actions") == 1


def test_a_record_that_comes_late_is_waited_for_until_the_timeout(
    monkeypatch: pytest.MonkeyPatch, vergeos: SmallVergeos
) -> None:
    vergeos.put([row(5, NOVEMBER)])
    clock = StoppedClock()

    def sleep_while_it_comes(pause: float) -> None:
        clock.sleep(pause)
        vergeos.put([row(6, NOVEMBER)])

    late = deadline.begin(0, clock, sleep_while_it_comes)
    with vergeos.system(timeout_seconds=9, deadline=late) as system:
        monkeypatch.setattr(system.client.billing, "generate", lambda: None)
        assert billing.generate(system).key == 6
    assert clock.slept == [0.25]
    with vergeos.system(timeout_seconds=9, deadline=clock.deadline(0)) as system:
        monkeypatch.setattr(system.client.billing, "generate", lambda: None)
        with pytest.raises(Malformed, match="took the request, but has no record behind 6"):
            billing.generate(system)
    assert clock.slept[1:] == [0.25, 0.5, 1, 2, 4]


def test_whoever_may_not_is_told_so(vergeos: SmallVergeos) -> None:
    vergeos.breaks("billing", kind="status", status=403)
    with vergeos.system() as system, pytest.raises(Forbidden, match="answered 403"):
        list(billing.records(system))
    assert vergeos.asked() == ["GET /billing"]
