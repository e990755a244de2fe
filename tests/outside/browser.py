# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a page in a headless Chromium at two widths, light and dark and on paper, and prints what came of it
as JSON.

PYTHON browser.py PAGE CHROMIUM AXE FOLDER, with playwright; screenshots and the print go into FOLDER.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

WIDTHS = {"desktop": (1280, 900), "phone": (375, 812)}
SCHEMES = ("light", "dark")
#: What axe-core calls grave.
GRAVE = ("serious", "critical")


def looked_at(page: Page, url: str, axe: str, picture: Path) -> dict[str, Any]:
    """Open a page; what it asked for, what its console said, whether it is wider than the window, and what
    axe-core finds.
    """
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    page.screenshot(path=picture, full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    grave = [one["id"] for one in found["violations"] if one["impact"] in GRAVE]
    rules = len(found["passes"])
    return {"asked": asked, "said": said, "wide": wide, "first": first, "grave": grave, "rules": rules}


def main(place: str, chromium: str, axe_file: str, folder: str) -> None:
    """Look at the page in every way."""
    url, axe = Path(place).resolve().as_uri(), Path(axe_file).read_text(encoding="utf-8")
    told: dict[str, Any] = {}
    with sync_playwright() as playwright:
        # In a container there is no sandbox to be had, and the page is ours.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (width, height) in WIDTHS.items():
            for scheme in SCHEMES:
                # The page forbids scripts: without this axe-core could not look at it.
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
                )
                picture = Path(folder) / f"{name}-{scheme}.png"
                told[f"{name}-{scheme}"] = looked_at(context.new_page(), url, axe, picture)
        page = browser.new_page()
        page.goto(url)
        page.pdf(path=Path(folder) / "print.pdf", format="A4", print_background=True)
        browser.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
