# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of cost_export, and how they become values of the room that exports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.files import parse_attributes
from .._core.money import parse_currency
from .._core.named_windows import asked_window
from .._core.periods import Window, now_utc, zone_named
from .._core.rates import Rates
from .._cost.ledger_summary import SummaryQuestion
from .._export import export, textfile
from .._export.focus import FocusOptions, Parties
from .._export.focus_columns import V1_2, V1_3, V1_4, VERSIONS
from .._export.rated import RatedOptions
from .._ledger.policy import policy_of
from .._ledger.sql import LedgerOptions
from .._ledger.totals import TAG, Selection
from . import arguments, cloud_arguments, window_arguments

LEDGER, CLOUD = "ledger", "cloud"
EXPORT: arguments.Spec = {
    "dest": {"type": "path", "required": True},
    **arguments.FILE,
    "format": {
        "type": "str",
        "default": export.CSV,
        "choices": [export.CSV, export.PARQUET, textfile.OPENMETRICS],
    },
    "focus_version": {"type": "str", "default": V1_2, "choices": list(VERSIONS)},
    "read_from": {"type": "str", "default": LEDGER, "choices": [LEDGER, CLOUD]},
    "currency": {"type": "str", "required": True},
    "as_of": {"type": "str"},
    "allocated": {"type": "bool", "default": False},
    "provider": {"type": "str"},
    "billing_account_id": {"type": "str"},
    "billing_account_name": {"type": "str"},
    "publisher": {"type": "str"},
    "host_provider": {"type": "str"},
    "invoice_issuer": {"type": "str"},
    "invoice_id": {"type": "str"},
    "by_source": {"type": "dict", "default": {}},
    "defuse_formulas": {"type": "bool", "default": True},
    "import_tags": {"type": "bool", "default": True},
    "quotas": {"type": "bool", "default": False},
    "group_by": {"type": "list", "elements": "str", "default": []},
    # The format says what its default is.
    "timezone": {"type": "str"},
}


#: Option -> what of Parties it says.
_PARTIES = {
    "provider": "provider",
    "publisher": "publisher",
    "host_provider": "host",
    "invoice_issuer": "issuer",
    "billing_account_id": "account_id",
    "billing_account_name": "account_name",
    "invoice_id": "invoice_id",
}


def _parties(said: Mapping[str, Any]) -> Parties:
    return Parties(
        **{name: None if said.get(option) is None else str(said[option]) for option, name in _PARTIES.items()}
    )


def _of_source(source: str, said: Any) -> Parties:
    """What by_source says of a source. Raises InvalidOption."""
    option = f"by_source.{source}"
    if not isinstance(said, Mapping):
        raise InvalidOption(option, f"is no dictionary; its keys are of {', '.join(_PARTIES)}.")
    unknown = [name for name in said if name not in _PARTIES]
    if unknown:
        raise InvalidOption(option, f"'{unknown[0]}' is unknown; use one of {', '.join(_PARTIES)}.")
    return _parties(said)


class ExportTask:
    """What a task asks. Raises InvalidOption, for what goes with another option too."""

    def __init__(self, params: Mapping[str, Any], now: datetime | None = None) -> None:
        self._params, self.now = params, now or now_utc()
        of_ledger = [name for name in (*window_arguments.SELECTION, "as_of") if params[name]]
        if params["read_from"] == CLOUD and of_ledger:
            raise InvalidOption(
                of_ledger[0], "is about the ledger's entries; set read_from to ledger, or leave it out."
            )
        if params["format"] == textfile.OPENMETRICS and params["read_from"] == CLOUD:
            raise InvalidOption(
                "read_from", "openmetrics is written from the ledger; for quotas of the cloud set quotas."
            )
        if params["format"] != textfile.OPENMETRICS and params["quotas"]:
            raise InvalidOption("quotas", "requires format openmetrics; FOCUS has costs only.")
        self._check_group_by()
        if params["allocated"]:
            self._check_allocated()

    def _check_group_by(self) -> None:
        names = self._params["group_by"]
        if names and self._params["format"] != textfile.OPENMETRICS:
            raise InvalidOption("group_by", "requires format openmetrics; FOCUS has the tags of each charge.")
        for name in names:
            if not name.startswith(TAG) or name == TAG:
                raise InvalidOption("group_by", f"'{name}' is not tag: and a tag's name, such as tag:team.")

    def _check_allocated(self) -> None:
        if self._params["read_from"] == CLOUD or self._params["format"] == textfile.OPENMETRICS:
            raise InvalidOption("allocated", "requires read_from ledger and format csv or parquet.")
        if self._params["focus_version"] not in (V1_3, V1_4):
            raise InvalidOption(
                "allocated", "requires focus_version 1.3 or 1.4, as older ones have no columns for it."
            )

    @cached_property
    def _zone(self) -> ZoneInfo:
        named = self._params["timezone"]
        if named is None and self._params["format"] == textfile.OPENMETRICS:
            return textfile.zone_of_budgets(self.ledger())
        return zone_named(named or "UTC", "timezone")

    @cached_property
    def _currency(self) -> str:
        return parse_currency(self._params["currency"], "currency")

    @cached_property
    def _window(self) -> Window:
        params = self._params
        return asked_window(
            params["window"] or "current_month",
            params["begin"],
            params["end"],
            self._zone,
            self.as_of() or self.now,
        )

    def as_of(self) -> datetime | None:
        """The moment that is told, None for now."""
        return window_arguments.as_of(self._params, self._zone, self.now)

    def ledger(self) -> LedgerOptions:
        """Where the ledger is."""
        return arguments.ledger_options(self._params)

    def selection(self) -> Selection:
        """Which of its entries are meant."""
        return window_arguments.selection(self._params, self._window)

    def target(self) -> export.Target:
        """What is written of FOCUS, and how."""
        params = self._params
        focus = FocusOptions(
            currency=self._currency,
            rates=self._rates(),
            zone=self._zone.key,
            parties=_parties(params),
            by_source={
                str(source): _of_source(source, given) for source, given in params["by_source"].items()
            },
        )
        return export.Target(
            params["dest"],
            params["format"],
            params["focus_version"],
            focus,
            params["defuse_formulas"],
            parse_attributes(params),
            params["allocated"],
        )

    def _rates(self) -> Rates:
        """The rates of the task. An export of the ledger has the ledger's in their place once it is open; one
        of a cloud has them too, if there is a ledger.
        """
        rates = arguments.rates(self._params)
        if self._params["read_from"] == CLOUD:
            return policy_of(self.ledger()).rates_in_force(rates)
        return rates

    def rated(self) -> RatedOptions:
        """What is read of a cloud."""
        params = self._params
        return RatedOptions(
            asked=self._window,
            rating_api=params["rating_api"],
            rating_currency=parse_currency(params["rating_currency"], "rating_currency"),
            collect_period_s=cloud_arguments.collect_period_s(params),
            metric_categories=cloud_arguments.metric_categories(params),
            tagged=params["import_tags"],
        )

    def metrics(self) -> textfile.MetricsTarget:
        """What is written as metrics."""
        question = SummaryQuestion(
            selection=self.selection(),
            named=None,
            zone=self._zone,
            rates=arguments.rates(self._params),
            currency=self._currency,
            as_of=self.as_of(),
            group_by=("project", *dict.fromkeys(self._params["group_by"])),
        )
        return textfile.MetricsTarget(self._params["dest"], question, parse_attributes(self._params))
