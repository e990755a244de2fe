# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/focus-conformance.md says, by an export of charges of every kind and the rules of its columns.

The test leaves the page that it wants in its folder where the stored one differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

Row = Mapping[str, str]
_HEAD = """<!--
Copyright (c) 2026, finops.cloud contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->
# FOCUS conformance

This page is generated, and a test holds it to what `cost_export` writes. It is about the Cost and Usage
dataset of [FOCUS](https://focus.finops.org/), whose columns and rules are told in our own words. FOCUS is a
trademark of the FinOps Foundation, which endorses none of this.

The export under test has usage, purchases, credits, adjustments and taxes, two currencies and ICU, with and
without resource, quantity, region, project and tags.

## Columns

For each version (1.0 and 1.1 have the columns of 1.2 that are older): `M` mandatory, `C` conditional, `R`
recommended, `-` not in that version. *Holds* is what the export has there: `always`, `where it applies`, or
`null`. *Keeps* says whether each value has the type, the format and one of the allowed values, and whether
it is null only where it may be.

"""
_ROWS = """
## Rows

Each of these holds for every row, in each version.

"""
_REST = """
## What it does not do

- `EffectiveCost`, `ListCost` and `ContractedCost` are `BilledCost`. A purchase that covers later charges
  would have an `EffectiveCost` of 0, and those charges their share of it. A ledger knows amounts as they
  are billed and no such charges, so no purchase is taken for one. Amortized costs are booked by `spread`
  when a bill is imported.
- `ChargeClass` is null. A corrected charge is in the file once, as it is valid now, and the ledger knows no
  closed billing periods.
- `PricingCurrency` can be ICU, as virtual currencies of FOCUS 1.2 may be. FOCUS 1.4 asks for ISO 4217
  there: where that matters, record or rate in a real currency.
- `InvoiceId` and `InvoiceIssuerName` are what the task says.
- The columns for allocation are null unless a task sets `allocated`: see [shared
  costs](policy.md#divide-shared-costs).
- The columns for contracts, commitment discounts and reserved capacity are null, and the datasets Contract
  Commitment, Billing Period and Invoice Detail of 1.3 and 1.4 are not written.
"""


def page(
    rules_of: Mapping[str, Sequence[Mapping[str, str]]],
    rows_of: Mapping[str, Sequence[Row]],
    keeps: Callable[[Mapping[str, str], Iterable[str]], bool],
    of_a_row: Mapping[str, Callable[[dict[str, str]], bool]],
) -> str:
    """The page. rules_of: version -> the rules of its columns. rows_of: version -> what was exported."""
    names = sorted({rule["column"] for rules in rules_of.values() for rule in rules})
    lines = [
        f"| Column | {' | '.join(rules_of)} | Holds | Keeps |",
        f"|---|{'---|' * len(rules_of)}---|---|",
    ]
    for name in names:
        levels, values, kept = [], list[str](), True
        for version, rules in rules_of.items():
            rule = next((one for one in rules if one["column"] == name), None)
            levels.append(rule["feature_level"][0] if rule else "-")
            if rule is not None:
                told = [row[name] for row in rows_of[version]]
                values += told
                kept = kept and keeps(rule, told)
        holds = "always" if all(values) else "where it applies" if any(values) else "null"
        lines.append(f"| `{name}` | {' | '.join(levels)} | {holds} | {'yes' if kept else '**no**'} |")
    held = [
        f"- {'' if all(rule(dict(row)) for rows in rows_of.values() for row in rows) else '**Not kept:** '}"
        f"{name[0].upper()}{name[1:]}."
        for name, rule in of_a_row.items()
    ]
    return _HEAD + "\n".join(lines) + "\n" + _ROWS + "\n".join(held) + "\n" + _REST
