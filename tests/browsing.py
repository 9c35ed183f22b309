"""A real browser for the tests of the map, with no name resolved: visits that remember what was said and asked."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, sync_playwright

from gis.config import Settings
from gis.database import open_store
from gis.layer import Catalog
from tests.conftest import REQUIRE_ALL, WELLS, _serve, publish
from webmap import create_app

CHROMIUM = os.environ.get("CORRIDOR_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SIZES = [DESK, {"width": 1024, "height": 768}, PHONE]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    if not Path(CHROMIUM).exists():
        message = f"no Chromium at {CHROMIUM} (make test installs one)"
        pytest.fail(message) if REQUIRE_ALL else pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


class Visit:
    """A page of the browser that remembers what it complained about and whom it asked."""

    def __init__(self, browser: Browser, viewport: dict[str, int]) -> None:
        self.page: Page = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on(
            "console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text)
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._remember)

    def _remember(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob"):
            self.asked.append(request.url)

    def open(self, url: str) -> Page:
        self.page.goto(url)
        self.page.wait_for_selector("body[data-ready]", timeout=30_000)
        return self.page


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A visit at a desk, which ends without a complaint."""
    visit = Visit(browser, DESK)
    yield visit
    visit.page.close()
    assert visit.complaints == []


@pytest.fixture(scope="module")
def wells_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service that has the wells alone."""
    settings = Settings(database=f"sqlite:///{tmp_path_factory.mktemp('wells') / 'wells.sqlite'}")
    store = open_store(settings)
    publish(store)
    yield from _serve(create_app(settings, Catalog([WELLS]), store))
    store.close()


def saying(text: str) -> re.Pattern[str]:
    """An address that holds a text. It follows the map, so it is waited for: `expect(page).to_have_url`."""
    return re.compile(re.escape(text))


def facet(page: Page, value: str) -> Locator:
    """The box of a value in the filter."""
    return page.locator(".filters").get_by_role("checkbox", name=value, exact=False).first


def collections(base: str) -> list[str]:
    with urlopen(f"{base}/collections?f=json") as answer:
        return [collection["id"] for collection in json.load(answer)["collections"]]


def features(base: str, layer_id: str) -> list[dict[str, Any]]:
    with urlopen(f"{base}/collections/{layer_id}/items?f=json&limit=10000") as answer:
        found: list[dict[str, Any]] = json.load(answer)["features"]
    return found
