"""The map in a real browser, with no name resolved: what is drawn, said and operated."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from gis.config import Settings
from gis.database import open_store
from gis.layer import Catalog
from tests.conftest import HOSTILE, REQUIRE_ALL, WELLS, _serve, publish
from webmap import create_app, leaflet

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
POINTS = ("Point", "MultiPoint")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
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


def collections(base: str) -> list[str]:
    with urlopen(f"{base}/collections?f=json") as answer:
        return [collection["id"] for collection in json.load(answer)["collections"]]


def features(base: str, layer_id: str) -> list[dict[str, Any]]:
    with urlopen(f"{base}/collections/{layer_id}/items?f=json&limit=10000") as answer:
        found: list[dict[str, Any]] = json.load(answer)["features"]
    return found


# --- what is drawn ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size['width']}x{size['height']}")
def test_the_map_opens_with_no_complaint_asks_nobody_else_and_fits(
    browser: Browser, live: str, size: dict[str, int]
) -> None:
    visit = Visit(browser, size)
    page = visit.open(f"{live}/")
    assert visit.complaints == []
    assert {urlsplit(url).netloc for url in visit.asked} == {urlsplit(live).netloc}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.close()


def test_every_feature_with_a_place_is_drawn_and_every_feature_counted(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/?f=html")
    for layer_id in collections(live):
        stored = features(live, layer_id)
        placed = [feature for feature in stored if feature["geometry"]]
        kind = placed[0]["geometry"]["type"] if placed else "Point"
        drawn = page.locator(f".mark[data-layer='{layer_id}']").count()
        assert drawn == (len(placed) if kind in POINTS else 0), layer_id
        count = page.locator(f"[data-layer='{layer_id}'] label .count").text_content()
        assert count == f"{len(stored):,}", layer_id


def test_each_feature_is_asked_for_once(visit: Visit, live: str) -> None:
    visit.open(f"{live}/")
    asked = [urlsplit(url).path for url in visit.asked if "/items" in url]
    assert sorted(asked) == sorted(f"/collections/{layer_id}/items" for layer_id in collections(live))


def test_names_on_the_map_do_not_cover_each_other(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#12/30.48/114.50")
    page.wait_for_timeout(300)
    boxes = page.locator(".name").evaluate_all(
        "nodes => nodes.map(n => n.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
    )
    assert len(boxes) > 15
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            assert across < 4 or down < 2, (a, b)


def test_things_known_only_to_their_district_stand_apart_when_near(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    stack = page.locator(".stack").first
    shown = page.locator(".mark:not([hidden])").count()
    held = int(stack.text_content() or "0")
    stack.click()
    page.wait_for_function(
        "n => document.querySelectorAll('.mark:not([hidden])').length >= n", arg=shown + held
    )


def test_the_layers_can_be_switched_and_a_theme_shows_that_some_are_off(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    theme = page.locator(".theme").nth(1)
    boxes = theme.locator("li > label input")
    pane = page.locator(f".leaflet-layer-{theme.locator('li').first.get_attribute('data-layer')}-pane")
    boxes.first.uncheck()
    expect(pane).to_be_hidden()
    assert theme.locator("summary input").evaluate("box => box.indeterminate")
    theme.locator("summary input").uncheck()
    expect(boxes.last).not_to_be_checked()
    theme.locator("summary input").check()
    expect(boxes.first).to_be_checked()


# --- cards ------------------------------------------------------------------------------------


def test_a_hostile_name_is_shown_as_the_text_it_is(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/#15/30.4/114.4")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    mark = page.locator(".mark[data-id='5']")
    mark.hover()
    assert page.locator(".hint").text_content() == HOSTILE
    mark.click()
    assert page.locator(".card h2").text_content() == HOSTILE
    assert page.locator(".card img, .card script, .name img").count() == 0
    assert page.locator(".name.point").filter(has_text="alert(1)").text_content() == HOSTILE


def test_a_card_is_opened_and_closed_by_keyboard(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/")
    mark = page.locator(".mark[data-id='1']")
    assert mark.get_attribute("aria-label") == "1号井"
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text("1号井")
    page.keyboard.press("Escape")
    expect(page.locator(".card")).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.id") == "1"


def test_a_card_tells_values_in_words_with_units(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/")
    page.locator(".mark[data-id='2']").click(force=True)
    words = page.locator(".card").inner_text()
    for word in ("机井", "武汉市", "21 m", "已建", "点位，误差 ±20 m", "114.10000, 30.10000", "2021-06-02"):
        assert word in words
    link = page.locator(".card footer a").get_attribute("href")
    assert link == f"{wells_live}/collections/wells/items/2?f=html"


def test_a_feature_without_a_place_is_counted_and_not_drawn(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/")
    assert page.locator(".mark").count() == 5
    row = page.locator("li[data-layer='wells']")
    assert row.locator("label .count").text_content() == "6"
    assert "1 个" in row.locator(".line").inner_text()


# --- what fails -------------------------------------------------------------------------------


def test_a_layer_that_fails_says_so_and_is_loaded_again(browser: Browser, live: str) -> None:
    visit = Visit(browser, DESK)
    first = collections(live)[-1]
    visit.page.route(f"**/collections/{first}/items*", lambda route: route.fulfill(status=503, body="{}"))
    page = visit.open(f"{live}/")
    row = page.locator(f"li[data-layer='{first}']")
    expect(row.locator(".line")).to_contain_text("503")
    assert page.locator(".mark").count() > 0
    page.unroute(f"**/collections/{first}/items*")
    row.get_by_role("button", name="重试").click()
    expect(row).to_have_attribute("data-state", "ready")
    expect(row.locator(".line button")).to_have_count(0)
    page.close()


def test_pages_are_followed_to_the_end(visit: Visit, wells_live: str) -> None:
    small = f"{wells_live}/collections/wells/items?limit=2"
    visit.page.route(
        "**/collections/wells/items?limit=10000", lambda route: route.fulfill(response=route.fetch(url=small))
    )
    page = visit.open(f"{wells_live}/")
    assert page.locator(".mark").count() == 5


# --- where one is -----------------------------------------------------------------------------


def test_the_address_keeps_the_view(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#12/30.4800/114.5000")
    assert page.evaluate("map_corridor.getZoom()") == 12
    page.get_by_role("button", name="放大").click()
    page.wait_for_function("() => location.hash.startsWith('#13/')")
    page.get_by_role("button", name="全图").click()
    page.wait_for_function("() => map_corridor.getZoom() < 9")


@pytest.mark.parametrize("odd", ["#nonsense", "#99999/1/1/1", "#8/300/999", "#99/30/114", "#8/NaN/1"])
def test_an_impossible_address_opens_the_whole(visit: Visit, live: str, odd: str) -> None:
    page = visit.open(f"{live}/{odd}")
    assert page.locator(".name.major").count() >= 4


def test_the_map_says_what_it_may_be_used_for(visit: Visit, live: str) -> None:
    words = visit.open(f"{live}/").locator(".imprint").inner_text()
    for word in ("内部资料 未经审图", "界线不作为划界依据", "GeoNames", "数据版本", "Leaflet"):
        assert word in words


def test_the_map_speaks_english(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/?lang=en")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator(".panel h2").inner_text() == "Layers and legend"
    expect(page.locator(".name.major").filter(has_text="Wuhan")).to_have_count(1)


# --- phone and file ---------------------------------------------------------------------------


def test_on_a_phone_panel_and_card_come_from_below(browser: Browser, live: str) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{live}/#12/30.48/114.50")
    expect(page.locator(".panel")).to_be_hidden()
    page.get_by_role("button", name="图层").click()
    expect(page.locator(".panel")).to_be_visible()
    page.get_by_role("button", name="收起图层").click()
    expect(page.locator(".panel")).to_be_hidden()
    page.locator(".mark:not([hidden])").first.evaluate("node => node.click()")
    expect(page.locator(".card-sheet .card")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="关闭").click()
    expect(page.locator(".card-sheet")).to_have_count(0)
    assert visit.complaints == []
    page.close()


def test_a_saved_map_draws_the_same_with_nobody_to_ask(
    browser: Browser, wells_live: str, tmp_path: Path
) -> None:
    data = json.dumps({"type": "FeatureCollection", "features": features(wells_live, "wells")})
    fmap = leaflet.build(Catalog([WELLS]), about=leaflet.About("v1"), features=lambda _layer: data)
    fmap.save(str(tmp_path / "map.html"))
    visit = Visit(browser, DESK)
    page = visit.open((tmp_path / "map.html").as_uri())
    assert page.locator(".mark").count() == 5
    assert page.evaluate("map_corridor.getZoom()") > 7
    assert (visit.complaints, [url for url in visit.asked if not url.startswith("file:")]) == ([], [])
    page.close()
