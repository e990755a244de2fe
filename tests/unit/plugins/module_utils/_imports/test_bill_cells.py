# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cells and files of bills say, as real exporters write them, and what is refused."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._imports import bill_staging
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from pyarrow import parquet

from .test_bill_files import ALL, NOW, ROW, bill, text

Row = dict[str, Any]


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def brought(ledger: LedgerOptions, *files: Path, **more: Any) -> Row:
    options = BillOptions(files=tuple(map(str, files)), **{"source": "aws", **more})
    return import_bill(ledger, options, NOW, "me", False)


def rows(ledger: LedgerOptions) -> list[Row]:
    with reading(ledger) as opened:
        return totals.rows(opened.connection, totals.Selection(ALL), 1_000)


def one_row(ledger: LedgerOptions, tmp_path: Path, changed: Mapping[str, str], **more: Any) -> Row:
    brought(ledger, bill(tmp_path / "bill.csv", [{**ROW, **changed}]), **more)
    (row,) = rows(ledger)
    return row


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]


TABLE = {
    "file_format": "csv",
    "columns": {"occurred_at": "Date", "amount": "Net"},
    "values": {"currency": "EUR", "category": "other"},
}


def table_row(ledger: LedgerOptions, tmp_path: Path, date: str, net: str, **more: Any) -> Row:
    path = tmp_path / "table.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([["Date", "Net"], [date, net]])
    brought(ledger, path, **{**TABLE, **more})
    (row,) = rows(ledger)
    return row


@pytest.mark.parametrize("word", ["", " ", "NULL", "null", "\\N", "None"])
def test_words_for_nothing(ledger: LedgerOptions, tmp_path: Path, word: str) -> None:
    names = ("ConsumedQuantity", "ConsumedUnit", "RegionId", "SubAccountId", "Tags")
    row = one_row(ledger, tmp_path, dict.fromkeys(names, word))
    assert [row[name] for name in ("quantity", "unit", "region", "project_id", "tags")] == [
        None, None, None, None, "{}",
    ]  # fmt: skip


def test_other_tables_name_their_words_for_nothing(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "Date,Net,Team", "2026-11-01,1,NULL", "2026-11-02,2,n/a")
    columns = {**TABLE["columns"], "tags.team": "Team"}  # type: ignore[dict-item]
    brought(ledger, path, **{**TABLE, "columns": columns}, timezone="UTC", null_values=("n/a",))
    assert [row["tags"] for row in rows(ledger)] == ['{"team":"NULL"}', "{}"]


@pytest.mark.parametrize(
    ("said", "is_at"),
    [
        ("2026-11-01T06:00:00Z", (2026, 11, 1, 6)),
        ("2026-11-01 06:00:00 UTC", (2026, 11, 1, 6)),
        ("2026-11-01 06:00:00.000 UTC", (2026, 11, 1, 6)),
        ("2026-11-01T06:00:00.999999999Z", (2026, 11, 1, 6)),
        ("2026-11-01T07:00:00+01:00", (2026, 11, 1, 6)),
        ("2026-11-01 07:00:00+0100", (2026, 11, 1, 6)),
        ("2026-11-01 07:00:00+01", (2026, 11, 1, 6)),
        ("2026-11-01T06:00Z", (2026, 11, 1, 6)),
    ],
)
def test_moments(ledger: LedgerOptions, tmp_path: Path, said: str, is_at: tuple[int, ...]) -> None:
    assert one_row(ledger, tmp_path, {"ChargePeriodStart": said})["period_begin"] == seconds(*is_at)


@pytest.mark.parametrize(
    ("said", "options", "is_at"),
    [
        # Zurich is an hour ahead of UTC in November, and two in July.
        ("2026-11-01", {"timezone": "Europe/Zurich"}, (2026, 10, 31, 23)),
        ("31.07.2026", {"timezone": "Europe/Zurich", "date_format": "%d.%m.%Y"}, (2026, 7, 30, 22)),
        ("09/02/2026", {"timezone": "UTC", "date_format": "%d/%m/%Y"}, (2026, 2, 9)),
        ("09/02/2026", {"timezone": "UTC", "date_format": "%m/%d/%Y"}, (2026, 9, 2)),
    ],
)
def test_moments_of_tables(
    ledger: LedgerOptions, tmp_path: Path, said: str, options: Row, is_at: tuple[int, ...]
) -> None:
    assert table_row(ledger, tmp_path, said, "1", **options)["period_begin"] == seconds(*is_at)


@pytest.mark.parametrize(
    ("said", "options", "says"),
    [
        ("2026-11-01", {}, "'2026-11-01' has no time zone; write `timezone`"),
        ("09/02/2026", {"timezone": "UTC"}, "'09/02/2026' is no date that can be read only one way"),
        ("2026-02-30", {"timezone": "UTC"}, "'2026-02-30' is no date of the calendar"),
        ("", {"timezone": "UTC"}, "is empty; every row needs one"),
        ("Total", {"timezone": "UTC"}, "'Total' is no date"),
        ("1.2.26", {"timezone": "UTC", "date_format": "%d.%m.%Y"}, "not written as `date_format` '%d.%m.%Y'"),
        ("0001-01-01", {"timezone": "UTC"}, "1970"),
    ],
)
def test_moments_that_are_refused(
    ledger: LedgerOptions, tmp_path: Path, said: str, options: Row, says: str
) -> None:
    with pytest.raises(InvalidOption) as refused:
        table_row(ledger, tmp_path, said, "1", **options)
    assert str(refused.value).startswith("files: table.csv line 2, column 'Date'") and says in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("said", "options", "nano"),
    [
        ("1234.5", {}, 1_234_500_000_000),
        ("+.5", {}, 500_000_000),
        ("1.2E-7", {}, 120),
        # A double as an exporter writes it, and half a nano to the even one.
        ("0.1000000000000000055511151231257827", {}, 100_000_000),
        ("0.0000000025", {}, 2),
        ("0.0000000035", {}, 4),
        ("1.234,50", {"decimal_comma": True}, 1_234_500_000_000),
        ("1'234,5", {"decimal_comma": True}, 1_234_500_000_000),
        ("0,07", {"decimal_comma": True}, 70_000_000),
        ("12", {"decimal_comma": True}, 12_000_000_000),
    ],
)
def test_amounts(ledger: LedgerOptions, tmp_path: Path, said: str, options: Row, nano: int) -> None:
    assert table_row(ledger, tmp_path, "2026-11-01Z", said, **options)["amount_nano"] == nano


@pytest.mark.parametrize(
    ("said", "options", "says"),
    [
        ("1,234", {}, "is no number; write it like 1234.50 or set `decimal_comma`"),
        ("12,50", {}, "is no number"),
        ("$5", {}, "is no number"),
        ("NaN", {}, "is no number"),
        ("1_000", {}, "is no number"),
        ("1.5", {"decimal_comma": True}, "is no number with a decimal comma"),
        ("12.34,5", {"decimal_comma": True}, "is no number with a decimal comma"),
        ("9223372037", {}, "more than a ledger row can hold"),
    ],
)
def test_amounts_that_are_refused(
    ledger: LedgerOptions, tmp_path: Path, said: str, options: Row, says: str
) -> None:
    with pytest.raises(InvalidOption, match="table.csv line 2, column 'Net'") as refused:
        table_row(ledger, tmp_path, "2026-11-01Z", said, **options)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("86400000000000000", "86400000000000000"),
        ("1234567890123456789012345678901234567890", "1234567890123456789012345678901234567890"),
        ("1E+20", "100000000000000000000"),
        ("2.50", "2.5"),
        ("0.12345678901234567849", "0.123456789012345678"),
        ("0e99", "0"),
    ],
)
def test_quantities_of_any_size(ledger: LedgerOptions, tmp_path: Path, said: str, kept: str) -> None:
    assert one_row(ledger, tmp_path, {"ConsumedQuantity": said})["quantity"] == kept


@pytest.mark.parametrize(
    ("said", "tags"),
    [
        ('{"team": "web", "spot": true, "n": 3, "gone": null}', {"team": "web", "spot": "true", "n": "3"}),
        ("null", {}),
        ("{}", {}),
        (
            '[{"key": "team", "value": "web"}, {"key": "env", "value": "prod"}]',
            {"team": "web", "env": "prod"},
        ),
        ('[{"Key": "team", "Value": "web"}]', {"team": "web"}),
        ('"team": "web","env": "prod"', {"team": "web", "env": "prod"}),
    ],
)
def test_tags(ledger: LedgerOptions, tmp_path: Path, said: str, tags: dict[str, str]) -> None:
    assert json.loads(one_row(ledger, tmp_path, {"Tags": said})["tags"]) == tags


@pytest.mark.parametrize("said", ["team=web", '"web"', "3", '["web"]', '{"a": "1", "a": "2"}', '{"a": '])
def test_tags_that_are_refused(ledger: LedgerOptions, tmp_path: Path, said: str) -> None:
    with pytest.raises(InvalidOption, match="bill.csv line 2, column 'Tags'"):
        one_row(ledger, tmp_path, {"Tags": said})


def test_an_allocated_row_has_the_tags_of_its_share(ledger: LedgerOptions, tmp_path: Path) -> None:
    shared = {**ROW, "AllocatedMethodId": "", "AllocatedTags": '{"team": "data"}'}
    brought(ledger, bill(tmp_path / "a.csv", [shared, {**shared, "AllocatedMethodId": "even"}]))
    assert sorted(json.loads(row["tags"])["team"] for row in rows(ledger)) == ["data", "web"]


def test_categories_by_service_by_their_own_word_and_by_ours(ledger: LedgerOptions, tmp_path: Path) -> None:
    def of(service: str, category: str, ours: str = "") -> dict[str, str]:
        return {**ROW, "ServiceName": service, "ServiceCategory": category, "x_Category": ours}

    found = brought(
        ledger,
        bill(
            tmp_path / "a.csv",
            [
                of("Model API", "AI and Machine Learning"),
                of("Embeddings", "AI and Machine Learning"),
                of("RDS", "Databases"),
                of("S3", "Storage"),
                of("Ours", "Other", "api_calls"),
                of("WAF", "Security"),
            ],
        ),
        categories={"Embeddings": "llm_embedding", "Databases": "compute"},
    )
    assert {row["metric"]: row["category"] for row in rows(ledger)} == {
        "Model API": "llm_inference",
        "Embeddings": "llm_embedding",
        "RDS": "compute",
        "S3": "storage",
        "Ours": "api_calls",
        "WAF": "other",
    }
    assert found["uncategorized"] == [{"service_category": "Security", "service": "WAF"}]


def test_what_is_negative(ledger: LedgerOptions, tmp_path: Path) -> None:
    kinds = ["Usage", "Purchase", "Credit", "Adjustment", "Tax"]
    bills = [{**ROW, "ChargeCategory": kind, "BilledCost": "-1"} for kind in kinds]
    brought(ledger, bill(tmp_path / "a.csv", bills))
    assert sorted(row["charge_category"] for row in rows(ledger)) == [
        "adjustment", "adjustment", "adjustment", "credit", "tax",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("missing", "added", "cloud"),
    [
        ((), {}, "AWS"),
        (("ProviderName",), {"ServiceProviderName": "Seller", "InvoiceIssuerName": "Issuer"}, "Seller"),
        ((), {"ServiceProviderName": "Seller"}, "Seller"),
        (("ProviderName",), {"InvoiceIssuerName": "Issuer"}, "Issuer"),
        (("ProviderName",), {"ServiceProviderName": "NULL", "InvoiceIssuerName": "Issuer"}, "Issuer"),
    ],
)
def test_who_provides_by_the_columns_of_each_version(
    ledger: LedgerOptions, tmp_path: Path, missing: tuple[str, ...], added: dict[str, str], cloud: str
) -> None:
    kept = {name: value for name, value in ROW.items() if name not in missing}
    brought(ledger, bill(tmp_path / "a.csv", [{**kept, **added}]))
    assert rows(ledger)[0]["cloud"] == cloud


def test_what_is_for_a_year_is_booked_by_the_day(ledger: LedgerOptions, tmp_path: Path) -> None:
    # 2026-10-01 to 2027-10-01 is 365 days; 100 over them leaves a rest that is not lost.
    row = {
        **ROW, "BilledCost": "100", "ChargePeriodStart": "2026-10-01T00:00:00Z",
        "ChargePeriodEnd": "2027-10-01T00:00:00Z",
    }  # fmt: skip
    found = brought(ledger, bill(tmp_path / "a.csv", [row]), spread=True)
    booked = rows(ledger)
    assert len(booked) == 365 == found["entries"]["recorded"]
    assert sum(one["amount_nano"] for one in booked) == 100 * 10**9
    assert {one["amount_nano"] for one in booked} == {273_972_602, 273_972_603}
    assert not brought(ledger, tmp_path / "a.csv", spread=True)["changed"]


@pytest.mark.parametrize("amount", [1_000_000_007, -1_000_000_007, 1, 0])
def test_the_days_of_a_charge_add_up(amount: int) -> None:
    begin, end = seconds(2026, 10, 1, 6), seconds(2026, 10, 4, 18)
    days = list(bill_staging.by_day(begin, end, amount))
    assert [(last - first) // 3_600 for first, last, _share in days] == [18, 24, 24, 18]
    assert sum(share for _first, _last, share in days) == amount


# --- files


@pytest.mark.parametrize(
    ("encoding", "separator", "named"),
    [
        ("utf-8", ",", None),
        ("utf-8-sig", ";", None),
        ("utf-16", "\t", None),
        ("utf-16-le", ",", None),
        ("utf-16-be", "|", None),
        ("latin-1", ";", "latin-1"),
    ],
)
def test_encodings_and_separators(
    ledger: LedgerOptions, tmp_path: Path, encoding: str, separator: str, named: str | None
) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding=encoding) as stream:
        csv.writer(stream, delimiter=separator).writerows(
            [["Date", "Net", "Büro"], ["2026-11-01Z", "1.5", "Zürich"]]
        )
    columns = {**TABLE["columns"], "tags.office": "Büro"}  # type: ignore[dict-item]
    brought(ledger, path, **{**TABLE, "columns": columns}, encoding=named)
    assert [row["tags"] for row in rows(ledger)] == ['{"office":"Zürich"}']


def test_another_encoding_has_to_be_named(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Date;Net;Ort\n2026-11-01Z;1;Zürich\n".encode("latin-1"))
    with pytest.raises(InvalidOption, match="a.csv' is not encoded in utf-8; name its `encoding`"):
        brought(ledger, path, **TABLE)
    with pytest.raises(InvalidOption, match="^encoding: 'klingon' is not an encoding"):
        brought(ledger, path, **TABLE, encoding="klingon")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("Date,Net,Net\n2026-11-01Z,1,2\n", "has the same name for its columns 2 and 3; which one counts?"),
        ("Date,Net\n2026-11-01Z,1\n2026-11-02Z\n", "a.csv line 3 has 1 cells where the file has 2 columns"),
        ("Date,Net\n2026-11-01Z,1,3\n", "a.csv line 2 has 3 cells where the file has 2 columns"),
        (
            'Date,Net\n2026-11-01Z,"1',
            "a.csv line 2 is not CSV (unexpected end of data); is the file cut off?",
        ),
        ("", "has no header"),
        ("Datum,Net\n", "a.csv has no column 'Date'."),
    ],
)
def test_files_that_are_refused(ledger: LedgerOptions, tmp_path: Path, said: str, says: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(said)
    with pytest.raises(InvalidOption) as refused:
        brought(ledger, path, **TABLE)
    assert says in str(refused.value)


def test_a_file_that_is_no_focus_is_refused(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "Date,BilledCost", "2026-11-01,1")
    with pytest.raises(InvalidOption, match="not of format focus: it lacks BillingCurrency, Charge"):
        brought(ledger, path)


def test_a_header_alone_changes_nothing_and_replaces_nothing(ledger: LedgerOptions, tmp_path: Path) -> None:
    brought(ledger, bill(tmp_path / "a.csv", [ROW]))
    header = text(tmp_path / "b.csv", ",".join(ROW))
    assert not brought(ledger, header)["changed"]
    with pytest.raises(InvalidOption, match="have no rows, so that they name no bill to replace"):
        brought(ledger, header, delivery="replace")
    assert len(rows(ledger)) == 1


def test_a_zip_of_one_file(ledger: LedgerOptions, tmp_path: Path) -> None:
    said = bill(tmp_path / "bill.csv", [ROW]).read_bytes()
    for count, path in ((1, tmp_path / "one.zip"), (2, tmp_path / "two.zip")):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(count):
                archive.writestr(f"bill-{number}.csv", said)
    assert brought(ledger, tmp_path / "one.zip")["totals"] == {"USD": "1.25"}
    with pytest.raises(InvalidOption, match="two.zip' holds 2 files; a zip of a bill holds one CSV"):
        brought(ledger, tmp_path / "two.zip")
    packed = (tmp_path / "one.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(packed[:-30])
    with pytest.raises(InvalidOption, match="cut.zip' is cut off or damaged"):
        brought(ledger, tmp_path / "cut.zip")


def test_parquet_with_its_own_types(ledger: LedgerOptions, tmp_path: Path) -> None:
    moment = pa.timestamp("ms", "UTC")
    said = {name: pa.array([value]) for name, value in ROW.items()}
    for name in ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd"):
        said[name] = pa.array([datetime.fromisoformat(ROW[name])], moment)
    said["BilledCost"] = pa.array([Decimal("1.25")], pa.decimal128(38, 10))
    said["ConsumedQuantity"] = pa.array([24.0])
    said["RegionId"] = pa.array([None], pa.string())
    said["Tags"] = pa.array([[("team", "web")]], pa.map_(pa.string(), pa.string()))
    said["ServiceName"] = pa.array(["EC2"]).dictionary_encode()
    folder = tmp_path / "bill"
    folder.mkdir()
    for part in ("part-0.parquet", "part-1.parquet"):
        parquet.write_table(pa.table(said), folder / part)
    assert brought(ledger, folder)["totals"] == {"USD": "2.5"}
    first = rows(ledger)[0]
    told = {name: first[name] for name in ("amount_nano", "quantity", "region", "tags", "metric")}
    assert told == {
        "amount_nano": 1_250_000_000, "quantity": "24", "region": None, "tags": '{"team":"web"}',
        "metric": "EC2",
    }  # fmt: skip
    assert first["period_begin"] == seconds(2026, 11, 1)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes((folder / "part-0.parquet").read_bytes()[:-20])
    with pytest.raises(InvalidOption, match="cut.parquet' is cut off or damaged"):
        brought(ledger, cut)


def manifest(folder: Path, said: Mapping[str, Any], name: str) -> None:
    (folder / name).write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("export-Manifest.json", {"dataFiles": ["s3://bucket/p/data/1.csv", "s3://bucket/p/data/2.csv"]}),
        ("report-Manifest.json", {"reportKeys": ["p/data/1.csv", "p/data/2.csv"]}),
        ("manifest.json", {"blobs": [{"blobName": "p/data/1.csv"}, {"blobName": "p/data/2.csv"}]}),
    ],
)
def test_a_manifest_names_the_parts_which_must_all_be_there(
    ledger: LedgerOptions, tmp_path: Path, name: str, said: Row
) -> None:
    data = tmp_path / "p" / "data"
    data.mkdir(parents=True)
    manifest(tmp_path / "p", said, name)
    bill(data / "1.csv", [ROW])
    # An older run that the manifest does not name.
    bill(data / "0.csv", [{**ROW, "BilledCost": "99"}])
    with pytest.raises(InvalidOption, match=rf"{name}' names 2.csv, which is not there; fetch all parts"):
        brought(ledger, tmp_path / "p")
    bill(data / "2.csv", [{**ROW, "BilledCost": "2"}])
    assert brought(ledger, tmp_path / "p")["totals"] == {"USD": "3.25"}
    assert not brought(ledger, tmp_path / "p" / name)["changed"]


def test_nothing_of_a_long_cell_is_repeated_whole(ledger: LedgerOptions, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption) as refused:
        one_row(ledger, tmp_path, {"BilledCost": "\x1b[31m" + "x" * 500})
    assert len(str(refused.value)) < 200 and "\x1b" not in str(refused.value)


def test_what_is_no_text_is_no_bill(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(InvalidOption, match=r"a\.csv'"):
        brought(ledger, path)


def test_a_line_without_an_end_is_not_held(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"Date,Net\n" + b"1" * 20_000_000))
    with pytest.raises(InvalidOption, match=r"a.csv.gz' has a line of 16 MB; is it a bill\?"):
        brought(ledger, path, **TABLE)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_system_ends_them(ledger: LedgerOptions, tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(["", "Date,Net", "2026-11-01Z,1", "", "2026-11-02Z,2"]).encode())
    assert brought(ledger, path, **TABLE)["totals"] == {"EUR": "3"}


def test_lines_are_counted_from_the_first_one(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "", " ", "Date,Net", "", "2026-11-01Z,1", "2026-11-02Z,free")
    with pytest.raises(InvalidOption, match="^files: a.csv line 6, column 'Net': 'free' is no number"):
        brought(ledger, path, **TABLE)


def test_two_runs_of_one_month_in_a_folder_are_refused(ledger: LedgerOptions, tmp_path: Path) -> None:
    for run in ("run-1", "run-2"):
        folder = tmp_path / "export" / run
        folder.mkdir(parents=True)
        bill(folder / f"{run}.csv", [ROW])
        manifest(folder, {"blobs": [{"blobName": f"p/{run}/{run}.csv"}]}, "manifest.json")
    with pytest.raises(
        InvalidOption, match="has 2 manifests of different parts; name the manifest of the new"
    ):
        brought(ledger, tmp_path / "export")
    assert brought(ledger, tmp_path / "export" / "run-2" / "manifest.json")["totals"] == {"USD": "1.25"}
