# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What could be wrong quietly in `make bench`: the fit of growth, the count of requests, the comparison of
answers, what a run takes, and the tables and pages that are written of them.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.tests.benchmarks.benchmarks_page import fastest as fastest_of
from ansible_collections.finops.cloud.tests.benchmarks.cloud import sandbox
from ansible_collections.finops.cloud.tests.benchmarks.jobs import QUICK, Job, check_memory
from ansible_collections.finops.cloud.tests.benchmarks.measuring import (
    Failed,
    Requests,
    Row,
    difference,
    fastest,
    fit,
    run,
    untold,
)
from ansible_collections.finops.cloud.tests.benchmarks.pages import (
    answer,
    figure,
    growth_table,
    job_table,
    table,
    with_blocks,
)
from ansible_collections.finops.cloud.tests.benchmarks.rated import log_in
from ansible_collections.finops.cloud.tests.benchmarks.results import Result, read_results
from ansible_collections.finops.cloud.tests.benchmarks.scale_page import Part, extrapolated


def row(side: str = "ours", size: int = 10, **given: Any) -> Row:
    usual = {"ours": side == "ours", "seconds": {0: 1.0}, "own_s": 0.5, "peak_mb": 30.0, "found": {"a": "1"}}
    return Row(**{"side": side, "size": size, **usual, **given})


@pytest.mark.parametrize("exponent", [0, 0.5, 1, 2])
def test_a_power_law_is_found_again(exponent: float) -> None:
    fitted = fit([10, 100, 1000], [3 * size**exponent for size in (10, 100, 1000)])
    assert fitted is not None
    assert (fitted.exponent, fitted.factor) == (pytest.approx(exponent), pytest.approx(3))
    assert fitted.at(50) == pytest.approx(3 * 50**exponent)


def test_a_fit_lies_between_points_that_are_on_no_line() -> None:
    # By hand: log10 of (1, 1), (10, 100), (100, 100) is (0, 0), (1, 2), (2, 2), whose slope is 1.
    fitted = fit([1, 10, 100], [1, 100, 100])
    assert fitted is not None
    assert fitted.exponent == pytest.approx(1)


@pytest.mark.parametrize(
    ("sizes", "values"), [([10], [1.0]), ([10, 10], [1.0, 2.0]), ([10, 20], [0.0, 1.0]), ([], [])]
)
def test_what_has_no_growth_has_no_exponent(sizes: list[int], values: list[float]) -> None:
    assert fit(sizes, values) is None


def test_requests_are_counted_by_kind_and_forgotten() -> None:
    with sandbox("") as cloud:
        cloud.asked()
        login = log_in(cloud)
        for path in ("", "/v2/summary", "/v2/summary"):
            request = urllib.request.Request(login.rating_url + path, headers={"X-Auth-Token": login.token})
            urllib.request.urlopen(request, timeout=60).close()
        assert cloud.asked() == Requests(token=1, discovery=1, api=2)
        assert cloud.asked().total == 0
        cloud.wait(300)
        began = time.monotonic()
        log_in(cloud)
        assert time.monotonic() - began >= 0.3


def test_requests_of_a_kind_that_nobody_counts_are_noticed() -> None:
    told = {"token": 1, "discovery": 0, "api": 2, "by_service": {"identity": 1, "compute": 3}}
    with pytest.raises(Failed, match="by service"):
        Requests.of(told)


@pytest.mark.parametrize(
    ("found", "right", "said"),
    [
        ("931", "931", ""),
        ("931.0000000000001", "931", ""),
        ("931.00001", "931", "a 931.00001 instead of 931"),
        ("0", "931", "a 0 instead of 931"),
        ("0.0", "0", ""),
        ("True", "true", "a True instead of true"),
        ("None", "0", "a None instead of 0"),
        ("NaN", "0", "a NaN instead of 0"),
    ],
)
def test_only_what_adding_floats_loses_is_no_difference(found: str, right: str, said: str) -> None:
    assert difference({"a": found}, {"a": right, "b": "2"}) == said


@pytest.mark.parametrize("found", [{}, {"a": "1", "c": "3"}])
def test_an_answer_to_nothing_that_was_asked_is_no_answer(found: dict[str, str]) -> None:
    with pytest.raises(Failed, match="an answer of"):
        difference(found, {"a": "1"})
    assert untold({"a": "1"}, {"a": "1", "b": "2"}) == ["b"]


def test_a_run_takes_what_its_children_take(tmp_path: Path) -> None:
    child = "x = bytearray(150_000_000); print(sum(i for i in range(2_000_000)))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    alone = run([sys.executable, "-c", "pass"], tmp_path)
    taken = run([sys.executable, "-c", parent], tmp_path)
    assert taken.output == "1999999000000\n"
    assert taken.peak_mb > 150 > alone.peak_mb
    assert taken.own_s > alone.own_s
    assert taken.seconds > 0


def test_a_run_counts_no_memory_of_who_starts_it(tmp_path: Path) -> None:
    held = bytearray(200_000_000)
    assert run([sys.executable, "-c", "pass"], tmp_path).peak_mb < 100
    assert len(held) == 200_000_000


def test_a_run_that_fails_is_said_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no such cloud"):
        run([sys.executable, "-c", "raise SystemExit('no such cloud')"], tmp_path, dict(os.environ))


def test_the_fastest_of_some_runs_counts(tmp_path: Path) -> None:
    taken = [run([sys.executable, "-c", f"print({number})"], tmp_path) for number in range(3)]
    left = list(taken)
    best = fastest(left.pop)
    assert left == []
    assert best.seconds == min(one.seconds for one in taken)
    assert best.own_s == min(one.own_s for one in taken)


def test_a_table_keeps_its_shape() -> None:
    assert table(["N", "s"], [["10", "1.5"]]) == "| N | s |\n| --- | --- |\n| 10 | 1.5 |"
    for broken in (["10"], ["10", "a|b"], ["10", "a\nb"]):
        with pytest.raises(ValueError, match="is no row"):
            table(["N", "s"], [broken])


def test_figures_are_those_that_people_read() -> None:
    assert [figure(value) for value in (0.01234, 1.5, 99.94, 150.4, 12_345.6)] == [
        "0.0123", "1.5", "99.9", "150", "12,346",
    ]  # fmt: skip


def test_a_job_is_told_with_its_requests_latencies_and_answers() -> None:
    ours = row(seconds={0: 0.5, 200: 1.5}, requests=Requests(1, 0, 7), found={"a": "1", "b": "2"})
    theirs = row("theirs", more={"bytes": 120.0}, wrong="a 0 instead of 1")
    assert job_table([ours, theirs]).splitlines() == [
        "| N | Side | Token, discovery, API | s at 0 ms | s at 200 ms | CPU s | MB | bytes | Answer |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        "| 10 | **ours** | 1, 0, 7 | 0.5 | 1.5 | 0.5 | 30 | - | right |",
        "| 10 | theirs | - | 1 | - | 0.5 | 30 | 120 | wrong: a 0 instead of 1; no b |",
    ]
    # At another size nobody told more.
    assert answer(row("theirs", size=20), [ours, row("theirs", size=20)]) == "right"


def test_growth_is_of_each_side_alone() -> None:
    rows = [row(size=size, seconds={0: size / 10}, own_s=2.0) for size in (10, 100)]
    rows += [row("theirs", size=10)]
    assert growth_table(rows).splitlines()[2:] == [
        "| **ours** | 1.00 | 0.00 | 0.00 | - |",
        "| theirs | - | - | - | - |",
    ]


def test_at_a_glance_only_what_is_alike_is_compared() -> None:
    rows = [
        row("less", ours=True, seconds={0: 0.1, 50: 0.1}, found={"a": "1"}),
        row("more, again", ours=True, seconds={0: 0.1, 50: 0.1}, found={"a": "1", "b": "2"}),
        row("more", ours=True, seconds={0: 1.0, 50: 2.0}, found={"a": "1", "b": "2"}),
        row("theirs", seconds={0: 1.5, 50: 8.0}, found={"a": "1", "b": "2"}, requests=Requests(1, 0, 2)),
        row("slow", seconds={0: 9.0, 50: 9.0, 200: 9.0}, found={"a": "1"}),
        row("wrong", seconds={0: 0.1, 50: 0.1}, wrong="a 0 instead of 1"),
        row("theirs", size=1, seconds={0: 0.1, 50: 0.1}),
    ]
    job = Job("job", "Job", "things", "", {}, lambda _bench, _sizes: iter(()))
    (told,) = fastest_of(job, Result("job", QUICK, rows, 1.0, (0.0, 0.0), {}, ""))
    assert told == ["Job", "10", "50", "more", "2", "0.5", "theirs", "8", "0.5", "4.0"]


def test_memory_is_held_to_the_bound_of_a_job() -> None:
    job = Job("job", "Job", "things", "", {QUICK: (10, 100)}, lambda _bench, _sizes: iter(()), bound_mb=50)
    small = row(peak_mb=30)
    check_memory(job, [small, row(size=100, peak_mb=80), row("theirs", size=100, peak_mb=900)])
    with pytest.raises(Failed, match="81 MB at 100, 30 MB at 10"):
        check_memory(job, [small, row(size=100, peak_mb=81)])


def test_only_what_is_between_the_marks_of_a_page_is_new() -> None:
    page = "# One\n<!-- measured: a -->\nold\n<!-- end -->\nText.\n<!-- measured: b -->\n<!-- end -->\n"
    once = with_blocks(page, {"a": "new", "b": "| x |"})
    assert once == (
        "# One\n<!-- measured: a -->\n\nnew\n\n<!-- end -->\nText.\n"
        "<!-- measured: b -->\n\n| x |\n\n<!-- end -->\n"
    )
    assert with_blocks(once, {"a": "new", "b": "| x |"}) == once
    for blocks in ({"a": "new"}, {"a": "new", "b": "", "c": ""}):
        with pytest.raises(ValueError, match="marks for"):
            with_blocks(page, blocks)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [
        row(seconds={0: 0.5, 50: 1.0}, requests=Requests(1, 0, 7), more={"x": 1.0}),
        row("theirs", size=20),
    ]
    result = Result("job", QUICK, rows, 3.5, (0.1, 0.2), {"Python": "3.11"}, "2026-11-29 20:00 UTC")
    result.write(tmp_path)
    assert read_results(tmp_path) == {"job": result}
    assert result.largest == 20


def test_a_part_is_extrapolated_and_never_better_than_linear() -> None:
    def result(*seconds: float) -> Result:
        rows = [row(size=size, seconds={0: each}) for size, each in zip((10, 100), seconds, strict=True)]
        return Result("job", QUICK, rows, 1.0, (0.0, 0.0), {}, "")

    part = Part("Part", "job", "ours", "s", 1_000, 50, "nothing", lambda one: one.seconds[0])
    quadratic = extrapolated(part, result(0.01, 1))
    assert (quadratic.exponent, quadratic.value) == (pytest.approx(2), pytest.approx(100))
    assert quadratic.share == pytest.approx(2)
    # Start-up hides the growth of what is linear: 0.1 s more for 90 more, so 1 s more for 900.
    flat = extrapolated(part, result(5.0, 5.1))
    assert flat.exponent < 0.01
    assert flat.value == pytest.approx(6.1)
    # Of one size nobody knows the start-up.
    alone = Result("job", QUICK, [row(size=10, seconds={0: 2.0})], 1.0, (0.0, 0.0), {}, "")
    assert extrapolated(part, alone).value == pytest.approx(200)
    # Nor where noise hides all growth.
    assert extrapolated(part, result(5, 4)).value == pytest.approx(40)
    # What was measured at that size is what it is.
    there = Part("Part", "job", "ours", "s", 100, 50, "nothing", lambda one: one.seconds[0])
    assert (extrapolated(there, result(1, 9)).value, extrapolated(there, result(1, 9)).at) == (9, 100)


def test_a_rate_that_falls_is_extrapolated_as_it_falls() -> None:
    rows = [row(size=size, seconds={0: each}) for size, each in ((10, 1_000), (100, 100))]
    result = Result("job", QUICK, rows, 1.0, (0.0, 0.0), {}, "")
    part = Part(
        "Rate",
        "job",
        "ours",
        "a minute",
        1_000,
        20,
        "",
        lambda one: one.seconds[0],
        is_linear=False,
        is_rate=True,
    )
    assert extrapolated(part, result).value == pytest.approx(10)
    assert extrapolated(part, result).share == pytest.approx(2)
