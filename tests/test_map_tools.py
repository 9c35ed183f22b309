"""Cards with neighbours and coordinates, areas with their numbers, measuring on the ellipsoid."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pyproj import Geod

from tests.browsing import Visit, features, saying

GEOD = Geod(ellps="WGS84")


def told(page: Page, system: str, place: list[float]) -> list[float]:
    """A place in a system, as our script tells it."""
    words: str = page.evaluate(
        """async ([id, place]) => {
          const { SYSTEMS } = await import("/static/app/systems.js");
          return SYSTEMS.find((system) => system.id === id).tell(place);
        }""",
        [system, place],
    )
    return [float(number) for number in words.split(", ")]


# --- the card -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "asked", "within"),
    [
        ("gk114", "crs=http://www.opengis.net/def/crs/EPSG/0/4547", 0.006),
        ("gk117", "crs=http://www.opengis.net/def/crs/EPSG/0/4548", 0.006),
        ("gcj02", "coords=gcj02", 6e-7),
        ("bd09", "coords=bd09", 6e-7),
        ("wgs84", "", 6e-7),
    ],
)
def test_coordinates_are_those_that_the_service_gives(
    visit: Visit, live: str, system: str, asked: str, within: float
) -> None:
    page = visit.open(f"{live}/")
    stored = {f["id"]: f for f in features(live, "zones")}
    answer = page.request.get(f"{live}/collections/zones/items?f=json&limit=100&{asked}").json()
    for feature in [f for f in answer["features"] if f["geometry"]][:12]:
        place = stored[feature["id"]]["geometry"]["coordinates"]
        assert told(page, system, place) == pytest.approx(feature["geometry"]["coordinates"], abs=within)


def test_a_card_tells_coordinates_in_the_chosen_system_and_copies_them(visit: Visit, live: str) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open(f"{live}/#13/30.5152/114.4115&open=laboratories/optics-valley-laboratory")
    card = page.locator(".card")
    card.get_by_label("坐标系").select_option("gcj02")
    shown = card.locator(".coordinates code").text_content()
    card.get_by_role("button", name="复制").click()
    expect(card.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown != "114.411500, 30.515200"
    assert page.locator(".read-out select").input_value() == "gcj02"
    expect(page).to_have_url(saying("coords=gcj02"))


def test_a_card_leads_to_its_neighbours_and_to_its_part_of_the_plan(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#13/30.5152/114.4115&open=laboratories/optics-valley-laboratory")
    near = page.locator(".card .near").last.locator("li")
    assert near.count() == 5
    name = near.first.locator(".way").inner_text()
    near.first.locator(".way").click()
    expect(page.locator(".card h2")).to_have_text(name)
    page.go_back()
    page.locator(".card .way").filter(has_text="大光谷创新组团").click()
    expect(page.locator(".card h2")).to_have_text("大光谷创新组团")


def test_what_is_known_only_to_its_district_has_no_neighbours(visit: Visit, live: str) -> None:
    vague = next(f for f in features(live, "parks") if f["properties"]["precision"] in ("district", "city"))
    page = visit.open(f"{live}/#9/30.4/114.6&open=parks/{vague['properties']['key']}")
    expect(page.locator(".card")).to_contain_text("不推算邻近")
    assert page.locator(".card .near").count() == 0


# --- areas --------------------------------------------------------------------------------------


def matched(page: Page) -> int:
    return int((page.locator(".numbers .big strong").text_content() or "").replace(",", ""))


def test_a_drawn_polygon_gives_numbers_that_are_in_the_address(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#12/30.4800/114.5000")
    page.get_by_role("button", name="圈定区域，统计其内").click()
    for x, y in ((300, 250), (800, 250), (800, 650), (300, 650)):
        page.mouse.click(x, y)
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="区域")).to_have_attribute("aria-selected", "true")
    found = matched(page)
    assert found > 10
    expect(page).to_have_url(saying("area=polygon:114."))
    page = visit.open(page.url)
    assert matched(page) == found
    page.get_by_role("button", name="取消", exact=True).click()
    expect(page).not_to_have_url(saying("area="))


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ("circle:114.5,30.48,6000", {"circle": [114.5, 30.48, 6000]}),
        ("polygon:114.4,30.4,114.7,30.4,114.7,30.6,114.4,30.6", None),
    ],
)
def test_the_numbers_are_those_of_the_service(visit: Visit, live: str, asked: str, body: Any) -> None:
    ring = [[114.4, 30.4], [114.7, 30.4], [114.7, 30.6], [114.4, 30.6], [114.4, 30.4]]
    page = visit.open(f"{live}/#11/30.48/114.5&tab=area&area={asked}")
    given = body or {"type": "Polygon", "coordinates": [ring]}
    answer = page.request.post(f"{live}/summary?limit=1000", data=json.dumps(given)).json()
    exact = [f for f in answer["features"] if f["precision"] not in ("district", "city")]
    assert matched(page) == len(exact) > 10
    unsure = answer["matched"] - len(exact)
    assert (f"另有 {unsure} 个" in page.locator(".numbers").inner_text()) == (unsure > 0)
    assert f"{answer['area_km2']:.1f} km²" in page.locator(".numbers .big").inner_text()


def test_a_part_of_the_plan_can_be_picked_and_the_filter_holds_in_it(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#9/30.4/114.6&tab=area")
    page.get_by_label("选取区域").select_option(label="大光谷创新组团")
    everything = matched(page)
    expect(page).to_have_url(saying("area=clusters/great-optics-valley-cluster"))
    page.get_by_role("tab", name="筛选").click()
    page.locator(".filters").get_by_role("checkbox", name="国家级").check()
    page.get_by_role("tab", name="区域").click()
    assert 0 < matched(page) < everything


def test_a_district_counts_what_is_known_only_to_it(visit: Visit, live: str) -> None:
    vague = next(f for f in features(live, "parks") if f["properties"]["precision"] == "district")
    district = next(
        f["properties"] for f in features(live, "districts") if f["id"] == vague["properties"]["district"]
    )
    page = visit.open(f"{live}/#9/30.4/114.6&area=districts/{district['key']}")
    while page.locator(".numbers .more-entries").count():
        page.locator(".numbers .more-entries").click()
    assert vague["properties"]["name"] in page.locator(".numbers ol").inner_text()


def saved(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_exactly_the_selection_is_saved(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#11/30.48/114.5&level=national&tab=area&area=circle:114.5,30.48,6000")
    found = matched(page)
    geojson = json.loads(saved(page, "存为 GeoJSON"))
    rows = list(csv.DictReader(io.StringIO(saved(page, "存为 CSV"))))
    assert len(geojson["features"]) == len(rows) == found
    assert {feature["properties"]["level"] for feature in geojson["features"]} == {"national"}
    for row in rows:
        _there, _back, metres = GEOD.inv(114.5, 30.48, float(row["lon"]), float(row["lat"]))
        assert metres <= 6000
        assert float(row["km_to_axis"]) >= 0


def test_a_saved_table_starts_no_formula(visit: Visit, wells_live: str) -> None:
    page = visit.open(f"{wells_live}/")
    text: str = page.evaluate(
        """async () => {
          const { csvOf } = await import("/static/app/export.js");
          const feature = { id: 1, geometry: null, properties: { name: '=1+1,"x"', key: "@a", note: null } };
          return csvOf([{ layer: { id: "wells" }, feature }])[1];
        }"""
    )
    row = next(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert (row["name"], row["key"], row["note"]) == ('\'=1+1,"x"', "'@a", "")


# --- measuring ----------------------------------------------------------------------------------


def test_a_distance_is_measured_on_the_ellipsoid(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4800/114.5000")
    page.get_by_role("button", name="量距离").click()
    places = [place_at(page, 300, 300), place_at(page, 800, 600)]
    page.mouse.click(300, 300)
    page.mouse.dblclick(800, 600)
    _there, _back, metres = GEOD.inv(*places[0], *places[1])
    expect(page.locator(".notice .result")).to_have_text(f"长度 {metres / 1000:.2f} km")
    page.get_by_role("button", name="完成").click()
    expect(page.locator(".notice")).to_have_count(0)


def test_an_area_is_measured_by_keyboard(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#10/30.4800/114.5000")
    page.get_by_role("button", name="量面积").click()
    places = []
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", None):
        places.append(page.evaluate("(({lng, lat}) => [lng, lat])(map_corridor.getCenter())"))
        page.keyboard.press("Space")
        if key:
            page.keyboard.press(key)
            page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    area, _rim = GEOD.polygon_area_perimeter(*zip(*places, strict=True))
    expect(page.locator(".notice .result")).to_contain_text(f"{abs(area) / 1e6:.1f}")


def test_drawing_can_be_given_up(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#12/30.4800/114.5000")
    page.get_by_role("button", name="圈定区域，统计其内").click()
    page.mouse.click(400, 400)
    page.keyboard.press("Escape")
    expect(page.locator(".notice")).to_have_count(0)
    page.locator(".mark:not([hidden])").first.click(force=True)
    expect(page.locator(".card")).to_have_count(1)


def place_at(page: Page, x: int, y: int) -> list[float]:
    found: list[float] = page.evaluate(
        """([x, y]) => {
          const box = map_corridor.getContainer().getBoundingClientRect();
          const { lng, lat } = map_corridor.containerPointToLatLng([x - box.x, y - box.y]);
          return [lng, lat];
        }""",
        [x, y],
    )
    return found


def test_names_stand_clear_of_the_buttons_on_the_map(visit: Visit, live: str) -> None:
    page = visit.open(f"{live}/#12.2/30.475/114.53")
    page.wait_for_timeout(300)
    under = page.evaluate(
        """() => {
          const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
          const buttons = [...document.querySelectorAll('.sheet > .toolbar, .sheet > .plate')];
          const boxes = buttons.map((node) => node.getBoundingClientRect());
          const names = [...document.querySelectorAll('.leaflet-names-pane .name')];
          return names.filter((name) => boxes.some((box) => meets(name.getBoundingClientRect(), box)))
            .map((name) => name.textContent);
        }"""
    )
    assert page.locator(".leaflet-names-pane .name").count() > 20
    assert under == []
