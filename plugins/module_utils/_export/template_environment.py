# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Where templates of reports and verdicts come from, and how they print (design/reports.md#rendering)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2

_SHIPPED = Path(__file__).parent / "templates"


def template_environment(user_folders: Sequence[str]) -> jinja2.Environment:
    """A Jinja environment that looks for a template in the user's folders first, then in ours.

    A template of the user may extend or include ours as `finops/report.html.j2`. All that a template prints
    is escaped. An undefined name is an error.
    """
    import jinja2

    shipped = jinja2.FileSystemLoader(_SHIPPED)
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader(list(user_folders)), shipped, jinja2.PrefixLoader({"finops": shipped})]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
