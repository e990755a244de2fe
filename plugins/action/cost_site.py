# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a cost site on the controller, from the ledger (design/reports.md#a-site). The module of this name
documents it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase

from ..module_utils._ansible import arguments
from ..module_utils._core.errors import LIBRARY, FinopsError, InvalidOption, failure
from ..module_utils._core.files import parse_attributes
from ..module_utils._core.money import parse_currency
from ..module_utils._core.periods import now_utc, zone_named
from ..module_utils._core.report_locales import LOCALES
from ..module_utils._export.notation import written_in
from ..module_utils._export.report_files import FILE_OPTIONS
from ..module_utils._export.site import write_site
from ..module_utils._export.site_archive import SiteFolder
from ..module_utils._export.site_cost import SiteQuestion, parse_team
from ..module_utils._export.told_advice import read_advice
from ..module_utils._ledger import sql
from ..module_utils._ledger.policy import policy_of


class ActionModule(ActionBase):  # type: ignore[misc]
    """finops.cloud.cost_site."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the site's pages, and return how many."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _valid, given = self.validate_argument_spec(
            argument_spec={
                **arguments.LEDGER,
                **arguments.RATES,
                "dest": {"type": "path", "required": True},
                "currency": {"type": "str", "required": True},
                "title": {"type": "str", "default": "Cost"},
                "timezone": {"type": "str", "default": "UTC"},
                "teams": {"type": "str", "default": "project"},
                "templates": {"type": "list", "elements": "path", "default": []},
                "savings": {"type": "list", "elements": "dict"},
                "anomalies": {"type": "dict"},
                "locale": {"type": "str", "choices": list(LOCALES)},
                **FILE_OPTIONS,
            }
        )
        try:
            written = self._write(given, bool(self._task.check_mode))
        except FinopsError as error:
            raise AnsibleActionFail(str(error), result={"error": error.to_result()}) from error
        return {**result, **written}

    def _write(self, given: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
        folder = Path(given["dest"])
        if not folder.is_dir():
            raise InvalidOption("dest", f"'{folder}' is not an existing folder.")
        question = SiteQuestion(
            currency=parse_currency(given["currency"], "currency"),
            zone=zone_named(given["timezone"], "timezone"),
            team=parse_team(given["teams"], "teams"),
            rates=arguments.rates(given),
        )
        told = read_advice(given["savings"], given["anomalies"], question.currency, question.zone, "")
        site = SiteFolder(folder, parse_attributes(given), "dest", check_mode, now_utc())
        ledger = arguments.ledger_options(given)
        driver = sql.driver(ledger)
        if driver is not None and importlib.util.find_spec(driver) is None:
            raise AnsibleActionFail(missing_required_lib(driver), result={"error": failure(LIBRARY)})
        rules = policy_of(ledger).rules
        with written_in(given["locale"] or (rules and rules.locale)):
            return write_site(ledger, question, site, given["title"], given["templates"], told)
