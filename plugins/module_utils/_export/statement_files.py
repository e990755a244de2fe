# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A statement as a page and as a table (design/reports.md#statements). Every name in it is text and nothing
else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from .._core.errors import InvalidOption
from .._core.files import refusing
from .._core.money import format_exact
from .._core.periods import iso
from .._core.trusted_paths import resolve
from .formulas import defused
from .inert_text import inert_line
from .report_files import write_report_file
from .statement import Position, Statement, StatementQuestion

HTML, CSV = "html", "csv"
FORMATS = (HTML, CSV)
COLUMNS = (
    "number", "project_id", "project_name", "period_start", "period_end", "row", "charge_category",
    "category", "metric", "region", "amount", "currency", "tax_rate", "final",
)  # fmt: skip
_STYLE = (
    "body{font-family:sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3em;border-bottom:1px solid #767676}"
    "td:last-child,th:last-child{text-align:right}.sum{font-weight:bold}"
)


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head><body><main>
<h1>{title}</h1>
{status}<table>
{head}</table>
<table><thead><tr><th scope="col">Position</th><th scope="col">Region</th><th scope="col">{currency}</th></tr>
</thead><tbody>
{positions}{sums}</tbody></table></main></body></html>
"""
_HEAD = '<tr><th scope="row">{name}</th><td>{value}</td></tr>\n'
_SUM = '<tr class="sum"><th scope="row">{name}</th><td></td><td>{amount}</td></tr>\n'


def write_statements(
    made: Sequence[Statement],
    question: StatementQuestion,
    folder: str,
    formats: Sequence[str],
    check_mode: bool,
) -> tuple[bool, dict[str, list[str]]]:
    """Write each statement into the folder, one file per format. Whether any was changed, and the files by
    the number of their statement. Raises InvalidOption for a folder that is not there or a file that cannot
    be written.
    """
    with refusing("dest", folder):
        place = resolve(Path(folder))
    if not place.is_dir():
        raise InvalidOption("dest", f"'{folder}' is not an existing folder.")
    write: dict[str, Any] = {HTML: format_page, CSV: format_table}
    changed, files = False, {}
    for one in made:
        paths = {name: place / f"{one.number}.{name}" for name in formats}
        for name, path in paths.items():
            content = write[name](one, question)
            changed |= write_report_file(path, content, question.attributes, "dest", check_mode)
        files[one.number] = [str(path) for path in paths.values()]
    return changed, files


def format_table(statement: Statement, question: StatementQuestion) -> str:
    """The CSV of a statement: a row for each position, and for net, tax and gross."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in _rows(statement, question):
        writer.writerow(row)
    return text.getvalue()


def _rows(statement: Statement, question: StatementQuestion) -> Iterator[list[str]]:
    names = [_cell(statement.project_id), _cell(statement.project_name)]
    begin = [statement.number, *names, iso(question.month.begin), iso(question.month.end)]
    end = [question.currency, format_exact(question.tax_rate), "false" if statement.reasons else "true"]
    for one in statement.positions:
        of = [one.charge_category, one.category, _cell(one.metric or ""), _cell(one.region or "")]
        yield [*begin, "position", *of, _number(one.amount, question), *end]
    for name, amount in (("net", statement.net), ("tax", statement.tax), ("gross", statement.gross)):
        yield [*begin, name, "", "", "", "", _number(amount, question), *end]


def format_page(statement: Statement, question: StatementQuestion) -> str:
    """The HTML of a statement, a page without scripts and without anything from elsewhere."""
    title = f"Statement {statement.number}"
    head = [
        ("Project", statement.project_name),
        ("Project ID", statement.project_id),
        ("Month", question.label),
        ("Period", f"{iso(question.month.begin)} to {iso(question.month.end)} (exclusive)"),
        *([("Issued by", question.issuer)] if question.issuer else []),
    ]
    sums = [
        ("Net", statement.net),
        (f"{question.tax_name} {format_exact(question.tax_rate)} %", statement.tax),
        ("Total", statement.gross),
    ]
    reasons = "".join(f"<li>{_text(reason)}</li>" for reason in statement.reasons)
    return _PAGE.format(
        title=_text(title),
        style=_STYLE,
        status=f"<p>Not final:</p><ul>{reasons}</ul>\n" if reasons else "",
        head="".join(
            f'<tr><th scope="row">{name}</th><td>{_text(value)}</td></tr>\n' for name, value in head
        ),
        currency=_text(question.currency),
        positions="".join(_position(one, question) for one in statement.positions),
        sums="".join(_SUM.format(name=_text(name), amount=_number(one, question)) for name, one in sums),
    )


def _position(one: Position, question: StatementQuestion) -> str:
    what = f"{one.charge_category}: {one.metric or one.category}"
    number = _number(one.amount, question)
    return f"<tr><td>{_text(what)}</td><td>{_text(one.region or '')}</td><td>{number}</td></tr>\n"


def _number(amount: Decimal, question: StatementQuestion) -> str:
    return f"{amount + 0:.{question.places}f}"


def _cell(text: str) -> str:
    return defused(inert_line(text))


def _text(text: str) -> str:
    return escape(inert_line(text))
