# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements of a Python file, each with the expressions that are its own and when it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Place:
    """A statement without the statements in it: of `if`, `for` and the like it is the head.

    first_line, last_line: whoever runs one of these lines may notice a change of the statement. These are its
    own lines; of a function's head all lines of the function, and in a class body all lines of the class.
    names: what a statement binds that runs at import, or the class that it is in; None where it runs later.
    raises: it raises an error, so its strings are messages.
    """

    statement: ast.AST
    expressions: tuple[ast.expr, ...]
    first_line: int
    last_line: int
    names: frozenset[str] | None
    raises: bool = False


@dataclass(frozen=True)
class _Around:
    """What a block stands in: a file, a class at import, or a function."""

    at_import: bool
    outermost_class: ast.ClassDef | None = None


def places(tree: ast.Module) -> Iterator[Place]:
    """The places of a file, without those that say nothing at run time: see the list in changes.py."""
    return _of_block(tree.body, _Around(at_import=True))


def _of_block(block: Iterable[ast.stmt], around: _Around) -> Iterator[Place]:
    for statement in block:
        if not _is_silent(statement):
            yield from _of_statement(statement, around)


def _of_statement(statement: ast.stmt, around: _Around) -> Iterator[Place]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield _head_of_function(statement, around)
            yield from _of_block(statement.body, _Around(at_import=False))
        case ast.ClassDef():
            inside = replace(around, outermost_class=around.outermost_class or statement)
            kept = tuple(decorator for decorator in statement.decorator_list if not _is_dataclass(decorator))
            keywords = tuple(keyword.value for keyword in statement.keywords)
            yield _place(statement, (*kept, *statement.bases, *keywords), inside)
            yield from _of_block(statement.body, inside)
        case _:
            yield _simple(statement, around)
            for guard, block in _blocks(statement):
                if guard is not None:
                    yield _place(guard, (guard,), around)
                yield from _of_block(block, around)


def _simple(statement: ast.stmt, around: _Around) -> Place:
    """The place of a statement that defines nothing, its blocks left out."""
    annotations = [statement.annotation] if isinstance(statement, ast.AnnAssign) else []
    own = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)]
    managers = [item.context_expr for item in getattr(statement, "items", [])]
    return _place(statement, tuple(node for node in (*own, *managers) if node not in annotations), around)


def _head_of_function(statement: ast.FunctionDef | ast.AsyncFunctionDef, around: _Around) -> Place:
    defaults = (
        *statement.args.defaults,
        *(value for value in statement.args.kw_defaults if value is not None),
    )
    # Who calls the function runs its lines: nobody needs to be found by a name.
    names = frozenset[str]() if around.at_import else None
    return Place(statement, (*statement.decorator_list, *defaults), *_lines(statement), names)


def _place(statement: ast.stmt | ast.expr, expressions: tuple[ast.expr, ...], around: _Around) -> Place:
    names, lines = None, _own_lines(statement)
    if around.at_import:
        names = frozenset(_bound(statement))
        if around.outermost_class is not None:
            names, lines = frozenset({around.outermost_class.name}), _lines(around.outermost_class)
    return Place(statement, expressions, *lines, names, isinstance(statement, ast.Raise))


def _lines(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _own_lines(statement: ast.stmt | ast.expr) -> tuple[int, int]:
    """The lines of a statement up to the first that stands in it."""
    body = _body(statement)
    return statement.lineno, max(statement.lineno, body[0].lineno - 1) if body else _lines(statement)[1]


def _body(statement: ast.stmt | ast.expr) -> Sequence[ast.stmt | ast.pattern]:
    """The first block of a statement, empty where it has none."""
    if isinstance(statement, ast.expr):
        return []
    if isinstance(statement, ast.Match):
        return [statement.cases[0].pattern]
    body: list[ast.stmt] = getattr(statement, "body", [])
    return body


def _blocks(statement: ast.stmt) -> Iterator[tuple[ast.expr | None, list[ast.stmt]]]:
    """The blocks of a statement, each after what it asks: the guard of a case, the errors of a handler."""
    for name in ("body", "orelse", "finalbody"):
        yield None, getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.type, handler.body
    for case in getattr(statement, "cases", []):
        yield case.guard, case.body


def _bound(statement: ast.AST) -> set[str]:
    """The names that an assignment binds, without those of comprehensions in it."""
    targets = [*getattr(statement, "targets", []), *filter(None, [getattr(statement, "target", None)])]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _is_silent(statement: ast.stmt) -> bool:
    """Whether nothing at run time depends on the operators in it."""
    match statement:
        case ast.FunctionDef(name="__repr__"):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.If(test=ast.Attribute(attr="TYPE_CHECKING")):
            return True
        case _:
            return False


def _is_dataclass(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) in {"dataclass", "dataclasses.dataclass"}
