"""The pictures of the README, taken of a running service: `python tools/pictures.py http://127.0.0.1:8000/`.

Needs Chromium and the packages of the tests.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parents[1] / "docs"
CHROMIUM = os.environ.get("CORRIDOR_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
SIZE = {"width": 1440, "height": 900}
# Each picture with the state of the map that it shows.
PICTURES: Mapping[str, str] = {
    "map": "",
    "map-area": "#10.6/30.47/114.52&tab=area&area=polygon:114.3,30.4,114.62,30.4,114.68,30.5,114.5,30.56,114.32,30.54",
    "map-indicator": "#8.4/30.32/114.83&tab=figures&indicator=高新技术产业增加值占GDP比重|%25|level/target/jenks",
}


def main(base: str) -> None:
    """Take every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, state in PICTURES.items():
            take(browser, f"{base}{state}", DOCS / f"{name}.png")
        browser.close()


def take(browser: Browser, url: str, path: Path) -> None:
    """Save what the map shows at an address. Raises when it ignores a part of it."""
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(1000)  # names fade in
    ignored = page.locator(".notice.ignored").all_text_contents()
    if ignored:
        raise SystemExit(f"{url}: {ignored[0]}")
    page.screenshot(path=path)
    page.close()


if __name__ == "__main__":
    main(sys.argv[1])
