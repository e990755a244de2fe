# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""FOCUS 1.0 to 1.4 in CSV: every rule of the specification's columns, the ledger's sums, and names as they
are.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.money import from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._export import export
from ansible_collections.finops.cloud.plugins.module_utils._export.focus import FocusOptions, Parties
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sql

from tests.unit.asked_ledger import sums

from . import conformance
from .ledgers import BEGINS_OF_FORMULAS, HOSTILE, IN_FRANCS, NOW, WHOLE, entry, every_kind, ledger, read_back

HERE = Path(__file__).parent
#: Version -> its columns with their rules.
RULES_OF = {
    version: list(csv.DictReader((HERE / f"focus-{version}-columns.csv").open(encoding="utf-8")))
    for version in ("1.2", "1.3", "1.4")
}
RULES = RULES_OF["1.2"]
SUBCATEGORIES = {
    tuple(row) for row in csv.reader((HERE / "focus-1.2-service-subcategories.csv").open(encoding="utf-8"))
}
NUMBER = re.compile(r"-?\d+(\.\d+)?")
CURRENCY = re.compile("[A-Z]{3}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def written(
    folder: Path,
    costs: list[entries.Entry],
    version: str = "1.2",
    options: FocusOptions = IN_FRANCS,
    **given: Any,
) -> tuple[list[dict[str, str]], dict[str, Any]]:
    target = export.Target(str(folder / "focus.csv"), export.CSV, version, options, **given)
    result = export.from_ledger(ledger(folder, costs), WHOLE, target, None, check_mode=False)
    return rows_of(folder / "focus.csv"), result


@pytest.fixture(scope="module")
def rows_by_version(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    return {
        version: written(tmp_path_factory.mktemp("kinds"), every_kind(), version)[0] for version in RULES_OF
    }


@pytest.fixture(params=list(RULES_OF))
def rows(request: pytest.FixtureRequest, rows_by_version: dict[str, list[dict[str, str]]]) -> Any:
    return rows_by_version[request.param]


@pytest.mark.parametrize(
    ("version", "rule"),
    [
        pytest.param(version, rule, id=f"{version} {rule['column']}")
        for version, rules in RULES_OF.items()
        for rule in rules
    ],
)
def test_a_column_keeps_its_rule(
    rows_by_version: dict[str, list[dict[str, str]]], version: str, rule: dict[str, str]
) -> None:
    assert keeps(rule, {row[rule["column"]] for row in rows_by_version[version]})


def keeps(rule: Mapping[str, str], told: Iterable[str]) -> bool:
    """Whether these values of a column are as its rule says."""
    values = set(told)
    needed = rule["allows_nulls"] == "False" and rule["feature_level"] == "Mandatory"
    return not (needed and "" in values) and all(_is_right(rule, value) for value in values - {""})


def _is_right(rule: Mapping[str, str], value: str) -> bool:
    if rule["allowed_values"] and value not in rule["allowed_values"].split("|"):
        return False
    if rule["data_type"] == "JSON":
        return isinstance(json.loads(value), dict)
    patterns = {"Decimal": NUMBER, "Date/Time": MOMENT, "Currency Format": CURRENCY}
    return all(
        patterns[kind].fullmatch(value) is not None
        for kind in (rule["data_type"], rule["value_format"])
        if kind in patterns
    )


#: What FOCUS 1.2 says of a row, beyond a column's own rule:
#: https://focus.finops.org/focus-specification/v1-2/.
OF_A_ROW: dict[str, Callable[[dict[str, str]], bool]] = {
    "a quantity has its unit": lambda row: (
        bool(row["ConsumedQuantity"]) == bool(row["ConsumedUnit"])
        and bool(row["PricingQuantity"]) == bool(row["PricingUnit"])
    ),
    "only usage is consumed": lambda row: bool(row["ConsumedQuantity"]) == (row["ChargeCategory"] == "Usage"),
    "what is used or bought has a price": lambda row: all(
        bool(row[name]) == (row["ChargeCategory"] in ("Usage", "Purchase"))
        for name in (
            "ListUnitPrice",
            "ContractedUnitPrice",
            "PricingQuantity",
            "SkuId",
            "SkuPriceId",
            "PricingCategory",
        )
    ),
    "the price times the quantity is the cost": lambda row: (
        not row["PricingQuantity"]
        or abs(
            Decimal(row["ContractedUnitPrice"]) * Decimal(row["PricingQuantity"])
            - Decimal(row["ContractedCost"])
        )
        < Decimal("1e-17")
    ),
    "a resource has a type, and nothing else has": lambda row: (
        bool(row["ResourceId"]) == bool(row["ResourceType"])
    ),
    "a name needs its id": lambda row: all(
        row[f"{what}Id"] or not row[f"{what}Name"]
        for what in ("Resource", "SubAccount", "Region", "BillingAccount")
    ),
    "a charge lies within its billing period": lambda row: (
        row["BillingPeriodStart"]
        <= row["ChargePeriodStart"]
        < row["ChargePeriodEnd"]
        <= row["BillingPeriodEnd"]
    ),
    "a billing period is a month": lambda row: row["BillingPeriodStart"][8:] == row["BillingPeriodEnd"][8:],
    "a subcategory is one of its category": lambda row: (
        (row["ServiceCategory"], row["ServiceSubcategory"]) in SUBCATEGORIES
    ),
    "a purchase is not usage-based": lambda row: (
        (row["ChargeFrequency"] == "Usage-Based") == (row["ChargeCategory"] == "Usage")
    ),
    "billed in a currency that is paid, priced in that of the cloud": lambda row: (
        row["BillingCurrency"] == "CHF" and row["PricingCurrency"] == row["x_RecordedCurrency"]
    ),
    "own columns are named as own": lambda row: all(
        name.startswith("x_")
        for name in set(row) - {rule["column"] for rules in RULES_OF.values() for rule in rules}
    ),
}


@pytest.mark.parametrize("rule", OF_A_ROW)
def test_every_row_keeps_the_rule(rows: list[dict[str, str]], rule: str) -> None:
    assert {row["ChargeCategory"] for row in rows} == {"Usage", "Purchase", "Credit", "Adjustment", "Tax"}
    assert not [row for row in rows if not OF_A_ROW[rule](row)]


@pytest.mark.parametrize(
    ("version", "rules", "later"),
    [
        ("1.0", "1.2", ("1.1", "1.2")), ("1.1", "1.2", ("1.2",)), ("1.2", "1.2", ()), ("1.3", "1.3", ()),
        ("1.4", "1.4", ()),
    ],
)  # fmt: skip
def test_a_version_has_the_columns_of_that_version(
    tmp_path: Path, version: str, rules: str, later: tuple[str, ...]
) -> None:
    """1.0 had 43, 1.1 seven more, 1.2 seven more, 1.3 eight; 1.4 has two others and two less."""
    told = written(tmp_path, every_kind(), version)[0]
    known = {rule["column"] for rule in RULES_OF[rules] if rule["introduced"] not in later}
    assert {name for name in told[0] if not name.startswith("x_")} == known
    assert len(known) == {"1.0": 43, "1.1": 50, "1.2": 57, "1.3": 65, "1.4": 65}[version]


@pytest.mark.parametrize("version", ["1.3", "1.4"])
def test_without_a_price_there_is_no_price_and_no_quantity(
    rows_by_version: dict[str, list[dict[str, str]]], version: str
) -> None:
    """Since 1.3 of every charge without a SkuPriceId. Who hosts and who sells is always told."""
    for row in rows_by_version[version]:
        if not row["SkuPriceId"]:
            assert not any(
                row[name]
                for name in (
                    "ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "ConsumedQuantity",
                    "PricingCategory", "PricingCurrencyListUnitPrice", "PricingCurrencyContractedUnitPrice",
                )
            )  # fmt: skip
        assert row["HostProviderName"] and row["ServiceProviderName"] == row["InvoiceIssuerName"]
        assert row["PricingCurrency"] and row["PricingCurrencyEffectiveCost"]


def test_who_sells_and_bills_is_told_by_source(tmp_path: Path) -> None:
    """A source that is told apart has nothing of what is said of all others, such as their invoice."""
    options = replace(
        IN_FRANCS,
        parties=Parties("Infomaniak", publisher="OpenStack", account_id="1", invoice_id="4711"),
        by_source={"aws": Parties("AWS", issuer="AWS EMEA", account_id="2", account_name="all")},
    )
    costs = [entry(name, NOW.replace(day=1), source=name) for name in ("manual", "aws")]
    told = {row["x_Source"]: row for row in written(tmp_path, costs, "1.3", options)[0]}
    names = (
        "ProviderName", "ServiceProviderName", "HostProviderName", "PublisherName", "InvoiceIssuerName",
        "BillingAccountId", "BillingAccountName", "InvoiceId",
    )  # fmt: skip
    assert [told["manual"][name] for name in names] == [
        "Infomaniak", "Infomaniak", "Infomaniak", "OpenStack", "Infomaniak", "1", "1", "4711",
    ]  # fmt: skip
    assert [told["aws"][name] for name in names] == [
        "AWS", "AWS", "AWS", "AWS", "AWS EMEA", "2", "all", "",
    ]  # fmt: skip


def test_sums_are_the_ledger_s_to_the_last_digit(tmp_path: Path) -> None:
    told, result = written(tmp_path, every_kind())
    with sql.reading(sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")) as opened:
        stored = {code: from_nano(nano) for code, nano in sums(opened.connection, WHOLE.window).items()}
    for code, amount in stored.items():
        assert (
            sum(Decimal(row["x_RecordedCost"]) for row in told if row["x_RecordedCurrency"] == code) == amount
        )
    assert {row["currency"]: Decimal(row["amount"]) for row in result["totals"]} == stored
    # 50 ICU are a franc.
    billed = stored["CHF"] + stored["ICU"] / 50
    assert sum(Decimal(row["BilledCost"]) for row in told) == Decimal(result["billed"]) == billed
    assert result["tax"] == "included"


def test_what_was_corrected_is_told_once_as_it_holds(tmp_path: Path) -> None:
    costs = every_kind()
    told = [row for row in written(tmp_path, costs)[0] if row["x_EntryKey"] == costs[0].key]
    assert [(row["x_EntryVersion"], row["x_RecordedCost"]) for row in told] == [("2", "1.234567891")]


def test_a_rate_counts_from_its_day_on(tmp_path: Path) -> None:
    from ansible_collections.finops.cloud.plugins.module_utils._core.rates import parse_rates

    rates = parse_rates(
        [
            {"currency": "CHF", "icu_per_unit": "50", "valid_from": "2026-01-01"},
            {"currency": "CHF", "icu_per_unit": "40", "valid_from": "2026-10-15"},
        ],
        confirmed=False,
    )
    days = [datetime(2026, 10, day, tzinfo=NOW.tzinfo) for day in (14, 15)]
    costs = [entry(str(day), day, 200_000_000_000) for day in days]
    told = written(tmp_path, costs, options=FocusOptions("CHF", rates, "UTC"))[0]
    assert [row["BilledCost"] for row in told] == ["4", "5"]


def test_a_billing_month_begins_at_local_midnight(tmp_path: Path) -> None:
    costs = [entry("late", datetime(2026, 10, 31, 23, 0, tzinfo=NOW.tzinfo))]
    told = written(tmp_path, costs, options=FocusOptions("CHF", Rates(), "Europe/Zurich"))[0]
    assert told[0]["BillingPeriodStart"] == "2026-10-31T23:00:00Z"
    assert told[0]["BillingPeriodEnd"] == "2026-11-30T23:00:00Z"


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_arrive_and_run_nowhere(tmp_path: Path, name: str) -> None:
    hour = datetime(2026, 10, 1, tzinfo=NOW.tzinfo)
    costs = [
        entry(
            f"k{name}",
            hour,
            resource_name=name,
            description=name or None,
            metric=name,
            unit=name,
            tags={"t": name},
        )
    ]
    told = written(tmp_path, costs)[0]
    assert len(told) == 1
    row = told[0]
    assert read_back(row["ResourceName"]) == name
    assert read_back(row["x_EntryKey"]) == f"k{name}"
    assert json.loads(row["Tags"]) == {"t": name}
    numbers = {rule["column"] for rule in RULES if rule["data_type"] == "Decimal"} | {"x_RecordedCost"}
    for column, cell in row.items():
        assert column in numbers or not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    (tmp_path / "ledger.db").unlink()
    plain = written(tmp_path, costs, defuse=False)[0][0]
    assert plain["ResourceName"] == name


@pytest.mark.parametrize("name", [name for name in HOSTILE if name], ids=str)
def test_a_hostile_source_arrives_and_runs_nowhere(tmp_path: Path, name: str) -> None:
    """Whoever records a cost names its source."""
    costs = [entry("k", datetime(2026, 10, 1, tzinfo=NOW.tzinfo), source=name)]
    (row,) = written(tmp_path, costs)[0]
    assert read_back(row["x_Source"]) == name
    assert not row["x_Source"].lstrip().startswith(BEGINS_OF_FORMULAS)
    (tmp_path / "ledger.db").unlink()
    (plain,) = written(tmp_path, costs, defuse=False)[0]
    assert plain["x_Source"] == name


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    assert written(tmp_path, every_kind())[1]["changed"]
    target = export.Target(str(tmp_path / "focus.csv"), export.CSV, "1.2", IN_FRANCS)
    again = export.from_ledger(
        sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db"), WHOLE, target, None, False
    )
    assert not again["changed"]


def test_an_unknown_rate_leaves_no_file(tmp_path: Path) -> None:
    costs = [entry("k", datetime(2026, 10, 1, tzinfo=NOW.tzinfo), currency="USD")]
    with pytest.raises(UnknownAmount, match="how many ICU one USD was"):
        written(tmp_path, costs)
    assert not (tmp_path / "focus.csv").exists()


def test_nobody_is_billed_in_icu(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="^currency: `ICU` is a virtual currency"):
        written(tmp_path, every_kind(), options=FocusOptions("ICU", Rates(), "UTC"))


def test_the_page_of_conformance_says_what_is_exported(
    rows_by_version: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    wanted = conformance.page(RULES_OF, rows_by_version, keeps, OF_A_ROW)
    stored = Path(__file__).parents[5] / "docs" / "focus-conformance.md"
    (tmp_path / stored.name).write_text(wanted, encoding="utf-8")
    assert stored.is_file() and stored.read_text(encoding="utf-8") == wanted, f"copy {tmp_path / stored.name}"
    assert "**" not in wanted.partition("## What it does not do")[0]
