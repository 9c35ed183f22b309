"""Many features: a large layer is drawn from tiles, and filtered, listed, searched and counted all the same."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
import shapely
from playwright.sync_api import Browser, Page, Response, expect

from gis import storing
from gis.config import Settings
from gis.database import open_store
from gis.feature import Feature, rounded
from gis.layer import Catalog, Layer
from tests.browsing import DESK, Visit, facet
from tests.conftest import FIELDS, TRACKS, WELLS, _serve, properties
from webmap import create_app, leaflet, onefile

MANY, SOME = 12_000, 3_000
DUG = 2 * MANY // 3
DETAIL, AFAR = "#12/30.2/114.0", "#7/30.2/114.0"
HEAVIEST = 1_000_000  # bytes of a page without its data, compressed


def wells(number: int) -> Iterator[Feature]:
    """Wells about one place, the first by itself; two of three are dug."""
    chance = random.Random(7)
    for i in range(1, number + 1):
        place = (114.5, 30.5) if i == 1 else (chance.gauss(114.0, 0.12), chance.gauss(30.2, 0.08))
        kind = "dug" if i % 3 else "drilled"
        status = "built" if i % 2 else "planned"
        values = properties(WELLS, f"well-{i}", name=f"{i}号井", kind=kind, city=420100, status=status)
        yield Feature(i, rounded(shapely.Point(place)), values)


def shapes(layer: Layer, number: int) -> Iterator[Feature]:
    """Lines or squares side by side in rows."""
    for i in range(1, number + 1):
        x, y = 114 + i % 10 * 0.01, 30.2 + i // 10 * 0.01
        square = shapely.box(x, y, x + 0.008, y + 0.008)
        shape = (
            shapely.MultiPolygon([square]) if layer is FIELDS else shapely.MultiLineString([square.exterior])
        )
        yield Feature(i, rounded(shape), properties(layer, f"{layer.id}-{i}", name=f"{i}号"))


def serve(folder: Path, contents: dict[Layer, Iterator[Feature]]) -> Iterator[str]:
    settings = Settings(database=f"sqlite:///{folder}/many.sqlite")
    store = open_store(settings)
    with store.publish() as connection:
        storing.begin(connection)
        for layer, features in contents.items():
            storing.replace(connection, layer, features)
        storing.finish(connection, "many")
    yield from _serve(create_app(settings, Catalog(contents), store))
    store.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with more wells than a page holds."""
    yield from serve(tmp_path_factory.mktemp("many"), {WELLS: wells(MANY)})


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with as many wells as a page holds, and too many to be an element each."""
    yield from serve(tmp_path_factory.mktemp("some"), {WELLS: wells(SOME)})


@pytest.fixture
def outlined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A service of lines and areas of which a page holds none."""
    monkeypatch.setattr(leaflet, "MOST", 50)
    yield from serve(tmp_path, {layer: shapes(layer, 60) for layer in (TRACKS, FIELDS)})


def drawn(page: Page, layer: str = "wells") -> Page:
    """The page, when the tiles in view are drawn."""
    page.wait_for_function(
        """(layer) => {
          const tiles = [...document.querySelectorAll(`.leaflet-layer-${layer}-pane .leaflet-tile`)];
          return tiles.length && tiles.every((tile) => tile.classList.contains('leaflet-tile-loaded'));
        }""",
        arg=layer,
    )
    return page


def inked(page: Page, colour: str | None = None) -> int:
    """How many pixels of tiles are drawn, of a colour (#rrggbb) or at all."""
    found: int = page.evaluate(
        """(colour) => {
          const wanted = colour && [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
          let sum = 0;
          for (const canvas of document.querySelectorAll('.leaflet-tile canvas')) {
            const copy = canvas.cloneNode();
            const pen = copy.getContext('2d', { willReadFrequently: true });
            pen.drawImage(canvas, 0, 0);
            const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
            for (let i = 0; i < data.length; i += 4) {
              if (data[i + 3] > 200 && (!wanted || wanted.every((v, j) => Math.abs(data[i + j] - v) < 4))) sum++;
            }
          }
          return sum;
        }""",
        colour,
    )
    return found


def has_ink(page: Page, least: int, colour: str | None = None) -> bool:
    """Whether more pixels than that are drawn, now or within five seconds: tiles are drawn in slices."""
    ends = time.monotonic() + 5
    while inked(page, colour) <= least:
        if time.monotonic() > ends:
            return False
        page.wait_for_timeout(100)
    return True


def filters_asked(visit: Visit, part: str) -> set[str]:
    """The filters with which addresses with this part were asked for."""
    return {
        text
        for url in visit.asked
        if part in urlsplit(url).path
        for text in parse_qs(urlsplit(url).query).get("filter", [])
    }


def click_middle(page: Page) -> None:
    box = page.locator(".folium-map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


# --- drawn from tiles -------------------------------------------------------------------------


def test_a_large_layer_is_drawn_from_its_tiles_alone(visit: Visit, many: str) -> None:
    page = drawn(visit.open(f"{many}/{DETAIL}"))
    assert has_ink(page, 1000, "#335577") and has_ink(page, 500, "#775533")
    assert not any(urlsplit(url).path.endswith("/items") for url in visit.asked)
    row = page.locator("li[data-layer='wells']")
    assert row.locator(".row .count").text_content() == f"{MANY:,}"
    expect(row.locator(".line")).to_contain_text("切片")
    assert page.locator(".mark").count() == 0


def test_from_afar_it_shows_how_many_stand_where_and_says_so(visit: Visit, many: str) -> None:
    page = drawn(visit.open(f"{many}/{AFAR}"))
    expect(page.locator("li[data-layer='wells'] .line")).to_contain_text("数目")
    assert inked(page, "#335577") == 0
    click_middle(page)
    page.wait_for_function("() => location.hash.startsWith('#9/')")
    assert page.locator(".card").count() == 0


def test_one_of_very_many_is_named_and_opens_its_card(visit: Visit, many: str) -> None:
    page = drawn(visit.open(f"{many}/#16/30.5/114.5"))
    box = page.locator(".folium-map").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2)
    expect(page.locator(".hint")).to_have_text("1号井")
    click_middle(page)
    expect(page.locator(".card h2")).to_have_text("1号井")
    page.wait_for_function("() => location.hash.includes('open=wells/well-1')")


def test_lines_and_areas_of_tiles_are_drawn_and_open_their_cards(visit: Visit, outlined: str) -> None:
    page = drawn(visit.open(f"{outlined}/#13/30.224/114.044"), "plots")
    assert has_ink(page, 3_000)
    click_middle(page)
    expect(page.locator(".card h2")).to_have_text("24号")


def test_a_large_layer_says_when_its_tiles_fail_and_can_be_tried_again(browser: Browser, many: str) -> None:
    visit = Visit(browser, DESK)
    page = visit.page
    page.route("**/tiles/**", lambda route: route.fulfill(status=503, body=""))
    visit.open(f"{many}/{DETAIL}")
    row = page.locator("li[data-layer='wells']")
    expect(row.locator(".line")).to_contain_text("503")
    page.unroute("**/tiles/**")
    row.get_by_role("button", name="重试").click()
    assert has_ink(drawn(page), 1000)
    row.locator(".row input").uncheck()
    expect(page.locator(".leaflet-layer-wells-pane")).to_be_hidden()
    page.close()


# --- filtered, listed, searched, counted ------------------------------------------------------


def test_a_filter_holds_on_tiles_counts_and_list(visit: Visit, many: str) -> None:
    page = drawn(visit.open(f"{many}/{DETAIL}&tab=filter"))
    row = page.locator(".filters label").filter(has_text="人工井")
    expect(row.locator(".count")).to_have_text(f"{DUG:,}")
    page.locator(".facet summary").filter(has_text="类别").click()
    facet(page, "人工井").check()
    expect(page.locator("li[data-layer='wells'] .row .count")).to_have_text(f"{DUG:,}/{MANY:,}")
    expect(page.locator(".filters .status")).to_contain_text(f"{DUG:,}")
    page.wait_for_function("() => document.querySelector('.leaflet-tile canvas')")
    expect(page.locator(".filters label").filter(has_text="规划").locator(".count").first).to_have_text(
        f"{DUG // 2:,}"
    )
    assert filters_asked(visit, "/tiles/") == {"kind IN ('dug')"}
    drawn(page)
    page.wait_for_timeout(500)
    assert has_ink(page, 1000, "#335577") and inked(page, "#775533") == 0
    page.locator("#tab-list").click()
    expect(page.locator(".list .status")).to_contain_text(f"{DUG:,}")
    page.locator(".entry").first.click()
    expect(page.locator(".card h2")).to_have_text("1号井")


def test_a_filter_that_leaves_few_shows_each_from_afar(visit: Visit, many: str) -> None:
    page = drawn(visit.open(f"{many}/{AFAR}&kind=drilled"))
    expect(page.locator("li[data-layer='wells'] .line")).to_contain_text("切片")
    assert has_ink(page, 10, "#775533")


def test_the_service_searches_what_the_page_does_not_hold(visit: Visit, many: str) -> None:
    page = visit.open(f"{many}/")
    page.locator("#search").fill("7777号")
    expect(page.locator("#found li .title")).to_have_text("7777号井")
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text("7777号井")


def test_search_words_are_text_to_the_service_too(visit: Visit, many: str) -> None:
    page = visit.open(f"{many}/")
    for words in ("%井", "_号井", "' OR 1=1 --井", "\\井", "7777号井\\"):
        with page.expect_response(lambda answer: "/items?" in answer.url) as asked:
            page.locator("#search").fill(words)
        assert asked.value.status == 200
        expect(page.locator("#found .none")).to_be_visible()


def test_a_link_to_one_of_very_many_opens_it_and_to_none_says_so(visit: Visit, many: str) -> None:
    page = visit.open(f"{many}/{DETAIL}&open=wells/well-4711")
    expect(page.locator(".card h2")).to_have_text("4711号井")
    page.goto("about:blank")
    visit.open(f"{many}/{DETAIL}&open=wells/nothing")
    expect(page.locator("body")).to_contain_text("open=wells/nothing")


def test_an_area_counts_them_and_a_comparison_asks_for_each_side(visit: Visit, many: str) -> None:
    page = visit.open(f"{many}/{DETAIL}&area=circle:114.5,30.5,3000")
    expect(page.locator(".afar[data-layer='wells'] strong")).to_have_text("1")
    page.goto("about:blank")
    visit.asked.clear()
    visit.open(f"{many}/{DETAIL}&compare=status:built,status:planned")
    expect(page.locator(".side output")).to_have_text([f"{MANY // 2:,} 个地点", f"{MANY // 2:,} 个地点"])
    assert {"status IN ('built')", "status IN ('planned')"} <= filters_asked(visit, "/tiles/")


def test_the_address_for_a_gis_holds_the_same_filter(visit: Visit, many: str) -> None:
    page = visit.open(f"{many}/{DETAIL}&kind=dug&status=built")
    page.get_by_role("button", name="链接").click()
    page.locator("dialog summary").click()
    url = page.get_by_role("textbox", name="水井").input_value()
    with urlopen(url) as answer:
        assert json.load(answer)["numberMatched"] == DUG // 2


# --- held, but too many to be an element each -------------------------------------------------


def test_thousands_that_the_page_holds_are_drawn_on_canvas_and_sifted_here(visit: Visit, some: str) -> None:
    page = drawn(visit.open(f"{some}/{DETAIL}&tab=filter"))
    assert has_ink(page, 300, "#335577") and has_ink(page, 100, "#775533")
    visit.asked.clear()
    page.locator(".facet summary").filter(has_text="类别").click()
    facet(page, "人工井").check()
    expect(page.locator("li[data-layer='wells'] .row .count")).to_have_text(f"{SOME * 2 // 3:,}/{SOME:,}")
    page.wait_for_timeout(500)
    assert has_ink(page, 300, "#335577") and inked(page, "#775533") == 0
    assert visit.asked == []
    assert page.locator(".mark").count() == 0


def test_one_of_thousands_in_a_file_without_a_network_opens_its_card(
    browser: Browser, tmp_path: Path
) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path}/some.sqlite")
    store = open_store(settings)
    with store.publish() as connection:
        storing.begin(connection)
        storing.replace(connection, WELLS, wells(MANY))
        storing.finish(connection, "some")
    onefile.save(settings, Catalog([WELLS]), store, tmp_path / "map.html")
    store.close()
    visit = Visit(browser, DESK)
    page = drawn(visit.open(f"{(tmp_path / 'map.html').as_uri()}#16/30.5/114.5"))
    click_middle(page)
    expect(page.locator(".card h2")).to_have_text("1号井")
    assert visit.complaints == [] and all(url.startswith("file:") for url in visit.asked)
    page.close()


# --- weight -----------------------------------------------------------------------------------


def test_the_page_is_light_and_asks_for_nothing_twice(visit: Visit, live: str) -> None:
    answers: list[Response] = []
    visit.page.on("response", lambda answer: answers.append(answer))
    visit.open(f"{live}/")
    own = [answer for answer in answers if "/collections/" not in answer.url]
    assert 100_000 < sum(len(gzip.compress(answer.body())) for answer in own) < HEAVIEST
    assert len(visit.asked) == len(set(visit.asked))
