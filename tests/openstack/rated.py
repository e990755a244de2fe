# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudKitty has rated: the history that the sandbox tells of the scenario, put into both storages, and
the price list.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from places import DATA, ETC, FOLDER, LOGS, BedError
from project import Made
from sandbox_cloud import history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Prices

FRAMES_PER_REQUEST = 48
FRAMES = DATA / "frames.json"
HASHMAP = "/v1/rating/module_config/hashmap"


def make(made: Made, began: datetime) -> None:
    """Put the price list and the history there. began: the moment from which ages are counted back."""
    _price_list(made, made.scenario.rating.prices_icu_per_hour)
    frames = _frames(made, Cloud(made.scenario, began=began))
    for first in range(0, len(frames), FRAMES_PER_REQUEST):
        asked = {"dataframes": frames[first : first + FRAMES_PER_REQUEST]}
        made.admin.ask("POST", "rating", "/v2/dataframes", json=asked)
    FRAMES.write_text(json.dumps(frames), encoding="utf-8")
    _push_to_the_old_storage()


def _frames(made: Made, cloud: Cloud) -> list[dict[str, Any]]:
    """One frame for each rated hour, in the form that POST /v2/dataframes takes."""
    ids = made.ids | {made.scenario.project.project_id: made.member.project_id}
    known = history.series(cloud)
    begin, end = history.first_rated(cloud), history.rated_through(cloud)
    step = made.scenario.rating.collect_period_s
    frames = []
    for moment in range(begin, end, step):
        usage: dict[str, list[dict[str, Any]]] = {}
        for one in known:
            if one.first <= moment:
                usage.setdefault(one.metric, []).append(_point(made, one, ids, moment))
        # Somebody else's: whoever sees all projects has to leave it out.
        usage["ip.floating"].append(_foreign_point(made, moment))
        period = {"begin": _iso(moment), "end": _iso(moment + step)}
        frames.append({"period": period, "usage": usage})
    return frames


def _point(made: Made, one: history.Series, ids: dict[str, str], moment: int) -> dict[str, Any]:
    owner = {"project_id": made.member.project_id, "user_id": made.member.user_id}
    return {
        "vol": {"unit": one.unit, "qty": one.quantity},
        "rating": {"price": one.price},
        "groupby": {"id": ids[one.resource_id], **owner, **history.calendar(moment)},
        "metadata": dict(one.metadata),
    }


def _foreign_point(made: Made, moment: int) -> dict[str, Any]:
    owner = {"project_id": made.admin.project_id, "user_id": made.admin.user_id}
    return {
        "vol": {"unit": history.UNITS["ip.floating"], "qty": 1.0},
        "rating": {"price": made.scenario.rating.prices_icu_per_hour.floating_ip},
        "groupby": {"id": "provider", **owner, **history.calendar(moment)},
        "metadata": {"state": "ACTIVE"},
    }


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _push_to_the_old_storage() -> None:
    """The v1 storage has no API to be filled by: CloudKitty's own classes do it."""
    command = [sys.executable, str(FOLDER / "drivers" / "push_frames.py"), str(FRAMES)]
    command += ["--config-file", str(ETC / "cloudkitty" / "cloudkitty-v1.conf")]
    log = Path(LOGS / "push-frames.log")
    with log.open("wb") as output:
        if subprocess.run(command, check=False, stdout=output, stderr=output).returncode:
            raise BedError(f"the v1 storage was not filled; see {log}")


def _price_list(made: Made, prices: Prices) -> None:
    """The scenario's prices as hashmap rules, so that CloudKitty can quote."""
    ask = made.admin.ask
    ask(
        "PUT",
        "rating",
        "/v1/rating/modules/hashmap",
        json={"module_id": "hashmap", "enabled": True, "priority": 1},
    )
    by_field: dict[str, tuple[str, dict[str, float]]] = {
        "instance_up": ("flavor_name", prices.instance_up),
        "instance_reserved": ("flavor_name", prices.instance_reserved),
        "volume.size": ("volume_type", prices.volume_gb),
    }
    flat = {
        "ip.floating": prices.floating_ip,
        "loadbalancer": prices.load_balancer,
        "storage.objects.size": prices.object_gb,
    }
    for metric in (*by_field, *flat):
        service = ask("POST", "rating", f"{HASHMAP}/services", json={"name": metric})["service_id"]
        if metric in flat:
            rule = {"service_id": service, "cost": str(flat[metric]), "type": "flat"}
            ask("POST", "rating", f"{HASHMAP}/mappings", json=rule)
            continue
        name, values = by_field[metric]
        field = ask("POST", "rating", f"{HASHMAP}/fields", json={"service_id": service, "name": name})[
            "field_id"
        ]
        for value, cost in values.items():
            rule = {"field_id": field, "value": value, "cost": str(cost), "type": "flat"}
            ask("POST", "rating", f"{HASHMAP}/mappings", json=rule)
