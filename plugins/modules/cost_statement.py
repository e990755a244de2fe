# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cost_statement
short_description: Make a statement for each project of what a month cost
version_added: 0.1.0
description:
  - Writes one statement for each project that has costs in a month of the ledger, as HTML and as CSV. It
    lists positions and credits, and has tax, net and gross as rows of their own.
  - Each position is rounded to the minor unit of the currency, half to even. Net is the sum of the rounded
    positions, so whoever adds them up gets the same. RV(statements[].exact_net) is the sum before rounding.
  - A statement has the same number whenever it is made. It is not final, and says why, while the month is not
    over, or a part of it was not imported.
author:
  - finops.cloud contributors (@finops-cloud)
extends_documentation_fragment:
  - finops.cloud._ledger
  - finops.cloud._rating.rates
  - finops.cloud._files
  - finops.cloud._errors
  - finops.cloud._attributes
  - finops.cloud._attributes.actiongroup_ledger
attributes:
  check_mode:
    support: full
    details:
      - Reads the ledger, writes nothing, and tells whether a file would change.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  month:
    description: The month, such as V(2026-11).
    type: str
    required: true
  timezone:
    description: IANA time zone of the month.
    type: str
    default: UTC
  dest:
    description: Existing folder for the files. Each is named after its number.
    type: path
    required: true
  formats:
    description: What to write for each project.
    type: list
    elements: str
    choices: [html, csv]
    default: [html, csv]
  currency:
    description: ISO 4217 code, or V(ICU), of the statements. Amounts in other currencies are converted at the
      rate that was valid when they occurred.
    type: str
    required: true
  tax_rate:
    description: Tax in percent of net. Quote it. V(0) for none.
    type: str
    required: true
  tax_name:
    description: What the tax is called.
    type: str
    default: VAT
  number_prefix:
    description: Begin of each number, of letters, digits, C(-) and C(_). The month and the ID of the project
      follow.
    type: str
    default: ""
  issuer:
    description: Who makes the statements, shown in the HTML.
    type: str
    default: ""
  projects:
    description: Names or IDs of projects. Defaults to all that have costs in the month.
    type: list
    elements: str
seealso:
  - module: finops.cloud.cost_import
  - module: finops.cloud.cost_summary_info
  - module: finops.cloud.cost_report
"""

EXAMPLES = r"""
- name: Make the statements of November
  finops.cloud.cost_statement:
    month: 2026-11
    timezone: Europe/Zurich
    dest: /srv/statements
    currency: CHF
    tax_rate: "8.1"
    number_prefix: ACME-
    issuer: Acme Hosting, 8000 Zurich
  register: made

- name: Stop if one of them is not final
  ansible.builtin.assert:
    that: made.statements | rejectattr("final") | length == 0
"""

RETURN = r"""
error:
  description: Why the task failed, for a playbook to branch on.
  returned: failure
  type: dict
  contains:
    kind:
      description: One of the kinds that the notes list.
      type: str
      returned: always
      sample: invalid_option
    service:
      description: The service that could not be read, such as V(identity), V(rating) or V(vergeos). Null for
        other failures.
      type: str
      returned: always
      sample: null
    option:
      description: The option that is wrong, such as C(lines[0].amount). Null for other failures, and where
        Ansible refuses the options.
      type: str
      returned: always
      sample: spend
    http_status:
      description: HTTP status of the service's answer. Null where there is none.
      type: int
      returned: always
      sample: null
ledger:
  description: The ledger that was used, without any password.
  returned: success
  type: str
  sample: sqlite:////home/ci/.local/share/finops/ledger.db
period_start:
  description: Begin of the month, in UTC.
  returned: success
  type: str
  sample: "2026-10-31T23:00:00Z"
period_end:
  description: End of the month (exclusive).
  returned: success
  type: str
  sample: "2026-11-30T23:00:00Z"
statements:
  description: The statements, by the ID of their project.
  returned: success
  type: list
  elements: dict
  contains:
    number:
      description: Number of the statement, unique for the project and the month. An ID that cannot be in the
        name of a file stands in it as its hash.
      type: str
      returned: always
      sample: ACME-2026-11-b30781c9679b4ede8107bae21990153e
    project_id:
      description: ID of the project, or its name if the ledger has no ID.
      type: str
      returned: always
      sample: b30781c9679b4ede8107bae21990153e
    project_name:
      description: Name of the project.
      type: str
      returned: always
      sample: PCP-ABC1234
    net:
      description: Sum of the rounded positions, credits included.
      type: str
      returned: always
      sample: "124.5"
    credits:
      description: What of it is credited.
      type: str
      returned: always
      sample: "-2.25"
    tax:
      description: Tax on net.
      type: str
      returned: always
      sample: "10.08"
    gross:
      description: Net and tax.
      type: str
      returned: always
      sample: "134.58"
    exact_net:
      description: Sum of the positions before rounding.
      type: str
      returned: always
      sample: "124.498211"
    currency:
      description: Currency of these amounts.
      type: str
      returned: always
      sample: CHF
    positions:
      description: Number of positions.
      type: int
      returned: always
      sample: 5
    final:
      description: Whether the month is over and all of it was imported.
      type: bool
      returned: always
      sample: true
    reasons:
      description: Why it is not final.
      type: list
      elements: str
      returned: always
      sample: []
    files:
      description: Paths of its files.
      type: list
      elements: str
      returned: always
      sample: [/srv/statements/ACME-2026-11-b30781c9679b4ede8107bae21990153e.html]
without_project:
  description: Costs of the month that belong to no project, by currency. They are in no statement.
  returned: success
  type: dict
  sample: {}
tax_rows_left_out:
  description: Number of entries that are taxes themselves. They are in no statement, as it has its own tax.
  returned: success
  type: int
  sample: 0
"""

import re
from typing import Any

from ..module_utils._ansible import arguments
from ..module_utils._ansible.module import FinopsModule
from ..module_utils._ansible.run import run
from ..module_utils._core.errors import InvalidOption
from ..module_utils._core.files import parse_attributes
from ..module_utils._core.money import parse_amount, parse_currency
from ..module_utils._core.periods import Window, iso, now_utc, parse_moment, zone_named
from ..module_utils._export.render import MINOR_DIGITS
from ..module_utils._export.statement import StatementQuestion, statement_to_result, statements
from ..module_utils._export.statement_files import FORMATS, write_statements
from ..module_utils._ledger.sql import format_url

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z0-9_-]{0,40}", re.ASCII)


def main() -> None:
    module = FinopsModule(
        argument_spec={
            **arguments.LEDGER,
            **arguments.RATES,
            **arguments.FILE,
            "month": {"type": "str", "required": True},
            "timezone": {"type": "str", "default": "UTC"},
            "dest": {"type": "path", "required": True},
            "formats": {
                "type": "list",
                "elements": "str",
                "choices": list(FORMATS),
                "default": list(FORMATS),
            },
            "currency": {"type": "str", "required": True},
            "tax_rate": {"type": "str", "required": True},
            "tax_name": {"type": "str", "default": "VAT"},
            "number_prefix": {"type": "str", "default": ""},
            "issuer": {"type": "str", "default": ""},
            "projects": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )

    def work() -> dict[str, Any]:
        params, question = module.params, _question(module.params)
        ledger = arguments.ledger_options(params)
        made, without_project, taxes = statements(ledger, question, now_utc())
        formats = list(dict.fromkeys(params["formats"]))
        changed, files = write_statements(made, question, params["dest"], formats, module.check_mode)
        return {
            "changed": changed,
            "ledger": format_url(ledger),
            "period_start": iso(question.month.begin),
            "period_end": iso(question.month.end),
            "statements": [
                {**statement_to_result(one, question), "files": files[one.number]} for one in made
            ],
            "without_project": without_project,
            "tax_rows_left_out": taxes,
        }

    run(module, work, "ledger")


def _question(params: dict[str, Any]) -> StatementQuestion:
    currency = parse_currency(params["currency"], "currency")
    tax_rate = parse_amount(params["tax_rate"], "tax_rate")
    if not 0 <= tax_rate <= 100:
        raise InvalidOption("tax_rate", f"'{params['tax_rate']}' is not a percentage from 0 to 100.")
    if not _PREFIX.fullmatch(params["number_prefix"]):
        raise InvalidOption("number_prefix", "has something else than 40 letters, digits, - and _ at most.")
    return StatementQuestion(
        month=_month(params),
        label=params["month"],
        currency=currency,
        places=MINOR_DIGITS.get(currency, 2),
        tax_rate=tax_rate,
        tax_name=params["tax_name"],
        number_prefix=params["number_prefix"],
        issuer=params["issuer"],
        projects=None if params["projects"] is None else tuple(params["projects"]),
        rates=arguments.rates(params),
        attributes=parse_attributes(params),
    )


def _month(params: dict[str, Any]) -> Window:
    found = _MONTH.fullmatch(params["month"])
    if found is None:
        raise InvalidOption("month", f"'{params['month']}' is not a month such as 2026-11.")
    year, month = int(found[1]), int(found[2])
    following = (year, month + 1) if month < 12 else (year + 1, 1)
    zone = zone_named(params["timezone"], "timezone")
    begin, end = (
        parse_moment(f"{one[0]:04}-{one[1]:02}-01", zone, "month") for one in ((year, month), following)
    )
    return Window(begin, end)


if __name__ == "__main__":
    main()
