"""The map in a real browser, with no name resolved: what is drawn, said and operated."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from gis.layer import Catalog
from tests.browsing import DESK, PHONE, SIZES, Visit, collections, features
from tests.conftest import HOSTILE, WELLS
from webmap import leaflet

POINTS = ("Point", "MultiPoint")


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
    for layer_id in page.locator(".tree li[data-layer]").evaluate_all(
        "rows => rows.map(r => r.dataset.layer)"
    ):
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
    boxes = theme.locator("li .row input")
    pane = page.locator(f".leaflet-layer-{theme.locator('li').first.get_attribute('data-layer')}-pane")
    boxes.first.uncheck()
    expect(pane).to_be_hidden()
    assert theme.locator(".theme-head input").evaluate("box => box.indeterminate")
    theme.locator(".theme-head input").uncheck()
    expect(boxes.last).not_to_be_checked()
    theme.locator(".theme-head input").check()
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
    for word in ("机井", "武汉市", "21 m", "已建", "点位，误差 ±20 m", "114.100000, 30.100000", "2021-06-02"):
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
    first = "laboratories"
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
    page.get_by_role("button", name="放大", exact=True).click()
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
    assert page.get_by_role("tab").first.inner_text() == "Legend"
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
