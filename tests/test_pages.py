"""The pages for people: what they say, how they filter, and their map in a real browser with no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from gis import storing
from gis.config import Settings
from gis.database import Store
from gis.feature import Feature
from gis.layer import Catalog
from gis.repository import Source
from tests.browsing import PHONE, Visit
from tests.conftest import HOSTILE, WELLS, _serve, properties
from tests.test_map_access import violations
from webmap import create_app, words

ITEMS = "/collections/wells/items"
TABLET = {"width": 1200, "height": 900}


def page(client: FlaskClient, url: str) -> str:
    answer = client.get(url, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html"), answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def text(html: str) -> str:
    """What a reader sees of a page: its words, without markup."""
    body = re.sub(r"<script.*?</script>", "", html.partition("<main")[2], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("\u00a0", " ").split())


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [(1000.0, "1 000"), (1234.5, "1 234.5"), (0.25, "0.25"), (7, "7"), (-1200, "-1 200"), (2e6, "2 000 000")],
)
def test_numbers_have_their_thousands_apart_and_no_empty_decimals(content: float, said: str) -> None:
    assert words.number(content).replace("\u00a0", " ") == said


def test_a_year_is_not_grouped_and_a_length_is() -> None:
    assert words.value(WELLS.field("visits"), 2019) == "2019"
    assert words.value(WELLS.field("depth"), 2019.0) == "2\u00a0019\u00a0m"
    assert words.value(WELLS.field("in_use"), False) == "否"
    assert words.value(WELLS.field("kind"), "dug", "en") == "dug"
    assert words.value(WELLS.field("name"), None) == ""


def test_a_precision_comes_with_its_radius_unless_it_is_schematic() -> None:
    assert words.precision(WELLS, {"precision": "town", "radius_m": 4000.0}) == "乡镇/街道 ±4\u00a0000\u00a0m"
    assert words.precision(WELLS, {"precision": "schematic", "radius_m": 10.0}) == "示意"
    assert words.precision(WELLS, {"precision": "district", "radius_m": None}, "en") == "district"


def test_sources_are_documents_by_title_with_their_sections() -> None:
    plan = Source("plan", "某市规划")
    cited = words.citations("plan#第二章/一/专栏2-1@57|plan#三|plan#三|other#x|bare", {"plan": plan})
    assert [(one.title, one.sections) for one in cited] == [
        ("某市规划", ("第二章 · 一 · 专栏2-1", "三")),
        ("other", ("x",)),
        ("bare", ()),
    ]
    assert words.citations(None, {}) == ()


# --- pages --------------------------------------------------------------------------------------


def test_items_are_a_short_table_that_leads_to_the_whole_records(client: FlaskClient) -> None:
    html = page(client, ITEMS)
    assert "1号井" in text(html) and "武汉市" in text(html) and "点位 ±20 m" in text(html)
    assert "10.5 m" in text(html)
    assert f"{ITEMS}/1?f=html" in html
    assert "第 1–6 个，共 6 个" in text(html)
    assert "资料来源" not in text(html)


def test_an_item_page_shows_every_field_its_sources_and_its_place_in_four_systems(
    client: FlaskClient,
) -> None:
    seen = text(page(client, f"{ITEMS}/1"))
    for wanted in (
        "成井日期 2020-01-01",
        "在用 是",
        "WGS-84 114.000000, 30.000000",
        "GCJ-02",
        "BD-09",
        "tests",
    ):
        assert wanted in seen, wanted
    assert "CGCS2000 / 3° GK 114E (X, Y) 332" in seen
    assert "没有来源给出位置" in text(page(client, f"{ITEMS}/6"))


@pytest.mark.parametrize(("lon", "zone"), [(115.4, "114E (X, Y) 3320"), (115.6, "117E (X, Y) 3320")])
def test_an_item_page_tells_metres_in_the_zone_of_its_place(
    store: Store, catalog: Catalog, lon: float, zone: str
) -> None:
    well = Feature(1, shapely.Point(lon, 30.0), properties(WELLS, "well-1"))
    with store.publish() as connection:
        storing.begin(connection)
        for layer in catalog.values():
            storing.replace(connection, layer, [well] if layer == WELLS else [])
        storing.finish(connection, "zones")
    seen = text(page(create_app(Settings(), catalog, store).test_client(), f"{ITEMS}/1"))
    assert f"CGCS2000 / 3° GK {zone}" in seen


def test_an_item_page_leads_to_its_card_on_the_map(client: FlaskClient) -> None:
    zh, en = page(client, f"{ITEMS}/1"), page(client, f"{ITEMS}/1?lang=en")
    assert 'href="/map#14/30.00000/114.00000&amp;open=wells/well-1"' in zh
    assert 'href="/map?lang=en#14/30.00000/114.00000&amp;open=wells/well-1"' in en
    assert 'href="/map#&amp;open=wells/well-6"' in page(client, f"{ITEMS}/6")  # which has no place
    assert 'href="/map#9.3/30.50000/115.00000&amp;open=tracks/track-1"' in page(
        client, "/collections/tracks/items/1"
    )


def test_a_form_leaves_empty_fields_out_and_keeps_the_rest(client: FlaskClient) -> None:
    answer = client.get("/collections/wells/filter?kind=dug&city=&bbox=113,29,115,31&lang=en")
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert location.startswith("http://localhost/collections/wells/items?")
    assert "kind=dug" in location and "bbox=" in location and "lang=en" in location and "city" not in location
    assert client.get(location).status_code == 200
    assert client.get("/collections/wells/filter?colour=red").status_code == 400


def test_conditions_are_said_and_can_be_taken_away(client: FlaskClient) -> None:
    html = page(client, f"{ITEMS}?kind=dug&filter=depth>20&limit=1")
    assert "类别 人工井" in text(html) and "条件 depth&gt;20" in text(html)
    without = next(href for href in re.findall(r'href="([^"]+)" aria-label="去掉 类别"', html))
    assert "kind" not in without and "filter=" in without and "limit=1" in without
    assert '<option value="dug" selected>人工井 (3)</option>' in html
    assert 'name="filter" value="depth&gt;20"' in html
    assert 'name="visibility"' not in html


def test_pages_of_items_lead_on_in_the_same_language_and_order(client: FlaskClient) -> None:
    html = page(client, f"{ITEMS}?limit=2&offset=2&sortby=-depth&lang=en")
    following = re.findall(r'rel="(?:next|prev)" href="([^"]+)"', html)
    assert len(following) == 2
    assert all("lang=en" in href and "sortby=-depth" in href for href in following)
    assert "3 – 4" in text(html).replace("3–4", "3 – 4")
    assert 'aria-sort="descending"' in html


def test_the_other_language_is_the_same_page(client: FlaskClient) -> None:
    html = page(client, f"{ITEMS}?kind=dug&lang=en")
    other = re.findall(r'href="([^"]+)" lang="zh-CN"', html)
    assert len(other) == 1 and "kind=dug" in other[0] and "lang=zh" in other[0]


def test_features_are_never_put_into_the_page(client: FlaskClient) -> None:
    assert "coordinates" not in page(client, ITEMS)


@pytest.mark.parametrize("layer", ["wells", "tracks", "plots"])
def test_metadata_counts_sources_and_precisions(client: FlaskClient, layer: str) -> None:
    body = client.get(f"/collections/{layer}/metadata").get_json()
    held = client.get(f"/collections/{layer}/items?limit=1").get_json(force=True)["numberMatched"]
    found = body["dataQualityInfo"]["positionalPrecision"]
    assert sum(one["featureCount"] for one in found) == held == body["identificationInfo"]["featureCount"]
    assert body["resourceLineage"]["source"] == [
        {
            "identifier": "tests",
            "title": "tests",
            "responsibleParty": None,
            "date": None,
            "featureCount": held,
        }
    ]
    info = body["identificationInfo"]
    assert {"title", "abstract", "edition", "resourceConstraints", "extent"} <= info.keys()
    assert body["referenceSystemInfo"][0]["storage"]


def test_metadata_are_a_page_in_both_languages_and_are_linked(client: FlaskClient) -> None:
    assert "位置精度" in text(page(client, "/collections/wells/metadata"))
    assert "Positional precision" in text(page(client, "/collections/wells/metadata?lang=en"))
    links = client.get("/collections/wells").get_json()["links"]
    described = [link for link in links if link["rel"] == "describedby"]
    assert described[0]["type"] == "application/schema+json", "GDAL takes the first"
    assert [link["href"].partition("wells")[2] for link in described[1:]] == [
        "/metadata?f=json",
        "/metadata?f=html",
    ]
    assert client.get("/collections/wells/metadata?x=1").status_code == 400


@pytest.mark.parametrize("path", ["metadata", "schema", "items", "items/5", ""])
def test_every_page_of_a_layer_is_whole_in_both_languages(client: FlaskClient, path: str) -> None:
    for lang in ("zh", "en"):
        html = page(client, f"/collections/wells/{path}?lang={lang}")
        assert html.count("<h1>") == 1 and "{{" not in html
        assert HOSTILE not in html


# --- the map of a page --------------------------------------------------------------------------


@pytest.fixture
def address(filled: Store, catalog: Catalog) -> Iterator[str]:
    yield from _serve(create_app(Settings(), catalog, filled))


@pytest.mark.parametrize("viewport", [TABLET, PHONE], ids=["desk", "phone"])
def test_the_map_shows_what_the_table_shows_with_no_network(
    browser: Browser,
    address: str,
    viewport: dict[str, int],
) -> None:
    visit = Visit(browser, viewport)
    visit.page.goto(f"{address}{ITEMS}?f=html&kind=dug")
    expect(visit.page.locator("body[data-ready]")).to_have_count(1)
    rows = visit.page.locator("table.items tbody tr")
    assert rows.count() == visit.page.locator("#map img.mark").count() == 3
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.complaints == [] and all(url.startswith((address, "data:")) for url in visit.asked)


def test_a_mark_leads_to_its_row_and_a_hostile_name_stays_text(browser: Browser, address: str) -> None:
    visit = Visit(browser, TABLET)
    visit.page.goto(f"{address}{ITEMS}?f=html&kind=dug&sortby=-depth")
    expect(visit.page.locator("body[data-ready]")).to_have_count(1)
    mark = visit.page.locator("#map img.mark").first
    mark.hover()
    expect(visit.page.locator(".leaflet-tooltip.name")).to_have_text(HOSTILE)
    mark.click()
    assert visit.page.evaluate("document.activeElement.closest('tr').dataset.id") == "5"
    visit.page.locator("tr[data-id='1']").hover()
    expect(visit.page.locator("#map img.mark.hot")).to_have_count(1)
    assert visit.complaints == []


@pytest.mark.parametrize("path", ["wells/items/1", "plots/items/1", "tracks/items", "wells/items/6"])
def test_lines_areas_and_single_records_have_their_map(browser: Browser, address: str, path: str) -> None:
    visit = Visit(browser, TABLET)
    visit.page.goto(f"{address}/collections/{path}?f=html")
    expect(visit.page.locator("body[data-ready]")).to_have_count(1)
    assert visit.complaints == []
    drawn = visit.page.locator("#map img.mark, #map path.leaflet-interactive").count()
    assert drawn == (0 if path.endswith("6") else 1)


def test_a_failed_request_is_said_and_can_be_tried_again(browser: Browser, address: str) -> None:
    visit = Visit(browser, TABLET)
    visit.page.route("**/wells/items?*f=json*", lambda route: route.fulfill(status=503, body="{}"))
    visit.page.goto(f"{address}{ITEMS}?f=html")
    expect(visit.page.get_by_role("alert")).to_contain_text("503")
    visit.page.unroute("**/wells/items?*f=json*")
    visit.page.get_by_role("button", name="重试").click()
    expect(visit.page.locator("#map img.mark")).to_have_count(5)
    expect(visit.page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("viewport", [TABLET, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize(
    "path",
    [
        "/collections",
        "/collections/parks",
        "/collections/parks/items?city=420100&limit=5",
        "/collections/parks/items/1",
        "/collections/parks/metadata?lang=en",
        "/collections/parks/schema",
        "/api",
        "/conformance",
    ],
)
def test_axe_finds_nothing_on_a_page(
    browser: Browser, live: str, path: str, viewport: dict[str, int]
) -> None:
    visit = Visit(browser, viewport)
    visit.page.goto(f"{live}{path}{'&' if '?' in path else '?'}f=html")
    visit.page.wait_for_load_state("networkidle")
    assert violations(visit.page) == []
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.complaints == []
    visit.page.close()


def test_the_map_of_a_page_is_in_wgs84_whatever_is_asked(browser: Browser, address: str) -> None:
    visit = Visit(browser, TABLET)
    crs = "http://www.opengis.net/def/crs/EPSG/0/4547"
    visit.page.goto(f"{address}{ITEMS}?f=html&crs={crs}&properties=name&limit=3")
    expect(visit.page.locator("body[data-ready]")).to_have_count(1)
    marks = visit.page.locator("#map img.mark")
    assert marks.count() == 3 and all(marks.nth(number).is_visible() for number in range(3))
    assert visit.complaints == []


def test_a_form_filters_without_leaving_the_page_behind(browser: Browser, address: str) -> None:
    visit = Visit(browser, TABLET)
    visit.page.goto(f"{address}{ITEMS}?f=html")
    visit.page.get_by_label("类别").select_option("drilled")
    visit.page.get_by_role("button", name="筛选").click()
    expect(visit.page.locator("table.items tbody tr")).to_have_count(2)
    visit.page.get_by_role("link", name="全部清除").click()
    expect(visit.page.locator("table.items tbody tr")).to_have_count(6)


def test_the_scripts_of_pages_come_from_our_own_folder() -> None:
    folder = Path(__file__).parents[1] / "webmap" / "static"
    assert "http" not in (folder / "items.js").read_text(encoding="utf-8")
