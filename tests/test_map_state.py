"""The state of the map is its address: what is chosen stands in it, links are followed, bad parts are said."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import DESK, Visit, facet, features, saying


def hash_of(page: Page) -> str:
    return unquote(urlsplit(page.url).fragment)


def seen(page: Page) -> int:
    """How many points pass the filter, whether they stand alone or in a ring."""
    found: int = page.evaluate(
        "[...document.querySelectorAll('.mark:not([hidden])')].filter(m => !m.closest('[hidden]')).length"
        " + [...document.querySelectorAll('.stack')].reduce((sum, s) => sum + Number(s.textContent), 0)"
    )
    return found


def test_what_is_chosen_stands_in_the_address_and_comes_back(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4500/114.6000")
    page.get_by_role("tab", name="筛选").click()
    facet(page, "武汉市").check()
    facet(page, "国家级").check()
    page.get_by_role("tab", name="图例").click()
    page.locator("li[data-layer='firms'] .row input").uncheck()
    before = seen(page)
    address = page.url
    assert "&city=420100&" in address and "&level=national" in address and "layers=core,axis" in address
    assert "%2C" not in address
    page.goto("about:blank")
    page = visit.open(address)
    assert seen(page) == before > 10
    assert not page.locator("li[data-layer='firms'] .row input").is_checked()
    assert page.url == address


def test_going_back_undoes_a_choice(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    page.get_by_role("tab", name="筛选").click()
    everything = seen(page)
    facet(page, "国家级").check()
    facet(page, "已建").check()
    both = seen(page)
    page.go_back()
    expect(facet(page, "已建")).not_to_be_checked()
    assert both < seen(page) < everything
    page.go_back()
    page.wait_for_function("() => !location.hash.includes('level=')")
    assert seen(page) == everything
    page.go_forward()
    expect(facet(page, "国家级")).to_be_checked()


def test_going_back_from_what_was_found_leads_to_where_one_was(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#9/30.4500/114.6000")
    page.locator("#search").fill("光谷实验室")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_be_visible()
    page.wait_for_function(
        "() => !location.hash.startsWith('#9/30.4500/114.6000')"
    )  # the map follows its card
    page.go_back()
    expect(page.locator(".card")).to_have_count(0)
    assert hash_of(page) == "9/30.4500/114.6000"
    page.get_by_role("button", name="全图").click()
    page.go_back()
    page.wait_for_function("() => location.hash === '#9/30.4500/114.6000'")
    assert page.evaluate("map_corridor.getZoom()") == 9


def test_what_is_asked_before_the_hash_in_vain_is_told_too(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/map?lang=fr&utm=1#9/30.4500/114.6000")
    expect(page.locator(".notice.ignored")).to_contain_text("lang=fr，utm=1")
    expect(page.get_by_role("tab", name="图例")).to_be_visible()


def test_an_opened_card_stands_in_the_address(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#12/30.5000/114.4500&open=laboratories/optics-valley-laboratory")
    expect(page.locator(".card h2")).to_have_text("湖北光谷实验室")
    page.locator(".card-holder .close").click()
    expect(page).not_to_have_url(saying("open="))
    page.go_back()
    expect(page.locator(".card h2")).to_have_text("湖北光谷实验室")


def test_opacity_and_coordinate_system_stand_in_the_address(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#9/30.4/114.6&opacity=belts:0.4&coords=gcj02")
    opacity = page.locator(".leaflet-layer-belts-pane").evaluate("pane => getComputedStyle(pane).opacity")
    assert opacity == "0.4"
    assert page.locator(".read-out select").input_value() == "gcj02"
    page.locator("li[data-layer='belts'] .more").click()
    page.get_by_label("三带及各市发展带：不透明度").fill("70")
    page.wait_for_function("() => location.hash.includes('opacity=belts:0.7')")


def test_a_layer_can_be_drawn_above_the_others_and_the_link_says_so(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#9/30.4/114.6")

    def uppermost(plane: str) -> str:
        found: str = page.evaluate(
            "plane => [...document.querySelectorAll(`.leaflet-${plane}-pane > [class*=leaflet-layer-]`)]"
            ".sort((a, b) => b.style.zIndex - a.style.zIndex)[0].className",
            plane,
        )
        return found

    declared = uppermost("paths"), uppermost("marks")
    for layer in ("belts", "parks"):
        row = page.locator(f"li[data-layer='{layer}']")
        row.locator(".more").click()
        row.get_by_role("button", name="置于最上").click()
        expect(row.get_by_role("button", name="置于最上")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(saying("top=belts,parks"))
    assert "layer-belts" in uppermost("paths") and "layer-parks" in uppermost("marks")
    address = page.url
    page.goto("about:blank")
    visit.open(address)
    assert "layer-belts" in uppermost("paths") and "layer-parks" in uppermost("marks")
    for layer in ("belts", "parks"):
        row = page.locator(f"li[data-layer='{layer}']")
        row.locator(".more").click()
        row.get_by_role("button", name="置于最上").click()
    expect(page).not_to_have_url(saying("top="))
    assert (uppermost("paths"), uppermost("marks")) == declared
    page.go_back()
    expect(page.locator("li[data-layer='parks'] .options .act").last).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ("#9/30.4/114.6&layers=nothing", "layers=nothing"),
        ("#9/30.4/114.6&city=999", "city=999"),
        ("#9/30.4/114.6&sorcery=1", "sorcery=1"),
        ("#9/30.4/114.6&open=laboratories/none", "open=laboratories/none"),
        ("#9/30.4/114.6&area=circle:1,2", "area=circle:1,2"),
        ("#9/30.4/114.6&area=polygon:0,0,0,0,0,0", "area=polygon:0,0,0,0,0,0"),
        ("#9/30.4/114.6&opacity=belts:7", "opacity=belts:7"),
        ("#9/30.4/114.6&top=nothing", "top=nothing"),
        ("#9/30.4/114.6&tab=%3Cimg%20src=x%3E", "tab=<img src=x>"),
        ("#9/30.4/114.6&city=%E0%A4%A", "city=%E0%A4%A"),
        ("#99/1/1", "99/1/1"),
    ],
)
def test_what_a_link_says_in_vain_is_told_and_the_rest_is_done(
    visit: Visit, live: str, odd: str, said: str
) -> None:
    page = visit.open(f"{live}/{odd}")
    expect(page.locator(".notice.ignored")).to_contain_text(said)
    assert seen(page) > 250
    assert said.split("=")[0] not in hash_of(page)
    page.locator(".notice.ignored .close").click()
    expect(page.locator(".notice")).to_have_count(0)


def test_the_language_link_keeps_what_is_chosen(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4500/114.6000&status=built&tab=filter")
    page.get_by_role("link", name="English").click()
    page.wait_for_selector("body[data-ready]")
    assert facet(page, "built").is_checked()
    expect(page).to_have_url(saying("lang=en"))
    expect(page).to_have_url(saying("#10/30.4500/114.6000"))


def test_the_links_of_a_view_can_be_copied_and_lead_back(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4500/114.6000&level=national&layers=laboratories,zones")
    page.get_by_role("button", name="链接与接口").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("此图").input_value() == page.url
    assert 'src="' in dialog.get_by_label("嵌入代码").input_value()
    assert dialog.get_by_label("服务地址").input_value() == f"{live}/"
    dialog.get_by_text("各图层当前筛选的地址").click()
    url = dialog.get_by_label("实验室", exact=True).input_value()
    answer = page.request.get(url, headers={"Accept": "application/geo+json"}).json()
    page.keyboard.press("Escape")
    row = page.locator("li[data-layer='laboratories'] .row .count").text_content() or ""
    assert row.split("/")[0] == str(len(answer["features"])) != "0"


@pytest.mark.parametrize("layer_id", ["laboratories", "clusters"])
def test_a_record_leads_to_its_card_on_the_map_and_back(visit: Visit, live: str, layer_id: str) -> None:
    page = visit.page
    first = features(live, layer_id)[0]
    page.goto(f"{live}/collections/{layer_id}/items/{first['id']}?f=html")
    page.get_by_role("link", name="在全图上查看").click()
    page.wait_for_selector("body[data-ready]")
    card = page.locator(".card")
    expect(card.get_by_role("heading", level=2)).to_have_text(first["properties"]["name"])
    box, window = card.bounding_box(), page.viewport_size
    assert (
        box is not None
        and window is not None
        and box["x"] >= 0
        and box["x"] + box["width"] <= window["width"]
    )
    card.get_by_role("link", name="完整记录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(first["properties"]["name"])


def test_embedded_the_map_stands_alone_with_the_way_to_the_whole(browser: Browser, live: str) -> None:
    visit = Visit(browser, {"width": 640, "height": 480})
    page = visit.open(f"{live}/map?embed=1#11/30.48/114.5&level=national")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator(".imprint .approval")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    link = page.get_by_role("link", name="打开完整地图").get_attribute("href") or ""
    assert "embed" not in link and "level=national" in link
    assert visit.complaints == []
    page.close()


def test_the_map_can_fill_the_screen(browser: Browser, live: str) -> None:
    visit = Visit(browser, DESK)
    page = visit.open(f"{live}/")
    page.get_by_role("button", name="全屏").click()
    page.wait_for_function("() => document.fullscreenElement !== null")
    page.close()
