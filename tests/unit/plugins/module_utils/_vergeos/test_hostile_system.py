# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VergeOS system that means it gets no token, no time and no memory
(design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import resource
import time
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    CloudError,
    FinopsError,
    Malformed,
    Unavailable,
)
from ansible_collections.finops.cloud.plugins.module_utils._vergeos import billing

from ....small_vergeos import NOVEMBER, SmallVergeos, row

HASTY = {"timeout_seconds": 1, "retry_total": 0}


def test_an_answer_that_drips_ends_at_the_timeout(vergeos: SmallVergeos) -> None:
    with vergeos.system(**HASTY) as system:
        vergeos.breaks("billing", kind="drip", seconds=0.2)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="no answer within timeout"):
            billing.newest(system)
        assert time.monotonic() - began < 3


def test_a_login_that_drips_ends_at_the_timeout(vergeos: SmallVergeos) -> None:
    vergeos.breaks("system", kind="drip", seconds=0.2)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="no answer within timeout"):
        vergeos.system(**HASTY)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("path", ["billing", "system"])
def test_a_bomb_is_an_error_before_it_is_unpacked(path: str, vergeos: SmallVergeos) -> None:
    patient = {"timeout_seconds": 60, "retry_total": 0}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if path == "system":
        vergeos.breaks("system", kind="bomb")
        with pytest.raises(Malformed, match="the answer is larger than 256 MB"):
            vergeos.system(**patient)
    else:
        with vergeos.system(**patient) as system:
            vergeos.breaks("billing", kind="bomb")
            with pytest.raises(Malformed, match="the answer is larger than 256 MB"):
                billing.newest(system)
    # Kilobytes: what was read until then, and not the 1.6 GB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(vergeos: SmallVergeos, status: int) -> None:
    elsewhere = vergeos.sandbox.state["url"] + "/identity"
    with vergeos.system(**HASTY) as system:
        vergeos.sandbox.ask("DELETE", "/sandbox/requests")
        vergeos.breaks("billing", kind="redirect", status=status, location=elsewhere)
        with pytest.raises(
            Malformed, match=rf"redirects to another address \({status}\), which is not followed"
        ):
            billing.newest(system)
    assert vergeos.asked() == ["GET /billing"]


@pytest.mark.parametrize("login", [{}, {"token": None, "username": "admin"}])
def test_what_it_echoes_of_the_login_is_masked(vergeos: SmallVergeos, login: dict[str, Any]) -> None:
    secret = "vergeos-only-for-the-sandbox" if login else vergeos.login["token"]
    with vergeos.system(**HASTY, **({**login, "password": secret} if login else {})) as system:
        vergeos.breaks("billing", kind="echo", status=500)
        with pytest.raises(CloudError, match=r"answered 500 \(no ") as caught:
            billing.newest(system)
    said = str(caught.value)
    assert "********" in said
    assert r"\x1b[31m" in said
    assert said.isprintable()
    assert secret not in said


@pytest.mark.parametrize(
    "told",
    [
        {"used_cores": 10**30},
        {"used_cores": "9" * 5000},
        {"used_cores": [1]},
        {"created": 10**17},
        {"created": {"$date": 1}},
        {"$key": "x\x1b[2J"},
    ],
    ids=str,
)
def test_an_odd_record_is_one_sentence(vergeos: SmallVergeos, told: dict[str, Any]) -> None:
    vergeos.put([{**row(5, NOVEMBER), **told}])
    with vergeos.system() as system, pytest.raises(FinopsError) as caught:
        billing.newest(system)
    assert str(caught.value).isprintable()
