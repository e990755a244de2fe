# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: how a cloud rates, and what its currency is worth."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  rating_api:
    description: API of CloudKitty to use. V(auto) asks V(v2), and uses V(v1) if that answers 404.
    type: str
    default: auto
    choices: [auto, v2, v1]
  rating_currency:
    description: Currency in which the cloud rates, V(ICU) or an ISO 4217 code.
    type: str
    default: ICU
  collect_period:
    description: Length of a rated period of the cloud in seconds. A period of another length is an error.
    type: int
    default: 3600
"""

    RATES = r"""
options:
  rates:
    description:
      - Value of currencies in ICU. The rates of a currency replace the shipped ones of that currency, which
        are 50 ICU for V(CHF) and 55.5 ICU for V(EUR).
      - If the ledger has a policy or rates of its own (M(finops.cloud.cost_policy)), its rates are used, and
        this option is refused unless the policy allows it.
      - The limit of a budget is converted at the rate that is valid when its period begins.
    type: list
    elements: dict
    default: []
    suboptions:
      currency:
        description: ISO 4217 code.
        type: str
        required: true
      icu_per_unit:
        description: Value of one unit of the currency in ICU. Quote it.
        type: str
        required: true
      valid_from:
        description: Date, or date and time, from which the rate is valid. In UTC unless an offset is written.
        type: str
        required: true
  confirm_rates:
    description:
      - Accept rates that look inverted (less than 1 ICU for one CHF, EUR, USD or GBP), or that are more than
        20 % off the shipped ones.
    type: bool
    default: false
"""

    METRIC_CATEGORIES = r"""
options:
  metric_categories:
    description:
      - Categories of the cloud's metrics by exact name, for metrics that the shipped table lacks or that you
        count otherwise.
      - The shipped table matches the begin of the name. C(instance) and C(cpu) are V(compute). C(volume),
        C(snapshot), C(backup), C(image), C(storage) and C(radosgw) are V(storage). C(ip), C(floating),
        C(network), C(router), C(loadbalancer), C(load_balancer) and C(octavia) are V(network). Everything
        else is V(other).
      - A category is one of V(llm_inference), V(llm_embedding), V(compute), V(storage), V(network),
        V(api_calls) and V(other).
    type: dict
    default: {}
"""
