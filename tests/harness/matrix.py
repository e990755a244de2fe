# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every ansible-core that the collection is for, one after the other: units, sanity and the demo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checkout import BUILD, TREE, Stop, copy_checkout
from environment import UNITS, Requirements, find_python, prepare_home, virtual_environment
from stages import LONG_SANITY_TESTS, Workbench, sanity, units

#: An ansible-core, and a Python that it runs on.
CORES = {
    "2.16.19": "3.11",
    "2.18.19": "3.12",
    "2.19.14": "3.11",
    "2.20.10": "3.12",
    "2.21.5": "3.13",
    "2.22.0rc1": "3.13",
}
#: Its pylint needs a package of a host that is no package index.
WITHOUT_PYLINT = ("2.22.0rc1",)


def matrix() -> bool:
    """Run all of it, also after something has failed, and print a line each; tell whether all passed."""
    copy_checkout()
    prepare_home()
    told = {core: on_core(core, python) for core, python in CORES.items()}
    print()
    for core, faults in told.items():
        print(f"ansible-core {core}, Python {CORES[core]}: {'; '.join(faults) or 'passed'}", flush=True)
    return not any(told.values())


def on_core(core: str, python: str) -> list[str]:
    """What fails on that ansible-core."""
    with_core = Requirements(UNITS.files, (f"ansible-core=={core}",))
    try:
        place = virtual_environment(f".venv-matrix-{core}", find_python(python), with_core)
    except Stop as reason:
        return [str(reason)]
    bench = Workbench(place, python, BUILD / "logs" / "matrix" / core)
    tests = LONG_SANITY_TESTS[1:] if core in WITHOUT_PYLINT else LONG_SANITY_TESTS
    stages: dict[str, Callable[[Workbench], str]] = {
        "units": units,
        "sanity": partial(sanity, long_tests=tests),
        "demo": lambda bench: bench.run("demo", "ansible-playbook", "finops.cloud.demo", folder=TREE),
    }
    faults = []
    for name, stage in stages.items():
        print(f"{core}: {name}: running", flush=True)
        try:
            stage(bench)
        except Stop as reason:
            faults.append(f"{name}: {reason}")
    return faults
