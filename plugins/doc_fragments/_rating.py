# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE to the collection: how a cloud rates, and what its currency is worth."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  rating_api:
    description:
      - Which API of CloudKitty to ask. V(auto) asks V(v2) and takes its 404 as a sign that there is only V(v1).
    type: str
    default: auto
    choices: [auto, v2, v1]
  rating_currency:
    description:
      - In which currency the cloud rates, V(ICU) or an ISO 4217 code.
    type: str
    default: ICU
  collect_period:
    description:
      - How many seconds a rated period of the cloud is long. A period of another length is an error.
    type: int
    default: 3600
"""

    RATES = r"""
options:
  rates:
    description:
      - What a currency is worth in ICU. Rates given for a currency stand in place of the shipped ones of that currency,
        which are 50 ICU for V(CHF) and 55.5 ICU for V(EUR).
      - A budget's limit is taken at the rate that is valid when its period begins.
    type: list
    elements: dict
    default: []
    suboptions:
      currency:
        description: ISO 4217 code.
        type: str
        required: true
      icu_per_unit:
        description: How many ICU one unit of the currency is. Quote it.
        type: str
        required: true
      valid_from:
        description: Date, or date and time, from which on the rate is valid. UTC where no offset is written.
        type: str
        required: true
  confirm_rates:
    description:
      - Accept rates that look upside down (less than 1 ICU for one CHF, EUR, USD or GBP) or are more than ten times off the
        shipped ones.
    type: bool
    default: false
"""

    METRIC_CATEGORIES = r"""
options:
  metric_categories:
    description:
      - Categories of the cloud's metrics by their exact names, for those that the shipped table does not know or that are meant otherwise.
      - The shipped table goes by how a name begins. C(instance) and C(cpu) are V(compute); C(volume), C(snapshot), C(backup), C(image),
        C(storage) and C(radosgw) are V(storage); C(ip), C(floating), C(network), C(router), C(loadbalancer), C(load_balancer) and
        C(octavia) are V(network); all else is V(other).
      - A category is one of V(llm_inference), V(llm_embedding), V(compute), V(storage), V(network), V(api_calls) and V(other).
    type: dict
    default: {}
"""
