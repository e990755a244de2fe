# Copyright (c) 2026, finops.cloud contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site of `make docs`: the pages of docs/ as they are, and a page of each module."""

project = "finops.cloud"
copyright = "2026, finops.cloud contributors"  # noqa: A001  # Sphinx's name for it
html_title = "finops.cloud"
root_doc = "index"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
highlight_language = "yaml"
# Pages link to headings as GitHub names them.
myst_heading_anchors = 4
myst_enable_extensions = ["tasklist"]
myst_links_external_new_tab = False
# Links to files of the repository that are no pages are made addresses there, by the harness.
suppress_warnings = ["myst.header", "config.cache"]

html_theme = "furo"
html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_theme_options = {
    "source_repository": "https://github.com/finops-cloud/finops.cloud/",
    "source_branch": "main",
    "top_of_page_buttons": [],
}
