# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A deployment's verdict as a comment on a merge request (design/reports.md#rendering)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .inert_text import inert_line
from .template_environment import template_environment
from .verdict_comment import Comment, comment_of, format_end, format_known, without_keys

if TYPE_CHECKING:
    from markupsafe import Markup

_TEMPLATE = "verdict.md.j2"
#: GitHub takes comments of 65536 characters.
LONGEST = 60_000
#: All but letters, digits and punctuation without a meaning in Markdown, also in its tables. An underscore
#: within a word has none.
_MEANS = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[^A-Za-z0-9 .,;/=%+_-]")


def format_markdown(verdict: Mapping[str, Any], template_path: str | None = None) -> str:
    """The verdict as Markdown, of not more than LONGEST characters where the template is ours: those of the
    resources are left out that differ least. What is unknown is all there, with names that are alike as one,
    or at least as a count by reason.

    verdict: a result of deployment_verdict(). template_path: a folder with the user's verdict.md.j2. Raises
    InvalidOption for a template that cannot be rendered.
    """
    import jinja2

    environment = template_environment([] if template_path is None else [template_path])
    # A long comment is rendered several times.
    environment.filters["cell"] = cache(escape_cell)
    environment.filters["digits"] = lambda number: escape_cell(format_known(number))
    environment.filters["day"] = lambda moment: escape_cell(format_end(moment))
    try:
        template = environment.get_template(_TEMPLATE)
        return _shortened(comment_of(verdict), lambda one: template.render(verdict=verdict, comment=one))
    except jinja2.TemplateError as error:
        raise InvalidOption("template_path", f"{_TEMPLATE} cannot be rendered: {error}") from error
    except OSError as error:
        problem = f"'{error.filename}' cannot be read: {error.strerror}."
        raise InvalidOption("template_path", problem) from error
    except UnicodeDecodeError as error:
        raise InvalidOption("template_path", f"{_TEMPLATE} is not text in UTF-8.") from error


def _shortened(comment: Comment, render: Callable[[Comment], str]) -> str:
    """The text of as much of the comment as there is room for."""

    def fits(one: Comment) -> bool:
        return len(render(one)) <= LONGEST

    if fits(comment):
        return render(comment)
    for unknown in (comment.unknown, without_keys(comment.unknown)):
        one = replace(comment, unknown=unknown, hidden=len(comment.rows))
        if fits(one):
            return render(one.with_rows(_most(len(one.rows), partial(_fits_with_rows, one, fits))))
    listed = _most(one.listed, lambda shown: fits(replace(one.with_unknown(0, names=0), listed=shown)))
    one = replace(one, listed=listed)
    groups = _most(len(one.unknown), lambda kept: fits(one.with_unknown(kept, names=0)))
    names = _most(len(comment.rows), lambda shown: fits(one.with_unknown(groups, shown)))
    return render(one.with_unknown(groups, names))


def _fits_with_rows(one: Comment, fits: Callable[[Comment], bool], shown: int) -> bool:
    return fits(one.with_rows(shown))


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to the limit that fits; 0 where none does. Small ones are tried first, as they
    are rendered fast.
    """
    low, high = 0, min(1, limit)
    while high < limit and fits(high):
        low, high = high, min(2 * high, limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def escape_cell(value: object) -> Markup:
    """Text on one line that Markdown, its tables and HTML show as it is: every character that could have a
    meaning becomes a numeric character reference. Mentions and links in it are inert.
    """
    from markupsafe import Markup

    text = inert_line(str(value))
    # Nothing is left in the text that HTML could interpret.
    return Markup(_MEANS.sub(lambda one: f"&#{ord(one[0])};", text))  # noqa: S704
