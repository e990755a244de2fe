# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured of a side of a job, whether it found the right numbers, and how it grows."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("launched.py")
#: A side is run up to so often without latency, until that has taken so long; the fastest run counts, as
#: others may be at work.
MOST_RUNS, ENOUGH_S = 3, 6.0
#: How far a sum of floats may be from the exact one, as a fraction.
FLOAT_NOISE = Decimal("1e-9")
#: How the name of a side ends that does again what has been done, which is less.
AGAIN = "again"
KINDS = ("token", "discovery", "api")
Found = Mapping[str, str]


class Failed(Exception):
    """A side that did not end well, or our own that found a wrong number."""


@dataclass(frozen=True)
class Taken:
    """What a command took: on the clock, of the processor with all its children, and the largest of its
    processes in memory.
    """

    seconds: float
    own_s: float
    peak_mb: float
    output: str


@dataclass(frozen=True)
class Requests:
    """What a cloud was asked, by kind."""

    token: int
    discovery: int
    api: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Requests:
        """From what the sandbox tells. Raises Failed where its kinds are not all of its requests."""
        counted = cls(*(int(told[kind]) for kind in KINDS))
        if counted.total != sum(told["by_service"].values()):
            raise Failed(f"the sandbox counted {told['by_service']} by service and {counted} by kind")
        return counted

    @property
    def total(self) -> int:
        return self.token + self.discovery + self.api


@dataclass(frozen=True)
class Row:
    """A side of a job at a size. seconds: by latency in ms. found: what it answered, by name."""

    side: str
    ours: bool
    size: int
    seconds: Mapping[int, float]
    own_s: float
    peak_mb: float
    found: Found
    requests: Requests | None = None
    #: Further figures by their name, such as bytes of a ledger.
    more: dict[str, float] = field(default_factory=dict)
    #: How the answer differs from the right one; empty: it does not.
    wrong: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Row:
        requests = told["requests"] and Requests(**told["requests"])
        seconds = {int(latency): value for latency, value in told["seconds"].items()}
        return cls(**{**told, "requests": requests, "seconds": seconds})


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> Taken:
    """Run a command in a folder. Raises Failed with the end of its output where it fails."""
    files = [folder / f"launched.{name}" for name in ("output", "errors")]
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, files), *map(str, command)]
    ended = subprocess.run(
        launcher, cwd=folder, env=dict(environment or os.environ), stdout=subprocess.PIPE, check=True
    )
    told = json.loads(ended.stdout)
    output, errors = (path.read_text(errors="replace") for path in files)
    if told.pop("status"):
        raise Failed(f"{' '.join(map(str, command))[:400]} failed:\n{output[-2000:]}\n{errors[-2000:]}")
    return Taken(output=output, **told)


def fastest(once: Callable[[], Taken]) -> Taken:
    """The fastest of some runs, of all that the least processor time and memory."""
    runs: list[Taken] = []
    while len(runs) < MOST_RUNS and sum(one.seconds for one in runs) < ENOUGH_S:
        runs.append(once())
    best = min(runs, key=lambda one: one.seconds)
    own_s, peak_mb = (min(getattr(one, name) for one in runs) for name in ("own_s", "peak_mb"))
    return Taken(best.seconds, own_s, peak_mb, best.output)


def difference(found: Found, expected: Found) -> str:
    """How an answer differs from the right one, as text: empty where all that it tells is right.

    Raises Failed for an answer that tells nothing, or what nobody asked.
    """
    if not found or not set(found) <= set(expected):
        raise Failed(f"an answer of {sorted(found)}, where {sorted(expected)} was asked")
    wrong = [
        f"{name} {found[name]} instead of {expected[name]}"
        for name in found
        if not _is_same(found[name], expected[name])
    ]
    return ", ".join(wrong)


def _is_same(one: str, other: str) -> bool:
    """Whether two answers are equal: words as they are, numbers to what adding floats may lose."""
    if one == other:
        return True
    try:
        number, right = Decimal(one), Decimal(other)
        return abs(number - right) <= FLOAT_NOISE * abs(right)
    except ArithmeticError:  # A word, or what is not a number.
        return False


def untold(found: Found, expected: Found) -> list[str]:
    """What was asked and an answer does not tell."""
    return [name for name in expected if name not in found]


@dataclass(frozen=True)
class Fit:
    """y = factor * x ** exponent."""

    factor: float
    exponent: float

    def at(self, size: float) -> float:
        return float(self.factor * size**self.exponent)


def fit(sizes: Sequence[float], values: Sequence[float]) -> Fit | None:
    """The power law through the points, by least squares of the logarithms; None where there are not two
    sizes or a value is not above zero.
    """
    if len(set(sizes)) < 2 or min(*sizes, *values) <= 0:
        return None
    logs = [(math.log(size), math.log(value)) for size, value in zip(sizes, values, strict=True)]
    middle, height = (sum(each) / len(logs) for each in zip(*logs, strict=True))
    slope = sum((x - middle) * (y - height) for x, y in logs) / sum((x - middle) ** 2 for x, _y in logs)
    return Fit(math.exp(height - slope * middle), slope)
