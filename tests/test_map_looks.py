"""How the sheet looks: names that leave symbols free, panels that leave the subject free, on every screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import DESK, PHONE, SIZES, Visit
from tests.test_map_access import violations

TECHNOLOGY = "indicator=技术合同成交额|亿元|level/target/jenks"


def box(page: Page, selector: str) -> dict[str, float]:
    found: dict[str, float] = page.locator(selector).evaluate(
        "node => (({left, right, top, bottom}) => ({left, right, top, bottom}))(node.getBoundingClientRect())"
    )
    return found


def meet(a: dict[str, float], b: dict[str, float]) -> bool:
    return (
        a["left"] < b["right"]
        and b["left"] < a["right"]
        and a["top"] < b["bottom"]
        and b["top"] < a["bottom"]
    )


def middle(page: Page) -> list[float]:
    found: list[float] = page.evaluate("(({lng, lat}) => [lng, lat])(map_corridor.getCenter())")
    return found


# --- names --------------------------------------------------------------------------------------


def test_the_name_of_a_river_is_read_from_left_to_right_and_downwards(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#11.3/30.5/114.44")
    letters: list[list[Any]] = page.eval_on_selector_all(
        ".name.water", "all => all.map(n => [n.textContent, n.offsetLeft, n.offsetTop])"
    )
    names = list(zip(letters[::2], letters[1::2], strict=True))
    assert names
    for (first, x, y), (last, to_x, to_y) in names:
        assert (first, last) in (("长", "江"), ("汉", "江"))
        assert to_y > y if abs(to_y - y) > abs(to_x - x) else to_x > x


def test_names_of_the_plan_leave_the_symbols_of_a_crowded_core_free(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.5/114.6")
    page.wait_for_timeout(300)
    covered = page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll('.name.structure')].map((n) => n.getBoundingClientRect());
          const marks = [...document.querySelectorAll('.mark:not([hidden]):not(.minor)')];
          const middles = marks.map((mark) => mark.getBoundingClientRect())
            .map((box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2]);
          const holds = ([x, y]) => (b) => x > b.left && x < b.right && y > b.top && y < b.bottom;
          return middles.filter((place) => boxes.some(holds(place))).length;
        }"""
    )
    assert page.locator(".name.structure").count() > 12
    assert covered <= 12  # 49 when each name stands in the middle of its area


# --- a narrow screen ----------------------------------------------------------------------------


def test_on_a_phone_the_tools_are_folded_away_until_they_are_wanted(browser: Browser, live: str) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{live}/")
    measure = page.get_by_role("button", name="量距离")
    expect(measure).to_be_hidden()
    page.get_by_role("button", name="工具").click()
    expect(measure).to_be_visible()
    assert violations(page) == []
    measure.click()
    expect(measure).to_be_hidden()
    expect(page.locator(".notice")).to_be_visible()
    page.close()


def test_on_a_phone_the_middle_of_the_map_stays_in_sight_above_the_panel(browser: Browser, live: str) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{live}/#9/30.4/114.6")
    page.get_by_role("button", name="搜索·图层").click()
    assert middle(page) == pytest.approx([114.6, 30.4], abs=0.01)
    assert box(page, ".neatline")["bottom"] <= box(page, ".panel")["top"] + 1
    page.get_by_role("button", name="收起图层").click()
    assert middle(page) == pytest.approx([114.6, 30.4], abs=0.01)
    page.close()


def test_the_map_says_who_made_it_beside_the_button_of_a_phone(browser: Browser, live: str) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{live}/")
    assert not meet(box(page, ".imprint .facts"), box(page, ".handle"))
    page.goto("about:blank")
    visit.open(f"{live}/?embed=1")
    assert not meet(box(page, ".whole"), box(page, ".toolbar"))
    page.close()


# --- what stands beside the map -----------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_a_story_stands_beside_its_map_and_shows_all_that_it_tells_of(
    browser: Browser, live: str, size: dict[str, int]
) -> None:
    visit = Visit(browser, size)
    page = visit.open(f"{live}/")
    if size == PHONE:
        page.get_by_role("button", name="工具").click()
    page.get_by_role("button", name="导览").click()
    expect(page.locator(".story")).to_contain_text("1/10")
    page.wait_for_timeout(200)
    assert not meet(box(page, ".story"), box(page, ".neatline"))
    west, south, east, north = page.evaluate("map_corridor.getBounds().toBBoxString()").split(",")
    assert float(west) < 113.6 and float(east) > 116.1 and float(south) < 29.1 and float(north) > 31.5
    assert "#" in page.url and "/30." in page.url  # a view by now, not a box
    page.locator(".story").get_by_role("button", name="关闭").click()
    expect(page.locator(".story")).to_be_hidden()
    page.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_legend_of_figures_leaves_the_choices_of_a_comparison_free(
    browser: Browser, live: str, size: dict[str, int]
) -> None:
    visit = Visit(browser, size)
    page = visit.open(f"{live}/#7.6/30.3/114.6&{TECHNOLOGY}&compare=measure:base,measure:target")
    for side in (".side-0", ".side-1", ".side-end"):
        assert not meet(box(page, ".figure-legend"), box(page, side))
    page.close()


def test_a_class_has_the_colour_in_the_legend_that_it_has_on_the_map(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#7.9/30.4/114.6&{TECHNOLOGY}")
    fills = page.eval_on_selector_all(
        ".leaflet-figures-pane path[fill^='#']",
        "paths => paths.map(p => [p.getAttribute('fill'), p.getAttribute('fill-opacity')])",
    )
    mixed = {
        f"color-mix(in srgb, {colour} {float(opacity):.0%}, rgb(251, 249, 243))" for colour, opacity in fills
    }
    shown = page.eval_on_selector_all(
        ".figure-legend .class",
        """all => all.map((node) => {
          const probe = document.createElement('i');
          probe.style.background = node.style.background;
          return getComputedStyle(node).backgroundColor;
        })""",
    )
    wanted = page.evaluate(
        """(mixed) => mixed.map((words) => {
          const probe = document.body.appendChild(document.createElement('i'));
          probe.style.backgroundColor = words;
          const found = getComputedStyle(probe).backgroundColor;
          probe.remove();
          return found;
        })""",
        sorted(mixed),
    )
    assert sorted(shown) == sorted(wanted)
    assert page.locator(".leaflet-stacks-pane").is_hidden()


# --- the address --------------------------------------------------------------------------------


def test_a_box_is_a_view_on_any_screen(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#114.3,30.3,114.9,30.6")
    west, south, east, north = map(float, page.evaluate("map_corridor.getBounds().toBBoxString()").split(","))
    assert west < 114.3 and south < 30.3 and east > 114.9 and north > 30.6
    expect(page.locator(".notice")).to_have_count(0)
    for odd in ("114.3,30.3,114.2,30.6", "1,2,3", "0,0,500,90"):
        page.goto("about:blank")
        visit.open(f"{live}/#{odd}")
        expect(page.locator(".notice.ignored")).to_contain_text(odd)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("layers=nothing,cities", "layers=nothing"),
        ("city=420100,999", "city=999"),
        ("opacity=belts:0.5,belts2:0.5", "opacity=belts2:0.5"),
    ],
)
def test_only_what_means_nothing_is_said_to_be_left_out(
    visit: Visit, live: str, given: str, said: str
) -> None:
    page = visit.open(f"{live}/#9/30.4/114.6&{given}")
    expect(page.locator(".notice.ignored p")).to_have_text(f"链接中有无法识别的部分，已略去：{said}")


def test_the_root_of_the_service_can_be_embedded_too(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/?embed=1#9/30.4/114.6")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.get_by_role("link", name="打开完整地图")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)


def test_the_tree_has_the_plan_and_its_cities_before_the_themes(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/")
    themes = page.locator(".theme").evaluate_all("all => all.map(theme => theme.dataset.theme)")
    assert themes[:3] == ["structure", "base", "research"]


def test_the_area_of_a_polygon_is_that_of_the_service(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#8/30.4/114.6&tab=area&area=polygon:113.5,29.2,116,29.3,115.9,31.4,113.8,31.2")
    ring = [[113.5, 29.2], [116, 29.3], [115.9, 31.4], [113.8, 31.2], [113.5, 29.2]]
    answer = page.request.post(f"{live}/summary?limit=1", data={"type": "Polygon", "coordinates": [ring]})
    assert f"{answer.json()['area_km2']:,.1f} km²" in page.locator(".numbers .big").inner_text()


def test_tools_that_are_unfolded_are_not_below_the_panel(browser: Browser, live: str) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{live}/#9/30.4/114.6")
    page.get_by_role("button", name="搜索·图层").click()
    page.get_by_role("button", name="工具").click()
    page.get_by_role("button", name="链接与接口").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.close()


def test_a_comparison_that_ends_at_once_leaves_nothing_behind(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.5/114.6")
    for _ in range(3):
        page.evaluate(
            "() => { document.querySelector('.tool-compare').click(); document.querySelector('.side-end').click(); }"
        )
    page.evaluate("location.hash = '#10/30.5/114.6&compare=status:built,status:planned'")
    page.wait_for_selector(".second")
    page.evaluate("location.hash = '#10/30.5/114.6&layers=zones'")
    expect(page.locator(".second")).to_have_count(0)
    page.wait_for_timeout(300)


def test_a_text_that_turns_its_direction_turns_no_other(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/#9/30.2/114.2&tab=list")
    facts = page.locator(".entry .facts").first
    assert facts.locator("bdi").count() == facts.inner_text().count(" · ") + 1


# --- what fails ---------------------------------------------------------------------------------

CUT = '{"type":"FeatureCollection","features":[{"ty'


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, "oops", "服务器答复 500"),
        (200, CUT, "答复不完整或无法读取"),
        (200, '{"hello": 1}', "答复不完整或无法读取"),
    ],
    ids=["error", "cut", "other"],
)
def test_on_a_phone_too_a_layer_that_fails_is_named_and_asked_again(
    browser: Browser, live: str, status: int, body: str, said: str
) -> None:
    visit = Visit(browser, PHONE)
    asked = "**/collections/laboratories/items*"
    visit.page.route(asked, lambda route: route.fulfill(status=status, body=body))
    page = visit.open(f"{live}/#9/30.4/114.6")
    told = page.locator(".notice.failed")
    expect(told).to_contain_text(f"1 个图层未能载入（{said}）：实验室")
    assert page.locator(".mark").count() > 200
    assert violations(page) == []
    page.unroute(asked)
    told.get_by_role("button", name="重试").click()
    expect(told).to_have_count(0)
    expect(page.locator(".mark[data-layer='laboratories']").nth(9)).to_be_attached()
    page.close()


def test_a_story_that_is_cut_off_is_said_in_words_of_the_reader(browser: Browser, live: str) -> None:
    visit = Visit(browser, DESK)
    visit.page.route("**/stories?*", lambda route: route.fulfill(status=200, body='{"stories":[{'))
    page = visit.open(f"{live}/")
    page.get_by_role("button", name="导览").click()
    expect(page.locator(".notice.stories")).to_contain_text("答复不完整或无法读取")
    page.unroute("**/stories?*")
    page.route("**/stories?*", lambda route: route.fulfill(json={"hello": 1}))
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".notice.stories")).to_contain_text("答复不完整或无法读取")
    page.unroute("**/stories?*")
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".story")).to_contain_text("1/10")
    page.close()


@pytest.mark.parametrize("view", ["11.3/30.5/114.44", "12/30.44/114.35", "10.6/30.2/114.2"])
def test_an_area_that_only_touches_the_view_with_its_line_is_drawn_with_the_rest(
    browser: Browser, live: str, view: str
) -> None:
    visit = Visit(browser, PHONE)
    page = visit.open(f"{live}/#{view}")
    expect(page.locator(".notice")).to_have_count(0)
    assert page.locator("li[data-state='failed']").count() == 0
    assert visit.complaints == []
    page.close()


def test_a_path_whose_line_alone_reaches_into_the_view_is_drawn(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4/114.6")
    drawn = page.evaluate(
        """async () => {
          const { lighter } = await import('/static/app/lighter.js');
          const corner = map_corridor.latLngToLayerPoint(map_corridor.getCenter());
          const renderer = L.svg({ padding: 0 }).addTo(map_corridor);
          const edge = renderer._bounds.max.x;
          const at = (x, y) => map_corridor.layerPointToLatLng([x, y]);
          const ring = [at(edge + 3, 0), at(edge + 90, 0), at(edge + 90, 90), at(edge + 3, 90)];
          const path = lighter(L.polygon(ring, { renderer, weight: 8 }));
          path.addTo(map_corridor);
          return path.getElement() !== null;
        }"""
    )
    assert drawn


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_what_frames_the_map_leaves_the_corridor_free(
    browser: Browser, live: str, size: dict[str, int], lang: str
) -> None:
    visit = Visit(browser, size)
    page = visit.open(f"{live}/?lang={lang}")
    plate = box(page, ".plate")
    ends = page.evaluate(
        """() => {
          const box = map_corridor.getContainer().getBoundingClientRect();
          const lines = [...document.querySelectorAll('.leaflet-layer-cities-pane path')];
          const places = lines.flatMap((path) => {
            const length = path.getTotalLength();
            const at = path.getScreenCTM();
            return Array.from({ length: 400 }, (_, i) => path.getPointAtLength((i / 400) * length).matrixTransform(at));
          });
          return places.map(({ x, y }) => [x, y]);
        }"""
    )
    covered = [
        (x, y) for x, y in ends if plate["left"] < x < plate["right"] and plate["top"] < y < plate["bottom"]
    ]
    assert len(ends) >= 400
    assert covered == []
    assert box(page, ".imprint .approval")["top"] >= box(page, ".neatline")["bottom"]
    page.close()


def test_in_english_a_unit_is_english_too(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/?lang=en#7.9/30.4/114.6&{TECHNOLOGY}")
    expect(page.locator(".figure-legend h2")).to_have_text(
        "Value of technology contracts (CNY 100 million) target"
    )
    expect(page.locator(".figure-legend .count").first).to_have_text("cities: 1")


@pytest.mark.parametrize("size", [(844, 390), (720, 450)], ids=["phone on its side", "enlarged twice"])
def test_on_a_low_screen_every_tool_can_be_reached(
    browser: Browser, live: str, size: tuple[int, int]
) -> None:
    visit = Visit(browser, {"width": size[0], "height": size[1]})
    page = visit.open(f"{live}/")
    page.get_by_role("button", name="工具").click()
    for button in page.locator(".toolbar button:visible").all():
        edges = button.bounding_box()
        assert edges and edges["y"] >= 0 and edges["y"] + edges["height"] <= size[1] - 60
    page.close()


def test_a_link_may_leave_the_view_out(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#city=420700&tab=list")
    expect(page.locator(".notice")).to_have_count(0)
    expect(page.locator(".chip")).to_have_text("鄂州市×")
    expect(page.get_by_role("tab", name="列表")).to_have_attribute("aria-selected", "true")


def test_names_of_the_second_map_stand_clear_of_its_buttons_too(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.5/114.6&compare=status:built,status:planned")
    page.wait_for_timeout(500)
    under = page.evaluate(
        """() => {
          const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
          const controls = [...document.querySelectorAll('.toolbar, .side-1, .side-end')];
          const boxes = controls.map((node) => node.getBoundingClientRect());
          const names = [...document.querySelectorAll('.second .name')];
          return names.filter((name) => boxes.some((box) => meets(name.getBoundingClientRect(), box)))
            .map((name) => name.textContent);
        }"""
    )
    assert page.locator(".second .name").count() > 10
    assert under == []
