# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of an estimate: what is planned, where prices are from, and for which period."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._budgets.policy import beyond_policy, used_by_estimate
from .._core.calendar_options import parse_calendar
from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.money import parse_currency
from .._core.periods import KINDS as PERIODS
from .._core.periods import WEEKDAYS, Calendar
from .._core.rates import ICU
from .._estimate.estimate import EstimateOptions, PublicNetworks
from .._estimate.heat_template import load_heat_template
from .._estimate.plan_file import Plan, load_plan
from .._estimate.planned import AMOUNT, parse_rows
from .._estimate.playbook_plan import load_playbook_plan, load_receipt
from .._estimate.playbook_receipt import PlaybookRun, parse_before
from .._estimate.price_list import DatedPrices, parse_prices
from .._estimate.shape_prices import NAMED_SOURCES, SOURCES
from .._estimate.shapes import KINDS, kinds_with
from .._estimate.terraform import PlanOptions
from .._estimate.terraform_show import show_plan
from .._estimate.terraform_types import OPENSTACK
from .._infomaniak.environment import PUBLIC_NETWORKS
from .._ledger import feeds, sql
from .._ledger.policy import OwnerPolicy, read_policy
from . import arguments, cloud_arguments
from .arguments import Spec

#: Host, namespace and type.
_PROVIDER = re.compile(r"[^/\s]+/[^/\s]+/[^/\s]+")

PLANNED: Spec = {
    "resources": {
        "type": "list",
        "elements": "dict",
        "required_if": [("kind", AMOUNT, ("amount", "currency")), ("state", "absent", ("names",))],
        "options": {
            "kind": {"type": "str", "required": True, "choices": [*KINDS, AMOUNT]},
            "name": {"type": "str"},
            "flavor": {"type": "str"},
            "volume_type": {"type": "str"},
            "gb": {"type": "str"},
            "count": {"type": "int"},
            "names": {"type": "list", "elements": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "hours": {"type": "str"},
            "period": {"type": "str", "choices": ["this", "next"]},
            "amount": {"type": "str"},
            "currency": {"type": "str"},
            "per": {"type": "str", "choices": ["once", "hour"]},
            "category": {"type": "str", "choices": list(CATEGORIES)},
            "tags": {"type": "dict"},
        },
    },
    "terraform_plan": {"type": "path"},
    "tfplan": {"type": "path"},
    "terraform": {"type": "str", "default": "terraform"},
    "terraform_project_path": {"type": "path"},
    "heat_template": {"type": "path"},
    "heat_environment": {"type": "path"},
    "playbook_plan": {"type": "path"},
    "playbook_receipt": {"type": "path"},
    "playbook_before": {"type": "list", "elements": "dict"},
    "assume_free": {"type": "list", "elements": "str", "default": []},
    "plan_providers": {"type": "list", "elements": "str", "default": []},
    "public_networks": {"type": "list", "elements": "str"},
    "default_volume_type": {"type": "str"},
}
#: What the arguments say of each other: something is planned, and a plan is given in one way.
PLANNED_RULES: dict[str, Any] = {
    "required_one_of": [("resources", "terraform_plan", "tfplan", "heat_template", "playbook_plan")],
    "mutually_exclusive": [("terraform_plan", "tfplan", "heat_template")],
    "required_by": {
        "terraform_project_path": "tfplan",
        "heat_environment": "heat_template",
        "playbook_receipt": ("playbook_plan", "playbook_before"),
        "playbook_before": "playbook_receipt",
    },
}
PRICES: Spec = {
    "price_sources": {"type": "list", "elements": "str", "choices": list(NAMED_SOURCES)},
    "price_list": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True, "choices": list(KINDS)},
            "name": {"type": "str"},
            "amount": {"type": "str", "required": True},
            "currency": {"type": "str", "required": True},
            "hours": {"type": "str", "default": "1"},
            "valid_from": {"type": "str", "required": True},
            "valid_until": {"type": "str"},
            "tax": {"type": "str", "choices": ["excluded", "included"], "default": "excluded"},
            "source": {"type": "str", "required": True},
            "second_hand": {"type": "bool", "default": False},
        },
    },
    "metrics": {"type": "dict", "default": {}},
    "verify_quote": {"type": "bool", "default": False},
}
CALENDAR: Spec = {
    "period": {"type": "str", "choices": list(PERIODS), "default": "monthly"},
    "timezone": {"type": "str", "default": "UTC"},
    "first_day": {"type": "str", "choices": list(WEEKDAYS), "default": "monday"},
    "anchor_day": {"type": "int", "default": 1},
    "anchor_month": {"type": "int", "default": 1},
    "begin": {"type": "str"},
    "end": {"type": "str"},
}


def owner_policy(params: Mapping[str, Any], project_id: str) -> OwnerPolicy:
    """The policy and the rates of the ledger; a missing one holds none.

    Raises InvalidOption for another rating_currency than that in which the project's costs are imported: its
    prices would be those of other units. LedgerError for a ledger that cannot be read.
    """
    ledger, rated_in = arguments.ledger_options(params), params["rating_currency"]
    if not sql.exists(ledger):
        return OwnerPolicy()
    with sql.reading(ledger) as opened:
        imported = sorted(feeds.rating_currencies(opened.connection, project_id))
        if imported and rated_in not in imported:
            raise InvalidOption(
                "rating_currency",
                f"is {rated_in}, but the costs of this project were imported in {', '.join(imported)}; use"
                f" {imported[0] if len(imported) == 1 else 'one of these'}.",
            )
        return read_policy(opened.connection)


def used(params: Mapping[str, Any], policy: OwnerPolicy) -> dict[str, Any]:
    """What the estimate rests on beside the cloud and the ledger, for its result. Raises InvalidOption for
    what the policy refuses.
    """
    allowed = policy.rules.price_sources if policy.rules is not None else None
    sources = [one for one in SOURCES if allowed is None or one in allowed]
    given = sources if params["price_sources"] is None else list(dict.fromkeys(params["price_sources"]))
    used = used_by_estimate(params, given)
    for refusal in beyond_policy(policy, used):
        raise refusal
    return used


def options(params: Mapping[str, Any], policy: OwnerPolicy, sources: Sequence[str]) -> EstimateOptions:
    """What is asked. Raises InvalidOption, also for an unreadable plan and where nothing is planned."""
    resources, plan = params["resources"] or [], _plan(params)
    if not resources and plan is None and params["playbook_plan"] is None:
        raise InvalidOption(
            "resources",
            "is empty; say what is planned there, in terraform_plan, heat_template or playbook_plan, as an"
            " empty plan would always pass.",
        )
    rating_currency = parse_currency(params["rating_currency"], "rating_currency")
    return EstimateOptions(
        rows=parse_rows(resources),
        plan=plan,
        playbook=_playbook(params),
        plan_options=PlanOptions(
            tuple(params["assume_free"]),
            OPENSTACK.union(_provider(one, index) for index, one in enumerate(params["plan_providers"])),
        ),
        public_networks=PublicNetworks(
            tuple(PUBLIC_NETWORKS if params["public_networks"] is None else params["public_networks"]),
            by_user=params["public_networks"] is not None,
        ),
        default_volume_type=params["default_volume_type"] or None,
        sources=tuple(sources),
        # What is shipped are prices of one provider, and this is its currency.
        price_list=DatedPrices(parse_prices(params["price_list"]), with_shipped=rating_currency == ICU),
        kinds=kinds_with(params["metrics"]),
        verify_quote=params["verify_quote"],
        currency=parse_currency(params["currency"] or rating_currency, "currency"),
        calendar=parse_calendar(params, Calendar("monthly")),
        tags={str(name): str(value) for name, value in params["tags"].items()},
        on_error=params["on_error"],
        rating_api=params["rating_api"],
        rating_currency=rating_currency,
        collect_period_s=cloud_arguments.collect_period_s(params),
        rates=policy.rates_in_force(arguments.rates(params)),
    )


def _plan(params: Mapping[str, Any]) -> Plan | None:
    """The plan that the task names. Raises InvalidOption for one that cannot be read."""
    if params["tfplan"] is not None:
        return show_plan(params["tfplan"], params["terraform"], params["terraform_project_path"])
    if params["heat_template"] is not None:
        return load_heat_template(params["heat_template"], params["heat_environment"])
    return None if params["terraform_plan"] is None else load_plan(params["terraform_plan"])


def _playbook(params: Mapping[str, Any]) -> PlaybookRun | None:
    """The plan of a playbook, and its receipt. Raises InvalidOption for one that cannot be read."""
    if params["playbook_plan"] is None:
        return None
    plan = load_playbook_plan(params["playbook_plan"])
    if params["playbook_receipt"] is None:
        return PlaybookRun(plan)
    return PlaybookRun(
        plan, load_receipt(params["playbook_receipt"]), parse_before(params["playbook_before"])
    )


def _provider(address: str, index: int) -> str:
    """The address of a provider. Raises InvalidOption for what is none."""
    if not _PROVIDER.fullmatch(address):
        raise InvalidOption(
            f"plan_providers[{index}]",
            f"'{address}' is not the address of a provider; write it as in the plan's provider_name, such as"
            " registry.example.org/mirror/openstack.",
        )
    return address
