# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Where templates of reports and verdicts come from, and how they print (design/reports.md#rendering)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._core.trusted_paths import read_trusted, resolve
from .._core.visible_text import visible_text

if TYPE_CHECKING:
    import jinja2

#: What Jinja takes of a loader: the text, the file's name, and whether it has not changed since.
_Loaded = tuple[str, str, Callable[[], bool]]
_SHIPPED = Path(__file__).parent / "templates"


def template_environment(user_folders: Sequence[str]) -> jinja2.Environment:
    """A Jinja environment that looks for a template in the user's folders first, then in ours.

    A template of the user may extend or include ours as `finops/report.html.j2`. All that a template prints
    is escaped. An undefined name is an error. Rendering raises OSError, with the file's name and the reason,
    for a template that cannot be read or that another user of the host could have put there.
    """
    import jinja2

    def load(name: str) -> _Loaded | None:
        places = [Path(folder, *jinja2.loaders.split_template_path(name)) for folder in user_folders]
        return next(filter(None, map(_load, places)), None)

    shipped = jinja2.FileSystemLoader(_SHIPPED)
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.FunctionLoader(load), shipped, jinja2.PrefixLoader({"finops": shipped})]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _load(place: Path) -> _Loaded | None:
    """A template of the user; None where there is none."""
    try:
        found = resolve(place)
        written = os.stat(found).st_mtime_ns
        text = read_trusted(found).decode()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place)) from error
    return text, str(place), lambda: os.stat(found).st_mtime_ns == written


def _shown(value: object) -> object:
    """What a template prints, with what a reader's terminal or browser would obey written out.

    Markup is what a filter has made of it already.
    """
    return visible_text(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
