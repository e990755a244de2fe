# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A deployment's verdict as a comment on a merge request (design/reports.md#rendering)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .inert_text import inert_line
from .template_environment import template_environment

if TYPE_CHECKING:
    from markupsafe import Markup

_TEMPLATE = "verdict.md.j2"
#: Letters, digits and punctuation without a meaning in Markdown, also in its tables.
_PLAIN = re.compile(r"[A-Za-z0-9 .,;/=%+-]")


def format_markdown(verdict: Mapping[str, Any], template_path: str | None = None) -> str:
    """The verdict as Markdown.

    verdict: a result of deployment_verdict(). template_path: a folder with the user's verdict.md.j2. Raises
    InvalidOption for a template that cannot be rendered.
    """
    import jinja2

    environment = template_environment([] if template_path is None else [template_path])
    environment.filters["cell"] = escape_cell
    try:
        return environment.get_template(_TEMPLATE).render(verdict=verdict)
    except jinja2.TemplateError as error:
        raise InvalidOption("template_path", f"{_TEMPLATE} cannot be rendered: {error}") from error
    except OSError as error:
        problem = f"'{error.filename}' cannot be read: {error.strerror}."
        raise InvalidOption("template_path", problem) from error
    except UnicodeDecodeError as error:
        raise InvalidOption("template_path", f"{_TEMPLATE} is not text in UTF-8.") from error


def escape_cell(value: object) -> Markup:
    """Text on one line that Markdown, its tables and HTML show as it is: every character that could have a
    meaning becomes a numeric character reference. Mentions and links in it are inert.
    """
    from markupsafe import Markup

    text = inert_line(str(value))
    # Nothing is left in the text that HTML could interpret.
    return Markup("".join(one if _PLAIN.match(one) else f"&#{ord(one)};" for one in text))  # noqa: S704
