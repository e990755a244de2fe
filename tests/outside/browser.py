# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a page in a headless Chromium at three widths, light and dark, without scripts and on paper, and
prints what came of it as JSON.

PYTHON browser.py PAGE CHROMIUM AXE FOLDER, with playwright; screenshots and the print go into FOLDER.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"desktop": (1440, 900), "tablet": (768, 1024), "phone": (390, 844)}
SCHEMES = ("light", "dark")
#: What axe-core calls grave.
GRAVE = ("serious", "critical")
#: How many things there are for a keyboard, but for what is folded.
FOCUSABLE = """
[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
    .filter((one) => one.checkVisibility()).length
"""
FOCUSED = "document.activeElement === document.body ? null : document.activeElement.textContent"
MOST_STOPS = 2000


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
    first, stops = by_keyboard(page)
    unreached = page.evaluate(FOCUSABLE) - stops
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    grave = [one["id"] for one in found["violations"] if one["impact"] in GRAVE]
    rules = len(found["passes"])
    return {
        "asked": asked,
        "said": said,
        "wide": wide,
        "first": first,
        "unreached": unreached,
        "grave": grave,
        "rules": rules,
    }


def by_keyboard(page: Page) -> tuple[str, int]:
    """The text of the first thing that the Tab key reaches, and how many it reaches in all."""
    seen: list[str] = []
    while len(seen) < MOST_STOPS:
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None:
            break
        seen.append(here)
    return seen[0], len(seen)


def without_scripts(browser: Browser, url: str, picture: Path) -> str:
    """The text of the page where scripts are blocked."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(url)
    page.screenshot(path=picture, full_page=True)
    return page.locator("main").inner_text()


def under_its_policy(browser: Browser, url: str) -> dict[str, Any]:
    """What the console says while the page's own policy holds, how many heads it can be sorted by, and of the
    last table that can be searched the rows that are shown, before and after its first name is searched.
    """
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(url)
    heads = page.locator("thead button").count()
    found: dict[str, Any] = {"said": said, "heads": heads, "rows": None, "found": None}
    box = page.locator(".sortable:has(input[type=search])").last
    if box.count():
        rows = box.locator("tbody tr:visible")
        name = box.locator("tbody th .name").first.inner_text()
        found["rows"] = rows.count()
        box.locator("input[type=search]").fill(name)
        found["found"] = rows.count()
    return found


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
        told["no-script"] = without_scripts(browser, url, Path(folder) / "no-script.png")
        told["policy"] = under_its_policy(browser, url)
        page = browser.new_page()
        page.goto(url)
        page.pdf(path=Path(folder) / "print.pdf", format="A4", print_background=True)
        browser.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
