# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders a comment as GitHub does, by GitHub's own fork of cmark, into a page.

PYTHON comment.py MARKDOWN PAGE, with cmarkgfm.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

#: About as wide as a comment is there, and what is wider scrolls by itself, as there.
STYLE = """
body { font: 14px/1.5 sans-serif; max-width: 880px; margin: 1em auto; color: #1f2328; background: #fff }
table { border-collapse: collapse; display: block; overflow: auto; max-width: 100% }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px }
code { background: #eff1f3; font-size: 85%; padding: .2em .4em; overflow-wrap: anywhere }
"""
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Comment</title>'
    '<meta name="viewport" content="width=device-width"><style>{style}</style></head>'
    "<body><main><h1>A change</h1>{body}</main></body></html>"
)


def main(markdown: str, page: str) -> None:
    """Render it."""
    text = Path(markdown).read_text(encoding="utf-8")
    body = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    Path(page).write_text(PAGE.format(style=STYLE, body=body), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
