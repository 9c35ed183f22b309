"""Many features: a large layer is drawn from its vector tiles, and choices are shown at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from gis import repository
from gis.config import Settings
from gis.database import open_store
from gis.feature import Feature, rounded
from gis.layer import Catalog
from tests.browsing import DESK, Visit
from tests.conftest import WELLS, _serve, properties
from webmap import create_app

MANY, SOME = 12_000, 4_900
FIRST_PAINT_MS, RESPONSE_MS = 1500, 100


def wells(number: int) -> Iterator[Feature]:
    """Wells about Wuhan, the first in a place of its own."""
    chance = random.Random(7)
    for i in range(1, number + 1):
        place = (114.5, 30.5) if i == 1 else (chance.gauss(114.0, 0.12), chance.gauss(30.2, 0.08))
        kind = "dug" if i % 3 else "drilled"
        values = properties(WELLS, f"well-{i}", name=f"{i}号井", kind=kind, city=420100, status="built")
        yield Feature(i, rounded(shapely.Point(place)), values)


def serve(folder: str, number: int) -> Iterator[str]:
    settings = Settings(database=f"sqlite:///{folder}/wells.sqlite")
    store = open_store(settings)
    with store.publish() as connection:
        repository.begin(connection)
        repository.replace(connection, WELLS, wells(number))
        repository.finish(connection, "many")
    yield from _serve(create_app(settings, Catalog([WELLS]), store))
    store.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with more wells than are drawn one by one."""
    yield from serve(str(tmp_path_factory.mktemp("many")), MANY)


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with about as many wells as are drawn one by one."""
    yield from serve(str(tmp_path_factory.mktemp("some")), SOME)


def inked(page: Page) -> int:
    """How many pixels the tiles have drawn."""
    drawn: int = page.evaluate(
        """() => [...document.querySelectorAll('.leaflet-layer-wells-pane canvas')].reduce((sum, canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return sum + data.filter((value, i) => i % 4 === 3 && value > 0).length;
        }, 0)"""
    )
    return drawn


def test_a_large_layer_is_drawn_from_its_tiles_alone(visit: Visit, many: str) -> None:
    page = visit.open(f"{many}/#10/30.2/114.0")
    page.wait_for_function("() => document.querySelectorAll('.leaflet-tile-loaded').length > 4")
    assert inked(page) > 3_000
    paths = {urlsplit(url).path for url in visit.asked}
    assert not any(path.endswith("/items") for path in paths)
    row = page.locator("li[data-layer='wells']")
    assert row.locator(".row .count").text_content() == f"{MANY:,}"
    expect(row.locator(".line")).to_contain_text("切片")


def test_one_of_very_many_opens_its_card(visit: Visit, many: str) -> None:
    page = visit.open(f"{many}/#16/30.5/114.5")
    page.wait_for_function("() => document.querySelectorAll('.leaflet-tile-loaded').length > 4")
    box = page.locator(".folium-map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".card h2")).to_have_text("1号井")
    assert page.evaluate("document.querySelectorAll('.mark').length") == 0


def test_a_large_layer_can_be_switched_off_and_says_when_its_tiles_fail(browser: Browser, many: str) -> None:
    visit = Visit(browser, DESK)
    page = visit.page
    page.route("**/tiles/**", lambda route: route.fulfill(status=503, body=""))
    visit.open(f"{many}/#10/30.2/114.0")
    row = page.locator("li[data-layer='wells']")
    expect(row.locator(".line")).to_contain_text("503")
    page.unroute("**/tiles/**")
    row.get_by_role("button", name="重试").click()
    page.wait_for_function("() => document.querySelectorAll('.leaflet-tile-loaded').length > 4")
    row.locator(".row input").uncheck()
    expect(page.locator(".leaflet-layer-wells-pane")).to_be_hidden()
    page.close()


def longest_task(page: Page, action: str) -> float:
    """How long the page was busy with what a click brought about, until it was drawn."""
    spent: float = page.evaluate(
        """async (action) => {
          const start = performance.now();
          (0, eval)(action);
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          return performance.now() - start;
        }""",
        action,
    )
    return spent


def test_first_paint_and_choices_are_quick(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&tab=filter")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < FIRST_PAINT_MS
    toggle = "document.querySelector('.facet[open] input').click()"
    spent = min(longest_task(page, toggle) for _ in range(4))
    assert spent < RESPONSE_MS


def test_five_thousand_features_are_sifted_without_making_them_anew(visit: Visit, some: str) -> None:
    page = visit.open(f"{some}/#10/30.2/114.0&tab=filter")
    assert page.locator(".mark").count() == SOME
    page.evaluate("window.kept = document.querySelector('.mark')")
    facet = "document.querySelector('.facet input').click()"
    spent = min(longest_task(page, facet) for _ in range(4))
    assert page.evaluate("window.kept.isConnected")
    assert spent < RESPONSE_MS * 5  # the drawing of thousands, where other tests run beside it


def test_the_page_is_light(visit: Visit, live: str) -> None:
    weights: list[int] = []
    visit.page.on("response", lambda answer: "/static/" in answer.url and weights.append(len(answer.body())))
    visit.open(f"{live}/")
    assert 100_000 < sum(weights) < 500_000
