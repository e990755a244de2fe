# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of modules that read a cloud, which a module that reads only the ledger need not load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.bounded_http import DEFAULT_MAX_ANSWER_MB
from .._core.categories import parse_categories
from .._core.errors import InvalidOption
from .._infomaniak import environment as infomaniak
from .._openstack.login import ConnectionOptions, ProviderEnvironment
from .arguments import Spec
from .task_timeout import TASK_TIMEOUT, task_deadline

#: Named as in openstack.cloud. cloud is secret only where it is a dictionary with credentials; see
#: run_on_cloud.reveal_public.
CONNECTION: Spec = {
    "cloud": {"type": "raw", "no_log": True},
    "auth": {"type": "dict", "no_log": True},
    "auth_type": {"type": "str"},
    "region_name": {"type": "str"},
    "interface": {"type": "str", "choices": ["public", "internal", "admin"], "aliases": ["endpoint_type"]},
    "validate_certs": {"type": "bool", "aliases": ["verify"]},
    "ca_cert": {"type": "str", "aliases": ["cacert"]},
    "client_cert": {"type": "str", "aliases": ["cert"]},
    "client_key": {"type": "str", "aliases": ["key"], "no_log": True},
    "api_timeout": {"type": "int"},
    "max_answer_mb": {"type": "int", "default": DEFAULT_MAX_ANSWER_MB},
    **TASK_TIMEOUT,
}
ON_ERROR: Spec = {"on_error": {"type": "str", "default": "fail", "choices": ["fail", "warn"]}}
#: For a module that reads several at once; region_name and project in auth are of one.
REGIONS_AND_PROJECTS: Spec = {
    "regions": {"type": "list", "elements": "str"},
    "projects": {"type": "list", "elements": "str"},
}
RATING: Spec = {
    "rating_api": {"type": "str", "default": "auto", "choices": ["auto", "v2", "v1"]},
    "rating_currency": {"type": "str", "default": "ICU"},
    "collect_period": {"type": "int", "default": 3600},
}
METRIC_CATEGORIES: Spec = {"metric_categories": {"type": "dict", "default": {}}}

#: Users of Infomaniak need no clouds.yaml: these variables stand for it.
INFOMANIAK = ProviderEnvironment(**infomaniak.APPLICATION_CREDENTIAL, default_auth_url=infomaniak.AUTH_URL)


def connection_options(params: Mapping[str, Any]) -> ConnectionOptions:
    """The connection options. The task's time begins now.

    A `cloud` dictionary is an entry of clouds.yaml written in place; options beside it win.

    Raises InvalidOption where cloud is neither a name nor a dictionary, or a limit is out of range.
    """
    if params["api_timeout"] is not None and params["api_timeout"] <= 0:
        raise InvalidOption("api_timeout", "must be a number of seconds above zero.")
    if params["max_answer_mb"] is not None and params["max_answer_mb"] <= 0:
        raise InvalidOption("max_answer_mb", "must be a number of MB above zero.")
    given = {name: params[name] for name in CONNECTION if name not in ("cloud", "task_timeout")}
    given["deadline"] = task_deadline(params)
    if params.get("regions"):
        given["region_name"] = params["regions"][0]
    cloud = params["cloud"]
    if isinstance(cloud, Mapping):
        return ConnectionOptions(entry=cloud, provider=INFOMANIAK, **given)
    if cloud is not None and not isinstance(cloud, str):
        raise InvalidOption(
            "cloud", "is the name of a cloud in clouds.yaml, or a dictionary like an entry there."
        )
    return ConnectionOptions(cloud=cloud or None, provider=INFOMANIAK, **given)


def metric_categories(params: Mapping[str, Any]) -> dict[str, str]:
    """The user's categories by metric. Raises InvalidOption for one that there is not."""
    return parse_categories(params["metric_categories"])


def collect_period_s(params: Mapping[str, Any]) -> int:
    """The cloud's collect period in seconds. Raises InvalidOption where it is not above zero."""
    period: int = params["collect_period"]
    if period <= 0:
        raise InvalidOption("collect_period", "must be a number of seconds above zero.")
    return period
