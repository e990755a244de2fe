# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the tasks of many pages under one ansible-playbook: a page is a play on a host of its own, with a
ledger of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from .finding import Example
from .place import CLOUDS_FILE, EVERYBODY, HERE, NOW, Place

Row = dict[str, Any]
READERS: dict[str, Row] = yaml.safe_load((HERE / "pages.yml").read_text(encoding="utf-8"))
HOST = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def run(place: Place, group: str, by_page: Mapping[str, Sequence[Example]]) -> list[Row]:
    """Run them; how each of their tasks ended."""
    plays = [one for page, examples in by_page.items() for one in plays_of(place, page, examples)]
    inventory = {"all": {"hosts": {one["hosts"]: dict(HOST) for one in plays}}}
    (place.folder / f"{group}_hosts.yml").write_text(yaml.safe_dump(inventory))
    (place.folder / f"{group}.yml").write_text(yaml.safe_dump(plays, sort_keys=False, width=1000))
    results = place.folder / f"{group}.jsonl"
    place.run(
        *("ansible-playbook", "-i", f"{group}_hosts.yml", f"{group}.yml"),
        ledger=EVERYBODY,
        ANSIBLE_CALLBACK_PLUGINS=str(HERE / "callbacks"),
        ANSIBLE_CALLBACKS_ENABLED="results_of_examples",
        EXAMPLE_RESULTS=str(results),
    )
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def plays_of(place: Place, page: str, examples: Sequence[Example]) -> Iterator[Row]:
    """The examples of a page, one after the other as they stand there."""
    name, reader = place.prepared(page), READERS.get(page, {})
    environment = {
        "FINOPS_LEDGER": place.ledger(name),
        "READERS_CLOCK": reader.get("now", NOW),
        "OS_CLIENT_CONFIG_FILE": f"{place.folder}/{reader.get('clouds', CLOUDS_FILE)}",
    }
    variables = {"chat_webhook": place.chat, **reader.get("vars", {})}

    def play(example: str, tasks: Iterable[Any], **given: Any) -> Row:
        """One that fails does not keep the page's others from being run."""
        going_on = {"name": "Go on", "ansible.builtin.meta": "noop"}
        block = {"name": example, "vars": {"example": example}, "block": list(tasks), "rescue": [going_on]}
        return {
            **given,
            "hosts": name,
            "gather_facts": False,
            "environment": {**environment, **given.get("environment", {})},
            "vars": {**variables, **given.get("vars", {})},
            "tasks": [block],
        }

    if "before" in reader:
        yield play(f"{page}: before", reader["before"])
    for example in examples:
        rows = yaml.safe_load(place.as_read(example.text, name))
        if example.is_playbook:
            for row in rows:
                yield play(str(example), row.pop("tasks"), **row)
        else:
            yield play(str(example), rows)
